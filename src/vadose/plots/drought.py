"""Drought: percentile maps, area below percentiles, and events on a time line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..units import format_number
from .basemap import degrees
from .fields import check_field, draw_field, ground_of
from .keys import colour_bar, empty_note
from .naming import check_variable
from .panels import map_panels
from .scales import class_colours
from .series import time_axis
from .style import GREY, INK, VERMILION, WIDTH, axis_label, drawn, finish, new_figure, place, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Edges of the classes [%]: those of the U.S. Drought Monitor, and their mirror on the wet side.
EDGES = (0.0, 2.0, 5.0, 10.0, 20.0, 30.0, 70.0, 80.0, 90.0, 95.0, 98.0, 100.0)
#: Brown to teal, told apart with every common colour vision, grey in the middle.
COLOURS = ("#3f2003", "#7a4a0c", "#b3782d", "#d9b26f", "#f1dfb5", "#dadada", "#cdeae5", "#93cfc6", "#4fa59b", "#147169",
           "#003c30")  # fmt: skip
#: Most rows of a time line.
MAX_ROWS = 24


@drawn
def drought_map(percentile: xr.DataArray) -> Figure:
    """Draw percentiles of one date in the classes of the U.S. Drought Monitor.

    Parameters
    ----------
    percentile : DataArray, dims ``(lat, lon)``
        [%]; the scalar coordinate ``time``, where present, is printed.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the array is no map.
    """
    check_field(percentile)
    values = np.asarray(percentile, dtype="float64")
    mappable = class_colours(COLOURS, edges=EDGES)
    ground = ground_of(percentile)
    date = str(percentile["time"].values)[:10] if "time" in percentile.coords else ""
    figure, panels = map_panels(ground, [date], footer=0.74, field=True)
    axes = panels[0]
    draw_field(axes, ground, percentile, mappable)
    known = np.isfinite(values)
    if not known.any():
        empty_note(axes, "no percentile on this date")
    bar = colour_bar(figure, mappable, axis_label(percentile), ticks=EDGES, at=(WIDTH * 0.14, 0.42, WIDTH * 0.72, 0.12))
    for k, text in enumerate(("D4", "D3", "D2", "D1", "D0", "normal")):
        bar.ax.text((k + 0.5) / len(COLOURS), 1.25, text, transform=bar.ax.transAxes, size=7, ha="center",
                      va="bottom", color=GREY)  # fmt: skip
    dry = 100 * float((values[known] < 20).mean()) if known.any() else float("nan")
    words = f"{format_number(dry, 0)} % of the cells with a value lie below the 20th percentile."
    return finish(figure, percentile, title=f"Drought percentiles {date}".strip(), description=words)


@drawn
def drought_area_series(area: xr.Dataset) -> Figure:
    """Draw the share of the area below each percentile, one over the other.

    Parameters
    ----------
    area : Dataset, dims ``(threshold, time)``
        From :func:`vadose.analysis.drought_area`; times without a share stay blank.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    check_variable(area, "share", "threshold", "time", where="area")
    time = area["time"].values
    figure = new_figure(WIDTH, 2.4)
    axes = place(figure, 0.62, 0.36, WIDTH - 0.75, 1.6)
    axes.grid(axis="y")
    from matplotlib.patches import Patch

    handles = []
    known = np.zeros(time.size, bool)
    for level in area["threshold"].values:
        share = 100 * np.asarray(area["share"].sel(threshold=level), dtype="float64")
        known |= np.isfinite(share)
        colour = COLOURS[max(int(np.searchsorted(EDGES, level)) - 1, 0)]
        axes.fill_between(time, 0, share, color=colour, lw=0, step="mid", rasterized=time.size > 3000)
        handles.append(Patch(color=colour, label=f"below {level:g} %"))
    axes.set_ylim(0, 100)
    axes.set_ylabel("Share of the area [%]")
    time_axis(axes, time, known)
    figure.legend(handles=handles, loc="lower left", ncols=len(handles), bbox_to_anchor=(0.62 / WIDTH, 2.02 / 2.4),
                  borderaxespad=0, borderpad=0.1, handlelength=1.2, columnspacing=1.4)  # fmt: skip
    worst = np.asarray(area["share"].isel(threshold=0), dtype="float64")
    words = ""
    if np.isfinite(worst).any():
        at = int(np.nanargmax(worst))
        words = (
            f"Largest share below {area['threshold'].values[0]:g} %: {100 * worst[at]:.0f} % on {str(time[at])[:10]}."
        )
    return finish(figure, area, title="Area under drought", description=words)


