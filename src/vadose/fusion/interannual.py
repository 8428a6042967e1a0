"""The differences between years, taken from the products themselves: a network trained on noisy dekads damps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import xarray as xr

from .. import schema
from . import dekads
from .anomalies import YEAR, anomalies, bridged, valid_mean, yearly_means
from .inputs import Inputs
from .spread import of_blocks
from .zones import Block

#: Cells of a block from which gains are estimated, and fewest common values of a triple.
GAIN_CELLS, GAIN_VALUES = 256, 500

#: Correlation of anomalies below which a pair says nothing about a gain.
WEAK = 0.05


def gains(values: Sequence[np.ndarray], numbers: np.ndarray, sensors: Sequence[str], target: int) -> np.ndarray:
    """Response of each product to soil moisture, relative to the target's, free of noise.

    Parameters
    ----------
    values : sequence of ndarray, shape (time, cells)
        Products [m3 m-3]; NaN is missing.
    numbers : ndarray of int, shape (time,)
        Dekads.
    sensors : sequence of str
        Sensor of each product; products of one sensor err together.
    target : int
        Which of them is the target.

    Returns
    -------
    ndarray, shape (products,)
        Gains [1]; 1 for the target, NaN where nothing is known.

    Notes
    -----
    With a third product r whose errors are independent, the ratio of the gains of p and q is cov(p, r)/cov(q, r)
    (Stoffelen 1998, doi:10.1029/97JC03180), the covariances being of anomalies from the means of each dekad of the
    year over the dekads that all three have: means over years of their own would damp the products with few years.
    The logarithms of all ratios are fitted by weighted least squares, so that products that never meet the target are
    reached through others; outlying ratios count less.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.standard_normal((360, 40))
    >>> values = [g * truth + rng.standard_normal(truth.shape) for g in (1.0, 0.5, 2.0)]
    >>> gains(values, np.arange(360), ["a", "b", "c"], 0).round(1).tolist()
    [1.0, 0.5, 2.0]
    """
    n = len(values)
    rows, ratios, weights = [], [], []
    for three in combinations(range(n), 3):
        if len({sensors[i] for i in three}) < 3:
            continue
        common = np.logical_and.reduce([np.isfinite(values[i]) for i in three])
        if int(common.sum()) < GAIN_VALUES:
            continue
        x = np.stack([anomalies(np.where(common, values[i], np.nan), numbers)[common] for i in three])
        cov = np.einsum("ik,jk->ij", x, x)  # not by threads, which would wait for each other in blocks side by side
        deviation = np.sqrt(np.diag(cov))
        if not (deviation > 0).all():
            continue
        alike = cov / np.outer(deviation, deviation)
        for p, q, r in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
            weaker = min(alike[p, r], alike[q, r])
            if weaker < WEAK:
                continue
            row = np.zeros(n)
            row[three[p]], row[three[q]] = 1.0, -1.0
            rows.append(row)
            ratios.append(np.log(cov[p, r] / cov[q, r]))
            weights.append(weaker * np.sqrt(common.sum()))
    out = np.full(n, np.nan)
    out[target] = 1.0
    if not rows:
        return out
    A, y, w = np.array(rows), np.array(ratios), np.array(weights)
    reached = _reached(A, target)
    at = np.flatnonzero(reached & (np.arange(n) != target))
    keep = reached[np.argmax(A != 0, axis=1)]
    A, y, w = A[keep][:, at], y[keep], w[keep]
    if not at.size:
        return out
    share = np.ones_like(w)
    for _ in range(10):
        fit = np.linalg.lstsq(A * (w * share)[:, None], y * w * share, rcond=None)[0]
        rest = np.abs(A @ fit - y)
        share = 1 / np.sqrt(1 + (rest / (3 * np.median(rest) + 1e-9)) ** 2)
    out[at] = np.exp(fit)
    return out


def sampled_gains(values: Sequence[np.ndarray], numbers: np.ndarray, sensors: Sequence[str],
                  target: int) -> np.ndarray:  # fmt: skip
    """As :func:`gains`, from an even sample of :data:`GAIN_CELLS` cells."""
    some = _sample(values[0].shape[1])
    return gains([x[:, some] for x in values], numbers, sensors, target)


def _sample(cells: int) -> np.ndarray:
    return np.unique(np.linspace(0, cells - 1, GAIN_CELLS).astype("int64"))


def _reached(rows: np.ndarray, target: int) -> np.ndarray:
    """Products that ratios connect with the target."""
    out = np.zeros(rows.shape[1], bool)
    out[target] = True
    for _ in range(out.size):
        touched = (rows[:, out] != 0).any(axis=1)
        out |= (rows[touched] != 0).any(axis=0)
    return out


def error_variances(parts: Sequence[np.ndarray], sensors: Sequence[str]) -> np.ndarray:
    """Error variance of anomalies of one scale, from the covariance that products of different sensors share."""
    shared = []
    for p, q in combinations(range(len(parts)), 2):
        common = np.isfinite(parts[p]) & np.isfinite(parts[q])
        if sensors[p] != sensors[q] and common.sum() >= GAIN_VALUES:
            shared.append(float(np.mean(parts[p][common] * parts[q][common])))
    signal = max(float(np.median(shared)), 0.0) if shared else 0.0
    with np.errstate(invalid="ignore"):
        total = np.array([np.mean(x[np.isfinite(x)] ** 2) if np.isfinite(x).any() else np.nan for x in parts])
    return np.maximum(total - signal, 0.1 * total)


def common_years(means: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The course over years that products with levels of their own agree on.

    Parameters
    ----------
    means : ndarray, shape (products, years, cells)
        Yearly means; NaN is missing.
    variance : ndarray, shape (products,)
        Error variance of each product.

    Returns
    -------
    ndarray, shape (years, cells)
        Course of mean zero, NaN in years without a product.

    Notes
    -----
    Least squares of means = course(year) + level(product), weighted by 1/variance. Products that overlap tie the
    levels together; what nothing ties has the smallest level.

    Examples
    --------
    One product sees the years 0, 1, 2 and another, 10 higher, the years 2, 3:

    >>> x = np.array([[0.0, 1, 2, np.nan], [np.nan, np.nan, 12, 13]])[..., None]
    >>> common_years(x, np.ones(2)).ravel().round(6).tolist()
    [-1.5, -0.5, 0.5, 1.5]
    """
    good = np.isfinite(means)
    w = np.where(good, 1 / variance[:, None, None], 0.0)
    y = np.where(good, means, 0.0)
    total = w.sum(axis=0)
    share = w / np.where(total > 0, total, 1.0)
    # without the course: (D − Wᵀ W/total) level = Σ w (y − weighted mean of the year)
    left = -np.einsum("pyc,qyc->cpq", w, share)
    index = np.arange(len(means))
    left[:, index, index] += w.sum(axis=1).T
    right = (w * (y - (share * y).sum(axis=0))).sum(axis=1).T
    level = (np.linalg.pinv(left, hermitian=True) @ right[..., None])[..., 0].T
    course = np.where(total > 0, (share * (y - level[:, None])).sum(axis=0), np.nan)
    return course - valid_mean(course)


