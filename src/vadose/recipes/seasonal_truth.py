"""A section of the report of seasonal-drydown: the simulated truth beside what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .. import analysis, periods
from ..report import Column, Report
from ..units import format_unit

if TYPE_CHECKING:
    from .seasonal_drydown import Cycles, SeasonalSettings


def add_truth(report: Report, found: Cycles, truth: Cycles, planted: xr.Dataset, settings: SeasonalSettings) -> None:
    """Sensor and truth side by side, and the planted store."""
    report.add_section(
        "Against the known truth",
        "Two comparisons. First, a linear store driven by the simulated rain, whose e-folding time and lag are planted "
        "and exact; errors of 0.02 m³ m⁻³ and gaps are added to it. Second, the sensor against the true soil moisture "
        "of the simulated top layer, both through the same methods: the layer drains and evaporates, so it has no "
        "single planted time scale, and the second comparison tells what the sensor's errors do.",
    )
    rain = found.rain.compute() if found.rain is not None else planted["sm"]
    rules = analysis.dry_rules(dry=settings.dry)
    rows = []
    for label, name in (("without errors", "sm_true"), ("with errors and gaps", "sm")):
        sm = planted[name]
        tau = analysis.drydown_timescale(sm, rain, rules=rules)
        cycles = [analysis.seasonal_cycle(periods.composite(d, "dekad")["mean"]) for d in (sm, rain)]
        lag = analysis.peak_lag(*cycles)
        pairs = {"time scale, median of events": tau["tau"] / planted["timescale"],
                 "time scale, pooled": tau["tau_pooled"] / planted["timescale"],
                 "lag of the first harmonic": lag["lag_harmonic"] / planted["lag"]}  # fmt: skip
        table = analysis.cell_summary({k: v.assign_attrs(units="1") for k, v in pairs.items()}, area="pixel")
        for k, quantity in enumerate(pairs):
            t = table.isel(quantity=k)
            rows.append([label, quantity, int(t["n_cells"]), float(t["p10"]), float(t["median"]), float(t["p90"])])
    tenths = [Column(c, digits=3) for c in ("10 %", "median", "90 %")]
    columns = [Column("store"), Column("quantity"), Column("cells"), *tenths]
    report.add_table(columns, rows, "Found over planted: 1 is exact.")
    rows = []
    compared = {
        "lag of the first harmonic": ("lag", "lag_harmonic"), "loss observed": ("drydown", "loss_observed"),
        "dry-down time scale, pooled": ("timescale", "tau_pooled"), "memory": ("memory", "timescale"),
        "range of the cycle": ("sm_cycle", "range"),
    }  # fmt: skip
    for label, (key, name) in compared.items():
        a, b = found.results[key][name], truth.results[key][name]
        both = np.isfinite(a.values) & np.isfinite(b.values)
        middle = [float(np.median(v.values[both])) if both.any() else np.nan for v in (a, b)]
        rows.append([label, unit_words(a.attrs["units"]), int(both.sum()), *middle])
    report.add_table([Column("quantity"), Column("unit"), Column("cells"), Column("sensor"), Column("truth")], rows,
                     "Medians over the cells that have both: the sensor and the true top layer.")  # fmt: skip


def unit_words(unit: object) -> str:
    """A unit in print, nothing for 1."""
    return "" if str(unit) == "1" else format_unit(str(unit))
