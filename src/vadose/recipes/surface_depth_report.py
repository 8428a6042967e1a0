"""Sections of the report from surface to depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .. import analysis, plots, schema
from ..report import Column, Report
from ..units import format_number
from .figures import add_figure

if TYPE_CHECKING:
    from .surface_depth import SurfaceDepthSettings


def add_archive(report: Report, name: str, stations: xr.Dataset, pairs: xr.Dataset, departures: xr.Dataset,
             settings: SurfaceDepthSettings) -> None:  # fmt: skip
    """One archive of stations: bins, an example, all pairs."""
    first, last = (str(stations["time"].values[i])[:10] for i in (0, -1))
    report.add_section(
        name,
        f"Daily means, {first} to {last}. Each deeper sensor is compared with the shallowest of its station; where a "
        "depth has several sensors, the two with most common days stand for it. A station counts once in a bin, with "
        "the median over its depths. Lag: the deeper record behind the surface. T: time scale of the exponential "
        "filter of the surface that comes nearest to the deeper record. Lags and T at an end of the range tried are "
        "left out.",
    )
    table, apart = analysis.depth_table(pairs), analysis.depth_table(departures)
    rows = []
    for label in table["bin"].values:
        t, a = table.sel(bin=label), apart.sel(bin=label)
        rows.append([str(label), int(t["stations"]), _iqr(t, "r", 2), _iqr(a, "r", 2), _iqr(t, "lag", 1),
                     _iqr(t, "t_best", 1), _iqr(t, "r_best", 2), format_number(float(t["n_median"]), 0)])  # fmt: skip
    columns = [Column("depth"), Column("stations"), Column("R"), Column("R of anomalies"), Column("lag", "day"),
               Column("T", "day"), Column("R of SWI"), Column("days")]  # fmt: skip
    notes = (
        f"Anomalies: from the {settings.anomaly:g}-day moving mean. R of SWI: of the best T. n: stations with a number."
    )
    report.add_table(columns, rows, "Median over stations, with quartiles, by depth of the deeper sensor.", notes=notes)
    caption = "Correlation with the surface and lag of its maximum by depth; one point a station."
    add_figure(report, plots.depth_boxes(analysis.station_depths(pairs)), caption, "1, day")
    _example(report, stations, pairs)
    if pairs.attrs.get("stations_without_pair"):
        with report.add_details("Stations without a pair of depths"):
            report.add_text(pairs.attrs["stations_without_pair"] + ".")
    with report.add_details("Every station and depth"):
        chosen = analysis.best_pairs(pairs)
        rows = []
        for i in range(chosen.sizes["pair"]):
            p = chosen.isel(pair=i)
            interval = f"{format_number(float(p['r_lower']), 2)} to {format_number(float(p['r_upper']), 2)}"
            rows.append([f"{p['network'].item()}/{p['station'].item()}", float(p["depth"]), float(p["r"]), interval,
                         int(p["n"]), float(p["n_eff"]), float(p["lag"]), float(p["t_best"]),
                         schema.status_name(int(p["status"])).replace("_", " ")])  # fmt: skip
        columns = [Column("station"), Column("depth", "m", 2), Column("R", digits=2),
                   Column(f"{100 * settings.level:g} % interval"),
                   Column("n"), Column("effective n", digits=0), Column("lag", "day", 0), Column("T", "day", 1),
                   Column("status")]  # fmt: skip
        report.add_table(
            columns, rows, "Surface and deeper sensor of every station; the interval allows for persistence."
        )


def _example(report: Report, stations: xr.Dataset, pairs: xr.Dataset) -> None:
    """The record below 10 cm that the soil water index follows best, among those with the longer half of records."""
    chosen = analysis.best_pairs(pairs)
    n = chosen["n"].values
    good = np.isfinite(chosen["t_best"].values) & (chosen["bin"].values != "0-10 cm")
    good &= n >= np.median(n[good]) if good.any() else False
    if not good.any():
        report.add_text("No deeper record below 10 cm has a time scale, hence no example of the soil water index.")
        return
    at = int(np.argmax(np.where(good, chosen["r_best"].values, -2.0)))
    pair = chosen.isel(pair=at)
    label = stations["sensor"].values.astype(str)
    top, low = (stations["sm"].isel(sensor=int(np.flatnonzero(label == str(pair[k].item()))[0]), drop=True)
                for k in ("surface_sensor", "deep_sensor"))  # fmt: skip
    swi = analysis.soil_water_index(top, t_value=float(pair["t_best"]))
    series = xr.Dataset({"surface": top, "deep": low, "swi": swi},
                        attrs={k: v for k, v in stations.attrs.items() if k == "simulated"})  # fmt: skip
    known = np.flatnonzero(np.isfinite(top.values) & np.isfinite(low.values))
    series = series.isel(time=slice(max(int(known[-1]) - 730, int(known[0])), int(known[-1]) + 1))
    series["surface"].attrs["label"] = f"surface, {100 * float(pair['surface_depth']):.0f} cm"
    series["deep"].attrs["label"] = f"{100 * float(pair['depth']):.0f} cm"
    series["swi"].attrs["label"] = f"soil water index of the surface, T = {float(pair['t_best']):.1f} d"
    place = f"{pair['network'].item()} {pair['station'].item()}, R = {format_number(float(pair['r_best']), 2)}"
    caption = (f"{place}: surface, deeper record and soil water index of the surface; the last two years in common. "
               "The example is the best of the longer records, not a typical one.")  # fmt: skip
    add_figure(report, plots.swi_series(series, place_name=place), caption)


def _iqr(row: xr.Dataset, name: str, digits: int) -> str:
    if not int(row[f"{name}_stations"]):
        return format_number(None)
    low, middle, high = (format_number(float(row[f"{name}_{end}"]), digits) for end in ("q25", "median", "q75"))
    known, all_of_them = int(row[f"{name}_stations"]), int(row["stations"])
    return f"{middle} ({low} to {high})" + (f", n = {known}" if known < all_of_them else "")
