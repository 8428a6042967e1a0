"""Do the intervals hold what they promise? A small run of the study in docs/coverage-study.md."""

from __future__ import annotations

import time

from .coverage_study import false_alarms, scores_covered, snr_covered
from .table import Row

PHIS = (0.0, 0.6, 0.95)
SIZE = {"points": 500, "days": 3653}
#: Limits of the study [1], widened by three Monte-Carlo errors of 500 series.
COVERED, ALARMS, ERROR = (0.92, 0.97), 0.07, 0.011


def run() -> list[Row]:
    rows = []
    for ci in ("neff", "bootstrap"):
        start = time.perf_counter()
        shares = [v for phi in PHIS for v in scores_covered(phi, ci=ci, **SIZE).values()]
        if ci == "bootstrap":
            shares += [snr_covered(phi, **SIZE) for phi in PHIS]
        seconds = time.perf_counter() - start
        low, high = min(shares), max(shares)
        kept = COVERED[0] - 3 * ERROR <= low and high <= COVERED[1] + 3 * ERROR
        note = f"nominal 95 % intervals hold the truth in {100 * low:.1f}-{100 * high:.1f} %: {_word(kept)}"
        rows.append(Row(f"coverage of {ci} intervals, 3 φ × {SIZE['points']} series", "run", seconds, note=note))
    start = time.perf_counter()
    most = max(v for phi in PHIS for v in false_alarms(phi, **SIZE).values())
    note = f"at most {100 * most:.1f} % of p-values of nothing below 0.05: {_word(most <= ALARMS + 3 * ERROR)}"
    rows.append(Row("false alarms on independent AR(1) series", "run", time.perf_counter() - start, note=note))
    return rows


def _word(kept: bool) -> str:
    return "within the limits" if kept else "OUTSIDE the limits"
