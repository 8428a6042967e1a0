"""How far down does the surface speak for the soil?"""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .water_index import days_of

#: Lower ends of the depth bins [m] and their names.
BINS = (0.1, 0.4, 1.0)
BIN_NAMES = ("0-10 cm", "10-40 cm", "40-100 cm", "> 100 cm")
#: Slack of depths [m]: probes at 2 and 4 inches stand for 5 and 10 cm.
SLACK = 2e-3
_SCORES = ("r", "r_lower", "r_upper", "n", "n_eff_r", "status")
_MEASURES = ("r", "lag", "r_max", "t_best", "r_best", "n")
_QUANTILES = (("median", 0.5, "median"), ("q25", 0.25, "lower quartile"), ("q75", 0.75, "upper quartile"))
_TEXTS = {
    "r": "correlation of surface and depth", "r_lower": "lower bound of the correlation",
    "r_upper": "upper bound of the correlation", "n": "number of pairs", "n_eff": "effective number of pairs",
    "r_max": "largest correlation over lags", "r_best": "largest correlation of the soil water index",
}  # fmt: skip


def surface_to_depth(
    stations: xr.Dataset,
    *,
    variable: str = "sm",
    surface: float = 0.1,
    lags: tuple[int, int] = (-5, 60),
    anomaly: float | None = None,
    min_n: int = 60,
    level: float = 0.95,
) -> xr.Dataset:
    """Correlation of the surface sensor of each station with every deeper one, by lag and through the SWI.

    Parameters
    ----------
    stations : xarray.Dataset
        Canonical stations, dims (sensor, time), with all depths; lazy stays lazy.
    variable : str
        Variable of the sensors, with ``units``.
    surface : float
        The surface sensor is the shallowest of its station, and its lower end at most here [m].
    lags : (int, int)
        First and last lag of the deeper sensor tried [d].
    anomaly : float, optional
        Correlate departures from the moving mean of so many days (35, say), which leaves the season out.
    min_n : int
        Fewer common days give NaN and status ``too_few_pairs``.
    level : float
        Level of the interval of ``r``.

    Returns
    -------
    xarray.Dataset
        dim ``pair``: ``r``, ``r_lower``, ``r_upper``, ``n``, ``n_eff`` [1] and ``status`` at lag 0; ``lag`` of the
        largest correlation [d], ``r_max`` [1] and ``lag_status``; ``t_best`` of the exponential filter [d], ``r_best``
        [1] and ``t_status``. Coordinates ``network``, ``station``, ``lat``, ``lon``, ``depth`` and ``surface_depth``
        (middles) [m], ``bin`` and the two sensors by name. A station with several sensors at a depth (replacements) has
        all their pairs; :func:`depth_table` takes the one with most days.

    Raises
    ------
    SchemaError
        If the dataset is no set of stations, or no station has a surface and a deeper sensor.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    METHODS 5.1. ``r`` and its interval by :func:`vadose.stats.pairs.scores` with the effective number of pairs
    of persistent series; ``lag`` by :func:`vadose.stats.depth.lagged_correlation`; ``t_best`` by
    :func:`vadose.stats.depth.best_time_scale` (from the values themselves, also with ``anomaly``). A largest
    correlation at an end of the lags or times tried is no number but status ``not_converged``. ``r_max`` and ``r_best``
    are the largest of many and have no interval.

    Choice: bins by the middle of the deeper sensor, upper end included, with 2 mm of slack: 4 inches are 10 cm and lie
    in 0-10 cm, 40 inches (101.6 cm) lie below 100 cm.

    Examples
    --------
    >>> import pandas as pd
    >>> top = np.sin(np.arange(400) / 20)
    >>> ds = xr.Dataset({"sm": (("sensor", "time"), np.stack([top[4:], top[:-4]]), {"units": "m3 m-3"})},
    ...                 {"time": pd.date_range("2001-01-01", periods=396), "network": ("sensor", ["N", "N"]),
    ...                  "station": ("sensor", ["S", "S"]), "lat": ("sensor", [1.0, 1.0]),
    ...                  "lon": ("sensor", [2.0, 2.0]),
    ...                  "depth_from": ("sensor", [0.05, 0.5]), "depth_to": ("sensor", [0.05, 0.5])})
    >>> got = surface_to_depth(ds)
    >>> got.bin.item(), got.lag.item(), round(got.r_max.item(), 4)
    ('40-100 cm', 4.0, 1.0)
    """
    from ..stats import depth, pairs, windows

    da = _checked(stations, variable)
    days = days_of(da, "time")
    if lags[1] - lags[0] < 2:
        raise ConfigError("lags", found=f"{lags}", needed="a first and a last lag at least 2 days apart")
    if anomaly is not None and not anomaly > 0:
        raise ConfigError("anomaly", found=f"{anomaly}", needed="days above 0, such as 35")
    if not 0 < level < 1:
        raise ConfigError("level", found=f"{level}", needed="a level between 0 and 1, such as 0.95")
    step = float(np.min(np.diff(days), initial=np.inf))
    if not np.array_equal(days, np.round(days)) or not np.isfinite(step):
        raise SchemaError(f"{variable}: time", found="steps that are not days", needed="daily means",
                          do="Open the stations with step='1D'.")  # fmt: skip
    position = np.round(days).astype(np.int64)
    divisor = int(np.gcd.reduce(np.diff(position)))
    tried = np.arange(lags[0] // divisor, lags[1] // divisor + 1)
    if tried.size < 3:
        raise ConfigError("lags", found=f"{lags} with steps of {divisor} d", needed="at least three lags")
    top, low, alone = _pairs_of(stations, surface)

    def kernel(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        scale = depth.best_time_scale(x, y, position=days, min_n=min_n)
        if anomaly is not None:
            x, y = (windows.moving_anomaly(v, position=days, window=anomaly) for v in (x, y))
        score = pairs.scores(x, y, position=position, min_n=min_n, level=level, ranks=False)
        late = depth.lagged_correlation(x, y, lags=tried, position=position, min_n=min_n)
        first = [np.asarray(score[k], float) for k in _SCORES]
        more = [late["lag"] * divisor, late["r_max"], late["status"], scale["t_best"], scale["r_best"], scale["status"]]
        return *first, *(np.asarray(v, float) for v in more)

    names = ("r", "r_lower", "r_upper", "n", "n_eff", "status", "lag", "r_max", "lag_status", "t_best", "r_best",
             "t_status")  # fmt: skip
    bare = da.drop_vars([c for c in da.coords if c != "time"])
    series = [bare.isel(sensor=k).rename(sensor="pair") for k in (top, low)]
    parts = xr.apply_ufunc(
        kernel, *series, input_core_dims=[["time"], ["time"]], output_core_dims=[[]] * len(names),
        dask="parallelized", output_dtypes=[float] * len(names), keep_attrs=False,
    )  # fmt: skip
    out = xr.Dataset(dict(zip(names, parts, strict=True)))
    for name in ("status", "lag_status", "t_status"):
        out[name] = out[name].astype("int8").assign_attrs(schema.status_attrs())
    out["n"] = out["n"].astype("int32")
    for name, text in _TEXTS.items():
        out[name].attrs = {"units": "1", "long_name": text}
    out["lag"].attrs = {"units": "day", "long_name": "lag of the largest correlation"}
    out["t_best"].attrs = {"units": "day", "long_name": "characteristic time T of the best soil water index"}
    middle = 0.5 * (stations["depth_from"].values + stations["depth_to"].values)
    number = np.searchsorted(np.asarray(BINS) + SLACK, middle[low])
    coords: dict = {k: ("pair", stations[k].values[low], stations[k].attrs) for k in
                    ("network", "station", "lat", "lon")}  # fmt: skip
    coords["depth"] = ("pair", middle[low], {"units": "m", "long_name": "depth of the deeper sensor"})
    coords["surface_depth"] = ("pair", middle[top], {"units": "m", "long_name": "depth of the surface sensor"})
    coords["bin"] = ("pair", np.asarray(BIN_NAMES)[number], {"long_name": "depth bin"})
    label = stations["sensor"].values.astype(str) if "sensor" in stations.coords else np.arange(middle.size).astype(str)
    coords |= {"surface_sensor": ("pair", label[top]), "deep_sensor": ("pair", label[low])}
    return schema.stamp(
        out.assign_coords(coords), title="Surface to depth", simulated=schema.is_simulated(stations),
        anomaly=None if anomaly is None else f"from the {anomaly:g}-day moving mean", lags=f"{lags[0]} to {lags[1]} d",
        stations_without_pair=", ".join(alone) or None, min_n=min_n, level=level,
        inputs=[stations.attrs.get("title", "stations")],
    )  # fmt: skip


def best_pairs(pairs: xr.Dataset) -> xr.Dataset:
    """One pair for each station and depth: the two sensors with most common days.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`surface_to_depth`; lazy numbers are read.

    Returns
    -------
    xarray.Dataset
        The chosen pairs; ``pairs_left_out`` counts the others.

    Raises
    ------
    SchemaError
        If it is no such dataset.
    """
    _check_pairs(pairs)
    n = np.asarray(pairs["n"].values, float)
    keys = list(zip(pairs["network"].values, pairs["station"].values, pairs["depth"].values.round(4), strict=True))
    best: dict[tuple, int] = {}
    for i, key in enumerate(keys):
        if key not in best or n[i] > n[best[key]]:
            best[key] = i
    out = pairs.isel(pair=sorted(best.values()))
    return out.assign_attrs(pairs_left_out=len(keys) - len(best))


def station_depths(pairs: xr.Dataset) -> xr.Dataset:
    """One row for each station and depth bin, the median over the station's depths in it.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`surface_to_depth`; lazy numbers are read.

    Returns
    -------
    xarray.Dataset
        dim ``row``: ``r``, ``r_max``, ``r_best`` [1], ``lag``, ``t_best`` [d], ``n`` [1], ``depths`` (number of
        depths); coordinates ``network``, ``station``, ``bin``.

    Raises
    ------
    SchemaError
        If it is no such dataset.

    Notes
    -----
    :func:`best_pairs` first.
    """
    chosen = best_pairs(pairs)
    frame = chosen[list(_MEASURES)].to_dataframe()
    grouped = frame.groupby(["network", "station", "bin"], sort=True)[list(_MEASURES)]
    middle, depths = grouped.median().reset_index(), grouped.size().to_numpy()
    keys = ("network", "station", "bin")
    out = xr.Dataset({k: ("row", middle[k].to_numpy(float), pairs[k].attrs) for k in _MEASURES},
                     {k: ("row", middle[k].to_numpy(str)) for k in keys})  # fmt: skip
    out["depths"] = ("row", depths.astype("int32"), {"units": "1", "long_name": "depths in the bin"})
    return schema.stamp(out, title="Surface to depth by station and bin", simulated=schema.is_simulated(pairs),
                        pairs_left_out=chosen.attrs["pairs_left_out"])  # fmt: skip


def depth_table(pairs: xr.Dataset) -> xr.Dataset:
    """Median and quartiles over stations of correlation, lag and time scale, by depth bin.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`surface_to_depth`; lazy numbers are read.

    Returns
    -------
    xarray.Dataset
        dim ``bin``, all of :data:`BIN_NAMES`: ``stations`` with a sensor in the bin; for ``r``, ``lag``, ``r_max``,
        ``t_best``, ``r_best`` and ``n`` the ``_median``, ``_q25`` and ``_q75`` over stations, and ``_stations``, those
        with a number.

    Raises
    ------
    SchemaError
        If it is no such dataset.

    Notes
    -----
    Choice: a station counts once in a bin (:func:`station_depths`).

    Examples
    --------
    >>> ds = xr.Dataset({k: ("pair", [0.5, 0.7, 0.9]) for k in ("r", "lag", "r_max", "t_best", "r_best", "n")},
    ...                 {"network": ("pair", ["N"] * 3), "station": ("pair", ["A", "A", "B"]),
    ...                  "depth": ("pair", [0.2, 0.3, 0.3]), "bin": ("pair", ["10-40 cm"] * 3)})
    >>> got = depth_table(ds).sel(bin="10-40 cm")
    >>> got.stations.item(), round(got.r_median.item(), 3)
    (2, 0.75)
    """
    rows = station_depths(pairs)
    where = [rows["bin"].values == name for name in BIN_NAMES]
    out = xr.Dataset(coords={"bin": list(BIN_NAMES)})
    out["stations"] = ("bin", [int(w.sum()) for w in where], {"units": "1", "long_name": "stations"})
    for name in _MEASURES:
        known = [v[np.isfinite(v)] for v in (rows[name].values[w] for w in where)]
        unit, text = (rows[name].attrs.get(k, d) for k, d in (("units", "1"), ("long_name", name)))
        for end, q, words in _QUANTILES:
            values = [np.quantile(v, q) if v.size else np.nan for v in known]
            out[f"{name}_{end}"] = ("bin", values, {"units": unit, "long_name": f"{text}: {words} over stations"})
        out[f"{name}_stations"] = ("bin", [v.size for v in known],
                                   {"units": "1", "long_name": f"stations with a number: {text}"})  # fmt: skip
    return schema.stamp(out, title="Surface to depth by depth bin", simulated=schema.is_simulated(pairs))


def _checked(stations: xr.Dataset, variable: str) -> xr.DataArray:
    if not isinstance(stations, xr.Dataset) or not {"sensor", "time"} <= set(stations.dims):
        found = f"dims {dict(stations.sizes)}" if isinstance(stations, xr.Dataset) else type(stations).__name__
        raise SchemaError("stations", found=found, needed="a station dataset with dims (sensor, time)",
                          do="Open one with vadose.products.open_stations(path, depth=None).")  # fmt: skip
    for name in (variable, *schema.STATION_REQUIRED):
        if name not in stations.variables:
            raise SchemaError("stations", found=f"variables {sorted(map(str, stations.variables))}", needed=repr(name))
    da = stations[variable]
    return da.assign_attrs(simulated=stations.attrs["simulated"]) if schema.is_simulated(stations) else da


def _pairs_of(stations: xr.Dataset, surface: float) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Surface and deeper sensor of every pair, and the stations that have none."""
    network, station = (stations[k].values.astype(str) for k in ("network", "station"))
    bottom = stations["depth_to"].values.astype(float)
    middle = 0.5 * (stations["depth_from"].values + bottom)
    top, low, alone = [], [], []
    for key in sorted(set(zip(network.tolist(), station.tolist(), strict=True))):
        mine = np.flatnonzero((network == key[0]) & (station == key[1]))
        shallow = mine[bottom[mine] <= surface + SLACK]
        first = shallow[middle[shallow] <= middle[shallow].min(initial=np.inf) + SLACK]
        deeper = mine[middle[mine] > middle[first].max(initial=np.inf if not first.size else -np.inf) + SLACK]
        if not first.size or not deeper.size:
            alone.append("/".join(key))
        top += np.repeat(first, deeper.size).tolist()
        low += np.tile(deeper, first.size).tolist()
    if not top:
        depths = sorted({f"{d:g}" for d in middle})
        raise SchemaError("stations", found=f"sensors at {', '.join(depths)} m, none below a surface sensor",
                          needed=f"stations with a sensor down to {surface:g} m and one below it",
                          do="Open the stations with depth=None.")  # fmt: skip
    return np.asarray(top), np.asarray(low), alone


def _check_pairs(pairs: xr.Dataset) -> None:
    needed = {*_MEASURES, "network", "station", "depth", "bin"}
    if not isinstance(pairs, xr.Dataset) or not needed <= set(pairs.variables):
        raise SchemaError("pairs", found=type(pairs).__name__, needed=f"a dataset with {sorted(needed)}",
                          do="Make it with vadose.analysis.surface_to_depth.")  # fmt: skip
