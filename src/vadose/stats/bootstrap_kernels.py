"""Moving-block bootstrap of moments (numba): a block of the time axis is a difference of running sums.

A resample of n samples then costs as many additions as it has blocks, and gaps travel with their blocks.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def block_length(wide, n, span):
    """Length [steps] that balances bias and noise of a block bootstrap for an AR(1) process with V = ``wide``.

    At least span^(1/3) and at most a quarter of the span.
    """
    phi = max(0.0, (wide - 1.0) / (wide + 1.0))
    alpha = 4.0 * phi * phi / ((1.0 - phi) * (1.0 + phi)) ** 2
    scale = span / n
    length = 1.1447 * (alpha * n) ** (1.0 / 3.0) * scale
    return int(np.ceil(max(span ** (1.0 / 3.0), min(length, 0.25 * span))))


@njit(cache=True, nogil=True)
def stretch(wide, length):
    """Ratio of the true spread of a mean to what blocks of ``length`` show, for an AR(1) process with V = ``wide``.

    Blocks cut the dependence between them: they show V - 2 phi (1 - phi^b) / (b (1 - phi)^2).
    """
    phi = max(0.0, (wide - 1.0) / (wide + 1.0))
    shown = wide - 2.0 * phi * (1.0 - phi**length) / (length * (1.0 - phi) ** 2)
    return np.sqrt(min(wide / max(shown, 1.0), 2.0))


@njit(cache=True, nogil=True)
def running_sums(columns, used, out):
    """Running sums of the first ``used`` rows of ``columns`` (span, m), continued over one more turn of the circle."""
    span = used
    m = columns.shape[1]
    out[0, :] = 0.0
    for t in range(2 * span):
        k = t if t < span else t - span
        for j in range(m):
            out[t + 1, j] = out[t, j] + columns[k, j]


@njit(cache=True, nogil=True)
def resample(sums, span, length, uniform, out):
    """Sums over one resample: circular blocks that begin where ``uniform`` (0..1) says, the last one cut to fit."""
    m = out.size
    out[:] = 0.0
    left = span
    i = 0
    while left > 0:
        start = int(uniform[i] * span)
        stop = start + min(length, left)
        for j in range(m):
            out[j] += sums[stop, j] - sums[start, j]
        left -= length
        i += 1


@njit(cache=True, nogil=True)
def quantiles(values, low, high):
    """Low quantile, median and high quantile (linear) of a series less its NaN; NaN where fewer than half are left."""
    kept = values[np.isfinite(values)]
    m = kept.size
    if 2 * m < values.size or m == 0:
        return np.nan, np.nan, np.nan
    kept.sort()
    out = np.empty(3)
    for j in range(3):
        at = (low, 0.5, high)[j] * (m - 1)
        i = int(at)
        out[j] = kept[i] + (at - i) * (kept[min(i + 1, m - 1)] - kept[i])
    return out[0], out[1], out[2]


@njit(cache=True, nogil=True)
def score_bounds(x, y, axis, span, plain, size, uniform, low, high, bounds, stretched):
    """Low quantile, median and high quantile of r, bias, rmse, ubrmse, mse_corr, sx - sy, nse and kge for each row."""
    rows = max(x.shape[0], y.shape[0])
    length = x.shape[1]
    columns = np.empty((span, 6))
    sums = np.empty((2 * span + 1, 6))
    total = np.empty(6)
    draws = np.empty((8, uniform.shape[0]))
    for p in range(rows):
        bounds[p, :, :] = np.nan
        stretched[p] = 1.0
        n = plain[p, 0]
        if not np.isfinite(plain[p, 1]):
            continue
        px = p if x.shape[0] > 1 else 0
        py = p if y.shape[0] > 1 else 0
        mx = my = 0.0
        begin, end = -1, -1
        for t in range(length):
            if np.isfinite(x[px, t]) and np.isfinite(y[py, t]):
                mx += x[px, t] / n
                my += y[py, t] / n
                if begin < 0:
                    begin = axis[t]
                end = axis[t]
        width = end - begin + 1
        columns[:width, :] = 0.0
        for t in range(length):
            if np.isfinite(x[px, t]) and np.isfinite(y[py, t]):
                u, v = x[px, t] - mx, y[py, t] - my
                k = axis[t] - begin
                columns[k, 0] = 1.0
                columns[k, 1] = u
                columns[k, 2] = v
                columns[k, 3] = u * u
                columns[k, 4] = v * v
                columns[k, 5] = u * v
        running_sums(columns, width, sums)
        wide = n / min(size[p, 0], size[p, 3])
        block = block_length(wide, n, width)
        stretched[p] = stretch(wide, block)
        for b in range(uniform.shape[0]):
            resample(sums, width, block, uniform[b], total)
            m = total[0]
            if m < 3:
                draws[:, b] = np.nan
                continue
            ax, ay = total[1] / m, total[2] / m
            vx = max(0.0, total[3] / m - ax * ax)
            vy = max(0.0, total[4] / m - ay * ay)
            c = total[5] / m - ax * ay
            sx, sy = np.sqrt(vx), np.sqrt(vy)
            bias = plain[p, 2] + ax - ay
            spread = max(0.0, vx + vy - 2.0 * c)
            mse = spread + bias * bias
            draws[1, b] = bias
            draws[2, b] = np.sqrt(mse)
            draws[3, b] = np.sqrt(spread)
            draws[4, b] = max(0.0, 2.0 * sx * sy - 2.0 * c)
            draws[5, b] = sx - sy
            draws[0, b] = draws[6, b] = draws[7, b] = np.nan
            if sx > 0.0 and sy > 0.0:
                r = max(-1.0, min(1.0, c / (sx * sy)))
                draws[0, b] = r
                draws[6, b] = 1.0 - mse / vy
                bx, by = mx + ax, my + ay
                if bx != 0.0 and by != 0.0:
                    draws[7, b] = 1.0 - np.sqrt((r - 1.0) ** 2 + (bx / by - 1.0) ** 2 + (sx / bx * by / sy - 1.0) ** 2)
        for j in range(8):
            bounds[p, j, 0], bounds[p, j, 1], bounds[p, j, 2] = quantiles(draws[j], low, high)
