"""Shares of the variance of a sum, series by series (numba).

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def share_rows(rows, time, min_n, out, extra):
    """Fill ``out (row, part, kind)`` with shares and ``extra (row, 3)`` with variance of the sum, years, and status.

    With the sum T centred, cov(trend_i, T) = b_i sum(t T) and cov(x_i, T) is the rest: no component is built.
    """
    parts, size = rows.shape[1], rows.shape[2]
    total, t, filled = np.empty(size), np.empty(size), np.empty((parts, size), rows.dtype)
    for r in range(rows.shape[0]):
        x = rows[r]
        out[r, :, :] = np.nan
        total[:] = 0.0
        for k in range(parts):
            for i in range(size):
                total[i] += x[k, i]
        n = first = 0
        mean = middle = 0.0
        for i in range(size):
            if np.isfinite(total[i]):  # one missing part makes the year incomplete
                first = i if n == 0 else first
                mean += total[i]
                middle += time[i]
                n += 1
        extra[r, 0], extra[r, 1], extra[r, 2] = np.nan, n, 0.0
        if n < min_n or n < 3:
            extra[r, 2] = 1.0
            continue
        mean /= n
        middle /= n
        power = slant = spread = 0.0
        for i in range(size):
            if n == size or np.isfinite(total[i]):
                t[i] = time[i] - middle
                total[i] -= mean
            else:
                t[i] = total[i] = 0.0
            power += total[i] * total[i]
            slant += t[i] * total[i]
            spread += t[i] * t[i]
        extra[r, 0] = power / (n - 1.0)
        if not power > 1e-20 * n * mean * mean:  # rounding of a constant sum
            extra[r, 2] = 2.0
            continue
        if n < size:  # a year that does not count has no weight, but must be a number
            for k in range(parts):
                for i in range(size):
                    filled[k, i] = x[k, i] if np.isfinite(x[k, i]) else x[k, first]
            x = filled
        for k in range(parts):
            start = np.float64(x[k, first])  # taken off to keep digits
            with_total = with_time = 0.0
            for i in range(size):
                d = x[k, i] - start
                with_total += d * total[i]
                with_time += d * t[i]
            trend = with_time / spread * slant
            out[r, k, 0] = trend / power
            out[r, k, 1] = (with_total - trend) / power
