"""Files of ``evaluate-1km``: a CSV file per table, and all scores as NetCDF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from .evaluate_1km_stages import Result

#: Name of a table -> file, where they differ.
FILES = {"by_land_cover": "land_cover", "by_climate": "climate", "by_texture": "texture", "years": "yearly"}


def save(result: Result, folder: Path) -> list[Path]:
    """Write every table; the scores of all cells and subsets also as ``scores.nc``."""
    out = []

    def write(name: str, table: pd.DataFrame) -> None:
        path = folder / f"{name}.csv"
        table.to_csv(path, index=False)
        out.append(path)

    write("dropped_stations", result.dropped)
    write("cells", _flat(result.scores.coords.to_dataset()[[c for c in result.scores.coords
                                                              if result.scores[c].dims == ("cell",)]]))  # fmt: skip
    write("scores", _flat(result.scores.drop_dims("reason", errors="ignore")))
    write("tableA1_networks", networks(result.stations))
    if result.flights:
        write("table1_campaigns", pd.DataFrame(result.flights))
    write("table2_cells", cells_by_product(result.scores))
    write("pooled", pd.concat([_flat(v).assign(cells=k) for k, v in result.pooled.items()], ignore_index=True))
    for name, ds in result.tables.items():
        write(FILES.get(name, name), _flat(ds))
    for name, ds in result.campaigns.items():
        flights = [v for v in ds.data_vars if "flight" in ds[v].dims]
        write(f"flights_{name}", _flat(ds[flights]))
    if result.campaigns:
        write("table3_campaigns", pd.concat([_flat(campaign_rows(ds)).assign(campaign=k)
                                             for k, ds in result.campaigns.items()], ignore_index=True))  # fmt: skip
    if result.verdicts is not None:
        write("verdicts", result.verdicts)
    encoding = {v: {"zlib": True} for v in result.scores.data_vars if result.scores[v].dtype.kind in "fi"}
    target = folder / "scores.nc"
    part = target.with_name("scores.nc.part")
    result.scores.to_netcdf(part, encoding=encoding)
    part.replace(target)
    return [*out, target]


def campaign_rows(ds: xr.Dataset) -> xr.Dataset:
    """Scores of a whole campaign, per product (Table 3)."""
    keep = [v for v in ds.data_vars if str(v).startswith("campaign_")]
    return ds[[*keep, "rain_response"]].rename({v: str(v).removeprefix("campaign_") for v in keep})


def cells_by_product(scores: xr.Dataset) -> pd.DataFrame:
    """Numbers of cells and stations that judge each product, core and extra (Table 2)."""
    rows = []
    for product in scores["product"].values:
        used = (scores["status"].sel(subset="all", product=product) != _no_station()).values
        kinds = {"all": used}
        if "core" in scores.coords:
            core = scores["core"].values.astype(bool)
            kinds |= {"core": used & core, "extra": used & ~core}
        if "strict" in scores.coords:
            kinds["strict"] = used & scores["strict"].values.astype(bool)
        for kind, inside in kinds.items():
            rows.append({"product": str(product), "kind": kind, "cells": int(inside.sum()),
                         "stations": int(scores["n_stations"].values[inside].sum())})  # fmt: skip
    return pd.DataFrame(rows)


def networks(stations: xr.Dataset) -> pd.DataFrame:
    """Stations, sensors, depths and years of each network (Table A1)."""
    names = stations["network"].values.astype(str)
    value = stations[schema.primary(stations)].transpose("sensor", "time")
    years = stations["time"].dt.year.values
    rows = []
    for network in np.unique(names):
        at = np.flatnonzero(names == network)
        some = stations.isel(sensor=at)
        depths = sorted({(float(a), float(b)) for a, b in zip(some["depth_from"].values, some["depth_to"].values,
                                                              strict=True)})  # fmt: skip
        seen = years[np.isfinite(value.isel(sensor=at).values).any(axis=0)]
        rows.append({"network": network, "stations": np.unique(some["station"].values).size, "sensors": at.size,
                     "depths_m": ", ".join(f"{a:g}-{b:g}" for a, b in depths),
                     "first_year": int(seen.min()) if seen.size else "",
                     "last_year": int(seen.max()) if seen.size else ""})  # fmt: skip
    return pd.DataFrame(rows)


def _no_station() -> int:
    return schema.STATUS["no_station"]


def _flat(ds: xr.Dataset) -> pd.DataFrame:
    """A dataset as one table, missing rows of no product left in."""
    frame = ds.to_dataframe().reset_index()
    return frame.loc[:, ~frame.columns.duplicated()]
