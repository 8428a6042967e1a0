"""Least-squares Fourier fits of many series with gaps (numba).

Samples of one phase share their harmonics, so a series is first summed up by phase; the normal equations then need as
many steps as there are phases. Imported only by functions that need it, because importing numba is slow.
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
def _solve(gram, right, size, out):
    """Solve the leading ``size`` normal equations by Cholesky; False where they are singular."""
    low = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            v = gram[i, j]
            for k in range(j):
                v -= low[i, k] * low[j, k]
            if i == j:
                if v <= 1e-9 * gram[0, 0]:
                    return False
                low[i, i] = np.sqrt(v)
            else:
                low[i, j] = v / low[j, j]
    for i in range(size):
        v = right[i]
        for k in range(i):
            v -= low[i, k] * out[k]
        out[i] = v / low[i, i]
    for i in range(size - 1, -1, -1):
        v = out[i]
        for k in range(i + 1, size):
            v -= low[k, i] * out[k]
        out[i] = v / low[i, i]
    return True


@njit(cache=True, nogil=True)
def _value(c, turn):
    return (c[1] * np.cos(turn) + c[2] * np.sin(turn) + c[3] * np.cos(2 * turn) + c[4] * np.sin(2 * turn))  # fmt: skip


@njit(cache=True, nogil=True)
def _slope(c, turn):
    return (-c[1] * np.sin(turn) + c[2] * np.cos(turn) - 2 * c[3] * np.sin(2 * turn)
            + 2 * c[4] * np.cos(2 * turn))  # fmt: skip


@njit(cache=True, nogil=True)
def _turning(c, left, right):
    """Where the slope is zero between two angles at which it has different signs."""
    rising = _slope(c, left) > 0
    turn = 0.5 * (left + right)
    for _ in range(60):
        slope = _slope(c, turn)
        if (slope > 0) == rising:
            left = turn
        else:
            right = turn
        bend = (-c[1] * np.cos(turn) - c[2] * np.sin(turn) - 4 * c[3] * np.cos(2 * turn)
                - 4 * c[4] * np.sin(2 * turn))  # fmt: skip
        step = slope / bend if bend != 0 else np.inf
        ahead = turn - step
        if not left < ahead < right:  # Newton's step leaves the bracket
            ahead = 0.5 * (left + right)
        if abs(ahead - turn) < 1e-14:
            break
        turn = ahead
    return turn


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
        after = 0.0
        for j in range(4):
            after += c[1 + j] * _SLOPES[k + 1, j]
        if (before > 0) != (after > 0):
            turn = _turning(c, k * step, (k + 1) * step)
            v = _value(c, turn)
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
def fit_row(y, bins, basis, phase, years, wanted, drop, min_n, min_years, max_gap, out):
    """Fit one series; ``out`` has the order of :data:`FIELDS`.

    Parameters
    ----------
    y : (time,) values, NaN missing
    bins : (time,) index of the phase of each sample
    basis : (bins, 5) 1 and the harmonics of each phase
    phase : (bins,) rising phases in 0..1
    years : (time,) year of each sample, not falling
    wanted : 0 to choose by BIC, else 1 or 2
    """
    for i in range(out.size):
        out[i] = np.nan
    n = 0
    total = 0.0
    seasons, last = 0, -(2**62)
    for i in range(y.size):
        if np.isfinite(y[i]):
            n += 1
            total += y[i]
            if years[i] != last:
                seasons += 1
                last = years[i]
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
    centre = total / n
    count = np.zeros(phase.size)
    sums = np.zeros(phase.size)
    spread = 0.0
    for i in range(y.size):
        if np.isfinite(y[i]):
            d = y[i] - centre
            count[bins[i]] += 1.0
            sums[bins[i]] += d
            spread += d * d
    first, before, gap = -1.0, -1.0, 0.0
    gram = np.zeros((5, 5))
    right = np.zeros(5)
    for b in range(phase.size):
        if count[b] == 0:
            continue
        if first < 0:
            first = phase[b]
        else:
            gap = max(gap, phase[b] - before)
        before = phase[b]
        for i in range(5):
            right[i] += basis[b, i] * sums[b]
            weighted = count[b] * basis[b, i]
            for j in range(i + 1):
                gram[i, j] += weighted * basis[b, j]
    gap = max(gap, first + 1.0 - before)
    if gap > max_gap:
        out[15] = INCOMPLETE
        return
    if spread <= n * (1e-12 * centre) ** 2:
        out[0], out[1], out[2], out[3], out[4], out[5], out[6] = centre, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        out[15] = CONSTANT
        return
    one, two = np.zeros(5), np.zeros(5)
    if not _solve(gram, right, 3, one):
        out[15] = TOO_FEW
        return
    explained = 0.0
    for i in range(3):
        explained += one[i] * right[i]
    rest_one = max(spread - explained, EXACT * spread)
    both = wanted == 2 or (wanted == 0 and 2.0 * gap <= max_gap and n > 6)
    if both and _solve(gram, right, 5, two):
        explained = 0.0
        for i in range(5):
            explained += two[i] * right[i]
        rest_two = max(spread - explained, EXACT * spread)
        gain = n * np.log(rest_one / rest_two) - 2.0 * np.log(n)
        both = wanted == 2 or gain > drop
    else:
        both = False
        if wanted == 2:
            out[15] = TOO_FEW
            return
        rest_two = rest_one
    c = two if both else one
    rest = rest_two if both else rest_one
    order = 2 if both else 1
    describe_cycle(c, out)
    for i in range(5):
        out[i] = c[i]
    out[0] += centre
    out[11] = 1.0 - rest / (n - 1 - 2 * order) * (n - 1) / spread if n > 1 + 2 * order else np.nan
    out[12] = order
    out[15] = OK


@njit(cache=True, nogil=True)
def fit_rows(values, bins, basis, phase, years, wanted, drop, min_n, min_years, max_gap, out):
    """:func:`fit_row` of each row."""
    for k in range(values.shape[0]):
        fit_row(values[k], bins, basis, phase, years, wanted, drop, min_n, min_years, max_gap, out[k])
