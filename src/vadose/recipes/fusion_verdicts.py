"""What a fusion is to reach on a simulated Earth, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .fusion_exam import FUSED, Exam

#: Largest step at a change of inputs [m3 m-3].
STEP = 0.005


@dataclass(frozen=True)
class Verdict:
    """One thing to reach; ``goal`` in words."""

    seed: str
    what: str
    value: float
    goal: str
    passed: bool


def judge(exam: Exam, *, seed: int | str) -> list[Verdict]:
    """Every verdict on an examination against the truth; empty where there was none.

    Notes
    -----
    The best single predictor and the best baseline are those that leave the largest ratio, so each ratio is against
    the strongest rival.
    """
    if exam.reference != "truth" or exam.records is None or exam.products is None or exam.rounds is None:
        return []
    out: list[Verdict] = []

    def add(what: str, value: float, goal: str, passed: bool) -> None:
        out.append(Verdict(str(seed), what, value, goal, bool(passed)))

    targets = set(exam.plan.rounds[0].targets) | {FUSED}
    for name, words in (("ratio", "RMSE"), ("ratio_unbiased", "ubRMSE")):
        single = exam.products[name].where(~exam.products["product"].isin(list(targets)))
        for table, goal, who in (
            (single, 0.85, "best single predictor"),
            (exam.records[name].where(exam.records["product"] != FUSED), 0.95, "best baseline"),
        ):
            if table.notnull().any():
                worst = table.idxmax("product").item()
                value = float(table.max())
                add(f"{words} over that of the {who} ({worst})", value, f"≤ {goal:.2f}", value <= goal)
    for name in ("rmse", "ubrmse"):
        per = exam.rounds[name].values
        growth = per[-1] / per[0]
        add(f"{name.upper().replace('UB', 'ub')} of the last round over the first", growth, "≤ 1.25", growth <= 1.25)
    slope = exam.trends["fused"] / exam.trends["truth"] if exam.trends.get("truth") else np.nan
    add("slope of the yearly mean over the truth's", slope, "0.90 to 1.10", 0.9 <= slope <= 1.1)
    for at, step in zip(exam.steps["at"].values, exam.steps["step"].values):
        add(f"step at {at} [m³ m⁻³]", float(step), f"within ±{STEP}", abs(step) <= STEP)
    seam = float(exam.seams["fused"]["ratio"])
    if np.isfinite(seam):
        add("step across zone edges over inside", seam, "≤ 1.05", seam <= 1.05)
    assert exam.calibration is not None
    for level, low, high in ((0.68, 0.60, 0.76), (0.95, 0.90, 0.98)):
        for kind, words in (("inside", ""), ("inside_unbiased", ", mean difference removed")):
            share = float(exam.calibration[kind].sel(level=level))
            add(f"truth inside the {100 * level:.0f} % band{words}", share, f"{low:.2f} to {high:.2f}",
                low <= share <= high)  # fmt: skip
    none = float(exam.coverage["share"].sel(origin="no value").mean())
    add("share of land without a value or snow", none, "≤ 0.01", none <= 0.01)
    return out
