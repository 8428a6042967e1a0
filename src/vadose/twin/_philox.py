"""Compiled random numbers. Imported inside functions: numba is heavy.

Like the loops of ``vadose.physics`` these release the interpreter lock and use one core each.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


@njit(cache=True, nogil=True)
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10: four 32-bit words (held in uint64) from a counter and a key."""
    for _ in range(10):
        a = np.uint64(0xD2511F53) * c0
        b = np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (b >> _SHIFT) ^ c1 ^ k0, b & _MASK, (a >> _SHIFT) ^ c3 ^ k1, a & _MASK
        k0 = (k0 + np.uint64(0x9E3779B9)) & _MASK
        k1 = (k1 + np.uint64(0xBB67AE85)) & _MASK
    return c0, c1, c2, c3


@njit(cache=True, nogil=True)
def uniforms(k0, k1, row, col, day, out):
    """Uniform numbers in (0, 1) for points (n,) and days (m,), into ``out`` (n, m)."""
    for p in range(row.size):
        for t in range(day.size):
            w0, w1, _, _ = philox(row[p], col[p], day[t], np.uint64(0), k0, k1)
            high, low = w0 >> np.uint64(5), w1 >> np.uint64(6)  # 27 + 26 = 53 bits
            out[p, t] = (np.float64(high) * 67108864.0 + np.float64(low) + 0.5) / 9007199254740992.0


@njit(cache=True, nogil=True)
def occurrence(uniform, after_dry, after_wet, first, out):
    """Two-state Markov chain, into ``out`` (n, m): wet where the uniform number is below the day's probability."""
    for p in range(uniform.shape[0]):
        wet = uniform[p, 0] < first[p]
        out[p, 0] = wet
        for t in range(1, uniform.shape[1]):
            wet = uniform[p, t] < (after_wet[p, t] if wet else after_dry[p, t])
            out[p, t] = wet
