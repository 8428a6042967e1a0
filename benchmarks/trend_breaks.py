"""Break-aware trends of persistent series with steps: how often the test rejects without trend, and how often the
interval holds the slope: ``python -m benchmarks.trend_breaks``. Not a timing, so not part of the table.
"""

from __future__ import annotations

import numpy as np

from vadose.stats import segments, trends

from .trend_size import autoregression

SLOPE, STEP = 0.03, 2.0


def scores(rng: np.random.Generator, phi: float, n: int, parts: int, series: int) -> dict[str, tuple[float, float]]:
    """Method -> share [%] rejected without trend, and share of intervals that hold the slope; steps in both."""
    label = np.arange(n) * parts // n
    x = autoregression(rng, phi, n, series) + STEP * label
    line = x + SLOPE * np.arange(n)
    out = {}
    methods = {
        "plain ar1": lambda v: trends.mann_kendall(v, test="ar1"),
        "within ar1": lambda v: segments.kendall_within(v, label),
        "within mk": lambda v: segments.kendall_within(v, label, test="mk"),
        "line with steps": lambda v: segments.line_with_steps(v, label),
    }
    for name, method in methods.items():
        got = method(line)
        inside = (got["slope_lower"] <= SLOPE) & (got["slope_upper"] >= SLOPE)
        out[name] = 100 * float(np.mean(method(x)["p_value"] < 0.05)), 100 * float(np.mean(inside))
    return out


def main(series: int = 4000) -> None:
    rng = np.random.default_rng(0)
    print("| phi | n | segments | method | rejected [%] | covered [%] |\n|---|---|---|---|---|---|")
    for phi in (0.0, 0.3, 0.6, 0.8):
        for n, parts in ((6, 2), (8, 2), (10, 2), (16, 2), (25, 2), (40, 2), (40, 3), (80, 3)):
            for name, (size, covered) in scores(rng, phi, n, parts, series).items():
                print(f"| {phi} | {n} | {parts} | {name} | {size:.1f} | {covered:.1f} |", flush=True)


if __name__ == "__main__":
    main()
