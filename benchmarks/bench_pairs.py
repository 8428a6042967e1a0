"""Scores of one point against pytesmo's Validation framework: 3653 days, intervals on both sides."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd

from vadose.stats import pairs

from .coverage import pair
from .table import Row, best_of

DAYS, POINTS, PEER_POINTS = 3653, 2000, 20


class _Reader:
    """What pytesmo reads from: one series per grid point."""

    def __init__(self, values: np.ndarray, name: str) -> None:
        from pygeogrids.grids import BasicGrid

        index = pd.date_range("2010-01-01", periods=values.shape[1])
        self.grid = BasicGrid(np.arange(len(values)) * 0.1, np.zeros(len(values)))
        self.frames = [pd.DataFrame({name: row}, index=index) for row in values]

    def read(self, gpi: int, **_: object) -> pd.DataFrame:
        return self.frames[gpi]


def peer_time(x: np.ndarray, y: np.ndarray, *, bootstrap: bool, kendall: bool = True) -> float:
    """Seconds per point of pytesmo's Validation with its pairwise metrics (no scaling)."""
    from pytesmo.validation_framework.data_manager import DataManager
    from pytesmo.validation_framework.metric_calculators import PairwiseIntercomparisonMetrics
    from pytesmo.validation_framework.temporal_matchers import make_combined_temporal_matcher
    from pytesmo.validation_framework.validation import Validation

    datasets = {
        "ref": {"class": _Reader(y, "ref"), "columns": ["ref"]},
        "est": {"class": _Reader(x, "est"), "columns": ["est"], "grids_compatible": True},
    }
    manager = DataManager(datasets, "ref", read_ts_names={"ref": "read", "est": "read"})
    validation = Validation(
        manager,
        "ref",
        metrics_calculators={
            (2, 2): PairwiseIntercomparisonMetrics(calc_kendall=kendall, bootstrap_cis=bootstrap).calc_metrics
        },
        temporal_matcher=make_combined_temporal_matcher(pd.Timedelta(12, "h")),
        temporal_window=0.5,
        temporal_ref="ref",
        scaling=None,
    )
    points = len(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        validation.calc(0, 0.0, 0.0)
        times = []
        for gpi in range(points):
            start = time.perf_counter()
            got = validation.calc(gpi, 0.1 * gpi, 0.0)
            times.append(time.perf_counter() - start)
    if not got:
        raise RuntimeError("pytesmo returned no result: the comparison would be void")
    return float(np.median(times))


def run() -> list[Row]:
    rng = np.random.default_rng(0)
    x, y = (s.astype(np.float32) for s in pair(rng, 0.9, (POINTS, DAYS), r=0.7, kind="AR(1)"))
    name = "pytesmo Validation"
    note = f"peer: median of {PEER_POINTS} points; ours: {POINTS} points"

    def ours(**options: object) -> float:
        return best_of(lambda: pairs.scores(x, y, **options)) / POINTS

    analytic = peer_time(x[:PEER_POINTS], y[:PEER_POINTS], bootstrap=False)
    plain = peer_time(x[:PEER_POINTS], y[:PEER_POINTS], bootstrap=False, kendall=False)
    boot = peer_time(x[:5], y[:5], bootstrap=True)
    gaps = np.where(rng.random(x.shape) < 0.5, np.float32(np.nan), x)
    resampled = best_of(lambda: pairs.scores(x[:200], y[:200], ci="bootstrap")) / 200
    return [
        Row("scores + honest intervals", "point", ours(), name, analytic, 100, note),
        Row("scores + honest intervals, no ranks", "point", ours(ranks=False), name, analytic, 100, note),
        Row("same, peer without Kendall", "point", ours(ranks=False), name, plain, 0, note),
        Row("same, half of the days missing", "point", best_of(lambda: pairs.scores(gaps, y)) / POINTS),
        Row("plain scores, no intervals, no ranks", "point", ours(ci="none", ranks=False)),
        Row(
            "scores + 1000 block bootstraps", "point", resampled,
            name, boot, 30, "peer: median of 5 points; ours: 200 points",
        ),
    ]  # fmt: skip
