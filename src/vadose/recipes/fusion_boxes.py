"""The report on many boxes: all of them together, then each beside the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import plots
from ..report import Column, Report
from .figures import add_figure
from .fusion_exam import FUSED
from .fusion_pool import RATIOS, Pool
from .fusion_report import GIVEN_NOTE, PLAIN_NOTE, RATIO_NOTE, SM
from .fusion_verdicts import BASELINE, PRODUCT, WORDS
from .rivals import BASELINES

#: Units of a trend of soil moisture.
RATE = "m3 m-3 yr-1"


def add_boxes(report: Report, pool: Pool, verdicts: pd.DataFrame) -> None:
    """Add the verdicts on all boxes together, then what lies behind them, box by box.

    Parameters
    ----------
    report : Report
        Where to add.
    pool : Pool
        All boxes together.
    verdicts : DataFrame
        Columns seed, box, what, value, error, goal, passed; those of all boxes together have ``"all"`` as box.
    """
    whole, single = verdicts[verdicts["box"] == "all"], verdicts[verdicts["box"] != "all"]
    missed = int((~whole["passed"]).sum())
    words = "Every one is reached." if not missed else f"{missed} of {len(whole)} are not reached."
    seeds = len({e.seed for e in pool.exams})
    earths = "one simulated Earth" if seeds == 1 else f"{seeds} simulated Earths"
    report.add_section(
        "Verdict", f"What a fusion is to reach against the simulated truth, over {len(pool.exams)} boxes of {earths} "
        f"together. {words}",
    )  # fmt: skip
    with_plain = "without_stations" in verdicts
    notes = [RATIO_NOTE, *([PLAIN_NOTE] if with_plain else []),
             "Errors are pooled over pixel-dekads. ±: standard error by leaving out one box at a time; of steps, that "
             "of the mean over boxes."]  # fmt: skip
    caption = "All boxes together: what was to be reached, and what was."
    report.add_table(_columns(with_plain), _lines(whole), caption, notes=notes)
    _rivals(report, pool)
    _boxes(report, pool)
    _steps_and_trends(report, pool)
    with report.add_details("The verdicts of each box"):
        heads = [Column("seed"), Column("box"), *_columns(with_plain)]
        rows = [[s, b, *line] for s, b, line in zip(single["seed"], single["box"], _lines(single))]
        report.add_table(heads, rows, "Each box by itself.")


def table_of(pool: Pool) -> pd.DataFrame:
    """Ratios to each rival over all boxes, one row each."""
    flat = pool.rivals.drop_vars(["ratio", "ratio_unbiased", "box"]).assign_attrs({})
    frame = flat.to_dataframe()
    if pool.plain is not None:
        for metric in RATIOS:
            values = pool.plain.rivals[f"pooled_{metric}"].to_series()
            frame[f"pooled_{metric}_without_stations"] = values.reindex(frame.index)
    return frame


def _columns(with_plain: bool) -> list[Column]:
    plain = [Column("without stations")] if with_plain else []
    return [Column("what"), Column("reached"), Column("±"), *plain, Column("to reach"), Column("verdict")]


def _lines(frame: pd.DataFrame) -> list[list[object]]:
    plain = ["without_stations"] if "without_stations" in frame else []
    return [[v["what"], v["value"], v["error"], *(v[k] for k in plain), v["goal"], "yes" if v["passed"] else "NO"]
            for v in frame.to_dict("records")]  # fmt: skip


def _rivals(report: Report, pool: Pool) -> None:
    t = pool.rivals
    goals = {"product": PRODUCT, "record": BASELINE, "oracle": PRODUCT}
    drawn = t.assign(goal=("rival", [goals[k] for k in t["kind"].values.tolist()]))
    drawn = drawn.isel(rival=[i for i, n in enumerate(t["n"].values) if n > 0])
    report.add_section(
        "Rivals over all boxes",
        "The error of the fused record over that of each single product, of the product that is best in each box, and "
        "of each baseline, where both have a value. The global network has learnt from all boxes of its Earth.",
    )
    add_figure(
        report, plots.ratio_dots(drawn, {"ratio": "pooled_rmse", "ratio_unbiased": "pooled_ubrmse"}),
        "Error of the fused record over that of each rival: each box, and all boxes together.", "1",
    )  # fmt: skip
    columns = [Column("rival"), Column("n"), Column("its RMSE", SM, 4), Column("fused RMSE", SM, 4),
               Column("ratio", digits=2), Column("its ubRMSE", SM, 4), Column("fused ubRMSE", SM, 4),
               Column("ratio", digits=2)]  # fmt: skip
    names = ("rival_rmse", "fused_rmse", "pooled_rmse", "rival_ubrmse", "fused_ubrmse", "pooled_ubrmse")
    rows = [[str(r), int(t["n"].sel(rival=r)), *(float(t[v].sel(rival=r)) for v in names)] for r in t["rival"].values]
    if pool.plain is not None:
        columns += [Column(f"ratio without stations: {WORDS[m]}", digits=2) for m in RATIOS]
        for row, r in zip(rows, t["rival"].values):
            row += [float(pool.plain.rivals[f"pooled_{m}"].sel(rival=r)) for m in RATIOS]
    if "given_rmse" in t:
        columns += [Column(f"rival given the stations too: {WORDS[m]}", digits=2) for m in RATIOS]
        for row, r in zip(rows, t["rival"].values):
            row += [float(t[f"given_{m}"].sel(rival=r)) for m in RATIOS]
    notes = [GIVEN_NOTE] if "given_rmse" in t else []
    report.add_table(columns, rows, "Errors over all boxes, on the pairs that both records have.", notes=notes)


def _boxes(report: Report, pool: Pool) -> None:
    report.add_section("Box by box", "The fused record in each box, and its strongest rivals there.")
    rows = []
    for e in pool.exams:
        x = e.exam
        assert x.records is not None and x.products is not None and x.calibration is not None
        own = x.records.sel(product=FUSED)
        best = []
        for table in (x.products, x.records):
            ratio = table["ratio"].where(table["product"] != FUSED)
            who = ratio.idxmax("product").item() if ratio.notnull().any() else None
            best += [who, float(ratio.max())] if who else [None, None]
        bands = [100 * float(x.calibration["inside"].sel(level=p)) for p in (0.68, 0.95)]
        rows.append([e.label, *(float(own[m]) for m in ("rmse", "ubrmse", "r")), *best, *bands])
    columns = [Column("box; seed"), Column("RMSE", SM, 4), Column("ubRMSE", SM, 4), Column("R", digits=2),
               Column("best product"), Column("fused / it", digits=2), Column("best baseline"),
               Column("fused / it", digits=2), Column("inside 68 % band", "%", 0),
               Column("inside 95 % band", "%", 0)]  # fmt: skip
    report.add_table(columns, rows, "The fused record in each box.",
                     notes="Best: with the largest ratio of RMSE of fused over it.")  # fmt: skip
    absent = {BASELINES[k]: why for e in pool.exams for k, why in e.exam.absent.items()}
    if absent:
        report.add_text("; ".join(f"{name}: {why}" for name, why in absent.items()) + ".")


def _steps_and_trends(report: Report, pool: Pool) -> None:
    first = pool.exams[0].exam
    edges = first.steps["at"].values.astype(str).tolist()
    report.add_section(
        "Steps and trends", "Means over each box: the step of fused less truth where inputs change, and the slope of "
        "yearly means. A year on each side of a step differs by weather, so single boxes scatter.",
    )  # fmt: skip
    rows: list[list[object]] = []
    for e in pool.exams:
        steps = [float(e.exam.steps["step"].sel(at=a)) for a in edges]
        rows.append([e.label, *steps, e.exam.trends.get("fused"), e.exam.trends.get("truth")])
    rows.append(["mean", *(float(v) for v in pool.steps["step"].values), None, None])
    rows.append(["standard error", *(float(v) for v in pool.steps["standard_error"].values), None, None])
    columns = [Column("box; seed"), *(Column(a, SM, 4) for a in edges), Column("slope, fused", RATE, 5),
               Column("slope, truth", RATE, 5)]  # fmt: skip
    report.add_table(columns, rows, "Steps where inputs change, and slopes of the yearly mean.")
    t = pool.trends
    rows = [[str(o), str(f), float(t["slope"].sel(over=o, fit=f)), float(t["standard_error"].sel(over=o, fit=f))]
            for o in t["over"].values for f in t["fit"].values]  # fmt: skip
    report.add_table([Column("over"), Column("line"), Column("slope", digits=2), Column("±", digits=2)], rows,
                     "Recovered on true trends: the slope is 1 where trends keep their size.",
                     notes="Regions: means of cells over the parts of a box that have an imposed trend of their own. "
                     "±: standard error by leaving out one box at a time.")  # fmt: skip
    words = [f"{k} {v:.3f}" for k, v in pool.seams.items() if np.isfinite(v)]
    if words:
        report.add_text("Mean step between neighbours across zone edges over that inside, pairs of all boxes: "
                        f"{'; '.join(words)}.")  # fmt: skip
