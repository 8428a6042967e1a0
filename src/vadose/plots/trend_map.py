"""Maps of trends that say where they are more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import ConfigError, SchemaError
from .fields import check_field, check_fields, draw_field, draw_marks, ground_of
from .keys import BAR, colour_bar
from .naming import check_variable
from .panels import map_panels
from .scales import Scale, scale
from .style import INK, axis_label, drawn, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What to mark: its marks, and the words for them.
MARKS = {"significant": ("dots", "dots: significant"), "insignificant": ("strokes", "strokes: not significant"),
         "none": ("", "")}  # fmt: skip


@drawn
def trend_map(
    trend: xr.Dataset,
    *,
    dim: str | None = None,
    limits: tuple[float, float] | None = None,
    mark: str = "significant",
    alpha: float = 0.05,
    significant: xr.DataArray | None = None,
) -> Figure:
    """Draw slopes on a map of the region or the world, with marks where they are, or are not, significant.

    Parameters
    ----------
    trend : Dataset, dims ``(lat, lon)``
        ``slope`` with ``units``, and ``p_value`` unless nothing or ``significant`` is to be marked.
    dim : str, optional
        Further dimension, one panel for each of its labels, with one colour scale.
    limits : (float, float), optional
        Range of the colours; by default symmetric about 0 up to the 95th percentile.
    mark : {"significant", "insignificant", "none"}
        Dots on significant cells, strokes (a hatch) on the others, or neither.
    alpha : float
        Level below which a p-value is significant.
    significant : DataArray of bool, optional
        What is significant, such as from ``vadose.analysis.field_significance``, instead of ``p_value < alpha``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing or has other dimensions.
    ConfigError
        If ``mark`` is unknown.

    Notes
    -----
    Red falls, blue rises. Choice: marks stand on every k-th row and column, far enough apart to be told from each
    other; a field finer than the paper is thinned, never averaged.
    """
    if mark not in MARKS:
        raise ConfigError("mark", found=repr(mark), needed=f"one of {list(MARKS)}")
    check_variable(trend, "slope", where="trend")
    slope = trend["slope"]
    check_field(slope, *([dim] if dim else []))
    level = "" if "p_value" not in trend else f" (p < {alpha:g})"
    if mark != "none" and significant is None:
        check_variable(trend, "p_value", where="trend")
        significant = trend["p_value"] < alpha
    if significant is not None and set(significant.dims) != set(slope.dims):
        raise SchemaError("significant", found=f"dims {tuple(map(str, significant.dims))}",
                          needed=f"{tuple(map(str, slope.dims))}")  # fmt: skip
    names = [str(v) for v in slope[dim].values] if dim else [""]
    slopes = [slope.isel({dim: k}) if dim else slope for k in range(len(names))]
    marked: list[xr.DataArray | None] = [None] * len(names)
    if significant is not None and mark != "none":
        wanted = significant if mark == "significant" else ~significant
        marked = [wanted.isel({dim: k}) if dim else wanted for k in range(len(names))]
    label = axis_label(slope)
    figure = _maps(slopes, marked, names, label=label, limits=limits, mark=mark,
                   level=level)  # fmt: skip
    values = np.asarray(slope, dtype="float64")
    known = np.isfinite(values)
    share = 100 * float((values[known] > 0).mean()) if known.any() else float("nan")
    return finish(figure, trend, slope, title=f"{label}: map",
                  description=f"{int(known.sum())} cells have a trend; {share:.0f} % of them rise.")  # fmt: skip


@drawn
def trend_panels(trends: Mapping[str, xr.Dataset], *, alpha: float = 0.05) -> Figure:
    """Draw trend maps of several products with one colour scale, dots where a trend is significant.

    Parameters
    ----------
    trends : mapping
        Product name -> dataset with ``slope`` and, where there is one, ``p_value``, dims (lat, lon), as
        ``analysis.common_trends`` gives.
    alpha : float
        Level below which a p-value is significant.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If there is no product, or something is no map of trends.
    """
    for name, ds in trends.items():
        check_variable(ds, "slope", where=name)
    slopes = {name: ds["slope"] for name, ds in trends.items()}
    check_fields(slopes)
    marked = {name: ds["p_value"] < alpha if "p_value" in ds else None for name, ds in trends.items()}
    label = axis_label(next(iter(slopes.values())), "trend")
    figure = _maps(list(slopes.values()), list(marked.values()), list(slopes), label=label, limits=None,
                   mark="significant", level=f" (p < {alpha:g})")  # fmt: skip
    known = [f"{name}: {int(np.isfinite(np.asarray(s)).sum())} cells" for name, s in slopes.items()]
    return finish(figure, *trends.values(), title=f"{label}: maps of products",
                  description=f"Dots where p < {alpha:g}. " + "; ".join(known) + ".")  # fmt: skip


def _maps(slopes: Sequence[xr.DataArray], marked: Sequence[xr.DataArray | None], titles: Sequence[str], *, label: str,
          limits: tuple[float, float] | None, mark: str, level: str) -> Figure:  # fmt: skip
    """Maps of slopes with one colour scale, the marks of each, and what they mean."""
    colours = scale("trend", np.concatenate([np.asarray(s, dtype="float64").ravel() for s in slopes]))
    if limits is not None:
        colours = Scale(colours.cmap, *limits, "both")
    mappable = colours.mappable()
    ground = ground_of(slopes[0])
    style, words = MARKS[mark]
    room = 0.16 if words else 0.0
    figure, panels = map_panels(ground, titles, footer=0.66 + room, field=True)
    for axes, slope, where in zip(panels, slopes, marked, strict=True):
        draw_field(axes, ground, slope, mappable)
        if where is not None:
            draw_marks(axes, ground, where & slope.notnull(), style=style)
    colour_bar(figure, mappable, label, at=(BAR[0], BAR[1] + room, *BAR[2:]))
    if words:
        figure.text(0.5, 0.04 / figure.get_figheight(), words + level, ha="center", va="bottom", size=7.5, color=INK)
    return figure
