"""Several maps in one figure, and fields drawn on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .basemap import Basemap
from .style import GREY, WIDTH, new_figure, place, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: More rows or columns of cells than dots on a panel are skipped.
DOTS_PER_INCH = 200


def map_panels(ground: Basemap, titles: Sequence[str], *, footer: float) -> tuple[Figure, list[Axes]]:
    """A grid of maps with room [inch] below them; coordinates on the outer ones only."""
    count = max(len(titles), 1)
    most = 2 if ground.world else 4 if ground.aspect < 1.3 else 5
    columns = min(count, most)
    gap, head, left, below = 0.14, 0.34, 0.08 if ground.world else 0.48, 0.08 if ground.world else 0.24
    wide = min((WIDTH - left - gap * (columns - 1)) / columns, 4.6 / max(ground.aspect, 0.6))
    if count == 1:
        left = (WIDTH - wide) / 2 + 0.2
    tall = wide * ground.aspect
    rows = -(-count // columns)
    figure = new_figure(WIDTH, rows * (tall + head) + below + footer)
    panels: list[Axes] = []
    if not titles:
        figure.text(0.5, 0.6, "no cell", ha="center", style="italic", color=GREY)
    for number, title in enumerate(titles):
        row, column = divmod(number, columns)
        bottom = footer + below + (rows - 1 - row) * (tall + head)
        axes = place(figure, left + column * (wide + gap), bottom, wide, tall)
        lowest = number + columns >= len(titles)
        ground.draw(axes, labels=(lowest, column == 0))
        axes.set_title(wrap(title, max(10, int(wide / 0.066))), size=7.5, pad=4.5, linespacing=1.05)
        panels.append(axes)
    return figure, panels


def check_field(da: xr.DataArray, *more: str) -> None:
    """Raise SchemaError unless an array is a map, with further dimensions for the panels."""
    if set(da.dims) != {"lat", "lon", *more} or min(da.sizes["lat"], da.sizes["lon"]) < 2:
        wanted = ", ".join(("lat", "lon", *more))
        raise SchemaError(str(da.name or "map"), found=f"dims {dict(da.sizes)}",
                          needed=f"({wanted}) with at least 2 × 2 cells", do="Select one of the others.")  # fmt: skip


def ground_of(da: xr.DataArray) -> Basemap:
    """The map that holds a field, the world for a wide one."""
    lat, lon = (edges(da[k].values.astype(float)) for k in ("lat", "lon"))
    grid_lon, grid_lat = np.meshgrid(lon[[0, -1]] + np.array([1e-6, -1e-6]), lat)
    middle = np.meshgrid(da["lon"].values.astype(float), lat[[0, -1]])
    return Basemap.around(np.r_[grid_lat.ravel(), middle[1].ravel()], np.r_[grid_lon.ravel(), middle[0].ravel()])


def draw_field(axes: Axes, ground: Basemap, da: xr.DataArray, colours: np.ndarray) -> None:
    """Draw the cells of a field (lat, lon) in given colours, RGBA (lat, lon, 4), under the shore."""
    step = thinning(axes, ground, da)
    da = da.transpose("lat", "lon")[step // 2 :: step, step // 2 :: step]
    lat, lon = (edges(da[k].values.astype(float)) for k in ("lat", "lon"))
    grid_lon, grid_lat = np.meshgrid(np.clip(lon, -180, 180), np.clip(lat, -90, 90))
    x, y = ground.project(grid_lat, grid_lon)
    axes.pcolormesh(x, y, colours[step // 2 :: step, step // 2 :: step], rasterized=True, zorder=0.25)


def draw_marks(axes: Axes, ground: Basemap, where: xr.DataArray, *, style: str) -> None:
    """Mark cells of a boolean map (lat, lon) with ``"dots"`` or ``"strokes"``, thinned so that they stay apart."""
    apart = 0.055 * (1 if style == "dots" else 1.3)
    size = _cell_inches(axes, ground, where)
    step = max(1, round(apart / size))
    dot = min(max(1.3, 9 * size), 3.0)
    where = where.transpose("lat", "lon")[step // 2 :: step, step // 2 :: step]
    row, col = np.nonzero(np.asarray(where))
    x, y = ground.project(where["lat"].values[row].astype(float), where["lon"].values[col].astype(float))
    look = {"marker": "o", "ms": dot, "mew": 0} if style == "dots" else {"marker": (2, 2, -45), "ms": 4.2, "mew": 0.55}
    axes.plot(x, y, ls="none", color="#1a1a1a", rasterized=True, zorder=0.35, **look)  # type: ignore[arg-type]


def thinning(axes: Axes, ground: Basemap, da: xr.DataArray) -> int:
    """Every how many cells to draw; a field is thinned where it is finer than the paper, never averaged."""
    return max(1, int(1 / DOTS_PER_INCH / _cell_inches(axes, ground, da)))


def _cell_inches(axes: Axes, ground: Basemap, da: xr.DataArray) -> float:
    figure = axes.get_figure(root=True)
    wide = axes.get_position().width * (figure.get_size_inches()[0] if figure is not None else 1.0)
    left, right, _, _ = ground.bounds
    lon = da["lon"].values.astype(float)
    span = (right - left) / (360.0 if ground.world else ground.east - ground.west)
    return float(abs(lon[-1] - lon[0]) / (lon.size - 1) * span * wide / (right - left))


def edges(centres: np.ndarray) -> np.ndarray:
    """Edges of cells half-way between centres.

    Examples
    --------
    >>> edges(np.array([10.0, 5.0, 0.0])).tolist()
    [12.5, 7.5, 2.5, -2.5]
    """
    middle = (centres[1:] + centres[:-1]) / 2
    return np.r_[2 * centres[0] - middle[0], middle, 2 * centres[-1] - middle[-1]]
