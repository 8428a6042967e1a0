"""Spatial patterns of maps and their change: SPAEF, static share, response to wetting, fractions skill."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .status import STATUS


def spaef(x: ArrayLike, y: ArrayLike, *, bins: int = 50, min_n: int = 20) -> dict[str, NDArray]:
    """Spatial efficiency of maps against reference maps.

    Parameters
    ----------
    x, y : array_like, shape (..., cells)
        Estimate and reference; NaN is missing [any units].
    bins : int
        Bins of the histograms; reduced to the root of the number of cells.
    min_n : int
        Fewest common cells.

    Returns
    -------
    dict of ndarray, shape (...)
        ``spaef``, its parts ``alpha`` (correlation), ``beta`` (ratio of the coefficients of variation), ``gamma``
        (overlap of the histograms of z-scores) [1], ``n`` and ``status``.

    Notes
    -----
    1 - sqrt((alpha - 1)² + (beta - 1)² + (gamma - 1)²) (Koch et al. 2018, doi:10.5194/gmd-11-1873-2018).

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.patterns import spaef
    >>> y = np.linspace(0.1, 0.4, 50)
    >>> float(spaef(3.0 * y, y)["spaef"].round(6))
    1.0
    """
    a, b = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    shape = a.shape[:-1]
    out = {k: np.full(shape, np.nan) for k in ("spaef", "alpha", "beta", "gamma")}
    n, status = np.zeros(shape, np.int64), np.zeros(shape, np.int8)
    for i in np.ndindex(shape):
        ok = np.isfinite(a[i]) & np.isfinite(b[i])
        u, v = a[i][ok], b[i][ok]
        n[i] = u.size
        if u.size < min_n:
            status[i] = STATUS["too_few_cells" if u.size else "no_overlap"]
            continue
        if np.ptp(u) == 0.0 or np.ptp(v) == 0.0 or u.mean() == 0.0 or v.mean() == 0.0:
            status[i] = STATUS["zero_variance"]
            continue
        p, q = (u - u.mean()) / u.std(), (v - v.mean()) / v.std()
        edges = np.linspace(min(p.min(), q.min()), max(p.max(), q.max()), min(bins, int(np.sqrt(u.size))) + 1)
        h, k = np.histogram(p, edges)[0], np.histogram(q, edges)[0]
        parts = float(np.mean(p * q)), (u.std() / u.mean()) / (v.std() / v.mean()), np.minimum(h, k).sum() / k.sum()
        out["alpha"][i], out["beta"][i], out["gamma"][i] = parts
        out["spaef"][i] = 1.0 - np.sqrt(sum((w - 1.0) ** 2 for w in parts))
    return out | {"n": n, "status": status}


def static_share(maps: ArrayLike, *, min_dates: int = 3) -> dict[str, float]:
    """How much of the pattern of maps never changes.

    Parameters
    ----------
    maps : array_like, shape (time, cells)
        Maps; NaN is missing [any unit].
    min_dates : int
        Fewest dates of a cell.

    Returns
    -------
    dict of float
        ``pattern`` (share of the variance of the patterns, each map less its mean, that is common to all dates) [1],
        ``total`` (share of the variance in space and time that the temporal mean map carries) [1], ``between_dates``
        (mean spatial correlation between dates) [1].

    Notes
    -----
    ``pattern`` = mean over pairs of different dates of their spatial covariance / mean spatial variance: a frozen
    pattern has 1, independent patterns 0 whatever the number of dates (the plain variance of the mean map would give
    1/T). Rain that wets all cells alike changes ``total`` only.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.patterns import static_share
    >>> fixed = np.array([0.1, 0.2, 0.4]) + np.array([[0.0], [0.1], [0.3]])
    >>> round(static_share(fixed)["pattern"], 6), round(static_share(fixed)["total"], 6)
    (1.0, 0.5)
    """
    z = np.asarray(maps, np.float64)
    z = z[np.isfinite(z).any(axis=1)]
    z = z[:, np.isfinite(z).sum(axis=0) >= min_dates]
    if z.shape[0] < min_dates or z.shape[1] < 3:
        return dict.fromkeys(("pattern", "total", "between_dates"), float("nan"))
    pairs, corr = [], []
    for i in range(len(z)):
        for j in range(i + 1, len(z)):
            ok = np.isfinite(z[i]) & np.isfinite(z[j])
            if ok.sum() < 3:
                continue
            u, v = z[i, ok] - z[i, ok].mean(), z[j, ok] - z[j, ok].mean()
            cov, spread = float(np.mean(u * v)), float(np.sqrt(np.mean(u * u) * np.mean(v * v)))
            pairs.append((cov, 0.5 * float(np.mean(u * u) + np.mean(v * v))))
            if spread > 0.0:
                corr.append(cov / spread)
    cov, power = np.sum(pairs, axis=0) if pairs else (np.nan, np.nan)
    mean_map = np.nanmean(z, axis=0)
    total = np.nanvar(z)
    return {
        "pattern": float(cov / power) if power > 0.0 else float("nan"),
        "total": float(mean_map.var() / total) if total > 0.0 else float("nan"),
        "between_dates": float(np.mean(corr)) if corr else float("nan"),
    }


def wetting_response(x: ArrayLike, y: ArrayLike, *, threshold: float = 0.01, min_events: int = 3) -> dict[str, float]:
    """Change of the mean of maps per change of the mean of reference maps, over wetting events.

    Parameters
    ----------
    x, y : array_like, shape (time, cells)
        Estimate and reference; cells that either lacks on either of two successive dates are left out [m3 m-3].
    threshold : float
        Smallest rise of the reference's mean between successive dates [m3 m-3].
    min_events : int
        Fewest events.

    Returns
    -------
    dict of float
        ``slope`` [1] (1 = full response, 0 = none), ``slope_std`` (its standard error) [1], ``events``.

    Notes
    -----
    Least squares through the origin: sum(Δx Δy) / sum(Δy²). Means over common cells make it blind to spatial defects.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.patterns import wetting_response
    >>> y = np.array([0.1, 0.2, 0.1, 0.3, 0.1, 0.2])[:, None] * np.ones(4)
    >>> wetting_response(0.5 * y, y)["slope"], wetting_response(0.5 * y, y)["events"]
    (0.5, 3.0)
    """
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    use = np.flatnonzero((np.isfinite(a) & np.isfinite(b)).any(axis=1))
    steps = []
    for i, j in pairwise(use):
        ok = np.isfinite(a[i]) & np.isfinite(a[j]) & np.isfinite(b[i]) & np.isfinite(b[j])
        if ok.any():
            steps.append((float((a[j, ok] - a[i, ok]).mean()), float((b[j, ok] - b[i, ok]).mean())))
    table = np.array([s for s in steps if s[1] > threshold]).reshape(-1, 2)
    events = float(len(table))
    if events < max(min_events, 1):
        return {"slope": float("nan"), "slope_std": float("nan"), "events": events}
    dx, dy = table.T
    slope = float(dx @ dy / (dy @ dy))
    left = dx - slope * dy
    error = float(np.sqrt(left @ left / (events - 1) / (dy @ dy))) if events > 1 else float("nan")
    return {"slope": slope, "slope_std": error, "events": events}


def fractions_skill(x: ArrayLike, y: ArrayLike, *, quantile: float, window: int, min_share: float = 0.5) -> float:
    """Fractions skill score of wet (or dry) areas in a window.

    Parameters
    ----------
    x, y : array_like, shape (time, rows, columns)
        Estimate and reference; cells that either lacks are left out of both [any units].
    quantile : float
        Above a half: the wettest 1 - quantile of the cells of each map; below: its driest.
    window : int
        Width of the square window [cells], odd.
    min_share : float
        Smallest valid share of a window [1].

    Returns
    -------
    float
        1 - sum (f_x - f_y)² / sum (f_x² + f_y²) over windows and dates [1]; 1 = perfect.

    Notes
    -----
    Roberts and Lean (2008, doi:10.1175/2007MWR2123.1). Choice: thresholds are quantiles of each map's own values over
    the common cells, so that bias and amplitude do not count: this is about place only.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.patterns import fractions_skill
    >>> y = np.arange(25.0).reshape(1, 5, 5)
    >>> fractions_skill(2.0 * y, y, quantile=0.8, window=1), fractions_skill(-y, y, quantile=0.8, window=1)
    (1.0, 0.0)
    """
    from scipy.ndimage import uniform_filter

    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    above, below = 0.0, 0.0
    for u, v in zip(a, b, strict=True):
        ok = np.isfinite(u) & np.isfinite(v)
        if ok.sum() < 4:
            continue
        share = uniform_filter(ok.astype(np.float64), window, mode="constant")
        fine = share >= min_share - 1e-9
        parts = []
        for z in (u, v):
            limit = np.quantile(z[ok], quantile)
            event = ok & (z > limit if quantile >= 0.5 else z < limit)
            count = uniform_filter(event.astype(np.float64), window, mode="constant")
            parts.append(np.where(fine, count / np.where(fine, share, 1.0), 0.0))
        f, g = parts
        above += float(((f - g) ** 2).sum())
        below += float((f**2 + g**2).sum())
    return 1.0 - above / below if below > 0.0 else float("nan")
