"""Size and power of the trend tests: how often each rejects at 5 %, without and with a trend, where values persist.

Run ``python -m benchmarks.trend_size``; not a timing, so not part of the table. The trend of the second table is one
that least squares with known autocorrelations would find in 80 % of gap-free series.
"""

from __future__ import annotations

import numpy as np

from vadose.stats import trends

PUBLISHED = ("mk", "hamed_rao", "yue_wang", "tfpw")
KEEP_SIZE = ("ar1", *(f"{test}, corrected" for test in trends.CORRECTABLE))


def autoregression(rng: np.random.Generator, phi: float, n: int, series: int) -> np.ndarray:
    """Stationary Gaussian AR(1) series, shape (series, n)."""
    noise = rng.standard_normal((series, n))
    noise[:, 0] /= np.sqrt(1 - phi**2)
    for t in range(1, n):
        noise[:, t] += phi * noise[:, t - 1]
    return noise


def rejected(x: np.ndarray, test: str) -> float:
    """Share [%] of series with p < 0.05."""
    name, _, corrected = test.partition(", ")
    got = trends.mann_kendall(x, test=name, level=None, bias_corrected=bool(corrected))
    return 100 * float(np.mean(got["p_value"] < 0.05))


def detectable(phi: float, n: int) -> float:
    """Slope, in standard deviations per step, that generalised least squares finds in 80 % of series."""
    step = np.arange(n, dtype=float)
    design = np.stack([np.ones(n), step])
    inverse = np.linalg.inv(phi ** np.abs(step[:, None] - step) / (1 - phi**2))
    return 2.8 * float(np.sqrt(np.linalg.inv(design @ inverse @ design.T)[1, 1]))


def table(title: str, tests: tuple[str, ...], series: int, *, steep: bool) -> None:
    """Print the share that each test rejects."""
    rng = np.random.default_rng(0)
    print(f"\n{title}\n\n| phi | n | missing | " + " | ".join(tests) + " |\n" + "|---" * (3 + len(tests)) + "|")
    for phi in (0.0, 0.3, 0.5, 0.7, 0.8):
        for n in (25, 50, 100, 300):
            for missing in (0.0, 0.3):
                x = autoregression(rng, phi, n, series) + steep * detectable(phi, n) * np.arange(n)
                x[rng.random(x.shape) < missing] = np.nan
                sizes = " | ".join(f"{rejected(x, t):.1f}" for t in tests)
                print(f"| {phi} | {n} | {missing:.0%} | {sizes} |", flush=True)


def main(series: int = 6000) -> None:
    table("Rejected without trend [%]", (*PUBLISHED, *KEEP_SIZE), series, steep=False)
    table("Rejected with a trend [%]", KEEP_SIZE, series, steep=True)


if __name__ == "__main__":
    main()
