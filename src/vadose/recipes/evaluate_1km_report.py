"""The report of ``evaluate-1km``: every table and figure of paper 002, and what goes beyond."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import numpy as np

from ..report import Report
from .citing import cite
from .evaluate_1km_cells import cells, conditions, lookup
from .evaluate_1km_courses import collocation, composite, losses, time
from .evaluate_1km_flights import fidelity, flights
from .evaluate_1km_settings import Evaluate1kmConfig
from .evaluate_1km_stages import Result
from .evaluate_1km_stations import independence, overall, verdicts


def write(result: Result, config: Evaluate1kmConfig, folder: Path) -> Path:
    """Write ``report.html`` into a folder and return its path."""
    title = config.title + (" (SIMULATED region)" if result.simulated else "")
    stations = len(np.unique(result.stations["station"].values))
    report = Report(
        title,
        simulated=result.simulated,
        subtitle=f"{len(result.pairs)} products, {stations} stations, {result.scores.sizes['cell']} cells",
    )
    for i, note in enumerate(config.notes):
        if not i:
            report.add_section("Notes")
        report.add_text(note)
    if result.verdicts is not None:
        verdicts(report, result)
    for section in (
        independence,
        overall,
        cells,
        conditions,
        lookup,
        time,
        collocation,
        flights,
        fidelity,
        composite,
        losses,
    ):
        section(report, result, config)
    _origin(report, result, config, folder)
    return report.write(folder / "report.html")


def _origin(report: Report, result: Result, config: Evaluate1kmConfig, folder: Path) -> None:
    report.add_section("Origin")
    report.add_provenance(
        {
            "products": result.sources,
            "stations": result.stations.attrs.get("title", ""),
            "training lists": dict(config.training) or "none",
            "flights": [f.campaign for f in config.flights] or "none",
            "matching": f"± {config.match.window}, inclusive, one to one",
            "intervals": config.score.ci,
            "scaling": config.scaling or config.score.scaling or "none",
            "software": f"vadose {importlib.metadata.version('vadose')}",
            "settings": "config.yaml",
        }
    )
    methods = ["evaluation_1km", "stations", "validation", "bootstrap", "false_discovery_rate"]
    methods += ["anomalies"] * bool(np.isfinite(result.scores["anomaly_r"].values).any())
    methods += ["time_stability"] * (config.time_stable is not None)
    methods += ["triple_collocation"] * bool(result.collocations)
    methods += ["spatial_fidelity", "fractions_skill"] * ("fidelity" in result.tables)
    cite(report, folder, products=dict.fromkeys(p.id for p in config.products if p.id), methods=methods)
