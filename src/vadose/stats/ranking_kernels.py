"""Groups by rank of many short rows, and means in them (numba).

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def group_rows(x, place, cycles, length, groups, each, label, means):
    """Label positions of each cycle by the rank of the sum over parts, and average each part over each label.

    Parameters
    ----------
    x
        Values (row, part, sample).
    place
        Position of each sample on the axis of ``cycles`` times ``length``.
    groups
        Groups of equal size, 0 with the largest values; equal values: the earlier first.
    each
        Whether each part is ranked by itself.
    label
        Result (row, part or 1, cycle, position), -1 in cycles with anything missing.
    means
        Result (row, part, group, cycle), NaN there.
    """
    parts, size = x.shape[1], length // groups
    full, total, order = np.empty((parts, cycles * length)), np.empty(cycles * length), np.empty(length, np.int64)
    for r in range(x.shape[0]):
        full[:, :] = np.nan
        total[:] = 0.0
        for k in range(parts):
            for i in range(place.size):
                full[k, place[i]] = x[r, k, i]
            for i in range(total.size):
                total[i] += full[k, i]
        for c in range(cycles):
            start = c * length
            complete = True
            for i in range(length):
                complete &= np.isfinite(total[start + i])
            if not complete:
                label[r, :, c, :] = -1
                means[r, :, :, c] = np.nan
                continue
            for k in range(parts):
                if each or k == 0:
                    values = full[k] if each else total
                    for i in range(length):
                        v = values[start + i]
                        j = i - 1
                        while j >= 0 and values[start + order[j]] < v:
                            order[j + 1] = order[j]
                            j -= 1
                        order[j + 1] = i
                    for i in range(length):
                        label[r, k, c, order[i]] = i // size
                for g in range(groups):
                    s = 0.0
                    for i in range(g * size, (g + 1) * size):
                        s += full[k, start + order[i]]
                    means[r, k, g, c] = s / size
