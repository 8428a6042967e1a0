"""Trends of series: Sen's slope, Mann-Kendall and its variants for persistent series, and the straight line."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows, block, regular_axis
from .status import STATUS
from .threads import over_rows

#: Tests that :func:`mann_kendall` offers.
TESTS = ("mk", "ar1", "hamed_rao", "yue_wang", "tfpw", "seasonal")
#: Tests that ``bias_corrected`` is for.
CORRECTABLE = ("hamed_rao", "yue_wang", "tfpw")
#: Degrees of freedom from which Student's t is taken as normal.
_FREEDOM = 1000
#: Most columns per sample before times are taken as irregular.
_SPARSE = 4
#: Most steps of an axis on which autocorrelations are taken.
_LONGEST = 100_000


def mann_kendall(
    values: ArrayLike,
    *,
    time: ArrayLike | None = None,
    test: str = "mk",
    period: int = 12,
    lags: int | None = None,
    bias_corrected: bool = False,
    level: float | None = 0.95,
    min_n: int = 3,
) -> dict[str, NDArray]:
    """Sen's slope and the Mann-Kendall test along the last axis, on the true time axis.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    time : array_like, shape (time,), optional
        Rising times, any spacing [any unit of time]; default 0, 1, 2, ...
    test : {"mk", "ar1", "hamed_rao", "yue_wang", "tfpw", "seasonal"}
        Mann-Kendall; for persistent series with the variance under a first-order autoregression (ours, which keeps its
        size), or that of Hamed and Rao (1998) or Yue and Wang (2004), or after trend-free pre-whitening (Yue
        et al. 2002); seasonal Kendall (Hirsch et al. 1982).
    period : int
        Steps in a year, for ``"seasonal"``.
    lags : int, optional
        Most lags that ``"hamed_rao"`` and ``"yue_wang"`` use. Default: all significant ones, and the lag-one
        autocorrelation with its powers.
    bias_corrected : bool
        Whether ``"hamed_rao"``, ``"yue_wang"`` and ``"tfpw"`` take a lag-one coefficient freed from the bias of short
        series, an autoregression's autocorrelations, and Student's t, so that they keep their size. Default: as
        published.
    level : float or None
        Level of the slope's interval [1]; None leaves it out (NaN), three times as fast.
    min_n : int
        Fewer values give NaN and status ``too_few_years`` (``no_data`` where there is none).

    Returns
    -------
    dict of ndarray, shape (...)
        ``slope``, ``slope_lower``, ``slope_upper`` [unit of values per unit of time], ``intercept`` [unit of values],
        ``s``, ``variance`` (of S), ``z``, ``p_value`` (two-sided), ``n`` [1], float64; ``status`` (int8, codes of
        :data:`vadose.stats.STATUS`; ``zero_variance`` for a constant series, whose slope 0 and p 1 are given).

    Raises
    ------
    VadoseError
        If times do not rise, are not on a regular axis where a test needs one, or an option is out of range.

    Notes
    -----
    slope = median of (x_j - x_i)/(t_j - t_i), i < j (Sen 1968, doi:10.1080/01621459.1968.10480934), exactly as float64
    divides; intercept = median(x) - slope median(t); S = sum sign(x_j - x_i); var(S) = [n(n-1)(2n+5) -
    sum_ties t(t-1)(2t+5)]/18; z = (S - sign S)/sqrt(var S); p = erfc(abs(z)/sqrt 2). Interval: slopes of rank (N ± q
    sqrt(var S))/2, N pairs (Gilbert 1987, sec. 16.5), rounded as scipy.stats.theilslopes does.

    Gaps keep their length: a missing value removes its pairs and moves nothing. Autocorrelations are of detrended
    values at true lags: rho(k) = [mean over pairs of d_i d_(i+k)] (1 - k/T) / mean(d^2), T steps from first to last
    value, which without gaps is the usual estimator.

    ``ar1``: var(S) times sum_(i,j) w_i w_j rho(t_j - t_i) / (4 sum a_i^2), a_i the centred places of the samples,
    rho(k) = (6/pi) arcsin(phi^k / 2) the rank correlation of a Gaussian AR(1), w_i = sum_j sign(t_i - t_j) / sqrt(1 -
    phi^abs(t_i - t_j)). Choice: these weights, since a pair counts by the sign of its difference, whose standard
    deviation is that root; without phi they are 2 a. They meet the simulated variance within 6 % (n >= 25, phi <=
    0.98). Choice: phi = (r + 2/n)/(1 - 4/T), r = 2 sin(pi r_s/6) of the correlation r_s of ranks at lag one, so that
    neither skewness nor outliers move it; it takes away the bias of about -(2/n + 4 phi/T) that removing a line leaves
    (without gaps -(2 + 4 phi)/n: Marriott and Pope 1954, Biometrika 41, 390; van Giersbergen 2005, Economics Letters
    89, 75), within -0.9..0.98, and 0.98 with fewer than 4 pairs at lag one. Choice: p from Student's t with m/f - 2
    degrees of freedom (at least 2), m - 1 pairs at lag one and f the factor of ``yue_wang`` for this phi, because phi
    itself is uncertain.

    ``hamed_rao``: var(S) times 1 + 2/(T(T-1)(T-2)) sum_k (T-k)(T-k-1)(T-k-2) q_k rho_k of ranks, over k with
    abs(rho_k) beyond its 95 % bound (doi:10.1016/S0022-1694(97)00125-X, eq. 15). Choice: q_k, the number of pairs at
    lag k per sample over that without gaps, which the paper does not need.

    ``yue_wang``: var(S) times 1 + (2/n) sum_(i<j) rho_1^(t_j - t_i) (doi:10.1023/B:WARM.0000043140.61082.60), or with
    ``lags`` 1 + 2 sum_k (m_k/n) rho_k, m_k pairs at lag k.

    ``tfpw``: the test is made on d_t - rho_1 d_(t-1) + slope t where both samples exist (doi:10.1002/hyp.1095); ``s``
    and ``variance`` are of this series. Choice: the slope's interval has the variance of ``yue_wang``.

    ``seasonal``: pairs of the same season alone; S and var(S) are sums over seasons, taken as independent
    (doi:10.1029/WR018i001p00107). The slope is the median over these pairs.

    ``bias_corrected``: with phi and Student's t of ``ar1``. ``hamed_rao`` then is ``ar1``: ranks, and the variance of S
    of an autoregression, which is the paper's theory (its eq. 15 approximates it). ``yue_wang`` has n/n* = 1 + (2/n)
    sum_(i<j) phi^(t_j - t_i), with n* - 2 degrees of freedom: S of ``ar1`` with another variance, without gaps the
    larger, because this is the factor of a mean. ``tfpw`` is made on e_t + b t, e_t = (d_t - phi^k d_(t-k)) / sqrt(1 -
    phi^(2k)), k the steps since the last value, phi from the values themselves, b = slope / sqrt(V), V = sum_(i,j) a_i
    a_j phi^abs(t_i - t_j) / sum a_i^2 the factor of the variance of a slope: every value counts, gaps keep their
    length, and the slope goes back as steep as chance makes it in white noise of this variance (variance-corrected
    pre-whitening, Wang et al. 2015, doi:10.1061/(ASCE)HE.1943-5584.0001234; bias-corrected, Hamed 2009,
    doi:10.1016/j.jhydrol.2009.01.040). Without gaps that is nearly the test of x_t - phi x_(t-1). Choice: V and its
    finite sum, for Wang's (1 + phi)/(1 - phi); the slope's interval has the variance of ``ar1`` for this phi. Under
    persistence that is not of first order none of these need hold its size.

    Choice: where the factor on var(S) comes out at or below 0 there is no correction.

    Size, simulated at a nominal 5 % (``benchmarks/trend_size.py``): under AR(1) with phi up to 0.7, n = 50..300 and
    none or 30 % missing ``ar1`` and the corrected tests reject 4.0-5.9 % of series without trend, of lognormal ones
    with phi = 0.5 5-6 %; with n = 25 or phi = 0.8 3.3-6.8 % (``tfpw`` up to 7.6 %, ``yue_wang`` 7.8 %). With n = 5..12
    they reject too many, ``ar1`` 6-9 % of white noise and up to 17 % with phi = 0.8; of AR(2) series (0.4, 0.25) each
    12-14 %. As published they do not keep their size: with phi = 0.5 and n = 50 ``mk`` rejects 24 %, ``hamed_rao``
    18 %, ``yue_wang`` 8 %, ``tfpw`` 29 %, since they take the biased rho as it is, add up noise of many lags, or put
    the full trend, steepened by persistence, back on whitened noise.

    Examples
    --------
    Slopes between samples at 0, 1 and 4 years are 1, 2 and 7/3, not compressed to neighbours:

    >>> from vadose.stats import trends
    >>> got = trends.mann_kendall([1.0, 2.0, float("nan"), float("nan"), 9.0])
    >>> float(got["slope"]), float(got["s"]), float(got["n"]), float(got["intercept"])
    (2.0, 3.0, 3.0, 0.0)
    """
    _check(test=test, level=level, period=period, lags=lags, min_n=min_n, bias_corrected=bias_corrected)
    from scipy.special import erfc, ndtri, stdtr

    from .trend_kernels import COLUMNS, trend_rows
    from .trend_kernels import TESTS as NUMBERS

    shape, (rows,) = as_rows(_some(values))
    time = None if np.shape(values)[-1:] == (0,) else time
    cycle = period if test == "seasonal" else 1
    index, axis, tau, regular = _lay_out(time, rows.shape[1], needs_regular=test != "mk", test=test)
    if rest := -len(axis) % cycle:  # whole years: columns without values
        step = axis[1] - axis[0] if len(axis) > 1 else 1.0
        axis = np.concatenate([axis, axis[-1] + step * np.arange(1, rest + 1)])
        tau = np.arange(len(axis), dtype=np.float64)
    quantiles, corrected = quantiles_of(level), bias_corrected or test == "ar1"
    got = np.full((len(rows), len(COLUMNS)), np.nan)

    def work(part: slice) -> None:
        trend_rows(block(rows[part], slice(None)), index, axis, tau, regular, cycle, NUMBERS[test], corrected,
                   lags or 0, float(ndtri(0.975)), quantiles, min_n, got[part])  # fmt: skip

    over_rows(work, len(rows), rows=max(4, min(4096, 2_000_000 // len(axis) ** 2)))
    out = {name: got[:, k].copy() for k, name in enumerate(COLUMNS)}
    s, variance, n = out["s"], out["variance"], out["n"]
    with np.errstate(invalid="ignore", divide="ignore"):
        out["z"] = np.where(s == 0.0, 0.0, (s - np.sign(s)) / np.sqrt(variance))
    freedom = out.pop("freedom")
    out["p_value"] = erfc(np.abs(out["z"]) / np.sqrt(2.0))
    if corrected:
        out["p_value"] = 2.0 * stdtr(freedom, -np.abs(out["z"]))
    out["status"] = trend_status(n, np.isnan(out["slope"]), variance == 0.0)
    return {name: field.reshape(shape) for name, field in out.items()}


def straight_line(
    values: ArrayLike, *, time: ArrayLike | None = None, level: float | None = 0.95, min_n: int = 3
) -> dict[str, NDArray]:
    """Least-squares slope with its t test along the last axis.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    time : array_like, shape (time,), optional
        Rising times [any unit of time]; default 0, 1, 2, ...
    level : float or None
        Level of the slope's interval [1]; None leaves it out (NaN).
    min_n : int
        Fewer values, or fewer than 3, give NaN and a status.

    Returns
    -------
    dict of ndarray, shape (...)
        ``slope``, ``slope_lower``, ``slope_upper``, ``intercept``, ``z`` (the t statistic), ``p_value`` (two-sided, n
        - 2 degrees of freedom), ``n``, float64; ``status`` (int8).

    Raises
    ------
    VadoseError
        If times do not rise or an option is out of range.

    Notes
    -----
    slope = sum (t - mean t)(x - mean x) / sum (t - mean t)^2; t = slope / sqrt(SSE / ((n - 2) sum (t - mean t)^2)).
    Residuals are taken as independent: for persistent series the p-value is too small.

    Examples
    --------
    >>> from vadose.stats import trends
    >>> got = trends.straight_line([1.0, 3.0, 2.0, 4.0])
    >>> round(float(got["slope"]), 12), round(float(got["intercept"]), 12), round(float(got["p_value"]), 12)
    (0.8, 1.3, 0.2)
    """
    _check(test="mk", level=level, period=1, lags=None, min_n=min_n)
    from scipy.special import stdtr, stdtrit

    shape, (rows,) = as_rows(_some(values))
    time = None if np.shape(values)[-1:] == (0,) else time
    t = as_times(time, rows.shape[1])
    names = ("slope", "slope_lower", "slope_upper", "intercept", "z", "p_value", "n")
    got = np.full((len(rows), len(names)), np.nan)

    def work(part: slice) -> None:
        x = block(rows[part], slice(None))
        valid = np.isfinite(x)
        n = valid.sum(axis=-1)
        got[part, 6] = n
        with np.errstate(invalid="ignore", divide="ignore"):
            middle = np.where(valid, x, 0.0).sum(axis=-1) / n
            centre = np.where(valid, t, 0.0).sum(axis=-1) / n
            d = np.where(valid, x - middle[:, None], 0.0)
            u = np.where(valid, t - centre[:, None], 0.0)
            power = (u * u).sum(axis=-1)
            slope = (u * d).sum(axis=-1) / power
            left = ((d - slope[:, None] * u) ** 2).sum(axis=-1)
            error = np.sqrt(left / (n - 2.0) / power)
            ratio = np.where(slope == 0.0, 0.0, slope / error)
            reach = stdtrit(np.maximum(n - 2.0, 1.0), 0.5 + 0.5 * level) * error if level else np.nan
            p = 2.0 * stdtr(np.maximum(n - 2.0, 1.0), -np.abs(ratio))
            line = np.stack([slope, slope - reach, slope + reach, middle - slope * centre, ratio, p], axis=-1)
        got[part, :6] = np.where((n >= max(min_n, 3))[:, None], line, np.nan)

    over_rows(work, len(rows), rows=max(16, 100_000 // rows.shape[1]))
    out = {name: got[:, k].copy() for k, name in enumerate(names)}
    flat = (out["slope"] == 0.0) & (out["slope_upper"] == 0.0)
    out["status"] = trend_status(out["n"], np.isnan(out["slope"]), flat)
    return {name: field.reshape(shape) for name, field in out.items()}


def _check(*, test: str, level: float | None, period: int, lags: int | None, min_n: int,
           bias_corrected: bool = False) -> None:  # fmt: skip
    """Refuse options that cannot be meant."""
    if test not in TESTS:
        raise VadoseError("test", found=repr(test), needed=f"one of {list(TESTS)}")
    if level is not None and not 0.0 < level < 1.0:
        raise VadoseError(
            "level", found=repr(level), needed="a number between 0 and 1, or None", do="Use 0.95 for 95 %."
        )
    if test == "seasonal" and period < 2:
        raise VadoseError("period", found=repr(period), needed="at least 2 steps in a year", do="Use 12 for months.")
    if lags is not None and lags < 1:
        raise VadoseError("lags", found=repr(lags), needed="at least 1 lag, or None")
    if bias_corrected and test not in CORRECTABLE:
        raise VadoseError("bias_corrected", found=f"test={test!r}", needed=f"one of {list(CORRECTABLE)}",
                          do="Leave it out: 'ar1' is corrected, the others have no coefficient.")  # fmt: skip
    if bias_corrected and lags is not None:
        raise VadoseError("lags", found=f"{lags} with bias_corrected", needed="None: all lags follow from the first")
    if min_n < 2:
        raise VadoseError("min_n", found=repr(min_n), needed="at least 2 values")


def _some(values: ArrayLike) -> NDArray:
    """The values; one missing value in place of none."""
    x = np.asarray(values)
    return np.full((*x.shape[:-1], 1), np.nan) if x.shape[-1:] == (0,) else x


def quantiles_of(level: float | None) -> NDArray[np.float64]:
    """Student's two-sided quantiles for 0 (as 1), 1, 2, ... degrees of freedom, the normal one last; none for None."""
    from scipy.special import ndtri, stdtrit

    if level is None:
        return np.empty(0)
    freedom = np.maximum(np.arange(_FREEDOM), 1)
    return np.append(stdtrit(freedom, 0.5 + 0.5 * level), ndtri(0.5 + 0.5 * level))


