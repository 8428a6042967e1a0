import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vadose.errors import VadoseError
from vadose.stats import calendar_ranks


def naive(x, slot, year, slots, half, shift, leave_out, pool, min_years):
    """Percentiles sample by sample, straight from the definition."""
    out = np.full(x.size, np.nan)
    place = year * slots + slot
    for i in np.flatnonzero(np.isfinite(x)):
        apart = np.abs(slot - slot[i])
        near = np.minimum(apart, slots - apart) <= half
        others = near & np.isfinite(x) & (year >= pool[0]) & (year <= pool[1])
        known = set(year[others])
        if leave_out:
            others &= np.abs(place - place[i]) > half
            known -= {year[i]}
        others[i] = False
        if len(known) >= min_years:
            out[i] = 100 * (stats.rankdata(np.append(x[others], x[i]))[-1] - shift) / (others.sum() + 2 - 2 * shift)
    return out


@pytest.mark.parametrize("leave_out", [True, False])
@pytest.mark.parametrize("half", [0, 2, 5, 17, 30])
@pytest.mark.parametrize("pool", [(2000, 2011), (2002, 2008)])
def test_percentiles_are_ranks_in_the_window_of_the_year(leave_out, half, pool):
    """With ties, missing values, missing steps, a window round New Year, and one longer than the year."""
    rng = np.random.default_rng(half)
    slot, year = np.tile(np.arange(36), 12), np.repeat(np.arange(2000, 2012), 36)
    kept = rng.random(slot.size) < 0.9
    x = np.round(rng.standard_normal((2, kept.sum())), 1)
    x[rng.random(x.shape) < 0.2] = np.nan
    got = calendar_ranks.percentiles(x, slot[kept], year[kept], slots=36, half=half, plotting="hazen", min_years=4,
                                     leave_out=leave_out, pool=pool)  # fmt: skip
    want = [naive(row, slot[kept], year[kept], 36, half, 0.5, leave_out, pool, 4) for row in x]
    np.testing.assert_allclose(got, want, atol=1e-10)


@given(st.integers(0, 2**31), st.integers(-4, 4), st.booleans())
@settings(max_examples=25, deadline=None)
def test_percentiles_do_not_change_with_unit_and_mirror_with_sign(seed, power, leave_out):
    rng = np.random.default_rng(seed)
    x = np.round(rng.standard_normal(60), 1)
    x[rng.random(60) < 0.1] = np.nan
    slot, year = np.tile(np.arange(12), 5), np.repeat(np.arange(5), 12)
    options = {"slots": 12, "half": 1, "min_years": 2, "leave_out": leave_out}
    got = calendar_ranks.percentiles(x, slot, year, **options)
    exact = 2.0**power  # no rounding, hence no new ties
    np.testing.assert_allclose(calendar_ranks.percentiles(exact * x, slot, year, **options), got)
    np.testing.assert_allclose(calendar_ranks.percentiles(-x, slot, year, **options), 100 - got)


def test_percentiles_of_independent_values_are_uniform():
    x = np.random.default_rng(1).standard_normal((200, 30 * 12)).astype("f4")
    slot, year = np.tile(np.arange(12), 30), np.repeat(np.arange(30), 12)
    got = calendar_ranks.percentiles(x, slot, year, slots=12, half=0)
    share = [(got < q).mean() for q in (10, 20, 50, 80)]
    np.testing.assert_allclose(share, [0.1, 0.2, 0.5, 0.8], atol=0.035)  # thirty ranks: steps of 3 %
    assert got.min() == pytest.approx(100 / 31) and got.max() == pytest.approx(3000 / 31)


def test_own_season_does_not_judge_itself():
    """One dry month of daily values: with its own days in the pool its days rank among each other."""
    slot, year = np.tile(np.arange(366), 20), np.repeat(np.arange(20), 366)
    x = np.random.default_rng(2).random(slot.size) + 1.0
    dry = (year == 10) & (slot >= 100) & (slot < 130)
    x[dry] -= 2.0
    with_own, without = (calendar_ranks.percentiles(x, slot, year, slots=366, half=15, leave_out=k)[dry].max()
                         for k in (False, True))  # fmt: skip
    assert without == pytest.approx(100 / (19 * 31 + 2)) and with_own > 4 * without


