"""Slopes of found on true values: least squares by hand, and an error that knows its groups."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.stats.recovery import recovered_slope


def test_lines_by_hand():
    # sum(xy) = 1 + 6 + 6 = 13, sum(x²) = 14; about the means 2 and 2: (-1)(-1) + 0 + 1·0 = 1 over 2
    x, y = [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]
    assert recovered_slope(x, y)[0] == pytest.approx(13 / 14)
    assert recovered_slope(x, y, intercept=True)[0] == pytest.approx(0.5)
    assert recovered_slope(x, np.array(y) + 5, intercept=True)[0] == pytest.approx(0.5)


def test_the_error_is_that_of_least_squares_where_pairs_are_independent():
    from scipy.stats import linregress

    rng = np.random.default_rng(0)
    x = rng.standard_normal(400)
    y = 0.8 * x + 0.3 * rng.standard_normal(400)
    slope, error = recovered_slope(x, y, intercept=True)
    known = linregress(x, y)
    assert slope == pytest.approx(known.slope)
    assert error == pytest.approx(known.stderr, rel=0.1)


def test_pairs_of_one_group_count_once():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal(12), rng.standard_normal(12)
    alone = recovered_slope(x, y)
    copied = recovered_slope(np.repeat(x, 50), np.repeat(y, 50), groups=np.repeat(np.arange(12), 50))
    np.testing.assert_allclose(copied, alone)


def test_missing_pairs_are_left_out_and_nothing_is_invented():
    np.testing.assert_allclose(recovered_slope([1.0, np.nan, 2.0, 3.0], [2.0, 9.0, 4.0, np.nan]), (2.0, 0.0))
    assert np.isnan(recovered_slope([], [])).all()
    assert np.isnan(recovered_slope([0.0, 0.0], [1.0, 2.0])[0])
    assert np.isnan(recovered_slope([2.0, 2.0], [1.0, 2.0], intercept=True)[0])


def test_weights_are_as_if_a_pair_stood_so_often():
    rng = np.random.default_rng(5)
    x, y, w = rng.normal(size=9), rng.normal(size=9), rng.integers(1, 5, 9)
    group = np.arange(9) // 3
    for intercept in (False, True):
        often = recovered_slope(*(np.repeat(v, w) for v in (x, y)), groups=np.repeat(group, w), intercept=intercept)
        assert recovered_slope(x, y, groups=group, weights=w, intercept=intercept) == pytest.approx(often)
    assert recovered_slope(x, y, weights=5 * np.ones(9)) == pytest.approx(recovered_slope(x, y))
