"""The best product by land cover, climate and soil texture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number
from .naming import check_variable
from .style import FAINT, GREY, INK, PALETTE, WIDTH, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def lookup_bubbles(
    table: xr.Dataset, *, panel: str = "land_cover", x: str = "climate", y: str = "texture",
    order: Sequence[str] = (), products: Sequence[str] = (),
) -> Figure:  # fmt: skip
    """Draw the look-up table as circles: colour for the best product, size for its score, a square if it is certain.

    Parameters
    ----------
    table : Dataset, dim ``stratum``
        From :func:`vadose.validation.lookup` by three coordinates.
    panel, x, y : str
        Coordinates that make panels, columns and rows.
    order : sequence of str, optional
        Labels in the order of drawing; others follow in that of the alphabet.
    products : sequence of str, optional
        Products in the order of their colours; by default that of the table.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing or no stratum has enough cells.

    Notes
    -----
    Paper 002, Fig. 9. Inside each circle stands the median, below it the number of cells. Strata with too few cells
    are small grey dots.
    """
    check_variable(table, panel, x, y, "best", "value", "n", "significant", where="table")
    names = [str(p) for p in (products or table["product"].values)]
    labels = {k: _sorted(table[k].values.astype(str), order) for k in (panel, x, y)}
    if not table.sizes["stratum"]:
        raise SchemaError("table", found="no stratum", needed="at least one")
    columns = min(2, len(labels[panel]))
    rows = -(-len(labels[panel]) // columns)
    cell = 0.6
    left, gap, head, below = 0.95, 0.95, 0.3, 0.72
    wide, tall = (WIDTH - left - 0.05 - gap * (columns - 1)) / columns, cell * len(labels[y])
    figure = new_figure(WIDTH, rows * (tall + head + 0.3) + below)
    values = np.asarray(table["value"], dtype="float64")
    most = np.nanmax(values) if np.isfinite(values).any() else 1.0
    for number, name in enumerate(labels[panel]):
        row, column = divmod(number, columns)
        bottom = below - 0.02 + (rows - 1 - row) * (tall + head + 0.3)
        axes = place(figure, left + column * (wide + gap), bottom, wide, tall)
        axes.set(xlim=(-0.5, len(labels[x]) - 0.5), ylim=(len(labels[y]) - 0.5, -0.5))
        axes.set_xticks(range(len(labels[x])), labels[x])
        axes.set_yticks(range(len(labels[y])), labels[y])
        axes.tick_params(length=0)
        axes.set_title(name, size=8.5, pad=4)
        for edge in np.arange(-0.5, len(labels[y])):
            axes.axhline(edge, color=FAINT, lw=0.5)
        for s in np.flatnonzero(table[panel].values.astype(str) == name):
            i, j = (labels[k].index(str(table[k].values[s])) for k in (x, y))
            best = str(table["best"].values[s])
            if best not in names:
                axes.plot(i, j, "o", ms=2, color=FAINT)
                continue
            size = 22.0 * np.sqrt(max(values[s], 0.02) / most)
            colour = PALETTE[names.index(best) % len(PALETTE)]
            axes.plot(i, j - 0.1, "o", ms=size, color=colour, alpha=0.75, mew=0)
            axes.text(i, j - 0.1, format_number(float(values[s]), 2), size=6.5, ha="center", va="center", color=INK)
            axes.text(i, j + 0.47, f"n {int(table['n'].values[s])}", size=5.8, ha="center", va="bottom", color=GREY)
            if bool(table["significant"].values[s]):
                axes.plot(i, j - 0.1, "s", ms=24.5, mfc="none", mec=INK, mew=1.0)
    _legend(figure, names)
    known = int((table["best"].values.astype(str) != "").sum())
    sure = int(np.asarray(table["significant"]).sum())
    metric = str(table["value"].attrs.get("long_name", "score"))
    return finish(figure, table, title=f"Best product by {panel}, {x} and {y}".replace("_", " "),
                  description=f"{known} of {table.sizes['stratum']} strata have a best product, {sure} of them "
                  f"significantly. Value: {metric} [1].")  # fmt: skip


def _sorted(values: np.ndarray, order: Sequence[str]) -> list[str]:
    present = set(values.tolist())
    return [v for v in order if v in present] + sorted(present - set(order))


def _legend(figure: Figure, names: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], marker="o", ls="none", ms=7, color=PALETTE[i % len(PALETTE)], alpha=0.75, label=n)
               for i, n in enumerate(names)]  # fmt: skip
    handles.append(Line2D([], [], marker="s", ls="none", ms=9, mfc="none", mec=INK, label="better than all, p < 0.05"))
    handles.append(Line2D([], [], marker="o", ls="none", ms=2, color=FAINT, label="too few cells"))
    figure.legend(handles=handles, loc="lower center", ncols=4, bbox_to_anchor=(0.5, 0.0), borderaxespad=0.1,
                  handletextpad=0.4, columnspacing=1.4)  # fmt: skip
