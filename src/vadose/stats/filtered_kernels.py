"""Variance of a correlation from all lagged covariances up to a reach (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _dot(a, b):
    total = 0.0
    for t in range(a.size):
        total += a[t] * b[t]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def effective_rows(x, y, axis, span, reach, near, out):
    """Effective size and the share of memory within ``near`` steps, per row of ``out`` (rows, 2)."""
    u, v, w = np.zeros(span), np.zeros(span), np.zeros(span)
    for i in range(out.shape[0]):
        a, b = x[min(i, x.shape[0] - 1)], y[min(i, y.shape[0] - 1)]
        u[:], v[:], w[:] = 0.0, 0.0, 0.0
        n, mean_a, mean_b = 0, 0.0, 0.0
        for t in range(axis.size):
            if np.isfinite(a[t]) and np.isfinite(b[t]):
                n += 1
                mean_a += a[t]
                mean_b += b[t]
        out[i, 0], out[i, 1] = np.nan, np.nan
        if n < 3:
            continue
        mean_a /= n
        mean_b /= n
        for t in range(axis.size):
            if np.isfinite(a[t]) and np.isfinite(b[t]):
                u[axis[t]], v[axis[t]], w[axis[t]] = a[t] - mean_a, b[t] - mean_b, 1.0
        size_u, size_v = np.sqrt(_dot(u, u) / n), np.sqrt(_dot(v, v) / n)
        if not (size_u > 0.0 and size_v > 0.0):
            continue
        u /= size_u
        v /= size_v
        r = _dot(u, v) / n
        free = (1.0 - r * r) ** 2
        if free < 1e-12:
            continue
        total, square = 0.0, 0.0
        for t in range(span):
            influence = u[t] * v[t] - 0.5 * r * (u[t] * u[t] + v[t] * v[t])
            total += influence
            square += influence * influence
        measured = square / n - (total / n) ** 2
        spread, short = 1.0, 1.0
        for k in range(1, min(reach, span - 1) + 1):
            pairs = _dot(w[: span - k], w[k:])
            if pairs < 1.0:
                continue
            p, q = _dot(u[: span - k], u[k:]) / pairs, _dot(v[: span - k], v[k:]) / pairs
            c, d = _dot(u[: span - k], v[k:]) / pairs, _dot(v[: span - k], u[k:]) / pairs
            together = p * q + c * d - r * (p + q) * (c + d) + 0.5 * r * r * (p * p + q * q + c * c + d * d)
            spread += 2.0 * pairs / n * together / free
            if k < near:
                short += 2.0 * (1.0 - k / near) * together / free
        size = n / max(spread, 1e-3)
        if measured > 0.0:
            size *= free / measured
        out[i, 0] = min(max(size, 3.0), float(n))
        out[i, 1] = min(max(short / near, 0.0), 1.0)
