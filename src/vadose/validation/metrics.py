"""The metrics of a score dataset: name, unit and what each says."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema

#: Metric -> (unit, long name). ``estimate`` is judged, ``reference`` is the truth taken.
METRICS = {
    "n": ("1", "number of pairs"),
    "r": ("1", "Pearson correlation"),
    "p_value": ("1", "two-sided p-value of the Pearson correlation, for the effective sample size"),
    "spearman": ("1", "Spearman rank correlation"),
    "spearman_p": ("1", "two-sided p-value of the Spearman correlation"),
    "kendall": ("1", "Kendall rank correlation (tau-b)"),
    "kendall_p": ("1", "two-sided p-value of Kendall's tau"),
    "bias": ("m3 m-3", "mean of estimate minus reference"),
    "bias_p": ("1", "two-sided p-value of the bias"),
    "rmse": ("m3 m-3", "root mean square error"),
    "ubrmse": ("m3 m-3", "unbiased root mean square error"),
    "mse": ("m6 m-6", "mean square error"),
    "mse_corr": ("m6 m-6", "mean square error due to imperfect correlation"),
    "mse_bias": ("m6 m-6", "mean square error due to bias"),
    "mse_var": ("m6 m-6", "mean square error due to different variance"),
    "nse": ("1", "Nash-Sutcliffe efficiency"),
    "kge": ("1", "Kling-Gupta efficiency (2012)"),
    "r2_pearson": ("1", "squared Pearson correlation"),
    "r2_sse": ("1", "coefficient of determination, 1 - SSE/SST about the mean of the reference"),
    "n_eff_r": ("1", "effective sample size of the correlation"),
    "n_eff_bias": ("1", "effective sample size of the bias"),
    "anomaly_r": ("1", "Pearson correlation of anomalies from the dekad climatology"),
    "anomaly_p": ("1", "p-value of anomaly_r"),
    "anomaly_n": ("1", "number of anomaly pairs"),
    "anomaly_r_35d": ("1", "Pearson correlation of anomalies from the 35-day moving mean"),
    "anomaly_35d_p": ("1", "p-value of anomaly_r_35d"),
    "anomaly_35d_n": ("1", "number of 35-day anomaly pairs"),
}

#: Metrics that need both sides in the same unit.
ERROR_METRICS = ("bias", "rmse", "ubrmse", "mse", "mse_corr", "mse_bias", "mse_var", "nse", "kge", "r2_sse")


def describe(ds: xr.Dataset, *, level: float) -> xr.Dataset:
    """Give every metric, bound and status its unit and long name.

    Parameters
    ----------
    ds : xarray.Dataset
        Variables named as in :data:`METRICS`, with ``_lower`` and ``_upper`` for bounds, and ``status``.
    level : float
        Nominal coverage of the bounds.
    """
    for name in map(str, ds.data_vars):
        stem, _, side = name.rpartition("_")
        if name == "status" or name.endswith("_status"):
            ds[name].attrs = schema.status_attrs()
        elif name in METRICS:
            units, text = METRICS[name]
            ds[name].attrs = {"units": units, "long_name": text}
        elif side in ("lower", "upper") and stem in METRICS:
            units, text = METRICS[stem]
            ds[name].attrs = {"units": units, "long_name": f"{side} {100 * level:g} % bound of {text}"}
    return ds


def blank_errors(ds: xr.Dataset, unit: str) -> xr.Dataset:
    """Make error metrics missing where the estimate is relative: a bias in two units means nothing."""
    if unit == "m3 m-3":
        return ds
    names = [str(v) for v in ds.data_vars if str(v).removesuffix("_lower").removesuffix("_upper") in ERROR_METRICS]
    names += [v for v in ("bias_p", "n_eff_bias") if v in ds]
    return ds.assign({v: ds[v] * np.nan for v in names})
