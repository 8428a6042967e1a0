"""What a trend map says in a few numbers."""

from __future__ import annotations

import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .regions import regions_of, stack_regions, sum_by
from .weights import cell_weights

_SHARES = {
    "wetting": "share with a rising trend", "drying": "share with a falling trend",
    "significant": "share with a significant trend", "significant_wetting": "share with a significant rising trend",
    "significant_drying": "share with a significant falling trend", "above": "share rising faster than the threshold",
    "below": "share falling faster than the threshold",
}  # fmt: skip


def trend_summary(
    trend: xr.Dataset,
    *,
    area: str = "cos",
    by: xr.DataArray | str | None = None,
    threshold: float | None = None,
    alpha: float = 0.05,
    fdr: bool = False,
) -> xr.Dataset:
    """Shares of wetting and drying, significant, beyond a threshold, and the mean rate, by region.

    Parameters
    ----------
    trend : xarray.Dataset
        From :func:`trend`.
    area : {"cos", "cell", "pixel"}
        Weight of a cell, see :func:`cell_weights`; ``"pixel"`` counts cells, or stations.
    by : xarray.DataArray, "latitude", or None
        Map of regions on the same grid (names, or class codes; missing and empty ones belong to none), or bands of 30°.
    threshold : float, optional
        Rate [unit of the slope] beyond which to count; paper 001: 2 kg m-2 yr-1.
    alpha : float
        Level of significance.
    fdr : bool
        Take as significant what keeps the rate of false discoveries over the map below ``alpha``
        (:func:`field_significance`).

    Returns
    -------
    xarray.Dataset
        Dim ``region`` ("all" first): shares ``wetting``, ``drying``, ``significant``, ``significant_wetting``,
        ``significant_drying``, ``above``, ``below`` [1] of the cells with a trend, ``mean_slope`` [unit of the slope]
        and ``n_cells`` [1]. NaN for a region without any.

    Raises
    ------
    SchemaError
        If ``trend`` is no trend dataset.
    GridError
        If the map of regions lies on another grid.
    ConfigError
        If an option cannot be used.

    Examples
    --------
    >>> ds = xr.Dataset({"slope": ("lat", [1.0, -1.0], {"units": "kg m-2 yr-1"}), "p_value": ("lat", [0.01, 0.5])},
    ...                 {"lat": [0.0, 60.0]}).expand_dims(lon=[0.0, 1.0])
    >>> got = trend_summary(ds)
    >>> round(got.wetting.item(), 6), round(got.mean_slope.item(), 6), got.n_cells.item()
    (0.666667, 0.333333, 4)
    """
    check_trend(trend)
    check_alpha(alpha)
    if threshold is not None and not threshold > 0:
        raise ConfigError("threshold", found=f"{threshold}", needed="a rate above 0")
    p = field_significance(trend, alpha=alpha)["p_adjusted"] if fdr else trend["p_value"]
    found = {("", name): inside for name, inside in regions_of(by, trend["slope"]).items()}
    inside = stack_regions(found, trend["slope"]).drop_vars("kind")
    out = share_table(trend["slope"], p, inside, area=area, threshold=threshold, alpha=alpha)
    return schema.stamp(
        out, title=f"Summary of: {trend.attrs.get('title', 'a trend')}", product=trend.attrs.get("product", ""),
        simulated=schema.is_simulated(trend), area=area, alpha=alpha, threshold=threshold, fdr=str(fdr).lower(),
        period=trend.attrs.get("period"), test=trend.attrs.get("test"),
    )  # fmt: skip


def share_table(slope: xr.DataArray, p: xr.DataArray, inside: xr.DataArray, *, area: str, threshold: float | None,
                alpha: float) -> xr.Dataset:  # fmt: skip
    """Shares and mean rates as :func:`trend_summary` gives them; ``inside`` from ``regions.stack_regions``."""
    weight = (cell_weights(slope, area) * xr.ones_like(slope, dtype="float64")).where(slope.notnull())
    small = p < alpha
    masks = {
        "wetting": slope > 0, "drying": slope < 0, "significant": small, "significant_wetting": small & (slope > 0),
        "significant_drying": small & (slope < 0),
    }  # fmt: skip
    if threshold is not None:
        masks |= {"above": slope > threshold, "below": slope < -threshold}
    total = sum_by(weight, inside)
    total = total.where(total > 0)
    out = xr.Dataset({name: sum_by(weight.where(mask), inside) / total for name, mask in masks.items()})
    out["mean_slope"] = sum_by(weight * slope, inside) / total
    out["n_cells"] = sum_by(slope.notnull().astype("float64"), inside).round().astype("int64")
    for name in masks:
        out[name].attrs = {"units": "1", "long_name": _SHARES[name]}
    out["mean_slope"].attrs = {"units": slope.attrs["units"], "long_name": "mean trend"}
    out["n_cells"].attrs = {"units": "1", "long_name": "cells with a trend"}
    return out


def field_significance(trend: xr.Dataset, *, alpha: float = 0.05) -> xr.Dataset:
    """Which trends of a map are significant when all its cells are tested at once (Benjamini-Hochberg).

    Parameters
    ----------
    trend : xarray.Dataset
        From :func:`trend`; lazy stays lazy, but the p-values are gathered in one chunk.
    alpha : float
        Largest expected share of false ones among those called significant.

    Returns
    -------
    xarray.Dataset
        ``p_adjusted`` [1] and ``significant`` (boolean), dims of the map.

    Raises
    ------
    SchemaError
        If ``trend`` is no trend dataset.
    ConfigError
        If ``alpha`` is not between 0 and 1.

    Notes
    -----
    :func:`vadose.stats.multiple.fdr` (Wilks 2016, doi:10.1175/BAMS-D-15-00267.1, for fields). Holds under the
    positive correlation that neighbouring cells have.

    Examples
    --------
    >>> ds = xr.Dataset({"slope": ("cell", [1.0, 1.0, 1.0]), "p_value": ("cell", [0.01, 0.04, 0.9])})
    >>> field_significance(ds).p_adjusted.values.round(6).tolist()
    [0.03, 0.06, 0.9]
    """
    from ..stats.multiple import fdr

    check_trend(trend)
    check_alpha(alpha)
    p = trend["p_value"]
    dims = list(p.dims)
    adjusted = xr.apply_ufunc(
        fdr, p.chunk(dict.fromkeys(dims, -1)) if p.chunks else p, input_core_dims=[dims], output_core_dims=[dims],
        dask="parallelized", output_dtypes=[float], keep_attrs=False,
    )  # fmt: skip
    out = xr.Dataset({"p_adjusted": adjusted, "significant": adjusted < alpha})
    out["p_adjusted"].attrs = {"units": "1", "long_name": "p-value adjusted for the false discovery rate"}
    out["significant"].attrs = {"units": "1", "long_name": f"significant at a false discovery rate of {alpha:g}"}
    return out


def check_trend(trend: xr.Dataset) -> None:
    """Refuse what is no trend dataset; reads no data."""
    if not isinstance(trend, xr.Dataset) or not {"slope", "p_value"} <= set(trend.data_vars):
        found = f"variables {list(trend.data_vars)}" if isinstance(trend, xr.Dataset) else type(trend).__name__
        raise SchemaError("trend", found=found, needed="slope and p_value", do="Make it with vadose.analysis.trend.")


def check_alpha(alpha: float) -> None:
    """Refuse a level outside 0..1."""
    if not 0 < alpha < 1:
        raise ConfigError("alpha", found=f"{alpha}", needed="a level between 0 and 1, such as 0.05")
