"""Spatial validation: does the product order places rightly on a given date?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods, schema
from ..stats.status import STATUS
from .metrics import METRICS, blank_errors, describe
from .score import check_options, check_pairs


def score_spatial(pairs: xr.Dataset, *, level: float = 0.95, min_cells: int = 20) -> xr.Dataset:
    """Score every date over the cells.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`vadose.matchup.match`.
    level : float
        Nominal coverage of the intervals, which take the cells of a date as independent.
    min_cells : int
        Fewest cells with a pair for a number (paper 003: 20).

    Returns
    -------
    xarray.Dataset
        Dim ``time``: the metrics with bounds and ``status`` (``too_few_cells`` where it is so); seasonal course
        ``r_by_dekad``, ``bias_by_dekad``, ``ubrmse_by_dekad`` (dekad 1-36) and yearly course ``..._by_year``, as
        medians over dates, and ``coverage_by_year``, the share of dates with a number [1].

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = 0.25 + 0.05 * rng.standard_normal((30, 5))
    >>> unit = {"units": "m3 m-3"}
    >>> pairs = xr.Dataset({"estimate": (("cell", "time"), truth, unit), "reference": (("cell", "time"), truth, unit)},
    ...                    {"time": pd.date_range("2019-01-01", periods=5)})
    >>> score_spatial(pairs).r.values.round(6).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    from ..stats.pairs import scores

    check_pairs(pairs)
    check_options(ci="iid", level=level, min_n=min_cells)

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        results = scores(x, y, ci="iid", level=level, min_n=min_cells)
        return np.stack([np.asarray(results[k], dtype=float) for k in names], axis=-1)

    nothing = np.full((0, 3), np.nan)
    names = list(scores(nothing, nothing, ci="iid", level=level, min_n=min_cells))
    stacked = xr.apply_ufunc(
        kernel, *(pairs[v].astype(float).chunk(cell=-1) if pairs[v].chunks else pairs[v].astype(float)
                  for v in ("estimate", "reference")),
        input_core_dims=[["cell"], ["cell"]], output_core_dims=[["metric"]],
        dask="parallelized", output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"metric": len(names)}},
    )  # fmt: skip
    out = xr.Dataset({k: stacked.isel(metric=i) for i, k in enumerate(names)})
    few = STATUS["too_few_pairs"]
    out["status"] = out["status"].where(out["status"] != few, STATUS["too_few_cells"]).astype("int8")
    out["n"] = out["n"].astype("int64")
    out = describe(blank_errors(out, pairs["estimate"].attrs.get("units", "m3 m-3")), level=level)
    return schema.stamp(
        _courses(out), title="Scores per date over cells", product=pairs.attrs.get("product", ""),
        inputs=[pairs.attrs.get("title", "pairs")], simulated=schema.is_simulated(pairs), min_cells=min_cells,
    )  # fmt: skip


def _courses(out: xr.Dataset) -> xr.Dataset:
    """Seasonal and yearly courses of the dates' scores."""
    time = pd.DatetimeIndex(out["time"].values)
    groups = {"dekad": periods.dekad_of_year(time), "year": time.year.to_numpy()}
    for label, values in groups.items():
        by = xr.DataArray(values, dims="time", name=label)
        for metric in ("r", "bias", "ubrmse"):
            units, text = METRICS[metric]
            course = out[metric].groupby(by).median("time", skipna=True)
            out[f"{metric}_by_{label}"] = course.assign_attrs(units=units, long_name=f"median over dates: {text}")
    share = out["r"].notnull().groupby(xr.DataArray(groups["year"], dims="time", name="year")).mean("time")
    out["coverage_by_year"] = share.assign_attrs(units="1", long_name="share of dates with enough cells")
    return out
