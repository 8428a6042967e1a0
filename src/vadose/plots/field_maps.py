"""Maps of gridded fields side by side, such as truth, record and error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .fields import check_fields, draw_field, ground_of
from .keys import colour_bar, empty_note
from .scales import family, scale
from .style import WIDTH, axis_label, drawn, finish, new_figure, place, wrap

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
    from matplotlib.ticker import MaxNLocator

    check_fields(fields)
    ground = ground_of(next(iter(fields.values())))
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
        mappable = scale(str(da.name), together[kinds[heading]]).mappable()
        ground.draw(axes, labels=(True, column == 0), field=True)
        draw_field(axes, ground, da, mappable)
        axes.set_title(wrap(heading, max(12, int(wide / 0.066))), size=8, pad=4)
        bar = colour_bar(figure, mappable, wrap(axis_label(da), max(16, int(wide / 0.06))), size=7.5,
                         ticks=MaxNLocator(nbins=4, steps=[1, 2, 4, 5, 10]),
                         at=(left + column * (wide + gap) + 0.06 * wide, bottom - 0.36, 0.88 * wide, 0.09))  # fmt: skip
        bar.ax.tick_params(labelsize=7)
        if not np.isfinite(np.asarray(da, "float64")).any():
            empty_note(axes, "no value")
    known = "; ".join(f"{h}: {int(np.isfinite(np.asarray(d, 'float64')).sum())} cells" for h, d in fields.items())
    return finish(figure, *fields.values(), title="Maps: " + ", ".join(fields), description=known)
