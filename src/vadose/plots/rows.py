"""A chart of rows: a name at the left, a drawing in the middle, figures in columns at the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .scales import family
from .style import FAINT, GREY, INK, WIDTH, new_figure, place, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, GAP, HEADER, FOOTER = 0.28, 0.16, 0.3, 0.5


@dataclass(frozen=True)
class RowChart:
    """A figure whose axes has one row per name, the first at the top, at ``y = 0, 1, ...``."""

    figure: Figure
    axes: Axes


def row_chart(
    names: Sequence[str], columns: Mapping[str, Sequence[str]], *, xlabel: str, heading: str = "", footer: float = 0.0
) -> RowChart:
    """Lay out a chart of rows; widths follow the texts, so nothing overlaps.

    Parameters
    ----------
    names : sequence of str
        One per row; long ones are broken.
    columns : mapping of str to sequence of str
        Heading -> one text per row, written right-aligned beside the drawing.
    xlabel : str
        Quantity and unit of the horizontal axis.
    heading : str, optional
        What a row is, above the names.
    footer : float, optional
        Room [inch] below the axis label, for a legend.
    """
    labels = [wrap(name, 30) for name in names]
    figure = new_figure(WIDTH, HEADER + ROW * max(len(labels), 1) + FOOTER + footer)
    names_width = text_width(figure, [*labels, heading], size=8.5) + 0.12
    widths = [text_width(figure, [head, *texts], size=8.0) for head, texts in columns.items()]
    right = sum(widths) + GAP * len(widths)
    axes = place(figure, names_width, FOOTER + footer, WIDTH - names_width - right - 0.04, ROW * max(len(labels), 1))
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(labels)), labels, size=8.5)
    axes.tick_params(axis="y", length=0, pad=6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_xlabel(xlabel)
    for y in np.arange(-0.5, len(labels)):
        axes.axhline(y, color=FAINT, lw=0.5, zorder=0.1)
    figure_height = figure.get_size_inches()[1]
    top = 1 - (HEADER - 0.08) / figure_height
    figure.text((names_width - 0.085) / WIDTH, top, heading, size=8.0, color=GREY, ha="right", va="bottom")
    edge = WIDTH - right
    for width, (head, texts) in zip(widths, columns.items()):
        edge += width + GAP
        figure.text(edge / WIDTH, top, head, size=8.0, color=GREY, ha="right", va="bottom")
        for row, text in enumerate(texts):
            height = FOOTER + footer + ROW * (len(labels) - row - 0.5)
            figure.text(edge / WIDTH, height / figure_height, text, size=8.0, color=INK, ha="right", va="center")
    return RowChart(figure, axes)


def fit_axis(axes: Axes, metric: str, values: np.ndarray) -> None:
    """Choose the horizontal limits for the values of a metric, and mark zero where the sign has a meaning."""
    kind = family(metric)
    values = values[np.isfinite(values)]
    if kind in ("correlation", "difference", "efficiency"):
        axes.axvline(0, color=GREY, lw=0.9, zorder=0.5)
    if not values.size:
        axes.set_xlim(0, 1)
        return
    low, high = float(values.min()), float(values.max())
    if kind == "correlation":
        low, high = min(low, 0.0), 1.0
    elif kind == "error":
        low = min(low, 0.0)
    elif kind == "difference":
        low, high = min(low, 0.0), max(high, 0.0)
    margin = 0.04 * (high - low) or 0.1
    starts_at_zero = low == 0 and kind in ("correlation", "error")
    axes.set_xlim(low - (0 if starts_at_zero else margin), high + margin)
