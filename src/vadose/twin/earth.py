"""Put the simulated Earth together: lazy canonical datasets, and a library that holds them."""

from __future__ import annotations

import logging
from typing import Protocol

import dask
import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from ..grid import Grid
from ..landclass import IGBP, KOEPPEN
from ..physics import LAYER_BOUNDS
from . import forcing, stations, truths
from . import land as geography
from .blocks import LAYERED, OBSERVED, TRUTH, lazy_arrays
from .cells import Cells
from .error_sizes import SENSORS
from .noise import check_seed

_LOG = logging.getLogger(__name__)

#: Version of the simulated Earth: raised whenever the same seed gives other numbers.
VERSION = "1"

#: Rows and columns simulated at once. Measured at 0.1° over 16 years: about 1 GB for each block at work.
BLOCK = 20

#: Cell-days up to which :func:`create` holds everything in memory: about 0.4 GB.
HELD = 4_000_000

_STATIC = (
    "elevation", "water_fraction", "sand", "clay", "porosity", "field_capacity", "wilting_point",
    "saturated_conductivity", "land_cover", "climate",
)  # fmt: skip


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
    land["climate"] = np.where(land["land_cover"] != 0, forcing.climate(cells, land, seed), 0).astype("uint8")
    if not (land["land_cover"] != 0).any():
        raise ConfigError("region", found=f"only sea in {region} of the Earth with seed {seed}",
                          needed="a region with land", do="Enlarge the region or take another seed.")  # fmt: skip
    day = truths.days_of((first, last))
    arrays = lazy_arrays(cells, day, seed, block)

    def gridded(part: str, names: tuple[str, ...]) -> xr.Dataset:
        data = {}
        for name in names:
            layered = part == "truth" and name in LAYERED
            dims = ("time", "layer", "lat", "lon") if layered else ("time", "lat", "lon")
            data[name] = (dims, arrays[part, name], _attrs(name))
        return schema.with_grid(xr.Dataset(data), grid).assign_coords(time=_time(day))

    def label(ds: xr.Dataset, title: str) -> xr.Dataset:
        return schema.stamp(ds, title=f"Simulated {title}", product="twin", version=VERSION, simulated=True, seed=seed)

    ground = xr.Dataset({n: (("lat", "lon"), land[n].astype(schema.VARIABLES[n].dtype), _attrs(n)) for n in _STATIC})
    facts = gridded("truth", TRUTH).assign_coords(
        layer=("layer", np.arange(1, len(LAYER_BOUNDS) + 1), {"units": "1", "long_name": "soil layer from the top"}),
        layer_bnds=(("layer", "bnds"), np.asarray(LAYER_BOUNDS), {"units": "m", "long_name": "depth of the layer"}),
    )
    out = {
        "twin/land": label(schema.with_grid(ground, grid), "land surface"),
        "twin/truth": label(facts, "truth: weather and soil water"),
    }
    for name, sensor in SENSORS.items():
        seen = gridded(name, OBSERVED).assign_attrs(footprint_km=sensor.footprint)
        out[f"twin/{name}"] = label(seen, f"{sensor.title} sensor ({name})")
    out["twin/stations"] = label(stations.network(grid, land, facts, day, seed), "station network")
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
    classes = {"land_cover": IGBP, "climate": {0: "none", **dict(enumerate(KOEPPEN, 1))}}.get(name)
    if classes:
        attrs["flag_values"] = np.array(list(classes), dtype="uint8")
        attrs["flag_meanings"] = " ".join(v.replace(" ", "_").replace("/", "_") for v in classes.values())
    return attrs
