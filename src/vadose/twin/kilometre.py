"""A part of the simulated Earth in kilometres: four 1 km products of known character, and one that leaks."""

from __future__ import annotations

import json
from typing import Any

import dask
import dask.array as da
import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from ..grid import Grid
from ..landclass import IGBP, KOEPPEN
from . import flights, forcing, truths
from . import kilometre_land as mosaic
from . import kilometre_products as views
from . import kilometre_sites as sites
from .cells import Cells
from .earth import Reader, Writer
from .kilometre_sizes import FLIGHT_HOUR, KILOMETRE, PLANTED
from .noise import check_seed

#: Version: raised whenever the same seed gives other numbers.
VERSION = "1"

#: Cell size [degrees], most cells of a region, rows simulated at once, and edge of the flown area [degrees].
RESOLUTION, MOST_CELLS, ROWS, EDGE = 0.01, 40_000, 24, 0.7

#: Beginning of the names of the datasets.
PREFIX = "twin-1km/"

_STATIC = ("elevation", "sand", "clay", "porosity", "field_capacity", "wilting_point", "land_cover", "climate")


def generate_1km(*, region: tuple[float, float, float, float], years: tuple[int, int] = (2015, 2019),
                 seed: int = 0) -> dict[str, xr.Dataset]:  # fmt: skip
    """Simulate 1 km products, stations and flights over a small region of an invented Earth.

    Parameters
    ----------
    region : tuple of float
        ``(west, south, east, north)`` [degrees]; at most 40 000 cells of 0.01°.
    years : tuple of int
        First and last year, both included.
    seed : int
        0 to 4294967295. Each seed is another Earth.

    Returns
    -------
    dict of xarray.Dataset
        By name after ``twin-1km/``: ``land``, ``landcover`` (100 m), ``truth``, the products ``glass``, ``dsmap``,
        ``gssm``, ``ssm`` and ``leaky``, ``airborne`` (times are local solar time) and ``stations``. Daily, lazy but for
        the land; everything carries ``simulated = "true"``.

    Raises
    ------
    GridError
        If the region is malformed or holds no cell.
    ConfigError
        If the region is too large or another argument cannot be used.

    Notes
    -----
    Characters and error sizes: :mod:`vadose.twin.kilometre_sizes`. What the verdicts of an evaluation should be stands
    in the attribute ``verdicts`` (JSON) of the truth: ``best`` by land-cover group, ``blocky`` with its period [cell],
    ``frozen``, ``smooth`` and ``leaky``. A cell has the same weather, soil and noise in every region, except that
    frozen patterns and blurring look at the whole region.

    Examples
    --------
    >>> world = generate_1km(region=(-104.0, 19.0, -103.9, 19.1), years=(2015, 2015), seed=1)
    >>> sorted(k.removeprefix("twin-1km/") for k in world)
    ['airborne', 'dsmap', 'glass', 'gssm', 'land', 'landcover', 'leaky', 'ssm', 'stations', 'truth']
    >>> dict(world["twin-1km/glass"].sizes)
    {'time': 365, 'lat': 10, 'lon': 10}
    """
    seed = check_seed(seed)
    grid = Grid.regular(RESOLUTION).crop(region)
    if grid.shape[0] * grid.shape[1] > MOST_CELLS:
        raise ConfigError("region", found=f"{grid.shape[0]} × {grid.shape[1]} cells of 0.01°",
                          needed=f"at most {MOST_CELLS} in all", do="Take a smaller region.")  # fmt: skip
    try:
        first, last = (int(y) for y in years)
    except (TypeError, ValueError) as err:
        raise ConfigError("years", found=repr(years), needed="first and last year, within 1950..2150") from err
    if not 1950 <= first <= last <= 2150:
        raise ConfigError("years", found=repr(years), needed="first and last year, within 1950..2150")
    day, cells = truths.days_of((first, last)), Cells.of(grid)
    land, fine = mosaic.describe(cells, seed)
    soil = land["land_cover"] != mosaic.LAKE
    land["climate"] = np.where(soil, forcing.climate(cells, land, seed), 0).astype("uint8")
    theta, frozen = _truth(cells, land, day, seed)
    points = sites.find(grid, land, fine, seed)
    if not points.row.size:
        raise ConfigError("region", found="no station in it", needed="a region with stations",
                          do="Enlarge the region or take another seed.")  # fmt: skip
    time = _time(day)
    reports = _stations(theta, frozen, land, points, day, seed)

    def label(ds: xr.Dataset, title: str, **attrs) -> xr.Dataset:
        return schema.stamp(ds, title=f"Simulated {title}", product="twin", version=VERSION, simulated=True, seed=seed,
                            **({"step": "day"} if "time" in ds.dims else {}), **attrs)  # fmt: skip

    def gridded(values: da.Array, on: Grid, when: xr.Variable) -> xr.Dataset:
        ds = xr.Dataset({"sm": (("time", "lat", "lon"), values, schema.VARIABLES["sm"].attrs())})
        return schema.with_grid(ds, on).assign_coords(time=when)

    lake = da.from_array(~soil)
    truth = gridded(da.where(lake, np.float32(np.nan), theta), grid, time)
    truth["flag"] = (("time", "lat", "lon"), da.where(frozen, np.uint16(schema.FLAGS["frozen_or_snow"]), np.uint16(0)),
                     schema.flag_attrs())  # fmt: skip
    out = {
        "land": label(schema.with_grid(_static(land), grid), "land at 1 km"),
        "landcover": label(_classes(fine, grid), "land cover at 100 m"),
        "truth": label(truth, "truth at 1 km, soil water of the top 10 cm", verdicts=json.dumps(verdicts())),
    }
    for name, sizes in KILOMETRE.items():
        maps = _product(name, theta, cells, land, day, seed)
        if sizes.leaks:
            known = sites.training(points, seed)[name][1]
            maps = _leak(maps, reports["sm"][known], points.row[known], points.col[known])
        out[name] = label(gridded(maps, grid, time), f"{sizes.title} 1 km product", source=name)
    out["airborne"] = label(_airborne(theta, frozen, cells, fine, grid, day, (first, last), seed), "airborne campaigns",
                            time_system="local solar time")  # fmt: skip
    out["stations"] = label(sites.network(points, land, reports, time, seed), "dense station networks")
    return {PREFIX + k: v for k, v in out.items()}


