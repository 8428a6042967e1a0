"""Compiled sums over footprints. Imported inside functions: numba is heavy."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def gather(values, weight, pattern, row0, col0, total, norm):
    """Weighted mean of neighbours into ``total`` (row, column, time) and sum of weights into ``norm`` (row, column).

    ``pattern`` is (row, 2·reach+1, 2·reach+1); neighbours beyond the first or last row of ``values`` do not exist.
    Terms are added north to south, then west to east, for every cell alike.
    """
    rows, cols, days = total.shape
    high, wide = pattern.shape[1] // 2, pattern.shape[2] // 2
    for r in range(rows):
        for c in range(cols):
            out = total[r, c]
            out[:] = 0.0
            weights = 0.0
            for i in range(-high, high + 1):
                there = row0 + r + i
                if there < 0 or there >= values.shape[0]:
                    continue
                for j in range(-wide, wide + 1):
                    w = pattern[r, i + high, j + wide] * weight[there, col0 + c + j]
                    if w == 0.0:
                        continue
                    weights += w
                    series = values[there, col0 + c + j]
                    for t in range(days):
                        out[t] += w * series[t]
            norm[r, c] = weights
            for t in range(days):
                out[t] = out[t] / weights if weights > 0 else np.nan
