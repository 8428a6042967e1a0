"""Put the simulated Earth together: lazy canonical datasets, and a library that holds them."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import dask
import dask.array as da
import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from ..grid import Grid
from ..landclass import IGBP, KOEPPEN
from ..periods import next_start
from ..physics import LAYER_BOUNDS
from . import factors, flights, forcing, imposed, production, stations, truths
from . import land as geography
from .blocks import Request, layered, lazy_arrays, names_of
from .cells import Cells
from .error_sizes import PLAIN, REANALYSES, RSSSM, SENSORS
from .noise import check_seed

_LOG = logging.getLogger(__name__)

#: Version of the simulated Earth: raised whenever the same seed gives other numbers.
VERSION = "2"

#: Rows and columns simulated at once, by step.
BLOCK = {"day": 20, "dekad": 40}

#: Bytes of results up to which :func:`create` holds everything in memory.
HELD = 500_000_000

_RSSSM = (*RSSSM, "factors", "reanalysis_a", "reanalysis_b", "gpp", "airborne")

#: What can be asked for besides land, truth and stations.
PARTS = (*PLAIN, *_RSSSM)

#: Variables of the land and their types.
_STATIC = {
    **dict.fromkeys(("elevation", "water_fraction", "sand", "clay", "porosity", "field_capacity", "wilting_point",
                     "saturated_conductivity", "tree_cover", "non_tree_vegetation", "topographic_complexity",
                     "imposed_trend", "gpp_strength"), "float32"),
    **dict.fromkeys(("land_cover", "climate", "irrigated"), "uint8"),
}  # fmt: skip

_LAYERS: dict[str, Any] = {
    "layer": ("layer", np.arange(1, len(LAYER_BOUNDS) + 1), {"units": "1", "long_name": "soil layer from the top"}),
    "layer_bnds": (("layer", "bnds"), np.asarray(LAYER_BOUNDS), {"units": "m", "long_name": "depth of the layer"}),
}

#: Variables that the schema does not know.
_OWN: dict[str, dict[str, Any]] = {
    **factors.ATTRS,
    "imposed_water": {"units": "mm", "long_name": "flood water, and water of the imposed trend, in the step"},
    "event": {"units": "1", "long_name": "imposed events of the step", "flag_meanings": " ".join(truths.EVENTS),
              "flag_masks": np.array(list(truths.EVENTS.values()), dtype="uint8")},
    "imposed_trend": {"units": "m3 m-3 year-1", "long_name": "imposed slope of soil moisture in all layers"},
    "irrigated": {"units": "1", "long_name": "whether fields are irrigated"},
    "gpp_strength": {"units": "1", "long_name": "imposed strength of the coupling of production to root-zone water"},
}  # fmt: skip


class Writer(Protocol):
    """What :func:`create` needs of a library."""

    def write(self, name: str, ds: xr.Dataset, *, message: str) -> object:
        """Store a dataset under a name."""

    def names(self) -> list[str]:
        """Names already taken."""


class Reader(Protocol):
    """What :func:`truth` needs of a library."""

    def open(self, name: str) -> xr.Dataset:
        """Open a dataset lazily."""


# fmt: off
def generate(*, region: tuple[float, float, float, float], resolution: float = 0.25,
             years: tuple[int, int] = (2015, 2016), seed: int = 0, step: str = "day",
             products: str | Sequence[str] | None = None, trends: bool = True,
             station_density: float = stations.DENSITY, block: int | None = None) -> dict[str, xr.Dataset]:
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
    step : {"day", "dekad"}
        Step of everything. A dekad holds means of the observed days and their number ``nobs``, and sums of amounts.
    products : str or sequence of str, optional
        ``None``: two plain sensors. ``"rsssm"``: the eleven products of Chen et al. (2021), their quality factors, two
        reanalyses, primary production and flights; products whose period lies outside the years are left out and named
        in the attribute ``left_out`` of the truth. Else names of :data:`PARTS`.
    trends : bool
        Whether the imposed trends are there. An Earth without them has the same weather and errors of sensors, so that
        what a method finds on both differs by what it makes of the trends alone.
    station_density : float
        Stations per 1° × 1° tile on average, 0 to 4. More stations are those of fewer and others; nothing else changes.
    block : int, optional
        Rows and columns simulated at once; bounds memory, changes no number.

    Returns
    -------
    dict of xarray.Dataset
        ``twin/land`` (static), ``twin/truth``, the products as ``twin/<id>`` over their periods, and
        ``twin/stations``. Lazy, except for the land. Everything carries ``simulated = "true"``.

    Raises
    ------
    GridError
        If the region is malformed, holds no cell, or the resolution does not divide 180°.
    ConfigError
        If another argument cannot be used, the region is all sea, or a product asked for by name has no data in the
        years.

    Notes
    -----
    A cell has the same values in every region and with every block size. Its weather is the same in every period;
    soil moisture differs slightly near the beginning of a period, because the spin-up starts there. The imposed
    truths: the slope of soil moisture stands in ``imposed_trend`` and irrigated cells in ``irrigated`` of the land,
    fires and floods in the attribute ``events`` (JSON) and the variable ``event`` of the truth, the strength of the
    coupling of production to water in ``gpp_strength`` of the land, and by ecosystem, beside the share of the roots in
    each layer, in the attributes ``strength`` and ``root_share`` (JSON) of the production.

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
    if block is not None and (isinstance(block, bool) or not isinstance(block, int) or block < 1):
        raise ConfigError("block", found=repr(block), needed="a whole number of cells, at least 1")
    if not 0 <= station_density <= stations.SITES:
        raise ConfigError("station_density", found=repr(station_density),
                          needed=f"stations per 1° × 1° tile, 0 to {stations.SITES}")  # fmt: skip
    if step not in BLOCK:
        raise ConfigError("step", found=repr(step), needed=f"one of {list(BLOCK)}")
    day = truths.days_of((first, last))
    parts, left_out = _check_products(products, Request(day, seed, step, ()))
    grid = Grid.regular(resolution).crop(region)
    cells = Cells.of(grid)
    land = geography.describe(cells, seed)
    soil = land["land_cover"] != 0
    land["climate"] = np.where(soil, forcing.climate(cells, land, seed), 0).astype("uint8")
    land["imposed_trend"] = imposed.trend(cells, land, seed) * trends
    land["irrigated"] = imposed.irrigated(cells, land, seed)
    land["gpp_strength"] = production.strength(land["land_cover"])
    if not soil.any():
        raise ConfigError("region", found=f"only sea in {region} of the Earth with seed {seed}",
                          needed="a region with land", do="Enlarge the region or take another seed.")  # fmt: skip
    request = Request(day, seed, step, tuple(p for p in parts if p != "airborne"), trends)
    sites = stations.find(grid, soil, seed, density=station_density)
    size = (block, block) if block else _block(cells.shape, step)
    arrays = lazy_arrays(cells, request, sites, size)

    def gridded(part: str) -> xr.Dataset:
        data = {}
        for name in names_of(part, step):
            dims = ("time", "layer", "lat", "lon") if layered(part, name) else ("time", "lat", "lon")
            data[name] = (dims, arrays[part, name], _attrs(name))
        ds = schema.with_grid(xr.Dataset(data), grid).assign_coords(time=_time(request.time_of(part)))
        return ds.assign_coords(_LAYERS) if "layer" in ds.dims else ds

    def static(names: tuple[str, ...]) -> xr.Dataset:
        return xr.Dataset({n: (("lat", "lon"), land[n].astype(_STATIC[n]), _attrs(n)) for n in names})

    def label(ds: xr.Dataset, title: str, **attrs) -> xr.Dataset:
        if "time" in ds.dims:
            attrs["step"] = step
        return schema.stamp(ds, title=f"Simulated {title}", product="twin", version=VERSION, simulated=True, seed=seed,
                            **attrs)  # fmt: skip

    happened = [e for e in imposed.events(cells, day, seed) if (e.touches(cells) & soil).any()]
    out = {
        "twin/land": label(schema.with_grid(static(tuple(_STATIC)), grid), "land surface"),
        "twin/truth": label(
            gridded("truth"), "truth: weather and soil water", events=json.dumps([e.as_dict() for e in happened]),
            trend_reference=str(np.datetime64(imposed.TREND_REFERENCE, "D")), trend_years=imposed.TREND_YEARS,
            left_out=" ".join(left_out), **({} if trends else {"trends": "none imposed"}),
        ),
    }  # fmt: skip
    for name in parts:
        if name in SENSORS:
            sensor = SENSORS[name]
            attrs = {"footprint_km": sensor.footprint, "period": "/".join(sensor.period).strip("/")}
            out[f"twin/{name}"] = label(gridded(name), f"{sensor.title} sensor ({name})", **attrs)
        elif name in REANALYSES:
            sizes = REANALYSES[name]
            attrs = {"rain_trend": f"{sizes.rain_trend:g} per year", "demand_trend": f"{sizes.demand_trend:g} per year"}
            out[f"twin/{name}"] = label(gridded(name), f"{sizes.title} model ({name})", **attrs)
        elif name == "factors":
            ds = xr.merge([gridded(name), static(factors.STATIC)], combine_attrs="override")
            out["twin/factors"] = label(ds, "quality-impact factors", lai_seam=factors.SEAM)
        elif name == "gpp":
            planted = {"strength": production.STRENGTH, "root_share": production.ecosystem_roots()}
            planted_text = {k: json.dumps(v) for k, v in planted.items()}
            out["twin/gpp"] = label(gridded(name), "gross primary production", **planted_text)
        else:
            out["twin/airborne"] = label(_flights(grid, soil, (first, last), seed, trends), "airborne campaigns")
    held = {name: arrays["stations", name] for name in names_of("stations", step)}
    time = _time(request.time_of("stations"))
    usual = station_density == stations.DENSITY
    out["twin/stations"] = label(stations.network(sites, land, held, time, seed), "station network",
                                 **({} if usual else {"station_density": station_density}))  # fmt: skip
    return out


def create(library: Writer, *, region: tuple[float, float, float, float], resolution: float = 0.25,
           years: tuple[int, int] = (2015, 2016), seed: int = 0, step: str = "day",
           products: str | Sequence[str] | None = None, trends: bool = True,
           station_density: float = stations.DENSITY) -> list[str]:  # fmt: skip
    """Simulate a region of an invented Earth and write it into a library.

    Parameters
    ----------
    library : vadose.store.Library
        Where the datasets go.
    region, resolution, years, seed, step, products, trends, station_density
        As for :func:`generate`.

    Returns
    -------
    list of str
        Names of the datasets written.

    Raises
    ------
    GridError, ConfigError
        As :func:`generate`, or if the library holds one of the names; before anything is written.

    Notes
    -----
    Every block is simulated once. What comes out is held in memory up to :data:`HELD` bytes, above that in a scratch
    folder (``TMPDIR``) until it is written; on a cluster, blocks are simulated anew for each dataset instead.
    """
    earth = generate(region=region, resolution=resolution, years=years, seed=seed, step=step, products=products,
                     trends=trends, station_density=station_density)  # fmt: skip
    taken = sorted(set(earth) & set(library.names()))
    if taken:
        raise ConfigError("library", found=f"{', '.join(taken)} already there", needed="a library without them",
                          do="Delete them first, or take another library.")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="vadose-twin-") as scratch:
        earth = _once(earth, Path(scratch))
        for name, ds in earth.items():
            _LOG.info("writing %s", name)
            library.write(name, ds, message=f"simulated Earth: {name}, seed {seed}, {years[0]}-{years[1]}")
    return list(earth)


@dataclass(frozen=True)
class _Slot:
    """An array in a file that is opened for each access, so that dask copies a path and never the values."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, key) -> np.ndarray:
        return np.array(np.load(self.path, mmap_mode="r")[key])

    def __setitem__(self, key, values) -> None:
        np.load(self.path, mmap_mode="r+")[key] = values


