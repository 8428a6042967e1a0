"""How far the years of a record differ as those of stations do, and its course over years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..grid import distance
from ..stats.jackknife import group_jackknife
from .anomalies import YEAR, anomalies, bridged, valid_mean, yearly_means
from .interannual import at_dekads

#: Fewest stations from which anything is calibrated.
FEWEST_STATIONS = 3

#: Fewest stations from which a gain is taken: with fewer its own error is hardly known.
FEWEST_OF_GAIN = 5

#: Farthest apart two stations share their years [km]. Choice: farther ones tell little.
NEIGHBOURS = 300.0

#: Fewest years of a station whose years count, and fewest common years of a pair.
FEWEST_YEARS = 4

#: Share of the stated variance that is left when that of the level is taken away.
LEAST_VARIANCE = 0.3

#: Smallest damping that is made up for: noise is stretched with the years.
LEAST_DAMPING = 0.5

#: Fewest years from which a pixel has a straight line of its own.
FEWEST_OF_LINE = 10

#: Edge of the tiles that are left out in turn [degrees], and the fewest tiles: with fewer, single stations are.
TILE, FEWEST_TILES = 5.0, 4


@dataclass(frozen=True)
class Gain:
    """A gain with its standard error [1]; before the prior ``seen`` and ``seen_error``, NaN where nothing is known.

    It is that of years which are freed of what noise damps (:func:`damping`).
    """

    value: float = 1.0
    error: float = 0.0
    seen: float = float("nan")
    seen_error: float = float("nan")
    n: int = 0

    def attrs(self) -> dict[str, Any]:
        """As attributes of a dataset."""
        seen = {"gain_seen": self.seen, "gain_seen_error": self.seen_error} if self.known else {}
        return {"gain": self.value, "gain_error": self.error, "gain_n": self.n, **seen}

    @property
    def known(self) -> bool:
        """Whether stations tell of it."""
        return bool(np.isfinite(self.seen))

    def of_years(self, damped: np.ndarray) -> np.ndarray:
        """Response of a record's years where noise damps them so far; 1 where no station tells.

        Examples
        --------
        >>> Gain(1.1, 0.1, 1.2, 0.2, 9).of_years(np.array([0.5, 1.0])).tolist()
        [0.55, 1.1]
        >>> Gain().of_years(np.array([0.5])).tolist()
        [1.0]
        """
        return self.value * damped if self.known else np.ones_like(damped)

    @classmethod
    def of(cls, attrs: Mapping[Any, Any]) -> Gain:
        """From the attributes of a dataset.

        Examples
        --------
        >>> Gain.of(Gain(0.9, 0.1, 0.8, 0.2, 7).attrs())
        Gain(value=0.9, error=0.1, seen=0.8, seen_error=0.2, n=7)
        """
        nan = float("nan")
        seen, seen_error = (float(attrs.get(k, nan)) for k in ("gain_seen", "gain_seen_error"))
        return cls(float(attrs["gain"]), float(attrs["gain_error"]), seen, seen_error, int(attrs["gain_n"]))


def yearly(x: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Yearly means of anomalies from each dekad's mean; (years, stations), NaN in years of fewer than 12 values."""
    return yearly_means(anomalies(x, numbers), numbers)


def own_variance(variance: np.ndarray, carried: np.ndarray) -> np.ndarray:
    """Error variance without that of the level, which differs by no dekad; at least :data:`LEAST_VARIANCE` of it.

    Parameters
    ----------
    variance, carried : ndarray
        Stated error variance, and that of the level in it [m6 m-6].
    """
    return np.maximum(variance - carried, LEAST_VARIANCE * variance)


