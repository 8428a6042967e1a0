"""Correlation of anomalies: series whose memory a filter has shaped, so that no AR(1) process describes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows, block, regular_axis
from .pairs import correlation_p, fisher_interval, half_width
from .threads import over_rows


def correlation_bounds(
    x: ArrayLike,
    y: ArrayLike,
    r: ArrayLike,
    *,
    position: ArrayLike | None = None,
    reach: int = 70,
    near: int = 1,
    years: ArrayLike = np.inf,
    level: float = 0.95,
) -> dict[str, NDArray[np.float64]]:
    """Interval and p-value of the correlation of two series of anomalies along the last axis.

    Parameters
    ----------
    x, y : array_like, shape (..., time)
        Anomalies; NaN and infinities are missing [any unit].
    r : array_like, shape (...)
        Their correlation [1].
    position : array_like of int, shape (time,), optional
        Rising positions on a regular axis [d]; default 0, 1, 2, ...
    reach : int
        Longest lag whose covariances count [steps]: twice the window of the filter.
    near, years : int, array_like
        Steps of the part of the calendar whose mean was removed, and the years behind it; default none was.
    level : float
        Level of the interval [1].

    Returns
    -------
    dict of ndarray, shape (...)
        ``r_lower``, ``r_upper``, ``p_value`` [1] and ``n_eff`` [1]; NaN where ``r`` is.

    Raises
    ------
    VadoseError
        If the positions do not fit or an option is out of range.

    Notes
    -----
    n_eff = n / V, V = 1 + (2/n) sum over k <= reach of N_k c(k) / (1 - r^2)^2 with N_k the pairs k steps apart and c(k)
    the lagged covariance of the influence series u v - r (u^2 + v^2) / 2 of the standardised series, from their four
    lagged covariances as for Gaussian ones (Bartlett's formula); the measured variance of the influence series takes
    the place of (1 - r^2)^2 at lag 0.

    Choice: a removed moving mean leaves negative covariances up to its window, whose squares add to V; a fit of
    a phi^k to the first lags misses them (35-day anomalies of AR(1) series, phi = 0.6: 8.9 % of p-values of nothing
    were below 0.05 so, nominal 5 %). The covariances are measured instead: their noise enters V as a square, so that
    70 lags of 3653 days add 0.005 to it.

    Choice: the mean of a part of the calendar over Y years takes 1/Y of what varies more slowly than that part, whose
    share is (1/near)(1 + 2 sum over k < near of (1 - k/near) c(k)): n_eff falls by share / Y.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.filtered import correlation_bounds
    >>> rng = np.random.default_rng(1)
    >>> a, b = rng.standard_normal((2, 1000))
    >>> got = correlation_bounds(a, b, np.corrcoef(a, b)[0, 1])
    >>> bool(900 < got["n_eff"] <= 1000), bool(got["r_lower"] < 0 < got["r_upper"])
    (True, True)
    """
    from scipy.special import ndtri

    from .filtered_kernels import effective_rows

    if reach < 1 or near < 1:
        raise VadoseError("reach, near", found=f"{reach}, {near}", needed="1 or more steps")
    if not 0.0 < level < 1.0:
        raise VadoseError("level", found=repr(level), needed="a number between 0 and 1", do="Use 0.95 for 95 %.")
    shape, (rows_x, rows_y) = as_rows(x, y)
    axis, span = regular_axis(position, rows_x.shape[1])
    count = max(len(rows_x), len(rows_y)) if int(np.prod(shape)) else 0
    found = np.empty((count, 2))

    def work(part: slice) -> None:
        effective_rows(block(rows_x, part), block(rows_y, part), axis, span, reach, near, found[part])

    over_rows(work, count)
    known = np.asarray(r, np.float64).reshape(-1)
    behind = np.broadcast_to(np.asarray(years, np.float64), shape).reshape(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.maximum(found[:, 0] * (1.0 - np.where(behind > 0, found[:, 1] / behind, 0.0)), 3.0)
    size = np.where(np.isnan(known), np.nan, size)
    z = float(ndtri(0.5 + 0.5 * level))
    low, high = fisher_interval(known, half_width(np.ones_like(size), size - 3.0, z))
    out = {"r_lower": low, "r_upper": high, "p_value": correlation_p(known, size), "n_eff": size}
    return {k: v.reshape(shape) for k, v in out.items()}
