"""The regular time axis under irregularly kept samples, and series as rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

#: Longest axis [steps] that is laid out in memory.
LONGEST = 20_000_000


def regular_axis(position: ArrayLike | None, length: int) -> tuple[NDArray[np.int64], int]:
    """Index of each sample on the regular axis whose step is the common divisor of all distances.

    Parameters
    ----------
    position : array_like of int, shape (time,), or None
        Rising positions, e.g. days since an epoch [d]; None counts 0, 1, 2, ...
    length : int
        Number of samples.

    Returns
    -------
    tuple
        Indices from 0, shape (time,), and the number of steps that they span.

    Raises
    ------
    VadoseError
        If the positions are not whole, do not rise, or span more steps than fit in memory.

    Examples
    --------
    >>> from vadose.stats.axis import regular_axis
    >>> regular_axis([10, 13, 19], 3)
    (array([0, 1, 3]), 4)
    """
    if position is None:
        return np.arange(length, dtype=np.int64), length
    given = np.asarray(position)
    if given.shape != (length,):
        raise VadoseError(
            "position", found=f"shape {given.shape}", needed=f"one position per sample, shape ({length},)"
        )
    if given.dtype.kind not in "iu":
        whole = np.round(given.astype(np.float64)) if given.dtype.kind == "f" else None
        if whole is None or not np.array_equal(whole, given):
            raise VadoseError(
                "position", found=f"{given.dtype} values", needed="whole numbers", do="Count days or hours."
            )
        given = whole
    index = given.astype(np.int64)
    gaps = np.diff(index)
    if (gaps <= 0).any():
        at = int(np.argmax(gaps <= 0))
        raise VadoseError(
            "position",
            found=f"{index[at + 1]} after {index[at]}",
            needed="rising positions",
            do="Sort, drop duplicates.",
        )
    if length < 2:
        return np.zeros(length, np.int64), length
    index = (index - index[0]) // np.gcd.reduce(gaps)
    span = int(index[-1]) + 1
    if span > LONGEST:
        raise VadoseError(
            "position",
            found=f"{span} steps between first and last",
            needed=f"at most {LONGEST}",
            do="Use coarser steps.",
        )
    return index, span


def as_rows(*series: ArrayLike) -> tuple[tuple[int, ...], list[NDArray]]:
    """Common leading shape of several series, and each as rows (points or 1, time) without copying a shared one.

    Parameters
    ----------
    *series : array_like, shape (..., time)
        Real numbers.

    Returns
    -------
    tuple
        The leading shape, and a list of 2-D arrays; one row where a series has a single point for all.

    Raises
    ------
    VadoseError
        If the shapes do not fit together or values are not real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.axis import as_rows
    >>> shape, (a, b) = as_rows(np.zeros((2, 3, 5)), np.ones(5))
    >>> shape, a.shape, b.shape
    ((2, 3), (6, 5), (1, 5))
    """
    arrays = [np.asarray(s) for s in series]
    for a in arrays:
        if a.dtype.kind not in "fiub":
            raise VadoseError("series", found=f"{a.dtype} values", needed="real numbers")
    try:
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
    except ValueError as err:
        found = " and ".join(str(a.shape) for a in arrays)
        raise VadoseError("series", found=f"shapes {found}", needed="shapes that broadcast, time last") from err
    if not shape:
        raise VadoseError("series", found="a single number", needed="an array with time last")
    rows = []
    points = int(np.prod(shape[:-1]))
    for a in arrays:
        single = a.ndim == 1 or all(s == 1 for s in a.shape[:-1])
        full = np.broadcast_to(a, (*a.shape[:-1], shape[-1]))
        rows.append(full.reshape(1, shape[-1]) if single else np.broadcast_to(full, shape).reshape(points, shape[-1]))
    return shape[:-1], rows


def block(rows: NDArray, part: slice) -> NDArray[np.float64]:
    """The rows of one block as contiguous, writable float64 (one type, one compilation); a shared row as it is."""
    out = np.ascontiguousarray(rows if len(rows) == 1 else rows[part], dtype=np.float64)
    return out if out.flags.writeable else out.copy()
