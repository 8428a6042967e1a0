"""The Gaussian copula against laws that can be written down."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.errors import VadoseError
from vadose.stats.copula import conditional


def _normal(rho: float, n: int = 40_000, seed: int = 1):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    return x, rho * x + np.sqrt(1 - rho**2) * rng.standard_normal(n)


@pytest.mark.parametrize("rho", [0.0, 0.6, -0.9])
def test_bivariate_normal(rho):
    x, y = _normal(rho)
    mean, deviation, _ = conditional(x[None, None], y[None])
    inside = np.abs(x) < 2
    np.testing.assert_allclose(mean[0, inside], rho * x[inside], atol=0.04)
    np.testing.assert_allclose(deviation[0, inside], np.sqrt(1 - rho**2), atol=0.03)


def test_the_mean_of_a_skewed_target_is_not_its_median():
    """y = exp(z): E[y | x] = exp(rho x + (1 - rho^2) / 2), whatever monotone scale x has."""
    x, z = _normal(0.7)
    mean, _, _ = conditional((x**3 + x)[None, None], np.exp(z)[None])
    inside = np.abs(x) < 1
    np.testing.assert_allclose(mean[0, inside], np.exp(0.7 * x[inside] + 0.51 / 2), rtol=0.04)


def test_what_is_there_decides_the_mean():
    rng = np.random.default_rng(3)
    y = rng.standard_normal(8000)
    x = y + np.array([[0.5], [1.0]]) * rng.standard_normal((2, y.size))
    x[0, :4000] = np.nan
    x[:, :10] = np.nan
    mean, deviation, used = conditional(x[:, None], y[None])
    assert used.all()
    assert np.isnan(mean[0, :10]).all() and np.isfinite(mean[0, 10:]).all()
    # one with error 1: sqrt(1/2); both: sqrt(1 / (1 + 4 + 1))
    assert np.median(deviation[0, 10:4000]) == pytest.approx(0.5**0.5, abs=0.02)
    assert np.median(deviation[0, 4000:]) == pytest.approx(1 / 6**0.5, abs=0.02)


def test_constant_short_and_missing_records_are_left_out():
    y = np.linspace(0, 1, 200)
    short = np.where(np.arange(200) < 29, y, np.nan)
    x = np.stack([np.full(200, 0.3), short, np.full(200, np.nan), y])[:, None]
    mean, _, used = conditional(x, y[None], min_n=30)
    assert used[:, 0].tolist() == [False, False, False, True]
    np.testing.assert_allclose(mean[0], y, atol=1e-3)
    nothing, _, used = conditional(x, np.full((1, 200), 0.2))
    assert np.isnan(nothing).all() and not used.any()
    with pytest.raises(VadoseError, match="needed \\(product, point, time\\)"):
        conditional(y, y)


def test_repeated_products_leave_a_matrix_that_can_be_solved():
    x, y = _normal(0.8, n=2000)
    mean, _, _ = conditional(np.stack([x, x, -x])[:, None], y[None])
    one, _, _ = conditional(x[None, None], y[None])
    np.testing.assert_allclose(mean, one, atol=0.01)
