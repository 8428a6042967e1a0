"""Bringing one record to the scale of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows
from .status import STATUS

#: Percentiles of CDF matching where none are given.
PERCENTILES = (0.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 100.0)


def _common(x: ArrayLike, y: ArrayLike, min_n: int) -> tuple[tuple[int, ...], NDArray, NDArray, NDArray]:
    """Shape, ``x`` as rows, and both with NaN where either is missing or the row has fewer than ``min_n`` pairs."""
    shape, (a, b) = as_rows(x, y)
    a, b = np.broadcast_arrays(a.astype(np.float64), b.astype(np.float64))
    both = np.isfinite(a) & np.isfinite(b)
    both &= both.sum(axis=1, keepdims=True) >= max(min_n, 1)
    return (*shape, a.shape[1]), a, np.where(both, a, np.nan), np.where(both, b, np.nan)


def _mean(rows: NDArray) -> NDArray:
    """Mean of each row's present values, NaN where there are none."""
    present = ~np.isnan(rows)
    with np.errstate(invalid="ignore"):
        first = np.sum(np.where(present, rows, 0.0), axis=1, keepdims=True) / present.sum(axis=1, keepdims=True)
        rest = np.sum(np.where(present, rows - first, 0.0), axis=1, keepdims=True) / present.sum(axis=1, keepdims=True)
    return first + rest


def _line(rows: NDArray, source: NDArray, slope: NDArray, at: NDArray, to: NDArray) -> NDArray:
    """The line through (at, to), NaN where the source is constant."""
    moves = np.nanmax(np.where(np.isnan(source), -np.inf, source), axis=1, keepdims=True) > np.nanmin(
        np.where(np.isnan(source), np.inf, source), axis=1, keepdims=True
    )
    with np.errstate(invalid="ignore"):
        return np.where(moves & np.isfinite(rows), (rows - at) * np.where(moves, slope, np.nan) + to, np.nan)


