"""What each input contributes to each network, as a table of shaded shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .keys import colour_bar
from .naming import check_variable
from .scales import Scale
from .style import FAINT, GREY, WIDTH, drawn, finish, new_figure, place, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def contribution_table(contributions: xr.Dataset) -> Figure:
    """Draw the share of every input in every network; inputs are rows, networks are columns.

    Parameters
    ----------
    contributions : Dataset
        ``contribution`` (network, input) [1], as from ``vadose.fusion.contributions``; NaN for an input that a
        network does not have. The coordinate ``label`` (network) names the columns where it is given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    check_variable(contributions, "contribution", "network", "input", where="contributions")
    share = 100 * contributions["contribution"].transpose("input", "network").values.astype("float64")
    used = np.isfinite(share).any(axis=1)
    share = share[used]
    inputs = [str(i).replace("_", " ") for i in contributions["input"].values[used]]
    which = "label" if "label" in contributions.coords else "network"
    networks = [wrap(str(n), 14) for n in contributions[which].values]
    names = text_width(new_figure(WIDTH, 1.0), inputs, size=8) + 0.16
    row = 0.2
    top = 0.2 + 0.16 * max((n.count("\n") + 1 for n in networks), default=1)
    figure = new_figure(WIDTH, row * max(len(inputs), 1) + top + 0.62)
    width = min(WIDTH - names - 0.1, 0.95 * max(len(networks), 1))
    axes = place(figure, names, 0.56, width, row * max(len(inputs), 1))
    axes.set_facecolor(FAINT)
    high = max(float(np.nanmax(share)) if np.isfinite(share).any() else 1.0, 1.0)
    mappable = Scale("cividis_r", 0.0, high).mappable()
    axes.pcolormesh(np.ma.masked_invalid(share), norm=mappable.norm, cmap=mappable.cmap, edgecolors="white",
                    linewidth=0.6)  # fmt: skip
    axes.set_ylim(len(inputs), 0)
    axes.set_yticks(np.arange(len(inputs)) + 0.5, inputs, size=8)
    axes.set_xticks(np.arange(len(networks)) + 0.5, networks, size=7.5)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    if len(networks) <= 10:
        for (i, j), value in np.ndenumerate(share):
            if np.isfinite(value):
                dark = value > 0.55 * high
                axes.text(j + 0.5, i + 0.5, f"{value:.1f}", ha="center", va="center", size=7,
                          color="white" if dark else "black")  # fmt: skip
    colour_bar(figure, mappable, "Contribution [%]", at=(names + 0.1 * width, 0.38, 0.8 * width, 0.08), size=8)
    figure.text(1.0, 0.02, "grey: not an input", size=7.5, color=GREY, ha="right", va="bottom")
    best = "; ".join(
        f"{n}: {inputs[int(np.nanargmax(c))]} {np.nanmax(c):.0f} %"
        for n, c in zip(contributions[which].values.astype(str), share.T) if np.isfinite(c).any()
    )  # fmt: skip
    return finish(figure, contributions, title="Contributions of inputs", description=f"Largest of each: {best}.")
