"""A record's calibration by stations: what is added to its level, and what stations differ before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number, format_unit
from .fields import check_field, draw_field, ground_of
from .keys import colour_bar
from .naming import check_variable
from .scales import scale
from .style import BLUE, GREY, INK, VERMILION, WIDTH, axis_label, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Widest and tallest map [inch], and bins of a histogram at most.
WIDE, TALL, BINS = 3.5, 3.2, 30
#: More stations than this have no marks of their own below the histograms.
MARKED = 150


@drawn
def station_calibration(fit: xr.Dataset) -> Figure:
    """Draw the shift of a record's level with the stations of its region, and all stations before and after.

    Parameters
    ----------
    fit : Dataset, dims (site), (lat, lon)
        As from ``vadose.fusion.calibrate`` (``<name>.calibration``): ``level`` (lat, lon), ``difference`` and
        ``predicted`` (site) [m3 m-3], coordinates ``station_lat`` and ``station_lon`` (site).

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing, there is no station, or the level is no map.

    Notes
    -----
    A region of a single row or column of cells has no map.
    """
    check_variable(fit, "level", "difference", "predicted", "station_lat", "station_lon", where="fit")
    before = np.asarray(fit["difference"], "float64")
    if not before.size:
        raise SchemaError("fit", found="no station", needed="at least one")
    after = before - np.asarray(fit["predicted"], "float64")
    level = fit["level"]
    if min(level.sizes.values()) > 1:
        check_field(level)
        ground = ground_of(level)
        wide = min(WIDE, TALL / ground.aspect)
        tall = wide * ground.aspect
        height = max(tall, 2.2)
        figure = new_figure(WIDTH, height + 0.3 + 0.86)
        values = np.concatenate([level.values.ravel(), before[inside(fit)]])
        mappable = scale("bias", values).mappable()
        axes = place(figure, 0.5, 0.86 + height - tall, wide, tall)
        ground.draw(axes, field=True)
        draw_field(axes, ground, level, mappable)
        at = inside(fit)
        x, y = ground.project(fit["station_lat"].values[at], fit["station_lon"].values[at])
        axes.scatter(x, y, c=mappable.to_rgba(before[at]), s=26, edgecolors=INK, linewidths=0.7, zorder=5)
        axes.set_title("Added to the level; points: station less record", size=8, pad=4)
        colour_bar(figure, mappable, axis_label(level, "difference"), size=7.5,
                   at=(0.5 + 0.06 * wide, 0.86 + height - tall - 0.36, 0.88 * wide, 0.09))  # fmt: skip
        left = 0.5 + wide + 0.65
    else:
        figure = new_figure(WIDTH, 3.4)
        height, left = 2.2, 0.65
    _histograms(place(figure, left, 0.86, WIDTH - left - 0.1, height), before, after)
    shown = f"{int(inside(fit).sum())} of {before.size} stations lie in the region"
    return finish(figure, fit, title="Calibration by stations",
                  description=f"{shown}; rms of station less record {_rms(before)}, {_rms(after)} after prediction by "
                  "the others.")  # fmt: skip


def _histograms(axes: Axes, before: np.ndarray, after: np.ndarray) -> None:
    from matplotlib.ticker import MaxNLocator

    most = max(float(np.abs(np.concatenate([before, after])).max()), 1e-3) * 1.001
    edges = np.linspace(-most, most, 1 + int(np.clip(2 * np.sqrt(before.size), 5, BINS))).tolist()
    for k, (values, colour, words) in enumerate(((before, VERMILION, "before"), (after, BLUE, "after, by the others"))):
        axes.hist(values, edges, histtype="stepfilled", color=colour, alpha=0.22, zorder=2)
        axes.hist(values, edges, histtype="step", color=colour, lw=1.3, zorder=3,
                  label=f"{words}: rms {_rms(values)}")  # fmt: skip
        if values.size <= MARKED:
            axes.plot(values, np.full(values.size, -0.04 - 0.05 * k), "|", ms=6, mew=0.9, color=colour, clip_on=False,
                      transform=axes.get_xaxis_transform(), zorder=4)  # fmt: skip
    axes.axvline(0, ymax=0.8, color=GREY, lw=0.8, zorder=1)
    axes.set_xlim(-most, most)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.25)
    if before.size <= MARKED:  # below the marks
        axes.tick_params(axis="x", pad=23)
        axes.spines["bottom"].set_visible(True)
    axes.set_xlabel(f"Mean of station less record [{format_unit('m3 m-3')}]")
    axes.set_ylabel("Stations")
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.legend(loc="upper left", borderaxespad=0.1)


def inside(fit: xr.Dataset) -> np.ndarray:
    """Stations that lie in the region of the map."""
    out = np.ones(fit.sizes["site"], bool)
    for axis in ("lat", "lon"):
        centres = fit[axis].values.astype(float)
        half = abs(centres[1] - centres[0]) / 2 if centres.size > 1 else 0.5
        at = fit[f"station_{axis}"].values
        out &= (at >= centres.min() - half) & (at <= centres.max() + half)
    return out


def _rms(x: np.ndarray) -> str:
    return format_number(float(np.sqrt(np.mean(x**2))), 4)