@pytest.mark.parametrize("missing", ["none", "all", "some", "whole years"])
def test_missing_values_give_missing_percentiles_and_no_others(missing):
    x = np.random.default_rng(3).random(20 * 12)
    slot, year = np.tile(np.arange(12), 20), np.repeat(np.arange(20), 12)
    hole = {"none": year < 0, "all": year >= 0, "some": x < 0.3, "whole years": year >= 12}[missing]
    x[hole] = np.nan
    got = calendar_ranks.percentiles(x, slot, year, slots=12, half=1, min_years=8)
    np.testing.assert_array_equal(np.isnan(got), hole)
    too_few = calendar_ranks.percentiles(x, slot, year, slots=12, half=1, min_years=20)
    assert np.isnan(too_few).all()


def test_moments_are_those_of_the_window():
    rng = np.random.default_rng(4)
    slot, year = np.tile(np.arange(36), 8), np.repeat(np.arange(8), 36)
    x = 300 + 0.01 * rng.standard_normal(slot.size)
    x[rng.random(x.size) < 0.3] = np.nan
    got = calendar_ranks.moments(x, slot, year, slots=36, half=2, pool=(2, 7), min_years=3)
    for s in (0, 1, 20, 35):
        apart = np.minimum(np.abs(slot - s), 36 - np.abs(slot - s))
        pool = x[(apart <= 2) & (year >= 2) & np.isfinite(x)]
        assert got["n"][s] == pool.size
        assert got["mean"][s] == pytest.approx(pool.mean(), rel=1e-14)
        assert got["sd"][s] == pytest.approx(pool.std(ddof=1), rel=1e-9)


def test_fitted_scores_agree_with_scipy():
    x = np.linspace(0.05, 0.45, 9)
    m, s = 0.25, 0.08
    gamma = stats.norm.ppf(stats.gamma.cdf(x, (m / s) ** 2, scale=s**2 / m))
    np.testing.assert_allclose(calendar_ranks.fitted_scores(x, m, s, family="gamma"), gamma, rtol=1e-9)
    m, s = m / 0.5, s / 0.5
    q = m * (1 - m) / s**2 - 1
    beta = stats.norm.ppf(stats.beta.cdf(x / 0.5, m * q, (1 - m) * q))
    np.testing.assert_allclose(
        calendar_ranks.fitted_scores(x, 0.25, 0.08, family="beta", upper=0.5), beta, rtol=1e-9, atol=1e-12
    )
    assert np.isnan(calendar_ranks.fitted_scores([0.6, -0.1, np.nan, 0.2], 0.25, [0.1, 0.1, 0.1, 0.0],
                                                 family="beta", upper=0.5)).all()  # fmt: skip


def test_a_variance_no_beta_distribution_has_gives_no_index():
    """Variance above m (1 - m) belongs to no distribution on [0, 1]."""
    assert np.isnan(calendar_ranks.fitted_scores(0.5, 0.5, 0.6, family="beta"))


@pytest.mark.parametrize(("change", "what"), [
    ({"plotting": "best"}, "plotting"), ({"half": -1}, "half"), ({"pool": (5, 1)}, "pool"), ({"slots": 2}, "slot"),
])  # fmt: skip
def test_bad_options_are_refused(change, what):
    options = {"slots": 12, "half": 1} | change
    with pytest.raises(VadoseError, match=what):
        calendar_ranks.percentiles(np.zeros(12), np.arange(12), np.zeros(12, int), **options)
    with pytest.raises(VadoseError, match="rise"):
        calendar_ranks.percentiles(np.zeros(2), np.zeros(2, int), np.zeros(2, int), slots=12, half=1)
