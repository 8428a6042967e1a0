"""Triple collocation of one point and its block bootstrap (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit

from .autocorrelation_kernels import choose_lags, decay, gaussian_form, inflation, lagged, mean_loss, pairs_at, restore
from .bootstrap_kernels import block_length, quantiles, resample, running_sums, stretch

#: Rows of the result: three error variances, three R2, scaling of y and z, scaled error std of y and z.
ROWS = 10


@njit(cache=True, nogil=True)
def estimate(xx, yy, zz, xy, xz, yz, out):
    """Error variances, R2, scaling and scaled error deviations from six covariances; the status code."""
    out[:] = np.nan
    if not (xx > 0.0 and yy > 0.0 and zz > 0.0):
        return 3
    if not xy * xz * yz > 0.0:
        return 5
    status = 0
    truth_x, truth_y, truth_z = xy * xz / yz, xy * yz / xz, xz * yz / xy
    out[6], out[7] = xz / yz, xy / yz
    total = (xx, yy, zz)
    true = (truth_x, truth_y, truth_z)
    for k in range(3):
        left = total[k] - true[k]
        if left > 0.0 or (left > -1e-13 * total[k]):
            out[k] = max(left, 0.0)
            out[3 + k] = min(true[k] / total[k], 1.0)
        else:
            status = 4
    out[8] = np.sqrt(out[1]) * abs(out[6])
    out[9] = np.sqrt(out[2]) * abs(out[7])
    return status


@njit(cache=True, nogil=True)
def _persistence(u, v, mask, first, second, enough, n, lags, amount, phi, at):
    """Amplitude and persistence of the products of two series."""
    w = np.zeros(5)
    w[4] = 1.0
    same, cross, same2, cross2 = lags[0], lags[1], lags[2], lags[3]
    lagged(u, v, mask, first, same, cross)
    loss_u, loss_v = mean_loss(cross[0], first, n, u.size), mean_loss(cross[2], first, n, u.size)
    restore(same, cross, loss_u, loss_v)
    below = gaussian_form(w, same)
    one = gaussian_form(w, cross) / below if below > 0.0 else 0.0
    two = 0.0
    if second:
        lagged(u, v, mask, second, same2, cross2)
        restore(same2, cross2, loss_u, loss_v)
        below = gaussian_form(w, same2)
        two = gaussian_form(w, cross2) / below if below > 0.0 else 0.0
    clear = np.sqrt(max(one, 0.0) * enough) > 2.0
    amount[at], phi[at] = decay(one, two, first, second, clear, u.size)


@njit(cache=True, nogil=True)
def collocate_rows(x, y, z, axis, span, min_n, uniform, low, high, plain, bounds, counts, status):
    """Estimates and bounds of each row; ``uniform`` without rows leaves the quantiles in ``bounds`` out.

    ``counts``: n, n_eff, the signs of y and z against x, and how much blocks hide.
    """
    rows = plain.shape[0]
    length = axis.size
    columns, sums = np.empty((span, 10)), np.empty((2 * span + 1, 10))
    total = np.empty(10)
    out = np.empty(ROWS)
    draws = np.empty((ROWS, uniform.shape[0]))
    series = np.empty((3, span))
    mask = np.empty(span)
    steps = np.empty(length, np.int64)
    lags, table = np.zeros((4, 3)), np.empty((64, 3))
    amount, phi, wide = np.zeros(3), np.zeros(3), np.ones(3)
    for p in range(rows):
        a, b, c = (x[p if x.shape[0] > 1 else 0], y[p if y.shape[0] > 1 else 0], z[p if z.shape[0] > 1 else 0])
        plain[p, :] = np.nan
        bounds[p, :, :] = np.nan
        counts[p, 1:] = np.nan
        n = 0
        seen_a = seen_b = seen_c = 0
        for t in range(length):
            seen_a += np.isfinite(a[t])
            seen_b += np.isfinite(b[t])
            seen_c += np.isfinite(c[t])
            if np.isfinite(a[t]) and np.isfinite(b[t]) and np.isfinite(c[t]):
                steps[n] = t
                n += 1
        counts[p, 0] = n
        if seen_a == 0 or seen_b == 0 or seen_c == 0:
            status[p] = 8
            continue
        if n == 0:
            status[p] = 1
            continue
        if n < min_n:
            status[p] = 2
            continue
        begin = axis[steps[0]]
        width = axis[steps[n - 1]] - begin + 1
        series[:, :width] = 0.0
        mask[:width] = 0.0
        first_a, first_b, first_c = a[steps[0]], b[steps[0]], c[steps[0]]
        ma = mb = mc = 0.0
        moves_a = moves_b = moves_c = False
        for i in range(n):
            t = steps[i]
            ma += (a[t] - first_a) / n
            mb += (b[t] - first_b) / n
            mc += (c[t] - first_c) / n
            moves_a |= a[t] != first_a
            moves_b |= b[t] != first_b
            moves_c |= c[t] != first_c
        if not (moves_a and moves_b and moves_c):
            status[p] = 3
            continue
        for i in range(n):
            t = steps[i]
            k = axis[t] - begin
            steps[i] = k
            mask[k] = 1.0
            series[0, k] = (a[t] - first_a) - ma
            series[1, k] = (b[t] - first_b) - mb
            series[2, k] = (c[t] - first_c) - mc
        total[:] = 0.0
        for i in range(n):
            k = steps[i]
            u, v, w = series[0, k], series[1, k], series[2, k]
            total[4] += u * u
            total[5] += v * v
            total[6] += w * w
            total[7] += u * v
            total[8] += u * w
            total[9] += v * w
        f = 1.0 / (n - 1.0)
        status[p] = estimate(
            f * total[4], f * total[5], f * total[6], f * total[7], f * total[8], f * total[9], plain[p]
        )
        counts[p, 2], counts[p, 3] = np.sign(total[7]), np.sign(total[8])
        here = mask[:width]
        amount[:] = 0.0
        phi[:] = 0.0
        first, second = choose_lags(here, n)
        if first:
            enough = pairs_at(here, first)
            u, v, w = series[0, :width], series[1, :width], series[2, :width]
            _persistence(u, v, here, first, second, enough, n, lags, amount, phi, 0)
            _persistence(u, w, here, first, second, enough, n, lags, amount, phi, 1)
            _persistence(v, w, here, first, second, enough, n, lags, amount, phi, 2)
        inflation(amount, phi, steps, n, width, wide, table)
        most = max(wide[0], max(wide[1], wide[2]))
        counts[p, 1] = max(min(3.0, n), n / most)
        if uniform.shape[0] == 0 or status[p] == 5:
            continue
        su, sv, sw = np.sqrt(f * total[4]), np.sqrt(f * total[5]), np.sqrt(f * total[6])
        for k in range(width):
            u, v, w = series[0, k] / su, series[1, k] / sv, series[2, k] / sw
            columns[k, 0] = mask[k]
            columns[k, 1], columns[k, 2], columns[k, 3] = u, v, w
            columns[k, 4], columns[k, 5], columns[k, 6] = u * u, v * v, w * w
            columns[k, 7], columns[k, 8], columns[k, 9] = u * v, u * w, v * w
        running_sums(columns, width, sums)
        block = block_length(most, n, width)
        counts[p, 4] = stretch(most, block)
        for i in range(uniform.shape[0]):
            resample(sums, width, block, uniform[i], total)
            m = total[0]
            if m < 3.0:
                draws[:, i] = np.nan
                continue
            f = 1.0 / (m - 1.0)
            u, v, w = total[1] / m, total[2] / m, total[3] / m
            estimate(
                su * su * f * (total[4] - m * u * u), sv * sv * f * (total[5] - m * v * v),
                sw * sw * f * (total[6] - m * w * w), su * sv * f * (total[7] - m * u * v),
                su * sw * f * (total[8] - m * u * w), sv * sw * f * (total[9] - m * v * w), out,
            )  # fmt: skip
            draws[:, i] = out
        for j in range(ROWS):
            bounds[p, j, 0], bounds[p, j, 1], bounds[p, j, 2] = quantiles(draws[j], low, high)
