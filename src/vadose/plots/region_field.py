"""A field of grid cells on the ground of its region, as one panel of a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .basemap import Basemap
from .style import GREY, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize


def check_map(da: xr.DataArray) -> xr.DataArray:
    """The field as (lat, lon); raises SchemaError where it has other dimensions or is a single row."""
    if set(da.dims) != {"lat", "lon"} or min(da.sizes.values()) < 2:
        raise SchemaError(str(da.name or "map"), found=f"dims {dict(da.sizes)}",
                          needed="(lat, lon) with at least 2 × 2 cells", do="Select one time and layer.")  # fmt: skip
    return da.transpose("lat", "lon")


def ground_of(da: xr.DataArray) -> Basemap:
    """The ground under a field."""
    lat, lon = (da[k].values.astype(float) for k in ("lat", "lon"))
    return Basemap.around(np.r_[lat, lat[:1]], np.r_[np.full(lat.size, lon[0]), lon[-1]])


def draw_field(axes: Axes, ground: Basemap, da: xr.DataArray, *, cmap: Colormap, norm: Normalize,
               labels: tuple[bool, bool] = (True, True)) -> None:  # fmt: skip
    """Draw a field over its ground; cells without a value show the ground."""
    ground.draw(axes, field=True, labels=labels)
    lat, lon = (edges(da[k].values.astype(float)) for k in ("lat", "lon"))
    grid_lon, grid_lat = np.meshgrid(lon, np.clip(lat, -90, 90))
    if ground.world:
        grid_lon = np.clip(grid_lon, -180, 180)
    x, y = ground.project(grid_lat, grid_lon)
    values = np.ma.masked_invalid(np.asarray(da, dtype="float64"))
    axes.pcolormesh(x, y, values, cmap=cmap, norm=norm, rasterized=True, zorder=0.35)


def stipple(axes: Axes, ground: Basemap, mask: xr.DataArray, *, most: int = 2500) -> None:
    """Dots in the cells where a mask is true; every k-th of them where they are many."""
    rows, columns = np.nonzero(np.asarray(mask, dtype=bool))
    step = int(np.ceil(np.sqrt(max(mask.size / most, 1.0))))
    keep = (rows % step == 0) & (columns % step == 0)
    x, y = ground.project(mask["lat"].values[rows[keep]], mask["lon"].values[columns[keep]])
    axes.plot(x, y, ".", ms=2.2 if mask.size > 400 else 3.5, color=INK, mew=0, zorder=3, rasterized=keep.sum() > 500)


def edges(centres: np.ndarray) -> np.ndarray:
    """Edges between and beyond the centres of cells.

    Examples
    --------
    >>> edges(np.array([1.0, 2.0, 3.0])).tolist()
    [0.5, 1.5, 2.5, 3.5]
    """
    middle = (centres[1:] + centres[:-1]) / 2
    return np.r_[2 * centres[0] - middle[0], middle, 2 * centres[-1] - middle[-1]]


def empty_note(axes: Axes, text: str) -> None:
    """Words in place of data."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", style="italic", color=GREY, zorder=5)
