"""Single observations onto a grid and calendar steps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import GridError, SchemaError
from ..grid import Grid
from ..periods import bounds, next_start, parse_step, start_of
from ..schema import PRIMARY, VARIABLES, check, with_grid
from .to_grid import check_target, is_bit_field, is_count, missing_code, output_attrs


def grid_observations(ds: xr.Dataset, grid: Grid, *, step: str | None = "1D") -> xr.Dataset:
    """Average observations per grid cell and calendar period.

    Parameters
    ----------
    ds : xarray.Dataset, dim ``obs``
        Canonical observations (swaths, sub-daily series): coordinates ``time``, ``lat``, ``lon`` per observation.
        Lazy data stay lazy, whatever their chunks; the coordinates are read.
    grid : Grid
        Target; an observation belongs to the cell that holds its centre.
    step : str, optional
        Calendar step in UTC: ``"1D"``, ``"dekad"``, ``"month"`` and the like; None puts all observations into one
        time, labelled with the first.

    Returns
    -------
    xarray.Dataset, dims (time, lat, lon)
        Every period from the first to the last, empty ones missing. Beside the variables of ``ds``: ``nobs``, the
        number of valid soil-moisture observations [1], ``t0``, their mean time, ``flag`` if given, and ``time_bnds``.
        Attribute ``n_obs_outside``: observations that lie outside ``grid``.

    Raises
    ------
    SchemaError
        If the dataset is not canonical observations, or a variable is neither number nor time.
    GridError
        If no observation lies in ``grid``.
    ConfigError
        If the step is unknown.

    Notes
    -----
    Floating variables and times are the mean of their valid values, in float64, all overpasses alike. Choice: an
    uncertainty is averaged too; the errors of one instrument within a cell and period are taken as fully correlated,
    so that averaging does not shrink them. Bit fields are combined by OR over the observations with valid soil
    moisture, where there is none over all, with ``missing`` set in ``flag``. Counts add up. Other integers are
    classes: the most frequent, ties to the lowest code. Coordinates per observation, such as ``location``, end here.

    Examples
    --------
    >>> time = np.array(["2015-08-11T06", "2015-08-11T18", "2015-08-13T06"], dtype="datetime64[ns]")
    >>> ds = xr.Dataset({"sm": ("obs", [0.2, 0.3, 0.4], {"units": "m3 m-3"})},
    ...                 coords={"time": ("obs", time), "lat": ("obs", [10.1] * 3), "lon": ("obs", [20.1] * 3)})
    >>> out = grid_observations(ds, Grid.regular(0.25).crop((20, 10, 20.25, 10.25)))
    >>> out.sm.values.ravel().tolist(), out.nobs.values.ravel().tolist(), str(out.t0.values[0, 0, 0])[:16]
    ([0.25, nan, 0.4], [2, 0, 1], '2015-08-11T12:00')
    """
    check_target(grid)
    named = {n: ds[n] for n in ("time", "lat", "lon") if n in ds.coords}
    if any(c.chunks for c in named.values()):  # the coordinates decide the layout: read them, once
        ds = ds.assign_coords(xr.Dataset(coords=named).compute().coords)
    check(ds, "observations")
    where = str(ds.attrs.get("title") or ds.attrs.get("product") or "observations")
    row, col = grid.nearest(ds["lat"].values, ds["lon"].values)
    cell = np.where(row < 0, -1, row * grid.shape[1] + col)
    if not (cell >= 0).any():
        found = f"none of {cell.size} observations inside {grid} {tuple(round(b, 3) for b in grid.bbox)}"
        raise GridError(where, found=found, needed="at least one")
    starts, edges = _periods(pd.DatetimeIndex(ds["time"].values), step)

    main = next((name for name in PRIMARY if name in ds), None)
    valid = ds[main].notnull().variable if main else xr.Variable("obs", np.ones(cell.size, dtype=bool))
    plan = [(str(n), ds.variables[n], _rule(str(n), ds.variables[n])) for n in ds.data_vars if "obs" in ds[n].dims]
    out: dict[str, xr.Variable] = {}
    for name, variable, rule in plan:
        if name in ("nobs", "t0"):
            continue
        attrs = output_attrs(name, variable, "time" if rule == "mean" else "")
        if rule == "mean":
            attrs["cell_methods"] = attrs["cell_methods"].replace("area: mean", "area: time: mean")
        missing = missing_code(name, variable)
        out[name] = _bin(variable, valid, cell, edges, grid, rule, variable.dtype, missing, attrs)
    count = ds.variables["nobs"].astype("i4") * valid if "nobs" in ds else valid.astype("i4")
    out["nobs"] = _bin(count, valid, cell, edges, grid, "sum", np.dtype("i4"), 0, VARIABLES["nobs"].attrs())
    moment = ds.variables["t0" if "t0" in ds else "time"]
    moment = xr.Variable("obs", moment.data).where(valid, np.datetime64("NaT"))
    out["t0"] = _bin(moment, valid, cell, edges, grid, "mean", np.dtype("M8[ns]"), None,
                     {"long_name": "mean time of the observations", "standard_name": "time"})  # fmt: skip
    kept = {n: v for n, v in ds.variables.items() if "obs" not in v.dims}
    result = xr.Dataset(out, {"time": starts, "lat": np.arange(grid.shape[0]), "lon": np.arange(grid.shape[1])})
    result = with_grid(result.assign_attrs(ds.attrs), grid).assign(kept)
    last = bounds(starts, parse_step(step)) if step else _whole(ds["time"].values)
    result["time_bnds"] = (("time", "bnds"), last)
    return result.assign_attrs(n_obs_outside=int((cell < 0).sum()))


def _whole(time: np.ndarray) -> np.ndarray:
    return np.array([[time[0], time[-1]]], dtype="M8[ns]")


def _periods(time: pd.DatetimeIndex, step: str | None) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """Starts of the periods, and where each begins among the sorted observations."""
    if step is None:
        return time[:1], np.array([0, time.size])
    unit = parse_step(step)
    first, last = start_of(time[[0, -1]], unit)
    starts = [first]
    while starts[-1] < last:
        starts.append(next_start([starts[-1]], unit)[0])
    axis = pd.DatetimeIndex(starts)
    return axis, np.r_[np.searchsorted(time, axis), time.size]


def _rule(name: str, variable: xr.Variable) -> str:
    if variable.dims != ("obs",) or variable.dtype.kind not in "fiubM":
        raise SchemaError(name, found=f"dims {variable.dims}, dtype {variable.dtype}",
                          needed="numbers, booleans or datetime64 on dim obs", do="Drop it first.")  # fmt: skip
    if variable.dtype.kind in "fM":
        return "mean"
    if is_bit_field(name, variable):
        return "flag"
    return "sum" if is_count(name, variable) else "mode"


def _bin(variable: xr.Variable, valid: xr.Variable, cell: np.ndarray, edges: np.ndarray, grid: Grid, rule: str,
         dtype: np.dtype, missing, attrs: dict) -> xr.Variable:  # fmt: skip
    """One variable over all periods; a period is one task, so that results do not depend on the chunks."""
    spans, shape = list(pairwise(edges)), grid.shape
    x, y = variable.data, valid.data
    if not (variable.chunks or valid.chunks):
        blocks = [bin_period(x[a:b], y[a:b], cell[a:b], rule, dtype, missing, shape) for a, b in spans]
        return xr.Variable(("time", "lat", "lon"), np.concatenate(blocks), attrs)
    import dask
    import dask.array

    lazy = dask.delayed(bin_period, pure=True)
    tasks = [lazy(x[a:b], y[a:b], cell[a:b], rule, dtype, missing, shape) for a, b in spans]
    parts = [dask.array.from_delayed(task, (1, *shape), dtype) for task in tasks]
    return xr.Variable(("time", "lat", "lon"), dask.array.concatenate(parts), attrs)


def bin_period(values: np.ndarray, valid: np.ndarray, cell: np.ndarray, rule: str, dtype: np.dtype, missing,
               shape: tuple[int, int]) -> np.ndarray:  # fmt: skip
    """Observations of one period onto the cells.

    Parameters
    ----------
    values, valid, cell : ndarray, shape (obs,)
        Values, where the soil moisture is valid, and the cell of each (−1 outside).
    rule : {"mean", "sum", "flag", "mode"}
        How values of a cell become one.
    dtype : numpy.dtype
        Of the result.
    missing : scalar or None
        Missing value of integers; for flags the bit to set.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    ndarray, shape (1, rows, columns)

    Examples
    --------
    >>> cell, valid = np.array([0, 0, 1, -1]), np.array([True, True, False, True])
    >>> bin_period(np.array([1, 2, 4, 8]), valid, cell, "flag", np.dtype("u2"), 4096, (1, 3)).tolist()
    [[[3, 4100, 4096]]]
    """
    size, inside = shape[0] * shape[1], cell >= 0
    values, valid, cell = values[inside], valid[inside], cell[inside]
    if rule == "mean":
        out = _mean(values, cell, dtype, size)
    elif rule == "sum":
        out = np.bincount(cell, weights=values, minlength=size).astype(dtype)
    elif rule == "flag":
        used, everything = np.zeros(size, dtype), np.zeros(size, dtype)
        np.bitwise_or.at(used, cell[valid], values[valid].astype(dtype))
        np.bitwise_or.at(everything, cell, values.astype(dtype))
        has_value = np.bincount(cell[valid], minlength=size) > 0
        out = np.where(has_value, used, everything | dtype.type(missing))
    else:
        known = values != missing if missing is not False else np.ones(values.shape, dtype=bool)
        pairs, number = np.unique(np.stack([cell[known], values[known].astype("i8")]), axis=1, return_counts=True)
        order = np.lexsort((pairs[1], -number, pairs[0]))  # per cell: most frequent first, then the lowest code
        _, top = np.unique(pairs[0][order], return_index=True)
        out = np.full(size, missing, dtype=dtype)
        out[pairs[0][order][top]] = pairs[1][order][top].astype(dtype)
    return out.reshape(1, *shape)


def _mean(values: np.ndarray, cell: np.ndarray, dtype: np.dtype, size: int) -> np.ndarray:
    if dtype.kind == "M":
        origin = np.datetime64("2000-01-01", "us")  # microseconds from here are exact in float64
        known = ~np.isnat(values)
        mean = _mean((values[known].astype("M8[us]") - origin).astype("f8"), cell[known], np.dtype("f8"), size)
        time = np.rint(np.where(np.isnan(mean), 0, mean)).astype("i8").astype("m8[us]") + origin
        return np.where(np.isnan(mean), np.datetime64("NaT"), time).astype(dtype)
    known = np.isfinite(values)
    number = np.bincount(cell[known], minlength=size)
    total = np.bincount(cell[known], weights=values[known], minlength=size)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan).astype(dtype)
