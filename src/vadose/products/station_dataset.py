"""The canonical dataset of a set of sensors."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from ..errors import InputFileError
from .ismn_flags import flag_names
from .ismn_static import UNKNOWN, Static
from .station_means import COUNTS, Means, Rule, bin_series
from .station_select import SHOWN, Selection, Source, describe_span, select_rows, warn_files


def build_dataset(source: Source, selection: Selection, rule: Rule, notes: dict[str, str | None]) -> xr.Dataset:
    """Read the selected sensors one by one, average them, and put them side by side.

    Parameters
    ----------
    source : Source
        Sensors and their reader.
    selection : Selection
        Which of them.
    rule : Rule
        How values become means.
    notes : dict
        Further provenance attributes.

    Returns
    -------
    xarray.Dataset
        Canonical station dataset, as described in :func:`vadose.products.stations.open_stations`.
    """
    strict, variable = selection.strict, selection.variable
    chosen = select_rows(source, selection)
    means: list[Means | None] = []
    rows, statics, bad, reports, outside, present = [], [], [], [], 0, np.uint32(0)
    for _, row in chosen.iterrows():
        try:
            series = source.read(row)
        except InputFileError as err:
            if strict:
                raise
            reports.append(f"left out: {err}")
            continue
        if series.n_bad:
            where = f"{source.path}: {row['file']}"
            lines = ", ".join(str(n) for n in series.bad_lines[:SHOWN]) + (" ..." if series.n_bad > SHOWN else "")
            if strict:
                needed, do = "date, time, value and flag", "Use strict=False to leave them out."
                raise InputFileError(where, found=f"unreadable line(s) {lines}", needed=needed, do=do)
            reports.append(f"{where}: {series.n_bad} unreadable line(s) left out: {lines}")
        present |= np.bitwise_or.reduce(series.bits, initial=np.uint32(0))
        mean = bin_series(series, rule, lon=float(row["lon"]))
        if mean is None and rule.period is not None and series.minutes.size:
            outside += 1
            continue
        means.append(mean)
        rows.append(row)
        try:
            statics.append(source.describe(row))
        except InputFileError as err:
            if strict:
                raise
            statics.append(Static())
            reports.append(f"static variables left out: {err}")
        bad.append(series.n_bad)
    warn_files(reports)
    if not any(m is not None for m in means):
        found = f"no record of {variable} from {len(chosen)} sensor(s)"
        needed = f"records in {notes['period']}" if rule.period else "records"
        raise InputFileError(source.path, found=found, needed=needed, do=describe_span(chosen))
    if not any(m.counts["n_kept"] for m in means if m):
        lost = {k: sum(m.counts[k] for m in means if m) for k in COUNTS}
        why = ", ".join(f"{k} {v}" for k, v in lost.items() if v)
        warnings.warn(f"{source.path}: no value was kept ({why}); flags present: {flag_names(int(present))}",
                      UserWarning, stacklevel=3)  # fmt: skip
    counts = {k: np.array([m.counts[k] if m else 0 for m in means], dtype="int32") for k in COUNTS}
    low = min(m.first for m in means if m)
    high = max(m.first + m.values.size for m in means if m)
    values = np.empty((len(means), high - low), dtype="float32")
    nobs = np.empty((len(means), high - low), dtype="int32")
    for i in range(len(means)):  # rows are freed as they are copied: the peak is one array, not two
        mean, means[i] = means[i], None
        values[i], nobs[i] = np.nan, 0
        if mean is not None:
            at = slice(mean.first - low, mean.first - low + mean.values.size)
            values[i, at], nobs[i, at] = mean.values, mean.nobs
    spec = schema.VARIABLES[rule.name]
    method = "time: sum" if rule.total else "time: mean"
    minutes = np.arange(low, high) * (1440 if rule.step == "day" else 60)
    ds = xr.Dataset(
        {
            rule.name: (("sensor", "time"), values, {**spec.attrs(), "cell_methods": method}),
            "nobs": (("sensor", "time"), nobs, {"units": "1", "long_name": "number of values behind each mean"}),
            **{k: ("sensor", v, {"units": "1", "long_name": COUNTS[k]}) for k, v in counts.items()},
            "n_bad_lines": ("sensor", np.array(bad, "int32"), {"units": "1", "long_name": "lines that are unreadable"}),
        },
        coords={"time": minutes.astype("datetime64[m]").astype("datetime64[ns]"), **_coords(rows, statics)},
    )
    ds["time"].attrs.update(long_name=f"start of the {rule.step} (UTC)", standard_name="time")
    hours, depth = rule.local_hours, selection.depth
    ds = schema.stamp(
        ds, title=f"{variable.replace('_', ' ')} of {len(rows)} station sensors", product=source.product,
        inputs=[Path(source.path).name], step=rule.step, min_count=rule.min_count,
        local_hours=None if hours is None else f"{hours[0]:g} to {hours[1]:g} h local solar time, both included",
        local_hour=None if hours is None else (hours[0] + (hours[1] - hours[0]) % 24 / 2) % 24,
        depth=None if depth is None else f"{depth[0]:g} to {depth[1]:g} m, tolerance {selection.tolerance:g} m",
        sensors_outside_period=outside or None,
    )  # fmt: skip
    ds.attrs.update({k: v for k, v in notes.items() if v is not None})
    return schema.check(ds, "stations")


def _coords(rows: list[pd.Series], statics: list[Static]) -> dict:
    """Coordinates per sensor; text as fixed-length arrays, which every store can write."""

    def column(values: Iterable, dtype: object, **attrs: object) -> tuple:
        return ("sensor", np.array(list(values), dtype=dtype), attrs)  # type: ignore[call-overload]

    names, seen = [], Counter[str]()
    for r in rows:
        name = f"{r['network']}/{r['station']}/{r['depth_from']:g}-{r['depth_to']:g}m/{r['sensor']}".rstrip("/")
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return {
        "sensor": column(names, str, long_name="network/station/depth/instrument"),
        "network": column((r["network"] for r in rows), str, long_name="network"),
        "station": column((r["station"] for r in rows), str, long_name="station"),
        "instrument": column((r["sensor"] for r in rows), str, long_name="instrument"),
        "lat": column((r["lat"] for r in rows), "f8", units="degrees_north", standard_name="latitude"),
        "lon": column((r["lon"] for r in rows), "f8", units="degrees_east", standard_name="longitude"),
        "elevation": column((r["elevation"] for r in rows), "f4", units="m", long_name="height above sea level"),
        "depth_from": column((r["depth_from"] for r in rows), "f8", units="m", long_name="upper end of the sensor"),
        "depth_to": column((r["depth_to"] for r in rows), "f8", units="m", long_name="lower end of the sensor"),
        "land_cover": column((s.land_cover for s in statics), "u1", units="1", long_name="IGBP land-cover class",
                             comment=f"from the ESA CCI class at the station; {UNKNOWN} = not known"),
        "land_cover_cci": column((s.land_cover_cci for s in statics), "i2", units="1",
                                 long_name="ESA CCI land-cover class", comment="0 = not known"),
        "climate": column((s.climate for s in statics), str, long_name="Köppen-Geiger climate class"),
        "texture": column((s.texture for s in statics), str, long_name="USDA texture class at the sensor's depth"),
        "porosity": column((s.porosity for s in statics), "f4", units="m3 m-3",
                           long_name="volume fraction of pores at the sensor's depth"),
        "file": column((r["file"] for r in rows), str, long_name="file of the record"),
    }  # fmt: skip