def place_on_axis(time: ArrayLike | None, length: int, *, needs_regular: bool, test: str) -> NDArray[np.int64]:
    """Step of each sample on the regular axis of the times; in order where there is none and none is needed."""
    return _lay_out(time, length, needs_regular=needs_regular, test=test)[0]


def trend_status(n: NDArray, missing: NDArray, constant: NDArray) -> NDArray[np.int8]:
    """Status of trends of series with ``n`` values."""
    few = np.where(n == 0, STATUS["no_data"], STATUS["too_few_years"])
    return np.where(missing, few, np.where(constant, STATUS["zero_variance"], STATUS["ok"])).astype(np.int8)


def as_times(time: ArrayLike | None, length: int) -> NDArray[np.float64]:
    """Times as rising float64."""
    if time is None:
        return np.arange(length, dtype=np.float64)
    given = np.asarray(time)
    if given.dtype.kind not in "fiu":
        raise VadoseError("time", found=f"{given.dtype} values", needed="real numbers, such as decimal years")
    given = given.astype(np.float64)
    if given.shape != (length,):
        raise VadoseError("time", found=f"shape {given.shape}", needed=f"one time per sample, shape ({length},)")
    steps = np.diff(given)
    if not np.isfinite(given).all() or (steps <= 0).any():
        raise VadoseError(
            "time", found="times that do not rise", needed="finite, rising times", do="Sort, drop duplicates."
        )
    return given


