"""Estimate against reference: how many pairs fall where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number, format_unit
from .keys import colour_bar
from .naming import check_pairs
from .style import GREY, INK, WIDTH, axis_label, drawn, finish, new_figure, place, wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 50


@drawn
def scatter_density(pairs: Mapping[str, xr.Dataset], *, scores: xr.Dataset | None = None) -> Figure:
    """Draw the number of pairs per bin of reference and estimate, one panel per product.

    Parameters
    ----------
    pairs : mapping of str to Dataset, dims ``(cell, time)``
        Product -> ``estimate`` and ``reference``; units in the attributes.
    scores : Dataset, dim ``product``, optional
        Pooled scores, whose ``r``, ``bias`` and ``ubrmse`` are printed in the panels; nothing is computed here but n.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If pairs is no mapping, is empty, or lacks a variable.

    Notes
    -----
    All panels share the limits of the reference; a product in the same unit shares them too and has a 1:1 line.
    Each panel has 50 × 50 bins; the colour is logarithmic and common to all panels.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    check_pairs(pairs, "estimate", "reference")
    if not pairs:
        raise SchemaError("pairs", found="no product", needed="at least one")
    clouds = {name: _cloud(ds) for name, ds in pairs.items()}
    unit = {name: str(ds["estimate"].attrs.get("units", "1")) for name, ds in pairs.items()}
    base = str(next(iter(pairs.values()))["reference"].attrs.get("units", "1"))
    like = [xy for name, xy in clouds.items() if unit[name] == base and xy.size]
    shared = _span(np.concatenate([*(xy.ravel() for xy in like), *(xy[0] for xy in clouds.values())]))
    counts = {}
    for name, (x, y) in clouds.items():
        tall = shared if unit[name] == base else _span(y)
        counts[name] = (np.histogram2d(x, y, bins=BINS, range=(shared, tall))[0], tall)
    most = max(2.0, *(float(count.max(initial=0)) for count, _ in counts.values()))
    norm = LogNorm(1, most)
    mappable = ScalarMappable(norm, "viridis")

    columns = min(4, len(pairs))
    rows = -(-len(pairs) // columns)
    mixed = any(u != base for u in unit.values())
    left, gap, head, below, footer = 0.56, 0.36 if mixed else 0.18, 0.62, 0.24, 0.86
    side = min((WIDTH - left - gap * (columns - 1) - 0.05) / columns, 2.9)
    figure = new_figure(WIDTH, rows * (side + head) + (rows - 1) * 0.04 + below + footer)
    start = left + (WIDTH - left - columns * side - (columns - 1) * gap) / 2
    for number, name in enumerate(pairs):
        row, column = divmod(number, columns)
        bottom = footer + below + (rows - 1 - row) * (side + head + 0.04)
        axes = place(figure, start + column * (side + gap), bottom, side, side)
        count, tall = counts[name]
        edges = np.linspace(*shared, BINS + 1), np.linspace(*tall, BINS + 1)
        filled = np.ma.masked_equal(count.T, 0)
        axes.pcolormesh(*edges, filled, norm=norm, cmap=mappable.cmap, rasterized=True)
        axes.set(xlim=shared, ylim=tall)
        axes.locator_params(nbins=4)
        own = unit[name] != base
        if not own:
            axes.plot(shared, shared, color=INK, lw=0.7, ls=(0, (4, 2)))
        axes.tick_params(labelsize=7.5, labelbottom=number + columns >= len(pairs), labelleft=own or column == 0)
        words = _words(scores, name, clouds[name].shape[1], pairs[name]["estimate"] if own else None)
        axes.set_title(words, size=7, pad=3, linespacing=1.25, color=GREY)
        axes.text(0.5, 1 + 0.31 / side, wrap(name, max(10, int(side / 0.066))), transform=axes.transAxes, ha="center",
                  va="bottom", size=7.5, linespacing=1.05)  # fmt: skip
    sample = next(iter(pairs.values()))
    height = figure.get_size_inches()[1]
    middle = start + (columns * side + (columns - 1) * gap) / 2
    figure.text(middle / WIDTH, (footer - 0.02) / height, f"Reference: {axis_label(sample['reference'])}", ha="center",
                va="top", size=8.5)  # fmt: skip
    figure.text((start - 0.46) / WIDTH, (footer + below + (height - footer - below) / 2) / height,
                _estimate_label(pairs, unit, base), rotation=90, ha="center", va="center", size=8.5)  # fmt: skip
    bar = colour_bar(figure, mappable, "Pairs per bin [count]", at=(middle - WIDTH * 0.2, 0.4, WIDTH * 0.4, 0.1))
    bar.ax.xaxis.set_major_formatter(lambda value, _: format_number(int(value)))
    bar.ax.minorticks_off()
    bar.set_ticks([t for t in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000) if t <= most])
    return finish(
        figure, *pairs.values(), title="Estimate against reference: density of pairs",
        description="; ".join(f"{name}: n {xy.shape[1]}" for name, xy in clouds.items()) + ". Dashed: 1:1 line.",
    )  # fmt: skip


def _cloud(ds: xr.Dataset) -> np.ndarray:
    xy = np.stack([np.asarray(ds[k], dtype="float64").ravel() for k in ("reference", "estimate")])
    return xy[:, np.isfinite(xy).all(axis=0)]


def _span(values: np.ndarray) -> tuple[float, float]:
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    low = 0.0 if 0 <= low < 0.5 * high else low
    margin = 0.03 * (high - low) or 0.05
    return low - (0 if low == 0 else margin), high + margin


def _words(scores: xr.Dataset | None, name: str, n: int, other: xr.DataArray | None) -> str:
    """Two lines: n and R; bias and ubRMSE, or the quantity where it is not the reference's."""
    values = {}
    if scores is not None and name in (names := scores["product"].values.astype(str).tolist()):
        one = scores.isel(product=names.index(name))
        values = {key: float(one[key]) for key in ("r", "bias", "ubrmse") if key in one}
    first, second = [f"n {format_number(n)}"], list[str]()
    for line, key, letters, digits in (
        (first, "r", "R", 2),
        (second, "bias", "bias", 3),
        (second, "ubrmse", "ubRMSE", 3),
    ):
        if np.isfinite(values.get(key, np.nan)):
            line.append(f"{letters} {format_number(values[key], digits)}")
    if other is not None:
        second = [axis_label(other)]
    return "\n".join([",  ".join(first), ",  ".join(second)])


def _estimate_label(pairs: Mapping[str, xr.Dataset], unit: dict[str, str], base: str) -> str:
    if all(u == base for u in unit.values()):
        return f"Estimate: {axis_label(next(iter(pairs.values()))['estimate'])}"
    return f"Estimate [{format_unit(base)}, unless named]"
