"""Products beside the maps of an airborne campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number
from .naming import check_variable
from .scales import Scale
from .style import FAINT, GREY, INK, WIDTH, axis_label, drawn, finish, new_figure, place, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Most flights shown beside each other; more are thinned evenly.
MOST = 8


@drawn
def campaign_panels(maps: Mapping[str, xr.Dataset], scores: xr.Dataset) -> Figure:
    """Draw the maps of all products and of the aircraft for each flight, with a scatter plot per product.

    Parameters
    ----------
    maps : mapping of str to Dataset
        Product -> ``estimate`` and ``reference`` with dims ``(flight, lat, lon)`` in one unit and coordinate ``time``
        (flight), as from :func:`vadose.validation.flight_maps`.
    scores : Dataset, dims ``(product, flight)``
        From :func:`vadose.validation.airborne`: ``r``, and ``campaign_r``, ``campaign_bias``, ``campaign_rmsd``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If there is no product or a variable is missing.

    Notes
    -----
    Paper 002, Figs 5 to 8. R of each flight stands in the corner of its map. Choice: at most 8 flights are shown,
    thinned evenly; the scatter plots hold all.
    """
    if not maps:
        raise SchemaError("maps", found="no product", needed="at least one")
    for name, ds in maps.items():
        check_variable(ds, "estimate", "reference", "time", where=f"maps[{name!r}]")
    check_variable(scores, "r", "campaign_r", "campaign_bias", "campaign_rmsd")
    first = next(iter(maps.values()))
    flights = np.unique(np.linspace(0, first.sizes["flight"] - 1, min(MOST, first.sizes["flight"])).round().astype(int))
    stack = np.concatenate([np.ravel(d[k]) for d in maps.values() for k in ("estimate", "reference")])
    stack = stack[np.isfinite(stack)].astype(float)
    top = float(np.quantile(stack, 0.995)) if stack.size else 1.0
    colours = Scale("YlGnBu", 0.0, top, "max")
    mappable = colours.mappable()
    left, gap, right, below, head = 0.86, 0.04, 1.08, 0.62, 0.42
    lat, lon = first["lat"].values, first["lon"].values
    shape = (np.ptp(lat) or 1.0) / ((np.ptp(lon) or 1.0) * np.cos(np.radians(lat.mean())))
    wide = min((WIDTH - left - right - gap * (flights.size - 1)) / flights.size, 1.2)
    tall = min(wide * shape, 1.6)
    rows = len(maps) + 1
    figure = new_figure(WIDTH, below + head + rows * (tall + gap))
    for row, name in enumerate([*maps, "aircraft"]):
        bottom = below + (rows - 1 - row) * (tall + gap)
        ds = maps.get(name, first).transpose("flight", "lat", "lon", ...)
        values = np.asarray(ds["estimate" if name in maps else "reference"], dtype="float64")
        for column, flight in enumerate(flights):
            axes = place(figure, left + column * (wide + gap), bottom, wide, tall)
            axes.set(xticks=[], yticks=[], facecolor=FAINT)
            axes.imshow(values[flight], cmap=mappable.cmap, norm=mappable.norm, aspect="auto", interpolation="nearest")
            for spine in axes.spines.values():
                spine.set(visible=True, color=GREY)
            if row == 0:
                day = np.datetime_as_string(first["time"].values[flight], unit="D")
                axes.set_title(f"{day[:4]}\n{day[5:]}", size=7, pad=2, linespacing=1.0)
            if column == 0:
                axes.set_ylabel(wrap(name, 12), rotation=0, ha="right", va="center", size=8)
            if name in maps:
                r = float(scores["r"].sel(product=name).values[flight])
                text = (
                    format_number(r, 2)
                    if np.isfinite(r)
                    else ("no map" if not np.isfinite(values[flight]).any() else "–")
                )
                axes.text(0.04, 0.04, text, transform=axes.transAxes, size=6.5, color=INK,
                          bbox={"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 0.8})  # fmt: skip
        if name in maps:
            size = min(tall, right - 0.3)
            axes = place(figure, left + flights.size * (wide + gap) + 0.26, bottom + (tall - size) / 2, size, size)
            _scatter(axes, ds, top, scores.sel(product=name), last=row == len(maps) - 1)
    bar_axes = place(figure, left, 0.4, min(3.0, flights.size * wide), 0.1)
    bar = figure.colorbar(mappable, cax=bar_axes, orientation="horizontal", extend="max")
    bar.set_label(axis_label(first["reference"], "Soil moisture"), size=8)
    bar.outline.set_linewidth(0.5)
    campaign = str(scores.attrs.get("campaign", "campaign"))
    words = "; ".join(f"{n}: R {float(scores['campaign_r'].sel(product=n)):.2f}" for n in maps)
    return finish(figure, *maps.values(), scores, title=f"Products and aircraft, {campaign}", description=words)


def _scatter(axes: Axes, ds: xr.Dataset, top: float, scores: xr.Dataset, *, last: bool) -> None:
    x, y = (np.ravel(ds[k].transpose("flight", "lat", "lon")).astype(float) for k in ("reference", "estimate"))
    ok = np.isfinite(x) & np.isfinite(y)
    axes.hist2d(x[ok], y[ok], bins=40, range=((0, top), (0, top)), cmap="Greys", cmin=1, rasterized=True)
    axes.plot([0, top], [0, top], color=INK, lw=0.6, ls=(0, (4, 2)))
    r, bias, rmsd = (float(scores[f"campaign_{k}"]) for k in ("r", "bias", "rmsd"))
    text = f"R {format_number(r, 2)}\nb {format_number(bias, 3)}\nD {format_number(rmsd, 3)}"
    axes.text(0.03, 0.99, text, transform=axes.transAxes, size=5.8, va="top", linespacing=1.1)
    axes.set(xlim=(0, top), ylim=(0, top))
    ticks = [0.0, round(top / 2, 1), round(top, 1)]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks] if last else [""] * 3, size=6)
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks], size=6)
    if last:
        axes.set_xlabel("aircraft", size=6.5, labelpad=1)
