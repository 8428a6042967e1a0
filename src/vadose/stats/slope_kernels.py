"""Order statistics of all pairwise slopes of one series (numba), exact and without sorting them.

Single-precision slopes are counted below a bracket that closes in on the wanted rank; the few slopes that lie in the
bracket, widened by the error of single precision, are then divided in float64 and selected from.

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: Slopes kept in memory rather than computed anew in each pass: 256 KiB stay in the second-level cache.
KEPT = 65536
#: Slopes in a bracket small enough to look at each, or half the root of their number, if that is more.
FEW = 12
#: Error of a single-precision slope of values in -1..1 at distance 1: two roundings of values, one of their difference,
#: two of the reciprocal and product make 8 units of 2^-24; twice that, to be safe.
ERROR = 16.0 / 2.0**24
#: Kept rows are whole multiples of this, so that loops over them run in full vectors.
_VECTOR = 32


@njit(cache=True, nogil=True)
def fill_row(y, tau, regular, lag, row):
    """Single-precision slopes of all pairs ``lag`` samples apart; NaN where one is missing.

    ``tau`` is time in units of its smallest step. The same two operations in every call, so that every pass sees the
    same numbers.
    """
    count = tau.size - lag
    tail = y[lag : tau.size]
    if regular:
        rate = np.float32(1.0 / lag)
        for i in range(count):
            row[i] = (tail[i] - y[i]) * rate
    else:
        late = tau[lag:]
        for i in range(count):
            row[i] = (tail[i] - y[i]) * np.float32(1.0 / (late[i] - tau[i]))


@njit(cache=True, nogil=True)
def count_two(row, p, q):
    """How many values lie below ``p``, and below ``q``."""
    a = np.int32(0)
    b = np.int32(0)
    for i in range(row.size):
        v = row[i]
        a += np.int32(v < p)
        b += np.int32(v < q)
    return a, b


@njit(cache=True, nogil=True)
def pair_rates(tau, period):
    """Reciprocal distances of all pairs, in rows of equal length; empty where slopes are not kept.

    Row k pairs each sample i with sample i + (k + 1) ``period`` around the end of the series, so that it holds two lags
    and has as many pairs as there are samples. Rows are filled up with NaN to whole vectors, and so is the half of the
    last row that would repeat pairs. The length of ``tau`` is a multiple of ``period``.
    """
    size = tau.size
    width = (size + _VECTOR - 1) // _VECTOR * _VECTOR
    count = size // 2 // period
    if count * width > KEPT:
        return np.empty((0, width), np.float32)
    rates = np.full((count, width), np.nan, np.float32)
    for k in range(count):
        lag = (k + 1) * period
        for i in range(size - lag if 2 * lag == size else size):
            rates[k, i] = np.float32(1.0 / (tau[(i + lag) % size] - tau[i]))
    return rates


@njit(cache=True, nogil=True)
def keep_slopes(y, rates, period, kept):
    """Single-precision slopes of all pairs, laid out as ``rates``; ``y`` holds the series twice."""
    count, width = rates.shape
    head = y[:width]
    for k in range(count):
        lag = (k + 1) * period
        other, rate, out = y[lag : lag + width], rates[k], kept[k * width : (k + 1) * width]
        for i in range(width):
            out[i] = (other[i] - head[i]) * rate[i]


@njit(cache=True, nogil=True)
def count_below(y, tau, regular, period, kept, row, p, q):
    """Slopes below ``p`` and below ``q`` among all pairs."""
    if kept.size > 0:
        return count_two(kept, p, q)
    a = b = 0
    for lag in range(period, tau.size, period):
        fill_row(y, tau, regular, lag, row)
        c, d = count_two(row[: tau.size - lag], p, q)
        a += c
        b += d
    return a, b


@njit(cache=True, nogil=True)
def _mark(row, a, b, marks):
    """1 where a value lies in [a, b), 0 elsewhere."""
    for i in range(row.size):
        v = row[i]
        marks[i] = np.uint8(v >= a) & np.uint8(v < b)


@njit(cache=True, nogil=True)
def _pick(slopes, a, b, origin, found, places, marks, words):
    """Append the places of slopes in [a, b); returns how many lie below ``a``, and the new number found.

    ``words`` are the same bytes as ``marks``, eight at a time, because nearly all of them are 0.
    """
    below, _ = count_two(slopes, a, a)
    size = slopes.size
    _mark(slopes, a, b, marks[:size])
    marks[size : (size + 7) // 8 * 8] = 0
    for w in range((size + 7) // 8):
        if words[w] == 0:
            continue
        if found + 8 > places.size:
            for i in range(8 * w, 8 * w + 8):
                found += np.int64(marks[i])
            continue
        for i in range(8 * w, 8 * w + 8):  # without branches, which a processor could not foresee
            places[found] = origin + i
            found += np.int64(marks[i])
    return below, found


@njit(cache=True, nogil=True)
def _collect(y, tau, regular, period, kept, row, low, high, places, marks, words):
    """Places of pairs whose slope may lie in [low, high); how many lie surely below."""
    if kept.size > 0:
        slack = ERROR / period
        return _pick(kept, np.float32(low - slack), np.float32(high + slack), 0, 0, places, marks, words)
    below = found = 0
    for lag in range(period, tau.size, period):
        fill_row(y, tau, regular, lag, row)
        slack = ERROR / lag
        c, found = _pick(row[: tau.size - lag], np.float32(low - slack), np.float32(high + slack), lag * tau.size,
                         found, places, marks, words)  # fmt: skip
        below += c
    return below, found


@njit(cache=True, nogil=True)
def _divide(x, time, period, kept, places, slopes):
    """Exact slopes of the pairs at ``places``."""
    size = time.size
    width = (size + _VECTOR - 1) // _VECTOR * _VECTOR
    for c in range(slopes.size):
        if kept.size > 0:
            i = places[c] % width
            j = i + (places[c] // width + 1) * period
            if j >= size:
                j -= size
        else:
            i = places[c] % size
            j = i + places[c] // size
        slopes[c] = (x[j] - x[i]) / (time[j] - time[i])


@njit(cache=True, nogil=True)
def nth(values, k):
    """The k-th smallest value (from 0); reorders ``values``."""
    low, high = 0, values.size
    while high - low > 1:
        a, b, c = values[low], values[(low + high) >> 1], values[high - 1]
        pivot = max(min(a, b), min(max(a, b), c))
        end = low
        for i in range(low, high):  # without branches, which a processor could not foresee
            v = values[i]
            values[i] = values[end]
            values[end] = v
            end += int(v < pivot)
        if k < end:
            high = end
            continue
        low = end
        for i in range(low, high):
            v = values[i]
            values[i] = values[end]
            values[end] = v
            end += int(v == pivot)
        if k < end:
            return pivot
        low = end
    return values[k]


@njit(cache=True, nogil=True)
def two_middle(values, k1, k2):
    """The k1-th and k2-th smallest value, k2 being k1 or k1 + 1; reorders ``values``."""
    b = nth(values, k2)
    if k1 == k2:
        return b, b
    a = values[0]
    for i in range(1, k2):
        a = max(a, values[i])
    return a, b


@njit(cache=True, nogil=True)
def _bracket(y, tau, regular, period, kept, row, pairs, k1, k2, guess, width):
    """Values low <= (slope of rank k1) and high > (slope of rank k2) with few slopes between, in single precision."""
    low, high = -np.inf, np.inf
    n_low, n_high = 0, pairs
    step = max(width, 1e-7)
    few = max(FEW, 0.5 * np.sqrt(pairs))
    p, q = np.float32(guess - step), np.float32(guess + step)
    for turn in range(48):
        a, b = count_below(y, tau, regular, period, kept, row, p, q)
        for side in range(2):
            v, c = (p, a) if side == 0 else (q, b)
            if c <= k1:
                if v > low:
                    low, n_low = np.float64(v), c
            elif c > k2 and v < high:
                high, n_high = np.float64(v), c
        inside = n_high - n_low
        if inside <= few or high - low <= 2.0 * ERROR / period:
            break
        if not np.isfinite(low) or not np.isfinite(high):
            step *= 3.0
            if np.isfinite(low):
                p, q = np.float32(low + step), np.float32(low + 3.0 * step)
            elif np.isfinite(high):
                p, q = np.float32(high - 3.0 * step), np.float32(high - step)
            else:
                p, q = np.float32(guess - step), np.float32(guess + step)
            continue
        share, part = 0.5, 0.0
        if turn < 12:  # straight line between the ends, and a margin on both sides
            share = (0.5 * (k1 + k2 + 1) - n_low) / inside
            part = max(4.0, 0.8 * np.sqrt(inside)) / inside
        p = np.float32(low + (high - low) * max(share - part, 0.02))
        q = np.float32(low + (high - low) * min(share + part, 0.98))
    return low, high


@njit(cache=True, nogil=True)
def slopes_of_rank(
    x, time, y, tau, regular, period, kept, row, pairs, k1, k2, guess, width, unit, places, slopes, marks, words
):
    """The pairwise slopes of rank k1 and k2 (from 0; k2 is k1 or k1 + 1), exactly as float64 divides them.

    Parameters
    ----------
    x, time
        Values and times, float64.
    y, tau
        Values scaled to -1..1 in single precision, and times in smallest steps.
    kept, row
        Slopes from :func:`keep_slopes` (empty: compute anew), and space for one lag.
    pairs
        Number of pairs of two valid samples.
    guess, width
        Where to look first [slopes of y over tau].
    unit
        Real slope of a scaled slope 1.
    places, slopes
        Space for candidates; replaced where it does not suffice.
    marks, words
        Space for one byte per slope, and the same bytes by eights.
    """
    low, high = _bracket(y, tau, regular, period, kept, row, pairs, k1, k2, guess, width)
    tries = 0
    while True:
        below, found = _collect(y, tau, regular, period, kept, row, low, high, places, marks, words)
        if found + 8 > places.size:
            places, slopes = np.empty(found + 16, np.int64), np.empty(found + 16)
            below, found = _collect(y, tau, regular, period, kept, row, low, high, places, marks, words)
        if below <= k1 and below + found > k2:
            _divide(x, time, period, kept, places, slopes[:found])
            a, b = two_middle(slopes[:found], k1 - below, k2 - below)
            # every slope left out lies below ``low`` or not below ``high`` by the error bound, so that the ranks hold
            if (a >= low * unit and b < high * unit) or (np.isinf(low) and np.isinf(high)):
                return a, b
        tries += 1
        wider = max(high - low, 4.0 * ERROR) if tries < 4 and np.isfinite(high - low) else np.inf
        low, high = low - wider, high + wider
