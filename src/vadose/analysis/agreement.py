"""Do several products see the same trend?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, GridError, SchemaError
from .summary import check_alpha, check_trend
from .weights import cell_weights


def agreement(trends: Mapping[str, xr.Dataset], *, area: str = "cos", alpha: float = 0.05) -> xr.Dataset:
    """How many products agree in sign, and how alike their trend maps are, on common cells and a common period.

    Parameters
    ----------
    trends : mapping
        Product name -> dataset from :func:`trend`, on one grid, of one period and unit; at least two.
    area : {"cos", "cell", "pixel"}
        Weight of a cell.
    alpha : float
        Level of significance.

    Returns
    -------
    xarray.Dataset
        Maps ``n_wetting``, ``n_drying``, ``n_significant_wetting``, ``n_significant_drying`` (number of products, -1
        where a product has no trend) and ``agreement`` [1], the larger share of one sign; per ``product``: ``wetting``,
        ``drying``, ``significant_wetting``, ``significant_drying`` [1] and ``mean_slope``; per pair (``product``,
        ``other``): ``correlation`` of the maps and ``same_sign``, share of cells [1]; ``common`` share of all cells
        with any trend.

    Raises
    ------
    GridError
        If the grids differ.
    SchemaError
        If periods or units differ, or something is no trend dataset.
    ConfigError
        With fewer than two products.

    Notes
    -----
    Only cells where every product has a trend count, so that shares are comparable (METHODS 5.1). Correlations are
    weighted Pearson correlations over these cells, NaN with fewer than three, of which two always give 1 or -1.

    Examples
    --------
    >>> def make(*slope):
    ...     return xr.Dataset({"slope": ("cell", list(slope), {"units": "kg m-2 yr-1"}),
    ...                        "p_value": ("cell", [0.01] * len(slope))})
    >>> got = agreement({"a": make(1.0, 2.0, -1.0), "b": make(2.0, 4.0, -2.0), "c": make(-1.0, 1.0, 0.5)}, area="pixel")
    >>> got.n_wetting.values.tolist(), round(float(got.correlation.sel(product="a", other="b")), 6)
    ([2, 3, 1], 1.0)
    """
    check_alpha(alpha)
    if len(trends) < 2:
        raise ConfigError("trends", found=f"{len(trends)} product(s)", needed="at least two")
    for name, ds in trends.items():
        check_trend(ds)
        for what, one, first in (("units", *_both(ds, trends, lambda d: d["slope"].attrs.get("units"))),
                                 ("period", *_both(ds, trends, lambda d: d.attrs.get("period")))):  # fmt: skip
            if one != first:
                raise SchemaError(f"{name}: {what}", found=repr(one), needed=f"{first!r}, as the first product",
                                  do="Select the same years, and convert units, before taking trends.")  # fmt: skip
    try:
        xr.align(*trends.values(), join="exact")
    except ValueError as err:
        raise GridError("trends", found="products on different grids", needed="one grid",
                        do="Move them with vadose.regrid.to_grid first.") from err  # fmt: skip
    names = list(trends)
    known = [ds["slope"].notnull() for ds in trends.values()]
    common, anywhere = reduce(lambda a, b: a & b, known), reduce(lambda a, b: a | b, known)
    slope = xr.concat([ds["slope"].where(common) for ds in trends.values()], "product", coords="minimal",
                      compat="override").assign_coords(product=names)  # fmt: skip
    p = xr.concat([ds["p_value"] for ds in trends.values()], "product", coords="minimal",
                  compat="override").assign_coords(product=names)  # fmt: skip
    small = p < alpha
    masks = {"wetting": slope > 0, "drying": slope < 0, "significant_wetting": small & (slope > 0),
             "significant_drying": small & (slope < 0)}  # fmt: skip
    counts = {f"n_{k}": m.sum("product").where(common, -1).astype("int8") for k, m in masks.items()}
    rising, falling = counts["n_wetting"], counts["n_drying"]
    largest = rising.where(rising >= falling, falling) / len(names)
    first = next(iter(trends.values()))
    weight = (cell_weights(first, area) * xr.ones_like(first["slope"])).where(common)
    dims = list(first["slope"].dims)
    total = weight.sum(dims)
    total = total.where(total > 0)
    shares = {k: weight.where(m).sum(dims) / total for k, m in masks.items()}
    mean = (weight * slope).sum(dims) / total
    other = slope.rename(product="other")
    d, e = slope - mean, other - mean.rename(product="other")
    power = (weight * d * d).sum(dims) / total
    sign = weight.where(np.sign(slope) == np.sign(other)).sum(dims) / total
    spread = (power * power.rename(product="other")) ** 0.5
    correlation = (weight * d * e).sum(dims) / total / spread.where((spread > 0) & (common.sum() > 2))
    out = xr.Dataset(counts | {
        "agreement": largest.where(common), **shares, "mean_slope": mean, "correlation": correlation,
        "same_sign": sign.where(total > 0), "common": common.sum() / anywhere.sum(),
    }).drop_attrs(deep=True)  # fmt: skip
    _describe(out, first["slope"].attrs["units"])
    if "grid" in first.attrs:
        out.attrs["grid"] = first.attrs["grid"]
    return schema.stamp(
        out, title="Agreement of trends", inputs=names, area=area, alpha=alpha, period=first.attrs.get("period"),
        simulated=any(schema.is_simulated(ds) for ds in trends.values()),
    )  # fmt: skip


def _both(ds: xr.Dataset, trends: Mapping[str, xr.Dataset], get):
    return get(ds), get(next(iter(trends.values())))


def _describe(out: xr.Dataset, rate: str) -> None:
    texts = {
        "n_wetting": "products with a rising trend", "n_drying": "products with a falling trend",
        "n_significant_wetting": "products with a significant rising trend",
        "n_significant_drying": "products with a significant falling trend",
        "agreement": "largest share of products with trends of one sign", "wetting": "share with a rising trend",
        "drying": "share with a falling trend", "significant_wetting": "share with a significant rising trend",
        "significant_drying": "share with a significant falling trend", "mean_slope": "mean trend",
        "correlation": "spatial correlation of trends", "same_sign": "share with trends of the same sign",
        "common": "cells with a trend in all products over those with one in any",
    }  # fmt: skip
    for name, text in texts.items():
        out[name].attrs = {"units": rate if name == "mean_slope" else "1", "long_name": text}
