"""Gap filling: the few pixels without a value deviate from their usual one as their nearest neighbours do."""

from __future__ import annotations

import numpy as np

#: Values are summed as whole numbers of this [m3 m-3]: such sums do not depend on where an array was cut.
QUANTUM = 1e-6


def fill(values: np.ndarray, variance: np.ndarray, fillable: np.ndarray, *, level: np.ndarray | None = None,
         radius: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Fill gaps with the mean over the smallest square window that holds a valid value.

    Parameters
    ----------
    values : ndarray, shape (time, lat, lon)
        Soil moisture [m3 m-3]; NaN is a gap.
    variance : ndarray, shape (time, lat, lon)
        Its error variance [m6 m-6].
    fillable : ndarray of bool, shape (time, lat, lon)
        Where a gap may be filled.
    level : ndarray, shape (lat, lon), optional
        Usual value of each pixel [m3 m-3], NaN where unknown.
    radius : int
        Largest reach of the window [pixels].

    Returns
    -------
    tuple of ndarray
        Values and variances with gaps filled, and where they were (bool).

    Notes
    -----
    Only values that were there before are used, so the order of filling does not matter. Sums are of multiples of
    :data:`QUANTUM`. A filled pixel's variance is the mean variance of its neighbours plus their variance about their
    mean. With levels, it is the deviation from the level that is averaged, and the pixel's own level is added: a dry
    valley beside a wet plain stays dry. A pixel without a level takes that of its neighbours; where there is none, and
    without levels, values are averaged as they are.

    Examples
    --------
    >>> row = np.array([[[0.2, np.nan, 0.4]]])
    >>> got, var, where = fill(row, np.full_like(row, 0.01), np.isnan(row), radius=1)
    >>> got.round(3).tolist(), var.round(4).tolist(), where.tolist()
    ([[[0.2, 0.3, 0.4]]], [[[0.01, 0.02, 0.01]]], [[[False, True, False]]])

    The same pixel, which usually is 0.1 drier than both neighbours, each 0.05 wetter than usual:

    >>> level = np.array([[0.15, 0.15, 0.35]])
    >>> fill(row, np.full_like(row, 0.01), np.isnan(row), level=level, radius=1)[0].round(3).tolist()
    [[[0.2, 0.2, 0.4]]]
    """
    if level is None or not np.isfinite(level).any():
        return _filled(values, variance, fillable, radius)
    none = np.isnan(level)[None]
    own = _filled(level[None], np.zeros((1, *level.shape)), none, radius)[0]
    out, var, done = _filled(values - own, variance, fillable, radius)
    out = np.where(done, np.clip(out + own, 0.0, 1.0), values)
    rest, rest_var, more = _filled(values, variance, fillable & ~done, radius)
    return np.where(more, rest, out), np.where(more, rest_var, var), done | more


def _filled(values: np.ndarray, variance: np.ndarray, fillable: np.ndarray,
            radius: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """:func:`fill` without levels."""
    good = np.isfinite(values)
    whole = np.rint(np.where(good, values, 0.0) / QUANTUM).astype("int64")
    count, first, second = _sums(good.astype("int64")), _sums(whole), _sums(whole**2)
    own = _sums(np.rint(np.where(good, variance, 0.0) / QUANTUM**2).astype("int64"))
    out, var, done = values.copy(), variance.copy(), np.zeros(values.shape, bool)
    for r in range(1, radius + 1):
        todo = fillable & ~good & ~done
        if not todo.any():
            break
        n = _window(count, r)[todo]
        near = n > 0
        at = tuple(i[near] for i in np.nonzero(todo))
        n = n[near]
        mean = _window(first, r)[todo][near] / n
        spread = np.maximum(_window(second, r)[todo][near] / n - mean**2, 0.0)
        out[at] = mean * QUANTUM
        var[at] = (_window(own, r)[todo][near] / n + spread) * QUANTUM**2
        done[at] = True
    return out, var, done


def _sums(x: np.ndarray) -> np.ndarray:
    """Cumulative sums over both axes, with a leading row and column of zeros."""
    out = np.zeros((x.shape[0], x.shape[1] + 1, x.shape[2] + 1), "int64")
    out[:, 1:, 1:] = x.cumsum(axis=1).cumsum(axis=2)
    return out


def _window(sums: np.ndarray, r: int) -> np.ndarray:
    """Sum over the (2r + 1)² window of every pixel."""
    ny, nx = sums.shape[1] - 1, sums.shape[2] - 1
    y0, y1 = np.clip(np.arange(ny) - r, 0, ny), np.clip(np.arange(ny) + r + 1, 0, ny)
    x0, x1 = np.clip(np.arange(nx) - r, 0, nx), np.clip(np.arange(nx) + r + 1, 0, nx)
    return sums[:, y1][:, :, x1] - sums[:, y0][:, :, x1] - sums[:, y1][:, :, x0] + sums[:, y0][:, :, x0]
