"""Trend statistics of series in rows (numba): Sen's slope, Mann-Kendall with its variants, Pettitt.

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .persistence_kernels import (
    average_ranks,
    first_order,
    first_order_score,
    first_order_slope,
    hamed_rao,
    innovations,
    persistence,
    pre_whitened,
    unbiased_persistence,
    yue_wang,
)
from .slope_kernels import KEPT, count_below, keep_slopes, nth, pair_rates, slopes_of_rank

#: Tests by the number the kernel knows them by.
TESTS = {"mk": 0, "hamed_rao": 1, "yue_wang": 2, "tfpw": 3, "seasonal": 4, "ar1": 5}
#: Columns of the kernel's result.
COLUMNS = ("slope", "slope_lower", "slope_upper", "intercept", "s", "variance", "n", "freedom")


@njit(cache=True, nogil=True)
def kendall_score(x, period):
    """Rising less falling pairs, and the number of pairs of equal values, among pairs of the same season."""
    score = 0
    equal = 0
    for lag in range(period, x.size, period):
        count = x.size - lag
        tail = x[lag:]
        up = np.int32(0)
        down = np.int32(0)
        same = np.int32(0)
        for i in range(count):
            up += np.int32(tail[i] > x[i])
            down += np.int32(tail[i] < x[i])
            same += np.int32(tail[i] == x[i])
        score += int(up) - int(down)
        equal += int(same)
    return score, equal


@njit(cache=True, nogil=True)
def _season_variance(values, tied):
    """Variance of S of one season (exact when multiplied by 18) and its number of pairs."""
    n = float(values.size)
    ties = 0.0
    if tied:
        ordered = np.sort(values)
        i = 0
        while i < ordered.size:
            j = i + 1
            while j < ordered.size and ordered[j] == ordered[i]:
                j += 1
            t = float(j - i)
            ties += t * (t - 1.0) * (2.0 * t + 5.0)
            i = j
    return (n * (n - 1.0) * (2.0 * n + 5.0) - ties) / 18.0, values.size * (values.size - 1) // 2


@njit(cache=True, nogil=True)
def kendall_variance(x, period, tied, space):
    """Variance of S under independence, with ties, summed over seasons; and the number of valid pairs."""
    variance = 0.0
    pairs = 0
    for season in range(min(period, x.size)):
        n = 0
        for i in range(season, x.size, period):
            if x[i] == x[i]:
                space[n] = x[i]
                n += 1
        v, p = _season_variance(space[:n], tied)
        variance += v
        pairs += p
    return variance, pairs


@njit(cache=True, nogil=True)
def _residuals(x, time, slope, first, last, ranked, d, kept):
    """Detrended values (or their ranks) between the first and last valid sample, as anomalies, 0 where missing.

    Sen's slope is that of a pair, whose residuals are therefore equal, but for rounding.
    """
    span = last - first + 1
    values = np.empty(span)
    n = 0
    size = 0.0
    for i in range(span):
        v = x[first + i]
        kept[i] = v == v
        if kept[i]:
            along = slope * (time[first + i] - time[first])
            values[n] = v - along
            size = max(size, abs(v) + abs(along))
            n += 1
    if ranked:
        ranks = np.empty(n)
        average_ranks(values[:n], 16.0 * np.finfo(np.float64).eps * size, ranks)
        values[:n] = ranks
    mean = values[:n].mean()
    k = 0
    for i in range(span):
        d[i] = 0.0
        if kept[i]:
            d[i] = values[k] - mean
            k += 1


@njit(cache=True, nogil=True)
def _scaled(x, tau, y):
    """Fill ``y`` twice with values scaled to -1..1; half range, OLS slope over tau, its error, and the count."""
    low, high, n = np.inf, -np.inf, 0
    for i in range(x.size):
        v = x[i]
        if v == v:
            low, high, n = min(low, v), max(high, v), n + 1
    half = 0.5 * high - 0.5 * low
    middle = 0.5 * high + 0.5 * low
    sy = st = 0.0
    size = x.size
    if half > 0.0:
        for i in range(size):
            y[i] = np.float32((x[i] - middle) / half)
    else:
        y[:size] = np.float32(0.0) * x.astype(np.float32)
    y[size : size + min(size, y.size - size)] = y[: min(size, y.size - size)]
    for i in range(size):
        if x[i] == x[i]:
            sy += np.float64(y[i])
            st += tau[i]
    my, mt = sy / max(n, 1), st / max(n, 1)
    syy = stt = sty = 0.0
    for i in range(x.size):
        if x[i] == x[i]:
            a, b = np.float64(y[i]) - my, tau[i] - mt
            syy += a * a
            stt += b * b
            sty += a * b
    slope = sty / stt if stt > 0.0 else 0.0
    error = np.sqrt(max(syy - slope * sty, 1e-12) / (max(n - 2, 1) * stt)) if stt > 0.0 else 1.0
    return half, slope, error, n


@njit(cache=True, nogil=True)
def trend_rows(rows, index, time, tau, regular, period, test, corrected, lags, bound, quantiles, min_n, out):
    """Sen's slope with interval and Mann-Kendall's S with variance of each row, NaN where fewer than ``min_n`` values.

    Parameters
    ----------
    rows
        Values, float64; NaN and infinities are missing.
    index
        Place of each column on the axis ``time``.
    time, tau
        Times, and times from 0 in units of the smallest step.
    regular
        Whether ``tau`` is 0, 1, 2, ...
    period
        Samples in a cycle, only whole multiples of which are compared; 1 compares all.
    test
        Value of :data:`TESTS`.
    corrected
        Whether the variance of S is that of a first-order autoregression with the coefficient freed from bias.
    lags
        Most lags of the autocorrelation; 0 leaves the choice to the test.
    bound
        Normal quantile of a significant autocorrelation.
    quantiles
        Student's quantiles of the interval for 0, 1, 2, ... degrees of freedom, and the normal one at the end; empty
        for no interval.
    out
        Result, columns as :data:`COLUMNS`.
    """
    size = time.size
    rates = pair_rates(tau, period)
    kept = np.empty(rates.size, np.float32)
    room = min(size * size, KEPT) + 16
    places, slopes = np.empty(room, np.int64), np.empty(room)
    words = np.zeros((max(rates.size, size) + 7) // 8, np.uint64)
    marks = words.view(np.uint8)
    row, y = np.empty(size, np.float32), np.zeros(size + rates.shape[1] + size // 2, np.float32)
    x, space, d, kept_at = np.full(size, np.nan), np.empty(size), np.empty(size), np.empty(size, np.int64)
    one = np.zeros(size, np.int64)
    gap = (time[1] - time[0]) / (tau[1] - tau[0]) if size > 1 else 1.0
    for r in range(rows.shape[0]):
        for i in range(index.size):
            v = rows[r, i]
            x[index[i]] = v if np.isfinite(v) else np.nan
        half, guess, error, n = _scaled(x, tau, y)
        out[r, :] = np.nan
        out[r, 6] = n
        if n < min_n or n < 2:
            continue
        keep_slopes(y, rates, period, kept)
        falling, level = count_below(y, tau, regular, period, kept, row, np.float32(0.0), np.float32(1e-30))
        variance, pairs = kendall_variance(x, period, level > falling, space)
        if pairs == 0:
            continue
        # scaling keeps the order, but may make unequal values equal: only then are the values themselves compared
        score = pairs - 2 * np.int64(falling) if level == falling else kendall_score(x, period)[0]
        unit = half / gap
        slope = 0.0
        if half > 0.0:
            k1, k2 = (pairs - 1) // 2, pairs // 2
            a, b = slopes_of_rank(x, time, y, tau, regular, period, kept, row, pairs, k1, k2, guess,
                                  0.4 * error, unit, places, slopes, marks, words)  # fmt: skip
            slope = a if k1 == k2 else 0.5 * (a + b)
        spread = variance
        quantile = quantiles[-1] if quantiles.size else 0.0
        if test == 1 or test == 2 or test == 3 or test == 5:
            begin, end = 0, size - 1
            while x[begin] != x[begin]:
                begin += 1
            while x[end] != x[end]:
                end -= 1
            span = end - begin + 1
            ranked = test == 1 or (corrected and test != 3)  # whitening needs the coefficient of the values
            _residuals(x, time, slope, begin, end, ranked, d, kept_at)
            series, there, whole = d[:span], kept_at[:span], one[:span]
            if corrected:
                phi, pairs_near = unbiased_persistence(series, there, ranked, 1)
                longer = first_order(there, phi)
                factor = longer if test == 2 else first_order_score(there, whole, phi)
                if test == 3:
                    shrunk = slope / np.sqrt(first_order_slope(there, whole, phi))
                    innovations(series, there, time[begin:], shrunk, phi, space)
                out[r, 7] = max((n if test == 2 else pairs_near + 1.0) / longer - 2.0, 2.0)
                if quantiles.size:
                    k = min(np.int64(out[r, 7]), quantiles.size - 3)
                    part = min((1.0 - k / out[r, 7]) * (k + 1.0), 1.0)  # nearly linear in 1 / freedom
                    quantile = (1.0 - part) * quantiles[k] + part * quantiles[k + 1]
            elif test == 1:
                factor = hamed_rao(series, there, lags, bound)
            elif test == 2:
                factor = yue_wang(series, there, lags)
            else:
                phi = persistence(series, there)
                pre_whitened(series, there, time[begin:], slope, phi, space)
                factor = first_order(there, phi)
            if test == 3:
                score, equal = kendall_score(space[:span], 1)
                variance, _ = kendall_variance(space[:span].copy(), 1, equal > 0, space)
            if factor > 0.0:  # a sum of noisy correlations may leave no variance at all: then none is taken away
                spread *= factor
                if test != 3:
                    variance *= factor
        m = 0
        for i in range(size):
            if x[i] == x[i]:
                space[m] = x[i]
                m += 1
        low, high = two_medians(space[:n])
        out[r, 0] = slope
        out[r, 3] = 0.5 * (low + high) - slope * median_time(x, time, n)
        out[r, 4] = score
        out[r, 5] = variance
        if quantile > 0.0 and half == 0.0:
            out[r, 1], out[r, 2] = 0.0, 0.0
        elif quantile > 0.0:
            reach = quantile * np.sqrt(spread)
            lower = max(np.int64(np.rint(0.5 * (pairs - reach))) - 1, 0)
            upper = min(np.int64(np.rint(0.5 * (pairs + reach))), pairs - 1)
            centre, far = slope / unit, quantile * error * np.sqrt(spread / max(variance, 1e-300))
            for side in range(2):
                rank = lower if side == 0 else upper
                near = centre - far if side == 0 else centre + far
                a, b = slopes_of_rank(x, time, y, tau, regular, period, kept, row, pairs, rank, rank, near,
                                      0.2 * error, unit, places, slopes, marks, words)  # fmt: skip
                out[r, 1 + side] = a


@njit(cache=True, nogil=True)
def two_medians(values):
    """Lower and upper median; reorders ``values``."""
    n = values.size
    high = nth(values, n // 2)
    if n % 2:
        return high, high
    low = values[0]
    for i in range(1, n // 2):
        low = max(low, values[i])
    return low, high


@njit(cache=True, nogil=True)
def median_time(x, time, n):
    """Median of the times of valid values."""
    if n == x.size:
        return 0.5 * (time[(n - 1) // 2] + time[n // 2])
    seen = 0
    low = 0.0
    for i in range(x.size):
        if x[i] == x[i]:
            if seen == (n - 1) // 2:
                low = time[i]
            if seen == n // 2:
                return 0.5 * (low + time[i])
            seen += 1
    return np.nan


@njit(cache=True, nogil=True)
def pettitt_rows(rows, min_n, out):
    """Most likely change of each row: index of the last sample before, K, means before and after, number of values."""
    size = rows.shape[1]
    values, ranks, place = np.empty(size), np.empty(size), np.empty(size, np.int64)
    for r in range(rows.shape[0]):
        n = 0
        for i in range(size):
            if rows[r, i] == rows[r, i]:
                values[n] = rows[r, i]
                place[n] = i
                n += 1
        out[r, :] = np.nan
        out[r, 4] = n
        if n < min_n or n < 2:
            continue
        average_ranks(values[:n], 0.0, ranks)
        best, at, total = -1.0, 0, 0.0
        for i in range(n - 1):
            total += ranks[i]
            u = abs(2.0 * total - (i + 1.0) * (n + 1.0))
            if u > best:
                best, at = u, i
        out[r, 0], out[r, 1] = place[at], best
        out[r, 2], out[r, 3] = values[: at + 1].mean(), values[at + 1 : n].mean()
