"""Spearman's rho and Kendall's tau-b of one pair of series, from one order of each (numba)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from .inversion_kernels import InversionSpace, inversion_space, inversions
from .order_kernels import OrderSpace, order_space, stable_order


class RankSpace(NamedTuple):
    """Arrays that rank correlations are worked out in."""

    order: OrderSpace
    inversion: InversionSpace
    places: np.ndarray
    ties: np.ndarray
    ranks: np.ndarray
    moved: np.ndarray


@njit(cache=True, nogil=True)
def rank_space(n):
    """Space for pairs of series of up to ``n`` samples."""
    return RankSpace(
        order_space(n),
        inversion_space(n),
        np.empty((4, n), np.uint32),
        np.empty((4, n + 1), np.uint32),
        np.empty((2, n), np.int32),
        np.empty(n),
    )


@njit(cache=True, nogil=True)
def _ranks_in_order(tied, ranks, group, firsts):
    """Twice the centred rank of samples in rising order, those at the places ``tied`` being equal to the one before.

    Where there are any, ``group`` gets the number of each one's tie group, from 1 on, or 0, and ``firsts`` the place at
    which each group begins.

    Returns
    -------
    tuple
        Sum over tie groups of t(t-1)/2, t(t-1)(t-2) and t(t-1)(2t+5) as float.
    """
    n = ranks.size
    pairs = triples = weighted = 0.0
    for i in range(n):
        ranks[i] = 2 * i + 1 - n
    if tied.size == 0:
        return pairs, triples, weighted
    group[:] = 0
    groups = k = 0
    while k < tied.size:
        end = np.int64(tied[k])
        first = end - 1
        while k < tied.size and np.int64(tied[k]) == end:
            end += 1
            k += 1
        groups += 1
        firsts[groups] = first
        ranks[first:end] = first + end - n
        group[first:end] = groups
        t = float(end - first)
        pairs += t * (t - 1.0) / 2.0
        triples += t * (t - 1.0) * (t - 2.0)
        weighted += t * (t - 1.0) * (2.0 * t + 5.0)
    return pairs, triples, weighted


@njit(cache=True, nogil=True)
def _product(a, b):
    """Sum of products of doubled ranks."""
    total = np.int64(0)
    for i in range(a.size):
        total += np.int64(a[i]) * np.int64(b[i])
    return total


@njit(cache=True, nogil=True)
def _invert(places, inverse):
    for i in range(places.size):
        inverse[places[i]] = i


@njit(cache=True, nogil=True)
def _tied_in_both(places, group_x, group_y):
    """Pairs tied in x and in y, for samples in the order by (x, y)."""
    pairs = 0.0
    run = 1.0
    for i in range(1, places.size):
        if group_x[i] and group_x[i] == group_x[i - 1]:
            g = group_y[places[i]]
            if g and g == group_y[places[i - 1]]:
                pairs += run
                run += 1.0
                continue
        run = 1.0
    return pairs


@njit(cache=True, nogil=True)
def _untie(places, inverse, group, cursor):
    """Give samples tied in y their places in the order in which they come, so that they make no inversion."""
    for i in range(places.size):
        g = group[places[i]]
        if g:
            place = cursor[g]
            cursor[g] = place + np.uint32(1)
            places[i] = place
            inverse[place] = i


@njit(cache=True, nogil=True)
def rank_correlations(x, y, rank_x, rank_y, space):
    """Spearman's rho and Kendall's tau-b, and the variance of P - Q under independence with ties.

    ``rank_x`` and ``rank_y`` receive twice the centred average ranks, which are whole numbers, and the last two numbers
    are the sums of squares of the ranks. Samples are put in y's order first, so that the stable order by x is the order
    by (x, y), and its indices are places in y's order.
    """
    n = x.size
    order_y, places, inverse, tied = space.places[0, :n], space.places[1, :n], space.places[2, :n], space.places[3]
    group_x, group_y, firsts_x, firsts_y = space.ties[0, :n], space.ties[1, :n], space.ties[2], space.ties[3]
    by_order_x, by_order_y, moved = space.ranks[0, :n], space.ranks[1, :n], space.moved[:n]
    equal_y = stable_order(y, order_y, tied, space.order)
    ties_y, triples_y, weighted_y = _ranks_in_order(tied[:equal_y], by_order_y, group_y, firsts_y)
    for i in range(n):
        moved[i] = x[order_y[i]]
    equal_x = stable_order(moved, places, tied, space.order)
    ties_x, triples_x, weighted_x = _ranks_in_order(tied[:equal_x], by_order_x, group_x, firsts_x)
    _invert(places, inverse)
    for i in range(n):
        sample, place = order_y[i], inverse[i]
        rank_x[sample] = by_order_x[place]
        rank_y[sample] = by_order_y[i]
    product = 0.25 * _product(rank_x, rank_y)
    both = 0.0
    if equal_y:
        if equal_x:
            both = _tied_in_both(places, group_x, group_y)
        _untie(places, inverse, group_y, firsts_y)
    discordant = inversions(places, inverse, space.inversion)
    cube = n * (n * float(n) - 1.0)
    sxx, syy = (cube - triples_x - 6.0 * ties_x) / 12.0, (cube - triples_y - 6.0 * ties_y) / 12.0
    rho = max(-1.0, min(1.0, product / np.sqrt(sxx * syy)))
    total = 0.5 * n * (n - 1.0)
    difference = total - ties_x - ties_y + both - 2.0 * discordant
    tau = max(-1.0, min(1.0, difference / np.sqrt(total - ties_x) / np.sqrt(total - ties_y)))
    m = n * (n - 1.0)
    variance = (m * (2.0 * n + 5.0) - weighted_x - weighted_y) / 18.0 + 2.0 * ties_x * ties_y / m
    if n > 2:
        variance += triples_x * triples_y / (9.0 * m * (n - 2.0))
    return rho, tau, difference, variance, sxx, syy
