"""One dot and one interval per product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..units import format_number
from .naming import check_variable
from .rows import fit_axis, row_chart
from .style import BLUE, GREY, axis_label, drawn, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def forest(table: xr.Dataset, metric: str) -> Figure:
    """Draw a metric of every product as a dot with its interval, and print both beside it.

    Parameters
    ----------
    table : Dataset, dim ``product``
        Either pooled scores (``r``, ``r_lower``, ``r_upper``) or a summary over cells (``r_median``, ``r_q25``,
        ``r_q75``). ``n`` or ``n_cells_ok`` and ``n_cells`` are printed where present; the attribute ``level``
        (0.95) names the interval.
    metric : str
        Stem of the names, such as ``"r"`` or ``"bias"``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the table has neither form of the metric.
    """
    check_variable(table, "product", where="table")
    centre, low, high, words = _names(table, metric)
    check_variable(table, centre, where="table")
    names = table["product"].values.astype(str).tolist()
    middle = np.asarray(table[centre], dtype="float64")
    missing = np.full(middle.size, np.nan)
    lower = np.asarray(table[low], dtype="float64") if low in table else missing
    upper = np.asarray(table[high], dtype="float64") if high in table else missing
    columns = {
        str(table[centre].attrs.get("short_name", "median" if centre.endswith("_median") else "value")): [
            format_number(v, 3) for v in middle.tolist()
        ]
    }
    if np.isfinite(lower).any() or np.isfinite(upper).any():
        columns[words] = [
            f"[{format_number(a, 3)}, {format_number(b, 3)}]" if np.isfinite([a, b]).all() else format_number(None)
            for a, b in zip(lower.tolist(), upper.tolist())
        ]
    if centre == metric and "n" in table:
        columns["n"] = [format_number(int(n)) for n in table["n"].values]
    elif "n_cells_ok" in table and "n_cells" in table:
        columns["cells"] = [f"{int(a)} / {int(b)}" for a, b in zip(table["n_cells_ok"].values, table["n_cells"].values)]
    label = axis_label(table[centre])
    chart = row_chart(names, columns, xlabel=label, heading="product")
    for row, value in enumerate(middle):
        if not np.isfinite(value):
            chart.axes.text(0.5, row, "no value", transform=chart.axes.get_yaxis_transform(), ha="center",
                            va="center", size=7.5, color=GREY, style="italic")  # fmt: skip
            continue
        if np.isfinite([lower[row], upper[row]]).all():
            chart.axes.plot([lower[row], upper[row]], [row, row], color=BLUE, lw=1.6)
            for end in (lower[row], upper[row]):
                chart.axes.plot([end, end], [row - 0.13, row + 0.13], color=BLUE, lw=1.0)
        chart.axes.plot(value, row, "o", ms=5, color=BLUE, mec="white", mew=0.6, zorder=3)
    everything = np.concatenate([middle, lower, upper])
    fit_axis(chart.axes, metric, everything)
    return finish(
        chart.figure, table, title=f"{label}: every product with {words}",
        description="; ".join(f"{n}: {v}" for n, v in zip(names, next(iter(columns.values())))),
    )  # fmt: skip


def _names(table: xr.Dataset, metric: str) -> tuple[str, str, str, str]:
    if metric not in table and f"{metric}_median" in table:
        return f"{metric}_median", f"{metric}_q25", f"{metric}_q75", "quartiles"
    level = table.attrs.get("level")
    words = f"{100 * float(level):g} % interval" if level else "interval"
    return metric, f"{metric}_lower", f"{metric}_upper", words
