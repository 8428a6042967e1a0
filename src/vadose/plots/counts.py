"""What was lost between the products and the scores, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import xarray as xr

from ..units import format_number
from .naming import check_pairs
from .rows import row_chart
from .style import BLUE, FAINT, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, YELLOW, drawn, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REASON_COLOURS = (ORANGE, SKY, VERMILION, PURPLE, GREEN, YELLOW, GREY, FAINT)


@drawn
def dropped_bars(pairs: Mapping[str, xr.Dataset]) -> Figure:
    """Draw which share of every product's observations was matched, and why the rest was dropped.

    Parameters
    ----------
    pairs : mapping of str to Dataset
        Product -> ``n_matched (cell)`` and ``n_dropped (cell, reason)`` with coordinate ``reason``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If pairs is no mapping or lacks a variable.
    """
    check_pairs(pairs, "n_matched", "n_dropped", "reason")
    matched = {name: int(ds["n_matched"].sum()) for name, ds in pairs.items()}
    lost: dict[str, dict[str, int]] = {}
    for name, ds in pairs.items():
        totals = ds["n_dropped"].sum([d for d in ds["n_dropped"].dims if d != "reason"])
        lost[name] = {str(k): int(v) for k, v in zip(ds["reason"].values, totals.values)}
    seen = list(dict.fromkeys(reason for counts in lost.values() for reason, n in counts.items() if n))
    all_counts = {name: matched[name] + sum(lost[name].values()) for name in pairs}
    columns = {
        "matched": [format_number(n) for n in matched.values()],
        "dropped": [format_number(all_counts[name] - matched[name]) for name in pairs],
    }
    entries = 1 + len(seen)
    legend_rows = -(-entries // 3)
    chart = row_chart(list(pairs), columns, xlabel="Share of observations [%]", heading="product",
                      footer=0.02 + 0.19 * legend_rows)  # fmt: skip
    colours = {reason: REASON_COLOURS[i % len(REASON_COLOURS)] for i, reason in enumerate(seen)}
    for row, name in enumerate(pairs):
        total = all_counts[name]
        if not total:
            chart.axes.text(50, row, "no observation", ha="center", va="center", size=7.5, color=GREY, style="italic")
            continue
        start = 0.0
        parts = [(matched[name], BLUE), *((lost[name].get(reason, 0), colours[reason]) for reason in seen)]
        for count, colour in parts:
            if count:
                chart.axes.barh(row, 100 * count / total, 0.62, start, color=colour, edgecolor="white", linewidth=0.5)
                start += 100 * count / total
    chart.axes.set_xlim(0, 100)
    from matplotlib.patches import Patch

    handles = [Patch(color=BLUE, label="matched")]
    handles += [Patch(color=colour, label=reason.replace("_", " ")) for reason, colour in colours.items()]
    chart.figure.legend(handles=handles, loc="lower center", ncols=min(3, entries), bbox_to_anchor=(0.5, 0.0),
                        borderaxespad=0.1, handlelength=1.2, columnspacing=1.6)  # fmt: skip
    return finish(
        chart.figure, *pairs.values(), title="Observations matched and dropped",
        description="; ".join(f"{n}: {matched[n]} of {all_counts[n]} matched" for n in pairs) + ". Unit: percent.",
    )  # fmt: skip
