"""Maps of stations, of scores at cells, and of what became of each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..schema import is_simulated, status_name
from .basemap import Basemap
from .keys import colour_bar
from .naming import check_variable, groups, status_words
from .panels import map_panels
from .scales import scale
from .style import GREY, INK, PALETTE, WIDTH, axis_label, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: More networks than this share one colour.
MAX_NETWORKS = 7
#: More points than this in a panel are embedded as an image.
MAX_VECTOR = 500
MARKERS = "osD^vP*Xhd8p"


@drawn
def station_map(stations: xr.Dataset, cells: xr.Dataset | None = None) -> Figure:
    """Draw where the stations are, by network, and the cells they were compared with.

    Parameters
    ----------
    stations : Dataset, dim ``sensor``
        Canonical stations: coordinates ``network``, ``station``, ``lat``, ``lon`` per sensor.
    cells : Dataset, dim ``cell``, optional
        Scores with ``cell_lat``, ``cell_lon``; cells of all products at one place are drawn once.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a coordinate is missing.
    """
    check_variable(stations, "network", "station", "lat", "lon", where="stations")
    network, station = (np.atleast_1d(stations[k].values).astype(str) for k in ("network", "station"))
    lat, lon = (np.atleast_1d(stations[k].values).astype(float) for k in ("lat", "lon"))
    _, first = np.unique(np.c_[network, station, lat.round(5).astype(str), lon.round(5).astype(str)], axis=0,
                         return_index=True)  # fmt: skip
    network, lat, lon = network[first], lat[first], lon[first]
    cell_lat, cell_lon = _cells(cells)
    ground = Basemap.around(np.r_[lat, cell_lat], np.r_[lon, cell_lon], shores=not is_simulated(stations))
    names, counts = np.unique(network, return_counts=True)
    order = names[np.argsort(-counts, kind="stable")]
    shown = list(order if order.size <= MAX_NETWORKS else order[: MAX_NETWORKS - 1])
    entries = len(shown) + (order.size > len(shown)) + (cell_lat.size > 0)
    rows = -(-entries // 3)
    wide = min(WIDTH - 0.6, 4.2 / ground.aspect)
    tall, left, below = wide * ground.aspect, (WIDTH - wide + 0.4) / 2, 0.36 + 0.19 * rows
    figure = new_figure(WIDTH, tall + below + 0.08)
    axes = place(figure, left, below, wide, tall)
    ground.draw(axes)
    dense = max(lat.size, cell_lat.size) > MAX_VECTOR
    if cell_lat.size:
        size = 7.0 if cell_lat.size < 60 else 5.0 if cell_lat.size < 300 else 3.5
        axes.plot(*ground.project(cell_lat, cell_lon), "s", ms=size, mfc="none", mec=GREY, mew=0.1 * size, zorder=2,
                  alpha=0.7, rasterized=dense, label=f"product cells ({cell_lat.size})")  # fmt: skip
    size = 5.0 if lat.size < 150 else 3.0
    for i, name in enumerate(shown):
        chosen = network == name
        _stations(axes, ground, lat, lon, chosen, f"{name} ({chosen.sum()})", PALETTE[i], i, size, dense)
    if order.size > len(shown):
        rest = ~np.isin(network, shown)
        words = f"{order.size - len(shown)} other networks ({rest.sum()})"
        _stations(axes, ground, lat, lon, rest, words, INK, len(shown), size, dense)
    ground.scale_bar(axes, np.r_[lat, cell_lat], np.r_[lon, cell_lon])
    figure.legend(*axes.get_legend_handles_labels(), loc="lower center", ncols=min(3, entries),
                  bbox_to_anchor=(0.5, 0.0), borderaxespad=0.1, handletextpad=0.4, columnspacing=1.6)  # fmt: skip
    return finish(
        figure, stations, *([cells] if cells is not None else []), title="Map of stations and cells",
        description=f"{lat.size} stations of {order.size} networks; {cell_lat.size} product cells.",
    )  # fmt: skip


def _stations(axes, ground, lat, lon, chosen, label, colour, number, size, dense) -> None:
    axes.plot(*ground.project(lat[chosen], lon[chosen]), MARKERS[number], ms=size, color=colour, mec="white",
              mew=0.1 * size, zorder=3, label=label, rasterized=dense)  # fmt: skip


def _cells(cells: xr.Dataset | None) -> tuple[np.ndarray, np.ndarray]:
    if cells is None:
        return np.empty(0), np.empty(0)
    check_variable(cells, "cell_lat", "cell_lon")
    places = np.c_[np.atleast_1d(cells["cell_lat"].values), np.atleast_1d(cells["cell_lon"].values)].astype(float)
    places = np.unique(places[np.isfinite(places).all(axis=1)].round(5), axis=0)
    return places[:, 0], places[:, 1]


@drawn
def score_map(scores: xr.Dataset, metric: str) -> Figure:
    """Draw a metric at the cells, one panel per product, with one colour scale.

    Parameters
    ----------
    scores : Dataset, dim ``cell``
        With ``product``, ``cell_lat``, ``cell_lon`` and the metric.
    metric : str
        Variable to draw; cells without a value are crosses.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    check_variable(scores, metric, "cell_lat", "cell_lon")
    values = np.asarray(scores[metric], dtype="float64")
    lat, lon = scores["cell_lat"].values.astype(float), scores["cell_lon"].values.astype(float)
    products = groups(scores)
    mappable = scale(metric, values).mappable()
    ground = Basemap.around(lat, lon, shores=not is_simulated(scores))
    figure, panels = map_panels(ground, list(products), footer=0.62)
    size, dense = _point_size(products)
    for axes, index in zip(panels, products.values()):
        x, y = ground.project(lat[index], lon[index])
        here = values[index]
        void = ~np.isfinite(here)
        axes.plot(x[void], y[void], "x", ms=0.8 * size, color=GREY, mew=0.8, zorder=2, rasterized=dense)
        axes.scatter(x[~void], y[~void], c=mappable.to_rgba(here[~void]), s=size**2, edgecolors=INK, linewidths=0.3,
                     zorder=3, rasterized=dense)  # fmt: skip
    label = axis_label(scores[metric])
    colour_bar(figure, mappable, label)
    if panels and not np.isfinite(values).all():
        mark = panels[0].plot([], [], "x", ms=5, color=GREY, mew=0.8, ls="none", label="no value")
        figure.legend(handles=mark, loc="lower right", bbox_to_anchor=(1.0, 0.24 / figure.get_size_inches()[1]),
                      borderaxespad=0.1, handletextpad=0.2)  # fmt: skip
    known = int(np.isfinite(values).sum())
    return finish(figure, scores, title=f"{label}: map of cells",
                  description=f"{known} of {values.size} cells of {len(products)} products have a value.")  # fmt: skip


