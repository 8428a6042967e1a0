"""Share of intervals that hold the truth, by persistence and gaps: ``python -m benchmarks.coverage [--points 1000]``.

Pairs are bivariate Gaussian AR(1) series with known scores. ``noise`` is a truth of persistence phi seen twice through
white noise; ``skewed`` is the exponential of such a pair.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from vadose.stats import pairs

MEAN_X, MEAN_Y, SD_X, SD_Y = 0.25, 0.22, 0.06, 0.08
METRICS = (
    "bias", "ubrmse", "r", "spearman", "kendall", "rmse", "nse", "kge", "mse_corr", "mse_bias", "mse_var",
)  # fmt: skip
PATTERNS = ("full", "30 % missing", "70 % missing", "every 3rd day")


def persistent(rng: np.random.Generator, phi: float, shape: tuple[int, int]) -> NDArray:
    """AR(1) series of unit variance, stationary from the start."""
    noise = rng.standard_normal(shape) * np.sqrt(1.0 - phi * phi)
    noise[:, 0] /= np.sqrt(1.0 - phi * phi)
    return lfilter([1.0], [1.0, -phi], noise, axis=-1)


def pair(
    rng: np.random.Generator, phi: float, shape: tuple[int, int], *, r: float, kind: str
) -> tuple[NDArray, NDArray]:
    """Estimate and reference whose correlation is ``r`` (of the logarithms where ``kind`` is skewed)."""
    common = persistent(rng, phi, shape)
    own = 0.0 if kind == "noise" else phi
    a = np.sqrt(r) * common + np.sqrt(1.0 - r) * persistent(rng, own, shape)
    b = np.sqrt(r) * common + np.sqrt(1.0 - r) * persistent(rng, own, shape)
    if kind == "skewed":
        a, b = (np.exp(0.5 * s) - np.exp(0.125) for s in (a, b))
        sd = np.sqrt(np.exp(0.25) * (np.exp(0.25) - 1.0))
        a, b = a / sd, b / sd
    return MEAN_X + SD_X * a, MEAN_Y + SD_Y * b


def truth(r: float, kind: str) -> dict[str, float]:
    """Scores of the process itself."""
    rank = r
    if kind == "skewed":
        r = float(np.expm1(0.25 * r) / np.expm1(0.25))
    bias, corr, var = MEAN_X - MEAN_Y, 2.0 * SD_X * SD_Y * (1.0 - r), (SD_X - SD_Y) ** 2
    mse = corr + var + bias**2
    ratio = (SD_X / MEAN_X) / (SD_Y / MEAN_Y)
    return {
        "bias": bias, "ubrmse": np.sqrt(corr + var), "r": r, "spearman": 6.0 / np.pi * np.arcsin(rank / 2.0),
        "kendall": 2.0 / np.pi * np.arcsin(rank), "rmse": np.sqrt(mse), "nse": 1.0 - mse / SD_Y**2, "mse_corr": corr,
        "mse_bias": bias**2, "mse_var": var,
        "kge": 1.0 - np.sqrt((r - 1.0) ** 2 + (MEAN_X / MEAN_Y - 1.0) ** 2 + (ratio - 1.0) ** 2),
    }  # fmt: skip


def thin(rng: np.random.Generator, series: NDArray, pattern: str) -> NDArray:
    """The series with the gaps of a pattern."""
    if pattern == "full":
        return series
    if pattern == "every 3rd day":
        keep = np.arange(series.shape[1]) % 3 == 0
        return np.where(keep, series, np.nan)
    missing = float(pattern.split()[0]) / 100.0
    return np.where(rng.random(series.shape) < missing, np.nan, series)


def coverage(
    phi: float,
    pattern: str,
    *,
    kind: str = "AR(1)",
    r: float = 0.7,
    days: int = 3653,
    points: int = 1000,
    ci: str = "neff",
    seed: int = 0,
    n_boot: int = 1000,
) -> dict[str, float]:
    """Share of the points whose nominal 95 % interval holds the true score."""
    rng = np.random.default_rng(seed)
    x, y = pair(rng, phi, (points, days), r=r, kind=kind)
    got = pairs.scores(thin(rng, x, pattern), y, ci=ci, n_boot=n_boot)
    real = truth(r, kind)
    return {m: float(np.mean((got[f"{m}_lower"] <= real[m]) & (real[m] <= got[f"{m}_upper"]))) for m in METRICS}


def cases() -> list[tuple[str, float, str]]:
    """Kind, persistence and gaps of every line of the table."""
    lines = [("AR(1)", phi, pattern) for phi in (0.0, 0.3, 0.6, 0.9, 0.95) for pattern in PATTERNS]
    lines += [("noise", 0.95, pattern) for pattern in PATTERNS]
    return [*lines, ("skewed", 0.0, "full"), ("skewed", 0.9, "full"), ("skewed", 0.9, "70 % missing")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--days", type=int, default=3653)
    parser.add_argument("--r", type=float, default=0.7)
    parser.add_argument("--ci", nargs="+", default=["neff", "iid"])
    args = parser.parse_args()
    print(f"Coverage [%] of nominal 95 % intervals, {args.days} days, {args.points} points, r = {args.r}\n")
    print("| ci | process | phi | gaps | " + " | ".join(METRICS) + " |")
    print("|---" * (4 + len(METRICS)) + "|")
    for ci in args.ci:
        for kind, phi, pattern in cases():
            points = args.points if ci != "bootstrap" else min(args.points, 400)
            share = coverage(phi, pattern, kind=kind, r=args.r, days=args.days, points=points, ci=ci)
            cells = " | ".join(f"{100.0 * share[m]:.1f}" for m in METRICS)
            print(f"| {ci} | {kind} | {phi} | {pattern} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
