"""The change between two dates and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .fields import check_field, draw_field, draw_marks, ground_of
from .keys import colour_bar
from .naming import check_variable
from .scales import scale
from .style import INK, WIDTH, axis_label, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def change_map(change: xr.Dataset, *, field: bool = True) -> Figure:
    """Draw the change between two dates with dots where it is significant, and its uncertainty beside it.

    Parameters
    ----------
    change : Dataset, dims ``(lat, lon)``
        From :func:`vadose.analysis.change`.
    field : bool
        Dots where the change is significant with the false discovery rate of the map controlled; else cell by cell.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing or the dataset is no map.
    """
    mark = "significant_field" if field else "significant"
    check_variable(change, "change", "change_uncertainty", mark, where="change")
    panels = [change[k] for k in ("change", "change_uncertainty")]
    for da in panels:
        check_field(da)
    ground = ground_of(panels[0])
    wide = min((WIDTH - 1.0) / 2, 4.2 / ground.aspect)
    tall = wide * ground.aspect
    figure = new_figure(WIDTH, tall + 1.14)
    gap = (WIDTH - 2 * wide - 0.45) / 2
    colours = (scale("trend", panels[0].values), scale("sm_uncertainty", panels[1].values))
    for k, (da, tint) in enumerate(zip(panels, colours, strict=True)):
        axes = place(figure, 0.45 + k * (wide + gap), 0.86, wide, tall)
        mappable = tint.mappable()
        ground.draw(axes, field=True, labels=(True, k == 0))
        draw_field(axes, ground, da, mappable)
        if k == 0:
            draw_marks(axes, ground, change[mark])
        at = (0.45 + k * (wide + gap) + 0.1 * wide, 0.44, 0.8 * wide, 0.1)
        colour_bar(figure, mappable, axis_label(da), at=at)
    dates = " to ".join(str(change.attrs[k]) for k in ("before", "after") if change.attrs.get(k))
    known = np.isfinite(np.asarray(panels[0]))
    share = (
        100 * float(np.asarray(change[mark].transpose(*panels[0].dims), bool)[known].mean())
        if known.any()
        else float("nan")
    )
    height = figure.get_size_inches()[1]
    words = f"{dates}   dots: significant ({share:.0f} % of the cells)" if known.any() else f"{dates}   no value"
    figure.text(0.45 / WIDTH, (0.86 + tall + 0.07) / height, words.strip(), size=8.0, color=INK, va="bottom")
    return finish(figure, change, title=f"Change {dates}".strip(),
                  description=f"{share:.0f} % of {int(known.sum())} cells changed significantly.")  # fmt: skip
