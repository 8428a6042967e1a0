"""What one record is expected to be, given others, by a Gaussian copula."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

#: Points of the Gauss-Hermite rule that integrates over what the products leave open.
NODES = 15

#: Smallest eigenvalue of a matrix of correlations that were estimated from different samples.
FLOOR = 1e-3


def conditional(
    x: ArrayLike, y: ArrayLike, *, min_n: int = 30
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Mean and standard deviation of a target given the products at hand, by a Gaussian copula.

    Parameters
    ----------
    x : array_like, shape (product, point, time)
        Products; NaN is missing [any units].
    y : array_like, shape (point, time)
        Target; NaN is missing [any unit].
    min_n : int
        Fewest common samples of a product and the target; a product with fewer is left out of that point.

    Returns
    -------
    mean, deviation : ndarray of float64, shape (point, time)
        Of the target given the products that have a value at that time [unit of y]; NaN where none has.
    used : ndarray of bool, shape (product, point)
        Products that had enough samples.

    Raises
    ------
    VadoseError
        If the shapes do not fit.

    Notes
    -----
    Each record is turned into normal scores z = Φ⁻¹((rank − ½)/n) by its own distribution (Hazen; of a product over
    the samples shared with the target). With the correlations R of the scores, z_y given the products S at hand is
    normal with mean m = R_yS R_SS⁻¹ z_S and variance s² = 1 − R_yS R_SS⁻¹ R_Sy; mean and variance of y follow by a
    Gauss-Hermite rule over F_y⁻¹(Φ(m + s t)) (Joe 2014, Dependence Modeling with Copulas, section 6.2).

    Choices: correlations are of the samples that two records share, and two products that share fewer than ``min_n``
    are taken as independent given the target; the matrix is then brought back to positive eigenvalues. Values beyond
    the extremes of the distribution take its extremes.

    Examples
    --------
    A product that is a rising function of the target tells it exactly:

    >>> y = np.linspace(0.1, 0.4, 301)
    >>> mean, deviation, used = conditional(np.exp(y)[None, None], y[None])
    >>> mean[0, [0, 150, 300]].round(2).tolist(), bool(deviation.max() < 0.01), used.tolist()
    ([0.1, 0.25, 0.4], True, [[True]])
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if x.ndim != 3 or y.ndim != 2 or x.shape[1:] != y.shape:
        raise VadoseError("x, y", found=f"shapes {x.shape} and {y.shape}", needed="(product, point, time) and "
                          "(point, time)")  # fmt: skip
    mean, deviation = np.full((2, *y.shape), np.nan)
    used = np.zeros(x.shape[:2], bool)
    for p in range(y.shape[0]):
        mean[p], deviation[p], used[:, p] = _point(x[:, p], y[p], max(min_n, 3))
    return mean, deviation, used


def _point(x: NDArray, y: NDArray, min_n: int) -> tuple[NDArray, NDArray, NDArray]:
    """The same for one point: x (product, time), y (time,)."""
    from scipy.special import ndtr

    mean, deviation = np.full((2, y.size), np.nan)
    known = np.isfinite(y)
    both = np.isfinite(x) & known
    used = (both.sum(axis=1) >= min_n) & (_span(x, both) > 0)
    order = np.sort(y[known])
    if not used.any() or order[0] == order[-1]:
        return mean, deviation, np.zeros(len(x), bool)
    z = np.stack([_scores(np.sort(row[b]), row) for row, b in zip(x[used], both[used])])
    R = _correlations(np.vstack([z, _scores(order, y)]), min_n)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    shares = (np.arange(order.size) + 0.5) / order.size
    there = np.isfinite(z)
    codes = there.T @ (1 << np.arange(len(z), dtype="int64"))
    for code in np.unique(codes[codes > 0]):
        at = np.flatnonzero(codes == code)
        S = np.flatnonzero(there[:, at[0]])
        share = np.linalg.solve(R[np.ix_(S, S)], R[S, -1])
        spread = np.sqrt(max(1.0 - float(share @ R[S, -1]), 0.0))
        drawn = (share @ z[np.ix_(S, at)])[:, None] + spread * nodes
        values = np.interp(ndtr(drawn), shares, order)
        mean[at] = values @ weights
        deviation[at] = np.sqrt(np.maximum((values - mean[at, None]) ** 2 @ weights, 0.0))
    return mean, deviation, used


def _span(x: NDArray, both: NDArray) -> NDArray:
    """Largest less smallest of the samples in each row, 0 where there are none."""
    low = np.where(both, x, np.inf).min(axis=1, initial=np.inf)
    high = np.where(both, x, -np.inf).max(axis=1, initial=-np.inf)
    return np.where(both.any(axis=1), high - low, 0.0)


def _scores(order: NDArray, values: NDArray) -> NDArray:
    """Normal scores of values in the distribution of ordered samples; ties take their middle rank."""
    from scipy.special import ndtri

    n = order.size
    distinct, first, count = np.unique(order, return_index=True, return_counts=True)
    rank = np.interp(values, distinct, first + 0.5 * (count - 1))
    return np.where(np.isfinite(values), ndtri((rank + 0.5) / n), np.nan)


def _correlations(z: NDArray, min_n: int) -> NDArray:
    """Correlations of rows over what each two share; the target is the last row."""
    k = len(z)
    R = np.eye(k)
    for i in range(k):
        for j in range(i):
            both = np.isfinite(z[i]) & np.isfinite(z[j])
            if both.sum() < min_n:
                R[i, j] = np.nan
                continue
            a, b = z[i, both] - z[i, both].mean(), z[j, both] - z[j, both].mean()
            size = np.sqrt((a @ a) * (b @ b))
            R[i, j] = (a @ b) / size if size > 0 else 0.0
    R = np.tril(R) + np.tril(R, -1).T
    R = np.where(np.isnan(R), np.outer(R[-1], R[-1]), R)
    values, vectors = np.linalg.eigh(R)
    if values[0] < FLOOR:
        R = (vectors * np.maximum(values, FLOOR)) @ vectors.T
        scale = np.sqrt(np.diag(R))
        R = R / np.outer(scale, scale)
    return R
