"""Did the make-up of the variance change between two periods, by more than the chance of the years?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from .attribution import compare_periods
from .weights import cell_weights
from .wetness import seasonal_storage

#: Mean contributions that are compared, and the dimensions they keep.
SHARES = {
    "contribution": ("season", "layer", "kind"), "season_share": ("season",), "layer_share": ("layer",),
    "kind_share": ("kind",),
}  # fmt: skip


def period_difference(
    layers: xr.Dataset | xr.DataArray, *, periods: Mapping[str, tuple[int, int]], area: str = "cos",
    min_years: int = 10, level: float = 0.95, max_cells: int = 4000,
) -> xr.Dataset:  # fmt: skip
    """Mean contributions in two periods, and their difference with an interval.

    Parameters
    ----------
    layers : xarray.Dataset or DataArray
        As for :func:`attribute_variability`; lazy stays lazy.
    periods : mapping
        Name -> first and last year, both included; two of them.
    area : {"cos", "cell", "pixel"}
        Weight of a cell.
    min_years : int
        Fewest complete years of a cell in each period.
    level : float
        Level of the intervals.
    max_cells : int
        Cells that the width of the intervals rests on, evenly taken; the estimates rest on all.

    Returns
    -------
    xarray.Dataset
        ``contribution`` (period, season, layer, kind), ``season_share``, ``layer_share``, ``kind_share`` [1], means
        over the cells that have both periods; each with ``_difference``, second less first, ``_lower`` and ``_upper``.
        ``kind_share_adjusted`` (period, kind) [1], free of what chance alone adds to a trend; ``n_cells`` [1].

    Raises
    ------
    ConfigError
        If there are not two periods, one holds no year, or the level cannot be used.

    Notes
    -----
    Interval: delete-a-group jackknife over runs of years with all cells together
    (:func:`vadose.stats.jackknife.group_jackknife`), so that neither persistence nor neighbouring cells narrow it;
    Student's t with Welch-Satterthwaite degrees of freedom. It tells what other years of the same climate would give.

    The trend's share is the R² of TSM on time, which n independent years without any trend raise to 1/(n - 1) on
    average: periods of different length differ by chance. Adjusted: 1 - (1 - R²)(n - 1)/(n - 2) per cell. Persistence
    raises R² further, which this does not take away.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((1, 4, 60))
    >>> da = xr.DataArray(x, dims=("layer", "season", "year"), coords={"year": range(1960, 2020)},
    ...                   attrs={"units": "kg m-2"})
    >>> got = period_difference(da, periods={"early": (1960, 1989), "late": (1990, 2019)}, area="pixel")
    >>> bool((got.kind_share_lower < 0).all() and (got.kind_share_upper > 0).all())
    True
    """
    if not 0 < level < 1:
        raise ConfigError("level", found=f"{level}", needed="a level between 0 and 1, such as 0.95")
    da = seasonal_storage(layers)
    compared = compare_periods(da, periods=periods, min_years=min_years)
    share = compared["contribution"]
    dims = [d for d in share.dims if d not in ("period", "season", "layer", "kind")]
    known = share.notnull().all(["period", "season", "layer", "kind"])
    weight = (cell_weights(da, area) * xr.ones_like(known, dtype=float)).where(known, 0.0)
    total = weight.sum(dims)
    total = total.where(total > 0)
    mean = xr.dot(share.where(known, 0.0), weight, dim=dims) / total
    out = xr.Dataset({"contribution": mean, "season_share": mean.sum(["layer", "kind"], skipna=False),
                      "layer_share": mean.sum(["season", "kind"], skipna=False),
                      "kind_share": mean.sum(["season", "layer"], skipna=False)})  # fmt: skip
    thin = _thinned(da, weight, max_cells)
    half = _half_widths(thin, periods, level)
    for k, name in enumerate(SHARES):
        out[f"{name}_difference"] = out[name].isel(period=1, drop=True) - out[name].isel(period=0, drop=True)
        width = half[k].assign_coords({d: out[d] for d in half[k].dims if d in out.coords})
        out[f"{name}_lower"] = out[f"{name}_difference"] - width
        out[f"{name}_upper"] = out[f"{name}_difference"] + width
    n = compared["n"].astype(float)
    fit = share.sel(kind="trend", drop=True).sum(["season", "layer"], skipna=False)
    fit = 1 - (1 - fit) * (n - 1) / (n - 2).where(n > 2)
    fit = xr.dot(fit.where(known, 0.0), weight, dim=dims) / total
    out["kind_share_adjusted"] = xr.concat([fit, 1 - fit], "kind").assign_coords(kind=out["kind"]).transpose(
        "period", "kind")  # fmt: skip
    out["n_cells"] = known.sum()
    first, second = periods
    for name in map(str, out.data_vars):
        stem = next((s for s in SHARES if name.startswith(s)), "")
        words = {"contribution": "component", "season_share": "season", "layer_share": "layer"}.get(stem, "kind")
        text = f"mean contribution by {words}"
        if name.endswith("_difference"):
            text = f"difference of the {text}, {second} less {first}"
        elif name.endswith(("_lower", "_upper")):
            text = f"{name.rpartition('_')[2]} bound of the difference by {words}"
        out[name].attrs = {"units": "1", "long_name": text}
    out["kind_share_adjusted"].attrs["long_name"] = "mean contribution by kind, adjusted for the number of years"
    out["n_cells"].attrs["long_name"] = "cells with contributions in both periods"
    return schema.stamp(out, title="Mean contributions in two periods", area=area, level=level, min_years=min_years,
                        periods="; ".join(f"{k} {a}-{b}" for k, (a, b) in periods.items()),
                        simulated=schema.is_simulated(layers))  # fmt: skip


def _thinned(da: xr.DataArray, weight: xr.DataArray, most: int) -> tuple[xr.DataArray, xr.DataArray]:
    """Every k-th cell along each dimension, so that at most so many remain."""
    dims = [d for d in da.dims if d not in ("season", "layer", "year")]
    step = 1
    while np.prod([-(-da.sizes[d] // step) for d in dims]) > most:
        step += 1
    pick = {d: slice(None, None, step) for d in dims}
    return da.isel(pick), weight.isel(pick)


def _half_widths(thin: tuple[xr.DataArray, xr.DataArray], periods: Mapping[str, tuple[int, int]],
                 level: float) -> tuple[xr.DataArray, ...]:  # fmt: skip
    da, weight = thin
    dims = [d for d in da.dims if d not in ("season", "layer", "year")]
    years = da["year"].values.astype(float)
    inside = [(years >= first) & (years <= last) for first, last in periods.values()]

    def kernel(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, ...]:
        x = x.reshape(-1, *x.shape[-3:])
        return _jackknife(x[w.ravel() > 0], w.ravel()[w.ravel() > 0], years, inside, level)

    if da.chunks:
        da, weight = da.chunk(-1), weight.chunk(-1)
    return xr.apply_ufunc(
        kernel, da, weight, input_core_dims=[[*dims, "season", "layer", "year"], dims],
        output_core_dims=[list(d) for d in SHARES.values()], dask="parallelized",
        output_dtypes=[float] * len(SHARES), dask_gufunc_kwargs={"output_sizes": {"kind": 2}}, keep_attrs=False,
    )  # fmt: skip


def _jackknife(x: np.ndarray, w: np.ndarray, years: np.ndarray, inside: list[np.ndarray],
               level: float) -> tuple[np.ndarray, ...]:  # fmt: skip
    """Half widths of the intervals of all differences; x (cell, season, layer, year)."""
    from scipy.stats import t as student

    from ..stats.attribution import variance_shares
    from ..stats.jackknife import group_jackknife

    seasons, depths = x.shape[1:3]
    shapes = [(seasons, depths, 2), (seasons,), (depths,), (2,)]
    if not len(x):
        return tuple(np.full(s, np.nan) for s in shapes)
    parts = x.reshape(len(x), seasons * depths, -1)
    errors, freedoms = [], []
    for chosen in inside:
        place = np.flatnonzero(chosen)

        def means(keep: np.ndarray, place: np.ndarray = place) -> np.ndarray:
            got = variance_shares(parts[..., place[keep]], time=years[place[keep]], min_n=3)["share"]
            good = np.isfinite(got[:, 0, 0])
            mean = np.tensordot(w[good], got[good], 1) / w[good].sum() if good.any() else np.full(got.shape[1:], np.nan)
            mean = mean.reshape(seasons, depths, 2)
            sums = [mean, mean.sum((1, 2)), mean.sum((0, 2)), mean.sum((0, 1))]
            return np.concatenate([s.ravel() for s in sums])

        error, freedom = group_jackknife(means, size=place.size)
        errors.append(error)
        freedoms.append(freedom)
    square = np.array(errors) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = square.sum(axis=0) ** 2 / (square**2 / np.array(freedoms)[:, None]).sum(axis=0)
    half = student.ppf(0.5 + level / 2, np.where(np.isfinite(freedom), freedom, 1)) * np.sqrt(square.sum(axis=0))
    return tuple(p.reshape(s) for p, s in zip(np.split(half, np.cumsum([np.prod(s) for s in shapes])[:-1]), shapes))
