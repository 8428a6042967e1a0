"""Distributions over places, one above the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number
from .component_maps import LAYER_COLOURS
from .rows import row_chart
from .scales import family
from .style import GREY, INK, axis_label, drawn, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Points of a drawn curve, and height of a ridge in rows.
POINTS, HEIGHT = 240, 1.5


@drawn
def ridge_plot(da: xr.DataArray, *, by: Sequence[str], colour_by: str | None = None) -> Figure:
    """Draw the distribution over places of a quantity, one ridge for each combination of labels.

    Parameters
    ----------
    da : DataArray, dims ``(*by, ...)``
        Values, with ``units`` and ``long_name``; the dimensions that are not in ``by`` are the places.
    by : sequence of str
        Dimensions of the rows, the first slowest.
    colour_by : str, optional
        One of them, to colour by; by default the last.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a dimension is missing.

    Notes
    -----
    Curve: histogram smoothed by a Gaussian of Silverman's width, each ridge to the same height; places count by the
    cosine of their latitude. Dashed: mean, also printed, with the number of places. Choice: the axis ends at the 0.5th
    and 99.5th percentile of all values.
    """
    missing = [d for d in by if d not in da.dims]
    if missing or not by:
        raise SchemaError(str(da.name or "values"), found=f"dims {tuple(map(str, da.dims))}", needed=f"dims {list(by)}")
    da = da.transpose(*by, ...)
    colour_by = colour_by or by[-1]
    count = int(np.prod([da.sizes[d] for d in by]))
    values = np.asarray(da, dtype="float64").reshape(count, -1)
    weight = np.ones(values.shape[1])
    if "lat" in da.dims:
        like = xr.ones_like(da.isel(dict.fromkeys(by, 0), drop=True), dtype=float)
        heavy = like * np.cos(np.radians(da["lat"]))
        weight = np.asarray(heavy.transpose(*like.dims).data).ravel()
    indices = list(np.ndindex(*(da.sizes[d] for d in by)))
    names = [", ".join(str(da[d].values[i]) for d, i in zip(by, index)) for index in indices]
    finite = values[np.isfinite(values)]
    low, high = np.quantile(finite, (0.005, 0.995)) if finite.size else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    columns: dict[str, list[str]] = {"mean": [], "n": []}
    means = []
    for sample in values:
        good = np.isfinite(sample)
        means.append(float(np.average(sample[good], weights=weight[good])) if good.any() else np.nan)
        columns["mean"].append(format_number(means[-1], 2 if high - low < 20 else 0))
        columns["n"].append(format_number(int(good.sum())))
    label = axis_label(da)
    chart = row_chart(names, columns, xlabel=label, heading=", ".join(by))
    axes = chart.axes
    grid = np.linspace(low, high, POINTS)
    step = grid[1] - grid[0]
    for row, index in enumerate(indices):
        colour = LAYER_COLOURS[index[list(by).index(colour_by)] % len(LAYER_COLOURS)]
        curve = _density(values[row], weight, grid)
        if curve is None:
            axes.text(0.5, row, "no value", transform=axes.get_yaxis_transform(), ha="center", va="center", size=7.5,
                      color=GREY, style="italic")  # fmt: skip
            continue
        base = row + 0.45
        axes.fill_between(grid, base, base - HEIGHT * 0.62 * curve, facecolor=colour, alpha=0.75, lw=0, zorder=2 + row)
        axes.plot(grid, base - HEIGHT * 0.62 * curve, color=INK, lw=0.6, zorder=2 + row)
        if low <= means[row] <= high:
            axes.plot([means[row]] * 2, [base, base - 0.62], color=INK, lw=0.9, ls=(0, (2.5, 1.5)), zorder=2.5 + row)
    axes.set_xlim(low, high + step)
    axes.set_ylim(count - 0.5, -1.0)
    if family(str(da.name)) == "difference" and low < 0 < high:
        axes.axvline(0, color=GREY, lw=0.9, zorder=1)
    return finish(chart.figure, da, title=f"{label}: distributions over places",
                  description="; ".join(f"{n}: mean {m}" for n, m in zip(names, columns["mean"])))  # fmt: skip


def _density(row: np.ndarray, weight: np.ndarray, grid: np.ndarray) -> np.ndarray | None:
    """Smoothed weighted histogram on a grid, its highest value 1; what lies outside the grid is left out."""
    good = np.isfinite(row) & (weight > 0)
    if not good.any():
        return None
    x, w = row[good], weight[good]
    step = grid[1] - grid[0]
    spread = min(float(x.std()), float(np.subtract(*np.quantile(x, (0.75, 0.25)))) / 1.34) or float(x.std())
    width = max(0.9 * spread * x.size**-0.2, step)
    bins = np.r_[grid - step / 2, grid[-1] + step / 2]
    counts, _ = np.histogram(x, bins, weights=w)
    reach = np.arange(-int(4 * width / step) - 1, int(4 * width / step) + 2)
    kernel = np.exp(-0.5 * (reach * step / width) ** 2)
    curve = np.convolve(counts, kernel)[reach.size // 2 : reach.size // 2 + grid.size]
    return curve / curve.max() if curve.max() > 0 else None
