"""Where the ecosystems are: land-cover classes on the grid of what is studied."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ..errors import ConfigError, GridError, SchemaError
from ..grid import Grid
from ..landclass import ECOSYSTEMS, IGBP
from ..regrid import to_grid


def classes_on(classes: xr.DataArray | xr.Dataset, like: Grid | xr.DataArray | xr.Dataset) -> xr.DataArray:
    """Bring land-cover classes to the grid of something else: the class with the most area in each cell.

    Parameters
    ----------
    classes : xarray.DataArray or Dataset, dims (lat, lon)
        Class codes, or a dataset with ``land_cover``.
    like : Grid, xarray.DataArray or Dataset
        Target grid, or anything on it.

    Returns
    -------
    xarray.DataArray, dims (lat, lon)
        Codes, of equal areas the lowest; missing where less than half of the cell has a class.

    Raises
    ------
    SchemaError, GridError
        As :func:`vadose.regrid.to_grid`.

    Notes
    -----
    METHODS 1, paper 001: the mode of 20 x 20 cells of 0.05° for one of 1°. Classes are chosen first and grouped
    afterwards, as there: a cell of 30 % grassland, 25 % evergreen and 25 % deciduous forest is grassland.

    Examples
    --------
    >>> fine, coarse = Grid.regular(45), Grid.regular(90)
    >>> da = xr.DataArray(np.array([[1, 1, 10, 10] * 2, [1, 4, 10, 0] * 2] * 2, "u1"), dims=("lat", "lon"),
    ...                   coords=fine.coords(), name="land_cover")
    >>> classes_on(da, coarse).values.tolist()
    [[1, 10, 1, 10], [1, 10, 1, 10]]
    """
    da = _codes(classes)
    grid = like if isinstance(like, Grid) else Grid.of(like)
    return to_grid(da.transpose("lat", "lon"), grid, method="mode")


def ecosystem_map(
    classes: xr.DataArray | xr.Dataset, *, groups: Mapping[str, tuple[int, ...]] = ECOSYSTEMS
) -> xr.DataArray:
    """Ecosystem of each cell.

    Parameters
    ----------
    classes : xarray.DataArray or Dataset
        IGBP class codes 0 to 16 (water 0), or a dataset with ``land_cover``; NaN and 255 (or ``_FillValue``) missing.
    groups : mapping of str to tuple of int
        Ecosystem -> its classes.

    Returns
    -------
    xarray.DataArray of int8
        0 for none, then 1, 2, ... in the order of ``groups`` (flag values), dims of ``classes``.

    Raises
    ------
    SchemaError
        If a code is none of IGBP.
    ConfigError
        If there are no groups or a class is in two.

    Examples
    --------
    >>> got = ecosystem_map(xr.DataArray([0, 1, 9, 10, 12, 255], dims="cell"))
    >>> got.values.tolist(), got.flag_meanings
    ([0, 1, 2, 3, 4, 0], 'none forest shrubland grassland cropland')
    """
    members = [c for group in groups.values() for c in group]
    if not groups or len(set(members)) < len(members):
        raise ConfigError("groups", found=f"{dict(groups)}", needed="named groups of classes that do not overlap")
    da = _codes(classes)
    codes = da.values  # a class map is small and has no time
    fill = da.attrs.get("_FillValue", da.encoding.get("_FillValue", 255))
    known = np.isfinite(codes) & (codes != fill) & (codes != 255)
    strange = np.setdiff1d(np.unique(codes[known]), list(IGBP))
    if strange.size:
        do = "MCD12Q1 codes water as 17: recode it to 0." if 17 in strange else ""
        raise SchemaError(str(da.name or "classes"), found=f"class codes {strange.tolist()}",
                          needed="IGBP codes 0 to 16", do=do)  # fmt: skip
    out = np.zeros(codes.shape, np.int8)
    for k, group in enumerate(groups.values(), start=1):
        out[known & np.isin(codes, group)] = k
    return xr.DataArray(out, dims=da.dims, coords=da.coords, name="ecosystem_class").assign_attrs(
        units="1", long_name="ecosystem", flag_values=np.arange(len(groups) + 1, dtype="int8"),
        flag_meanings=" ".join(["none", *(str(g).replace(" ", "_") for g in groups)]),
    )  # fmt: skip


def same_grid(classes: xr.DataArray | xr.Dataset, like: xr.DataArray) -> xr.DataArray:
    """The codes, refused where they lie on another grid than ``like``."""
    da = _codes(classes)
    if not set(da.dims) <= set(like.dims):
        raise GridError("classes", found=f"dims {tuple(map(str, da.dims))}", needed=f"{tuple(map(str, like.dims))}")
    try:
        xr.align(da, like, join="exact")
    except ValueError as err:
        raise GridError("classes", found="a class map on another grid", needed="the grid of the layers",
                        do="Bring it over: vadose.analysis.classes_on(classes, layers).") from err  # fmt: skip
    return da


def _codes(classes: xr.DataArray | xr.Dataset) -> xr.DataArray:
    if isinstance(classes, xr.DataArray):
        da = classes
    elif isinstance(classes, xr.Dataset) and "land_cover" in classes:
        da = classes["land_cover"]
    else:
        found = f"variables {list(classes.data_vars)}" if isinstance(classes, xr.Dataset) else type(classes).__name__
        raise SchemaError("classes", found=found, needed="a map of class codes, or a dataset with land_cover")
    if da.dtype.kind not in "iuf" or {"time", "year"} & set(da.dims):
        raise SchemaError("classes", found=f"{da.dtype} with dims {tuple(map(str, da.dims))}",
                          needed="class codes without time", do="Select one year.")  # fmt: skip
    return da
