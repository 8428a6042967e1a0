"""Search for the offset of periodic edges in a profile (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def best_offset(v, period):
    """Highest t of the mean at edges against elsewhere, and its offset.

    The spread is that of what is no edge: edges themselves may differ as much as the coarse field does.
    """
    size = v.size
    total = square = 0.0
    count = 0
    for x in v:
        if np.isfinite(x):
            total += x
            square += x * x
            count += 1
    best, where = -np.inf, 0.0
    step = 1.0 if period == np.floor(period) else 0.125
    for k in range(int(np.ceil(period / step - 1e-9))):
        offset = k * step
        s = q = 0.0
        n = 0
        at, last = offset, -1
        while True:
            i = int(np.rint(at))
            if i >= size:
                break
            if i != last and np.isfinite(v[i]):
                s += v[i]
                q += v[i] * v[i]
                n += 1
            last = i
            at += period
        m = count - n
        if n < 3 or m < 3:
            continue
        mean = (total - s) / m
        spread = max((square - q) - m * mean * mean, 0.0) / (m - 1.0)
        difference = s / n - mean
        error = np.sqrt(spread * (1.0 / n + 1.0 / m))
        t = difference / error if error > 0.0 else (1e6 if difference > 0.0 else -1e6)
        t = min(t, 1e6)
        if t > best:
            best, where = t, offset
    return best, where
