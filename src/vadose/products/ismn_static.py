"""Static variables of an ISMN station: land cover, climate, texture and porosity from its ``;`` separated table."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..landclass import texture_class
from .ismn_archive import Archive

UNKNOWN = 255  # land cover

#: ESA CCI land-cover class -> IGBP class (MCD12C1 coding). Choice: mosaics of crops go to the crop mosaic, flooded
#: vegetation to wetland, lichens and vegetation below 15 % to barren.
CCI_TO_IGBP = {
    10: 12, 11: 12, 12: 12, 20: 12, 30: 14, 40: 14, 50: 2, 60: 4, 61: 4, 62: 4, 70: 1, 71: 1, 72: 1, 80: 3, 81: 3,
    82: 3, 90: 5, 100: 8, 110: 9, 120: 7, 121: 7, 122: 7, 130: 10, 140: 16, 150: 16, 151: 16, 152: 16, 153: 16,
    160: 11, 170: 11, 180: 11, 190: 13, 200: 16, 201: 16, 202: 16, 210: 0, 220: 15,
}  # fmt: skip

_SLACK = 0.1  # m


@dataclass
class Layer:
    """One row of the table that holds a number for a depth interval."""

    quantity: str
    depth_from: float
    depth_to: float
    value: float
    source: str


@dataclass
class Static:
    """What the table says about a sensor; ``""``, NaN or 255 where it says nothing."""

    land_cover: int = UNKNOWN
    land_cover_cci: int = 0
    climate: str = ""
    texture: str = ""
    clay: float = math.nan
    sand: float = math.nan
    porosity: float = math.nan


def read_static(archive: Archive, name: str) -> list[list[str]]:
    """Rows of the table of static variables that belongs to a station file; empty where there is none."""
    table = archive.static_of(name)
    if table is None:
        return []
    lines = archive.read(table).decode("latin-1").splitlines()
    return [[c.strip() for c in line.split(";")] for line in lines if line.count(";") >= 6]


def describe_sensor(rows: list[list[str]], depth_from: float, depth_to: float) -> Static:
    """Static variables at the depth of a sensor.

    Parameters
    ----------
    rows : list of list of str
        Rows of the table: quantity, unit, depth from, depth to [m], value, description, source, ...
    depth_from, depth_to : float
        Depth of the sensor [m].

    Notes
    -----
    Choice: of the layers that hold the middle of the sensor (the top for one above ground), else the nearest within
    0.1 m, one measured at the station (``insitu``) comes before the soil map (HWSD), and a thin layer before a thick
    one. Sand and clay come from the same layer. Land cover is the latest ESA CCI class; climate is Köppen-Geiger after
    Peel (2007), else Rubel (2017).

    Examples
    --------
    >>> rows = [["sand fraction", "%", "0", "0.3", "42", "", "HWSD"],
    ...         ["clay fraction", "%", "0", "0.3", "20", "", "HWSD"],
    ...         ["land cover classification", "", "", "", "10", "Cropland", "CCI_landcover_2010"]]
    >>> s = describe_sensor(rows, 0.05, 0.05)
    >>> s.texture, s.land_cover, s.porosity
    ('loam', 12, nan)
    """
    out = Static()
    layers = []
    covers: dict[str, int] = {}
    climates: dict[str, str] = {}
    for row in rows:
        quantity, value, source = row[0].lower(), row[4], row[6]
        if quantity == "land cover classification":
            if source.startswith("CCI_landcover") and value.isdigit():
                covers[source] = int(value)
        elif quantity == "climate classification":
            climates[source] = value
        elif (layer := _layer(quantity, row[2], row[3], value, source)) is not None:
            layers.append(layer)
    if covers:
        out.land_cover_cci = covers[max(covers)]
        out.land_cover = CCI_TO_IGBP.get(out.land_cover_cci, UNKNOWN)
    for source in ("koeppen_geiger_2007", "koeppen_geiger_2017"):
        if climates.get(source, "None") not in ("", "None"):
            out.climate = climates[source]
            break
    middle = max((depth_from + depth_to) / 2, 0.0)
    for porosity in _nearest([la for la in layers if la.quantity == "saturation"], middle)[:1]:
        out.porosity = porosity.value
    sands = {(la.depth_from, la.depth_to, la.source): la.value for la in layers if la.quantity == "sand fraction"}
    for clay in _nearest([la for la in layers if la.quantity == "clay fraction"], middle):
        key = (clay.depth_from, clay.depth_to, clay.source)
        if key in sands:
            out.clay, out.sand = clay.value, sands[key]
            out.texture = str(texture_class(np.array([out.sand]), np.array([out.clay]))[0])
            break
    return out


def _layer(quantity: str, depth_from: str, depth_to: str, value: str, source: str) -> Layer | None:
    try:
        numbers = float(depth_from), float(depth_to), float(value)
    except ValueError:
        return None
    return Layer(quantity, *numbers, source) if all(math.isfinite(n) for n in numbers) and numbers[2] >= 0 else None


def _nearest(layers: list[Layer], middle: float) -> list[Layer]:
    """Layers that hold a depth, or lie within 0.1 m of it, best first."""
    ranked = [
        (max(la.depth_from - middle, middle - la.depth_to, 0.0), not la.source.startswith("insitu"),
         la.depth_to - la.depth_from, la.depth_from, i) for i, la in enumerate(layers)
    ]  # fmt: skip
    return [layers[r[-1]] for r in sorted(ranked) if r[0] <= _SLACK]
