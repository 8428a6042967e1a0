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
#: Bracket small enough to look at every slope in it.
FEW = 12
#: Error of a single-precision slope of values in -1..1 at distance 1: two roundings of values, one of their difference,
#: two of the reciprocal and product make 8 units of 2^-24; twice that, to be safe.
ERROR = 16.0 / 2.0**24
_PIECE = 32


@njit(cache=True, nogil=True)
def fill_row(y, tau, regular, lag, row):
    """Single-precision slopes of all pairs ``lag`` samples apart; NaN where one is missing.

    ``tau`` is time in units of its smallest step. The same two operations in every call, so that every pass sees the
    same numbers.
    """
    count = y.size - lag
    tail = y[lag:]
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
def _count(y, tau, regular, period, kept, size, row, p, q):
    """Slopes below ``p`` and below ``q`` among all pairs."""
    if size > 0:
        return count_two(kept[:size], p, q)
    a = b = 0
    for lag in range(period, y.size, period):
        fill_row(y, tau, regular, lag, row)
        c, d = count_two(row[: y.size - lag], p, q)
        a += c
        b += d
    return a, b


@njit(cache=True, nogil=True)
def keep_slopes(y, tau, regular, period, kept):
    """Write the slopes of all pairs one lag after the other; returns how many places were written."""
    size = 0
    for lag in range(period, y.size, period):
        fill_row(y, tau, regular, lag, kept[size:])
        size += y.size - lag
    return size


@njit(cache=True, nogil=True)
def _collect(y, tau, regular, period, kept, size, row, low, high, first, distance):
    """Pairs whose slope may lie in [low, high): their first sample and distance; how many lie surely below."""
    below = found = place = 0
    for lag in range(period, y.size, period):
        count = y.size - lag
        if size > 0:
            slopes = kept[place : place + count]
            place += count
        else:
            fill_row(y, tau, regular, lag, row)
            slopes = row[:count]
        slack = ERROR / lag
        a, b = np.float32(low - slack), np.float32(high + slack)
        for start in range(0, count, _PIECE):
            piece = slopes[start : min(start + _PIECE, count)]
            c, d = count_two(piece, a, b)
            below += c
            if d > c:
                for i in range(piece.size):
                    if piece[i] >= a and piece[i] < b:
                        if found < first.size:
                            first[found] = start + i
                            distance[found] = lag
                        found += 1
    return below, found


@njit(cache=True, nogil=True)
def nth(values, k):
    """The k-th smallest value (from 0); reorders ``values``."""
    low, high = 0, values.size - 1
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < values[low]:
            values[middle], values[low] = values[low], values[middle]
        if values[high] < values[low]:
            values[high], values[low] = values[low], values[high]
        if values[high] < values[middle]:
            values[high], values[middle] = values[middle], values[high]
        pivot = values[middle]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
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
def _bracket(y, tau, regular, period, kept, size, row, pairs, k1, k2, guess, width):
    """Values low <= (slope of rank k1) and high > (slope of rank k2) with few slopes between, in single precision."""
    low, high = -np.inf, np.inf
    n_low, n_high = 0, pairs
    step = max(width, 1e-7)
    p, q = np.float32(guess - step), np.float32(guess + step)
    for turn in range(48):
        a, b = _count(y, tau, regular, period, kept, size, row, p, q)
        for side in range(2):
            v, c = (p, a) if side == 0 else (q, b)
            if c <= k1:
                if v > low:
                    low, n_low = np.float64(v), c
            elif c > k2 and v < high:
                high, n_high = np.float64(v), c
        inside = n_high - n_low
        if inside <= FEW or high - low <= 2.0 * ERROR / period:
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
def slopes_of_rank(x, time, y, tau, regular, period, kept, size, row, pairs, k1, k2, guess, width, unit, first, distance):
    """The pairwise slopes of rank k1 and k2 (from 0; k2 is k1 or k1 + 1), exactly as float64 divides them.

    Parameters
    ----------
    x, time
        Values and times, float64.
    y, tau
        Values scaled to -1..1 in single precision, and times in smallest steps.
    kept, size, row
        Slopes from :func:`keep_slopes`, how many (0: compute anew), and space for one lag.
    pairs
        Number of pairs of two valid samples.
    guess, width
        Where to look first [slopes of y over tau].
    unit
        Real slope of a scaled slope 1.
    first, distance
        Space for candidates; grown where it does not suffice.
    """
    low, high = _bracket(y, tau, regular, period, kept, size, row, pairs, k1, k2, guess, width)
    tries = 0
    while True:
        below, found = _collect(y, tau, regular, period, kept, size, row, low, high, first, distance)
        if found > first.size:
            first, distance = np.empty(found, np.int32), np.empty(found, np.int32)
            below, found = _collect(y, tau, regular, period, kept, size, row, low, high, first, distance)
        if below <= k1 and below + found > k2:
            slopes = np.empty(found)
            for c in range(found):
                i, j = first[c], first[c] + distance[c]
                slopes[c] = (x[j] - x[i]) / (time[j] - time[i])
            a, b = two_middle(slopes, k1 - below, k2 - below)
            # every slope left out lies below ``low`` or not below ``high`` by the error bound, so that the ranks hold
            if (a >= low * unit and b < high * unit) or (np.isinf(low) and np.isinf(high)):
                return a, b
        tries += 1
        wider = max(high - low, 4.0 * ERROR) if tries < 4 and np.isfinite(high - low) else np.inf
        low, high = low - wider, high + wider
