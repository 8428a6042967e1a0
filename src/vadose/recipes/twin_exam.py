"""The examination: fuse a simulated Earth and score the record, its inputs and its rivals against the truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xarray as xr

from ..report import Report
from ..store import Library
from .earth import Earth
from .fusion_exam import Exam, examine
from .fusion_report import add_exam, add_origin, add_verdicts
from .fusion_settings import FusionSettings
from .fusion_verdicts import Verdict, judge
from .outputs import writable_folder
from .progress import Step, silent
from .settings import dump, read


def twin_exam(*, out: str | Path, config: str | Path | None = None, settings: FusionSettings | None = None,
              step: Step = silent) -> Path:  # fmt: skip
    """Make a simulated region for each seed, fuse its products by the plan and judge the result by the truth.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, ``scores.csv``, ``verdicts.csv``, ``config.yaml`` and one library for each
        seed, ``library-<seed>``. What a library holds already is kept, so that an interrupted run goes on.
    config : path, optional
        YAML file of :class:`FusionSettings`.
    settings : FusionSettings, optional
        The same as an object.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report; figures are of the first seed.
    """
    asked = settings or (read(config, FusionSettings) if config else FusionSettings())
    folder = writable_folder(out).resolve()
    exams = run_exams(folder, asked, step=step)
    step(1, 1, "done")
    return write_exams(folder, asked, exams)


@dataclass(frozen=True)
class OneSeed:
    """The examination of one seed."""

    seed: int
    exam: Exam
    verdicts: list[Verdict]


def run_exams(folder: Path, settings: FusionSettings, *, step: Step) -> list[OneSeed]:
    """Simulate, fuse and judge each seed."""
    out = []
    for i, seed in enumerate(settings.seeds):

        def told(done: int, total: int, text: str, *, i: int = i, seed: int = seed) -> None:
            step(i * total + done, len(settings.seeds) * total, f"seed {seed}: {text}")

        told(0, 5, "simulating land, weather, soil water and products")
        library = Library(str(folder / f"library-{seed}"))
        make_earth(library, settings, seed=seed)
        exam = examine(library, settings, step=told)
        out.append(OneSeed(seed, exam, judge(exam, seed=seed)))
    return out


def write_exams(folder: Path, settings: FusionSettings, exams: list[OneSeed]) -> Path:
    """Write report, tables and settings; returns the report."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(dump(settings), encoding="utf-8")
    pd.concat([t.assign(seed=e.seed) for e in exams for t in score_tables(e.exam)]).to_csv(folder / "scores.csv")
    verdicts = [v for e in exams for v in e.verdicts]
    pd.DataFrame([vars(v) for v in verdicts]).to_csv(folder / "verdicts.csv", index=False)
    first = exams[0].exam
    west, south, east, north = settings.region
    report = Report(
        f"Twin exam: {len(first.plan.products)} simulated products fused", simulated=True,
        subtitle=f"plan {first.plan.name}, {settings.years[0]}-{settings.years[1]}, dekads at "
        f"{settings.resolution:g}°, longitude {west:g} to {east:g}°, latitude {south:g} to {north:g}°, seeds "
        f"{', '.join(map(str, settings.seeds))}; judged by the simulated truth",
    )  # fmt: skip
    add_verdicts(report, verdicts)
    add_exam(report, first)
    add_origin(report, first, {"seeds": list(settings.seeds), "figures of seed": exams[0].seed})
    return report.write(folder / "report.html")


def make_earth(library: Library, settings: FusionSettings, *, seed: int) -> None:
    """Simulate the region of the settings into a library, unless it is whole there already."""
    Earth(settings.region, settings.resolution, settings.years, seed, step="dekad", products="rsssm").make(library)


def score_tables(exam: Exam) -> list[pd.DataFrame]:
    """Scores of records and of single products, one row each."""
    wanted = ("coverage", "n", "r", "bias", "ubrmse", "rmse", "ratio", "ratio_unbiased")
    tables = {"record": exam.records, "product": exam.products}
    frames = []
    for kind, table in tables.items():
        if isinstance(table, xr.Dataset):
            frame = table[[w for w in wanted if w in table]].drop_vars("quantile", errors="ignore").to_dataframe()
            frames.append(frame.assign(kind=kind))
    return frames
