"""The stable order of one series (numba): a count over buckets, finished by exchanges of neighbours.

Imported only by functions that need it, because importing numba is slow.

A sample is one integer, its value as fixed-point number above its index, so that moving and comparing are single
operations. The fixed point never decides alone: values that it cannot tell apart are compared as they are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

#: Longest series whose keys fit 31 bits: 15 for the index and as many for the bucket.
NARROW = 1 << 15
#: Shifts per sample by insertion after which values crowd too much for buckets.
CROWDED = 32


class OrderSpace(NamedTuple):
    """Arrays that the order of a series is worked out in; ``wide`` is empty where ``narrow`` suffices."""

    narrow: np.ndarray
    wide: np.ndarray
    counts: np.ndarray


@njit(cache=True, nogil=True)
def order_space(n):
    """Space for series of up to ``n`` samples."""
    return OrderSpace(
        np.empty((2, n if n <= NARROW else 0), np.uint32),
        np.empty((2, n if n > NARROW else 0), np.uint64),
        np.empty(1 << _bucket_bits(n), np.uint32),
    )


@njit(cache=True, nogil=True)
def _bucket_bits(n):
    """Bits of the number of buckets: at least one per sample (measured fastest), at most 2^20."""
    return min(_index_bits(n), 20)


@njit(cache=True, nogil=True)
def _index_bits(n):
    """Bits that tell ``n`` samples apart."""
    bits = 0
    while (1 << bits) < n:
        bits += 1
    return bits


@njit(cache=True, nogil=True, fastmath=True)
def _range(values):
    """Smallest and largest of finite values."""
    low = high = values[0]
    for i in range(values.size):
        low = min(low, values[i])
        high = max(high, values[i])
    return low, high


@njit(cache=True, nogil=True)
def _write_keys(values, low, scale, bits, keys):
    """Fixed-point value times 2^bits plus index: rounding is monotone, so keys never contradict the values."""
    for i in range(values.size):
        keys[i] = (np.int64((values[i] - low) * scale) << bits) | i


@njit(cache=True, nogil=True)
def _to_buckets(keys, shift, count, out):
    """Keys in the order of their buckets, which are their bits from ``shift`` on; within a bucket as they came."""
    drop = keys.dtype.type(shift)
    count[:] = 0
    for i in range(keys.size):
        count[keys[i] >> drop] += np.uint32(1)
    start = np.uint32(0)
    for b in range(count.size):
        here = count[b]
        count[b] = start
        start += here
    for i in range(keys.size):
        key = keys[i]
        at = count[key >> drop]
        out[at] = key
        count[key >> drop] = at + np.uint32(1)


@njit(cache=True, nogil=True)
def _exchange(keys):
    """Two rounds of exchanges of neighbours, in vectors: what is left for branches is little."""
    for start in (0, 1, 0, 1):
        pairs = (keys.size - start) // 2
        part = keys[start : start + 2 * pairs]
        for i in range(pairs):
            a, b = part[2 * i], part[2 * i + 1]
            part[2 * i] = min(a, b)
            part[2 * i + 1] = max(a, b)


@njit(cache=True, nogil=True)
def _insert(values, keys, bits):
    """Finish the order by insertion; returns the number of neighbours of equal value, -1 where values crowd.

    Equal fixed-point numbers are told apart by the values themselves.
    """
    index = keys.dtype.type((1 << bits) - 1)
    equal = moves = 0
    last = keys[0]
    for i in range(1, keys.size):
        key = keys[i]
        if (last | index) >= key:
            value = values[np.uint64(key & index)]
            j = i
            while j > 0:
                left = keys[j - 1]
                if (left | index) < key:
                    break
                if (key | index) >= left:
                    other = values[np.uint64(left & index)]
                    if not other > value:
                        equal += other == value
                        break
                keys[j] = left
                j -= 1
            keys[j] = key
            moves += i - j
            if moves > CROWDED * keys.size:
                return -1
            last = keys[i]
        else:
            last = key
    return equal


@njit(cache=True, nogil=True)
def _tied_places(values, keys, bits, tied):
    """List the places of ordered keys whose value equals that on their left."""
    index = keys.dtype.type((1 << bits) - 1)
    found = 0
    last = keys[0]
    for i in range(1, keys.size):
        key = keys[i]
        if (last | index) >= key and values[np.uint64(key & index)] == values[np.uint64(last & index)]:
            tied[found] = i
            found += 1
        last = key


@njit(cache=True, nogil=True)
def _bucket_order(values, keys, spare, most, count, order, tied):
    """Order by buckets with keys of ``most`` bits; -1 where they do not suit the values."""
    n = values.size
    low, high = _range(values)
    bits = _index_bits(n)
    digits = most - bits
    scale = (2.0**digits - 1.0) / (high - low) if high > low else 0.0
    if not (np.isfinite(scale) and scale > 0.0):
        return -1
    bucket_bits = _bucket_bits(n)
    _write_keys(values, low, scale, bits, spare)
    _to_buckets(spare, most - bucket_bits, count[: 1 << bucket_bits], keys)
    _exchange(keys)
    equal = _insert(values, keys, bits)
    if equal > 0:
        _tied_places(values, keys, bits, tied)
    index = keys.dtype.type((1 << bits) - 1)
    for i in range(n):
        order[i] = keys[i] & index
    return equal


@njit(cache=True, nogil=True)
def stable_order(values, order, tied, space):
    """Write the stable order of finite ``values`` into ``order``; returns how many equal their left neighbour in it.

    ``tied`` gets the places of those. Where values crowd into few buckets (an extreme outlier), or are all equal, a
    comparison sort takes over.
    """
    n = values.size
    if n <= NARROW:
        equal = _bucket_order(values, space.narrow[0, :n], space.narrow[1, :n], 31, space.counts, order, tied)
    else:
        equal = _bucket_order(values, space.wide[0, :n], space.wide[1, :n], 62, space.counts, order, tied)
    if equal >= 0:
        return equal
    found = np.argsort(values, kind="mergesort")
    order[0] = found[0]
    equal = 0
    for i in range(1, n):
        order[i] = found[i]
        if values[found[i]] == values[found[i - 1]]:
            tied[equal] = i
            equal += 1
    return equal
