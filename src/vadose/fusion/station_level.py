"""The error of a record's mean level, from what stations differ from it: simple kriging."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..grid import distance

if TYPE_CHECKING:
    from .stations import Stations

#: Middle about which retrievals turn [m3 m-3].
MIDDLE = 0.25

#: Stations that the stated sizes are worth, beside those at hand, in how large errors are. Choice.
STATED = 20

#: Pairs of a place and a station worked on at once: a few arrays of 8 MB.
PAIRS = 1_000_000


@dataclass(frozen=True)
class Places:
    """Where something is: ``lat``, ``lon`` [degrees] and the record's ``mean`` there [m3 m-3], each shape (n,)."""

    lat: np.ndarray
    lon: np.ndarray
    mean: np.ndarray

    def at(self, index: np.ndarray | slice) -> Places:
        """Some of them."""
        return Places(self.lat[index], self.lon[index], self.mean[index])


def correlation(lat: np.ndarray, lon: np.ndarray, to_lat: np.ndarray, to_lon: np.ndarray, reach: float) -> np.ndarray:
    """Correlation exp(−dist/reach) of two sets of places [degrees], ``reach`` in km; shape (places, to) [1]."""
    out = distance(lat[:, None], lon[:, None], to_lat[None, :], to_lon[None, :])
    out /= -1000 * reach
    return np.asarray(np.exp(out, out=out))


def inverse_of(whole: np.ndarray) -> np.ndarray:
    """Inverse of a covariance, which is written over."""
    from scipy.linalg import cho_factor, cho_solve

    inverse = cho_solve(cho_factor(whole, overwrite_a=True), np.eye(len(whole)), overwrite_b=True)
    return np.asarray((inverse + inverse.T) / 2)


def covariance(a: Places, b: Places, model: Stations) -> np.ndarray:
    """Prior covariance of the level error at two sets of places; shape (a, b) [m6 m-6].

    Notes
    -----
    k(a, b) = common² + near² exp(−dist/reach) + slope² (m_a − 0.25)(m_b − 0.25), with m the record's mean.

    Examples
    --------
    At one place whose record has a mean of 0.25 there is what all share and what neighbours do:

    >>> from vadose.fusion import Stations
    >>> one = Places(np.array([45.0]), np.array([10.0]), np.array([0.25]))
    >>> covariance(one, one, Stations(common=0.03, near=0.04)).round(6).tolist()
    [[0.0025]]
    """
    out = correlation(a.lat, a.lon, b.lat, b.lon, model.reach)
    out *= model.near**2
    out += model.common**2 + model.slope**2 * (a.mean - MIDDLE)[:, None] * (b.mean - MIDDLE)[None, :]
    return out


@dataclass(frozen=True)
class Level:
    """Level errors of a record, as stations show them.

    Attributes
    ----------
    places : Places
        Of the stations.
    inverse : ndarray, shape (stations, stations)
        Inverse of the covariance of the differences [m-6 m6].
    weights : ndarray, shape (stations,)
        ``inverse`` times differences.
    model : Stations
        Sizes.
    scale : float
        Variance of the differences over that which the sizes state [1].
    """

    places: Places
    inverse: np.ndarray
    weights: np.ndarray
    model: Stations
    scale: float

    @classmethod
    def fit(cls, places: Places, difference: np.ndarray, model: Stations) -> Level:
        """From the mean of station less record at each station [m3 m-3].

        Notes
        -----
        All sizes may be too large or too small alike: dᵀ (K + ρ² I)⁻¹ d / n is the most likely factor on their squares.
        With :data:`STATED` further stations that follow the sizes as stated, scale = (20 + dᵀ (K + ρ² I)⁻¹ d)/(20 + n).
        It leaves estimates as they are and multiplies their variance.
        """
        size = difference.size
        whole = np.empty((size, size))
        for part in pieces(size, size):
            whole[part] = covariance(places.at(part), places, model)
        np.fill_diagonal(whole, whole.diagonal() + model.representativeness**2)
        inverse = inverse_of(whole)
        weights = inverse @ difference
        scale = (STATED + difference @ weights) / (STATED + size)
        return cls(places, inverse, weights, model, float(scale))

    def at(self, where: Places) -> tuple[np.ndarray, np.ndarray]:
        """Level error and its standard deviation at places; both shape (n,) [m3 m-3].

        Notes
        -----
        Station less record is d = e + r, with e the record's error of level (truth less record) of covariance K, and r
        the station's difference from its cell, independent, of variance representativeness² = ρ². With k the
        covariance of e at a place with that at the stations, the least squares estimate is ê = kᵀ (K + ρ² I)⁻¹ d, and
        its error variance k₀ − kᵀ (K + ρ² I)⁻¹ k (simple kriging: the mean of e is 0 before anything is seen), times
        ``scale``.

        Examples
        --------
        One station far from anything has the share of the prior in prior and noise, 0.0025 / (0.0025 + 0.0075):

        >>> from vadose.fusion import Stations
        >>> model = Stations(common=0, near=0.05, representativeness=0.0075**0.5)
        >>> one = Places(np.array([45.0]), np.array([10.0]), np.array([0.25]))
        >>> value, sd = Level.fit(one, np.array([0.04]), model).at(one)
        >>> value.round(6).tolist(), (sd**2).round(6).tolist()  # 0.001875 times (20 + 0.16) / 21
        ([0.01], [0.0018])
        """
        model, size = self.model, where.lat.size
        value, variance = np.empty(size), np.empty(size)
        for part in pieces(size, self.weights.size):
            own = where.at(part)
            k = covariance(own, self.places, model)
            value[part] = k @ self.weights
            prior = model.common**2 + model.near**2 + model.slope**2 * (own.mean - MIDDLE) ** 2
            variance[part] = prior - np.einsum("ps,ps->p", k @ self.inverse, k)
        return value, np.sqrt(self.scale * np.maximum(variance, 0.0))

    def left_out(self, difference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Difference of each station as the others predict it, and the standard deviation of that prediction's error.

        Notes
        -----
        With Q = (K + ρ² I)⁻¹ the prediction without station i is d_i − (Q d)_i / Q_ii, and its error variance 1/Q_ii,
        the station's own ρ² included (Dubrule 1983, doi:10.1007/BF01033232), times ``scale``.
        """
        own = self.inverse.diagonal()
        return difference - self.weights / own, np.sqrt(self.scale / own)


def pieces(rows: int, columns: int) -> Iterator[slice]:
    """Parts of rows with :data:`PAIRS` entries at most, or of one row."""
    step = max(1, PAIRS // max(columns, 1))
    yield from (slice(first, first + step) for first in range(0, rows, step))
