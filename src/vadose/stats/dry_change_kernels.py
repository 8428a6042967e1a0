"""Dry pairs of steps and the lowering of their threshold (numba).

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

OK, TOO_FEW, SIGN, NO_DATA = 0, 2, 5, 8


@njit(cache=True, nogil=True)
def change_row(y, rain, place, start, lower, ratio, min_n, change, out):
    """Changes over dry pairs of one series; ``out``: threshold, pairs, falls, rises, status."""
    change[:] = np.nan
    out[:] = 0.0
    out[0] = np.nan
    total = np.full(y.size, np.inf)
    any_pair = False
    for i in range(1, y.size):
        d = y[i] - y[i - 1]
        both = rain[i] + rain[i - 1]
        if place[i] - place[i - 1] == 1 and np.isfinite(d) and np.isfinite(both):
            total[i] = both
            any_pair = True
    if not any_pair:
        out[4] = NO_DATA
        return
    refused = False
    level = start
    while level > 0:
        n = falls = rises = 0
        for i in range(1, y.size):
            if total[i] < level:
                n += 1
                falls += int(y[i] < y[i - 1])
                rises += int(y[i] > y[i - 1])
        if n >= min_n or not refused:
            out[1], out[2], out[3] = n, falls, rises
        if n < min_n:
            out[4] = SIGN if refused else TOO_FEW
            return
        if falls >= ratio * rises:
            out[0], out[4] = level, OK
            for i in range(1, y.size):
                if total[i] < level:
                    change[i] = y[i] - y[i - 1]
            return
        refused = True
        level -= lower
    out[4] = SIGN


@njit(cache=True, nogil=True)
def change_rows(values, rain, place, start, lower, ratio, min_n, change, out):
    """:func:`change_row` of each row; ``rain`` has one row each, or one for all."""
    for k in range(values.shape[0]):
        change_row(values[k], rain[k if rain.shape[0] > 1 else 0], place, start, lower, ratio, min_n, change[k], out[k])
