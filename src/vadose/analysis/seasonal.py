"""When in the year is it wettest, and how long after the rain?"""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .phases import PhaseAxis, need_array, phase_axis, to_day, to_dekad
from .years import YEAR

TERMS = ("mean", "cos1", "sin1", "cos2", "sin2")

#: Variables of a cycle beside its coefficients: unit ("" = that of the data) and long name.
_NAMES = {
    "mean": ("", "mean of the yearly cycle"),
    "amplitude": ("", "amplitude of the first harmonic"),
    "range": ("", "range of the yearly cycle, peak less trough"),
    "peak_dekad": ("1", "dekad of the year of the peak"),
    "second_peak_dekad": ("1", "dekad of the year of the second peak"),
    "trough_dekad": ("1", "dekad of the year of the trough"),
    "peak_doy": ("1", "day of the year of the peak"),
    "second_peak_doy": ("1", "day of the year of the second peak"),
    "trough_doy": ("1", "day of the year of the trough"),
    "r2_adjusted": ("1", "adjusted R² of the yearly cycle"),
    "n_peaks": ("1", "peaks in a year"),
    "n_harmonics": ("1", "harmonics of the yearly cycle"),
    "n": ("1", "number of values"),
    "n_years": ("1", "years with a value"),
    "status": ("", ""),
}
#: Numbers of a cycle in the order of :func:`fields`.
CYCLE_FIELDS = (*TERMS, *list(_NAMES)[1:])
#: Numbers of a lag.
_LAG = ("lag", "lag_days", "lag_harmonic", "r", "n_peaks", "status")
_COUNTS = {"n_peaks": "int8", "n_harmonics": "int8", "n": "int32", "n_years": "int16", "status": "int8"}


def seasonal_cycle(
    da: xr.DataArray,
    *,
    dim: str = "time",
    harmonics: int | None = None,
    bic_drop: float = 10.0,
    min_n: int = 24,
    min_years: int = 2,
    max_gap: float = 120.0,
) -> xr.Dataset:
    """Yearly cycle of every cell, station or series as one or two harmonics.

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Dekadal, monthly, daily or irregular values with ``units``; lazy stays lazy.
    dim : str
        Time dimension, datetime64.
    harmonics : {1, 2}, optional
        By default one, or two where the BIC drops by more than ``bic_drop``.
    bic_drop : float
        See ``harmonics``.
    min_n, min_years : int
        Fewest values, and years with a value; years count from the first time.
    max_gap : float
        Longest part of the calendar year without any value [d]; a second harmonic is tried where the longest is at
        most half of it.

    Returns
    -------
    xarray.Dataset, without ``dim``
        ``coefficient`` (..., term), ``mean``, ``amplitude``, ``range`` [unit of ``da``]; ``peak_dekad``,
        ``second_peak_dekad``, ``trough_dekad`` (whole in the middle of a dekad: 1 to 36, New Year is 0.5) and the same
        as ``..._doy`` (day of a common year, 1 is noon of 1 January); ``n_peaks``, ``r2_adjusted``, ``n_harmonics``,
        ``n``, ``n_years`` and ``status``: ok, no_data, too_few_pairs, too_few_years, incomplete_year (``max_gap``),
        zero_variance.

    Raises
    ------
    SchemaError
        If units or time axis are missing, or time is chunked, annual or does not rise.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    METHODS 5.5, Chen et al. (2021) section 2.4; equations in :func:`vadose.stats.cycles.fit`, phases in
    :func:`vadose.analysis.phases.phase_axis`. A mean over a dekad or month lowers the first harmonic by 0.1 % or 1.1 %
    and the second by 0.5 % or 4.5 %; that is left as it is. Choice: ``min_years`` 2, because one year cannot tell a
    cycle from its weather; ``max_gap`` 120 d, because a fit says nothing about months never seen.

    References
    ----------
    Chen, Y., Feng, X. & Fu, B. (2021). An improved global remote-sensing-based surface soil moisture (RSSSM) dataset
    covering 2003-2018. Earth System Science Data 13, 1-31. https://doi.org/10.5194/essd-13-1-2021

    Examples
    --------
    >>> import pandas as pd
    >>> t = pd.date_range("2001-01-01", "2002-12-31")
    >>> turn = 2 * np.pi * (t.day_of_year - 0.5) / 365
    >>> da = xr.DataArray(0.2 + 0.1 * np.cos(turn - np.pi / 2), dims="time", coords={"time": t},
    ...                   attrs={"units": "m3 m-3"})
    >>> got = seasonal_cycle(da)
    >>> round(float(got.amplitude), 6), round(float(got.peak_doy), 2), round(float(got.peak_dekad), 2)
    (0.1, 91.75, 9.62)
    """
    units = need_array(da, "seasonal_cycle")
    if harmonics not in (None, 1, 2):
        raise ConfigError("harmonics", found=repr(harmonics), needed="1, 2 or None")
    if not 0 < max_gap <= 366:
        raise ConfigError("max_gap", found=f"{max_gap} d", needed="days above 0 and up to 366")
    axis = phase_axis(da, dim)
    options = {"order": harmonics, "bic_drop": bic_drop, "min_n": min_n, "min_years": min_years,
               "max_gap": min(max_gap / YEAR, 1.0)}  # fmt: skip

    def kernel(x: np.ndarray) -> np.ndarray:
        return np.stack(list(fields(x, axis, options).values()), axis=-1)

    names = list(CYCLE_FIELDS)
    stacked = xr.apply_ufunc(
        kernel, da, input_core_dims=[[dim]], output_core_dims=[["statistic"]], dask="parallelized",
        output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"statistic": len(names)}}, keep_attrs=False,
    )  # fmt: skip
    out = cycle_dataset(stacked, names, units)
    if "grid" in da.attrs:
        out.attrs["grid"] = da.attrs["grid"]
    return schema.stamp(
        out, title=f"Yearly cycle of {da.attrs.get('long_name', da.name or 'a variable')}",
        product=da.attrs.get("product", ""), version=da.attrs.get("product_version", ""),
        simulated=schema.is_simulated(da), phase_axis=axis.kind, period=axis.period, harmonics=harmonics or "by BIC",
        bic_drop=bic_drop, min_n=min_n, min_years=min_years, max_gap=f"{max_gap:g} d",
    )  # fmt: skip


