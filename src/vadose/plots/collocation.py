"""Errors and signals that triple collocation found, as bars with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..units import format_number, format_unit
from .keys import empty_note
from .naming import check_variable
from .style import BLUE, FAINT, GREY, INK, SKY, WIDTH, drawn, finish, new_figure, place, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Panels: variable -> heading.
PANELS = {"snr_db": "signal-to-noise ratio", "r2": "squared correlation with the truth", "err_std_ref": "error std"}
#: Cells of one product whose intervals are drawn one by one.
MAX_CELLS = 12
ROW = 0.46


@drawn
def collocation_bars(result: xr.Dataset) -> Figure:
    """Draw signal-to-noise ratio, R2 and error standard deviation of collocated products.

    Parameters
    ----------
    result : Dataset, dims ``product`` and optionally ``cell``
        ``snr_db``, ``r2``, ``err_std_ref`` with ``_lower`` and ``_upper``, from triple or quadruple collocation.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.

    Notes
    -----
    A bar is the median over cells; a dot with a line is a cell with its interval, for up to 12 cells. With more cells
    the line spans the quartiles over cells.
    """
    check_variable(result, *PANELS, where="result")
    names = result["product"].values.astype(str).tolist()
    level = f"{100 * float(result.attrs['level']):g} % intervals" if "level" in result.attrs else "intervals"
    height = 0.32 + ROW * len(names) + 0.62
    figure = new_figure(WIDTH, height)
    left = text_width(figure, [wrap(n, 24) for n in names]) + 0.14
    gap = 0.3
    wide = (WIDTH - left - 0.1 - gap * (len(PANELS) - 1)) / len(PANELS)
    words = []
    for i, (name, heading) in enumerate(PANELS.items()):
        axes = place(figure, left + i * (wide + gap), 0.56, wide, ROW * len(names))
        medians = [_row(axes, row, result.isel(product=row), name) for row in range(len(names))]
        _frame(axes, names if i == 0 else None, len(names))
        unit = format_unit(str(result[name].attrs.get("units", "1")))
        axes.set_xlabel(f"{heading[:1].upper()}{heading[1:]} [{unit}]".replace("correlation with the truth", "corr."))
        words.append(f"{heading}: " + ", ".join(f"{n} {format_number(m, 2)}" for n, m in zip(names, medians)))
    cells = result.sizes.get("cell", 1)
    shown = f"dots: single cells with {level}" if cells <= MAX_CELLS else "lines: quartiles over cells"
    figure.text(
        0.0, 0.06 / height, f"Bars: median over {cells} cell{'s' * (cells > 1)}; {shown}.", size=7.5, color=GREY
    )
    return finish(figure, result, title="Collocation of " + ", ".join(names), description="; ".join(words))


def _row(axes: Axes, row: int, one: xr.Dataset, name: str) -> float:
    value, low, high = (
        np.atleast_1d(np.asarray(one[name + end], float)) if name + end in one else np.array([np.nan])
        for end in ("", "_lower", "_upper")
    )
    known = np.isfinite(value)
    if not known.any():
        empty_note(axes, "no value", row=row)
        return float("nan")
    middle = float(np.median(value[known]))
    axes.barh(row, middle, 0.66, facecolor=SKY, alpha=0.5, edgecolor=BLUE, lw=0.6)
    if value.size > MAX_CELLS:
        axes.plot(np.quantile(value[known], [0.25, 0.75]), [row, row], color=BLUE, lw=1.6)
        return middle
    places = row + (np.linspace(-0.22, 0.22, value.size) if value.size > 1 else np.zeros(1))
    for v, a, b, y in zip(value, np.broadcast_to(low, value.shape), np.broadcast_to(high, value.shape), places):
        if np.isfinite([a, b]).all():
            axes.plot([a, b], [y, y], color=BLUE, lw=1.0, zorder=3)
        if np.isfinite(v):
            axes.plot(v, y, "o", ms=3.2, color=INK, mew=0, zorder=4)
    return middle


def _frame(axes: Axes, names: list[str] | None, count: int) -> None:
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_yticks(range(count), [wrap(n, 24) for n in names] if names else [""] * count)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.axvline(0, color=GREY, lw=0.8, zorder=0.5)
    for y in np.arange(-0.5, count):
        axes.axhline(y, color=FAINT, lw=0.5, zorder=0.1)


def collocation_cells(result: xr.Dataset) -> xr.Dataset:
    """Collocation results with one cell per product and place, the form that :func:`vadose.plots.score_map` draws.

    Parameters
    ----------
    result : Dataset, dims (product, cell)
        With coordinates ``cell_lat`` and ``cell_lon``.

    Returns
    -------
    xarray.Dataset
        dim ``cell``, with coordinate ``product`` and the variables that had both dims.

    Raises
    ------
    SchemaError
        If a coordinate is missing.

    Examples
    --------
    >>> one = xr.Dataset({"snr_db": (("product", "cell"), [[1.0, 2.0], [3.0, 4.0]])}, {"product": ["a", "b"],
    ...                  "cell_lat": ("cell", [1.0, 2.0]), "cell_lon": ("cell", [0.0, 0.0])})
    >>> got = collocation_cells(one)
    >>> got["product"].values.tolist(), got.snr_db.values.tolist()
    (['a', 'a', 'b', 'b'], [1.0, 2.0, 3.0, 4.0])
    """
    check_variable(result, "cell_lat", "cell_lon", where="result")
    some = result[[v for v in result.data_vars if set(result[v].dims) == {"product", "cell"}]]
    names, cells = result["product"].values.astype(str), result.sizes["cell"]
    flat = some.drop_vars([c for c in some.coords if c not in ("cell_lat", "cell_lon")]).transpose("product", "cell")
    out = xr.concat([flat.isel(product=i) for i in range(names.size)], "cell", coords="different", compat="equals")
    return out.assign_coords(product=("cell", np.repeat(names, cells))).assign_attrs(result.attrs)
