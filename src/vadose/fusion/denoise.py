"""3σ denoising: values far from the others of their map and zone are dropped."""

from __future__ import annotations

import numpy as np


def denoise(values: np.ndarray, zones: np.ndarray, *, limit: float = 3.0) -> np.ndarray:
    """Drop values beyond mean ± ``limit`` standard deviations of their zone, map by map.

    Parameters
    ----------
    values : ndarray, shape (time, lat, lon)
        Soil moisture [m3 m-3]; NaN is missing.
    zones : ndarray of int, shape (lat, lon)
        Zone of each pixel. Zones must be whole: the numbers depend on all their pixels.
    limit : float
        Standard deviations [1].

    Returns
    -------
    ndarray, shape (time, lat, lon)
        The values, NaN where dropped.

    Notes
    -----
    METHODS 2.3. The standard deviation divides by n, so among n ≤ 10 values none can lie beyond 3: small zones are
    never thinned. The filter works in space, not in time, and so keeps extreme events.

    Examples
    --------
    >>> row = np.array([[[0.1, 0.2] * 6 + [0.9]]])
    >>> out = denoise(row, np.zeros((1, 13), int))
    >>> int(np.isnan(out).sum()), bool(np.isnan(out[0, 0, -1]))
    (1, True)
    """
    shape = values.shape
    flat = values.reshape(shape[0], -1)
    number, inverse = np.unique(zones.ravel(), return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    begin = np.searchsorted(inverse[order], np.arange(number.size))
    data = flat[:, order].astype("float64")
    good = np.isfinite(data)
    count = np.maximum(np.add.reduceat(good, begin, axis=1, dtype="int64"), 1)
    width = np.diff(np.append(begin, order.size))

    def mean(x: np.ndarray) -> np.ndarray:
        return np.repeat(np.add.reduceat(np.where(good, x, 0.0), begin, axis=1) / count, width, axis=1)

    # the mean is taken off twice, because one pass leaves the rounding of the first
    rest = data - mean(data)
    rest -= mean(rest)
    spread = np.sqrt(mean(rest**2))
    bad = good & (np.abs(rest) > limit * spread * (1 + 1e-12)) & (spread > 0)
    out = flat.copy()
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    out[bad[:, back]] = np.nan
    return out.reshape(shape)
