"""How fast does it change, when the level may jump where a sensor was replaced?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .breaks import apply_over, segments_of, units_of
from .trends import METHODS, per_year
from .years import least_samples, year_axis

_NAMES = {
    "slope": "trend", "slope_lower": "lower bound of the trend", "slope_upper": "upper bound of the trend",
    "p_value": "two-sided p-value of no trend", "z": "standardised test statistic", "n": "number of values",
    "segments": "segments with values", "status": "",
}  # fmt: skip
_STEPS = {"step": "level after less level before the break", "step_lower": "lower bound of the step",
          "step_upper": "upper bound of the step"}  # fmt: skip


def break_trend(
    da: xr.DataArray,
    *,
    breaks: Sequence[str],
    dim: str = "time",
    method: str = "sen",
    test: str | None = None,
    min_valid: float = 0.7,
    level: float = 0.95,
) -> xr.Dataset:
    """Trend of every cell that jumps of level at declared changes of sensor do not move.

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Annual means, with ``units``; lazy stays lazy.
    breaks : sequence of str
        Dates (or years for dim ``"year"``) on which a new segment begins, such as ``["2002-06-19"]``; a year that holds
        a change belongs to both and is best left out.
    dim : str
        Time dimension.
    method : {"sen", "ols"}
        Median of the slopes of pairs of one segment, or least squares with a step at each break.
    test : {"ar1", "mk", "t"}, optional
        Default ``"ar1"`` with ``"sen"``, ``"t"`` with ``"ols"``.
    min_valid : float
        Least share of steps that hold a value; at least 3 values in any case.
    level : float
        Level of the intervals.

    Returns
    -------
    xarray.Dataset
        ``slope``, ``slope_lower``, ``slope_upper`` [unit of ``da`` per year], ``p_value``, ``z``, ``n``, ``segments``
        [1], ``status``; and per ``break`` the least-squares ``step``, ``step_lower``, ``step_upper`` [unit of ``da``].

    Raises
    ------
    ConfigError
        If a break lies outside the record or cannot be read, or an option cannot be used.
    SchemaError
        If units or the time axis are missing or unusable.

    Notes
    -----
    :func:`vadose.stats.segments.kendall_within` and :func:`vadose.stats.segments.line_with_steps`. A step costs
    knowledge: the interval is about (number of segments) times as wide as that of :func:`trend`, because level and
    slope are told apart within segments alone. Use it where a break is declared, not where the data suggest one: a
    break searched for in the same series makes the interval too narrow. To :func:`trend` an undeclared step looks like
    a trend with ``test="mk"``, and like strong persistence with ``"ar1"``, whose interval then says next to nothing.
    Size and coverage, simulated (``benchmarks/trend_breaks.py``): ``"ar1"`` rejects 2.5-5 % and covers 95-97.5 % for
    phi up to 0.8, n = 10..80 and 2 or 3 segments, where ``"mk"`` and ``"t"`` reject up to 39 %; fewer values are
    hardly ever called a trend, whatever they do.

    Examples
    --------
    >>> x = np.arange(12.0) + 5.0 * (np.arange(12) >= 6)
    >>> da = xr.DataArray(x, dims="year", coords={"year": range(2000, 2012)}, attrs={"units": "kg m-2"})
    >>> got = break_trend(da, breaks=["2006"], dim="year")
    >>> float(got.slope), got.slope.units, got.step.round(6).values.tolist()
    (1.0, 'kg m-2 yr-1', [5.0])
    """
    from ..stats import segments

    if not isinstance(da, xr.DataArray):
        raise SchemaError("break_trend", found=type(da).__name__, needed="a DataArray", do="Pick a variable: ds['sm'].")
    test = test or ("ar1" if method == "sen" else "t")
    if method not in METHODS:
        raise ConfigError("method", found=repr(method), needed=f"one of {list(METHODS)}")
    if test not in (("ar1", "mk") if method == "sen" else ("t",)):
        raise ConfigError("test", found=repr(test), needed="'ar1' or 'mk' with 'sen', 't' with 'ols'")
    if not 0 < level < 1:
        raise ConfigError("level", found=f"{level}", needed="a level between 0 and 1, such as 0.95")
    units = units_of(da)
    axis = year_axis(da, dim)
    if test == "ar1" and not axis.regular:
        raise SchemaError(f"{da.name or 'array'}: {dim}", found="irregular times",
                          needed="annual, monthly or dekadal times for test='ar1'",
                          do="Make annual means, or use test='mk'.")  # fmt: skip
    label = segments_of(da[dim].to_numpy(), breaks)
    if len(np.unique(label)) != len(breaks) + 1:
        raise ConfigError("breaks", found=f"{list(map(str, breaks))}", needed="a time of the record between any two")
    least = max(4, least_samples(axis, min_valid))
    count = len(breaks)
    time = axis.time / axis.per_year

    def kernel(x: np.ndarray) -> np.ndarray:
        line = segments.line_with_steps(x, label, time=time, level=level, min_n=least)
        got = line if method == "ols" else segments.kendall_within(x, label, time=axis.time, test=test, level=level,
                                                                   min_n=least)  # fmt: skip
        rate = 1.0 if method == "ols" else float(axis.per_year)
        fields = [np.asarray(got[k], float) * (rate if k.startswith("slope") else 1.0) for k in _NAMES]
        absent = np.full((*line["slope"].shape, count), np.nan)
        steps = np.concatenate([line.get(k, absent)[..., :count] for k in _STEPS], axis=-1)
        return np.concatenate([np.stack(fields, axis=-1), steps], axis=-1)

    stacked = apply_over(kernel, da, dim, len(_NAMES) + 3 * count)
    out = xr.Dataset({name: stacked.isel(statistic=k) for k, name in enumerate(_NAMES)})
    out = out.assign({k: out[k].astype("int8" if k == "status" else "int32") for k in ("n", "segments", "status")})
    for k, (name, text) in enumerate(_STEPS.items()):
        start = len(_NAMES) + k * count
        part = stacked.isel(statistic=slice(start, start + count)).rename(statistic="break")
        out[name] = part.assign_coords({"break": sorted(map(str, breaks))})
        out[name].attrs = {"long_name": text, "units": units}
    for name, text in _NAMES.items():
        out[name].attrs = {"long_name": text, "units": per_year(units) if name.startswith("slope") else "1"}
    out["status"].attrs = schema.status_attrs()
    if "grid" in da.attrs:
        out.attrs["grid"] = da.attrs["grid"]
    return schema.stamp(
        out, title=f"Trend with steps of {da.attrs.get('long_name', da.name or 'a variable')}", method=method,
        test=test, level=level, min_valid=min_valid, breaks=", ".join(map(str, breaks)), period=axis.period,
        simulated=schema.is_simulated(da),
    )  # fmt: skip
