"""The last look at the products: what they say beyond the networks is added where it can be trusted."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..stats.cycles import harmonics
from . import dekads
from .anomalies import YEAR
from .context import around
from .innovations import FEWEST, Moments, best_weights, innovation_model, of_sums, product_errors
from .inputs import Inputs
from .interannual import sampled_gains
from .mask import frozen_at
from .plan import Round
from .zones import Block

#: Pixels around a value that are averaged with it, on each side: innovations are of footprints, not of pixels.
RADIUS = 1

#: Fewest values of a cell for the yearly course of a difference.
FEWEST_OF_CELL = 20

#: Share of the variance that is kept, whatever the products explain.
LEAST_VARIANCE = 0.5


def assimilation_name(name: str) -> str:
    """Dataset that holds gains, courses and covariances of a record's innovations."""
    return f"{name}.assimilation"


# ------------------------------------------------------------------------------------------------- innovations
def innovation(product: np.ndarray, record: np.ndarray, gain: float) -> np.ndarray:
    """Product in the record's scale less record, mean over the box; shape (time, lat, lon), NaN where either lacks."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return around(product / np.float32(gain) - record, dekads=(0, 0), pixels=RADIUS)


def yearly_course(x: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Level and two harmonics of each cell by least squares; shape (5, cells), NaN where values are too few.

    Parameters
    ----------
    x : ndarray, shape (time, cells)
        Series; NaN is missing.
    basis : ndarray, shape (time, 5)
        From :func:`vadose.stats.cycles.harmonics`.
    """
    good = np.isfinite(x)
    pairs = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    left = (good.T.astype("float64") @ pairs).reshape(-1, 5, 5)
    right = np.where(good, x, 0.0).T.astype("float64") @ basis
    count = good.sum(axis=0)
    left += 1e-3 * (count[:, None, None] + 1) * np.eye(5) * np.array([0, 1, 1, 1, 1])  # no wild course through a gap
    left[count == 0] = np.eye(5)
    out = np.linalg.solve(left, right[..., None])[..., 0]
    out[count < FEWEST_OF_CELL] = np.nan
    return out.T


def _basis(numbers: np.ndarray) -> np.ndarray:
    return harmonics((numbers % YEAR + 0.5) / YEAR)


def _round_of(inputs: Inputs, numbers: np.ndarray) -> np.ndarray:
    """Place of the round that makes each dekad; dekads beyond all go to the newest."""
    rounds = inputs.plan.rounds
    own = [inputs.plan.round_dekads(r) for r in rounds]
    newest = max(range(len(rounds)), key=lambda i: max(own[i]))
    return np.array([next((i for i, s in enumerate(own) if n in s), newest) for n in numbers.tolist()])


def used_products(inputs: Inputs) -> list[str]:
    """Products that any round learns from or is trained towards, in the order of the plan's rounds."""
    plan = inputs.plan
    return list(dict.fromkeys(p for r in plan.rounds for p in (*r.targets, *r.predictors) if p in plan.products))


# -------------------------------------------------------------------------------------------------- estimation
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
        ``gain`` (product, lat, lon) [1], ``course`` (product, term, lat, lon) [m3 m-3], ``covariance`` (round,
        product, other, zone_lat, zone_lon) and ``response`` (round, product, zone_lat, zone_lon) [m6 m-6].
    """
    import dask.array as da
    from dask import delayed

    plan, zones = inputs.plan, inputs.zones
    names = used_products(inputs)
    n, rounds = len(names), len(plan.rounds)
    numbers = dekads.ordinals(ds["time"].values)
    parts: dict[str, list[list[da.Array]]] = {k: [] for k in ("gain", "course", "covariance", "response")}
    last = None
    for block in zones.blocks(plan.zones.block):
        rows_of, cols_of = _window(inputs, block)
        task = delayed(_estimate_block, pure=False)(inputs, ds["sm"].isel(lat=rows_of, lon=cols_of), block, names,
                                                    numbers)  # fmt: skip
        ny, nx = zones.pixel_rows(*block.rows).size, zones.pixel_cols(*block.cols).size
        zy, zx = (len(z) for z in _zones_of(inputs, block))
        shapes = {"gain": (n, ny, nx), "course": (n, 5, ny, nx), "covariance": (rounds, n, n, zy, zx),
                  "response": (rounds, n, zy, zx)}  # fmt: skip
        for i, (name, rows) in enumerate(parts.items()):
            if block.rows != last:
                rows.append([])
            rows[-1].append(da.from_delayed(task[i], shapes[name], dtype="float32"))
        last = block.rows
    whole = {k: da.block(v) for k, v in parts.items()}
    m2 = {"units": "m6 m-6"}
    out = xr.Dataset(
        {
            "gain": (("product", "lat", "lon"), whole["gain"], {"units": "1", "long_name": "gain against the target"}),
            "course": (("product", "term", "lat", "lon"), whole["course"],
                       {"units": "m3 m-3", "long_name": "level and harmonics of product less record"}),
            "covariance": (("round", "product", "other", "zone_lat", "zone_lon"), whole["covariance"],
                           {**m2, "long_name": "covariance of innovations"}),
            "response": (("round", "product", "zone_lat", "zone_lon"), whole["response"],
                         {**m2, "long_name": "covariance of innovations with the error of the record"}),
        },
        {"product": names, "other": names, "round": [r.name for r in plan.rounds]},
    )  # fmt: skip
    return schema.stamp(schema.with_grid(out, inputs.grid), title=f"Innovations of {inputs.name}", product=inputs.name,
                        inputs=names, simulated=schema.is_simulated(ds))  # fmt: skip


def _window(inputs: Inputs, block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Pixel rows and columns of a block and of the zones around it."""
    zones = inputs.zones
    return (zones.pixel_rows(block.rows[0] - 1, block.rows[1] + 1),
            zones.pixel_cols(block.cols[0] - 1, block.cols[1] + 1))  # fmt: skip


