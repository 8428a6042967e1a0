"""Soil water year by year: of all layers at each place, and of seasons and layers averaged over places."""

from __future__ import annotations

import xarray as xr

from .. import schema
from .trends import trend
from .weights import cell_weights
from .wetness import seasonal_storage


def annual_storage(seasons: xr.Dataset | xr.DataArray) -> xr.Dataset:
    """Annual means of storage, by layer and over all layers, at each place.

    Parameters
    ----------
    seasons : xarray.Dataset or DataArray
        From :func:`wetness_seasons`, or monthly storage (time, layer, ...) to make them from; lazy stays lazy.

    Returns
    -------
    xarray.Dataset
        ``total`` (year, ...) and ``by_layer`` (layer, year, ...) [kg m-2], NaN in incomplete years.

    Raises
    ------
    SchemaError
        If seasons or layers are missing or chunked, or units are wrong.

    Notes
    -----
    METHODS 5.3: four seasons of three months each, hence TSM = (1/4) sum of X_sd.

    Examples
    --------
    >>> da = xr.DataArray([[[1.0], [2.0], [3.0], [6.0]]], dims=("layer", "season", "year"), coords={"year": [2000]},
    ...                   attrs={"units": "kg m-2"})
    >>> annual_storage(da).total.values.tolist()
    [3.0]
    """
    da = seasonal_storage(seasons).astype(float)
    by_layer = da.mean("season", skipna=False)
    out = xr.Dataset({"total": by_layer.sum("layer", skipna=False), "by_layer": by_layer})
    out["total"].attrs = {"units": "kg m-2", "long_name": "total soil water"}
    out["by_layer"].attrs = {"units": "kg m-2", "long_name": "soil water of the layer"}
    return _labelled(out, seasons, "Annual soil water")


def mean_storage(seasons: xr.Dataset | xr.DataArray, *, area: str = "cos") -> xr.Dataset:
    """Storage of each season and layer averaged over places, and its variability about a straight line.

    Parameters
    ----------
    seasons : xarray.Dataset or DataArray, dims (layer, season, year, lat, lon)
        From :func:`wetness_seasons`; lazy stays lazy.
    area : {"cos", "cell", "pixel"}
        Weight of a cell, see :func:`cell_weights`.

    Returns
    -------
    xarray.Dataset
        ``storage`` (season, layer, year) [kg m-2]; ``variability`` (season, layer, year) [%], what least squares over
        all years leave, relative to the mean; ``n_cells`` [1].

    Raises
    ------
    SchemaError
        If seasons or layers are missing or chunked, or units are wrong.

    Notes
    -----
    Choice: only cells with every year that any cell has, because a mean over changing cells would change with them;
    NaN where there is none.

    Examples
    --------
    >>> x = [[[[10.0, 12.0, 11.0]], [[30.0, 32.0, float("nan")]]]]
    >>> da = xr.DataArray(x, dims=("layer", "cell", "season", "year"), coords={"year": [2000, 2001, 2002]},
    ...                   attrs={"units": "kg m-2"})
    >>> got = mean_storage(da, area="pixel")
    >>> got.storage.values.ravel().tolist(), int(got.n_cells), got.variability.values.ravel().round(1).tolist()
    ([10.0, 12.0, 11.0], 1, [-4.5, 9.1, -4.5])
    """
    da = seasonal_storage(seasons)
    dims = [d for d in da.dims if d not in ("season", "layer", "year")]
    known = da.notnull().all(["season", "layer"])
    alive = known.any(dims)
    whole = (known | ~alive).all("year") & known.any("year")
    weight = (cell_weights(da, area) * xr.ones_like(whole, dtype=float)).where(whole, 0.0)
    total = weight.sum(dims)
    # cells without weight must be numbers
    mean = xr.dot(da.where(whole & alive, 0.0).astype(float), weight, dim=dims) / total.where(total > 0)
    mean = mean.where(alive).transpose("season", "layer", "year").assign_attrs(units="kg m-2")
    line = trend(mean, dim="year", method="ols", level=None, min_valid=1e-9)
    fitted = line["intercept"] + line["slope"] * (mean["year"] - mean["year"][0])
    out = xr.Dataset({"storage": mean, "variability": 100 * (mean - fitted) / mean.mean("year"),
                      "n_cells": whole.sum()})  # fmt: skip
    out["storage"].attrs = {"units": "kg m-2", "long_name": "mean soil water storage"}
    out["variability"].attrs = {"units": "%", "long_name": "variability about the trend, relative to the mean"}
    out["n_cells"].attrs = {"units": "1", "long_name": "cells with all years"}
    return _labelled(out, seasons, "Mean soil water by season and layer").assign_attrs(area=area)


def _labelled(out: xr.Dataset, source: xr.Dataset | xr.DataArray, title: str) -> xr.Dataset:
    simulated = schema.is_simulated(source)
    for name in out.data_vars:
        if simulated:
            out[name].attrs["simulated"] = "true"
    if "grid" in source.attrs and "lat" in out.dims:
        out.attrs["grid"] = source.attrs["grid"]
    return schema.stamp(out, title=title, product=source.attrs.get("product", ""), simulated=simulated,
                        period=source.attrs.get("period"))  # fmt: skip
