"""What really happens on the simulated Earth: weather, leaves and the water in four layers of soil."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..physics import (
    LAYER_BOUNDS,
    ROOT_BETA,
    Balance,
    bare_soil_share,
    bucket,
    degree_day,
    extraterrestrial_radiation,
    potential_oudin,
    root_shares,
)
from . import forcing, imposed
from . import land as geography
from .cells import Cells

#: Days simulated before the first one asked for. Choice: two years, in which the start is forgotten down to about a
#: metre in wet climates; deep layers of deserts keep a memory of it, as they do of real decades.
SPIN_UP = 730

#: Bits of the variable ``event``.
EVENTS = {"irrigated": 1, "burnt": 2, "flooded": 4}

#: Thickness of the layers [mm].
THICKNESS = 1000 * np.diff(np.asarray(LAYER_BOUNDS), axis=1)[:, 0]

#: How much warmer the surface is than the air: Kelvin per MJ m-2 of daily radiation on bare dry soil. Choice.
HEATING = 0.3

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
    """Simulate all variables of the truth for some cells; see :func:`years`, whose pieces it joins.

    Parameters
    ----------
    cells : Cells
        Where.
    land : dict
        From :func:`vadose.twin.land.describe` for the same cells.
    day : ndarray, shape (time,)
        Consecutive days since 1970-01-01.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    dict of ndarray, shape (rows, columns, time)
        As :func:`years`.
    """
    pieces = [state for _, state in years(cells, land, day, seed)]
    return {name: np.concatenate([p[name] for p in pieces], axis=-1) for name in pieces[0]}


def years(cells: Cells, land: dict[str, np.ndarray], day: np.ndarray, seed: int, *, spin_up: bool = False,
          trends: bool = True) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:  # fmt: skip
    """Simulate the truth one calendar year after the other, so that memory does not grow with their number.

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
    spin_up : bool
        Whether the spin-up is yielded too, as the first piece.
    trends : bool
        Whether the imposed trends are there. Without them nothing else differs: the balance leaves them their room.

    Yields
    ------
    tuple
        Days of the piece, and a dict of ndarray, shape (rows, columns, time): canonical variables, float64, in their
        units; ``sm`` has shape (rows, columns, layer, time). Beside them ``liquid`` (rain and melt), ``frozen`` (bool),
        ``radiation`` (at the top of the atmosphere, MJ m-2), ``event`` (bits of :data:`EVENTS`), ``imposed_water``
        (floods, and what the trend adds to or takes from the soil) and ``covered`` (share of the cell under flood
        water). Cells of water hold values too: mask them with the land cover.

    Notes
    -----
    Choice: the imposed trend is a slow store beside the water balance, as of a rising or falling water table: it adds
    the same content to all layers. The balance runs within limits that leave room for it, and ``imposed_water`` holds
    its daily steps, so that change of storage and snow = precipitation + irrigation + imposed_water −
    evapotranspiration − runoff − recharge, up to rounding.
    """
    slope = imposed.trend(cells, land, seed)
    fields = imposed.irrigated(cells, land, seed)
    soil = Soil(land, imposed.margin(slope))
    wet = None
    pack = np.zeros(cells.shape)
    for run in _pieces(day):
        calendar = day_of_year(run)
        happened = imposed.events(cells, run, seed)
        warmth = forcing.temperature(cells, land, run, calendar, seed)
        rain = forcing.precipitation(cells, land, run, calendar, seed, wet_before=wet)
        burnt = imposed.burn(happened, cells, land, run)
        leaves = geography.leaf_area_index(cells, land, calendar) * (1 - burnt)
        sun = extraterrestrial_radiation(cells.lat[:, None, None], calendar)
        demand = potential_oudin(warmth, sun)
        liquid, swe = degree_day(rain, warmth, initial=pack)
        frozen = (warmth < 0) | (swe >= SNOW_LIMIT)
        given = imposed.irrigation(cells, fields, warmth, run, calendar)
        flooding, covered = imposed.flood(happened, cells, land, run)
        water = soil.step(liquid + given + flooding, demand, leaves, frozen)
        wet, pack = rain[..., -1] > 0, swe[..., -1]
        if run[-1] < day[0] and not spin_up:
            continue
        added = imposed.anomaly(slope * trends, np.append(run[0] - 1, run))
        sm = water.storage / THICKNESS[:, None] + added[..., None, 1:]
        bare = bare_soil_share(leaves) * (1 - np.clip(sm[:, :, 0] / land["porosity"][..., None], 0, 1))
        event = EVENTS["irrigated"] * (given > 0) + EVENTS["burnt"] * (burnt > 0) + EVENTS["flooded"] * (flooding > 0)
        yield (
            run,
            {
                "sm": sm,
                "precipitation": rain,
                "liquid": liquid,
                "irrigation": given,
                "imposed_water": flooding + THICKNESS.sum() * np.diff(added, axis=-1),
                "air_temperature": warmth,
                "surface_temperature": warmth + 273.15 + HEATING * np.broadcast_to(sun, warmth.shape) * bare,
                "radiation": np.broadcast_to(sun, warmth.shape),
                "swe": swe,
                "leaf_area_index": leaves,
                "potential_evapotranspiration": demand,
                "evapotranspiration": water.evaporation + water.transpiration,
                "runoff": water.runoff,
                "recharge": water.recharge,
                "frozen": frozen,
                "event": event.astype("uint8"),
                "covered": covered,
            },
        )


class Soil:
    """The water balance of some cells, carried from one piece of time to the next.

    Parameters
    ----------
    land : dict
        From :func:`vadose.twin.land.describe`.
    margin : array_like, shape (rows, columns)
        Soil moisture left free at both limits for the imposed trend [m3 m-3].
    """

    def __init__(self, land: dict[str, np.ndarray], margin) -> None:
        beta = np.array([ROOT_BETA.get(k, 0.95) for k in range(17)])[land["land_cover"]]
        self.limits = {"porosity": land["porosity"] - margin, "field_capacity": land["field_capacity"],
                       # the balance dries the surface to half the wilting point
                       "wilting_point": land["wilting_point"] + 2 * np.asarray(margin),
                       "saturated_conductivity": land["saturated_conductivity"],
                       "root_share": root_shares(beta, LAYER_BOUNDS)}  # fmt: skip
        self.storage: np.ndarray | None = None

    def step(self, water: np.ndarray, demand: np.ndarray, leaves: np.ndarray, frozen: np.ndarray) -> Balance:
        """Balance of the next days; see :func:`vadose.physics.bucket`."""
        out = bucket(water, demand, bare_soil_share(leaves), frozen, initial=self.storage, **self.limits)
        self.storage = np.ascontiguousarray(out.storage[..., -1])
        return out


def _pieces(day: np.ndarray) -> list[np.ndarray]:
    """The spin-up, then the days cut at the ends of calendar years."""
    day = np.asarray(day)
    cuts = np.flatnonzero(np.diff(day.astype("datetime64[D]").astype("datetime64[Y]").astype(int))) + 1
    return [np.arange(day[0] - SPIN_UP, day[0]), *np.split(day, cuts)]
