"""Ranks and Kendall's tau of one point (numba): a two-pass radix order and a count in bit sets.

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

_DIGIT = 2048  # buckets of one radix pass: 11 bits


@intrinsic
def _popcount(typingctx, word):
    """Count the ones of a 64-bit word (one machine instruction)."""

    def generate(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


@njit(cache=True, nogil=True)
def stable_order(values, start, order, keys, spare, count):
    """Write into ``order`` the indices of ``start`` sorted stably by ``values`` (finite, 1-D).

    Values are mapped monotonically onto 22-bit integers, sorted by two counting passes, and finished by insertion on
    the full numbers; where values crowd into few integers (an extreme outlier) a comparison sort takes over.
    """
    n = start.size
    low = high = values[start[0]]
    for i in range(n):
        low = min(low, values[i])
        high = max(high, values[i])
    if not high > low:
        order[:n] = start[:n]
        return
    scale = (_DIGIT * _DIGIT - 1) / (high - low)
    if not (np.isfinite(scale) and scale > 0):
        order[:n] = start[np.argsort(values[start], kind="mergesort")]
        return
    count[:, :] = 0
    for i in range(n):
        key = np.int32((values[i] - low) * scale)
        keys[i] = key
        count[0, key & (_DIGIT - 1)] += 1
        count[1, key >> 11] += 1
    first = second = 0
    for b in range(_DIGIT):
        here = count[0, b]
        count[0, b] = first
        first += here
        here = count[1, b]
        count[1, b] = second
        second += here
    for i in range(n):
        k = start[i]
        b = keys[k] & (_DIGIT - 1)
        spare[count[0, b]] = k
        count[0, b] += 1
    for i in range(n):
        k = spare[i]
        b = keys[k] >> 11
        order[count[1, b]] = k
        count[1, b] += 1
    moves = 0
    for i in range(1, n):
        k = order[i]
        value = values[k]
        j = i - 1
        while j >= 0 and values[order[j]] > value:
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = k
        moves += i - 1 - j
        if moves > 32 * n:
            order[:n] = start[np.argsort(values[start], kind="mergesort")]
            return


@njit(cache=True, nogil=True)
def average_ranks(values, order, ranks, ends):
    """Ranks 1..n with ties averaged; ``ends`` gets each sample's end of its tie group; returns the tie sums.

    Returns
    -------
    tuple
        Sum over tie groups of t(t-1)/2, t(t-1)(t-2) and t(t-1)(2t+5) as float.
    """
    n = order.size
    pairs = triples = weighted = 0.0
    i = 0
    while i < n:
        j = i + 1
        value = values[order[i]]
        while j < n and values[order[j]] == value:
            j += 1
        rank = 0.5 * (i + j + 1)
        for k in range(i, j):
            ranks[order[k]] = rank
            ends[order[k]] = j
        t = float(j - i)
        pairs += t * (t - 1.0) / 2.0
        triples += t * (t - 1.0) * (t - 2.0)
        weighted += t * (t - 1.0) * (2.0 * t + 5.0)
        i = j
    return pairs, triples, weighted


@njit(cache=True, nogil=True)
def discordant_pairs(order_xy, place_y, ends_y, words, inside, above):
    """Pairs in which y falls while x rises: inversions of y along the order by (x, y).

    Seen samples are bits at their place in y's order; counts per word within 4096 places, and per 4096 places, are
    kept up to date, so that one look-up is two additions and a population count.
    """
    n = order_xy.size
    words[:] = 0
    inside[:] = 0
    above[:] = 0
    found = 0
    for i in range(n):
        k = order_xy[i]
        end = ends_y[k]
        word = end >> 6
        below = above[word >> 6] + np.int64(inside[word])
        below += np.int64(_popcount(words[word] & ((np.uint64(1) << np.uint64(end & 63)) - np.uint64(1))))
        found += i - below
        place = place_y[k]
        word = place >> 6
        words[word] |= np.uint64(1) << np.uint64(place & 63)
        block = word >> 6
        tail = inside[word + 1 : (block + 1) << 6]
        for j in range(tail.size):
            tail[j] += np.int16(1)
        for j in range(block + 1, above.size):
            above[j] += 1
    return found


@njit(cache=True, nogil=True)
def rank_correlations(x, y, rank_x, rank_y, ints, words, inside, above, count):
    """Spearman's rho and Kendall's tau-b, and the variance of P - Q under independence with ties.

    ``rank_x`` and ``rank_y`` receive the centred average ranks.
    """
    n = x.size
    start, order_y, order_xy, keys = ints[0, :n], ints[1, :n], ints[2, :n], ints[3, :n]
    spare, ends_x, ends_y, place = ints[4, :n], ints[5, :n], ints[6, :n], ints[7, :n]
    for i in range(n):
        start[i] = i
    stable_order(y, start, order_y, keys, spare, count)
    ties_y, triples_y, weighted_y = average_ranks(y, order_y, rank_y, ends_y)
    stable_order(x, order_y, order_xy, keys, spare, count)
    ties_x, triples_x, weighted_x = average_ranks(x, order_xy, rank_x, ends_x)
    both = 0.0
    run = 1.0
    for i in range(n):
        place[order_y[i]] = i
        if i > 0 and x[order_xy[i]] == x[order_xy[i - 1]] and y[order_xy[i]] == y[order_xy[i - 1]]:
            both += run
            run += 1.0
        else:
            run = 1.0
    discordant = discordant_pairs(order_xy, place, ends_y, words, inside, above)
    middle = 0.5 * (n + 1)
    sxx = syy = sxy = 0.0
    for i in range(n):
        a = rank_x[i] - middle
        b = rank_y[i] - middle
        rank_x[i] = a
        rank_y[i] = b
        sxx += a * a
        syy += b * b
        sxy += a * b
    rho = max(-1.0, min(1.0, sxy / np.sqrt(sxx * syy)))
    total = 0.5 * n * (n - 1.0)
    difference = total - ties_x - ties_y + both - 2.0 * discordant
    tau = max(-1.0, min(1.0, difference / np.sqrt(total - ties_x) / np.sqrt(total - ties_y)))
    m = n * (n - 1.0)
    variance = (m * (2.0 * n + 5.0) - weighted_x - weighted_y) / 18.0 + 2.0 * ties_x * ties_y / m
    if n > 2:
        variance += triples_x * triples_y / (9.0 * m * (n - 2.0))
    return rho, tau, difference, variance, sxx, syy