def fields(x: np.ndarray, axis: PhaseAxis, options: dict) -> dict[str, np.ndarray]:
    """All numbers of the cycles of series (..., time), in the order of the terms and names."""
    from ..stats import cycles

    got = cycles.fit(x, phase=axis.phase, year=axis.year, **options)
    places = {f"{k}_dekad": to_dekad(got[k], axis.kind) for k in ("peak", "second_peak", "trough")}
    places |= {f"{k}_doy": to_day(got[k], axis.kind) for k in ("peak", "second_peak", "trough")}
    got = got | places
    return {k: got[k] for k in CYCLE_FIELDS}


def cycle_dataset(stacked: xr.DataArray, names: list[str], units: str) -> xr.Dataset:
    """Variables of a cycle from an array with the dimension ``statistic``."""
    part = {name: stacked.isel(statistic=k) for k, name in enumerate(names)}
    coefficient = stacked.isel(statistic=slice(0, len(TERMS))).rename(statistic="term").assign_coords(term=list(TERMS))
    out = xr.Dataset({"coefficient": coefficient})
    out["coefficient"].attrs = {"units": units, "long_name": "coefficients of the yearly cycle"}
    for name, (unit, text) in _NAMES.items():
        one = part[name]
        if name in _COUNTS:
            one = one.fillna(0).astype(_COUNTS[name])
        out[name] = one.assign_attrs(units=unit or units, long_name=text)
    out["status"].attrs = schema.status_attrs()
    return out


