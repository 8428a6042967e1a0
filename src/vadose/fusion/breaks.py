"""Steps in a record where a round or a sensor begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ..errors import SchemaError
from . import dekads
from .anomalies import anomalies, valid_mean

#: Where the built-in plan changes its inputs: ASCAT and the fourth round; SMOS and the third; the end of AMSR-E; the
#: beginning of AMSR2 and the first round; SMAP.
BREAKS = ("2007D01", "2010D16", "2011D28", "2012D19", "2015D10")


def step_test(values: xr.DataArray, *, at: Sequence[str] = BREAKS, reference: xr.DataArray | None = None,
              window: int = 36) -> xr.Dataset:  # fmt: skip
    """Size of the step at given dekads, with its standard error.

    Parameters
    ----------
    values : xarray.DataArray, dims (time, ...)
        Soil moisture at dekads [m3 m-3].
    at : sequence of str
        First dekad after each possible step.
    reference : xarray.DataArray, optional
        A record without steps, such as the truth: the test is made on the difference.
    window : int
        Dekads on each side.

    Returns
    -------
    xarray.Dataset
        Dims (at, ...): ``step`` and ``standard_error`` [m3 m-3], ``t`` [1] and ``n`` (dekads on the shorter side).

    Raises
    ------
    SchemaError
        If times do not agree or time is chunked.

    Notes
    -----
    Mean after − mean before of the anomalies from the mean of each dekad of the year (of the differences where there
    is a reference). The standard error uses the effective number of dekads n (1 − ρ)/(1 + ρ), ρ the lag-one
    autocorrelation about the two means. Choice: a step of the climate itself cannot be told from one of the record
    unless there is a reference.

    Examples
    --------
    >>> t = dekads.starts(dekads.of_label("2006D01") + np.arange(72))
    >>> rng = np.random.default_rng(0)
    >>> da = xr.DataArray(0.2 + 0.001 * rng.standard_normal(72), dims="time", coords={"time": t})
    >>> da[36:] += 0.02
    >>> out = step_test(da, at=["2007D01"], reference=xr.full_like(da, 0.2))
    >>> round(float(out.step[0]), 2), bool(out.t[0] > 10)
    (0.02, True)
    """
    if reference is not None:
        values, reference = xr.align(values, reference, join="exact")
        values = values - reference
    if values.chunks is not None and len(values.chunksizes["time"]) > 1:
        raise SchemaError("time", found="several chunks", needed="one chunk of time", do="Use .chunk(time=-1).")
    numbers = dekads.ordinals(values["time"].values)
    edges = [dekads.of_label(a) for a in at]

    def kernel(block: np.ndarray) -> np.ndarray:
        series = np.moveaxis(block.astype("float64"), -1, 0)
        if reference is None:
            series = anomalies(series, numbers)
        return np.stack([_step(series, numbers, e, window) for e in edges], axis=-1)

    out = xr.apply_ufunc(
        kernel, values, input_core_dims=[["time"]], output_core_dims=[["what", "at"]], dask="parallelized",
        output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"what": 3, "at": len(edges)}},
    )  # fmt: skip
    step, error, n = (out.isel(what=i) for i in range(3))
    got = xr.Dataset({
        "step": step.assign_attrs(units="m3 m-3", long_name="step of the mean"),
        "standard_error": error.assign_attrs(units="m3 m-3", long_name="standard error of the step"),
        "t": (step / error).assign_attrs(units="1", long_name="step over its standard error"),
        "n": n.assign_attrs(units="1", long_name="dekads on the shorter side"),
    })  # fmt: skip
    return got.assign_coords(at=list(at)).transpose("at", ...)


def _step(series: np.ndarray, numbers: np.ndarray, edge: int, window: int) -> np.ndarray:
    """Step, standard error and count, stacked (..., 3)."""
    before = series[(numbers >= edge - window) & (numbers < edge)]
    after = series[(numbers >= edge) & (numbers < edge + window)]
    lead = series.shape[1:]
    if not len(before) or not len(after):
        return np.stack([np.full(lead, np.nan), np.full(lead, np.nan), np.zeros(lead)], axis=-1)
    ma, mb = valid_mean(after), valid_mean(before)
    variance = np.zeros(lead)
    for part, mean in ((before, mb), (after, ma)):
        rest = part - mean
        n = np.isfinite(rest).sum(axis=0)
        square = valid_mean(rest**2)
        pairs = valid_mean(rest[1:] * rest[:-1]) if len(rest) > 1 else np.full(lead, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            rho = np.nan_to_num(np.clip(pairs / square, 0.0, 0.99))
            effective = np.maximum(n * (1 - rho) / (1 + rho), 2.0)
            variance = variance + square / (effective - 1)
    count = np.minimum(np.isfinite(before).sum(axis=0), np.isfinite(after).sum(axis=0))
    return np.stack([ma - mb, np.sqrt(variance), count], axis=-1)
