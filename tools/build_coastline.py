"""Build ``src/vadose/plots/coastline.npz`` from the TopoJSON files of the npm package ``world-atlas``.

World-atlas redistributes Natural Earth (public domain) at 1:110 m and 1:50 m. Its rings are not cut at the
antimeridian: they jump by 360° there, and the ring of Antarctica encloses the pole. A planar map would draw bars
across the world, so the rings are unwrapped, the pole ring is closed along the pole, and all are cut once at ±180°.

Run it only when the source changes::

    npm pack world-atlas && tar xzf world-atlas-2.0.2.tgz
    python tools/build_coastline.py package src/vadose/plots/coastline.npz
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import shapely
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.polygon import orient

#: Degrees per stored unit: about the quantisation of the source (0.0036° in longitude).
STEP = 0.005
#: Vertices that move the outline by less than this [degrees] are left out.
TOLERANCE = {"110m": 0.0, "50m": 0.015}


def read_polygons(path: Path) -> list[list[np.ndarray]]:
    """Rings of every land polygon of a TopoJSON file: lists of (n, 2) longitude, latitude."""
    topology = json.loads(path.read_text())
    scale, shift = (np.asarray(topology["transform"][k]) for k in ("scale", "translate"))
    arcs = [np.cumsum(np.asarray(arc), axis=0) * scale + shift for arc in topology["arcs"]]

    def ring(indices: list[int]) -> np.ndarray:
        parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    polygons = []
    for geometry in topology["objects"]["land"]["geometries"]:
        many = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        polygons += [[ring(indices) for indices in rings] for rings in many]
    return polygons


def unwrap(ring: np.ndarray) -> np.ndarray:
    """Make the longitudes of a ring continuous; close it along the pole where it encloses one."""
    jump = np.diff(ring[:, 0])
    turns = np.where(np.abs(jump) > 180, -np.sign(jump) * 360, 0)
    ring = np.c_[ring[:, 0] + np.r_[0, np.cumsum(turns)], ring[:, 1]]
    if abs(ring[-1, 0] - ring[0, 0]) > 1:
        pole = -90.0 if ring[:, 1].mean() < 0 else 90.0
        ring = np.r_[ring, [[ring[-1, 0], pole], [ring[0, 0], pole], ring[0]]]
    return ring


def cut(rings: list[np.ndarray]) -> list[shapely.Geometry]:
    """Pieces of one polygon within −180..180."""
    land = shapely.make_valid(Polygon(unwrap(rings[0])))
    for hole in rings[1:]:
        if hole[:, 1].max() < -89.9:  # a seam at the pole, no water
            continue
        water = shapely.make_valid(Polygon(unwrap(hole)))
        # unwrapped rings may lie a turn apart
        for turn in range(-2, 3):
            land = land.difference(translate(water, 360 * turn))
    west, _, east, _ = land.bounds
    pieces = []
    for turn in range(-2, 3):
        low = -180 + 360 * turn
        if east > low and west < low + 360:
            pieces.append(translate(land.intersection(box(low, -90, low + 360, 90)), -360 * turn))
    return pieces


def build(folder: Path, target: Path) -> None:
    """Write the rings of both scales: integer steps of longitude and latitude, and the length of each ring."""
    arrays: dict[str, np.ndarray] = {"step": np.float64(STEP)}
    for scale, tolerance in TOLERANCE.items():
        pieces = [piece for rings in read_polygons(folder / f"land-{scale}.json") for piece in cut(rings)]
        land = shapely.set_precision(shapely.simplify(shapely.unary_union(pieces), tolerance), STEP)
        polygons = [orient(p) for p in shapely.get_parts(land) if p.geom_type == "Polygon"]
        # outer rings run counter-clockwise and holes clockwise, so that a non-zero fill leaves the holes open
        rings = [np.asarray(r.coords) for p in polygons for r in (p.exterior, *p.interiors)]
        steps = np.round(np.concatenate(rings) / STEP).astype("int32")
        arrays[f"delta_{scale}"] = np.ascontiguousarray(np.diff(steps, axis=0, prepend=0).T)
        arrays[f"size_{scale}"] = np.asarray([len(r) for r in rings], dtype="int32")
        share = MultiPolygon(polygons).area / (360 * 180)
        print(f"{scale}: {len(rings)} rings, {len(steps)} vertices, {share:.3f} of the plane")
    np.savez_compressed(target, **arrays)
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
