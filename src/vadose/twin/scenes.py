"""Scenes of the simulated Earth at 10 m: radar through the water-cloud model, optical bands, and the truth below."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from ..grid import Grid
from ..physics import from_decibel, to_decibel, total_backscatter
from . import land as geography
from . import truths
from .cells import Cells
from .error_sizes import SCENE
from .noise import check_seed, normal, plane

#: Reflectance of dry soil, of soil at saturation as a share of it, and of plants, by Sentinel-2 band. Choice: rounded
#: from common spectral libraries.
SPECTRA = {
    "B1": (0.10, 0.7, 0.03), "B2": (0.12, 0.7, 0.03), "B3": (0.16, 0.7, 0.07), "B4": (0.20, 0.65, 0.03),
    "B5": (0.23, 0.65, 0.10), "B6": (0.26, 0.62, 0.30), "B7": (0.28, 0.62, 0.38), "B8": (0.29, 0.60, 0.42),
    "B8A": (0.31, 0.60, 0.43), "B9": (0.31, 0.60, 0.42), "B11": (0.40, 0.45, 0.20), "B12": (0.36, 0.40, 0.10),
}  # fmt: skip

#: The Sentinel-2 band that each reflective Landsat 8 band is like.
LANDSAT = {
    "B1": "B1",
    "B2": "B2",
    "B3": "B3",
    "B4": "B4",
    "B5": "B8A",
    "B6": "B11",
    "B7": "B12",
    "B8": "B3",
    "B9": "B9",
}

#: Edge of a pixel [m], distances of the patterns [m], and of the cell that gives the mean [degrees].
PIXEL, PATTERN, FIELD, CLOUD, CELL = 10.0, 60.0, 200.0, 400.0, 0.1


def scene(*, lat: float, lon: float, date: str, seed: int = 0, size: int = 128) -> xr.Dataset:
    """One scene of 10 m pixels.

    Parameters
    ----------
    lat, lon : float
        Middle of the scene [degrees], between 80° S and 84° N.
    date : str
        Day, such as ``"2016-06-15"``.
    seed : int
        Seed of the simulated Earth, as for :func:`vadose.twin.generate`.
    size : int
        Pixels along each edge, 1 to 2000.

    Returns
    -------
    xarray.Dataset, dims (y, x)
        True ``sm`` [m3 m-3], ``vv``, ``vh`` [dB], ``incidence`` [degree], ``s2_*`` and ``landsat_*`` reflectances [1]
        (``landsat_B10``, ``landsat_B11`` in K), ``ndvi`` and ``ndmi`` [1], ``dsm`` [m], and ``cloud`` (bool), under
        which optical bands are NaN. Coordinates in metres of the UTM zone named in the attribute ``crs``.

    Raises
    ------
    ConfigError
        If an argument cannot be used, or the middle lies on water.

    Notes
    -----
    The mean is that of the 0.1° cell around the middle. σ_soil in dB rises linearly with soil moisture
    (:data:`vadose.twin.error_sizes.SCENE`) and differs between fields; plants are put on top by
    :func:`vadose.physics.total_backscatter` with the NDVI free of noise. Optical bands mix soil, darkened by water, and
    plants that cover 1 − exp(−0.6·LAI). A pixel has the same values in every scene of its zone, cell and day.

    Examples
    --------
    >>> ds = scene(lat=45.3, lon=10.2, date="2016-06-15", seed=1, size=4)
    >>> dict(ds.sizes), ds.attrs["crs"], ds.attrs["simulated"]
    ({'y': 4, 'x': 4}, 'EPSG:32632', 'true')
    """
    seed = check_seed(seed)
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= 2000:
        raise ConfigError("size", found=repr(size), needed="a whole number of pixels, 1 to 2000")
    if not (-80 <= lat <= 84 and -180 <= lon <= 180):
        raise ConfigError("lat, lon", found=f"{lat}, {lon}", needed="a place between 80° S and 84° N, lon −180..180")
    day = _day(date)
    ground, state = _cell(lat, lon, day, seed)
    crs, y, x = _pixels(lat, lon, size)
    row, col = y / PIXEL, x / PIXEL
    tag = crs.removeprefix("EPSG:")

    def field(name: str, distance: float) -> np.ndarray:
        return plane(seed, f"scene/{tag}/{name}", row, col, spacing=distance / PIXEL)

    def noise(name: str) -> np.ndarray:
        r, c = (a.ravel() for a in np.meshgrid(np.round(row - 0.5), np.round(col - 0.5), indexing="ij"))
        return normal(seed, f"scene/{tag}/{name}", r, c, [day]).reshape(y.size, x.size)

    pattern = np.exp(SCENE.pattern * field("sm", PATTERN) - SCENE.pattern**2 / 2)
    sm = np.clip(state["sm"] * pattern, 0.01, ground["porosity"])
    leaves = state["leaf_area_index"] * np.exp(SCENE.leaves * field("leaves", FIELD) - SCENE.leaves**2 / 2)
    wet, cover = sm / ground["porosity"], -np.expm1(-0.6 * leaves)
    clear = {band: (1 - cover) * dry * (1 - (1 - share) * wet) + cover * plant
             for band, (dry, share, plant) in SPECTRA.items()}  # fmt: skip
    true_ndvi = (clear["B8"] - clear["B4"]) / (clear["B8"] + clear["B4"])
    incidence = 30 + 16 * (np.mod(x, 250_000) / 250_000)[None, :] + 1.5 * field("slope", FIELD)
    out: dict[str, tuple[np.ndarray, str, str]] = {"sm": (sm, "m3 m-3", "true volumetric soil moisture")}
    for name, (base, slope) in SCENE.backscatter.items():
        soil = from_decibel(base + slope * sm + SCENE.roughness * field(f"roughness/{name}", FIELD))
        seen = to_decibel(total_backscatter(soil, true_ndvi, incidence, polarisation=name))
        out[name.lower()] = (seen + SCENE.speckle * noise(f"speckle/{name}"), "dB", f"backscatter {name}")
    out["incidence"] = (incidence, "degree", "local incidence angle")
    cloud = field(f"cloud/{day}", CLOUD) > -_normal_quantile(SCENE.clouds)

    def seen_through(values: np.ndarray) -> np.ndarray:
        return np.where(cloud, np.nan, values)

    for band, values in clear.items():
        bright = np.clip(values + SCENE.reflectance * noise(f"s2/{band}"), 1e-3, 1)
        out[f"s2_{band}"] = (seen_through(bright), "1", f"Sentinel-2-like reflectance {band}")
    for band, like in LANDSAT.items():
        bright = np.clip(clear[like] + SCENE.reflectance * noise(f"landsat/{band}"), 1e-3, 1)
        out[f"landsat_{band}"] = (seen_through(bright), "1", f"Landsat-8-like reflectance {band}")
    for band in ("B10", "B11"):
        heat = state["surface_temperature"] + 4 * (1 - cover) * (0.5 - wet) + 0.5 * noise(f"landsat/{band}")
        out[f"landsat_{band}"] = (seen_through(heat), "K", f"Landsat-8-like brightness temperature {band}")
    for name, (a, b) in {"ndvi": ("s2_B8", "s2_B4"), "ndmi": ("s2_B8", "s2_B11")}.items():
        out[name] = ((out[a][0] - out[b][0]) / (out[a][0] + out[b][0]), "1", name.upper())
    out["dsm"] = (ground["elevation"] + 15 * field("dsm", 1000.0), "m", "height above sea level")
    ds = xr.Dataset(
        {k: (("y", "x"), v.astype("float32"), {"units": u, "long_name": n}) for k, (v, u, n) in out.items()},
        {"y": ("y", y, {"units": "m", "standard_name": "projection_y_coordinate"}),
         "x": ("x", x, {"units": "m", "standard_name": "projection_x_coordinate"})},
    )  # fmt: skip
    ds["cloud"] = ("y", "x"), cloud, {"units": "1", "long_name": "whether clouds hide the ground"}
    return schema.stamp(ds, title="Simulated 10 m scene", product="twin", simulated=True, seed=seed, crs=crs,
                        date=str(np.datetime64(day, "D")))  # fmt: skip


def _cell(lat: float, lon: float, day: int, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Land and state of the cell on that day."""
    grid = Grid.regular(CELL)
    row, col = (int(i) for i in grid.nearest(lat, lon))
    cells = Cells(len(grid.lat), np.array([row]), np.array([col]))
    land = geography.describe(cells, seed)
    if land["land_cover"][0, 0] == 0:
        raise ConfigError("lat, lon", found=f"water at {lat}, {lon} of the Earth with seed {seed}", needed="land")
    year = int(np.datetime64(day, "D").astype("datetime64[Y]").astype(int)) + 1970
    first = int(truths.days_of((year, year))[0])
    state = truths.simulate(cells, land, np.arange(first, day + 1), seed)
    last = {name: float(state[name][0, 0, -1]) for name in ("leaf_area_index", "surface_temperature")}
    return ({name: float(land[name][0, 0]) for name in ("porosity", "elevation")},
            {**last, "sm": float(state["sm"][0, 0, 0, -1])})  # fmt: skip


def _pixels(lat: float, lon: float, size: int) -> tuple[str, np.ndarray, np.ndarray]:
    """UTM zone and pixel centres, north to south and west to east, on whole multiples of the pixel."""
    from pyproj import Transformer

    zone = min(int((lon + 180) // 6) + 1, 60)
    crs = f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"
    east, north = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    left, top = (round(v / PIXEL) for v in (east, north))
    steps = np.arange(size) - size // 2
    return crs, PIXEL * (top - steps - 0.5), PIXEL * (left + steps + 0.5)


def _day(date: str) -> int:
    try:
        day = np.datetime64(date, "D")
        if np.isnat(day) or not 1950 <= int(str(day)[:4]) <= 2150:
            raise ValueError
    except (ValueError, TypeError):
        raise ConfigError("date", found=repr(date), needed="a day in 1950..2150 such as 2016-06-15") from None
    return int(day.astype(int))


def _normal_quantile(share: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(share))
