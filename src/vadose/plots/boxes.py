"""Box plots of a metric over cells, one per product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..units import format_number
from .keys import empty_note
from .naming import check_variable, groups
from .rows import fit_axis, row_chart
from .style import BLUE, GREY, INK, SKY, axis_label, drawn, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Fewer cells than this are shown one by one, without a box.
MIN_BOX = 5


@drawn
def score_boxes(scores: xr.Dataset, metric: str) -> Figure:
    """Draw the distribution of a metric over cells, one box per product, with median, IQR and n beside it.

    Parameters
    ----------
    scores : Dataset, dim ``cell``
        With coordinate ``product`` per cell and the metric with ``units`` and ``long_name``.
    metric : str
        Variable to draw; NaN cells are left out and counted.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the metric or the coordinate ``product`` is missing.

    Notes
    -----
    Box: first to third quartile (linear between order statistics), bar: median, whiskers: the farthest value within
    1.5 IQR of the box, hollow points beyond. Choice: fewer than 5 cells make no box but points, and up to 30 cells
    the points are shown on the box as well. ``n`` reads "cells with a value / cells".
    """
    check_variable(scores, metric)
    names, values, totals = [], [], []
    for name, index in groups(scores).items():
        sample = np.asarray(scores[metric].isel(cell=index), dtype="float64")
        names.append(name)
        totals.append(sample.size)
        values.append(np.sort(sample[np.isfinite(sample)]))
    columns: dict[str, list[str]] = {"median": [], "IQR": [], "n": []}
    for sample, total in zip(values, totals):
        low, middle, high = np.quantile(sample, (0.25, 0.5, 0.75)) if sample.size else (np.nan,) * 3
        columns["median"].append(format_number(float(middle), 3))
        columns["IQR"].append(format_number(float(high - low) if sample.size > 1 else np.nan, 3))
        columns["n"].append(f"{sample.size} / {total}")
    label = axis_label(scores[metric])
    chart = row_chart(names, columns, xlabel=label, heading="product")
    for row, sample in enumerate(values):
        draw_box(chart.axes, row, sample)
    everything = np.concatenate([*values, np.empty(0)])
    fit_axis(chart.axes, metric, everything)
    drawn_products = sum(1 for sample in values if sample.size)
    return finish(
        chart.figure, scores,
        title=f"{label}: distribution over cells",
        description=f"Box plots of {drawn_products} of {len(names)} products with a value. "
        + "; ".join(f"{n}: median {m}, n {k}" for n, m, k in zip(names, columns["median"], columns["n"])),
    )  # fmt: skip


def draw_box(axes: Axes, row: int, sample: np.ndarray, *, empty: str = "no cell with a value") -> None:
    """Draw the box of an ascending sample in a row, or words where it is empty."""
    if not sample.size:
        empty_note(axes, empty, row=row)
        return
    low, middle, high = np.quantile(sample, (0.25, 0.5, 0.75))
    if sample.size >= MIN_BOX:
        reach = 1.5 * (high - low)
        inside = sample[(sample >= low - reach) & (sample <= high + reach)]
        outside = sample[(sample < low - reach) | (sample > high + reach)]
        axes.plot([inside[0], low], [row, row], color=GREY, lw=0.9)
        axes.plot([high, inside[-1]], [row, row], color=GREY, lw=0.9)
        axes.barh(row, high - low, 0.52, low, facecolor=SKY, alpha=0.55, edgecolor=BLUE, lw=0.7)
        axes.plot(outside, np.full(outside.size, row), "o", ms=2.6, mfc="none", mec=GREY, mew=0.6,
                  rasterized=outside.size > 300)  # fmt: skip
        sample = inside
    if sample.size > 1:
        axes.plot([middle, middle], [row - 0.26, row + 0.26], color=INK, lw=1.6, zorder=3)
    if sample.size <= 30:
        # spread points in a fixed pattern, so that equal input gives an equal figure
        offset = (np.arange(sample.size) * 0.618034 % 1 - 0.5) * 0.3 * (sample.size > 1)
        axes.plot(sample, row + offset, "o", ms=2.6, color=BLUE, alpha=0.8, mew=0, zorder=4)
