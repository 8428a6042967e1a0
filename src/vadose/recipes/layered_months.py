"""Layered soil water of a library, made ready for a monthly analysis: layers checked and named, months by calendar."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods, schema
from ..errors import SchemaError
from .extents import crop_grid, crop_period

#: Least share of the steps of a month that must hold a value.
MONTH_SHARE = 0.5


def layered_months(
    source: xr.Dataset, *, bbox: tuple[float, float, float, float] | None = None, period: str | None = None
) -> xr.Dataset:
    """Monthly soil moisture or storage in layers, lazily.

    Parameters
    ----------
    source : xarray.Dataset, dims (time, layer, lat, lon)
        Canonical, with ``layer_bnds``.
    bbox : tuple of float, optional
        West, south, east, north [degrees].
    period : str, optional
        Such as ``"1948/2024"``.

    Returns
    -------
    xarray.Dataset
        The soil-moisture variable and ``layer_bnds``; time on the first of each month that is there, ``layer`` as text
        such as ``0-10 cm``; time and layer in one chunk.

    Raises
    ------
    SchemaError
        If there are no layers, one is missing between others, or there is no value of time.
    ConfigError
        If the period holds nothing.

    Notes
    -----
    Finer steps become means of months with at least half of their steps (:data:`MONTH_SHARE`). Missing months stay
    missing.
    """
    where = str(source.attrs.get("title") or source.attrs.get("product") or "dataset")
    name = schema.primary(source)
    _check_layers(source, name, where)
    schema.check(source, "grid")
    ds = source[[name]].assign_coords(layer_bnds=source["layer_bnds"].compute())
    ds = crop_period(crop_grid(ds, bbox), period, where=where)
    time = pd.DatetimeIndex(ds["time"].values)
    if not len(time):
        raise SchemaError(f"{where}: time", found="no time", needed="a monthly or finer record")
    if ds[name].chunks:
        ds = ds.assign({name: ds[name].chunk(time=-1, layer=-1)})
    month = periods.start_of(time, "month")
    if month.is_unique and time.is_monotonic_increasing:
        out = ds.assign_coords(time=month.to_numpy())
    else:
        steps = int(pd.Series(1, index=month).groupby(level=0).sum().median())
        mean = periods.composite(ds[name], "month", min_count=max(1, int(np.ceil(MONTH_SHARE * steps))))["mean"]
        out = ds.drop_dims("time").assign({name: mean.transpose(*ds[name].dims)})
    labels = [f"{100 * a:g}-{100 * b:g} cm" for a, b in ds["layer_bnds"].values.astype(float).round(4)]
    return out.assign_coords(layer=("layer", labels, {"long_name": "depth of the soil layer"}))


def _check_layers(ds: xr.Dataset, name: str, where: str) -> None:
    if "layer" not in ds[name].dims or ds.sizes["layer"] < 2:
        raise SchemaError(
            f"{where}: {name}",
            found=f"dims {tuple(map(str, ds[name].dims))}" if "layer" not in ds[name].dims else "one layer",
            needed="two or more soil layers",
            do="Ingest a product with layers, such as gldas or era5_land.",
        )
    if "layer_bnds" not in ds.variables:
        raise SchemaError(where, found="layers without layer_bnds", needed="layer_bnds (layer, bnds) in m")
    bounds = ds["layer_bnds"].values.astype(float)
    for (_, lower), (upper, _) in itertools.pairwise(bounds):
        if abs(lower - upper) > 1e-6:
            raise SchemaError(f"{where}: layer_bnds", found=f"nothing between {lower:g} and {upper:g} m",
                              needed="layers that follow each other from the top",
                              do="Add the missing layer, or keep the layers above it.")  # fmt: skip
