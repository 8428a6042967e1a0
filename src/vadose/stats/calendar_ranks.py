"""Where a value stands among those of its time of the year: percentiles, standardised anomalies and indices."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows
from .threads import over_rows

#: Plotting positions: the constant a of (r - a) / (n + 1 - 2 a).
PLOTTING = {"weibull": 0.0, "gringorten": 0.44, "hazen": 0.5}
#: Families of distributions that can be fitted.
FAMILIES = ("beta", "gamma")


def percentiles(
    values: ArrayLike,
    slot: ArrayLike,
    year: ArrayLike,
    *,
    slots: int,
    half: int,
    plotting: str = "weibull",
    leave_out: bool = True,
    pool: tuple[int, int] | None = None,
    min_years: int = 10,
) -> NDArray[np.float64]:
    """Percentile of each value among the values of its time of the year.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    slot : array_like of int, shape (time,)
        Slot of the year of each sample, from 0: day of a calendar of 366, dekad or month.
    year : array_like of int, shape (time,)
        Year of each sample; (year, slot) rises.
    slots : int
        Slots of a year.
    half : int
        The window holds the slots at most so many away, round the year.
    plotting : {"weibull", "gringorten", "hazen"}
        Plotting position (r - a) / (n + 1 - 2 a) with a = 0, 0.44, 0.5.
    leave_out : bool
        Whether the values at most ``half`` steps before or after the value are kept out of its pool.
    pool : (int, int), optional
        First and last year of the pool; default all.
    min_years : int
        Fewer years in the pool (its own apart, where left out) give NaN.

    Returns
    -------
    ndarray of float64, shape (..., time)
        Percentiles [%].

    Raises
    ------
    VadoseError
        If shapes do not fit, (year, slot) does not rise, or an option is out of range.

    Notes
    -----
    The pool holds the values of the years ``pool`` in the window. The value itself joins it once; its rank r among
    the n so counted is the mean rank of those equal to it. A value that was in the pool is not counted twice.

    Choice: with ``leave_out`` a value is judged by the other years alone: its neighbours within the window, which are
    much like it, do not make it look ordinary.

    Examples
    --------
    The driest of four Januaries, each judged by the three others: r = 1 of 4, hence 1/5:

    >>> from vadose.stats import calendar_ranks
    >>> calendar_ranks.percentiles([3.0, 1.0, 2.0, 4.0], [0] * 4, range(2000, 2004), slots=12, half=0, min_years=3)
    array([60., 20., 40., 80.])
    """
    from .calendar_rank_kernels import percentile_rows

    if plotting not in PLOTTING:
        raise VadoseError("plotting", found=repr(plotting), needed=f"one of {list(PLOTTING)}")
    shape, (rows,) = as_rows(values)
    place, pooled = _layout(slot, year, rows.shape[1], slots, half, pool)
    out = np.empty(rows.shape)
    kind = np.float32 if rows.dtype == np.float32 else np.float64

    def work(part: slice) -> None:
        block = np.ascontiguousarray(rows[part], dtype=kind)
        percentile_rows(block if block.flags.writeable else block.copy(), place, pooled, slots, half,
                        PLOTTING[plotting], leave_out, max(min_years, 1), out[part])  # fmt: skip

    over_rows(work, len(rows))
    return out.reshape(*shape, rows.shape[1])


def moments(
    values: ArrayLike,
    slot: ArrayLike,
    year: ArrayLike,
    *,
    slots: int,
    half: int,
    pool: tuple[int, int] | None = None,
    min_years: int = 10,
) -> dict[str, NDArray]:
    """Mean and spread of the values of each time of the year.

    Parameters
    ----------
    values, slot, year, slots, half, pool, min_years
        As in :func:`percentiles`.

    Returns
    -------
    dict of ndarray, shape (..., slots)
        ``mean`` and ``sd`` (n - 1 in the denominator) [unit of values], NaN with fewer than ``min_years`` years or 2
        values; ``n`` [1].

    Raises
    ------
    VadoseError
        As :func:`percentiles`.

    Examples
    --------
    >>> from vadose.stats import calendar_ranks
    >>> got = calendar_ranks.moments([1.0, 3.0], [0, 0], [2000, 2001], slots=1, half=0, min_years=2)
    >>> got["mean"].tolist(), got["sd"].round(6).tolist()
    ([2.0], [1.414214])
    """
    from .calendar_rank_kernels import moment_rows

    shape, (rows,) = as_rows(values)
    place, pooled = _layout(slot, year, rows.shape[1], slots, half, pool)
    mean, spread = np.empty((len(rows), slots)), np.empty((len(rows), slots))
    count = np.empty((len(rows), slots), np.int64)
    kind = np.float32 if rows.dtype == np.float32 else np.float64

    def work(part: slice) -> None:
        block = np.ascontiguousarray(rows[part], dtype=kind)
        moment_rows(block if block.flags.writeable else block.copy(), place, pooled, slots, half, max(min_years, 1),
                    mean[part], spread[part], count[part])  # fmt: skip

    over_rows(work, len(rows))
    full = (*shape, slots)
    return {"mean": mean.reshape(full), "sd": spread.reshape(full), "n": count.reshape(full)}


def normal_scores(percentile: ArrayLike) -> NDArray[np.float64]:
    """Standard normal quantile of percentiles.

    Parameters
    ----------
    percentile : array_like
        [%]; 0 and 100 give infinities, which no plotting position reaches.

    Returns
    -------
    ndarray of float64
        z with normal probability percentile / 100 [1].

    Examples
    --------
    >>> from vadose.stats import calendar_ranks
    >>> calendar_ranks.normal_scores([50.0, 97.5]).round(2).tolist()
    [0.0, 1.96]
    """
    from scipy.special import ndtri

    return ndtri(np.asarray(percentile, np.float64) / 100.0)


def fitted_scores(
    values: ArrayLike, mean: ArrayLike, sd: ArrayLike, *, family: str, upper: float = 1.0
) -> NDArray[np.float64]:
    """Standard normal quantile of the probability of values under a fitted distribution.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series [any unit].
    mean, sd : array_like, shape (..., time)
        Moments of the pool at each sample [unit of values].
    family : {"beta", "gamma"}
        Beta on [0, ``upper``], or gamma on [0, infinity).
    upper : float
        Upper end of the beta distribution [unit of values].

    Returns
    -------
    ndarray of float64, shape (..., time)
        Index [1]; NaN where no such distribution has the moments, or the value lies outside it.

    Raises
    ------
    VadoseError
        If the family is unknown or the upper end is not positive.

    Notes
    -----
    By moments: gamma with shape k = m^2/s^2 and scale s^2/m; beta on [0, 1] with a = m q, b = (1 - m) q,
    q = m (1 - m)/s^2 - 1, needs q > 0. Choice: the index is cut at -5 and 5 (a probability of 3e-7), beyond which
    no record can tell.

    Examples
    --------
    The beta distribution with mean 1/2 and variance 1/12 is the uniform one:

    >>> import numpy as np
    >>> from vadose.stats import calendar_ranks
    >>> got = calendar_ranks.fitted_scores([0.5, 0.975], 0.5, np.sqrt(1 / 12), family="beta")
    >>> (got.round(2) + 0.0).tolist()
    [0.0, 1.96]
    """
    from scipy import special

    if family not in FAMILIES:
        raise VadoseError("family", found=repr(family), needed=f"one of {list(FAMILIES)}")
    if not upper > 0.0:
        raise VadoseError("upper", found=repr(upper), needed="a value above 0")
    x, m, s = (np.asarray(a, np.float64) for a in (values, mean, sd))
    with np.errstate(invalid="ignore", divide="ignore"):
        if family == "gamma":
            fits = (m > 0) & (s > 0) & (x >= 0)
            p = special.gammainc(np.where(fits, (m / s) ** 2, 1.0), np.where(fits, x * m / s**2, 1.0))
        else:
            x, m, s = x / upper, m / upper, s / upper
            q = m * (1.0 - m) / s**2 - 1.0
            fits = (q > 0) & (s > 0) & (m > 0) & (m < 1) & (x >= 0) & (x <= 1)
            a, b = np.where(fits, m * q, 1.0), np.where(fits, (1.0 - m) * q, 1.0)
            p = special.betainc(a, b, np.where(fits, x, 0.5))
    return np.where(fits, np.clip(special.ndtri(p), -5.0, 5.0), np.nan)


def _layout(slot, year, length: int, slots: int, half: int, pool) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Place of each sample in the table of years and slots, and which years make the pool."""
    s, y = np.asarray(slot), np.asarray(year)
    if s.shape != (length,) or y.shape != (length,):
        raise VadoseError("slot, year", found=f"shapes {s.shape} and {y.shape}", needed=f"one per sample, ({length},)")
    if slots < 1 or half < 0:
        raise VadoseError("slots, half", found=f"{slots} and {half}", needed="at least 1 and 0")
    if length == 0:
        return np.empty(0, np.int64), np.zeros(1, np.bool_)
    if s.dtype.kind not in "iu" or y.dtype.kind not in "iu" or s.min() < 0 or s.max() >= slots:
        raise VadoseError("slot, year", found="values outside the calendar", needed=f"whole slots 0 to {slots - 1}")
    first = int(y.min())
    place = (y.astype(np.int64) - first) * slots + s.astype(np.int64)
    if (np.diff(place) <= 0).any():
        raise VadoseError("slot, year", found="samples that do not rise", needed="one sample per slot and year, sorted")
    known = np.arange(first, int(y.max()) + 1)
    if pool is None:
        return place, np.ones(known.size, np.bool_)
    if pool[1] < pool[0]:
        raise VadoseError("pool", found=f"{pool}", needed="the first year before the last")
    return place, (known >= pool[0]) & (known <= pool[1])
