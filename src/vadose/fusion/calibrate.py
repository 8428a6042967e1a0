"""A record calibrated by stations: its mean level, the size of its differences between years, and their error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from . import dekads
from .anomalies import YEAR, valid_mean
from .context import around, reach
from .inputs import Inputs
from .interannual import at_dekads
from .networks import check_digest
from .plan import Plan
from .simulate import Progress
from .spread import of_blocks
from .station_gain import Gain, damping, lines, own_variance, year_nodes
from .station_level import MIDDLE, Level, Places
from .station_rows import Network, drift_nodes, drift_of, level_of
from .station_years import Drift
from .stations import Stations, explain
from .together import together
from .zones import Block, positions

#: Width of the box over which the course over years is averaged, but for a pixel's straight line [km]: the noise of
#: single pixels is not to be stretched with what neighbours share. Choice: about a zone.
YEARS_WIDTH = 120.0

#: Maps of a calibration before its years, with units and words.
MAPS = {"level": ("m3 m-3", "error of the record's mean level, added to it"),
        "level_sd": ("m3 m-3", "standard deviation of the level's error"),
        "carried": ("m3 m-3", "standard deviation of the level that the networks carry"),
        "drift_taken": ("m3 m-3", "standard deviation of the error of years that stations take away"),
        "response": ("1", "response of the record's differences between years")}  # fmt: skip

#: Courses over years of a calibration, with units and words.
COURSES = {"years": ("m3 m-3", "course over years"),
           "drift": ("m3 m-3", "error of the course over years, added to the record")}  # fmt: skip

#: Attribute of a calibrated record: the stations that it has seen, as columns of a training list (JSON).
CALIBRATED_WITH = "calibrated_with"

#: Attribute that tells one calibration from another.
DIGEST = "calibration_digest"

#: Changes with what is taken from stations, so that an earlier calibration is not taken for one of now.
METHOD = 3

#: What the rows of stations consist of.
ROWS = ("n", "mean", "difference", "predicted", "predicted_sd", "drift_seen", "drift_predicted")


def calibration_name(name: str) -> str:
    """Dataset that holds the calibration of a record."""
    return f"{name}.calibration"


def calibrated_name(name: str) -> str:
    """Dataset that holds the calibrated record."""
    return f"{name}.calibrated"


def uncalibrated_name(name: str) -> str:
    """Name of the record behind a calibrated one; any other name as it is.

    Examples
    --------
    >>> uncalibrated_name("fused.calibrated"), uncalibrated_name("fused")
    ('fused', 'fused')
    """
    return name.removesuffix(".calibrated")


def calibrate(plan: Plan, library: Any, *, name: str = "fused", stations: Stations | None = None,
              others: Sequence[Any] = (), progress: Progress | None = None) -> xr.Dataset:  # fmt: skip
    """Calibrate a record by stations, which are no longer independent of it.

    Parameters
    ----------
    plan : Plan
        The plan the record was made with.
    library : vadose.store.Library
        Where record and stations lie and ``<name>.calibrated`` goes; the fit is kept as ``<name>.calibration``.
    name : str
        Name of the record.
    stations : Stations, optional
        Which stations, and the sizes of the error model; all within 5 cm by default.
    others : sequence of vadose.store.Library
        Further regions of the same Earth, each with a record of this name and perhaps stations: the fit is of all
        together, and the same in each.
    progress : callable, optional
        Called with a label, the number done and the number in all.

    Returns
    -------
    xarray.Dataset
        As :func:`vadose.fusion.fuse`; attribute ``calibrated_with`` (JSON) holds the columns of a training list as
        :func:`vadose.validation.independent` takes it.

    Raises
    ------
    TooFewStations
        If no library has the stations or fewer than three of them can be used; it says how many were lost for what.
    ConfigError
        If there is no record or one of another plan, or a calibration by other stations or settings is there.

    Notes
    -----
    Products err together, and no look at products shows it; stations do. Three things are taken from them:

    1. years: record + (1/(g d) − 1) × its course over years, d the damping by noise
       (:func:`vadose.fusion.station_gain.damping`), g the response of the record's years, each divided by d, to those
       of stations (:func:`vadose.fusion.station_gain.gain_of`), the course that of
       :func:`vadose.fusion.station_gain.year_nodes`: the straight line of each pixel, and of what differs from it the
       mean over :data:`YEARS_WIDTH`. Where stations tell of no g, years are not stretched;
    2. drift: what stations then differ by, its straight line and single years, spread by simple kriging whose sizes
       pairs of stations say (:class:`vadose.fusion.station_years.Drift`);
    3. level: the mean differences of stations from that, over at least 36 common dekads, spread by simple kriging
       (:class:`vadose.fusion.station_level.Level`).

    Error variance: σ² less the variance of level that the networks carry (:meth:`vadose.fusion.inputs.Inputs.level`)
    and that which step 2 takes away (at least 0.3 σ² stays), plus that of the calibrated level. Choice: values are
    clipped to 0 to 1, so that the shift makes no jump in dry land. Flags and source are the record's.
    """
    asked = stations or Stations()
    for one in (library, *others):
        if name not in one.names():
            raise ConfigError(name, found=f"no record {name!r} in {one.url}", needed="a fused record",
                              do="Make it with `vadose fuse run`.")  # fmt: skip
    every = together(plan, [library, *others], name=name)
    for inputs in every:
        check_digest(inputs.dataset(name), inputs.digest, where=f"{name} in {inputs.library.url}")
    own = next(i for i in every if i.library.url == library.url)
    network = Network.of(every, asked)
    mark = _digest(plan, asked, network)
    full, kept, names = calibrated_name(name), calibration_name(name), set(library.names())
    for there in sorted({full, kept} & names):
        _check_same(library, there, mark)
    if full in names:
        return library.open(full)
    if kept not in names:
        rows, gain, words = _reused(every, kept, mark) or (*network.rows(progress), "")
        fit = estimate(own, own.dataset(name), rows, gain, asked)
        fit = fit.assign_attrs({DIGEST: mark, "settings": asked.model_dump_json(),
                                "stations": words or explain(network.fates)})  # fmt: skip
        library.write(kept, fit, layout="plain", message=f"stations of {name}")
    library.write(full, calibrated(own.dataset(name), library.open(kept)), message=f"calibrate {name}")
    return library.open(full)


def _digest(plan: Plan, asked: Stations, network: Network) -> str:
    text = json.dumps([METHOD, plan.digest(), asked.model_dump(mode="json"), network.names()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _check_same(library: Any, name: str, mark: str) -> None:
    if (found := library.open(name).attrs.get(DIGEST)) != mark:
        raise ConfigError(f"{name} in {library.url}", found=f"a calibration by other stations or settings ({found})",
                          needed=f"the one asked for ({mark})",
                          do="Delete it with `vadose library rm`, or take another name for the record.")  # fmt: skip


def _reused(every: Sequence[Inputs], name: str, mark: str) -> tuple[xr.Dataset, Gain, str] | None:
    """The stations of the same calibration in one of the libraries."""
    for inputs in every:
        if name in inputs.library.names() and (fit := inputs.library.open(name)).attrs.get(DIGEST) == mark:
            rows = fit[list(ROWS)].drop_vars(["lat", "lon", "year"], errors="ignore").compute()
            return rows, Gain.of(fit.attrs), str(fit.attrs["stations"])
    return None


# ------------------------------------------------------------------------------------------------------------ maps
def estimate(inputs: Inputs, record: xr.Dataset, rows: xr.Dataset, gain: Gain, settings: Stations) -> xr.Dataset:
    """A calibration: rows of stations, and maps block by block of zones, lazily.

    Parameters
    ----------
    inputs : Inputs
        Plan, library and grid.
    record : xarray.Dataset
        The record.
    rows : xarray.Dataset
        Dim (site), from :meth:`vadose.fusion.station_rows.Network.rows`.
    gain : Gain
        Of the record's years.
    settings : Stations
        Sizes of the error model.

    Returns
    -------
    xarray.Dataset
        ``rows`` with ``years`` and ``drift`` (year, lat, lon), ``level``, ``level_sd``, ``carried`` and ``drift_taken``
        (lat, lon) [m3 m-3]: the course over years and its error, the level error of the record and its standard
        deviation, that which the networks carry, and that of the error of years which goes; ``response`` (lat, lon)
        [1], of the record's years. NaN where the record has no value.
    """
    import dask.array as da
    from dask import delayed

    numbers = dekads.ordinals(record["time"].values)
    years = np.unique(numbers // YEAR)
    zones = inputs.zones
    level, drift = (delayed(x(rows, settings), pure=False) for x in (level_of, drift_of))

    def part(block: Block) -> da.Array:
        at, wide = (zones.pixel_rows(*block.rows), zones.pixel_cols(*block.cols)), zones.around(block)
        near = record[["sm", "sm_uncertainty"]].isel(lat=wide[0], lon=wide[1])
        task = delayed(_of_block, pure=False)(inputs, near, block, numbers, level, gain, drift)
        return da.from_delayed(task, (len(MAPS) + len(COURSES) * years.size, at[0].size, at[1].size), dtype="float32")

    whole = of_blocks(zones, inputs.plan.zones.block, part)
    out = rows.assign({k: (("lat", "lon"), whole[i], {"units": u, "long_name": w})
                       for i, (k, (u, w)) in enumerate(MAPS.items())})  # fmt: skip
    for i, (k, (u, w)) in enumerate(COURSES.items()):
        first = len(MAPS) + i * years.size
        out[k] = ("year", "lat", "lon"), whole[first : first + years.size], {"units": u, "long_name": w}
    out = schema.with_grid(out.assign_coords(year=years), inputs.grid)
    return schema.stamp(out, title=f"Calibration of {inputs.name} by stations", product=inputs.name,
                        simulated=schema.is_simulated(record), **gain.attrs())  # fmt: skip


def _of_block(inputs: Inputs, near: xr.Dataset, block: Block, numbers: np.ndarray, level: Level,
              gain: Gain, drift: Drift) -> np.ndarray:  # fmt: skip
    zones, grid = inputs.zones, inputs.grid
    rows, cols = zones.pixel_rows(*block.rows), zones.pixel_cols(*block.cols)
    shape = (rows.size, cols.size)
    near = near.transpose("time", "lat", "lon").compute(scheduler="synchronous")
    values, sigma = (near[v].values.astype("float64") for v in ("sm", "sm_uncertainty"))
    wide_rows, wide_cols = zones.around(block)
    y, x = np.searchsorted(wide_rows, rows), positions(wide_cols, cols)
    years = _shared_years(inputs, values, numbers)[:, y[:, None], x]
    flat = values[:, y[:, None], x].reshape(numbers.size, -1)
    mean = valid_mean(flat)
    there = np.isfinite(mean)
    lat, lon = (x.ravel() for x in np.meshgrid(grid.lat[rows], grid.lon[cols], indexing="ij"))
    value, sd = level.at(Places(lat, lon, np.where(there, mean, MIDDLE)))
    carried = inputs.level_variance(rows, cols).ravel()
    stated = valid_mean(sigma[:, y[:, None], x].reshape(numbers.size, -1) ** 2)
    response = gain.of_years(damping(flat, own_variance(stated, carried), numbers))
    added, taken = drift_nodes(drift, lat, lon, numbers)
    maps = np.where(there, np.stack([value, sd, np.sqrt(carried), np.sqrt(taken), response]), np.nan)
    return np.concatenate([maps.reshape(-1, *shape), years, added.reshape(-1, *shape)]).astype("float32")


def _shared_years(inputs: Inputs, values: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Course over years: each pixel's line, the rest as those around share it; (years, lat, lon), 0 where none is."""
    flat = values.reshape(numbers.size, -1)
    nodes = np.where(np.isfinite(flat).any(axis=0), year_nodes(flat, numbers), np.nan)
    line = lines(nodes)
    zone = max(1, int(inputs.plan.zones.size / inputs.grid.resolution))  # no farther than the margin of a block
    pixels = min(reach(inputs.grid, YEARS_WIDTH), zone)
    shared = around((nodes - line).reshape(-1, *values.shape[1:]), dekads=(0, 0), pixels=pixels)
    return np.nan_to_num(line.reshape(shared.shape) + shared)


