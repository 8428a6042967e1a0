"""Arrays of rows at the room's door: shapes, types and limits, refused in our words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import ConfigError

#: Parameters of the networks: whether whole numbers, least value, greatest value (exclusive).
LIMITS = {
    "hidden": (True, 1, 1025),
    "restarts": (True, 1, 1025),
    "seed": (True, 0, 2**63),
    "max_iter": (True, 1, 2**31),
    "weight_decay": (False, 0, np.inf),
    "validation_share": (False, 0, 1),
    "min_rows": (True, 1, 2**63),
    "patience": (True, 1, 2**31),
    "tolerance": (False, 0, 1),
}


def check_params(params: Mapping[str, Any]) -> None:
    """Refuse parameters outside their limits.

    Parameters
    ----------
    params : mapping of str to number
        Values by name.

    Raises
    ------
    ConfigError
        Naming the parameter.

    Examples
    --------
    >>> from vadose.learn.rows import check_params
    >>> check_params({"hidden": 0})
    Traceback (most recent call last):
    vadose.errors.ConfigError: hidden: found 0; needed a whole number >= 1 and < 1025.
    """
    for name, value in params.items():
        whole, least, below = LIMITS[name]
        kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value < below:
            raise ConfigError(
                name,
                found=repr(value),
                needed=f"a {'whole ' if whole else ''}number >= {least} and < {below}",
            )


def as_inputs(X: np.ndarray) -> np.ndarray:
    """Inputs (rows, inputs) as they lie in memory if that is float32 or float64 in rows, else a copy.

    Parameters
    ----------
    X : array_like, shape (rows, inputs)
        Inputs.

    Returns
    -------
    ndarray, shape (rows, inputs)
        Float32 or float64, in C order.

    Raises
    ------
    ConfigError
        For another shape or for values that are not numbers.

    Examples
    --------
    >>> from vadose.learn.rows import as_inputs
    >>> as_inputs([[1, 2]])
    array([[1., 2.]])
    """
    X = np.asarray(X)
    if X.ndim != 2 or X.shape[1] < 1:
        raise ConfigError("X", found=f"shape {X.shape}", needed="(rows, inputs) with at least one input")
    if X.dtype.kind not in "fiub":
        raise ConfigError("X", found=f"values of type {X.dtype}", needed="numbers")
    return np.ascontiguousarray(X, dtype=X.dtype if X.dtype in (np.float32, np.float64) else np.float64)


def as_target(y: np.ndarray, rows: int) -> np.ndarray:
    """Target (rows,) as float64.

    Parameters
    ----------
    y : array_like, shape (rows,)
        Target.
    rows : int
        Rows of the inputs.

    Returns
    -------
    ndarray of float64, shape (rows,)
        The target.

    Raises
    ------
    ConfigError
        For another shape or for values that are not numbers.

    Examples
    --------
    >>> from vadose.learn.rows import as_target
    >>> as_target([1, 2], 2)
    array([1., 2.])
    """
    y = np.asarray(y)
    if y.shape != (rows,) or y.dtype.kind not in "fiub":
        raise ConfigError("y", found=f"shape {y.shape} of {y.dtype}", needed=f"({rows},) numbers, one per row of X")
    return np.ascontiguousarray(y, dtype=np.float64)


def as_labels(name: str, labels: np.ndarray | None, rows: int, *, empty: bool = False) -> np.ndarray:
    """Whole numbers (rows,) as int64; without labels zeros, or nothing where ``empty``.

    Parameters
    ----------
    name : str
        Argument, for messages.
    labels : array_like of int, shape (rows,), or None
        Labels.
    rows : int
        Rows of the inputs.
    empty : bool, optional
        Give an array of size 0 for None.

    Returns
    -------
    ndarray of int64, shape (rows,) or (0,)
        The labels.

    Raises
    ------
    ConfigError
        For another shape or for labels that are not whole numbers.

    Examples
    --------
    >>> from vadose.learn.rows import as_labels
    >>> as_labels("zones", None, 2), as_labels("groups", None, 2, empty=True)
    (array([0, 0]), array([], dtype=int64))
    """
    if labels is None:
        return np.zeros(0 if empty else rows, np.int64)
    labels = np.asarray(labels)
    if labels.shape != (rows,) or labels.dtype.kind not in "iu":
        raise ConfigError(
            name, found=f"shape {labels.shape} of {labels.dtype}", needed=f"({rows},) whole numbers, one per row of X"
        )
    return np.ascontiguousarray(labels, dtype=np.int64)


def as_sets(
    zones: np.ndarray | None, rows_of_zone: tuple[np.ndarray, np.ndarray] | None, rows: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sets of rows, one per network: ids, and the rows of network k as ``indices[indptr[k]:indptr[k + 1]]``.

    Parameters
    ----------
    zones : array_like of int or None
        Zone of each row, or of each network where ``rows_of_zone`` is given.
    rows_of_zone : (indptr, indices) or None
        Sets of rows that may overlap.
    rows : int
        Rows of the inputs.

    Returns
    -------
    tuple of ndarray of int64
        Ids (networks,), indptr (networks + 1,), indices.

    Raises
    ------
    ConfigError
        Where the sets point outside the rows, or a zone comes twice.

    Examples
    --------
    >>> from vadose.learn.rows import as_sets
    >>> as_sets([7, 4, 7], None, 3)
    (array([4, 7]), array([0, 1, 3]), array([1, 0, 2]))
    """
    if rows_of_zone is None:
        labels = as_labels("zones", zones, rows)
        ids, counts = np.unique(labels, return_counts=True)
        return ids, np.append(0, np.cumsum(counts)), np.argsort(labels, kind="stable")
    indptr, indices = (np.asarray(part) for part in rows_of_zone)
    if indptr.ndim != 1 or indices.ndim != 1 or indptr.dtype.kind not in "iu" or indices.dtype.kind not in "iu":
        raise ConfigError(
            "rows_of_zone",
            found=f"shapes {indptr.shape} of {indptr.dtype} and {indices.shape} of {indices.dtype}",
            needed="two one-dimensional arrays of whole numbers (indptr, indices)",
        )
    indptr, indices = indptr.astype(np.int64), indices.astype(np.int64)
    if not len(indptr) or indptr[0] != 0 or indptr[-1] != len(indices) or np.any(np.diff(indptr) < 0):
        raise ConfigError(
            "rows_of_zone",
            found=f"indptr {indptr[:3]}...{indptr[-3:]}",
            needed=f"numbers that rise from 0 to the {len(indices)} indices",
        )
    if len(indices) and (indices.min() < 0 or indices.max() >= rows):
        raise ConfigError(
            "rows_of_zone", found=f"indices {indices.min()} to {indices.max()}", needed=f"rows 0 to {rows - 1} of X"
        )
    if zones is None:
        return np.arange(len(indptr) - 1), indptr, indices
    ids = np.asarray(zones)
    if ids.shape != (len(indptr) - 1,) or ids.dtype.kind not in "iu" or len(np.unique(ids)) != len(ids):
        raise ConfigError(
            "zones",
            found=f"shape {ids.shape} of {ids.dtype}, {len(np.unique(ids))} of them different",
            needed=f"the zone of each of the {len(indptr) - 1} sets of rows, each once",
        )
    return ids.astype(np.int64), indptr, indices
