"""A stack of image files as lazy arrays: headers are read at once, pixels when they are asked for.

Every file is opened once to check that it has the variables, the shape, the axes and the identity (product,
version) of the first. One file is one chunk, and a task reads only the window that was asked for when opening.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..errors import ConfigError, GridError, InputFileError
from ..grid import Grid
from ..periods import parse_period
from .decode import Coding, get_variable, open_netcdf, read_times

#: Largest chunk [bytes] cut from a file that holds many times.
CHUNK_BYTES = 64 * 2**20

_ROLES = {"time": "time", "lat": "lat", "lon": "lon"}


class ImageStack:
    """One variable over many files, as an array that reads on indexing; wrapped in dask by :class:`Images`.

    Parameters
    ----------
    name : str
        Variable, ``"group/name"`` in a group.
    coding : Coding
        How to decode it.
    sources : sequence of (path, index)
        File and time index in the file of every time step; index None where the variable has no time dimension.
    order : tuple of str
        Roles of the variable's dimensions in the file: ``"time"``, ``"layer"``, ``"lat"``, ``"lon"``.
    rows, cols : ndarray of int
        File row and column of every output row and column.
    layers : int
        Length of the layer dimension, 0 for none.
    """

    def __init__(self, name: str, coding: Coding, sources: Sequence[tuple[str, int | None]], order: tuple[str, ...],
                 rows: np.ndarray, cols: np.ndarray, layers: int = 0):  # fmt: skip
        self.name, self.coding, self.sources, self.order = name, coding, tuple(sources), order
        self.rows, self.cols, self.layers = rows, cols, layers
        self.dtype = np.dtype(coding.dtype)
        self.shape = (len(self.sources), *((layers,) if layers else ()), len(rows), len(cols))
        self.ndim = len(self.shape)

    def __dask_tokenize__(self) -> tuple:
        return (self.name, self.coding, self.sources, self.order, self.rows.tobytes(), self.cols.tobytes(), self.layers)

    def __getitem__(self, key: Any) -> np.ndarray:
        key = key if isinstance(key, tuple) else (key,)
        key = (*key, *[slice(None)] * (self.ndim - len(key)))
        picked = [np.arange(n)[k] for n, k in zip(self.shape, key, strict=True)]
        scalar = tuple(i for i, p in enumerate(picked) if p.ndim == 0)
        picked = [np.atleast_1d(p) for p in picked]
        out = np.empty([len(p) for p in picked], dtype=self.dtype)
        where = {"lat": self.rows[picked[-2]], "lon": self.cols[picked[-1]]}
        if self.layers:
            where["layer"] = picked[1]
        if out.size:
            self._fill(out, picked[0], where)
        return out.squeeze(axis=scalar) if scalar else out

    def _fill(self, out: np.ndarray, steps: np.ndarray, where: dict[str, np.ndarray]) -> None:
        begin = 0
        while begin < len(steps):  # runs of steps from one file are read together
            path = self.sources[steps[begin]][0]
            end = begin + 1
            while end < len(steps) and self.sources[steps[end]][0] == path:
                end += 1
            index = [self.sources[s][1] for s in steps[begin:end]]
            with open_netcdf(path, needed=[self.name]) as nc:
                variable = get_variable(nc, self.name, path)
                block = _read(variable, self.order, {**where, "time": _times(index)})
                out[begin:end] = self.coding.in_file(variable).decode(block)
            begin = end


def _times(index: list[int | None]) -> np.ndarray | None:
    return None if index[0] is None else np.asarray(index, dtype=int)


def _read(variable: Any, order: tuple[str, ...], where: Mapping[str, np.ndarray | None]) -> np.ndarray:
    """The picked hyperslab of a variable, dims (time, [layer,] lat, lon), still coded."""
    slices, takes = [], []
    for role in order:
        picks = where[role]
        assert picks is not None
        first, last = int(picks.min()), int(picks.max())
        slices.append(slice(first, last + 1))
        takes.append(picks - first)
    block = np.asarray(variable[tuple(slices)])
    for axis, take in enumerate(takes):
        if not (len(take) == block.shape[axis] and (take == np.arange(len(take))).all()):
            reverse = len(take) == block.shape[axis] and (take == np.arange(len(take))[::-1]).all()
            block = np.flip(block, axis) if reverse else np.take(block, take, axis=axis)
    wanted = [r for r in ("time", "layer", "lat", "lon") if r in order]
    block = np.transpose(block, [order.index(r) for r in wanted])
    return block if "time" in order else block[np.newaxis]


@dataclass(frozen=True)
class Images:
    """The index of a stack of files: times, sources, grid and window; no pixels.

    Made by :func:`index_images`.
    """

    paths: list[Path]
    times: np.ndarray
    sources: list[tuple[str, int | None]]
    grid: Grid
    rows: np.ndarray
    cols: np.ndarray
    orders: dict[str, tuple[str, ...]]
    layers: dict[str, int]
    identity: Any = None
    codings: dict[str, Coding] = field(default_factory=dict)

    def variable(self, name: str, coding: Coding | None = None) -> xr.DataArray:
        """One variable as a lazy DataArray, dims (time, [layer,] lat, lon), without attributes."""
        import dask.array as da

        stack = ImageStack(name, coding or self.codings[name], self._sources(name), self.orders[name], self.rows,
                           self.cols, self.layers.get(name, 0))  # fmt: skip
        chunks = (self._time_chunks(stack), *stack.shape[1:])
        lazy = da.from_array(stack, chunks=chunks, lock=False, asarray=True, fancy=False)
        dims = ("time", "layer", "lat", "lon") if stack.layers else ("time", "lat", "lon")
        coords = {**self.grid.coords(), "time": self.times}
        return xr.DataArray(lazy, dims=dims, coords=coords)

    def _sources(self, name: str) -> list[tuple[str, int | None]]:
        return self.sources if "time" in self.orders[name] else [(p, None) for p, _ in self.sources]

    def _time_chunks(self, stack: ImageStack) -> tuple[int, ...]:
        frame = int(np.prod(stack.shape[1:])) * stack.dtype.itemsize
        most = max(1, CHUNK_BYTES // max(frame, 1))
        chunks: list[int] = []
        previous = None
        for path, _ in self.sources:
            if path == previous and chunks[-1] < most:
                chunks[-1] += 1
            else:
                chunks.append(1)
            previous = path
        return tuple(chunks)


def index_images(
    paths: Sequence[Path],
    variables: Sequence[str],
    *,
    parent: Grid | Callable[[np.ndarray, np.ndarray, str], Grid] | None = None,
    roles: Mapping[str, str] = _ROLES,
    times: Callable[[Any, Path], np.ndarray] = read_times,
    axes: Callable[[Any, Path], tuple[np.ndarray, np.ndarray]] | None = None,
    identity: Callable[[Any, Path], Hashable] | None = None,
    optional: Sequence[str] = (),
    fills: Mapping[str, Sequence[float]] | None = None,
    dtypes: Mapping[str, str] | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    period: str | tuple | None = None,
    name_date: str = "",
    do: str = "",
) -> Images:
    """Read and check the headers of image files, and lay them out in time and space.

    Parameters
    ----------
    paths : sequence of Path
        Files, each with one or more times.
    variables : sequence of str
        Variables every file must have, ``"group/name"`` in a group; dims as named in ``roles``.
    parent : Grid or callable, optional
        The grid the axes lie on, or a function ``(lat, lon, where) -> Grid`` that finds it;
        :meth:`vadose.grid.Grid.infer` where None.
    roles : mapping
        File dimension -> ``"time"``, ``"layer"``, ``"lat"`` or ``"lon"``.
    times : callable
        ``(nc, path) -> datetime64[ns]``, one per time step of the file; one for a file whose variables have no
        time dimension.
    axes : callable, optional
        ``(nc, path) -> (lat, lon)``, the 1-D file axes [degrees]; the coordinate variables of the dims where None.
    identity : callable, optional
        ``(nc, path) -> value`` that must be the same for all files, such as (variant, version).
    optional : sequence of str
        Variables to use if the first file has them; then all must.
    fills : mapping, optional
        Further missing codes by variable.
    dtypes : mapping, optional
        Result type by variable; float32 where not named.
    bbox : tuple, optional
        ``(west, south, east, north)`` [degrees] to read.
    period : str or pair, optional
        Times to keep (:func:`vadose.periods.parse_period`).
    name_date : str
        Regular expression whose first group is the date ``YYYYMMDD`` in a file name. With a period, files more than
        a month outside it by name are not even opened.
    do : str
        Next step to tell the user when a variable is missing.

    Returns
    -------
    Images

    Raises
    ------
    InputFileError
        If a file cannot be read or does not fit the first one, if two files hold the same time, or no time lies in
        the period.
    GridError
        If the axes do not lie on the grid or the box holds no cell.
    """
    span = parse_period(period)
    paths = _by_name(paths, span, name_date)
    first: dict[str, Any] = {}
    names = list(variables)
    steps: list[tuple[np.datetime64, str, int | None]] = []
    for path in paths:
        with open_netcdf(path, needed=names, do=do) as nc:
            if not first:
                names += [n for n in optional if _has(nc, n)]
            header = _header(nc, path, names, roles, axes, identity)
            if not first:
                first = header
                codings = {n: Coding.of(get_variable(nc, n, path), fills=(fills or {}).get(n, ()),
                                        dtype=(dtypes or {}).get(n, "float32")) for n in names}  # fmt: skip
            else:
                _same(header, first, path, paths[0])
            stamps = np.atleast_1d(times(nc, path))
            lengths = {s[header["orders"][n].index("time")] for n, s in header["shapes"].items()
                       if "time" in header["orders"][n]}  # fmt: skip
            if lengths - {len(stamps)} or (not lengths and len(stamps) != 1):
                found = f"{len(stamps)} times for {sorted(lengths) or [1]} images"
                raise InputFileError(path.name, found=found, needed="one time for each image")
            steps += [(t, str(path), i) for i, t in enumerate(stamps)]
    if not first:
        raise ConfigError("paths", found="no files", needed="at least one file")
    steps.sort(key=lambda s: s[0])
    _no_twins(steps)
    if span is not None:
        kept = [s for s in steps if span[0] <= s[0] < span[1]]
        if not kept:
            found = f"times {steps[0][0].astype('M8[m]')} to {steps[-1][0].astype('M8[m]')}"
            raise InputFileError(paths[0].name, found=found, needed=f"a time within the period {period!r}")
        steps = kept
    grid, rows, cols = _window(parent, first["lat"], first["lon"], bbox, paths[0].name)
    return Images(
        paths=[Path(p) for p in dict.fromkeys(s[1] for s in steps)],
        times=np.array([s[0] for s in steps], dtype="datetime64[ns]"),
        sources=[(s[1], s[2]) for s in steps],
        grid=grid, rows=rows, cols=cols, orders=first["orders"],
        layers={n: s[o.index("layer")] for n, s in first["shapes"].items() if "layer" in (o := first["orders"][n])},
        identity=first["identity"], codings=codings,
    )  # fmt: skip


def _by_name(paths: Sequence[Path], span: Any, name_date: str) -> Sequence[Path]:
    """Files that may hold times of the period, going by their names; all of them if none seems to."""
    if span is None or not name_date:
        return paths
    margin = np.timedelta64(31, "D")
    kept = []
    for path in paths:
        match = re.search(name_date, path.name)
        try:
            stamp = np.datetime64(f"{match[1][:4]}-{match[1][4:6]}-{match[1][6:8]}") if match else None
        except ValueError:
            stamp = None
        if stamp is None or span[0] - margin <= stamp < span[1] + margin:
            kept.append(path)
    return kept or paths


def _has(nc: Any, name: str) -> bool:
    *groups, last = name.split("/")
    for part in groups:
        if part not in nc.groups:
            return False
        nc = nc.groups[part]
    return last in nc.variables


def _header(nc: Any, path: Path, names: Sequence[str], roles: Mapping[str, str], axes: Any, identity: Any) -> dict:
    orders, shapes = {}, {}
    for name in names:
        variable = get_variable(nc, name, path)
        known = tuple(roles.get(d, "") for d in variable.dimensions)
        if "" in known or not {"lat", "lon"} <= set(known) or len(set(known)) != len(known):
            raise InputFileError(f"{path.name}: {name}", found=f"dimensions {variable.dimensions}",
                                 needed=f"dimensions among {tuple(roles)}")  # fmt: skip
        orders[name], shapes[name] = known, variable.shape
    if axes is not None:
        lat, lon = axes(nc, path)
    else:
        dims = {role: dim for dim, role in roles.items() if dim in nc.dimensions}
        lat = np.asarray(get_variable(nc, dims["lat"], path)[:])
        lon = np.asarray(get_variable(nc, dims["lon"], path)[:])
    for label, axis in (("lat", lat), ("lon", lon)):
        if axis.ndim != 1 or not np.isfinite(axis).all():
            raise InputFileError(f"{path.name}: {label}", found=f"an axis of shape {axis.shape} or with missing values",
                                 needed="a complete 1-D axis")  # fmt: skip
    for name in names:
        size = {r: n for r, n in zip(orders[name], shapes[name], strict=True)}
        if (size["lat"], size["lon"]) != (len(lat), len(lon)):
            raise InputFileError(f"{path.name}: {name}", found=f"an image of {size['lat']}×{size['lon']}",
                                 needed=f"{len(lat)}×{len(lon)} as its axes")  # fmt: skip
    return {"orders": orders, "shapes": shapes, "lat": lat, "lon": lon,
            "identity": identity(nc, path) if identity else None}  # fmt: skip


def _same(header: dict, first: dict, path: Path, first_path: Path) -> None:
    for axis in ("lat", "lon"):
        if header[axis].shape != first[axis].shape or not np.array_equal(header[axis], first[axis], equal_nan=True):
            found = f"{axis} of {len(header[axis])} values unlike those of {first_path.name}"
            raise InputFileError(path.name, found=found, needed="the same axes in every file",
                                 do="Open different extents separately.")  # fmt: skip
    if header["identity"] != first["identity"]:
        raise InputFileError(path.name, found=f"{header['identity']}",
                             needed=f"{first['identity']} as {first_path.name}",
                             do="Open products and versions separately.")  # fmt: skip
    for name, order in first["orders"].items():
        same = header["orders"][name] == order and all(
            a == b for a, b, r in zip(header["shapes"][name], first["shapes"][name], order, strict=True) if r != "time"
        )
        if not same:
            raise InputFileError(f"{path.name}: {name}", found=f"shape {header['shapes'][name]}",
                                 needed=f"{first['shapes'][name]} as {first_path.name}")  # fmt: skip


def _no_twins(steps: list[tuple[np.datetime64, str, int | None]]) -> None:
    for before, after in pairwise(steps):
        if before[0] == after[0]:
            names = " and ".join(dict.fromkeys(Path(s[1]).name for s in (before, after)))
            raise InputFileError(names, found=f"{after[0].astype('M8[s]')} more than once", needed="each time once",
                                 do="Remove or leave out one of them.")  # fmt: skip


def _window(
    parent: Any, lat: np.ndarray, lon: np.ndarray, bbox: Any, where: str
) -> tuple[Grid, np.ndarray, np.ndarray]:
    """Output grid, and the file row and column of each of its rows and columns."""
    grid = Grid.infer(lat, lon, where=where) if parent is None else parent
    if not isinstance(grid, Grid):
        grid = grid(lat, lon, where)
    row, col = grid.locate(lat, lon, where=where, pairwise=False)
    file_row, file_col = np.full(grid.shape[0], -1), np.full(grid.shape[1], -1)
    file_row[row], file_col[col] = np.arange(len(row)), np.arange(len(col))
    inner = Grid(grid.kind, grid.name, (grid.rows[0] + int(row.min()), grid.rows[0] + int(row.max()) + 1),
                 (grid.cols[0] + int(col.min()), grid.cols[0] + int(col.max()) + 1), grid.registration,
                 grid.axes)  # fmt: skip
    if bbox is not None:
        inner = inner.crop(bbox)
    rows = file_row[inner.rows[0] - grid.rows[0] : inner.rows[1] - grid.rows[0]]
    cols = file_col[inner.cols[0] - grid.cols[0] : inner.cols[1] - grid.cols[0]]
    for axis, index, size in (("lat", row, len(lat)), ("lon", col, len(lon))):
        if len(np.unique(index)) != size:
            raise GridError(f"{where}: {axis}", found="the same cell twice", needed="each cell once")
    if (rows < 0).any() or (cols < 0).any():
        raise GridError(where, found=f"axes with gaps on the {grid}", needed="every row and column of the extent")
    return inner, rows, cols
