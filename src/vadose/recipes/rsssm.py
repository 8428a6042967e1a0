"""The record of five rounds and eight sub-steps, from a library of real products or from a simulated Earth."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import ConfigError
from ..report import Report
from ..store import Library
from .fusion_exam import examine
from .fusion_report import add_exam, add_origin, add_verdicts
from .fusion_settings import FusionSettings
from .fusion_verdicts import judge
from .outputs import writable_folder
from .progress import Step, silent
from .settings import dump, read
from .twin_exam import make_earth, score_tables


def rsssm(*, out: str | Path, library: str | None = None, config: str | Path | None = None,
          settings: FusionSettings | None = None, step: Step = silent) -> Path:  # fmt: skip
    """Fuse the products of a library by the plan ``rsssm`` (or another) and report on it.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, ``scores.csv`` where there is something to score by, and ``config.yaml``.
    library : str, optional
        Library with the products; without one a small simulated region is made in ``out/library``.
    config : path, optional
        YAML file of :class:`FusionSettings`.
    settings : FusionSettings, optional
        The same as an object.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.
    """
    asked = settings or (read(config, FusionSettings) if config else FusionSettings())
    folder = writable_folder(out).resolve()
    if library is None:
        step(0, 5, "simulating land, weather, soil water and products")
        lib = Library(str(folder / "library"))
        make_earth(lib, asked, region=asked.regions[0], seed=asked.seeds[0])
    else:
        lib = Library(library, create=False)
    exam = examine(lib, asked, step=step)
    (folder / "config.yaml").write_text(dump(asked), encoding="utf-8")
    plan = exam.plan
    report = Report(
        f"{plan.name}: {plan.title}" if plan.title else plan.name, simulated=exam.simulated,
        subtitle=f"{len(plan.products)} products, {len(plan.rounds)} rounds, {sum(1 for _ in plan.steps())} sub-steps, "
        f"{len(plan.network_names())} independent networks",
    )  # fmt: skip
    verdicts = judge(exam)
    if verdicts:
        add_verdicts(report, verdicts)
    add_exam(report, exam)
    add_origin(report, exam, {"library": lib.url, "truth or stations": exam.reference or "none"})
    if tables := score_tables(exam):
        try:
            pd.concat(tables).to_csv(folder / "scores.csv")
        except OSError as err:
            raise ConfigError(str(folder / "scores.csv"), found=err.strerror or "no room",
                              needed="a file that can be written") from err  # fmt: skip
    step(5, 5, "done")
    return report.write(folder / "report.html")
