"""How much of imposed values is found again: slopes of found on true values, with errors that respect groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .jackknife import group_jackknife


def recovered_slope(
    true: ArrayLike,
    found: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    intercept: bool = False,
) -> tuple[float, float]:
    """Slope of found on true values, and its standard error.

    Parameters
    ----------
    true, found : array_like, shape (n,)
        Values [one unit]; pairs with a missing value are left out.
    groups : array_like, shape (n,), optional
        Group of each pair, such as its region; pairs of one group may depend on each other. Each pair by itself where
        not given.
    weights : array_like, shape (n,), optional
        Weight of each pair, alike where not given.
    intercept : bool
        Whether the line has an intercept or goes through the origin.

    Returns
    -------
    tuple of float
        Slope [1] and standard error [1]. NaN: the slope where the true values leave none, the error where there are
        fewer than two groups, or a slope is NaN without one of them.

    Notes
    -----
    Least squares: sum(wxy)/sum(wx²) through the origin, sum(wx'y')/sum(wx'²) of deviations from the means otherwise,
    w the weights. True values are free of error, so nothing is attenuated. The error is the jackknife's that leaves
    out one group at a time.

    Examples
    --------
    >>> recovered_slope([1, 2, 3], [0.5, 1.0, 1.5])
    (0.5, 0.0)
    >>> recovered_slope([1, 2, 3], [2, 3, 4], intercept=True)
    (1.0, 0.0)
    >>> recovered_slope([2.0], [1.0])
    (0.5, nan)
    """
    x, y = np.asarray(true, dtype="float64").ravel(), np.asarray(found, dtype="float64").ravel()
    member = np.arange(x.size) if groups is None else np.asarray(groups).ravel()
    w = np.ones(x.size) if weights is None else np.asarray(weights, dtype="float64").ravel()
    good = np.isfinite(x) & np.isfinite(y)
    x, y, w = x[good], y[good], w[good]
    ids, member = np.unique(member[good], return_inverse=True)

    def slope(keep: np.ndarray) -> np.ndarray:
        a, b, c = (v[keep[member]] for v in (x, y, w))
        if intercept and c.any():
            a, b = (v - np.average(v, weights=c) for v in (a, b))
        square = (c * a * a).sum()
        return np.asarray((c * a * b).sum() / square if square > 0 else np.nan)

    whole = float(slope(np.ones(ids.size, bool)))
    if ids.size < 2:
        return whole, float("nan")
    error, _ = group_jackknife(slope, size=ids.size, groups=ids.size)
    return whole, float(error)
