"""When was a drought, how long, how deep, where, and did it come in a flash?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .slots import slot_axis
from .weights import cell_weights

#: Flash drought: from this percentile to below the threshold in at most so many days, and below it for so many.
FLASH = {"high": 40.0, "within": 20.0, "lasting": 15.0}
_KNOWN = {"units": "1", "flag_values": np.array([-1, 0, 1], "int8"), "flag_meanings": "not_known no yes"}


def drought_events(
    percentile: xr.DataArray,
    *,
    dim: str = "time",
    threshold: float = 20.0,
    min_duration: float = 1.0,
    max_gap: int = 0,
    high: float = FLASH["high"],
    within: float = FLASH["within"],
    lasting: float = FLASH["lasting"],
) -> xr.Dataset:
    """Table of the droughts of every cell.

    Parameters
    ----------
    percentile : xarray.DataArray, dims (time, ...)
        From :func:`drought` [%]. The table's length is a result, so lazy data are read here.
    dim : str
        Time dimension.
    threshold : float
        Drought is below it [%].
    min_duration : float
        Shorter events are left out and counted in the attribute ``shorter`` [d].
    max_gap : int
        Missing steps in a row that an event may go on over; they are counted in ``missing``. By default a missing step
        ends the event.
    high, within, lasting : float
        A flash drought fell from ``high`` [%] or more to below ``threshold`` in at most ``within`` days and stayed
        below for ``lasting`` days.

    Returns
    -------
    xarray.Dataset
        dim ``event``, by cell and onset: ``onset``, ``end`` (first and last step below), ``duration`` [d], ``severity``
        (sum of threshold - percentile over days) [% d], ``intensity`` (severity over the days with a value) [%],
        ``lowest`` [%], ``missing`` (steps gone over) [1], ``onset_seen`` and ``end_seen`` (False where the record or a
        gap hides them: the duration is a lower bound), ``flash`` (1, 0, -1 where a gap hides it), ``area`` of the cell
        [km2] on a map; coordinates of the cell.

    Raises
    ------
    SchemaError
        If it is no percentile, or the time axis is unusable.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    Choice: strictly below the threshold. Flash drought as Ford and Labosier (2017,
    doi:10.1016/j.agrformet.2017.08.031): 40th to below the 20th percentile within 20 days; Choice: and below it for 15
    days, so that a single dry spell of a week is none.

    Examples
    --------
    >>> import pandas as pd
    >>> t = pd.date_range("2001-06-01", periods=40)
    >>> p = xr.DataArray([50.0] * 5 + [30.0] * 5 + [10.0] * 20 + [60.0] * 10, dims="time", coords={"time": t},
    ...                  attrs={"units": "%"})
    >>> got = drought_events(p)
    >>> str(got.onset.values[0])[:10], got.duration.item(), got.severity.item(), got.flash.item()
    ('2001-06-11', 20.0, 200.0, 1)
    """
    from ..stats import spells

    check_percentile(percentile)
    axis = slot_axis(percentile, dim)
    rule = _rule(axis, threshold, high, within, lasting)
    if max_gap < 0:
        raise ConfigError("max_gap", found=f"{max_gap}", needed="0 or more steps")
    if not min_duration > 0:
        raise ConfigError("min_duration", found=f"{min_duration}", needed="days above 0")
    dims = [d for d in percentile.dims if d != dim]
    series = percentile.transpose(*dims, dim)
    got = spells.below(np.asarray(series), position=axis.position, longest_gap=int(max_gap), **rule)
    stamps, days = _bounds(percentile[dim].values, axis.step)
    duration = (days[got["last"], 1] - days[got["first"], 0]).astype(float)
    keep = duration >= min_duration - 1e-9
    got, duration = {k: v[keep] for k, v in got.items()}, duration[keep]
    per_step = duration / np.maximum(got["steps"] + got["missing"], 1)
    severity = got["deficit"] * per_step
    data = {
        "onset": (stamps[got["first"]], {"long_name": "first step below the threshold"}),
        "end": (stamps[got["last"]], {"long_name": "last step below the threshold"}),
        "duration": (duration, {"units": "day", "long_name": "duration of the drought"}),
        "severity": (severity, {"units": "% day", "long_name": "deficit below the threshold, summed over days"}),
        "intensity": (got["deficit"] / np.maximum(got["steps"], 1),
                      {"units": "%", "long_name": "mean deficit below the threshold"}),
        "lowest": (got["lowest"], {"units": "%", "long_name": "lowest percentile"}),
        "missing": (got["missing"], {"units": "1", "long_name": "missing steps within the event"}),
        "onset_seen": (got["begin_seen"], {"units": "1", "long_name": "whether the step before is known"}),
        "end_seen": (got["end_seen"], {"units": "1", "long_name": "whether the step after is known"}),
        "flash": (got["rapid"], _KNOWN | {"long_name": "flash drought"}),
    }  # fmt: skip
    out = xr.Dataset({k: ("event", v, a) for k, (v, a) in data.items()})
    place = np.unravel_index(got["row"], [percentile.sizes[d] for d in dims]) if dims else ()
    for d, where in zip(dims, place, strict=True):
        for name, coord in percentile.coords.items():
            if coord.dims == (d,):
                out = out.assign_coords({name: ("event", coord.values[where], coord.attrs)})
        if d not in percentile.coords:
            out = out.assign_coords({d: ("event", where)})
    if {"lat", "lon"} <= set(dims) and percentile.sizes["lat"] and percentile.sizes["lon"]:
        area = cell_weights(percentile, "cell").values / 1e6
        rows, columns = place[dims.index("lat")], place[dims.index("lon")]
        out["area"] = ("event", area[rows] if area.ndim == 1 else area[rows, columns],
                       {"units": "km2", "long_name": "area of the cell"})  # fmt: skip
    return schema.stamp(out, title="Drought events", simulated=schema.is_simulated(percentile), threshold=threshold,
                        min_duration=min_duration, max_gap=max_gap, shorter=int((~keep).sum()), period=axis.period,
                        flash=f"from {high:g} % within {within:g} d, lasting {lasting:g} d")  # fmt: skip


def flash_drought(
    percentile: xr.DataArray,
    *,
    dim: str = "time",
    threshold: float = 20.0,
    high: float = FLASH["high"],
    within: float = FLASH["within"],
    lasting: float = FLASH["lasting"],
) -> xr.Dataset:
    """Where and when flash droughts began.

    Parameters
    ----------
    percentile : xarray.DataArray, dims (time, ...)
        From :func:`drought` [%]; lazy stays lazy.
    dim, threshold, high, within, lasting
        As in :func:`drought_events`.

    Returns
    -------
    xarray.Dataset
        ``onset`` (int8): 1 on the first step of a flash drought, -1 where a drought began of which a gap hides whether
        it is one, else 0; ``number`` and ``not_known``: sums over ``dim`` [1]; ``status`` (``no_data``).

    Raises
    ------
    SchemaError
        If it is no percentile, or the time axis is unusable.
    ConfigError
        If an option cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> p = xr.DataArray([50.0] * 5 + [10.0] * 20, dims="time", attrs={"units": "%"},
    ...                  coords={"time": pd.date_range("2001-06-01", periods=25)})
    >>> got = flash_drought(p)
    >>> int(got.number), np.flatnonzero(got.onset).tolist()
    (1, [5])
    """
    from ..stats import spells

    check_percentile(percentile)
    axis = slot_axis(percentile, dim)
    rule = _rule(axis, threshold, high, within, lasting)

    def kernel(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        onset = spells.rapid_onsets(x, position=axis.position, **rule)
        none = np.where(np.isfinite(x).any(axis=-1), schema.STATUS["ok"], schema.STATUS["no_data"])
        return onset, none.astype(np.int8)

    onset, status = xr.apply_ufunc(
        kernel, percentile, input_core_dims=[[dim]], output_core_dims=[[dim], []], dask="parallelized",
        output_dtypes=[np.int8, np.int8], keep_attrs=False,
    )  # fmt: skip
    out = xr.Dataset({"onset": onset.transpose(*percentile.dims)})
    out["number"] = (onset == 1).sum(dim).astype("int32").assign_attrs(units="1", long_name="flash droughts")
    out["not_known"] = (onset == -1).sum(dim).astype("int32").assign_attrs(
        units="1", long_name="droughts of which a gap hides the onset")  # fmt: skip
    out["status"] = status.assign_attrs(schema.status_attrs())
    out["onset"].attrs = _KNOWN | {"long_name": "onset of flash drought"}
    if "grid" in percentile.attrs:
        out.attrs["grid"] = percentile.attrs["grid"]
    return schema.stamp(out, title="Flash drought", simulated=schema.is_simulated(percentile), threshold=threshold,
                        high=high, within=within, lasting=lasting, period=axis.period)  # fmt: skip


def drought_area(
    percentile: xr.DataArray,
    *,
    thresholds: Sequence[float] = (30.0, 20.0, 10.0, 5.0, 2.0),
    area: str = "cell",
    min_share: float = 0.5,
) -> xr.Dataset:
    """Share of the area below percentiles, step by step.

    Parameters
    ----------
    percentile : xarray.DataArray, dims (time, lat, lon)
        From :func:`drought` [%]; lazy stays lazy.
    thresholds : sequence of float
        Falling percentiles [%]; by default the classes D0 to D4 of the U.S. Drought Monitor.
    area : {"cell", "cos", "pixel"}
        As in :func:`cell_weights`.
    min_share : float
        Fewest of the area that must be known, of what is known at any time; else NaN.

    Returns
    -------
    xarray.Dataset
        ``share`` (threshold, time) of the known area [1], ``known`` (time): known area over that known at any time [1],
        ``status`` (time): ``no_data``, ``too_few_cells``.

    Raises
    ------
    SchemaError
        If it is no percentile or has no map.
    ConfigError
        If an option cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> p = xr.DataArray([[[10.0, 50.0]]], dims=("time", "lat", "lon"), attrs={"units": "%"},
    ...                  coords={"time": pd.date_range("2001-01-01", periods=1), "lat": [0.5], "lon": [0.5, 1.5]})
    >>> drought_area(p, thresholds=(20.0, 5.0), area="cos").share.values[:, 0].tolist()
    [0.5, 0.0]
    """
    check_percentile(percentile)
    levels = np.asarray(list(thresholds), float)
    if levels.ndim != 1 or not levels.size or (np.diff(levels) >= 0).any() or levels[0] > 100 or levels[-1] <= 0:
        raise ConfigError("thresholds", found=f"{list(thresholds)}", needed="falling percentiles between 0 and 100")
    if not 0 <= min_share <= 1:
        raise ConfigError("min_share", found=f"{min_share}", needed="a share between 0 and 1")
    weight = cell_weights(percentile, area)
    dims = [d for d in percentile.dims if d != "time"]
    known = percentile.notnull()
    total = (known * weight).sum(dims)
    ever = (known.any("time") * weight).sum(dims)
    enough = (total > 0) & (total >= min_share * ever * (1 - 1e-12))
    below = xr.concat([((percentile < v) * weight).sum(dims) for v in levels], xr.DataArray(levels, dims="threshold",
                      name="threshold", attrs={"units": "%", "long_name": "percentile"}))  # fmt: skip
    out = xr.Dataset({"share": (below / total).where(enough), "known": total / ever})
    out["status"] = xr.where(total > 0, xr.where(enough, schema.STATUS["ok"], schema.STATUS["too_few_cells"]),
                             schema.STATUS["no_data"]).astype("int8").assign_attrs(schema.status_attrs())  # fmt: skip
    out["share"].attrs = {"units": "1", "long_name": "share of the area below the percentile"}
    out["known"].attrs = {"units": "1", "long_name": "share of the area that is known"}
    return schema.stamp(out, title="Area under drought", simulated=schema.is_simulated(percentile), area=area)


def check_percentile(percentile: xr.DataArray) -> None:
    """Refuse what is no percentile; reads no data."""
    if not isinstance(percentile, xr.DataArray) or percentile.attrs.get("units") != "%":
        found = f"units {percentile.attrs.get('units')!r}" if isinstance(percentile, xr.DataArray) else type(percentile)
        raise SchemaError("percentile", found=str(found), needed="percentiles with units '%'",
                          do="Make them with vadose.analysis.drought(da).percentile.")  # fmt: skip


def _rule(axis, threshold: float, high: float, within: float, lasting: float) -> dict:
    if not 0 < threshold < 100:
        raise ConfigError("threshold", found=f"{threshold}", needed="a percentile between 0 and 100")
    if not threshold <= high <= 100:
        raise ConfigError("high", found=f"{high}", needed=f"a percentile from {threshold:g} to 100")
    return {"threshold": float(threshold), "high": float(high), "within": axis.steps_of(within, "within"),
            "lasting": axis.steps_of(lasting, "lasting")}  # fmt: skip


def _bounds(time: np.ndarray, step: str) -> tuple[np.ndarray, np.ndarray]:
    """Stamps, and first day and day after the last of each step, as days since 1970."""
    from .. import periods

    stamps = time.astype("datetime64[ns]")
    start = periods.start_of(stamps, step)
    edges = np.stack([start.to_numpy(), periods.next_start(start, step).to_numpy()], axis=1)
    return stamps, edges.astype("datetime64[D]").astype(np.int64)
