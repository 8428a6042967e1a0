"""Trends in bars and intervals: shares of wetting and drying, and rates of regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..units import DASH, format_number
from .keys import class_legend, empty_note
from .naming import check_variable
from .rows import fit_axis, row_chart
from .style import BLACK, GREY, PALETTE, axis_label, drawn, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WETTER, DRIER, WETTER_PALE, DRIER_PALE = "#2166ac", "#b2182b", "#9ecae1", "#f4a582"


@drawn
def share_bars(table: xr.Dataset, *, region: str = "all") -> Figure:
    """Draw the shares of drying and wetting by product and period, the significant part in a darker colour.

    Parameters
    ----------
    table : Dataset, dims (product, period, region)
        From ``analysis.compare_trends``.
    region : str
        Region to draw.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    needed = ("wetting", "drying", "significant_wetting", "significant_drying", "n_cells", "product", "period")
    check_variable(table, *needed, where="table")
    here = table.sel(region=region)
    keys = [(str(p), str(q)) for q in here["period"].values for p in here["product"].values]
    several = here.sizes["period"] > 1
    get = {k: [100 * float(here[k].sel(product=p, period=q)) for p, q in keys] for k in needed[:4]}
    cells = [int(here["n_cells"].sel(product=p, period=q)) for p, q in keys]
    columns = {
        "drier %": [format_number(v, 1) for v in get["drying"]],
        "wetter %": [format_number(v, 1) for v in get["wetting"]],
        "cells": [format_number(n) for n in cells],
    }
    names = [f"{p}, {q}" if several else p for p, q in keys]
    chart = row_chart(names, columns, xlabel="Share of land with a trend [%]", heading="product", footer=0.24)
    axes = chart.axes
    for row in range(len(keys)):
        if not cells[row]:
            empty_note(axes, "no trend", row=row)
            continue
        for name, sign, pale, dark in (("drying", -1, DRIER_PALE, DRIER), ("wetting", 1, WETTER_PALE, WETTER)):
            axes.barh(row, sign * get[name][row], 0.62, color=pale, lw=0)
            axes.barh(row, sign * get[f"significant_{name}"][row], 0.62, color=dark, lw=0)
    axes.set_xlim(-100, 100)
    axes.set_xticks(range(-100, 101, 25), [f"{abs(t)}" for t in range(-100, 101, 25)])
    axes.axvline(0, color=BLACK, lw=0.8)
    looks = {"drier, significant": DRIER, "drier": DRIER_PALE, "wetter": WETTER_PALE, "wetter, significant": WETTER}
    class_legend(chart.figure, looks)
    said = "; ".join(f"{n}: {d} % drier, {w} % wetter" for n, d, w in zip(names, columns["drier %"],
                                                                         columns["wetter %"]))  # fmt: skip
    return finish(chart.figure, table, title=f"Shares of drying and wetting, {region}", description=said)


@drawn
def region_rates(table: xr.Dataset, *, period: str, kind: str | None = None) -> Figure:
    """Draw the rate of each region and product with its interval.

    Parameters
    ----------
    table : Dataset, dims (product, period, region)
        From ``analysis.compare_trends``.
    period : str
        Period to draw.
    kind : str, optional
        Kind of regions, such as ``"latitude"``; the whole ("all") always comes first.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    check_variable(table, "rate", "rate_lower", "rate_upper", "n_cells", "product", "kind", where="table")
    from matplotlib.ticker import MaxNLocator

    here = table.sel(period=period)
    keep = (here["n_cells"] > 0).any("product").values & np.isin(here["kind"].values, ("all", kind) if kind else "all")
    here = here.isel(region=np.flatnonzero(keep))
    products = here["product"].values.astype(str).tolist()
    names, columns = [], {"rate": [], "interval": [], "cells": []}  # type: ignore[var-annotated]
    values = []
    for region in here["region"].values.astype(str):
        for product in products:
            one = here.sel(region=region, product=product)
            rate = [float(one[k]) for k in ("rate", "rate_lower", "rate_upper")]
            values.append(rate)
            names.append(f"{region}: {product}" if len(here["region"]) > 1 else product)
            columns["cells"].append(format_number(int(one["n_cells"])))
    first, last = _reach(np.asarray(values, float).reshape(-1, 3))
    largest = np.nanmax(np.abs(np.clip(np.asarray(values, float), first, last)), initial=0.0)
    digits = max(0, 2 - int(np.floor(np.log10(largest)))) if largest > 0 else 2
    for middle, low, high in values:
        columns["rate"].append(format_number(middle, digits))
        known = np.isfinite([low, high]).all()
        columns["interval"].append(f"[{format_number(low, digits)}, {format_number(high, digits)}]" if known else DASH)
    label = axis_label(here["rate"])
    chart = row_chart(names, columns, xlabel=label, heading="region: product" if len(here["region"]) > 1 else "product")
    for row, (middle, low, high) in enumerate(values):
        colour = PALETTE[row % len(products) % len(PALETTE)]
        if not np.isfinite(middle):
            empty_note(chart.axes, "no trend", row=row)
            continue
        chart.axes.plot([max(low, first), min(high, last)], [row, row], color=colour, lw=1.6)
        for end, mark in ((first, "<"), (last, ">")):
            if (low < end) if mark == "<" else (high > end):
                chart.axes.plot(end, row, mark, ms=5, color=colour, mew=0)
        chart.axes.plot(middle, row, "o", ms=4.5, color=colour, mec="white", mew=0.6, zorder=3)
    for row in range(len(products), len(names), len(products)):
        chart.axes.axhline(row - 0.5, color=GREY, lw=0.7)
    chart.axes.xaxis.set_major_locator(MaxNLocator(5))
    fit_axis(chart.axes, "trend", np.clip(np.asarray(values, float).ravel(), first, last))
    return finish(chart.figure, table, title=f"{label} by region, {period}",
                  description="; ".join(f"{n} {v}" for n, v in zip(names, columns["rate"])))  # fmt: skip


def _reach(rows: np.ndarray) -> tuple[float, float]:
    """Where intervals end in an arrow: four times as far out as half of them reach, but beyond every rate.

    The interval of a region of one cell would else leave no room for the others.
    """
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        return -np.inf, np.inf
    most = 4 * float(np.median(np.abs(rows).max(axis=1)))
    most = max(most, 1.1 * float(np.abs(rows[:, 0]).max()))
    return -most, most
