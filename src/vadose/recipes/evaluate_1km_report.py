"""The report of ``evaluate-1km``: every table and figure of paper 002, and what goes beyond."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import numpy as np

from .. import products
from ..report import Report
from .evaluate_1km_cells import cells, conditions, lookup
from .evaluate_1km_courses import collocation, composite, losses, time
from .evaluate_1km_flights import fidelity, flights
from .evaluate_1km_settings import Evaluate1kmConfig
from .evaluate_1km_stages import Result
from .evaluate_1km_stations import independence, overall, verdicts

WORKS = (
    (
        "Ma, Y. et al. (2026). An independent evaluation of global 1 km soil moisture products using in-situ and "
        "airborne observations. Remote Sensing of Environment 115534.",
        "10.1016/j.rse.2026.115534",
    ),
    (
        "McColl, K. A. et al. (2014). Extended triple collocation: estimating errors and correlation coefficients with "
        "respect to an unknown target. Geophysical Research Letters 41.",
        "10.1002/2014GL061322",
    ),
    (
        "Koch, J., Demirel, M. C., Stisen, S. (2018). The SPAtial EFficiency metric (SPAEF). Geoscientific Model "
        "Development 11, 1873-1886.",
        "10.5194/gmd-11-1873-2018",
    ),
    (
        "Roberts, N. M., Lean, H. W. (2008). Scale-selective verification of rainfall accumulations. Monthly Weather "
        "Review 136, 78-97.",
        "10.1175/2007MWR2123.1",
    ),
    (
        "Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal Statistical "
        "Society B 57, 289-300.",
        "10.1111/j.2517-6161.1995.tb02031.x",
    ),
)


def write(result: Result, config: Evaluate1kmConfig, folder: Path) -> Path:
    """Write ``report.html`` into a folder and return its path."""
    title = config.title + (" (SIMULATED region)" if result.simulated else "")
    stations = len(np.unique(result.stations["station"].values))
    report = Report(
        title,
        simulated=result.simulated,
        subtitle=f"{len(result.pairs)} products, {stations} stations, {result.scores.sizes['cell']} cells",
    )
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
    _origin(report, result, config)
    return report.write(folder / "report.html")


def _origin(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    report.add_section("Origin")
    report.add_provenance(
        {
            "products": result.sources,
            "stations": result.stations.attrs.get("title", ""),
            "training lists": dict(config.training),
            "flights": [f.campaign for f in config.flights],
            "matching": f"± {config.match.window}, inclusive, one to one",
            "intervals": config.score.ci,
            "scaling": config.scaling or "none",
            "software": f"vadose {importlib.metadata.version('vadose')}",
            "settings": "config.yaml",
        }
    )
    entries = [products.get(p.id) for p in config.products if p.id]
    report.add_citations(
        [*WORKS, *dict.fromkeys(f"{e.title}, {e.provider}." + (f" doi:{e.doi}" if e.doi else "") for e in entries)]
    )
