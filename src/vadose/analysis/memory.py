"""How long does soil moisture remember?"""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .phases import need_array, phase_axis
from .seasonal import TERMS
from .years import YEAR

_NAMES = {
    "timescale": ("d", "e-folding time of soil moisture anomalies, free of noise"),
    "timescale_error": ("d", "standard error of the e-folding time"),
    "intercept": ("1", "autocorrelation extrapolated to lag 0"),
    "noise_share": ("1", "share of white noise in the variance of anomalies"),
    "efolding": ("d", "lag at which the autocorrelation falls to 1/e"),
    "r1": ("1", "autocorrelation at one step"),
    "n_lags": ("1", "lags of the fit"),
    "n": ("1", "number of values"),
    "status": ("", ""),
}


def memory(
    da: xr.DataArray,
    *,
    dim: str = "time",
    max_lag: float = 90.0,
    seasonal: bool = True,
    min_pairs: int = 50,
    lowest: float = 0.2,
) -> xr.Dataset:
    """Memory of every cell, station or series: the e-folding time of its anomalies, with noise set apart.

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Daily, dekadal or monthly values with ``units``; lazy stays lazy.
    dim : str
        Time dimension.
    max_lag : float
        Longest lag looked at [d]; at least three steps in any case.
    seasonal : bool
        Whether the yearly cycle of two harmonics is taken out first.
    min_pairs : int
        Fewest pairs at a lag.
    lowest : float
        The fit ends before the first lag whose autocorrelation is below this [1].

    Returns
    -------
    xarray.Dataset, without ``dim``
        ``timescale``, ``timescale_error``, ``efolding`` [d], ``intercept``, ``noise_share``, ``r1`` [1], ``n_lags``,
        ``n`` and ``status``: ok, no_data, too_few_pairs, too_few_years or incomplete_year (of the yearly cycle),
        zero_variance, not_converged (no decay within the lags).

    Raises
    ------
    SchemaError
        If units are missing or times are neither daily, dekadal nor monthly.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    r(lag) = a·exp(−lag/T) fitted to lags of one step and more, on true lags: a value missing is missing, never skipped
    over; see :func:`vadose.stats.decays.memory` for equations and sources. ``efolding`` is what noise leaves of the
    memory. Choice: anomalies from two harmonics; trends stay in and lengthen the memory.

    Examples
    --------
    >>> import pandas as pd
    >>> from scipy.signal import lfilter
    >>> x = lfilter([1], [1, -np.exp(-1 / 8)], np.random.default_rng(1).standard_normal(20000))
    >>> da = xr.DataArray(x, dims="time", coords={"time": pd.date_range("1950-01-01", periods=20000)},
    ...                   attrs={"units": "m3 m-3"})
    >>> abs(float(memory(da).timescale) - 8) < 1
    True
    """
    need_array(da, "memory")
    axis = phase_axis(da, dim)
    if axis.place.dtype.kind != "i":
        raise SchemaError(f"{da.name or 'array'}: {dim}", found="irregular times", needed="daily, dekadal or monthly",
                          do="Make daily means: vadose.periods.composite(da, 'day').")  # fmt: skip
    if not max_lag > 0 or not 0 < lowest < 1 or min_pairs < 3:
        raise ConfigError("memory", found=f"max_lag {max_lag} d, lowest {lowest}, min_pairs {min_pairs}",
                          needed="max_lag above 0, lowest within 0..1, min_pairs of 3 or more")  # fmt: skip
    lags = max(3, int(max_lag / axis.step))

    def kernel(x: np.ndarray) -> np.ndarray:
        from ..stats import cycles, decays

        x = x.astype(float)
        bad = np.zeros(x.shape[:-1])
        if seasonal:
            fit = cycles.fit(x, phase=axis.phase, year=axis.year, order=2, max_gap=120 / YEAR)
            terms = np.stack([fit[k] for k in TERMS], axis=-1)
            x, bad = x - cycles.evaluate(terms, axis.phase), fit["status"]
        got = decays.memory(x, position=axis.place, step=axis.step, lags=lags, min_pairs=min_pairs, lowest=lowest)
        if seasonal:  # without a cycle there are no anomalies
            got = {k: np.where(bad != 0, np.nan, v) for k, v in got.items()}
            got |= {"n": fit["n"], "n_lags": np.nan_to_num(got["n_lags"]), "status": np.where(bad, bad, got["status"])}
        return np.stack([got[k] for k in _NAMES], axis=-1)

    stacked = xr.apply_ufunc(
        kernel, da, input_core_dims=[[dim]], output_core_dims=[["statistic"]], dask="parallelized",
        output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"statistic": len(_NAMES)}}, keep_attrs=False,
    )  # fmt: skip
    out = xr.Dataset({name: stacked.isel(statistic=k) for k, name in enumerate(_NAMES)})
    for name, (unit, text) in _NAMES.items():
        kind = {"n": "int32", "n_lags": "int16", "status": "int8"}.get(name)
        out[name] = (out[name].astype(kind) if kind else out[name]).assign_attrs(units=unit, long_name=text)
    out["status"].attrs = schema.status_attrs()
    if "grid" in da.attrs:
        out.attrs["grid"] = da.attrs["grid"]
    return schema.stamp(
        out, title=f"Memory of {da.attrs.get('long_name', da.name or 'a variable')}", period=axis.period,
        product=da.attrs.get("product", ""), max_lag=f"{max_lag:g} d",
        seasonal_cycle="taken out" if seasonal else "left in", simulated=schema.is_simulated(da),
    )  # fmt: skip
