"""Gridded data onto another grid, each variable by the rule that its kind needs."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from ..errors import ConfigError, GridError, SchemaError
from ..grid import Grid
from ..schema import FLAGS, check, primary, with_grid
from . import area, cubic, flags, mode, weights

XarrayObject = TypeVar("XarrayObject", xr.Dataset, xr.DataArray)

METHODS = ("area", "nearest", "cubic", "mode", "bilinear")
COUNTS = ("nobs", "n_out_of_range")

#: How a value came about, for the CF attribute ``cell_methods``.
CELL_METHODS = {"area": "area: mean", "mode": "area: mode", "cubic": "area: point", "bilinear": "area: point",
                "nearest": "area: point", "time": "area: mean"}  # fmt: skip


def to_grid(da_or_ds: XarrayObject, grid: Grid, *, method: str = "area", min_coverage: float = 0.5) -> XarrayObject:
    """Bring gridded data onto another grid.

    Parameters
    ----------
    da_or_ds : xarray.DataArray or Dataset, dims (..., lat, lon)
        Canonical gridded data. Lazy data stay lazy; ``lat`` and ``lon`` must be one chunk each.
    grid : Grid
        Target: regular, EASE-Grid 2.0, rectilinear, or a crop of one.
    method : {"area", "nearest", "cubic", "mode", "bilinear"}
        ``area``: mean weighted by shared area on the ellipsoid. ``nearest``: the source cell that holds the target
        centre. ``cubic``: cubic convolution. ``bilinear``: linear in row and column. ``mode``: the class with the
        most area.
    min_coverage : float
        Smallest valid share of a target cell, 0 to 1; below it the result is missing. Not used by ``nearest``.

    Returns
    -------
    xarray.DataArray or Dataset, as given
        Dims (..., lat, lon) with the coordinates of ``grid``; dtype, units and attributes of each variable kept;
        attributes ``grid`` and ``regrid`` (what was done) set.

    Raises
    ------
    ConfigError
        If the method is unknown or ``min_coverage`` is not in [0, 1].
    SchemaError
        If ``lat`` or ``lon`` is missing, not canonical, or chunked, or a variable is neither number nor time.
    GridError
        If the grids do not overlap, or rows or columns of the source are missing.

    Notes
    -----
    Kinds of variable in a dataset, whatever the method (except ``nearest``, which copies everything):

    * floating: by ``method``. An uncertainty is averaged like its variable. Choice: errors within a target cell are
      taken as fully correlated, so that averaging does not shrink them.
    * times (``t0``): mean with the weights of ``method`` (bilinear for ``cubic``, nearest for ``mode``).
    * ``flag`` and other bit fields (attribute ``flag_masks``): OR over the cells that the value is made of, see
      :func:`vadose.regrid.flags.combine`; canonical flags get ``missing`` where the target has no value.
    * counts (``nobs``): mean, rounded up.
    * other integers and booleans are classes: the one with the most area, ties to the lowest code.

    An integer has no NaN: classes outside the source get the ``_FillValue`` of the variable, or the largest value of
    their type, which is then set as ``_FillValue``.

    Choice: where the target is coarser, ``cubic`` and ``bilinear`` stretch their kernel by the ratio of the cell
    sizes, so that every source value counts; where it is not, they interpolate at the target's centres.

    Examples
    --------
    >>> fine, coarse = Grid.regular(30), Grid.regular(90)
    >>> da = xr.DataArray(np.ones((6, 12)), dims=("lat", "lon"), coords=fine.coords(), attrs={"units": "m3 m-3"})
    >>> to_grid(da, coarse).values.round(12).tolist()
    [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]
    """
    if method not in METHODS:
        raise ConfigError("method", found=repr(method), needed=f"one of {list(METHODS)}")
    check_coverage(min_coverage)
    check_target(grid)
    source = source_grid(da_or_ds)
    if isinstance(da_or_ds, xr.DataArray):
        name = "value" if da_or_ds.name is None else da_or_ds.name
        ds = da_or_ds.to_dataset(name=name)
    else:
        ds = da_or_ds
    plan = _Plan(source, grid, method, min_coverage)
    out = _regrid(ds, plan)
    text = f"{method} from {source.to_attr()}, min_coverage {min_coverage:g}"
    if isinstance(da_or_ds, xr.DataArray):
        return out[name].rename(da_or_ds.name).assign_attrs(grid=grid.to_attr(), regrid=text)
    return with_grid(out, grid).assign_attrs(regrid=text)


def class_fraction(da: xr.DataArray, grid: Grid, classes, *, min_coverage: float = 0.5) -> xr.DataArray:
    """Share of each target cell's classified area that belongs to each class or group of classes.

    Parameters
    ----------
    da : xarray.DataArray, dims (..., lat, lon)
        Class codes; missing are NaN, the ``_FillValue``, or the largest value of the integer type.
    grid : Grid
        Target.
    classes : iterable of int, or mapping of str to tuple of int
        Codes, or named groups such as :data:`vadose.landclass.ECOSYSTEMS`.
    min_coverage : float
        Smallest share of a cell that must have a class.

    Returns
    -------
    xarray.DataArray, dims (..., class, lat, lon)
        Share [1], float32; NaN below ``min_coverage``. Over all classes that occur it adds up to 1.

    Raises
    ------
    ConfigError
        If no classes are given.
    SchemaError, GridError
        As :func:`to_grid`.

    Examples
    --------
    >>> fine, coarse = Grid.regular(45), Grid.regular(90)
    >>> da = xr.DataArray(np.array([[1, 1, 1, 10] * 2] * 4, "u1"), dims=("lat", "lon"), coords=fine.coords())
    >>> share = class_fraction(da, coarse, {"forest": (1, 2), "grassland": (10,)})
    >>> share.sel({"class": "forest"}).values[0].tolist()
    [1.0, 0.5, 1.0, 0.5]
    """
    check_coverage(min_coverage)
    check_target(grid)
    groups = classes if isinstance(classes, dict) else {int(c): (int(c),) for c in classes}
    if not groups:
        raise ConfigError("classes", found="no class", needed="class codes or named groups of codes")
    source = source_grid(da)
    overlap = weights.overlap(source, grid)
    check_chunks(da.variable, str(da.name or "classes"))
    values = xr.apply_ufunc(
        mode.fractions, da.variable,
        kwargs={"weights": overlap, "groups": tuple(tuple(g) for g in groups.values()),
                "missing": missing_code("classes", da.variable), "min_coverage": min_coverage},
        input_core_dims=[["lat", "lon"]], output_core_dims=[["class", "lat", "lon"]], exclude_dims={"lat", "lon"},
        dask="parallelized", output_dtypes=["f4"], keep_attrs="drop",
        dask_gufunc_kwargs={"output_sizes": {"class": len(groups), "lat": grid.shape[0], "lon": grid.shape[1]}},
    )  # fmt: skip
    kept = {k: c for k, c in da.coords.items() if not {"lat", "lon"} & set(c.dims)}
    out = xr.DataArray(values, coords={**kept, **grid.coords(), "class": list(groups)}, name="class_fraction")
    return out.assign_attrs(units="1", long_name="area share of the class", cell_methods="area: mean",
                            grid=grid.to_attr())  # fmt: skip


def check_target(grid: Grid) -> None:
    """Refuse a target that is not a :class:`vadose.grid.Grid`."""
    if not isinstance(grid, Grid):
        raise GridError("grid", found=f"{type(grid).__name__} {grid!r:.60}", needed="a Grid",
                        do="Example: vadose.grid.Grid.regular(0.25).")  # fmt: skip


def source_grid(obj: xr.Dataset | xr.DataArray) -> Grid:
    """Grid of canonical data, refusing axes that are missing, in another order, or have gaps."""
    if not isinstance(obj, xr.Dataset | xr.DataArray):
        raise SchemaError("data", found=type(obj).__name__, needed="an xarray.Dataset or DataArray (..., lat, lon)")
    where = str(obj.attrs.get("title") or obj.attrs.get("product") or getattr(obj, "name", None) or "dataset")
    for axis in ("lat", "lon"):
        if axis not in obj.coords or obj[axis].dims != (axis,):
            raise SchemaError(f"{where}: {axis}", found=f"no 1-D coordinate {axis!r} (dims {tuple(obj.dims)})",
                              needed="canonical gridded data, dims (..., lat, lon)",
                              do="For projected rasters (y, x) use regrid.from_projected.")  # fmt: skip
    check(xr.Dataset(coords={"lat": obj["lat"], "lon": obj["lon"]}, attrs={"title": where}), "static")
    grid = Grid.of(obj)
    found = obj.sizes["lat"], obj.sizes["lon"]
    if grid.shape != found:
        raise GridError(where, found=f"{found[0]}×{found[1]} rows and columns of {grid}",
                        needed="axes without gaps", do="Reindex to the coordinates of a Grid first.")  # fmt: skip
    return grid


def check_coverage(min_coverage: float) -> None:
    """Refuse a ``min_coverage`` outside [0, 1]."""
    if not 0 <= min_coverage <= 1:
        raise ConfigError("min_coverage", found=f"{min_coverage}", needed="a share from 0 to 1")


def check_chunks(variable: xr.Variable, name: str) -> None:
    """Refuse variables whose last dims are not (lat, lon) or that are chunked along them."""
    if variable.dims[-2:] != ("lat", "lon"):
        raise SchemaError(name, found=f"dims {variable.dims}", needed="dims (..., lat, lon)",
                          do='Use .transpose(..., "lat", "lon").')  # fmt: skip
    for dim in ("lat", "lon"):
        if len(variable.chunksizes.get(dim, ())) > 1:
            raise SchemaError(name, found=f"{len(variable.chunksizes[dim])} chunks along {dim}", needed="one",
                              do="Rechunk lat and lon to one chunk: .chunk(lat=-1, lon=-1).")  # fmt: skip


def is_bit_field(name: str, variable: xr.Variable) -> bool:
    """Whether an integer variable is a bit field."""
    return variable.dtype.kind in "iu" and (name == "flag" or "flag_masks" in variable.attrs)


def is_count(name: str, variable: xr.Variable) -> bool:
    """Whether an integer variable is a number of observations."""
    return variable.dtype.kind in "iu" and (
        name in COUNTS or variable.attrs.get("standard_name") == "number_of_observations"
    )


def missing_code(name: str, variable: xr.Variable):
    """What stands for missing in a variable of its type."""
    dtype = variable.dtype
    if dtype.kind == "f":
        return None
    if dtype.kind == "M":
        return np.datetime64("NaT")
    if dtype.kind == "b":
        return False
    if is_bit_field(name, variable):
        return FLAGS["missing"] if name == "flag" else 0
    if is_count(name, variable):
        return 0
    for attrs in (variable.attrs, variable.encoding):
        if attrs.get("_FillValue") is not None and float(attrs["_FillValue"]).is_integer():
            return int(attrs["_FillValue"])
    return int(np.iinfo(dtype).max)


def output_attrs(name: str, variable: xr.Variable, rule: str) -> dict:
    """Attributes of a regridded variable."""
    attrs = {k: v for k, v in variable.attrs.items() if k not in ("grid", "regrid")}  # those of the source
    if rule in CELL_METHODS:
        attrs["cell_methods"] = f"{attrs.get('cell_methods', '')} {CELL_METHODS[rule]}".strip()
    if variable.dtype.kind in "iu" and not is_bit_field(name, variable) and not is_count(name, variable):
        attrs["_FillValue"] = variable.dtype.type(missing_code(name, variable))
    return attrs


class _Plan:
    """Weights and rules of one change of grid."""

    def __init__(self, source: Grid, target: Grid, method: str, min_coverage: float) -> None:
        self.source, self.target, self.method, self.min_coverage = source, target, method, min_coverage
        self.overlap = weights.overlap(source, target)  # refuses grids that lie apart
        # the cells that a value is made of: also what its flags and times are made of
        self.support = weights.linear(source, target) if method in ("bilinear", "cubic") else self.overlap

    def rule(self, name: str, variable: xr.Variable) -> str:
        kind = variable.dtype.kind
        if kind not in "fiubM":
            raise SchemaError(name, found=f"dtype {variable.dtype}", needed="numbers, booleans or datetime64",
                              do="Drop the variable or convert it first.")  # fmt: skip
        if self.method == "nearest" or (kind == "M" and self.method == "mode"):
            return "nearest"
        if kind == "f":
            return self.method
        if kind == "M":
            return "time"
        if is_bit_field(name, variable):
            return "flags"
        return "count" if is_count(name, variable) and self.method != "mode" else "mode"

    def apply(self, name: str, variable: xr.Variable, valid: xr.Variable | None) -> xr.Variable:
        check_chunks(variable, name)
        rule, share = self.rule(name, variable), {"min_coverage": self.min_coverage}
        inputs = [variable]
        missing = missing_code(name, variable)
        kernel: Callable[..., np.ndarray]
        arguments: dict[str, Any]
        if rule == "area" or rule == "bilinear":
            kernel, arguments = area.weighted_mean, {"weights": self.support, **share}
        elif rule == "cubic":
            linear, smooth = self.support, weights.cubic(self.source, self.target)
            kernel, arguments = cubic.convolve, {"cubic": smooth, "linear": linear, **share}
        elif rule == "time":
            kernel, arguments = area.mean_time, {"weights": self.support, **share}
        elif rule == "count":
            kernel, arguments = area.mean_count, {"weights": self.support}
        elif rule == "flags":
            kernel, arguments = flags.combine, {"weights": self.support, "missing_bit": missing, **share}
            inputs += [valid] if valid is not None else []
        elif rule == "mode":
            kernel, arguments = mode.majority, {"weights": self.overlap, "missing": missing, **share}
        else:
            row, col = self.source.nearest(self.target.lat, self.target.lon, pairwise=False)
            kernel, arguments = copy_cells, {"row": row, "col": col, "missing": missing}
        out = xr.apply_ufunc(
            kernel, *inputs, kwargs=arguments,
            input_core_dims=[["lat", "lon"]] * len(inputs), output_core_dims=[["lat", "lon"]],
            exclude_dims={"lat", "lon"}, dask="parallelized", output_dtypes=[variable.dtype], keep_attrs="drop",
            dask_gufunc_kwargs={"output_sizes": dict(zip(("lat", "lon"), self.target.shape))},
        )  # fmt: skip
        return xr.Variable(out.dims, out.data, output_attrs(name, variable, rule))


def copy_cells(values: np.ndarray, *, row: np.ndarray, col: np.ndarray, missing=None) -> np.ndarray:
    """Values of the cells in given rows and columns; −1 gives ``missing`` (None: NaN).

    Examples
    --------
    >>> copy_cells(np.array([[1.0, 2.0]]), row=np.array([0, -1]), col=np.array([1, 0])).tolist()
    [[2.0, 1.0], [nan, nan]]
    """
    out = values[..., row[:, None], col[None, :]]
    outside = (row < 0)[:, None] | (col < 0)[None, :]
    if outside.any():
        out[..., outside] = np.nan if missing is None else missing
    return out


def _regrid(ds: xr.Dataset, plan: _Plan) -> xr.Dataset:
    data: dict[Hashable, xr.Variable] = {}
    coords: dict[Hashable, xr.Variable] = {}
    for name, variable in ds.variables.items():
        axes = {"lat", "lon"} & set(variable.dims)
        if name in ("lat", "lon"):
            continue
        if len(axes) == 1:
            raise SchemaError(str(name), found=f"dims {variable.dims}", needed="both lat and lon, or neither",
                              do=f"Drop it first: .drop_vars({name!r}).")  # fmt: skip
        if not axes:
            out = variable
        else:
            # only flags need to know where the variable they belong to has values
            valid = _validity(ds, variable) if plan.rule(str(name), variable) == "flags" else None
            out = plan.apply(str(name), variable, valid)
        (coords if name in ds.coords else data)[name] = out
    return xr.Dataset(data, {**coords, **plan.target.coords()}, ds.attrs)


def _validity(ds: xr.Dataset, flag: xr.Variable) -> xr.Variable | None:
    """Where the soil-moisture variable beside a flag is valid, on the dims of the flag."""
    try:
        variable = ds.variables[primary(ds)]
    except SchemaError:
        return None
    if not set(flag.dims) <= set(variable.dims):
        return None
    extra = [d for d in variable.dims if d not in flag.dims]
    valid = variable.notnull()
    return (valid.any(extra) if extra else valid).transpose(*flag.dims)
