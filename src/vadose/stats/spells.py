"""Runs of a series below a threshold, with what is known of their beginning and end."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows

#: Columns of a table of runs.
COLUMNS = ("first", "last", "steps", "missing", "deficit", "lowest", "begin_seen", "end_seen", "rapid")


def below(
    values: ArrayLike,
    *,
    threshold: float,
    position: ArrayLike | None = None,
    longest_gap: int = 0,
    high: float = np.inf,
    within: int = 0,
    lasting: int = 1,
) -> dict[str, NDArray]:
    """Runs below a threshold in each series.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    threshold : float
        A value below it belongs to a run; one equal to it does not [unit of values].
    position : array_like of int, shape (time,), optional
        Rising steps of the true time axis; default 0, 1, 2, ... A step that is not there is missing.
    longest_gap : int
        Missing steps in a row that a run may go on over; with 0 every missing step ends it.
    high, within, lasting : float, int, int
        A run has a rapid onset when the series was at ``high`` or above at most ``within`` steps before its first value
        below ``threshold``, and stays below for ``lasting`` steps.

    Returns
    -------
    dict of ndarray, shape (run,)
        ``row`` (index of the series, flat), ``first`` and ``last`` (samples), ``steps`` (values below), ``missing``
        (steps gone over), ``deficit`` (sum of threshold - value) and ``lowest`` [unit of values], ``begin_seen`` and
        ``end_seen`` (whether the steps next to the run are there and not below), ``rapid`` (1, 0, or -1 where a missing
        step hides it).

    Raises
    ------
    VadoseError
        If positions do not fit or rise, or an option is out of range.

    Examples
    --------
    The second run begins after a missing value, so nobody knows since when:

    >>> from vadose.stats import spells
    >>> got = spells.below([5, 1, 2, 6, float("nan"), 0, 7], threshold=3.0)
    >>> got["first"].tolist(), got["steps"].tolist(), got["deficit"].tolist(), got["begin_seen"].tolist()
    ([1, 5], [2, 1], [3.0, 3.0], [True, False])
    """
    from .spell_kernels import count_rows, list_rows

    if longest_gap < 0 or within < 0 or lasting < 1:
        raise VadoseError("longest_gap, within, lasting", found=f"{longest_gap}, {within}, {lasting}",
                          needed="at least 0, 0 and 1 steps")  # fmt: skip
    _, (rows,) = as_rows(values)
    rows = np.ascontiguousarray(rows, np.float64)
    rows = rows if rows.flags.writeable else rows.copy()
    place = np.arange(rows.shape[1]) if position is None else np.asarray(position)
    if place.shape != (rows.shape[1],) or place.dtype.kind not in "iu" or (np.diff(place) <= 0).any():
        raise VadoseError("position", found=f"{place.dtype} of shape {place.shape}",
                          needed=f"rising whole steps, shape ({rows.shape[1]},)")  # fmt: skip
    place = place.astype(np.int64)
    counts = np.zeros(len(rows), np.int64)
    count_rows(rows, place, float(threshold), longest_gap, counts)
    ends = np.cumsum(counts)
    table = np.empty((int(ends[-1]) if ends.size else 0, len(COLUMNS)))
    list_rows(rows, place, float(threshold), longest_gap, float(high), within, lasting, ends, table)
    out: dict[str, NDArray] = {"row": np.repeat(np.arange(len(rows)), counts)}
    kinds = {"deficit": float, "lowest": float, "begin_seen": bool, "end_seen": bool, "rapid": np.int8}
    return out | {name: table[:, k].astype(kinds.get(name, np.int64)) for k, name in enumerate(COLUMNS)}


def rapid_onsets(
    values: ArrayLike, *, threshold: float, high: float, within: int, lasting: int, position: ArrayLike | None = None
) -> NDArray[np.int8]:
    """Where runs with a rapid onset begin.

    Parameters
    ----------
    values, threshold, high, within, lasting, position
        As in :func:`below`.

    Returns
    -------
    ndarray of int8, shape (..., time)
        1 at the first value of a run with a rapid onset, -1 where a missing step hides whether it is one, else 0.

    Raises
    ------
    VadoseError
        As :func:`below`.

    Examples
    --------
    >>> from vadose.stats import spells
    >>> spells.rapid_onsets([50, 30, 10, 10, 50], threshold=20, high=40, within=2, lasting=2).tolist()
    [0, 0, 1, 0, 0]
    """
    x = np.asarray(values)
    got = below(x, threshold=threshold, position=position, high=high, within=within, lasting=lasting)
    out = np.zeros((x.size // x.shape[-1] if x.shape[-1] else 0, x.shape[-1]), np.int8)
    out[got["row"], got["first"]] = got["rapid"]
    return out.reshape(x.shape)
