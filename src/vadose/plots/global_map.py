"""A field on the whole Earth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .basemap import WORLD_LATITUDES, Basemap
from .scales import Scale, scale
from .style import WIDTH, axis_label, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: More columns than a figure has dots are skipped.
MAX_COLUMNS = 1500


@drawn
def global_map(da: xr.DataArray, *, limits: tuple[float, float] | None = None) -> Figure:
    """Draw a field in the Robinson projection with the bundled coastline.

    Parameters
    ----------
    da : DataArray, dims ``(lat, lon)``
        Cell centres [degrees], latitudes north to south; ``units`` and ``long_name`` are printed.
    limits : (float, float), optional
        Range of the colours; by default from the values.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the array has other dimensions or less than 2 × 2 cells.

    Notes
    -----
    Choice: a field with more columns than the figure has dots is thinned to every k-th cell, never averaged.
    """
    if set(da.dims) != {"lat", "lon"} or min(da.sizes.values()) < 2:
        raise SchemaError(str(da.name), found=f"dims {dict(da.sizes)}", needed="(lat, lon) with at least 2 × 2 cells",
                          do="Select one time and layer.")  # fmt: skip
    step = -(-da.sizes["lon"] // MAX_COLUMNS)
    da = da.transpose("lat", "lon")
    attrs = da.attrs
    da = da.isel(lat=slice(step // 2, None, step), lon=slice(step // 2, None, step))
    values = np.asarray(da, dtype="float64")
    colours = scale(str(da.name), values)
    if limits is not None:
        colours = Scale(colours.cmap, *limits, "both")
    mappable = colours.mappable()
    ground = Basemap(-180.0, 180.0, *WORLD_LATITUDES, world=True)
    wide = WIDTH - 0.5
    tall = wide * ground.aspect
    figure = new_figure(WIDTH, tall + 0.72)
    axes = place(figure, 0.4, 0.66, wide, tall)
    lat, lon = (_edges(da[k].values.astype(float)) for k in ("lat", "lon"))
    grid_lon, grid_lat = np.meshgrid(np.clip(lon, -180, 180), np.clip(lat, -90, 90))
    ground.draw(axes, field=True)
    x, y = ground.project(grid_lat, grid_lon)
    axes.pcolormesh(x, y, np.ma.masked_invalid(values), norm=mappable.norm, cmap=mappable.cmap, rasterized=True,
                    zorder=0.25)  # fmt: skip
    bar_axes = place(figure, WIDTH * 0.28, 0.42, WIDTH * 0.44, 0.11)
    bar = figure.colorbar(mappable, cax=bar_axes, orientation="horizontal", extend=colours.extend)
    label = axis_label(da.assign_attrs(attrs))
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)
    share = 100 * float(np.isfinite(values).mean())
    return finish(figure, da.assign_attrs(attrs), title=f"{label}: map of the world",
                  description=f"{share:.0f} % of the cells of the map have a value.")  # fmt: skip


def _edges(centres: np.ndarray) -> np.ndarray:
    middle = (centres[1:] + centres[:-1]) / 2
    return np.r_[2 * centres[0] - middle[0], middle, 2 * centres[-1] - middle[-1]]
