"""Innovations against known errors: they are found from differences alone, and the weights are nearly the best."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.fusion.innovations import FEWEST, best_weights, innovation_model, moments, product_errors

SENSORS = ["a", "b", "b", "c"]
#: Error variances, in units of the first; both products of one sensor share half of theirs.
ERRORS = np.array([[1.0, 0, 0, 0], [0, 2, 1, 0], [0, 1, 2, 0], [0, 0, 0, 4]]) * 0.04**2
SIGNAL, TIMES = 0.05, 60_000

#: Weights of the products in a record, and the deviation of its own error.
RECORDS = {
    "damped, of two": ([0.3, 0.0, 0.1, 0.0], 0.01),
    "of three": ([0.5, 0.3, 0.0, 0.2], 0.02),
    "almost one product": ([0.95, 0.05, 0.0, 0.0], 0.005),
    "almost the worst product": ([0.05, 0.05, 0.0, 0.9], 0.005),
    "of none": ([0.0, 0.0, 0.0, 0.0], 0.03),
}


def rms(x):
    return float(np.sqrt(np.mean(np.square(x))))


def make(weights, own, *, seed=0, errors=ERRORS):
    """Truth, products and a record."""
    rng = np.random.default_rng(seed)
    truth = SIGNAL * rng.standard_normal(TIMES)
    products = truth + np.linalg.cholesky(errors) @ rng.standard_normal((len(errors), TIMES))
    return truth, products, np.asarray(weights) @ products + own * rng.standard_normal(TIMES)


def model(products, record, weights, sensors=SENSORS):
    """Error covariance of the products, and covariance and response of their innovations."""
    apart = products - record
    errors = product_errors(moments(apart), sensors)
    return errors, *innovation_model(moments(np.vstack([apart, record])), errors, sensors, np.asarray(weights) > 0)


@pytest.mark.parametrize(("weights", "own"), RECORDS.values(), ids=RECORDS)
def test_known_errors_are_found_and_the_estimate_is_nearly_the_best(weights, own):
    truth, products, record = make(weights, own)
    error, apart = truth - record, products - record
    errors, covariance, response = model(products, record, weights)
    np.testing.assert_allclose(errors.diagonal(), ERRORS.diagonal(), rtol=0.03)
    np.testing.assert_allclose(errors, ERRORS, atol=0.04 * ERRORS.max() / 4)
    # by hand: the record is w·p + own, so that truth less record is (1 − Σw) truth − w·ε − own
    w = np.asarray(weights)
    left = ((1 - w.sum()) * SIGNAL) ** 2 + own**2
    variance = left + w @ ERRORS @ w
    known = variance - ERRORS @ w
    np.testing.assert_allclose(response, known, atol=0.05 * max(variance, ERRORS[0, 0]))
    np.testing.assert_allclose(covariance, known[:, None] + known[None] - variance + ERRORS, atol=0.03 * ERRORS.max())
    b = best_weights(covariance, response, np.ones(4, bool))
    oracle = np.linalg.lstsq(apart.T, error, rcond=None)[0]
    np.testing.assert_allclose(b, oracle, atol=0.08)
    estimate = rms(error - b @ apart)
    assert estimate < 0.85 * rms(error)
    assert estimate < 1.02 * rms(error - oracle @ apart)
    assert b @ response == pytest.approx(rms(error) ** 2 - estimate**2, abs=0.05 * max(variance, ERRORS[0, 0]))


def test_a_record_that_is_the_best_already_hardly_changes():
    best = np.linalg.solve(ERRORS + SIGNAL**2, np.full(4, SIGNAL**2))
    truth, products, record = make(best, 0.0)
    _, covariance, response = model(products, record, best)
    b = best_weights(covariance, response, np.ones(4, bool))
    assert b.max() < 0.02
    error = truth - record
    assert rms(error - b @ (products - record)) == pytest.approx(rms(error), rel=1e-3)


@pytest.mark.parametrize("signal", [1.0, 0.0])
def test_a_product_of_noise_has_no_weight(signal):
    truth, products, record = make([0.3, 0.1, 0.1, 0.0], 0.02)
    products[3] = signal * truth + 0.6 * np.random.default_rng(5).standard_normal(TIMES)
    error, apart = truth - record, products - record
    _, covariance, response = model(products, record, [0.3, 0.1, 0.1, 0.0])
    b = best_weights(covariance, response, np.ones(4, bool))
    assert b[3] < 0.01
    assert rms(error - b @ apart) < 1.02 * rms(error - apart.T @ np.linalg.lstsq(apart.T, error, rcond=None)[0])


def test_gaps_leave_the_model_and_each_set_of_products_has_weights_of_its_own():
    weights = [0.3, 0.0, 0.3, 0.0]
    truth, products, record = make(weights, 0.01)
    rng = np.random.default_rng(3)
    products[rng.random(products.shape) < np.array([0.1, 0.3, 0.5, 0.7])[:, None]] = np.nan
    errors, covariance, response = model(products, record, weights)
    np.testing.assert_allclose(errors.diagonal(), ERRORS.diagonal(), rtol=0.05)
    there, error = np.isfinite(products), truth - record
    apart = np.where(there, products - record, 0.0)
    estimate, oracle = np.zeros(TIMES), np.zeros(TIMES)
    for code in np.unique(there.T, axis=0):
        at = (code == there.T).all(axis=1)
        b = best_weights(covariance, response, code)
        assert (b[~code] == 0).all()
        estimate[at] = b @ apart[:, at]
        oracle[at] = np.linalg.lstsq(apart[:, at].T, error[at], rcond=None)[0] @ apart[:, at]
    assert rms(error - estimate) < 0.92 * rms(error)
    assert rms(error - estimate) < 1.02 * rms(error - oracle)


def test_a_product_that_meets_no_other_is_left_open_and_changes_nothing():
    _, products, record = make([0.3, 0.3, 0.0, 0.0], 0.01)
    lonely = np.where(np.arange(TIMES) < TIMES // 2, np.nan, products[0])
    products[:, TIMES // 2 :] = np.nan
    apart = np.vstack([products, lonely]) - record
    errors = product_errors(moments(apart), [*SENSORS, "d"])
    assert np.isnan(errors[4, 4])
    np.testing.assert_allclose(errors[:4, :4], product_errors(moments(apart[:4]), SENSORS), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(errors.diagonal()[:4], ERRORS.diagonal(), rtol=0.05)


@pytest.mark.parametrize("sensors", [["a"], ["a", "b"], ["a", "b", "b"], ["a", "a", "a"]])
def test_fewer_than_three_sensors_leave_all_errors_open(sensors):
    products = make([0.3, 0.0, 0.0, 0.0], 0.01)[1][: len(sensors)]
    assert np.isnan(product_errors(moments(products), sensors).diagonal()).all()


def test_a_chain_of_products_is_open_and_a_third_meeting_closes_it():
    rng = np.random.default_rng(1)
    noise = np.array([[0.5], [1.0], [2.0]]) * rng.standard_normal((3, TIMES))
    seen = rng.standard_normal(TIMES) + noise
    part = np.arange(seen.shape[1]) % 3
    chain = np.where(np.stack([part == 0, part < 2, part == 1]), seen, np.nan)
    assert np.isnan(product_errors(moments(chain), "abc").diagonal()).all()
    ring = np.where(np.stack([part != 1, part != 2, part != 0]), seen, np.nan)
    np.testing.assert_allclose(product_errors(moments(ring), "abc").diagonal(), [0.25, 1, 4], atol=0.06)


def test_nothing_seen_is_nothing_known():
    nothing = moments(np.full((4, 50), np.nan))
    assert (nothing.count == 0).all() and np.isnan(nothing.mean).all()
    assert np.isnan(product_errors(nothing, SENSORS).diagonal()).all()
    few = moments(np.random.default_rng(0).standard_normal((4, FEWEST - 1)))
    assert np.isnan(product_errors(few, SENSORS).diagonal()).all()


def test_moments_are_those_of_a_loop():
    rng = np.random.default_rng(2)
    x = np.where(rng.random((3, 40)) < 0.4, np.nan, rng.standard_normal((3, 40)))
    got = moments(x)
    for i in range(3):
        for j in range(3):
            both = [a * b for a, b in zip(x[i], x[j]) if np.isfinite(a * b)]
            assert got.mean[i, j] == pytest.approx(sum(both) / len(both))
            assert got.count[i, j] == len(both)


def test_units_and_order_of_products_do_not_matter():
    weights = np.array([0.5, 0.3, 0.0, 0.2])
    _, products, record = make(weights, 0.02)
    errors, covariance, response = model(products, record, weights)
    b = best_weights(covariance, response, np.ones(4, bool))
    in_percent = model(100 * products, 100 * record, weights)
    for a, scaled in zip((errors, covariance, response), in_percent):
        np.testing.assert_allclose(scaled, 1e4 * a, rtol=1e-6, atol=1e-9)
    order = np.array([2, 0, 3, 1])
    turned = model(products[order], record, weights[order], [SENSORS[i] for i in order])
    np.testing.assert_allclose(turned[1], covariance[np.ix_(order, order)], rtol=1e-6)
    np.testing.assert_allclose(best_weights(*turned[1:], np.ones(4, bool)), b[order], rtol=1e-6)


def test_weights_solve_the_normal_equations_and_none_is_negative():
    covariance, response = np.array([[1.0, 0.2], [0.2, 2.0]]), np.array([0.6, 0.5])
    both = best_weights(covariance, response, np.ones(2, bool))
    np.testing.assert_allclose(covariance @ both, response, rtol=2e-3)  # but for the ridge
    np.testing.assert_allclose(best_weights(covariance, response, np.array([False, True])), [0, 0.25], rtol=2e-3)
    # the unbounded solution (1 − 0.45, 0.5 − 0.9)/0.19 is negative in the second, without which the first has 1
    alike = np.array([[1.0, 0.9], [0.9, 1.0]])
    np.testing.assert_allclose(best_weights(alike, np.array([1.0, 0.5]), np.ones(2, bool)), [1, 0], rtol=2e-3)
    assert (best_weights(alike, np.array([-1.0, -0.5]), np.ones(2, bool)) == 0).all()
    assert (best_weights(alike, np.ones(2), np.zeros(2, bool)) == 0).all()


def test_short_series_do_no_harm():
    """A hundred small worlds drawn at random: the estimate is never much worse than the record."""
    ratios = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        n, k = int(rng.integers(500, 3000)), int(rng.integers(3, 8))
        sensors = list("abcdefg")[:k]
        truth = SIGNAL * rng.standard_normal(n)
        products = truth + rng.uniform(0.01, 0.08, (k, 1)) * rng.standard_normal((k, n))
        weights = rng.dirichlet(np.ones(k)) * (rng.random(k) < 0.6)
        record = weights @ products + rng.uniform(0.001, 0.02) * rng.standard_normal(n)
        _, covariance, response = model(products, record, weights, sensors)
        b = best_weights(covariance, response, np.ones(k, bool))
        assert b @ response >= 0
        ratios.append(rms(truth - record - b @ (products - record)) / rms(truth - record))
    assert max(ratios) < 1.02 and np.median(ratios) < 0.9
