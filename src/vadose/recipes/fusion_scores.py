"""Scores of fused records and their rivals: against the truth of a simulated Earth, or against stations."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .. import matchup, schema, validation
from ..errors import ConfigError
from ..fusion.calibrate import CALIBRATED_WITH
from .inputs import within_depth
from .true_pairs import true_pairs

#: What makes pairs of a record (dims cell, time).
Pairing = Callable[[xr.Dataset], xr.Dataset]


def by_truth(truth: xr.DataArray) -> Pairing:
    """Pairs of a record with the truth in every cell, on the times of the record that the truth has."""
    possible = int(truth.notnull().sum())

    def pair(record: xr.Dataset) -> xr.Dataset:
        times = np.intersect1d(record["time"].values, truth["time"].values)
        pairs = true_pairs(record["sm"].sel(time=times), truth.sel(time=times)).compute()
        return pairs.assign_attrs(possible=possible)

    return pair


def unseen(stations: xr.Dataset, record: xr.Dataset, *, depth: tuple[float, float]) -> tuple[xr.Dataset, str]:
    """Sensors within a depth [m] that have not calibrated a record, and how many stations these are, in words.

    Raises
    ------
    ConfigError
        If the record has seen them all.

    Warns
    -----
    UserWarning
        If it has seen some: how many are left.
    """
    chosen = within_depth(stations, depth)
    if CALIBRATED_WITH not in record.attrs:
        return chosen, ""
    trained = pd.DataFrame(json.loads(record.attrs[CALIBRATED_WITH]))
    keep = validation.independent(chosen, trained)["selected"].values
    left, every = (_stations(chosen.isel(sensor=np.flatnonzero(k))) for k in (keep, np.ones_like(keep)))
    if not left:
        raise ConfigError("stations", found=f"{every} stations, all of which have calibrated the record",
                          needed="at least one that has not",
                          do="Calibrate with a part of them, as by `vadose fuse calibrate --share 0.7`.")  # fmt: skip
    words = f"{left} of {every} stations: the others have calibrated the record"
    if left < every:
        warnings.warn(f"judged by {words}", UserWarning, stacklevel=2)
    return chosen.isel(sensor=np.flatnonzero(keep)), words


def _stations(sensors: xr.Dataset) -> int:
    return len(set(zip(sensors["network"].values.tolist(), sensors["station"].values.tolist())))


def by_stations(stations: xr.Dataset) -> Pairing:
    """Pairs of a record with stations."""

    def pair(record: xr.Dataset) -> xr.Dataset:
        pairs = matchup.match(record[["sm"]], stations).compute()
        return pairs.assign_attrs(possible=int(pairs["n_reference"].sum()))

    return pair


def score_records(records: Mapping[str, xr.Dataset], *, fused: str, pair: Pairing, n_boot: int = 300) -> xr.Dataset:
    """Pooled scores of every record, alone and beside the fused one where both have a value.

    Parameters
    ----------
    records : mapping of str to Dataset
        Label -> record with ``sm``; memory holds the pairs of two of them.
    fused : str
        Label of the record that the others are compared with.
    pair : callable
        From :func:`by_truth` or :func:`by_stations`.
    n_boot : int
        Resamples of the intervals; 0 for none.

    Returns
    -------
    xarray.Dataset
        Dim (product): the metrics of :func:`vadose.validation.score_pooled`; ``coverage`` [1], pairs over values of
        the reference; ``rmse_common``, ``rmse_fused``, ``ubrmse_common`` and ``ubrmse_fused`` [m3 m-3] of the record
        and the fused one on their ``n_common`` [1] common pairs, ``ratio`` and ``ratio_unbiased`` [1], fused over
        record.
    """
    first = pair(records[fused])
    possible = int(first.attrs["possible"])
    out = {}
    for label, record in records.items():
        pairs = first if label == fused else pair(record)
        one = validation.score_pooled(pairs, ci="bootstrap" if n_boot else "none", n_boot=max(n_boot, 1))
        mine, theirs = _common(first, pairs)
        for name, part in (("fused", mine), ("common", theirs)):
            one[f"rmse_{name}"] = np.sqrt((part**2).mean())
            one[f"ubrmse_{name}"] = part.std()
        one["n_common"] = mine.notnull().sum()
        one["coverage"] = ((), float(one["n"]) / max(possible, 1))
        one["ratio"] = one["rmse_fused"] / one["rmse_common"]
        one["ratio_unbiased"] = one["ubrmse_fused"] / one["ubrmse_common"]
        out[label] = one
    ds = validation.tidy(out)
    for name in ("rmse_fused", "rmse_common", "ubrmse_fused", "ubrmse_common"):
        ds[name].attrs = {"units": "m3 m-3", "long_name": f"{name.replace('_', ' of the record on pairs with ', 1)}"}
    words = {"n_common": "pairs that both have", "coverage": "pairs over values of the reference",
             "ratio": "RMSE of the fused record over the other's",
             "ratio_unbiased": "ubRMSE of the fused record over the other's"}  # fmt: skip
    for name, text in words.items():
        ds[name].attrs = {"units": "1", "long_name": text}
    return ds


def by_round(record: xr.Dataset, plan: Any, pair: Pairing) -> xr.Dataset:
    """Pooled scores of a record in the dekads of each round; dim (product), which are rounds."""
    from ..fusion import dekads

    numbers = dekads.ordinals(record["time"].values)
    parts = {}
    for r in plan.rounds:
        mine = np.isin(numbers, list(plan.round_dekads(r)))
        if mine.any():
            parts[f"round {r.name}"] = validation.score_pooled(pair(record.isel(time=mine)), ci="none")
    return validation.tidy(parts)


def marked(da: xr.DataArray, simulated: bool) -> xr.DataArray:
    """The array with the mark that figures ask for."""
    return da.assign_attrs(simulated="true") if simulated else da


def is_marked(*data: xr.Dataset) -> bool:
    """Whether any of the datasets is simulated."""
    return any(schema.is_simulated(d) for d in data)


def _common(first: xr.Dataset, pairs: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Errors of both where both have a pair."""
    place = [np.char.add(p["cell_lat"].values.astype(str), p["cell_lon"].values.astype(str))
             if "cell_lat" in p.coords else p["cell"].values for p in (first, pairs)]  # fmt: skip
    a, b = (
        (p["estimate"].astype("float64") - p["reference"]).assign_coords(cell=c).drop_attrs()
        for p, c in zip((first, pairs), place)
    )
    a, b = xr.align(a.drop_vars(_extras(a)), b.drop_vars(_extras(b)), join="inner")
    both = a.notnull() & b.notnull()
    return a.where(both), b.where(both)


def _extras(da: xr.DataArray) -> list[str]:
    return [str(c) for c in da.coords if c not in ("cell", "time")]
