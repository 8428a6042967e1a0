"""Shares of the variance of a sum, series by series (numba).

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def share_rows(rows, time, min_n, out, extra):
    """Fill ``out (row, part, kind)`` with shares and ``extra (row, 3)`` with variance of the sum, years, and status.

    With the sum T centred, cov(trend_i, T) = b_i sum(t T) and cov(x_i, T) is the rest: no component is built. Each row
    is read twice, once for T and once for both products.
    """
    parts, size = rows.shape[1], rows.shape[2]
    total, t, filled = np.empty(size), np.empty(size), np.empty((parts, size), rows.dtype)
    centred = time - time.mean()
    spread_all = 0.0
    for i in range(size):
        spread_all += centred[i] * centred[i]
    for r in range(rows.shape[0]):
        x = rows[r]
        add_parts(x, total)
        added = 0.0
        for i in range(size):
            added += total[i]
        extra[r, 2] = 0.0
        if size >= min_n and size >= 3 and np.isfinite(added):  # no year is missing
            mean = added / size
            power = slant = 0.0
            for i in range(size):
                total[i] -= mean
                power += total[i] * total[i]
                slant += total[i] * centred[i]
            extra[r, 0], extra[r, 1] = power / (size - 1.0), size
            if power > 1e-20 * size * mean * mean:
                project(x, 0, total, centred, slant / spread_all / power, power, out[r])
                continue
            out[r, :, :] = np.nan
            extra[r, 2] = 2.0
            continue
        out[r, :, :] = np.nan
        n = first = 0
        mean = middle = 0.0
        for i in range(size):
            if np.isfinite(total[i]):  # one missing part makes the year incomplete
                first = i if n == 0 else first
                mean += total[i]
                middle += time[i]
                n += 1
        extra[r, 0], extra[r, 1] = np.nan, n
        if n < min_n or n < 3:
            extra[r, 2] = 1.0
            continue
        mean /= n
        middle /= n
        power = slant = spread = 0.0
        for i in range(size):
            if np.isfinite(total[i]):
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
        for k in range(parts):  # a year that does not count has no weight, but must be a number
            for i in range(size):
                filled[k, i] = x[k, i] if np.isfinite(x[k, i]) else x[k, first]
        project(filled, first, total, t, slant / spread / power, power, out[r])


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def add_parts(x, total):
    """Sum of the parts at each time; four parts at once, so that the sum is loaded and stored a quarter as often."""
    parts, fours = x.shape[0], x.shape[0] // 4 * 4
    total[:] = 0.0
    for k in range(0, fours, 4):
        p, q, u, v = x[k], x[k + 1], x[k + 2], x[k + 3]
        for i in range(total.size):
            total[i] += (np.float64(p[i]) + np.float64(q[i])) + (np.float64(u[i]) + np.float64(v[i]))
    for k in range(fours, parts):
        row = x[k]
        for i in range(total.size):
            total[i] += row[i]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def project(x, first, total, t, per_time, power, out):
    """Shares of each part: of its trend, and of the rest. The value at ``first`` is taken off to keep digits."""
    parts, fours = x.shape[0], x.shape[0] // 4 * 4
    for k in range(0, fours, 4):
        p, q, u, v = x[k], x[k + 1], x[k + 2], x[k + 3]
        p0, q0, u0, v0 = np.float64(p[first]), np.float64(q[first]), np.float64(u[first]), np.float64(v[first])
        a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = 0.0
        for i in range(total.size):
            d = p[i] - p0
            a0 += d * total[i]
            b0 += d * t[i]
            d = q[i] - q0
            a1 += d * total[i]
            b1 += d * t[i]
            d = u[i] - u0
            a2 += d * total[i]
            b2 += d * t[i]
            d = v[i] - v0
            a3 += d * total[i]
            b3 += d * t[i]
        write_share(out, k, a0, b0, per_time, power)
        write_share(out, k + 1, a1, b1, per_time, power)
        write_share(out, k + 2, a2, b2, per_time, power)
        write_share(out, k + 3, a3, b3, per_time, power)
    for k in range(fours, parts):
        row = x[k]
        start = np.float64(row[first])
        a = b = 0.0
        for i in range(total.size):
            d = row[i] - start
            a += d * total[i]
            b += d * t[i]
        write_share(out, k, a, b, per_time, power)


@njit(cache=True, nogil=True)
def write_share(out, k, with_total, with_time, per_time, power):
    """Trend and rest of part k."""
    out[k, 0] = with_time * per_time
    out[k, 1] = with_total / power - out[k, 0]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def mean_rows(rows, out):
    """Fill ``out (row, part)`` with means over the times at which no part is missing, 0 where there is none."""
    parts, size = rows.shape[1], rows.shape[2]
    total, weight = np.empty(size), np.empty(size)
    for r in range(rows.shape[0]):
        x = rows[r]
        add_parts(x, total)
        n = 0
        for i in range(size):
            weight[i] = 1.0 if np.isfinite(total[i]) else 0.0
            n += weight[i] > 0
        for k in range(parts):
            row = x[k]
            s = 0.0
            if n == size:
                for i in range(size):
                    s += row[i]
            else:
                for i in range(size):
                    if weight[i] > 0:
                        s += row[i]
            out[r, k] = s / max(n, 1)
