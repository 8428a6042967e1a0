"""The error of a record's course over years, from what stations differ from it: simple kriging of lines and years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .anomalies import valid_mean
from .station_gain import FEWEST_OF_LINE, FEWEST_YEARS, yearly
from .station_level import STATED, correlation, inverse_of, pieces

if TYPE_CHECKING:
    from .stations import Stations

#: Least variance of noise, as a part of that which is stated.
LEAST_NOISE = 0.25


def year_differences(measured: np.ndarray, record: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Yearly means of station less record, less their mean over years.

    Parameters
    ----------
    measured, record : ndarray, shape (time, stations)
        Stations, and the record in their cells [m3 m-3]; NaN is missing.
    numbers : ndarray of int, shape (time,)
        Dekads.

    Returns
    -------
    ndarray, shape (years, stations)
        Of anomalies from the mean of each dekad of the year [m3 m-3]; NaN in years of fewer than 12 common dekads, and
        of a station with fewer such years than :data:`vadose.fusion.station_gain.FEWEST_YEARS`.

    Examples
    --------
    >>> year = np.repeat([0.0, 0.02, 0.0, 0.02], 36)[:, None]
    >>> year_differences(year, 0 * year, np.arange(144)).ravel().round(3).tolist()
    [-0.01, 0.01, -0.01, 0.01]
    """
    apart = yearly(measured - record, numbers)
    enough = np.isfinite(apart).sum(axis=0) >= FEWEST_YEARS
    return np.where(enough, apart - valid_mean(apart), np.nan)


