"""Maps of gridded fields side by side, with marks where something is significant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .basemap import Basemap
from .global_map import _edges
from .panels import map_panels
from .scales import Scale, scale
from .style import GREY, INK, WIDTH, axis_label, drawn, finish, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Most dots across a panel; of a finer grid every k-th cell is marked.
MAX_DOTS = 45


@drawn
def trend_panels(trends: Mapping[str, xr.Dataset], *, alpha: float = 0.05) -> Figure:
    """Draw trend maps of several products with one colour scale, dots where a trend is significant.

    Parameters
    ----------
    trends : mapping
        Product name -> dataset with ``slope`` and ``p_value``, dims (lat, lon), as ``analysis.common_trends`` gives.
    alpha : float
        Level of significance of the dots.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If there is no product, or something is no map of trends.
    """
    check_maps({name: ds.get("slope") if isinstance(ds, xr.Dataset) else None for name, ds in trends.items()})
    slopes = {name: ds["slope"].transpose("lat", "lon") for name, ds in trends.items()}
    every = np.concatenate([np.asarray(s, float).ravel() for s in slopes.values()])
    colours = scale("trend", every)
    figure, panels = field_figure(next(iter(slopes.values())), list(slopes), footer=0.62)
    for axes, (name, slope) in zip(panels, slopes.items()):
        draw_field(axes, slope, colours)
        if "p_value" in trends[name]:
            dots(axes, (trends[name]["p_value"] < alpha).transpose("lat", "lon"))
    label = axis_label(next(iter(slopes.values())), "trend")
    colour_bar(figure, colours, label)
    known = [f"{name}: {int(np.isfinite(np.asarray(s)).sum())} cells" for name, s in slopes.items()]
    return finish(figure, *trends.values(), title=f"{label}: maps of products",
                  description=f"Dots where p < {alpha:g}. " + "; ".join(known) + ".")  # fmt: skip


def check_maps(fields: Mapping[str, xr.DataArray | None]) -> None:
    """Refuse what is no set of maps (lat, lon)."""
    if not fields:
        raise SchemaError("maps", found="none", needed="at least one")
    for name, da in fields.items():
        if da is None or set(da.dims) != {"lat", "lon"} or min(da.sizes.values()) < 2:
            found = "no such variable" if da is None else f"dims {dict(da.sizes)}"
            raise SchemaError(str(name), found=found, needed="(lat, lon) with at least 2 × 2 cells")


def ground_of(da: xr.DataArray) -> Basemap:
    """The map that holds the cells of a field."""
    lat, lon = np.meshgrid(da["lat"].values, da["lon"].values, indexing="ij")
    return Basemap.around(lat.ravel(), lon.ravel())


def field_figure(da: xr.DataArray, titles: Sequence[str], *, footer: float) -> tuple[Figure, list[Axes]]:
    """Empty maps for fields on the grid of ``da``, with room [inch] below them."""
    return map_panels(ground_of(da), titles, footer=footer)


def draw_field(axes: Axes, da: xr.DataArray, colours: Scale) -> None:
    """Draw cells in the colours of a scale."""
    mappable = colours.mappable()
    mesh(axes, da, np.ma.masked_invalid(np.asarray(da, float)), norm=mappable.norm, cmap=mappable.cmap)


def mesh(axes: Axes, da: xr.DataArray, values: np.ndarray, *, norm, cmap) -> None:
    """Draw cells on a map."""
    ground = ground_of(da)
    lat, lon = (_edges(da[k].values.astype(float)) for k in ("lat", "lon"))
    grid_lon, grid_lat = np.meshgrid(np.clip(lon, -180, 180), np.clip(lat, -90, 90))
    x, y = ground.project(grid_lat, grid_lon)
    axes.pcolormesh(x, y, values, norm=norm, cmap=cmap, rasterized=True, zorder=0.35)


def dots(axes: Axes, marked: xr.DataArray) -> None:
    """Dots in the middle of marked cells; of a fine grid every k-th cell is asked."""
    step = max(1, -(-max(marked.shape) // MAX_DOTS))
    marked = marked.isel(lat=slice(step // 2, None, step), lon=slice(step // 2, None, step))
    row, col = np.nonzero(np.asarray(marked))
    x, y = ground_of(marked).project(marked["lat"].values[row], marked["lon"].values[col])
    axes.plot(x, y, ".", ms=2.4, color=INK, mew=0, zorder=3, rasterized=row.size > 500)


def colour_bar(figure: Figure, colours: Scale, label: str) -> None:
    """A horizontal bar below the maps."""
    bar = figure.colorbar(colours.mappable(), cax=place(figure, WIDTH * 0.28, 0.42, WIDTH * 0.44, 0.11),
                          orientation="horizontal", extend=colours.extend)  # fmt: skip
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)


def legend_of_classes(figure: Figure, entries: Mapping[str, Any], *, columns: int = 4) -> None:
    """Colours of classes with their names, below the maps."""
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colour, edgecolor=GREY, lw=0.4, label=name) for name, colour in entries.items()]
    figure.legend(handles=handles, loc="lower center", ncols=min(columns, len(handles)), bbox_to_anchor=(0.5, 0.0),
                  borderaxespad=0.1, handletextpad=0.4, columnspacing=1.4)  # fmt: skip
