"""Size and power of the trend tests: how often each rejects at 5 %, without and with a trend, where values persist.

Run ``python -m benchmarks.trend_size``; not a timing, so not part of the table. The trend of the second table is one
that least squares with known autocorrelations would find in 80 % of gap-free series.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaincinv, ndtr

from vadose.stats import trends

PUBLISHED = ("mk", "hamed_rao", "yue_wang", "tfpw")
#: The corrected test of Hamed and Rao is ``ar1``.
KEEP_SIZE = ("ar1", *(f"{test}, corrected" for test in trends.CORRECTABLE if test != "hamed_rao"))


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


def departures(n: int, series: int) -> dict[str, np.ndarray]:
    """Series without trend that are not Gaussian AR(1) with steps missing at random."""
    rng = np.random.default_rng(1)
    plain = autoregression(rng, 0.5, n, series)
    block, fourth = plain.copy(), plain.copy()
    block[:, n // 3 : n // 3 + n // 4] = np.nan
    fourth[:, 3::4] = np.nan
    second = rng.standard_normal((series, n + 200))
    for t in range(2, n + 200):
        second[:, t] += 0.4 * second[:, t - 1] + 0.25 * second[:, t - 2]
    return {
        "lognormal": np.exp(plain),
        "gamma of shape 2": gammaincinv(2.0, ndtr(plain * np.sqrt(0.75))),
        "rounded to 0.4 standard deviations": np.round(plain * 2) / 2,
        "a quarter missing in one block": block,
        "every fourth step missing": fourth,
        "phi = -0.3": autoregression(rng, -0.3, n, series),
        "AR(2): 0.4, 0.25": second[:, 200:],
    }


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
    print("\nRejected without trend [%], other series, phi = 0.5\n\n| series | n | " + " | ".join(KEEP_SIZE) + " |")
    print("|---" * (2 + len(KEEP_SIZE)) + "|")
    for n in (25, 50, 100, 300):
        for name, x in departures(n, series).items():
            print(f"| {name} | {n} | " + " | ".join(f"{rejected(x, t):.1f}" for t in KEEP_SIZE) + " |", flush=True)
    table("Rejected with a trend [%]", KEEP_SIZE, series, steep=True)
    print("\nRejected without trend [%], few values\n\n| phi | n | " + " | ".join(KEEP_SIZE) + " |")
    print("|---" * (2 + len(KEEP_SIZE)) + "|")
    for phi in (0.0, 0.5, 0.8):
        for n in (5, 6, 7, 8, 10, 12, 15, 20):
            x = autoregression(np.random.default_rng(2), phi, n, series)
            print(f"| {phi} | {n} | " + " | ".join(f"{rejected(x, t):.1f}" for t in KEEP_SIZE) + " |", flush=True)


if __name__ == "__main__":
    main()
