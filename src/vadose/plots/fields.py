"""Maps of gridded fields side by side, such as truth, record and error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .basemap import Basemap
from .scales import family, scale
from .style import GREY, WIDTH, axis_label, drawn, finish, new_figure, place, wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Most maps in a row.
COLUMNS = 3


@drawn
def field_maps(fields: Mapping[str, xr.DataArray]) -> Figure:
    """Draw several fields of one region; fields of one kind (such as soil moisture) share their colours.

    Parameters
    ----------
    fields : mapping of str to DataArray
        Heading -> field, dims ``(lat, lon)`` on one grid, with ``units``, ``long_name`` and a name that tells its
        kind (``sm``, ``bias``, ``ubrmse``, ...).

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If there is no field, or one has other dims or another grid than the first.
    """
    if not fields:
        raise SchemaError("fields", found="no field", needed="at least one")
    first = next(iter(fields.values()))
    for heading, da in fields.items():
        if set(da.dims) != {"lat", "lon"} or any(not da[d].equals(first[d]) for d in ("lat", "lon")):
            raise SchemaError(f"fields[{heading!r}]", found=f"dims {dict(da.sizes)}", needed="(lat, lon) of one grid",
                              do="Select one time and layer.")  # fmt: skip
    lat, lon = (first[d].values.astype(float) for d in ("lat", "lon"))
    edges = [_edges(lat), _edges(lon)]
    ground = Basemap.around(*(np.array([e.min(), e.max()]) for e in edges))
    grid_lon, grid_lat = np.meshgrid(edges[1], edges[0])
    x, y = ground.project(grid_lat, grid_lon)
    kinds = {h: family(str(da.name)) if family(str(da.name)) != "other" else h for h, da in fields.items()}
    together = {k: np.concatenate([np.asarray(fields[h], "float64").ravel() for h in fields if kinds[h] == k])
                for k in kinds.values()}  # fmt: skip
    columns = min(len(fields), COLUMNS)
    gap, left, head, foot = 0.2, 0.5, 0.36, 0.86
    wide = min((WIDTH - left - gap * (columns - 1) - 0.05) / columns, 3.4 / max(ground.aspect, 0.4))
    tall = wide * ground.aspect
    rows = -(-len(fields) // columns)
    figure = new_figure(WIDTH, rows * (tall + head + foot))
    for i, (heading, da) in enumerate(fields.items()):
        row, column = divmod(i, columns)
        bottom = (rows - 1 - row) * (tall + head + foot) + foot
        axes = place(figure, left + column * (wide + gap), bottom, wide, tall)
        colours = scale(str(da.name), together[kinds[heading]])
        mappable = colours.mappable()
        ground.draw(axes, labels=(True, column == 0), field=True)
        values = np.ma.masked_invalid(np.asarray(da.transpose("lat", "lon"), "float64"))
        axes.pcolormesh(x, y, values, norm=mappable.norm, cmap=mappable.cmap, rasterized=True, zorder=0.25)
        axes.set_title(wrap(heading, max(12, int(wide / 0.066))), size=8, pad=4)
        bar_axes = place(figure, left + column * (wide + gap) + 0.06 * wide, bottom - 0.36, 0.88 * wide, 0.09)
        bar = figure.colorbar(mappable, cax=bar_axes, orientation="horizontal", extend=colours.extend)
        bar.ax.tick_params(labelsize=7)
        bar.locator = _ticks()
        bar.update_ticks()
        bar.set_label(wrap(axis_label(da), max(16, int(wide / 0.06))), size=7.5)
        bar.outline.set_linewidth(0.5)
        if not values.count():
            axes.text(0.5, 0.5, "no value", transform=axes.transAxes, ha="center", color=GREY, style="italic")
    known = "; ".join(f"{h}: {int(np.isfinite(np.asarray(d, 'float64')).sum())} cells" for h, d in fields.items())
    return finish(figure, *fields.values(), title="Maps: " + ", ".join(fields), description=known)


def _ticks():
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=4, steps=[1, 2, 4, 5, 10])


def _edges(centres: np.ndarray) -> np.ndarray:
    if centres.size < 2:
        return np.r_[centres[0] - 0.5, centres[0] + 0.5]
    middle = (centres[1:] + centres[:-1]) / 2
    return np.r_[2 * centres[0] - middle[0], middle, 2 * centres[-1] - middle[-1]]
