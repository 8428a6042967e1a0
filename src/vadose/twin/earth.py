"""Put the simulated Earth together: lazy canonical datasets, and a library that holds them."""

from __future__ import annotations

import logging
from typing import Protocol

import dask
import dask.array as da
import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from ..grid import Grid
from ..landclass import IGBP, texture_class
from ..physics import LAYER_BOUNDS
from . import land as geography
from . import sensors, stations, truths
from .cells import Cells
from .error_sizes import SENSORS
from .noise import check_seed

_LOG = logging.getLogger(__name__)

#: Version of the simulated Earth: raised whenever the same seed gives other numbers.
VERSION = "1"

#: Rows and columns simulated at once. Four layers of 20 × 20 cells over 16 years and their fluxes take about 0.5 GB.
BLOCK = 20

_TRUTH = (
    "sm", "precipitation", "air_temperature", "swe", "leaf_area_index", "potential_evapotranspiration",
    "evapotranspiration", "runoff", "recharge", "flag",
)  # fmt: skip
_OBSERVED = ("sm", "sm_uncertainty", "flag")
_STATIC = (
    "elevation", "water_fraction", "sand", "clay", "porosity", "field_capacity", "wilting_point",
    "saturated_conductivity", "land_cover",
)  # fmt: skip
_LAYERED = {"sm": ("time", "layer", "lat", "lon")}


class Writer(Protocol):
    """What :func:`create` needs of a library."""

    def write(self, name: str, ds: xr.Dataset, *, message: str) -> object:
        """Store a dataset under a name."""


class Reader(Protocol):
    """What :func:`truth` needs of a library."""

    def open(self, name: str) -> xr.Dataset:
        """Open a dataset lazily."""


# fmt: off
def generate(*, region: tuple[float, float, float, float], resolution: float = 0.25,
             years: tuple[int, int] = (2015, 2016), seed: int = 0, block: int = BLOCK) -> dict[str, xr.Dataset]:
    # fmt: on
    """Simulate a region of an invented Earth whose truth is known.

    Parameters
    ----------
    region : tuple of float
        ``(west, south, east, north)`` [degrees].
    resolution : float
        Cell size [degrees]; must divide 180.
    years : tuple of int
        First and last year, both included, within 1950..2150.
    seed : int
        0 to 4294967295. Each seed is another Earth.
    block : int
        Rows and columns simulated at once; bounds memory, changes no number.

    Returns
    -------
    dict of xarray.Dataset
        ``twin/land`` (static), ``twin/truth``, ``twin/sensor_a``, ``twin/sensor_b`` (grid, daily) and ``twin/stations``
        (stations, daily). Lazy, except for the land. Everything carries ``simulated = "true"``.

    Raises
    ------
    GridError
        If the region is malformed, holds no cell, or the resolution does not divide 180°.
    ConfigError
        If years or seed cannot be used, or the region is all sea.

    Notes
    -----
    A cell has the same values in every region and with every block size. Its weather is the same in every period;
    soil moisture differs slightly near the beginning of a period, because the spin-up starts there.

    Examples
    --------
    >>> earth = generate(region=(10, 45, 12, 46), resolution=0.5, years=(2015, 2015), seed=1)
    >>> list(earth)
    ['twin/land', 'twin/truth', 'twin/sensor_a', 'twin/sensor_b', 'twin/stations']
    >>> dict(earth["twin/truth"].sizes)
    {'time': 365, 'layer': 4, 'lat': 2, 'lon': 4, 'bnds': 2}
    """
    first, last = _check_years(years)
    seed = check_seed(seed)
    if isinstance(block, bool) or not isinstance(block, int) or block < 1:
        raise ConfigError("block", found=repr(block), needed="a whole number of cells, at least 1")
    grid = Grid.regular(resolution).crop(region)
    cells = Cells.of(grid)
    land = geography.describe(cells, seed)
    soil = land["land_cover"] != 0
    if not soil.any():
        raise ConfigError("region", found=f"only sea in {region} of the Earth with seed {seed}",
                          needed="a region with land", do="Enlarge the region or take another seed.")  # fmt: skip
    day = truths.days_of((first, last))
    arrays = _blocks(cells, day, seed, block)
    about = {"seed": seed, "version": VERSION, "simulated": True, "product": "twin"}

    def gridded(part: str, names: tuple[str, ...]) -> xr.Dataset:
        data = {n: (_LAYERED.get(n, ("time", "lat", "lon")) if part == "truth" else ("time", "lat", "lon"),
                    arrays[part, n], _attrs(n)) for n in names}  # fmt: skip
        ds = schema.with_grid(xr.Dataset(data), grid).assign_coords(time=_time(day))
        if part == "truth":
            ds = ds.assign_coords(layer=np.arange(1, len(LAYER_BOUNDS) + 1))
            ds["layer"].attrs.update(long_name="soil layer, from the top", units="1")
            ds["layer_bnds"] = (("layer", "bnds"), np.asarray(LAYER_BOUNDS), {"units": "m", "long_name": "layer depth"})
            ds = ds.set_coords("layer_bnds")
        return ds

    ground = xr.Dataset({n: (("lat", "lon"), land[n].astype(schema.VARIABLES[n].dtype), _attrs(n)) for n in _STATIC})
    out = {
        "twin/land": schema.stamp(schema.with_grid(ground, grid), title="Simulated land surface", **about),
        "twin/truth": schema.stamp(gridded("truth", _TRUTH), title="Simulated truth: weather and soil water", **about),
    }
    for name, sensor in SENSORS.items():
        title = f"Simulated {sensor.title} sensor ({name})"
        out[f"twin/{name}"] = schema.stamp(
            gridded(name, _OBSERVED), title=title, footprint_km=sensor.footprint, **about
        )
    network = _stations(grid, land, soil, out["twin/truth"], day, seed)
    out["twin/stations"] = schema.stamp(network, title="Simulated station network", **about)
    return out


