"""How fast does the soil lose water while it does not rain? By pairs of dry dekads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods, schema, units
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .phases import need_array, phase_axis
from .seasonal import CYCLE_FIELDS, cycle_dataset, fields
from .years import YEAR

#: Variables of the rule: long name.
_RULE = {
    "threshold": "rain of two dekads below which they are dry",
    "n_falls": "dry dekads in which soil moisture falls",
    "n_rises": "dry dekads in which soil moisture rises",
    "n_dry": "dry dekads after a dry dekad",
    "loss_observed": "mean loss of the dry dekads",
    "r": "correlation of soil moisture and its loss over dry dekads",
}
#: Names of the cycle -> names of the loss.
_LOSS = {
    "mean": ("loss", "mean loss over the year"),
    "range": ("loss_range", "range of the yearly cycle of the loss"),
    "amplitude": ("loss_amplitude", "amplitude of the first harmonic of the loss"),
    "peak_dekad": ("fastest_dekad", "dekad of the year of the fastest loss"),
    "peak_doy": ("fastest_doy", "day of the year of the fastest loss"),
    "trough_dekad": ("slowest_dekad", "dekad of the year of the slowest loss"),
    "trough_doy": ("slowest_doy", "day of the year of the slowest loss"),
}


def need_rain(da: object, what: str) -> None:
    """Raise SchemaError unless given an array of water amounts [mm]."""
    unit = need_array(da, what)
    if units.ALIASES.get(unit.strip()) != "kg m-2":  # rates are in no table: their unit has a time
        raise SchemaError(what, found=f"units {unit!r}", needed="mm (kg m-2) per step",
                          do="Multiply a rate by the length of its step.")  # fmt: skip


def effective_precipitation(
    precipitation: xr.DataArray,
    leaf_area_index: xr.DataArray,
    *,
    demand: xr.DataArray | None = None,
    wet_hours: float = 0.0,
    storms: float | xr.DataArray = 1.0,
) -> xr.DataArray:
    """Precipitation less what the canopy intercepts.

    Parameters
    ----------
    precipitation : xarray.DataArray
        Amount of each step [mm], best daily; lazy stays lazy.
    leaf_area_index : xarray.DataArray
        [1], of the same coordinates, or without time.
    demand : xarray.DataArray, optional
        Potential evapotranspiration [mm day-1]; with ``wet_hours`` it dries the leaves while it rains.
    wet_hours : float
        Hours of rain in a step with rain [h].
    storms : float or DataArray
        Storms in a step [1].

    Returns
    -------
    xarray.DataArray
        Rain that reaches the ground [mm].

    Raises
    ------
    SchemaError
        If precipitation is no amount of water, or coordinates differ.

    Notes
    -----
    P − I with the modified Merriam interception of :func:`vadose.physics.canopy_interception` (METHODS 5.6).

    Examples
    --------
    >>> rain = xr.DataArray([0.0, 10.0], dims="time", attrs={"units": "mm"})
    >>> leaves = xr.DataArray(5.0, attrs={"units": "1"})
    >>> effective_precipitation(rain, leaves).round(3).values.tolist()
    [0.0, 9.0]
    """
    need_rain(precipitation, "precipitation")
    need_array(leaf_area_index, "leaf_area_index", units=False)
    if demand is not None:
        need_rain(demand, "demand")

    def kernel(rain, leaves, rate, count):
        from ..physics import canopy_interception

        return rain - canopy_interception(rain, leaves, demand=rate, wet_hours=wet_hours, storms=count)

    try:
        out = xr.apply_ufunc(
            kernel, precipitation, leaf_area_index, 0.0 if demand is None else demand, storms, join="exact",
            dask="parallelized", output_dtypes=[float], keep_attrs=False,
        )  # fmt: skip
    except ValueError as err:
        raise SchemaError("precipitation and leaf_area_index", found="different coordinates", needed="the same ones",
                          do="Bring both to one grid and time axis.") from err  # fmt: skip
    out = out.transpose(*precipitation.dims, ...).astype(precipitation.dtype).rename("effective_precipitation")
    keep = {k: v for k, v in precipitation.attrs.items() if k in ("grid", "simulated", "product")}
    if any(schema.is_simulated(d) for d in (precipitation, leaf_area_index)):
        keep["simulated"] = "true"
    return out.assign_attrs(keep, units="mm", long_name="precipitation that reaches the ground")


def dekad_totals(precipitation: xr.DataArray, *, min_days: int = 8) -> xr.DataArray:
    """Daily amounts as sums of dekads.

    Parameters
    ----------
    precipitation : xarray.DataArray, dims (time, ...)
        Daily amounts [mm]; lazy stays lazy. Dekadal amounts are returned as they are.
    min_days : int
        Fewest days with a value.

    Returns
    -------
    xarray.DataArray
        Amounts [mm] on the first days of dekads.

    Notes
    -----
    Choice: mean of the days present, times the days of the dekad.

    Examples
    --------
    >>> t = pd.date_range("2001-01-01", periods=31)
    >>> da = xr.DataArray(np.ones(31), dims="time", coords={"time": t}, attrs={"units": "mm"})
    >>> dekad_totals(da).values.tolist()
    [10.0, 10.0, 11.0]
    """
    need_rain(precipitation, "precipitation")
    if not 1 <= min_days <= 11:
        raise ConfigError("min_days", found=f"{min_days}", needed="1 to 11")
    axis = phase_axis(precipitation)
    if axis.per_year == 36:
        return precipitation
    t = pd.DatetimeIndex(precipitation["time"].values)
    if axis.per_year != 1 or axis.place.dtype.kind != "i":
        raise SchemaError("precipitation: time", found="times that are neither daily nor dekadal",
                          needed="daily amounts at midnight")  # fmt: skip
    if len(t) == 0:
        return precipitation
    mean = periods.composite(precipitation, "dekad", min_count=min_days)["mean"]
    length = np.diff(periods.bounds(mean["time"].values, "dekad"), axis=1)[:, 0] / np.timedelta64(1, "D")
    days = xr.DataArray(length.astype(mean.dtype), dims="time", coords={"time": mean["time"]})
    keep = {k: v for k, v in precipitation.attrs.items() if k in ("grid", "simulated", "product", "long_name")}
    return (mean * days).rename(precipitation.name).assign_attrs(keep, units="mm", cell_methods="time: sum")


def drydown(
    sm: xr.DataArray,
    precipitation: xr.DataArray,
    *,
    dim: str = "time",
    threshold: float = 10.0,
    lower: float = 1.0,
    ratio: float = 2.0,
    min_n: int = 36,
    max_gap: float = 120.0,
) -> xr.Dataset:
    """Loss of soil moisture in dry dekads: its yearly cycle, when it is fastest, and its mean.

    Parameters
    ----------
    sm : xarray.DataArray, dims (time, ...)
        Dekadal soil moisture with ``units``; lazy stays lazy.
    precipitation : xarray.DataArray
        Effective precipitation of the same dekads and cells [mm]: :func:`effective_precipitation` of daily rain, then
        :func:`dekad_totals`.
    dim : str
        Time dimension.
    threshold, lower : float
        First threshold of the rain of two neighbouring dekads together, and by how much it is lowered [mm].
    ratio : float
        Falls needed for each rise.
    min_n : int
        Fewest dry pairs.
    max_gap : float
        Longest part of the calendar year without a dry pair [d]; 366 allows any, as the paper does. A second harmonic
        is tried where the longest is at most half of it.

    Returns
    -------
    xarray.Dataset, without ``dim``
        ``loss`` (mean of the fitted cycle, as if a dry spell came at any time of the year), ``loss_observed`` (mean of
        the dry dekads there are), ``loss_range``, ``loss_amplitude`` [unit per dekad]; ``fastest_dekad``,
        ``slowest_dekad`` and ``..._doy``; ``coefficient``, ``r2_adjusted``, ``n_harmonics``; ``r`` between soil
        moisture and loss [1]; ``threshold`` [mm], ``n_dry``, ``n_falls``, ``n_rises`` [1]; ``status``: ok, no_data,
        too_few_pairs, inconsistent_sign (rises remain at every threshold), incomplete_year.

    Raises
    ------
    SchemaError
        If units are missing or wrong, times are not dekads, or the two differ in coordinates.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    METHODS 5.6, Chen et al. (2021) section 2.4: where effective precipitation of two neighbouring dekads together is
    below the threshold, the change of soil moisture from the first to the second is a loss; the threshold falls by 1 mm
    until falls are twice as many as rises, and a cell with fewer than 36 pairs is given up. The loss is assigned to the
    second dekad. Choice: ``r`` compares the loss with the mean of the two dekads and not with the first, because noise
    of the first is part of both and would correlate them by itself. Choice: ``max_gap``, because a fit says nothing
    about a wet season without a dry dekad; ``loss_observed`` needs none. In a cell whose rises are noise the rule
    selects what it looks for: its loss is biased high.

    Examples
    --------
    Every dekad of two rainless years loses 0.01.

    >>> t = periods.dekads("2001D01", "2002D36")
    >>> sm = xr.DataArray(0.9 - 0.01 * np.arange(72), dims="time", coords={"time": t}, attrs={"units": "m3 m-3"})
    >>> got = drydown(sm, xr.zeros_like(sm).assign_attrs(units="mm"))
    >>> round(float(got.loss), 6), got.loss.units, int(got.n_dry), float(got.threshold)
    (0.01, 'm3 m-3 dekad-1', 71, 10.0)
    """
    unit = units.canonical(need_array(sm, "sm"), where="sm")
    need_rain(precipitation, "precipitation")
    if not 0 < max_gap <= 366:
        raise ConfigError("max_gap", found=f"{max_gap} d", needed="days above 0 and up to 366")
    if not (threshold > 0 and lower > 0 and ratio > 0 and min_n >= 1):
        raise ConfigError("rule", found=f"threshold {threshold}, lower {lower}, ratio {ratio}, min_n {min_n}",
                          needed="numbers above 0")  # fmt: skip
    axis = phase_axis(sm, dim)
    if axis.kind != "dekads":
        raise SchemaError(f"{sm.name or 'sm'}: {dim}", found="times that are not the first days of dekads",
                          needed="dekadal values",
                          do="Make them: vadose.periods.composite(da, 'dekad')['mean'].")  # fmt: skip
    try:
        sm, precipitation = xr.align(sm, precipitation, join="exact")
    except ValueError as err:
        raise SchemaError("sm and precipitation", found="different coordinates", needed="the same cells and dekads",
                          do="Bring both to one grid and select the common times.") from err  # fmt: skip
    fit = {"order": None, "bic_drop": 10.0, "min_n": 5, "min_years": 1, "max_gap": min(max_gap / YEAR, 1.0)}
    rule: dict[str, Any] = {"position": axis.place, "start": threshold, "lower": lower, "ratio": ratio, "min_n": min_n}
    names = list(CYCLE_FIELDS)

    def kernel(x: np.ndarray, rain: np.ndarray) -> np.ndarray:
        from ..stats.dry_changes import dry_changes

        x = x.astype(float)
        dry = dry_changes(x, rain, **rule)
        cycle = fields(-dry["change"], axis, fit)
        refused = dry["status"] != STATUS["ok"]
        cycle["status"] = np.where(refused, dry["status"], cycle["status"])
        own = {"threshold": dry["threshold"], "n_falls": dry["n_falls"], "n_rises": dry["n_rises"], "n_dry": dry["n"],
               "loss_observed": _mean(-dry["change"]), "r": _correlation(x, dry["change"])}  # fmt: skip
        return np.stack([*(cycle[k] for k in names), *own.values()], axis=-1)

    stacked = xr.apply_ufunc(
        kernel, sm, precipitation, input_core_dims=[[dim], [dim]], output_core_dims=[["statistic"]],
        dask="parallelized", output_dtypes=[float],
        dask_gufunc_kwargs={"output_sizes": {"statistic": len(names) + len(_RULE)}}, keep_attrs=False,
    )  # fmt: skip
    out = cycle_dataset(stacked, names, f"{unit} dekad-1").drop_vars(["n", "n_years", "second_peak_doy"])
    out = out.drop_vars("second_peak_dekad").rename({k: v[0] for k, v in _LOSS.items()})
    for name, text in _LOSS.values():
        out[name].attrs["long_name"] = text
    for k, (name, text) in enumerate(_RULE.items()):
        one = stacked.isel(statistic=len(names) + k)
        out[name] = (one.astype("int32") if name.startswith("n_") else one).assign_attrs(units="1", long_name=text)
    out["threshold"].attrs["units"] = "mm"
    out["loss_observed"].attrs["units"] = f"{unit} dekad-1"
    out["coefficient"].attrs["long_name"] = "coefficients of the yearly cycle of the loss"
    out["r2_adjusted"].attrs["long_name"] = "adjusted R² of the yearly cycle of the loss"
    if "grid" in sm.attrs:
        out.attrs["grid"] = sm.attrs["grid"]
    return schema.stamp(
        out, title="Loss of soil moisture in dry dekads", product=sm.attrs.get("product", ""), period=axis.period,
        simulated=schema.is_simulated(sm) or schema.is_simulated(precipitation), phase_axis="dekads",
        first_threshold=f"{threshold:g} mm", ratio=ratio, min_n=min_n, max_gap=f"{max_gap:g} d",
    )  # fmt: skip


def _mean(x: np.ndarray) -> np.ndarray:
    n = np.isfinite(x).sum(-1)
    return np.where(n > 0, np.nansum(x, axis=-1) / np.maximum(n, 1), np.nan)


def _correlation(x: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Pearson r of the mean of two steps and the loss between them."""
    known = np.isfinite(change[..., 1:])
    a = np.where(known, (x[..., 1:] + x[..., :-1]) / 2, 0.0)
    b = np.where(known, -change[..., 1:], 0.0)
    n = np.maximum(known.sum(-1), 1)
    a = np.where(known, a - (a.sum(-1) / n)[..., None], 0.0)
    b = np.where(known, b - (b.sum(-1) / n)[..., None], 0.0)
    size = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    enough = (known.sum(-1) > 2) & (size > 1e-14)
    return np.where(enough, (a * b).sum(-1) / np.where(enough, size, 1.0), np.nan)
