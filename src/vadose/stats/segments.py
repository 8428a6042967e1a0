"""Trends of series whose level may jump at known times: pairs within segments, and a line with steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows, block
from .threads import over_rows
from .trends import as_times, place_on_axis, quantiles_of, trend_status


def kendall_within(
    values: ArrayLike,
    segment: ArrayLike,
    *,
    time: ArrayLike | None = None,
    test: str = "ar1",
    level: float | None = 0.95,
    min_n: int = 4,
) -> dict[str, NDArray]:
    """Sen's slope and the Mann-Kendall test from pairs of one segment alone, along the last axis.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    segment : array_like of int, shape (time,)
        Segment of each sample, rising: 0, 0, ..., 1, 1, ...
    time : array_like, shape (time,), optional
        Rising times [any unit of time]; default 0, 1, 2, ... On a regular axis for ``"ar1"``.
    test : {"ar1", "mk"}
        Variance under a first-order autoregression, or of independent samples.
    level : float or None
        Level of the slope's interval [1]; None leaves it out (NaN).
    min_n : int
        Fewer values give NaN and status ``too_few_years`` (``no_data`` where there is none).

    Returns
    -------
    dict of ndarray, shape (...)
        ``slope``, ``slope_lower``, ``slope_upper`` [unit of values per unit of time], ``s``, ``variance``, ``z``,
        ``p_value``, ``n``, ``segments`` (with values) [1]; ``status`` (int8).

    Raises
    ------
    VadoseError
        If times do not rise, segments do not fit, or an option is out of range.

    Notes
    -----
    A shift of a whole segment moves no slope within it: slope = median of (x_j - x_i)/(t_j - t_i) over i < j of one
    segment; S and, for independent samples, var(S) are sums over segments (as Hirsch et al. 1982 do over seasons,
    doi:10.1029/WR018i001p00107). ``ar1``: var(S) times the factor of :func:`vadose.stats.trends.mann_kendall`, places
    and weights from pairs of one segment alone, correlations between all values. Choice: phi from ranks of the values
    less slope and mean of their segment, phi = (r + (K + 1)/n)/(1 - (3 K + 1)/T), K segments, which for K = 1 is the
    correction used there, 0.98 with fewer than 3 K + 1 pairs at lag one; Student's t with m/f - 1 - K degrees of
    freedom, at least 2. Simulated (``benchmarks/trend_breaks.py``): it rejects 2.5-5 % with phi up to 0.8 and 10 values
    or more; in shorter segments less, since few orders of few values are rare enough to be called a trend. No interval
    is wider than the slopes there are: of 6 values in 2 segments, none missing, it holds the slope in 91-95 %.

    Examples
    --------
    A step of 10 between years 2 and 3 hides a slope of 1:

    >>> got = kendall_within([0.0, 1.0, 2.0, -7.0, -6.0, -5.0], [0, 0, 0, 1, 1, 1], test="mk")
    >>> float(got["slope"]), float(got["s"]), float(got["segments"])
    (1.0, 6.0, 2.0)
    """
    if test not in ("ar1", "mk"):
        raise VadoseError("test", found=repr(test), needed="'ar1' or 'mk'")
    _check(level, min_n)
    from scipy.special import erfc, stdtr

    from .segment_kernels import COLUMNS, segment_rows

    shape, (rows,) = as_rows(values)
    t = as_times(time, rows.shape[1])
    label, count = _labels(segment, rows.shape[1])
    place = place_on_axis(time, rows.shape[1], needs_regular=test == "ar1", test=test)
    quantiles = quantiles_of(level)
    got = np.full((len(rows), len(COLUMNS)), np.nan)

    def work(part: slice) -> None:
        segment_rows(block(rows[part], slice(None)), place, label, t, count, test == "ar1", quantiles, min_n, got[part])

    over_rows(work, len(rows), rows=256)
    out = {name: got[:, k].copy() for k, name in enumerate(COLUMNS)}
    s, variance = out["s"], out["variance"]
    with np.errstate(invalid="ignore", divide="ignore"):
        out["z"] = np.where(s == 0.0, 0.0, (s - np.sign(s)) / np.sqrt(variance))
    freedom = out.pop("freedom")
    out["p_value"] = erfc(np.abs(out["z"]) / np.sqrt(2.0))
    if test == "ar1":
        out["p_value"] = 2.0 * stdtr(freedom, -np.abs(out["z"]))
    out["status"] = trend_status(out["n"], np.isnan(out["slope"]), variance == 0.0)
    return {name: field.reshape(shape) for name, field in out.items()}


def line_with_steps(
    values: ArrayLike,
    segment: ArrayLike,
    *,
    time: ArrayLike | None = None,
    level: float | None = 0.95,
    min_n: int = 4,
) -> dict[str, NDArray]:
    """Least-squares slope common to all segments, each with a level of its own, along the last axis.

    Parameters
    ----------
    values, segment, time, level
        As :func:`kendall_within`.
    min_n : int
        Fewer values, or fewer than segments + 2, give NaN and a status.

    Returns
    -------
    dict of ndarray, shape (...)
        ``slope``, ``slope_lower``, ``slope_upper`` [unit of values per unit of time], ``z`` (t statistic), ``p_value``,
        ``n``, ``segments`` (with values) [1]; ``status`` (int8); and ``step`` with ``step_lower``, ``step_upper``
        [unit of values], shape (..., segments - 1): level of a segment less that of the one before, NaN where one has
        no value.

    Raises
    ------
    VadoseError
        If times do not rise, segments do not fit, or an option is out of range.

    Notes
    -----
    x = c_k + b t + e: b = sum (t - mean_k t)(x - mean_k x) / sum (t - mean_k t)^2 with the means of the segment; n - K
    - 1 degrees of freedom, K segments with values; step = difference of mean_k x - b mean_k t, variance s^2 (1/n_k +
    1/n_(k-1) + (mean_k t - mean_(k-1) t)^2 / sum (t - mean_k t)^2). Residuals are taken as independent.

    Examples
    --------
    >>> got = line_with_steps([0.0, 1.0, 2.0, -7.0, -6.0, -5.0], [0, 0, 0, 1, 1, 1])
    >>> float(got["slope"]), got["step"].tolist()
    (1.0, [-10.0])
    """
    _check(level, min_n)
    from scipy.special import stdtr, stdtrit

    shape, (rows,) = as_rows(values)
    t = as_times(time, rows.shape[1])
    label, count = _labels(segment, rows.shape[1])
    names = ("slope", "slope_lower", "slope_upper", "z", "p_value", "n", "segments")
    got = np.full((len(rows), len(names)), np.nan)
    steps = np.full((3, len(rows), max(count - 1, 0)), np.nan)
    member = label == np.arange(count)[:, None]

    def work(part: slice) -> None:
        x = block(rows[part], slice(None))
        valid = np.isfinite(x)
        inside = valid[:, None, :] & member
        size = inside.sum(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            centre = np.where(inside, t, 0.0).sum(axis=-1) / size
            middle = np.where(inside, x[:, None, :], 0.0).sum(axis=-1) / size
            u = np.where(valid, t - centre[:, label], 0.0)
            d = np.where(valid, x - middle[:, label], 0.0)
            power = (u * u).sum(axis=-1)
            slope = (u * d).sum(axis=-1) / power
            left = ((d - slope[:, None] * u) ** 2).sum(axis=-1)
            used, n = (size > 0).sum(axis=-1), valid.sum(axis=-1)
            freedom = n - used - 1.0
            spread = np.sqrt(left / freedom)
            error = spread / np.sqrt(power)
            ratio = np.where(slope == 0.0, 0.0, slope / error)
            student = stdtrit(np.maximum(freedom, 1.0), 0.5 + 0.5 * level) if level else np.full(len(x), np.nan)
            p = 2.0 * stdtr(np.maximum(freedom, 1.0), -np.abs(ratio))
            enough = (n >= max(min_n, 3)) & (freedom >= 1) & (power > 0)
            line = np.stack([slope, slope - student * error, slope + student * error, ratio, p], axis=-1)
            got[part, :5] = np.where(enough[:, None], line, np.nan)
            got[part, 5], got[part, 6] = n, used
            height = middle - slope[:, None] * centre
            jump = np.diff(height, axis=-1)
            wide = 1.0 / size[:, 1:] + 1.0 / size[:, :-1] + np.diff(centre, axis=-1) ** 2 / power[:, None]
            reach = (student * spread)[:, None] * np.sqrt(wide)
            for k, bound in enumerate((jump, jump - reach, jump + reach)):
                steps[k, part] = np.where(enough[:, None], bound, np.nan)

    over_rows(work, len(rows), rows=max(16, 100_000 // (rows.shape[1] * count)))
    out = {name: got[:, k].copy() for k, name in enumerate(names)}
    flat = (out["slope"] == 0.0) & (out["slope_upper"] == 0.0)
    out["status"] = trend_status(out["n"], np.isnan(out["slope"]), flat)
    out = {name: field.reshape(shape) for name, field in out.items()}
    for name, field in zip(("step", "step_lower", "step_upper"), steps):
        out[name] = field.reshape(*shape, max(count - 1, 0))
    return out


def _check(level: float | None, min_n: int) -> None:
    if level is not None and not 0.0 < level < 1.0:
        raise VadoseError("level", found=repr(level), needed="a number between 0 and 1, or None")
    if min_n < 2:
        raise VadoseError("min_n", found=repr(min_n), needed="at least 2 values")


def _labels(segment: ArrayLike, length: int) -> tuple[NDArray[np.int64], int]:
    """Segments renumbered 0, 1, 2, ..., and their number."""
    given = np.asarray(segment)
    if given.shape != (length,) or given.dtype.kind not in "iu" or (np.diff(given.astype(np.int64)) < 0).any():
        raise VadoseError("segment", found=f"{given.dtype} values of shape {given.shape}",
                          needed=f"whole numbers that do not fall, shape ({length},)")  # fmt: skip
    if not length:
        raise VadoseError("values", found="no time", needed="at least one sample")
    names, label = np.unique(given, return_inverse=True)
    return label.astype(np.int64), len(names)