def _once(earth: dict[str, xr.Dataset], scratch: Path) -> dict[str, xr.Dataset]:
    """The same datasets with every block already simulated."""
    from ..store.arrays import needs_pickling

    if sum(ds.nbytes for ds in earth.values()) <= HELD:
        return dict(zip(earth, dask.persist(*earth.values())))
    if needs_pickling():
        return earth
    sources: list[da.Array] = []
    targets: list[Any] = []  # dask wants no more of a target than assignment
    out = {}
    for name, ds in earth.items():
        new = {}
        for key, var in ds.data_vars.items():
            if var.chunks is None or 0 in var.shape:
                continue
            file = scratch / f"{len(targets)}.npy"
            np.lib.format.open_memmap(file, mode="w+", dtype=var.dtype, shape=var.shape).flush()
            sources.append(var.data)
            targets.append(_Slot(file, var.shape, var.dtype))
            new[key] = (var.dims, da.from_array(targets[-1], chunks=var.chunks, name=False), var.attrs)
        out[name] = ds.assign(new)
    da.store(sources, targets, lock=False)
    return out


def _flights(grid: Grid, soil: np.ndarray, years: tuple[int, int], seed: int, trends: bool) -> xr.Dataset:
    raster = flights.site(grid, soil)
    day, campaign = flights.dates(years)
    data = {"sm": (("time", "lat", "lon"), flights.lazy_array(raster, grid, years, seed, trends), _attrs("sm"))}
    ds = schema.with_grid(xr.Dataset(data), raster).assign_coords(time=_time(day))
    return ds.assign_coords(campaign=("time", campaign.astype(str)))