def _lay_out(
    time: ArrayLike | None, length: int, *, needs_regular: bool, test: str
) -> tuple[NDArray[np.int64], NDArray, NDArray, bool]:
    """Column of each sample, the times of all columns, these from 0 in smallest steps, and whether they are regular."""
    t = as_times(time, length)
    index = np.arange(length, dtype=np.int64)
    if length < 2:
        return index, t, index.astype(np.float64), True
    if np.array_equal(t, np.rint(t)) and np.abs(t).max() < 2.0**53:
        place, span = regular_axis(t.astype(np.int64), length) if t[-1] - t[0] < 1e7 else (None, 0)
    else:
        steps = (t - t[0]) / np.diff(t).min()
        whole = np.rint(steps)
        fits = np.abs(steps - whole).max() < 1e-6 and whole[-1] < 1e7
        place, span = (whole.astype(np.int64), int(whole[-1]) + 1) if fits else (None, 0)
    if place is not None and span <= (_LONGEST if needs_regular else _SPARSE * length):
        axis = t[0] + (t[-1] - t[0]) * np.arange(span) / (span - 1)
        axis[place] = t
        return place, axis, np.arange(span, dtype=np.float64), True
    if needs_regular:
        raise VadoseError("time", found="irregular times", needed=f"a regular axis for the test {test!r}",
                          do="Make means per month or year first, or use test='mk'.")  # fmt: skip
    return index, t, (t - t[0]) / np.diff(t).min(), False
