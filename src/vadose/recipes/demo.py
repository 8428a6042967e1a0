"""The tour: a simulated Earth, sensors judged by stations and the truth, and eleven products fused into one record."""

from __future__ import annotations

from pathlib import Path

from .. import twin, validation
from ..report import Column, Report
from ..store import Library
from .config import EvaluateConfig, validate
from .evaluate import evaluate
from .fusion_report import add_summary
from .fusion_settings import FusionSettings
from .outputs import writable_folder
from .progress import Step, silent
from .true_pairs import true_pairs
from .twin_exam import library_of, run_exams, write_exams
from .validation_report import with_interval

REGION = (-4.0, 38.0, 1.0, 42.0)
RESOLUTION = 0.25
YEARS = (2015, 2017)
#: The examination of fusion inside the tour: 64 cells and all rounds, without the six stations of its box.
FUSION = FusionSettings(regions=((-8.0, 38.0, -6.0, 40.0),), resolution=0.25)
SENSORS = {"Simulated sensor A": "twin/sensor_a", "Simulated sensor B": "twin/sensor_b"}


def demo(*, out: str | Path, seed: int = 7, fusion: FusionSettings = FUSION,
         step: Step = silent) -> Path:  # fmt: skip
    """Make a small simulated Earth, validate its sensors, fuse eleven products, and compare both with the truth.

    Parameters
    ----------
    out : path
        Output folder: ``library``, ``report.html``, ``scores.nc``, ``scores.csv``, ``config.yaml``, and ``fusion`` with
        the examination of fusion (:func:`vadose.recipes.twin_exam.twin_exam`).
    seed : int
        Seed of the simulated Earth.
    fusion : FusionSettings
        The examination's settings; its seed is the demo's.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.
    """
    folder = writable_folder(out).resolve()
    asked = fusion.model_copy(update={"seeds": (seed,)})
    library = Library(str(folder / "library"))
    libraries = [library_of(folder / "fusion", seed, k) for k in range(1, len(asked.regions) + 1)]
    for lib in (library, *libraries):
        for name in lib.names():  # a second run starts afresh
            lib.delete(name)
    step(0, 8, "making land, weather, soil water, sensors and stations")
    twin.create(library, region=REGION, resolution=RESOLUTION, years=YEARS, seed=seed)
    exams = run_exams(folder / "fusion", asked, step=lambda done, total, text: step(1 + done, 8, f"fusion, {text}"))
    write_exams(folder / "fusion", asked, exams)
    config = settings(folder, seed)
    step(7, 8, "judging the sensors by the stations")

    def more(report: Report) -> None:
        _against_truth(report, library)
        add_summary(
            report, exams[0].exam, "All tables, figures and verdicts stand in fusion/report.html beside this page."
        )

    report = evaluate(config, out=folder, extra=more)
    step(8, 8, "done")
    return report


def settings(folder: Path, seed: int) -> EvaluateConfig:
    """The validation of the demo, as a configuration a user could write."""
    raw = {
        "title": "Demo: simulated sensors judged by stations, eleven products fused",
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