def _block(shape: tuple[int, int], step: str) -> tuple[int, int]:
    """Rows and columns of a block: at least two blocks, so that two cores have work."""
    most = BLOCK[step]
    if max(shape) <= most:
        return max(1, -(-shape[0] // 2)), shape[1]
    return most, most


def _check_products(products: str | Sequence[str] | None, request: Request) -> tuple[list[str], list[str]]:
    """Parts to simulate, and those left out because the years hold nothing of their period."""
    if products is None:
        return list(PLAIN), []
    known = ["rsssm", *PARTS]
    wanted = [products] if isinstance(products, str) else list(products)
    for name in wanted:
        if name not in known:
            raise ConfigError("products", found=repr(name), needed=f"one or more of {known}")
    parts = list(dict.fromkeys(p for name in wanted for p in (_RSSSM if name == "rsssm" else [name])))
    empty = [p for p in parts if p in SENSORS and request.time_of(p).size == 0]
    for name in empty:
        if name in wanted:
            period = "/".join(SENSORS[name].period)
            raise ConfigError("products", found=f"{name}, which has data in {period} only",
                              needed="a product with data in the years asked for")  # fmt: skip
        _LOG.info("%s is left out: its period %s lies outside the years", name, SENSORS[name].period)
    return [p for p in parts if p not in empty], empty


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


def imposed_anomaly(library: Reader) -> xr.DataArray:
    """What the imposed trend has added to the true soil moisture of every layer, step by step.

    Parameters
    ----------
    library : vadose.store.Library
        A library that :func:`create` wrote to.

    Returns
    -------
    xarray.DataArray, dims (time, lat, lon)
        Soil moisture [m3 m-3], lazy. The truth less this is what weather, fields, fires and floods alone would give:
        its slope over the years is chance, that of the truth is chance plus ``imposed_trend`` of ``twin/land``.
    """
    slope = library.open("twin/land")["imposed_trend"]
    time = library.open("twin/truth")["time"]
    step = library.open("twin/truth").attrs["step"]
    start = time.indexes["time"]
    # half-way through each step; the mean over a dekad of a straight line
    last = next_start(start, step).to_numpy().astype("datetime64[D]").astype(int) - 1
    middle = (start.to_numpy().astype("datetime64[D]").astype(int) + last) / 2
    years = (middle - imposed.TREND_REFERENCE) / imposed.DAYS_PER_YEAR
    years = xr.DataArray(np.clip(years, -imposed.TREND_YEARS, imposed.TREND_YEARS), {"time": time}, dims="time")
    out = (years * slope).rename("sm").assign_attrs(_attrs("sm"), simulated="true")
    return out.assign_attrs(long_name="imposed part of volumetric soil moisture")


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
    if name in _OWN:
        return dict(_OWN[name])
    attrs = schema.VARIABLES[name].attrs()
    classes = {"land_cover": IGBP, "climate": {0: "none", **dict(enumerate(KOEPPEN, 1))}}.get(name)
    if classes:
        attrs["flag_values"] = np.array(list(classes), dtype="uint8")
        attrs["flag_meanings"] = " ".join(v.replace(" ", "_").replace("/", "_") for v in classes.values())
    return attrs
