"""Sen's slope and Kendall's S from pairs within segments of a series (numba).

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .slope_kernels import nth
from .trend_kernels import kendall_variance, two_medians

#: Columns of the kernel's result.
COLUMNS = ("slope", "slope_lower", "slope_upper", "s", "variance", "n", "freedom", "segments")


@njit(cache=True, nogil=True)
def _lag_one(d, kept, extra):
    """Autocorrelation at lag one of anomalies, freed of the bias that ``extra`` + 1 fitted numbers leave."""
    power = total = 0.0
    n = pairs = 0
    for i in range(d.size):
        power += d[i] * d[i]
        n += kept[i]
        if i + 1 < d.size and kept[i] and kept[i + 1]:
            total += d[i] * d[i + 1]
            pairs += 1
    if pairs < 3 * extra + 1 or power <= 0.0:  # too few neighbours to tell persistence from noise: taken as strong
        return 0.98 if power > 0.0 else 0.0
    m = pairs + 1.0
    r = total / pairs * n / power
    return max(-0.9, min(0.98, (m * r + extra + 1.0) / (m - 3.0 * extra - 1.0)))


@njit(cache=True, nogil=True)
def _persistence(x, place, segment, time, slope, segments, centred, d, kept, values):
    """Factor on the variance of S under a first-order autoregression, and the effective number of samples."""
    for i in range(d.size):
        d[i], kept[i] = 0.0, 0
    n = used = 0
    for g in range(segments):
        m = 0
        mean = 0.0
        for i in range(x.size):
            if segment[i] == g and x[i] == x[i]:
                values[m] = x[i] - slope * time[i]
                mean += values[m]
                m += 1
        if m == 0:
            continue
        n += m
        used += 1
        mean /= m
        k = 0
        for i in range(x.size):
            if segment[i] == g and x[i] == x[i]:
                d[place[i]] = values[k] - mean
                kept[place[i]] = 1
                k += 1
    phi = _lag_one(d, kept, used)
    power = 1.0
    total = squares = rank = 0.0
    for i in range(d.size):
        squares += centred[i] * centred[i]
    for lag in range(1, d.size):
        power *= phi
        if abs(power) < 1e-7:
            break
        rho = 6.0 / np.pi * np.arcsin(0.5 * power)
        for i in range(d.size - lag):
            if kept[i] and kept[i + lag]:
                total += centred[i] * centred[i + lag] * rho
                rank += power
    factor = 1.0 + 2.0 * total / squares if squares > 0.0 else 1.0
    return factor, n / (1.0 + 2.0 * rank / n)


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
    centred, d, kept = np.empty(span), np.empty(span), np.empty(span, np.int64)
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
        centred[:] = 0.0
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
            k = 0
            for i in range(size):
                if segment[i] == g and x[i] == x[i]:
                    centred[place[i]] = k - 0.5 * (m - 1.0)
                    k += 1
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
            factor, effective = _persistence(x, place, segment, time, slope, segments, centred, d, kept, values)
            if factor > 0.0:
                variance *= factor
            out[r, 6] = max(effective - 1.0 - used, 2.0)
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
