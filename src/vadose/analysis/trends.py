"""How fast does it change, and is that more than chance?"""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .years import least_samples, year_axis

METHODS = ("sen", "ols")
TESTS = ("mk", "ar1", "hamed_rao", "yue_wang", "tfpw", "seasonal", "t")
#: Tests that ``bias_corrected`` is for.
CORRECTABLE = ("hamed_rao", "yue_wang", "tfpw")
#: Variables of a trend dataset: long name; slopes and intercept have their own units.
_NAMES = {
    "slope": "trend", "slope_lower": "lower bound of the trend", "slope_upper": "upper bound of the trend",
    "intercept": "value of the trend line at the first time", "p_value": "two-sided p-value of no trend",
    "z": "standardised test statistic", "s": "Mann-Kendall score S", "n": "number of values", "status": "",
}  # fmt: skip


def trend(
    da: xr.DataArray,
    *,
    dim: str = "time",
    method: str = "sen",
    test: str | None = None,
    bias_corrected: bool = False,
    min_valid: float = 0.7,
    level: float | None = 0.95,
) -> xr.Dataset:
    """Trend of every cell, station or series, on the true time axis.

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Annual means (:func:`annual_means`), or monthly values for ``test="seasonal"``; needs ``units``. Lazy stays
        lazy.
    dim : str
        Time dimension: datetime64, or ``"year"`` with whole years.
    method : {"sen", "ols"}
        Slope: median of pairwise slopes, or least squares.
    test : {"mk", "ar1", "hamed_rao", "yue_wang", "tfpw", "seasonal", "t"}, optional
        Test of no trend: default ``"mk"`` (Mann-Kendall) with ``"sen"``, ``"t"`` (Student) with ``"ols"``. ``"ar1"``
        keeps its size where values persist; the others are as published, see :func:`vadose.stats.trends.mann_kendall`.
    bias_corrected : bool
        Whether ``"hamed_rao"``, ``"yue_wang"`` or ``"tfpw"`` is freed from the bias of short series, so that it keeps
        its size too; by default these are as published.
    min_valid : float
        Least share of the steps from the first to the last time that hold a value; at least 3 values in any case.
    level : float or None
        Level of the slope's interval; None leaves it out (NaN), twice as fast.

    Returns
    -------
    xarray.Dataset
        ``slope``, ``slope_lower``, ``slope_upper`` [unit of ``da`` per year], ``intercept`` [unit of ``da``, at the
        first time], ``p_value``, ``z`` [1], ``s`` [1], ``n`` [1] and ``status`` (``too_few_years``, ``no_data``,
        ``zero_variance``), all without ``dim``.

    Raises
    ------
    SchemaError
        If units or time axis are missing, time is chunked, does not rise, or does not suit the test.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    METHODS 5.1; equations in :mod:`vadose.stats.trends`. With ``method="ols"`` the slope, its interval and the
    intercept are those of least squares, whatever the test. Whatever the test, ``s`` is a Mann-Kendall score, or NaN
    for ``"t"``.

    Examples
    --------
    >>> da = xr.DataArray([1.0, 2.0, 3.0, 5.0], dims="year", coords={"year": [2000, 2001, 2002, 2004]},
    ...                   attrs={"units": "kg m-2"})
    >>> got = trend(da, dim="year")
    >>> float(got.slope), got.slope.units, float(got.intercept), int(got.s)
    (1.0, 'kg m-2 yr-1', 1.0, 6)
    """
    if not isinstance(da, xr.DataArray):
        raise SchemaError("trend", found=type(da).__name__, needed="a DataArray", do="Pick a variable: ds['sm'].")
    test = test or ("mk" if method == "sen" else "t")
    _check(method, test, level, bias_corrected)
    units = da.attrs.get("units")
    if not units:
        raise SchemaError(str(da.name or "array"), found="no units", needed="a units attribute",
                          do="Set da.attrs['units'], e.g. 'kg m-2'.")  # fmt: skip
    axis = year_axis(da, dim)
    period = axis.per_year if test == "seasonal" else 1
    if test == "seasonal" and period == 1:
        raise SchemaError(f"{da.name or 'array'}: {dim}", found="times that are neither monthly nor dekadal",
                          needed="a regular axis with seasons for test='seasonal'",
                          do="Make monthly means: vadose.periods.composite(da, 'month').")  # fmt: skip
    if test not in ("mk", "t") and not axis.regular:
        raise SchemaError(f"{da.name or 'array'}: {dim}", found="irregular times",
                          needed=f"annual, monthly or dekadal times for test={test!r}",
                          do="Make annual means, or use test='mk'.")  # fmt: skip
    options = {"time": axis.time, "min_n": least_samples(axis, min_valid), "level": level}
    kind = {"test": test, "period": max(period, 2), "bias_corrected": bias_corrected}

    def kernel(x: np.ndarray) -> np.ndarray:
        return _fields(x, method, kind, axis.per_year, options)

    stacked = xr.apply_ufunc(
        kernel, da, input_core_dims=[[dim]], output_core_dims=[["statistic"]], dask="parallelized",
        output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"statistic": len(_NAMES)}},
        keep_attrs=False,
    )  # fmt: skip
    out = xr.Dataset({name: stacked.isel(statistic=k) for k, name in enumerate(_NAMES)})
    out = out.assign(n=out["n"].astype("int32"), status=out["status"].astype("int8"))
    for name, text in _NAMES.items():
        out[name].attrs = {"long_name": text, "units": "1"}
    for name in ("slope", "slope_lower", "slope_upper"):
        out[name].attrs["units"] = per_year(units)
    out["intercept"].attrs["units"] = units
    out["status"].attrs = schema.status_attrs()
    if "grid" in da.attrs:
        out.attrs["grid"] = da.attrs["grid"]
    return schema.stamp(
        out, title=f"Trend of {da.attrs.get('long_name', da.name or 'a variable')}",
        product=da.attrs.get("product", ""), version=da.attrs.get("product_version", ""),
        simulated=schema.is_simulated(da), method=method, test=test, level=level, min_valid=min_valid,
        bias_corrected="true" if bias_corrected else None,
        period=axis.period,
    )  # fmt: skip


