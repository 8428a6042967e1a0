"""The soil below the surface: correlation and lag by depth, and the soil water index in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..units import format_number
from .boxes import draw_box
from .naming import check_variable
from .series import draw_runs, time_axis
from .style import FAINT, GREY, INK, VERMILION, WIDTH, axis_label, drawn, finish, new_figure, place, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Rows of the figure from the surface down.
BINS = ("0-10 cm", "10-40 cm", "40-100 cm", "> 100 cm")


@drawn
def depth_boxes(stations: xr.Dataset) -> Figure:
    """Draw correlation with the surface and lag of its maximum by depth bin, from the surface down.

    Parameters
    ----------
    stations : Dataset, dim ``row``
        From :func:`vadose.analysis.station_depths`: ``r``, ``lag`` and coordinate ``bin``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.

    Notes
    -----
    Boxes as in :func:`score_boxes`, one point a station. Beside them: stations with a number / stations with a sensor.
    """
    check_variable(stations, "r", "lag", "bin", where="stations")
    tall = 0.42 * len(BINS)
    figure = new_figure(WIDTH, tall + 0.9)
    names = text_width(figure, list(BINS), size=8.5) + 0.2
    count = 0.5
    wide = (WIDTH - names - 2 * count - 0.35) / 2
    words = []
    for panel, name in enumerate(("r", "lag")):
        left = names + panel * (wide + count + 0.25)
        axes = place(figure, left, 0.5, wide, tall)
        axes.set_ylim(len(BINS) - 0.5, -0.5)
        axes.set_yticks(range(len(BINS)), BINS if panel == 0 else [""] * len(BINS))
        axes.tick_params(axis="y", length=0, pad=6)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        for y in np.arange(-0.5, len(BINS)):
            axes.axhline(y, color=FAINT, lw=0.5, zorder=0.1)
        everything = []
        for row, label in enumerate(BINS):
            chosen = np.asarray(stations[name].values[stations["bin"].values == label], dtype="float64")
            sample = np.sort(chosen[np.isfinite(chosen)])
            everything.append(sample)
            draw_box(axes, row, sample, empty="no station")
            axes.text(1.03, row, f"{sample.size} / {chosen.size}", transform=axes.get_yaxis_transform(), va="center",
                      size=8.0, color=INK)  # fmt: skip
            if name == "r" and sample.size:
                words.append(f"{label}: median R {format_number(float(np.median(sample)), 2)}, {sample.size} stations")
        axes.text(1.03, -0.62, "n", transform=axes.get_yaxis_transform(), va="bottom", size=8.0, color=GREY)
        values = np.concatenate([*everything, np.empty(0)])
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
        if name == "r":
            axes.set_xlim(min(low - 0.03, 0.0), 1.0)
            axes.axvline(0, color=GREY, lw=0.9, zorder=0.5)
        else:
            margin = 0.05 * (high - low) or 1.0
            axes.set_xlim(min(low, 0.0) - margin, high + margin)
        axes.set_xlabel(axis_label(stations[name]))
    height = figure.get_size_inches()[1]
    figure.text((names - 0.085) / WIDTH, (0.5 + tall + 0.05) / height, "depth", size=8.0, color=GREY, ha="right")
    return finish(figure, stations, title="Correlation with the surface and lag by depth",
                  description="; ".join(words) + ".")  # fmt: skip


@drawn
def swi_series(series: xr.Dataset, *, place_name: str = "") -> Figure:
    """Draw a surface record, a deeper one and the soil water index made from the surface.

    Parameters
    ----------
    series : Dataset, dim ``time``
        ``surface``, ``deep`` and ``swi`` with units; lines join neighbouring steps only.
    place_name : str, optional
        Station and depth, for the title line.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    check_variable(series, "surface", "deep", "swi", "time", where="series")
    time = series["time"].values
    figure = new_figure(WIDTH, 2.4)
    axes = place(figure, 0.62, 0.36, WIDTH - 0.75, 1.5)
    axes.grid(axis="y")
    handles = []
    known = np.zeros(time.size, bool)
    for name, colour, words in (("surface", "#9ecae1", "surface"), ("deep", INK, "depth"),
                                ("swi", VERMILION, "soil water index of the surface")):  # fmt: skip
        values = np.asarray(series[name], dtype="float64")
        known |= np.isfinite(values)
        handles.append(draw_runs(axes, time, values, colour, str(series[name].attrs.get("label", words))))
    axes.set_ylabel(axis_label(series["deep"], "soil moisture"))
    time_axis(axes, time, known)
    height = figure.get_size_inches()[1]
    figure.text(0.62 / WIDTH, 2.14 / height, place_name, weight="bold", va="bottom")
    figure.legend(handles=handles, loc="lower left", ncols=3, bbox_to_anchor=(0.62 / WIDTH, 1.9 / height),
                  borderaxespad=0, borderpad=0.1, handlelength=1.6, columnspacing=1.6)  # fmt: skip
    return finish(figure, series, title=f"Soil water index: {place_name or 'a station'}",
                  description=f"Surface, deeper record and soil water index; {int(known.sum())} steps.")  # fmt: skip
