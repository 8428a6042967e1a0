"""Pair a product with stations in space and time, counting what was lost and why."""

from __future__ import annotations

import contextlib

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods, schema
from ..errors import ConfigError, SchemaError
from ..grid import distance
from .pairing import NAT, REASONS, pair_cells
from .places import Places, find

#: Steps over which a product may be a composite.
COARSE = ("dekad", "month", "season", "year")

#: Units of soil moisture: by volume, degree of saturation or index, storage.
UNITS = ("m3 m-3", "1", "kg m-2")

#: Least share of a composite's period that a sensor has to cover.
LEAST_SHARE = 0.5


def match(
    estimate: xr.Dataset,
    reference: xr.Dataset,
    *,
    window: str = "12h",
    variable: str | None = None,
    layer: int | None = None,
    t_value: float | None = None,
    max_distance: float | None = None,
    local_hours: tuple[float, float] | None = None,
    reuse: bool = False,
) -> xr.Dataset:
    """Match up a product with stations: one pair of values per product cell and time.

    Parameters
    ----------
    estimate : xarray.Dataset
        The product to judge: canonical ``grid`` (lazy stays lazy) or ``observations``.
    reference : xarray.Dataset
        Canonical ``stations``. All sensors of a station, then all stations of a cell, are averaged.
    window : str
        Largest time difference, inclusive, such as ``"12h"``.
    variable : str, optional
        Variable of the product; its soil-moisture variable by default.
    layer : int, optional
        Index along ``layer`` for layered products.
    t_value : float, optional
        Characteristic time [days] for soil water index products.
    max_distance : float, optional
        See :func:`vadose.matchup.find_places`.
    local_hours : tuple of float, optional
        Keep estimates whose local solar time (UTC + longitude/15) lies in this range [h], both ends included; a
        range such as (22, 2) runs across midnight.
    reuse : bool
        Let one estimate serve several references (compatibility only).

    Returns
    -------
    xarray.Dataset
        ``estimate`` and ``reference`` (cell, time), NaN unless paired, on the reference's times;
        ``time_difference`` (cell, time) [h]; ``n_averaged`` (cell, time), the stations behind each reference value,
        whose change can feign a change of moisture; ``n_estimate``, ``n_reference``, ``n_matched`` (cell) and
        ``n_dropped`` (cell, reason). Coordinates per cell: ``cell_lat``, ``cell_lon``, ``stations``,
        ``n_stations``, ``n_sensors``, ``depth_from``, ``depth_to`` [m], ``distance`` [m], ``porosity`` [1].

    Raises
    ------
    SchemaError
        If an input is not canonical or a layer has to be chosen.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    A daily mean stands for its middle, so that a window of 12 h takes exactly the observations of that day; the
    instant of a product value is ``t0`` where the product has it, else the middle of ``time_bnds``, else ``time``.
    A daily mean over local hours stands for the middle of those hours at the longitude of the station. Each
    observation is used at most once (other tools re-use them, which inflates n).

    A dekadal or monthly product (attribute ``step`` or ``cadence``) is paired with the stations' means over the same
    periods. Choice: a sensor enters such a mean where it has values on at least half of the period.

    Choice: a station with several sensors counts as one station, so a station is not favoured for having more
    probes. Degree of saturation becomes volumetric by the stations' porosity where it is known.

    Examples
    --------
    >>> from vadose.grid import Grid
    >>> t = pd.date_range("2020-06-01", periods=3)
    >>> sm = xr.DataArray(np.full((3, 1, 2), 0.3, "f4"), dims=("time", "lat", "lon"), attrs={"units": "m3 m-3"})
    >>> product = schema.with_grid(xr.Dataset({"sm": sm}).assign_coords(time=t), Grid.regular(1.0).crop((0, 0, 2, 1)))
    >>> per_sensor = {"network": "N", "station": "S", "lat": 0.4, "lon": 1.4, "depth_from": 0.0, "depth_to": 0.05}
    >>> stations = xr.Dataset(
    ...     {"sm": (("sensor", "time"), np.full((1, 3), 0.25, "f4"), {"units": "m3 m-3"})},
    ...     {"time": t, **{k: ("sensor", [v]) for k, v in per_sensor.items()}}, attrs={"step": "day"})
    >>> pairs = match(product, stations)
    >>> pairs.n_matched.values.tolist(), pairs.stations.values.tolist()
    ([3], ['N:S'])
    """
    schema.check(estimate, ("grid", "observations"))
    schema.check(reference, "stations")
    span = check_window(window)
    name = variable or schema.primary(estimate)
    if name not in estimate:
        raise SchemaError("variable", found=repr(name), needed=f"one of {[str(v) for v in estimate.data_vars]}")
    if estimate[name].attrs.get("units") not in UNITS:
        raise SchemaError(f"variable {name}", found=f"units {estimate[name].attrs.get('units')!r}",
                          needed=f"soil moisture, in one of {list(UNITS)}")  # fmt: skip
    estimate = _select(estimate, name, layer, t_value)
    if not estimate.sizes.get("time", estimate.sizes.get("obs", 0)) or not reference.sizes["sensor"]:
        raise SchemaError("estimate or reference", found="no times or no sensors", needed="at least one of each")
    places = find(estimate, name, reference, max_distance)
    reference = _to_step_of(estimate, reference)
    values, times = _series(estimate, name, places)
    excluded = _outside_hours(times, places.lon, local_hours)
    kept = values.where(~excluded)
    ref, averaged, info = _cell_reference(reference, schema.primary(reference), places)
    kept, conversion = _to_volumetric(kept, estimate[name], info)

    paired = xr.apply_ufunc(
        lambda te, x, tr, y: pair_cells(te, x, tr, y, span, reuse=reuse),
        times, kept, _reference_instants(reference, places), ref,
        input_core_dims=[["when"], ["when"], ["time"], ["time"]],
        output_core_dims=[["time"], ["time"], ["time"], ["count"], ["reason"]],
        dask="parallelized", output_dtypes=[float, float, float, "int64", "int64"],
        dask_gufunc_kwargs={"output_sizes": {"count": 3, "reason": len(REASONS)}, "allow_rechunk": True},
    )  # fmt: skip
    x, y, dt, counts, dropped = paired
    n_excluded = (values.notnull() & excluded).sum("when")
    dropped = dropped + xr.where(xr.DataArray(np.arange(len(REASONS)) == 3, dims="reason"), n_excluded, 0)
    unit = kept.attrs.get("units", "")
    out = xr.Dataset({
        "estimate": x.astype("float32").assign_attrs(units=unit, long_name="soil moisture"),
        "reference": y.astype("float32").assign_attrs(units="m3 m-3", long_name="soil moisture"),
        "time_difference": dt.astype("float32").assign_attrs(units="h", long_name="estimate minus reference time"),
    })  # fmt: skip
    out["n_averaged"] = averaged.where(out["reference"].notnull(), 0).astype("int32")
    out["n_averaged"].attrs = {"units": "1", "long_name": "stations behind the reference"}
    labels = ("n_estimate", "n_reference", "n_matched")
    for i, label in enumerate(labels):
        extra = n_excluded if label == "n_estimate" else 0
        out[label] = (counts.isel(count=i) + extra).assign_attrs(units="1", long_name=label[2:] + " values")
    out["n_dropped"] = dropped.assign_attrs(units="1", long_name="values not paired, by reason")
    out = out.assign_coords(time=reference["time"], reason=list(REASONS), cell=np.arange(places.lat.size), **info)
    lost = np.flatnonzero(places.cell_of_sensor < 0)
    outside = _names(reference)[lost].tolist()
    return schema.stamp(
        out, title=f"{estimate.attrs.get('title', name)} matched with stations",
        product=estimate.attrs.get("product", ""), version=estimate.attrs.get("product_version", ""),
        inputs=[estimate.attrs.get("title", "estimate"), reference.attrs.get("title", "reference")],
        simulated=schema.is_simulated(estimate) or schema.is_simulated(reference),
        window=window, conversion=conversion, one_to_one=str(not reuse).lower(),
        n_sensors=reference.sizes["sensor"], n_sensors_outside=int(lost.size),
        sensors_outside=", ".join(sorted(set(outside))),
    ).transpose("cell", "time", "reason", ...)  # fmt: skip


