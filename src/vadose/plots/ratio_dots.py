"""Ratios to rivals: one dot for each box, a diamond for all boxes together, and the goal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number
from .naming import check_variable
from .style import BLUE, FAINT, GREY, INK, VERMILION, WIDTH, drawn, finish, new_figure, place, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, TOP, BOTTOM, BETWEEN = 0.27, 0.1, 0.78, 0.2


@drawn
def ratio_dots(table: xr.Dataset, ratios: Mapping[str, str]) -> Figure:
    """Draw ratios of errors, one row for each rival and one panel for each kind of ratio.

    Parameters
    ----------
    table : Dataset, dims (rival, box)
        Ratios (rival, box) and those of all boxes together (rival) [1], and ``goal`` (rival) [1], NaN where there is
        none.
    ratios : mapping of str to str
        Ratio by box -> ratio of all boxes; ``long_name`` of the former is written below its panel.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing, or there is no ratio or no rival.
    """
    from matplotlib.lines import Line2D

    check_variable(table, "rival", "goal", *ratios, *ratios.values(), where="table")
    if not ratios or not table.sizes["rival"]:
        raise SchemaError("table", found="no ratio or no rival", needed="at least one of each")
    names = table["rival"].values.astype(str).tolist()
    labels = [wrap(name, 30) for name in names]
    height = ROW * len(names)
    figure = new_figure(WIDTH, TOP + height + BOTTOM)
    left = text_width(figure, labels) + 0.12
    wide = (WIDTH - left - 0.06 - BETWEEN * (len(ratios) - 1)) / len(ratios)
    for i, (ratio, pooled) in enumerate(ratios.items()):
        axes = place(figure, left + i * (wide + BETWEEN), BOTTOM, wide, height)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks(range(len(names)), labels if i == 0 else [""] * len(names))
        _panel(axes, table, ratio, pooled)
    keys = [
        Line2D([], [], ls="", marker="o", mfc="none", mec=BLUE, label="a box"),
        Line2D([], [], ls="", marker="D", color=VERMILION, label="all boxes"),
        Line2D([], [], color=INK, ls="--", lw=1.2, label="goal: at or left of it"),
    ]
    figure.legend(handles=keys, loc="lower center", ncols=3, bbox_to_anchor=(0.5, 0.0), borderaxespad=0.1)
    said = "; ".join(
        f"{name}: " + ", ".join(format_number(float(table[p].isel(rival=k)), 2) for p in ratios.values())
        for k, name in enumerate(names)
    )
    return finish(figure, table, title="Error of the fused record over that of each rival",
                  description=f"All boxes together, {' and '.join(ratios)}: {said}.")  # fmt: skip


def _panel(axes: Axes, table: xr.Dataset, ratio: str, pooled: str) -> None:
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.axvline(1.0, color=GREY, lw=0.9, zorder=0.5)
    for row in range(table.sizes["rival"]):
        one = table.isel(rival=row)
        axes.axhline(row + 0.5, color=FAINT, lw=0.5, zorder=0.1)
        values = np.asarray(one[ratio], dtype="float64")
        values = values[np.isfinite(values)]
        axes.plot(values, np.full(values.size, row), "o", ms=4.5, mfc="none", mec=BLUE, mew=0.9)
        if np.isfinite(goal := float(one["goal"])):
            axes.plot([goal, goal], [row - 0.45, row + 0.45], color=INK, ls="--", lw=1.2)
        if np.isfinite(middle := float(one[pooled])):
            axes.plot(middle, row, "D", ms=5, color=VERMILION, mec="white", mew=0.6, zorder=3)
    axes.set_xlabel(f"{table[ratio].attrs.get('long_name', ratio)} [1]", size=8)
