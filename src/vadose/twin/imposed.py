"""What is imposed on the simulated Earth, so that methods can be asked to find it: trends, irrigation, fire, flood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..grid import distance
from .cells import Cells
from .land import season
from .noise import uniform

DAYS_PER_YEAR = 365.25

#: Trends pass through zero on this day and are straight for this many years on either side, then level out.
TREND_REFERENCE, TREND_YEARS = int(np.datetime64("2011-01-01").astype(int)), 11.0

#: Edge of the regions that share a trend [degrees] and their slopes [m3 m-3 per year], of either sign; one region in
#: three has none. Choice: within ±0.003, several times smaller than the swing of a year in 16 years.
TREND_BLOCK, TREND_SIZES = 2.0, (0.0010, 0.0025)

#: Most of the range between wilting point and field capacity that a trend may use up on one side [1].
TREND_ROOM = 0.2

#: Edge of an irrigation block [degrees], share of the blocks, wetness above which nobody irrigates, water given [mm]
#: and days between. Choice.
IRRIGATION_BLOCK, IRRIGATION_SHARE, IRRIGATION_LIMIT = 0.5, 0.4, 0.7
IRRIGATION_DOSE, IRRIGATION_DAYS = 25.0, 7

#: Chance of a fire and of a flood in a 1° × 1° tile and year, and the radii [km]. Choice.
FIRE_CHANCE, FLOOD_CHANCE, RADII = 0.08, 0.06, (8.0, 30.0)

#: Latitude beyond which there are neither [degrees].
EVENT_LATITUDE = 75

#: Share of the leaves that a fire takes, and years until they are back; classes that can burn.
BURNT_LEAVES, REGROWTH_YEARS = 0.8, 3
BURNABLE = (*range(1, 11), 12, 14)

#: Days a flood lasts, its water [mm per day], the share of a cell it covers, and days until that has gone.
FLOOD_DAYS, FLOOD_WATER, FLOOD_COVER, FLOOD_RECEDES = 20, 25.0, 0.4, 20


@dataclass(frozen=True)
class Event:
    """A fire or a flood: a circle and its days."""

    kind: str
    lat: float
    lon: float
    radius: float
    """[km]."""
    start: int
    """Days since 1970-01-01."""
    end: int
    """Last day of its effect."""

    def touches(self, cells: Cells) -> np.ndarray:
        """Cells whose centre lies in the circle, shape (rows, columns), bool."""
        away = distance(self.lat, self.lon, cells.lat[:, None], cells.lon[None, :])
        return np.asarray(away) <= 1000 * self.radius

    def as_dict(self) -> dict[str, str | float]:
        """The event in words and numbers, for attributes."""
        first, last = (str(np.datetime64(d, "D")) for d in (self.start, self.end))
        return {"kind": self.kind, "lat": round(self.lat, 4), "lon": round(self.lon, 4),
                "radius_km": round(self.radius, 2), "start": first, "end": last}  # fmt: skip


def trend(cells: Cells, land: dict[str, np.ndarray], seed: int) -> np.ndarray:
    """Imposed trend of soil moisture in all layers.

    Parameters
    ----------
    cells : Cells
        Where.
    land : dict
        From :func:`vadose.twin.land.describe`.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    ndarray, shape (rows, columns)
        Slope [m3 m-3 per year], float64.

    Notes
    -----
    One slope per block of 2° × 2°, less where the soil has no room for it: the change over eleven years must not
    exceed :data:`TREND_ROOM` of the range between wilting point and field capacity.
    """
    row, col = _tiles(cells, TREND_BLOCK)
    draw = uniform(seed, "imposed/trend", row, col, (0, 1)).reshape(*cells.shape, 2)
    size = TREND_SIZES[0] + (TREND_SIZES[1] - TREND_SIZES[0]) * draw[..., 1]
    sign = np.select([draw[..., 0] < 1 / 3, draw[..., 0] < 2 / 3], [-1.0, 1.0], 0.0)
    room = TREND_ROOM * (land["field_capacity"] - land["wilting_point"]) / TREND_YEARS
    return np.where(land["land_cover"] != 0, sign * np.minimum(size, room), 0.0)


def anomaly(slope: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Soil moisture that the trend has added by each day [m3 m-3], shape (rows, columns, time).

    Examples
    --------
    A year after the reference day, and long after the trend has levelled out.

    >>> anomaly(np.array([[0.001]]), TREND_REFERENCE + 365.25 * np.array([1.0, 50.0])).round(6).tolist()
    [[[0.001, 0.011]]]
    """
    years = (np.asarray(day, dtype=float) - TREND_REFERENCE) / DAYS_PER_YEAR
    return slope[..., None] * np.clip(years, -TREND_YEARS, TREND_YEARS)


def margin(slope: np.ndarray) -> np.ndarray:
    """Largest soil moisture that the trend adds or takes [m3 m-3]."""
    return np.abs(slope) * TREND_YEARS


def irrigated(cells: Cells, land: dict[str, np.ndarray], seed: int) -> np.ndarray:
    """Cells with irrigation, shape (rows, columns), bool: fields of dry climates in some blocks of 0.5°."""
    row, col = _tiles(cells, IRRIGATION_BLOCK)
    chosen = uniform(seed, "imposed/irrigation", row, col).reshape(cells.shape) < IRRIGATION_SHARE
    return chosen & np.isin(land["land_cover"], (12, 14)) & (land["wetness"] < IRRIGATION_LIMIT)


