"""Simulated soil moisture as a target for the next round: only what the best product has ever shown there."""

from __future__ import annotations

import numpy as np

from .denoise import denoise


def secondary(values: np.ndarray, low: np.ndarray, high: np.ndarray, zones: np.ndarray, *,
              limit: float = 3.0) -> np.ndarray:  # fmt: skip
    """Drop simulated values outside a pixel's range of the primary target, then by 3σ.

    Parameters
    ----------
    values : ndarray, shape (time, lat, lon)
        Simulated soil moisture [m3 m-3].
    low, high : ndarray, shape (lat, lon)
        Smallest and largest value of the primary target in each pixel [m3 m-3]; NaN where it has none.
    zones : ndarray of int, shape (lat, lon)
        Zone of each pixel.
    limit : float
        Standard deviations [1].

    Returns
    -------
    ndarray, shape (time, lat, lon)
        What may be learnt from, NaN elsewhere.

    Notes
    -----
    METHODS 2.3. Choice: a pixel without the primary target has no range, and nothing of it is learnt from.

    Examples
    --------
    >>> secondary(np.array([[[0.1, 0.5, 0.3]]]), np.full((1, 3), 0.2), np.array([[0.6, 0.6, np.nan]]),
    ...           np.zeros((1, 3), int)).tolist()
    [[[nan, 0.5, nan]]]
    """
    with np.errstate(invalid="ignore"):
        inside = (values >= low) & (values <= high)
    return denoise(np.where(inside, values, np.nan).astype(values.dtype), zones, limit=limit)
