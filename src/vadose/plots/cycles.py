"""Yearly cycles and dry-downs: when it is wettest, how long after rain, how fast the soil dries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..periods import dekad_of_year
from ..units import format_number, format_unit
from .basemap import degrees
from .fields import check_field, draw_field, ground_of
from .keys import colour_bar
from .naming import check_variable
from .panels import map_panels
from .scales import Scale, round_up
from .series import date_axis
from .style import BLUE, GREY, INK, SKY, VERMILION, WIDTH, axis_label, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MONTHS = "JFMAMJJASOND"
#: Panels in one figure.
MOST = 4


@drawn
def cycle_map(da: xr.DataArray) -> Figure:
    """Draw a field of a region or the world; times of the year in cyclic colours.

    Parameters
    ----------
    da : DataArray, dims ``(lat, lon)``
        With ``units`` and ``long_name``. Names that end in ``_dekad`` or ``_doy`` are times of the year; those that
        begin with ``lag`` have colours symmetric about 0.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the array has other dimensions or less than 2 × 2 cells.
    """
    check_field(da)
    values, name = np.asarray(da, dtype="float64"), str(da.name)
    whole = 36.0 if name.endswith("_dekad") else 365.0 if name.endswith("_doy") else 0.0
    mappable = (Scale("twilight", 0.5, whole + 0.5) if whole else _scale(name, values)).mappable()
    ground = ground_of(da)
    figure, panels = map_panels(ground, [""], footer=0.72, field=True)
    draw_field(panels[0], ground, da, mappable)
    label = axis_label(da)
    bar = colour_bar(figure, mappable, label, at=(WIDTH * 0.22, 0.48, WIDTH * 0.56, 0.11))
    if whole:
        bar.set_ticks(list(0.5 + whole * (np.arange(12) + 0.5) / 12), labels=list(MONTHS))
        bar.set_label(f"{da.attrs.get('long_name', name)}, as month (January to December)")
    share = 100 * float(np.isfinite(values).mean())
    return finish(figure, da, title=f"{label}: map",
                  description=f"{share:.0f} % of the cells of the map have a value.")  # fmt: skip


def _scale(name: str, values: np.ndarray) -> Scale:
    finite = values[np.isfinite(values)]
    if name.startswith("lag"):
        top = round_up(float(np.quantile(np.abs(finite), 0.95))) if finite.size else 1.0
        beyond = bool(finite.size and np.abs(finite).max() > top)
        return Scale("PuOr", -top, top, "both" if beyond else "neither")
    if name == "r":
        return Scale("RdBu", -1.0, 1.0)
    top = round_up(float(np.quantile(finite, 0.98))) if finite.size else 1.0
    low = float(finite.min()) if finite.size else 0.0
    return Scale("cividis", 0.0, top, "both" if low < 0 and finite.max() > top else "min" if low < 0 else
                 "max" if finite.size and finite.max() > top else "neither")  # fmt: skip


@drawn
def lag_histogram(lag: xr.Dataset) -> Figure:
    """Draw how many cells have which lag of soil moisture behind precipitation.

    Parameters
    ----------
    lag : Dataset
        ``lag`` [dekads] from ``analysis.peak_lag``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If there is no ``lag``.
    """
    check_variable(lag, "lag", where="lag")
    values = np.asarray(lag["lag"], dtype=float).ravel()
    known = values[np.isfinite(values)]
    figure = new_figure(WIDTH, 2.5)
    axes = place(figure, 0.7, 0.5, WIDTH - 1.0, 1.75)
    axes.grid(axis="y")
    axes.hist(known, bins=np.arange(-18.25, 18.5, 0.5).tolist(), color=BLUE, edgecolor="white", linewidth=0.4)
    reach = max(3.0, float(np.ceil(np.abs(known).max())) if known.size else 3.0)
    axes.set_xlim(-min(reach, 18.25), min(reach, 18.25))
    axes.axvline(0, color=INK, lw=0.8)
    words = "no cell with a lag"
    if known.size:
        middle = float(np.median(known))
        axes.axvline(middle, color=VERMILION, lw=1.4)
        words = f"median {format_number(middle, 2)} dekads, {format_number(known.size)} cells"
    axes.set_title(words, loc="right", color=VERMILION)
    axes.set_xlabel("Peak of soil moisture behind peak of precipitation [dekads]")
    axes.set_ylabel("Cells")
    return finish(figure, lag, title="Lag of soil moisture behind precipitation", description=words)


@drawn
def cycle_curves(sm: xr.DataArray, fit: xr.DataArray, rain_fit: xr.DataArray | None = None) -> Figure:
    """Draw values by dekad of the year with the fitted yearly cycle, a panel for each cell.

    Parameters
    ----------
    sm : DataArray, dims ``(cell, time)``
        Dekadal values with coordinates ``lat`` and ``lon`` per cell; at most four cells.
    fit, rain_fit : DataArray, dims ``(cell, dekad)``
        Fitted cycles, from ``analysis.cycle_values``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If there are no cells, or more than four.
    """
    count = sm.sizes.get("cell", 0)
    if not 1 <= count <= MOST:
        raise SchemaError("cells", found=str(count), needed=f"1 to {MOST}", do="Select examples.")
    figure, panels = _panels(count, tall=1.5, below=0.75)
    dekad = dekad_of_year(sm["time"].values)
    jitter = (np.arange(dekad.size) // 36 % 9 - 4) * 0.06
    axis = fit["dekad"].values
    for k, axes in enumerate(panels):
        one = sm.isel(cell=k)
        axes.plot(dekad + jitter, np.asarray(one, float), "o", ms=1.6, mew=0, color=SKY, rasterized=dekad.size > 600)
        axes.plot(axis, fit.isel(cell=k), color=BLUE, lw=2.0)
        axes.set_xlim(0.5, 36.5)
        axes.set_xticks(np.arange(2, 36, 3), list(MONTHS))
        axes.set_title(_where(one), loc="left")
        if k % 2 == 0:
            axes.set_ylabel(f"Soil moisture [{format_unit(str(sm.attrs.get('units', '1')))}]")
        if rain_fit is not None:
            right = axes.twinx()
            right.plot(axis, rain_fit.isel(cell=k), color=VERMILION, lw=1.5, ls="--")
            right.spines["right"].set_visible(True)
            right.tick_params(labelcolor=VERMILION)
            if k % 2 == 1 or k == count - 1:
                unit = format_unit(str(rain_fit.attrs.get("units", "mm")))
                right.set_ylabel(f"Precipitation [{unit}]", color=VERMILION)
    looks: list[dict[str, Any]] = [{"marker": "o", "ls": "none", "ms": 3, "color": SKY, "label": "a dekad"},
             {"color": BLUE, "lw": 2, "label": "fitted cycle of soil moisture"}]  # fmt: skip
    if rain_fit is not None:
        looks.append({"color": VERMILION, "lw": 1.5, "ls": "--", "label": "fitted cycle of precipitation (right)"})
    figure.legend(handles=[panels[0].plot([], [], **look)[0] for look in looks], loc="lower center", ncols=len(looks))
    data = [sm, fit] + ([rain_fit] if rain_fit is not None else [])
    return finish(figure, *data, title="Yearly cycles of example cells",
                  description=f"{count} cells, values by dekad of the year and fitted harmonics.")  # fmt: skip


@drawn
def drydown_fits(sm: xr.DataArray, events: xr.Dataset, rain: xr.DataArray | None = None) -> Figure:
    """Draw a daily series with the exponential fits of its dry-downs.

    Parameters
    ----------
    sm : DataArray, dim ``time``
        Daily soil moisture; a few months are best.
    events : Dataset, dim ``event``
        From ``analysis.drydown_events`` of this series.
    rain : DataArray, dim ``time``, optional
        Rain of the same days [mm].

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If an array has other dimensions, or an event lacks a number.
    """
    if sm.dims != ("time",):
        raise SchemaError(str(sm.name), found=f"dims {sm.dims}", needed="(time,)", do="Select one cell.")
    check_variable(events, "start", "end", "tau", "floor", "amplitude", "status", where="events")
    time = sm["time"].values
    figure = new_figure(WIDTH, 3.1)
    axes = place(figure, 0.7, 0.62, WIDTH - 1.4, 2.15)
    axes.grid(axis="y")
    if rain is not None:
        above = axes.twinx()
        above.bar(rain["time"].values, np.asarray(rain, float), width=1.0, color=GREY, alpha=0.55)
        above.invert_yaxis()
        above.set_ylim(top=0, bottom=3.2 * max(float(np.nanmax(np.r_[np.asarray(rain, float), 1.0])), 1.0))
        above.set_ylabel("Rain [mm]", color=GREY)
        above.spines["right"].set_visible(True)
    axes.plot(time, np.asarray(sm, float), "o", ms=2.4, mew=0, color=BLUE, zorder=3)
    shown = 0
    for k in range(events.sizes["event"]):
        e = events.isel(event=k)
        start, end = e["start"].values, e["end"].values
        if int(e["status"]) != 0 or start < time[0] or end > time[-1]:
            continue
        days = np.linspace(0, float((end - start) / np.timedelta64(1, "D")), 60)
        curve = float(e["floor"]) + float(e["amplitude"]) * np.exp(-days / float(e["tau"]))
        axes.plot(start + (days * 86400).astype("timedelta64[s]"), curve, color=VERMILION, lw=1.8, zorder=4)
        axes.annotate(f"{format_number(float(e['tau']), 1)} d", (start, curve[0]), (3, 4), textcoords="offset points",
                      size=7, color=VERMILION, zorder=5)  # fmt: skip
        shown += 1
    axes.set_ylabel(f"Soil moisture [{format_unit(str(sm.attrs.get('units', '1')))}]")
    axes.set_zorder(2)
    axes.patch.set_visible(False)
    date_axis(axes)
    looks: list[dict[str, Any]] = [{"marker": "o", "ls": "none", "ms": 3, "color": BLUE, "label": "soil moisture"},
             {"color": VERMILION, "lw": 1.8, "label": "exponential fit with its e-folding time"}]  # fmt: skip
    if rain is not None:
        looks.append({"color": GREY, "lw": 4, "alpha": 0.55, "label": "rain (from above)"})
    figure.legend(handles=[axes.plot([], [], **look)[0] for look in looks], loc="lower center", ncols=len(looks))
    axes.set_title(_where(sm), loc="left")
    return finish(figure, sm, events, title="Dry-downs with exponential fits",
                  description=f"{shown} dry-downs with a fit in {time.size} days.")  # fmt: skip


def _panels(count: int, *, tall: float, below: float):
    columns = 1 if count == 1 else 2
    rows = -(-count // columns)
    figure = new_figure(WIDTH, rows * (tall + 0.62) + below - 0.3)
    wide = (WIDTH - 1.35 - (0.62 if columns == 2 else 0.0)) / columns
    panels = []
    for k in range(count):
        row, column = divmod(k, columns)
        bottom = below + (rows - 1 - row) * (tall + 0.62)
        panels.append(place(figure, 0.68 + column * (wide + 0.62), bottom, wide, tall))
    return figure, panels


def _where(da: xr.DataArray) -> str:
    if "station" in da.coords and da["station"].ndim == 0:
        return str(da["station"].item())
    if {"lat", "lon"} <= set(da.coords) and da["lat"].ndim == 0:
        return f"{degrees(float(da['lat']), 'NS')}, {degrees(float(da['lon']), 'EW')}"
    return ""