def create_1km(library: Writer, *, region: tuple[float, float, float, float], years: tuple[int, int] = (2015, 2019),
               seed: int = 0) -> list[str]:  # fmt: skip
    """Simulate 1 km products, stations and flights and write them into a library.

    Parameters
    ----------
    library : vadose.store.Library
        Where the datasets go.
    region, years, seed
        As for :func:`generate_1km`.

    Returns
    -------
    list of str
        Names of the datasets written; ``twin-1km/stations`` is the last.

    Raises
    ------
    GridError, ConfigError
        As :func:`generate_1km`, or if the library holds one of the names; before anything is written.

    Notes
    -----
    The truth is simulated once and held in memory: 40 bytes per cell and day.
    """
    world = generate_1km(region=region, years=years, seed=seed)
    if taken := sorted(set(world) & set(library.names())):
        raise ConfigError("library", found=f"{', '.join(taken)} already there", needed="a library without them",
                          do="Delete them first, or take another library.")  # fmt: skip
    for name, ds in zip(world, dask.persist(*world.values())):
        library.write(name, ds, message=f"simulated Earth: {name}, seed {seed}, {years[0]}-{years[1]}")
    return list(world)


def verdicts() -> dict[str, Any]:
    """What an evaluation of the simulated 1 km products should find."""
    return {
        "best": dict(PLANTED),
        "blocky": {k: s.blocks for k, s in KILOMETRE.items() if s.blocks},
        "frozen": [k for k, s in KILOMETRE.items() if s.frozen],
        "smooth": [k for k, s in KILOMETRE.items() if s.smoothing],
        "leaky": [k for k, s in KILOMETRE.items() if s.leaks],
    }


def truth_1km(library: Reader) -> tuple[xr.Dataset, dict[str, Any]]:
    """Truth of the simulated 1 km region in a library, and the verdicts that follow from it."""
    ds = library.open(f"{PREFIX}truth")
    return ds, json.loads(ds.attrs["verdicts"])


def simulate_rows(cells: Cells, land: dict[str, np.ndarray], day: np.ndarray, seed: int) -> np.ndarray:
    """Truth of some rows, shape (2, time, rows, columns), float32: top-layer soil moisture [m3 m-3], frozen (0, 1)."""
    parts = []
    for now, state in truths.years(cells, land, day, seed):
        theta = views.add_showers(state["sm"][:, :, 0], cells, land, now, seed)
        parts.append(np.stack([theta, state["frozen"]]).transpose(0, 3, 1, 2).astype("float32"))
    return np.concatenate(parts, axis=1)


def _truth(cells: Cells, land: dict, day: np.ndarray, seed: int) -> tuple[da.Array, da.Array]:
    """Soil moisture and frozen ground, (time, rows, columns), a year of the whole region a chunk."""
    work = dask.delayed(simulate_rows, pure=True)
    parts = []
    for start in range(0, cells.shape[0], ROWS):
        rows = slice(start, min(start + ROWS, cells.shape[0]))
        some = {k: v[rows] for k, v in land.items()}
        shape = (2, day.size, rows.stop - rows.start, cells.shape[1])
        parts.append(da.from_delayed(work(cells.window(rows, slice(None)), some, day, seed), shape, "float32"))
    both = da.concatenate(parts, axis=2).rechunk((1, _year_chunks(day), -1, -1))
    return both[0], both[1] > 0.5


