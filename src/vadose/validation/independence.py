"""Which stations a product has not seen, and which are fiducial."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..grid import distance
from .verdicts import make_verdict, name_keys, normalize_name


def independent(stations: xr.Dataset, training_list: pd.DataFrame, *, within: float = 100.0) -> xr.Dataset:
    """Which sensors a product has not been trained on.

    Parameters
    ----------
    stations : xarray.Dataset
        Canonical ``stations``.
    training_list : pandas.DataFrame
        Columns ``network`` and ``station``, ``lat`` and ``lon`` [degrees], or all four; an empty table drops nothing.
    within : float
        Stations nearer to a training station than this are taken for the same [m].

    Returns
    -------
    xarray.Dataset
        A verdict: per sensor ``selected`` (bool), ``reason`` (text, "" where selected), ``training_distance`` [m] to
        the nearest training station; attribute ``unmatched`` (JSON) lists training stations that no sensor matches.

    Raises
    ------
    SchemaError
        If the table has none of the pairs of columns, or ``stations`` is not canonical.
    ConfigError
        If ``within`` is negative.

    Notes
    -----
    METHODS 4.1: names match after :func:`vadose.validation.verdicts.normalize_name`; coordinates catch stations that
    were renamed. Choice: a sensor without coordinates is judged by its name alone where the list has names; where it
    has none, it cannot be shown to be independent and is dropped.

    Examples
    --------
    >>> per = {"network": ["SCAN", "SCAN", "X"], "station": ["Mt. Dog", "B", "renamed"], "lat": [40.0, 41.0, 50.0],
    ...        "lon": [0.0, 0.0, 0.0], "depth_from": [0.0] * 3, "depth_to": [0.05] * 3}
    >>> stations = xr.Dataset(coords={"time": pd.date_range("2020", periods=0), **{k: ("sensor", v) for k, v in
    ...                               per.items()}})
    >>> stations["sm"] = ("sensor", "time"), np.zeros((3, 0)), {"units": "m3 m-3"}
    >>> training = pd.DataFrame({"network": ["scan", "Y"], "station": ["Mt_Dog", "old"], "lat": [40.0, 50.0005],
    ...                          "lon": [0.0, 0.0]})
    >>> got = independent(stations, training)
    >>> got.selected.values.tolist(), got.reason.values.tolist()
    ([False, True, False], ['training station by name', '', 'training station within 100 m'])
    """
    schema.check(stations, "stations")
    if not within >= 0:
        raise ConfigError("within", found=f"{within} m", needed="a distance of 0 m or more")
    columns = set(training_list.columns)
    named, placed = {"network", "station"} <= columns, {"lat", "lon"} <= columns
    if not (named or placed):
        raise SchemaError("training_list", found=f"columns {sorted(columns)}",
                          needed="network and station, or lat and lon, or all four")  # fmt: skip
    n, m = stations.sizes["sensor"], len(training_list)
    reason, nearest = np.full(n, "", dtype="U60"), np.full(n, np.nan)
    used = np.zeros(m, bool)
    lat, lon = stations["lat"].values.astype(float), stations["lon"].values.astype(float)
    if placed and m:
        at = training_list[["lat", "lon"]].to_numpy(float)
        known = np.isfinite(at).all(axis=1)
        for i in np.flatnonzero(np.isfinite(lat) & np.isfinite(lon)):
            if known.any():
                apart = np.where(known, distance(lat[i], lon[i], at[:, 0], at[:, 1]), np.inf)
                nearest[i] = apart.min()
                if nearest[i] <= within:
                    reason[i] = f"training station within {within:g} m"
                    used |= apart <= within
    if named and m:
        have = name_keys(stations["network"].values, stations["station"].values)
        listed = name_keys(training_list["network"], training_list["station"])
        for k, key in enumerate(have):
            if key in listed:
                reason[k] = "training station by name"
        used |= np.array([k in set(have) for k in listed], bool)
    if not named and m:
        reason[~(np.isfinite(lat) & np.isfinite(lon))] = "no coordinates to compare with the training list"
    rows = training_list[[c for c in ("network", "station", "lat", "lon") if c in columns]]
    unmatched = json.loads(rows[~used].to_json(orient="records")) if m else []
    out = make_verdict(stations, reason, "independence from a training list", within=within, n_training=m,
                   unmatched=json.dumps(unmatched, ensure_ascii=False))  # fmt: skip
    out["training_distance"] = ("sensor", nearest, {"units": "m", "long_name": "distance to the nearest training one"})
    return out


def representative(
    stations: xr.Dataset,
    table: pd.DataFrame,
    *,
    classes: Sequence[str] = ("very representative", "representative"),
) -> xr.Dataset:
    """Which sensors are classed as fiducial reference measurements.

    Parameters
    ----------
    stations : xarray.Dataset
        Canonical ``stations``.
    table : pandas.DataFrame
        From :func:`vadose.products.frm.read_frm_classification`.
    classes : sequence of str
        Classes that are kept.

    Returns
    -------
    xarray.Dataset
        A verdict; per sensor also ``frm_class`` ("" where the table does not have the sensor).

    Raises
    ------
    ConfigError
        If a class is unknown.

    Notes
    -----
    Sensors are joined on normalised network and station name and on depth to the centimetre. Choice: where several
    instruments share them, the instrument decides if the names agree, else the best class.

    Examples
    --------
    >>> per = {"network": ["N"] * 2, "station": ["A", "B"], "lat": [1.0, 1.0], "lon": [0.0, 0.0],
    ...        "depth_from": [0.05] * 2, "depth_to": [0.05] * 2}
    >>> stations = xr.Dataset(coords={"time": pd.date_range("2020", periods=0), **{k: ("sensor", v) for k, v in
    ...                               per.items()}})
    >>> stations["sm"] = ("sensor", "time"), np.zeros((2, 0)), {"units": "m3 m-3"}
    >>> table = pd.DataFrame({"network": ["n"], "station": ["a"], "instrument": ["i"], "depth_from": [0.05],
    ...                       "depth_to": [0.05], "frm_class": ["representative"]})
    >>> representative(stations, table).selected.values.tolist()
    [True, False]
    """
    from ..products.frm import CLASSES

    schema.check(stations, "stations")
    if unknown := sorted(set(classes) - set(CLASSES)):
        raise ConfigError("classes", found=f"{unknown}", needed=f"some of {list(CLASSES)}")
    rank = {c: i for i, c in enumerate(CLASSES)}
    known: dict[tuple, list[tuple[str, str]]] = {}
    listed = name_keys(table["network"], table["station"])
    for key, r in zip(listed, table.itertuples(), strict=True):
        depth = round(100 * float(r.depth_from)), round(100 * float(r.depth_to))
        known.setdefault((*key, *depth), []).append((normalize_name(str(r.instrument)), str(r.frm_class)))
    n = stations.sizes["sensor"]
    instruments = stations["instrument"].values if "instrument" in stations.coords else np.full(n, "")
    found = []
    for i, key in enumerate(name_keys(stations["network"].values, stations["station"].values)):
        place = tuple(round(100 * float(stations[k].values[i])) if np.isfinite(stations[k].values[i]) else -1
                      for k in ("depth_from", "depth_to"))  # fmt: skip
        entries = known.get((*key, *place), [])
        own = [c for name, c in entries if name == normalize_name(str(instruments[i]))]
        found.append(min(own or [c for _, c in entries], key=rank.__getitem__, default=""))
    frm = np.array(found, dtype="U20")
    reason = np.where(np.isin(frm, list(classes)), "", np.where(frm == "", "not in the table", frm)).astype("U60")
    out = make_verdict(stations, reason, "class of representativeness", classes=", ".join(classes))
    out["frm_class"] = ("sensor", frm, {"long_name": "FRM4SM class of representativeness"})
    return out
