"""Triple collocation with 1000 bootstrap resamples against pytesmo: 3653 days."""

from __future__ import annotations

import time

import numpy as np

from vadose.stats import triple

from .coverage import persistent
from .table import Row, best_of

DAYS, POINTS, PEER_POINTS = 3653, 200, 5


def run() -> list[Row]:
    from pytesmo.metrics import tcol_metrics, tcol_metrics_with_bootstrapped_ci

    rng = np.random.default_rng(0)
    truth = persistent(rng, 0.9, (POINTS, DAYS))
    x, y, z = (f * truth + s * rng.standard_normal(truth.shape) for f, s in ((1.0, 0.5), (2.0, 1.0), (0.5, 0.3)))
    times = []
    for i in range(PEER_POINTS):
        start = time.perf_counter()
        tcol_metrics_with_bootstrapped_ci(x[i], y[i], z[i], nsamples=1000)
        times.append(time.perf_counter() - start)
    plain = best_of(lambda: [tcol_metrics(x[i], y[i], z[i]) for i in range(PEER_POINTS)]) / PEER_POINTS
    ours = best_of(lambda: triple.collocate(x, y, z)) / POINTS
    none = best_of(lambda: triple.collocate(x, y, z, ci="none")) / POINTS
    note = f"peer: median of {PEER_POINTS} points (independent resamples); ours: {POINTS} points (blocks)"
    return [
        Row("triple collocation + 1000 bootstraps", "point", ours, "pytesmo tcol", float(np.median(times)), 30, note),
        Row("triple collocation, no intervals", "point", none, "pytesmo tcol", plain),
    ]
