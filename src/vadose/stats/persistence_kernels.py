"""Persistence of series with gaps and what it does to the variance of Kendall's S (numba).

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _autocorrelation(d, kept, most, rho, share):
    """Autocorrelation at true lags of anomalies ``d`` (0 where missing), and the share of samples with a partner.

    Without gaps rho(k) = sum d_i d_(i+k) / sum d^2. With gaps the sum is the mean over the pairs there are, times the
    number of pairs that a series without gaps would have.
    """
    span = d.size
    n = 0
    power = 0.0
    for i in range(span):
        n += kept[i]
        power += d[i] * d[i]
    for k in range(1, most + 1):
        total = 0.0
        pairs = 0
        for i in range(span - k):
            total += d[i] * d[i + k]
            pairs += kept[i] * kept[i + k]
        rho[k] = total / pairs * (1.0 - k / span) * n / power if pairs > 0 and power > 0.0 else 0.0
        share[k] = pairs / n
    return n


@njit(cache=True, nogil=True)
def hamed_rao(d, kept, lags, bound):
    """Factor of the variance of S from significant autocorrelations of ranks (Hamed and Rao 1998, eq. 15)."""
    span = d.size
    if span < 3:
        return 1.0
    most = span - 1 if lags == 0 else min(lags, span - 1)
    rho, share = np.zeros(most + 1), np.zeros(most + 1)
    n = _autocorrelation(d, kept, most, rho, share)
    total = 0.0
    for k in range(1, most + 1):
        full = (span - k) / span
        if share[k] > 0.0 and abs(rho[k]) > bound * np.sqrt(full / (share[k] * n)):
            total += (span - k) * (span - k - 1.0) * (span - k - 2.0) * rho[k] * share[k] / full
    return 1.0 + 2.0 / (span * (span - 1.0) * (span - 2.0)) * total


@njit(cache=True, nogil=True)
def persistence(d, kept):
    """Autocorrelation of anomalies at lag one."""
    rho, share = np.zeros(2), np.zeros(2)
    _autocorrelation(d, kept, 1, rho, share)
    return rho[1]


@njit(cache=True, nogil=True)
def first_order(kept, phi):
    """1 + (2/n) sum over pairs of phi^|distance|: the variance of a mean over that of independent samples."""
    total = sum_before = 0.0
    n = 0
    for i in range(kept.size):
        if kept[i]:
            total += sum_before
            sum_before += 1.0
            n += 1
        sum_before *= phi
    return 1.0 + 2.0 * total / n


@njit(cache=True, nogil=True)
def yue_wang(d, kept, lags):
    """Factor of the variance of S from the effective sample size (Yue and Wang 2004)."""
    if lags == 0:
        return first_order(kept, persistence(d, kept))
    most = min(lags, d.size - 1)
    rho, share = np.zeros(most + 1), np.zeros(most + 1)
    _autocorrelation(d, kept, most, rho, share)
    total = 0.0
    for k in range(1, most + 1):
        total += share[k] * rho[k]
    return 1.0 + 2.0 * total


@njit(cache=True, nogil=True)
def pre_whitened(d, kept, time, slope, phi, out):
    """d(t) - phi d(t-1) + slope t where both samples are there, NaN elsewhere (Yue et al. 2002)."""
    out[0] = np.nan
    for i in range(1, d.size):
        out[i] = d[i] - phi * d[i - 1] + slope * (time[i] - time[0]) if kept[i] and kept[i - 1] else np.nan


@njit(cache=True, nogil=True)
def unbiased_persistence(d, kept, ranked, levels):
    """Coefficient of a first-order autoregression, less the bias that removing a line leaves, and pairs at lag one.

    The correlation at lag one is too small by (K + 1 + (3 K + 1) phi)/n for a slope and K = ``levels`` levels removed;
    with n of T steps filled, by (K + 1)/n + (3 K + 1) phi/T.
    """
    rho, share = np.zeros(2), np.zeros(2)
    n = _autocorrelation(d, kept, 1, rho, share)
    pairs = share[1] * n
    if pairs < 3.0 * levels + 1.0:  # too few neighbours to tell persistence from noise: taken as strong
        return 0.98, pairs
    r = rho[1] / (1.0 - 1.0 / d.size)
    if ranked:
        r = 2.0 * np.sin(np.pi / 6.0 * r)
    return max(-0.9, min(0.98, (n * r + levels + 1.0) / (n - (3.0 * levels + 1.0) * n / d.size))), pairs


@njit(cache=True, nogil=True)
def _spread(weights, kept, phi, ranked):
    """sum_(i, j) w_i w_j rho(t_j - t_i), rho(k) = phi^k or that of ranks, weights 0 where a sample is missing."""
    rho = np.empty(kept.size)
    reach = kept.size - 1
    power = 1.0
    for k in range(1, kept.size):
        power *= phi
        rho[k] = 6.0 / np.pi * np.arcsin(0.5 * power) if ranked else power
        if abs(power) < 1e-7:
            reach = k - 1
            break
    squares = total = 0.0
    for i in range(kept.size):
        if kept[i]:
            squares += weights[i] * weights[i]
            for k in range(1, min(reach, kept.size - 1 - i) + 1):
                total += weights[i] * weights[i + k] * rho[k]
    return squares + 2.0 * total


@njit(cache=True, nogil=True)
def _places(kept, segment):
    """Places of the samples, centred in their segment, 0 where one is missing, and the sum of their squares."""
    place = np.zeros(kept.size)
    squares = 0.0
    begin = 0
    while begin < kept.size:
        end = begin
        seen = 0
        while end < kept.size and segment[end] == segment[begin]:
            place[end] = seen
            seen += kept[end]
            end += 1
        middle = 0.5 * (seen - 1.0)
        for i in range(begin, end):
            place[i] = place[i] - middle if kept[i] else 0.0
            squares += place[i] * place[i]
        begin = end
    return place, squares


@njit(cache=True, nogil=True)
def first_order_score(kept, segment, phi):
    """Factor of the variance of S of pairs of one segment under a first-order autoregression.

    S is nearly sum w_i x_i, w_i = sum_j sign(t_i - t_j)/sqrt(1 - phi^|t_i - t_j|): a pair counts by the sign of its
    difference alone, whose standard deviation is that root, so that neighbours count as much as pairs far apart.
    """
    weights, squares = _places(kept, segment)
    if squares == 0.0:
        return 1.0
    power = 1.0
    for k in range(1, kept.size):
        power *= phi
        if abs(power) < 1e-7:
            break
        more = 0.5 / np.sqrt(1.0 - power) - 0.5
        for i in range(k, kept.size):
            if kept[i] and kept[i - k] and segment[i] == segment[i - k]:
                weights[i] += more
                weights[i - k] -= more
    return _spread(weights, kept, phi, True) / squares


@njit(cache=True, nogil=True)
def first_order_slope(kept, segment, phi):
    """Variance of a slope over that with independent samples."""
    place, squares = _places(kept, segment)
    return _spread(place, kept, phi, False) / squares


@njit(cache=True, nogil=True)
def average_ranks(values, tolerance, out):
    """Average ranks from 1; values within ``tolerance`` of the smallest of a group are equal."""
    order = np.argsort(values)
    i = 0
    while i < values.size:
        j = i + 1
        while j < values.size and values[order[j]] - values[order[i]] <= tolerance:
            j += 1
        for k in range(i, j):
            out[order[k]] = 0.5 * (i + j + 1)
        i = j


@njit(cache=True, nogil=True)
def innovations(d, kept, time, slope, phi, out):
    """What each anomaly adds to the one before it, at the variance of anomalies, plus slope t; NaN where missing."""
    before = memory = 0.0
    for i in range(d.size):
        out[i] = np.nan
        memory *= phi
        if kept[i]:
            out[i] = (d[i] - memory * before) / np.sqrt(1.0 - memory * memory) + slope * (time[i] - time[0])
            before, memory = d[i], 1.0
