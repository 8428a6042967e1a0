"""How much of imposed values is found again: slopes of found on true values, with errors that respect groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .jackknife import group_jackknife


def recovered_slope(
    true: ArrayLike, found: ArrayLike, *, groups: ArrayLike | None = None, intercept: bool = False
) -> tuple[float, float]:
    """Slope of found on true values, and its standard error.

    Parameters
    ----------
    true, found : array_like, shape (n,)
        Values [one unit]; pairs with a missing value are left out.
    groups : array_like, shape (n,), optional
        Group of each pair, such as its region; pairs of one group may depend on each other. Each pair by itself where
        not given.
    intercept : bool
        Whether the line has an intercept or goes through the origin.

    Returns
    -------
    tuple of float
        Slope [1] and standard error [1]. NaN: the slope where the true values leave none, the error where there are
        fewer than two groups, or a slope is NaN without one of them.

    Notes
    -----
    Least squares: sum(xy)/sum(x²) through the origin, sum(x'y')/sum(x'²) of deviations from the means otherwise. True
    values are free of error, so nothing is attenuated. The error is the jackknife's that leaves out one group at a
    time.

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
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    ids, member = np.unique(member[good], return_inverse=True)

    def slope(keep: np.ndarray) -> np.ndarray:
        a, b = x[keep[member]], y[keep[member]]
        if intercept and a.size:
            a, b = a - a.mean(), b - b.mean()
        square = (a * a).sum()
        return np.asarray((a * b).sum() / square if square > 0 else np.nan)

    whole = float(slope(np.ones(ids.size, bool)))
    if ids.size < 2:
        return whole, float("nan")
    error, _ = group_jackknife(slope, size=ids.size, groups=ids.size)
    return whole, float(error)
