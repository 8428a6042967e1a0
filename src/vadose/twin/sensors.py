"""Satellite sensors that look at the simulated Earth: coarse, biased, noisy and not every day."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from ..grid import distance
from ..schema import FLAGS, rejected
from .cells import Cells
from .error_sizes import FROZEN_LOOKS, INTERFERENCE, SHARED, Sensor
from .noise import cellwise, normal, smooth, uniform

#: Kilometres per degree of latitude on the sphere of :func:`vadose.grid.distance`.
KM_PER_DEGREE = float(distance(0.0, 0.0, 1.0, 0.0)) / 1000

#: Soil moisture about which gain turns, and leaf area that counts as full vegetation.
PIVOT, FULL_LEAVES = 0.25, 6.0

#: Wetness below which land is arid [1], and the temperature at which heat does no harm [K].
ARID, TEMPERATE = 0.3, 288.15

#: Smallest cosine of latitude used for widths in longitude: nearer the poles footprints get narrower.
_LEAST_COSINE = 0.17


def halo(sensor: Sensor, cells: Cells) -> tuple[int, int]:
    """Rows and columns around the cells that their footprints reach."""
    step = KM_PER_DEGREE * cells.resolution
    cosine = max(float(np.cos(np.radians(cells.lat)).min()), _LEAST_COSINE)
    return int(sensor.footprint / step), int(sensor.footprint / (step * cosine))


def footprint_mean(values: np.ndarray, weight: np.ndarray, cells: Cells, rows: slice, cols: slice,
                   width: float) -> np.ndarray:  # fmt: skip
    """Mean over a Gaussian antenna pattern.

    Parameters
    ----------
    values : ndarray, shape (rows, columns, time)
        Any quantity on the wide cells.
    weight : ndarray, shape (rows, columns)
        Weight of each wide cell besides the pattern, such as land = 1, water = 0.
    cells : Cells
        The wide cells.
    rows, cols : slice
        The cells asked for, a part of the wide ones.
    width : float
        Full width of the pattern at half power [km].

    Returns
    -------
    ndarray, shape (rows asked for, columns asked for, time)
        Weighted mean in the unit of the values; NaN where all weights are zero.

    Notes
    -----
    Weight exp(−4 ln 2 (d/width)²), cut off at d = width, where it is 1/16.
    """
    from ._footprints import gather

    inner = cells.window(rows, cols)
    cosine = np.maximum(np.cos(np.radians(inner.lat)), _LEAST_COSINE)
    step = KM_PER_DEGREE * cells.resolution
    reach = int(width / step), int(width / (step * cosine.min()))
    south, east = (np.arange(-r, r + 1) * step for r in reach)
    apart = np.hypot(south[None, :, None], east[None, None, :] * cosine[:, None, None])
    pattern = np.where(apart <= width, np.exp(-4 * np.log(2) * (apart / width) ** 2), 0.0)
    total, norm = np.empty((*inner.shape, values.shape[-1])), np.empty(inner.shape)
    gather(np.ascontiguousarray(values, dtype=float), np.ascontiguousarray(weight, dtype=float), pattern,
           rows.start, cols.start, total, norm)  # fmt: skip
    return total


def passes(cells: Cells, day: np.ndarray, sensor: Sensor) -> np.ndarray:
    """Days on which the swath covers each cell, shape (rows, columns, time), bool.

    Notes
    -----
    Ground tracks of a circular orbit of inclination i: the track that crosses the equator at λ₀ passes latitude φ at
    λ₀ ± asin(tan φ / tan i). Tracks are 360°/n apart, n orbits a day, and move by the fraction of n from day to day.
    A cell is seen where its distance from a track lies within the swath: the distance along the parallel times the
    cosine of the track's angle to the meridian, sin α = cos i / cos φ. Choice: that cosine is at least 0.3, which near
    the turning points of an orbit stands for the track that runs along the parallel.
    """
    orbits = sensor.orbits[0] / sensor.orbits[1]
    spacing = 360 / orbits
    # whole numbers, so that the cycle repeats exactly
    start = np.mod(np.asarray(day, dtype=np.int64) * sensor.orbits[0], sensor.orbits[1]) / sensor.orbits[1]
    tilt = np.radians(sensor.inclination)
    lean = np.degrees(np.arcsin(np.clip(np.tan(np.radians(cells.lat)) / np.tan(tilt), -1, 1)))
    cosine = np.maximum(np.cos(np.radians(cells.lat)), _LEAST_COSINE)
    heading = np.sqrt(np.maximum(1 - (np.cos(tilt) / cosine) ** 2, 0.3**2))
    scale = (spacing * KM_PER_DEGREE * cosine * heading)[:, None, None]
    seen = np.zeros((*cells.shape, start.size), dtype=bool)
    for direction in (-1, 1) if sensor.ascending else (-1,):
        phase = (cells.lon[None, :, None] - direction * lean[:, None, None]) / spacing + start
        # ascending tracks lie half a revolution from descending ones
        phase = phase + (0.5 * orbits if direction > 0 else 0.0)
        off = np.abs(phase - np.round(phase))
        for apart in (off, 1 - off):  # the nearest track and the one on the other side
            far = apart * scale
            seen |= (far >= sensor.swath[0]) & (far <= sensor.swath[1])
    return seen & (np.abs(cells.lat) <= sensor.latitudes)[:, None, None]


class Scene:
    """What lies before the sensors: some cells, those around them, and their state over some days.

    Parameters
    ----------
    cells : Cells
        Wide cells: those asked for and the :func:`halo` of every sensor.
    rows, cols : slice
        The cells asked for.
    land, state : dict
        From :func:`vadose.twin.land.describe` and :func:`vadose.twin.truths.years` for the wide cells.
    day : ndarray, shape (time,)
        Days since 1970-01-01.
    """

    def __init__(self, cells: Cells, rows: slice, cols: slice, land: dict[str, np.ndarray],
                 state: dict[str, np.ndarray], day: np.ndarray) -> None:  # fmt: skip
        self.cells, self.rows, self.cols, self.land, self.state, self.day = cells, rows, cols, land, state, day
        self.inner = cells.window(rows, cols)
        self.soil = (land["land_cover"] != 0).astype(float)
        self._means: dict[tuple[str, float], np.ndarray] = {}

    def of(self, name: str) -> np.ndarray:
        """A variable of the land or the state in the cells asked for."""
        return (self.land[name] if name in self.land else self.state[name])[self.rows, self.cols]

    def mean(self, name: str, width: float) -> np.ndarray:
        """Mean of a variable over the soil (of water over everything) in a footprint; kept for other sensors."""
        key = name, width
        if key not in self._means:
            everything = name == "water_fraction"
            values = self.land[name][..., None] if everything else self.state[name]
            values = values[:, :, 0] if values.ndim == 4 else values
            weight = np.ones_like(self.soil) if everything else self.soil
            self._means[key] = footprint_mean(values, weight, self.cells, self.rows, self.cols, width)
        return self._means[key]


def bias_pattern(name: str, sensor: Sensor, scene: Scene, seed: int) -> np.ndarray:
    """The part of the error that lasts and belongs to the place [m3 m-3], shape (rows, columns)."""
    inner = scene.inner
    out = sensor.texture * (scene.of("clay") - 25) / 25
    if sensor.regional:
        out = out + sensor.regional * smooth(seed, f"{name}/regional", inner, spacing=3.0)
    if sensor.zone:
        row, col = np.floor(90 - inner.lat).astype(int), np.floor(inner.lon + 180).astype(int)
        row, col = (a.ravel() for a in np.meshgrid(row, col, indexing="ij"))
        out = out + sensor.zone * normal(seed, f"{name}/zone", row, col).reshape(inner.shape)
    return out


def interference(sensor: Sensor, cells: Cells, seed: int) -> np.ndarray:
    """Share of observations that transmitters on the ground spoil [1], shape (rows, columns)."""
    if sensor.interference is None:
        return np.zeros(cells.shape)
    west, south, east, north = sensor.interference
    inside = ((cells.lat >= south) & (cells.lat <= north))[:, None] & ((cells.lon >= west) & (cells.lon <= east))
    steepness, threshold = INTERFERENCE
    return np.where(inside, ndtr(steepness * (smooth(seed, "interference", cells, spacing=2.0) - threshold)), 0.0)


def observe(name: str, sensor: Sensor, scene: Scene, seed: int, when: slice = slice(None)) -> dict[str, np.ndarray]:
    """What a sensor reports.

    Parameters
    ----------
    name : str
        Name of the sensor, which keys its noise.
    sensor : Sensor
        Its geometry and errors.
    scene : Scene
        What lies before it.
    seed : int
        Seed of the simulated Earth.
    when : slice
        The days of the scene that are asked for.

    Returns
    -------
    dict of ndarray, shape (rows, columns, time)
        ``sm``, ``sm_uncertainty`` [m3 m-3] and ``flag`` (uint16). Values are missing where the flag rule
        "recommended" rejects them, as a reader would return them.
    """
    inner, day = scene.inner, scene.day[when]
    theta, leaves = (scene.mean(n, sensor.footprint)[..., when] for n in ("sm", "leaf_area_index"))
    water = scene.mean("water_fraction", sensor.footprint) + scene.of("covered")[..., when]
    frozen = scene.of("frozen")[..., when]
    relief = scene.of("topographic_complexity")[..., None] / 100
    arid = np.clip(1 - scene.of("wetness") / ARID, 0, 1)[..., None]
    plants = leaves / FULL_LEAVES
    if not sensor.masks_frozen:
        theta = np.where(frozen, FROZEN_LOOKS, theta)
    spread = sensor.noise + sensor.noise_vegetation * plants + sensor.noise_relief * relief
    spread = spread * (0.5 + 0.5 * theta / PIVOT)
    seen = (
        PIVOT + (sensor.gain + sensor.gain_vegetation * plants - sensor.gain_arid * arid) * (theta - PIVOT)
        + sensor.offset + sensor.vegetation * plants + sensor.water * water
        + bias_pattern(name, sensor, scene, seed)[..., None] + spread * _random(name, sensor, inner, day, seed)
    )  # fmt: skip
    if sensor.heat:
        seen = seen + sensor.heat * (scene.mean("surface_temperature", sensor.footprint)[..., when] - TEMPERATE) / 10

    row, col = (a.ravel() for a in np.meshgrid(inner.rows, inner.cols, indexing="ij"))
    draw = uniform(seed, f"{name}/loss@{inner.n_lat}", row, col, day).reshape(seen.shape)
    flag = np.zeros(seen.shape, dtype="uint16")
    reasons = [
        ("water", np.broadcast_to(scene.soil[scene.rows, scene.cols, None] == 0, seen.shape)),
        ("missing", ~passes(inner, day, sensor)),
        ("retrieval_failed", draw < sensor.loss),
        ("dense_vegetation", leaves > sensor.densest),
        ("out_of_range", (seen < 0) | (seen > 1)),
    ]
    if sensor.masks_frozen:
        reasons.append(("frozen_or_snow", frozen))
    if sensor.interference:
        reasons.append(("radio_frequency_interference", 1 - draw < interference(sensor, inner, seed)[..., None]))
    for key, where in reasons:
        flag |= np.where(where, np.uint16(FLAGS[key]), np.uint16(0))
    keep = ~rejected(flag, "recommended")
    return {"sm": np.where(keep, seen, np.nan), "sm_uncertainty": np.where(keep, spread, np.nan), "flag": flag}


def _random(name: str, sensor: Sensor, cells: Cells, day: np.ndarray, seed: int) -> np.ndarray:
    """Noise of unit variance: days on their own, in part shared within a family, and a drift over weeks."""
    own = cellwise(seed, f"{name}/noise", cells, day)
    if sensor.family:
        own = (1 - SHARED) ** 0.5 * own + SHARED**0.5 * cellwise(seed, f"{sensor.family}/antenna", cells, day)
    drift = smooth(seed, f"{name}/drift", cells, day, spacing=1.0, days_apart=10)
    return (1 - sensor.correlated) ** 0.5 * own + sensor.correlated**0.5 * drift
