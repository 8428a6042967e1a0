"""Gridded fields on a map: what is a field, the ground that holds it, its cells in colours, marks on some of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..schema import is_simulated
from .basemap import Basemap
from .style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

#: A field with more rows or columns of cells to the inch is thinned: no eye and no screen would tell them apart.
CELLS_PER_INCH = 210
#: Distance between marks [inch].
APART = 0.055


def check_field(da: xr.DataArray, *more: str) -> None:
    """Raise SchemaError unless an array is a map, with further dimensions for the panels."""
    if set(da.dims) != {"lat", "lon", *more} or min(da.sizes["lat"], da.sizes["lon"]) < 2:
        wanted = ", ".join((*more, "lat", "lon"))
        raise SchemaError(str(da.name or "map"), found=f"dims {dict(da.sizes)}",
                          needed=f"({wanted}) with at least 2 × 2 cells", do="Select one time and layer.")  # fmt: skip


def check_fields(fields: Mapping[str, xr.DataArray]) -> None:
    """Raise SchemaError unless there is a map, and all are maps of one grid."""
    if not fields:
        raise SchemaError("fields", found="no field", needed="at least one")
    first = next(iter(fields.values()))
    for heading, da in fields.items():
        check_field(da)
        if any(not da[d].equals(first[d]) for d in ("lat", "lon")):
            raise SchemaError(f"fields[{heading!r}]", found=f"another grid, {dict(da.sizes)}",
                              needed=f"fields of one grid, {dict(first.sizes)}", do="Regrid it.")  # fmt: skip


def ground_of(da: xr.DataArray) -> Basemap:
    """The map that holds all cells of a field, the world for a wide one; without shores for a simulated one."""
    lat, lon = _edges_of(da)
    grid_lon, grid_lat = np.meshgrid(lon[[0, -1]] + np.array([1e-6, -1e-6]), lat)
    middle = np.meshgrid(da["lon"].values.astype(float), lat[[0, -1]])
    lat, lon = (np.r_[a.ravel(), b.ravel()] for a, b in ((grid_lat, middle[1]), (grid_lon, middle[0])))
    return Basemap.around(lat, lon, shores=not is_simulated(da))


def draw_field(axes: Axes, ground: Basemap, da: xr.DataArray, mappable: ScalarMappable) -> None:
    """Draw the cells of a field (lat, lon) below the shore; cells without a value show the ground.

    The axes show the ground already, drawn with ``field=True``. A field finer than :data:`CELLS_PER_INCH` is thinned
    to every k-th row and column, never averaged.
    """
    step = max(1, int(np.ceil(1 / CELLS_PER_INCH / _cell_inches(axes, ground, da))))
    da = da.transpose("lat", "lon")[step // 2 :: step, step // 2 :: step]
    lat, lon = _edges_of(da)
    grid_lon, grid_lat = np.meshgrid(np.clip(lon, -180, 180) if ground.world else lon, np.clip(lat, -90, 90))
    values = np.ma.masked_invalid(np.asarray(da, dtype="float64"))
    x, y = ground.project(grid_lat, grid_lon)
    axes.pcolormesh(x, y, values, norm=mappable.norm, cmap=mappable.cmap,  # type: ignore[arg-type]
                    rasterized=True, zorder=0.25)  # fmt: skip


def draw_marks(axes: Axes, ground: Basemap, where: xr.DataArray, *, style: str = "dots") -> None:
    """Mark cells of a boolean map (lat, lon) with ``"dots"`` or ``"strokes"``, thinned so that they stay apart."""
    size = _cell_inches(axes, ground, where)
    step = max(1, round(APART * (1 if style == "dots" else 1.3) / size))
    where = where.transpose("lat", "lon")[step // 2 :: step, step // 2 :: step]
    row, col = np.nonzero(np.asarray(where, dtype=bool))
    x, y = ground.project(where["lat"].values[row].astype(float), where["lon"].values[col].astype(float))
    if style == "dots":
        dot = min(max(1.3, 0.3 * 72 * size * step), 3.2)
        # a white rim where there is room: dots are seen on the dark ends of the colours as well
        axes.plot(x, y, "o", ms=dot, mfc=INK, mec="white", mew=0.18 * dot if dot > 2 else 0.0, rasterized=True,
                  zorder=0.35)  # fmt: skip
    else:
        axes.plot(x, y, ls="none", marker=(2, 2, -45), ms=4.2, mew=0.55, color=INK, rasterized=True, zorder=0.35)


def edges(centres: np.ndarray) -> np.ndarray:
    """Edges of cells half-way between centres; those of a single cell are half a unit from it.

    Examples
    --------
    >>> edges(np.array([10.0, 5.0, 0.0])).tolist()
    [12.5, 7.5, 2.5, -2.5]
    >>> edges(np.array([3.0])).tolist()
    [2.5, 3.5]
    """
    if centres.size < 2:
        return np.r_[centres - 0.5, centres + 0.5]
    middle = (centres[1:] + centres[:-1]) / 2
    return np.r_[2 * centres[0] - middle[0], middle, 2 * centres[-1] - middle[-1]]


def _edges_of(da: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    return edges(da["lat"].values.astype(float)), edges(da["lon"].values.astype(float))


def _cell_inches(axes: Axes, ground: Basemap, da: xr.DataArray) -> float:
    """Width of a cell on paper."""
    figure = axes.get_figure(root=True)
    wide = axes.get_position().width * (figure.get_size_inches()[0] if figure is not None else 1.0)
    lon = edges(da["lon"].values.astype(float))
    return float(abs(lon[-1] - lon[0]) / (lon.size - 1) / (360.0 if ground.world else ground.east - ground.west) * wide)
