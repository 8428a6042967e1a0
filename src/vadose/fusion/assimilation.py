"""The last look at the products: what they say beyond the networks is added where it can be trusted."""

from __future__ import annotations

import numpy as np
import xarray as xr

from . import dekads
from .context import around, reach
from .innovations import best_weights
from .inputs import Inputs
from .mask import frozen_at
from .season import yearly_basis
from .spread import of_blocks
from .zones import Block, in_order, positions

#: Width of the box over which innovations are averaged [km]: they are of footprints, not of pixels. Choice: 3 × 3
#: pixels of 0.1°, one of 0.25°.
FOOTPRINT = 30.0

#: Share of the variance that is kept, whatever the products explain.
LEAST_VARIANCE = 0.5


def assimilation_name(name: str) -> str:
    """Dataset that holds gains, courses and covariances of a record's innovations."""
    return f"{name}.assimilation"


# ------------------------------------------------------------------------------------------------------ series
def innovation(product: np.ndarray, record: np.ndarray, gain: float, *, pixels: int) -> np.ndarray:
    """Product in the record's scale less record, mean over the box of values that both have; (time, lat, lon)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return around(product / np.float32(gain) - record, dekads=(0, 0), pixels=pixels)


def rounds_of(inputs: Inputs, numbers: np.ndarray) -> np.ndarray:
    """Place of the round that makes each dekad; dekads beyond all go to the newest."""
    rounds = inputs.plan.rounds
    own = [inputs.plan.round_dekads(r) for r in rounds]
    newest = max(range(len(rounds)), key=lambda i: max(own[i]))
    return np.array([next((i for i, s in enumerate(own) if n in s), newest) for n in numbers.tolist()])


def on_thawed(inputs: Inputs, sm: xr.DataArray, numbers: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """A part of the record without snow and ice, of which products tell nothing."""
    out = np.array(sm.compute(scheduler="synchronous").values)
    if (frozen := frozen_at(inputs, numbers, rows, cols)) is not None:
        out[frozen] = np.nan
    return out


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
        From :func:`vadose.fusion.innovation_maps.estimate`, for this record or one that it continues.

    Returns
    -------
    xarray.Dataset
        The record with ``sm`` and ``sm_uncertainty`` changed where products are at hand. Values that would leave 0 to
        1 stay as they are.

    Notes
    -----
    θ = N + S + Σ b_k r_k with S the season that products agree on (:func:`vadose.fusion.season.agreed_season`), r_k the
    innovations less their yearly course and b = C⁻¹ c over those at hand (least squares;
    :mod:`vadose.fusion.innovations`). The error variance falls by Σ b_k c_k. Choice: at least
    :data:`LEAST_VARIANCE` of it stays, since that of the networks holds errors of level that no product tells.
    """
    import dask.array as da
    from dask import delayed

    zones = inputs.zones
    numbers = dekads.ordinals(ds["time"].values)
    zone_rows, zone_cols = np.unique(zones.row), in_order(zones.col)

    def part(block: Block) -> da.Array:
        around_rows, around_cols = zones.around(block)
        inner = {"lat": zones.pixel_rows(*block.rows), "lon": zones.pixel_cols(*block.cols)}
        own_rows, own_cols = zones.zones_of(block)
        own = {"zone_lat": np.searchsorted(zone_rows, own_rows), "zone_lon": positions(zone_cols, own_cols)}
        task = delayed(_assimilate_block, pure=False)(
            inputs, ds[["sm", "sm_uncertainty"]].isel(lat=around_rows, lon=around_cols), fitted.isel({**inner, **own}),
            block, numbers,
        )  # fmt: skip
        shape = (2, numbers.size, inner["lat"].size, inner["lon"].size)
        return da.from_delayed(task, shape, dtype="float32")

    whole = of_blocks(zones, inputs.plan.zones.block, part)
    dims = ("time", "lat", "lon")
    return ds.assign({v: (dims, whole[i], ds[v].attrs) for i, v in enumerate(("sm", "sm_uncertainty"))})


def _assimilate_block(inputs: Inputs, ds: xr.Dataset, fitted: xr.Dataset, block: Block,
                      numbers: np.ndarray) -> np.ndarray:  # fmt: skip
    zones = inputs.zones
    rows, cols = zones.around(block)
    inner_rows, inner_cols = zones.pixel_rows(*block.rows), zones.pixel_cols(*block.cols)
    at = np.ix_(np.searchsorted(rows, inner_rows), positions(cols, inner_cols))
    record = on_thawed(inputs, ds["sm"], numbers, rows, cols)
    names = [str(p) for p in fitted["product"].values]
    fits = {str(k): v.compute(scheduler="synchronous").values for k, v in fitted.data_vars.items()}
    basis = yearly_basis(numbers)
    shape = (numbers.size, inner_rows.size, inner_cols.size)
    series = np.empty((len(names), *shape), "float32")
    for k, p in enumerate(names):
        gain = float(fits["gain"][k, 0, 0])  # one for the block
        product = inputs.product(p, numbers, rows, cols)
        differs = innovation(product, record, gain, pixels=reach(inputs.grid, FOOTPRINT))[:, at[0], at[1]]
        series[k] = differs - (basis @ fits["course"][k].reshape(5, -1)).reshape(shape)
    out = np.stack([ds[v].compute(scheduler="synchronous").values[:, at[0], at[1]] for v in ("sm", "sm_uncertainty")])
    out[0] = _within(out[0], out[0] + (basis[:, 1:] @ fits["season"].reshape(4, -1)).reshape(shape))
    which = rounds_of(inputs, numbers)
    row_of, col_of = zones.row[inner_rows], zones.col[inner_cols]
    for y, r in enumerate(np.unique(row_of)):
        for x, c in enumerate(in_order(col_of)):
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
    moved = _within(value, value + step)
    with np.errstate(invalid="ignore"):
        left = np.maximum(sigma**2 - explained[place], LEAST_VARIANCE * sigma**2)
        changed = (moved != value) | (step == 0)
    return np.stack([moved, np.where(changed, np.sqrt(left), sigma)]).astype("float32")


def _within(value: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """The moved value, or the value itself where the moved one would leave 0 to 1."""
    with np.errstate(invalid="ignore"):
        return np.where((moved >= 0) & (moved <= 1), moved, value)
