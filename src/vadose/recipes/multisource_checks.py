"""Sections of the report of multisource-trends beside the maps: rain, storage, breaks and stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .. import plots, schema, units
from ..report import Column, Report
from .figures import add_figure
from .multisource_settings import TrendsConfig

if TYPE_CHECKING:
    from .multisource_trends import Results


def add_forcing(report: Report, results: Results, config: TrendsConfig) -> None:
    """Moisture beside its own and independent rain."""
    report.add_section(
        "Rain",
        "The trend of each product's moisture beside the trend of the rain it was driven by and of the independent "
        f"record ({config.precipitation.dataset if config.precipitation else ''}). 'Forcing departs' is the share of "
        "cells where own less independent rain has a significant trend of its own.",
    )
    columns = [Column("product"), Column("own rain", "mm yr-1"), Column("independent rain", "mm yr-1"),
               Column("forcing departs", "%", 0), Column("sign: moisture, own", "%", 0),
               Column("sign: moisture, independent", "%", 0), Column("follows its own rain alone", "%", 0),
               Column("against both", "%", 0)]  # fmt: skip
    rows = []
    for name, ds in results.forcing.items():
        s = ds.sel(region="all")
        differs = [100 * float(s["sign_differs"].sel(pair=p)) for p in ("own", "independent")]
        rows.append([name, float(s["mean_slope_own"]), float(s["mean_slope_independent"]),
                     100 * float(s["forcing_departs"]), *differs, 100 * float(s["forcing"]),
                     100 * float(s["model"])])  # fmt: skip
    report.add_table(columns, rows, "Mean trends of rain, and share of cells where signs differ.")
    add_figure(
        report, plots.forcing_map(results.forcing), "What the signs of the trends of moisture and rain say.", "1"
    )


def add_sea_level(report: Report, results: Results) -> None:
    """The sea-level equivalent of the change of storage."""
    report.add_section("Sea level", "Soil water of all layers, summed over the cells with a value in every year; "
                       "361.8 Gt raise the sea by 1 mm. Positive: land loses water.")  # fmt: skip
    rows = []
    for name, ds in results.sea_level.items():
        rows.append([name, interval(ds, "mass_trend"), interval(ds, "sea_level_trend"), float(ds["p_value"]),
                     100 * float(ds["area_share"])])  # fmt: skip
    columns = [Column("product"), Column("soil water", "Gt yr-1"), Column("sea level", "mm yr-1"),
               Column("p", digits=3), Column("area that counts", "%", 0)]  # fmt: skip
    report.add_table(columns, rows, "Change of soil water and its sea-level equivalent, with 95 % intervals.")


def add_breaks(report: Report, results: Results) -> None:
    """Trends that a change of sensor does not move."""
    report.add_section("Changes of sensor", "Slopes of pairs of years on one side of a declared change, which a jump "
                       "of level does not move.")  # fmt: skip
    rows = []
    for name, ds in results.breaks.items():
        plain = results.trends[name]["slope"]
        jump = "; ".join(f"{b}: {units.format_number(float(ds['step'].sel({'break': b}).median()))}"
                         for b in ds["break"].values)  # fmt: skip
        rows.append([name, ds.attrs["breaks"], float(plain.median()), float(ds["slope"].median()), jump])
    unit = next(iter(results.breaks.values()))["slope"].attrs["units"]
    columns = [Column("product"), Column("changes"), Column("median slope", unit),
               Column("median slope within segments", unit), Column("median step")]  # fmt: skip
    report.add_table(columns, rows, "Trends with and without declared changes of sensor.")


def add_stations(report: Report, trends: xr.Dataset, config: TrendsConfig) -> None:
    """Trends at stations by depth."""
    report.add_section("Stations", "Each sensor over its own years, never joined with the next one at its place; at "
                       f"least {config.min_years} annual means.")  # fmt: skip
    ok = trends["status"].values == schema.STATUS["ok"]
    if not ok.any():
        names, counts = np.unique(trends["status"].values, return_counts=True)
        why = ", ".join(f"{schema.status_name(int(c)).replace('_', ' ')}: {n}" for c, n in zip(names, counts))
        report.add_text(f"No sensor has enough years ({why}).")
        return
    unit = trends["slope"].attrs["units"]
    rows = []
    depth = np.round(trends["depth_from"].values, 3), np.round(trends["depth_to"].values, 3)
    for low, high in sorted({*zip(depth[0].tolist(), depth[1].tolist())}):
        here = trends.isel(sensor=np.flatnonzero(ok & (depth[0] == low) & (depth[1] == high)))
        total = int(((depth[0] == low) & (depth[1] == high)).sum())
        slope, p, n = (here[k].values.astype(float) for k in ("slope", "p_value", "n"))
        share = [100 * float(v.mean()) if slope.size else None for v in (slope > 0, slope < 0, p < config.alpha)]
        rows.append([f"{low:g}-{high:g}", f"{slope.size} / {total}", float(np.median(n)) if n.size else None, *share,
                     float(np.median(slope)) if slope.size else None])  # fmt: skip
    columns = [Column("depth", "m"), Column("with trend / all"), Column("median years", digits=0),
               Column("wetter", "%", 0), Column("drier", "%", 0), Column("significant", "%", 0),
               Column("median slope", unit, digits_of(trends["slope"].values))]  # fmt: skip
    report.add_table(columns, rows, "Trends at stations by depth.")


def interval(ds: xr.Dataset, name: str) -> str:
    """A rate with its interval, three significant digits of its width."""
    value, low, high = (float(ds[name + side]) for side in ("", "_lower", "_upper"))
    return units.format_interval(value, low, high, digits=digits_of(np.array([value, low, high])))


def digits_of(values: np.ndarray) -> int:
    """Decimals that leave three significant digits to the largest value."""
    largest = float(np.max(np.abs(values[np.isfinite(values)]), initial=0.0))
    return max(0, 2 - int(np.floor(np.log10(largest)))) if largest > 0 else 2
