"""Verdicts on stations: one bool and one reason per sensor, applied together."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from ..errors import SchemaError
from ..stats.status import STATUS


def select(stations: xr.Dataset, *verdicts: xr.Dataset) -> xr.Dataset:
    """Stations that pass all verdicts, with the number that each of them dropped.

    Parameters
    ----------
    stations : xarray.Dataset
        Canonical ``stations``.
    *verdicts : xarray.Dataset
        From the rules of this module, for these stations.

    Returns
    -------
    xarray.Dataset
        The sensors that pass; attributes ``selection`` (JSON: per rule, sensors dropped by it) and ``n_unselected``.

    Raises
    ------
    SchemaError
        If a verdict is of other stations, or no sensor passes.

    Examples
    --------
    >>> per = {"network": ["N"] * 2, "station": ["A", "B"], "lat": [1.0, 1.0], "lon": [0.0, 9.0],
    ...        "depth_from": [0.05] * 2, "depth_to": [0.05] * 2}
    >>> stations = xr.Dataset(coords={"time": pd.date_range("2020", periods=0), **{k: ("sensor", v) for k, v in
    ...                               per.items()}})
    >>> stations["sm"] = ("sensor", "time"), np.zeros((2, 0)), {"units": "m3 m-3"}
    >>> from vadose.validation import independent
    >>> got = select(stations, independent(stations, pd.DataFrame({"network": ["N"], "station": ["A"]})))
    >>> got.station.values.tolist(), got.attrs["n_unselected"]
    (['B'], 1)
    """
    keep = np.ones(stations.sizes["sensor"], bool)
    dropped = {}
    for v in verdicts:
        same = v.sizes.get("sensor") == keep.size and (v["station"].values == stations["station"].values).all()
        if not same:
            raise SchemaError("verdicts", found="a verdict of other stations", needed="one made from these stations")
        keep &= v["selected"].values
        dropped[str(v.attrs["rule"])] = int((~v["selected"].values).sum())
    if not keep.any():
        raise SchemaError("stations", found=f"no sensor that passes all rules (dropped: {dropped})",
                          needed="at least one", do="Relax a rule, or look at dropped().")  # fmt: skip
    return stations.isel(sensor=np.flatnonzero(keep)).assign_attrs(
        selection=json.dumps(dropped), n_unselected=int((~keep).sum()))  # fmt: skip


def dropped(*verdicts: xr.Dataset) -> pd.DataFrame:
    """Table of the sensors that rules dropped, ready to be written to a file.

    Parameters
    ----------
    *verdicts : xarray.Dataset
        From the rules of this module.

    Returns
    -------
    pandas.DataFrame
        Columns ``rule``, ``network``, ``station``, ``lat``, ``lon``, ``depth_from``, ``depth_to``, ``reason``.

    Examples
    --------
    >>> dropped().columns.tolist()[:3]
    ['rule', 'network', 'station']
    """
    columns = ["network", "station", "lat", "lon", "depth_from", "depth_to", "reason"]
    parts = []
    for v in verdicts:
        bad = np.flatnonzero(~v["selected"].values)
        part = pd.DataFrame({c: v[c].values[bad] for c in columns})
        part.insert(0, "rule", v.attrs["rule"])
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["rule", *columns])


def make_verdict(
    stations: xr.Dataset, reason: np.ndarray, rule: str, *, judged: np.ndarray | None = None, **attrs
) -> xr.Dataset:
    """Verdict of one rule: a sensor without a reason is selected; one that could not be judged has no data."""
    names = ("sensor", *schema.STATION_REQUIRED)
    out = xr.Dataset(coords={k: stations[k] for k in names if k in stations.coords})
    out["selected"] = ("sensor", reason == "", {"long_name": f"passes: {rule}"})
    out["reason"] = ("sensor", reason.astype(str), {"long_name": "why a sensor is dropped"})
    known = np.ones(reason.size, bool) if judged is None else np.asarray(judged, bool)
    codes = np.where(known, STATUS["ok"], STATUS["no_data"]).astype("int8")
    out["status"] = ("sensor", codes, schema.status_attrs())
    return schema.stamp(
        out, title=f"Stations judged by {rule}", inputs=[stations.attrs.get("title", "stations")],
        simulated=schema.is_simulated(stations), rule=rule, n_dropped=int((reason != "").sum()), **attrs,
    )  # fmt: skip


def normalize_name(name: str) -> str:
    """Name without case, accents, spaces and punctuation.

    Examples
    --------
    >>> normalize_name("FR-Aqui"), normalize_name("fr_aqui "), normalize_name("Höglwald")
    ('fraqui', 'fraqui', 'hoglwald')
    """
    plain = unicodedata.normalize("NFKD", str(name)).casefold()
    return "".join(c for c in plain if c.isalnum())


def name_keys(networks: Iterable, names: Iterable) -> list[tuple[str, str]]:
    """Normalised network and station of each sensor."""
    return [(normalize_name(a), normalize_name(b)) for a, b in zip(networks, names, strict=True)]
