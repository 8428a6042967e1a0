"""Correlations of anomalies: what a removed moving mean does to the effective size."""

import numpy as np
import pytest
from scipy import signal, stats

from vadose.errors import VadoseError
from vadose.stats import pairs, windows
from vadose.stats.filtered import correlation_bounds

POINTS, DAYS = 300, 3653


def persistent(rng, phi, shape=(POINTS, DAYS)):
    noise = rng.standard_normal(shape)
    noise[:, 1:] *= np.sqrt(1 - phi * phi)
    return signal.lfilter([1.0], [1.0, -phi], noise, axis=-1)


def test_without_memory_the_effective_size_is_the_number_of_pairs():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 50, 2000))
    got = correlation_bounds(x, y, [np.corrcoef(a, b)[0, 1] for a, b in zip(x, y, strict=True)])
    assert np.median(got["n_eff"]) == pytest.approx(2000, rel=0.06)


def test_ar1_memory_gives_the_closed_form():
    rng = np.random.default_rng(1)
    x, y = persistent(rng, 0.8), persistent(rng, 0.8)
    r = pairs.scores(x, y, ci="none", ranks=False)["r"]
    expected = DAYS * (1 - 0.64) / (1 + 0.64)
    assert np.median(correlation_bounds(x, y, r)["n_eff"]) == pytest.approx(expected, rel=0.06)


def test_lagged_sum_equals_a_naive_loop_with_gaps():
    rng = np.random.default_rng(2)
    x, y = persistent(rng, 0.7, (1, 60))[0], persistent(rng, 0.7, (1, 60))[0] * 3 + 1
    x[[4, 5, 31]], y[[17, 18, 19]] = np.nan, np.nan
    ok = np.isfinite(x) & np.isfinite(y)
    u, v = ((s - s[ok].mean()) / s[ok].std() for s in (x, y))
    n, r = ok.sum(), np.mean(u[ok] * v[ok])
    influence = u * v - 0.5 * r * (u * u + v * v)
    total = 1.0
    for k in range(1, 13):
        both = [t for t in range(60 - k) if ok[t] and ok[t + k]]
        p, q = (np.mean([s[t] * s[t + k] for t in both]) for s in (u, v))
        c, d = np.mean([u[t] * v[t + k] for t in both]), np.mean([v[t] * u[t + k] for t in both])
        cov = p * q + c * d - r * (p + q) * (c + d) + r * r / 2 * (p * p + q * q + c * c + d * d)
        total += 2 * len(both) / n * cov / (1 - r * r) ** 2
    expected = n / total * (1 - r * r) ** 2 / np.var(influence[ok])
    assert float(correlation_bounds(x, y, r, reach=12)["n_eff"]) == pytest.approx(np.clip(expected, 3, n), rel=1e-9)


@pytest.mark.parametrize("phi", [0.3, 0.6, 0.9])
def test_p_values_of_35_day_anomalies_of_nothing_are_even(phi):
    rng = np.random.default_rng(int(phi * 10))
    a, b = (windows.moving_anomaly(persistent(rng, phi), window=35.0) for _ in range(2))
    r = pairs.scores(a, b, ci="none", ranks=False)["r"]
    false = int((correlation_bounds(a, b, r)["p_value"] < 0.05).sum())
    assert false <= stats.binom.ppf(1 - 1e-4, POINTS, 0.06)
    assert false >= stats.binom.ppf(1e-4, POINTS, 0.04)


def test_a_removed_calendar_mean_costs_its_share():
    rng = np.random.default_rng(3)
    x, y = persistent(rng, 0.95, (20, DAYS)), persistent(rng, 0.95, (20, DAYS))
    r = pairs.scores(x, y, ci="none", ranks=False)["r"]
    plain, taken = correlation_bounds(x, y, r), correlation_bounds(x, y, r, near=10, years=10)
    share = 10 * (1 - taken["n_eff"] / plain["n_eff"])
    assert (share > 0.4).all() and (share <= 1.0).all()


def test_nothing_known_stays_nothing():
    got = correlation_bounds(np.full((2, 9), np.nan), np.ones((2, 9)), [np.nan, np.nan])
    assert all(np.isnan(v).all() for v in got.values())
    with pytest.raises(VadoseError, match="reach"):
        correlation_bounds(np.ones(9), np.ones(9), 0.1, reach=0)
