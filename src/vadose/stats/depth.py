"""How a deep series follows one at the surface: correlation by lag, and through an exponential filter."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows, regular_axis
from .status import STATUS
from .threads import over_rows

#: Time scales tried first [d]: from a day to a year, each 1.3 to 1.5 times the one before.
TIME_SCALES = (1, 1.5, 2, 3, 4, 5, 7, 10, 13, 17, 22, 30, 40, 52, 68, 90, 120, 160, 210, 280, 365)


def lagged_correlation(
    surface: ArrayLike,
    deep: ArrayLike,
    *,
    lags: ArrayLike,
    position: ArrayLike | None = None,
    min_n: int = 30,
) -> dict[str, NDArray]:
    """Pearson correlation of a surface series with a deep one by lag, on the true time axis.

    Parameters
    ----------
    surface, deep : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    lags : array_like of int, shape (lag,)
        Rising lags [steps]; at a positive one the deep series is later.
    position : array_like of int, shape (time,), optional
        Rising positions whose common divisor is the step; default 0, 1, 2, ...
    min_n : int
        Fewer pairs at a lag give NaN there.

    Returns
    -------
    dict of ndarray
        ``r`` and ``n`` (..., lag); ``lag`` (...) of the largest r [steps], NaN where it is the first or last lag tried;
        ``r_max`` (...); ``status`` (...): ``no_data``, ``no_overlap``, ``too_few_pairs``, ``zero_variance``, or
        ``not_converged`` where the largest r stands at an end.

    Raises
    ------
    VadoseError
        If shapes do not fit, positions or lags do not rise, or fewer than 3 lags are given.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats import depth
    >>> x = np.sin(np.arange(60.0) / 5)
    >>> got = depth.lagged_correlation(x[3:], x[:-3], lags=range(6))
    >>> float(got["lag"]), round(float(got["r_max"]), 6)
    (3.0, 1.0)
    """
    from .depth_kernels import lag_rows

    steps = np.asarray(lags)
    if steps.ndim != 1 or steps.size < 3 or steps.dtype.kind not in "iu" or (np.diff(steps) <= 0).any():
        raise VadoseError("lags", found=repr(lags), needed="at least 3 rising whole steps")
    shape, (x, y) = as_rows(surface, deep)
    axis, span = regular_axis(position, x.shape[1])
    count = max(len(x), len(y))
    r, number = np.empty((count, steps.size)), np.empty((count, steps.size), np.int64)
    steps = steps.astype(np.int64)

    def work(part: slice) -> None:
        a, b = (_spread(rows, part, axis, span) for rows in (x, y))
        lag_rows(a, b, steps, max(min_n, 3), r[part], number[part])

    over_rows(work, count, rows=4)
    known = np.isfinite(r)
    top = np.argmax(np.where(known, r, -2.0), axis=1)
    rows = np.arange(count)
    found = known.any(axis=1)
    inner = found & (top > 0) & (top < steps.size - 1)
    most = number.max(axis=1, initial=0)
    status = np.where(inner, STATUS["ok"], STATUS["not_converged"])
    status = np.where(found, status, np.where(most >= max(min_n, 3), STATUS["zero_variance"], STATUS["too_few_pairs"]))
    status = np.where(most == 0, STATUS["no_overlap"], status)
    status = np.where(_absent(x) | _absent(y), STATUS["no_data"], status).astype(np.int8)
    return {
        "r": r.reshape(*shape, -1), "n": number.reshape(*shape, -1),
        "lag": np.where(inner, steps[top], np.nan).reshape(shape),
        "r_max": np.where(found, r[rows, top], np.nan).reshape(shape), "status": status.reshape(shape),
    }  # fmt: skip


def best_time_scale(
    surface: ArrayLike,
    deep: ArrayLike,
    *,
    position: ArrayLike | None = None,
    time_scales: ArrayLike = TIME_SCALES,
    min_n: int = 30,
) -> dict[str, NDArray]:
    """Time scale T of the exponential filter of a surface series that correlates best with a deep one.

    Parameters
    ----------
    surface, deep : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    position : array_like, shape (time,), optional
        Time of each sample, rising [d]; default 0, 1, 2, ...
    time_scales : array_like, shape (t_value,)
        Rising time scales tried first [d].
    min_n : int
        Fewer times at which both are known give NaN.

    Returns
    -------
    dict of ndarray
        ``r`` (..., t_value) at each scale tried; ``t_best`` (...) [d], NaN where the best is the first or last tried;
        ``r_best`` (...) the largest correlation; ``n`` (...); ``status`` (...): as :func:`lagged_correlation`.

    Raises
    ------
    VadoseError
        If shapes do not fit, or positions or scales do not rise.

    Notes
    -----
    Filter: :func:`vadose.stats.windows.exponential_filter`. The best of the scales tried is refined by golden section
    in log T between its neighbours to 0.1 %. Choice: a maximum at an end of the range is no T but a status.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats import depth, windows
    >>> x = np.random.default_rng(1).random(2000)
    >>> y = windows.exponential_filter(x, t_value=12.0)
    >>> round(float(depth.best_time_scale(x, y)["t_best"]), 1)
    12.0
    """
    from .depth_kernels import best_rows

    grid = np.asarray(time_scales, np.float64)
    if grid.ndim != 1 or grid.size < 3 or not (grid[0] > 0 and (np.diff(grid) > 0).all() and np.isfinite(grid).all()):
        raise VadoseError("time_scales", found=repr(time_scales), needed="at least 3 rising times above 0 d")
    shape, (x, y) = as_rows(surface, deep)
    when = np.arange(x.shape[1], dtype=float) if position is None else np.asarray(position, np.float64)
    if when.shape != (x.shape[1],) or not (np.diff(when) > 0).all():
        raise VadoseError("position", found=f"shape {when.shape}", needed="one rising time per sample")
    count = max(len(x), len(y))
    every = np.empty((count, grid.size))
    best, top = np.empty(count), np.empty(count)
    number, end = np.empty(count, np.int64), np.empty(count, np.int64)

    def work(part: slice) -> None:
        a, b = (_rows(rows, part) for rows in (x, y))
        best_rows(a, b, when, grid, max(min_n, 3), 1e-3, every[part], best[part], top[part], number[part], end[part])

    over_rows(work, count, rows=4)
    none = np.where(number == 0, STATUS["no_overlap"],
                    np.where(number < max(min_n, 3), STATUS["too_few_pairs"], STATUS["zero_variance"]))  # fmt: skip
    none = np.where(_absent(x) | _absent(y), STATUS["no_data"], none)
    status = np.choose(end, [STATUS["ok"], STATUS["not_converged"], none]).astype(np.int8)
    return {
        "r": every.reshape(*shape, -1), "t_best": best.reshape(shape), "r_best": top.reshape(shape),
        "n": number.reshape(shape), "status": status.reshape(shape),
    }  # fmt: skip


def _absent(rows: NDArray) -> NDArray[np.bool_]:
    """Rows without any value."""
    return ~np.isfinite(rows).any(axis=1)


def _rows(rows: NDArray, part: slice) -> NDArray[np.float64]:
    """The rows of a block, a shared one as often as needed."""
    size = part.stop - part.start
    wanted = rows[part] if len(rows) > 1 else np.broadcast_to(rows, (size, rows.shape[1]))
    out = np.ascontiguousarray(wanted, np.float64)
    return out if out.flags.writeable else out.copy()


def _spread(rows: NDArray, part: slice, axis: NDArray, span: int) -> NDArray[np.float64]:
    """The rows of a block laid out on the regular axis."""
    out = np.full((part.stop - part.start, span), np.nan)
    out[:, axis] = _rows(rows, part)
    return out
