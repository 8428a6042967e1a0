"""Stages of ``evaluate-1km`` on maps: flights, spatial fidelity, and the verdicts beside the truth of a twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from .. import validation
from ..store import Library
from .evaluate_1km_inputs import campaigns

#: Mean radius [m].
EARTH_RADIUS = 6_371_000

if TYPE_CHECKING:
    from .evaluate_1km_settings import Evaluate1kmConfig
    from .evaluate_1km_stages import Result


def against_flights(result: Result, products: dict[str, xr.Dataset], config: Evaluate1kmConfig,
                    library: Library | None) -> None:  # fmt: skip
    """Scores per flight and campaign, and the fidelity of the patterns of all flights together."""
    stacks: dict[str, list[xr.Dataset]] = {}
    for flight in config.flights:
        for name, campaign in campaigns(flight, library).items():
            result.flights.append(_described(name, campaign))
            window, local, method = flight.window, flight.local_time, flight.method
            result.campaigns[name] = validation.airborne(
                products, campaign, window=window, local_time=local, method=method
            ).compute()
            lazy = validation.flight_maps(products, campaign, window=window, local_time=local, method=method)
            maps = {k: v.compute() for k, v in lazy.items()}
            result.maps[name] = maps
            for label, ds in maps.items():
                stacks.setdefault(label, []).append(ds)
    parts = {}
    for label, stack in stacks.items():
        shapes = {d["estimate"].shape for d in stack}
        whole = xr.concat(stack, "flight") if len({s[1:] for s in shapes}) == 1 else stack[0]
        whole = whole.swap_dims(flight="time").transpose("time", "lat", "lon").sortby("time")
        if min(whole.sizes["lat"], whole.sizes["lon"]) < 12:
            continue  # a coarse product has no pattern under a flight
        parts[label] = validation.spatial_fidelity(whole["estimate"], whole["reference"], period=config.block_period)
    if parts:
        result.tables["fidelity"] = _together(parts)


def _described(name: str, campaign: xr.Dataset) -> dict:
    """A campaign in one row (Table 1 of paper 002)."""
    lat, lon, time = (campaign[k].values for k in ("lat", "lon", "time"))
    day = [str(np.datetime_as_string(t, unit="D")) for t in (time.min(), time.max())]
    step = float(np.abs(np.diff(lat)).mean()) if lat.size > 1 else np.nan
    return {"campaign": name, "flights": time.size, "first": day[0], "last": day[1], "south": float(lat.min()),
            "north": float(lat.max()), "west": float(lon.min()), "east": float(lon.max()),
            "cell_m": round(np.radians(step) * EARTH_RADIUS)}  # fmt: skip


def _together(parts: dict[str, xr.Dataset]) -> xr.Dataset:
    """Scalars and skill of all products; per date the median."""
    plain = []
    for ds in parts.values():
        scalars = ds[[v for v in ds.data_vars if not ds[v].dims]]
        spaef = ds["spaef"].median(keep_attrs=True)
        plain.append(scalars.assign(spaef=spaef, fss=ds["fss"], fss_useful=ds["fss_useful"]))
    return xr.concat(plain, xr.IndexVariable("product", list(parts)), combine_attrs="drop_conflicts")


def against_truth(result: Result, products: dict[str, xr.Dataset], config: Evaluate1kmConfig,
                  library: Library | None) -> None:  # fmt: skip
    """What the evaluation found beside what the makers of a simulated region put in."""
    from .. import twin

    if config.twin is None or library is None:
        return
    known = twin.truth_1km(library)[1]
    label = {p.dataset.removeprefix(twin.PREFIX_1KM): p.label for p in config.products if p.dataset}
    rows = []
    best = result.tables.get("best_land_cover")
    for group, name in known["best"].items():
        found, sure = "", False
        if best is not None and group in best["land_cover"].values:
            at = int(np.flatnonzero(best["land_cover"].values == group)[0])
            found, sure = str(best["best"].values[at]), bool(best["significant"].values[at])
        rows.append([f"best product in {group}", label.get(name, name), found or "none", "yes" if sure else "no", None])
    leak = result.tables.get("leakage")
    if leak is not None:
        found = ", ".join(leak["product"].values[leak["suspect"].values].astype(str)) or "none"
        rows.append(["has learnt its stations by heart", _named(known["leaky"], label), found, "", None])
    fidelity = result.tables.get("fidelity")
    if fidelity is not None:
        names = fidelity["product"].values.astype(str)
        edges = {n: float(p) for n, p, d in zip(names, fidelity["block_period"].values,
                                                fidelity["block_detected"].values) if d}  # fmt: skip
        planted = {label.get(n, n): float(w) for n, w in known["blocky"].items()}
        words = [", ".join(f"{n} ({p:.3g} cells)" for n, p in v.items()) or "none" for v in (planted, edges)]
        # a period of whole cells is found to within the stretch of a few edges
        alike = planted.keys() == edges.keys() and all(abs(edges[n] / planted[n] - 1) < 0.03 for n in edges)
        rows.append(["coarse-grid edges", *words, "", alike])
        for text, key, measure in (("pattern that never changes", "frozen", "frozen_excess"),
                                   ("smoothest", "smooth", "resolution")):  # fmt: skip
            values = fidelity[measure].values
            found = str(names[int(np.nanargmax(values))]) if np.isfinite(values).any() else "none"
            rows.append([text, _named(known[key], label), found, "", None])
    table = pd.DataFrame(rows, columns=["question", "planted", "found", "significant", "agrees"])
    same = table["planted"] == table["found"]
    result.verdicts = table.assign(agrees=[s if a is None else a for a, s in zip(table["agrees"], same, strict=True)])


def _named(names: list[str], label: dict[str, str]) -> str:
    return ", ".join(label.get(n, n) for n in names)
