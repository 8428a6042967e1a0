"""The SMOS discrete global grid (ISEA-4H9): latitude and longitude of a grid point number.

SMOS level-2 files name their points by number only. The grid is the icosahedral Snyder equal-area aperture-4
hexagon grid of resolution 9 in the standard orientation: one vertex of the icosahedron at 58.2825° N, 11.25° E
and an edge from there due north. Ten rhombi of 512 × 512 points hang on the ten ring vertices; the first and the
last vertex are points of their own.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..errors import InputFileError

#: First vertex [degrees north, degrees east].
VERTEX = (58.282525588538995, 11.25)
#: Points along the side of a rhombus.
SIDE = 512

_TO_VERTEX = np.arccos(1 / (np.sqrt(3) * np.tan(np.radians(36))))  # centre of a face to its corner, g
_AT_VERTEX = np.radians(36.0)  # half the angle of a face at its corner, G
_COT_THETA = np.sqrt(3.0)  # cotangent of 30°
#: Radius of the sphere on whose icosahedron the faces have the area of the spherical ones, R' = 0.9103832815.
_RADIUS = np.sqrt((4 * np.pi / 20) / (3 * np.sqrt(3) / 4)) / np.tan(_TO_VERTEX)
_TAN_SQUARED = (_RADIUS * np.tan(_TO_VERTEX)) ** 2


def locate_points(number: np.ndarray, *, where: str = "grid point numbers") -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of SMOS grid points.

    Parameters
    ----------
    number : array_like of int
        ``Grid_Point_ID``.
    where : str
        What to name in the error message.

    Returns
    -------
    tuple of ndarray
        Latitude and longitude [degrees], float64.

    Raises
    ------
    InputFileError
        If a number is none of the 2 621 442 points.

    Notes
    -----
    Numbers: 1 is the first vertex; 2 to 262145 are rhombus 1; ``1000000 (r - 1) + 1 + 512 i + j`` is point
    (i, j) of rhombus r = 2 to 10; 9262145 is the last vertex. Inverse projection: Snyder, J. P. (1992), An equal-area
    map projection for polyhedral globes, Cartographica 29(1), 10-21, with latitudes on the sphere taken as they
    are. Agrees with the eight extreme coordinates that the headers of two half orbits name, in four rhombi, within
    0.0012° (about 100 m; the spacing of the points is 14 km).

    Examples
    --------
    >>> lat, lon = locate_points([1, 21270, 7119811])
    >>> lat.round(3).tolist(), float(lon[0].round(3))
    ([58.283, 84.94, -87.067], 11.25)
    """
    number = np.asarray(number, dtype=np.int64)
    first = number < 1_000_000
    rhombus = np.where(first, 0, (number - 1) // 1_000_000)
    index = np.where(first, number - 2, (number - 1) % 1_000_000)
    is_last = (rhombus == 9) & (index == SIDE**2)
    bad = (number < 1) | (rhombus > 9) | ((index >= SIDE**2) & ~is_last)
    if bad.any():
        raise InputFileError(where, found=f"{int(number[bad][0])} and {int(bad.sum()) - 1} more such numbers",
                             needed="point numbers of the SMOS ISEA-4H9 grid")  # fmt: skip
    vertices, rhombi = _icosahedron()
    out = np.empty((*number.shape, 3))
    out[number == 1], out[is_last] = vertices[0], vertices[-1]
    inner = (number != 1) & ~is_last
    for r in np.unique(rhombus[inner]):
        here = inner & (rhombus == r)
        i, j = np.divmod(index[here], SIDE)
        out[here] = _unfold(vertices[list(rhombi[r])], i / SIDE, j / SIDE)
    return np.degrees(np.arcsin(np.clip(out[..., 2], -1, 1))), np.degrees(np.arctan2(out[..., 1], out[..., 0]))


@lru_cache(maxsize=1)
def _icosahedron() -> tuple[np.ndarray, tuple[tuple[int, int, int, int], ...]]:
    """Vertices as unit vectors, and for each rhombus the vertices (origin, end of i, end of j, opposite)."""
    lat, lon = np.radians(VERTEX)
    top = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    north = np.array([0.0, 0.0, 1.0]) - top * top[2]
    north /= np.linalg.norm(north)
    east = np.cross(north, top)
    vertices, edge = [top], np.arctan(2.0)
    for distance, turn in ((edge, 0.0), (np.pi - edge, 36.0)):  # upper ring 1-5, lower ring 6-10
        for k in range(5):
            azimuth = np.radians(turn + 72 * k)
            aside = np.cos(azimuth) * north + np.sin(azimuth) * east
            vertices.append(np.cos(distance) * top + np.sin(distance) * aside)
    vertices.append(-top)
    rhombi = []
    for r in range(5):  # the rhombi run round the axis against the azimuth
        origin, opposite = 1 + (-r) % 5, 1 + (-r - 1) % 5
        rhombi.append((origin, 6 + (-r - 1) % 5, 0, opposite))
    for r in range(5):
        origin, opposite = 6 + (4 - r) % 5, 6 + (3 - r) % 5
        rhombi.append((origin, 11, 1 + (4 - r) % 5, opposite))
    return np.array(vertices), tuple(rhombi)


def _unfold(corners: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Unit vectors of rhombus coordinates; its two faces share the diagonal u = v."""
    origin, end_i, end_j, opposite = corners
    out = np.empty((u.size, 3))
    for side, end, wide, narrow in ((u >= v, end_i, u, v), (u < v, end_j, v, u)):
        weights = np.stack([1 - wide, wide - narrow, narrow], axis=-1)[side]
        out[side] = _project_back(np.array([origin, end, opposite]), weights)
    return out


def _project_back(face: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Unit vectors of barycentric coordinates on the plane face with the given corners.

    Notes
    -----
    Snyder's inverse for the icosahedron. Azimuths count from the first corner towards the second; in each third of
    the face Az' gives the area AG, and AG gives Az by Newton's iteration on Az + G + H - π = AG.
    """
    centre = face.sum(axis=0) / np.linalg.norm(face.sum(axis=0))
    ahead = face[0] - face[0] @ centre * centre
    ahead /= np.linalg.norm(ahead)
    aside = np.cross(centre, ahead)
    aside *= np.sign(face[1] @ aside)
    third = 2 * np.pi / 3
    corners = np.sqrt(_TAN_SQUARED) * np.array([[np.cos(a), np.sin(a)] for a in (0, third, 2 * third)])
    plane = weights @ corners
    reach, turn = np.hypot(plane[:, 0], plane[:, 1]), np.arctan2(plane[:, 1], plane[:, 0]) % (2 * np.pi)
    sector = np.floor(turn / third) * third
    plane_azimuth = turn - sector
    sin, cos = np.sin(plane_azimuth), np.cos(plane_azimuth)
    area = _TAN_SQUARED * sin / (2 * (cos + sin * _COT_THETA))
    azimuth = plane_azimuth.copy()
    sin_g, cos_g, cos_to = np.sin(_AT_VERTEX), np.cos(_AT_VERTEX), np.cos(_TO_VERTEX)
    for _ in range(12):  # converges to rounding in 4 to 6 steps
        cos_h = np.sin(azimuth) * sin_g * cos_to - np.cos(azimuth) * cos_g
        excess = azimuth + _AT_VERTEX + np.arccos(np.clip(cos_h, -1, 1)) - np.pi - area
        slope = 1 - (np.cos(azimuth) * sin_g * cos_to + np.sin(azimuth) * cos_g) / np.sqrt(1 - cos_h**2)
        step = excess / slope
        azimuth -= step
        if np.abs(step).max(initial=0.0) < 1e-13:
            break
    to_edge = np.arctan2(np.tan(_TO_VERTEX), np.cos(azimuth) + np.sin(azimuth) * _COT_THETA)
    plane_edge = np.sqrt(_TAN_SQUARED) / (cos + sin * _COT_THETA)
    # ρ = 2 R' f sin(z/2) with f = d' / (2 R' sin(q/2))
    away = 2 * np.arcsin(np.clip(reach * np.sin(to_edge / 2) / plane_edge, -1, 1))
    direction = np.cos(azimuth + sector)[:, None] * ahead + np.sin(azimuth + sector)[:, None] * aside
    return np.cos(away)[:, None] * centre + np.sin(away)[:, None] * direction
