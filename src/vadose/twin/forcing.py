"""Weather of the simulated Earth: daily rain and temperature."""

from __future__ import annotations

import numpy as np
from scipy.special import gammainccinv, ndtr

from ..physics import koeppen_class
from .cells import Cells
from .land import season
from .noise import smooth

#: Shape of the gamma distribution of daily rain amounts [1]; Choice: 0.75, within the 0.5 to 1 usual for daily rain.
GAMMA_SHAPE = 0.75

#: Correlation of wet and dry from one day to the next [1]. Choice.
PERSISTENCE = 0.3

#: Lattice distances [degrees] and weights of the rain fields. Choice: fronts and showers.
RAIN_SCALES = ((2.0, 0.9), (0.5, 0.44))


def temperature(cells: Cells, land: dict[str, np.ndarray], day: np.ndarray, day_of_year: np.ndarray,
                seed: int) -> np.ndarray:  # fmt: skip
    """Daily mean air temperature.

    Parameters
    ----------
    cells : Cells
        Where.
    land : dict
        From :func:`vadose.twin.land.describe`.
    day, day_of_year : ndarray, shape (time,)
        Days since 1970-01-01 and 1 to 366.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    ndarray, shape (rows, columns, time)
        Temperature [degC], float64.

    Notes
    -----
    Annual mean of the cell + 0.28 K per degree of latitude · season + weather of 1 + 0.06 K per degree of latitude
    (one standard deviation), of which 64 % varies over weeks and 36 % from day to day. Choice.
    """
    lat = cells.lat[:, None, None]
    weather = 0.8 * smooth(seed, "weather/5d", cells, day, spacing=6.0, days_apart=5)
    weather += 0.6 * smooth(seed, "weather/1d", cells, day, spacing=4.0)
    return land["mean_temperature"][..., None] + 0.28 * lat * season(day_of_year) + (1 + 0.06 * np.abs(lat)) * weather


def precipitation(cells: Cells, land: dict[str, np.ndarray], day: np.ndarray, day_of_year: np.ndarray,
                  seed: int, *, wet_before: np.ndarray | None = None) -> np.ndarray:  # fmt: skip
    """Daily precipitation, correlated in space, with seasons.

    Parameters
    ----------
    cells, land, day, day_of_year, seed
        As for :func:`temperature`.
    wet_before : ndarray of bool, shape (rows, columns), optional
        Where it rained on the day before the first one; without, the chain starts afresh.

    Returns
    -------
    ndarray, shape (rows, columns, time)
        Precipitation [mm], float64; above zero on every wet day.

    Notes
    -----
    Occurrence is a two-state Markov chain driven by a smooth normal field (Richardson 1981; Wilks 1998): with wet share
    π and persistence r, P(wet after dry) = π(1−r) and P(wet after wet) = π + r(1−π). Amounts are gamma distributed
    with a second smooth field as their quantile. Wet share and mean amount follow the wetness of the cell.

    References
    ----------
    Richardson, C. W. (1981). Stochastic simulation of daily precipitation, temperature, and solar radiation. Water
    Resources Research 17, 182-190. https://doi.org/10.1029/WR017i001p00182
    Wilks, D. S. (1998). Multisite generalization of a daily stochastic precipitation generation model. Journal of
    Hydrology 210, 178-191. https://doi.org/10.1016/S0022-1694(98)00186-3
    """
    from ._philox import occurrence

    share = wet_share(cells, land, day_of_year, seed, day)
    chance = ndtr(_rain_field(cells, day, seed, "rain/occurrence"))
    flat = (-1, day.size)
    wet = np.empty(chance.shape, dtype=bool).reshape(flat)
    after_dry, after_wet = share * (1 - PERSISTENCE), share + PERSISTENCE * (1 - share)
    first = share if wet_before is None else np.where(wet_before[..., None], after_wet, after_dry)
    occurrence(chance.reshape(flat), after_dry.reshape(flat), after_wet.reshape(flat), first[..., 0].ravel(), wet)
    amount = np.interp(_rain_field(cells, day, seed, "rain/amount"), *_gamma_table())
    return np.where(wet.reshape(chance.shape), mean_amount(cells, land)[..., None] * amount, 0.0)


def wet_share(cells: Cells, land: dict[str, np.ndarray], day_of_year: np.ndarray, seed: int,
              day: np.ndarray | None = None) -> np.ndarray:  # fmt: skip
    """Share of wet days [1], shape (rows, columns, time): by season and, with ``day``, by spells of a month or so."""
    swing = 0.9 * ndtr(smooth(seed, "rain/swing", cells, spacing=9.0))[..., None]
    shift = 0.5 * smooth(seed, "rain/shift", cells, spacing=9.0)[..., None]
    angle = season(day_of_year)
    quarter = season(np.asarray(day_of_year) - 365.25 / 4)
    factor = 1 + swing * (np.tanh(cells.lat / 10)[:, None, None] * angle + shift * quarter)
    if day is None:
        factor = factor * np.exp(0.5**2 / 2)  # mean of the log-normal spells
    else:
        factor = factor * np.exp(0.5 * smooth(seed, "rain/spell", cells, day, spacing=6.0, days_apart=30))
    return np.clip((0.08 + 0.42 * land["wetness"])[..., None] * factor, 0.01, 0.85)


def climate(cells: Cells, land: dict[str, np.ndarray], seed: int) -> np.ndarray:
    """Köppen-Geiger class of the expected mean year, uint8, shape (rows, columns).

    Choice: months of equal length, each represented by its middle.
    """
    middle = (np.arange(12) + 0.5) * 365.25 / 12
    warmth = land["mean_temperature"][..., None] + 0.28 * cells.lat[:, None, None] * season(middle)
    rain = wet_share(cells, land, middle, seed) * mean_amount(cells, land)[..., None] * 365.25 / 12
    return koeppen_class(warmth, rain)


def mean_amount(cells: Cells, land: dict[str, np.ndarray]) -> np.ndarray:
    """Mean precipitation of a wet day [mm], shape (rows, columns)."""
    return 3 + 6 * land["wetness"] + 4 * np.exp(-((cells.lat / 15) ** 2))[:, None]


def _rain_field(cells: Cells, day: np.ndarray, seed: int, name: str) -> np.ndarray:
    total = sum(w**2 for _, w in RAIN_SCALES) ** 0.5
    return sum(w / total * smooth(seed, f"{name}/{s:g}", cells, day, spacing=s) for s, w in RAIN_SCALES)


def _gamma_table() -> tuple[np.ndarray, np.ndarray]:
    """Gamma quantiles with mean 1 against normal quantiles, dense enough for 1e-4 relative."""
    z = np.linspace(-6.5, 6.5, 2601)
    return z, gammainccinv(GAMMA_SHAPE, ndtr(-z)) / GAMMA_SHAPE
