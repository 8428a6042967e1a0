"""Parts of a dataset in space and time that the settings of a recipe ask for."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import xarray as xr

from .. import periods, schema
from ..errors import ConfigError
from ..grid import Grid

Data = TypeVar("Data", xr.Dataset, xr.DataArray)


def crop_grid(ds: xr.Dataset, bbox: tuple[float, float, float, float] | None) -> xr.Dataset:
    """The cells of a gridded dataset within a box (west, south, east, north)."""
    if bbox is None:
        return ds
    grid = Grid.of(ds)
    inner = grid.crop(bbox)
    rows, cols = (slice(a[0] - b[0], a[1] - b[0]) for a, b in ((inner.rows, grid.rows), (inner.cols, grid.cols)))
    return schema.with_grid(ds.isel(lat=rows, lon=cols), inner)


def crop_period(data: Data, period: str | None, *, where: str) -> Data:
    """The times of a record within a period.

    Raises
    ------
    ConfigError
        If there is none; ``where`` names the record in the message.
    """
    span = periods.parse_period(period)
    if span is None:
        return data
    time = data["time"].values
    inside = np.flatnonzero((time >= span[0]) & (time < span[1]))
    if not inside.size:
        cover = "nothing"
        if time.size:
            cover = " to ".join(np.datetime_as_string(t, unit="D") for t in (time.min(), time.max()))
        raise ConfigError("period", found=f"{period}, while {where} covers {cover}", needed="a period inside the data")
    return data.isel({data["time"].dims[0]: inside})
