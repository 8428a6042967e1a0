"""How scores run through the year and over the years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .naming import check_variable, groups
from .style import GREY, PALETTE, WIDTH, axis_label, drawn, finish, new_figure, place, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Products drawn in one figure; colours and dashes tell them apart.
MOST = 16
DASHES = ("-", "--")
MONTHS = "JFMAMJJASOND"


@drawn
def score_course(scores: xr.Dataset, metric: str) -> Figure:
    """Draw the median of a metric over cells for every part of time, one line per product.

    Parameters
    ----------
    scores : Dataset, dims ``subset`` and ``cell``
        Scores in parts of time, in their order, with ``product`` per cell and ``part`` (or ``subset``) naming them.
    metric : str
        Variable to draw; the band spans the quartiles over cells where there are at most three products.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing or there are too many products for one figure.
    """
    check_variable(scores, metric)
    products = groups(scores)
    _few(list(products))
    labels = [str(v).removeprefix("month ").removeprefix("dekad ")
              for v in scores["part" if "part" in scores.coords else "subset"].values]  # fmt: skip
    figure, axes, rows = _chart(list(products), len(products))
    values = np.asarray(scores[metric].transpose("subset", "cell"), float)
    x = np.arange(len(labels), dtype=float)
    told = []
    for number, (name, index) in enumerate(products.items()):
        middle, low, high = _quartiles(values[:, index], axis=1)
        _line(axes, x, middle, low, high, number, name, band=len(products) <= 3)
        told.append(f"{name}: {np.isfinite(middle).sum()} of {len(labels)} parts")
    every = max(1, len(labels) // 18)
    axes.set_xticks(x[::every], labels[::every])
    axes.set_xlim(-0.4, len(labels) - 0.6)
    axes.set_ylabel(wrap(axis_label(scores[metric]), 22))
    figure.legend(loc="lower left", ncols=2, bbox_to_anchor=(0.06, 0.0), borderaxespad=0.2)
    return finish(figure, scores, title=f"{axis_label(scores[metric])}: course over parts of time",
                  description=f"{rows}; " + "; ".join(told))  # fmt: skip


@drawn
def spatial_courses(spatial: Mapping[str, xr.Dataset], metric: str) -> Figure:
    """Draw spatial scores per date: the course over the year, over the years, and the share of dates with a score.

    Parameters
    ----------
    spatial : mapping of str to Dataset
        Product -> :func:`vadose.validation.score_spatial`: the metric per ``time``; ``coverage_by_year`` (``year``).
    metric : str
        Variable to draw.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing, or there is no product or too many.

    Notes
    -----
    Lines are medians over the dates of a month, and of a year; bands span the quartiles for at most three products.
    Paper 003, Figs 6, 9, 12 and 13.
    """
    from matplotlib.ticker import MaxNLocator

    _few(list(spatial))
    for name, ds in spatial.items():
        check_variable(ds, metric, "time", "coverage_by_year", where=f"spatial[{name!r}]")
    rows = -(-len(spatial) // 2)
    below = 0.42 + 0.19 * rows
    figure = new_figure(WIDTH, below + 4.2)
    seasonal = place(figure, 0.84, below + 2.35, WIDTH - 0.94, 1.6)
    yearly = place(figure, 0.84, below, (WIDTH - 1.72) * 0.56, 1.9)
    covered = place(figure, 0.84 + (WIDTH - 1.72) * 0.56 + 0.78, below, (WIDTH - 1.72) * 0.44, 1.9)
    first = next(iter(spatial.values()))
    for number, (name, ds) in enumerate(spatial.items()):
        values, month, year = np.asarray(ds[metric], float), ds["time"].dt.month.values, ds["time"].dt.year.values
        for axes, groups_of, order in ((seasonal, month, np.arange(1, 13)), (yearly, year, np.unique(year))):
            parts = [_quartiles(values[groups_of == g]) for g in order]
            middle, low, high = np.array(parts).T
            _line(axes, order.astype(float), middle, low, high, number, name, band=len(spatial) <= 3)
        share = ds["coverage_by_year"]
        empty = np.zeros(share.size) * np.nan
        _line(covered, share["year"].values.astype(float), np.asarray(share, float), empty, empty, number, name)
    seasonal.set_xticks(range(1, 13), list(MONTHS))
    label = axis_label(first[metric])
    for axes in (seasonal, yearly):
        axes.set_ylabel(wrap(label, 22))
    covered.set_ylabel("Dates with enough cells [1]")
    covered.set_ylim(0, 1.04)
    for axes in (yearly, covered):
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    for axes, words in ((seasonal, "over the year"), (yearly, "over the years"), (covered, "coverage")):
        axes.set_title(words, loc="left", pad=3)
        axes.grid(axis="y")
    handles, labels = seasonal.get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower left", ncols=2, bbox_to_anchor=(0.06, 0.0), borderaxespad=0.2)
    dates = "; ".join(f"{n}: {int(np.isfinite(np.asarray(d[metric], float)).sum())} dates" for n, d in spatial.items())
    return finish(figure, *spatial.values(), title=f"{label}: spatial scores per date", description=dates)


def _few(names: list[str]) -> None:
    if not names or len(names) > MOST:
        raise SchemaError("products", found=f"{len(names)}", needed=f"1 to {MOST} for one figure",
                          do="Draw them in several figures.")  # fmt: skip


def _chart(names: list[str], count: int) -> tuple[Figure, Axes, str]:
    below = 0.42 + 0.19 * -(-count // 2)
    figure = new_figure(WIDTH, below + 2.1)
    axes = place(figure, 0.84, below, WIDTH - 0.94, 2.0)
    axes.grid(axis="y")
    return figure, axes, f"{len(names)} products"


def _quartiles(values: np.ndarray, axis: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median and quartiles of what is finite; NaN where nothing is."""
    moved = np.moveaxis(np.atleast_1d(values), axis, -1)
    flat = moved.reshape(-1, moved.shape[-1])
    out = np.full((3, len(flat)), np.nan)
    for i, row in enumerate(flat):
        known = row[np.isfinite(row)]
        if known.size:
            out[:, i] = np.quantile(known, [0.5, 0.25, 0.75])
    shape = moved.shape[:-1]
    return out[0].reshape(shape), out[1].reshape(shape), out[2].reshape(shape)


def _line(axes: Axes, x, middle, low, high, number: int, name: str, *, band: bool = False) -> None:
    colour, dash = PALETTE[number % 8], DASHES[number // 8 % 2]
    axes.plot(x, middle, dash, color=colour, marker="o", ms=2.8, lw=1.3, label=wrap(name, 46).partition("\n")[0])
    if band and np.isfinite(low).any():
        axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
    if np.isfinite(middle).any() and np.nanmin(middle) < 0:
        axes.axhline(0, color=GREY, lw=0.7, zorder=0.5)
