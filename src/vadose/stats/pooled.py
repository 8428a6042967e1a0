"""Scores over many series at once, with intervals that respect time and space.

Pooling cells inflates n twice: days of a cell resemble each other, and cells of a day do. Resampling blocks of
*days*, each with all of its cells, keeps both kinds of dependence (a cluster block bootstrap).
"""

from __future__ import annotations

import math

import numpy as np

#: Metrics with an interval from the pooled bootstrap.
MOMENT_METRICS = (
    "r", "bias", "rmse", "ubrmse", "mse", "mse_corr", "mse_bias", "mse_var", "nse", "kge", "r2_pearson", "r2_sse",
)  # fmt: skip


def from_sums(sums: np.ndarray) -> dict[str, np.ndarray]:
    """Scores from sufficient statistics.

    Parameters
    ----------
    sums : ndarray, shape (..., 6)
        n, Σx, Σy, Σx², Σy², Σxy of estimate x and reference y, both shifted by the reference's mean so that no
        precision is lost; the seventh entry, if present, is that shift.

    Returns
    -------
    dict of ndarray
        :data:`MOMENT_METRICS`; moments divide by n.

    Examples
    --------
    >>> x, y = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0])
    >>> s = np.array([3, x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum(), 0.0])
    >>> {k: round(float(v), 4) for k, v in from_sums(s).items() if k in ("r", "bias", "mse")}
    {'r': 0.982, 'bias': -0.3333, 'mse': 0.3333}
    """
    n, sx, sy, sxx, syy, sxy = (sums[..., i] for i in range(6))
    shift = sums[..., 6] if sums.shape[-1] > 6 else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        mx, my = sx / n, sy / n
        vx, vy = np.maximum(sxx / n - mx**2, 0), np.maximum(syy / n - my**2, 0)
        cov = sxy / n - mx * my
        dx, dy = np.sqrt(vx), np.sqrt(vy)
        r = np.clip(cov / (dx * dy), -1, 1)
        bias = mx - my
        corr, spread = np.maximum(2 * dx * dy - 2 * cov, 0), (dx - dy) ** 2  # Cauchy-Schwarz, up to rounding
        mse = bias**2 + corr + spread
        beta = (mx + shift) / (my + shift)
        gamma = (dx / (mx + shift)) / (dy / (my + shift))
        nse = 1 - mse / vy
        kge = 1 - np.sqrt((r - 1) ** 2 + (beta - 1) ** 2 + (gamma - 1) ** 2)
    return {
        "r": r, "bias": bias, "rmse": np.sqrt(mse), "ubrmse": np.sqrt(corr + spread), "mse": mse, "mse_corr": corr,
        "mse_bias": bias**2, "mse_var": spread, "nse": nse, "kge": kge, "r2_pearson": r**2, "r2_sse": nse,
    }  # fmt: skip


def block_length(n: int, rho: float) -> int:
    """Length of blocks for a moving-block bootstrap of an AR(1)-like series.

    Notes
    -----
    Choice: the rule of Carlstein (1986, eq. for AR(1)), l = (√6 ρ/(1 − ρ²))^{2/3} n^{1/3}, between 1 and n/4.

    Examples
    --------
    >>> block_length(3653, 0.9), block_length(3653, 0.0)
    (79, 1)
    """
    rho = min(abs(rho), 0.99)
    length = (math.sqrt(6) * rho / (1 - rho**2)) ** (2 / 3) * n ** (1 / 3)
    return int(max(1, min(math.ceil(length), max(1, n // 4))))


def bootstrap_days(x, y, *, position, level: float = 0.95, n_boot: int = 1000, seed: int = 0) -> dict[str, np.ndarray]:
    """Intervals of pooled scores by resampling blocks of days with all their cells.

    Parameters
    ----------
    x, y : ndarray, shape (cell, time)
        Estimate and reference; NaN is missing on either side.
    position : ndarray of int, shape (time,)
        Place of each column on a regular axis.
    level : float
        Nominal coverage.
    n_boot : int
        Resamples.
    seed : int
        Seed of the resampling.

    Returns
    -------
    dict of ndarray
        ``<metric>_lower`` and ``<metric>_upper`` for :data:`MOMENT_METRICS`, scalars; NaN with fewer than 3 days.
        Also ``block_length`` [positions].
    """
    ok = np.isfinite(x) & np.isfinite(y)
    days = np.flatnonzero(ok.any(axis=0))
    if days.size < 3:
        empty = {f"{m}_{s}": np.array(np.nan) for m in MOMENT_METRICS for s in ("lower", "upper")}
        return {**empty, "block_length": np.array(0)}
    shift = float(np.mean(y[ok]))
    a, b = np.where(ok, x - shift, 0.0)[:, days], np.where(ok, y - shift, 0.0)[:, days]
    sums = np.stack([ok[:, days].sum(0), a.sum(0), b.sum(0), (a * a).sum(0), (b * b).sum(0), (a * b).sum(0)], axis=-1)
    # sums on the regular axis, so that a block is a stretch of time and not of samples
    place = position[days] - position[days[0]]
    length = int(place[-1]) + 1
    error = (sums[:, 1] - sums[:, 2]) / sums[:, 0]
    size = block_length(length, _lag_one(error, place))
    cumulative = np.zeros((2 * length + 1, 6))
    regular = np.zeros((length, 6))
    regular[place] = sums
    np.cumsum(np.concatenate([regular, regular]), axis=0, out=cumulative[1:])
    rng = np.random.default_rng(seed)
    n_blocks = math.ceil(length / size)
    draws = np.empty((n_boot, 6))
    for i in range(n_boot):  # circular blocks; only cumulative sums are touched
        start = rng.integers(0, length, n_blocks)
        draws[i] = (cumulative[start + size] - cumulative[start]).sum(axis=0)
    resampled = from_sums(np.concatenate([draws, np.full((n_boot, 1), shift)], axis=1))
    tail = (1 - level) / 2
    out: dict[str, np.ndarray] = {"block_length": np.array(size)}
    for metric in MOMENT_METRICS:
        values = resampled[metric][np.isfinite(resampled[metric])]
        low, high = np.quantile(values, [tail, 1 - tail]) if values.size else (np.nan, np.nan)
        out[f"{metric}_lower"], out[f"{metric}_upper"] = np.array(low), np.array(high)
    return out


def _lag_one(values: np.ndarray, place: np.ndarray) -> float:
    """Autocorrelation at the smallest lag present in at least ten pairs, brought to lag one."""
    centred = values - values.mean()
    variance = np.mean(centred**2)
    if variance <= 0:
        return 0.0
    for lag in range(1, 31):
        later = np.searchsorted(place, place + lag)
        pair = later < place.size
        pair[pair] = place[later[pair]] == place[pair] + lag
        if pair.sum() >= 10:
            rho = np.mean(centred[pair] * centred[later[pair]]) / variance
            return float(np.sign(rho) * min(abs(rho), 0.99) ** (1 / lag))
    return 0.0