@drawn
def drought_timeline(events: xr.Dataset, *, rows: str = "cell") -> Figure:
    """Draw events as bars in time, one row a cell or station, darker where deeper.

    Parameters
    ----------
    events : Dataset, dim ``event``
        From :func:`vadose.analysis.drought_events`.
    rows : str
        Coordinate that names the row, such as ``"station"``; ``"cell"`` makes it from ``lat`` and ``lon``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.

    Notes
    -----
    At most 24 rows, those with the largest summed severity. A triangle above a bar marks a flash drought, one at its
    end that the record or a gap hides that end.
    """
    check_variable(events, "onset", "end", "severity", "intensity", "flash", "onset_seen", "end_seen", where="events")
    names = _row_names(events, rows)
    severity = np.asarray(events["severity"].values, dtype="float64")
    labels = list(dict.fromkeys(names.tolist()))
    total = {label: severity[names == label].sum() for label in labels}
    shown = sorted(labels, key=lambda label: -total[label])[:MAX_ROWS]
    shown = [label for label in labels if label in shown]
    count = max(len(shown), 1)
    tall = 0.19 * count
    figure = new_figure(WIDTH, tall + 1.15)
    left = text_width(figure, [wrap(s, 26) for s in shown], size=7.5) + 0.16
    axes = place(figure, left, 0.78, WIDTH - left - 0.12, tall)
    axes.set_ylim(count - 0.4, -0.6)
    axes.set_yticks(range(len(shown)), [wrap(s, 26) for s in shown], size=7.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    import matplotlib
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.dates import date2num

    depth = np.asarray(events["intensity"].values, dtype="float64")
    norm = Normalize(0, max(float(events.attrs.get("threshold", depth.max(initial=1.0))), 1e-9))
    cmap = matplotlib.colormaps["YlOrBr"]
    start, stop = (events[k].values.astype("datetime64[s]") for k in ("onset", "end"))
    half = np.timedelta64(12, "h")
    seen = [np.asarray(events[k].values, dtype=bool) for k in ("onset_seen", "end_seen")]
    for row, label in enumerate(shown):
        for i in np.flatnonzero(names == label):
            a, b = date2num(start[i] - half), date2num(stop[i] + half)
            axes.barh(row, b - a, 0.62, a, color=cmap(0.15 + 0.85 * float(norm(depth[i]))), lw=0)
            for x, known, mark in ((a, seen[0][i], "<"), (b, seen[1][i], ">")):
                if not known:
                    axes.plot(x, row, mark, ms=3.2, color=INK, mew=0, zorder=4)
    flash = np.flatnonzero((events["flash"].values == 1) & np.isin(names, shown))
    where = [shown.index(names[i]) - 0.36 for i in flash]
    axes.plot(date2num(start[flash]), where, "v", ms=3.4, color=VERMILION, mew=0, zorder=4)
    axes.xaxis_date()
    edge = np.sort(np.r_[start, stop])
    time_axis(axes, edge, np.ones(edge.size, bool))
    if not edge.size:
        empty_note(axes, "no event")
    colour_bar(figure, ScalarMappable(norm, cmap), axis_label(events["intensity"]), at=(left, 0.36, 2.4, 0.1))
    figure.text((left + 2.7) / WIDTH, 0.36 / figure.get_size_inches()[1], "▼ flash drought    ◂ ▸ begins or ends where "
                "nothing is known", size=7.5, color=GREY, va="bottom")  # fmt: skip
    more = "" if len(labels) <= len(shown) else f" of {len(labels)}, those with most severity"
    words = f"{events.sizes['event']} events; rows: {len(shown)}{more}; {flash.size} flash droughts."
    return finish(figure, events, title="Drought events", description=words)


def _row_names(events: xr.Dataset, rows: str) -> np.ndarray:
    if rows != "cell":
        check_variable(events, rows, where="events")
        return events[rows].values.astype(str)
    check_variable(events, "lat", "lon", where="events")
    return np.array([f"{degrees(round(a, 3), 'NS')}, {degrees(round(b, 3), 'EW')}" for a, b in
                     zip(events["lat"].values, events["lon"].values, strict=True)], dtype=str)  # fmt: skip
