"""Which months of each year are the wet ones, place by place?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .storage import layer_storage
from .years import year_axis

#: Seasons by wetness, three months each: from the wettest (H-S) to the driest (A-S).
SEASONS = ("H-S", "SH-S", "SA-S", "A-S")


def wetness_seasons(monthly: xr.Dataset | xr.DataArray, *, by: str = "total") -> xr.Dataset:
    """Seasons by wetness of each year and cell, and the mean storage of each layer in them.

    Parameters
    ----------
    monthly : xarray.Dataset or DataArray, dims (time, layer, ...)
        Monthly storage [kg m-2], or moisture [m3 m-3] with ``layer_bnds``; lazy stays lazy.
    by : {"total", "layer"}
        Rank months by the sum over layers, or in each layer by itself.

    Returns
    -------
    xarray.Dataset
        ``season_of_month`` (..., year, month), 0 to 3 in the order of :data:`SEASONS`, -1 where a year is incomplete,
        and ``storage`` (..., layer, season, year) [kg m-2], NaN there. Only years with all their months in ``monthly``
        appear complete; the others stay as gaps, so that years keep their distance.

    Raises
    ------
    SchemaError
        If times are not one a month, time or layer is chunked, or the unit is wrong.
    ConfigError
        If ``by`` is unknown.

    Notes
    -----
    METHODS 5.2: rank the 12 months of a calendar year by TSM = sum over layers; the three wettest are H-S, then SH-S,
    SA-S, and the three driest A-S. Ties: the earlier month first. Choice: a year with a missing month or layer has no
    seasons.

    Examples
    --------
    >>> t = pd.date_range("2001-01-01", periods=12, freq="MS")
    >>> da = xr.DataArray(np.arange(12.0)[:, None], dims=("time", "layer"), coords={"time": t},
    ...                   attrs={"units": "kg m-2"})
    >>> got = wetness_seasons(da)
    >>> got.season_of_month.values[0].tolist(), got.storage.values[0, :, 0].tolist()
    ([3, 3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0], [10.0, 7.0, 4.0, 1.0])
    """
    if by not in ("total", "layer"):
        raise ConfigError("by", found=repr(by), needed="'total' or 'layer'")
    da = layer_storage(monthly)
    where = str(da.name or "monthly")
    if len(da.chunksizes.get("layer", ())) > 1:
        raise SchemaError(f"{where}: layer", found=f"{len(da.chunksizes['layer'])} chunks", needed="one chunk",
                          do="Rechunk it: da.chunk(layer=-1).")  # fmt: skip
    axis = year_axis(da)
    t = pd.DatetimeIndex(da["time"].values) if da["time"].dtype.kind == "M" else None
    if t is None or not axis.regular or axis.per_year not in (1, 12) or (axis.per_year == 1 and len(t) > 1):
        raise SchemaError(f"{where}: time", found="times that are not one a month", needed="monthly values",
                          do="Make them: vadose.periods.composite(da, 'month').")  # fmt: skip
    years = np.arange(t[0].year, t[-1].year + 1)
    place = (t.year.to_numpy() - years[0]) * 12 + t.month.to_numpy() - 1

    def kernel(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        from ..stats.ranking import group_by_rank

        return group_by_rank(x, position=place, each=by == "layer")

    label_dims = ["layer", "year", "month"] if by == "layer" else ["year", "month"]
    season, storage = xr.apply_ufunc(
        kernel, da, input_core_dims=[["layer", "time"]], output_core_dims=[label_dims, ["layer", "season", "year"]],
        dask="parallelized", output_dtypes=[np.int8, np.float32 if da.dtype == np.float32 else np.float64],
        dask_gufunc_kwargs={"output_sizes": {"year": len(years), "month": 12, "season": 4}}, keep_attrs=False,
    )  # fmt: skip
    out = xr.Dataset({"season_of_month": season, "storage": storage})
    out = out.assign_coords(year=years, month=np.arange(1, 13), season=list(SEASONS))
    out["season_of_month"].attrs = {
        "units": "1", "long_name": "season by wetness", "flag_values": np.arange(-1, 4, dtype="int8"),
        "flag_meanings": "incomplete_year " + " ".join(SEASONS),
    }  # fmt: skip
    out["storage"].attrs = {"units": "kg m-2", "long_name": "mean soil water storage of the season"}
    if "grid" in da.attrs:
        out.attrs["grid"] = da.attrs["grid"]
    return schema.stamp(out, title="Seasons by wetness", product=da.attrs.get("product", ""), by=by, period=axis.period,
                        simulated=schema.is_simulated(monthly) or schema.is_simulated(da))  # fmt: skip


def seasonal_storage(layers: xr.Dataset | xr.DataArray, *, whole: bool = True) -> xr.DataArray:
    """Seasonal storage (season, layer, year, ...), made from months where it is not given; refuses what is neither.

    ``whole``: also refuses seasons, layers and years in several chunks.
    """
    if isinstance(layers, xr.Dataset) and "storage" in layers:
        da = layers["storage"]
    elif "season" in layers.dims:
        da = layer_storage(layers)
    else:
        da = wetness_seasons(layers)["storage"]
    for dim in ("season", "layer", "year"):
        if dim not in da.dims:
            raise SchemaError("layers", found=f"dims {tuple(map(str, da.dims))}", needed="season, layer and year",
                              do="Make them with vadose.analysis.wetness_seasons.")  # fmt: skip
        if whole and len(da.chunksizes.get(dim, ())) > 1:
            raise SchemaError(f"layers: {dim}", found=f"{len(da.chunksizes[dim])} chunks", needed="one chunk",
                              do=f"Rechunk it: da.chunk({dim}=-1).")  # fmt: skip
    if "year" not in da.coords:
        raise SchemaError("layers: year", found="no coordinate", needed="the years")
    return da
