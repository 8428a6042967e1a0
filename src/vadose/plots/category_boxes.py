"""Box plots of a metric over cells, by category of the cells and product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .boxes import MIN_BOX
from .naming import check_variable
from .scales import family
from .style import FAINT, GREY, INK, PALETTE, WIDTH, axis_label, drawn, finish, new_figure, place, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@drawn
def category_boxes(
    scores: xr.Dataset, metric: str, *, by: str, order: Sequence[str] = (), best: xr.Dataset | None = None
) -> Figure:
    """Draw the distribution of a metric over the cells of each category, a box per product.

    Parameters
    ----------
    scores : Dataset
        The metric with dims ``(product, cell)`` and the coordinate ``by`` per cell; the label "" is no category.
    metric : str
        Variable to draw.
    by : str
        Coordinate, such as ``"land_cover"``.
    order : sequence of str, optional
        Categories from left to right; by default in the order of the alphabet.
    best : Dataset, optional
        From :func:`vadose.validation.lookup` by this coordinate alone: a star marks the product with the best median,
        filled where it is significantly better than every other.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the metric, its dims or the coordinate are not as needed.

    Notes
    -----
    Box: quartiles, bar: median, whiskers: the farthest value within 1.5 IQR. Choice: fewer than 5 cells make no box
    but points; the number of cells stands below each box.
    """
    check_variable(scores, metric, "product", by)
    if set(scores[metric].dims) != {"product", "cell"}:
        raise SchemaError(metric, found=f"dims {scores[metric].dims}", needed="(product, cell)")
    values = np.asarray(scores[metric].transpose("product", "cell"), dtype="float64")
    labels = np.asarray(scores[by].values).astype(str)
    names = scores["product"].values.astype(str).tolist()
    present = set(labels) - {""}
    categories = [c for c in order if c in present] or sorted(present)
    rows = -(-(len(names) + (best is not None)) // 6)
    below = 0.5 + 0.2 * rows
    figure = new_figure(WIDTH, 2.2 + below + 0.22)
    axes = place(figure, 0.62, below, WIDTH - 0.7, 2.2)
    axes.grid(axis="y")
    width = 0.84 / max(len(names), 1)
    finite = values[np.isfinite(values)]
    low, high = _limits(metric, finite)
    for k, category in enumerate(categories):
        if k % 2:
            axes.axvspan(k - 0.5, k + 0.5, color=FAINT, alpha=0.35, lw=0, zorder=0)
        for i in range(len(names)):
            sample = values[i, labels == category]
            sample = np.sort(sample[np.isfinite(sample)])
            at = k - 0.42 + (i + 0.5) * width
            _box(axes, at, sample, 0.8 * width, PALETTE[i % len(PALETTE)])
            axes.text(at, low + 0.012 * (high - low), str(sample.size), size=5.8, color=GREY, ha="center", va="bottom")
        top = _winner(best, by, category)
        if top is not None and top[0] in names:
            at = k - 0.42 + (names.index(top[0]) + 0.5) * width
            axes.plot(at, high - 0.035 * (high - low), "*", ms=7, color=INK, mfc=INK if top[1] else "none", mew=0.6)
    axes.set(xlim=(-0.5, max(len(categories), 1) - 0.5), ylim=(low, high))
    axes.set_xticks(range(len(categories)), [wrap(c, 18) for c in categories])
    axes.tick_params(axis="x", length=0)
    label = axis_label(scores[metric])
    axes.set_ylabel(wrap(label, 34))
    if family(metric) in ("correlation", "difference", "efficiency"):
        axes.axhline(0, color=GREY, lw=0.8, zorder=0.5)
    _legend(figure, names, best is not None)
    middles = [f"{c}: " + ", ".join(_median(n, values[i, labels == c]) for i, n in enumerate(names))
               for c in categories]  # fmt: skip
    return finish(figure, scores, title=f"{label} by {by.replace('_', ' ')}", description="; ".join(middles))


def _median(name: str, sample: np.ndarray) -> str:
    sample = sample[np.isfinite(sample)]
    return f"{name} {np.median(sample):.3f}" if sample.size else f"{name} none"


def _limits(metric: str, values: np.ndarray) -> tuple[float, float]:
    """Limits with room for the numbers of cells below and the stars above."""
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if family(metric) == "error":
        low = 0.0
    span = (high - low) or 0.1
    return low - 0.1 * span, high + 0.1 * span


def _winner(best: xr.Dataset | None, by: str, category: str) -> tuple[str, bool] | None:
    if best is None:
        return None
    at = np.flatnonzero(best[by].values.astype(str) == category)
    if not at.size or not str(best["best"].values[at[0]]):
        return None
    return str(best["best"].values[at[0]]), bool(best["significant"].values[at[0]])


def _box(axes: Axes, at: float, sample: np.ndarray, width: float, colour: str) -> None:
    if sample.size < MIN_BOX:
        axes.plot(np.full(sample.size, at), sample, "o", ms=2.4, color=colour)
        return
    low, middle, high = np.quantile(sample, (0.25, 0.5, 0.75))
    reach = 1.5 * (high - low)
    inside = sample[(sample >= low - reach) & (sample <= high + reach)]
    outside = sample[(sample < low - reach) | (sample > high + reach)]
    axes.plot([at, at], [inside[0], low], color=GREY, lw=0.8)
    axes.plot([at, at], [high, inside[-1]], color=GREY, lw=0.8)
    axes.bar(at, high - low, width, low, color=colour, alpha=0.55, edgecolor=colour, lw=0.7)
    axes.plot([at - width / 2, at + width / 2], [middle, middle], color=INK, lw=1.2, solid_capstyle="butt")
    axes.plot(np.full(outside.size, at), outside, "o", ms=1.8, mfc="none", mec=colour, mew=0.5)


def _legend(figure: Figure, names: Sequence[str], stars: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list = [Patch(facecolor=PALETTE[i % len(PALETTE)], alpha=0.7, label=n) for i, n in enumerate(names)]
    if stars:
        handles.append(Line2D([], [], marker="*", ls="none", color=INK, ms=7, label="best, p < 0.05"))
    figure.legend(handles=handles, loc="lower center", ncols=min(6, max(len(handles), 1)),
                  bbox_to_anchor=(0.5, 0.0), borderaxespad=0.1, handlelength=1.2, columnspacing=1.6)  # fmt: skip
