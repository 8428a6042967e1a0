"""How dry is it for the time of the year?"""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .slots import SlotAxis, slot_axis

INDICES = ("empirical", "beta", "gamma")
#: Percentiles below which the classes of the U.S. Drought Monitor begin.
CLASSES = {"D0": 30.0, "D1": 20.0, "D2": 10.0, "D3": 5.0, "D4": 2.0}
_NAMES = {
    "percentile": ("%", "percentile for the time of the year"),
    "standardised_index": ("1", "standardised soil moisture index"),
    "standardised_anomaly": ("1", "standardised anomaly"),
}


def drought(
    da: xr.DataArray,
    *,
    dim: str = "time",
    window: float = 31.0,
    plotting: str = "weibull",
    leave_out: bool = True,
    reference: tuple[int, int] | None = None,
    min_years: int = 10,
    index: str = "empirical",
    upper: float = 1.0,
    field_capacity: xr.DataArray | float | None = None,
    wilting_point: xr.DataArray | float | None = None,
) -> xr.Dataset:
    """Percentile, standardised index and anomaly of every value against its time of the year.

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Daily, dekadal or monthly values with ``units``; lazy stays lazy.
    dim : str
        Time dimension.
    window : float
        Width of the window of the calendar [d]; for dekads and months it is rounded to an odd number of them.
    plotting : {"weibull", "gringorten", "hazen"}
        Plotting position (r - a)/(n + 1 - 2a), a = 0, 0.44, 0.5.
    leave_out : bool
        Whether the percentile of a value leaves its own season (the values within half a window) out of its
        climatology.
    reference : (int, int), optional
        First and last year of the climatology; default all.
    min_years : int
        Fewest years in the climatology of a value; else NaN.
    index : {"empirical", "beta", "gamma"}
        Standardised index: normal quantile of the percentile, or of a distribution fitted by moments.
    upper : float
        Upper end of the beta distribution [unit of ``da``]: 1 for m3 m-3, or the porosity.
    field_capacity, wilting_point : DataArray or float, optional
        Soil moisture at -33 and -1500 kPa [unit of ``da``]; both or none.

    Returns
    -------
    xarray.Dataset
        ``percentile`` [%], ``standardised_index`` [1], ``standardised_anomaly`` [1], with both soil constants ``swdi``
        [1], all float32 with the dims of ``da``; ``n`` (values with a percentile) and ``status`` (``no_data``,
        ``too_few_years``, ``zero_variance``) without ``dim``.

    Raises
    ------
    SchemaError
        If units or the time axis are missing or unusable, time is chunked, or units of the constants differ.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    Percentile: :func:`vadose.stats.calendar_ranks.percentiles`; divided by 100 it is the soil moisture index SMI
    (Samaniego et al. 2013, doi:10.1175/JHM-D-12-075.1, with ranks instead of kernel densities). Anomaly: (x - m)/s,
    with mean and standard deviation of the window over the reference years. The fitted indices and the anomaly use the
    whole climatology, whatever ``leave_out`` says. SWDI: :func:`swdi`.

    Missing values stay missing; no gap is filled. Choice: Weibull positions, which never reach 0 or 100.

    Examples
    --------
    >>> import pandas as pd
    >>> t = pd.date_range("2000-01-01", "2011-12-01", freq="MS")
    >>> da = xr.DataArray(t.year - 2000 + 0.0, dims="time", coords={"time": t}, attrs={"units": "kg m-2"})
    >>> got = drought(da, min_years=11)
    >>> round(got.percentile.sel(time="2000-07").item(), 2), got.percentile.units
    (7.69, '%')
    """
    from ..stats.calendar_ranks import PLOTTING

    units = check_units(da)
    axis = slot_axis(da, dim)
    if index not in INDICES:
        raise ConfigError("index", found=repr(index), needed=f"one of {list(INDICES)}")
    if plotting not in PLOTTING:
        raise ConfigError("plotting", found=repr(plotting), needed=f"one of {list(PLOTTING)}")
    if min_years < 2:
        raise ConfigError("min_years", found=f"{min_years}", needed="at least 2 years")
    if reference is not None and not reference[0] <= reference[1]:
        raise ConfigError("reference", found=f"{reference}", needed="the first year before the last")
    if (field_capacity is None) != (wilting_point is None):
        raise ConfigError("field_capacity, wilting_point", found="one of them", needed="both or none")
    half = half_window(axis, window)
    pool = None if reference is None else (int(reference[0]), int(reference[1]))

    def kernel(x: np.ndarray) -> tuple[np.ndarray, ...]:
        return _fields(x, axis, half, plotting, leave_out, pool, min_years, index, upper)

    fields = xr.apply_ufunc(
        kernel, da, input_core_dims=[[dim]], output_core_dims=[[dim], [dim], [dim], [], []], dask="parallelized",
        output_dtypes=[np.float32, np.float32, np.float32, np.int32, np.int8], keep_attrs=False,
    )  # fmt: skip
    names = (*_NAMES, "n", "status")
    out = xr.Dataset(dict(zip(names, (f.transpose(*[d for d in da.dims if d in f.dims]) for f in fields), strict=True)))
    for name, (unit, text) in _NAMES.items():
        out[name].attrs = {"units": unit, "long_name": text}
    out["standardised_index"].attrs["method"] = index
    out["n"].attrs = {"units": "1", "long_name": "values with a percentile"}
    out["status"].attrs = schema.status_attrs()
    if field_capacity is not None and wilting_point is not None:
        out["swdi"] = swdi(da, field_capacity=field_capacity, wilting_point=wilting_point)
    if "grid" in da.attrs:
        out.attrs["grid"] = da.attrs["grid"]
    if schema.is_simulated(da):  # a variable taken out of the dataset stays marked
        for name in ("percentile", "standardised_index", "standardised_anomaly"):
            out[name].attrs["simulated"] = "true"
    return schema.stamp(
        out, title=f"Drought of {da.attrs.get('long_name', da.name or 'a variable')} ({units})",
        product=da.attrs.get("product", ""), version=da.attrs.get("product_version", ""),
        simulated=schema.is_simulated(da), step=axis.step, period=axis.period, plotting=plotting,
        window=f"{2 * half + 1} {axis.step}s", reference="all years" if pool is None else f"{pool[0]}/{pool[1]}",
        leave_own_year_out=str(leave_out).lower(), min_years=min_years, index=index,
    )  # fmt: skip