@drawn
def status_map(scores: xr.Dataset) -> Figure:
    """Draw what became of each cell: scored, or why not, one panel per product.

    Parameters
    ----------
    scores : Dataset, dim ``cell``
        With ``product``, ``cell_lat``, ``cell_lon`` and ``status``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    check_variable(scores, "status", "cell_lat", "cell_lon")
    status = scores["status"].values.astype(int)
    lat, lon = scores["cell_lat"].values.astype(float), scores["cell_lon"].values.astype(float)
    products = groups(scores)
    codes = np.unique(status).tolist()
    ground = Basemap.around(lat, lon, shores=not is_simulated(scores))
    rows = -(-len(codes) // 4)
    figure, panels = map_panels(ground, list(products), footer=0.1 + 0.19 * rows)
    handles = []
    size, dense = _point_size(products)
    for number, code in enumerate(codes):
        look = _status_look(code, number)
        for axes, index in zip(panels, products.values()):
            chosen = index[status[index] == code]
            x, y = ground.project(lat[chosen], lon[chosen])
            axes.plot(x, y, ms=size, zorder=3, rasterized=dense, **look)
        words = f"{status_words(code)} ({(status == code).sum()})"
        handles += panels[0].plot([], [], ms=5, label=words, **look) if panels else []
    figure.legend(handles=handles, loc="lower center", ncols=min(4, len(codes)), bbox_to_anchor=(0.5, 0.0),
                  borderaxespad=0.1, handletextpad=0.3, columnspacing=1.6)  # fmt: skip
    counts = "; ".join(f"{status_words(code)}: {(status == code).sum()}" for code in codes)
    return finish(figure, scores, title="Map of statuses of cells", description=f"Cells by status: {counts}.")


def _status_look(code: int, number: int) -> dict[str, Any]:
    look: dict[str, Any] = {"ls": "none", "mec": "white", "mew": 0.4}
    if status_name(code) == "ok":
        return look | {"marker": "o", "color": PALETTE[0]}
    return look | {"marker": MARKERS[1 + number % 11], "color": PALETTE[1 + number % 7]}


def _point_size(products: dict[str, np.ndarray]) -> tuple[float, bool]:
    """Size of the points and whether to embed them as an image, the same in all panels."""
    count = max((index.size for index in products.values()), default=0)
    return 5.5 if count < 60 else 4.0 if count < 300 else 3.0, count > MAX_VECTOR
