"""Gridded data at points."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import xarray as xr

from ..errors import ConfigError, GridError, SchemaError
from .to_grid import missing_code, source_grid


def to_points(ds: xr.Dataset, lat, lon, *, method: str = "nearest") -> xr.Dataset:
    """Read gridded data at points.

    Parameters
    ----------
    ds : xarray.Dataset, dims (..., lat, lon)
        Canonical gridded data; lazy data stay lazy, whatever their chunks.
    lat, lon : array_like, shape (point,)
        Points [degrees]; longitudes may run 0..360.
    method : {"nearest", "bilinear"}
        ``nearest``: the cell that holds the point. ``bilinear``: floating variables linear in row and column between
        the four nearest centres, renormalised over the valid ones, missing where these weigh less than a half;
        other variables as ``nearest``.

    Returns
    -------
    xarray.Dataset, dims (..., point)
        Coordinates ``lat``, ``lon`` (of the points), ``cell_lat``, ``cell_lon`` (centre of the cell that holds the
        point, NaN outside). Points outside the grid are missing: NaN, NaT, no observations, flag ``missing``.

    Raises
    ------
    ConfigError
        If the method is unknown.
    SchemaError
        If the points are not two 1-D arrays of one length, or the dataset is not canonical.
    GridError
        If every point lies outside the grid.

    Examples
    --------
    >>> from vadose.grid import Grid
    >>> globe = Grid.regular(90)
    >>> ds = xr.Dataset({"sm": (("lat", "lon"), np.arange(8.0).reshape(2, 4))}, coords=globe.coords())
    >>> to_points(ds, [45.0, -10.0], [-135.0, 170.0]).sm.values.tolist()
    [0.0, 7.0]
    >>> to_points(ds, [0.0], [0.0], method="bilinear").sm.values.tolist()
    [3.5]
    """
    if method not in ("nearest", "bilinear"):
        raise ConfigError("method", found=repr(method), needed="'nearest' or 'bilinear'")
    lat, lon = np.asarray(lat, dtype="f8"), np.asarray(lon, dtype="f8")
    if lat.ndim != 1 or lat.shape != lon.shape or not lat.size:
        raise SchemaError("points", found=f"lat of shape {lat.shape} and lon of shape {lon.shape}",
                          needed="two 1-D arrays of the same length")  # fmt: skip
    grid = source_grid(ds)
    row, col = grid.nearest(lat, lon)
    inside = xr.Variable("point", row >= 0)
    if not inside.values.any():
        raise GridError("points", found=f"all {lat.size} points outside {grid} {tuple(round(b, 3) for b in grid.bbox)}",
                        needed="at least one point inside", do="Check the order of lat and lon.")  # fmt: skip
    coords: dict[Hashable, Any] = {
        "lat": ("point", lat, {"standard_name": "latitude", "units": "degrees_north"}),
        "lon": ("point", lon, {"standard_name": "longitude", "units": "degrees_east"}),
        "cell_lat": ("point", np.where(row < 0, np.nan, grid.lat[row]), {"units": "degrees_north"}),
        "cell_lon": ("point", np.where(row < 0, np.nan, grid.lon[col]), {"units": "degrees_east"}),
    }
    data: dict[Hashable, xr.Variable] = {}
    for name, variable in ds.variables.items():
        axes = {"lat", "lon"} & set(variable.dims)
        if name in ("lat", "lon"):
            continue
        if len(axes) == 1:
            raise SchemaError(str(name), found=f"dims {variable.dims}", needed="both lat and lon, or neither",
                              do=f"Drop it first: .drop_vars({name!r}).")  # fmt: skip
        if not axes:
            out = variable
        elif method == "bilinear" and variable.dtype.kind == "f":
            out = _between(variable, grid, lat, lon, row, col)
        else:
            out = _at(variable, row, col)
            gap = missing_code(str(name), variable)
            out = out.where(inside, variable.dtype.type(np.nan) if gap is None else _typed(gap, variable.dtype))
        if axes:
            kept = {k: v for k, v in variable.attrs.items() if k not in ("grid", "regrid")}
            out = xr.Variable(out.dims, out.data, kept)
        if name in ds.coords:
            coords[name] = out
        else:
            data[name] = out
    attrs = {k: v for k, v in ds.attrs.items() if k != "grid"}
    return xr.Dataset(data, coords, attrs).assign_attrs(points=f"{method} from {grid.to_attr()}")


def _typed(value, dtype: np.dtype):
    return value if dtype.kind == "M" else dtype.type(value)


def _at(variable: xr.Variable, row: np.ndarray, col: np.ndarray) -> xr.Variable:
    picked = variable.isel(lat=xr.Variable("point", row), lon=xr.Variable("point", col))
    return picked.transpose(..., "point")


def _between(variable: xr.Variable, grid, lat, lon, row, col) -> xr.Variable:
    """Linear between the four nearest centres."""
    n_rows, n_cols = grid.shape
    y, ring = grid.lat, grid.is_global_in_longitude
    away = (lon - grid.lon[col] + 180) % 360 - 180  # from the centre of the cell, eastwards
    east = np.where(away >= 0, col + 1, col - 1)
    east = east % n_cols if ring else np.clip(east, 0, n_cols - 1)
    gap = np.abs((grid.lon[east] - grid.lon[col] + 180) % 360 - 180)
    u = np.where(gap > 0, np.abs(away) / np.where(gap > 0, gap, 1), 0.0)
    south = np.clip(np.where(lat <= y[row], row + 1, row - 1), 0, n_rows - 1)
    step = np.abs(y[south] - y[row])
    v = np.where(step > 0, np.abs(lat - y[row]) / np.where(step > 0, step, 1), 0.0)
    outside = row < 0
    total = weight = xr.Variable((), 0.0)
    for i, share_v in ((row, 1 - v), (south, v)):
        for j, share_u in ((col, 1 - u), (east, u)):
            w = xr.Variable("point", np.where(outside, 0.0, share_v * share_u))
            value = _at(variable, i, j).astype("f8")
            total = total + w * value.fillna(0.0)
            weight = weight + w * value.notnull()
    return (total / weight.where(weight >= 0.5 - 1e-9)).astype(variable.dtype)
