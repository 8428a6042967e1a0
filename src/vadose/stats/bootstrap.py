"""Bounds from block resamples, freed of what blocks hide."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Scale = Callable[[NDArray], NDArray]


def same(value: NDArray) -> NDArray:
    """The value itself: the scale of differences."""
    return value


def distance(score: NDArray) -> NDArray:
    """Scale on which a score that is at most 1 has no end: -log(1 - score)."""
    return -np.log(1.0 - score)


def score(value: NDArray) -> NDArray:
    """Inverse of :func:`distance`."""
    return 1.0 - np.exp(-value)


def logit(share: NDArray) -> NDArray:
    """Scale on which a share in 0..1 has no ends: log(s / (1 - s))."""
    return np.log(share / (1.0 - share))


def share(value: NDArray) -> NDArray:
    """Inverse of :func:`logit`."""
    return 1.0 / (1.0 + np.exp(-value))


def adjusted_bounds(
    drawn: NDArray, value: NDArray, stretched: NDArray, *, to: Scale = same, back: Scale = same
) -> tuple[NDArray, NDArray]:
    """Bounds around ``value`` from quantiles of its resamples.

    Parameters
    ----------
    drawn : ndarray, shape (points, 3)
        Low quantile, median and high quantile of the resamples.
    value : ndarray, shape (points,)
        The estimates.
    stretched : ndarray, shape (points,)
        How much wider the estimates scatter than resamples of independent blocks [1].
    to, back : callable
        Scale on which the resamples scatter evenly, and its inverse.

    Returns
    -------
    tuple of ndarray
        Lower and upper bounds; the plain quantiles where the scale has no finite value.

    Notes
    -----
    centre = 2 value - median: the resamples are off the estimate as the estimate is off the truth (bias correction);
    bounds = centre + stretched (quantile - median).

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.bootstrap import adjusted_bounds
    >>> adjusted_bounds(np.array([[1.0, 2.0, 4.0]]), np.array([2.5]), np.array([2.0]))
    (array([1.]), array([7.]))
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        low, middle, high = (to(drawn[:, k]) for k in range(3))
        centre = 2.0 * to(value) - middle
        a, b = centre + stretched * (low - middle), centre + stretched * (high - middle)
        plain = ~np.isfinite(a) | ~np.isfinite(b)
        return np.where(plain, drawn[:, 0], back(a)), np.where(plain, drawn[:, 2], back(b))
