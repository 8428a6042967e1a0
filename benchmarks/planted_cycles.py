"""How near a cell comes to the planted lag and dry-down time scale: ``python -m benchmarks.planted_cycles``.

``twin.reservoir`` plants both exactly. Found over planted, by length of the record, errors of single days and share of
days missing; a region of 16 cells where it rains 4 to 6 mm a day in one season, and one of 23 with 1 to 2 mm. Not a
timing, so not part of the table.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from vadose import analysis, periods, twin

REGIONS = {"monsoon": (-12.0, 13.0, -10.0, 15.0), "drier": (-31.0, 29.0, -28.0, 31.0)}
#: Errors [m3 m-3] and share of days missing.
SPOILT = ((0.0, 0.0), (0.0, 0.3), (0.02, 0.0), (0.02, 0.3))


def ratios(rain: xr.DataArray, truth: xr.Dataset, noise: float, gaps: float) -> dict[str, np.ndarray]:
    """Found over planted of every cell."""
    store = twin.reservoir(truth, seed=7, noise=noise, gaps=gaps).compute()
    found = analysis.drydown_timescale(store["sm"], rain, rules=analysis.dry_rules(dry=0.1))
    cycles = [analysis.seasonal_cycle(periods.composite(da, "dekad")["mean"]) for da in (store["sm"], rain)]
    lag = analysis.peak_lag(*cycles)
    both = {"time scale, pooled": found["tau_pooled"] / store["timescale"],
            "lag of the first harmonic": lag["lag_harmonic"] / store["lag"]}  # fmt: skip
    return {name: da.values[np.isfinite(da.values)] for name, da in both.items()}


def main() -> None:
    print("| region | years | errors | missing | quantity | 10 % | median | 90 % | within 10 % [%] |")
    print("|---" * 9 + "|")
    for place, region in REGIONS.items():
        for years in (10, 20, 40):
            truth = twin.generate(region=region, resolution=0.5, years=(1983, 1982 + years), seed=7, step="day",
                                  products=[])["twin/truth"]  # fmt: skip
            rain = truth["precipitation"].compute()
            for noise, gaps in SPOILT:
                for name, r in ratios(rain, truth, noise, gaps).items():
                    tenths = " | ".join(f"{q:.3f}" for q in np.quantile(r, (0.1, 0.5, 0.9)))
                    near = 100 * np.mean(np.abs(r - 1) < 0.1)
                    print(
                        f"| {place} | {years} | {noise:g} | {gaps:.0%} | {name} | {tenths} | {near:.0f} |", flush=True
                    )


if __name__ == "__main__":
    main()