def cycle_values(cycle: xr.Dataset) -> xr.DataArray:
    """Values of fitted cycles in the middle of the 36 dekads.

    Parameters
    ----------
    cycle : xarray.Dataset
        From :func:`seasonal_cycle`.

    Returns
    -------
    xarray.DataArray, dims (..., dekad)
        Fitted values [unit of the data].

    Examples
    --------
    >>> import pandas as pd
    >>> t = pd.date_range("2001-01-01", periods=24, freq="MS")
    >>> da = xr.DataArray([1.0, 3.0] * 12, dims="time", coords={"time": t}, attrs={"units": "mm"})
    >>> cycle_values(seasonal_cycle(da, harmonics=1)).sizes["dekad"]
    36
    """
    from ..stats import cycles

    _check_cycle(cycle, "cycle")
    from .phases import DEKAD_STARTS

    kind = cycle.attrs["phase_axis"]
    middle = (DEKAD_STARTS[1:] + DEKAD_STARTS[:-1]) / 730
    phase = (np.arange(36) + 0.5) / 36 if kind == "dekads" else middle
    out = xr.apply_ufunc(
        cycles.evaluate, cycle["coefficient"], kwargs={"phase": phase}, input_core_dims=[["term"]],
        output_core_dims=[["dekad"]], dask="parallelized", output_dtypes=[float],
        dask_gufunc_kwargs={"output_sizes": {"dekad": 36}}, keep_attrs=False,
    )  # fmt: skip
    return out.assign_coords(dekad=np.arange(1, 37)).assign_attrs(
        units=cycle["coefficient"].attrs["units"], long_name="fitted yearly cycle"
    )


def peak_lag(sm_cycle: xr.Dataset, p_cycle: xr.Dataset, *, min_r2: float = 0.1, min_r2_sm: float = 0.0) -> xr.Dataset:
    """How long after precipitation soil moisture peaks.

    Parameters
    ----------
    sm_cycle, p_cycle : xarray.Dataset
        Cycles of soil moisture and of precipitation from :func:`seasonal_cycle`, on one grid.
    min_r2, min_r2_sm : float
        Least adjusted R² of precipitation and of soil moisture; below, there is no cycle to speak of.

    Returns
    -------
    xarray.Dataset
        ``lag`` [dekads, unit 1] within −18 up to 18, positive where soil moisture comes later; ``lag_days`` [d];
        ``lag_harmonic`` [d], that of the first harmonics alone; ``r`` between the two fitted cycles [1];
        ``n_peaks`` that were compared; ``status``: ok, no_cycle (R² too low) or that of the cycle that is missing.

    Raises
    ------
    SchemaError
        If one is no cycle, they lie on different grids, or one counts dekads and the other days.

    Notes
    -----
    METHODS 5.5. With one peak in either, the highest peaks are compared. With two in both, each peak of soil moisture
    is paired with one of precipitation, in the way that makes the distances shortest, and the lags are averaged: the
    difference of mean locations, without its jumps at New Year. Peaks of a cycle with one harmonic and of one with two
    are not the same thing: where ``n_harmonics`` differ, ``lag_harmonic`` compares like with like. It is also what a
    linear store delays, whatever the shape of the cycle. r over the year follows from the coefficients. Lags
    beyond half a year cannot be told from early peaks.

    Examples
    --------
    >>> import pandas as pd
    >>> t = pd.DatetimeIndex([m + pd.Timedelta(d, "D") for m in pd.date_range("2001", "2003", freq="MS")[:-1]
    ...                       for d in (0, 10, 20)])
    >>> def cosine(peak, units):
    ...     x = np.cos(2 * np.pi * (np.arange(72) + 1 - peak) / 36)
    ...     return seasonal_cycle(xr.DataArray(x, dims="time", coords={"time": t}, attrs={"units": units}))
    >>> got = peak_lag(cosine(1.5, "m3 m-3"), cosine(35.0, "mm"))
    >>> round(float(got.lag), 6), round(float(got.r), 4)
    (2.5, 0.9063)
    """
    for cycle, name in ((sm_cycle, "sm_cycle"), (p_cycle, "p_cycle")):
        _check_cycle(cycle, name)
    kinds = sm_cycle.attrs["phase_axis"], p_cycle.attrs["phase_axis"]
    if kinds[0] != kinds[1]:
        raise SchemaError("cycles", found=f"phases by {kinds[0]} and by {kinds[1]}", needed="the same time step",
                          do="Bring both to dekads: vadose.periods.composite(da, 'dekad').")  # fmt: skip
    names = ["peak_dekad", "second_peak_dekad", "peak_doy", "second_peak_doy", "n_peaks", "r2_adjusted", "status"]
    try:
        a, b = xr.align(sm_cycle[[*names, "coefficient"]], p_cycle[[*names, "coefficient"]], join="exact")
    except ValueError as err:
        raise SchemaError("cycles", found="different coordinates", needed="one grid",
                          do="Bring both to one grid: vadose.regrid.to_grid.") from err  # fmt: skip

    def kernel(sm: np.ndarray, rain: np.ndarray, sm_c: np.ndarray, rain_c: np.ndarray) -> np.ndarray:
        return _lags(sm, rain, sm_c, rain_c, kinds[0], min_r2, min_r2_sm)

    both = [xr.concat([c[n].astype(float) for n in names], dim="name", coords="minimal", compat="override")
            for c in (a, b)]  # fmt: skip
    both = [c.chunk(name=-1) if c.chunks else c for c in both]
    stacked = xr.apply_ufunc(
        kernel, *both, a["coefficient"], b["coefficient"], input_core_dims=[["name"]] * 2 + [["term"]] * 2,
        output_core_dims=[["statistic"]], dask="parallelized", output_dtypes=[float],
        dask_gufunc_kwargs={"output_sizes": {"statistic": len(_LAG)}}, keep_attrs=False,
    )  # fmt: skip
    out = xr.Dataset({n: stacked.isel(statistic=k) for k, n in enumerate(_LAG)})
    out = out.assign(n_peaks=out["n_peaks"].astype("int8"), status=out["status"].astype("int8"))
    out["lag"].attrs = {"units": "1", "long_name": "lag of the soil moisture peak behind precipitation, in dekads"}
    out["lag_days"].attrs = {"units": "d", "long_name": "lag of the soil moisture peak behind precipitation"}
    out["lag_harmonic"].attrs = {"units": "d", "long_name": "lag of the first harmonic behind that of precipitation"}
    out["r"].attrs = {"units": "1", "long_name": "correlation of the yearly cycles of soil moisture and precipitation"}
    out["n_peaks"].attrs = {"units": "1", "long_name": "pairs of peaks compared"}
    out["status"].attrs = schema.status_attrs()
    if "grid" in sm_cycle.attrs:
        out.attrs["grid"] = sm_cycle.attrs["grid"]
    return schema.stamp(out, title="Lag of soil moisture behind precipitation", min_r2=min_r2, min_r2_sm=min_r2_sm,
                        product=sm_cycle.attrs.get("product", ""), period=sm_cycle.attrs.get("period", ""),
                        simulated=schema.is_simulated(sm_cycle) or schema.is_simulated(p_cycle))  # fmt: skip