def check_window(window: str) -> int:
    """Length of a window [ns]; refuses what is no duration."""
    try:
        span = pd.Timedelta(window)
    except ValueError:
        span = None
    if span is None or not span >= pd.Timedelta(0):
        raise ConfigError("window", found=repr(window), needed="a duration such as '12h' or '30min'")
    return int(span.as_unit("ns").value)


def _select(ds: xr.Dataset, name: str, layer: int | None, t_value: float | None) -> xr.Dataset:
    """Choose the layer or characteristic time of products that have several."""
    if "layer" in ds[name].dims:
        n = ds.sizes["layer"]
        layer = 0 if layer is None and n == 1 else layer  # one layer leaves no choice
        if layer is None or not -n <= layer < n:
            found = "no layer chosen" if layer is None else f"layer {layer}"
            raise SchemaError("layer", found=found, needed=f"an index 0..{n - 1}: {_layer_names(ds)}")
        ds = ds.isel(layer=layer)
    elif layer is not None:
        raise SchemaError("layer", found=f"layer {layer} for a product without layers", needed="layer=None")
    if "t_value" in ds[name].dims:
        have = ds["t_value"].values.tolist()
        if t_value not in have:
            raise SchemaError("t_value", found=f"{t_value}", needed=f"one of {have} days")
        ds = ds.sel(t_value=t_value)
    elif t_value is not None:
        raise SchemaError("t_value", found=f"{t_value} for a product without it", needed="t_value=None")
    return ds


