"""Intervals: the rank is exact, coverage is as the theorem says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.errors import ConfigError
from vadose.learn import CrossConformal, SplitConformal, error_quantile


@given(n=st.integers(1, 200), level=st.sampled_from([0.5, 0.68, 0.9, 0.95, 0.99]))
def test_the_quantile_is_the_rank_of_the_theorem(n, level):
    errors = np.random.default_rng(n).permutation(np.arange(1, n + 1)) * 1.0  # the k-th smallest is k
    got = error_quantile(errors, level=level)
    share = round((n + 1) * level, 9)
    assert got == (math.ceil(share) if math.ceil(share) <= n else math.inf)


def test_errors_lose_sign_and_missing_values():
    assert error_quantile(np.array([-3.0, np.nan, 1.0, 2.0]), level=0.75) == 3.0
    assert error_quantile(np.array([np.nan]), level=0.5) == math.inf


def test_split_intervals_cover_by_the_exact_probability():
    """For exchangeable errors the coverage is k / (n + 1) on average, here 9 / 10 with n = 9, level 0.85."""
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(4000):
        errors = rng.standard_normal(10)
        bounds = SplitConformal(level=0.85).fit(np.zeros(9), errors[:9])
        hits.append(bounds.lower(np.zeros(1))[0] <= errors[9] <= bounds.upper(np.zeros(1))[0])
    assert np.mean(hits) == pytest.approx(0.9, abs=0.015)  # three standard errors


def test_scaled_intervals_follow_the_scale_and_cover():
    rng = np.random.default_rng(1)
    scale = rng.uniform(0.1, 3.0, 20000)
    reference = scale * rng.standard_normal(20000)
    bounds = SplitConformal(level=0.68).fit(np.zeros(10000), reference[:10000], scale[:10000])
    assert bounds.radius_ == pytest.approx(0.9945, abs=0.03)  # 68 % of a normal law
    low, high = bounds.lower(np.zeros(10000), scale[10000:]), bounds.upper(np.zeros(10000), scale[10000:])
    inside = (low <= reference[10000:]) & (reference[10000:] <= high)
    assert inside.mean() == pytest.approx(0.68, abs=0.015)
    small = scale[10000:] < 1
    assert inside[small].mean() == pytest.approx(inside[~small].mean(), abs=0.03)


def test_cross_intervals_are_those_of_the_definition():
    rng = np.random.default_rng(2)
    errors, folds = rng.exponential(size=30), rng.integers(0, 3, 30)
    by_fold = rng.standard_normal((3, 5))
    bounds = CrossConformal(level=0.9).fit(errors, np.zeros(30), folds)
    low, high = bounds.lower(by_fold), bounds.upper(by_fold)
    for j in range(5):
        below = sorted(by_fold[f, j] - e for f, e in zip(folds, errors, strict=True))
        above = sorted(by_fold[f, j] + e for f, e in zip(folds, errors, strict=True))
        assert low[j] == pytest.approx(below[math.floor(31 * 0.1 + 1e-9) - 1])
        assert high[j] == pytest.approx(above[math.ceil(31 * 0.9 - 1e-9) - 1])


def test_cross_intervals_cover_a_model_that_overfits():
    """Nearest neighbours: errors in training are zero, out of fold they are not; CV+ errs on the wide side here."""
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 10, 300)
    y = np.sin(x) + 0.3 * rng.standard_normal(300)
    folds = np.arange(300) % 5

    def nearest(fold, at):
        seen = folds != fold
        return y[seen][np.abs(x[seen][:, None] - at).argmin(axis=0)]

    out_of_fold = np.select([folds == k for k in range(5)], [nearest(k, x) for k in range(5)])
    bounds = CrossConformal(level=0.9).fit(out_of_fold, y, folds)
    new = rng.uniform(0, 10, 4000)
    truth = np.sin(new) + 0.3 * rng.standard_normal(4000)
    by_fold = np.array([nearest(k, new) for k in range(5)])
    inside = (bounds.lower(by_fold) <= truth) & (truth <= bounds.upper(by_fold))
    assert 0.88 < inside.mean() < 0.97


def test_too_few_rows_give_no_bound_and_missing_estimates_stay_missing():
    bounds = CrossConformal(level=0.9).fit(np.zeros(3), np.ones(3), np.array([0, 1, 1]))
    by_fold = np.array([[0.0, np.nan], [1.0, 2.0]])
    np.testing.assert_array_equal(bounds.upper(by_fold), [np.inf, np.nan])
    np.testing.assert_array_equal(bounds.lower(by_fold), [-np.inf, np.nan])
    assert SplitConformal(level=0.9).fit(np.zeros(3), np.ones(3)).upper(np.zeros(1))[0] == np.inf


def test_bad_arguments_are_named():
    for level in (0.0, 1.0, 95, float("nan")):
        with pytest.raises(ConfigError, match="level"):
            error_quantile(np.ones(3), level=level)
    with pytest.raises(ConfigError, match="scale"):
        SplitConformal().fit(np.ones(2), np.ones(2), np.array([1.0, 0.0]))
    with pytest.raises(ConfigError, match="estimates"):
        CrossConformal().fit(np.ones(20), np.zeros(20), np.arange(20) % 3).upper(np.zeros((2, 4)))
