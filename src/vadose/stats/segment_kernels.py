"""Sen's slope and Kendall's S from pairs within segments of a series (numba).

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .persistence_kernels import average_ranks, first_order, first_order_score, unbiased_persistence
from .slope_kernels import nth
from .trend_kernels import kendall_variance, two_medians

#: Columns of the kernel's result.
COLUMNS = ("slope", "slope_lower", "slope_upper", "s", "variance", "n", "freedom", "segments")


@njit(cache=True, nogil=True)
def _persistence(x, place, segment, time, slope, segments, d, kept, label, values):
    """Factor on the variance of S under a first-order autoregression, and Student's degrees of freedom.

    The coefficient is that of ranks of what is left of a slope and a level of each segment.
    """
    for i in range(d.size):
        d[i], kept[i] = 0.0, 0
    n = used = 0
    size = 0.0
    first, last = d.size, -1
    for g in range(segments):
        begin = n
        mean = 0.0
        for i in range(x.size):
            if segment[i] == g and x[i] == x[i]:
                along = slope * (time[i] - time[0])
                values[n] = x[i] - along
                mean += values[n]
                size = max(size, abs(x[i]) + abs(along))
                kept[place[i]], label[place[i]] = 1, g
                first, last = min(first, place[i]), place[i]
                n += 1
        if n > begin:
            used += 1
            values[begin:n] -= mean / (n - begin)
    ranks = np.empty(n)
    average_ranks(values[:n], 16.0 * np.finfo(np.float64).eps * size, ranks)
    k = 0
    for i in range(first, last + 1):
        if kept[i]:
            d[i] = ranks[k] - 0.5 * (n + 1.0)
            k += 1
        else:
            label[i] = label[i - 1]
    series, there, part = d[first : last + 1], kept[first : last + 1], label[first : last + 1]
    phi, pairs = unbiased_persistence(series, there, True, used)
    return first_order_score(there, part, phi), max((pairs + 1.0) / first_order(there, phi) - 1.0 - used, 2.0)


@njit(cache=True, nogil=True)
def segment_rows(rows, place, segment, time, segments, ar1, quantiles, min_n, out):
    """Slope with interval and S with variance of each row, from pairs of samples of one segment alone.

    Parameters
    ----------
    rows
        Values, float64; NaN and infinities are missing.
    place
        Step of each column on the regular axis, from 0 (columns in order where there is none).
    segment
        Segment of each column, 0, 1, 2, ...
    time
        Time of each column.
    segments
        Number of segments.
    ar1
        Whether the variance is that under a first-order autoregression.
    quantiles
        Student's quantiles of the interval for 0, 1, 2, ... degrees of freedom, and the normal one at the end; empty
        for no interval.
    min_n
        Fewer values give NaN.
    out
        Result, columns as :data:`COLUMNS`.
    """
    size = rows.shape[1]
    span = place[size - 1] + 1
    x, space, values = np.empty(size), np.empty(size), np.empty(size)
    slopes, work = np.empty(size * (size - 1) // 2), np.empty(size * (size - 1) // 2)
    d, kept, label = np.empty(span), np.empty(span, np.int64), np.empty(span, np.int64)
    for r in range(rows.shape[0]):
        n = 0
        for i in range(size):
            v = rows[r, i]
            x[i] = v if np.isfinite(v) else np.nan
            n += x[i] == x[i]
        out[r, :] = np.nan
        out[r, 5] = n
        out[r, 7] = 0
        if n < min_n or n < 2:
            continue
        pairs = score = used = 0
        variance = 0.0
        low, high = np.inf, -np.inf
        for g in range(segments):
            m = 0
            for i in range(size):
                if segment[i] != g or x[i] != x[i]:
                    continue
                space[m] = x[i]
                low, high = min(low, x[i]), max(high, x[i])
                for j in range(i + 1, size):
                    if segment[j] == g and x[j] == x[j]:
                        slopes[pairs] = (x[j] - x[i]) / (time[j] - time[i])
                        score += int(x[j] > x[i]) - int(x[j] < x[i])
                        pairs += 1
                m += 1
            if m == 0:
                continue
            used += 1
            if m > 1:
                v, _ = kendall_variance(space[:m], 1, True, values)
                variance += v
        out[r, 7] = used
        if pairs == 0:
            continue
        work[:pairs] = slopes[:pairs]
        a, b = two_medians(work[:pairs])
        slope = 0.5 * (a + b)
        out[r, 0], out[r, 3] = slope, score
        quantile = quantiles[-1] if quantiles.size else 0.0
        if ar1:
            factor, freedom = _persistence(x, place, segment, time, slope, segments, d, kept, label, values)
            variance *= factor
            out[r, 6] = freedom
            if quantiles.size:
                k = min(np.int64(out[r, 6]), quantiles.size - 3)
                part = min((1.0 - k / out[r, 6]) * (k + 1.0), 1.0)  # nearly linear in 1 / freedom
                quantile = (1.0 - part) * quantiles[k] + part * quantiles[k + 1]
        out[r, 4] = variance
        if quantile > 0.0 and low == high:
            out[r, 1], out[r, 2] = 0.0, 0.0
        elif quantile > 0.0:
            reach = quantile * np.sqrt(variance)
            first = max(np.int64(np.rint(0.5 * (pairs - reach))) - 1, 0)
            last = min(np.int64(np.rint(0.5 * (pairs + reach))), pairs - 1)
            work[:pairs] = slopes[:pairs]
            out[r, 1] = nth(work[:pairs], first)
            out[r, 2] = nth(work[:pairs], last)
