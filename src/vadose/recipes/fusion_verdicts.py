"""What a fusion is to reach on simulated Earths, and whether it did: in one box, and over all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .exam_trends import regional, slope_over
from .fusion_exam import ERROR, FUSED, UNZONED, Exam
from .fusion_pool import RATIOS, Pool

#: Largest step at a change of inputs [m3 m-3].
STEP = 0.005

#: Largest ratio of errors to the best single product, and to a baseline.
PRODUCT, BASELINE = 0.85, 0.95

#: Level of a band -> smallest and largest share of the truth inside it.
BANDS = {0.68: (0.60, 0.76), 0.95: (0.90, 0.98)}

#: Metrics as they are written.
WORDS = {"rmse": "RMSE", "ubrmse": "ubRMSE"}


@dataclass(frozen=True)
class Verdict:
    """One thing to reach; ``goal`` in words, ``error`` the standard error of the value where there is one.

    ``without_stations`` is the value of the same record before stations calibrated it.
    """

    what: str
    value: float
    goal: str
    passed: bool
    error: float = float("nan")
    without_stations: float = float("nan")

    @property
    def kind(self) -> str:
        """What it says without the names and numbers in brackets, which may differ between records.

        Examples
        --------
        >>> Verdict("RMSE over that of the best baseline (copula)", 0.9, "≤ 0.95", True).kind
        'RMSE over that of the best baseline'
        """
        return re.sub(r" \([^()]*\)", "", self.what)


@dataclass
class _Verdicts:
    """A list that grows by checks."""

    found: list[Verdict] = field(default_factory=list)

    def at_most(self, what: str, value: float, most: float, *, error: float = float("nan")) -> None:
        self.found.append(Verdict(what, value, f"≤ {most:.2f}", bool(value <= most), error))

    def between(self, what: str, value: float, low: float, high: float, *, error: float = float("nan")) -> None:
        self.found.append(Verdict(what, value, f"{low:.2f} to {high:.2f}", bool(low <= value <= high), error))

    def step(self, what: str, value: float, *, error: float = float("nan")) -> None:
        self.found.append(Verdict(what, value, f"within ±{STEP}", bool(abs(value) <= STEP), error))

    def seams(self, ratios: dict[str, float]) -> None:
        """Edges that the truth has too are none of the zones': its blocks of trends and irrigation end there."""
        for key, other, whose in (
            ("fused", "truth", "truth's"),
            (ERROR, UNZONED, "error's of a network without zones"),
        ):
            if other in ratios and ratios[other] > 0 and np.isfinite(ratios[key]):
                what = "the record" if key == "fused" else "its error"
                self.at_most(f"step across zone edges over inside ({ratios[key]:.3f}), {what}, over the {whose} "
                             f"({ratios[other]:.3f})", ratios[key] / ratios[other], 1.05)  # fmt: skip


def _beside(found: list[Verdict], plain: Sequence[Verdict]) -> list[Verdict]:
    """Verdicts with the values of the same record without stations."""
    other = {v.kind: v.value for v in plain}
    return [replace(v, without_stations=other.get(v.kind, float("nan"))) for v in found]


def judge(exam: Exam) -> list[Verdict]:
    """Every verdict on an examination against the truth; empty where there was none.

    Notes
    -----
    The best single product (the target among them) and the best baseline are those that leave the largest ratio, so
    each ratio is against the strongest rival.
    """
    if exam.reference != "truth" or exam.records is None or exam.products is None or exam.rounds is None:
        return []
    out = _Verdicts()
    for metric, name in RATIOS.items():
        for scores, goal, who in ((exam.products, PRODUCT, "single product"), (exam.records, BASELINE, "baseline")):
            table = scores[name].where(scores["product"] != FUSED)
            if table.notnull().any():
                what = f"{WORDS[metric]} over that of the best {who} ({table.idxmax('product').item()})"
                out.at_most(what, float(table.max()), goal)
    for metric in RATIOS:
        per = exam.rounds[metric].values
        out.at_most(f"{WORDS[metric]} of the last round over the first", float(per[-1] / per[0]), 1.25)
    assert exam.cell_trends is not None
    if np.isfinite(slope := slope_over([regional(exam.cell_trends)])[0]):
        out.between("slope of recovered on true trends, regions", slope, 0.9, 1.1)
    for at, step in zip(exam.steps["at"].values, exam.steps["step"].values):
        out.step(f"step at {at} [m³ m⁻³]", float(step))
    out.seams({k: float(s["ratio"]) for k, s in exam.seams.items()})
    assert exam.calibration is not None
    for level, (low, high) in BANDS.items():
        share = float(exam.calibration["inside"].sel(level=level))
        out.between(f"truth inside the {100 * level:.0f} % band", share, low, high)
    none = float(exam.coverage["share"].sel(origin="no value").mean())
    out.at_most("share of land without a value or snow", none, 0.01)
    return _beside(out.found, judge(exam.plain) if exam.plain else ())


def judge_pool(pool: Pool) -> list[Verdict]:
    """Every verdict on all boxes together.

    Notes
    -----
    The best single product is the one that is best over all boxes. Steps are judged on their mean over boxes, trends on
    their slope over the regions and cells of all: in a single one they are mostly the luck of its weather.
    """
    out, rivals = _Verdicts(), pool.rivals
    for metric in RATIOS:
        value, error = rivals[f"pooled_{metric}"], rivals[f"error_{metric}"]
        single = value.where(rivals["kind"] == "product")
        if single.notnull().any():
            best = str(single.idxmax("rival").item())
            out.at_most(f"{WORDS[metric]} over that of the best single product ({best})", float(single.max()), PRODUCT,
                        error=float(error.sel(rival=best)))  # fmt: skip
        for name in rivals["rival"].values[rivals["kind"].values == "record"]:
            out.at_most(f"{WORDS[metric]} over that of: {name}", float(value.sel(rival=name)), BASELINE,
                        error=float(error.sel(rival=name)))  # fmt: skip
    for metric, growth in pool.growth.items():
        out.at_most(f"{WORDS[metric]} of the last round over the first", growth, 1.25)
    for over in pool.trends["over"].values:
        one = pool.trends.sel(over=over, fit="through the origin")
        if np.isfinite(slope := float(one["slope"])):
            out.between(f"slope of recovered on true trends, {over}", slope, 0.9, 1.1,
                        error=float(one["standard_error"]))  # fmt: skip
    for at in pool.steps["at"].values:
        one = pool.steps.sel(at=at)
        out.step(f"step at {at} [m³ m⁻³], mean over boxes", float(one["step"]), error=float(one["standard_error"]))
    out.seams(pool.seams)
    for level, (low, high) in BANDS.items():
        share = float(pool.bands["inside"].sel(level=level))
        out.between(f"truth inside the {100 * level:.0f} % band", share, low, high)
    out.at_most("share of land without a value or snow", pool.empty, 0.01)
    return _beside(out.found, judge_pool(pool.plain) if pool.plain else ())
