"""Orders, inversions and rank correlations against sorts and counts that are written out."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.stats import pairs
from vadose.stats.inversion_kernels import inversion_space, inversions
from vadose.stats.order_kernels import NARROW, order_space, stable_order
from vadose.stats.rank_kernels import rank_correlations, rank_space


def order_cases() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    normal = rng.normal(size=3653)
    close = 1.0 + np.arange(64)[::-1] * np.finfo(float).eps
    return {
        "float64": normal,
        "float32": normal.astype(np.float32).astype(float),
        "ties": np.round(normal, 1),
        "two values": (normal > 0).astype(float),
        "signed zeros": np.where(rng.random(200) < 0.5, -0.0, np.where(rng.random(200) < 0.7, 0.0, 1.0)),
        "all equal": np.full(100, 0.3),
        "rising": np.sort(normal),
        "falling": np.sort(normal)[::-1].copy(),
        "two samples": np.array([2.0, 1.0]),
        "one sample": np.array([2.0]),
        "an outlier": np.append(normal, 1e30),
        "an outlier, two sides": np.concatenate([[-1e9], normal[:900], [1e9]]),
        "last digits below an outlier": np.append(close, 1e6),
        "last digits, index all ones": np.concatenate([[1e6], close[:31]]),
        "last digits with ties": np.append(np.repeat(close, 3), 1e6)[rng.permutation(193)],
        "smallest numbers": rng.integers(0, 50, 300) * 5e-324,
        "widest range": np.concatenate([[-1.7e308, 1.7e308], normal[:50]]),
        "skewed": np.exp(4.0 * normal),
        "narrow at its longest": rng.normal(size=NARROW),
        "wide": rng.normal(size=NARROW + 1),
        "wide with ties": np.round(rng.normal(size=70_000), 2),
    }


@pytest.mark.parametrize("name", order_cases())
def test_order_is_the_stable_sort(name):
    values = order_cases()[name]
    order, tied = np.empty(values.size, np.uint32), np.empty(values.size, np.uint32)
    equal = stable_order(values, order, tied, order_space(values.size))
    want = np.argsort(values, kind="stable")
    np.testing.assert_array_equal(order, want)
    np.testing.assert_array_equal(tied[:equal], 1 + np.flatnonzero(np.diff(values[want]) == 0.0))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-3, 3).map(float), min_size=1))
def test_order_of_any_finite_numbers(given_values):
    values = np.array(given_values)
    order, tied = np.empty(values.size, np.uint32), np.empty(values.size, np.uint32)
    stable_order(values, order, tied, order_space(values.size))
    np.testing.assert_array_equal(order, np.argsort(values, kind="stable"))


@pytest.mark.parametrize("n", [1, 2, 63, 64, 65, 1000, 4095, 4096, 4097, 9000])
def test_inversions_are_counted(n):
    places = np.random.default_rng(n).permutation(n).astype(np.uint32)
    inverse = np.argsort(places).astype(np.uint32)
    naive = sum(int((places[:j] > places[j]).sum()) for j in range(n))
    space = inversion_space(max(n, 5000))  # larger than needed, as for points with gaps
    assert inversions(places, inverse, space) == naive
    rising = np.arange(n, dtype=np.uint32)
    assert inversions(rising, rising, space) == 0
    assert inversions(rising[::-1].copy(), rising[::-1].copy(), space) == n * (n - 1) // 2


def concordance(x: np.ndarray, y: np.ndarray) -> int:
    """Concordant less discordant pairs, one by one."""
    return int(sum((np.sign(x[j] - x[:j]) * np.sign(y[j] - y[:j])).sum() for j in range(len(x))))


@pytest.mark.parametrize("digits", [0, 1, 2, 12])
@pytest.mark.parametrize("n", [2, 5, 70, 500, 5000])
def test_whole_numbers_of_pairs_with_ties(n, digits):
    rng = np.random.default_rng(n + digits)
    x = rng.normal(size=n)
    y = np.round(0.5 * x + rng.normal(size=n), digits)
    x = np.round(x, digits)
    x[0], y[0], x[1], y[1] = -9.0, -8.0, 9.0, 8.0
    rank_x, rank_y = np.empty(n, np.int32), np.empty(n, np.int32)
    rho, tau, difference, _, sxx, syy = rank_correlations(x, y, rank_x, rank_y, rank_space(n + 7))
    want_x, want_y = scipy.stats.rankdata(x) - 0.5 * (n + 1), scipy.stats.rankdata(y) - 0.5 * (n + 1)
    np.testing.assert_array_equal(rank_x, 2.0 * want_x)
    np.testing.assert_array_equal(rank_y, 2.0 * want_y)
    assert (sxx, syy) == (want_x @ want_x, want_y @ want_y)
    assert difference == concordance(x, y)
    assert rho == pytest.approx(scipy.stats.spearmanr(x, y).statistic, abs=1e-14)
    assert tau == pytest.approx(scipy.stats.kendalltau(x, y).statistic, abs=1e-14)


@pytest.mark.parametrize("digits", [2, 15])
def test_long_series_equal_scipy(digits):
    rng = np.random.default_rng(5)
    x = np.round(rng.normal(size=70_000), digits)
    y = np.round(x + rng.normal(size=x.size), digits)
    s = pairs.scores(x, y, ci="none")
    assert float(s["spearman"]) == pytest.approx(scipy.stats.spearmanr(x, y).statistic, abs=1e-13)
    assert float(s["kendall"]) == pytest.approx(scipy.stats.kendalltau(x, y).statistic, abs=1e-13)


def test_ranks_do_not_depend_on_type_scale_or_what_was_scored_before():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(3, 400)).astype(np.float32)
    y = np.round(x + rng.normal(size=x.shape), 1).astype(np.float32)
    x[1, rng.random(400) < 0.6] = np.nan
    x[2, :200] = -0.0
    together = pairs.scores(x, y)
    for i in range(3):
        alone = pairs.scores(8.0 * x[i].astype(np.float64), y[i].astype(np.float64))
        for key in ("spearman", "kendall", "kendall_p"):
            assert together[key][i] == alone[key]


def test_lags_of_a_whole_series_equal_those_with_a_mask():
    from vadose.stats.autocorrelation_kernels import lagged, lagged_whole

    u, v = np.random.default_rng(7).normal(size=(2, 50))
    for lag in (1, 3, 30):
        want, got = np.empty((2, 3)), np.empty((2, 3))
        lagged(u, v, np.ones(50), lag, want[0], want[1])
        lagged_whole(u, v, lag, got[0], got[1])
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)
