"""Coverage of intervals and rate of false alarms on AR(1) series: ``python -m benchmarks.coverage_study``.

Writes the table of docs/coverage-study.md to standard output. Pairs are bivariate Gaussian AR(1) series of correlation
``r``; every linear filter leaves that correlation as it is, so it is also that of both kinds of anomaly. Triplets are
a truth and three errors, all AR(1) of one persistence, whose signal-to-noise ratios are known.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
import xarray as xr

from vadose.validation import score, triple_collocation

from .coverage import MEAN_X, pair, persistent, truth

PHIS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95)
#: Standard deviations of the three errors beside a truth of 1, and the scale of each product.
ERRORS, SCALES = (0.5, 1.0, 0.7), (1.0, 2.0, 0.5)
#: Score -> p-value that tests it.
TESTS = {"r": "p_value", "bias": "bias_p", "spearman": "spearman_p", "anomaly_r": "anomaly_p",
         "anomaly_r_35d": "anomaly_35d_p"}  # fmt: skip
COVERED = ("bias", "ubrmse", "r", "anomaly_r", "anomaly_r_35d")


def _pairs(x: np.ndarray, y: np.ndarray) -> xr.Dataset:
    unit = {"units": "m3 m-3"}
    time = pd.date_range("2010-01-01", periods=x.shape[1])
    return xr.Dataset({"estimate": (("cell", "time"), x, unit), "reference": (("cell", "time"), y, unit)},
                      {"time": time})  # fmt: skip


def held(got: xr.Dataset, name: str, real: float) -> float:
    """Share [1] of intervals that hold the true value."""
    return float(((got[f"{name}_lower"] <= real) & (real <= got[f"{name}_upper"])).mean())


def scores_covered(phi: float, *, points: int, days: int, ci: str, r: float = 0.7, seed: int = 0) -> dict[str, float]:
    """Coverage [1] of the intervals of bias, ubRMSE, R and both anomaly R."""
    rng = np.random.default_rng(seed)
    got = score(_pairs(*pair(rng, phi, (points, days), r=r, kind="AR(1)")), ci=ci)
    real = truth(r, "AR(1)") | {"anomaly_r": r, "anomaly_r_35d": r}
    return {m: held(got, m, real[m]) for m in COVERED}


def snr_covered(phi: float, *, points: int, days: int, n_boot: int = 1000, seed: int = 0) -> float:
    """Coverage [1] of the intervals of the signal-to-noise ratios of three products, mean over the three."""
    rng = np.random.default_rng(seed)
    shape = (points, days)
    common = persistent(rng, phi, shape)
    time = pd.date_range("2010-01-01", periods=days)
    three = [xr.DataArray(k * (common + s * persistent(rng, phi, shape)), {"time": time}, ("cell", "time"))
             for s, k in zip(ERRORS, SCALES, strict=True)]  # fmt: skip
    got = triple_collocation(*three, n_boot=n_boot)
    shares = [held(got.isel(product=i), "snr_db", -20.0 * np.log10(s)) for i, s in enumerate(ERRORS)]
    return float(np.mean(shares))


def false_alarms(phi: float, *, points: int, days: int, seed: int = 1) -> dict[str, float]:
    """Share [1] of p-values below 0.05 where there is nothing to find."""
    rng = np.random.default_rng(seed)
    shape = (points, days)
    got = score(_pairs(*(MEAN_X + 0.05 * persistent(rng, phi, shape) for _ in range(2))))
    return {name: float((got[p] < 0.05).mean()) for name, p in TESTS.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--days", type=int, default=3653)
    args = parser.parse_args()
    size = {"points": args.points, "days": args.days}
    print(f"Coverage [%] of nominal 95 % intervals, {args.days} days, {args.points} series\n")
    print("| intervals | φ | " + " | ".join(COVERED) + " | TC SNR |")
    print("|---" * (3 + len(COVERED)) + "|", flush=True)
    for ci in ("neff", "bootstrap", "iid"):
        for phi in PHIS:
            shares = scores_covered(phi, ci=ci, **size)
            snr = f"{100 * snr_covered(phi, **size):.1f}" if ci == "bootstrap" else ""
            cells = " | ".join(f"{100 * shares[m]:.1f}" for m in COVERED)
            print(f"| {ci} | {phi:g} | {cells} | {snr} |", flush=True)
    print(f"\nShare [%] of p < 0.05 on independent series, {args.days} days, {args.points} series\n")
    print("| φ | " + " | ".join(TESTS) + " |")
    print("|---" * (1 + len(TESTS)) + "|", flush=True)
    for phi in PHIS:
        rates = false_alarms(phi, **size)
        print(f"| {phi:g} | " + " | ".join(f"{100 * v:.1f}" for v in rates.values()) + " |", flush=True)


if __name__ == "__main__":
    main()
