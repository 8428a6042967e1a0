"""Baselines that scale each product to a reference and average: CDF matching with triple collocation, and others."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, GridError
from ..grid import Grid
from ..stats import copula, rescale, triple

#: How products are scaled and weighted.
METHODS = ("tc", "equal", "lr", "qm", "copula")

#: Fewest common samples of a triple or a line; CDF matching needs 40.
MIN_N = 30

#: Errors below this are no errors of an instrument [m3 m-3].
TOO_GOOD = 1e-6


def merge(datasets: Mapping[str, xr.Dataset], *, reference: xr.Dataset, method: str = "tc",
          sensors: Mapping[str, str] | None = None, min_n: int = MIN_N) -> xr.Dataset:  # fmt: skip
    """Merge products by scaling each to a reference and averaging what is there.

    Parameters
    ----------
    datasets : mapping of str to Dataset
        Products with ``sm`` (time, lat, lon) [m3 m-3] on one grid; periods may differ.
    reference : xarray.Dataset
        Product whose climate the result takes; it is averaged only if the same object is among the datasets too.
    method : {"tc", "equal", "lr", "qm", "copula"}
        ``"tc"``: CDF matching, weights by the error variances of triple collocation. ``"equal"``: CDF matching, equal
        weights. ``"lr"``: linear regression to the reference, weights by residual variance. ``"qm"``: quantile mapping
        in up to 100 bins, weights by residual variance. ``"copula"``: what the reference is expected to be given the
        products at hand, by a Gaussian copula (:func:`vadose.stats.copula.conditional`).
    sensors : mapping, optional
        Product -> sensor; two products of one sensor, whose errors are not independent, never share a triple.
    min_n : int
        Fewest common samples for an error variance or a line.

    Returns
    -------
    xarray.Dataset
        ``sm``, ``sm_uncertainty`` [m3 m-3], ``nobs`` (products averaged) and ``flag`` on all times of the products.

    Raises
    ------
    ConfigError
        If there is no product or the method is unknown.
    GridError
        If grids differ.

    Notes
    -----
    Choice: a product that shares too few times with the reference is matched to the mean of those that have been
    matched, as long chains of sensors are (Dorigo et al. 2017, doi:10.1016/j.rse.2017.07.001). Weights are
    w_i = σ_i⁻² / Σ σ_k⁻² over the products at hand in each time, and the variance of the mean Σ w_i² σ_i² (Gruber et
    al. 2017, doi:10.1109/TGRS.2017.2734070). σ_i² is the median over all triples, the reference included. Choice: a
    product without an error estimate takes the median of the others'.

    Examples
    --------
    >>> import pandas as pd
    >>> coords = {"time": pd.date_range("2015-01-01", periods=100), **Grid.regular(1.0).crop((0, 0, 1, 1)).coords()}
    >>> sm = np.linspace(0.1, 0.4, 100)[:, None, None]
    >>> ds = xr.Dataset({"sm": (("time", "lat", "lon"), sm, {"units": "m3 m-3"})}, coords)
    >>> out = merge({"a": ds, "b": ds.assign(sm=2 * ds.sm - 0.1)}, reference=ds, method="equal")
    >>> bool(np.allclose(out.sm, ds.sm, atol=1e-3)), int(out.nobs[0, 0, 0])
    (True, 2)
    """
    if method not in METHODS:
        raise ConfigError("method", found=repr(method), needed=f"one of {list(METHODS)}")
    if not datasets:
        raise ConfigError("datasets", found="no product", needed="at least one")
    grid = Grid.of(reference)
    for name, ds in datasets.items():
        if Grid.of(ds) != grid:
            raise GridError(name, found=str(Grid.of(ds)), needed=f"the grid of the reference: {grid}",
                            do="Regrid it with vadose.regrid first.")  # fmt: skip
    times = np.unique(np.concatenate([ds["time"].values for ds in datasets.values()]))
    if method == "copula":  # what is expected is not among what is given
        datasets = {n: ds for n, ds in datasets.items() if ds is not reference}
        if not datasets:
            raise ConfigError("datasets", found="no product but the reference", needed="at least one")
    names = list(datasets)
    chunks = {"time": -1, "lat": 100, "lon": 100}

    def series(ds: xr.Dataset) -> xr.DataArray:
        return ds["sm"].drop_attrs().reindex(time=times).chunk(chunks)

    stacked = xr.concat([series(ds) for ds in datasets.values()], dim="product", join="exact")
    itself = {n: "reference" for n, ds in datasets.items() if ds is reference}
    pairs = _triples(names, {**(sensors or {}), **itself})

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        lead = y.shape[:-1]
        rows = np.moveaxis(x, -2, 0).reshape(len(names), -1, times.size).astype("float64")
        out = merge_rows(rows, y.reshape(-1, times.size).astype("float64"), method=method, triples=pairs, min_n=min_n)
        return np.moveaxis(out.reshape(3, *lead, times.size), 0, -2)

    out = xr.apply_ufunc(
        kernel, stacked.chunk(product=-1), series(reference),
        input_core_dims=[["product", "time"], ["time"]], output_core_dims=[["part", "time"]],
        dask="parallelized", output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"part": 3}},
    ).transpose("part", "time", "lat", "lon")  # fmt: skip
    value, sigma, count = (out.isel(part=i) for i in range(3))
    ds = xr.Dataset({
        "sm": value.where((value >= 0) & (value <= 1)).astype("float32").assign_attrs(schema.VARIABLES["sm"].attrs()),
        "sm_uncertainty": sigma.clip(0, 1).astype("float32").assign_attrs(schema.VARIABLES["sm_uncertainty"].attrs()),
        "nobs": count.astype("int32").assign_attrs(schema.VARIABLES["nobs"].attrs()),
    })  # fmt: skip
    flag = xr.where(ds["sm"].isnull(), np.uint16(schema.FLAGS["missing"]), np.uint16(0)).astype("uint16")
    ds["flag"] = flag.assign_attrs(schema.flag_attrs())
    simulated = any(schema.is_simulated(d) for d in (*datasets.values(), reference))
    steps = {str(d.attrs.get("step", "")) for d in datasets.values()}
    step = (steps.pop() or None) if len(steps) == 1 else None
    return schema.stamp(schema.with_grid(ds, grid), title=f"Merged soil moisture ({method})", product=f"merge-{method}",
                        inputs=names, simulated=simulated, step=step)  # fmt: skip


def _triples(names: list[str], sensors: Mapping[str, str]) -> list[tuple[int, int, int]]:
    """Triples of products of different sensors; the reference comes last, and is of the sensor ``"reference"``."""
    sensor = [sensors.get(n, n) for n in names] + ["reference"]
    return [t for t in combinations(range(len(names) + 1), 3) if len({sensor[i] for i in t}) == 3]


def merge_rows(x: np.ndarray, reference: np.ndarray, *, method: str, triples: list[tuple[int, int, int]],
               min_n: int = MIN_N) -> np.ndarray:  # fmt: skip
    """Merge series.

    Parameters
    ----------
    x : ndarray, shape (product, point, time)
        Products; NaN is missing [m3 m-3].
    reference : ndarray, shape (point, time)
        Reference [m3 m-3].
    method : str
        One of :data:`METHODS`.
    triples : list of tuple of int
        Triples of products to collocate; the number of products stands for the reference.
    min_n : int
        Fewest common samples.

    Returns
    -------
    ndarray, shape (3, point, time)
        Value [m3 m-3], standard uncertainty [m3 m-3] and number of products.
    """
    if method == "copula":
        return _copula_rows(x, reference, min_n=min_n)
    matched = match_rows(x, reference, method=method, min_n=min_n)
    residual = matched - reference
    good = np.isfinite(residual)
    n = good.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(n >= min_n, np.sqrt(np.where(good, residual**2, 0).sum(axis=-1) / n), np.nan)
    error = collocated_errors(matched, reference, triples, min_n=min_n) if method == "tc" else spread
    # a product that is the reference itself agrees with it perfectly, which says nothing about its error
    spread = np.where(spread > TOO_GOOD, spread, np.nan)
    error = np.where(error > TOO_GOOD, error, np.nan)
    error = _complete(np.where(np.isfinite(error), error, spread))
    there = np.isfinite(matched)
    weight = np.nan_to_num(triple.weights(np.ones_like(error) if method == "equal" else error, available=there))
    count = there.sum(axis=0)
    value = (weight * np.where(there, matched, 0.0)).sum(axis=0)
    sigma = np.sqrt((weight**2 * error[..., None] ** 2).sum(axis=0))
    none = count == 0
    return np.stack([np.where(none, np.nan, value), np.where(none, np.nan, sigma), count])


def _copula_rows(x: np.ndarray, reference: np.ndarray, *, min_n: int) -> np.ndarray:
    """Expectation given the products at hand; arguments and shape as :func:`merge_rows`.

    Notes
    -----
    Choice: products that never met the reference are tied to the reference as the others continue it.
    """
    value, sigma, used = copula.conditional(x, reference, min_n=min_n)
    for _ in range(len(x)):
        longer = np.where(np.isfinite(reference), reference, value)
        more, spread, now = copula.conditional(x, longer, min_n=min_n)
        if not (now & ~used).any():
            break
        value, sigma, used = more, spread, now
    return np.stack([value, sigma, (np.isfinite(x) & used[..., None]).sum(axis=0)])


def match_rows(x: np.ndarray, reference: np.ndarray, *, method: str, min_n: int = MIN_N) -> np.ndarray:
    """Every product scaled to the reference, or to the mean of what could be; shape of ``x``."""
    out = np.full(x.shape, np.nan)
    done = np.zeros(x.shape[:2], bool)
    target = reference
    for _ in range(len(x)):
        fresh = np.zeros_like(done)
        for i in range(len(x)):
            todo = np.flatnonzero(~done[i])
            if not todo.size:
                continue
            a, b = x[i, todo], target[todo]
            if method == "lr":
                scaled = rescale.linear_regression(a, b, min_n=min_n)
            else:
                scaled = rescale.cdf_match(a, b, nbins=100 if method == "qm" else None)
            ok = np.isfinite(scaled).any(axis=-1)
            out[i, todo[ok]] = scaled[ok]
            fresh[i, todo[ok]] = True
        done |= fresh
        if not fresh.any() or done.all():
            break
        there = np.isfinite(out)
        count = there.sum(axis=0)
        target = np.where(count > 0, np.where(there, out, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
    return out


def collocated_errors(x: np.ndarray, reference: np.ndarray, triples: list[tuple[int, int, int]], *,
                      min_n: int = MIN_N) -> np.ndarray:  # fmt: skip
    """Error deviation of each product, the median over its triples; shape (product, point)."""
    every = [*x, reference]
    found: list[list[np.ndarray]] = [[] for _ in every]
    for t in triples:
        got = triple.collocate(*(every[i] for i in t), ci="none", min_n=min_n)["err_std"]
        for i, e in zip(t, got):
            found[i].append(e**2)
    none = np.full(reference.shape[0], np.nan)
    return np.sqrt([_median(np.array(f)) if f else none for f in found[:-1]])


def _complete(error: np.ndarray) -> np.ndarray:
    """Errors with gaps filled by the median of the other products, by 1 where there is none."""
    middle = _median(error)
    return np.where(np.isfinite(error), error, np.where(np.isfinite(middle), middle, 1.0))


def _median(x: np.ndarray) -> np.ndarray:
    """Median over the first axis of what is there, NaN where nothing is."""
    any_there = np.isfinite(x).any(axis=0)
    return np.where(any_there, np.nanmedian(np.where(any_there, x, 0.0), axis=0), np.nan)
