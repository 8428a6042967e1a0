"""Maps of trends that say where they are more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import ConfigError, SchemaError
from .naming import check_variable
from .panels import check_field, draw_field, draw_marks, ground_of, map_panels
from .scales import Scale, scale
from .style import INK, WIDTH, axis_label, drawn, finish, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What to mark, and how.
MARKS = {"significant": "dots", "insignificant": "strokes", "none": ""}


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
    more = [dim] if dim else []
    check_field(slope, *more)
    if mark != "none" and significant is None:
        check_variable(trend, "p_value", where="trend")
        significant = trend["p_value"] < alpha
    if significant is not None and set(significant.dims) != set(slope.dims):
        raise SchemaError("significant", found=f"dims {tuple(map(str, significant.dims))}",
                          needed=f"{tuple(map(str, slope.dims))}")  # fmt: skip
    values = np.asarray(slope, dtype="float64")
    colours = scale("trend", values)
    if limits is not None:
        colours = Scale(colours.cmap, *limits, "both")
    mappable = colours.mappable()
    ground = ground_of(slope)
    titles = [str(v) for v in slope[dim].values] if dim else [""]
    figure, panels = map_panels(ground, titles, footer=0.82 if mark != "none" else 0.66)
    for k, axes in enumerate(panels):
        one = slope.isel({dim: k}) if dim else slope
        one = one.transpose("lat", "lon")
        here = np.asarray(one, dtype="float64")
        rgba = mappable.to_rgba(here)
        rgba[~np.isfinite(here)] = 0.0
        draw_field(axes, ground, one, rgba)
        _shore_on_top(axes)
        if significant is not None and mark != "none":
            sure = significant.isel({dim: k}) if dim else significant
            draw_marks(axes, ground, (sure if mark == "significant" else ~sure) & one.notnull(), style=MARKS[mark])
    bottom = 0.58 if mark != "none" else 0.42
    bar = figure.colorbar(mappable, cax=place(figure, WIDTH * 0.28, bottom, WIDTH * 0.44, 0.11),
                          orientation="horizontal", extend=colours.extend)  # fmt: skip
    label = axis_label(slope)
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)
    if mark != "none":
        level = "" if "p_value" not in trend else f" (p < {alpha:g})"
        figure.text(0.5, 0.04 / figure.get_size_inches()[1], ("dots: significant" if mark == "significant" else
                    "strokes: not significant") + level, ha="center", va="bottom", size=7.5, color=INK)  # fmt: skip
    known = np.isfinite(values)
    share = 100 * float((values[known] > 0).mean()) if known.any() else float("nan")
    return finish(figure, trend, slope, title=f"{label}: map",
                  description=f"{int(known.sum())} cells have a trend; {share:.0f} % of them rise.")  # fmt: skip


def _shore_on_top(axes) -> None:
    """Shores above the field that covers the land, and darker."""
    from matplotlib.collections import LineCollection

    for artist in axes.collections:
        if isinstance(artist, LineCollection):
            artist.set(zorder=0.4, color=INK)
