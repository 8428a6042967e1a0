"""The examination: fuse boxes of simulated Earths and score the records, inputs and rivals against the truth."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from .. import fusion
from ..fusion.calibrate import uncalibrated_name
from ..fusion.station_level import Level
from ..report import Report
from ..store import Library
from .earth import Earth
from .fusion_boxes import add_boxes, table_of
from .fusion_exam import Exam, examine
from .fusion_pool import Bbox, BoxExam, Pool, pool
from .fusion_report import add_exam, add_origin, add_verdicts
from .fusion_settings import ExamSettings, FusionSettings
from .fusion_verdicts import judge, judge_pool
from .outputs import writable_folder
from .progress import Step, silent
from .rivals import make_rivals
from .settings import dump, read


def twin_exam(*, out: str | Path, config: str | Path | None = None, settings: FusionSettings | None = None,
              step: Step = silent) -> Path:  # fmt: skip
    """Make simulated boxes for each seed, fuse their products by the plan and judge the result by the truth.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, ``scores.csv``, ``verdicts.csv``, with several boxes ``pooled.csv``,
        ``config.yaml`` and one library for each seed and box, ``library-<seed>-<box>``, boxes numbered from 1. What a
        library holds already is kept, so that an interrupted run goes on.
    config : path, optional
        YAML file of :class:`ExamSettings`: the stations of the boxes calibrate the record unless it is said not.
    settings : FusionSettings, optional
        The same as an object.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report: all boxes together first, then each; figures are of the first box of the first seed.
    """
    asked = settings or (read(config, ExamSettings) if config else ExamSettings())
    folder = writable_folder(out).resolve()
    exams = run_exams(folder, asked, step=step)
    step(1, 1, "done")
    return write_exams(folder, asked, exams)


def library_of(folder: Path, seed: int, number: int) -> Library:
    """The library of a box, numbered from 1."""
    return Library(str(folder / f"library-{seed}-{number}"))


def run_exams(folder: Path, settings: FusionSettings, *, step: Step) -> list[BoxExam]:
    """Simulate, fuse and judge each box of each seed.

    The global network learns from all boxes of a seed, and stations of all calibrate the record of each.
    """
    out: list[BoxExam] = []
    boxes = list(enumerate(settings.regions, 1))
    total = len(settings.seeds) * len(boxes)
    for seed in settings.seeds:
        libraries = []
        for number, box in boxes:
            named = _named(step, len(out), total, seed, number if len(boxes) > 1 else 0)
            named(0, 5, "simulating land, weather, soil water and products")
            libraries.append(make_earth(library_of(folder, seed, number), settings, region=box, seed=seed))
        plan, name = settings.resolved(), uncalibrated_name(settings.name)
        if len(libraries) > 1 and plan.zones.wide and name not in libraries[-1].names():
            step(len(out) * 5, total * 5, f"seed {seed}: training all boxes together")
            fusion.train_together(plan, libraries, name=name)
        if settings.calibrate is not None:
            for library in libraries if len(libraries) > 1 else ():
                step(len(out) * 5, total * 5, f"seed {seed}: fusing all boxes")
                fusion.fuse(plan, library, name=name)
            for k, library in enumerate(libraries if len(libraries) > 1 else ()):
                step(len(out) * 5, total * 5, f"seed {seed}: rivals of all boxes")
                others = libraries[:k] + libraries[k + 1 :]
                make_rivals(plan, library, name=name, which=settings.baselines, others=others)
        levels: dict[str, Level] = {}
        for library, (number, box) in zip(libraries, boxes):
            named = _named(step, len(out), total, seed, number if len(boxes) > 1 else 0)
            others = [other for other in libraries if other is not library]
            exam = examine(library, settings, others=others, step=named, levels=levels)
            out.append(BoxExam(seed, number, box, exam))
    return out


def _named(step: Step, at: int, total: int, seed: int, number: int) -> Step:
    """Progress of one box among all."""
    name = f"seed {seed}, box {number}" if number else f"seed {seed}"
    return lambda done, parts, text: step(at * parts + done, total * parts, f"{name}: {text}")


def write_exams(folder: Path, settings: FusionSettings, exams: list[BoxExam]) -> Path:
    """Write report, tables and settings; returns the report."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(dump(settings), encoding="utf-8")
    scores = [t.assign(seed=e.seed, box=e.number) for e in exams for t in score_tables(e.exam)]
    pd.concat(scores).to_csv(folder / "scores.csv")
    together = pool(exams) if len(exams) > 1 else None
    verdicts = write_verdicts(folder, exams, together)
    first = exams[0].exam
    report = Report(
        f"Twin exam: {len(first.plan.products)} simulated products fused", simulated=True,
        subtitle=f"plan {first.plan.name}, {settings.years[0]}-{settings.years[1]}, dekads at "
        f"{settings.resolution:g}°, {_where(settings.regions)}, seeds {', '.join(map(str, settings.seeds))}; judged by "
        "the simulated truth",
    )  # fmt: skip
    if together is None:
        add_verdicts(report, judge(first))
    else:
        add_boxes(report, together, verdicts)
    add_exam(report, first)
    facts = {"seeds": list(settings.seeds), "boxes": [list(b) for b in settings.regions]}
    add_origin(report, first, facts | {"figures of": f"box and seed {exams[0].label}"})
    return report.write(folder / "report.html")


def write_verdicts(folder: Path, exams: list[BoxExam], together: Pool | None) -> pd.DataFrame:
    """Every verdict, of all boxes together first, as ``verdicts.csv``; ratios of all boxes as ``pooled.csv``."""
    found = [vars(v) | {"seed": str(e.seed), "box": str(e.number)} for e in exams for v in judge(e.exam)]
    if together is not None:
        found = [vars(v) | {"seed": "all", "box": "all"} for v in judge_pool(together)] + found
        table_of(together).to_csv(folder / "pooled.csv")
    frame = pd.DataFrame(found)[["seed", "box", "what", "value", "error", "goal", "passed", "without_stations"]]
    if frame["without_stations"].isna().all():
        frame = frame.drop(columns="without_stations")
    frame.to_csv(folder / "verdicts.csv", index=False)
    return frame


def _where(regions: tuple[Bbox, ...]) -> str:
    if len(regions) > 1:
        return f"{len(regions)} boxes"
    west, south, east, north = regions[0]
    return f"longitude {west:g} to {east:g}°, latitude {south:g} to {north:g}°"


def make_earth(library: Library, settings: FusionSettings, *, region: Bbox, seed: int, trends: bool = True) -> Library:
    """Simulate a region into a library, unless it is whole there already."""
    earth = Earth(region, settings.resolution, settings.years, seed, step="dekad", products="rsssm", trends=trends,
                  station_density=settings.station_density)  # fmt: skip
    return earth.make(library)


def score_tables(exam: Exam) -> list[pd.DataFrame]:
    """Scores of records and of single products, one row each."""
    wanted = ("coverage", "n", "r", "bias", "ubrmse", "rmse", "n_common", "ratio", "ratio_unbiased")
    tables = {"record": exam.records, "product": exam.products}
    frames = []
    for kind, table in tables.items():
        if isinstance(table, xr.Dataset):
            frame = table[[w for w in wanted if w in table]].drop_vars("quantile", errors="ignore").to_dataframe()
            frames.append(frame.assign(kind=kind))
    return frames
