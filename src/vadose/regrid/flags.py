"""Bit fields over target cells: combined by OR, never averaged."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from .area import is_covered
from .weights import Weights


def combine(flags: np.ndarray, valid: np.ndarray | None = None, *, weights: Weights, min_coverage: float = 0.5,
            missing_bit: int = 0) -> np.ndarray:  # fmt: skip
    """Bitwise OR of the flags of the source cells that a target value is made of.

    Parameters
    ----------
    flags : ndarray of integer, shape (..., source rows, source columns)
        Bit fields.
    valid : ndarray of bool, same shape, optional
        Where the flagged variable has a value.
    weights : Weights
        Those that the flagged variable is averaged with.
    min_coverage : float
        As for the flagged variable.
    missing_bit : int
        Bit set where the target value is missing.

    Returns
    -------
    ndarray, shape (..., rows, columns)
        dtype of ``flags``.

    Notes
    -----
    Where the target has a value, the flags of the valid source cells are combined: they are what the value is made
    of. Where it has none, the flags of all source cells are combined and ``missing_bit`` is set. Without ``valid``,
    the flags of all source cells are combined everywhere, and ``missing_bit`` is set outside the source.

    Examples
    --------
    >>> from vadose.grid import Grid
    >>> from vadose.regrid.weights import overlap
    >>> flags, valid = np.array([[1, 2, 8, 8]] * 2, dtype="uint16"), np.array([[1, 1, 1, 0]] * 2, dtype=bool)
    >>> w = overlap(Grid.regular(90), Grid.regular(180))
    >>> combine(flags, valid, weights=w).tolist(), combine(flags, ~valid, weights=w, missing_bit=16).tolist()
    ([[3, 8]], [[19, 8]])
    """
    out = np.empty((*flags.shape[:-2], *weights.shape), dtype=flags.dtype)
    bit = flags.dtype.type(missing_bit)
    reached = (np.diff(weights.rows.indptr) > 0)[:, None] & (np.diff(weights.cols.indptr) > 0)[None, :]
    for index in np.ndindex(flags.shape[:-2]):
        frame = flags[index]
        everything = _separable_or(frame, weights)
        if valid is None:
            out[index] = np.where(reached, everything, bit)
            continue
        ok = is_covered(weights.apply(valid[index]), weights, min_coverage)
        used = _separable_or(np.where(valid[index], frame, frame.dtype.type(0)), weights)
        out[index] = np.where(ok, used, everything | bit)
    return out


def _separable_or(frame: np.ndarray, weights: Weights) -> np.ndarray:
    return _or_rows(_or_rows(frame, weights.rows).T, weights.cols).T


def _or_rows(frame: np.ndarray, matrix: csr_array) -> np.ndarray:
    padded = np.concatenate([frame[matrix.indices], np.zeros((1, frame.shape[1]), frame.dtype)])
    combined = np.bitwise_or.reduceat(padded, matrix.indptr[:-1], axis=0)
    combined[np.diff(matrix.indptr) == 0] = 0  # reduceat repeats a neighbour for an empty run
    return combined