def create(library: Writer, *, region: tuple[float, float, float, float], resolution: float = 0.25,
           years: tuple[int, int] = (2015, 2016), seed: int = 0) -> list[str]:  # fmt: skip
    """Simulate a region of an invented Earth and write it into a library.

    Parameters
    ----------
    library : vadose.store.Library
        Where the datasets go.
    region, resolution, years, seed
        As for :func:`generate`.

    Returns
    -------
    list of str
        Names of the datasets written.

    Raises
    ------
    GridError, ConfigError
        As :func:`generate`, before anything is written.

    Notes
    -----
    Choice: the truth is simulated anew for each dataset, so that memory stays bounded; regions of up to
    :data:`HELD` cell-days are simulated once and held.
    """
    earth = generate(region=region, resolution=resolution, years=years, seed=seed)
    truth_sizes = earth["twin/truth"].sizes
    if truth_sizes["time"] * truth_sizes["lat"] * truth_sizes["lon"] <= HELD:
        earth = dict(zip(earth, dask.persist(*earth.values())))
    for name, ds in earth.items():
        _LOG.info("writing %s", name)
        library.write(name, ds, message=f"simulated Earth: {name}, seed {seed}, {years[0]}-{years[1]}")
    return list(earth)


#: Cell-days up to which :func:`create` holds everything in memory: about 0.4 GB.
HELD = 4_000_000


def truth(library: Reader, *, layer: int | None = None) -> xr.Dataset:
    """The truth of the simulated Earth in a library.

    Parameters
    ----------
    library : vadose.store.Library
        A library that :func:`create` wrote to.
    layer : int, optional
        1 to 4: keep this layer only, so that ``sm`` has dims (time, lat, lon).

    Returns
    -------
    xarray.Dataset
        ``sm`` [m3 m-3], weather and fluxes [mm], lazy.

    Raises
    ------
    ConfigError
        If there is no such layer.
    """
    ds = library.open("twin/truth")
    if layer is None:
        return ds
    known = ds["layer"].values.tolist()
    if layer not in known:
        raise ConfigError("layer", found=repr(layer), needed=f"one of {known}")
    return ds.sel(layer=layer)


def _check_years(years: tuple[int, int]) -> tuple[int, int]:
    try:
        first, last = years
        whole = int(first) == first and int(last) == last
    except (TypeError, ValueError):
        raise ConfigError("years", found=repr(years), needed="two years: first and last") from None
    if not whole or not 1950 <= first <= last <= 2150:
        raise ConfigError("years", found=repr(years), needed="first year ≤ last year, within 1950..2150",
                          do="Example: years=(2015, 2016).")  # fmt: skip
    return int(first), int(last)


def _time(day: np.ndarray) -> xr.Variable:
    return xr.Variable("time", day.astype("datetime64[D]").astype("datetime64[ns]"), {"standard_name": "time"})


def _attrs(name: str) -> dict:
    if name == "flag":
        return schema.flag_attrs()
    attrs = schema.VARIABLES[name].attrs()
    if name == "land_cover":
        attrs.update(flag_values=np.array(list(IGBP), dtype="uint8"),
                     flag_meanings=" ".join(v.replace(" ", "_").replace("/", "_") for v in IGBP.values()))  # fmt: skip
    return attrs


def _blocks(cells: Cells, day: np.ndarray, seed: int, block: int) -> dict[tuple[str, str], da.Array]:
    """One lazy array per output, made of one task per block of cells."""
    cuts = [[slice(i, min(i + block, n)) for i in range(0, n, block)] for n in cells.shape]
    simulate = dask.delayed(_simulate_block, pure=True)
    tasks = [[simulate(cells.window(r, c), day, seed) for c in cuts[1]] for r in cuts[0]]
    layers = len(LAYER_BOUNDS)
    out = {}
    for part, names in (("truth", _TRUTH), *((s, _OBSERVED) for s in SENSORS)):
        for name in names:
            dtype = schema.VARIABLES[name].dtype
            layered = part == "truth" and name in _LAYERED
            lead = (day.size, layers) if layered else (day.size,)
            grid_of = [[da.from_delayed(task[part, name], (*lead, r.stop - r.start, c.stop - c.start), dtype)
                        for task, c in zip(line, cuts[1])] for line, r in zip(tasks, cuts[0])]  # fmt: skip
            out[part, name] = da.concatenate([da.concatenate(line, axis=-1) for line in grid_of], axis=-2)
    return out


