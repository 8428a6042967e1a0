"""Which season, which depth, and trend or variability: where does the variance of soil water come from?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .weights import cell_weights
from .wetness import seasonal_storage

#: Kinds of component, in the order of the dimension ``kind``.
KINDS = ("trend", "iav")


def attribute_variability(layers: xr.Dataset | xr.DataArray, *, min_years: int = 10) -> xr.Dataset:
    """Contributions of seasons, layers, and trend or interannual variability to the variance of annual soil water.

    Parameters
    ----------
    layers : xarray.Dataset or DataArray
        From :func:`wetness_seasons`, or monthly storage (time, layer, ...) to make them from; lazy stays lazy.
    min_years : int
        Fewest complete years.

    Returns
    -------
    xarray.Dataset
        ``contribution`` (season, layer, kind, ...) [1], which add up to 1 and may be negative or above 1; ``top1``,
        ``top2``, component with the largest and second contribution (flag values, -1 for none) and
        ``top1_contribution``, ``top2_contribution`` [1]; ``omega`` (season, layer, ...) [1], contribution per share of
        storage; ``variance`` of annual total storage [kg2 m-4], ``n`` years [1], ``status``.

    Raises
    ------
    SchemaError
        If seasons or layers are missing or chunked, or units are wrong.
    ConfigError
        If ``min_years`` is below 3.

    Notes
    -----
    METHODS 5.3, paper 001 eqs 1-10: X_sd = a + b (t - mean t) + e per season s and depth d; TSM = (1/4) sum X_sd;
    contribution = cov(component/4, TSM)/var(TSM), exactly additive. omega_sd = (trend + iav of sd)/(mean X_sd / sum of
    mean X). Years without all months and layers are left out, and the others keep their distance. Top: of equal
    contributions the first in the order season, layer, kind.

    Examples
    --------
    All variance is the trend of the second layer in one season:

    >>> x = np.zeros((2, 4, 12)) + 10.0
    >>> x[1, 0] += np.arange(12)
    >>> da = xr.DataArray(x, dims=("layer", "season", "year"), coords={"year": range(2000, 2012)},
    ...                   attrs={"units": "kg m-2"})
    >>> got = attribute_variability(da)
    >>> got.contribution.sel(kind="trend").values.round(6)[0].tolist(), round(float(got.top1_contribution), 6)
    ([0.0, 1.0], 1.0)
    """
    if min_years < 3:
        raise ConfigError("min_years", found=f"{min_years}", needed="at least 3")
    da = seasonal_storage(layers)
    years = da["year"].values.astype(float)
    sizes = {"season": da.sizes["season"], "layer": da.sizes["layer"], "kind": 2}

    def kernel(x: np.ndarray) -> tuple[np.ndarray, ...]:
        return _attribute(x, years, min_years)

    spread = ["season", "layer", "kind"]
    contribution, top, best, omega, variance, n, status = xr.apply_ufunc(
        kernel, da, input_core_dims=[["season", "layer", "year"]],
        output_core_dims=[spread, ["rank"], ["rank"], spread[:2], [], [], []], dask="parallelized",
        output_dtypes=[float, np.int8, float, float, float, np.int32, np.int8],
        dask_gufunc_kwargs={"output_sizes": sizes | {"rank": 2}}, keep_attrs=False,
    )  # fmt: skip
    out = xr.Dataset({
        "contribution": contribution.transpose(*spread, ...), "top1": top.isel(rank=0), "top2": top.isel(rank=1),
        "top1_contribution": best.isel(rank=0), "top2_contribution": best.isel(rank=1),
        "omega": omega.transpose("season", "layer", ...), "variance": variance, "n": n, "status": status,
    }).assign_coords(kind=list(KINDS))  # fmt: skip
    texts = {
        "contribution": "contribution to the variance of annual soil water",
        "top1_contribution": "largest contribution",
        "top2_contribution": "second contribution", "omega": "contribution per share of storage",
        "n": "number of complete years",
    }  # fmt: skip
    for name, text in texts.items():
        out[name].attrs = {"units": "1", "long_name": text}
    out["variance"].attrs = {"units": "kg2 m-4", "long_name": "variance of annual total soil water"}
    out["status"].attrs = schema.status_attrs()
    for name in ("top1", "top2"):
        out[name].attrs = {"long_name": f"component of the {'largest' if name == 'top1' else 'second'} contribution"}
        out[name].attrs |= _component_flags(out)
    if "grid" in layers.attrs:
        out.attrs["grid"] = layers.attrs["grid"]
    return schema.stamp(
        out, title="Contributions to the variance of soil water", product=layers.attrs.get("product", ""),
        simulated=schema.is_simulated(layers), min_years=min_years,
        period=f"{int(years[0])}/{int(years[-1])}" if years.size else None,
    )  # fmt: skip


def contribution_summary(attribution: xr.Dataset, *, area: str = "cos") -> xr.Dataset:
    """Mean contributions over all cells: by component, season, layer and kind.

    Parameters
    ----------
    attribution : xarray.Dataset
        From :func:`attribute_variability`.
    area : {"cos", "cell", "pixel"}
        Weight of a cell.

    Returns
    -------
    xarray.Dataset
        ``contribution`` (season, layer, kind), ``season_share`` (season), ``layer_share`` (layer), ``kind_share``
        (kind) and ``omega`` (season, layer) [1]; ``n_cells`` [1].

    Raises
    ------
    SchemaError
        If there is no ``contribution``.

    Examples
    --------
    >>> x = np.zeros((2, 4, 12)) + 10.0
    >>> x[1, 0] += np.arange(12)
    >>> da = xr.DataArray(x, dims=("layer", "season", "year"), coords={"year": range(2000, 2012)},
    ...                   attrs={"units": "kg m-2"})
    >>> contribution_summary(attribute_variability(da), area="pixel").layer_share.values.round(6).tolist()
    [0.0, 1.0]
    """
    if "contribution" not in attribution:
        raise SchemaError("attribution", found=f"variables {list(attribution.data_vars)}", needed="contribution",
                          do="Make it with vadose.analysis.attribute_variability.")  # fmt: skip
    share, omega = attribution["contribution"], attribution["omega"]
    weight = cell_weights(attribution, area) * xr.ones_like(attribution["variance"])
    known = share.notnull().all(["season", "layer", "kind"])
    weight = weight.where(known, 0.0)
    dims = list(attribution["variance"].dims)
    total = weight.sum(dims)
    total = total.where(total > 0)
    mean = (share.where(known, 0.0) * weight).sum(dims) / total
    out = xr.Dataset({
        "contribution": mean, "season_share": mean.sum(["layer", "kind"], skipna=False),
        "layer_share": mean.sum(["season", "kind"], skipna=False),
        "kind_share": mean.sum(["season", "layer"], skipna=False),
        "omega": (omega.where(known, 0.0) * weight).sum(dims) / total, "n_cells": known.sum(),
    }).drop_attrs()  # fmt: skip
    for name, text in (("contribution", "component"), ("season_share", "season"), ("layer_share", "layer"),
                       ("kind_share", "trend or variability")):  # fmt: skip
        out[name].attrs = {"units": "1", "long_name": f"mean contribution by {text}"}
    out["omega"].attrs = {"units": "1", "long_name": "mean contribution per share of storage"}
    out["n_cells"].attrs = {"units": "1", "long_name": "cells with contributions"}
    return schema.stamp(out, title="Mean contributions to the variance of soil water", area=area,
                        period=attribution.attrs.get("period"),
                        simulated=schema.is_simulated(attribution))  # fmt: skip


def compare_periods(
    layers: xr.Dataset | xr.DataArray, *, periods: Mapping[str, tuple[int, int]], min_years: int = 10
) -> xr.Dataset:
    """Contributions of two periods and their difference, cell by cell.

    Parameters
    ----------
    layers : xarray.Dataset or DataArray
        As for :func:`attribute_variability`.
    periods : mapping
        Name -> first and last year, both included; two of them. Paper 001: 1948-1999 and 2000-2024.
    min_years : int
        Fewest complete years in each.

    Returns
    -------
    xarray.Dataset
        ``contribution`` (period, season, layer, kind, ...) and ``difference``, second less first [1]; ``variance``,
        ``n`` and ``status`` (period, ...).

    Raises
    ------
    ConfigError
        If there are not two periods or one holds no year.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((1, 4, 40))
    >>> da = xr.DataArray(x, dims=("layer", "season", "year"), coords={"year": range(1980, 2020)},
    ...                   attrs={"units": "kg m-2"})
    >>> got = compare_periods(da, periods={"early": (1980, 1999), "late": (2000, 2019)})
    >>> abs(round(float(got.difference.sum()), 9)), got.n.values.tolist()
    (0.0, [20, 20])
    """
    if len(periods) != 2:
        raise ConfigError("periods", found=f"{len(periods)}", needed="two periods")
    da = seasonal_storage(layers)
    parts = []
    for name, (first, last) in periods.items():
        part = da.sel(year=slice(first, last))
        if not part.sizes["year"]:
            raise ConfigError(f"periods: {name}", found=f"{first}-{last}, which holds no year",
                              needed=f"years within {da['year'].values[0]}-{da['year'].values[-1]}")  # fmt: skip
        parts.append(attribute_variability(part, min_years=min_years)[["contribution", "variance", "n", "status"]])
    out = xr.concat(parts, "period", coords="minimal", compat="override", combine_attrs="override")
    out.attrs = {}
    out = out.assign_coords(period=list(periods))
    share = out["contribution"]
    out["difference"] = share.isel(period=1, drop=True) - share.isel(period=0, drop=True)
    out["difference"].attrs = {"units": "1", "long_name": "contribution of the second period less the first"}
    if "grid" in layers.attrs:
        out.attrs["grid"] = layers.attrs["grid"]
    return schema.stamp(out, title="Contributions in two periods", simulated=schema.is_simulated(layers),
                        min_years=min_years)  # fmt: skip


def _attribute(x: np.ndarray, years: np.ndarray, min_years: int) -> tuple[np.ndarray, ...]:
    """Everything of storage (..., season, layer, year)."""
    from ..stats.attribution import part_means, variance_shares

    shape, sizes = x.shape[:-3], x.shape[-3:-1]
    parts = x.reshape(*shape, sizes[0] * sizes[1], x.shape[-1])
    got = variance_shares(parts, time=years, min_n=min_years)
    share = got["share"].reshape(*shape, *sizes, 2)
    flat = share.reshape(*shape, -1)
    missing = np.isnan(flat).any(axis=-1, keepdims=True)
    order, left = np.empty((*shape, 2), dtype=int), np.where(missing, 0.0, flat)
    for rank in (0, 1):  # of equal ones the first
        order[..., rank] = left.argmax(axis=-1)
        if flat.shape[-1] > 1:
            np.put_along_axis(left, order[..., rank : rank + 1], -np.inf, axis=-1)
    best = np.take_along_axis(flat, order, axis=-1)
    mean = part_means(parts).reshape(*shape, *sizes)
    weight = mean.sum(axis=(-1, -2), keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        omega = np.where(mean * weight > 0, share.sum(axis=-1) * weight / mean, np.nan)
    top = np.where(missing, -1, order).astype(np.int8)
    return (share, top, best, omega, got["variance"] / sizes[0] ** 2, got["n"].astype(np.int32), got["status"])


def _component_flags(ds: xr.Dataset) -> dict[str, object]:
    """CF flags of the components in the order season, layer, kind."""
    names = [[str(v).replace(" ", "_") for v in ds[d].values] for d in ("season", "layer", "kind")]
    meanings = [f"{s}|{d}|{k}" for s in names[0] for d in names[1] for k in names[2]]
    return {"units": "1", "flag_values": np.arange(-1, len(meanings), dtype="int8"),
            "flag_meanings": " ".join(["none", *meanings])}  # fmt: skip
