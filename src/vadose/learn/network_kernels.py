"""One small network: loss, exact gradient and L-BFGS in cache (numba).

Parameters of a network with D inputs and H hidden nodes, in one vector: weights of the inputs ``[h * D + d]``, biases
of the hidden nodes ``[H * D + h]``, weights of the output ``[H * D + H + h]``, bias of the output (last).

Sums over rows are float32 within a tile and float64 between tiles; parameters and search directions are float64.

What adds in any order ("reassoc") is written into its caller and compiled there once. As functions of their own these
would be compiled twice, by themselves and within callers, each with its own rounding; which of the two ran would depend
on whether the caller came from numba's cache, and training would amplify the difference.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

#: No "arcp": a reciprocal estimate would differ between the vector body and the scalar rest of a loop.
FAST = {"reassoc", "contract", "nsz"}
#: Rows worked on at once: inputs and hidden values of a tile stay in the first cache.
TILE = 256
#: Pairs of steps and gradient changes that L-BFGS remembers.
MEMORY = 10
#: Iterations between two looks at the validation rows.
CHECK = 5
#: Trials of one line search.
TRIALS = 12
#: Small steps in a row after which the search ends.
STALLED = 5

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@njit(cache=True, nogil=True)
def mix(key, counter):
    """64 random bits for a key and a counter (splitmix64)."""
    z = key + (np.uint64(counter) + np.uint64(1)) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def uniform(key, counter):
    """A number in [0, 1) for a key and a counter."""
    return np.float64(mix(key, counter) >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True)
def start(theta, active, hidden, key):
    """Nguyen-Widrow start: hidden slopes spread over the cube of standardised inputs; inactive inputs weigh zero."""
    inputs = active.size
    used = max(1, np.sum(active))
    size = 0.7 * hidden ** (1.0 / used)
    theta[:] = 0.0
    for h in range(hidden):
        square = 0.0
        for d in range(inputs):
            if active[d]:
                w = 2.0 * uniform(key, h * inputs + d) - 1.0
                theta[h * inputs + d] = w
                square += w * w
        if square > 0.0:
            for d in range(inputs):
                theta[h * inputs + d] *= size / math.sqrt(square)
        at = hidden * inputs + h
        theta[at] = 0.7 * (2.0 * uniform(key, at) - 1.0)
        theta[at + hidden] = uniform(key, at + hidden) - 0.5


@njit(inline="always")
def _tanh(x):
    """Hyperbolic tangent of a float32, rational approximation (error < 5e-7) that vectorises."""
    x = min(max(x, np.float32(-7.90531110763549805)), np.float32(7.90531110763549805))
    s = x * x
    p = np.float32(-2.76076847742355e-16) * s + np.float32(2.00018790482477e-13)
    p = p * s + np.float32(-8.60467152213735e-11)
    p = p * s + np.float32(5.12229709037114e-08)
    p = p * s + np.float32(1.48572235717979e-05)
    p = p * s + np.float32(6.37261928875436e-04)
    p = p * s + np.float32(4.89352455891786e-03)
    q = np.float32(1.19825839466702e-06) * s + np.float32(1.18534705686654e-04)
    q = q * s + np.float32(2.26843463243900e-03)
    q = q * s + np.float32(4.89352518554385e-03)
    return x * p / q


@njit(inline="always", error_model="numpy")
def _activate(theta, at, bias, x, first, last, out):
    """Values of one hidden node for rows first..last (four inputs per pass: fewer loads and stores)."""
    inputs, m = x.shape[0], last - first
    out = out[:m]
    for i in range(m):
        out[i] = bias
    d = 0
    while d + 4 <= inputs:
        w0, w1, w2, w3 = theta[at + d], theta[at + d + 1], theta[at + d + 2], theta[at + d + 3]
        x0, x1, x2, x3 = x[d, first:last], x[d + 1, first:last], x[d + 2, first:last], x[d + 3, first:last]
        for i in range(m):
            out[i] += w0 * x0[i] + w1 * x1[i] + w2 * x2[i] + w3 * x3[i]
        d += 4
    while d < inputs:
        w0, x0 = theta[at + d], x[d, first:last]
        for i in range(m):
            out[i] += w0 * x0[i]
        d += 1
    for i in range(m):
        out[i] = _tanh(out[i])


@njit(inline="always", error_model="numpy")
def forward(theta, x, first, last, hidden, node, out):
    """Output of the network for rows first..last; ``node`` holds one hidden node at a time."""
    inputs, m = x.shape[0], last - first
    out, node = out[:m], node[:m]
    for i in range(m):
        out[i] = theta[theta.size - 1]
    for h in range(hidden):
        _activate(theta, h * inputs, theta[hidden * inputs + h], x, first, last, node)
        w = theta[hidden * inputs + hidden + h]
        for i in range(m):
            out[i] += w * node[i]


@njit(inline="always", error_model="numpy")
def mean_square(theta, x, y, first, last, hidden, node, out):
    """Mean squared error of rows first..last."""
    total = 0.0
    for a in range(first, last, TILE):
        b = min(last, a + TILE)
        forward(theta, x, a, b, hidden, node, out)
        o, t = out[: b - a], y[a:b]
        tile = np.float32(0.0)
        for i in range(b - a):
            tile += (o[i] - t[i]) * (o[i] - t[i])
        total += np.float64(tile)
    return total / (last - first)


@njit(inline="always", error_model="numpy")
def _tile_gradient(theta, x, y, first, last, hidden, nodes, out, gradient):
    """Add the gradient of half the sum of squares of one tile; returns the sum of squares."""
    inputs, m = x.shape[0], last - first
    last_at = theta.size - 1
    rest, t = out[:m], y[first:last]
    for i in range(m):
        rest[i] = theta[last_at] - t[i]
    for h in range(hidden):
        node = nodes[h, :m]
        _activate(theta, h * inputs, theta[hidden * inputs + h], x, first, last, node)
        w = theta[hidden * inputs + hidden + h]
        for i in range(m):
            rest[i] += w * node[i]
    square = np.float32(0.0)
    plain = np.float32(0.0)
    for i in range(m):
        square += rest[i] * rest[i]
        plain += rest[i]
    gradient[last_at] += plain
    for h in range(hidden):
        node = nodes[h, :m]
        w = theta[hidden * inputs + hidden + h]
        by_weight = np.float32(0.0)
        by_bias = np.float32(0.0)
        for i in range(m):
            by_weight += rest[i] * node[i]
            e = rest[i] * w * (np.float32(1.0) - node[i] * node[i])
            node[i] = e
            by_bias += e
        gradient[hidden * inputs + hidden + h] += by_weight
        gradient[hidden * inputs + h] += by_bias
        at, d = h * inputs, 0
        while d + 4 <= inputs:
            x0, x1, x2, x3 = x[d, first:last], x[d + 1, first:last], x[d + 2, first:last], x[d + 3, first:last]
            s0 = s1 = s2 = s3 = np.float32(0.0)
            for i in range(m):
                s0 += x0[i] * node[i]
                s1 += x1[i] * node[i]
                s2 += x2[i] * node[i]
                s3 += x3[i] * node[i]
            gradient[at + d] += s0
            gradient[at + d + 1] += s1
            gradient[at + d + 2] += s2
            gradient[at + d + 3] += s3
            d += 4
        while d < inputs:
            x0 = x[d, first:last]
            s0 = np.float32(0.0)
            for i in range(m):
                s0 += x0[i] * node[i]
            gradient[at + d] += s0
            d += 1
    return square


@njit(inline="always", error_model="numpy")
def objective(theta, x, y, rows, hidden, penalty, single, nodes, out, gradient):
    """Mean squared error of the first ``rows`` rows + ``penalty`` x sum of squared weights, and its gradient.

    Biases are not penalised. ``single`` is scratch for the float32 copy of ``theta``.
    """
    inputs = x.shape[0]
    for i in range(theta.size):
        single[i] = theta[i]
        gradient[i] = 0.0
    total = 0.0
    for a in range(0, rows, TILE):
        total += _tile_gradient(single, x, y, a, min(rows, a + TILE), hidden, nodes, out, gradient)
    for i in range(theta.size):
        gradient[i] *= 2.0 / rows
    total /= rows
    for i in range(hidden * inputs):
        total += penalty * theta[i] * theta[i]
        gradient[i] += 2.0 * penalty * theta[i]
    for i in range(hidden * inputs + hidden, theta.size - 1):
        total += penalty * theta[i] * theta[i]
        gradient[i] += 2.0 * penalty * theta[i]
    return total


@njit(inline="always", error_model="numpy")
def _dot(a, b):
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@njit(inline="always", error_model="numpy")
def _direction(gradient, steps, changes, curvature, stored, amount, out):
    """Write minus (approximate inverse Hessian x gradient): the two-loop recursion over the remembered pairs."""
    out[:] = -gradient
    kept = min(stored, MEMORY)
    for back in range(kept):
        j = (stored - 1 - back) % MEMORY
        amount[j] = _dot(steps[j], out) / curvature[j]
        out -= amount[j] * changes[j]
    if kept > 0:
        j = (stored - 1) % MEMORY
        out *= curvature[j] / _dot(changes[j], changes[j])
    for back in range(kept - 1, -1, -1):
        j = (stored - 1 - back) % MEMORY
        out += (amount[j] - _dot(changes[j], out) / curvature[j]) * steps[j]


@njit(inline="always", error_model="numpy")
def minimise(theta, x, y, train, rows, hidden, penalty, max_iter, tolerance, patience, best):
    """L-BFGS with a weak-Wolfe bisection line search, from ``theta`` (overwritten).

    Rows up to ``train`` are fitted; rows ``train..rows`` (if any) choose the iteration that ``best`` keeps. Returns
    the number of iterations and the mean squared error that ``best`` was chosen by.
    """
    size = theta.size
    single, tried = np.empty(size, np.float32), np.empty(size)
    nodes, out = np.empty((hidden, TILE), np.float32), np.empty(TILE, np.float32)
    steps, changes = np.zeros((MEMORY, size)), np.zeros((MEMORY, size))
    curvature, amount, direction = np.ones(MEMORY), np.zeros(MEMORY), np.empty(size)
    gradient, gradient_new = np.empty(size), np.empty(size)
    validate = rows > train

    value = objective(theta, x, y, train, hidden, penalty, single, nodes, out, gradient)
    best[:] = theta
    chosen, chosen_at = np.inf, 0
    stored = small = done = 0
    for done in range(1, max_iter + 1):
        _direction(gradient, steps, changes, curvature, stored, amount, direction)
        slope = _dot(gradient, direction)
        if not slope < 0.0:
            direction[:] = -gradient
            slope = -_dot(gradient, gradient)
            stored = 0
        step = 1.0 if stored > 0 else min(1.0, 1.0 / math.sqrt(-slope + 1e-30))
        low, high = 0.0, np.inf
        value_new = np.inf
        for trial in range(TRIALS):
            tried[:] = theta + step * direction
            value_new = objective(tried, x, y, train, hidden, penalty, single, nodes, out, gradient_new)
            if not value_new <= value + 1e-4 * step * slope:
                high = step
                step = 0.5 * (low + high)
            elif _dot(gradient_new, direction) < 0.9 * slope and trial < 4:
                low = step
                step = 2.0 * step if high == np.inf else 0.5 * (low + high)
            else:
                break
        if not value_new < value:
            if stored == 0:
                break
            stored = 0  # once more along the steepest descent, without memory
            continue
        bend = 0.0
        for i in range(size):
            bend += (tried[i] - theta[i]) * (gradient_new[i] - gradient[i])
        if bend > 1e-12:  # otherwise the oldest pair would be lost to one that is of no use
            j = stored % MEMORY
            steps[j] = tried - theta
            changes[j] = gradient_new - gradient
            curvature[j] = bend
            stored += 1
        small = small + 1 if value - value_new < tolerance * value else 0
        theta[:] = tried
        gradient[:] = gradient_new
        value = value_new
        if validate and done % CHECK == 0:
            single[:] = theta
            loss = mean_square(single, x, y, train, rows, hidden, nodes[0], out)
            if loss < chosen:
                chosen, chosen_at = loss, done
                best[:] = theta
            elif done - chosen_at >= patience:
                return done, chosen
        if small >= STALLED:
            break
    single[:] = theta
    first, last = (train, rows) if validate else (0, train)
    loss = mean_square(single, x, y, first, last, hidden, nodes[0], out)
    if loss < chosen:
        chosen = loss
        best[:] = theta
    return done, chosen
