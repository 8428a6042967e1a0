"""All contributions of a period in one disc: seasons around, layers and kinds outwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number
from .keys import BAR, colour_bar
from .scales import Scale, round_up
from .style import INK, PURPLE, WIDTH, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Radius of the hole, over the radius of the disc.
HOLE = 0.26
NAMES = {"iav": "IAV", "trend": "trend"}


@drawn
def component_rings(share: xr.DataArray) -> Figure:
    """Draw the mean contribution of each season, layer and kind as a sector of a disc, one disc per period.

    Parameters
    ----------
    share : DataArray, dims ``(season, layer, kind)`` or ``(period, season, layer, kind)``
        Contributions [1], printed in per cent.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the array has other dimensions.

    Notes
    -----
    Choice: sectors are equally wide and their colour and number tell the contribution, because contributions may be
    negative, which the angle of a pie cannot show. The outer rings are the variability, the inner ones the trend; in
    both the top layer is outermost.
    """
    from matplotlib.patches import Wedge

    if set(share.dims) - {"period"} != {"season", "layer", "kind"}:
        raise SchemaError(str(share.name or "contribution"), found=f"dims {tuple(map(str, share.dims))}",
                          needed="season, layer, kind, and period if there are several")  # fmt: skip
    if "period" not in share.dims:
        share = share.expand_dims(period=[""])
    share = share.transpose("period", "season", "layer", "kind")
    percent = 100 * np.asarray(share, dtype="float64")
    seasons, layers, kinds = ([str(v) for v in share[d].values] for d in ("season", "layer", "kind"))
    finite = percent[np.isfinite(percent)]
    top = round_up(float(finite.max())) if finite.size else 1.0
    below = bool((finite < 0).any())
    mappable = Scale("cividis_r", 0.0, top, "min" if below else "neither", PURPLE if below else "").mappable()
    count = len(percent)
    wide = min(WIDTH / count, 4.9)
    disc = wide - 0.5
    figure = new_figure(WIDTH, disc + 1.32)
    order = sorted(range(len(kinds)), key=lambda k: kinds[k] != "iav")  # from the outside
    rings = [(k, d) for k in order for d in range(len(layers))]
    step = (1 - HOLE) / (len(rings) + 0.5 * (len(order) - 1))
    for p in range(count):
        left = (WIDTH - wide * count) / 2 + wide * p + 0.25
        axes = place(figure, left, 0.86, disc, disc)
        axes.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), aspect="equal")
        axes.axis("off")
        title = str(share["period"].values[p])
        axes.text(0, 0, title, ha="center", va="center", size=7.5, weight="bold")
        outer = 1.0
        for n, (kind, layer) in enumerate(rings):
            if n and kind != rings[n - 1][0]:
                outer -= step / 2
            for s in range(len(seasons)):
                start, stop = 90 - 360 * (s + 1) / len(seasons), 90 - 360 * s / len(seasons)
                value = percent[p, s, layer, kind]
                face = mappable.to_rgba(value) if np.isfinite(value) else (1, 1, 1, 1)
                axes.add_patch(Wedge((0, 0), outer, start, stop, width=step, facecolor=face, edgecolor="white", lw=0.7))
                angle, radius = np.radians((start + stop) / 2), outer - step / 2
                dark = np.dot(face[:3], (0.299, 0.587, 0.114)) < 0.5
                axes.text(
                    radius * np.cos(angle),
                    radius * np.sin(angle),
                    format_number(float(value), 1),
                    ha="center",
                    va="center",
                    size=min(6.8, 52 * step * disc / 2),
                    color="white" if dark else INK,
                )
            outer -= step
        for s, season in enumerate(seasons):
            angle = np.radians(90 - 360 * (s + 0.5) / len(seasons))
            x, y = 1.04 * np.cos(angle), 1.04 * np.sin(angle)
            axes.text(x, y, season, ha="left" if x > 0 else "right", va="bottom" if y > 0 else "top", size=8,
                      weight="bold")  # fmt: skip
    colour_bar(figure, mappable, "Mean contribution to the variance of annual soil water [%]",
               at=(BAR[0], 0.62, *BAR[2:]))  # fmt: skip
    text = "; ".join(f"{NAMES.get(kinds[k], kinds[k])}: {', '.join(layers)}" for k in order)
    figure.text(0.5, 0.02, f"Rings from the outside in: {text}", ha="center", va="bottom", size=7.5)
    best = np.unravel_index(np.nanargmax(percent[-1]), percent[-1].shape) if finite.size else None
    words = "" if best is None else (f"Largest of the last period: {seasons[best[0]]}, {layers[best[1]]}, "
                                     f"{kinds[best[2]]} {percent[-1][best]:.1f} %.")  # fmt: skip
    return finish(figure, share, title="Contributions of seasons, layers and kinds",
                  description=f"{percent[0].size} sectors in {count} disc(s). {words}")  # fmt: skip
