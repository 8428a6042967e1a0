"""Inversions of a permutation (numba): pairs of which the later is the smaller, which is Kendall's discordance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def _popcount(typingctx, word):
    """Count the ones of a 64-bit word (one machine instruction)."""

    def generate(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


class InversionSpace(NamedTuple):
    """Arrays that inversions are counted in."""

    words: np.ndarray
    cells: np.ndarray
    larger: np.ndarray
    local: np.ndarray
    above: np.ndarray
    cursor: np.ndarray


@njit(cache=True, nogil=True)
def inversion_space(n):
    """Space for permutations of up to ``n`` numbers."""
    blocks = (n >> 12) + 1
    return InversionSpace(
        np.empty(64, np.uint64),
        np.empty((64, 64), np.uint8),
        np.empty(64, np.int32),
        np.empty((2, n if n > 4096 else 0), np.uint32),
        np.empty(blocks, np.int64),
        np.empty(blocks, np.int64),
    )


@njit(cache=True, nogil=True)
def _same_value_block(places, words, cells):
    """Inversions between values of one block of 64; fills ``cells`` with counts per block of time and of value.

    The values seen are bits: those above the present one are its inversions.
    """
    words[:] = 0
    found = np.int64(0)
    for begin in range(0, places.size, 64):
        part = places[begin : min(places.size, begin + 64)]
        row = cells[begin >> 6]
        row[:] = 0
        for k in range(part.size):
            place = part[k]
            block, bit = place >> np.uint32(6), np.uint64(place & np.uint32(63))
            word = words[block]
            found += np.int64(_popcount(word >> bit))  # type: ignore[call-arg]
            words[block] = word | (np.uint64(1) << bit)
            row[block] += np.uint8(1)
    return found


@njit(cache=True, nogil=True)
def _same_time_block(inverse, words):
    """Inversions between times of one block of 64 whose values are of different blocks: bits are set block by block."""
    words[:] = 0
    found = np.int64(0)
    for begin in range(0, inverse.size, 64):
        part = inverse[begin : min(inverse.size, begin + 64)]
        for k in range(part.size):
            time = part[k]
            later = words[time >> np.uint32(6)] >> np.uint64(time & np.uint32(63))
            found += np.int64(_popcount(later))  # type: ignore[call-arg]
        for k in range(part.size):
            time = part[k]
            words[time >> np.uint32(6)] |= np.uint64(1) << np.uint64(time & np.uint32(63))
    return found


@njit(cache=True, nogil=True)
def _between_blocks(cells, larger):
    """Inversions between blocks that differ in time and value, from the counts of each pair of blocks."""
    found = np.int64(0)
    larger[:] = 0
    for t in range(cells.shape[0]):
        row = cells[t]
        here = np.int32(0)
        for d in range(64):
            here += np.int32(row[d]) * larger[d]
        found += here
        after = np.int32(0)
        for d in range(63, -1, -1):
            larger[d] += after
            after += np.int32(row[d])
    return found


@njit(cache=True, nogil=True)
def _count_short(places, inverse, space):
    """Inversions of a permutation of at most 4096 numbers."""
    cells = space.cells[: (places.size + 63) >> 6]
    found = _same_value_block(places, space.words, cells)
    return found + _same_time_block(inverse, space.words) + _between_blocks(cells, space.larger)


@njit(cache=True, nogil=True)
def inversions(places, inverse, space):
    """Pairs i < j with places[i] > places[j] of a permutation of 0..n-1 and its inverse.

    Longer ones are split by value into permutations of 4096: inversions between the parts are counted on the way.
    """
    n = places.size
    if n <= 4096:
        return _count_short(places, inverse, space)
    local, back, above, cursor = space.local[0, :n], space.local[1, :n], space.above, space.cursor
    above[:] = 0
    for g in range(cursor.size):
        cursor[g] = g << 12
    found = np.int64(0)
    for i in range(n):
        group = places[i] >> np.uint32(12)
        found += above[group]
        for g in range(np.int64(group)):
            above[g] += 1
        at = cursor[group]
        local[at] = places[i] & np.uint32(4095)
        back[places[i]] = at & 4095
        cursor[group] = at + 1
    for begin in range(0, n, 4096):
        end = min(n, begin + 4096)
        found += _count_short(local[begin:end], back[begin:end], space)
    return found
