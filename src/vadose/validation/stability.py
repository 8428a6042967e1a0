"""Does a product keep its quality over the years?"""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from ..stats.status import STATUS
from .conditional import score_by_period
from .metrics import METRICS

#: Metrics whose yearly values are followed.
FOLLOWED = ("r", "bias", "ubrmse")


def stability(pairs: xr.Dataset, *, level: float = 0.95, min_n: int = 20, min_years: int = 5) -> xr.Dataset:
    """Change of the yearly scores per decade.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`vadose.matchup.match`; lazy stays lazy.
    level : float
        Level of the intervals [1].
    min_n : int
        Fewest pairs of a year.
    min_years : int
        Fewest years with a score.

    Returns
    -------
    xarray.Dataset
        Dims (cell,): for ``r``, ``bias``, ``ubrmse``: ``<metric>_per_decade`` with ``_lower``, ``_upper``, ``n_years``
        and ``status``; (year, cell): the yearly scores under their names, ``n`` and ``yearly_status``.

    Raises
    ------
    ConfigError
        If an option is out of range.

    Notes
    -----
    Theil-Sen slope of the yearly scores times ten, with Sen's interval (METHODS 4.9). Choice: calendar years; years
    with fewer than ``min_n`` pairs are left out and their gap keeps its length.

    Examples
    --------
    >>> import pandas as pd
    >>> time = pd.date_range("2010-01-01", "2017-12-31")
    >>> truth = (0.25 + 0.1 * np.sin(np.arange(time.size)))[None]
    >>> drifting = truth + 0.01 * (time.year.to_numpy() - 2010)
    >>> pairs = xr.Dataset({"estimate": (("cell", "time"), drifting, {"units": "m3 m-3"}),
    ...                     "reference": (("cell", "time"), truth, {"units": "m3 m-3"})}, {"time": time})
    >>> got = stability(pairs)
    >>> round(float(got.bias_per_decade[0]), 4), int(got.n_years[0]), round(abs(float(got.r_per_decade[0])), 6)
    (0.1, 8, 0.0)
    """
    if min_years < 3:
        raise ConfigError("min_years", found=f"{min_years}", needed="at least 3 years")
    yearly = score_by_period(pairs, by="year", ci="none", level=level, min_n=min_n)
    year = yearly["subset"].values.astype(int)
    out = xr.Dataset({k: yearly[k].rename(subset="year") for k in (*FOLLOWED, "n")})
    out["yearly_status"] = yearly["status"].rename(subset="year").assign_attrs(schema.status_attrs())
    out = out.assign_coords(year=year)
    count = out["r"].notnull().sum("year")

    def kernel(v: np.ndarray) -> np.ndarray:
        flat = v.reshape(-1, v.shape[-1])
        slopes = [sen(year, row, level=level, min_years=min_years) for row in flat]
        return np.array(slopes).reshape(*v.shape[:-1], 3)

    for metric in FOLLOWED:
        units, text = METRICS[metric]
        values = out[metric].chunk(year=-1) if out[metric].chunks else out[metric]
        slope = xr.apply_ufunc(kernel, values, input_core_dims=[["year"]], output_core_dims=[["number"]],
                               dask="parallelized", output_dtypes=[float],
                               dask_gufunc_kwargs={"output_sizes": {"number": 3}})  # fmt: skip
        per = f"{'' if units == '1' else units + ' '}(10 a)-1"
        for i, (end, words) in enumerate((("", "change"), ("_lower", "lower bound of the change"),
                                          ("_upper", "upper bound of the change"))):  # fmt: skip
            out[f"{metric}_per_decade{end}"] = 10.0 * slope.isel(number=i)
            out[f"{metric}_per_decade{end}"].attrs = {"units": per, "long_name": f"{words} per decade: {text}"}
    out["n_years"] = count.astype("int64").assign_attrs(units="1", long_name="years with a score")
    few, none = STATUS["too_few_years"], STATUS["no_overlap"]
    status = xr.where(count >= min_years, STATUS["ok"], few)
    status = status.where(out["n"].sum("year") > 0, none).astype("int8")
    out["status"] = status.assign_attrs(schema.status_attrs())
    return schema.stamp(
        out, title="Stability of the scores", product=pairs.attrs.get("product", ""), level=level, min_n=min_n,
        inputs=[pairs.attrs.get("title", "pairs")], simulated=schema.is_simulated(pairs), min_years=min_years,
    )  # fmt: skip


def sen(year: np.ndarray, values: np.ndarray, *, level: float, min_years: int) -> tuple[float, float, float]:
    """Theil-Sen slope per year and its bounds; NaN with too few years.

    Examples
    --------
    >>> sen(np.arange(2000, 2006), np.array([1.0, 2.0, np.nan, 4.0, 5.0, 60.0]), level=0.95, min_years=5)[0]
    1.0
    """
    from scipy.stats import theilslopes

    ok = np.isfinite(values)
    if ok.sum() < min_years:
        return np.nan, np.nan, np.nan
    got = theilslopes(values[ok], year[ok], alpha=level)
    return float(got.slope), float(got.low_slope), float(got.high_slope)