def station_lines(years: np.ndarray, apart: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Straight line of least squares through the years of each station.

    Parameters
    ----------
    years : ndarray, shape (years,)
        Years.
    apart : ndarray, shape (years, stations)
        Differences [m3 m-3]; NaN is missing.

    Returns
    -------
    tuple of ndarray, shape (stations,)
        Slope [m3 m-3 yr-1], NaN with fewer than :data:`vadose.fusion.station_gain.FEWEST_OF_LINE` years, and the sum of
        squares of the station's years about their mean [yr2].

    Examples
    --------
    >>> slope, squares = station_lines(np.arange(12), 0.5 * np.arange(12.0)[:, None])
    >>> slope.tolist(), squares.tolist()
    ([0.5], [143.0])
    """
    there = np.isfinite(apart)
    t = np.where(there, years[:, None].astype("float64"), np.nan)
    t = np.where(there, t - valid_mean(t), 0.0)
    squares = (t**2).sum(axis=0)
    slope = (t * np.where(there, apart, 0.0)).sum(axis=0) / np.maximum(squares, 1.0)
    return np.where(there.sum(axis=0) >= FEWEST_OF_LINE, slope, np.nan), squares


def shared_and_noise(d: np.ndarray, alike: np.ndarray, worth: np.ndarray, *, shared: float,
                     noise: float) -> tuple[float, float]:  # fmt: skip
    """Variance that stations share with their neighbours, and that of their noise, from products of pairs.

    Parameters
    ----------
    d : ndarray, shape (columns, stations)
        Differences, each column by itself; NaN is missing.
    alike : ndarray, shape (stations, stations)
        Correlation of what stations share, as modelled [1].
    worth : ndarray, shape (stations,)
        A station's noise has the variance that is returned over this.
    shared, noise : float
        Standard deviations as stated.

    Returns
    -------
    tuple of float
        Both variances; the first is 0 if 0 is stated, and the second at least a quarter of that stated.

    Notes
    -----
    The product of two stations that share the variance v is alike × v on average, so that least squares over pairs,
    each with its mean over columns (four at least, or all), give v = Σ alike × product / Σ alike²; the stated size
    counts as 20 pairs at one place. What is left of the stations' squares is noise, of which the stated size counts as
    20 stations.

    Examples
    --------
    One station has no pair, so that v stays; its square of 3 says the rest:

    >>> v, left = shared_and_noise(np.array([[3.0**0.5]]), np.eye(1), np.ones(1), shared=1.0, noise=2.0)
    >>> round(v, 3), round(left, 3)  # (20 × 4 + 3 − 1) / 21
    (1.0, 3.905)
    """
    there = np.isfinite(d)
    filled, one = np.where(there, d, 0.0), there.astype("float64")
    count = one.T @ one
    product = filled.T @ filled / np.maximum(count, 1.0)
    enough = count >= min(FEWEST_YEARS, len(d))
    weight = np.triu(np.where(enough, alike, 0.0), 1)
    v = ((weight * product).sum() + STATED * shared**2) / ((weight**2).sum() + STATED) if shared else 0.0
    v = max(float(v), 0.0)
    own = ((product.diagonal() - v) * worth)[enough.diagonal()]
    left = float(own.sum() + STATED * noise**2) / (own.size + STATED)
    return v, max(left, LEAST_NOISE * noise**2)


@dataclass(frozen=True)
class Shared:
    """What neighbouring stations share of their differences, column by column: simple kriging.

    Attributes
    ----------
    variance : float
        Of what is shared.
    inverse : ndarray, shape (stations, stations)
        Inverse of the covariance of those stations that most columns have, 0 elsewhere, times the share of columns that
        have any.
    weights : ndarray, shape (stations, columns)
        Inverse of each column's covariance times its differences; 0 where a station has none.
    predicted : ndarray, shape (columns, stations)
        Difference of each station as the others predict it; NaN where it has none.
    """

    variance: float
    inverse: np.ndarray
    weights: np.ndarray
    predicted: np.ndarray

    @classmethod
    def fit(cls, d: np.ndarray, alike: np.ndarray, *, worth: np.ndarray, shared: float, noise: float) -> Shared:
        """From differences, shape (columns, stations), and the rest as :func:`shared_and_noise` takes it.

        Examples
        --------
        One station has the share of what is shared in that and noise, about a half as stated; far away is nothing:

        >>> fit = Shared.fit(np.array([[0.0135], [-0.0135]]), np.eye(1), worth=np.ones(1), shared=0.01, noise=0.01)
        >>> value, taken = fit.at(np.array([[1.0], [0.0]]))
        >>> value.round(4).tolist(), taken.round(6).tolist()
        ([[0.0068, 0.0], [-0.0068, 0.0]], [5e-05, 0.0])
        """
        variance, own = shared_and_noise(d, alike, worth, shared=shared, noise=noise)
        weights, predicted = np.zeros(d.T.shape), np.full(d.shape, np.nan)
        there, kind, count = np.unique(np.isfinite(d), axis=0, return_inverse=True, return_counts=True)
        most = np.zeros(alike.shape)
        for i in np.argsort(count, kind="stable"):  # columns with the same stations, the most of them last
            at, columns = np.flatnonzero(there[i]), np.flatnonzero(kind.ravel() == i)
            inverse = inverse_of(variance * alike[np.ix_(at, at)] + np.diag(own / worth[at]))
            mine = inverse @ d[np.ix_(columns, at)].T
            weights[np.ix_(at, columns)] = mine
            predicted[np.ix_(columns, at)] = d[np.ix_(columns, at)] - (mine / inverse.diagonal()[:, None]).T
            if at.size:
                most = np.zeros(alike.shape)
                most[np.ix_(at, at)] = inverse
        return cls(variance, np.isfinite(d).any(axis=1).mean() * most, weights, predicted)

    def at(self, alike: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Estimates at places by their correlation with the stations, shape (places, stations).

        Returns
        -------
        tuple of ndarray
            The estimates, shape (columns, places), 0 far from all stations; and the variance that they take from that
            which is shared, kᵀ (K + noise)⁻¹ k, shape (places,).
        """
        k = self.variance * alike
        return (k @ self.weights).T, np.einsum("ps,ps->p", k @ self.inverse, k)


@dataclass(frozen=True)
class Drift:
    """Error of a record's course over years, as stations show it.

    Attributes
    ----------
    lat, lon : ndarray, shape (stations,)
        Of the stations [degrees].
    years : ndarray, shape (years,)
        Years.
    reach : float
        Distance over which the correlation of what is shared falls to 1/e [km].
    line : Shared
        One column, the slope [m3 m-3 yr-1].
    single : Shared
        A column for each year, what the line leaves [m3 m-3].
    """

    lat: np.ndarray
    lon: np.ndarray
    years: np.ndarray
    reach: float
    line: Shared
    single: Shared

    @classmethod
    def fit(cls, lat: np.ndarray, lon: np.ndarray, years: np.ndarray, apart: np.ndarray, model: Stations) -> Drift:
        """From what :func:`year_differences` gave, shape (years, stations).

        Notes
        -----
        Truth less record, less its mean over years, is a straight line and single years about it. Errors of products
        drift, so that slopes err far more than single years would make them; each of the two has the prior covariance
        s² exp(−dist/``drift_reach``), s = ``drift_trend`` and ``drift_year``. The noise of a station's year is
        ``drift_noise`` ρ, that of its slope ρ²/Σ(t − t̄)². :func:`shared_and_noise` takes sizes from the stations
        themselves. A station of fewer than ten years has no line, and all it differs by counts to single years.
        """
        slope, squares = station_lines(years, apart)
        rest = apart - np.where(np.isfinite(slope), slope, 0.0) * _about_mean(years)[:, None]
        alike = correlation(lat, lon, lat, lon, model.drift_reach)
        line = Shared.fit(slope[None], alike, worth=np.maximum(squares, 1.0), shared=model.drift_trend,
                          noise=model.drift_noise)  # fmt: skip
        single = Shared.fit(rest - valid_mean(rest), alike, worth=np.ones(lat.size), shared=model.drift_year,
                            noise=model.drift_noise)  # fmt: skip
        return cls(lat, lon, years, model.drift_reach, line, single)

    def at(self, lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Error (truth less record) of each year at places, and the variance that it takes away.

        Returns
        -------
        tuple of ndarray
            The error, shape (years, places) [m3 m-3]; and the mean over years of the variance of the record's error
            that goes when it is added, shape (places,) [m6 m-6].
        """
        t = _about_mean(self.years)
        error, taken = np.empty((t.size, lat.size)), np.empty(lat.size)
        for part in pieces(lat.size, self.lat.size):
            alike = correlation(lat[part], lon[part], self.lat, self.lon, self.reach)
            (slope, of_line), (single, of_single) = self.line.at(alike), self.single.at(alike)
            error[:, part] = t[:, None] * slope + single
            taken[part] = (t**2).mean() * of_line + of_single
        return error, taken

    def predicted(self) -> np.ndarray:
        """Differences of each station as the others predict them, shape (years, stations); NaN where it has no year."""
        lines = np.nan_to_num(self.line.predicted) * _about_mean(self.years)[:, None]
        every = lines + self.single.predicted
        return np.asarray(every - valid_mean(every))


def _about_mean(years: np.ndarray) -> np.ndarray:
    return years - years.mean()