def _lags(sm, rain, sm_c, rain_c, kind: str, min_r2: float, min_r2_sm: float) -> np.ndarray:
    from ..stats import cycles

    double = (sm[..., 4] == 2) & (rain[..., 4] == 2)
    first, whole = (0, 36.0) if kind == "dekads" else (2, 365.0)

    def apart(i: int, j: int) -> np.ndarray:
        return cycles.circular_difference(sm[..., first + i] / whole, rain[..., first + j] / whole)

    straight, crossed = (apart(0, 0), apart(1, 1)), (apart(0, 1), apart(1, 0))
    nearer = np.abs(straight[0]) + np.abs(straight[1]) <= np.abs(crossed[0]) + np.abs(crossed[1])
    lag = np.where(double, np.where(nearer, sum(straight), sum(crossed)) / 2, straight[0])
    turn = [np.arctan2(c[..., 2], c[..., 1]) / (2 * np.pi) for c in (sm_c, rain_c)]
    harmonic = cycles.circular_difference(*turn)
    status = np.where(sm[..., 6] != STATUS["ok"], sm[..., 6], rain[..., 6])
    weak = (rain[..., 5] < min_r2) | (sm[..., 5] < min_r2_sm)
    status = np.where((status == STATUS["ok"]) & weak, STATUS["no_cycle"], status)
    good = status == STATUS["ok"]
    r = cycles.correlation(sm_c, rain_c)
    numbers = (36 * lag, YEAR * lag, YEAR * harmonic, r)
    return np.stack([*(np.where(good, v, np.nan) for v in numbers), np.where(good, 1 + double, 0), status], axis=-1)


def _check_cycle(cycle: object, where: str) -> None:
    if not isinstance(cycle, xr.Dataset) or "coefficient" not in cycle or "phase_axis" not in cycle.attrs:
        raise SchemaError(where, found=type(cycle).__name__, needed="a dataset from seasonal_cycle",
                          do="Call vadose.analysis.seasonal_cycle first.")  # fmt: skip
