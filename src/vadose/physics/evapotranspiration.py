"""Potential evapotranspiration from temperature and latitude."""

from __future__ import annotations

import numpy as np

#: Solar constant [MJ m-2 min-1] (FAO-56) and latent heat of vaporisation [MJ kg-1].
SOLAR_CONSTANT, LATENT_HEAT = 0.0820, 2.45

#: Oudin et al. (2005): temperature offset [degC] and scale [degC].
OUDIN = {"offset": 5.0, "scale": 100.0}

#: Share of potential evapotranspiration that reaches bare soil falls as exp(-k·LAI) [1].
EXTINCTION = 0.4


def extraterrestrial_radiation(latitude, day_of_year) -> np.ndarray:
    """Daily solar radiation at the top of the atmosphere.

    Parameters
    ----------
    latitude : array_like
        Latitude [degrees north].
    day_of_year : array_like
        1 to 366; broadcasts against ``latitude``.

    Returns
    -------
    ndarray
        Radiation [MJ m-2 day-1], float64; zero in the polar night.

    Notes
    -----
    FAO-56 equations 21 to 25: Ra = 24·60/π · Gsc · dr · (ωs sin φ sin δ + cos φ cos δ sin ωs).

    References
    ----------
    Allen, R. G., Pereira, L. S., Raes, D. & Smith, M. (1998). Crop evapotranspiration. FAO Irrigation and Drainage
    Paper 56, Rome.

    Examples
    --------
    FAO-56 example 8: 3 September (day 246) at 20 degrees south.

    >>> round(float(extraterrestrial_radiation(-20.0, 246)), 1)
    32.2
    """
    phi = np.radians(np.asarray(latitude, dtype=float))
    angle = 2 * np.pi * np.asarray(day_of_year, dtype=float) / 365
    distance = 1 + 0.033 * np.cos(angle)
    declination = 0.409 * np.sin(angle - 1.39)
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1, 1))
    geometry = sunset * np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return np.maximum(24 * 60 / np.pi * SOLAR_CONSTANT * distance * geometry, 0)


def potential_oudin(temperature, radiation) -> np.ndarray:
    """Potential evapotranspiration from mean air temperature and extraterrestrial radiation.

    Parameters
    ----------
    temperature : array_like
        Daily mean air temperature [degC].
    radiation : array_like
        Extraterrestrial radiation [MJ m-2 day-1]; broadcasts against ``temperature``.

    Returns
    -------
    ndarray
        Potential evapotranspiration [mm day-1], float64; zero at or below −5 °C, NaN where an input is NaN.

    Notes
    -----
    PET = Ra / (λ ρ) · (T + 5) / 100 where T > −5 °C, else 0.

    References
    ----------
    Oudin, L. et al. (2005). Which potential evapotranspiration input for a lumped rainfall-runoff model? Part 2.
    Journal of Hydrology 303, 290-306. https://doi.org/10.1016/j.jhydrol.2004.08.026

    Examples
    --------
    24.5 MJ m-2 evaporate 10 mm; at 15 °C a fifth of it.

    >>> float(potential_oudin(15.0, 24.5)), float(potential_oudin(-6.0, 24.5))
    (2.0, 0.0)
    """
    warm = np.maximum(np.asarray(temperature, dtype=float) + OUDIN["offset"], 0)
    return np.asarray(radiation, dtype=float) / LATENT_HEAT * warm / OUDIN["scale"]


def bare_soil_share(leaf_area_index) -> np.ndarray:
    """Share of potential evapotranspiration that reaches the soil surface; plants get the rest.

    Parameters
    ----------
    leaf_area_index : array_like
        One-sided leaf area per ground area [1].

    Returns
    -------
    ndarray
        Share [1] in (0, 1], float64.

    Notes
    -----
    exp(−0.4·LAI), after Ritchie (1972).

    References
    ----------
    Ritchie, J. T. (1972). Model for predicting evaporation from a row crop with incomplete cover. Water Resources
    Research 8, 1204-1213. https://doi.org/10.1029/WR008i005p01204

    Examples
    --------
    >>> bare_soil_share([0.0, 2.5]).round(4).tolist()
    [1.0, 0.3679]
    """
    return np.exp(-EXTINCTION * np.asarray(leaf_area_index, dtype=float))
