"""Ranks and Kendall's tau of one point (numba): an order by buckets and a count in bit sets.

Imported only by functions that need it, because importing numba is slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def _popcount(typingctx, word):
    """Count the ones of a 64-bit word (one machine instruction)."""

    def generate(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


@njit(cache=True, nogil=True, fastmath=True)
def _range(values):
    """Smallest and largest of finite values."""
    low = high = values[0]
    for i in range(values.size):
        low = min(low, values[i])
        high = max(high, values[i])
    return low, high


@njit(cache=True, nogil=True)
def bucket_count(n):
    """Power of two that gives every sample four buckets (measured fastest), at most 2^20."""
    size = 64
    while size < 4 * n and size < 1048576:
        size *= 2
    return size


@njit(cache=True, nogil=True)
def stable_order(values, order, ordered, keys, count):
    """Write the stable order of finite ``values`` into ``order``, and the values in that order into ``ordered``.

    Values are mapped monotonically onto four times as many buckets as samples, and finished by insertion; where they
    crowd into few buckets (an extreme outlier) a comparison sort takes over.
    """
    n = values.size
    low, high = _range(values)
    buckets = count.size - 1
    scale = (buckets - 1) / (high - low) if high > low else 0.0
    plain = not (np.isfinite(scale) and scale > 0.0)
    if not plain:
        count[:] = 0
        for i in range(n):
            keys[i] = np.uint32((values[i] - low) * scale)
        for i in range(n):
            count[keys[i] + np.uint32(1)] += np.uint32(1)
        total = np.uint32(0)
        for b in range(buckets):
            total += count[b]
            count[b] = total
        for i in range(n):
            at = count[keys[i]]
            order[at] = i
            ordered[at] = values[i]
            count[keys[i]] = at + np.uint32(1)
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
        found = np.argsort(values, kind="mergesort")
        for i in range(n):
            order[i] = found[i]
            ordered[i] = values[found[i]]


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
    same = 0
    for i in range(1, n):
        same += ordered[i] == ordered[i - 1]
    if same == 0:
        for i in range(n):
            ranks[order[i]] = i + 1.0
        return pairs, triples, weighted
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
def discordant_pairs(places, ends, words, inside, above, step):
    """Inversions of y along the order by (x, y), given as places in y's order: pairs in which y falls while x rises.

    Seen samples are bits at their place; counts per word within 4096 places, and per 4096 places, are kept up to date,
    so that one look-up is two additions and a population count.
    """
    n = places.size
    words[:] = 0
    inside[:, :] = 0
    above[:] = 0
    blocks = above.size
    below = np.int64(0)
    for i in range(n):
        at = places[i]
        end = ends[at]
        word = end >> np.uint32(6)
        below += np.int64(above[word >> np.uint32(6)]) + np.int64(inside[word >> np.uint32(6), word & np.uint32(63)])
        before = words[word] & ((np.uint64(1) << np.uint64(end & np.uint32(63))) - np.uint64(1))
        below += np.int64(_popcount(before))  # type: ignore[call-arg]
        word = at >> np.uint32(6)
        words[word] |= np.uint64(1) << np.uint64(at & np.uint32(63))
        block = word >> np.uint32(6)
        counts = inside[block]
        more = step[word & np.uint32(63)]
        for j in range(64):  # of fixed length, so that it becomes a few vector additions
            counts[j] += more[j]
        for j in range(np.int64(block) + 1, blocks):
            above[j] += 1
    return n * (n - 1) // 2 - below


@njit(cache=True, nogil=True)
def steps_table():
    """Row w: 1 for every word after w."""
    out = np.zeros((64, 64), np.int16)
    for w in range(64):
        out[w, w + 1 :] = 1
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _products(rank_x, rank_y, middle):
    """Centre the second ranks and sum the products of both (multiples of a quarter: exact in any order)."""
    sxx = syy = sxy = 0.0
    for i in range(rank_x.size):
        a = rank_x[i]
        b = rank_y[i] - middle
        rank_y[i] = b
        sxx += a * a
        syy += b * b
        sxy += a * b
    return sxx, syy, sxy


@njit(cache=True, nogil=True)
def rank_correlations(x, y, rank_x, rank_y, ints, floats, words, inside, above, count, step):
    """Spearman's rho and Kendall's tau-b, and the variance of P - Q under independence with ties.

    ``rank_x`` and ``rank_y`` receive the centred average ranks. Samples are put in y's order first, so that the stable
    order by x is the order by (x, y), and its indices are places in y's order.
    """
    n = x.size
    order_y, places, keys, ends = ints[0, :n], ints[1, :n], ints[2, :n], ints[3, :n]
    ordered, moved, rank_moved = floats[0, :n], floats[1, :n], floats[2, :n]
    used = count[: bucket_count(n) + 1]
    stable_order(y, order_y, ordered, keys, used)
    ties_y, triples_y, weighted_y = average_ranks(ordered, order_y, rank_y)
    end = n
    if ties_y == 0.0:
        for i in range(n):
            ends[i] = i + 1
    else:
        for i in range(n - 1, -1, -1):
            if i < n - 1 and ordered[i] != ordered[i + 1]:
                end = i + 1
            ends[i] = end
    for i in range(n):
        moved[i] = x[order_y[i]]
    both = 0.0
    stable_order(moved, places, ordered, keys, used)
    ties_x, triples_x, weighted_x = average_ranks(ordered, places, rank_moved)
    if ties_x > 0.0 and ties_y > 0.0:
        run = 1.0
        for i in range(1, n):
            if ordered[i] == ordered[i - 1] and ends[places[i]] == ends[places[i - 1]]:
                both += run
                run += 1.0
            else:
                run = 1.0
    discordant = discordant_pairs(places, ends, words, inside, above, step)
    middle = 0.5 * (n + 1)
    for i in range(n):
        rank_x[order_y[i]] = rank_moved[i] - middle
    sxx, syy, sxy = _products(rank_x, rank_y, middle)
    rho = max(-1.0, min(1.0, sxy / np.sqrt(sxx * syy)))
    total = 0.5 * n * (n - 1.0)
    difference = total - ties_x - ties_y + both - 2.0 * discordant
    tau = max(-1.0, min(1.0, difference / np.sqrt(total - ties_x) / np.sqrt(total - ties_y)))
    m = n * (n - 1.0)
    variance = (m * (2.0 * n + 5.0) - weighted_x - weighted_y) / 18.0 + 2.0 * ties_x * ties_y / m
    if n > 2:
        variance += triples_x * triples_y / (9.0 * m * (n - 2.0))
    return rho, tau, difference, variance, sxx, syy
