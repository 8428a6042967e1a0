"""Moving means and recursive filters along time (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def moving_mean_rows(values, first, last, min_obs, centre, out):
    """Mean of the finite values from sample ``first[t]`` to before ``last[t]``, from running sums of centred values.

    ``centre`` gets each row's mean, which ``out`` leaves out.
    """
    rows, length = values.shape
    sums, counts = np.empty(length + 1), np.empty(length + 1, np.int64)
    for p in range(rows):
        n = 0
        mean = 0.0
        start = 0.0
        for t in range(length):
            if np.isfinite(values[p, t]):
                if n == 0:
                    start = values[p, t]
                mean += values[p, t] - start
                n += 1
        mean = start + mean / n if n else np.nan
        centre[p] = mean
        total = 0.0
        seen = 0
        sums[0] = 0.0
        counts[0] = 0
        for t in range(length):
            if np.isfinite(values[p, t]):
                total += values[p, t] - mean
                seen += 1
            sums[t + 1] = total
            counts[t + 1] = seen
        for t in range(length):
            k = counts[last[t]] - counts[first[t]]
            out[p, t] = (sums[last[t]] - sums[first[t]]) / k if k >= min_obs and k > 0 else np.nan


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
