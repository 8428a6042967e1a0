"""Least-squares Fourier fits of many series with gaps (numba).

Samples of one phase share their harmonics, so a series is first summed up by phase, without branches and in stretches
of rising phase, which processors add several at a time; the normal equations follow from the sums with harmonics up to
the fourth, because products of harmonics are harmonics. Imported only by functions that need it, because importing
numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: Results of one series, in this order.
FIELDS = ("mean", "cos1", "sin1", "cos2", "sin2", "amplitude", "range", "peak", "second_peak", "trough", "n_peaks",
          "r2_adjusted", "n_harmonics", "n", "n_years", "status")  # fmt: skip

OK, TOO_FEW, CONSTANT, FEW_YEARS, NO_DATA, INCOMPLETE = 0, 2, 3, 6, 8, 14

#: Residual variance, as a share of all variance, below which a fit is called exact.
EXACT = 1e-12
#: Points at which a cycle of two harmonics is looked at before its turning points are refined.
_GRID = 72
_TURNS = 2 * np.pi * np.arange(_GRID + 1) / _GRID
#: Slopes of the four harmonics there.
_SLOPES = np.stack([-np.sin(_TURNS), np.cos(_TURNS), -2 * np.sin(2 * _TURNS), 2 * np.cos(2 * _TURNS)], axis=1)


@njit(cache=True, nogil=True)
def _factor(count, low):
    """Cholesky factor of the normal equations from n and the sums of cos and sin of 1 to 4 angles; the order it has."""
    n, c1, s1, c2, s2, c3, s3, c4, s4 = count
    low[0, 0] = n
    low[1, 0], low[1, 1] = c1, 0.5 * (n + c2)
    low[2, 0], low[2, 1], low[2, 2] = s1, 0.5 * s2, 0.5 * (n - c2)
    low[3, 0], low[3, 1], low[3, 2], low[3, 3] = c2, 0.5 * (c1 + c3), 0.5 * (s3 - s1), 0.5 * (n + c4)
    low[4, 0], low[4, 1], low[4, 2], low[4, 3] = s2, 0.5 * (s1 + s3), 0.5 * (c1 - c3), 0.5 * s4
    low[4, 4] = 0.5 * (n - c4)
    for i in range(5):
        for j in range(i + 1):
            v = low[i, j]
            for k in range(j):
                v -= low[i, k] * low[j, k]
            if i > j:
                low[i, j] = v / low[j, j]
            elif v <= 1e-9 * n:
                return i
            else:
                low[i, i] = np.sqrt(v)
    return 5


@njit(cache=True, nogil=True)
def _curve(c, turn):
    """Value, slope and bend of the harmonics at an angle."""
    cos, sin = np.cos(turn), np.sin(turn)
    twice, both = 2.0 * cos * cos - 1.0, 2.0 * sin * cos
    first, second = c[1] * cos + c[2] * sin, c[3] * twice + c[4] * both
    slope = c[2] * cos - c[1] * sin + 2.0 * (c[4] * twice - c[3] * both)
    return first + second, slope, -first - 4.0 * second


@njit(cache=True, nogil=True)
def _turning(c, left, right, before, after):
    """Where the slope is zero between two angles at which it is ``before`` and ``after``, and the value there."""
    rising = before > 0
    turn = left + (right - left) * (before / (before - after))
    for _ in range(60):
        value, slope, bend = _curve(c, turn)
        if (slope > 0) == rising:
            left = turn
        else:
            right = turn
        step = slope / bend if bend != 0 else np.inf
        ahead = turn - step
        if abs(step) < 1e-10:  # Newton doubles the digits: the step after this one is below rounding
            return ahead, value - 0.5 * step * slope
        if not left < ahead < right:  # Newton's step leaves the bracket
            ahead = 0.5 * (left + right)
        turn = ahead
    return turn, value


@njit(cache=True, nogil=True)
def describe_cycle(c, out):
    """Fill amplitude, range, peak, second peak, trough and number of peaks of the coefficients ``c``."""
    whole = 2 * np.pi
    out[5] = np.hypot(c[1], c[2])
    if c[3] == 0 and c[4] == 0:
        out[6] = 2 * out[5]
        out[7] = (np.arctan2(c[2], c[1]) / whole) % 1.0
        out[8] = np.nan
        out[9] = (out[7] + 0.5) % 1.0
        out[10] = 1
        return
    step = whole / _GRID
    best, second, lowest = -np.inf, -np.inf, np.inf
    out[8], out[10] = np.nan, 0
    before = c[2] + 2 * c[4]
    for k in range(_GRID):
        h = _SLOPES[k + 1]
        after = c[1] * h[0] + c[2] * h[1] + c[3] * h[2] + c[4] * h[3]
        if (before > 0) != (after > 0):
            turn, v = _turning(c, k * step, (k + 1) * step, before, after)
            place = (turn / whole) % 1.0
            if before > 0:
                out[10] += 1
                if v > best:
                    second, out[8] = best, out[7]
                    best, out[7] = v, place
                elif v > second:
                    second, out[8] = v, place
            elif v < lowest:
                lowest, out[9] = v, place
        before = after
    if out[10] < 2:
        out[8] = np.nan
    out[6] = best - lowest


@njit(cache=True, nogil=True)
def _sum_up(y, runs, pivot, count, sums, squares):
    """Fill number, sum and sum of squares less ``pivot`` by phase; the number of values and of years with one."""
    count[:], sums[:], squares[:] = 0.0, 0.0, 0.0
    n = seasons = 0
    last = -(2**62)
    for r in range(runs.shape[0]):
        start, first = runs[r, 0], runs[r, 2]
        length = runs[r, 1] - start
        x = y[start : start + length]
        a, b, c = count[first : first + length], sums[first : first + length], squares[first : first + length]
        found = 0
        for k in range(length):
            d = x[k] - pivot
            known = d - d == 0.0
            d = d if known else 0.0
            a[k] += 1.0 if known else 0.0
            b[k] += d
            c[k] += d * d
            found += 1 if known else 0
        if found and runs[r, 3] != last:
            seasons += 1
            last = runs[r, 3]
        n += found
    return n, seasons


@njit(cache=True, nogil=True)
def fit_row(y, runs, basis, phase, wanted, drop, min_n, min_years, max_gap, space, low, out):
    """Fit one series; ``out`` has the order of :data:`FIELDS`.

    Parameters
    ----------
    y : (time,) values, NaN missing
    runs : (runs, 4) first sample, last one and one more, phase of the first, year of samples at consecutive phases
    basis : (bins, 8) cos and sin of 1 to 4 times the angle of each phase
    phase : (bins,) rising phases in 0..1
    wanted : 0 to choose by BIC, else 1 or 2
    space, low : (3, bins) and (5, 5), to work in
    """
    out[:] = np.nan
    pivot = 0.0
    for i in range(y.size):
        if np.isfinite(y[i]):
            pivot = y[i]
            break
    count, sums, squares = space[0], space[1], space[2]
    n, seasons = _sum_up(y, runs, pivot, count, sums, squares)
    out[13], out[14] = n, seasons
    if n == 0:
        out[15] = NO_DATA
        return
    if n < min_n or n < 5:
        out[15] = TOO_FEW
        return
    if seasons < min_years:
        out[15] = FEW_YEARS
        return
    shift = sums.sum() / n
    spread = max(squares.sum() - n * shift * shift, 0.0)
    centre = pivot + shift
    first, before, gap = -1.0, -1.0, 0.0
    c1 = s1 = c2 = s2 = c3 = s3 = c4 = s4 = 0.0
    r1 = r2 = r3 = r4 = 0.0
    for b in range(phase.size):
        m = count[b]
        if m == 0.0:
            continue
        if first < 0:
            first = phase[b]
        else:
            gap = max(gap, phase[b] - before)
        before = phase[b]
        d = sums[b] - m * shift
        h = basis[b]
        c1, s1, c2, s2 = c1 + m * h[0], s1 + m * h[1], c2 + m * h[2], s2 + m * h[3]
        c3, s3, c4, s4 = c3 + m * h[4], s3 + m * h[5], c4 + m * h[6], s4 + m * h[7]
        r1, r2, r3, r4 = r1 + d * h[0], r2 + d * h[1], r3 + d * h[2], r4 + d * h[3]
    gap = max(gap, first + 1.0 - before)
    if gap > max_gap:
        out[15] = INCOMPLETE
        return
    if spread <= n * (1e-12 * centre) ** 2:
        out[0], out[1], out[2], out[3], out[4], out[5], out[6] = centre, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        out[15] = CONSTANT
        return
    known = _factor((float(n), c1, s1, c2, s2, c3, s3, c4, s4), low)
    both = wanted == 2 or (wanted == 0 and 2.0 * gap <= max_gap and n > 6)
    if known < 3 or (wanted == 2 and known < 5):
        out[15] = TOO_FEW
        return
    order, rest = 1, 0.0
    z1 = r1 / low[1, 1]  # deviations from the mean sum up to 0
    z2 = (r2 - low[2, 1] * z1) / low[2, 2]
    rest = max(spread - (z1 * z1 + z2 * z2), EXACT * spread)
    z3 = z4 = 0.0
    if both and known == 5:
        z3 = (r3 - low[3, 1] * z1 - low[3, 2] * z2) / low[3, 3]
        z4 = (r4 - low[4, 1] * z1 - low[4, 2] * z2 - low[4, 3] * z3) / low[4, 4]
        rest_two = max(spread - (z1 * z1 + z2 * z2 + z3 * z3 + z4 * z4), EXACT * spread)
        if wanted == 2 or n * np.log(rest / rest_two) - 2.0 * np.log(n) > drop:
            order, rest = 2, rest_two
    if order == 1:
        z3 = z4 = 0.0
    out[4] = z4 / low[4, 4] if order == 2 else 0.0
    out[3] = (z3 - low[4, 3] * out[4]) / low[3, 3] if order == 2 else 0.0
    out[2] = (z2 - low[4, 2] * out[4] - low[3, 2] * out[3]) / low[2, 2]
    out[1] = (z1 - low[4, 1] * out[4] - low[3, 1] * out[3] - low[2, 1] * out[2]) / low[1, 1]
    out[0] = centre - (low[4, 0] * out[4] + low[3, 0] * out[3] + low[2, 0] * out[2] + low[1, 0] * out[1]) / low[0, 0]
    describe_cycle(out[:5], out)
    out[11] = 1.0 - rest / (n - 1 - 2 * order) * (n - 1) / spread if n > 1 + 2 * order else np.nan
    out[12] = order
    out[15] = OK


@njit(cache=True, nogil=True)
def fit_rows(values, runs, basis, phase, wanted, drop, min_n, min_years, max_gap, out):
    """:func:`fit_row` of each row."""
    space, low = np.empty((3, phase.size)), np.zeros((5, 5))
    for k in range(values.shape[0]):
        low[:] = 0.0
        fit_row(values[k], runs, basis, phase, wanted, drop, min_n, min_years, max_gap, space, low, out[k])
