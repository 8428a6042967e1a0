"""Exponential decays: runs of dry days in a series, and their least-squares fit (numba).

For a given time scale, amplitudes and floor are linear, so only the time scale is searched for (variable projection).
Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

OK, TOO_FEW, CONSTANT, SIGN, NO_DATA, LOST = 0, 2, 3, 5, 8, 9
#: Time scales looked at before the best is refined.
_GRID = 24


@njit(cache=True, nogil=True)
def find_runs(y, t, rain, use_rain, dry, tolerance, max_gap, max_length, min_n, starts, stops):
    """Positions [start, stop) of runs without wetting in one series; returns their number.

    With rain a run is made of days with less than ``dry``; without, it begins at a value that the next one does not
    exceed, and ends before a value that lies more than ``tolerance`` above the lowest so far.
    """
    found = 0
    begin, last, count = -1, -1, 0
    lowest = np.inf
    for i in range(y.size + 1):
        closing = i == y.size
        wet = not closing and use_rain and not rain[i] < dry
        known = not closing and np.isfinite(y[i]) and not wet
        if begin >= 0 and not closing and (known or wet):
            closing = (wet or t[i] - t[last] > max_gap or t[i] - t[begin] > max_length
                       or (not use_rain and y[i] - lowest > tolerance))  # fmt: skip
        if begin >= 0 and closing:
            if count >= min_n:
                starts[found], stops[found] = begin, last + 1
                found += 1
            begin = -1
        if known:
            if begin < 0 or (not use_rain and count == 1 and y[i] > y[begin]):
                begin, count, lowest = i, 0, np.inf
            last = i
            count += 1
            lowest = min(lowest, y[i])
    return found


@njit(cache=True, nogil=True)
def _decay(lag, whole, tau, powers, x):
    """Fill ``x`` with exp(−lag/tau); where lags are whole, from powers instead of exponentials."""
    if whole:
        q = np.exp(-1.0 / tau)
        powers[0] = 1.0
        for k in range(1, powers.size):
            powers[k] = powers[k - 1] * q
        for i in range(lag.size):
            x[i] = powers[int(lag[i])]
    else:
        for i in range(lag.size):
            x[i] = np.exp(-lag[i] / tau)


@njit(cache=True, nogil=True)
def _profile(x, y, first, floor, fixed, amplitudes):
    """Sum of squares with the decay ``x``; fills the amplitude of each event and returns (sum of squares, floor)."""
    events = first.size - 1
    up = down = 0.0
    if not fixed:
        for e in range(events):
            sx = sxx = sxy = sy = 0.0
            for i in range(first[e], first[e + 1]):
                sx += x[i]
                sxx += x[i] * x[i]
                sxy += x[i] * y[i]
                sy += y[i]
            up += sy - sx * sxy / sxx
            down += first[e + 1] - first[e] - sx * sx / sxx
        floor = up / down if down > 1e-12 else np.nan
    rest = 0.0
    for e in range(events):
        sxx = sxy = 0.0
        for i in range(first[e], first[e + 1]):
            sxx += x[i] * x[i]
            sxy += x[i] * (y[i] - floor)
        amplitudes[e] = sxy / sxx
        for i in range(first[e], first[e + 1]):
            d = y[i] - floor - amplitudes[e] * x[i]
            rest += d * d
    return rest, floor


@njit(cache=True, nogil=True)
def fit_decay(t, y, first, shortest, longest, floor, amplitudes):
    """Common time scale and floor of events; returns (tau, error of tau, floor, r2, status).

    Parameters
    ----------
    t, y : (n,) times and values of the events, one after the other
    first : (events + 1,) where each begins, and the end
    floor : its value where it is known, else NaN
    amplitudes : (events,) filled
    """
    fixed = np.isfinite(floor)
    n, events = t.size, first.size - 1
    free = events + 1 + (0 if fixed else 1)
    if n <= free:
        return np.nan, np.nan, np.nan, np.nan, TOO_FEW
    mean = y.mean()
    if fixed or events > 1:
        spread = 0.0
        for e in range(events):
            part = y[first[e] : first[e + 1]]
            spread += ((part - part.mean()) ** 2).sum()
    else:
        spread = ((y - mean) ** 2).sum()
    if spread <= n * (1e-12 * mean) ** 2:
        return np.nan, np.nan, mean, np.nan, CONSTANT
    lag, x = np.empty(n), np.empty(n)
    whole = True
    most = 0.0
    for e in range(events):
        for i in range(first[e], first[e + 1]):
            lag[i] = t[i] - t[first[e]]
            whole = whole and lag[i] == np.floor(lag[i])
            most = max(most, lag[i])
    whole = whole and most < 10 * n
    powers = np.empty(int(most) + 1 if whole else 1)
    low, high = np.log(shortest), np.log(longest)
    step = (high - low) / (_GRID - 1)
    best, where = np.inf, 0
    for k in range(_GRID):
        _decay(lag, whole, np.exp(low + k * step), powers, x)
        rest, _ = _profile(x, y, first, floor, fixed, amplitudes)
        if rest < best:
            best, where = rest, k
    a, b = low + max(where - 1, 0) * step, low + min(where + 1, _GRID - 1) * step
    ratio = 0.5 * (np.sqrt(5.0) - 1.0)
    p, q = b - ratio * (b - a), a + ratio * (b - a)
    _decay(lag, whole, np.exp(p), powers, x)
    fp, _ = _profile(x, y, first, floor, fixed, amplitudes)
    _decay(lag, whole, np.exp(q), powers, x)
    fq, _ = _profile(x, y, first, floor, fixed, amplitudes)
    for _ in range(32):
        if fp <= fq:
            b, q, fq = q, p, fp
            p = b - ratio * (b - a)
            _decay(lag, whole, np.exp(p), powers, x)
            fp, _f = _profile(x, y, first, floor, fixed, amplitudes)
        else:
            a, p, fp = p, q, fq
            q = a + ratio * (b - a)
            _decay(lag, whole, np.exp(q), powers, x)
            fq, _f = _profile(x, y, first, floor, fixed, amplitudes)
    tau = np.exp(0.5 * (a + b))
    _decay(lag, whole, tau, powers, x)
    rest, base = _profile(x, y, first, floor, fixed, amplitudes)
    r2 = 1.0 - rest / spread
    edge = tau < shortest * 1.001 or tau > longest / 1.001
    # derivative by tau, less its projections on the linear parameters
    g = np.empty(n)
    one = np.empty(n)
    for e in range(events):
        sxx = sxg = sx = 0.0
        for i in range(first[e], first[e + 1]):
            g[i] = amplitudes[e] * x[i] * lag[i] / (tau * tau)
            sxx += x[i] * x[i]
            sxg += x[i] * g[i]
            sx += x[i]
        for i in range(first[e], first[e + 1]):
            g[i] -= sxg / sxx * x[i]
            one[i] = 1.0 - sx / sxx * x[i]
    if not fixed:
        size = (one * one).sum()
        if size > 0:
            g -= (one * g).sum() / size * one
    size = (g * g).sum()
    error = np.sqrt(rest / (n - free) / size) if size > 0 else np.nan
    if edge:
        return tau, error, base, r2, LOST
    falling = True
    for e in range(events):
        falling = falling and amplitudes[e] > 0
    if base < 0 or (events == 1 and not falling):
        return tau, error, base, r2, SIGN
    return tau, error, base, r2, OK


@njit(cache=True, nogil=True)
def summarise_row(y, t, rain, use_rain, dry, tolerance, max_gap, max_length, min_n, shortest, longest, floor, min_r2,
                  out):  # fmt: skip
    """Events of one series put together: median, quartiles, counts, and one fit to all of them.

    ``out``: tau, tau_lower, tau_upper, n_events, n_ok, tau_pooled, tau_pooled_error, floor_pooled, status.
    """
    for i in range(out.size):
        out[i] = np.nan
    known = 0
    for i in range(y.size):
        known += np.isfinite(y[i])
    starts, stops = np.empty(y.size, np.int64), np.empty(y.size, np.int64)
    count = find_runs(y, t, rain, use_rain, dry, tolerance, max_gap, max_length, min_n, starts, stops)
    out[3], out[4] = count, 0
    if count == 0:
        out[8] = NO_DATA if known == 0 else TOO_FEW
        return
    ts, ys = np.empty(y.size), np.empty(y.size)
    first = np.zeros(count + 1, np.int64)
    taus = np.empty(count)
    good = m = 0
    single, one = np.empty(1), np.empty(2, np.int64)
    for e in range(count):
        for i in range(starts[e], stops[e]):
            if np.isfinite(y[i]):
                ts[m], ys[m] = t[i], y[i]
                m += 1
        first[e + 1] = m
        one[0], one[1] = 0, m - first[e]
        tau, _, _, r2, status = fit_decay(ts[first[e] : m], ys[first[e] : m], one, shortest, longest, floor, single)
        if status == OK and r2 >= min_r2:
            taus[good] = tau
            good += 1
    out[4] = good
    if good:
        out[0], out[1], out[2] = (np.median(taus[:good]), np.quantile(taus[:good], 0.25),
                                  np.quantile(taus[:good], 0.75))  # fmt: skip
    amplitudes = np.empty(count)
    tau, error, base, _, status = fit_decay(ts[:m], ys[:m], first, shortest, longest, floor, amplitudes)
    if status in (OK, SIGN):
        out[5], out[6], out[7] = tau, error, base
    out[8] = OK if good else (TOO_FEW if status == TOO_FEW else LOST)


@njit(cache=True, nogil=True)
def summarise_rows(values, t, rain, use_rain, dry, tolerance, max_gap, max_length, min_n, shortest, longest, floor,
                   min_r2, out):  # fmt: skip
    """:func:`summarise_row` of each row; ``rain`` and ``floor`` have one row each, or one for all."""
    for k in range(values.shape[0]):
        summarise_row(values[k], t, rain[k if rain.shape[0] > 1 else 0], use_rain, dry, tolerance, max_gap, max_length,
                      min_n, shortest, longest, floor[k if floor.size > 1 else 0], min_r2, out[k])  # fmt: skip


@njit(cache=True, nogil=True)
def lag_products(y, place, lags, span, out):
    """Autocorrelation at ``lags`` whole steps, and the number of pairs: (2, lags).

    ``y`` are anomalies, ``place`` their positions on a regular axis of ``span`` steps.
    """
    grid, known = np.zeros(span), np.zeros(span)
    n, total = 0, 0.0
    for i in range(y.size):
        if np.isfinite(y[i]):
            n += 1
            total += y[i]
    out[:] = np.nan
    if n == 0:
        return
    centre = total / n
    power = 0.0
    for i in range(y.size):
        if np.isfinite(y[i]):
            grid[place[i]] = y[i] - centre
            known[place[i]] = 1.0
            power += (y[i] - centre) ** 2
    power /= n
    for k in range(lags.size):
        if lags[k] >= span:
            out[1, k] = 0
            continue
        late, early = grid[lags[k] :], grid[: span - lags[k]]
        total = np.dot(late, early)
        pairs = np.dot(known[lags[k] :], known[: span - lags[k]])
        out[1, k] = pairs
        if pairs > 0 and power > 0:
            out[0, k] = total / pairs / power
