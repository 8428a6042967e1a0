"""Groups by rank: the wettest quarter of a year, the driest, and what lies between."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError


def rank_groups(values: ArrayLike, *, groups: int = 4) -> NDArray[np.int8]:
    """Group of each value along the last axis, equally many in each, from 0 for the largest ones.

    Parameters
    ----------
    values : array_like, shape (..., n)
        Values; n is a multiple of ``groups`` [any unit].
    groups : int
        Number of groups.

    Returns
    -------
    ndarray of int8, shape (..., n)
        Group, -1 in all places where any of the n values is missing. Ties: the earlier value counts as larger.

    Raises
    ------
    VadoseError
        If n is no multiple of ``groups``.

    Examples
    --------
    >>> from vadose.stats import ranking
    >>> ranking.rank_groups([3.0, 9.0, 1.0, 9.0], groups=2)
    array([1, 0, 1, 0], dtype=int8)
    """
    x = np.asarray(values, dtype=np.float64)
    n = x.shape[-1]
    if groups < 1 or n % groups:
        raise VadoseError("values", found=f"{n} values", needed=f"a multiple of {groups}")
    order = np.argsort(-x, axis=-1, kind="stable")
    out = np.empty(x.shape, np.int8)
    np.put_along_axis(out, order, np.broadcast_to((np.arange(n) // (n // groups)).astype(np.int8), x.shape), axis=-1)
    return np.where(np.isfinite(x).all(axis=-1, keepdims=True), out, np.int8(-1))


def group_means(values: ArrayLike, group: ArrayLike, *, groups: int = 4) -> NDArray[np.float64]:
    """Mean of the values of each group along the last axis.

    Parameters
    ----------
    values : array_like, shape (..., n)
        Values [any unit].
    group : array_like of int, broadcastable to ``values``
        Group of each, -1 for none.
    groups : int
        Number of groups.

    Returns
    -------
    ndarray of float64, shape (..., groups)
        Means; NaN for a group without members or with a missing value.

    Examples
    --------
    >>> from vadose.stats import ranking
    >>> ranking.group_means([3.0, 9.0, 1.0, 9.0], [1, 0, 1, 0], groups=2)
    array([9., 2.])
    """
    x, label = np.asarray(values, dtype=np.float64), np.asarray(group)
    out = np.empty((*np.broadcast_shapes(x.shape, label.shape)[:-1], groups))
    for k in range(groups):
        inside = label == k
        count = inside.sum(axis=-1)
        total = np.where(inside, x, 0.0).sum(axis=-1)
        out[..., k] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return out
