"""Does a product dry because its rain does? And where does the difference between two products come from?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods, schema
from ..errors import ConfigError, GridError, SchemaError
from ..units import canonical
from .common import whole_years
from .regions import regions_by_kind, stack_regions, sum_by
from .summary import check_alpha, check_trend
from .trends import trend
from .weights import cell_weights
from .years import year_axis

#: What the signs of three trends say, by code.
CAUSES = ("consistent", "forcing", "model", "compensating")
#: Who stands beside whom: the product with its own rain, with independent rain, and the two rains.
PAIRS = ("own", "independent", "rain")


def annual_totals(da: xr.DataArray, *, min_share: float = 0.95) -> xr.DataArray:
    """Sum of each calendar year of an amount per step, such as precipitation.

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Amounts of daily, dekadal, monthly or annual steps [mm of the step]; lazy stays lazy.
    min_share : float
        Least share of the year's steps with a value; the rest is taken as their mean.

    Returns
    -------
    xarray.DataArray, dims (time, ...)
        Amount of the year on 1 January [unit of ``da``]; NaN for years with too few steps.

    Raises
    ------
    SchemaError
        If the steps are of none of these kinds.
    ConfigError
        If ``min_share`` is not above 0 and up to 1.

    Examples
    --------
    >>> t = pd.date_range("2000-01-01", periods=18, freq="MS")
    >>> da = xr.DataArray(np.full(18, 10.0), dims="time", coords={"time": t}, attrs={"units": "mm"})
    >>> annual_totals(da).values.tolist()
    [120.0, nan]
    """
    if not 0 < min_share <= 1:
        raise ConfigError("min_share", found=f"{min_share}", needed="a share above 0 and up to 1")
    axis = year_axis(da)
    time = da.indexes["time"]
    if axis.regular:
        per_year = np.full(len(time), axis.per_year)
    elif len(time) > 1 and (np.diff(time.to_numpy()) >= np.timedelta64(1, "D")).all() and (
            np.median(np.diff(time.to_numpy())) == np.timedelta64(1, "D")):  # fmt: skip
        per_year = np.where(time.is_leap_year, 366, 365)
    else:
        raise SchemaError(f"{da.name or 'array'}: time", found="steps of no kind", needed="days, dekads or months",
                          do="Sum it up first, for example to days.")  # fmt: skip
    year = periods.composite(da, "year")
    full = pd.Series(per_year, index=time.year).groupby(level=0).first()
    full = full.reindex(year.indexes["time"].year, fill_value=1).to_numpy()
    steps = xr.DataArray(full, dims="time", coords={"time": year["time"]})
    total = (year["mean"] * steps).where(year["nobs"] >= min_share * steps - 1e-9)
    return total.rename(da.name).assign_attrs(da.attrs, cell_methods="time: sum")


def forcing_discrepancy(
    sm: xr.DataArray,
    own_precipitation: xr.DataArray,
    independent_precipitation: xr.DataArray,
    *,
    period: str | tuple | None = None,
    regions: Mapping[str, xr.DataArray | str] | None = None,
    area: str = "cos",
    alpha: float = 0.05,
    test: str = "ar1",
    bias_corrected: bool = False,
    min_valid: float = 0.7,
    level: float = 0.95,
) -> xr.Dataset:
    """The trend of a product's soil moisture beside that of its own rain and of an independent record of rain.

    Parameters
    ----------
    sm : xarray.DataArray, dims (time, lat, lon)
        Annual means (:func:`annual_means`), with ``units``; lazy stays lazy.
    own_precipitation, independent_precipitation : xarray.DataArray, dims (time, lat, lon)
        Annual totals (:func:`annual_totals`) in one unit [mm], on the grid of ``sm``.
    period : str or tuple, optional
        Whole years; default those that all three have.
    regions, area
        See :func:`compare_trends`.
    alpha : float
        Level of significance.
    test, bias_corrected, min_valid, level
        See :func:`trend`.

    Returns
    -------
    xarray.Dataset
        Maps: ``slope_sm`` [unit of ``sm`` per year], ``slope_own``, ``slope_independent`` and ``slope_difference``
        (own less independent) [mm yr-1], each with ``p_value_...``; ``cause`` (codes of :data:`CAUSES`, -1 none). By
        region: ``sign_differs``, ``opposed`` (both significant, of different sign), ``significance_differs`` by
        ``pair`` (:data:`PAIRS`: sm and own, sm and independent, own and independent), ``forcing_departs`` (significant
        trend of own less independent), ``consistent``, ``forcing``, ``model``, ``compensating`` [1] of the cells where
        all three have a trend, the ``mean_slope_...`` and ``n_cells``.

    Raises
    ------
    GridError
        If the grids differ.
    SchemaError
        If units are missing or rain is in different units.
    ConfigError
        If an option cannot be used, or there is no common year.

    Notes
    -----
    METHODS 5.1. Signs alone: ``consistent``: all three trends have one sign. ``forcing``: the moisture follows its own
    rain, against the independent one. ``model``: both records of rain agree, the moisture goes the other way.
    ``compensating``: the moisture goes with the independent rain, against its own. A slope of 0 has no cause. The trend
    of the difference of two records is tested by itself, because what both share cancels in it: it shows a wrong
    forcing where neither record alone has a significant trend.

    Examples
    --------
    >>> from vadose.grid import Grid
    >>> t = pd.date_range("2000-01-01", periods=5, freq="YS")
    >>> def line(*slopes, units):
    ...     x = np.arange(5.0)[:, None, None] * np.array(slopes)[None, None, :]
    ...     coords = {"time": t, "lat": [0.0], "lon": [0.0, 1.0]}
    ...     return xr.DataArray(x, dims=("time", "lat", "lon"), coords=coords, attrs={"units": units})
    >>> got = forcing_discrepancy(line(-1, -1, units="kg m-2"), line(-2, 2, units="mm"), line(2, 2, units="mm"))
    >>> [CAUSES[c] for c in got.cause.values[0]], got.sign_differs.sel(pair="own").values.tolist()
    (['forcing', 'model'], [0.5])
    """
    check_alpha(alpha)
    given = {"sm": sm, "own": own_precipitation, "independent": independent_precipitation}
    given = _common_years(given, period)
    one, other = (canonical(given[k].attrs.get("units", ""), where=f"{k} precipitation")
                  for k in ("own", "independent"))  # fmt: skip
    if one != other:
        raise SchemaError("independent_precipitation", found=f"units {other!r}", needed=f"{one!r}, as the own one")
    difference = given["own"] - given["independent"]
    given["difference"] = difference.assign_attrs(units=given["own"].attrs["units"])
    trends = {
        k: trend(da.rename(k), test=test, bias_corrected=bias_corrected, min_valid=min_valid, level=level)
        for k, da in given.items()
    }
    known = (
        trends["sm"]["slope"].notnull() & trends["own"]["slope"].notnull() & trends["independent"]["slope"].notnull()
    )
    sign = {k: np.sign(ds["slope"]) for k, ds in trends.items()}
    small = {k: ds["p_value"] < alpha for k, ds in trends.items()}
    out = {}
    for name, ds in trends.items():
        out[f"slope_{name}"], out[f"p_value_{name}"] = ds["slope"].where(known), ds["p_value"].where(known)
    moved = known & (sign["sm"] != 0) & (sign["own"] != 0) & (sign["independent"] != 0)
    rains, follows = sign["own"] == sign["independent"], sign["sm"] == sign["own"]
    cause = xr.where(rains, xr.where(follows, 0, 2), xr.where(follows, 1, 3)).where(moved, -1).astype("int8")
    pairs = dict(zip(PAIRS, (("sm", "own"), ("sm", "independent"), ("own", "independent"))))
    masks = {
        "sign_differs": {p: sign[a] != sign[b] for p, (a, b) in pairs.items()},
        "opposed": {p: small[a] & small[b] & (sign[a] != sign[b]) for p, (a, b) in pairs.items()},
        "significance_differs": {p: small[a] != small[b] for p, (a, b) in pairs.items()},
    }
    flat: dict[str, xr.DataArray] = {name: xr.concat(list(m.values()), "pair").assign_coords(pair=list(m))
                                     for name, m in masks.items()}  # fmt: skip
    flat["forcing_departs"] = small["difference"]
    flat |= {name: cause == k for k, name in enumerate(CAUSES)}
    weight = (cell_weights(sm, area) * xr.ones_like(out["slope_sm"])).where(known)
    inside = stack_regions(regions_by_kind(regions, out["slope_sm"]), out["slope_sm"])
    total = sum_by(weight, inside)
    total = total.where(total > 0)
    parts = {name: sum_by(weight.where(mask), inside) / total for name, mask in flat.items()}
    parts |= {f"mean_slope_{k}": sum_by(weight * out[f"slope_{k}"], inside) / total for k in trends}
    table = xr.Dataset(parts | {"n_cells": sum_by(known.astype("float64"), inside).round().astype("int64")})
    ds = xr.Dataset(out | {"cause": cause}).drop_attrs(deep=True).merge(table)
    _describe(ds, {k: v["slope"].attrs["units"] for k, v in trends.items()})
    if "grid" in sm.attrs:
        ds.attrs["grid"] = sm.attrs["grid"]
    return schema.stamp(
        ds, title="Trends of soil moisture, of its own rain and of independent rain", area=area, alpha=alpha, test=test,
        bias_corrected="true" if bias_corrected else None, level=level, period=trends["sm"].attrs.get("period"),
        simulated=any(schema.is_simulated(da) for da in given.values()),
    )  # fmt: skip


def discrepancy_by_region(one: xr.Dataset, other: xr.Dataset, *, by: xr.DataArray | str, area: str = "cos",
                          ) -> xr.Dataset:  # fmt: skip
    """Where the difference between the mean trends of two products comes from.

    Parameters
    ----------
    one, other : xarray.Dataset
        From :func:`common_trends` or :func:`trend`, on one grid, in one unit.
    by : xarray.DataArray or "latitude"
        Map of regions, such as ``cause`` of :func:`forcing_discrepancy`; cells of none are the region "rest".
    area : {"cos", "cell", "pixel"}
        Weight of a cell.

    Returns
    -------
    xarray.Dataset
        Per region, "all" first: ``difference`` (mean slope of ``one`` less ``other``), ``contribution`` to the
        difference of all cells (they add up to it) [unit of the slope], ``share`` of it [1], ``area_share``,
        ``sign_differs`` [1] and ``n_cells``.

    Raises
    ------
    SchemaError
        If something is no trend dataset, or units differ.
    GridError
        If the grids differ.

    Notes
    -----
    contribution = area share times difference. Shares are NaN where the whole difference is 0; they may be negative or
    beyond 1 where regions pull in different directions.

    Examples
    --------
    >>> def make(*slope):
    ...     return xr.Dataset({"slope": ("cell", list(slope), {"units": "kg m-2 yr-1"}),
    ...                        "p_value": ("cell", [0.01] * len(slope))})
    >>> by = xr.DataArray(["a", "a", "", "b"], dims="cell")
    >>> got = discrepancy_by_region(make(1.0, 1.0, 1.0, 1.0), make(1.0, 3.0, 1.0, -5.0), by=by, area="pixel")
    >>> got.region.values.tolist(), got.contribution.values.tolist()
    (['all', 'a', 'b', 'rest'], [1.0, -0.5, 1.5, 0.0])
    """
    check_trend(one)
    check_trend(other)
    units = [ds["slope"].attrs.get("units") for ds in (one, other)]
    if units[0] != units[1]:
        raise SchemaError("other: units", found=repr(units[1]), needed=f"{units[0]!r}, as the first product",
                          do="Convert units before taking trends.")  # fmt: skip
    try:
        a, b = xr.align(one["slope"], other["slope"], join="exact")
    except ValueError as err:
        raise GridError("other", found="another grid", needed="the grid of the first product",
                        do="Take both from vadose.analysis.common_trends.") from err  # fmt: skip
    found = regions_by_kind({"region": by}, a)
    inside = stack_regions(found, a)
    rest = 1 - inside.isel(region=slice(1, None)).max("region") if inside.sizes["region"] > 1 else inside[0]
    inside = xr.concat([inside.drop_vars("kind"), rest.expand_dims(region=["rest"])], "region")
    difference = a - b
    weight = (cell_weights(one, area) * xr.ones_like(a)).where(difference.notnull())
    total = sum_by(weight, inside)
    whole = total.isel(region=0, drop=True)
    total, whole = total.where(total > 0), whole.where(whole > 0)
    pull = sum_by(weight * difference, inside)
    out = xr.Dataset({
        "difference": pull / total, "contribution": pull / whole, "area_share": total / whole,
        "sign_differs": sum_by(weight.where(np.sign(a) != np.sign(b)), inside) / total,
        "n_cells": sum_by(difference.notnull().astype("float64"), inside).round().astype("int64"),
    })  # fmt: skip
    every = out["contribution"].isel(region=0)
    out["share"] = out["contribution"] / every.where(every != 0)
    texts = {"difference": "difference of mean trends", "contribution": "contribution to the difference of all cells",
             "share": "share of the difference of all cells", "area_share": "share of the area",
             "sign_differs": "share with trends of different sign", "n_cells": "cells with both trends"}  # fmt: skip
    for name, text in texts.items():
        rate = units[0] if name in ("difference", "contribution") else "1"
        out[name].attrs = {"units": rate, "long_name": text}
    return schema.stamp(out, title="Difference of trends by region", area=area, period=one.attrs.get("period"),
                        simulated=schema.is_simulated(one) or schema.is_simulated(other))  # fmt: skip


def _common_years(given: dict[str, xr.DataArray], period: str | tuple | None) -> dict[str, xr.DataArray]:
    for name, da in given.items():
        axis = year_axis(da.rename(name))
        if axis.per_year != 1 or not axis.regular:
            raise SchemaError(f"{name}: time", found="times that are not annual", needed="one value per year",
                              do="Use analysis.annual_means and analysis.annual_totals.")  # fmt: skip
    spans = [da.indexes["time"].year for da in given.values()]
    first, last = (max(s[0] for s in spans), min(s[-1] for s in spans)) if period is None else whole_years(period)
    if first > last:
        raise ConfigError("period", found="no year that all three records have", needed="records that overlap")
    years = pd.date_range(f"{first}-01-01", f"{last}-01-01", freq="YS", name="time")
    out = {k: da.assign_coords(time=periods.start_of(da["time"], "year")).reindex(time=years)
           for k, da in given.items()}  # fmt: skip
    out = {k: da.chunk(time=-1) if da.chunks else da for k, da in out.items()}
    try:
        xr.align(*out.values(), join="exact")
    except ValueError as err:
        raise GridError("precipitation", found="another grid than the soil moisture", needed="one grid",
                        do="Move it with vadose.regrid.to_grid first.") from err  # fmt: skip
    return out


def _describe(ds: xr.Dataset, rates: dict[str, str]) -> None:
    names = {"sm": "soil moisture", "own": "own precipitation", "independent": "independent precipitation",
             "difference": "own less independent precipitation"}  # fmt: skip
    for key, text in names.items():
        ds[f"slope_{key}"].attrs = {"units": rates[key], "long_name": f"trend of {text}"}
        ds[f"mean_slope_{key}"].attrs = {"units": rates[key], "long_name": f"mean trend of {text}"}
        ds[f"p_value_{key}"].attrs = {"units": "1", "long_name": f"p-value of no trend of {text}"}
    texts = {"sign_differs": "share with trends of different sign",
             "opposed": "share with significant trends of different sign",
             "significance_differs": "share where one trend alone is significant",
             "forcing_departs": "share with a significant trend of own less independent precipitation",
             "consistent": "share where moisture and both precipitations agree in sign",
             "forcing": "share where moisture follows its own precipitation against the independent one",
             "model": "share where moisture goes against both precipitations",
             "compensating": "share where moisture follows the independent precipitation against its own",
             "n_cells": "cells with all trends"}  # fmt: skip
    for name, text in texts.items():
        ds[name].attrs = {"units": "1", "long_name": text}
    ds["cause"].attrs = {
        "units": "1", "long_name": "what the signs of the trends say",
        "flag_values": np.arange(-1, len(CAUSES), dtype="int8"), "flag_meanings": " ".join(["none", *CAUSES]),
    }  # fmt: skip
