"""Groups by rank: the wettest quarter of a year, the driest, and what lies between."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .threads import over_rows


def group_by_rank(
    values: ArrayLike, *, position: ArrayLike | None = None, length: int = 12, groups: int = 4, each: bool = False
) -> tuple[NDArray[np.int8], NDArray]:
    """Group the positions of each cycle by the rank of the sum over parts, and average each part over each group.

    Parameters
    ----------
    values : array_like, shape (..., part, time)
        Series that add up, such as months of storage in layers [any unit].
    position : array_like of int, shape (time,), optional
        Place of each sample, from 0, on the regular axis whose cycles start at 0; default 0, 1, 2, ... Places without
        sample are missing.
    length : int
        Positions in a cycle, such as 12 months; a multiple of ``groups``.
    groups : int
        Number of groups, equally large.
    each : bool
        Rank each part by itself instead of the sum.

    Returns
    -------
    tuple of ndarray
        Group (..., cycle, position), int8, or (..., part, cycle, position) with ``each``: 0 for the largest values, -1
        in cycles in which any value is missing. Ties: the earlier value counts as larger. Means (..., part, group,
        cycle), float32 for such values, else float64; NaN in these cycles [unit of values].

    Raises
    ------
    VadoseError
        If ``length`` is no multiple of ``groups``, or shapes do not fit.

    Examples
    --------
    >>> from vadose.stats import ranking
    >>> group, means = ranking.group_by_rank([[3.0, 9.0, 1.0, 9.0]], length=4, groups=2)
    >>> group.tolist(), means.tolist()
    ([[1, 0, 1, 0]], [[[9.0], [2.0]]])
    """
    x = np.asarray(values)
    if groups < 1 or length % groups:
        raise VadoseError("length", found=f"{length} positions", needed=f"a multiple of {groups}")
    if x.ndim < 2 or x.dtype.kind not in "fiu":
        raise VadoseError("values", found=f"{x.dtype} of shape {x.shape}", needed="numbers of shape (..., part, time)")
    place = np.arange(x.shape[-1]) if position is None else np.asarray(position, dtype=np.int64)
    if place.shape != x.shape[-1:] or np.unique(place).size != place.size or (place < 0).any():
        raise VadoseError("position", found=f"shape {place.shape}", needed=f"{x.shape[-1]} distinct places from 0")
    from .ranking_kernels import group_rows

    cycles = int(place.max(initial=-1)) // length + 1
    single = x.dtype == np.float32
    rows = x.reshape(int(np.prod(x.shape[:-2])), *x.shape[-2:])
    label = np.empty((len(rows), x.shape[-2] if each else 1, cycles, length), np.int8)
    means = np.empty((len(rows), x.shape[-2], groups, cycles), np.float32 if single else np.float64)

    def work(part: slice) -> None:
        group_rows(np.ascontiguousarray(rows[part], dtype=means.dtype), place, cycles, length, groups, each,
                   label[part], means[part])  # fmt: skip

    over_rows(work, len(rows), rows=64)
    kept = label if each else label[:, 0]
    return kept.reshape(*x.shape[:-2], *kept.shape[1:]), means.reshape(*x.shape[:-2], *means.shape[1:])