def mean_std(x: ArrayLike, y: ArrayLike, *, min_n: int = 2) -> NDArray[np.float64]:
    """Scale ``x`` to the mean and standard deviation of ``y``.

    Parameters
    ----------
    x, y : array_like, shape (..., time)
        Record and reference; NaN is missing. Moments are of the samples that both have [any units].
    min_n : int
        Fewer common samples give NaN.

    Returns
    -------
    ndarray of float64, shape (..., time)
        All values of ``x``, scaled [unit of y]; NaN where ``x`` is constant.

    Raises
    ------
    VadoseError
        If the shapes do not fit.

    Notes
    -----
    (x - mean(x)) std(y) / std(x) + mean(y).

    Examples
    --------
    >>> from vadose.stats import rescale
    >>> rescale.mean_std([1.0, 2.0, 3.0], [10.0, 20.0, 30.0])
    array([10., 20., 30.])
    """
    shape, rows, a, b = _common(x, y, min_n)
    ma, mb = _mean(a), _mean(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.sqrt(_mean((b - mb) ** 2) / _mean((a - ma) ** 2))
    return _line(rows, a, slope, ma, mb).reshape(shape)


def min_max(x: ArrayLike, y: ArrayLike, *, min_n: int = 2) -> NDArray[np.float64]:
    """Scale ``x`` to the smallest and largest value of ``y``.

    Parameters
    ----------
    x, y : array_like, shape (..., time)
        Record and reference; NaN is missing. Extremes are of the samples that both have [any units].
    min_n : int
        Fewer common samples give NaN.

    Returns
    -------
    ndarray of float64, shape (..., time)
        All values of ``x``, scaled [unit of y]; NaN where ``x`` is constant.

    Raises
    ------
    VadoseError
        If the shapes do not fit.

    Notes
    -----
    (x - min(x)) (max(y) - min(y)) / (max(x) - min(x)) + min(y).

    Examples
    --------
    >>> from vadose.stats import rescale
    >>> rescale.min_max([1.0, 2.0, 3.0], [5.0, 6.0, 9.0])
    array([5., 7., 9.])
    """
    shape, rows, a, b = _common(x, y, min_n)
    low_a, low_b = (np.min(np.where(np.isnan(v), np.inf, v), axis=1, keepdims=True) for v in (a, b))
    high_a, high_b = (np.max(np.where(np.isnan(v), -np.inf, v), axis=1, keepdims=True) for v in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (high_b - low_b) / (high_a - low_a)
    return _line(rows, a, slope, low_a, low_b).reshape(shape)


def linear_regression(x: ArrayLike, y: ArrayLike, *, min_n: int = 2) -> NDArray[np.float64]:
    """Best linear prediction of ``y`` from ``x``.

    Parameters
    ----------
    x, y : array_like, shape (..., time)
        Record and reference; NaN is missing. The line is fitted to the samples that both have [any units].
    min_n : int
        Fewer common samples give NaN.

    Returns
    -------
    ndarray of float64, shape (..., time)
        All values of ``x``, scaled [unit of y]; NaN where ``x`` is constant.

    Raises
    ------
    VadoseError
        If the shapes do not fit.

    Notes
    -----
    (x - mean(x)) cov(x, y) / var(x) + mean(y): least squares.

    Examples
    --------
    >>> from vadose.stats import rescale
    >>> rescale.linear_regression([0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    array([1., 3., 5.])
    """
    shape, rows, a, b = _common(x, y, min_n)
    ma, mb = _mean(a), _mean(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = _mean((a - ma) * (b - mb)) / _mean((a - ma) ** 2)
    return _line(rows, a, slope, ma, mb).reshape(shape)


@dataclass(frozen=True)
class CdfMatch:
    """A fitted CDF matching: a rising, piecewise linear line for each point.

    Attributes
    ----------
    source, reference : ndarray, shape (..., knots)
        Knots of the line; NaN fills the end of points with fewer knots.
    status : ndarray of int8, shape (...)
        ``ok``, ``no_data``, ``too_few_pairs`` or ``zero_variance`` (:data:`vadose.stats.STATUS`).

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats import rescale
    >>> x = np.arange(400.0)
    >>> fit = rescale.cdf_fit(x, 2.0 * x + 1.0)
    >>> fit.apply([10.0, 399.0]), int(fit.status)
    (array([ 21., 799.]), 0)
    """

    source: NDArray[np.float64]
    reference: NDArray[np.float64]
    status: NDArray[np.int8]

    def apply(self, x: ArrayLike) -> NDArray[np.float64]:
        """Scale values.

        Parameters
        ----------
        x : array_like, shape (..., time)
            Values of the record, the leading shape as fitted [unit of the record].

        Returns
        -------
        ndarray of float64, shape (..., time)
            Scaled values [unit of the reference]; NaN where ``x`` is missing or the fit has a status.

        Raises
        ------
        VadoseError
            If the leading shape is not that of the fit.

        Notes
        -----
        Choice: values beyond the fitted range follow the outer lines, which rise.

        Examples
        --------
        >>> import numpy as np
        >>> from vadose.stats import rescale
        >>> rescale.cdf_fit(np.arange(100.0), np.arange(100.0) / 2.0).apply([4.0])
        array([2.])
        """
        values = np.asarray(x, np.float64)
        lead = self.status.shape
        if values.ndim < 1 or values.shape[:-1] != lead:
            raise VadoseError("x", found=f"shape {values.shape}", needed=f"{(*lead, 'time')}")
        rows = values.reshape(-1, values.shape[-1])
        out = np.full(rows.shape, np.nan)
        knots = self.source.shape[-1]
        for i, (s, r) in enumerate(zip(self.source.reshape(-1, knots), self.reference.reshape(-1, knots))):
            s, r = s[~np.isnan(s)], r[~np.isnan(s)]
            good = np.isfinite(rows[i])
            if s.size < 2 or not good.any():
                continue
            v = rows[i, good]
            at = np.clip(np.searchsorted(s, v, side="right") - 1, 0, s.size - 2)
            out[i, good] = r[at] + (v - s[at]) * (r[at + 1] - r[at]) / (s[at + 1] - s[at])
        return out.reshape(values.shape)


def cdf_fit(
    x: ArrayLike,
    y: ArrayLike,
    *,
    percentiles: ArrayLike | None = None,
    nbins: int | None = None,
    min_per_bin: int = 20,
) -> CdfMatch:
    """Fit the line that maps the distribution of ``x`` onto that of ``y``.

    Parameters
    ----------
    x, y : array_like, shape (..., time)
        Record and reference; NaN is missing. Distributions are of the samples that both have [any units].
    percentiles : array_like, optional
        Percentiles of the knots, from 0 to 100; default 0, 5, 10, 20, ..., 90, 95, 100 [%].
    nbins : int, optional
        Instead: this many bins of equal share.
    min_per_bin : int
        Bins with fewer samples are merged with the next; two bins are needed.

    Returns
    -------
    CdfMatch
        The fit, with a status for each point.

    Raises
    ------
    VadoseError
        If shapes do not fit, or percentiles do not rise from 0 to 100, or both ways are given.

    Notes
    -----
    Hazen percentiles, which end at the smallest and largest value. The outer knots of the reference lie on
    least-squares lines through the second and last but one, fitted to the ordered samples of the outer bins, because
    single extremes are noise (Moesinger et al. 2020, doi:10.5194/essd-12-177-2020). Percentiles at which ``x`` is
    tied share one knot, the mean of the reference's. Too few samples give NaN with a status, never a line through
    what is not there.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats import rescale
    >>> fit = rescale.cdf_fit(np.arange(50.0), np.arange(50.0) + 3.0, nbins=100)
    >>> fit.source.shape, fit.apply([20.0])
    ((3,), array([23.]))
    """
    shares = _shares(percentiles, nbins)
    if min_per_bin < 2:
        raise VadoseError("min_per_bin", found=repr(min_per_bin), needed="at least 2 samples")
    shape, (a, b) = as_rows(x, y)
    a, b = np.broadcast_arrays(a.astype(np.float64), b.astype(np.float64))
    points = len(a)
    source, reference = np.full((points, shares.size), np.nan), np.full((points, shares.size), np.nan)
    status = np.zeros(points, np.int8)
    for i in range(points):
        both = np.isfinite(a[i]) & np.isfinite(b[i])
        if not (np.isfinite(a[i]).any() and np.isfinite(b[i]).any()):
            status[i] = STATUS["no_data"]
            continue
        s, r = np.sort(a[i, both]), np.sort(b[i, both])
        if s.size < 2 * min_per_bin:
            status[i] = STATUS["too_few_pairs"] if s.size else STATUS["no_overlap"]
            continue
        if s[0] == s[-1]:
            status[i] = STATUS["zero_variance"]
            continue
        knots_s, knots_r = _knots(s, r, _merged(shares, s.size, min_per_bin))
        if knots_s.size < 2:
            status[i] = STATUS["zero_variance"]
            continue
        source[i, : knots_s.size], reference[i, : knots_s.size] = knots_s, knots_r
    most = max(2, int((~np.isnan(source)).sum(axis=1).max(initial=0)))
    return CdfMatch(
        source[:, :most].reshape(*shape, most), reference[:, :most].reshape(*shape, most), status.reshape(shape)
    )


def cdf_match(
    x: ArrayLike,
    y: ArrayLike,
    *,
    percentiles: ArrayLike | None = None,
    nbins: int | None = None,
    min_per_bin: int = 20,
) -> NDArray[np.float64]:
    """Map ``x`` onto the distribution of ``y``: :func:`cdf_fit` applied to ``x`` itself.

    Parameters
    ----------
    x, y : array_like, shape (..., time)
        Record and reference; NaN is missing [any units].
    percentiles, nbins, min_per_bin
        As in :func:`cdf_fit`.

    Returns
    -------
    ndarray of float64, shape (..., time)
        All values of ``x``, scaled [unit of y]; NaN where there are too few common samples.

    Raises
    ------
    VadoseError
        As :func:`cdf_fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats import rescale
    >>> rescale.cdf_match(np.arange(100.0), 5.0 - np.arange(100.0)[::-1])[:2]
    array([-94., -93.])
    """
    fit = cdf_fit(x, y, percentiles=percentiles, nbins=nbins, min_per_bin=min_per_bin)
    values = np.asarray(x, np.float64)
    return fit.apply(np.broadcast_to(values, np.broadcast_shapes(values.shape, (*fit.status.shape, values.shape[-1]))))


def _shares(percentiles: ArrayLike | None, nbins: int | None) -> NDArray[np.float64]:
    """Knots as shares 0..1, checked."""
    if nbins is not None:
        if percentiles is not None:
            raise VadoseError("percentiles, nbins", found="both", needed="one of them")
        if nbins < 2:
            raise VadoseError("nbins", found=repr(nbins), needed="at least 2 bins")
        return np.linspace(0.0, 1.0, nbins + 1)
    given = np.asarray(PERCENTILES if percentiles is None else percentiles, np.float64) / 100.0
    if given.ndim != 1 or given.size < 3 or given[0] != 0.0 or given[-1] != 1.0 or (np.diff(given) <= 0.0).any():
        raise VadoseError("percentiles", found=repr(percentiles), needed="at least 3, rising from 0 to 100")
    return given


def _merged(shares: NDArray, n: int, least: int) -> NDArray:
    """The knots whose bins hold at least ``least`` of ``n`` samples each; two bins at the least."""
    kept = [0.0]
    for share in shares[1:-1]:
        if (share - kept[-1]) * n >= least - 1e-9 and (1.0 - share) * n >= least - 1e-9:
            kept.append(float(share))
    if len(kept) == 1:
        kept.append(0.5)
    return np.array([*kept, 1.0])


def _hazen(ordered: NDArray, shares: NDArray) -> NDArray:
    """Hazen percentiles of ordered values, clamped to the extremes."""
    n = ordered.size
    return np.interp(shares * n - 0.5, np.arange(n), ordered)


def _knots(s: NDArray, r: NDArray, shares: NDArray) -> tuple[NDArray, NDArray]:
    """Knots of the line from ordered source and reference values."""
    source, reference = _hazen(s, shares), _hazen(r, shares)
    n = s.size
    rank = (np.arange(n) + 0.5) / n
    for inner, outer, part in ((1, 0, rank <= shares[1]), (-2, -1, rank >= shares[-2])):
        run, rise = s[part] - source[inner], r[part] - reference[inner]
        square = float(run @ run)
        if square > 0.0:
            reference[outer] = reference[inner] + (source[outer] - source[inner]) * float(run @ rise) / square
    distinct, group = np.unique(source, return_inverse=True)
    if distinct.size < source.size:
        reference = np.bincount(group, weights=reference) / np.bincount(group)
    return distinct, reference
