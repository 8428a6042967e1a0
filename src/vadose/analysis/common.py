"""Several products on one grid, for the same years and the same cells."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import pandas as pd
import xarray as xr

from .. import periods, regrid
from ..errors import ConfigError, GridError, SchemaError
from ..grid import Grid
from ..units import convert
from .trends import trend
from .years import annual_means, year_axis

MASKS = ("common", "own")


def common_annual_means(
    products: Mapping[str, xr.DataArray],
    *,
    period: str | tuple | None = None,
    grid: Grid | None = None,
    units: str | None = None,
    min_months: int = 12,
    min_days: int = 1,
) -> dict[str, xr.DataArray]:
    """Annual means of several products in one unit, on one grid and for the same years.

    Parameters
    ----------
    products : mapping
        Name -> array, dims (time, ...), with ``units``: annual, monthly or finer values; lazy stays lazy.
    period : str or tuple, optional
        Whole years, both included, such as ``"2000/2020"``; default all years that any product has.
    grid : Grid, optional
        Where to bring all products, by area-weighted means of their annual means; default: they share one already.
    units : str, optional
        Unit to convert to; default that of the first product.
    min_months, min_days : int
        See :func:`annual_means`; without meaning for annual values.

    Returns
    -------
    dict of str to xarray.DataArray
        Name -> annual means on 1 January, every year of the period; years without values are NaN.

    Raises
    ------
    ConfigError
        Without products, or if the period is not of whole years.
    SchemaError
        If something is no array with time and units, or a unit cannot be converted.
    GridError
        If the grids differ and no grid is given.

    Examples
    --------
    >>> t = pd.date_range("2000-01-01", periods=24, freq="MS")
    >>> a = xr.DataArray([float(i) for i in range(24)], dims="time", coords={"time": t}, attrs={"units": "vol.%"})
    >>> got = common_annual_means({"a": a, "b": a.isel(time=slice(12, 24))}, units="m3 m-3")
    >>> [v.round(4).values.tolist() for v in got.values()]
    [[0.055, 0.175], [nan, 0.175]]
    """
    if not products:
        raise ConfigError("products", found="none", needed="at least one")
    annual: dict[str, xr.DataArray] = {}
    for name, da in products.items():
        if not isinstance(da, xr.DataArray):
            raise SchemaError(name, found=type(da).__name__, needed="a DataArray", do="Pick a variable: ds['sm'].")
        if not da.attrs.get("units"):
            raise SchemaError(name, found="no units", needed="a units attribute",
                              do="Set da.attrs['units'], e.g. 'm3 m-3'.")  # fmt: skip
        units = units or str(da.attrs["units"])
        axis = year_axis(da.rename(name))
        if axis.per_year == 1 and axis.regular:
            year = periods.composite(da, "year")["mean"]
        else:
            year = annual_means(da, min_months=min_months, min_days=min_days)
        if grid is not None:
            year = regrid.to_grid(year, grid, method="area")
        annual[name] = convert(year, da.attrs["units"], units, where=name).assign_attrs(da.attrs, units=units)
    years = _years(annual, period)
    out = {name: da.reindex(time=years) for name, da in annual.items()}
    out = {name: da.chunk(time=-1) if da.chunks else da for name, da in out.items()}
    _check_cells(out)
    return out


def common_trends(
    products: Mapping[str, xr.DataArray],
    *,
    period: str | tuple | None = None,
    grid: Grid | None = None,
    mask: str = "common",
    units: str | None = None,
    min_months: int = 12,
    min_days: int = 1,
    method: str = "sen",
    test: str | None = "ar1",
    bias_corrected: bool = False,
    min_valid: float = 0.7,
    level: float | None = 0.95,
) -> dict[str, xr.Dataset]:
    """Trends of several products that can be compared: one grid, the same years, the same cells.

    Parameters
    ----------
    products, period, grid, units, min_months, min_days
        See :func:`common_annual_means`.
    mask : {"common", "own"}
        Cells: those where every product has a trend, or each product's own. A product without any trend in the period
        does not count.
    method, test, bias_corrected, min_valid, level
        See :func:`trend`; ``min_valid`` is the share of all years of the period.

    Returns
    -------
    dict of str to xarray.Dataset
        Name -> trends as :func:`trend` gives them, for :func:`agreement` and the maps. With ``mask="common"`` slopes,
        bounds, intercepts and p-values are NaN elsewhere.

    Raises
    ------
    ConfigError, SchemaError, GridError
        As :func:`common_annual_means` and :func:`trend`.

    Examples
    --------
    >>> t = pd.date_range("2000-01-01", periods=5, freq="YS")
    >>> a = xr.DataArray([[1.0, 2, 3, 4, 5], [5.0, 4, 3, 2, 1]], dims=("cell", "time"), coords={"time": t},
    ...                  attrs={"units": "kg m-2"})
    >>> b = a.where(a.cell == 0)
    >>> got = common_trends({"a": a, "b": b}, test="mk")
    >>> got["a"].slope.values.tolist(), got["b"].slope.values.tolist()
    ([1.0, nan], [1.0, nan])
    """
    annual = common_annual_means(products, period=period, grid=grid, units=units, min_months=min_months,
                                 min_days=min_days)  # fmt: skip
    return trends_on_cells(annual, mask=mask, method=method, test=test, bias_corrected=bias_corrected,
                           min_valid=min_valid, level=level)  # fmt: skip


def trends_on_cells(annual: Mapping[str, xr.DataArray], *, mask: str, method: str, test: str | None, min_valid: float,
                    bias_corrected: bool = False, level: float | None) -> dict[str, xr.Dataset]:  # fmt: skip
    """Trends of annual means from :func:`common_annual_means`, on the cells of a mask."""
    if mask not in MASKS:
        raise ConfigError("mask", found=repr(mask), needed=f"one of {list(MASKS)}")
    out = {name: trend(da.rename(name), method=method, test=test, bias_corrected=bias_corrected, min_valid=min_valid,
                       level=level)
           for name, da in annual.items()}  # fmt: skip
    if mask == "own":
        return out
    # a product without any trend says nothing about cells; whether it has one is part of the data
    known = [ds["slope"].notnull() for ds in out.values()]
    cells = reduce(lambda a, b: a & b, [k | ~k.any() for k in known])
    keep = ("slope", "slope_lower", "slope_upper", "intercept", "p_value", "z", "s")
    masked = {}
    for name, ds in out.items():
        masked[name] = ds.assign({k: ds[k].where(cells).assign_attrs(ds[k].attrs) for k in keep})
    return masked


def _years(annual: Mapping[str, xr.DataArray], period: str | tuple | None) -> pd.DatetimeIndex:
    if period is None:
        first = min(da.indexes["time"][0].year for da in annual.values())
        last = max(da.indexes["time"][-1].year for da in annual.values())
    else:
        first, last = whole_years(period)
    return pd.date_range(f"{first}-01-01", f"{last}-01-01", freq="YS", name="time")


def whole_years(period: str | tuple) -> tuple[int, int]:
    """First and last year of a period of whole years.

    Examples
    --------
    >>> whole_years("2000/2020"), whole_years(("2000-01-01", "2003-12-31"))
    ((2000, 2020), (2000, 2003))
    """
    span = periods.parse_period(period)
    if span is None:
        raise ConfigError("period", found=repr(period), needed="whole years, such as '2000/2020'")
    start, stop = pd.Timestamp(span[0]), pd.Timestamp(span[1])
    if (start.month, start.day, stop.month, stop.day) != (1, 1, 1, 1):
        raise ConfigError("period", found=repr(period), needed="whole years, such as '2000/2020'")
    return start.year, stop.year - 1


def _check_cells(annual: Mapping[str, xr.DataArray]) -> None:
    first = next(iter(annual.values()))
    for name, da in annual.items():
        if set(da.dims) != set(first.dims):
            raise GridError(name, found=f"dims {tuple(map(str, da.dims))}",
                            needed=f"{tuple(map(str, first.dims))}, as the first product",
                            do="Select one layer of each product.")  # fmt: skip
    try:
        xr.align(*annual.values(), join="exact")
    except ValueError as err:
        raise GridError("products", found="products on different grids", needed="one grid",
                        do="Name the grid to bring them to: grid=Grid.regular(0.25).") from err  # fmt: skip
