"""Edges of coarse cells in a fine map."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def gradient_profiles(maps: ArrayLike) -> tuple[NDArray, NDArray]:
    """Mean absolute step between neighbouring columns, and between neighbouring rows.

    Parameters
    ----------
    maps : array_like, shape (time, rows, columns)
        Maps; NaN is missing [any unit].

    Returns
    -------
    tuple of ndarray
        Shape (columns - 1,) and (rows - 1,), NaN where no pair is valid.

    Examples
    --------
    >>> from vadose.stats.edges import gradient_profiles
    >>> gradient_profiles([[[0.0, 0.0, 1.0, 1.0]]])[0]
    array([0., 1., 0.])
    """
    z = np.asarray(maps, np.float64)
    out = []
    for axis, others in ((2, (0, 1)), (1, (0, 2))):
        step = np.abs(np.diff(z, axis=axis))
        ok = np.isfinite(step)
        with np.errstate(invalid="ignore", divide="ignore"):
            out.append(
                np.where(ok, step, 0.0).sum(axis=others) / np.where(ok.any(axis=others), ok.sum(axis=others), np.nan)
            )
    return out[0], out[1]


def find_period(
    across: NDArray, down: NDArray, *, shortest: float = 3.0, period: float | None = None, alpha: float = 0.001
) -> dict[str, float]:
    """Period and offsets of coarse-grid edges in gradient profiles.

    Parameters
    ----------
    across, down : ndarray
        From :func:`gradient_profiles`.
    shortest : float
        Shortest period looked for [cells].
    period : float, optional
        Known period [cells]; then only the offsets are looked for.
    alpha : float
        Chance of finding a period where there is none.

    Returns
    -------
    dict
        ``period`` [cells], ``column_offset`` and ``row_offset`` (position of the first edge: between cells i and i+1
        is i) [cells], ``ratio`` (gradient at edges over elsewhere) [1], ``score`` (standard errors above elsewhere)
        and ``p_value``; ``detected`` 1 where it is below ``alpha`` (or the period was given).

    Notes
    -----
    Steps stand out against the median of their neighbourhood, so that a landscape that is rough in one place is no
    edge. For each period (not only whole numbers: 9 km cells are 9.3 columns of 0.01°) the offset of the largest mean
    excess counts; the period with the highest score is chosen, p is Bonferroni's over all periods and offsets, from
    Student's t. At least three edges are needed along both axes.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.edges import find_period
    >>> profile = 1.0 + 0.01 * np.sin(np.arange(59.0) ** 2) + np.where(np.arange(59) % 9 == 4, 1.0, 0.0)
    >>> got = find_period(profile, profile)
    >>> got["period"], got["column_offset"], round(got["ratio"], 1)
    (9.0, 4.0, 2.0)
    """
    from scipy.special import stdtr

    from .edge_kernels import best_offset

    nothing = {k: float("nan") for k in ("period", "column_offset", "row_offset", "ratio", "score", "p_value")}
    shorter = min(np.isfinite(across).sum(), np.isfinite(down).sum())
    if shorter < 3 * (period or shortest):
        return nothing | {"detected": 0.0}
    excess = [_excess(v) for v in (across, down)]
    step = 0.25 / max(v.size for v in excess)
    if period is None:
        whole = np.arange(np.ceil(shortest), shorter / 3.0 + 1e-9)
        fine = np.exp(np.arange(np.log(shortest), np.log(shorter / 3.0), step))
        tried = np.concatenate([whole, fine])
    else:
        tried = np.array([float(period)])
    best, tests = (-np.inf, float("nan"), 0.0, 0.0), 0
    for p in tried:
        found = [best_offset(v, float(p)) for v in excess]
        tests += int(np.ceil(p)) ** 2
        joint = sum(f[0] for f in found) / np.sqrt(2.0)
        if joint > best[0] + 1e-9:  # a whole number, tried first, wins a tie
            best = (joint, p, found[0][1], found[1][1])
    score, chosen, column, row = best
    if not np.isfinite(score):
        return nothing | {"detected": 0.0}
    at, rest = [], []
    for v, o in zip((across, down), (column, row), strict=True):
        edge = _edges(v.size, chosen, o)
        at.append(v[edge])
        rest.append(v[~edge])
    with np.errstate(invalid="ignore"):
        ratio = float(np.nanmean(np.concatenate(at)) / np.nanmean(np.concatenate(rest)))
    dof = max(sum(v.size for v in excess) - 4, 1)
    p_value = float(min(1.0, stdtr(dof, -score) * tests))
    return {"period": float(chosen), "column_offset": float(column), "row_offset": float(row), "ratio": ratio,
            "score": float(score), "p_value": p_value,
            "detected": float(period is not None or p_value < alpha)}  # fmt: skip


def edge_ratio(across: NDArray, down: NDArray, *, period: float, column_offset: float, row_offset: float) -> float:
    """Mean gradient at given edges over the mean elsewhere; 1 without an artefact.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.edges import edge_ratio
    >>> edge_ratio(np.array([1.0, 1, 3, 1, 1, 3]), np.array([1.0, 1, 3]), period=3, column_offset=2, row_offset=2)
    3.0
    """
    parts = [(v, _edges(v.size, period, o)) for v, o in ((across, column_offset), (down, row_offset))]
    at = np.concatenate([v[e] for v, e in parts])
    rest = np.concatenate([v[~e] for v, e in parts])
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.nanmean(at) / np.nanmean(rest)) if np.isfinite(at).any() and np.isfinite(rest).any() else np.nan


def _edges(n: int, period: float, offset: float) -> NDArray[np.bool_]:
    edge = np.zeros(n, bool)
    at = np.rint(offset + period * np.arange(int(np.ceil((n - offset) / period)) + 1)).astype(int)
    edge[at[(at >= 0) & (at < n)]] = True
    return edge


def _excess(v: NDArray, reach: int = 7) -> NDArray:
    """Profile relative to the median of its neighbourhood; NaN where that is 0."""
    n = v.size
    windows = np.full((2 * reach + 1, n), np.nan)
    for k in range(-reach, reach + 1):
        lo, hi = max(0, -k), min(n, n - k)
        windows[k + reach, lo:hi] = v[lo + k : hi + k]
    known = np.isfinite(windows).any(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = np.nanmedian(np.where(known, windows, 0.0), axis=0)
        return np.where(known & (middle > 0.0), v / middle - 1.0, np.nan)
