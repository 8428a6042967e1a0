"""The page of the drought recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import plots, schema
from ..report import Column, Report
from .figures import add_figure

#: Limits of the SWDI classes of Martínez-Fernández et al. (2015).
SWDI = {"none": (0.0, np.inf), "mild": (-2.0, 0.0), "moderate": (-5.0, -2.0), "severe": (-10.0, -5.0),
        "extreme": (-np.inf, -10.0)}  # fmt: skip
WORKS = [
    ("Samaniego et al. (2013): Implications of parameter uncertainty on soil moisture drought analysis in Germany.",
     "10.1175/JHM-D-12-075.1"),
    ("Svoboda et al. (2002): The Drought Monitor.", "10.1175/1520-0477-83.8.1181"),
    ("Ford and Labosier (2017): Meteorological conditions associated with the onset of flash drought in the eastern "
     "United States.",
     "10.1016/j.agrformet.2017.08.031"),
    ("Martínez-Fernández et al. (2015): A soil water based index as a suitable agricultural drought indicator.",
     "10.1016/j.jhydrol.2014.12.051"),
]  # fmt: skip


def write(folder: Path, *, settings: dict[str, Any], record: xr.DataArray, result: xr.Dataset, area: xr.Dataset,
          events: xr.Dataset, date: np.datetime64, change: xr.Dataset | None) -> Path:  # fmt: skip
    """Write ``report.html`` into a folder and return its path."""
    subtitle = f"{record.attrs.get('source', '')}, {result.attrs['period'].replace('/', ' to ')}"
    report = Report("Drought", subtitle=subtitle, simulated=schema.is_simulated(result))
    report.add_section(
        "Percentiles",
        f"Every value is ranked among the values of the same time of the year ({result.attrs['window']}, reference: "
        f"{result.attrs['reference']}); "
        + ("its own season is left out of the comparison. " if settings["leave_out"] else "")
        + f"Plotting position: {result.attrs['plotting']}. Missing values stay missing.",
    )
    day = result["percentile"].sel(time=date)
    caption = f"Percentiles on {str(date)[:10]}" + (
        "." if settings["date"] else ", the date with most area below 20 %."
    )
    add_figure(report, plots.drought_map(day), caption, "%")
    _states(report, result)
    report.add_section("Area under drought", "Share of the known area; blank where less than half of it is known.")
    caption = "Share of the area below the percentiles of the classes D0 to D4."
    add_figure(report, plots.drought_area_series(area), caption, "%")
    _events(report, events)
    if "swdi" in result:
        _deficit(report, result["swdi"])
    if change is not None:
        _change(report, change)
    report.add_section("Origin")
    report.add_provenance({"record": record.attrs.get("source", ""), **settings, "software": result.attrs["software"]})
    report.add_citations([*WORKS, ("Benjamini and Hochberg (1995): Controlling the false discovery rate: a practical "
                                   "and powerful approach to multiple testing.",
                                   "10.1111/j.2517-6161.1995.tb02031.x")])  # fmt: skip
    return report.write(folder / "report.html")


def _states(report: Report, result: xr.Dataset) -> None:
    codes, counts = np.unique(result["status"].values, return_counts=True)
    rows = [[schema.status_name(int(c)).replace("_", " "), int(n)] for c, n in zip(codes, counts, strict=True)]
    report.add_table(["status", "cells"], rows, "Cells by status: why a cell has no percentile where it has none.")


def _events(report: Report, events: xr.Dataset) -> None:
    flash = events["flash"].values
    report.add_section(
        "Events",
        f"A drought lasts while the percentile is below {events.attrs['threshold']:g} %; a missing value ends it"
        + (f" after more than {events.attrs['max_gap']} steps. " if events.attrs["max_gap"] else ". ")
        + f"{events.sizes['event']} events of at least {events.attrs['min_duration']:g} d in all cells "
        f"({events.attrs['shorter']} shorter ones left out). Flash drought: {events.attrs['flash']}; "
        f"{int((flash == 1).sum())} events; not known for {int((flash == -1).sum())}, of which a missing value or an "
        "end of the record hides a part.",
    )
    caption = "Events by cell, the cells with most severity; colour: mean deficit below the threshold."
    add_figure(report, plots.drought_timeline(events), caption, "%")
    order = np.argsort(-events["severity"].values, kind="stable")[:15]
    rows = []
    for i in order:
        e = events.isel(event=int(i))
        ends = "" if bool(e["onset_seen"]) and bool(e["end_seen"]) else "at least "
        rows.append([f"{float(e['lat']):.3f}, {float(e['lon']):.3f}", str(e["onset"].values)[:10],
                     str(e["end"].values)[:10], f"{ends}{float(e['duration']):.0f}", float(e["severity"]),
                     float(e["intensity"]), float(e["lowest"]), {1: "yes", 0: "no", -1: "not known"}[int(e["flash"])],
                     float(e["area"])])  # fmt: skip
    columns = [Column("cell", "degrees"), Column("onset"), Column("end"), Column("duration", "day"),
               Column("severity", "% day", 0), Column("intensity", "%", 1), Column("lowest", "%", 1), Column("flash"),
               Column("area", "km2", 0)]  # fmt: skip
    report.add_table(columns, rows, "The severest events; all of them are in events.csv.")


def _deficit(report: Report, swdi: xr.DataArray) -> None:
    values = swdi.values[np.isfinite(swdi.values)]
    report.add_section(
        "Soil water deficit",
        "SWDI: 0 at field capacity, −10 at the wilting point. Unlike percentiles it asks what plants can reach, not "
        "what is usual.",
    )
    rows = [[name, f"{low:g} to {high:g}".replace("-", "−").replace("inf", "∞"),
             100 * float(((values > low) & (values <= high)).mean()) if values.size else None]
            for name, (low, high) in SWDI.items()]  # fmt: skip
    report.add_table([Column("drought"), Column("SWDI"), Column("share of cells and times", "%", 1)], rows,
                     "Classes of the soil water deficit index over all cells and times.")  # fmt: skip


def _change(report: Report, change: xr.Dataset) -> None:
    known = change["status"].values == schema.STATUS["ok"]
    each, field = (int(change[k].values[known].sum()) for k in ("significant", "significant_field"))
    report.add_section(
        "Change between two dates",
        f"{change.attrs['before']} to {change.attrs['after']}: of {int(known.sum())} cells with a value on both dates "
        f"{each} changed significantly cell by cell, {field} with the false discovery rate of the map controlled at "
        f"{change.attrs['alpha']:g}. Correlation of the two errors assumed: {change.attrs['correlation']:g}.",
    )
    caption = "Change and its combined standard uncertainty; dots: significant on the map as a whole."
    add_figure(report, plots.change_map(change), caption)