def calibrated(record: xr.Dataset, fit: xr.Dataset) -> xr.Dataset:
    """A record, or one that continues it, with years and level as a calibration says; lazily.

    Parameters
    ----------
    record : xarray.Dataset
        ``sm``, ``sm_uncertainty``, ``source`` and ``flag`` (time, lat, lon).
    fit : xarray.Dataset
        From :func:`estimate`. Beyond its last year the last value of the course is held.

    Returns
    -------
    xarray.Dataset
        The same variables. A cell that had no value when the calibration was made stays as it is.
    """
    numbers, years = dekads.ordinals(record["time"].values), fit["year"].values

    def kernel(sm: np.ndarray, sigma: np.ndarray, nodes: np.ndarray, drift: np.ndarray, level: np.ndarray,
               sd: np.ndarray, carried: np.ndarray, taken: np.ndarray,
               response: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        lead = sm.shape[:-1]
        nodes = (1 / response - 1)[..., None] * nodes + drift
        course = at_dekads(nodes.reshape(-1, years.size).T, years, numbers).T
        known = np.isfinite(level)[..., None]
        moved = sm + course.reshape(*lead, numbers.size) + level[..., None]
        gone = (carried**2 + taken**2)[..., None]
        left = own_variance(sigma.astype("float64") ** 2, gone) + sd[..., None] ** 2
        return (np.where(known, np.clip(moved, 0.0, 1.0), sm).astype("float32"),
                np.where(known, np.sqrt(left), sigma).astype("float32"))  # fmt: skip

    maps = [fit[k].astype("float64").drop_attrs() for k in MAPS]
    courses = [fit[k].chunk(year=-1) for k in COURSES]
    sm, sigma = xr.apply_ufunc(
        kernel, *(record[k].chunk(time=-1) for k in ("sm", "sm_uncertainty")), *courses, *maps,
        input_core_dims=[*[["time"]] * 2, *[["year"]] * 2, *[[]] * len(maps)], output_core_dims=[["time"], ["time"]],
        dask="parallelized", output_dtypes=["float32", "float32"], keep_attrs="drop", join="exact",
    )  # fmt: skip
    out = record.assign({k: v.transpose("time", "lat", "lon").assign_attrs(record[k].attrs)
                         for k, v in (("sm", sm), ("sm_uncertainty", sigma))})  # fmt: skip
    columns = {"network": "network", "station": "station", "lat": "station_lat", "lon": "station_lon"}
    trained = {k: fit[v].values.tolist() for k, v in columns.items()}
    facts = {k: fit.attrs[k] for k in ("gain", "gain_error", "stations", DIGEST)}
    return schema.stamp(out, title=f"{record.attrs.get('title', 'Record')}, calibrated by {fit.sizes['site']} stations",
                        product=str(record.attrs.get("product", "")), simulated=schema.is_simulated(record),
                        **{CALIBRATED_WITH: json.dumps(trained, ensure_ascii=False)}, **facts)  # fmt: skip


def level_seen(plan: Plan, libraries: Sequence[Any], *, name: str, stations: Stations | None = None) -> Level:
    """Error of the mean level of any record, as the stations of all libraries that have the record show it.

    Raises
    ------
    TooFewStations
        As :func:`calibrate`.
    """
    asked = stations or Stations()
    every = together(plan, [library for library in libraries if name in library.names()], name=name)
    return level_of(Network.of(every, asked).rows(years=False)[0], asked)


def level_by_stations(plan: Plan, library: Any, *, name: str, stations: Stations | None = None,
                      others: Sequence[Any] = (), level: Level | None = None) -> xr.Dataset:  # fmt: skip
    """Any record with its level from stations as :func:`calibrate` takes it, and nothing else; lazily, not kept.

    Parameters
    ----------
    plan : Plan
        A plan whose products lie in the libraries on the record's grid.
    library : vadose.store.Library
        Where record and stations lie.
    name : str
        Name of the record, such as that of a rival.
    stations, others
        As for :func:`calibrate`; of ``others`` those count that have the record.
    level : Level, optional
        From :func:`level_seen`, for many libraries one after the other; no station is read then.

    Returns
    -------
    xarray.Dataset
        ``sm`` (time, lat, lon) [m3 m-3].

    Raises
    ------
    TooFewStations
        As :func:`calibrate`.
    """
    seen = level_seen(plan, [library, *others], name=name, stations=stations) if level is None else level
    record = library.open(name)

    def kernel(sm: np.ndarray, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        flat = sm.reshape(-1, sm.shape[-1]).astype("float64")
        mean = valid_mean(flat.T)
        places = Places(lat.ravel(), lon.ravel(), np.where(np.isfinite(mean), mean, MIDDLE))
        return np.clip(flat + seen.at(places)[0][:, None], 0.0, 1.0).reshape(sm.shape).astype("float32")

    sm = xr.apply_ufunc(
        kernel, record["sm"].chunk(time=-1), *xr.broadcast(record["lat"].drop_attrs(), record["lon"].drop_attrs()),
        input_core_dims=[["time"], [], []], output_core_dims=[["time"]], dask="parallelized",
        output_dtypes=["float32"], keep_attrs="drop", join="exact",
    )  # fmt: skip
    sm = sm.transpose("time", "lat", "lon").assign_attrs(record["sm"].attrs)
    return record[["sm"]].assign(sm=sm)


def extend(library: Any, name: str) -> int:
    """Append to a calibrated record what its record has beyond it, by the calibration as it is kept.

    Returns the number of dekads appended.
    """
    full = calibrated_name(name)
    if full not in library.names():
        return 0
    record, have = library.open(name), library.open(full)
    new = record.isel(time=np.flatnonzero(record["time"].values > have["time"].values[-1]))
    if new.sizes["time"]:
        library.append(full, calibrated(new, library.open(calibration_name(name))))
    return int(new.sizes["time"])
