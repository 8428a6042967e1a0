"""Contributions of inputs, against what a linear model must give."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.errors import ConfigError
from vadose.learn import contributions, zone_networks


class Linear:
    """Weights per zone."""

    def __init__(self, *weights: list[float]) -> None:
        self.weights = np.array(weights)

    def predict(self, X, zones=None):
        return np.sum(X * self.weights[zones], axis=1)


def test_a_linear_model_gives_squares_of_weight_times_spread():
    """Rise of the error = weight^2 s^2 / 3 for an error uniform on [-s, s]."""
    X = np.random.default_rng(0).standard_normal((40000, 3)) * [1.0, 10.0, 0.1]
    zones = np.zeros(len(X), int)
    model = Linear([2.0, 0.1, 0.0])
    got = contributions(model, X, model.predict(X, zones), seed=1)
    assert got.sum() == pytest.approx(1)
    assert got == pytest.approx([0.8, 0.2, 0.0], abs=0.01)


def test_the_spread_is_that_within_the_zone():
    """Zone means far apart must not count as spread."""
    rng = np.random.default_rng(1)
    zones = np.repeat([0, 1], 20000)
    X = rng.standard_normal((40000, 2))
    X[:, 0] += 100.0 * zones
    model = Linear([1.0, 1.0], [1.0, 1.0])
    assert contributions(model, X, model.predict(X, zones), zones, seed=0) == pytest.approx([0.5, 0.5], abs=0.01)


def test_rows_without_a_value_are_left_out():
    X = np.random.default_rng(2).standard_normal((5000, 2))
    model, zones = Linear([1.0, 2.0]), np.zeros(5000, int)
    y = model.predict(X, zones)
    bad_X, bad_y = np.vstack([X, [[np.nan, 0.0]]]), np.append(y, 7.0)
    bad_y[0] = np.nan
    got = contributions(model, bad_X, bad_y, seed=3)
    np.testing.assert_array_equal(got, contributions(model, X[1:], y[1:], seed=3))
    with pytest.raises(ConfigError, match="no row"):
        contributions(model, X, np.full(5000, np.nan), seed=0)


def test_a_model_that_uses_nothing_has_no_shares():
    X = np.random.default_rng(3).standard_normal((100, 2))
    assert np.isnan(contributions(Linear([0.0, 0.0]), X, np.ones(100), seed=0)).all()


def test_networks_use_what_the_target_depends_on():
    rng = np.random.default_rng(4)
    X = rng.standard_normal((1200, 4)).astype(np.float32)
    zones = np.repeat([1, 2, 3], 400)
    y = np.tanh(2 * X[:, 2]) + 0.3 * X[:, 0] + 0.05 * rng.standard_normal(1200)
    networks = zone_networks.fit(X, y, zones=zones)
    got = contributions(networks, X, y, zones, seed=0)
    assert got.argmax() == 2 and got[[1, 3]].max() < 0.02 < got[0] < 0.3
    np.testing.assert_array_equal(got, contributions(networks, X, y, zones, seed=0))
