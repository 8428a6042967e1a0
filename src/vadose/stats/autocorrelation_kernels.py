"""Persistence of one series with gaps, and how much it widens a mean's variance (numba).

The autocorrelation of a series is described by rho(k) = a phi^k for k >= 1: ``a`` = 1 is an AR(1) process, ``a`` < 1 an
AR(1) process seen through white noise.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: Largest persistence per step that is believed.
MOST = 0.9995


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def pairs_at(mask, lag):
    """Pairs of present samples ``lag`` steps apart."""
    total = 0.0
    a = mask[: mask.size - lag]
    b = mask[lag:]
    for t in range(a.size):
        total += a[t] * b[t]
    return total


@njit(cache=True, nogil=True)
def choose_lags(mask, n):
    """The smallest lag with enough pairs, and a second one at least twice as long; 0 where there is none.

    Enough: a tenth of the samples and at least 10.
    """
    enough = max(10.0, 0.1 * n)
    span = mask.size
    if span == n:
        first = 1 if n - 1 >= enough else 0
        second = 3 if n - 3 >= enough and first else 0
        return first, second
    first = 0
    longest = min(span - 1, 400)
    for lag in range(1, longest + 1):
        if pairs_at(mask, lag) >= enough:
            first = lag
            break
    second = 0
    if first:
        for lag in range(2 * first + 1, min(span - 1, 4 * first + 8) + 1):
            if pairs_at(mask, lag) >= enough:
                second = lag
                break
    return first, second


@njit(cache=True, nogil=True)
def decay(rho_first, rho_second, first, second, pairs, n, span):
    """Amplitude ``a`` and persistence ``phi`` from the autocorrelation at one or two lags.

    The second lag counts only where the first autocorrelation is clearly there (2 standard errors), and only towards
    more persistence: it finds an AR(1) process hidden under white noise.
    """
    if first == 0 or not rho_first > 0.0:
        return 0.0, 0.0
    # removing the sample mean lowers every autocovariance by the variance of the mean, V/n
    a, phi = 0.0, 0.0
    for _ in range(2):
        spread = min(0.5, (1.0 + 2.0 * a * phi / (1.0 - phi) * n / span) / n)
        one = min(rho_first * (1.0 - spread) + spread, MOST**first)
        a, phi = 1.0, one ** (1.0 / first)
        if second and rho_first * np.sqrt(pairs) > 2.0:
            two = rho_second * (1.0 - spread) + spread
            if two > 0.0:
                slow = min(MOST, (two / one) ** (1.0 / (second - first)))
                if slow > phi:
                    a, phi = one / slow**first, slow
    return a, phi


@njit(cache=True, nogil=True)
def inflation(a, phi, steps, n, span, row, table):
    """Fill ``row`` with V = 1 + (2/n) sum over pairs i < j of a phi^(t_j - t_i), one for each (a, phi).

    Without gaps the closed form of the geometric sum; with gaps the recursion S_j = phi^dt (S_j-1 + 1).
    """
    m = a.size
    if span == n:
        for j in range(m):
            p = phi[j]
            q = 1.0 - p
            row[j] = max(1.0, 1.0 + 2.0 * a[j] * (p / q - p * (1.0 - p**n) / (n * q * q)))
        return
    size = table.shape[0]
    for j in range(m):
        table[0, j] = 1.0
    for k in range(1, size):
        for j in range(m):
            table[k, j] = table[k - 1, j] * phi[j]
    sums = np.zeros(m)
    total = np.zeros(m)
    last = steps[0]
    for i in range(1, n):
        dt = steps[i] - last
        last = steps[i]
        if dt < size:
            power = table[dt]
            for j in range(m):
                sums[j] = power[j] * (sums[j] + 1.0)
                total[j] += sums[j]
        else:
            for j in range(m):
                sums[j] = phi[j] ** dt * (sums[j] + 1.0)
                total[j] += sums[j]
    for j in range(m):
        row[j] = 1.0 + 2.0 * a[j] * total[j] / n


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def lagged(series, mask, lag):
    """Autocorrelation at ``lag`` of a centred series with zeros in its gaps, normalised by the same pairs."""
    product = square = 0.0
    n = series.size - lag
    a, b = series[:n], series[lag:]
    p, q = mask[:n], mask[lag:]
    for t in range(n):
        w = p[t] * q[t]
        product += a[t] * b[t]
        square += w * (a[t] * a[t] + b[t] * b[t])
    return 2.0 * product / square if square > 0.0 else 0.0


@njit(cache=True, nogil=True)
def effective_rows(values, axis, span, squared, rho, n_eff):
    """Lag autocorrelation per step and effective size of the mean (or of the variance) of each row."""
    rows, length = values.shape
    dense, mask = np.empty(span), np.empty(span)
    steps = np.empty(length, np.int64)
    table = np.empty((64, 1))
    a, phi, v = np.empty(1), np.empty(1), np.empty(1)
    for p in range(rows):
        dense[:] = 0.0
        mask[:] = 0.0
        n = 0
        mean = 0.0
        for t in range(length):
            if np.isfinite(values[p, t]):
                steps[n] = axis[t]
                mean += values[p, t]
                n += 1
        if n < 3:
            rho[p] = np.nan
            n_eff[p] = np.nan
            continue
        mean /= n
        for t in range(length):
            if np.isfinite(values[p, t]):
                dense[axis[t]] = values[p, t] - mean
                mask[axis[t]] = 1.0
        begin, end = steps[0], steps[n - 1] + 1
        first, second = choose_lags(mask[begin:end], n)
        one = two = pairs = 0.0
        if first:
            one = lagged(dense[begin:end], mask[begin:end], first)
            pairs = pairs_at(mask[begin:end], first)
        if second:
            two = lagged(dense[begin:end], mask[begin:end], second)
        a[0], phi[0] = decay(one, two, first, second, pairs, n, end - begin)
        if squared:
            a[0] *= a[0]
            phi[0] *= phi[0]
        inflation(a, phi, steps, n, end - begin, v, table)
        rho[p] = a[0] * phi[0]
        n_eff[p] = max(min(3.0, n), min(n, n / v[0]))
