"""What the drought recipe reads: the record, the soil, and the date of its map."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import periods, schema
from ..errors import ConfigError
from ..store import Library
from .drought_settings import TWIN, DroughtSettings
from .extents import crop_grid, crop_period
from .one_layer import one_layer
from .settings import check


def default_settings(store: Library, library: str | None) -> DroughtSettings:
    """Those of the simulated region, or of the only gridded dataset of a library."""
    if library is None:
        return check(TWIN, DroughtSettings, where="")
    names = [n for n in store.names() if schema.form(store.open(n)) == "grid"]
    if len(names) != 1:
        raise ConfigError("--config", found="nothing", needed=f"a YAML file with `dataset`: one of {', '.join(names)}")
    return check({"dataset": names[0]}, DroughtSettings, where="")


def open_part(store: Library, name: str, settings: DroughtSettings) -> xr.Dataset:
    """A dataset within the box of the settings."""
    if name not in store.names():
        raise ConfigError("dataset", found=repr(name), needed=f"one of {', '.join(store.names())}")
    ds = store.open(name)
    return crop_grid(ds, settings.bbox) if {"lat", "lon"} <= set(ds.dims) else ds


def variable_of(ds: xr.Dataset, settings: DroughtSettings) -> xr.DataArray:
    """The variable and layer of the settings, with what tells its origin."""
    if settings.variable not in ds:
        raise ConfigError(
            "variable", found=repr(settings.variable), needed=f"one of {', '.join(map(str, ds.data_vars))}"
        )
    da = ds[settings.variable]
    da = one_layer(da, settings.layer, where=settings.dataset)
    keep = {k: ds.attrs[k] for k in ("grid", "simulated", "product", "product_version") if k in ds.attrs}
    return da.assign_attrs(keep, source=str(ds.attrs.get("title", "")))


def open_record(store: Library, settings: DroughtSettings) -> xr.DataArray:
    """The values to rank, (time, lat, lon), each series in one chunk."""
    da = variable_of(open_part(store, settings.dataset, settings), settings)
    if set(da.dims) != {"time", "lat", "lon"}:
        raise ConfigError("dataset", found=f"{settings.dataset} with dims {da.dims}", needed="(time, lat, lon)")
    da = crop_period(da, settings.period, where=settings.dataset)
    return da.chunk(time=-1) if da.chunks else da


def open_soil(store: Library, settings: DroughtSettings) -> dict[str, xr.DataArray]:
    """Field capacity and wilting point, where the settings name a dataset with them."""
    if settings.soil is None:
        return {}
    ds = open_part(store, settings.soil, settings)
    names = ("field_capacity", "wilting_point")
    if missing := [n for n in names if n not in ds]:
        raise ConfigError("soil", found=f"{settings.soil} without {', '.join(missing)}", needed=" and ".join(names))
    return {n: ds[n] for n in names}


def chosen_date(settings: DroughtSettings, area: xr.Dataset) -> np.datetime64:
    """The date asked for, or that with the largest area below the 20th percentile."""
    time = area["time"].values
    if settings.date is not None:
        wanted = periods.parse_period(settings.date)
        assert wanted is not None
        at = np.flatnonzero((time >= wanted[0]) & (time < wanted[1]))
        if not at.size:
            raise ConfigError("date", found=settings.date, needed=f"a date of the record up to {str(time[-1])[:10]}")
        return time[at[0]]
    share = area["share"].sel(threshold=20.0).values
    if not np.isfinite(share).any():
        raise ConfigError(
            "dataset", found="no cell with a percentile", needed=f"at least {settings.min_years} years of values",
            do="Lower min_years, or take a longer record.",
        )  # fmt: skip
    return time[int(np.nanargmax(share))]
