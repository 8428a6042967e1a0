"""From days to dekads, on bare arrays with time last."""

from __future__ import annotations

import numpy as np


def dekad_starts(day: np.ndarray) -> np.ndarray:
    """Index of the first of the given days in each dekad.

    Parameters
    ----------
    day : ndarray, shape (time,)
        Consecutive days since 1970-01-01.

    Examples
    --------
    January 1970 has dekads of 10, 10 and 11 days.

    >>> dekad_starts(np.arange(40)).tolist()
    [0, 10, 20, 31]
    """
    date = np.asarray(day).astype("datetime64[D]")
    in_month = (date - date.astype("datetime64[M]")).astype(int)
    first = np.isin(in_month, (0, 10, 20))
    first[:1] = True
    return np.flatnonzero(first)


def total(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Sum of each dekad, float64, shape (..., dekad)."""
    return np.add.reduceat(np.asarray(values, dtype=float), starts, axis=-1)


def mean(values: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each dekad's finite values, NaN where there is none, and their number.

    Examples
    --------
    >>> m, n = mean(np.array([1.0, np.nan, 3.0, np.nan]), np.array([0, 3]))
    >>> m.tolist(), n.tolist()
    ([2.0, nan], [2, 0])
    """
    valid = np.isfinite(values)
    count = np.add.reduceat(valid, starts, axis=-1, dtype=np.int64)
    added = total(np.where(valid, values, 0.0), starts)
    return np.divide(added, count, out=np.full(added.shape, np.nan), where=count > 0), count


def observed(sm: np.ndarray, spread: np.ndarray, flag: np.ndarray, starts: np.ndarray,
             correlated: float) -> dict[str, np.ndarray]:  # fmt: skip
    """Composite of a product: mean of the observed days, its uncertainty, their number and why there is none.

    Parameters
    ----------
    sm, spread : ndarray, shape (..., time)
        Observations and their standard errors [m3 m-3], NaN where missing.
    flag : ndarray of uint16, shape (..., time)
        Why they are missing.
    starts : ndarray
        From :func:`dekad_starts`.
    correlated : float
        Share of the error variance that the days of a dekad have in common [1].

    Returns
    -------
    dict of ndarray, shape (..., dekad)
        ``sm``, ``sm_uncertainty`` = s·√((1 − c)/n + c) with s the root mean square of the errors, ``nobs``, and
        ``flag``: every reason of the dekad where there is no observation, else 0.
    """
    value, nobs = mean(sm, starts)
    square, _ = mean(np.square(spread), starts)
    deviation = np.sqrt(square * ((1 - correlated) / np.maximum(nobs, 1) + correlated))
    reasons = np.bitwise_or.reduceat(flag, starts, axis=-1)
    return {"sm": value, "sm_uncertainty": deviation, "nobs": nobs, "flag": np.where(nobs > 0, np.uint16(0), reasons)}
