"""How much each cell counts in a mean or share."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..errors import ConfigError, SchemaError
from ..grid import Grid

AREAS = ("cos", "cell", "pixel")


def cell_weights(ds: xr.Dataset | xr.DataArray, area: str) -> xr.DataArray:
    """Weight of each cell.

    Parameters
    ----------
    ds : xarray.Dataset or DataArray
        With ``lat`` and ``lon`` axes, or any dims for ``"pixel"``.
    area : {"cos", "cell", "pixel"}
        Cosine of latitude [1]; area on the ellipsoid by :meth:`vadose.grid.Grid.area` [m2]; or 1 for each cell.

    Raises
    ------
    ConfigError
        If ``area`` is unknown.
    SchemaError
        If there are no such axes.

    Examples
    --------
    >>> ds = xr.Dataset(coords={"lat": [60.0, 0.0], "lon": [0.0, 1.0]})
    >>> cell_weights(ds, "cos").values.round(6).tolist()
    [0.5, 1.0]
    """
    if area not in AREAS:
        raise ConfigError("area", found=repr(area), needed=f"one of {list(AREAS)}")
    if area == "pixel":
        return xr.DataArray(1.0, attrs={"units": "1", "long_name": "weight of a cell"})
    if "lat" not in ds.dims or "lon" not in ds.dims:
        raise SchemaError("area", found=f"dims {tuple(map(str, ds.dims))}", needed="axes lat and lon",
                          do="Use area='pixel' for stations.")  # fmt: skip
    if area == "cos":
        return xr.DataArray(np.cos(np.radians(ds["lat"].values)), dims="lat", coords={"lat": ds["lat"]},
                            attrs={"units": "1", "long_name": "cosine of latitude"})  # fmt: skip
    size = Grid.of(ds).area()
    dims = ("lat",) if size.shape[1] == 1 else ("lat", "lon")
    values = size[:, 0] if size.shape[1] == 1 else size
    return xr.DataArray(values, dims=dims, coords={d: ds[d] for d in dims},
                        attrs={"units": "m2", "long_name": "area of a cell"})  # fmt: skip
