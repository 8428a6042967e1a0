"""Many tests at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError


def fdr(p: ArrayLike, *, axis: int | None = None) -> NDArray[np.float64]:
    """p-values adjusted for the false discovery rate (Benjamini-Hochberg).

    Parameters
    ----------
    p : array_like
        p-values [1]; NaN is no test.
    axis : int, optional
        Axis along which tests belong together; default all of them.

    Returns
    -------
    ndarray of float64, shape of ``p``
        Adjusted p-values: those below q keep the share of false discoveries below q.

    Raises
    ------
    VadoseError
        If a value lies outside 0..1.

    Notes
    -----
    p_adj(i) = min over k >= i of p(k) m / k, at most 1, for sorted p (Benjamini and Hochberg 1995,
    doi:10.1111/j.2517-6161.1995.tb02031.x).

    Examples
    --------
    >>> from vadose.stats import multiple
    >>> multiple.fdr([0.01, 0.04, 0.03, 0.5])
    array([0.04      , 0.05333333, 0.05333333, 0.5       ])
    """
    given = np.asarray(p, np.float64)
    if ((given < 0.0) | (given > 1.0)).any():
        raise VadoseError("p", found="values outside 0..1", needed="p-values")
    flat = given.reshape(-1) if axis is None else np.moveaxis(given, axis, -1)
    order = np.argsort(flat, axis=-1)  # NaN last
    ranked = np.take_along_axis(flat, order, axis=-1)
    tests = np.sum(~np.isnan(flat), axis=-1, keepdims=True)
    scaled = ranked * tests / np.arange(1, flat.shape[-1] + 1)
    scaled = np.where(np.isnan(scaled), np.inf, scaled)
    least = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    out = np.empty_like(flat)
    np.put_along_axis(out, order, np.where(np.isnan(ranked), np.nan, np.minimum(least, 1.0)), axis=-1)
    return out.reshape(given.shape) if axis is None else np.moveaxis(out, -1, axis)
