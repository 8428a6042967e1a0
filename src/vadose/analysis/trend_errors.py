"""Whose trend is right, where a reference such as the simulated truth is at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from .. import schema
from ..errors import ConfigError
from ..grid import Grid
from .agreement import agreement
from .common import common_annual_means, trends_on_cells
from .compare import region_means
from .regions import regions_by_kind, stack_regions
from .summary import check_alpha
from .trends import per_year, trend
from .weights import cell_weights

_REFERENCE = "reference"


def trend_errors(
    products: Mapping[str, xr.DataArray],
    reference: xr.DataArray,
    *,
    period: str | tuple | None = None,
    grid: Grid | None = None,
    area: str = "cos",
    alpha: float = 0.05,
    min_months: int = 12,
    min_days: int = 1,
    test: str = "ar1",
    bias_corrected: bool = False,
    min_valid: float = 0.7,
) -> xr.Dataset:
    """How far the trends of products are from those of a reference, on common cells and years.

    Parameters
    ----------
    products : mapping
        Name -> array, dims (time, lat, lon), with ``units``; lazy stays lazy.
    reference : xarray.DataArray
        What is taken as true, convertible to the unit of the first product.
    period, grid, min_months, min_days, test, bias_corrected, min_valid
        See :func:`common_trends`.
    area : {"cos", "cell", "pixel"}
        Weight of a cell.
    alpha : float
        Level of significance; intervals are of level 1 - ``alpha``.

    Returns
    -------
    xarray.Dataset
        Per ``product``: ``rate`` and ``true_rate`` (trends of the means over all cells), ``rate_error`` with
        ``rate_error_lower`` and ``rate_error_upper`` (trend of the mean of product less reference), ``slope_rmse``
        (over cells) [unit per year], ``correlation`` (of maps), ``same_sign``, ``consistent`` (share of cells where
        product less reference has no significant trend) [1], ``right`` (boolean: the interval of ``rate_error`` holds
        0) and ``n_cells``.

    Raises
    ------
    ConfigError, SchemaError, GridError
        As :func:`common_trends`; or if a product is called "reference".

    Notes
    -----
    The weather of the years moves product and reference alike and cancels in their difference, whose trend therefore
    shows errors that are far below the uncertainty of either trend. A product that is right is ``consistent`` in
    about 1 - ``alpha`` of its cells, and called wrong as a whole with probability ``alpha``. Differences that only
    the seasons of missing data make count as errors too. NaN and False for a product without common cells.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> t = pd.date_range("2000-01-01", periods=12, freq="YS")
    >>> noise = 0.1 * np.random.default_rng(0).standard_normal((3, 12, 1, 2))
    >>> def make(slope, k):
    ...     x = slope * np.arange(12.0)[:, None, None] + noise[k]
    ...     return xr.DataArray(x, dims=("time", "lat", "lon"), coords={"time": t, "lat": [0.0], "lon": [0.0, 1.0]},
    ...                         attrs={"units": "kg m-2"})
    >>> got = trend_errors({"good": make(1, 0), "bad": make(-1, 1)}, make(1, 2))
    >>> got.right.values.tolist(), got.same_sign.values.tolist()
    ([True, False], [1.0, 0.0])
    """
    check_alpha(alpha)
    if _REFERENCE in products:
        raise ConfigError("products", found=f"a product called {_REFERENCE!r}", needed="another name")
    annual = common_annual_means({**products, _REFERENCE: reference}, period=period, grid=grid, min_months=min_months,
                                 min_days=min_days, units=_units(products))  # fmt: skip
    options: dict[str, Any] = {"method": "sen", "test": test, "bias_corrected": bias_corrected, "min_valid": min_valid,
                               "level": 1 - alpha}  # fmt: skip
    trends = trends_on_cells(annual, mask="common", **options)
    true = trends[_REFERENCE]["slope"]
    every = stack_regions(regions_by_kind(None, true), true)
    rows = []
    for name in products:
        slope = trends[name]["slope"]
        cells = slope.notnull() & true.notnull()
        difference = (annual[name] - annual[_REFERENCE]).assign_attrs(units=annual[name].attrs["units"])
        apart = trend(difference.where(cells).assign_attrs(difference.attrs), **options)
        weight = (cell_weights(annual[name], area) * xr.ones_like(slope)).where(cells & apart["slope"].notnull())
        total = weight.sum()
        total = total.where(total > 0)
        error, own, whole = (trend(region_means(da, cells, every, area), **options).isel(region=0, drop=True)
                             for da in (difference, annual[name], annual[_REFERENCE]))  # fmt: skip
        pair = agreement({name: trends[name], _REFERENCE: trends[_REFERENCE]}, area=area, alpha=alpha)
        pair = pair.sel(product=name, other=_REFERENCE, drop=True)
        rows.append(xr.Dataset({
            "rate": own["slope"],
            "true_rate": whole["slope"],
            "rate_error": error["slope"], "rate_error_lower": error["slope_lower"],
            "rate_error_upper": error["slope_upper"],
            "slope_rmse": ((weight * (slope - true) ** 2).sum() / total) ** 0.5,
            "correlation": pair["correlation"], "same_sign": pair["same_sign"],
            "consistent": weight.where(apart["p_value"] >= alpha).sum() / total,
            "right": (error["slope_lower"] <= 0) & (error["slope_upper"] >= 0), "n_cells": cells.sum(),
        }).drop_vars(["kind", "region"], errors="ignore").drop_attrs(deep=True))  # fmt: skip
    out = xr.concat(rows, "product").assign_coords(product=list(products))
    rate = per_year(_units(products))
    texts = {
        "rate": "trend of the mean", "true_rate": "trend of the mean of the reference",
        "rate_error": "trend of the mean of product less reference", "rate_error_lower": "its lower bound",
        "rate_error_upper": "its upper bound", "slope_rmse": "root mean square error of the cells' trends",
        "correlation": "correlation of the maps of trends", "same_sign": "share of cells of the same sign",
        "consistent": "share of cells where product less reference has no significant trend",
        "right": "whether the interval of the error holds 0", "n_cells": "cells with both trends",
    }  # fmt: skip
    for name, text in texts.items():
        rated = name.startswith(("rate", "true_rate", "slope"))
        out[name].attrs = {"units": rate if rated else "1", "long_name": text}
    return schema.stamp(
        out, title="Trends of products against a reference", inputs=list(products), area=area, alpha=alpha, test=test,
        period=trends[_REFERENCE].attrs.get("period"), level=1 - alpha,
        bias_corrected="true" if bias_corrected else None,
        simulated=any(schema.is_simulated(da) for da in (*products.values(), reference)),
    )  # fmt: skip


def _units(products: Mapping[str, xr.DataArray]) -> str:
    first = next(iter(products.values()), None)
    if first is None:
        raise ConfigError("products", found="none", needed="at least one")
    return str(first.attrs.get("units", ""))
