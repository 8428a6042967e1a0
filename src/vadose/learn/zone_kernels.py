"""Rows of a zone to a trained network, and networks to predictions (numba).

Everything a network depends on is the content of its own rows and its own key: rows are put into an order that only
their values decide, and random numbers are functions of the key. So neither the order in which rows and zones are
given, nor the other zones, nor the threads can change a bit.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from .network_kernels import FAST, TILE, forward, mean_square, minimise, mix, start, uniform

OK, TOO_FEW_ROWS, TOO_FEW_GROUPS, ZERO_VARIANCE, NOT_CONVERGED = range(5)
#: What the kernels' codes are called in the project's vocabulary.
OUTCOMES = ("ok", "too_few_rows", "too_few_groups", "zero_variance", "not_converged")
#: Columns of the plain numbers of a network.
NUMBERS = ("n_rows", "n_missing", "n_validation", "n_iterations", "restart")
#: Columns of its scores, in units of the target.
SCORES = ("loss_train", "loss_validation", "variance_train", "variance_validation")
#: An input or target whose standard deviation is below this share of its mean is constant (float32 rounding).
CONSTANT = 1e-6


@njit(cache=True, nogil=True)
def zone_keys(seed, ids):
    """The key of each zone, from which its random numbers come."""
    out = np.empty(ids.size, np.uint64)
    base = mix(np.uint64(seed), 0)
    for k in range(ids.size):
        out[k] = mix(base, ids[k])
    return out


@njit(cache=True, nogil=True)
def valid_rows(X, y, rows, out):
    """Write the rows without a missing value; returns their number."""
    n = 0
    for row in rows:
        good = np.isfinite(y[row])
        for d in range(X.shape[1]):
            good = good and np.isfinite(X[row, d])
        if good:
            out[n] = row
            n += 1
    return n


@njit(cache=True, nogil=True)
def _key_column(X, y, groups, rows, column):
    """Sort key number ``column`` of rows: the target, the inputs, then the group."""
    out = np.empty(rows.size)
    for i in range(rows.size):
        if column == 0:
            out[i] = y[rows[i]]
        elif column <= X.shape[1]:
            out[i] = X[rows[i], column - 1]
        else:
            out[i] = groups[rows[i]]
    return out


@njit(cache=True, nogil=True)
def sort_rows(X, y, groups, rows):
    """Sort row numbers in place by target, ties by the inputs in turn, then by group."""
    ties = [(0, rows.size)]
    for column in range(X.shape[1] + 1 + (groups.size > 0)):
        left = [(0, 0) for _ in range(0)]
        for first, last in ties:
            values = _key_column(X, y, groups, rows[first:last], column)
            order = np.argsort(values, kind="mergesort")
            rows[first:last] = rows[first:last][order]
            values = values[order]
            begin = 0
            for i in range(1, values.size + 1):
                if i == values.size or values[i] != values[begin]:
                    if i - begin > 1:
                        left.append((first + begin, first + i))
                    begin = i
        ties = left
        if len(ties) == 0:
            break


@njit(cache=True, nogil=True)
def split_rows(groups, rows, share, key):
    """Which rows are kept for validation: whole groups in random order, as near to the share as they come.

    Without groups each row is its own. All false where no group can be spared.
    """
    n = rows.size
    held = np.zeros(n, np.bool_)
    names = np.arange(n)
    if groups.size > 0:
        names = groups[rows]
    order = np.argsort(names, kind="mergesort")
    starts = [0]
    for i in range(1, n):
        if names[order[i]] != names[order[i - 1]]:
            starts.append(i)
    count = len(starts)
    starts.append(n)
    if count < 2 or share <= 0.0:
        return held
    draw = np.empty(count)
    smallest = 0
    for g in range(count):
        draw[g] = uniform(key, names[order[starts[g]]])
        size, best = starts[g + 1] - starts[g], starts[smallest + 1] - starts[smallest]
        if size < best or (size == best and draw[g] < draw[smallest]):
            smallest = g
    wanted, taken = share * n, 0
    for g in np.argsort(draw, kind="mergesort"):
        size = starts[g + 1] - starts[g]
        if abs(taken + size - wanted) < abs(taken - wanted) and taken + size < n:
            taken += size
            held[order[starts[g] : starts[g + 1]]] = True
    if taken == 0:
        held[order[starts[smallest] : starts[smallest + 1]]] = True
    return held


@njit(cache=True, nogil=True)
def _moments(values):
    """Mean and standard deviation (0 where constant), from distances to the first value."""
    first, total, square = values[0], 0.0, 0.0
    for i in range(values.size):
        total += values[i] - first
    mean = total / values.size
    for i in range(values.size):
        square += (values[i] - first - mean) ** 2
    sd = math.sqrt(square / values.size)
    mean += first
    return mean, sd if sd > CONSTANT * abs(mean) else 0.0


@njit(cache=True, nogil=True)
def standardise(X, y, rows, train, centre, scale, x, t):
    """Write standardised inputs (D, n) and target (n,).

    Statistics (inputs, then target) are those of the first ``train`` rows.
    """
    inputs, n = X.shape[1], rows.size
    values = np.empty(n)
    for d in range(inputs + 1):
        for i in range(n):
            values[i] = X[rows[i], d] if d < inputs else y[rows[i]]
        centre[d], scale[d] = _moments(values[:train])
        out = x[d] if d < inputs else t
        if scale[d] > 0.0:
            for i in range(n):
                out[i] = (values[i] - centre[d]) / scale[d]
        else:
            out[:] = 0.0


@njit(cache=True, nogil=True)
def prepare(X, y, groups, rows, share, min_rows, key, centre, scale, numbers):
    """Everything up to training: valid rows in order, training rows first, standardised.

    Returns the code, the inputs (D, n), the target (n,) and the number of training rows.
    """
    kept = np.empty(rows.size, np.int64)
    n = valid_rows(X, y, rows, kept)
    kept = kept[:n]
    numbers[0], numbers[1] = n, rows.size - n
    x, t = np.empty((X.shape[1], n), np.float32), np.empty(n, np.float32)
    if n < max(min_rows, 2):
        return TOO_FEW_ROWS, x, t, 0
    sort_rows(X, y, groups, kept)
    held = split_rows(groups, kept, share, mix(key, -1))
    train = n - np.sum(held)
    numbers[2] = n - train
    if share > 0.0 and train == n:
        return TOO_FEW_GROUPS, x, t, 0
    standardise(X, y, np.concatenate((kept[~held], kept[held])), train, centre, scale, x, t)
    return OK if scale[X.shape[1]] > 0.0 else ZERO_VARIANCE, x, t, train


@njit(inline="always")
def _variance(t):
    total, square = 0.0, 0.0
    for i in range(t.size):
        total += t[i]
    mean = total / t.size
    for i in range(t.size):
        square += (t[i] - mean) ** 2
    return square / t.size


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def score(weights, x, t, train, hidden, unit, out):
    """Mean squared errors and variances of training and validation rows, in squared units of the target."""
    n = t.size
    node, values = np.empty(TILE, np.float32), np.empty(TILE, np.float32)
    out[0] = unit**2 * mean_square(weights, x, t, 0, train, hidden, node, values)
    out[2] = unit**2 * _variance(t[:train])
    if train < n:
        out[1] = unit**2 * mean_square(weights, x, t, train, n, hidden, node, values)
        out[3] = unit**2 * _variance(t[train:])


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def train_zones(
    X, y, groups, indptr, indices, networks, keys, hidden, restarts, max_iter, weight_decay, share, min_rows,
    tolerance, patience, weights, centre, scale, numbers, scores, codes,
):  # fmt: skip
    """Train the named networks, each by itself, into the rows of the outputs (weights and scores come in as NaN)."""
    inputs = X.shape[1]
    theta, best = np.empty(weights.shape[1]), np.empty(weights.shape[1])
    for k in networks:
        rows = indices[indptr[k] : indptr[k + 1]]
        code, x, t, train = prepare(
            X, y, groups, rows, share, min_rows, keys[k], centre[k], scale[k], numbers[k]
        )  # fmt: skip
        codes[k] = code
        if code != OK:
            centre[k], scale[k] = np.nan, np.nan
            continue
        chosen = np.inf
        for restart in range(restarts):
            start(theta, scale[k, :inputs] > 0.0, hidden, mix(keys[k], restart))
            done, loss = minimise(
                theta, x, t, train, t.size, hidden, weight_decay / train, max_iter, tolerance, patience, best
            )
            if loss < chosen:
                chosen = loss
                weights[k] = best
                numbers[k, 3], numbers[k, 4] = done, restart
        if not np.all(np.isfinite(weights[k])):
            codes[k] = NOT_CONVERGED
            weights[k] = np.nan
            continue
        score(weights[k], x, t, train, hidden, scale[k, inputs], scores[k])


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def predict_rows(X, rows, starts, networks, runs, weights, centre, scale, hidden, out):
    """Predictions of runs of rows that share a network.

    Always whole tiles, so that a row's value cannot depend on its place among the others.
    """
    inputs = X.shape[1]
    x = np.zeros((inputs, TILE), np.float32)
    node, values = np.empty(TILE, np.float32), np.empty(TILE, np.float32)
    for run in runs:
        k = networks[run]
        for a in range(starts[run], starts[run + 1], TILE):
            tile = rows[a : min(a + TILE, starts[run + 1])]
            for d in range(inputs):
                if scale[k, d] > 0.0:
                    for i in range(tile.size):
                        x[d, i] = (X[tile[i], d] - centre[k, d]) / scale[k, d]
                else:
                    x[d, : tile.size] = 0.0
            forward(weights[k], x, 0, TILE, hidden, node, values)
            for i in range(tile.size):
                good = True
                for d in range(inputs):
                    good = good and np.isfinite(X[tile[i], d])
                out[tile[i]] = centre[k, inputs] + scale[k, inputs] * values[i] if good else np.nan