def damping(record: np.ndarray, variance: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """How far noise lets a record damp its differences between years, up to a factor that all cells share.

    Parameters
    ----------
    record : ndarray, shape (time, cells)
        The record [m3 m-3]; NaN is missing.
    variance : ndarray, shape (cells,)
        Its mean error variance without that of the level [m6 m-6].
    numbers : ndarray of int, shape (time,)
        Dekads.

    Returns
    -------
    ndarray, shape (cells,)
        From :data:`LEAST_DAMPING` to 1; 1 where the record has no value.

    Notes
    -----
    A network that answers noisy inputs with the mean of what they allow damps anomalies to λ = V / (V + σ²), V the
    variance of its own anomalies from the mean of each dekad, and √λ is its correlation with the truth. Of the
    differences between years the products give a part back (:mod:`vadose.fusion.interannual`). Choice: √λ, which on
    simulated Earths is what is left, times one factor for all (docs/paper-003-fusion.md).

    Examples
    --------
    Anomalies of a variance of 1 and an error variance of 1:

    >>> record = np.tile(np.repeat([-1.0, 1.0], 36), 2)[:, None]
    >>> damping(record, np.array([1.0]), np.arange(144)).round(3).tolist()
    [0.707]
    """
    own = valid_mean(anomalies(record, numbers) ** 2)
    total = own + variance
    share = np.where(total > 0, own / np.where(total > 0, total, 1.0), 1.0)
    return np.clip(np.sqrt(np.where(np.isfinite(share), share, 1.0)), LEAST_DAMPING, 1.0)


def pair_sums(record: np.ndarray, station: np.ndarray) -> np.ndarray:
    """Covariance sums over years of the record at one station, and of that station, with another station.

    Parameters
    ----------
    record, station : ndarray, shape (years, stations)
        Yearly means at the stations [m3 m-3]; NaN is missing.

    Returns
    -------
    ndarray, shape (2, stations, stations)
        Record and station of the row with the station of the column, each about its mean over the years that all three
        have; 0 on the diagonal and for pairs of fewer than :data:`FEWEST_YEARS` years.

    Examples
    --------
    >>> year = np.arange(6.0)[:, None]
    >>> a, b = pair_sums(0.5 * np.hstack([year, year]), np.hstack([year, 2 * year]))
    >>> a.tolist(), b.tolist()
    ([[0.0, 17.5], [8.75, 0.0]], [[0.0, 35.0], [35.0, 0.0]])
    """
    other = np.isfinite(station)
    own = other & np.isfinite(record)
    partner, one = np.where(other, station, 0.0), own.astype("float64")
    count = one.T @ other.astype("float64")
    out = np.empty((2, station.shape[1], station.shape[1]))
    for i, x in enumerate((record, station)):
        left = np.where(own, x, 0.0)
        out[i] = left.T @ partner - (left.T @ other) * (one.T @ partner) / np.maximum(count, 1.0)
    return np.where((count >= FEWEST_YEARS) & ~np.eye(len(count), dtype=bool), out, 0.0)


def gain_of(sums: np.ndarray, lat: np.ndarray, lon: np.ndarray, *, spread: float) -> Gain:
    """Response of a record's years to those of stations, from what :func:`pair_sums` gave.

    Parameters
    ----------
    sums : ndarray, shape (2, stations, stations)
        Record and station with another station.
    lat, lon : ndarray, shape (stations,)
        Of the stations [degrees].
    spread : float
        Prior standard deviation of the logarithm of the gain [1].

    Returns
    -------
    Gain
        1 with the prior's error where fewer than five stations have a neighbour, or the sign is not sure.

    Notes
    -----
    Two stations see the same years, each with its own errors: cov(record at i, station j) / cov(station i, station j)
    is the record's gain, free of the noise of all three. Choice: a station responds as its cell does; pairs of
    stations no more than :data:`NEIGHBOURS` apart count by their covariance. The standard error s of the logarithm
    leaves out one tile of 5° at a time, since neighbours share their weather (single stations where there are fewer
    than four tiles). n groups know it themselves with n − 1 degrees of freedom only, so s² counts (n − 1)/(n − 3)
    times, the variance of Student's t. With the prior N(0, spread²) of the logarithm, the posterior mean is
    spread² / (spread² + s²) times the one seen, its variance spread² s² / (spread² + s²).

    Examples
    --------
    Five stations that agree on 0.8 have no error, so that the prior does not count:

    >>> shared = np.outer([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]) * (1 - np.eye(5))
    >>> place = np.linspace(40, 41, 5)
    >>> round(gain_of(np.stack([0.8 * shared, shared]), place, place, spread=0.3).value, 6)
    0.8
    >>> gain_of(np.zeros((2, 5, 5)), place, place, spread=0.3).value
    1.0
    """
    near = distance(lat[:, None], lon[:, None], lat[None, :], lon[None, :]) <= 1000 * NEIGHBOURS
    sums = np.where(near, sums, 0.0)
    paired = np.flatnonzero((sums != 0).any(axis=(0, 2)))
    unknown = Gain(error=spread, n=paired.size)
    if paired.size < FEWEST_OF_GAIN:
        return unknown
    tile = np.unique(np.floor(np.stack([lat, lon])[:, paired] / TILE), axis=1, return_inverse=True)[1].ravel()
    n = int(tile.max()) + 1
    if n < FEWEST_TILES:
        tile, n = np.arange(paired.size), paired.size
    member = (tile[None, :] == np.arange(n)[:, None]).astype("float64")
    grouped = np.einsum("gi,kij,hj->kgh", member, sums[:, paired[:, None], paired[None, :]], member, optimize=True)

    def ratio(keep: np.ndarray) -> np.ndarray:
        return np.einsum("g,kgh,h->k", keep, grouped, keep)

    every = np.ones(n)
    if not all((ratio(every - one) > 0).all() for one in (np.zeros(n), *np.eye(n))):
        return unknown

    def logarithm(keep: np.ndarray) -> np.ndarray:
        a, b = ratio(keep.astype("float64"))
        return np.asarray(np.log(a / b))

    seen = float(logarithm(every))
    s = float(group_jackknife(logarithm, size=n, groups=n)[0]) * float(np.sqrt((n - 1) / (n - 3)))
    total = spread**2 + s**2
    share = spread**2 / total if total > 0 else 1.0
    value = float(np.exp(share * seen))
    return Gain(value, value * float(np.sqrt(share)) * s, float(np.exp(seen)), float(np.exp(seen)) * s, paired.size)


def year_nodes(record: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Course over years whose yearly means are those of the record's anomalies.

    Parameters
    ----------
    record : ndarray, shape (time, cells)
        The record [m3 m-3]; NaN is missing.
    numbers : ndarray of int, shape (time,)
        Dekads.

    Returns
    -------
    ndarray, shape (years, cells)
        Values at the middles of years for :func:`vadose.fusion.interannual.at_dekads` [m3 m-3]; 0 in empty cells.

    Notes
    -----
    Yearly means (at least 12 dekads) of the differences from the mean of each dekad of the year, less their mean over
    years; gaps are bridged by straight lines. Lines between the middles of years flatten yearly means, so the nodes
    solve W nodes = means, with W the yearly means of each node's share: where every dekad is there, record + c × course
    has yearly means that differ by exactly 1 + c times as much.

    Examples
    --------
    >>> numbers = np.arange(3 * 36)
    >>> nodes = year_nodes(np.repeat([1.0, 5.0, 6.0], 36)[:, None], numbers)
    >>> at_dekads(nodes, np.arange(3), numbers).reshape(3, 36).mean(axis=1).round(6).tolist()
    [-3.0, 1.0, 2.0]
    """
    years = np.unique(numbers // YEAR)
    if not years.size:
        return np.zeros((0, record.shape[1]))
    means = bridged(yearly(record, numbers))
    return nodes_of(means - means.mean(axis=0), numbers)


def nodes_of(means: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Values at the middles of years whose lines between them have these yearly means; shape as theirs."""
    years = np.unique(numbers // YEAR)
    share = at_dekads(np.eye(years.size), years, numbers)
    flat = np.stack([share[numbers // YEAR == y].mean(axis=0) for y in years])
    return np.linalg.solve(flat, means)


def lines(nodes: np.ndarray) -> np.ndarray:
    """Straight line of least squares through the nodes of each cell; 0 where there are too few years for one.

    Examples
    --------
    >>> lines(np.arange(10.0)[:, None] ** 2).ravel().round(6).tolist()[:3]
    [-12.0, -3.0, 6.0]
    >>> bool(lines(np.arange(9.0)[:, None]).any())
    False
    """
    if len(nodes) < FEWEST_OF_LINE:
        return np.zeros_like(nodes)
    year = np.arange(len(nodes)) - (len(nodes) - 1) / 2
    slope = np.tensordot(year, nodes, axes=1) / (year**2).sum()
    return nodes.mean(axis=0) + year.reshape(-1, *[1] * (nodes.ndim - 1)) * slope
