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
def stable_order(values, start, order, ordered, keys, spare, count):
    """Sort the indices of ``start`` stably by ``values`` (finite, 1-D) into ``order``, the values into ``ordered``.

    Values are mapped monotonically onto 22-bit integers, sorted by two counting passes, and finished by insertion on
    the full numbers; where values crowd into few integers (an extreme outlier) a comparison sort takes over.
    """
    n = start.size
    low = high = values[start[0]]
    for i in range(n):
        low = min(low, values[i])
        high = max(high, values[i])
    scale = (_DIGIT * _DIGIT - 1) / (high - low) if high > low else 0.0
    plain = not (np.isfinite(scale) and scale > 0.0)
    if not plain:
        count[:, :] = 0
        for i in range(n):
            key = np.int32((values[i] - low) * scale)
            keys[i] = key
            count[0, key & (_DIGIT - 1)] += 1
            count[1, key >> 11] += 1
        first = second = np.int32(0)
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
            at = count[1, b]
            order[at] = k
            ordered[at] = values[k]
            count[1, b] = at + 1
        moves = 0
        for i in range(1, n):
            value = ordered[i]
            if ordered[i - 1] > value:
                k = order[i]
                j = i - 1
                while j >= 0 and ordered[j] > value:
                    order[j + 1] = order[j]
                    ordered[j + 1] = ordered[j]
                    j -= 1
                order[j + 1] = k
                ordered[j + 1] = value
                moves += i - 1 - j
                if moves > 32 * n:
                    plain = True
                    break
    if plain:
        found = np.argsort(values[start], kind="mergesort")
        for i in range(n):
            order[i] = start[found[i]]
            ordered[i] = values[order[i]]


@njit(cache=True, nogil=True)
def average_ranks(ordered, order, ranks):
    """Ranks 1..n with ties averaged; returns the tie sums.

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
        value = ordered[i]
        while j < n and ordered[j] == value:
            j += 1
        rank = 0.5 * (i + j + 1)
        if j == i + 1:
            ranks[order[i]] = rank
        else:
            for k in range(i, j):
                ranks[order[k]] = rank
            t = float(j - i)
            pairs += t * (t - 1.0) / 2.0
            triples += t * (t - 1.0) * (t - 2.0)
            weighted += t * (t - 1.0) * (2.0 * t + 5.0)
        i = j
    return pairs, triples, weighted


@njit(cache=True, nogil=True)
def discordant_pairs(order_xy, place, ends, words, inside, above, step):
    """Pairs in which y falls while x rises: inversions of y along the order by (x, y).

    Seen samples are bits at their place in y's order; counts per word within 4096 places, and per 4096 places, are
    kept up to date, so that one look-up is two additions and a population count.
    """
    n = order_xy.size
    words[:] = 0
    inside[:] = 0
    above[:] = 0
    blocks = above.size
    found = 0
    for i in range(n):
        k = order_xy[i]
        at = place[k]
        end = ends[at]
        word = end >> 6
        below = np.int64(above[word >> 6]) + np.int64(inside[word])
        below += np.int64(_popcount(words[word] & ((np.uint64(1) << np.uint64(end & 63)) - np.uint64(1))))
        found += i - below
        word = at >> 6
        words[word] |= np.uint64(1) << np.uint64(at & 63)
        block = word >> 6
        counts = inside[block << 6 : (block + 1) << 6]
        more = step[word & 63]
        for j in range(64):  # of fixed length, so that it becomes a few vector additions
            counts[j] += more[j]
        for j in range(block + 1, blocks):
            above[j] += 1
    return found


@njit(cache=True, nogil=True)
def steps_table():
    """Row w: 1 for every word after w."""
    out = np.zeros((64, 64), np.int16)
    for w in range(64):
        out[w, w + 1 :] = 1
    return out


@njit(cache=True, nogil=True)
def rank_correlations(x, y, rank_x, rank_y, ints, ordered, words, inside, above, count, step):
    """Spearman's rho and Kendall's tau-b, and the variance of P - Q under independence with ties.

    ``rank_x`` and ``rank_y`` receive the centred average ranks.
    """
    n = x.size
    start, order_y, order_xy, keys = ints[0, :n], ints[1, :n], ints[2, :n], ints[3, :n]
    spare, ends, place = ints[4, :n], ints[5, :n], ints[6, :n]
    for i in range(n):
        start[i] = i
    stable_order(y, start, order_y, ordered, keys, spare, count)
    ties_y, triples_y, weighted_y = average_ranks(ordered, order_y, rank_y)
    end = np.int32(n)
    for i in range(n - 1, -1, -1):
        place[order_y[i]] = i
        if i < n - 1 and ordered[i] != ordered[i + 1]:
            end = np.int32(i + 1)
        ends[i] = end
    stable_order(x, order_y, order_xy, ordered, keys, spare, count)
    ties_x, triples_x, weighted_x = average_ranks(ordered, order_xy, rank_x)
    both = 0.0
    if ties_x > 0.0 and ties_y > 0.0:
        run = 1.0
        for i in range(1, n):
            if ordered[i] == ordered[i - 1] and y[order_xy[i]] == y[order_xy[i - 1]]:
                both += run
                run += 1.0
            else:
                run = 1.0
    discordant = discordant_pairs(order_xy, place, ends, words, inside, above, step)
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
