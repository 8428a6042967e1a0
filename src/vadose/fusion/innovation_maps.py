"""Gains, courses and covariances of a record's innovations, as maps."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr

from .. import schema
from . import assimilation, dekads
from .assimilation import innovation, on_thawed, rounds_of
from .context import around, reach
from .innovations import FEWEST, Moments, innovation_model, of_sums, product_errors
from .inputs import Inputs
from .interannual import sampled_gains
from .plan import Round
from .season import agreed_season, yearly_basis, yearly_course
from .spread import of_blocks
from .zones import Block, in_order, positions


def estimate(inputs: Inputs, ds: xr.Dataset) -> xr.Dataset:
    """Gains, courses and covariances of the innovations of a record, block by block of zones, lazily.

    Parameters
    ----------
    inputs : Inputs
        Plan, library and grid.
    ds : xarray.Dataset
        The record, ``sm`` (time, lat, lon) [m3 m-3].

    Returns
    -------
    xarray.Dataset
        ``gain`` (product, lat, lon) [1], ``course`` (product, term, lat, lon), ``season`` (harmonic, lat, lon) and
        ``level`` (lat, lon) [m3 m-3], ``covariance`` (round, product, other, zone_lat, zone_lon) and ``response``
        (round, product, zone_lat, zone_lon) [m6 m-6].

    Notes
    -----
    Choice: a product has one gain in a block, and a zone's covariances are of it and the eight around it. So the fit
    depends on the plan's ``zones.block``, by gains and by boxes that the outer edge of those zones cuts; it does not on
    chunks or workers. Errors of products are of all rounds, covariances of each.
    """
    import dask.array as da
    from dask import delayed

    plan, zones = inputs.plan, inputs.zones
    names = plan.used_products()
    n, rounds = len(names), len(plan.rounds)
    numbers = dekads.ordinals(ds["time"].values)
    tasks = {}
    for block in zones.blocks(plan.zones.block):
        rows, cols = zones.around(block)
        tasks[block] = delayed(_estimate_block, pure=False)(inputs, ds["sm"].isel(lat=rows, lon=cols), block, names,
                                                            numbers)  # fmt: skip

    def part(block: Block, *, i: int, lead: tuple[int, ...], of_zones: bool) -> da.Array:
        inner = zones.zones_of(block) if of_zones else (zones.pixel_rows(*block.rows), zones.pixel_cols(*block.cols))
        return da.from_delayed(tasks[block][i], (*lead, *(x.size for x in inner)), dtype="float32")

    # leading axes of each, and whether the last two are zones
    kinds = {"gain": ((n,), False), "course": ((n, 5), False), "season": ((4,), False), "level": ((), False),
             "covariance": ((rounds, n, n), True), "response": ((rounds, n), True)}  # fmt: skip
    whole = {k: of_blocks(zones, plan.zones.block, partial(part, i=i, lead=lead, of_zones=of_zones))
             for i, (k, (lead, of_zones)) in enumerate(kinds.items())}  # fmt: skip
    m2 = {"units": "m6 m-6"}
    out = xr.Dataset(
        {
            "gain": (("product", "lat", "lon"), whole["gain"], {"units": "1", "long_name": "gain against the target"}),
            "course": (("product", "term", "lat", "lon"), whole["course"],
                       {"units": "m3 m-3", "long_name": "level and harmonics of product less record"}),
            "season": (("harmonic", "lat", "lon"), whole["season"],
                       {"units": "m3 m-3", "long_name": "harmonics to be added to the record"}),
            "level": (("lat", "lon"), whole["level"], {"units": "m3 m-3", "long_name": "level of the record"}),
            "covariance": (("round", "product", "other", "zone_lat", "zone_lon"), whole["covariance"],
                           {**m2, "long_name": "covariance of innovations"}),
            "response": (("round", "product", "zone_lat", "zone_lon"), whole["response"],
                         {**m2, "long_name": "covariance of innovations with the error of the record"}),
        },
        {"product": names, "other": names, "round": [r.name for r in plan.rounds]},
    )  # fmt: skip
    return schema.stamp(schema.with_grid(out, inputs.grid), title=f"Innovations of {inputs.name}", product=inputs.name,
                        inputs=names, simulated=schema.is_simulated(ds))  # fmt: skip


def _estimate_block(inputs: Inputs, sm: xr.DataArray, block: Block, names: list[str],
                    numbers: np.ndarray) -> tuple[np.ndarray, ...]:  # fmt: skip
    plan, zones = inputs.plan, inputs.zones
    rows, cols = zones.around(block)
    sensors = [plan.products[p].sensor for p in names]
    inner_rows, inner_cols = zones.pixel_rows(*block.rows), zones.pixel_cols(*block.cols)
    at = np.ix_(np.searchsorted(rows, inner_rows), positions(cols, inner_cols))
    shape = (numbers.size, rows.size, cols.size)
    record = on_thawed(inputs, sm, numbers, rows, cols)
    products = {p: inputs.product(p, numbers, rows, cols) for p in names}
    gain = sampled_gains([products[p][:, at[0], at[1]].reshape(numbers.size, -1) for p in names], numbers, sensors,
                         names.index(plan.rounds[0].targets[0]))  # fmt: skip
    basis, pixels = yearly_basis(numbers), reach(inputs.grid, assimilation.FOOTPRINT)

    def deviations(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flat = x.reshape(numbers.size, -1)
        course = yearly_course(flat, basis)
        return (flat - basis @ course).reshape(shape).astype("float32"), course.reshape(5, *shape[1:])

    series, courses = [], []
    apart: dict[str, np.ndarray] = {}
    for p, g in zip(names, gain):
        differs = innovation(products.pop(p), record, g, pixels=pixels)
        if plan.products[p].systematic:
            apart[p] = differs[:, at[0], at[1]].reshape(numbers.size, -1)
        deviation, course = deviations(differs)
        series.append(deviation)
        courses.append(course[:, at[0], at[1]])
    series.append(deviations(around(record, dekads=(0, 0), pixels=pixels))[0])
    inner = inner_rows.size, inner_cols.size
    season = np.zeros((4, *inner))
    if apart:
        stated = [plan.products[p].systematic for p in apart]
        season = agreed_season(list(apart.values()), stated, basis).reshape(season.shape)
    covariance, response = _models(inputs, np.stack(series), block, rows, cols, numbers, sensors, names)
    own = np.broadcast_to(gain[:, None, None], (len(names), *inner))
    level = yearly_course(record[:, at[0], at[1]].reshape(numbers.size, -1), basis)[0].reshape(inner)
    return tuple(x.astype("float32") for x in (own, np.stack(courses), season, level, covariance, response))


def _models(inputs: Inputs, series: np.ndarray, block: Block, rows: np.ndarray, cols: np.ndarray,
            numbers: np.ndarray, sensors: list[str], names: list[str]) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Innovation covariance and response of each round and zone, from the zone and the eight around it."""
    plan, zones = inputs.plan, inputs.zones
    n = len(names)
    zone_rows, zone_cols = zones.zones_of(block)
    covariance = np.full((len(plan.rounds), n, n, zone_rows.size, zone_cols.size), np.nan)
    response = np.full((len(plan.rounds), n, zone_rows.size, zone_cols.size), np.nan)
    row_of, col_of = zones.row[rows], zones.col[cols]
    which = rounds_of(inputs, numbers)
    sums = np.stack([_zone_sums(series[:, which == i], row_of, col_of) for i in range(len(plan.rounds))])
    # sums: (round, total or count, series, series, zone row, zone column), zones of the window in order
    all_rows, all_cols = np.unique(row_of), in_order(col_of)
    for y, r in enumerate(zone_rows):
        near_y = np.flatnonzero(np.abs(all_rows - r) <= 1)
        for x, c in enumerate(zone_cols):
            apart = np.abs((all_cols - c + zones.columns // 2) % zones.columns - zones.columns // 2)
            near = sums[..., near_y[:, None], np.flatnonzero(apart <= 1)[None, :]].sum(axis=(-2, -1))
            whole = near.sum(axis=0)
            errors = product_errors(of_sums(whole[0, :n, :n], whole[1, :n, :n]), sensors)
            for i, round_ in enumerate(plan.rounds):
                model = _model(of_sums(*near[i]), errors, sensors, names, round_)
                if model is not None:
                    at, covariance_, response_ = model
                    covariance[i, at[:, None], at[None, :], y, x] = covariance_
                    response[i, at, y, x] = response_
    return covariance, response


def _zone_sums(series: np.ndarray, row_of: np.ndarray, col_of: np.ndarray) -> np.ndarray:
    """Sums of products and numbers of common values of all pairs; shape (2, series, series, zone rows, columns)."""
    n = len(series)
    good = np.isfinite(series)
    filled = np.where(good, series, np.float32(0))
    first_row = np.flatnonzero(np.diff(row_of, prepend=row_of[0] - 1))
    first_col = np.flatnonzero(np.diff(col_of, prepend=col_of[0] - 1))
    out = np.empty((2, n, n, first_row.size, first_col.size))
    there = good.astype("float32")
    for i in range(n):
        for j in range(i, n):
            for k, x in enumerate((filled, there)):
                pixels = np.einsum("tyx,tyx->yx", x[i], x[j]).astype("float64")
                zone = np.add.reduceat(np.add.reduceat(pixels, first_row, axis=0), first_col, axis=1)
                out[k, i, j] = out[k, j, i] = zone
    return out


def _model(seen: Moments, errors: np.ndarray, sensors: list[str], names: list[str],
           round_: Round) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:  # fmt: skip
    """Products with enough values in a round, and their model; None where there are none."""
    n = len(names)
    enough = np.diagonal(seen.count)[:n] >= FEWEST
    known = enough & np.isfinite(np.diagonal(errors)) & (np.diagonal(errors) > 0)
    at = np.flatnonzero(known)
    if not at.size or seen.count[n, n] < FEWEST:
        return None
    part = np.append(at, n)
    cut = Moments(seen.mean[np.ix_(part, part)], seen.count[np.ix_(part, part)])
    learnt = np.array([names[i] in round_.predictors for i in at])
    return at, *innovation_model(cut, errors[np.ix_(at, at)], [sensors[i] for i in at], learnt)