def _layer_names(ds: xr.Dataset) -> str:
    return ", ".join(f"{a:g}-{b:g} m" for a, b in ds["layer_bnds"].values)


def _coarse_step(ds: xr.Dataset) -> str:
    """``"dekad"``, ``"month"``, ... for a composite of that length, else an empty text."""
    for key in ("step", "cadence"):
        with contextlib.suppress(ConfigError):
            if key in ds.attrs and (step := periods.parse_step(ds.attrs[key])) in COARSE:
                return step
    return ""


def _to_step_of(estimate: xr.Dataset, reference: xr.Dataset) -> xr.Dataset:
    """Means of the stations over the periods of a composite product; other products take them as they are."""
    step = _coarse_step(estimate)
    if not step or _coarse_step(reference) == step:
        return reference
    unit = reference.attrs.get("step", "day")
    if unit not in ("day", "hour"):
        raise SchemaError("reference", found=f"step {unit!r}", needed=f"days or hours, to make means of a {step}")
    name = schema.primary(reference)
    means = periods.composite(reference[name], step)
    length = (means["time_bnds"].values[:, 1] - means["time_bnds"].values[:, 0]) / pd.Timedelta(
        1, unit
    ).to_timedelta64()
    enough = means["nobs"] >= LEAST_SHARE * xr.DataArray(length.astype(float), dims="time")
    mean = means["mean"].where(enough).assign_attrs(reference[name].attrs)
    out = reference.drop_dims("time").assign({name: mean.transpose("sensor", "time")})
    return out.assign_attrs(reference.attrs, step=step)


def _series(ds: xr.Dataset, name: str, places: Places) -> tuple[xr.DataArray, xr.DataArray]:
    """Values (cell, when) and their instants [ns] (when) or (cell, when)."""
    if not {"lat", "lon"} <= set(places.index):
        return _ragged_series(ds, name, places)
    at = {k: xr.DataArray(v, dims="cell") for k, v in places.index.items()}
    values = ds[name].isel(at).reset_coords(drop=True).rename(time="when").transpose("cell", "when")
    times = instants(ds).rename(time="when")
    if "t0" in ds:
        t0 = ds["t0"].isel(at).reset_coords(drop=True).rename(time="when").transpose("cell", "when")
        own = t0.drop_vars("when").astype("datetime64[ns]").astype("int64")
        times = own.where(own != NAT, times)  # a value without its own time still belongs to its stamp
    return values.drop_vars("when"), times


def _ragged_series(ds: xr.Dataset, name: str, places: Places) -> tuple[xr.DataArray, xr.DataArray]:
    if places.bounds is not None:
        chosen = np.split(places.index["obs"], places.bounds[1:-1]) if places.lat.size else []
    else:
        ids = ds["location"].values
        chosen = [np.flatnonzero(ids == i) for i in places.index["location"]]
    width = max((c.size for c in chosen), default=0)
    values = np.full((len(chosen), width), np.nan)
    times = np.full((len(chosen), width), NAT)
    stamp = (ds["t0"] if "t0" in ds else ds["time"]).values.astype("datetime64[ns]").astype("int64")
    data = ds[name].values
    for i, c in enumerate(chosen):
        values[i, : c.size], times[i, : c.size] = data[c], stamp[c]
    dims = ("cell", "when")
    return xr.DataArray(values, dims=dims, attrs=ds[name].attrs), xr.DataArray(times, dims=dims)


def instants(ds: xr.Dataset) -> xr.DataArray:
    """The instant [ns] a stamp stands for: the middle of its period, which excludes the following midnight."""
    time = pd.DatetimeIndex(ds["time"].values)
    ns = time.to_numpy().astype("datetime64[ns]").astype("int64")
    if "time_bnds" in ds:
        bounds = ds["time_bnds"].values.astype("datetime64[ns]").astype("int64")
        ns = bounds[:, 0] + (bounds[:, 1] - bounds[:, 0]) // 2 - 1
    elif (step := ds.attrs.get("step") or _coarse_step(ds)) in ("day", *COARSE):
        stop = periods.next_start(time, step).to_numpy().astype("datetime64[ns]").astype("int64")
        ns = ns + (stop - ns) // 2 - 1
    return xr.DataArray(ns, dims="time")


