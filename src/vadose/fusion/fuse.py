"""From a plan to one complete record: train, simulate, mask, fill and write; and append new dekads later."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from . import dekads, innovation_maps
from .assimilation import assimilated, assimilation_name
from .calibrate import extend
from .fill import fill
from .inputs import Inputs, simulation_name
from .interannual import corrected, correction_name, estimate
from .mask import frozen_at
from .networks import check_digest
from .plan import Plan, span
from .simulate import FLAG as FLAGS_AT
from .simulate import SIGMA, SM, SOURCE, Progress, simulate, simulated, source_attrs
from .train import train

#: Edge of the dask blocks in which a record is finished [pixels].
FINISH_CELLS = 100

_REASONS = schema.FLAGS["missing"] | schema.FLAGS["retrieval_failed"] | schema.FLAGS["out_of_range"]


def fuse(plan: Plan, library: Any, *, name: str = "fused", overwrite: bool = False,
         progress: Progress | None = None) -> xr.Dataset:  # fmt: skip
    """Train a plan, simulate all rounds and write the complete record.

    Parameters
    ----------
    plan : Plan
        The plan; it is checked before anything is read.
    library : vadose.store.Library
        Where inputs lie and results go: ``<name>``, ``<name>.sim/...`` and ``<name>.networks/...``.
    name : str
        Name of the record.
    overwrite : bool
        Whether to write the record anew where it exists (networks and simulations of the same plan are kept).
    progress : callable, optional
        Called with a label, the number done and the number in all.

    Returns
    -------
    xarray.Dataset
        ``sm``, ``sm_uncertainty`` [m3 m-3], ``flag`` and ``source`` (time, lat, lon), from the library.

    Raises
    ------
    ConfigError
        If the plan cannot run, or results of another plan lie under this name.

    Notes
    -----
    Everything that is there already is kept, so an interrupted fusion goes on where it stood.
    """
    plan.check(library)
    if name in (datasets := {plan.dataset(p.dataset) for p in plan.products.values()}):
        raise ConfigError(
            "name", found=f"{name!r}, a product of the plan", needed=f"a name other than {sorted(datasets)}"
        )
    there = name in library.names()
    if there and not overwrite:
        check_digest(library.open(name), plan.digest(), where=name)
        return library.open(name)
    train(plan, library, name=name, progress=progress)
    simulate(plan, library, name=name, progress=progress)
    inputs = Inputs(plan, library, name)
    parts = [library.open(simulation_name(name, r.name)) for r in plan.rounds]
    parts.sort(key=lambda ds: ds["time"].values[0])
    merged = (
        parts[0]
        if len(parts) == 1
        else xr.concat(
            parts,
            dim="time",
            data_vars="all",
            coords="minimal",
            compat="override",
            join="exact",
            combine_attrs="override",
        )
    )
    merged = merged.sortby("time")
    if plan.interannual:
        if correction_name(name) not in library.names():
            library.write(correction_name(name), estimate(inputs, merged), layout="plain", message=f"years of {name}")
        merged = corrected(merged, library.open(correction_name(name)))
    if plan.assimilate:
        if assimilation_name(name) not in library.names():
            library.write(assimilation_name(name), innovation_maps.estimate(inputs, merged), layout="plain",
                          message=f"innovations of {name}")  # fmt: skip
        fitted = library.open(assimilation_name(name))
        merged = assimilated(inputs, merged, fitted)
    ds = finish(inputs, merged, level=fitted["level"] if plan.assimilate else None)
    library.write(name, ds, overwrite=there, message=f"fuse {name}")
    return library.open(name)


def update(plan: Plan, library: Any, *, name: str = "fused", last: str | None = None) -> int:
    """Append dekads that came after the record's end, without training.

    Parameters
    ----------
    plan : Plan
        The plan the record was made with.
    library : vadose.store.Library
        Where the record lies and the products have grown.
    name : str
        Name of the record.
    last : str, optional
        Last dekad to append; by default the last for which a predictor of the newest round exists.

    Returns
    -------
    int
        Dekads appended.

    Raises
    ------
    ConfigError
        If the record is of another plan.

    Notes
    -----
    The sub-steps that simulate the newest dekads go on beyond their end with their networks as trained; product and
    source periods of the plan that end with the newest sub-step are taken as open. Values are those that a longer
    simulation of the same networks would have given. A record calibrated by stations (``<name>.calibrated``) grows by
    the same dekads, its calibration as it is kept.
    """
    have = library.open(name)
    check_digest(have, plan.digest(), where=name)
    end = int(dekads.ordinals(have["time"].values[-1:])[0])
    newest = max(plan.rounds, key=lambda r: max(plan.round_dekads(r)))
    stop = max(max(span(s.simulate)) for s in newest.substeps)
    inputs = Inputs(opened(plan, stop), library, name, digest=plan.digest())
    if last is None:
        there = [library.open(plan.dataset(plan.products[p].dataset))["time"].values[-1:] for p in newest.predictors]
        until = max(int(dekads.ordinals(t)[0]) for t in there)
    else:
        until = dekads.of_label(last)
    numbers = np.arange(end + 1, until + 1)
    if not numbers.size:
        extend(library, name)  # where the last update ended before it
        return 0
    ds = simulated(inputs, newest, numbers, extend=True).assign_attrs(plan_digest=plan.digest()).compute()
    library.append(simulation_name(name, newest.name), ds)
    if plan.interannual:  # the differences between years end with the record: the last correction is held
        ds = corrected(ds.chunk(), library.open(correction_name(name)))
    if plan.assimilate:
        fitted = library.open(assimilation_name(name))
        ds = assimilated(inputs, ds.chunk(), fitted)
    library.append(name, finish(inputs, ds.chunk(), level=fitted["level"] if plan.assimilate else None))
    extend(library, name)
    return int(numbers.size)


def opened(plan: Plan, stop: int) -> Plan:
    """The plan with product periods that reach the dekad ``stop`` taken as open-ended."""
    label = dekads.label_of(stop)
    products = {k: p.model_copy(update={"period": (p.period[0], "2199D36")})
                if p.period and dekads.of_label(p.period[1]) >= dekads.of_label(label) else p
                for k, p in plan.products.items()}  # fmt: skip
    return plan.model_copy(update={"products": products})


def finish(inputs: Inputs, ds: xr.Dataset, *, level: xr.DataArray | None = None) -> xr.Dataset:
    """Mask snow, ice and sea, flag rainforest, fill gaps; lazily.

    Parameters
    ----------
    inputs : Inputs
        Plan, library and grid.
    ds : xarray.Dataset
        ``sm``, ``sm_uncertainty``, ``source`` and ``flag`` as simulated.
    level : xarray.DataArray, optional
        Usual value of each pixel [m3 m-3], for the filling; see :func:`vadose.fusion.fill.fill`.

    Returns
    -------
    xarray.Dataset
        The record. A value is either there or its flag says why not; filled values have ``gap_filled``.
    """
    import dask.array as da

    plan, dims = inputs.plan, ("time", "lat", "lon")
    numbers = dekads.ordinals(ds["time"].values)
    chunks = {"time": -1, "lat": FINISH_CELLS, "lon": FINISH_CELLS}
    names = ("sm", "sm_uncertainty", "source", "flag")
    whole = da.stack([ds[v].chunk(chunks).data.astype("float32") for v in names]).rechunk({0: -1})
    whole = da.map_blocks(_mask_block, whole, inputs=inputs, numbers=numbers, dtype="float32")
    radius = plan.mask.fill_radius
    if radius:
        depth = {0: 0, 1: 0, 2: min(radius, inputs.grid.shape[0]), 3: min(radius, inputs.grid.shape[1])}
        usual = (xr.full_like(ds["sm"][0], np.nan) if level is None else level).chunk(
            lat=FINISH_CELLS, lon=FINISH_CELLS
        )
        parts = whole, usual.data.astype("float32")[None, None]
        whole = da.map_overlap(_fill_block, *parts, depth=[depth] * 2, boundary="none", dtype="float32", radius=radius)
    attrs = {v: ds[v].attrs for v in names} | {
        "flag": schema.flag_attrs(),
        "source": source_attrs(plan.network_names()),
    }
    kinds = {"source": "uint16", "flag": "uint16"}
    out = xr.Dataset({v: (dims, whole[i].astype(kinds.get(v, "float32")), attrs[v]) for i, v in enumerate(names)},
                     {"time": ds["time"]})  # fmt: skip
    out = schema.with_grid(out, inputs.grid)
    used = sorted(plan.used_products())
    return schema.stamp(out, title=f"Fused soil moisture ({plan.name})", product=inputs.name,
                        inputs=[plan.dataset(plan.products[p].dataset) for p in used],
                        simulated=schema.is_simulated(ds), plan=plan.name, plan_digest=inputs.digest,
                        step="dekad")  # fmt: skip


def _mask_block(whole: np.ndarray, *, inputs: Inputs, numbers: np.ndarray, block_info: Any = None) -> np.ndarray:
    if not whole.size or block_info is None:
        return whole
    where = block_info[0]["array-location"]
    rows, cols = np.arange(*where[2]), np.arange(*where[3])
    mask, flags = inputs.plan.mask, schema.FLAGS
    out = whole.copy()
    flag = out[FLAGS_AT].astype("uint16")
    none = np.isnan(out[SM]) & (flag & _REASONS == 0)
    flag[none] |= flags["missing"]
    if (frozen := frozen_at(inputs, numbers, rows, cols)) is not None:
        flag = np.where(frozen, (flag & ~np.uint16(_REASONS)) | np.uint16(flags["frozen_or_snow"]), flag)
    if mask.land_cover:
        cover = inputs.layer(mask.land_cover, rows, cols)
        sea = np.broadcast_to(np.isin(cover, mask.sea), flag.shape)
        flag = np.where(sea, np.uint16(flags["water"]), flag)
        flag = flag | np.where(np.isin(cover, mask.rainforest), np.uint16(flags["not_recommended"]), np.uint16(0))
    hidden = (flag & np.uint16(flags["frozen_or_snow"] | flags["water"])) != 0
    out[SM][hidden], out[SIGMA][hidden], out[SOURCE][hidden] = np.nan, np.nan, 0
    out[FLAGS_AT] = flag
    return out


def _fill_block(whole: np.ndarray, level: np.ndarray, *, radius: int) -> np.ndarray:
    flag = whole[FLAGS_AT].astype("uint16")
    closed = np.uint16(schema.FLAGS["frozen_or_snow"] | schema.FLAGS["water"])
    sm, variance, done = fill(whole[SM].astype("float64"), whole[SIGMA].astype("float64") ** 2, (flag & closed) == 0,
                              level=level[0, 0].astype("float64"), radius=radius)  # fmt: skip
    flag = np.where(done, (flag & ~np.uint16(_REASONS)) | np.uint16(schema.FLAGS["gap_filled"]), flag)
    return np.stack([sm, np.sqrt(variance), whole[SOURCE], flag]).astype("float32")