def _product(name: str, theta: da.Array, cells: Cells, land: dict, day: np.ndarray, seed: int) -> da.Array:
    def see(block: np.ndarray, when: np.ndarray) -> np.ndarray:
        return views.observe(name, KILOMETRE[name], block, cells, land, when[:, 0, 0], seed)

    when = da.from_array(day[:, None, None], chunks=(theta.chunks[0], 1, 1))
    return da.map_blocks(see, theta, when, dtype="float32", chunks=theta.chunks)


def _stations(theta: da.Array, frozen: da.Array, land: dict, points: sites.Points, day: np.ndarray,
              seed: int) -> dict[str, da.Array]:  # fmt: skip
    wilting = land["wilting_point"][points.row, points.col]
    chunks = theta.chunks[0]

    def report(block: np.ndarray, ice: np.ndarray, when: np.ndarray) -> np.ndarray:
        at = (slice(None), points.row, points.col)
        value, flag = sites.measure(block[at].T, ice[at].T, wilting, points, when[:, 0, 0], seed)
        return np.stack([value, flag]).transpose(0, 2, 1)[..., None]

    when = da.from_array(day[:, None, None], chunks=(chunks, 1, 1))
    both = da.map_blocks(report, theta, frozen, when, dtype=float, drop_axis=[1, 2], new_axis=[0, 2, 3],
                         chunks=((2,), chunks, (points.row.size,), (1,)))  # fmt: skip
    sm, flag = (both[i, :, :, 0].T.rechunk((-1, chunks)) for i in (0, 1))
    return {"sm": sm.astype("float32"), "flag": flag.astype("uint16")}


def _leak(maps: da.Array, seen: da.Array, row: np.ndarray, col: np.ndarray) -> da.Array:
    def repeat(block: np.ndarray, values: np.ndarray) -> np.ndarray:
        return views.repeat_stations(block, values[:, :, 0].T, row, col)

    lined = seen.rechunk((-1, maps.chunks[0])).T[:, :, None]
    return da.map_blocks(repeat, maps, lined, dtype="float32", chunks=maps.chunks)


def _airborne(theta: da.Array, frozen: da.Array, cells: Cells, fine: np.ndarray, grid: Grid, day: np.ndarray,
              years: tuple[int, int], seed: int) -> xr.Dataset:  # fmt: skip
    west, south, east, north = grid.bbox
    lat, lon, half = (south + north) / 2, (west + east) / 2, EDGE / 2
    raster = grid.crop((max(lon - half, west), max(lat - half, south), min(lon + half, east), min(lat + half, north)))
    rows = slice(raster.rows[0] - grid.rows[0], raster.rows[1] - grid.rows[0])
    cols = slice(raster.cols[0] - grid.cols[0], raster.cols[1] - grid.cols[0])
    when, campaign = flights.dates(years)
    some = when - day[0]
    seen, part = mosaic.flown(cells, fine)[rows, cols], cells.window(rows, cols)
    work = dask.delayed(views.fly, pure=True)(theta[some, rows, cols], frozen[some, rows, cols], seen, part, when, seed)
    maps = da.from_delayed(work, (when.size, *raster.shape), "float32")
    ds = xr.Dataset({"sm": (("time", "lat", "lon"), maps, schema.VARIABLES["sm"].attrs())})
    hour = np.timedelta64(round(60 * FLIGHT_HOUR), "m")
    time = xr.Variable("time", when.astype("datetime64[D]").astype("datetime64[ns]") + hour)
    return schema.with_grid(ds, raster).assign_coords(time=time, campaign=("time", campaign.astype(str)))


def _static(land: dict[str, np.ndarray]) -> xr.Dataset:
    types = dict.fromkeys(("land_cover", "climate"), "uint8")
    out = xr.Dataset({k: (("lat", "lon"), land[k].astype(types.get(k, "float32")), schema.VARIABLES[k].attrs())
                      for k in _STATIC})  # fmt: skip
    out["land_cover"].attrs |= _meanings(IGBP)
    out["climate"].attrs |= _meanings({0: "none", **dict(enumerate(KOEPPEN, 1))})
    return out


def _classes(fine: np.ndarray, grid: Grid) -> xr.Dataset:
    attrs = schema.VARIABLES["land_cover"].attrs() | _meanings(IGBP)
    ds = xr.Dataset({"land_cover": (("lat", "lon"), fine, attrs)})
    return schema.with_grid(ds, mosaic.grid_of_classes(grid))


def _meanings(names: dict[int, str]) -> dict[str, Any]:
    words = " ".join(v.replace(" ", "_").replace("/", "_") for v in names.values())
    return {"flag_values": np.array(list(names), dtype="uint8"), "flag_meanings": words}


def _year_chunks(day: np.ndarray) -> tuple[int, ...]:
    year = day.astype("datetime64[D]").astype("datetime64[Y]").astype(int)
    return tuple(np.bincount(year - year[0]).tolist())


def _time(day: np.ndarray) -> xr.Variable:
    return xr.Variable("time", day.astype("datetime64[D]").astype("datetime64[ns]"), {"standard_name": "time"})
