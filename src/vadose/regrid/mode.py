"""The class with the most area in each target cell."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .area import ROUNDING, mean_frame
from .weights import Weights

#: Areas that differ by less than this share are a tie.
TIE = 1e-9


def majority(values: np.ndarray, *, weights: Weights, missing: float | None = None,
             min_coverage: float = 0.5) -> np.ndarray:  # fmt: skip
    """Class with the most area in each target cell; of equal ones the lowest code.

    Parameters
    ----------
    values : ndarray, shape (..., source rows, source columns)
        Class codes, integer or floating (NaN missing).
    weights : Weights
        From :func:`vadose.regrid.weights.overlap`.
    missing : number, optional
        Code that stands for missing, in the input and in the result. Floating codes use NaN as well; booleans have
        no missing, and become False where the cell has no class.
    min_coverage : float
        Smallest share of the cell's area that must have a class.

    Returns
    -------
    ndarray, shape (..., rows, columns)
        dtype of ``values``.

    Raises
    ------
    ValueError
        If integer codes come without ``missing`` although some target cell must be missing.

    Examples
    --------
    >>> from vadose.grid import Grid
    >>> from vadose.regrid.weights import overlap
    >>> codes = np.array([[1, 7, 7, 5, 3, 3, 2, 255]] * 4, dtype="uint8")
    >>> majority(codes, weights=overlap(Grid.regular(45), Grid.regular(90)), missing=255)[0].tolist()
    [1, 5, 3, 2]
    """
    rows, cols = weights.rows, weights.cols
    out = np.empty((*values.shape[:-2], *weights.shape), dtype=values.dtype)
    for index in np.ndindex(values.shape[:-2]):
        codes, number, table = class_numbers(values[index], missing)
        best = np.empty(weights.shape, dtype="i4")
        _compiled(_majority)(number, table, len(codes), rows.indptr, rows.indices, rows.data,
                             cols.indptr, cols.indices, cols.data, weights.row_total, weights.col_total,
                             min_coverage - ROUNDING, best)  # fmt: skip
        if (best >= 0).all():
            out[index] = codes[best]
            continue
        gap = {"f": np.nan, "b": False}.get(values.dtype.kind, missing)
        if gap is None:
            raise ValueError("majority: found cells without a class; needed a code for missing.")
        out[index] = np.append(codes, np.asarray(gap, dtype=values.dtype))[best]  # −1 is the last entry
    return out


def class_numbers(frame: np.ndarray, missing: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ascending codes that occur in a field, and how to find the place of each cell's code among them.

    Parameters
    ----------
    frame : ndarray, 2-D
        Class codes.
    missing : number, optional
        Code that stands for missing; NaN always does.

    Returns
    -------
    tuple of ndarray
        The codes; an index per cell; and a table such that ``table[index]`` is the place of the cell's code among
        the codes, −1 for missing.

    Examples
    --------
    >>> codes, index, table = class_numbers(np.array([[5, 2], [255, 5]], dtype="uint8"), 255)
    >>> codes.tolist(), table[index].tolist()
    ([2, 5], [[1, 0], [-1, 1]])
    """
    if frame.dtype.kind == "b":
        missing = None  # False is a class
    if frame.dtype.kind in "ub" and frame.dtype.itemsize <= 2:  # a table spares sorting and copying the field
        small = frame.astype("u1") if frame.dtype == bool else frame
        occurs = np.zeros(np.iinfo(small.dtype).max + 1, dtype=bool)
        _compiled(_mark)(small, occurs)
        codes = np.flatnonzero(occurs)
        codes = codes[codes != missing] if missing is not None else codes
        table = np.full(occurs.size, -1, dtype="i4")
        table[codes] = np.arange(codes.size)
        return codes.astype(frame.dtype), small, table
    valid = np.isfinite(frame) if frame.dtype.kind == "f" else np.ones(frame.shape, dtype=bool)
    if missing is not None:
        valid &= frame != missing
    codes = np.unique(frame[valid])
    index = np.full(frame.shape, codes.size, dtype="i4")
    index[valid] = np.searchsorted(codes, frame[valid])
    return codes, index, np.append(np.arange(codes.size), -1).astype("i4")


def fractions(values: np.ndarray, *, weights: Weights, groups: tuple[tuple, ...], missing: float | None = None,
              min_coverage: float = 0.5) -> np.ndarray:  # fmt: skip
    """Share of the classified area of each target cell that belongs to each group of classes.

    Parameters
    ----------
    values : ndarray, shape (..., source rows, source columns)
        Class codes.
    weights : Weights
        From :func:`vadose.regrid.weights.overlap`.
    groups : tuple of tuple
        Codes of each group.
    missing : number, optional
        Code that stands for missing; NaN always does.
    min_coverage : float
        Smallest share of the cell's area that must have a class.

    Returns
    -------
    ndarray of float32, shape (..., groups, rows, columns)
        0 to 1; NaN below ``min_coverage``.
    """
    out = np.empty((*values.shape[:-2], len(groups), *weights.shape), dtype="f4")
    for index in np.ndindex(values.shape[:-2]):
        codes, number, table = class_numbers(values[index], missing)
        for k, group in enumerate(groups):
            member = np.append(np.isin(codes, group).astype("f8"), np.nan)[table]  # −1 takes the last entry
            out[(*index, k)] = mean_frame(member[number], weights, min_coverage)
    return out


@lru_cache(maxsize=2)
def _compiled(kernel):
    import numba

    return numba.njit(cache=True, nogil=True)(kernel)


def _mark(frame, occurs):
    for i in range(frame.shape[0]):
        for j in range(frame.shape[1]):
            occurs[frame[i, j]] = True


def _majority(number, table, n_classes, row_ptr, row_of, row_weight, col_ptr, col_of, col_weight, row_total, col_total,
              share, best):  # fmt: skip
    area = np.zeros(n_classes)
    for r in range(row_ptr.size - 1):
        for c in range(col_ptr.size - 1):
            area[:] = 0.0
            covered = 0.0
            for a in range(row_ptr[r], row_ptr[r + 1]):
                for b in range(col_ptr[c], col_ptr[c + 1]):
                    k = table[number[row_of[a], col_of[b]]]
                    if k >= 0:
                        w = row_weight[a] * col_weight[b]
                        area[k] += w
                        covered += w
            best[r, c] = -1
            if covered <= 0.0 or covered < share * row_total[r] * col_total[c]:
                continue
            top = -1.0
            for k in range(n_classes):
                if area[k] > 0.0 and area[k] > top * (1.0 + TIE):
                    top = area[k]
                    best[r, c] = k
