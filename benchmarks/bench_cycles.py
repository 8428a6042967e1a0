"""Yearly cycles, dry-downs and memory, against loops with numpy and scipy on the same series."""

from __future__ import annotations

import numpy as np
from scipy.optimize import curve_fit

from vadose.stats import cycles, decays

from .table import Row, best_of

#: Years and dekads a year, as of paper 003; days of the dry-downs.
YEARS, DEKADS, DAYS = 16, 36, 3653
MANY, FEW = 20_000, 200


def _dekads(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    phase = (np.arange(YEARS * DEKADS) % DEKADS + 0.5) / DEKADS
    year = np.arange(YEARS * DEKADS) // DEKADS
    size = rng.uniform(0.0, 0.05, (MANY, 2, 1))
    x = 0.25 + size[:, 0] * np.cos(2 * np.pi * (phase - 0.2)) + size[:, 1] * np.cos(4 * np.pi * phase)
    x += 0.03 * rng.standard_normal(x.shape)
    x[rng.random(x.shape) < 0.2] = np.nan
    return x.astype("f4"), phase, year


def _lstsq(x: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Both fits of one series and the choice between them, as one writes it with numpy."""
    ok = np.isfinite(x)
    y, b = x[ok].astype(float), basis[ok]
    best, lowest = np.zeros(5), np.inf
    for terms, price in ((3, 0.0), (5, 10.0)):
        got, rest, *_ = np.linalg.lstsq(b[:, :terms], y, rcond=None)
        bic = y.size * np.log(rest[0] / y.size) + terms * np.log(y.size) + price
        if bic < lowest:
            best, lowest = np.zeros(5), bic
            best[:terms] = got
    return best


def _days(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    rain = np.where(rng.random((count, DAYS)) < 0.12, rng.exponential(8.0, (count, DAYS)), 0.0)
    q = np.exp(-1 / rng.uniform(5, 15, (count, 1)))
    x = np.empty((count, DAYS))
    store = np.zeros((count, 1))
    for t in range(DAYS):
        store = q * store + rain[:, t : t + 1]
        x[:, t : t + 1] = 0.08 + store / 300
    return x, rain


def _decay(t: np.ndarray, tau: float, low: float, size: float) -> np.ndarray:
    return low + size * np.exp(-t / tau)


def _curve_fits(x: np.ndarray, rain: np.ndarray) -> float:
    """Median time scale of one series, a ``curve_fit`` for each of the same events."""
    days, found = np.arange(DAYS, dtype=float), []
    for start, stop in decays.find_events(x, position=days, rain=rain):
        y, t = x[start:stop], days[start:stop] - days[start]
        try:
            first = (8.0, y.min() - 0.01, np.ptp(y) + 0.01)
            got, _ = curve_fit(_decay, t, y, p0=first, bounds=([0.5, -1, 0], [100, 1, 1]), maxfev=2000)
        except RuntimeError:
            continue
        found.append(got[0])
    return float(np.median(found))


def run() -> list[Row]:
    rng = np.random.default_rng(0)
    x, phase, year = _dekads(rng)
    basis = cycles.harmonics(phase)
    got = cycles.fit(x[:FEW], phase=phase, year=year)
    ours = np.stack([got[k] for k in ("mean", "cos1", "sin1", "cos2", "sin2")], axis=-1)
    apart = float(np.abs(ours - np.stack([_lstsq(s, basis) for s in x[:FEW]])).max())
    assert apart < 1e-10, apart
    fast = best_of(lambda: cycles.fit(x, phase=phase, year=year)) / MANY
    peer = best_of(lambda: [_lstsq(s, basis) for s in x[:FEW]]) / FEW
    rows = [Row(f"yearly cycle, one or two harmonics by BIC, {YEARS} years of dekads", "series", fast, "numpy lstsq",
                peer, 20.0, note=f"20 % missing; largest difference of a coefficient {apart:.0e}")]  # fmt: skip
    sm, rain = _days(rng, 400)
    days = np.arange(DAYS, dtype=float)
    scales = decays.summarise(sm[:10], position=days, rain=rain[:10])["tau"]
    apart = float(np.abs(scales - [_curve_fits(s, p) for s, p in zip(sm[:10], rain[:10])]).max())
    assert apart < 1e-3, apart
    fast = best_of(lambda: decays.summarise(sm, position=days, rain=rain)) / len(sm)
    peer = best_of(lambda: [_curve_fits(s, p) for s, p in zip(sm[:10], rain[:10])], repeats=1) / 10
    note = f"the peer fits each alone; largest difference of the median {apart:.0e} d"
    work = "dry-downs of ten years of days, each fitted and all pooled"
    rows.append(Row(work, "series", fast, "scipy curve_fit", peer, 100.0, note=note))
    fast = best_of(lambda: decays.memory(sm, position=np.arange(DAYS), step=1.0, lags=90)) / len(sm)
    rows.append(Row("memory of ten years of days, 90 lags", "series", fast))
    return rows
