"""How much of the land grows wetter or drier, by product, period and region: one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from .. import schema
from ..errors import ConfigError
from ..grid import Grid
from .common import common_annual_means, trends_on_cells, whole_years
from .regions import regions_by_kind, stack_regions, sum_by
from .summary import check_alpha, field_significance, share_table
from .trends import per_year, trend
from .weights import cell_weights


def compare_trends(
    products: Mapping[str, xr.DataArray],
    *,
    periods: str | Sequence[str] | Mapping[str, str],
    regions: Mapping[str, xr.DataArray | str] | None = None,
    grid: Grid | None = None,
    mask: str = "common",
    area: str = "cos",
    threshold: float | None = None,
    alpha: float = 0.05,
    fdr: bool = False,
    units: str | None = None,
    min_months: int = 12,
    min_days: int = 1,
    method: str = "sen",
    test: str | None = "ar1",
    bias_corrected: bool = False,
    min_valid: float = 0.7,
    level: float = 0.95,
) -> xr.Dataset:
    """Shares of wetting and drying and mean rates, by product, period and region.

    Parameters
    ----------
    products : mapping
        Name -> array, dims (time, lat, lon), with ``units``: annual, monthly or finer values; lazy stays lazy.
    periods : str, sequence of str, or mapping
        Whole years, such as ``"2000/2020"``; a mapping names them.
    regions : mapping, optional
        Kind -> map of classes on the common grid, or ``"latitude"`` for bands of 30°.
    grid, mask, units, min_months, min_days, method, test, bias_corrected, min_valid, level
        See :func:`common_trends`.
    area : {"cos", "cell", "pixel"}
        Weight of a cell, see :func:`cell_weights`.
    threshold : float, optional
        Rate beyond which to count; paper 001: 2 kg m-2 yr-1.
    alpha, fdr
        See :func:`trend_summary`.

    Returns
    -------
    xarray.Dataset
        Dims (product, period, region), region "all" first, with coordinate ``kind`` of each region: shares of
        :func:`trend_summary` [1], ``mean_slope`` (mean of the cells' trends), ``rate``, ``rate_lower``, ``rate_upper``
        (trend of the region's mean) [unit per year], ``rate_p_value``, ``n_cells``, ``n_years`` (valid years of a cell,
        mean) and ``area_share`` of the region in the cells of all regions [1].

    Raises
    ------
    ConfigError, SchemaError
        As :func:`common_annual_means` and :func:`trend_summary`.
    GridError
        If grids differ and no grid is given, or a map of classes lies on another grid.

    Notes
    -----
    METHODS 5.1; the summary of paper 000. Choice: the mean of a region is the weighted mean of the anomalies of its
    cells, each from its own mean over the period, so that a cell with a gap moves no level; its trend and interval are
    those of :func:`trend` with the same test. A product that does not have enough years of a period has NaN there and
    does not narrow the common cells.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> t = pd.date_range("2000-01-01", periods=6, freq="YS")
    >>> a = xr.DataArray(np.arange(6.0)[:, None, None] * [[[1.0, -1.0]]], dims=("time", "lat", "lon"),
    ...                  coords={"time": t, "lat": [0.0], "lon": [0.0, 1.0]}, attrs={"units": "kg m-2"})
    >>> got = compare_trends({"a": a, "b": 2 * abs(a).assign_attrs(a.attrs)}, periods="2000/2005", test="mk")
    >>> got.wetting.values.ravel().tolist(), got.rate.values.ravel().round(6).tolist()
    ([0.5, 1.0], [0.0, 2.0])
    """
    check_alpha(alpha)
    if threshold is not None and not threshold > 0:
        raise ConfigError("threshold", found=f"{threshold}", needed="a rate above 0")
    named = _periods(periods)
    options: dict[str, Any] = {"method": method, "test": test, "bias_corrected": bias_corrected,
                               "min_valid": min_valid, "level": level}  # fmt: skip
    tables = []
    for span in named.values():
        annual = common_annual_means(products, period=span, grid=grid, units=units, min_months=min_months,
                                     min_days=min_days)  # fmt: skip
        trends = trends_on_cells(annual, mask=mask, **options)
        rows = [
            _rows(annual[k], ds, regions, area=area, threshold=threshold, alpha=alpha, fdr=fdr, options=options)
            for k, ds in trends.items()
        ]
        tables.append(xr.concat(rows, "product").assign_coords(product=list(trends)))
    out = xr.concat(tables, "period").assign_coords(period=list(named)).transpose("product", "period", "region")
    first = next(iter(products.values()))
    _describe(out, tables[0], per_year(units or str(first.attrs["units"])))
    return schema.stamp(
        out, title="Trends of products compared", inputs=list(products), area=area, alpha=alpha, mask=mask,
        threshold=threshold, fdr=str(fdr).lower(), method=method, test=test, level=level, min_valid=min_valid,
        bias_corrected="true" if bias_corrected else None,
        min_months=min_months, years=", ".join(f"{a}/{b}" for a, b in map(whole_years, named.values())),
        simulated=any(schema.is_simulated(da) for da in products.values()),
    )  # fmt: skip


def region_means(annual: xr.DataArray, cells: xr.DataArray, inside: xr.DataArray, area: str) -> xr.DataArray:
    """Mean anomaly of the cells of each region [unit of ``annual``], dims (region, time): each cell from its mean."""
    exact = annual.astype("float64")
    anomaly = (exact - exact.mean("time")).where(cells)
    weight = (cell_weights(annual, area) * xr.ones_like(anomaly)).where(anomaly.notnull())
    total = sum_by(weight, inside)
    mean = sum_by(weight * anomaly, inside) / total.where(total > 0)
    mean = mean.transpose("region", "time").assign_attrs(units=annual.attrs["units"])
    return mean.chunk(time=-1) if mean.chunks else mean


def _rows(annual: xr.DataArray, ds: xr.Dataset, regions, *, area: str, threshold: float | None, alpha: float,
          fdr: bool, options: dict) -> xr.Dataset:  # fmt: skip
    slope = ds["slope"]
    p = field_significance(ds, alpha=alpha)["p_adjusted"] if fdr else ds["p_value"]
    inside = stack_regions(regions_by_kind(regions, slope), slope)
    known = slope.notnull()
    out = share_table(slope, p, inside, area=area, threshold=threshold, alpha=alpha)
    weight = (cell_weights(annual, area) * xr.ones_like(slope)).where(known)
    count = out["n_cells"].where(out["n_cells"] > 0)
    out["n_years"] = sum_by(ds["n"].where(known), inside) / count
    out["area_share"] = sum_by(weight, inside) / weight.sum()
    line = trend(region_means(annual, known, inside, area).rename(annual.name), **options)
    for name, short in (("slope", "rate"), ("slope_lower", "rate_lower"), ("slope_upper", "rate_upper"),
                        ("p_value", "rate_p_value")):  # fmt: skip
        out[short] = line[name]
    return out


def _periods(given: str | Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    if isinstance(given, str):
        given = [given]
    named = dict(given) if isinstance(given, Mapping) else {"-".join(map(str, whole_years(p))): p for p in given}
    if not named:
        raise ConfigError("periods", found="none", needed="whole years, such as ['2000/2020']")
    return named


def _describe(out: xr.Dataset, shares: xr.Dataset, rate: str) -> None:
    for name in shares.data_vars:
        out[name].attrs = shares[name].attrs
    texts = {
        "rate": "trend of the mean", "rate_lower": "lower bound of the trend of the mean",
        "rate_upper": "upper bound of the trend of the mean", "rate_p_value": "p-value of the trend of the mean",
        "n_years": "years with a value, mean over cells", "area_share": "share of the cells that count",
    }  # fmt: skip
    for name, text in texts.items():
        out[name].attrs = {"units": rate if name in ("rate", "rate_lower", "rate_upper") else "1", "long_name": text}
