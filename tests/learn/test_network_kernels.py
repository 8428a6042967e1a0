"""Gradient, loss and minimiser of one network, against NumPy written out in full."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.learn import network_kernels as kernels


def unpack(theta: np.ndarray, inputs: int, hidden: int):
    first = theta[: hidden * inputs].reshape(hidden, inputs)
    rest = theta[hidden * inputs :]
    return first, rest[:hidden], rest[hidden : 2 * hidden], rest[-1]


def loss(theta: np.ndarray, x: np.ndarray, y: np.ndarray, hidden: int, penalty: float) -> float:
    w1, b1, w2, b2 = unpack(theta, len(x), hidden)
    out = w2 @ np.tanh(w1 @ x + b1[:, None]) + b2
    return np.mean((out - y) ** 2) + penalty * (np.sum(w1**2) + np.sum(w2**2))


def scratch(size: int, hidden: int):
    tile = kernels.TILE
    return np.empty(size, np.float32), np.empty((hidden, tile), np.float32), np.empty(tile, np.float32), np.empty(size)


@pytest.mark.parametrize(("inputs", "hidden", "rows"), [(13, 7, 700), (1, 1, 5), (4, 3, 256), (6, 5, 257)])
def test_gradient_is_that_of_the_loss(inputs, hidden, rows):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((inputs, rows)).astype(np.float32)
    y = rng.standard_normal(rows).astype(np.float32)
    theta = rng.standard_normal(hidden * (inputs + 2) + 1).astype(np.float32).astype(np.float64)
    single, nodes, out, gradient = scratch(theta.size, hidden)
    value = kernels.objective(theta, x, y, rows, hidden, 0.01, single, nodes, out, gradient)

    wide, target, h = x.astype(np.float64), y.astype(np.float64), 1e-5

    def at(point: np.ndarray) -> float:
        return loss(point, wide, target, hidden, 0.01)

    expected = np.array([(at(theta + h * e) - at(theta - h * e)) / (2 * h) for e in np.eye(theta.size)])
    assert value == pytest.approx(at(theta), rel=1e-5)
    np.testing.assert_allclose(gradient, expected, atol=2e-5 * np.abs(expected).max())


def test_only_the_training_rows_enter_the_objective():
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((2, 50)).astype(np.float32), rng.standard_normal(50).astype(np.float32)
    theta = rng.standard_normal(9)
    single, nodes, out, gradient = scratch(9, 2)
    a = kernels.objective(theta, x, y, 30, 2, 0.0, single, nodes, out, gradient)
    x[:, 30:], y[30:] = np.nan, np.nan
    assert kernels.objective(theta, x, y, 30, 2, 0.0, single, nodes, out, gradient) == a
    assert np.isfinite(gradient).all()


def test_activation_is_tanh():
    values = np.linspace(-12, 12, 4001).astype(np.float32)
    theta = np.array([1.0, 0.0, 1.0, 0.0], np.float32)  # one input, one node: tanh(x)
    out, node = np.empty(values.size, np.float32), np.empty(values.size, np.float32)
    kernels.forward(theta, values[None], 0, values.size, 1, node, out)
    np.testing.assert_allclose(out, np.tanh(values.astype(np.float64)), atol=6e-7)


def test_minimiser_stops_at_a_point_without_slope():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((2, 400)).astype(np.float32)
    y = np.tanh(x[0] - x[1]).astype(np.float32)
    theta, best = np.empty(13), np.empty(13)
    kernels.start(theta, np.ones(2, np.bool_), 3, np.uint64(5))
    done, chosen = kernels.minimise(theta, x, y, 400, 400, 3, 1e-3, 1000, 1e-9, 1000, best)
    single, nodes, out, gradient = scratch(13, 3)
    value = kernels.objective(best, x, y, 400, 3, 1e-3, single, nodes, out, gradient)
    assert 5 < done < 1000
    assert np.abs(gradient).max() < 1e-3
    assert chosen < value < 0.02  # the penalty is part of the loss, not of the score


def test_minimiser_keeps_the_best_iteration_on_validation_rows():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((5, 60)).astype(np.float32)
    y = (x[0] + 2.0 * rng.standard_normal(60)).astype(np.float32)  # mostly noise: 40 rows are soon overfitted
    theta, best = np.empty(50), np.empty(50)
    kernels.start(theta, np.ones(5, np.bool_), 7, np.uint64(1))
    done, chosen = kernels.minimise(theta, x, y, 40, 60, 7, 0.0, 500, 0.0, 30, best)
    w1, b1, w2, b2 = unpack(best, 5, 7)
    out = w2 @ np.tanh(w1 @ x[:, 40:] + b1[:, None]) + b2
    last = kernels.mean_square(theta.astype(np.float32), x, y, 40, 60, 7, np.empty(256, np.float32),
                               np.empty(256, np.float32))  # fmt: skip
    assert chosen == pytest.approx(np.mean((out - y[40:]) ** 2), rel=1e-4)
    assert chosen < last
    assert done < 500


def test_start_leaves_inactive_inputs_at_zero_and_spreads_the_others():
    theta = np.full(3 * 6 + 1, np.nan)
    kernels.start(theta, np.array([True, False, True, False]), 3, np.uint64(9))
    w1, b1, w2, b2 = unpack(theta, 4, 3)
    assert (w1[:, [1, 3]] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(w1, axis=1), 0.7 * 3**0.5)
    assert np.abs(b1).max() <= 0.7 and np.abs(w2).max() <= 0.5 and b2 == 0


def test_random_numbers_are_uniform_and_differ_by_key():
    draws = np.array([[kernels.uniform(np.uint64(key), i) for i in range(4000)] for key in (1, 2)])
    assert ((draws >= 0) & (draws < 1)).all()
    np.testing.assert_allclose(draws.mean(axis=1), 0.5, atol=0.02)
    np.testing.assert_allclose(draws.var(axis=1), 1 / 12, atol=0.005)
    assert abs(np.corrcoef(draws)[0, 1]) < 0.05
