"""What really happens on the simulated Earth: weather, leaves and the water in four layers of soil."""

from __future__ import annotations

import numpy as np

from ..physics import (
    LAYER_BOUNDS,
    ROOT_BETA,
    bare_soil_share,
    bucket,
    degree_day,
    extraterrestrial_radiation,
    potential_oudin,
    root_shares,
)
from . import forcing
from . import land as geography
from .cells import Cells

#: Days simulated before the first one asked for. Choice: two years, in which the start is forgotten down to about a
#: metre in wet climates; deep layers of deserts keep a memory of it, as they do of real decades.
SPIN_UP = 730

#: Snow cover [mm] from which microwave sensors see no soil.
SNOW_LIMIT = 1.0


def days_of(years: tuple[int, int]) -> np.ndarray:
    """Days since 1970-01-01 of whole years, both ends included.

    Examples
    --------
    >>> days_of((1970, 1972)).size
    1096
    """
    first, last = np.datetime64(f"{years[0]:04d}-01-01"), np.datetime64(f"{years[1]:04d}-12-31")
    return np.arange(first.astype("datetime64[D]").astype(int), last.astype("datetime64[D]").astype(int) + 1)


def day_of_year(day: np.ndarray) -> np.ndarray:
    """Day of the year, 1 to 366, of days since 1970-01-01.

    Examples
    --------
    >>> day_of_year(np.array([0, 364, 365, 730 + 365])).tolist()
    [1, 365, 1, 366]
    """
    date = np.asarray(day).astype("datetime64[D]")
    return (date - date.astype("datetime64[Y]")).astype(int) + 1


def simulate(cells: Cells, land: dict[str, np.ndarray], day: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Simulate all variables of the truth for some cells.

    Parameters
    ----------
    cells : Cells
        Where.
    land : dict
        From :func:`vadose.twin.land.describe` for the same cells.
    day : ndarray, shape (time,)
        Consecutive days since 1970-01-01; :data:`SPIN_UP` days before them are simulated and dropped.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    dict of ndarray, shape (rows, columns, time)
        Canonical variables, float64, in their units, and ``frozen`` (bool); ``sm`` has shape (rows, columns, layer,
        time). Cells of water hold values too: mask them with the land cover.
    """
    run = np.arange(day[0] - SPIN_UP, day[-1] + 1)
    calendar = day_of_year(run)
    warmth = forcing.temperature(cells, land, run, calendar, seed)
    rain = forcing.precipitation(cells, land, run, calendar, seed)
    leaves = geography.leaf_area_index(cells, land, calendar)
    demand = potential_oudin(warmth, extraterrestrial_radiation(cells.lat[:, None, None], calendar))
    liquid, swe = degree_day(rain, warmth)
    frozen = (warmth < 0) | (swe >= SNOW_LIMIT)
    beta = np.array([ROOT_BETA.get(k, 0.95) for k in range(17)])[land["land_cover"]]
    water = bucket(
        liquid, demand, bare_soil_share(leaves), frozen,
        porosity=land["porosity"], field_capacity=land["field_capacity"], wilting_point=land["wilting_point"],
        saturated_conductivity=land["saturated_conductivity"], root_share=root_shares(beta, LAYER_BOUNDS),
    )  # fmt: skip
    thickness = 1000 * np.diff(np.asarray(LAYER_BOUNDS), axis=1)
    kept = slice(SPIN_UP, None)
    return {
        "sm": water.storage[..., kept] / thickness,
        "precipitation": rain[..., kept],
        "air_temperature": warmth[..., kept],
        "swe": swe[..., kept],
        "leaf_area_index": leaves[..., kept],
        "potential_evapotranspiration": demand[..., kept],
        "evapotranspiration": (water.evaporation + water.transpiration)[..., kept],
        "runoff": water.runoff[..., kept],
        "recharge": water.recharge[..., kept],
        "frozen": frozen[..., kept],
    }
