"""One-to-one pairing of two series in time: each observation is used at most once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

#: Why a valid value was not paired, in the order of the counts of :func:`pair_series`.
REASONS = ("estimate_outside_window", "estimate_not_nearest", "reference_without_estimate", "estimate_excluded")

NAT = np.iinfo(np.int64).min


def pair_times(estimate, reference, window: int, *, reuse: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Pair two sorted sets of instants, nearest first, each at most once.

    Parameters
    ----------
    estimate, reference : ndarray of int64, shape (n,) and (m,)
        Ascending instants in one unit, such as ns.
    window : int
        Largest distance in the same unit, inclusive.
    reuse : bool
        Let an estimate serve several references, as older tools do. It inflates n and is for comparison only.

    Returns
    -------
    tuple of ndarray of int
        Indices into ``estimate`` and ``reference`` of the pairs, ascending in the reference.

    Notes
    -----
    All candidates within the window are taken by increasing distance; ties go to the earlier reference, then to
    the earlier estimate. O((n + m + c) log c) for c candidates.

    Examples
    --------
    >>> e, r = pair_times(np.array([0, 9, 11]), np.array([1, 10]), 5)
    >>> e.tolist(), r.tolist()
    ([0, 1], [0, 1])
    """
    first = np.searchsorted(estimate, reference - window, side="left")
    last = np.searchsorted(estimate, reference + window, side="right")
    counts = last - first
    r = np.repeat(np.arange(reference.size), counts)
    e = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    order = np.lexsort((e, r, np.abs(estimate[e] - reference[r])))
    e, r = e[order], r[order]
    if reuse:
        _, keep = np.unique(r, return_index=True)
    else:
        keep = np.flatnonzero(_accept()(e, r, estimate.size, reference.size))
    e, r = e[keep], r[keep]
    back = np.argsort(r, kind="stable")
    return e[back], r[back]


@lru_cache(maxsize=1)
def _accept():
    """The greedy pass over sorted candidates; it is sequential by nature, hence compiled."""
    from numba import njit

    @njit(cache=True)
    def accept(e, r, n_estimate, n_reference):
        free_e = np.ones(n_estimate, dtype=np.bool_)
        free_r = np.ones(n_reference, dtype=np.bool_)
        keep = np.zeros(e.size, dtype=np.bool_)
        for k in range(e.size):
            if free_e[e[k]] and free_r[r[k]]:
                free_e[e[k]] = free_r[r[k]] = False
                keep[k] = True
        return keep

    return accept


def pair_series(time_e, estimate, time_r, reference, window: int, *, reuse: bool = False):
    """Pair the valid values of two series.

    Parameters
    ----------
    time_e, time_r : ndarray of int64, shape (n,) and (m,)
        Instants [ns]; ``NAT`` marks a missing time. ``time_r`` ascends.
    estimate, reference : ndarray, shape (n,) and (m,)
        Values; NaN is missing.
    window : int
        Largest distance [ns], inclusive.

    Returns
    -------
    tuple of ndarray
        On the reference's axis, shape (m,): the estimate, the reference (both NaN where unpaired) and the time
        difference estimate − reference [h]; then the counts (n_estimate, n_reference, n_matched) and the counts
        of dropped values by :data:`REASONS`.

    Examples
    --------
    >>> hour = 3_600_000_000_000
    >>> t = np.arange(3) * 24 * hour
    >>> x, y, dt, n, dropped = pair_series(t + hour, np.array([0.1, np.nan, 0.3]), t, np.array([0.2, 0.2, 0.2]), hour)
    >>> x.tolist(), n.tolist(), dropped.tolist()
    ([0.1, nan, 0.3], [2, 3, 2], [0, 0, 1, 0])
    """
    ok_e = np.flatnonzero(np.isfinite(estimate) & (time_e != NAT))
    ok_e = ok_e[np.argsort(time_e[ok_e], kind="stable")]
    ok_r = np.flatnonzero(np.isfinite(reference) & (time_r != NAT))
    te, tr = time_e[ok_e], time_r[ok_r]
    e, r = pair_times(te, tr, window, reuse=reuse)
    x = np.full(time_r.shape, np.nan)
    y, dt = x.copy(), x.copy()
    x[ok_r[r]] = estimate[ok_e[e]]
    y[ok_r[r]] = reference[ok_r[r]]
    dt[ok_r[r]] = (te[e] - tr[r]) / 3.6e12
    if tr.size and te.size:
        after = np.searchsorted(tr, te)
        gap = np.minimum(np.abs(te - tr[np.minimum(after, tr.size - 1)]), np.abs(te - tr[np.maximum(after - 1, 0)]))
        outside = int((gap > window).sum())
    else:
        outside = te.size
    used = np.unique(e).size
    counts = np.array([te.size, tr.size, r.size], dtype="int64")
    dropped = np.array([outside, te.size - outside - used, tr.size - r.size, 0], dtype="int64")
    return x, y, dt, counts, dropped


def pair_cells(time_e, estimate, time_r, reference, window: int, *, reuse: bool = False):
    """:func:`pair_series` for every leading index; inputs broadcast, samples on the last axis.

    Returns
    -------
    tuple of ndarray
        As :func:`pair_series`, with the leading shape in front.
    """
    lead = np.broadcast_shapes(*(np.shape(a)[:-1] for a in (time_e, estimate, time_r, reference)))
    inputs = [np.broadcast_to(a, (*lead, np.shape(a)[-1])) for a in (time_e, estimate, time_r, reference)]
    m = inputs[3].shape[-1]
    series = [np.full((*lead, m), np.nan) for _ in range(3)]
    counts, dropped = np.zeros((*lead, 3), "int64"), np.zeros((*lead, len(REASONS)), "int64")
    for i in np.ndindex(lead):
        te, x, tr, y = (a[i] for a in inputs)
        results = pair_series(te, x, tr, y, window, reuse=reuse)
        for target, result in zip((*series, counts, dropped), results, strict=True):
            target[i] = result
    return (*series, counts, dropped)
