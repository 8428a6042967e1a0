"""What products still know that a record does not: error model of their differences from it, and best weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

#: Fewest common values that make a mean product of two series.
FEWEST = 200

#: Share of a product's variance that is error at least, whatever the others say.
LEAST_ERROR = 0.1

#: Added to the diagonal of an innovation covariance, as a share of it.
RIDGE = 1e-3


@dataclass(frozen=True)
class Moments:
    """Mean products of series that miss values, over the times that both have.

    Attributes
    ----------
    mean : ndarray, shape (..., series, series)
        Mean products; NaN where nothing is common.
    count : ndarray, shape (..., series, series)
        Common values.
    """

    mean: np.ndarray
    count: np.ndarray


def moments(series: np.ndarray) -> Moments:
    """Mean products of all pairs.

    Parameters
    ----------
    series : ndarray, shape (series, values)
        Deviations; NaN is missing.

    Examples
    --------
    >>> got = moments(np.array([[1.0, 2.0, np.nan], [3.0, np.nan, 1.0]]))
    >>> got.mean.tolist(), got.count.tolist()
    ([[2.5, 3.0], [3.0, 5.0]], [[2, 1], [1, 2]])
    """
    good = np.isfinite(series)
    filled = np.where(good, series, 0.0).astype("float64")
    there = good.astype("float64")
    return of_sums(filled @ filled.T, there @ there.T)


def of_sums(total: np.ndarray, count: np.ndarray) -> Moments:
    """Moments from sums of products and numbers of common values."""
    count = np.rint(count).astype("int64")
    return Moments(np.where(count > 0, total / np.maximum(count, 1), np.nan), count)


def product_errors(whole: Moments, sensors: Sequence[str]) -> np.ndarray:
    """Error covariance of products of one scale, from how they differ from each other.

    Parameters
    ----------
    whole : Moments, shape (products, products)
        Of differences from a record, whatever the record is.
    sensors : sequence of str
        Sensor of each product; errors are independent between sensors.

    Returns
    -------
    ndarray, shape (products, products)
        Error covariance; zero between sensors, NaN on the diagonal of a product whose error the differences leave open.

    Notes
    -----
    The mean squared difference of two products is the sum of their error variances, less twice the covariance for
    products of one sensor: d_ij = v_i + v_j − 2 f_ij. All pairs of different sensors are fitted by least squares,
    weighted by √n/d; f_ij follows for the pairs of one sensor. Fewer than three sensors that meet leave all open: of
    two products nobody can tell which is wrong. Choice: at least :data:`LEAST_ERROR` of a product's mean square is
    error. It may be more than the mean square, because a record made from a product repeats its errors.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.standard_normal(20_000)
    >>> seen = np.stack([truth + s * rng.standard_normal(truth.size) for s in (0.5, 1.0, 2.0)])
    >>> product_errors(moments(seen), ["a", "b", "c"]).diagonal().round(1).tolist()
    [0.2, 1.0, 4.0]
    """
    n = len(sensors)
    own = np.diagonal(whole.mean)
    apart = own[:, None] + own[None, :] - 2 * whole.mean
    rows, values, weights = [], [], []
    for i, j in combinations(range(n), 2):
        if sensors[i] == sensors[j] or whole.count[i, j] < FEWEST or not apart[i, j] > 0:
            continue
        row = np.zeros(n)
        row[[i, j]] = 1.0
        rows.append(row)
        values.append(apart[i, j])
        weights.append(np.sqrt(whole.count[i, j]) / apart[i, j])
    variance = np.full(n, np.nan)
    if rows:
        A, y, w = np.array(rows), np.array(values), np.array(weights)
        settled = np.isclose(np.diagonal(np.linalg.pinv(A) @ A), 1)
        variance[settled] = np.linalg.lstsq(A * w[:, None], y * w, rcond=None)[0][settled]
    variance = np.maximum(variance, LEAST_ERROR * own)
    out = np.diag(variance)
    for i, j in combinations(range(n), 2):
        if sensors[i] == sensors[j] and whole.count[i, j] >= FEWEST:
            shared = (variance[i] + variance[j] - apart[i, j]) / 2
            most = 0.9 * np.sqrt(variance[i] * variance[j])
            out[i, j] = out[j, i] = np.clip(shared, 0.0, most)
    return out


def innovation_model(seen: Moments, errors: np.ndarray, sensors: Sequence[str],
                     learnt: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Covariance of innovations among each other and with the record's error.

    Parameters
    ----------
    seen : Moments, shape (products + 1, products + 1)
        Of the innovations (product less record) and, last, of the record's own anomalies.
    errors : ndarray, shape (products, products)
        From :func:`product_errors`, of products whose errors are known.
    sensors : sequence of str
        Sensor of each product.
    learnt : ndarray of bool, shape (products,)
        Whether the record was made from the product.

    Returns
    -------
    tuple of ndarray
        Covariance of the innovations (products, products), and of each with truth less record (products,).

    Notes
    -----
    An innovation is r_k = e + ε_k, e the truth less the record and ε_k the product's error, v_k its variance. A record
    made from the product repeats part of ε_k, so that cov(e, ε_k) = −u_k; u_k = Σ_j w_j cov(ε_j, ε_k), w the response
    of the record to the products it was made from (their regression). With E = var(e) and q_k = E/2 − u_k,
    cov(r_j, r_k) = q_j + q_k + cov(ε_j, ε_k): the q are fitted to all pairs by least squares. They leave E open, which
    is the mean of 2 (q_k + u_k) weighted by 1/v_k². cov(e, r_k) = q_k + E/2.

    Source: innovations and their statistics as in optimal interpolation (Hollingsworth and Lönnberg 1986,
    doi:10.3402/tellusa.v38i2.11707; Desroziers et al. 2005, doi:10.1256/qj.05.108); errors of products that the record
    has not forgotten are ours.
    """
    n = len(sensors)
    mean, count = seen.mean[:n, :n], seen.count[:n, :n]
    own = np.diagonal(mean)
    rows, values, weights = [], [], []
    for i in range(n):
        for j in range(i, n):
            if count[i, j] < FEWEST or (i != j and sensors[i] == sensors[j]):
                continue
            row = np.zeros(n)
            row[i] += 1.0
            row[j] += 1.0
            rows.append(row)
            values.append(mean[i, j] - errors[i, j])
            weights.append(np.sqrt(count[i, j] / (own[i] * own[j])))
    A, y, w = np.array(rows), np.array(values), np.array(weights)
    q = np.linalg.lstsq(A * w[:, None], y * w, rcond=None)[0]
    covariance = q[:, None] + q[None, :] + errors
    # what the record repeats of the products' errors
    with_record, of_record = seen.mean[:n, n], seen.mean[n, n]
    response = np.zeros(n)
    if learnt.any():
        both = (covariance + with_record[:, None] + with_record[None, :] + of_record)[np.ix_(learnt, learnt)]
        response[learnt] = np.linalg.solve(_ridged(both), (with_record + of_record)[learnt])
    repeated = errors @ response
    trust = 1 / np.diagonal(errors) ** 2
    variance = max(float((2 * (q + repeated) * trust).sum() / trust.sum()), 0.0)
    return covariance, q + variance / 2


def best_weights(covariance: np.ndarray, response: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Weights of the innovations at hand in the estimate of the record's error.

    Parameters
    ----------
    covariance, response : ndarray
        From :func:`innovation_model`.
    there : ndarray of bool, shape (products,)
        Which innovations are at hand.

    Returns
    -------
    ndarray, shape (products,)
        Least-squares weights [1], none below 0. Choice: a product whose weight would be negative is left out, the most
        negative first.

    Examples
    --------
    Two equally good products that have nothing to do with the record, whose error is as large as theirs:

    >>> best_weights(np.array([[2.0, 1.0], [1.0, 2.0]]), np.ones(2), np.ones(2, bool)).round(2).tolist()
    [0.33, 0.33]
    """
    out = np.zeros(there.size)
    at = np.flatnonzero(there)
    while at.size:
        weights = np.linalg.solve(_ridged(covariance[np.ix_(at, at)]), response[at])
        if weights.min() >= 0:
            out[at] = weights
            break
        at = np.delete(at, weights.argmin())
    return out


def _ridged(covariance: np.ndarray) -> np.ndarray:
    return covariance + RIDGE * np.diag(np.diagonal(covariance))
