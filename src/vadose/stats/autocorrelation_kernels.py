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
def mean_loss(rho, first, n, span):
    """Share of the variance that removing the sample mean takes from every autocovariance: V/n, at most a half."""
    if first == 0 or not rho > 0.0:
        return 1.0 / n
    phi = min(rho, MOST) ** (1.0 / first)
    for _ in range(2):
        loss = min(0.5, (1.0 + 2.0 * phi / (1.0 - phi) * n / span) / n)
        phi = min(rho + (1.0 - rho) * loss, MOST) ** (1.0 / first)
    return loss


@njit(cache=True, nogil=True)
def decay(one, two, first, second, clear, span):
    """Amplitude ``a`` and persistence ``phi`` from the autocorrelation at one or two lags.

    The second lag counts only where the first autocorrelation is ``clear`` of noise, and only towards more persistence:
    it finds an AR(1) process hidden under white noise, of a memory up to a thirtieth of the record.
    """
    if first == 0 or not one > 0.0:
        return 0.0, 0.0
    one = min(one, MOST**first)
    phi = one ** (1.0 / first)
    if second and clear and two > 0.0:
        slow = min((two / one) ** (1.0 / (second - first)), np.exp(-30.0 / span))
        if slow > phi:
            return one / slow**first, slow
    return 1.0, phi


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
def lagged(u, v, mask, lag, same, cross):
    """Products of two centred series (zeros in gaps) with themselves and ``lag`` steps later, over the same pairs.

    ``same`` and ``cross`` get (uu, uv, vv), scaled so that the first and last of ``same`` are 1.
    """
    n = u.size - lag
    u0, u1, v0, v1, m0, m1 = u[:n], u[lag:], v[:n], v[lag:], mask[:n], mask[lag:]
    suu = suv = svv = cuu = cuv = cvv = 0.0
    for t in range(n):
        w = m0[t] * m1[t]
        suu += w * (u0[t] * u0[t] + u1[t] * u1[t])
        suv += w * (u0[t] * v0[t] + u1[t] * v1[t])
        svv += w * (v0[t] * v0[t] + v1[t] * v1[t])
        cuu += u0[t] * u1[t]
        cuv += u0[t] * v1[t] + u1[t] * v0[t]
        cvv += v0[t] * v1[t]
    _unit_lags(suu, suv, svv, cuu, cuv, cvv, same, cross)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def lagged_whole(u, v, lag, same, cross):
    """The same as :func:`lagged` for series without gaps: squares of both ends of the pairs are nearly one sum."""
    n = u.size - lag
    u0, u1, v0, v1 = u[:n], u[lag:], v[:n], v[lag:]
    suu = suv = svv = cuu = cuv = cvv = 0.0
    for t in range(n):
        a, b, c, d = u0[t], u1[t], v0[t], v1[t]
        suu += a * a
        suv += a * c
        svv += c * c
        cuu += a * b
        cuv += a * d + b * c
        cvv += c * d
    suu, suv, svv = 2.0 * suu, 2.0 * suv, 2.0 * svv
    for t in range(lag):
        a, b, c, d = u[t], u[n + t], v[t], v[n + t]
        suu += b * b - a * a
        suv += b * d - a * c
        svv += d * d - c * c
    _unit_lags(suu, suv, svv, cuu, cuv, cvv, same, cross)


@njit(cache=True, nogil=True)
def _unit_lags(suu, suv, svv, cuu, cuv, cvv, same, cross):
    """Scale lagged sums of products so that the first and last of ``same`` are 1."""
    fu = 1.0 / suu if suu > 0.0 else 0.0
    fv = 1.0 / svv if svv > 0.0 else 0.0
    f = np.sqrt(fu * fv)
    same[0], same[1], same[2] = suu * fu, suv * f, svv * fv
    cross[0], cross[1], cross[2] = 2.0 * cuu * fu, cuv * f, 2.0 * cvv * fv


@njit(cache=True, nogil=True)
def restore(same, cross, loss_u, loss_v):
    """Give the autocovariances back what removing the means took."""
    cross[0] += loss_u * (same[0] - cross[0])
    cross[1] += np.sqrt(loss_u * loss_v) * (same[1] - cross[1])
    cross[2] += loss_v * (same[2] - cross[2])


@njit(cache=True, nogil=True)
def gaussian_form(w, c):
    """Covariance of w0 u + w1 v + w2 u^2 + w3 v^2 + w4 u v between two times of lag covariances c = (uu, uv, vv)."""
    f, g, h = 2.0 * w[2], w[4], 2.0 * w[3]  # twice the quadratic form's matrix (f g; g h)
    uu, uv, vv = c[0], c[1], c[2]
    linear = w[0] * w[0] * uu + 2.0 * w[0] * w[1] * uv + w[1] * w[1] * vv
    a, b = f * uu + g * uv, f * uv + g * vv
    d, e = g * uu + h * uv, g * uv + h * vv
    return linear + 0.5 * (a * a + 2.0 * b * d + e * e)


@njit(cache=True, nogil=True)
def effective_rows(values, axis, span, squared, rho, n_eff):
    """Lag autocorrelation per step and effective size of the mean (or of the variance) of each row."""
    rows, length = values.shape
    dense, mask = np.empty(span), np.empty(span)
    steps = np.empty(length, np.int64)
    table = np.empty((64, 1))
    a, phi, v = np.empty(1), np.empty(1), np.empty(1)
    same, cross = np.empty(3), np.empty(3)
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
        one = two = 0.0
        clear = False
        if first:
            part, here = dense[begin:end], mask[begin:end]
            lagged(part, part, here, first, same, cross)
            loss = mean_loss(cross[0], first, n, end - begin)
            restore(same, cross, loss, loss)
            one = cross[0]
            clear = one * np.sqrt(pairs_at(here, first)) > 2.0
            if second:
                lagged(part, part, here, second, same, cross)
                restore(same, cross, loss, loss)
                two = cross[0]
        a[0], phi[0] = decay(one, two, first, second, clear, end - begin)
        if squared:
            a[0] *= a[0]
            phi[0] *= phi[0]
        inflation(a, phi, steps, n, end - begin, v, table)
        rho[p] = a[0] * phi[0]
        n_eff[p] = max(min(3.0, n), min(n, n / v[0]))
