"""Six products at 1000 places over 10 years: scores by season with block bootstrap, and triple collocation."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import xarray as xr

from vadose.validation import score, score_by_period, triple_collocation

from .coverage import persistent
from .table import Row

CELLS, PEER_CELLS = 1000, 2
PRODUCTS = ("p1", "p2", "p3", "p4", "p5", "p6")
TRIPLETS = (("p1", "p2", "p3"), ("p4", "p5", "p6"))


def run() -> list[Row]:
    days = pd.date_range("2010-01-01", "2019-12-31")
    rng = np.random.default_rng(0)
    truth = 0.25 + 0.05 * persistent(rng, 0.9, (CELLS, len(days)))
    unit = {"units": "m3 m-3"}
    pairs = {}
    for k, s in zip(PRODUCTS, (0.02, 0.025, 0.03, 0.035, 0.04, 0.05), strict=True):
        estimate = (truth + s * rng.standard_normal(truth.shape)).astype("f4")
        estimate[rng.random(truth.shape) < 0.3] = np.nan
        pairs[k] = xr.Dataset({"estimate": (("cell", "time"), estimate, unit),
                               "reference": (("cell", "time"), truth.astype("f4"), unit)}, {"time": days})  # fmt: skip
    small = {k: v.isel(cell=slice(0, 2)) for k, v in pairs.items()}
    _work(small)  # compilation
    start = time.perf_counter()
    _work(pairs)
    ours = time.perf_counter() - start
    peer = CELLS / PEER_CELLS * _peer({k: v.isel(cell=slice(0, PEER_CELLS)) for k, v in pairs.items()})
    note = f"6 products, all year and 4 seasons, 1000 blocks, 2 triplets; peer: {PEER_CELLS} cells, scaled up"
    return [Row("evaluation of 1000 cells × 10 years", "run", ours, "pytesmo", peer, 50, note)]


def _work(pairs: dict[str, xr.Dataset]) -> None:
    for p in pairs.values():
        score(p, ci="bootstrap")
        score_by_period(p, by="season", ci="bootstrap")
    for triplet in TRIPLETS:
        triple_collocation(*(pairs[k]["estimate"] for k in triplet))


def _peer(pairs: dict[str, xr.Dataset]) -> float:
    """Seconds that pytesmo's metric calculators need for the same cells, seasons and resamples."""
    from pytesmo.validation_framework.metric_calculators import PairwiseIntercomparisonMetrics, TripleCollocationMetrics

    columns = {k: p["estimate"].values for k, p in pairs.items()}
    first = next(iter(pairs.values()))
    time_axis, truth = first.indexes["time"], first["reference"].values
    pairwise = PairwiseIntercomparisonMetrics(bootstrap_cis=True, bootstrap_min_obs=10)
    triple = TripleCollocationMetrics("ref", bootstrap_cis=True)
    start = time.perf_counter()
    for c in range(truth.shape[0]):
        for v in columns.values():
            frame = pd.DataFrame({"ref": truth[c].astype(float), "k1": v[c].astype(float)}, index=time_axis).dropna()
            for months in (range(1, 13), (12, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11)):
                part = frame[frame.index.month.isin(months)]
                pairwise.calc_metrics(part, (c, 0.0, 0.0))
        for triplet in TRIPLETS:
            parts = zip(("ref", "k1", "k2"), triplet, strict=True)
            frame = pd.DataFrame({n: columns[k][c].astype(float) for n, k in parts}, index=time_axis)
            triple.calc_metrics(frame.dropna(), (c, 0.0, 0.0))
    return time.perf_counter() - start