def swdi(
    da: xr.DataArray, *, field_capacity: xr.DataArray | float, wilting_point: xr.DataArray | float
) -> xr.DataArray:
    """Soil water deficit index: 0 at field capacity, -10 at the wilting point.

    Parameters
    ----------
    da : xarray.DataArray
        Soil moisture with ``units``; lazy stays lazy.
    field_capacity, wilting_point : DataArray or float
        Soil moisture at -33 and -1500 kPa [unit of ``da``]; a DataArray has dims of ``da`` and the same unit.

    Returns
    -------
    xarray.DataArray
        [1], float32; NaN where field capacity is not above the wilting point.

    Raises
    ------
    SchemaError
        If units are missing or differ.

    Notes
    -----
    SWDI = 10 (x - fc)/(fc - wp) (Martínez-Fernández et al. 2015, doi:10.1016/j.jhydrol.2014.12.051). Classes: none
    above 0, mild to -2, moderate to -5, severe to -10, extreme below.

    Examples
    --------
    >>> da = xr.DataArray([0.3, 0.1, 0.05], dims="time", attrs={"units": "m3 m-3"})
    >>> swdi(da, field_capacity=0.3, wilting_point=0.1).round(4).values.tolist()
    [0.0, -10.0, -12.5]
    """
    units = check_units(da)
    for name, value in (("field_capacity", field_capacity), ("wilting_point", wilting_point)):
        if isinstance(value, xr.DataArray):
            if value.attrs.get("units") != units:
                raise SchemaError(name, found=f"units {value.attrs.get('units')!r}", needed=repr(units),
                                  do="Convert it with vadose.units.convert.")  # fmt: skip
            if extra := set(value.dims) - set(da.dims):
                raise SchemaError(name, found=f"dims {sorted(map(str, extra))}", needed=f"dims of {tuple(da.dims)}")
            if any(value[d].size != da[d].size or not np.array_equal(value[d], da[d]) for d in value.dims):
                raise SchemaError(name, found="another grid", needed="the grid of the soil moisture",
                                  do="Bring it there with vadose.regrid.to_grid.")  # fmt: skip
    room = field_capacity - wilting_point
    room = room.where(room > 0) if isinstance(room, xr.DataArray) else (room if room > 0 else np.nan)
    out = (10.0 * (da - field_capacity) / room).astype(np.float32).rename("swdi")
    out.attrs = {"units": "1", "long_name": "soil water deficit index"}
    return out


def check_units(da: xr.DataArray) -> str:
    """Unit of an array; raises SchemaError where it has none or is no array."""
    if not isinstance(da, xr.DataArray):
        raise SchemaError("drought", found=type(da).__name__, needed="a DataArray", do="Pick a variable: ds['sm'].")
    if not da.attrs.get("units"):
        raise SchemaError(str(da.name or "array"), found="no units", needed="a units attribute",
                          do="Set da.attrs['units'], e.g. 'm3 m-3'.")  # fmt: skip
    return str(da.attrs["units"])


def half_window(axis: SlotAxis, window: float) -> int:
    """Slots on either side of a window of so many days."""
    if not 0 < window <= 366:
        raise ConfigError("window", found=f"{window}", needed="days above 0, at most 366")
    return round((window / axis.days - 1) / 2) if window > axis.days else 0


def _fields(x, axis: SlotAxis, half, plotting, leave_out, pool, min_years, index, upper) -> tuple[np.ndarray, ...]:
    """All numbers of series (..., time)."""
    from ..stats import calendar_ranks

    x = np.asarray(x)
    options = {"slots": axis.slots, "half": half, "pool": pool, "min_years": min_years}
    percentile = calendar_ranks.percentiles(x, axis.slot, axis.year, plotting=plotting, leave_out=leave_out, **options)
    normal = calendar_ranks.moments(x, axis.slot, axis.year, **options)
    mean, sd = (normal[k][..., axis.slot] for k in ("mean", "sd"))
    with np.errstate(invalid="ignore", divide="ignore"):
        anomaly = np.where(sd > 0, (x - mean) / sd, np.nan)
    if index == "empirical":
        score = calendar_ranks.normal_scores(percentile)
    else:
        score = calendar_ranks.fitted_scores(x, mean, sd, family=index, upper=upper)
    known = np.isfinite(x)
    n = np.isfinite(percentile).sum(axis=-1)
    lowest = np.min(np.where(known, x, np.inf), axis=-1, initial=np.inf)
    flat = lowest == np.max(np.where(known, x, -np.inf), axis=-1, initial=-np.inf)
    status = np.select([~known.any(axis=-1), flat, n == 0],
                       [STATUS["no_data"], STATUS["zero_variance"], STATUS["too_few_years"]], STATUS["ok"])  # fmt: skip
    percentile = np.where(flat[..., None], np.nan, percentile)
    score = np.where(flat[..., None], np.nan, score)
    n = np.where(flat, 0, n)
    return (percentile.astype(np.float32), score.astype(np.float32), anomaly.astype(np.float32),
            n.astype(np.int32), status.astype(np.int8))  # fmt: skip
