"""Size of the trend tests: how often each rejects at 5 % where there is no trend but persistence.

Run ``python -m benchmarks.trend_size``; not a timing, so not part of the table.
"""

from __future__ import annotations

import numpy as np

from vadose.stats import trends

TESTS = ("mk", "ar1", "hamed_rao", "yue_wang", "tfpw")


def autoregression(rng: np.random.Generator, phi: float, n: int, series: int) -> np.ndarray:
    """Stationary Gaussian AR(1) series, shape (series, n)."""
    noise = rng.standard_normal((series, n))
    noise[:, 0] /= np.sqrt(1 - phi**2)
    for t in range(1, n):
        noise[:, t] += phi * noise[:, t - 1]
    return noise


def rejected(x: np.ndarray, test: str) -> float:
    """Share [%] of series with p < 0.05."""
    return 100 * float(np.mean(trends.mann_kendall(x, test=test, level=None)["p_value"] < 0.05))


def main(series: int = 6000) -> None:
    rng = np.random.default_rng(0)
    print("| phi | n | missing | " + " | ".join(TESTS) + " |\n" + "|---" * (3 + len(TESTS)) + "|")
    for phi in (0.0, 0.3, 0.5, 0.7, 0.8):
        for n in (25, 50, 100, 300):
            for missing in (0.0, 0.3):
                x = autoregression(rng, phi, n, series)
                x[rng.random(x.shape) < missing] = np.nan
                sizes = " | ".join(f"{rejected(x, t):.1f}" for t in TESTS)
                print(f"| {phi} | {n} | {missing:.0%} | {sizes} |", flush=True)


if __name__ == "__main__":
    main()
