"""Moving means and recursive filters along time (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def window_ends(when, half, first, last):
    """First sample of each time's window and the one after its last, times in order, ends included."""
    n = when.size
    i = j = 0
    for t in range(n):
        while when[i] < when[t] - half:
            i += 1
        while j < n and when[j] <= when[t] + half:
            j += 1
        first[t] = i
        last[t] = j


@njit(cache=True, nogil=True)
def moving_rows(values, first, last, min_obs, apart, out):
    """Mean of the finite values from sample ``first[t]`` to before ``last[t]``, or (``apart``) value less mean.

    Running sums are of values less the mean of the row, so that nothing is lost far from zero.
    """
    rows, length = values.shape
    sums, counts = np.empty(length + 1), np.empty(length + 1, np.int64)
    for p in range(rows):
        row, to = values[p], out[p]
        n = 0
        mean = 0.0
        start = 0.0
        for t in range(length):
            if np.isfinite(row[t]):
                if n == 0:
                    start = row[t]
                mean += row[t] - start
                n += 1
        mean = start + mean / n if n else np.nan
        total = 0.0
        seen = 0
        sums[0] = 0.0
        counts[0] = 0
        for t in range(length):
            if np.isfinite(row[t]):
                total += row[t] - mean
                seen += 1
            sums[t + 1] = total
            counts[t + 1] = seen
        for t in range(length):
            i, j = first[t], last[t]
            k = counts[j] - counts[i]
            if k < min_obs or k == 0 or (apart and not np.isfinite(row[t])):
                to[t] = np.nan
            elif apart:
                to[t] = (row[t] - mean) - (sums[j] - sums[i]) / k
            else:
                to[t] = mean + (sums[j] - sums[i]) / k


@njit(cache=True, nogil=True)
def filter_rows(values, position, scale, out):
    """Recursive exponential filter of each row; missing input leaves the state and gives NaN."""
    rows, length = values.shape
    for p in range(rows):
        gain = 1.0
        state = np.nan
        last = 0.0
        for t in range(length):
            value = values[p, t]
            if not np.isfinite(value):
                out[p, t] = np.nan
                continue
            if np.isnan(state):
                state = value
            else:
                gain = gain / (gain + np.exp(-(position[t] - last) / scale))
                state += gain * (value - state)
            last = position[t]
            out[p, t] = state
