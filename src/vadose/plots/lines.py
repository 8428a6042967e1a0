"""Metrics of several products along an axis: the season, the years, a threshold, the wetness of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .naming import check_variable
from .scales import family
from .style import FAINT, GREY, PALETTE, WIDTH, axis_label, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Markers that tell products apart without colour.
MARKERS = "osD^vP*X"

#: Height of a panel and room below all of them for a row of the legend [inch].
PANEL, LEGEND = 1.45, 0.2


@drawn
def product_lines(table: xr.Dataset, metrics: Sequence[str], *, along: str) -> Figure:
    """Draw metrics of all products along an axis, one panel per metric, with intervals where there are any.

    Parameters
    ----------
    table : Dataset, dims ``(product, along)``
        The metrics with ``units`` and ``long_name``, and ``<metric>_lower``, ``<metric>_upper`` where known.
    metrics : sequence of str
        Panels from top to bottom.
    along : str
        Dimension with a numeric coordinate, such as ``"dekad"``, ``"year"`` or ``"threshold"``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a metric or the coordinate is missing, or there is no metric.
    """
    check_variable(table, "product", along, *metrics, where="table")
    if not metrics:
        raise SchemaError("metrics", found="none", needed="at least one")
    names = table["product"].values.astype(str).tolist()
    rows = -(-len(names) // 5)
    below = 0.42 + LEGEND * rows
    figure = new_figure(WIDTH, below + 0.08 + len(metrics) * (PANEL + 0.12))
    for number, metric in enumerate(metrics):
        bottom = below + (len(metrics) - 1 - number) * (PANEL + 0.12)
        axes = place(figure, 0.72, bottom, WIDTH - 0.8, PANEL)
        draw_lines(axes, table, metric, along)
        last = number == len(metrics) - 1
        axes.tick_params(labelbottom=last)
        if last:
            axes.set_xlabel(axis_label(table[along], str(table[along].attrs.get("long_name", along))))
    legend(figure, names)
    known = ", ".join(str(table[m].attrs.get("long_name", m)) for m in metrics)
    return finish(figure, table, title=f"{known} along {along}".capitalize(),
                  description=f"{len(names)} products: {', '.join(names)}.")  # fmt: skip


def draw_lines(axes: Axes, table: xr.Dataset, metric: str, along: str) -> None:
    """One panel: a line per product, its interval as a bar at each point."""
    from matplotlib.ticker import MaxNLocator

    x = np.asarray(table[along], dtype="float64")
    step = float(np.min(np.diff(x))) if x.size > 1 else 1.0
    count = table.sizes["product"]
    axes.grid(axis="y")
    for i in range(count):
        values = np.asarray(table[metric].isel(product=i), dtype="float64")
        colour = PALETTE[i % len(PALETTE)]
        at = x + (i - (count - 1) / 2) * 0.06 * step
        if f"{metric}_lower" in table and f"{metric}_upper" in table:
            low, high = (
                np.asarray(table[f"{metric}_{e}"].isel(product=i), dtype="float64") for e in ("lower", "upper")
            )
            axes.vlines(at, low, high, color=colour, lw=1.0, alpha=0.55)
        size = 3.2 if x.size < 20 else 2.2
        axes.plot(at, values, marker=MARKERS[i % len(MARKERS)], ms=size, color=colour, mec="white", mew=0.3, lw=1.0)
    if family(metric) in ("correlation", "difference", "efficiency"):
        bottom, top = axes.get_ylim()
        if bottom < 0 < top:
            axes.axhline(0, color=GREY, lw=0.8, zorder=0.5)
    if x.size <= 12:
        axes.set_xticks(x, [f"{v:g}" for v in x])
    elif table[along].dtype.kind in "iu":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    label = axis_label(table[metric])
    axes.set_ylabel(_two_lines(label), size=8)


def legend(figure: Figure, names: Sequence[str]) -> None:
    """Products below the panels, five in a row."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=PALETTE[i % len(PALETTE)], marker=MARKERS[i % len(MARKERS)], ms=4, lw=1.2, label=n)
               for i, n in enumerate(names)]  # fmt: skip
    figure.legend(handles=handles, loc="lower center", ncols=min(5, max(len(names), 1)), bbox_to_anchor=(0.5, 0.0),
                  borderaxespad=0.1, handlelength=1.8, columnspacing=1.6)  # fmt: skip


def _two_lines(label: str) -> str:
    """A long label broken before its unit or near its middle."""
    if len(label) <= 26:
        return label
    head, bracket, unit = label.partition("[")
    words, lines = [*head.split(), bracket + unit], [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 26:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


@drawn
def wetness_bias(table: xr.Dataset) -> Figure:
    """Draw bias and error by the wetness of the reference, and the range that each product covers.

    Parameters
    ----------
    table : Dataset, dims ``(product, bin)``
        From :func:`vadose.validation.score_by_wetness`, concatenated over products: ``bias``, ``rmse`` with bounds,
        coordinates ``bin_from``, ``bin_to``; (product,): ``estimate_p05``, ``estimate_p95``, ``reference_p05``,
        ``reference_p95``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    ends = ("estimate_p05", "estimate_p95", "reference_p05", "reference_p95")
    check_variable(table, "product", "bin_from", "bin_to", "bias", "rmse", *ends, where="table")
    names = table["product"].values.astype(str).tolist()
    middle = (table["bin_from"].values + table["bin_to"].values) / 2
    lines = table.assign_coords(middle=("bin", middle)).swap_dims(bin="middle")
    row, rows = 0.2, -(-len(names) // 4)
    below = 0.42 + LEGEND * rows
    tall = row * len(names)
    figure = new_figure(WIDTH, below + tall + 0.42 + 2 * (PANEL + 0.12))
    right, left = float(table["bin_to"].max()), float(table["bin_from"].min())
    for number, metric in enumerate(("bias", "rmse")):
        axes = place(figure, 0.98, below + tall + 0.34 + (1 - number) * (PANEL + 0.12), WIDTH - 1.06, PANEL)
        draw_lines(axes, lines, metric, "middle")
        axes.set(xlim=(left, right))
        axes.set_xticks(np.r_[table["bin_from"].values, right])
        axes.tick_params(labelbottom=number == 1)
    axes = place(figure, 0.98, below, WIDTH - 1.06, tall)
    axes.set(xlim=(left, right), ylim=(len(names) - 0.5, -0.5))
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    for i in range(len(names)):
        a, b, c, d = (float(table[k].isel(product=i)) for k in ends)
        axes.barh(i, d - c, 0.8, c, color=FAINT)
        axes.barh(i, b - a, 0.4, a, color=PALETTE[i % len(PALETTE)])
    axes.set_xlabel(
        "Soil moisture [m³ m⁻³]: bins of the reference above; below, 5 to 95 % of product and (grey) station"
    )
    legend(figure, names)
    ratio = "; ".join(f"{n}: {float(r):.2f}" for n, r in zip(names, table["range_ratio"].values)) if (
        "range_ratio" in table) else ""  # fmt: skip
    return finish(figure, table, title="Bias and error by the wetness of the reference",
                  description=f"{len(names)} products. Range over that of the stations: {ratio}.")  # fmt: skip
