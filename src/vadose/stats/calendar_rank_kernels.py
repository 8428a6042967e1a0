"""Ranks and moments of samples among those of their time of the year (numba).

A series is laid out by year and slot of the year (day, dekad or month). The window of a slot slides round the year;
each step lets one slot of all years in and one out, so that the work per sample does not grow with its width.

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .order_kernels import order_space, stable_order

#: Ranks counted together in the coarse level of the histogram: about the root of the ranks of thirty years of days.
GROUP = 128
#: Rank of a sample that is not in the pool: above all others.
OUTSIDE = 2**31 - 1


@njit(cache=True, nogil=True)
def _dense_ranks(values, space, order, tied, ranks):
    """Ranks from 0 of finite values, equal ones alike; returns how many there are."""
    n = values.size
    equal = stable_order(values, order[:n], tied[:n], space)
    number = np.int32(-1)
    k = 0
    for i in range(n):
        if k < equal and np.int64(tied[k]) == i:
            k += 1
        else:
            number += np.int32(1)
        ranks[np.int64(order[i])] = number
    return number + 1


@njit(cache=True, nogil=True)
def _move(flat, slot, slots, sign, fine, coarse, per_year):
    """Let the samples of a slot of all years into the pool, or out; returns their number and that of new years."""
    moved = 0
    years = 0
    for y in range(per_year.size):
        k = flat[y * slots + slot]
        if k == OUTSIDE:
            continue
        fine[k] += np.int32(sign)
        coarse[k // GROUP] += np.int32(sign)
        if sign > 0:
            years += per_year[y] == 0
            per_year[y] += 1
        else:
            per_year[y] -= 1
            years += per_year[y] == 0
        moved += 1
    return sign * moved, sign * years


@njit(cache=True, nogil=True)
def _below(fine, coarse, k):
    """Samples of the pool with a rank under ``k``."""
    group = k // GROUP
    total = np.int32(0)
    for i in range(group):
        total += coarse[i]
    part = fine[group * GROUP : k]
    for i in range(part.size):
        total += part[i]
    return total


@njit(cache=True, nogil=True)
def _own(flat, at, half, k):
    """Samples of the pool within ``half`` steps of a place: all, those below rank ``k``, and those of rank ``k``."""
    part = flat[max(at - half, 0) : at + half + 1]
    inside = np.int32(0)
    below = np.int32(0)
    same = np.int32(0)
    for i in range(part.size):
        inside += np.int32(part[i] != OUTSIDE)
        below += np.int32(part[i] < k)
        same += np.int32(part[i] == k)
    return inside, below, same


@njit(cache=True, nogil=True)
def percentile_rows(values, place, pooled, slots, half, shift, leave_out, min_years, out):
    """Plotting positions [%] of each sample among the pool of its slot's window; NaN without enough years.

    ``place`` is year times ``slots`` plus slot, ``pooled`` tells the years of the pool, ``shift`` is the constant a of
    (r - a) / (n + 1 - 2 a).
    """
    rows, length = values.shape
    years = pooled.size
    width = min(2 * half + 1, slots)
    space = order_space(length)
    order, tied = np.empty(length, np.uint32), np.empty(length, np.uint32)
    ranks, kept, index = np.empty(length, np.int32), np.empty(length), np.empty(length, np.int64)
    flat = np.empty(years * slots, np.int32)
    target = np.empty(years * slots, np.int32)
    sample = np.empty(years * slots, np.int64)
    fine = np.empty((length // GROUP + 1) * GROUP, np.int32)
    coarse = np.empty(length // GROUP + 1, np.int32)
    per_year = np.empty(years, np.int64)
    for p in range(rows):
        row, to = values[p], out[p]
        n = 0
        for t in range(length):
            to[t] = np.nan
            if np.isfinite(row[t]):
                kept[n] = row[t]
                index[n] = t
                n += 1
        if n == 0:
            continue
        _dense_ranks(kept[:n], space, order, tied, ranks)
        flat[:] = OUTSIDE
        target[:] = OUTSIDE
        for i in range(n):
            at = place[index[i]]
            target[at] = ranks[i]
            sample[at] = index[i]
            if pooled[at // slots]:
                flat[at] = ranks[i]
        fine[:] = 0
        coarse[:] = 0
        per_year[:] = 0
        total = 0
        seen = 0
        for s in range(-half, -half + width):
            moved, new = _move(flat, s % slots, slots, 1, fine, coarse, per_year)
            total += moved
            seen += new
        for s in range(slots):
            for y in range(years):
                at = y * slots + s
                k = target[at]
                if k == OUTSIDE:
                    continue
                size, known = total, seen
                below, same = _below(fine, coarse, k), fine[k]
                if leave_out:
                    inside, less, equal = _own(flat, at, half, k)
                    size -= inside
                    below -= less
                    same -= equal
                    known -= per_year[y] > 0
                elif flat[at] != OUTSIDE:
                    size -= 1
                    same -= 1
                if known < min_years:
                    continue
                # the sample joins the pool; among equals it stands in the middle
                rank = below + 0.5 * same + 1.0
                to[sample[at]] = 100.0 * (rank - shift) / (size + 2.0 - 2.0 * shift)
            if width < slots:
                moved, new = _move(flat, (s - half) % slots, slots, -1, fine, coarse, per_year)
                total += moved
                seen += new
                moved, new = _move(flat, (s - half + width) % slots, slots, 1, fine, coarse, per_year)
                total += moved
                seen += new


@njit(cache=True, nogil=True)
def moment_rows(values, place, pooled, slots, half, min_years, mean, spread, count):
    """Mean, standard deviation (n - 1) and number of the pool of each slot's window."""
    rows, length = values.shape
    years = pooled.size
    width = min(2 * half + 1, slots)
    sums, squares = np.empty(slots), np.empty(slots)
    numbers = np.empty(slots, np.int64)
    there = np.empty((slots, years), np.int64)
    per_year = np.empty(years, np.int64)
    for p in range(rows):
        row = values[p]
        n = 0
        first = 0.0
        centre = 0.0
        for t in range(length):
            if np.isfinite(row[t]) and pooled[place[t] // slots]:
                if n == 0:
                    first = row[t]
                centre += row[t] - first
                n += 1
        centre = first + centre / n if n else 0.0
        sums[:] = 0.0
        squares[:] = 0.0
        numbers[:] = 0
        there[:] = 0
        for t in range(length):
            if np.isfinite(row[t]) and pooled[place[t] // slots]:
                s = place[t] % slots
                d = row[t] - centre
                sums[s] += d
                squares[s] += d * d
                numbers[s] += 1
                there[s, place[t] // slots] += 1
        for s in range(slots):
            total = square = 0.0
            number = 0
            per_year[:] = 0
            for k in range(s - half, s - half + width):
                j = k % slots
                total += sums[j]
                square += squares[j]
                number += numbers[j]
                for y in range(years):
                    per_year[y] += there[j, y]
            known = 0
            for y in range(years):
                known += per_year[y] > 0
            count[p, s] = number
            if number < 2 or known < min_years:
                mean[p, s] = spread[p, s] = np.nan
                continue
            m = total / number
            mean[p, s] = centre + m
            spread[p, s] = np.sqrt(max(square - number * m * m, 0.0) / (number - 1))
