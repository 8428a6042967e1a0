"""One series against a later or filtered other (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit

#: Share of the bracket that a step of the golden section keeps.
GOLDEN = 0.6180339887498949


@njit(cache=True, nogil=True)
def pearson(x, y):
    """Pearson correlation over the samples both have, and their number; NaN where a side is constant."""
    n = 0
    mx = my = 0.0
    for t in range(x.size):
        if np.isfinite(x[t]) and np.isfinite(y[t]):
            mx += x[t]
            my += y[t]
            n += 1
    if n < 2:
        return np.nan, n
    mx /= n
    my /= n
    xx = yy = xy = 0.0
    for t in range(x.size):
        if np.isfinite(x[t]) and np.isfinite(y[t]):
            a = x[t] - mx
            b = y[t] - my
            xx += a * a
            yy += b * b
            xy += a * b
    # a spread that is rounding of the mean is none
    if xx <= n * (1e-12 * mx) ** 2 or yy <= n * (1e-12 * my) ** 2 or xx == 0.0 or yy == 0.0:
        return np.nan, n
    return min(1.0, max(-1.0, xy / np.sqrt(xx * yy))), n


@njit(cache=True, nogil=True)
def lag_rows(x, y, lags, min_n, r, number):
    """Correlation of x with y that many steps later; series on the regular axis, gaps as NaN."""
    length = x.shape[1]
    for p in range(x.shape[0]):
        for k in range(lags.size):
            lag = lags[k]
            if abs(lag) >= length:
                r[p, k] = np.nan
                number[p, k] = 0
                continue
            a = x[p, : length - lag] if lag >= 0 else x[p, -lag:]
            b = y[p, lag:] if lag >= 0 else y[p, : length + lag]
            value, n = pearson(a, b)
            number[p, k] = n
            r[p, k] = value if n >= min_n else np.nan


@njit(cache=True, nogil=True)
def filtered_r(x, y, when, scale, swi):
    """Correlation of y with the exponential filter of x; ``swi`` is overwritten with the filter."""
    gain = 1.0
    state = np.nan
    last = 0.0
    for t in range(x.size):
        if not np.isfinite(x[t]):
            swi[t] = np.nan
            continue
        if np.isnan(state):
            state = x[t]
        else:
            gain = gain / (gain + np.exp(-(when[t] - last) / scale))
            state += gain * (x[t] - state)
        last = when[t]
        swi[t] = state
    return pearson(swi, y)


@njit(cache=True, nogil=True)
def best_rows(x, y, when, grid, min_n, tolerance, every, best, top, number, end):
    """Correlation at each time scale of the rising ``grid``, and the scale of the largest, refined between neighbours.

    ``end`` is 1 where the largest stands at an end of the grid, 2 where there is none.
    """
    swi = np.empty(x.shape[1])
    for p in range(x.shape[0]):
        k = -1
        number[p] = 0
        for j in range(grid.size):
            r, n = filtered_r(x[p], y[p], when, grid[j], swi)
            number[p] = n
            every[p, j] = r if n >= min_n else np.nan
            if np.isfinite(every[p, j]) and (k < 0 or every[p, j] > every[p, k]):
                k = j
        best[p] = top[p] = np.nan
        end[p] = 2
        if k < 0:
            continue
        top[p] = every[p, k]
        end[p] = 1
        if k == 0 or k == grid.size - 1:
            continue
        end[p] = 0
        low, high = np.log(grid[k - 1]), np.log(grid[k + 1])
        a = high - GOLDEN * (high - low)
        b = low + GOLDEN * (high - low)
        ra = filtered_r(x[p], y[p], when, np.exp(a), swi)[0]
        rb = filtered_r(x[p], y[p], when, np.exp(b), swi)[0]
        while high - low > tolerance:
            if ra >= rb:
                high = b
                b, rb = a, ra
                a = high - GOLDEN * (high - low)
                ra = filtered_r(x[p], y[p], when, np.exp(a), swi)[0]
            else:
                low = a
                a, ra = b, rb
                b = low + GOLDEN * (high - low)
                rb = filtered_r(x[p], y[p], when, np.exp(b), swi)[0]
        scale = np.exp(0.5 * (low + high))
        r = filtered_r(x[p], y[p], when, scale, swi)[0]
        # a grid point can be better than the bracket where the curve has two tops
        best[p] = scale if r >= top[p] else grid[k]
        top[p] = max(r, top[p])
