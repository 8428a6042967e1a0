"""A product against the stations of its cell, in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number
from .basemap import degrees
from .keys import empty_note
from .naming import check_variable
from .style import INK, VERMILION, WIDTH, axis_label, drawn, finish, new_figure, place, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

#: A gap is longer than this many steps of the time axis.
GAP = 1.5


@drawn
def time_series(pairs: xr.Dataset, cell: int = 0, *, product: str = "") -> Figure:
    """Draw estimate and reference of one cell; a line joins neighbouring steps only, never a gap.

    Parameters
    ----------
    pairs : Dataset, dims ``(cell, time)``
        ``estimate`` and ``reference`` with units; coordinates ``cell_lat``, ``cell_lon``, ``stations``.
    cell : int, optional
        Position of the cell.
    product : str, optional
        Name of the estimate; by default the attribute ``product`` of the pairs.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing or there is no such cell.

    Notes
    -----
    Where estimate and reference have different units, each has its own axis, the estimate at the right.
    """
    check_variable(pairs, "estimate", "reference", "time", where="pairs")
    if not 0 <= cell < pairs.sizes["cell"]:
        raise SchemaError("cell", found=str(cell), needed=f"0 to {pairs.sizes['cell'] - 1}")
    product = product or str(pairs.attrs.get("product", "estimate"))
    one = pairs.isel(cell=cell)
    time = one["time"].values
    reference, estimate = (np.asarray(one[k], dtype="float64") for k in ("reference", "estimate"))
    figure = new_figure(WIDTH, 2.3)
    axes = place(figure, 0.62, 0.36, WIDTH - 1.26, 1.44)
    axes.grid(axis="y")
    same = pairs["estimate"].attrs.get("units") == pairs["reference"].attrs.get("units")
    right = axes if same else axes.twinx()
    stations = str(one["stations"].item()) if "stations" in one.variables else ""
    handles = [
        draw_runs(axes, time, reference, INK, "reference: " + (wrap(stations, 60).partition("\n")[0] or "stations")),
        draw_runs(right, time, estimate, VERMILION, f"estimate: {wrap(product, 50).partition(chr(10))[0]}"),
    ]
    quantity = str(pairs["reference"].attrs.get("long_name", "soil moisture"))
    axes.set_ylabel(wrap(axis_label(pairs["reference"], quantity), 26))
    if not same:
        right.set_ylabel(wrap(axis_label(pairs["estimate"]), 26), color=VERMILION)
        right.spines["right"].set_visible(True)
    time_axis(axes, time, np.isfinite(reference) | np.isfinite(estimate))
    both = int((np.isfinite(reference) & np.isfinite(estimate)).sum())
    place_words = ""
    if "cell_lat" in one.variables and "cell_lon" in one.variables:
        place_words = f"cell {degrees(float(one['cell_lat']), 'NS')}, {degrees(float(one['cell_lon']), 'EW')}, "
    height = figure.get_size_inches()[1]
    figure.text(0.62 / WIDTH, 2.06 / height, f"{place_words}{format_number(both)} pairs", weight="bold", va="bottom")
    figure.legend(handles=handles, loc="lower left", ncols=2, bbox_to_anchor=(0.62 / WIDTH, 1.83 / height),
                  borderaxespad=0, borderpad=0.1, handlelength=1.6, columnspacing=1.6)  # fmt: skip
    return finish(
        figure, pairs, title=f"Time series: {product}",
        description=f"{place_words}{both} pairs; stations: {stations or 'not named'}. "
        f"{axis_label(pairs['reference'], quantity)}.",
    )  # fmt: skip


def break_gaps(time: np.ndarray, values: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Runs of present values without a gap between neighbours.

    Parameters
    ----------
    time : ndarray of datetime64, shape (n,)
        Ascending; steps may be missing.
    values : ndarray, shape (n,)
        NaN is missing.

    Returns
    -------
    list of (times, values)
        A gap is a missing value, or a step longer than 1.5 times the median step of ``time``.

    Examples
    --------
    >>> time = np.array(["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-09"], dtype="datetime64[D]")
    >>> [v.tolist() for _, v in break_gaps(time, np.array([0.1, 0.2, 0.3, 0.4]))]
    [[0.1, 0.2, 0.3], [0.4]]
    >>> [v.tolist() for _, v in break_gaps(time, np.array([0.1, np.nan, 0.3, 0.4]))]
    [[0.1], [0.3], [0.4]]
    """
    if time.size == 0:
        return []
    steps = np.diff(time).astype("timedelta64[ns]").astype("float64")
    jump = np.r_[False, steps > GAP * np.median(steps)] if steps.size else np.zeros(time.size, dtype=bool)
    known = np.isfinite(values)
    block = np.cumsum(jump | ~known)
    runs = []
    for number in np.unique(block[known]):
        chosen = known & (block == number)
        runs.append((time[chosen], values[chosen]))
    return runs


def draw_runs(axes: Axes, time: np.ndarray, values: np.ndarray, colour: str, label: str) -> Line2D:
    """Draw runs as lines and single values as dots; returns the legend's handle."""
    runs = break_gaps(time, values)
    long = [run for run in runs if run[0].size > 1]
    if long:
        empty = np.array([np.datetime64("NaT")], dtype=long[0][0].dtype)
        x = np.concatenate([part for run in long for part in (run[0], empty)])
        y = np.concatenate([part for run in long for part in (run[1], [np.nan])])
        axes.plot(x, y, color=colour, lw=0.9, rasterized=x.size > 4000)
    alone = [run for run in runs if run[0].size == 1]
    if alone:
        x, y = (np.concatenate([run[i] for run in alone]) for i in (0, 1))
        axes.plot(x, y, "o", ms=2.2, color=colour, mew=0, rasterized=x.size > 1000)
    (handle,) = axes.plot([], [], color=colour, lw=1.2, marker="o", ms=2.5, label=label)
    return handle


def time_axis(axes: Axes, time: np.ndarray, shown: np.ndarray) -> None:
    """Fit the horizontal axis to the times that are shown, with dates as short as can be."""
    inside = time[shown] if shown.any() else time
    if inside.size:
        first, last = inside[0].astype("datetime64[s]"), inside[-1].astype("datetime64[s]")
        margin = max((last - first) // 80, np.timedelta64(12, "h"))
        axes.set_xlim(first - margin, last + margin)
        date_axis(axes)
    if not shown.any():
        empty_note(axes, "no value in this cell")


def date_axis(axes: Axes) -> None:
    """Write dates below the horizontal axis, as short as can be."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
