"""Satellite sensors that look at the simulated Earth: coarse, biased, noisy and not every day."""

from __future__ import annotations

import numpy as np

from ..grid import distance
from ..schema import FLAGS, rejected
from .cells import Cells
from .error_sizes import Sensor
from .noise import cellwise, smooth, uniform

#: Kilometres per degree of latitude on the sphere of :func:`vadose.grid.distance`.
KM_PER_DEGREE = float(distance(0.0, 0.0, 1.0, 0.0)) / 1000

#: Inclination of a sun-synchronous orbit [degrees].
INCLINATION = 98.1

#: Soil moisture about which gain turns, and leaf area that counts as full vegetation.
PIVOT, FULL_LEAVES = 0.25, 6.0

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
    inner = cells.window(rows, cols)
    cosine = np.maximum(np.cos(np.radians(inner.lat)), _LEAST_COSINE)
    step = KM_PER_DEGREE * cells.resolution
    reach = int(width / step), int(width / (step * cosine.min()))
    total = np.zeros((*inner.shape, values.shape[-1]))
    norm = np.zeros(inner.shape)
    part = np.empty_like(total)
    for i in range(-reach[0], reach[0] + 1):
        # rows that have a neighbour i rows further south: all but those at a pole
        near = slice(max(0, -(rows.start + i)), min(inner.shape[0], cells.rows.size - rows.start - i))
        there = slice(rows.start + i + near.start, rows.start + i + near.stop)
        for j in range(-reach[1], reach[1] + 1):
            apart = np.hypot(i * step, j * step * cosine[near])
            pattern = np.where(apart <= width, np.exp(-4 * np.log(2) * (apart / width) ** 2), 0.0)
            if not pattern.any():
                continue
            beside = slice(cols.start + j, cols.stop + j)
            w = pattern[:, None] * weight[there, beside]
            total[near] += np.multiply(w[..., None], values[there, beside], out=part[near])
            norm[near] += w
    return np.divide(total, norm[..., None], out=np.full(total.shape, np.nan), where=norm[..., None] > 0)


def passes(cells: Cells, day: np.ndarray, sensor: Sensor) -> np.ndarray:
    """Days on which the swath covers each cell, shape (rows, columns, time), bool.

    Notes
    -----
    Ground tracks of a circular sun-synchronous orbit: the track that crosses the equator at λ₀ passes latitude φ at
    λ₀ ± asin(tan φ / tan i). Tracks are 360°/n apart, n orbits a day, and move by the fraction of n from day to day.
    A cell is seen where its distance from a track, measured along the parallel, lies within the swath.
    """
    orbits = sensor.orbits[0] / sensor.orbits[1]
    spacing = 360 / orbits
    # whole numbers, so that the cycle repeats exactly
    start = np.mod(np.asarray(day, dtype=np.int64) * sensor.orbits[0], sensor.orbits[1]) / sensor.orbits[1]
    lean = np.degrees(np.arcsin(np.clip(np.tan(np.radians(cells.lat)) / np.tan(np.radians(INCLINATION)), -1, 1)))
    cosine = np.maximum(np.cos(np.radians(cells.lat)), _LEAST_COSINE)
    seen = np.zeros((*cells.shape, start.size), dtype=bool)
    for direction in (-1, 1) if sensor.ascending else (-1,):
        phase = (cells.lon[None, :, None] - direction * lean[:, None, None]) / spacing + start
        # ascending tracks lie half a revolution from descending ones
        phase = phase + (0.5 * orbits if direction > 0 else 0.0)
        off = np.abs(phase - np.round(phase))
        for apart in (off, 1 - off):  # the nearest track and the one on the other side
            far = apart * spacing * KM_PER_DEGREE * cosine[:, None, None]
            seen |= (far >= sensor.swath[0]) & (far <= sensor.swath[1])
    return seen


def observe(name: str, sensor: Sensor, cells: Cells, rows: slice, cols: slice, land: dict[str, np.ndarray],
            state: dict[str, np.ndarray], day: np.ndarray, seed: int) -> dict[str, np.ndarray]:  # fmt: skip
    """What a sensor reports.

    Parameters
    ----------
    name : str
        Name of the sensor, which keys its noise.
    sensor : Sensor
        Its geometry and errors.
    cells : Cells
        Wide cells: those asked for and their :func:`halo`.
    rows, cols : slice
        The cells asked for.
    land, state : dict
        From :func:`vadose.twin.land.describe` and :func:`vadose.twin.truths.simulate` for the wide cells.
    day : ndarray, shape (time,)
        Days since 1970-01-01.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    dict of ndarray, shape (rows, columns, time)
        ``sm``, ``sm_uncertainty`` [m3 m-3] and ``flag`` (uint16). Values are missing where the flag rule
        "recommended" rejects them, as a reader would return them.
    """
    inner = cells.window(rows, cols)
    soil = (land["land_cover"] != 0).astype(float)
    theta = footprint_mean(state["sm"][:, :, 0], soil, cells, rows, cols, sensor.footprint)
    leaves = footprint_mean(state["leaf_area_index"], soil, cells, rows, cols, sensor.footprint)
    water = footprint_mean(land["water_fraction"][..., None], np.ones_like(soil), cells, rows, cols, sensor.footprint)
    plants = leaves / FULL_LEAVES
    spread = (sensor.noise + sensor.noise_vegetation * plants) * (0.5 + 0.5 * theta / PIVOT)
    random = (1 - sensor.correlated) ** 0.5 * cellwise(seed, f"{name}/noise", inner, day)
    random += sensor.correlated**0.5 * smooth(seed, f"{name}/drift", inner, day, spacing=1.0, days_apart=10)
    seen = (
        PIVOT + (sensor.gain + sensor.gain_vegetation * plants) * (theta - PIVOT)
        + sensor.offset + sensor.vegetation * plants + sensor.water * water + spread * random
    )  # fmt: skip

    row, col = (a.ravel() for a in np.meshgrid(inner.rows, inner.cols, indexing="ij"))
    lost = uniform(seed, f"{name}/loss@{inner.n_lat}", row, col, day).reshape(seen.shape) < sensor.loss
    flag = np.zeros(seen.shape, dtype="uint16")
    for key, where in (
        ("water", np.broadcast_to(soil[rows, cols, None] == 0, seen.shape)),
        ("missing", ~passes(inner, day, sensor)),
        ("retrieval_failed", lost),
        ("frozen_or_snow", state["frozen"][rows, cols]),
        ("dense_vegetation", leaves > sensor.densest),
        ("out_of_range", (seen < 0) | (seen > 1)),
    ):
        flag |= np.where(where, np.uint16(FLAGS[key]), np.uint16(0))
    keep = ~rejected(flag, "recommended")
    return {"sm": np.where(keep, seen, np.nan), "sm_uncertainty": np.where(keep, spread, np.nan), "flag": flag}
