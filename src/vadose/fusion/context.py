"""What lies around a value in time and space: a second, quieter look at each predictor."""

from __future__ import annotations

import numpy as np

from ..grid import Grid, distance


def reach(grid: Grid, width: float) -> int:
    """Pixels on each side of a value in the box that comes nearest to a width [km].

    Examples
    --------
    >>> [reach(Grid.regular(r), 30.0) for r in (0.05, 0.1, 0.25)]
    [2, 1, 0]
    """
    pixel = float(distance(0.0, 0.0, grid.resolution, 0.0)) / 1000
    return max(0, round((width / pixel - 1) / 2))


def around(values: np.ndarray, *, dekads: tuple[int, int], pixels: int) -> np.ndarray:
    """Mean of the valid values in a box around each value.

    Parameters
    ----------
    values : ndarray, shape (time, lat, lon)
        Soil moisture [m3 m-3] at successive dekads; NaN is missing.
    dekads : tuple of int
        Dekads before and after that count.
    pixels : int
        Pixels on each side that count.

    Returns
    -------
    ndarray, shape (time, lat, lon)
        Mean [m3 m-3], float32; NaN where the box is empty.

    Notes
    -----
    Sums run over shifted copies in a fixed order, so that a crop is bit for bit a part of the whole.

    Examples
    --------
    >>> x = np.array([1.0, np.nan, 3.0, 5.0])[:, None, None]
    >>> around(x, dekads=(1, 0), pixels=0).ravel().tolist()
    [1.0, 1.0, 3.0, 4.0]
    """
    good = np.isfinite(values)
    total, count = np.where(good, values, 0.0).astype("float64"), good.astype("int32")
    for axis, (before, after) in ((0, dekads), (1, (pixels, pixels)), (2, (pixels, pixels))):
        total, count = (_box(x, axis, before, after) for x in (total, count))
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype("float32")


def _box(x: np.ndarray, axis: int, before: int, after: int) -> np.ndarray:
    """Sum of x from ``before`` places earlier to ``after`` places later along an axis."""
    x = np.moveaxis(x, axis, 0)
    out = x.copy()
    for k in range(1, before + 1):
        out[k:] += x[:-k]
    for k in range(1, after + 1):
        out[:-k] += x[k:]
    return np.moveaxis(out, 0, axis)