def _fields(x: np.ndarray, method: str, kind: dict, per_year: int, options: dict) -> np.ndarray:
    """All numbers of series (..., time), in the order of ``_NAMES``."""
    from ..stats import trends

    line = trends.straight_line(x, **options) if method == "ols" else None
    if kind["test"] == "t":
        assert line is not None
        out = line | {"s": np.full_like(line["slope"], np.nan)}
    else:
        out = trends.mann_kendall(x, **kind, **options | ({"level": None} if line is not None else {}))
    if line is not None:
        out = out | {k: line[k] for k in ("slope", "slope_lower", "slope_upper", "intercept")}
    for name in ("slope", "slope_lower", "slope_upper"):
        out[name] = out[name] * per_year
    return np.stack([np.asarray(out[name], float) for name in _NAMES], axis=-1)


def _check(method: str, test: str, level: float | None, bias_corrected: bool) -> None:
    if method not in METHODS:
        raise ConfigError("method", found=repr(method), needed=f"one of {list(METHODS)}")
    if test not in TESTS:
        raise ConfigError("test", found=repr(test), needed=f"one of {list(TESTS)}")
    if test == "t" and method != "ols":
        raise ConfigError("test", found="'t' with method='sen'", needed="method='ols'", do="Student's t is of a line.")
    if bias_corrected and test not in CORRECTABLE:
        raise ConfigError("bias_corrected", found=f"test={test!r}", needed=f"one of the tests {list(CORRECTABLE)}",
                          do="Leave it out: 'ar1' is corrected, the others have nothing to correct.")  # fmt: skip
    if level is not None and not 0 < level < 1:
        raise ConfigError("level", found=f"{level}", needed="a level between 0 and 1, such as 0.95")


def per_year(units: str) -> str:
    """Unit of a rate: ``"kg m-2"`` -> ``"kg m-2 yr-1"``, ``"1"`` -> ``"yr-1"``."""
    return "yr-1" if units == "1" else f"{units} yr-1"
