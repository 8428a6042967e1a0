"""The response of a fusion's target to soil moisture, from stations, and the course of a record over years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..stats.jackknife import group_jackknife
from .anomalies import YEAR, anomalies
from .inputs import FEWEST_COMMON
from .interannual import _bridged, _yearly, at_dekads

#: Fewest stations from which anything is calibrated.
FEWEST_STATIONS = 3

#: Fewest stations from which a gain is taken: with fewer its own error is hardly known.
FEWEST_OF_GAIN = 5

#: Spread of anomalies that is none [m3 m-3].
FLAT = 1e-6


@dataclass(frozen=True)
class Gain:
    """A gain with its standard error [1]; before the prior ``seen`` and ``seen_error``, NaN where nothing is known."""

    value: float = 1.0
    error: float = 0.0
    seen: float = float("nan")
    seen_error: float = float("nan")
    n: int = 0

    def attrs(self) -> dict[str, Any]:
        """As attributes of a dataset."""
        known = {} if np.isnan(self.seen) else {"gain_seen": self.seen, "gain_seen_error": self.seen_error}
        return {"gain": self.value, "gain_error": self.error, "gain_n": self.n, **known}

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


def moments(target: np.ndarray, product: np.ndarray, station: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Covariance sums of a third product with target and station, over its variance.

    Parameters
    ----------
    target, product, station : ndarray, shape (time, stations)
        At the stations' cells [m3 m-3]; NaN is missing.
    numbers : ndarray of int, shape (time,)
        Dekads.

    Returns
    -------
    ndarray, shape (2, stations)
        Sums over the dekads that all three have; 0 where these are fewer than
        :data:`vadose.fusion.inputs.FEWEST_COMMON`.

    Examples
    --------
    >>> x = np.sin(np.arange(144) ** 2.0)[:, None]
    >>> a, b = moments(0.5 * x, 2 * x, x, np.arange(144))
    >>> (a / b).round(6).tolist()
    [0.5]
    """
    common = np.isfinite(target) & np.isfinite(product) & np.isfinite(station)
    x, z, y = (
        np.where(common, anomalies(np.where(common, v, np.nan), numbers), 0.0) for v in (target, product, station)
    )
    count, square = common.sum(axis=0), (z * z).sum(axis=0)
    good = (count >= FEWEST_COMMON) & (square > count * FLAT**2)
    scale = np.where(good, count / np.where(good, square, 1.0), 0.0)
    return np.stack([(x * z).sum(axis=0), (y * z).sum(axis=0)]) * scale


def gain_of(sums: np.ndarray, *, spread: float) -> Gain:
    """Gain of the target from what :func:`moments` gave, summed over products.

    Parameters
    ----------
    sums : ndarray, shape (2, stations)
        Target and station.
    spread : float
        Prior standard deviation of the logarithm of the gain [1].

    Returns
    -------
    Gain
        1 with the prior's error where fewer than five stations tell something, or the sign is not sure.

    Notes
    -----
    With z a product of another sensor, cov(target, z) / cov(station, z) is the target's gain relative to the station's,
    free of the noise of all three (triple collocation, Stoffelen 1998, doi:10.1029/97JC03180). Choice: a station
    responds as its cell does. Sums are over stations and products, each pair weighted by 1/var(z); the standard error s
    of the logarithm leaves out one station at a time. n stations know it themselves with n − 1 degrees of freedom only,
    so s² counts (n − 1)/(n − 3) times, the variance of Student's t. With the prior N(0, spread²) of the logarithm, the
    posterior mean is spread² / (spread² + s²) times the one seen, its variance spread² s² / (spread² + s²).

    Examples
    --------
    Five stations that agree on 0.8 have no error, so that the prior does not count:

    >>> round(gain_of(np.outer([0.8, 1.0], [1, 2, 3, 4, 5]), spread=0.15).value, 6)
    0.8
    >>> gain_of(np.zeros((2, 5)), spread=0.15).value
    1.0
    """
    own = sums[:, (sums != 0).any(axis=0)]
    n = own.shape[1]
    unknown = Gain(error=spread, n=n)
    if n < FEWEST_OF_GAIN:
        return unknown
    left = own.sum(axis=1, keepdims=True) - own
    if not ((own.sum(axis=1) > 0).all() and (left > 0).all()):
        return unknown

    def logarithm(keep: np.ndarray) -> np.ndarray:
        a, b = own[:, keep].sum(axis=1)
        return np.asarray(np.log(a / b))

    seen = float(logarithm(np.ones(n, bool)))
    s = float(group_jackknife(logarithm, size=n, groups=n)[0]) * float(np.sqrt((n - 1) / (n - 3)))
    total = spread**2 + s**2
    share = spread**2 / total if total > 0 else 1.0
    value = float(np.exp(share * seen))
    return Gain(value, value * float(np.sqrt(share)) * s, float(np.exp(seen)), float(np.exp(seen)) * s, n)


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
    means = _bridged(_yearly(anomalies(record, numbers), numbers))
    means = means - means.mean(axis=0)
    share = at_dekads(np.eye(years.size), years, numbers)
    flat = np.stack([share[numbers // YEAR == y].mean(axis=0) for y in years])
    return np.linalg.solve(flat, means)
