"""The report on a fusion: what it read, how well it learnt, and how it stands against its rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from .. import plots, units, validation
from ..report import Column, Report
from .figures import add_figure
from .fusion_exam import FUSED, Exam
from .fusion_stations import add_stations, seen_stations
from .fusion_verdicts import Verdict
from .rivals import BASELINES

SM = "m3 m-3"

RATIO_NOTE = (
    "Ratios are taken where both records have a value. RMSE includes the error of the mean level, which comes from "
    "products and not from a method; ubRMSE leaves it out."
)

PLAIN_NOTE = (
    "The fused record is calibrated by stations, which rivals have not seen; without stations: the same record before."
)

GIVEN_NOTE = (
    "Rival given the stations too: the calibrated record over the rival with its level from the same stations, by the "
    "same method."
)

#: What the methods rest on.
CITATIONS = (
    ("Chen et al. (2021): An improved global remote-sensing-based surface soil moisture (RSSSM) dataset covering "
     "2003-2018", "10.5194/essd-13-1-2021"),
    ("Gruber et al. (2017): Triple collocation-based merging of satellite soil moisture retrievals",
     "10.1109/TGRS.2017.2734070"),
    ("Dorigo et al. (2017): ESA CCI Soil Moisture for improved Earth system understanding: State-of-the art and future "
     "directions", "10.1016/j.rse.2017.07.001"),
    ("Qu et al. (2019): Rebuilding a microwave soil moisture product using random forest adopting AMSR-E/AMSR2 "
     "brightness temperature and SMAP over the Qinghai-Tibet Plateau, China", "10.3390/rs11060683"),
)  # fmt: skip


def add_exam(report: Report, exam: Exam) -> None:
    """Add every section on one fusion."""
    _rivals(report, exam)
    _maps(report, exam)
    add_stations(report, exam)
    _learning(report, exam)
    _uncertainty(report, exam)
    _seams(report, exam)
    _breaks(report, exam)
    _inputs(report, exam)


def add_summary(report: Report, exam: Exam, more: str) -> None:
    """Add one section: the records beside each other and the maps; ``more`` says where the rest is."""
    if exam.records is None:
        return
    periods = sum(1 for _ in exam.plan.steps())
    report.add_section(
        "Eleven products fused into one record",
        f"The plan {exam.plan.name}: {len(exam.plan.products)} simulated products of different periods and errors, "
        f"{len(exam.plan.rounds)} rounds, {periods} sub-steps, {len(exam.plan.network_names())} networks for each "
        f"zone; beside it, rivals on the same inputs.{seen_stations(exam)} {more}",
    )
    _scores(report, exam.records, f"Complete records against the {exam.reference}.", absent=exam.absent,
            plain=exam.plain.records if exam.plain else None, given=exam.given)  # fmt: skip
    add_figure(
        report, plots.forest(exam.records, "ubrmse"), f"Unbiased RMSE of the records against the {exam.reference}."
    )
    _field_maps(report, exam, f"Maps of the fused record: {', '.join(exam.fields)}.")


def add_verdicts(report: Report, verdicts: Sequence[Verdict]) -> None:
    """Add the table of what was to be reached and what was."""
    missed = sum(not v.passed for v in verdicts)
    words = "Every one is reached." if not missed else f"{missed} of {len(verdicts)} are not reached."
    report.add_section("Verdict", f"What a fusion is to reach against the simulated truth. {words}")
    with_plain = any(np.isfinite(v.without_stations) for v in verdicts)
    plain = [Column("without stations", digits=3)] if with_plain else []
    columns = [Column("what"), Column("reached", digits=3), *plain, Column("to reach"), Column("verdict")]
    rows = [[v.what, v.value, *([v.without_stations] if with_plain else []), v.goal, "yes" if v.passed else "NO"]
            for v in verdicts]  # fmt: skip
    notes = [RATIO_NOTE, *([PLAIN_NOTE] if with_plain else [])]
    report.add_table(columns, rows, "What was to be reached, and what was.", notes=notes)


def add_origin(report: Report, exam: Exam, facts: dict[str, object]) -> None:
    """Add citations and provenance."""
    report.add_section("Origin")
    report.add_citations(CITATIONS)
    known = ("plan", "plan_digest", "product", "inputs", "software", "date_created")
    report.add_provenance({k: exam.fused.attrs[k] for k in known if k in exam.fused.attrs} | facts)


def _rivals(report: Report, exam: Exam) -> None:
    if exam.records is None or exam.products is None:
        report.add_section("Records and rivals", "No truth and no stations lie in the library, so nothing is scored.")
        return
    first = exam.plan.rounds[0].targets[0]
    level = [k for k, p in exam.plan.products.items() if p.systematic]
    if first not in level or len(level) < 2:
        bias = f"All have the mean level of {first}, so that the bias is that product's"
    else:
        bias = (f"Merges have the mean level of {first}. The fused record, the global network and the forest have the "
                f"mean of the levels of {', '.join(level)}, as the plan states their uncertainty")  # fmt: skip
    report.add_section(
        "Records and rivals",
        f"The fused record and its rivals on the same inputs against the {exam.reference}. {bias}; ubRMSE and R tell "
        f"what a method itself adds or loses.{seen_stations(exam)}",
    )
    _scores(report, exam.records, f"Complete records against the {exam.reference}.", absent=exam.absent,
            plain=exam.plain.records if exam.plain else None, given=exam.given)  # fmt: skip
    for metric, unit in (("rmse", SM), ("ubrmse", SM), ("r", "1")):
        caption = f"{validation.METRICS[metric][1].capitalize()} of the records against the {exam.reference}."
        add_figure(report, plots.forest(exam.records, metric), caption, unit)
    _scores(report, exam.products, f"Single products against the {exam.reference}, each on its own dekads.",
            plain=exam.plain.products if exam.plain else None)  # fmt: skip
    assert exam.rounds is not None
    rows = [[str(p), int(s["n"]), float(s["rmse"]), float(s["ubrmse"]), float(s["bias"]), float(s["r"])]
            for p in exam.rounds["product"].values for s in [exam.rounds.sel(product=p)]]  # fmt: skip
    columns = [Column("dekads of"), Column("n"), Column("RMSE", SM, 4), Column("ubRMSE", SM, 4), Column("bias", SM, 4),
               Column("R", digits=3)]  # fmt: skip
    report.add_table(columns, rows, f"The fused record against the {exam.reference}, round by round.")


def _scores(report: Report, scores: xr.Dataset, caption: str, *, absent: Mapping[str, str] | None = None,
            plain: xr.Dataset | None = None, given: xr.Dataset | None = None) -> None:  # fmt: skip
    columns = [Column("record"), Column("coverage", digits=2), Column("n"), Column("R", digits=3),
               Column("bias", SM, 4), Column("ubRMSE", SM, 4), Column("RMSE", SM, 4),
               Column("fused / it: ubRMSE", digits=2), Column("RMSE", digits=2)]  # fmt: skip
    if plain is not None:
        columns += [Column("without stations: ubRMSE", digits=2), Column("RMSE", digits=2)]
    if given is not None:
        columns += [Column("given stations too: ubRMSE", digits=2), Column("RMSE", digits=2)]
    rows: list[list[object]] = []
    for label in scores["product"].values:
        s = scores.sel(product=label)
        values = [float(s[m]) for m in ("r", "bias", "ubrmse", "rmse")]
        ratios: list[object] = []
        for table in (scores, plain, given):
            if table is not None:
                there = label != FUSED and label in table["product"].values
                names = ("ratio_unbiased", "ratio")
                ratios += [float(table[m].sel(product=label)) if there else None for m in names]
        rows.append([str(label), float(s["coverage"]), int(s["n"]), *values, *ratios])
    rows += [[BASELINES[k], why, *[None] * (len(columns) - 2)] for k, why in (absent or {}).items()]
    notes = ["fused / it: error of the fused record over that of the row, where both have a value; below 1 the "
             "fused one is closer."]  # fmt: skip
    if given is not None:
        notes.append(GIVEN_NOTE)
    for name, words in (("ratio_unbiased", "ubRMSE"), ("ratio", "RMSE")):
        beaten = [str(p) for p, r in zip(scores["product"].values, scores[name].values) if p != FUSED and r > 1]
        if beaten:
            notes.append(f"Closer than the fused record in {words}: {'; '.join(beaten)}.")
    report.add_table(columns, rows, caption, notes=notes)


def _field_maps(report: Report, exam: Exam, caption: str) -> None:
    sizes = [da.sizes[k] for da in exam.fields.values() for k in ("lat", "lon")]
    if min(sizes) < 2:
        report.add_text("A single row of cells makes no map.")
    else:
        add_figure(report, plots.field_maps(exam.fields), caption)


def _maps(report: Report, exam: Exam) -> None:
    report.add_section("Maps and coverage", "Means over all dekads; each cell where the fused record has a value.")
    _field_maps(report, exam, f"Maps: {', '.join(exam.fields)}.")
    add_figure(report, plots.coverage_hovmoeller(exam.coverage),
            "Share of the land with a value, and where most values come from, by latitude and time.", "1")  # fmt: skip
    shares = exam.coverage["share"].mean(["time", "lat"])
    rows = [[str(o), 100 * float(v)] for o, v in zip(shares["origin"].values, shares.values)]
    report.add_table([Column("origin"), Column("share of land [%]", digits=2)], rows,
                     "Where the pixel-dekads come from, mean over latitudes and time.")  # fmt: skip


def _learning(report: Report, exam: Exam) -> None:
    report.add_section(
        "What the networks learnt",
        "Each sub-step against its target: on the rows learnt from, and on whole dekads held back. The hold-out chose "
        "the iteration, so it is slightly optimistic. R² is the median over zones of 1 − SSE/SST within a zone.",
    )
    sets = np.array([str(n).split(":")[0] for n in exam.skill["network"].values])
    columns = [Column("sub-step"), Column("networks"), Column("zones"), Column("rows"), Column("RMSE, learnt", SM, 4),
               Column("RMSE, held back", SM, 4), Column("R², learnt", digits=2),
               Column("R², held back", digits=2)]  # fmt: skip
    rows = []
    for round_, step in exam.plan.steps():
        mine = exam.skill.isel(network=np.flatnonzero(sets == exam.plan.set_name(round_, step)))
        if not mine.sizes["network"]:
            continue
        n = mine["n_rows"].fillna(0)
        means = [float((mine[k] * n).sum() / n.sum()) for k in ("rmse_train", "rmse_holdout", "r2_train", "r2_holdout")]
        rows.append([step.name, mine.sizes["network"], int(mine["n_zones"].max()), int(n.sum()), *means])
    report.add_table(columns, rows, "Loss of each sub-step, mean over its networks weighted by rows.",
                     notes="Sub-steps that differ in the order of networks alone share their networks.")  # fmt: skip
    add_figure(report, plots.contribution_table(exam.contributions),
            "Share of each input in the skill of the network with most inputs, by sub-step: the rise of the squared "
            "error when the input is disturbed by up to its standard deviation.", "%")  # fmt: skip


def _uncertainty(report: Report, exam: Exam) -> None:
    if exam.calibration is None:
        return
    report.add_section("Uncertainty", "How often the truth lies within the bands that the stated uncertainty promises.")
    add_figure(report, plots.calibration_curve({"fused": exam.calibration}),
            "Share of the truth inside each band against its nominal level; dashed: after the mean difference of each "
            "cell is removed.", "%")  # fmt: skip


def _seams(report: Report, exam: Exam) -> None:
    report.add_section(
        "Seams", "Networks of neighbouring zones differ; blending is to leave no edge that can be seen. The ground may "
        "have edges of its own there: compare with the truth, and with the error of a network without zones.",
    )  # fmt: skip
    add_figure(report, plots.seam_profile(exam.seams),
            "Mean absolute step between neighbouring pixels by the distance of the pair from a zone edge.")  # fmt: skip


def _breaks(report: Report, exam: Exam) -> None:
    report.add_section("Breaks", "Steps where rounds and sensors change, of the mean over the region.")
    add_figure(report, plots.step_series(exam.series, exam.steps),
            f"{exam.series.attrs['long_name'].capitalize()}, and the step at each change of inputs.")  # fmt: skip
    b = exam.break_point
    last, p = b["last_before"].item(), float(b["p_value"])
    shift = units.format_number(float(b["shift"]), 4)
    report.add_text(f"Pettitt's test of the yearly means: most likely change after {last}, by {shift} m³ m⁻³, "
                    f"p = {p:.2f}.")  # fmt: skip
    if exam.trends:
        slopes = "; ".join(f"{k} {units.format_number(v, 5)}" for k, v in exam.trends.items())
        report.add_text(f"Slope of the yearly mean over the region [m³ m⁻³ per year]: {slopes}.")


def _inputs(report: Report, exam: Exam) -> None:
    a = exam.availability
    report.add_section("Inputs", "Products of the plan, and when the library has them.")
    rows = [[str(p), str(a["sensor"].sel(product=p).item()), str(a["said"].sel(product=p).item()),
             str(a["found"].sel(product=p).item()), int(a["n_dekads"].sel(product=p))]
            for p in a["product"].values]  # fmt: skip
    columns: list[str | Column] = ["product", "sensor", "period of the plan", "found", Column("dekads")]
    report.add_table(columns, rows, "Products and their periods.")
    steps = [
        [s.name, "-".join(s.simulate), "-".join(s.train), " > ".join(r.targets), ", ".join(r.predictors), s.priority,
         len(exam.plan.combinations(r, s))]
        for r, s in exam.plan.steps()
    ]  # fmt: skip
    heads: list[str | Column] = ["sub-step", "simulates", "learns from", "targets", "predictors", "order of networks",
                                 Column("networks")]  # fmt: skip
    report.add_table(heads, steps, f"Rounds and sub-steps of the plan {exam.plan.name}.")
