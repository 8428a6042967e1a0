"""Means of what is there, differences from the yearly cycle of dekads, and years."""

from __future__ import annotations

import numpy as np

#: Dekads in a year, and the fewest with a value for a mean over the year.
YEAR, FEWEST = 36, 12


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


def yearly_means(x: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Mean of each calendar year, shape (years, cells); NaN in years of fewer than :data:`FEWEST` values.

    Examples
    --------
    >>> yearly_means(np.repeat([[1.0], [3.0]], [36, 11], axis=0), np.arange(47)).ravel().tolist()
    [1.0, nan]
    """
    year = numbers // YEAR
    every = np.unique(year)
    out = np.full((every.size, *x.shape[1:]), np.nan)
    for mean, y in zip(out, every):
        part = x[year == y]
        mean[...] = np.where(np.isfinite(part).sum(axis=0) >= FEWEST, valid_mean(part), np.nan)
    return out


def bridged(x: np.ndarray) -> np.ndarray:
    """Gaps of years closed by straight lines, the ends held; 0 where a cell has nothing.

    Parameters
    ----------
    x : ndarray, shape (years, cells)
        Values; NaN is missing.

    Examples
    --------
    >>> bridged(np.array([[np.nan], [1.0], [np.nan], [3.0]])).ravel().tolist()
    [1.0, 1.0, 2.0, 3.0]
    """
    out = np.zeros_like(x)
    place = np.arange(len(x))
    for c in range(x.shape[1]):
        good = np.isfinite(x[:, c])
        if good.any():
            out[:, c] = np.interp(place, place[good], x[good, c])
    return out