def _reference_instants(ds: xr.Dataset, places: Places) -> xr.DataArray:
    """Instants [ns] of the stations' means; means over local hours stand for the middle of the window."""
    hour = ds.attrs.get("local_hour")
    if hour is None or ds.attrs.get("step") != "day":
        return instants(ds)
    owner = places.cell_of_sensor
    lon = np.array([ds["lon"].values[owner == c].mean() for c in range(places.lat.size)])  # as the days were made
    start = xr.DataArray(ds["time"].values.astype("datetime64[ns]").astype("int64"), dims="time")
    into_day = ((float(hour) - lon / 15) % 24) * 3.6e12
    return xr.DataArray(np.rint(into_day).astype("int64"), dims="cell") + start


def _outside_hours(times: xr.DataArray, lon: np.ndarray, hours: tuple[float, float] | None) -> xr.DataArray:
    if hours is None:
        return xr.zeros_like(times, dtype=bool)
    low, high = hours
    if not (0 <= low <= 24 and 0 <= high <= 24):
        raise ConfigError("local_hours", found=f"{hours}", needed="two hours within 0..24")
    local = (times / 3.6e12 + xr.DataArray(lon / 15, dims="cell")) % 24
    inside = (local >= low) & (local <= high) if low <= high else (local >= low) | (local <= high)
    return ~inside


def _cell_reference(stations: xr.Dataset, name: str, places: Places) -> tuple[xr.DataArray, xr.DataArray, dict]:
    """Mean over sensors of a station, then over stations of a cell; their number; what each cell consists of."""
    names = _names(stations)
    lat, lon = stations["lat"].values.astype(float), stations["lon"].values.astype(float)
    bare = stations[name].drop_vars([c for c in stations.coords if c != "time"], errors="ignore").drop_vars("time")
    series, counts, rows = [], [], []
    for c in range(places.lat.size):
        members = np.flatnonzero(places.cell_of_sensor == c)
        per_station = [bare.isel(sensor=members[names[members] == s]).mean("sensor") for s in np.unique(names[members])]
        together = xr.concat(per_station, "station")
        series.append(together.mean("station"))
        counts.append(together.notnull().sum("station"))
        apart = distance(lat[members], lon[members], places.lat[c], places.lon[c])
        rows.append({
            "cell_lat": places.lat[c], "cell_lon": places.lon[c],
            "stations": ", ".join(np.unique(names[members])), "n_stations": np.unique(names[members]).size,
            "n_sensors": members.size, "depth_from": stations["depth_from"].values[members].min(),
            "depth_to": stations["depth_to"].values[members].max(), "distance": apart.mean(),
            "porosity": _mean_porosity(stations, members),
        })  # fmt: skip
    units = {"cell_lat": "degrees_north", "cell_lon": "degrees_east", "n_stations": "1", "n_sensors": "1",
             "depth_from": "m", "depth_to": "m", "distance": "m", "porosity": "1"}  # fmt: skip
    columns = ("cell_lat", "cell_lon", "stations", "n_stations", "n_sensors", "depth_from", "depth_to", "distance",
               "porosity")  # fmt: skip
    info = {}
    for k in columns:
        data = np.array([r[k] for r in rows]) if rows else np.zeros(0, dtype="U1" if k == "stations" else float)
        info[k] = ("cell", data, {"units": units[k]} if k in units else {})
    if series:
        return xr.concat(series, "cell"), xr.concat(counts, "cell"), info
    nothing = xr.DataArray(np.zeros((0, stations.sizes["time"])), dims=("cell", "time"))
    return nothing, nothing.astype("int64"), info


def _names(stations: xr.Dataset) -> np.ndarray:
    """``NETWORK:STATION``, or the station alone where it belongs to no network."""
    pairs = zip(stations["network"].values.astype(str), stations["station"].values.astype(str), strict=True)
    return np.array([f"{network}:{station}" if network else station for network, station in pairs], dtype=str)


def _mean_porosity(stations: xr.Dataset, members: np.ndarray) -> float:
    if "porosity" not in stations.coords:
        return np.nan
    values = stations["porosity"].values[members].astype(float)
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def _to_volumetric(values: xr.DataArray, source: xr.DataArray, info: dict) -> tuple[xr.DataArray, str]:
    unit = source.attrs.get("units", "")
    if unit == "m3 m-3":
        return values.assign_attrs(units=unit), ""
    porosity = np.asarray(info["porosity"][1], dtype=float)
    if unit == "1" and porosity.size and np.isfinite(porosity).all():
        text = "degree of saturation times the stations' porosity"
        return (values * xr.DataArray(porosity, dims="cell")).assign_attrs(units="m3 m-3"), text
    return values.assign_attrs(units=unit), ""
