"""A field on the whole Earth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..schema import is_simulated
from .basemap import WORLD_LATITUDES, Basemap
from .fields import check_field, draw_field
from .keys import colour_bar
from .panels import map_panels
from .scales import Scale, scale
from .style import axis_label, drawn, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    Choice: a field finer than the paper is thinned to every k-th cell, never averaged.
    """
    check_field(da)
    values = np.asarray(da, dtype="float64")
    colours = scale(str(da.name), values)
    if limits is not None:
        colours = Scale(colours.cmap, *limits, "both")
    mappable = colours.mappable()
    ground = Basemap(-180.0, 180.0, *WORLD_LATITUDES, world=True, shores=not is_simulated(da))
    figure, panels = map_panels(ground, [""], footer=0.66, field=True)
    draw_field(panels[0], ground, da, mappable)
    label = axis_label(da)
    colour_bar(figure, mappable, label)
    share = 100 * float(np.isfinite(values).mean())
    return finish(figure, da, title=f"{label}: map of the world",
                  description=f"{share:.0f} % of the cells of the map have a value.")  # fmt: skip
