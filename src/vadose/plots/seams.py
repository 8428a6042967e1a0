"""Steps between neighbouring pixels by their distance from a zone edge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .naming import check_variable
from .style import GREY, INK, PALETTE, WIDTH, axis_label, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def seam_profile(seams: Mapping[str, xr.Dataset]) -> Figure:
    """Draw the mean absolute step between neighbours against the distance of the pair from a zone edge.

    Parameters
    ----------
    seams : mapping of str to Dataset
        Record -> ``step`` (distance) and scalars ``across``, ``inside``, ``ratio``, as from ``vadose.fusion.seams``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If there is no record or a variable is missing.
    """
    from matplotlib.ticker import MaxNLocator

    if not seams:
        raise SchemaError("seams", found="no record", needed="at least one")
    figure = new_figure(WIDTH, 2.5)
    axes = place(figure, 0.72, 0.44, WIDTH - 3.0, 1.9)
    axes.grid(axis="y")
    words = []
    for i, (name, ds) in enumerate(seams.items()):
        check_variable(ds, "step", "distance", "across", "inside", "ratio", where=f"seams[{name!r}]")
        colour = INK if i == 0 else PALETTE[(i - 1) % len(PALETTE)]
        axes.plot(ds["distance"], ds["step"], "os^vDP"[i % 6] + "-", ms=4, color=colour, label=name)
        ratio = float(ds["ratio"])
        words.append(f"{name}: across / inside {ratio:.3f}" if np.isfinite(ratio) else f"{name}: no edge inside")
    axes.set_xlabel("Distance of the pair from a zone edge [pixels]; 0: across the edge")
    axes.set_ylabel(axis_label(next(iter(seams.values()))["step"], "Mean step"))
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.text((WIDTH - 2.1) / WIDTH, 0.92, "across / inside", size=8, color=GREY, va="top")
    handles, labels = axes.get_legend_handles_labels()
    named = [f"{label} {float(ds['ratio']):.3f}" if np.isfinite(float(ds["ratio"])) else f"{label} –"
             for label, ds in zip(labels, seams.values())]  # fmt: skip
    figure.legend(handles, named, loc="upper left", bbox_to_anchor=((WIDTH - 2.2) / WIDTH, 0.87), borderaxespad=0.1)
    return finish(figure, *seams.values(), title="Seams between zones", description="; ".join(words) + ".")
