"""A Hovmöller diagram of coverage: latitude against time, by where the values come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .basemap import degrees
from .fields import edges
from .keys import class_legend, colour_bar
from .naming import check_variable
from .scales import Scale, class_colours
from .style import FAINT, PALETTE, WIDTH, axis_label, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Colours of origins that are no round.
OTHERS = {"gap filled": "#999999", "snow or ice": "#a6cee3", "no value": "#ffffff"}


@drawn
def coverage_hovmoeller(coverage: xr.Dataset) -> Figure:
    """Draw the share of the land with a value, and the origin of most values, by latitude and time.

    Parameters
    ----------
    coverage : Dataset
        ``share`` (origin, time, lat) and ``covered`` (time, lat) [1], as from ``vadose.fusion.coverage``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.

    Notes
    -----
    The lower panel shows for each latitude and dekad the origin with the largest share.
    """
    check_variable(coverage, "share", "covered", "origin", where="coverage")
    origins = coverage["origin"].values.astype(str).tolist()
    rounds = [o for o in origins if o not in OTHERS]
    colours = dict(zip(rounds, PALETTE[:4] + PALETTE[4:])) | OTHERS
    share = coverage["share"].transpose("origin", "lat", "time").values
    covered = coverage["covered"].transpose("lat", "time").values
    land = np.isfinite(share).any(axis=0)
    most = np.where(land, np.nan_to_num(share, nan=-1.0).argmax(axis=0), -1).astype("float64")
    most[most < 0] = np.nan
    time, lat = coverage["time"].values, coverage["lat"].values.astype(float)
    rows = -(-len(origins) // 4)
    tall, foot = 1.35, 0.5 + 0.19 * rows
    figure = new_figure(WIDTH, 2 * tall + 0.78 + foot)
    width = WIDTH - 1.5
    upper = place(figure, 0.62, foot + tall + 0.52, width, tall)
    lower = place(figure, 0.62, foot, width, tall)
    x, y = _time_edges(time), edges(lat)
    share_colours, classes = Scale("cividis", 0.0, 100.0).mappable(), class_colours([colours[o] for o in origins])
    for axes, values, look in ((upper, 100 * covered, share_colours), (lower, most, classes)):
        axes.pcolormesh(x, y, np.ma.masked_invalid(values), norm=look.norm, cmap=look.cmap, rasterized=True)
    for axes, words in ((upper, f"{axis_label(coverage['covered']).partition('[')[0]}[%]"),
                        (lower, "Origin of most values")):  # fmt: skip
        axes.set_facecolor(FAINT)
        axes.set_title(words, loc="left", size=8.5)
        axes.set_ylabel("Latitude")
        ticks = [t for t in axes.get_yticks() if y.min() <= t <= y.max()]
        axes.set_yticks(ticks, [degrees(t, "NS") for t in ticks])
        axes.set_ylim(y.min(), y.max())
    colour_bar(figure, share_colours, at=(0.62 + width + 0.12, foot + tall + 0.52, 0.1, tall))
    class_legend(figure, {o: colours[o] for o in origins})
    mean = "; ".join(f"{o} {100 * float(np.nanmean(s)) if land.any() else 0:.1f} %" for o, s in zip(origins, share))
    return finish(figure, coverage, title="Coverage by latitude and time",
                  description=f"Mean share of the land of each latitude: {mean}.")  # fmt: skip


def _time_edges(time: np.ndarray) -> np.ndarray:
    step = np.diff(time)
    last = step[-1] if step.size else np.timedelta64(10, "D")
    return np.r_[time, time[-1] + last]
