"""Means of what is there, and differences from the yearly cycle of dekads."""

from __future__ import annotations

import numpy as np

#: Dekads in a year.
YEAR = 36


def valid_mean(x: np.ndarray) -> np.ndarray:
    """Mean over the first axis of what is finite, NaN where nothing is.

    Examples
    --------
    >>> valid_mean(np.array([[1.0, np.nan], [3.0, np.nan]])).tolist()
    [2.0, nan]
    """
    good = np.isfinite(x)
    count = good.sum(axis=0)
    return np.where(count > 0, np.where(good, x, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def anomalies(x: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Differences from the mean of each dekad of the year.

    Parameters
    ----------
    x : ndarray, shape (time, ...)
        Values; NaN is missing.
    numbers : ndarray of int, shape (time,)
        Dekads.

    Examples
    --------
    >>> anomalies(np.array([[1.0], [3.0]]), np.array([0, 36])).ravel().tolist()
    [-1.0, 1.0]
    """
    if not len(x):
        return x.astype("float64")
    # one row of dekads for each year, so that a mean over years is one sum
    place = numbers - numbers.min() // YEAR * YEAR
    full = np.full((int(place.max()) // YEAR + 1, YEAR, *x.shape[1:]), np.nan)
    flat = full.reshape(-1, *x.shape[1:])
    flat[place] = x
    full -= valid_mean(full)
    return flat[place]
