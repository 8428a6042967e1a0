"""Anomalies, climatologies and filters along time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows, block
from .threads import over_rows

#: Slack of the window's ends [d]: an hour that is exactly on the end stays inside in spite of rounding.
SLACK = 1e-7


def moving_mean(
    values: ArrayLike, *, position: ArrayLike | None = None, window: float = 35.0, min_obs: int = 1
) -> NDArray[np.float64]:
    """Mean of the values within half a window on either side, ends included.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    position : array_like, shape (time,), optional
        Time of each sample, not falling [d]; default 0, 1, 2, ...
    window : float
        Width of the window [d].
    min_obs : int
        Fewer values in the window than this give NaN.

    Returns
    -------
    ndarray of float64, shape (..., time)
        Means [unit of values], also at missing samples.

    Raises
    ------
    VadoseError
        If positions fall or do not fit, or the window is not positive.

    Notes
    -----
    mean over t_j with abs(t_j - t_i) <= window / 2, from running sums of values less their overall mean: O(time).

    Examples
    --------
    >>> from vadose.stats import windows
    >>> windows.moving_mean([1.0, 2.0, 6.0, float("nan")], window=2.0)
    array([1.5, 3. , 4. , 6. ])
    """
    return _moving(values, position, window, min_obs, apart=False)


def moving_anomaly(
    values: ArrayLike, *, position: ArrayLike | None = None, window: float = 35.0, min_obs: int = 1
) -> NDArray[np.float64]:
    """Value less the mean within half a window on either side, ends included.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    position : array_like, shape (time,), optional
        Time of each sample, not falling [d]; default 0, 1, 2, ...
    window : float
        Width of the window [d].
    min_obs : int
        Fewer values in the window, the sample itself included, give NaN.

    Returns
    -------
    ndarray of float64, shape (..., time)
        Anomalies [unit of values].

    Raises
    ------
    VadoseError
        If positions fall or do not fit, or the window is not positive.

    Notes
    -----
    See :func:`moving_mean`. 35 days: Albergel et al. (2009, doi:10.5194/hess-13-115-2009).

    Examples
    --------
    >>> from vadose.stats import windows
    >>> windows.moving_anomaly([1.0, 2.0, 6.0, float("nan")], window=2.0)
    array([-0.5, -1. ,  2. ,  nan])
    """
    return _moving(values, position, window, min_obs, apart=True)


def _moving(
    values: ArrayLike, position: ArrayLike | None, window: float, min_obs: int, *, apart: bool
) -> NDArray[np.float64]:
    """Moving means of each row, or the values apart from them."""
    from .window_kernels import moving_rows, window_ends

    if not window > 0.0:
        raise VadoseError("window", found=repr(window), needed="a width above 0 days")
    shape, (rows,) = as_rows(values)
    when = _times(position, rows.shape[1])
    first, last = np.empty(when.size, np.int64), np.empty(when.size, np.int64)
    window_ends(when, 0.5 * window + SLACK, first, last)
    out = np.empty(rows.shape)

    def work(part: slice) -> None:
        moving_rows(block(rows[part], slice(None)), first, last, min_obs, apart, out[part])

    over_rows(work, len(rows), rows=max(1, min(32, 100_000 // max(1, when.size))))
    return out.reshape(*shape, rows.shape[1])


def _times(position: ArrayLike | None, length: int) -> NDArray[np.float64]:
    """Positions as float64 days from the first, checked."""
    if position is None:
        return np.arange(length, dtype=np.float64)
    given = np.asarray(position, np.float64)
    if given.shape != (length,):
        raise VadoseError("position", found=f"shape {given.shape}", needed=f"one time per sample, shape ({length},)")
    if length and not (np.isfinite(given).all() and (np.diff(given) >= 0.0).all()):
        raise VadoseError("position", found="falling or missing times", needed="times in order", do="Sort by time.")
    return given - given[0] if length else given


def climatology(
    values: ArrayLike,
    day_of_year: ArrayLike,
    *,
    position: ArrayLike | None = None,
    before: float = 5.0,
    after: int = 35,
    min_obs: int = 1,
) -> NDArray[np.float64]:
    """Mean course of the year on a calendar of 366 days.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    day_of_year : array_like of int, shape (time,)
        Calendar day 1..366 on which 1 March is always day 61 (29 February is day 60 and empty in common years) [d].
    position : array_like, shape (time,), optional
        Time of each sample, not falling [d]; default 0, 1, 2, ...
    before : float
        Window of the moving mean over time, before averaging over years [d].
    after : int
        Window of the circular mean over the calendar, an odd number [d].
    min_obs : int
        Calendar days with fewer values than this are left out.

    Returns
    -------
    ndarray of float64, shape (..., 366)
        Climatology [unit of values]; NaN where no calendar day within the window has values.

    Raises
    ------
    VadoseError
        If days lie outside 1..366 or do not fit, or a window is out of range.

    Notes
    -----
    Moving mean of the samples that are there, mean by calendar day over the years, circular mean of the days that have
    one. Choice: one calendar for every year and for both sides of a comparison, so that leap years shift no day.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats import windows
    >>> days = np.tile(np.arange(1, 367), 2)
    >>> windows.climatology(np.repeat([1.0, 3.0], 366), days)[180]
    np.float64(2.0)
    """
    day = _calendar(day_of_year, 366, "day_of_year")
    if after < 1 or after > 366 or after % 2 == 0:
        raise VadoseError("after", found=repr(after), needed="an odd number of days, 1 to 365")
    shape, (rows,) = as_rows(values)
    if day.shape != (rows.shape[1],):
        raise VadoseError("day_of_year", found=f"shape {day.shape}", needed=f"one per sample, ({rows.shape[1]},)")
    smooth = np.where(np.isfinite(rows), moving_mean(rows, position=position, window=before), np.nan)
    present = np.isfinite(smooth)
    centre = np.sum(np.where(present, smooth, 0.0), axis=1, keepdims=True) / np.maximum(
        present.sum(axis=1, keepdims=True), 1
    )
    total, count = _grouped(np.where(present, smooth - centre, 0.0), present, day - 1, 366)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count >= max(1, min_obs), total / count, np.nan)
    half = after // 2
    ring = np.concatenate([mean[:, 366 - half :], mean, mean[:, :half]], axis=1) if half else mean
    there = np.isfinite(ring)
    sums = np.lib.stride_tricks.sliding_window_view(np.where(there, ring, 0.0), after, axis=1).sum(axis=-1)
    numbers = np.lib.stride_tricks.sliding_window_view(there, after, axis=1).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = np.where(numbers > 0, sums / numbers, np.nan) + centre
    return out.reshape(*shape, 366)


def climatology_anomaly(values: ArrayLike, day_of_year: ArrayLike, *, climatology: ArrayLike) -> NDArray[np.float64]:
    """Value less the climatology of its calendar day.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series [any unit].
    day_of_year : array_like of int, shape (time,)
        Calendar day 1..366 as in :func:`climatology` [d].
    climatology : array_like, shape (..., 366)
        Climatology [unit of values].

    Returns
    -------
    ndarray of float64, shape (..., time)
        Anomalies [unit of values].

    Raises
    ------
    VadoseError
        If days lie outside 1..366 or the climatology has not 366 days.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats import windows
    >>> windows.climatology_anomaly([0.3, 0.2], [1, 366], climatology=np.full(366, 0.25)).round(2)
    array([ 0.05, -0.05])
    """
    day = _calendar(day_of_year, 366, "day_of_year")
    clim = np.asarray(climatology, np.float64)
    if clim.shape[-1:] != (366,):
        raise VadoseError("climatology", found=f"shape {clim.shape}", needed="(..., 366)")
    return np.asarray(values, np.float64) - clim[..., day - 1]


def dekad_climatology_anomaly(
    values: ArrayLike, dekad: ArrayLike, year: ArrayLike, *, min_years: int = 3
) -> NDArray[np.float64]:
    """Value less the mean of its dekad of the year over the years.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    dekad : array_like of int, shape (time,)
        Dekad of the year, 1..36.
    year : array_like of int, shape (time,)
        Year of each sample.
    min_years : int
        Fewer years with values in a dekad of the year give NaN there.

    Returns
    -------
    ndarray of float64, shape (..., time)
        Anomalies [unit of values].

    Raises
    ------
    VadoseError
        If dekads lie outside 1..36 or lengths do not fit.

    Notes
    -----
    Choice: with several samples in a dekad the mean is over the means of the years, so that a year with more samples
    does not count more.

    Examples
    --------
    >>> from vadose.stats import windows
    >>> windows.dekad_climatology_anomaly([1.0, 2.0, 6.0, 5.0], [1, 1, 1, 2], [2001, 2002, 2003, 2003])
    array([-2., -1.,  3., nan])
    """
    index = _calendar(dekad, 36, "dekad") - 1
    years = np.asarray(year)
    shape, (rows,) = as_rows(values)
    if index.shape != (rows.shape[1],) or years.shape != index.shape:
        found = f"{index.shape} and {years.shape}"
        raise VadoseError("dekad, year", found=found, needed=f"one each per sample, ({rows.shape[1]},)")
    _, number = np.unique(years, return_inverse=True)
    span = int(number.max()) + 1 if number.size else 0
    present = np.isfinite(rows)
    data = np.where(present, rows, 0.0).astype(np.float64)
    centre = data.sum(axis=1, keepdims=True) / np.maximum(present.sum(axis=1, keepdims=True), 1)
    data = np.where(present, data - centre, np.nan)
    total, count = _grouped(np.where(present, data, 0.0), present, index * span + number, 36 * span)
    total, count = total.reshape(-1, 36, span), count.reshape(-1, 36, span)
    with np.errstate(invalid="ignore", divide="ignore"):
        yearly = np.where(count > 0, total / count, 0.0)
        known = (count > 0).sum(axis=-1)
        mean = np.where(known >= max(1, min_years), yearly.sum(axis=-1) / known, np.nan)
    return (data - mean[:, index]).reshape(*shape, rows.shape[1])


def _calendar(index: ArrayLike, most: int, name: str) -> NDArray[np.int64]:
    """Whole numbers 1..most, checked."""
    given = np.asarray(index)
    if given.size and not ((given >= 1).all() and (given <= most).all() and (given == np.floor(given)).all()):
        raise VadoseError(name, found="values outside the calendar", needed=f"whole numbers 1 to {most}")
    return given.astype(np.int64)


def _grouped(data: NDArray, present: NDArray, group: NDArray, groups: int) -> tuple[NDArray, NDArray]:
    """Sum and number of the present samples of each group, shape (points, groups)."""
    points = len(data)
    flat = (np.arange(points)[:, None] * groups + group).reshape(-1)
    total = np.bincount(flat, weights=data.reshape(-1), minlength=points * groups)
    count = np.bincount(flat, weights=present.reshape(-1).astype(np.float64), minlength=points * groups)
    return total.reshape(points, groups), count.reshape(points, groups)


def exponential_filter(values: ArrayLike, *, t_value: float, position: ArrayLike | None = None) -> NDArray[np.float64]:
    """Soil water index: recursive exponential filter of a surface series.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Surface soil moisture; NaN and infinities are missing [any unit].
    t_value : float
        Characteristic time T [d].
    position : array_like, shape (time,), optional
        Time of each sample, not falling [d]; default 0, 1, 2, ...

    Returns
    -------
    ndarray of float64, shape (..., time)
        Filtered series [unit of values]; NaN at missing samples, which do not change the state.

    Raises
    ------
    VadoseError
        If T is not positive, or positions fall or do not fit.

    Notes
    -----
    SWI_n = SWI_n-1 + K_n (v_n - SWI_n-1), K_n = K_n-1 / (K_n-1 + exp(-(t_n - t_n-1) / T)), K_0 = 1, SWI_0 = v_0
    (Wagner et al. 1999, doi:10.1016/S0034-4257(99)00036-X; Albergel et al. 2008, doi:10.5194/hess-12-1323-2008).
    pytesmo's ``exp_filter`` is the same to 2e-6 of the value: it keeps the gain in single precision, and takes only
    whole days for T.

    Examples
    --------
    K_1 = 1 / (1 + exp(-1/T)) = 2/3 for T = 1 / ln 2:

    >>> import numpy as np
    >>> from vadose.stats import windows
    >>> windows.exponential_filter([0.0, 3.0], t_value=1.0 / np.log(2.0)).round(6)
    array([0., 2.])
    """
    from .window_kernels import filter_rows

    if not t_value > 0.0:
        raise VadoseError("t_value", found=repr(t_value), needed="a time above 0 days")
    shape, (rows,) = as_rows(values)
    when = _times(position, rows.shape[1])
    out = np.empty(rows.shape)

    def work(part: slice) -> None:
        filter_rows(block(rows[part], slice(None)), when, float(t_value), out[part])

    over_rows(work, len(rows))
    return out.reshape(*shape, rows.shape[1])
