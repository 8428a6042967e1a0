"""The tour: a simulated Earth, two sensors judged by stations, and the judgement judged by the truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from .. import twin, validation
from ..report import Column, Report
from ..store import Library
from .config import EvaluateConfig, validate
from .evaluate import evaluate, writable_folder
from .validation_report import with_interval

Step = Callable[[int, int, str], None]

REGION = (-4.0, 38.0, 1.0, 42.0)
RESOLUTION = 0.25
YEARS = (2015, 2017)
SENSORS = {"Simulated sensor A": "twin/sensor_a", "Simulated sensor B": "twin/sensor_b"}


def demo(*, out: str | Path, seed: int = 7, step: Step = lambda done, total, text: None) -> Path:
    """Make a small simulated Earth, validate its sensors and compare the verdict with the truth.

    Parameters
    ----------
    out : path
        Output folder: ``library``, ``report.html``, ``scores.nc``, ``scores.csv``, ``config.yaml``.
    seed : int
        Seed of the simulated Earth.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.
    """
    folder = writable_folder(out).resolve()
    library = Library(str(folder / "library"))
    for name in library.names():  # a second run starts afresh
        library.delete(name)
    step(0, 3, "making land, weather, soil water, sensors and stations")
    twin.create(library, region=REGION, resolution=RESOLUTION, years=YEARS, seed=seed)
    config = settings(folder, seed)
    step(1, 3, "judging the sensors by the stations")
    report = evaluate(config, out=folder, extra=lambda report: _against_truth(report, library))
    step(3, 3, "done")
    return report


def settings(folder: Path, seed: int) -> EvaluateConfig:
    """The validation of the demo, as a configuration a user could write."""
    raw = {
        "title": "Demo: two simulated sensors judged by simulated stations",
        "library": str(folder / "library"),
        "out": str(folder),
        "stations": {"dataset": "twin/stations", "depth": [0.0, 0.1]},
        "products": [{"label": k, "dataset": v} for k, v in SENSORS.items()],
        "score": {"min_cells": 10, "seed": seed},
        "notes": ["Everything on this page is SIMULATED: land, weather, soil, sensors and stations come from a seeded "
                  "model whose truth is known."],
    }  # fmt: skip
    return validate(raw, where="demo")


def _against_truth(report: Report, library: Library) -> None:
    """What the stations said beside what is true over every cell."""
    truth = library.open("twin/truth")["sm"].isel(layer=0, drop=True)
    report.add_section(
        "Against the known truth",
        "On a simulated Earth the truth is known in every cell, so the validation itself can be judged: the same "
        "scores over all cells and days, without stations between.",
    )
    rows = []
    for label, name in SENSORS.items():
        score = validation.score_pooled(true_pairs(library.open(name)["sm"], truth))
        scores = [with_interval(score, m, 3) for m in ("r", "bias", "ubrmse")]
        rows.append([label, int(score["n"]), *scores])
    columns = [Column("sensor"), Column("n"), Column("true R"), Column("true bias", "m3 m-3"),
               Column("true ubRMSE", "m3 m-3")]  # fmt: skip
    caption = "Simulated sensors against the simulated truth of the top layer, all cells and days."
    note = ("A station is a point and not a cell, which adds an error of its own: expect a larger ubRMSE and a smaller "
            "R in the tables that rest on stations.")  # fmt: skip
    report.add_table(columns, rows, caption, notes=note)


def true_pairs(estimate: xr.DataArray, truth: xr.DataArray) -> xr.Dataset:
    """Pairs of two gridded series on one grid and time axis: every cell is a pair of series."""
    estimate, truth = xr.align(estimate, truth, join="exact")
    stacked = {k: v.stack(cell=("lat", "lon")).transpose("cell", "time").reset_index("cell", drop=True)
               for k, v in (("estimate", estimate), ("reference", truth))}  # fmt: skip
    pairs = xr.Dataset(stacked).chunk(time=-1) if estimate.chunks else xr.Dataset(stacked)
    pairs = pairs.where(pairs["estimate"].notnull() & pairs["reference"].notnull())
    for name in ("estimate", "reference"):
        pairs[name].attrs["units"] = "m3 m-3"
    return pairs.assign_coords(cell=np.arange(pairs.sizes["cell"])).assign_attrs(simulated="true", title="true pairs")
