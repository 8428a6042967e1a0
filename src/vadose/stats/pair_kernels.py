"""All scores of one pair of series, their variances and effective sizes (numba).

Every smooth score is a function of five moments, so its influence series is a sum of five basis series: the centred
estimate u and reference v, and u^2, v^2, u v less their means. Their products give the variance of every score at
once; the products of u and v at two lags give the autocorrelation.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .autocorrelation_kernels import (
    choose_lags,
    decay,
    gaussian_form,
    inflation,
    lagged,
    lagged_whole,
    mean_loss,
    pairs_at,
    restore,
)
from .rank_kernels import rank_correlations, rank_space

FAST = {"reassoc", "contract", "nsz"}

#: Columns of the plain numbers.
PLAIN = (
    "n", "r", "bias", "rmse", "ubrmse", "mse", "mse_corr", "mse_bias", "mse_var", "nse", "kge", "spearman", "kendall",
    "difference", "difference_var", "sd_gap", "error_rho", "n_x", "n_y",
)  # fmt: skip
#: Rows of variance (of one sample's influence) and of effective size.
SMOOTH = ("bias", "ubmse", "mse", "r", "nse", "kge", "mse_corr", "sd_gap", "rank")
_M = len(SMOOTH)


@njit(cache=True, nogil=True, fastmath=FAST)
def _gram(u, v, mean_uu, mean_vv, mean_uv, out):
    """Sums of products of the five basis series, upper triangle of 5 x 5."""
    uu = uv = ua = ub = uc = vv = va = vb = vc = aa = ab = ac = bb = bc = cc = 0.0
    for t in range(u.size):
        p, q = u[t], v[t]
        r, s, z = p * p - mean_uu, q * q - mean_vv, p * q - mean_uv
        uu += p * p
        uv += p * q
        ua += p * r
        ub += p * s
        uc += p * z
        vv += q * q
        va += q * r
        vb += q * s
        vc += q * z
        aa += r * r
        ab += r * s
        ac += r * z
        bb += s * s
        bc += s * z
        cc += z * z
    out[0, 0], out[0, 1], out[0, 2], out[0, 3], out[0, 4] = uu, uv, ua, ub, uc
    out[1, 1], out[1, 2], out[1, 3], out[1, 4] = vv, va, vb, vc
    out[2, 2], out[2, 3], out[2, 4] = aa, ab, ac
    out[3, 3], out[3, 4], out[4, 4] = bb, bc, cc


@njit(cache=True, nogil=True)
def _decays(u, v, mask, first, second, enough, n, w, lags, amount, phi, at):
    """Amplitude and persistence of the influence series with weights ``w`` on (u, v), from ``at`` on.

    Quadratic terms follow from the lagged covariances of u and v as for Gaussian series. Returns the first
    autocorrelation of the first series.
    """
    same, cross, same2, cross2 = lags[0], lags[1], lags[2], lags[3]
    if first == 0:
        return np.nan
    whole = u.size == n
    if whole:
        lagged_whole(u, v, first, same, cross)
    else:
        lagged(u, v, mask, first, same, cross)
    loss_u, loss_v = mean_loss(cross[0], first, n, u.size), mean_loss(cross[2], first, n, u.size)
    below = gaussian_form(w[0], same)
    measured = gaussian_form(w[0], cross) / below if below > 0.0 else 0.0
    restore(same, cross, loss_u, loss_v)
    if second:
        if whole:
            lagged_whole(u, v, second, same2, cross2)
        else:
            lagged(u, v, mask, second, same2, cross2)
        restore(same2, cross2, loss_u, loss_v)
    for j in range(w.shape[0]):
        below = gaussian_form(w[j], same)
        one = gaussian_form(w[j], cross) / below if below > 0.0 else 0.0
        two = 0.0
        if second:
            below = gaussian_form(w[j], same2)
            two = gaussian_form(w[j], cross2) / below if below > 0.0 else 0.0
        linear = one if w[j, 2] == 0.0 and w[j, 3] == 0.0 else np.sqrt(max(one, 0.0))
        amount[at + j], phi[at + j] = decay(one, two, first, second, linear * np.sqrt(enough) > 2.0, u.size)
    return measured


@njit(cache=True, nogil=True)
def _form(w, gram):
    """Quadratic form of the weights with an upper triangle."""
    total = 0.0
    for i in range(5):
        total += w[i] * w[i] * gram[i, i]
        for j in range(i + 1, 5):
            total += 2.0 * w[i] * w[j] * gram[i, j]
    return max(total, 0.0)


@njit(cache=True, nogil=True)
def _weights(w, mx, my, sx, sy, r, bias, mse):
    """Influence of each score on the basis (u/sx, v/sy, squares, product): the gradient by the five moments."""
    w[:, :] = 0.0
    vx, vy, s2 = sx * sx, sy * sy, sx * sy
    w[0, 0], w[0, 1] = sx, -sy
    w[1, 2], w[1, 3], w[1, 4] = vx, vy, -2.0 * s2
    w[2, :] = w[1, :]
    w[2, 0], w[2, 1] = 2.0 * bias * sx, -2.0 * bias * sy
    w[3, 2], w[3, 3], w[3, 4] = -0.5 * r, -0.5 * r, 1.0
    if mse > 0.0:  # logarithm of 1 - NSE = MSE / variance of the reference
        w[4, :] = w[2, :] / mse
        w[4, 3] -= 1.0
    if mx != 0.0 and my != 0.0 and sx > 0.0 and sy > 0.0:  # logarithm of 1 - KGE
        beta = mx / my
        gamma = (sx / mx) / (sy / my)
        from_r, from_beta, from_gamma = r - 1.0, beta - 1.0, gamma - 1.0
        square = from_r**2 + from_beta**2 + from_gamma**2
        if square > 0.0:
            g = gamma * from_gamma / square
            h = beta * from_beta / square
            w[5, :] = from_r / square * w[3, :]
            w[5, 0] += (h - g) * sx / mx
            w[5, 1] -= (h - g) * sy / my
            w[5, 2] += 0.5 * g
            w[5, 3] -= 0.5 * g
    w[6, 2], w[6, 3], w[6, 4] = s2, s2, -2.0 * s2
    w[7, 2], w[7, 3] = 0.5 * sx, -0.5 * sy


@njit(cache=True, nogil=True, fastmath=FAST)
def _mean(values):
    """Mean of a series far from zero: sums of distances from its first value."""
    first = values[0]
    total = 0.0
    for i in range(values.size):
        total += values[i] - first
    return first + total / values.size


@njit(cache=True, nogil=True, fastmath=FAST)
def _centred(values, out):
    """Write values less their mean; returns mean, mean square of the result, and whether the values differ."""
    n = values.size
    mean = _mean(values)
    first = values[0]
    total = 0.0
    for i in range(n):
        out[i] = values[i] - mean
        total += out[i]
    rest = total / n
    square = 0.0
    others = 0
    for i in range(n):
        out[i] -= rest
        square += out[i] * out[i]
        others += values[i] != first
    return mean + rest, square / n, others > 0


@njit(cache=True, nogil=True, fastmath=FAST)
def _present(values):
    """Number of finite values."""
    total = 0
    for i in range(values.size):
        total += values[i] - values[i] == 0.0
    return total


@njit(cache=True, nogil=True, fastmath=FAST)
def _dot(a, b):
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@njit(cache=True, nogil=True)
def _scale(values, factor, out):
    for i in range(values.size):
        out[i] = values[i] * factor


@njit(cache=True, nogil=True)
def _lay_out(values, when, out):
    """Write values to their steps of the regular axis, zeros in gaps."""
    out[:] = 0.0
    begin = when[0]
    for i in range(values.size):
        out[np.uint64(when[i] - begin)] = values[i]


@njit(cache=True, nogil=True)
def score_rows(x, y, axis, span, min_n, ranks, persistence, honest, plain, variance, size, status):
    """Scores of each row.

    ``persistence``: estimate variances of influence (``honest`` or independent intervals); ``honest``: also effective
    sizes. Rows of ``x`` or ``y`` may be 1 where the series is shared by all points.
    """
    rows = max(x.shape[0], y.shape[0])
    length = x.shape[1]
    xs, ys, ds = np.empty(length), np.empty(length), np.empty(length)
    dx, dy, dd = np.empty(length), np.empty(length), np.empty(length)
    steps = np.empty(length, np.int64)
    mask = np.empty(span)
    u, v = np.empty(span), np.empty(span)
    space = rank_space(length if ranks else 1)
    rank_x, rank_y = np.empty(length, np.int32), np.empty(length, np.int32)
    w, rank_w, lags = np.empty((8, 5)), np.zeros((1, 5)), np.zeros((4, 3))
    zero = np.zeros((5, 5))
    amount, phi, wide = np.zeros(_M), np.zeros(_M), np.ones(_M)
    table = np.empty((64, _M))
    for p in range(rows):
        px = p if x.shape[0] > 1 else 0
        py = p if y.shape[0] > 1 else 0
        row_x, row_y, when = x[px], y[py], axis
        nx, ny = _present(row_x), _present(row_y)
        n = length
        if nx < length or ny < length:
            n = 0
            for t in range(length):
                if np.isfinite(row_x[t]) and np.isfinite(row_y[t]):
                    xs[n] = row_x[t]
                    ys[n] = row_y[t]
                    steps[n] = axis[t]
                    n += 1
            row_x, row_y, when = xs[:n], ys[:n], steps[:n]
        plain[p, :] = np.nan
        variance[p, :] = np.nan
        size[p, :] = np.nan
        plain[p, 0] = n
        plain[p, 17], plain[p, 18] = nx, ny
        if nx == 0 or ny == 0:
            status[p] = 8
            continue
        if n == 0:
            status[p] = 1
            continue
        if n < min_n:
            status[p] = 2
            continue
        mx, vx, moves_x = _centred(row_x, dx[:n])
        my, vy, moves_y = _centred(row_y, dy[:n])
        for i in range(n):
            ds[i] = row_x[i] - row_y[i]
        bias, vd, _ = _centred(ds[:n], dd[:n])
        cov = _dot(dx[:n], dy[:n]) / n
        sx, sy = np.sqrt(vx), np.sqrt(vy)
        usable = moves_x and moves_y and sx > 0.0 and sy > 0.0
        status[p] = 0 if usable else 3
        mse = vd + bias * bias
        r = max(-1.0, min(1.0, cov / (sx * sy))) if usable else 0.0
        plain[p, 2], plain[p, 3], plain[p, 4], plain[p, 5] = bias, np.sqrt(mse), np.sqrt(vd), mse
        plain[p, 7] = bias * bias
        if usable:
            plain[p, 1] = r
            plain[p, 6] = max(0.0, 2.0 * sx * sy - 2.0 * cov)
            plain[p, 8] = (sx - sy) ** 2
            plain[p, 9] = 1.0 - mse / vy
            plain[p, 15] = sx - sy
            if mx != 0.0 and my != 0.0:
                plain[p, 10] = 1.0 - np.sqrt((r - 1.0) ** 2 + (mx / my - 1.0) ** 2 + (sx / mx * my / sy - 1.0) ** 2)
        if not persistence and not (ranks and usable):
            continue
        begin = when[0]
        width = when[n - 1] + 1 - begin
        ms, us, vs = mask[:width], u[:width], v[:width]
        first = second = 0
        enough = 0.0
        amount[:] = 0.0
        phi[:] = 0.0
        if persistence:
            unit_x, unit_y = sx if sx > 0.0 and moves_x else 1.0, sy if sy > 0.0 and moves_y else 1.0
            _scale(dx[:n], 1.0 / unit_x, dx[:n])
            _scale(dy[:n], 1.0 / unit_y, dy[:n])
            product = cov / (unit_x * unit_y)
            _weights(w, mx, my, unit_x, unit_y, product, bias, mse)
            _gram(dx[:n], dy[:n], vx / unit_x**2, vy / unit_y**2, product, zero)
            for j in range(8):
                variance[p, j] = _form(w[j], zero) / n
        if honest:
            ms[:] = 1.0
            if width == n:
                us, vs = dx[:n], dy[:n]
            else:
                _lay_out(dx[:n], when, us)
                _lay_out(dy[:n], when, vs)
                ms[:] = 0.0
                for i in range(n):
                    ms[when[i] - begin] = 1.0
            first, second = choose_lags(ms, n)
            enough = pairs_at(ms, first) if first else 0.0
            plain[p, 16] = _decays(us, vs, ms, first, second, enough, n, w, lags, amount, phi, 0)
        if ranks and usable:
            rho, tau, difference, spread, rxx, ryy = rank_correlations(row_x, row_y, rank_x[:n], rank_y[:n], space)
            plain[p, 11], plain[p, 12], plain[p, 13], plain[p, 14] = rho, tau, difference, spread
            if first:
                fx, fy = 0.5 / np.sqrt(rxx / n), 0.5 / np.sqrt(ryy / n)
                _scale(rank_x[:n], fx, dx[:n])
                _scale(rank_y[:n], fy, dy[:n])
                if width > n:
                    _lay_out(dx[:n], when, us)
                    _lay_out(dy[:n], when, vs)
                rank_w[0, 2], rank_w[0, 3], rank_w[0, 4] = -0.5 * rho, -0.5 * rho, 1.0
                _decays(us, vs, ms, first, second, enough, n, rank_w, lags, amount, phi, 8)
        if persistence:
            if honest:
                inflation(amount, phi, when, n, width, wide, table)
            for j in range(_M):
                size[p, j] = max(3.0, n / wide[j]) if honest else n
