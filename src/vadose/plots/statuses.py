"""How many cells have a score, and what became of the others; which cells are core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..schema import is_simulated, status_name
from ..units import format_number
from .basemap import Basemap
from .counts import REASON_COLOURS
from .naming import check_variable, status_words
from .panels import map_panels
from .rows import row_chart
from .style import BLUE, GREY, ORANGE, drawn, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def status_bars(scores: xr.Dataset) -> Figure:
    """Draw the number of cells of each product by status.

    Parameters
    ----------
    scores : Dataset
        ``status`` with dims ``(product, cell)``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    from matplotlib.patches import Patch

    check_variable(scores, "status", "product")
    status = np.asarray(scores["status"].transpose("product", "cell")).astype(int)
    names = scores["product"].values.astype(str).tolist()
    codes = sorted(np.unique(status).tolist(), key=lambda c: (status_name(c) != "ok", c))
    rows = -(-len(codes) // 3)
    columns = {"with a score": [format_number(int((row == 0).sum())) for row in status]}
    chart = row_chart(names, columns, xlabel="Grid cells [1]", heading="product", footer=0.02 + 0.19 * rows)
    others = [c for c in codes if status_name(c) != "ok"]
    colours = {c: REASON_COLOURS[i % len(REASON_COLOURS)] for i, c in enumerate(others)}
    for row in range(len(names)):
        start = 0
        for code in codes:
            count = int((status[row] == code).sum())
            chart.axes.barh(row, count, 0.62, start, color=colours.get(code, BLUE), edgecolor="white", linewidth=0.5)
            start += count
    chart.axes.set_xlim(0, max(status.shape[1], 1))
    handles = [Patch(color=colours.get(c, BLUE), label=status_words(c)) for c in codes]
    chart.figure.legend(handles=handles, loc="lower center", ncols=min(3, max(len(codes), 1)),
                        bbox_to_anchor=(0.5, 0.0), borderaxespad=0.1, handlelength=1.2, columnspacing=1.6)  # fmt: skip
    text = "; ".join(f"{n}: {int((s == 0).sum())} of {s.size}" for n, s in zip(names, status))
    return finish(chart.figure, scores, title="Cells by status", description=f"Cells with a score: {text}.")


@drawn
def core_map(scores: xr.Dataset) -> Figure:
    """Draw the core and extra cells of each product, one panel per product.

    Parameters
    ----------
    scores : Dataset
        ``status`` with dims ``(product, cell)``; coordinates ``core``, ``cell_lat``, ``cell_lon`` per cell.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.

    Notes
    -----
    Paper 002, Fig. 1 and Table 2: cells without an independent station of a product are not drawn in its panel.
    """
    check_variable(scores, "status", "core", "cell_lat", "cell_lon", "product")
    lat, lon = (scores[k].values.astype(float) for k in ("cell_lat", "cell_lon"))
    core = scores["core"].values.astype(bool)
    names = scores["product"].values.astype(str).tolist()
    used = np.asarray(scores["status"].transpose("product", "cell")).astype(int)
    used = np.vectorize(lambda c: status_name(int(c)) != "no_station", otypes=[bool])(used)
    ground = Basemap.around(lat, lon, shores=not is_simulated(scores))
    titles = [f"{n}: {int((u & core).sum())} core, {int((u & ~core).sum())} extra" for n, u in zip(names, used)]
    figure, axes = map_panels(ground, titles, footer=0.24)
    size = 3.6 if lat.size < 400 else 2.4
    handles: list = []
    for a, here in zip(axes, used):
        handles = []
        for chosen, colour, marker, text in ((~core, ORANGE, "s", "extra"), (core, BLUE, "o", "core")):
            x, y = ground.project(lat[here & chosen], lon[here & chosen])
            handles += a.plot(x, y, marker, ms=size, color=colour, mec="white", mew=0.3, label=text, zorder=3,
                              rasterized=lat.size > 500)  # fmt: skip
    if handles:
        figure.legend(handles=handles, loc="lower center", ncols=2, bbox_to_anchor=(0.5, 0.0), borderaxespad=0.1)
    else:
        figure.text(0.5, 0.5, "no product", color=GREY, ha="center")
    return finish(figure, scores, title="Core and extra cells", description="; ".join(titles) + ".")
