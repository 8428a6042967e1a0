"""Weighted mean over target cells, aware of missing values."""

from __future__ import annotations

import numpy as np

from .weights import Weights

#: Rounding allowed when a share of valid weight is compared with ``min_coverage``.
ROUNDING = 1e-9


def weighted_mean(values: np.ndarray, *, weights: Weights, min_coverage: float = 0.5) -> np.ndarray:
    """Mean of the valid source values of each target cell, weighted by shared area (or by a kernel ≥ 0).

    Parameters
    ----------
    values : ndarray, shape (..., source rows, source columns)
        Floating values, NaN missing.
    weights : Weights
        From :func:`vadose.regrid.weights.overlap` or ``linear``.
    min_coverage : float
        Smallest valid share of the cell's full weight, 0 to 1.

    Returns
    -------
    ndarray, shape (..., rows, columns)
        Mean, dtype of ``values``; NaN where the valid share is below ``min_coverage`` or zero.

    Notes
    -----
    x̄ = Σ w·v·valid / Σ w·valid, in float64. The share counts the whole target cell, the part outside the source
    grid included. Where every value is valid, Σ area · x̄ equals the integral of the source field.

    Examples
    --------
    >>> from vadose.grid import Grid
    >>> from vadose.regrid.weights import overlap
    >>> fine, coarse = Grid.regular(45), Grid.regular(90)
    >>> field = np.array([[1.0, 3.0, 5.0, np.nan] * 2] * 4)
    >>> weighted_mean(field, weights=overlap(fine, coarse)).round(12).tolist()
    [[2.0, 5.0, 2.0, 5.0], [2.0, 5.0, 2.0, 5.0]]
    """
    out = np.empty((*values.shape[:-2], *weights.shape), dtype=values.dtype)
    for index in np.ndindex(values.shape[:-2]):
        out[index] = mean_frame(values[index], weights, min_coverage)
    return out


def mean_frame(frame: np.ndarray, weights: Weights, min_coverage: float) -> np.ndarray:
    """:func:`weighted_mean` of one field, in float64."""
    valid = np.isfinite(frame)
    weight = weights.apply(valid)
    enough = is_covered(weight, weights, min_coverage)
    total = weights.apply(np.where(valid, frame, 0.0))
    return np.where(enough, total / np.where(enough, weight, 1.0), np.nan)


def is_covered(weight: np.ndarray, weights: Weights, min_coverage: float) -> np.ndarray:
    """Where the valid weight of a target cell is enough of its full weight."""
    share = weight / weights.total
    return (share >= min_coverage - ROUNDING) & (share > ROUNDING)


def mean_time(values: np.ndarray, *, weights: Weights, min_coverage: float = 0.5) -> np.ndarray:
    """:func:`weighted_mean` of ``datetime64`` values, to the microsecond; NaT missing.

    Examples
    --------
    >>> from vadose.grid import Grid
    >>> from vadose.regrid.weights import overlap
    >>> t0 = np.array([["2015-01-01", "2015-01-03", "NaT", "NaT"]] * 2, dtype="datetime64[ns]")
    >>> mean_time(t0, weights=overlap(Grid.regular(90), Grid.regular(180)))[0].astype("datetime64[D]").tolist()
    [datetime.date(2015, 1, 2), None]
    """
    out = np.empty((*values.shape[:-2], *weights.shape), dtype=values.dtype)
    for index in np.ndindex(values.shape[:-2]):
        out[index] = _time(mean_frame(_microseconds(values[index]), weights, min_coverage))
    return out


def _microseconds(time: np.ndarray) -> np.ndarray:
    """Microseconds since 1970 as float64: exact for all dates from 1685 to 2255."""
    return np.where(np.isnat(time), np.nan, time.astype("datetime64[us]").astype("i8"))


def _time(microseconds: np.ndarray) -> np.ndarray:
    known = np.isfinite(microseconds)
    time = np.rint(np.where(known, microseconds, 0)).astype("i8").astype("datetime64[us]")
    return np.where(known, time, np.datetime64("NaT"))


def mean_count(values: np.ndarray, *, weights: Weights) -> np.ndarray:
    """Area-weighted mean of counts, rounded up, so that 0 means nothing was counted anywhere in the cell.

    Parameters
    ----------
    values : ndarray of integer, shape (..., source rows, source columns)
        Counts ≥ 0.
    weights : Weights
        From :func:`vadose.regrid.weights.overlap` or ``linear``.

    Returns
    -------
    ndarray of the same dtype, shape (..., rows, columns)
        0 outside the source.
    """
    out = np.empty((*values.shape[:-2], *weights.shape), dtype=values.dtype)
    for index in np.ndindex(values.shape[:-2]):
        mean = weights.apply(values[index]) / np.maximum(weights.apply(np.ones(values.shape[-2:])), np.finfo("f8").tiny)
        out[index] = np.ceil(mean - ROUNDING * np.maximum(mean, 1)).astype(values.dtype)
    return out