def _simulate_block(cells: Cells, day: np.ndarray, seed: int) -> dict[tuple[str, str], np.ndarray]:
    """Truth and observations of some cells, time first, in storage types; water is NaN."""
    reach = [sensors.halo(s, cells) for s in SENSORS.values()]
    wide, rows, cols = cells.pad(max(r for r, _ in reach), max(c for _, c in reach))
    land = geography.describe(wide, seed)
    state = truths.simulate(wide, land, day, seed)
    water = (land["land_cover"] == 0)[rows, cols]
    out: dict[tuple[str, str], np.ndarray] = {}
    for name in _TRUTH[:-1]:
        out["truth", name] = _store(np.where(_lift(water, state[name]), np.nan, state[name][rows, cols]), name)
    flag = np.where(state["frozen"][rows, cols], np.uint16(schema.FLAGS["frozen_or_snow"]), np.uint16(0))
    out["truth", "flag"] = _store(np.where(water[..., None], np.uint16(schema.FLAGS["water"]), flag), "flag")
    for key, sensor in SENSORS.items():
        seen = sensors.observe(key, sensor, wide, rows, cols, land, state, day, seed)
        out.update({(key, name): _store(seen[name], name) for name in _OBSERVED})
    return out


def _lift(mask: np.ndarray, like: np.ndarray) -> np.ndarray:
    return mask.reshape(*mask.shape, *(1,) * (like.ndim - 2))


def _store(values: np.ndarray, name: str) -> np.ndarray:
    """(row, column, [layer,] time) -> (time, [layer,] row, column) in the storage type."""
    order = (2, 0, 1) if values.ndim == 3 else (3, 2, 0, 1)
    return np.ascontiguousarray(values.transpose(order), dtype=schema.VARIABLES[name].dtype)


def _stations(grid: Grid, land: dict[str, np.ndarray], soil: np.ndarray, truth_ds: xr.Dataset, day: np.ndarray,
              seed: int) -> xr.Dataset:  # fmt: skip
    """Station dataset over the lazy truth."""
    sites = stations.find(grid, soil, seed)
    n, depths = len(sites), len(stations.DEPTHS)
    number = np.repeat(np.arange(n), depths)
    depth = np.tile(np.arange(depths), n)
    row, col = sites.row[number], sites.col[number]
    keys = np.stack([sites.tile_row[number], sites.tile_col[number], sites.site[number], depth], axis=1)
    at = {"lat": xr.DataArray(row, dims="sensor"), "lon": xr.DataArray(col, dims="sensor")}
    layer = xr.DataArray(np.asarray(stations.LAYERS)[depth], dims="sensor")
    theta = truth_ds["sm"].variable.isel(layer=layer.variable, lat=at["lat"].variable, lon=at["lon"].variable)
    frozen = truth_ds["flag"].variable.isel(lat=at["lat"].variable, lon=at["lon"].variable)
    theta, frozen = (v.transpose("sensor", "time").data.rechunk((60, -1)) for v in (theta, frozen))
    per_sensor = np.column_stack([keys, land["wilting_point"][row, col]])
    which = da.from_array(per_sensor, chunks=(60, -1))

    def report(block_theta, block_flag, block_which, *, part):
        ice = (block_flag & schema.FLAGS["frozen_or_snow"]) != 0
        out = stations.measure(block_theta.astype("float64"), ice, block_which[:, 4],
                               block_which[:, :4].astype(int), day, seed)  # fmt: skip
        return out[part].astype("float32" if part == 0 else "uint16")

    value, flag = (
        da.blockwise(report, "st", theta, "st", frozen, "st", which, "sk", part=part, concatenate=True,
                     dtype=kind, meta=np.empty((0, 0), dtype=kind))
        for part, kind in ((0, "float32"), (1, "uint16"))
    )  # fmt: skip
    bounds = np.asarray(stations.DEPTHS)[depth]
    cover = land["land_cover"][row, col]
    coords = {
        "network": sites.networks[number],
        "station": sites.names[number],
        "lat": sites.lat[number],
        "lon": sites.lon[number],
        "elevation": land["elevation"][row, col],
        "depth_from": bounds[:, 0],
        "depth_to": bounds[:, 1],
        "instrument": np.full(number.size, "simulated probe"),
        "land_cover": np.array([IGBP[int(k)] for k in cover], dtype=str),
        "texture": texture_class(land["sand"][row, col], land["clay"][row, col]),
    }
    units = {"lat": "degrees_north", "lon": "degrees_east", "elevation": "m", "depth_from": "m", "depth_to": "m"}
    ds = xr.Dataset(
        {"sm": (("sensor", "time"), value, _attrs("sm")), "flag": (("sensor", "time"), flag, _attrs("flag"))},
        {name: ("sensor", values, {"units": units[name]} if name in units else {}) for name, values in coords.items()},
    )
    return ds.assign_coords(time=_time(day))
