"""The scoring of one product that every evaluation shares: whole, in parts of time, and as anomalies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from .anomalies import ANOMALIES, anomalies
from .conditional import score_by_period
from .scaling import scale
from .score import score

#: Kind of anomaly -> beginning of the names of its subsets.
LABELS = {"window": "35-day anomalies", "climatology": "climatology anomalies", "dekad": "dekad anomalies"}
assert set(LABELS) == set(ANOMALIES)


def score_parts(
    pairs: xr.Dataset,
    *,
    by: Sequence[str] = (),
    anomaly: Sequence[str] = (),
    members: Mapping[str, np.ndarray] | None = None,
    scaling: str | None = None,
    scale_after_split: bool = False,
    ci: str = "neff",
    level: float = 0.95,
    min_n: int = 20,
    min_years: int = 3,
    n_boot: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    """Score one match-up as a whole, within parts of time, and as anomalies of both.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`vadose.matchup.match` or :func:`vadose.validation.matchups`; lazy stays lazy.
    by : sequence of str
        Splits of time among season, month, dekad, year; each adds its subsets.
    anomaly : sequence of str
        Kinds of :func:`vadose.validation.anomalies`; each adds a subset, and one per part of time.
    members : mapping, optional
        Subsets of cells: name -> which cells belong to it; default ``all``.
    scaling : str, optional
        As in :func:`vadose.validation.scale`; anomalies are made of the values as they are.
    scale_after_split : bool
        Whether scaling is fitted within each part of time.
    ci, level, min_n, min_years, n_boot, seed
        As in :func:`vadose.validation.score`.

    Returns
    -------
    xarray.Dataset
        Dims (subset, cell): the metrics with bounds, ``n`` and ``status``; coordinates of ``subset``: ``values``
        (``soil moisture`` or the kind of anomaly) and ``part`` (``all``, a subset of cells, or a part of time). The
        anomaly correlations of the whole (``anomaly_r``, ``anomaly_r_35d``) belong to subsets of cells; elsewhere they
        are missing with status ``no_data``. A bias of anomalies is missing.

    Raises
    ------
    ConfigError, SchemaError
        As in :func:`vadose.validation.score`.

    Examples
    --------
    >>> import pandas as pd
    >>> time = pd.date_range("2018-01-01", "2020-12-31")
    >>> truth = (0.25 + 0.1 * np.sin(np.arange(time.size)))[None]
    >>> pairs = xr.Dataset({"estimate": (("cell", "time"), truth + 0.02, {"units": "m3 m-3"}),
    ...                     "reference": (("cell", "time"), truth, {"units": "m3 m-3"})}, {"time": time})
    >>> got = score_parts(pairs, by=["season"], anomaly=["window"])
    >>> got.subset.values[[0, 1, 5, 6]].tolist(), round(float(got.bias.sel(subset="DJF")[0]), 3)
    (['all', 'DJF', '35-day anomalies', '35-day anomalies DJF'], 0.02)
    """
    plain: dict[str, Any] = dict(ci=ci, level=level, min_n=min_n, n_boot=n_boot, seed=seed)
    base = pairs
    if scaling and not scale_after_split and "scaling" not in pairs.attrs:
        base = scale(pairs, method=scaling, min_n=min_n)
    first = scale(pairs, method=scaling, min_n=min_n) if scaling and scale_after_split else base
    whole = score(first, min_years=min_years, **plain)
    whole = whole.drop_vars([v for v in whole.data_vars if str(v).startswith("n_") and "eff" not in str(v)])
    used = pairs["n_stations_used"].values > 0 if "n_stations_used" in pairs.coords else np.ones(pairs.sizes["cell"])
    parts, names, values, labels = [], [], [], []

    def add(scores: xr.Dataset, name: str, kind: str, label: str, member: np.ndarray) -> None:
        parts.append(_only(scores, member & used.astype(bool)))
        names.append(name)
        values.append(kind)
        labels.append(label)

    everywhere = np.ones(pairs.sizes["cell"], bool)
    for name, member in (members or {"all": everywhere}).items():
        add(whole, name, "soil moisture", name, member)
    for split in by:
        fitted = scale(pairs, method=scaling, by=split, min_n=min_n) if scaling and scale_after_split else base
        got = score_by_period(fitted, by=split, **plain)
        for label in got["subset"].values:
            add(got.sel(subset=label, drop=True), _name(split, label), "soil moisture", _name(split, label), everywhere)
    for kind in anomaly:
        made = anomalies(pairs, method=kind, min_years=min_years)
        for split in ("all", *by):
            got = _without_bias(score_by_period(made, by=split, **plain))
            few = (whole["status"] == schema.STATUS["ok"]) & (made["estimate"].notnull().sum("time") == 0)
            got["status"] = got["status"].where(~few, schema.STATUS["too_few_years"]).astype("int8")
            for label in got["subset"].values:
                part = _name(split, label)
                name = LABELS[kind] if split == "all" else f"{LABELS[kind]} {part}"
                add(got.sel(subset=label, drop=True), name, LABELS[kind], part, everywhere)
    parts = [_complete(p, whole) for p in parts]
    out = xr.concat(parts, xr.IndexVariable("subset", names), data_vars="all", coords="minimal", compat="override",
                    join="exact", combine_attrs="drop_conflicts")  # fmt: skip
    for variable, da in whole.data_vars.items():
        out[variable].attrs = da.attrs
    return out.assign_coords(values=("subset", np.array(values)), part=("subset", np.array(labels)))


def _name(split: str, label: object) -> str:
    return str(label) if split in ("all", "season", "year") else f"{split} {label}"


def _without_bias(scores: xr.Dataset) -> xr.Dataset:
    """Scores of anomalies without those that speak of means, which anomalies have lost."""
    gone = [v for v in scores.data_vars if str(v).split("_")[0] == "bias" or str(v).startswith(("mse_bias", "kge"))]
    return scores.assign({v: scores[v] * np.nan for v in gone})


def _complete(scores: xr.Dataset, whole: xr.Dataset) -> xr.Dataset:
    """The same variables in every part: what a part does not have is missing and says so."""
    out = scores.drop_vars([v for v in scores.data_vars if v not in whole])
    for variable, da in whole.data_vars.items():
        name = str(variable)
        if name in out:
            continue
        if name.endswith("status"):
            out[name] = xr.full_like(da, schema.STATUS["no_data"])
        else:
            out[name] = xr.zeros_like(da) if da.dtype.kind == "i" else xr.full_like(da, np.nan)
    return out


def _only(scores: xr.Dataset, member: np.ndarray) -> xr.Dataset:
    """Scores of some cells; the others are missing with status ``no_station``."""
    inside = xr.DataArray(member, dims="cell")
    out = scores.copy()
    for name, da in scores.data_vars.items():
        text = str(name)
        if text.endswith("status"):
            out[name] = da.where(inside, schema.STATUS["no_station"]).astype("int8")
        elif da.dtype.kind == "i":
            out[name] = da.where(inside, 0).astype(da.dtype)
        else:
            out[name] = da.where(inside)
        out[name].attrs = da.attrs
    return out
