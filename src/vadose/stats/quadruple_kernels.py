"""Four-way collocation from covariances, and its block bootstrap (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit

from .bootstrap_kernels import block_length, quantiles, resample, running_sums, stretch

#: Rows of the result: four error variances, four R2, four scalings to the first, one error covariance, four scaled
#: error deviations.
ROWS = 17


@njit(cache=True, nogil=True)
def estimate(q, one, two, out):
    """Error variances, R2, scaling to the first product and error covariance of the pair; the status code.

    ``q`` (4, 4) covariances; ``one``, ``two`` the products whose errors may be correlated, -1 for none.
    """
    out[:] = np.nan
    for i in range(4):
        if not q[i, i] > 0.0:
            return 3
    signal, scale, cross = np.zeros(4), np.zeros(4), 0.0
    for i in range(4):
        n = 0
        for j in range(4):
            for k in range(j + 1, 4):
                if i in (j, k):
                    continue
                inside = one in (i, j, k) and two in (i, j, k)
                if one >= 0 and inside:
                    continue
                if not q[i, j] * q[i, k] * q[j, k] > 0.0:
                    return 5
                signal[i] += q[i, j] * q[i, k] / q[j, k]
                n += 1
        signal[i] /= n
    for i in range(1, 4):  # ratio of what both share with a third that is independent of both
        n = 0
        for k in range(4):
            if k == 0 or k == i or (one == min(i, k) and two == max(i, k)) or (one == min(0, k) and two == k):
                continue
            scale[i] += q[0, k] / q[i, k]
            n += 1
        if n == 0:
            return 5
        scale[i] /= n
    scale[0] = 1.0
    if one >= 0:
        a, b = -1, -1
        for k in range(4):
            if k != one and k != two:
                if a < 0:
                    a = k
                else:
                    b = k
        cross = 0.5 * (q[a, one] * q[b, two] + q[b, one] * q[a, two]) / q[a, b]
        out[12] = q[one, two] - cross
    status = 0
    for i in range(4):
        left = q[i, i] - signal[i]
        out[8 + i] = scale[i]
        if left > 0.0 or left > -1e-13 * q[i, i]:
            out[i] = max(left, 0.0)
            out[13 + i] = np.sqrt(out[i]) * abs(scale[i])
            out[4 + i] = min(signal[i] / q[i, i], 1.0)
        else:
            status = 4
    return status


@njit(cache=True, nogil=True)
def collocate_rows(data, axis, n_eff, one, two, min_n, uniform, low, high, plain, bounds, counts, status):
    """Estimates and bounds of each row of ``data`` (4, points, time); ``counts``: n and how much blocks hide."""
    length = data.shape[2]
    span = axis[length - 1] + 1 if length else 0
    columns, sums, total = np.empty((span, 15)), np.empty((2 * span + 1, 15)), np.empty(15)
    q, out, mean, spread = np.empty((4, 4)), np.empty(ROWS), np.empty(4), np.empty(4)
    draws = np.empty((ROWS, uniform.shape[0]))
    for p in range(data.shape[1]):
        plain[p, :] = np.nan
        bounds[p, :, :] = np.nan
        counts[p, 1] = 1.0
        n, begin, end = 0, -1, -1
        seen = np.zeros(4)
        mean[:] = 0.0
        for t in range(length):
            all_there = True
            for i in range(4):
                there = np.isfinite(data[i, p, t])
                seen[i] += there
                all_there &= there
            if all_there:
                n += 1
                for i in range(4):
                    mean[i] += data[i, p, t]
                if begin < 0:
                    begin = axis[t]
                end = axis[t]
        counts[p, 0] = n
        if seen.min() == 0:
            status[p] = 8
            continue
        if n < min_n:
            status[p] = 1 if n == 0 else 2
            continue
        mean /= n
        q[:] = 0.0
        for t in range(length):
            if np.isfinite(data[0, p, t] + data[1, p, t] + data[2, p, t] + data[3, p, t]):
                for i in range(4):
                    for j in range(i, 4):
                        q[i, j] += (data[i, p, t] - mean[i]) * (data[j, p, t] - mean[j]) / (n - 1.0)
        for i in range(4):
            spread[i] = np.sqrt(q[i, i])
            if spread[i] <= 1e-14 * abs(mean[i]):
                q[i, i] = 0.0
            for j in range(i):
                q[i, j] = q[j, i]
        status[p] = estimate(q, one, two, plain[p])
        if uniform.shape[0] == 0 or status[p] in (3, 5):
            continue
        width = end - begin + 1
        columns[:width, :] = 0.0
        for t in range(length):
            if np.isfinite(data[0, p, t] + data[1, p, t] + data[2, p, t] + data[3, p, t]):
                k = axis[t] - begin
                columns[k, 0] = 1.0
                c = 5
                for i in range(4):
                    columns[k, 1 + i] = (data[i, p, t] - mean[i]) / spread[i]
                for i in range(4):
                    for j in range(i, 4):
                        columns[k, c] = columns[k, 1 + i] * columns[k, 1 + j]
                        c += 1
        running_sums(columns, width, sums)
        wide = n / n_eff[p]
        block = block_length(wide, n, width)
        counts[p, 1] = stretch(wide, block)
        for b in range(uniform.shape[0]):
            resample(sums, width, block, uniform[b], total)
            m = total[0]
            if m < 3.0:
                draws[:, b] = np.nan
                continue
            c = 5
            for i in range(4):
                for j in range(i, 4):
                    v = (total[c] - total[1 + i] * total[1 + j] / m) / (m - 1.0)
                    q[i, j] = q[j, i] = v * spread[i] * spread[j]
                    c += 1
            estimate(q, one, two, out)
            draws[:, b] = out
        for j in range(ROWS):
            bounds[p, j, 0], bounds[p, j, 1], bounds[p, j, 2] = quantiles(draws[j], low, high)
