"""Contributions of two periods compared, and contributions relative to storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number
from .component_maps import LAYER_COLOURS
from .naming import check_variable
from .rows import ROW, row_chart
from .style import BLUE, GREY, VERMILION, WIDTH, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KIND_COLOURS = {"iav": BLUE, "trend": VERMILION}
_MARKERS = "osD^vP*X"


@drawn
def difference_bars(difference: xr.Dataset) -> Figure:
    """Draw how much the contribution of each season, layer and kind differs between two periods, with intervals.

    Parameters
    ----------
    difference : Dataset
        From ``vadose.analysis.period_difference``: ``contribution_difference``, ``contribution_lower`` and
        ``contribution_upper`` (season, layer, kind) [1]; the attribute ``level`` names the interval.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.

    Notes
    -----
    Percentage points. Filled bars have an interval without 0, pale ones do not.
    """
    names = [f"contribution_{k}" for k in ("difference", "lower", "upper")]
    check_variable(difference, *names, where="difference")
    middle, low, high = (100 * np.asarray(difference[n].transpose("layer", "season", "kind"), float) for n in names)
    layers, seasons, kinds = ([str(v) for v in difference[d].values] for d in ("layer", "season", "kind"))
    rows = [f"{layer}, {season}" for layer in layers for season in seasons]
    middle, low, high = (v.reshape(len(rows), len(kinds)) for v in (middle, low, high))
    texts = {k.replace("iav", "IAV"): [format_number(v, 2) for v in middle[:, i].tolist()] for i, k in enumerate(kinds)}
    chart = row_chart(rows, texts, xlabel="Difference of the mean contribution [percentage points]",
                      heading="layer, season", footer=0.24)  # fmt: skip
    axes = chart.axes
    height = 0.34
    for i, kind in enumerate(kinds):
        colour = KIND_COLOURS.get(kind, GREY)
        for r in range(len(rows)):
            y = r + (i - (len(kinds) - 1) / 2) * (height + 0.04)
            sure = low[r, i] > 0 or high[r, i] < 0
            axes.barh(y, middle[r, i], height, color=colour, alpha=1.0 if sure else 0.35, lw=0, zorder=2)
            if np.isfinite([low[r, i], high[r, i]]).all():
                axes.plot([low[r, i], high[r, i]], [y, y], color="#1a1a1a", lw=0.9, zorder=3)
        axes.barh([np.nan], [np.nan], color=colour, label=kind.replace("iav", "IAV"))
    axes.axvline(0, color=GREY, lw=0.9, zorder=1)
    level = difference.attrs.get("level")
    axes.plot([], [], color="#1a1a1a", lw=0.9, label=f"{100 * float(level):g} % interval" if level else "interval")
    chart.figure.legend(loc="lower center", ncols=len(kinds) + 1, bbox_to_anchor=(0.5, 0.0), borderaxespad=0.1)
    count = int(((low > 0) | (high < 0)).sum())
    return finish(chart.figure, difference, title="Difference of the mean contributions between two periods",
                  description=f"{count} of {middle.size} differences have an interval without 0.")  # fmt: skip


@drawn
def omega_chart(omega: xr.DataArray) -> Figure:
    """Draw the contribution of each season and layer relative to its share of the storage.

    Parameters
    ----------
    omega : DataArray, dims ``(season, layer)`` or ``(period, season, layer)``
        ω [1]: above 1, a layer varies more than its water.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the array has other dimensions.
    """
    if set(omega.dims) - {"period"} != {"season", "layer"}:
        raise SchemaError(str(omega.name or "omega"), found=f"dims {tuple(map(str, omega.dims))}",
                          needed="season, layer, and period if there are several")  # fmt: skip
    if "period" not in omega.dims:
        omega = omega.expand_dims(period=[""])
    omega = omega.transpose("period", "layer", "season")
    values = np.asarray(omega, dtype="float64")
    layers, seasons = ([str(v) for v in omega[d].values] for d in ("layer", "season"))
    finite = values[np.isfinite(values)]
    top = 1.08 * max(float(finite.max()), 1.0) if finite.size else 1.0
    bottom = min(0.0, 1.08 * float(finite.min())) if finite.size else 0.0
    count = len(values)
    gap, left = 0.3, 0.5
    wide = (WIDTH - left - gap * (count - 1)) / count
    figure = new_figure(WIDTH, 2.2 + 4 * ROW)
    for p in range(count):
        axes = place(figure, left + p * (wide + gap), 0.92, wide, 2.05)
        axes.axhline(1, color=GREY, lw=0.9)
        for k in range(len(layers)):
            axes.plot(
                range(len(seasons)),
                values[p, k],
                color=LAYER_COLOURS[k % len(LAYER_COLOURS)],
                lw=1.4,
                marker=_MARKERS[k % len(_MARKERS)],
                ms=5,
                mec="white",
                mew=0.6,
                label=layers[k] if p == 0 else None,
            )
        axes.set(xlim=(-0.3, len(seasons) - 0.7), ylim=(bottom, top), xlabel="Season, wettest to driest")
        axes.set_xticks(range(len(seasons)), seasons)
        axes.grid(axis="y")
        axes.set_title(str(omega["period"].values[p]))
        if p == 0:
            axes.set_ylabel("ω: contribution per share of storage [–]")
        else:
            axes.tick_params(labelleft=False)
    figure.legend(loc="lower center", ncols=len(layers), bbox_to_anchor=(0.5, 0.0), borderaxespad=0.1)
    last = "; ".join(f"{n}: {', '.join(format_number(float(v), 2) for v in row)}" for n, row in zip(layers, values[-1]))
    return finish(figure, omega, title="Contribution per share of storage by season and layer", description=last)