def _zones_of(inputs: Inputs, block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Zone rows and columns of a block that hold pixels."""
    zones = inputs.zones
    return (np.unique(zones.row[zones.pixel_rows(*block.rows)]),
            _in_order(zones.col[zones.pixel_cols(*block.cols)]))  # fmt: skip


def _in_order(x: np.ndarray) -> np.ndarray:
    """Distinct values in the order in which they first come."""
    return x[np.sort(np.unique(x, return_index=True)[1])]


def _estimate_block(inputs: Inputs, sm: xr.DataArray, block: Block, names: list[str],
                    numbers: np.ndarray) -> tuple[np.ndarray, ...]:  # fmt: skip
    plan, zones = inputs.plan, inputs.zones
    rows, cols = _window(inputs, block)
    sensors = [plan.products[p].sensor for p in names]
    inner_rows, inner_cols = zones.pixel_rows(*block.rows), zones.pixel_cols(*block.cols)
    at = np.ix_(np.searchsorted(rows, inner_rows), _positions(cols, inner_cols))
    shape = (numbers.size, rows.size, cols.size)
    record = _on_thawed(inputs, sm, numbers, rows, cols)
    products = {p: inputs.product(p, numbers, rows, cols) for p in names}
    gain = sampled_gains([products[p][:, at[0], at[1]].reshape(numbers.size, -1) for p in names], numbers, sensors,
                         names.index(plan.rounds[0].targets[0]))  # fmt: skip
    basis = _basis(numbers)

    def deviations(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flat = x.reshape(numbers.size, -1)
        course = yearly_course(flat, basis)
        return (flat - basis @ course).reshape(shape).astype("float32"), course.reshape(5, *shape[1:])

    series, courses = [], []
    for p, g in zip(names, gain):
        differs = innovation(products.pop(p), record, g)
        deviation, course = deviations(differs)
        series.append(deviation)
        courses.append(course[:, at[0], at[1]])
    series.append(deviations(around(record, dekads=(0, 0), pixels=RADIUS))[0])
    covariance, response = _models(inputs, np.stack(series), block, rows, cols, numbers, sensors, names)
    own = np.broadcast_to(gain[:, None, None], (len(names), inner_rows.size, inner_cols.size))
    return tuple(x.astype("float32") for x in (own, np.stack(courses), covariance, response))


def _on_thawed(inputs: Inputs, sm: xr.DataArray, numbers: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """A part of the record without snow and ice, of which products tell nothing."""
    out = np.array(sm.compute(scheduler="synchronous").values)
    if (frozen := frozen_at(inputs, numbers, rows, cols)) is not None:
        out[frozen] = np.nan
    return out


def _positions(cols: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where columns stand among columns that may go around the Earth."""
    order = np.argsort(cols)
    return order[np.searchsorted(cols[order], wanted)]


def _models(inputs: Inputs, series: np.ndarray, block: Block, rows: np.ndarray, cols: np.ndarray,
            numbers: np.ndarray, sensors: list[str], names: list[str]) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Innovation covariance and response of each round and zone, from the zone and the eight around it."""
    plan, zones = inputs.plan, inputs.zones
    n = len(names)
    zone_rows, zone_cols = _zones_of(inputs, block)
    covariance = np.full((len(plan.rounds), n, n, zone_rows.size, zone_cols.size), np.nan)
    response = np.full((len(plan.rounds), n, zone_rows.size, zone_cols.size), np.nan)
    row_of, col_of = zones.row[rows], zones.col[cols]
    which = _round_of(inputs, numbers)
    sums = np.stack([_zone_sums(series[:, which == i], row_of, col_of) for i in range(len(plan.rounds))])
    # sums: (round, total or count, series, series, zone row, zone column), zones of the window in order
    all_rows, all_cols = np.unique(row_of), _in_order(col_of)
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


# ------------------------------------------------------------------------------------------------- application
def assimilated(inputs: Inputs, ds: xr.Dataset, fitted: xr.Dataset) -> xr.Dataset:
    """A record with what the products say beyond it, lazily.

    Parameters
    ----------
    inputs : Inputs
        Plan, library and grid.
    ds : xarray.Dataset
        The record: ``sm`` and ``sm_uncertainty`` (time, lat, lon) [m3 m-3].
    fitted : xarray.Dataset
        From :func:`estimate`, for this record or one that it continues.

    Returns
    -------
    xarray.Dataset
        The record with ``sm`` and ``sm_uncertainty`` changed where products are at hand. Values that would leave 0 to
        1 stay as they are.

    Notes
    -----
    θ = N + Σ b_k r_k with r_k the innovations less their yearly course and b = C⁻¹ c over those at hand (least
    squares; :mod:`vadose.fusion.innovations`). The error variance falls by Σ b_k c_k. Choice: at least
    :data:`LEAST_VARIANCE` of it stays, since that of the networks holds errors of level that no product tells.
    """
    import dask.array as da
    from dask import delayed

    zones = inputs.zones
    numbers = dekads.ordinals(ds["time"].values)
    zone_rows, zone_cols = np.unique(zones.row), _in_order(zones.col)
    rows: list[list[da.Array]] = []
    last = None
    for block in zones.blocks(inputs.plan.zones.block):
        around_rows, around_cols = _window(inputs, block)
        inner = {"lat": zones.pixel_rows(*block.rows), "lon": zones.pixel_cols(*block.cols)}
        own_rows, own_cols = _zones_of(inputs, block)
        own = {"zone_lat": np.searchsorted(zone_rows, own_rows), "zone_lon": _positions(zone_cols, own_cols)}
        task = delayed(_assimilate_block, pure=False)(
            inputs, ds[["sm", "sm_uncertainty"]].isel(lat=around_rows, lon=around_cols), fitted.isel({**inner, **own}),
            block, numbers,
        )  # fmt: skip
        shape = (2, numbers.size, inner["lat"].size, inner["lon"].size)
        if block.rows != last:
            rows.append([])
            last = block.rows
        rows[-1].append(da.from_delayed(task, shape, dtype="float32"))
    whole = da.block(rows)
    dims = ("time", "lat", "lon")
    return ds.assign({v: (dims, whole[i], ds[v].attrs) for i, v in enumerate(("sm", "sm_uncertainty"))})


def _assimilate_block(inputs: Inputs, ds: xr.Dataset, fitted: xr.Dataset, block: Block,
                      numbers: np.ndarray) -> np.ndarray:  # fmt: skip
    zones = inputs.zones
    rows, cols = _window(inputs, block)
    inner_rows, inner_cols = zones.pixel_rows(*block.rows), zones.pixel_cols(*block.cols)
    at = np.ix_(np.searchsorted(rows, inner_rows), _positions(cols, inner_cols))
    record = _on_thawed(inputs, ds["sm"], numbers, rows, cols)
    names = [str(p) for p in fitted["product"].values]
    fits = {str(k): v.compute(scheduler="synchronous").values for k, v in fitted.data_vars.items()}
    basis = _basis(numbers)
    shape = (numbers.size, inner_rows.size, inner_cols.size)
    series = np.empty((len(names), *shape), "float32")
    for k, p in enumerate(names):
        gain = float(fits["gain"][k, 0, 0])  # one for the block
        differs = innovation(inputs.product(p, numbers, rows, cols), record, gain)[:, at[0], at[1]]
        series[k] = differs - (basis @ fits["course"][k].reshape(5, -1)).reshape(shape)
    out = np.stack([ds[v].compute(scheduler="synchronous").values[:, at[0], at[1]] for v in ("sm", "sm_uncertainty")])
    which = _round_of(inputs, numbers)
    row_of, col_of = zones.row[inner_rows], zones.col[inner_cols]
    for y, r in enumerate(np.unique(row_of)):
        for x, c in enumerate(_in_order(col_of)):
            for i in np.unique(which):
                part = np.ix_(which == i, row_of == r, col_of == c)
                out[:, *part] = _improved(out[:, *part], series[:, *part], fits["covariance"][i, :, :, y, x],
                                          fits["response"][i, :, y, x])  # fmt: skip
    return out


def _improved(record: np.ndarray, series: np.ndarray, covariance: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Value and uncertainty of one zone and round; first axis of ``record`` and result."""
    good = np.isfinite(series) & np.isfinite(response)[:, None, None, None]
    code = np.zeros(record.shape[1:], "int64")
    for k in range(len(series)):
        code |= good[k].astype("int64") << k
    codes, place = np.unique(code, return_inverse=True)
    weights, explained = np.zeros((codes.size, len(series))), np.zeros(codes.size)
    for i, bits in enumerate(codes.tolist()):
        there = np.array([bits >> k & 1 for k in range(len(series))], bool)
        if there.any():
            weights[i] = best_weights(covariance, response, there)
            explained[i] = weights[i, there] @ response[there]
    place = place.reshape(code.shape)
    step = np.zeros(code.shape)
    for k in range(len(series)):
        step += weights[place, k] * np.where(good[k], series[k], 0.0)
    value, sigma = record
    with np.errstate(invalid="ignore"):
        moved = value + step
        inside = (moved >= 0) & (moved <= 1)
        left = np.maximum(sigma**2 - explained[place], LEAST_VARIANCE * sigma**2)
    return np.stack([np.where(inside, moved, value), np.where(inside, np.sqrt(left), sigma)]).astype("float32")