def correction(record: np.ndarray, products: Mapping[str, np.ndarray], sensors: Mapping[str, str], target: str,
               numbers: np.ndarray) -> np.ndarray:  # fmt: skip
    """What to add to a record so that its years differ as the products' do.

    Parameters
    ----------
    record : ndarray, shape (time, cells)
        The record [m3 m-3]; NaN is missing.
    products : mapping of str to ndarray, shape (time, cells)
        Products at the same dekads [m3 m-3].
    sensors : mapping of str to str
        Product -> sensor.
    target : str
        Product whose scale the record has.
    numbers : ndarray of int, shape (time,)
        Dekads.

    Returns
    -------
    ndarray, shape (years, cells)
        Correction at the middle of each calendar year of the record [m3 m-3]; 0 in cells without products.

    Notes
    -----
    Choice: in the mean over the target's years the correction is 0, since there the networks learnt from the target
    itself and have its level; those of other years learnt from networks, each of which may have moved it. In a cell
    without a value in those years it is 0 in the mean over all.
    """
    names = list(products)
    none = np.zeros((np.unique(numbers // YEAR).size, record.shape[1]))
    if not none.size:
        return none
    parts = [anomalies(products[n], numbers) for n in names]
    own = [sensors[n] for n in names]
    gain = sampled_gains([products[n] for n in names], numbers, own, names.index(target))
    known = np.flatnonzero(np.isfinite(gain))
    scaled = [parts[i] / gain[i] for i in known]
    some = _sample(record.shape[1])
    variance = error_variances([x[:, some] for x in scaled], [own[i] for i in known])
    usable = np.isfinite(variance) & (variance > 0)
    if not usable.any():
        return none
    years = [x for x, u in zip(scaled, usable) if u]
    course = common_years(np.stack([yearly_means(x, numbers) for x in years]), variance[usable])
    apart = course - yearly_means(anomalies(record, numbers), numbers)
    # networks of other years learnt from networks, and each may have moved the level
    settled = np.isfinite(yearly_means(products[target], numbers)).any(axis=1)
    level = valid_mean(apart[settled])
    return bridged(apart - np.where(np.isfinite(level), level, valid_mean(apart)))


def at_dekads(nodes: np.ndarray, years: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Correction of each dekad, linear between the middles of years and constant beyond the last; (time, cells)."""
    middle = years * YEAR + (YEAR - 1) / 2
    at = np.clip(np.searchsorted(middle, numbers) - 1, 0, max(years.size - 2, 0))
    if years.size == 1:
        return np.repeat(nodes, numbers.size, axis=0)
    share = np.clip((numbers - middle[at]) / (middle[at + 1] - middle[at]), 0.0, 1.0)[:, None]
    return (1 - share) * nodes[at] + share * nodes[at + 1]


def correction_name(name: str) -> str:
    """Dataset that holds the correction of a record."""
    return f"{name}.interannual"


def estimate(inputs: Inputs, ds: xr.Dataset) -> xr.Dataset:
    """The correction of a record, block by block of zones, lazily: ``correction`` (year, lat, lon) [m3 m-3]."""
    import dask.array as da
    from dask import delayed

    numbers = dekads.ordinals(ds["time"].values)
    years = np.unique(numbers // YEAR)
    zones = inputs.zones

    def part(block: Block) -> da.Array:
        at = zones.pixel_rows(*block.rows), zones.pixel_cols(*block.cols)
        task = delayed(_of_block, pure=False)(inputs, ds["sm"].isel(lat=at[0], lon=at[1]), block, numbers)
        return da.from_delayed(task, (years.size, at[0].size, at[1].size), dtype="float32")

    whole = of_blocks(zones, inputs.plan.zones.block, part)
    attrs = {"units": "m3 m-3", "long_name": "added to the record so that its years differ as the products' do"}
    out = xr.Dataset({"correction": (("year", "lat", "lon"), whole, attrs)}, {"year": years})
    return schema.stamp(schema.with_grid(out, inputs.grid), title=f"Differences between years ({inputs.plan.name})",
                        product=inputs.name, simulated=schema.is_simulated(ds))  # fmt: skip


def _of_block(inputs: Inputs, sm: xr.DataArray, block: Block, numbers: np.ndarray) -> np.ndarray:
    plan, zones = inputs.plan, inputs.zones
    rows, cols = zones.pixel_rows(*block.rows), zones.pixel_cols(*block.cols)
    shape = (rows.size, cols.size)
    record = np.asarray(sm.compute(scheduler="synchronous").values).reshape(numbers.size, -1)
    used = plan.used_products()
    products = {p: inputs.product(p, numbers, rows, cols).reshape(numbers.size, -1) for p in used}
    sensors = {p: plan.products[p].sensor for p in used}
    out = correction(record, products, sensors, plan.rounds[0].targets[0], numbers)
    return out.reshape(-1, *shape).astype("float32")


def corrected(ds: xr.Dataset, nodes: xr.Dataset) -> xr.Dataset:
    """A record with the correction of :func:`estimate` added; values that would leave 0 to 1 stay as they are."""
    numbers = dekads.ordinals(ds["time"].values)
    years = nodes["year"].values

    def kernel(sm: np.ndarray, node: np.ndarray) -> np.ndarray:
        lead = sm.shape[:-1]
        flat = at_dekads(node.reshape(-1, years.size).T.astype("float64"), years, numbers)
        moved = sm + flat.T.reshape(*lead, numbers.size)
        return np.where((moved >= 0) & (moved <= 1), moved, sm).astype("float32")

    sm = xr.apply_ufunc(
        kernel, ds["sm"].chunk(time=-1), nodes["correction"].chunk(year=-1).drop_attrs(),
        input_core_dims=[["time"], ["year"]], output_core_dims=[["time"]], dask="parallelized",
        output_dtypes=["float32"],
    )  # fmt: skip
    return ds.assign(sm=sm.transpose("time", "lat", "lon").assign_attrs(ds["sm"].attrs))
