"""Boundary fuzzification: near an edge the neighbouring zones' networks have a say, so that no edge shows."""

from __future__ import annotations

import numpy as np


def edge_weights(place: np.ndarray, *, pixels: float, band: float) -> np.ndarray:
    """Weights of the previous, own and next zone along one axis.

    Parameters
    ----------
    place : ndarray, shape (n,)
        Where each pixel's centre lies in its zone, 0 to 1.
    pixels : float
        Pixels along the edge of a zone.
    band : float
        Width of the band on each side of an edge [pixels]; at most half a zone counts. 0 blends nothing.

    Returns
    -------
    ndarray, shape (3, n)
        Weights [1], of sum 1: on the edge two zones weigh one half each, ``band`` pixels away the own zone weighs 1.

    Notes
    -----
    Choice: linear over the band, 0.5 − d / (2 band) for the neighbour at d pixels from the edge. In two dimensions
    the weights of both axes are multiplied, so that corners blend four zones and the weights stay continuous.

    Examples
    --------
    >>> edge_weights((np.arange(10) + 0.5) / 10, pixels=10, band=2)[0, :3]
    array([0.375, 0.125, 0.   ])
    """
    band = min(band, pixels / 2)
    if band <= 0:
        return np.stack([np.zeros_like(place), np.ones_like(place), np.zeros_like(place)])
    before = np.maximum(0.0, 0.5 - place * pixels / (2 * band))
    after = np.maximum(0.0, 0.5 - (1 - place) * pixels / (2 * band))
    return np.stack([before, 1 - before - after, after])


def edge_jump(values: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> tuple[float, float]:
    """Mean absolute step between neighbouring pixels: across zone edges, and inside zones.

    Parameters
    ----------
    values : ndarray, shape (..., lat, lon)
        Any field.
    rows, cols : ndarray of int
        Zone row of each pixel row and zone column of each pixel column.

    Returns
    -------
    tuple of float
        Across edges and inside [unit of the values]; NaN where there is no such pair.

    Examples
    --------
    >>> edge_jump(np.array([[0.0, 1.0, 5.0, 6.0]]), np.array([0]), np.array([0, 0, 1, 1]))
    (4.0, 1.0)
    """
    across, inside = [0.0, 0], [0.0, 0]
    for axis, zone in ((-2, rows), (-1, cols)):
        step = np.abs(np.diff(values.astype("float64"), axis=axis))
        edge = np.diff(zone) != 0
        step = np.moveaxis(step, axis, -1)
        for total, part in ((across, step[..., edge]), (inside, step[..., ~edge])):
            good = np.isfinite(part)
            total[0] += float(part[good].sum())
            total[1] += int(good.sum())
    return tuple(t / n if n else float("nan") for t, n in (across, inside))  # type: ignore[return-value]
