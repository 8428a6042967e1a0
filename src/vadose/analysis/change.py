"""What changed between two dates, and is it more than the maps can tell?"""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..units import canonical
from .water_index import same_axes


def change(
    before: xr.DataArray,
    after: xr.DataArray,
    *,
    uncertainty_before: xr.DataArray | float,
    uncertainty_after: xr.DataArray | float,
    correlation: float = 0.0,
    alpha: float = 0.05,
) -> xr.Dataset:
    """Difference of two maps with its combined uncertainty and significance.

    Parameters
    ----------
    before, after : xarray.DataArray
        Two dates on one grid, with the same ``units`` and no time dimension; lazy stays lazy.
    uncertainty_before, uncertainty_after : DataArray or float
        Standard uncertainties (1 sigma) [unit of the maps].
    correlation : float
        Correlation of the two errors: errors that last, such as a bias of the soil map, cancel in the difference.
    alpha : float
        Level of a single cell, and largest expected share of false ones among those significant as a field.

    Returns
    -------
    xarray.Dataset
        ``change`` (after less before) and ``change_uncertainty`` [unit of the maps], ``z`` and two-sided ``p_value``
        [1], ``significant`` (each cell by itself), ``p_adjusted`` and ``significant_field`` (Benjamini-Hochberg over
        the map), ``status`` (``no_data`` where a value or its uncertainty is missing, ``zero_variance`` where both
        uncertainties are 0).

    Raises
    ------
    SchemaError
        If grids or units differ, units are missing, or a map has a time dimension.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    u^2 = u_1^2 + u_2^2 - 2 rho u_1 u_2 (JCGM 100:2008, eq. 16); z = change / u against the normal distribution.
    Choice: rho = 0 by default, which is the wider interval where errors last.

    Examples
    --------
    >>> one = xr.DataArray([0.20, 0.30], dims="cell", attrs={"units": "m3 m-3"})
    >>> two = xr.DataArray([0.10, 0.29], dims="cell", attrs={"units": "m3 m-3"})
    >>> got = change(one, two, uncertainty_before=0.03, uncertainty_after=0.04)
    >>> got.change_uncertainty.values.round(3).tolist(), got.z.values.round(2).tolist(), got.significant.values.tolist()
    ([0.05, 0.05], [-2.0, -0.2], [True, False])
    """
    from .summary import field_significance

    if not -1 <= correlation <= 1:
        raise ConfigError("correlation", found=f"{correlation}", needed="a correlation from -1 to 1")
    if not 0 < alpha < 1:
        raise ConfigError("alpha", found=f"{alpha}", needed="a level between 0 and 1, such as 0.05")
    units = _unit(before, "before")
    maps = [before, after]
    spreads = [_spread(u, before, name, units) for u, name in
               ((uncertainty_before, "uncertainty_before"), (uncertainty_after, "uncertainty_after"))]  # fmt: skip
    if _unit(after, "after") != units:
        raise SchemaError("after", found=f"units {after.attrs['units']!r}", needed=repr(before.attrs["units"]),
                          do="Convert it with vadose.units.convert.")  # fmt: skip
    for name, da in zip(("before", "after"), maps, strict=True):
        if "time" in da.dims:
            raise SchemaError(name, found="a time dimension", needed="one date", do="Select it: da.sel(time=...).")
    plain = [da.drop_vars([c for c in da.coords if c not in da.dims]) for da in maps]
    same_axes(*plain)
    one, two = (da.astype(float) for da in plain)

    def kernel(x: np.ndarray, y: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, ...]:
        from scipy.special import ndtr

        u, v = (np.where(s >= 0, s, np.nan) for s in (u, v))
        spread = np.sqrt(np.maximum(u * u + v * v - 2 * correlation * u * v, 0.0))
        known = np.isfinite(x) & np.isfinite(y) & np.isfinite(spread)
        sure = known & (spread > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            z = np.where(sure, (y - x) / spread, np.nan)
        status = np.where(known, np.where(sure, schema.STATUS["ok"], schema.STATUS["zero_variance"]),
                          schema.STATUS["no_data"])  # fmt: skip
        return (np.where(known, y - x, np.nan), np.where(known, spread, np.nan), z, 2 * ndtr(-np.abs(z)),
                status.astype(np.int8))  # fmt: skip

    parts = xr.apply_ufunc(kernel, one, two, *spreads, output_core_dims=[[]] * 5, dask="parallelized",
                           output_dtypes=[float] * 4 + [np.int8], keep_attrs=False)  # fmt: skip
    out = xr.Dataset(dict(zip(("change", "change_uncertainty", "z", "p_value", "status"), parts, strict=True)))
    out["significant"] = out["p_value"] < alpha
    field = field_significance(xr.Dataset({"slope": out["change"], "p_value": out["p_value"]}), alpha=alpha)
    out["p_adjusted"], out["significant_field"] = field["p_adjusted"], field["significant"]
    shown = str(before.attrs["units"])
    out["change"].attrs = {"units": shown, "long_name": f"change of {before.attrs.get('long_name', 'soil moisture')}"}
    out["change_uncertainty"].attrs = {"units": shown, "long_name": "standard uncertainty of the change"}
    out["z"].attrs = {"units": "1", "long_name": "change over its uncertainty"}
    out["p_value"].attrs = {"units": "1", "long_name": "two-sided p-value of no change"}
    out["significant"].attrs = {"units": "1", "long_name": f"significant at {alpha:g}, cell by cell"}
    out["status"].attrs = schema.status_attrs()
    if "grid" in before.attrs:
        out.attrs["grid"] = before.attrs["grid"]
    simulated = schema.is_simulated(before) or schema.is_simulated(after)
    dates = [str(da["time"].values)[:10] if "time" in da.coords else None for da in maps]
    return schema.stamp(out, title="Change between two dates", simulated=simulated, before=dates[0], after=dates[1],
                        correlation=correlation, alpha=alpha)  # fmt: skip


def _unit(da: xr.DataArray, name: str) -> str:
    if not isinstance(da, xr.DataArray) or not da.attrs.get("units"):
        raise SchemaError(name, found="no units" if isinstance(da, xr.DataArray) else type(da).__name__,
                          needed="a DataArray with a units attribute")  # fmt: skip
    return canonical(str(da.attrs["units"]), where=name)


def _spread(value: xr.DataArray | float, like: xr.DataArray, name: str, units: str) -> xr.DataArray | float:
    if not isinstance(value, xr.DataArray):
        if not float(value) >= 0:
            raise ConfigError(name, found=f"{value}", needed="a standard uncertainty of 0 or more")
        return float(value)
    if _unit(value, name) != units:
        raise SchemaError(name, found=f"units {value.attrs['units']!r}", needed=repr(like.attrs["units"]))
    if "time" in value.dims:
        raise SchemaError(name, found="a time dimension", needed="one date", do="Select it: da.sel(time=...).")
    plain = value.drop_vars([c for c in value.coords if c not in value.dims])
    same_axes(plain, like.drop_vars([c for c in like.coords if c not in like.dims]))
    return plain.astype(float)
