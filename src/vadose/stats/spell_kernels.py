"""Runs of one series below a threshold (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def run_up(row, place, start, threshold, high, within):
    """Whether a series fell from ``high`` or more to below ``threshold`` within so many steps: 1, 0, or -1 unknown.

    Unknown: a step is missing between the value below and the last one at or above ``high``.
    """
    t = start
    while place[start] - place[t] < within:
        before = t - 1
        if before < 0 or place[t] - place[before] > 1 or not np.isfinite(row[before]):
            return -1
        if row[before] >= high:
            return 1
        t = before
    return 0


@njit(cache=True, nogil=True)
def find_spells(row, place, threshold, longest_gap, high, within, lasting, out):
    """List the runs below ``threshold``; returns their number. ``out`` may be empty (count only), else has 9 columns.

    Columns: first and last sample below, steps below, steps missing, summed deficit, smallest value, whether the
    beginning was seen, whether the end was seen, and rapid onset (1, 0, -1 unknown).
    """
    length = row.size
    found = 0
    t = 0
    while t < length:
        if not row[t] < threshold:
            t += 1
            continue
        first = last = t
        number = 0
        deficit = 0.0
        lowest = row[t]
        whole = place[t]  # last place up to which no step is missing
        k = t
        ended = False
        while k < length:
            if not np.isfinite(row[k]):
                k += 1
                continue
            if place[k] - place[last] - 1 > longest_gap and k > first:
                break
            if not row[k] < threshold:
                # an end is seen only where the step after the last one below is there
                ended = place[k] - place[last] == 1
                break
            if place[k] - whole <= 1:
                whole = place[k]
            last = k
            number += 1
            deficit += threshold - row[k]
            lowest = min(lowest, row[k])
            k += 1
        if out.shape[0]:
            span = place[last] - place[first] + 1
            begun = first > 0 and place[first] - place[first - 1] == 1 and row[first - 1] >= threshold
            rapid = run_up(row, place, first, threshold, high, within)
            if rapid == 1 and whole - place[first] + 1 < lasting:
                # too short; or not known to last, where a step is missing first
                rapid = 0 if whole == place[last] and ended else -1
            out[found, 0] = first
            out[found, 1] = last
            out[found, 2] = number
            out[found, 3] = span - number
            out[found, 4] = deficit
            out[found, 5] = lowest
            out[found, 6] = begun
            out[found, 7] = ended
            out[found, 8] = rapid
        found += 1
        t = last + 1
    return found


@njit(cache=True, nogil=True)
def count_rows(values, place, threshold, longest_gap, counts):
    """Number of runs of each row."""
    none = np.empty((0, 9))
    for p in range(values.shape[0]):
        counts[p] = find_spells(values[p], place, threshold, longest_gap, np.inf, 0, 0, none)


@njit(cache=True, nogil=True)
def list_rows(values, place, threshold, longest_gap, high, within, lasting, ends, out):
    """Runs of all rows, one after the other; ``ends`` are the running totals of :func:`count_rows`."""
    for p in range(values.shape[0]):
        begin = ends[p - 1] if p else 0
        if ends[p] > begin:
            find_spells(values[p], place, threshold, longest_gap, high, within, lasting, out[begin : ends[p]])
