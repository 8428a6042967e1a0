"""Does production follow soil water: in which season, at which depth, in which ecosystem?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, GridError, SchemaError
from ..landclass import ECOSYSTEMS
from .annual import annual_series
from .coupling_table import coupling_table, depth_names
from .ecosystems import ecosystem_map, same_grid
from .wetness import seasonal_storage

_PER_AREA = re.compile(r"m(\^|\*\*)?-2|/ ?m(\^|\*\*)?2|m⁻²|ha-1|/ ?ha")

#: How significance is tested: all years independent, or as many as persistence leaves.
TESTS = ("student", "n_eff")
_NAMES = {
    "r": ("1", "correlation of annual production with soil water"),
    "slope": ("", "change of production with soil water"),
    "response": ("1", "relative change of production per standard deviation of soil water"),
    "p_value": ("1", "two-sided p-value of no correlation"),
    "n": ("1", "number of years"),
    "n_eff": ("1", "number of independent years"),
}


def coupling(
    gpp: xr.DataArray | xr.Dataset,
    layers: xr.DataArray | xr.Dataset,
    classes: xr.DataArray | xr.Dataset | None = None,
    *,
    controls: Mapping[str, xr.DataArray] | None = None,
    detrend: bool = False,
    test: str = "student",
    min_years: int = 10,
    groups: Mapping[str, tuple[int, ...]] = ECOSYSTEMS,
    area: str = "cos",
    alpha: float = 0.05,
    fdr: bool = False,
) -> xr.Dataset:
    """Correlation of annual primary production with soil water by wetness season, depth and ecosystem.

    Parameters
    ----------
    gpp : xarray.DataArray or Dataset, dims (time, ...) or (year, ...)
        Gross primary production of any step (:func:`annual_series` makes the years), or a dataset with ``gpp``.
    layers : xarray.DataArray or Dataset
        Seasonal storage (season, layer, year, ...) from :func:`wetness_seasons`, or monthly layers to make it from.
        Lazy stays lazy.
    classes : xarray.DataArray or Dataset, dims (lat, lon), optional
        IGBP land cover on the grid of the layers; another grid is refused: bring it over with :func:`classes_on`.
    controls : mapping of str to DataArray, optional
        Series, such as precipitation and temperature, whose linear influence is taken out of both.
    detrend : bool
        Take straight lines in time out of both.
    test : {"student", "n_eff"}
        p-values for as many independent years as there are, or as persistence leaves.
    min_years : int
        Fewest years with all values.
    groups : mapping of str to tuple of int
        Ecosystem -> classes; paper 001 by default.
    area, alpha, fdr
        As for :func:`coupling_table`.

    Returns
    -------
    xarray.Dataset
        Fields (season, layer, ...): ``r`` [1], ``slope`` [unit of annual ``gpp`` per kg m-2], ``response`` [1],
        ``p_value`` [1], with ``fdr`` also ``p_adjusted`` [1], ``significant`` (boolean), ``n`` and ``n_eff`` [1],
        ``status``; ``ecosystem_class`` with ``classes``; and the table (ecosystem, season, layer) of
        :func:`coupling_table`.

    Raises
    ------
    SchemaError
        If units, dimensions or common years are missing, or a dimension that is needed whole is chunked.
    GridError
        If anything lies on another grid than the layers.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    METHODS 5.4, paper 001; :func:`vadose.stats.partial.partial_correlation`. Years keep their distance where some are
    missing. With ``controls`` or ``detrend`` r, slope, response and p are partial ones.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((1, 2, 12)) + np.zeros((4, 1, 1))
    >>> year = {"year": range(2000, 2012)}
    >>> layers = xr.DataArray(x, dims=("season", "layer", "year"), coords=year, attrs={"units": "kg m-2"})
    >>> gpp = xr.DataArray(900 + 5 * x[0, 1], dims="year", coords=year, attrs={"units": "g m-2"})
    >>> got = coupling(gpp, layers, area="pixel")
    >>> got.r.isel(layer=1).values.round(6).tolist(), got.slope.isel(layer=1).values.round(6).tolist()
    ([1.0, 1.0, 1.0, 1.0], [5.0, 5.0, 5.0, 5.0])
    >>> got.mean_r.sel(ecosystem="all").isel(layer=1, season=0).round(6).item()
    1.0
    """
    if test not in TESTS:
        raise ConfigError("test", found=repr(test), needed=f"one of {list(TESTS)}")
    if min_years < 3:
        raise ConfigError("min_years", found=f"{min_years}", needed="at least 3")
    x = seasonal_storage(layers, whole=False).transpose("season", "layer", ...)
    y = _production(gpp)
    held = {str(name): annual_series(da.rename(name)) for name, da in (controls or {}).items()}
    series = _common({"layers": x, "gpp": y} | {f"controls: {k}": v for k, v in held.items()})
    x, y = series[:2]
    years = x["year"].values.astype(float)

    def kernel(a: np.ndarray, b: np.ndarray, *rest: np.ndarray) -> tuple[np.ndarray, ...]:
        from ..stats.partial import partial_correlation

        got = partial_correlation(a, b, controls=rest, time=years, detrend=detrend, persistence=test == "n_eff",
                                  min_n=min_years)  # fmt: skip
        return (*(got[name] for name in _NAMES), got["status"])

    results = xr.apply_ufunc(
        kernel, *series, input_core_dims=[["year"]] * len(series), output_core_dims=[[]] * (len(_NAMES) + 1),
        dask="parallelized", output_dtypes=[float] * len(_NAMES) + [np.int8], keep_attrs=False,
    )  # fmt: skip
    out = xr.Dataset(dict(zip((*_NAMES, "status"), results)))
    out["n"] = out["n"].astype("int32")
    for name, (unit, text) in _NAMES.items():
        given = " given the controls" if (held or detrend) and name in ("r", "slope", "response", "p_value") else ""
        out[name].attrs = {"units": unit, "long_name": text + given}
    unit = y.attrs["units"]
    out["slope"].attrs["units"] = "g kg-1" if unit == "g m-2" else f"{unit} kg-1 m2"
    out["status"].attrs = schema.status_attrs()
    out = out.assign_coords(depth=("layer", depth_names(layers, out)))
    out["depth"].attrs = {"long_name": "depth of the layer"}
    if classes is not None:
        place = out["r"].isel(season=0, layer=0, drop=True)
        out["ecosystem_class"] = ecosystem_map(same_grid(classes, place), groups=groups).drop_vars(
            set(_extra(classes)) - {"lat", "lon"}, errors="ignore"
        )
    if "grid" in layers.attrs:
        out.attrs["grid"] = layers.attrs["grid"]
    inputs = [gpp, layers, *(controls or {}).values()]
    out = schema.stamp(
        out, title="Coupling of primary production to soil water", product=layers.attrs.get("product", ""),
        simulated=any(schema.is_simulated(d) for d in inputs), controls=" ".join(held) or None,
        detrend=str(detrend).lower(), test=test, min_years=min_years, period=f"{int(years[0])}/{int(years[-1])}",
    )  # fmt: skip
    return xr.merge([out, coupling_table(out, area=area, alpha=alpha, fdr=fdr)], combine_attrs="drop_conflicts",
                    compat="override", join="exact").assign_attrs(out.attrs)  # fmt: skip


def join_depths(
    seasonal: xr.DataArray | xr.Dataset,
    bounds: xr.DataArray,
    *,
    depths: Sequence[tuple[float, float]] = ((0.1, 1.0), (1.0, 2.0)),
) -> xr.DataArray:
    """Annual mean storage of a few deep layers, each joined of the layers within it.

    Parameters
    ----------
    seasonal : xarray.DataArray or Dataset, dims (season, layer, year, ...)
        From :func:`wetness_seasons`.
    bounds : xarray.DataArray, dims (layer, bnds)
        Upper and lower bound of each layer [m].
    depths : sequence of (float, float)
        Upper and lower bound of each joined layer [m]; the maps of paper 001 show 10-100 and 100-200 cm.

    Returns
    -------
    xarray.DataArray, dims (season, layer, ...)
        Storage [kg m-2] with one season ``"year"``, for :func:`coupling`.

    Raises
    ------
    ConfigError
        If layers do not fill a depth exactly.

    Notes
    -----
    Four seasons of three months each: their mean is that of the year.

    Examples
    --------
    >>> x = xr.DataArray(np.ones((4, 3, 2)), dims=("season", "layer", "year"),
    ...                  coords={"year": [2000, 2001]}, attrs={"units": "kg m-2"})
    >>> bounds = xr.DataArray([[0.0, 0.1], [0.1, 0.4], [0.4, 1.0]], dims=("layer", "bnds"))
    >>> join_depths(x, bounds, depths=[(0.1, 1.0)]).values.tolist()
    [[[2.0, 2.0]]]
    """
    da = seasonal_storage(seasonal, whole=False).transpose("season", "layer", ...)
    edges = np.asarray(bounds.transpose("layer", ...).values, float)
    parts = []
    for top, bottom in depths:
        inside = np.flatnonzero((edges[:, 0] >= top - 1e-6) & (edges[:, 1] <= bottom + 1e-6))
        thick = float((edges[inside, 1] - edges[inside, 0]).sum())
        if abs(thick - (bottom - top)) > 1e-6:
            raise ConfigError("depths", found=f"{top:g}-{bottom:g} m", needed="depths made of whole layers of "
                              + ", ".join(f"{a:g}-{b:g} m" for a, b in edges))  # fmt: skip
        parts.append(da.isel(layer=inside).sum("layer", skipna=False).mean("season", skipna=False))
    out = xr.concat(parts, "layer").expand_dims(season=["year"]).transpose("season", "layer", ...)
    names = [depth_name(top, bottom) for top, bottom in depths]
    return out.assign_coords(layer=np.arange(1, len(parts) + 1), depth=("layer", names)).assign_attrs(da.attrs)


def depth_name(top: float, bottom: float) -> str:
    """A depth range in words.

    Examples
    --------
    >>> depth_name(0.1, 0.4)
    '10-40 cm'
    """
    return f"{100 * top:g}-{100 * bottom:g} cm"


def _production(gpp: xr.DataArray | xr.Dataset) -> xr.DataArray:
    if isinstance(gpp, xr.Dataset):
        if "gpp" not in gpp:
            raise SchemaError("gpp", found=f"variables {list(gpp.data_vars)}", needed="'gpp'",
                              do="Give the DataArray.")  # fmt: skip
        gpp = gpp["gpp"]
    gpp = gpp.rename("gpp")
    annual = annual_series(gpp)
    if not _PER_AREA.search(str(gpp.attrs["units"])):
        raise SchemaError("gpp", found=f"units {gpp.attrs['units']!r}", needed="an amount or rate per area, as g m-2",
                          do="Is this production? Then set its units attribute.")  # fmt: skip
    return annual


def _common(series: dict[str, xr.DataArray]) -> list[xr.DataArray]:
    """All series over their common years; other places, chunks or no common year are refused."""
    like = series["layers"]
    places = [d for d in like.dims if d not in ("season", "layer", "year")]
    years = like["year"].values
    for name, da in series.items():
        if len(da.chunksizes.get("year", ())) > 1:
            raise SchemaError(f"{name}: year", found=f"{len(da.chunksizes['year'])} chunks", needed="one chunk",
                              do="Rechunk it: da.chunk(year=-1).")  # fmt: skip
        extra = ("season", "layer") if name == "layers" else ()
        if set(da.dims) != {*places, "year", *extra}:
            raise GridError(name, found=f"dims {tuple(map(str, da.dims))}",
                            needed=f"{(*map(str, places), 'year or time')}, as the layers have")  # fmt: skip
        try:
            xr.align(da.isel(year=0, drop=True), like.isel(year=0, season=0, layer=0, drop=True), join="exact",
                     exclude=("season", "layer"))  # fmt: skip
        except ValueError as err:
            raise GridError(name, found="another grid than that of the layers", needed="the same cells",
                            do="Bring it over: vadose.regrid.to_grid(..., grid).") from err  # fmt: skip
        years = np.intersect1d(years, da["year"].values)
    if not years.size:
        spans = "; ".join(f"{n} {d['year'].values.min()}-{d['year'].values.max()}" if d.sizes["year"] else f"{n} none"
                          for n, d in series.items())  # fmt: skip
        raise SchemaError("year", found=f"no year that all have ({spans})", needed="an overlap in time")
    keep = {"season", "layer", "year", *places}
    return [d.sel(year=years).drop_vars([c for c in d.coords if c not in keep]) for d in series.values()]


def _extra(classes: xr.DataArray | xr.Dataset) -> list:
    return [c for c in classes.coords if c not in classes.dims]