def irrigation(cells: Cells, where: np.ndarray, warmth: np.ndarray, day: np.ndarray,
               day_of_year: np.ndarray) -> np.ndarray:  # fmt: skip
    """Water given to fields [mm], shape (rows, columns, time): every seventh day of the warm season above 10 °C."""
    row, col = (a.reshape(cells.shape) for a in _tiles(cells, IRRIGATION_BLOCK))
    turn = (np.asarray(day) + (row + 3 * col)[..., None]) % IRRIGATION_DAYS == 0
    warm = np.clip(cells.lat / 15, -1, 1)[:, None, None] * season(day_of_year) > 0.25
    return np.where(where[..., None] & turn & warm & (warmth > 10), IRRIGATION_DOSE, 0.0)


def events(cells: Cells, day: np.ndarray, seed: int) -> list[Event]:
    """Fires and floods that may touch the cells on these days, whether or not there is something to burn.

    Notes
    -----
    Each 1° × 1° tile and calendar year has at most one fire, in the warm season, and one flood, at any time.
    """
    return [e for e in _candidates(cells, day, seed) if e.start <= day[-1] and e.end >= day[0]]


def burn(happened: list[Event], cells: Cells, land: dict[str, np.ndarray], day: np.ndarray) -> np.ndarray:
    """Share of the leaves missing after fires [1], shape (rows, columns, time)."""
    out = np.zeros((*cells.shape, np.size(day)))
    plants = np.isin(land["land_cover"], BURNABLE)
    for event in (e for e in happened if e.kind == "fire"):
        hit = event.touches(cells) & plants
        age = (np.asarray(day) - event.start) / (REGROWTH_YEARS * DAYS_PER_YEAR)
        share = np.where(age >= 0, BURNT_LEAVES * np.clip(1 - age, 0, 1), 0.0)
        out[hit] = np.maximum(out[hit], share)
    return out


def flood(
    happened: list[Event], cells: Cells, land: dict[str, np.ndarray], day: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Water [mm per day] and cover [1] of floods, both (rows, columns, time)."""
    water, cover = np.zeros((*cells.shape, np.size(day))), np.zeros((*cells.shape, np.size(day)))
    ground = land["land_cover"] != 0
    for event in (e for e in happened if e.kind == "flood"):
        hit = event.touches(cells) & ground
        age = np.asarray(day) - event.start
        runs = (age >= 0) & (age < FLOOD_DAYS)
        left = np.where(age >= 0, FLOOD_COVER * np.clip(1 - (age - FLOOD_DAYS + 1) / FLOOD_RECEDES, 0, 1), 0.0)
        water[hit] = np.maximum(water[hit], np.where(runs, FLOOD_WATER, 0.0))
        cover[hit] = np.maximum(cover[hit], left)
    return water, cover


def _candidates(cells: Cells, day: np.ndarray, seed: int) -> Iterator[Event]:
    # circles reach 0.27° in latitude and, up to 75°, 1.1° in longitude
    rows = np.arange(int(90 - cells.lat.max()) - 1, int(90 - cells.lat.min()) + 2)
    rows = rows[(rows >= 90 - EVENT_LATITUDE) & (rows < 90 + EVENT_LATITUDE)]
    cols = np.unique(np.mod(np.floor(cells.lon + 180).astype(int)[:, None] + np.arange(-2, 3), 360))
    years = np.arange(_year(day[0]) - REGROWTH_YEARS - 1, _year(day[-1]) + 1)
    row, col = (a.ravel() for a in np.meshgrid(rows, cols, indexing="ij"))
    for kind, chance in (("fire", FIRE_CHANCE), ("flood", FLOOD_CHANCE)):
        u = [uniform(seed, f"imposed/{kind}/{k}", row, col, years) for k in range(5)]
        for p, y in np.argwhere(u[0] < chance):
            lat, lon = 90 - (row[p] + u[1][p, y]), col[p] - 180 + u[2][p, y]
            radius = RADII[0] + (RADII[1] - RADII[0]) * u[3][p, y]
            new_year = int(np.datetime64(f"{years[y]:04d}-01-01").astype("datetime64[D]").astype(int))
            if kind == "fire":
                start = new_year + (200 if lat >= 0 else 17) + int(90 * (u[4][p, y] - 0.5))
                end = start + int(REGROWTH_YEARS * DAYS_PER_YEAR)
            else:
                start = new_year + int(365 * u[4][p, y])
                end = start + FLOOD_DAYS + FLOOD_RECEDES - 1
            yield Event(kind, float(lat), float(lon), float(radius), start, end)


def _year(day) -> int:
    return int(np.datetime64(int(day), "D").astype("datetime64[Y]").astype(int)) + 1970


def _tiles(cells: Cells, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the tile of each cell, flat."""
    row = np.floor((90 - cells.lat) / size).astype(int)
    col = np.floor((cells.lon + 180) / size).astype(int)
    row, col = np.meshgrid(row, col, indexing="ij")
    return row.ravel(), col.ravel()
