"""Time-series cell files: 5° boxes of locations, in the three layouts of the pynetcf package.

*Orthogonal multi time series*: ``var(locations, time)`` with one time axis per file. *Contiguous ragged*:
``var(obs)`` with ``row_size(locations)``. *Indexed ragged*: ``var(obs)`` with ``locationIndex(obs)``.

Orthogonal files on a known grid become dims (time, lat, lon) on the smallest crop that covers the locations; ragged
ones become observations sorted by time. Location slots that nobody filled hold a huge latitude and are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..errors import ConfigError, GridError, InputFileError
from ..grid import SNAP_TOLERANCE, Grid, check_bbox, wrap_longitude
from ..periods import parse_period
from .decode import Coding, get_variable, open_netcdf, read_times

#: Largest chunk [bytes] of a mosaic before its time axis is cut as well.
CHUNK_BYTES = 512 * 2**20

#: Box size [degrees] of the cell files; chunks follow it so that a chunk reads one file.
BOX = 5.0

Identity = Callable[[Any, Path], Hashable]


def layout(nc: Any) -> str:
    """Layout of an open cell file: ``"ortho"``, ``"contiguous"``, ``"indexed"``, or ``""`` if it is none.

    Parameters
    ----------
    nc : netCDF4.Dataset
        Open file.
    """
    if "locations" not in nc.dimensions or not {"lat", "lon", "time"} <= set(nc.variables):
        return ""
    if "row_size" in nc.variables:
        return "contiguous"
    if "locationIndex" in nc.variables:
        return "indexed"
    return "ortho" if any(v.dimensions == ("locations", "time") for v in nc.variables.values()) else ""


# -------------------------------------------------------------------------------------------- orthogonal layout
@dataclass(frozen=True)
class _Box:
    """One orthogonal cell file: its used slots, their place on the output grid, its steps on the common axis."""

    path: str
    slots: np.ndarray
    rows: np.ndarray
    cols: np.ndarray
    steps: np.ndarray  # index in the file of each output time, -1 where the file has none


class CellMosaic:
    """One variable over cell files as an array (time, lat, lon) that reads on indexing."""

    def __init__(self, name: str, coding: Coding, boxes: Sequence[_Box], shape: tuple[int, int, int], blank: float):
        self.name, self.coding, self.boxes, self.shape, self.blank = name, coding, tuple(boxes), shape, blank
        self.dtype, self.ndim = np.dtype(coding.dtype), 3

    def __dask_tokenize__(self) -> tuple:
        parts = [(b.path, b.slots.tobytes(), b.rows.tobytes(), b.cols.tobytes()) for b in self.boxes]
        steps = {id(b.steps): b.steps.tobytes() for b in self.boxes}  # usually one axis shared by all
        return self.name, self.coding, parts, sorted(steps.values()), self.shape

    def __getitem__(self, key: Any) -> np.ndarray:
        key = key if isinstance(key, tuple) else (key,)
        key = (*key, *[slice(None)] * (3 - len(key)))
        picked = [np.arange(n)[k] for n, k in zip(self.shape, key, strict=True)]
        scalar = tuple(i for i, p in enumerate(picked) if p.ndim == 0)
        steps, rows, cols = (np.atleast_1d(p) for p in picked)
        out = np.full((len(steps), len(rows), len(cols)), self.blank, dtype=self.dtype)
        to_row, to_col = np.full(self.shape[1], -1), np.full(self.shape[2], -1)
        to_row[rows], to_col[cols] = np.arange(len(rows)), np.arange(len(cols))
        for box in self.boxes:
            r, c = to_row[box.rows], to_col[box.cols]
            inside, at = (r >= 0) & (c >= 0), box.steps[steps]
            have = at >= 0
            if inside.any() and have.any():
                block = self._read(box, box.slots[inside], at[have])
                out[np.flatnonzero(have)[:, None], r[inside], c[inside]] = block
        return out.squeeze(axis=scalar) if scalar else out

    def _read(self, box: _Box, slots: np.ndarray, at: np.ndarray) -> np.ndarray:
        with open_netcdf(box.path, needed=[self.name]) as nc:
            low, high = int(slots.min()), int(slots.max()) + 1
            first, last = int(at.min()), int(at.max()) + 1
            variable = nc.variables[self.name]
            raw = np.asarray(variable[low:high, first:last])
            return self.coding.in_file(variable).decode(raw[slots - low][:, at - first]).T


@dataclass(frozen=True)
class Cells:
    """Index of orthogonal cell files on a grid; made by :func:`index_cells`."""

    paths: list[Path]
    grid: Grid
    times: np.ndarray
    boxes: list[_Box]
    codings: dict[str, Coding]
    identity: Any = None

    def variable(self, name: str, coding: Coding | None = None, *, blank: float | None = None) -> xr.DataArray:
        """One variable as a lazy DataArray, dims (time, lat, lon); cells without a location are NaN (integers: 0).

        Parameters
        ----------
        name : str
            Variable in the files.
        coding : Coding, optional
            As read from the first file where None.
        blank : float, optional
            Value of cells and times that no file covers.
        """
        import dask.array as da

        coding = coding or self.codings[name]
        if blank is None:
            blank = np.nan if np.dtype(coding.dtype).kind == "f" else 0
        mosaic = CellMosaic(name, coding, self.boxes, (len(self.times), *self.grid.shape), blank)
        lat, lon = _runs(self.grid.lat), _runs(self.grid.lon)
        most = max(1, CHUNK_BYTES // (max(lat) * max(lon) * mosaic.dtype.itemsize))
        chunks = (min(most, len(self.times)), lat, lon)
        lazy = da.from_array(mosaic, chunks=chunks, lock=False, asarray=True, fancy=False)
        return xr.DataArray(lazy, dims=("time", "lat", "lon"), coords={**self.grid.coords(), "time": self.times})


def _runs(axis: np.ndarray) -> tuple[int, ...]:
    """Lengths of the runs of an axis that lie in one box."""
    box = np.floor(axis / BOX + 1e-6)
    edges = np.flatnonzero(np.diff(box)) + 1
    return tuple(np.diff([0, *edges, len(axis)]).tolist())


def index_cells(
    paths: Sequence[Path],
    variables: Sequence[str],
    *,
    parent: Grid | Callable[[np.ndarray, np.ndarray, str], Grid],
    optional: Sequence[str] = (),
    identity: Identity | None = None,
    fills: Mapping[str, Sequence[float]] | None = None,
    dtypes: Mapping[str, str] | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    period: str | tuple | None = None,
    tolerance: float = SNAP_TOLERANCE,
    do: str = "",
) -> Cells:
    """Read and check the headers of orthogonal cell files, and place their locations on a grid.

    Parameters
    ----------
    paths : sequence of Path
        Cell files of one product and version.
    variables, optional : sequence of str
        Variables every file must have; variables used if the first file has them.
    parent : Grid or callable
        The grid of the locations, or ``(lat, lon, where) -> Grid``.
    identity : callable, optional
        ``(nc, path) -> value`` that must be the same for all files.
    fills, dtypes : mapping, optional
        Further missing codes, and result type, by variable.
    bbox, period
        As in :func:`vadose.products.open`.
    tolerance : float
        Largest distance [degrees] of a location from its cell centre.
    do : str
        Next step to tell the user when a variable is missing.

    Returns
    -------
    Cells
        The time axis is the union of the files' axes; a file's cells are missing at times it does not have.

    Raises
    ------
    InputFileError
        If a file cannot be read, is not of this layout, has a time or a location twice, shares a location with
        another file, or differs in identity; or if no time lies in the period.
    GridError
        If a location is no cell centre, or none lies in the box.
    """
    names, seen, codings = list(variables), None, {}
    parts: list[tuple[Path, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    for path in paths:
        with open_netcdf(path, needed=["lat", "lon", "time"], do=do) as nc:
            if layout(nc) != "ortho":
                raise InputFileError(path.name, found=layout(nc) or f"dimensions {list(nc.dimensions)}",
                                     needed="variables (locations, time)", do=do)  # fmt: skip
            if not parts:
                names += [n for n in optional if n in nc.variables]
            for name in names:
                if (dims := get_variable(nc, name, path, do=do).dimensions) != ("locations", "time"):
                    raise InputFileError(f"{path.name}: {name}", found=f"dimensions {dims}", needed="(locations, time)")
            mark = identity(nc, path) if identity else None
            _same_identity(mark, seen, path, paths[0], bool(parts))
            if not parts:
                seen = mark
                codings = _codings(nc, names, path, fills, dtypes)
            slots, lat, lon = _locations(nc, path)
            parts.append((path, slots, lat, lon, read_times(nc, path)))
    if not parts:
        raise ConfigError("paths", found="no files", needed="at least one file")
    times, steps = _common_axis(parts, period)
    all_lat, all_lon = np.concatenate([p[2] for p in parts]), np.concatenate([p[3] for p in parts])
    where = parts[0][0].name
    grid = parent if isinstance(parent, Grid) else parent(all_lat, all_lon, where)
    row, col = grid.locate(all_lat, all_lon, where=where, tolerance=tolerance)
    _no_shared_location(row, col, parts)
    inner = replace(grid, rows=(grid.rows[0] + int(row.min()), grid.rows[0] + int(row.max()) + 1),
                    cols=(grid.cols[0] + int(col.min()), grid.cols[0] + int(col.max()) + 1))  # fmt: skip
    if bbox is not None:
        inner = inner.crop(bbox)
    row, col = row + grid.rows[0] - inner.rows[0], col + grid.cols[0] - inner.cols[0]
    inside = (row >= 0) & (row < inner.shape[0]) & (col >= 0) & (col < inner.shape[1])
    if not inside.any():
        raise GridError("bbox", found=f"{bbox}, which holds no location", needed="a box with at least one location")
    boxes, start = [], 0
    for part, index in zip(parts, steps, strict=True):
        here = slice(start, start := start + len(part[1]))
        if (keep := inside[here]).any():
            boxes.append(_Box(str(part[0]), part[1][keep], row[here][keep], col[here][keep], index))
    return Cells([Path(b.path) for b in boxes], inner, times, boxes, codings, seen)


def _codings(nc: Any, names: Sequence[str], path: Path, fills: Any, dtypes: Any) -> dict[str, Coding]:
    return {n: Coding.of(get_variable(nc, n, path), fills=(fills or {}).get(n, ()),
                         dtype=(dtypes or {}).get(n, "float32")) for n in names}  # fmt: skip


def _same_identity(mark: Hashable, seen: Hashable, path: Path, first: Path, started: bool) -> None:
    if started and mark != seen:
        raise InputFileError(path.name, found=f"{mark}", needed=f"{seen} as {first.name}",
                             do="Open products and versions separately.")  # fmt: skip


def _locations(nc: Any, path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Used slots of a file with their latitude and longitude [degrees]."""
    lat = np.asarray(nc.variables["lat"][:], dtype=np.float64)
    lon = np.asarray(nc.variables["lon"][:], dtype=np.float64)
    with np.errstate(invalid="ignore"):
        slots = np.flatnonzero((np.abs(lat) <= 90) & (np.abs(lon) <= 360))
    if not slots.size:
        raise InputFileError(path.name, found="no location with a valid latitude", needed="at least one location")
    return slots, lat[slots], wrap_longitude(lon[slots])


def _common_axis(parts: Sequence[tuple], period: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    """Union of all time axes within the period, and for each file the index of every common time, −1 for none."""
    for path, *_, times in parts:
        values, counts = np.unique(times, return_counts=True)
        if (counts > 1).any():
            twice = values[counts > 1][0].astype("M8[s]")
            raise InputFileError(path.name, found=f"{twice} more than once", needed="each time once")
    union = np.unique(np.concatenate([p[-1] for p in parts]))
    span = parse_period(period)
    if span is not None:
        kept = union[(union >= span[0]) & (union < span[1])]
        if not kept.size:
            found = f"times {union[0].astype('M8[m]')} to {union[-1].astype('M8[m]')}"
            raise InputFileError(parts[0][0].name, found=found, needed=f"a time within the period {period!r}")
        union = kept
    shared: dict[bytes, np.ndarray] = {}
    out = []
    for *_, times in parts:
        tag = times.tobytes()
        if tag not in shared:
            index = np.full(len(union), -1)
            at = np.minimum(np.searchsorted(union, times), len(union) - 1)
            hit = union[at] == times
            index[at[hit]] = np.flatnonzero(hit)
            shared[tag] = index
        out.append(shared[tag])
    return union, out


def _no_shared_location(row: np.ndarray, col: np.ndarray, parts: Sequence[tuple]) -> None:
    owner = np.concatenate([np.full(len(p[1]), i) for i, p in enumerate(parts)])
    code = row.astype(np.int64) * (int(col.max()) + 1) + col
    order = np.argsort(code, kind="stable")
    twins = np.flatnonzero(np.diff(code[order]) == 0)
    if twins.size:
        a, b = order[twins[0]], order[twins[0] + 1]
        files = " and ".join(dict.fromkeys(Path(parts[owner[i]][0]).name for i in (a, b)))
        lat, lon = parts[owner[a]][2], parts[owner[a]][3]
        at = a - np.flatnonzero(owner == owner[a])[0]
        raise InputFileError(files, found=f"the location {lat[at]:.4f}° N, {lon[at]:.4f}° E twice",
                             needed="each location once", do="Open versions separately.")  # fmt: skip


# ------------------------------------------------------------------------------------------------ ragged layouts
class RaggedStack:
    """One variable over ragged cell files, in time order, as an array (obs,) that reads on indexing."""

    def __init__(self, name: str, coding: Coding, paths: Sequence[str], owner: np.ndarray, position: np.ndarray):
        self.name, self.coding, self.paths = name, coding, tuple(paths)
        self.owner, self.position = owner, position
        self.shape, self.ndim, self.dtype = (len(owner),), 1, np.dtype(coding.dtype)

    def __dask_tokenize__(self) -> tuple:
        return self.name, self.coding, self.paths, self.owner.tobytes(), self.position.tobytes()

    def __getitem__(self, key: Any) -> np.ndarray:
        key = key[0] if isinstance(key, tuple) else key
        owner, position = np.atleast_1d(self.owner[key]), np.atleast_1d(self.position[key])
        out = np.empty(owner.shape, dtype=self.dtype)
        for number in np.unique(owner):
            mine = owner == number
            at = position[mine]
            low, high = int(at.min()), int(at.max()) + 1
            with open_netcdf(self.paths[number], needed=[self.name]) as nc:
                variable = get_variable(nc, self.name, self.paths[number])
                out[mine] = self.coding.in_file(variable).decode(np.asarray(variable[low:high])[at - low])
        return out[0] if np.ndim(self.owner[key]) == 0 else out


@dataclass(frozen=True)
class Observations:
    """Index of ragged cell files: where and when every observation is; made by :func:`index_ragged`."""

    paths: list[Path]
    times: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    location: np.ndarray
    owner: np.ndarray
    position: np.ndarray
    codings: dict[str, Coding]
    identity: Any = None

    def variable(self, name: str, coding: Coding | None = None) -> xr.DataArray:
        """One variable as a lazy DataArray, dims (obs,), with coordinates time, lat, lon and location."""
        import dask.array as da

        stack = RaggedStack(name, coding or self.codings[name], [str(p) for p in self.paths], self.owner,
                            self.position)  # fmt: skip
        chunk = max(1, min(stack.shape[0], 8_000_000))  # every chunk visits every file: few and large
        lazy = da.from_array(stack, chunks=chunk, lock=False, asarray=True, fancy=False)
        return xr.DataArray(lazy, dims="obs", coords=self.coords())

    def coords(self) -> dict[str, Any]:
        """Coordinates of the ``obs`` dimension."""
        return {
            "time": ("obs", self.times),
            "lat": ("obs", self.lat, {"standard_name": "latitude", "units": "degrees_north"}),
            "lon": ("obs", self.lon, {"standard_name": "longitude", "units": "degrees_east"}),
            "location": ("obs", self.location, {"long_name": "location number of the provider"}),
        }


def index_ragged(
    paths: Sequence[Path],
    variables: Sequence[str],
    *,
    optional: Sequence[str] = (),
    identity: Identity | None = None,
    fills: Mapping[str, Sequence[float]] | None = None,
    dtypes: Mapping[str, str] | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    period: str | tuple | None = None,
    do: str = "",
) -> Observations:
    """Read the index of ragged cell files: times, locations and order of all observations, no data.

    Parameters
    ----------
    paths : sequence of Path
        Contiguous or indexed ragged files of one product and version.
    variables, optional, identity, fills, dtypes, bbox, period, do
        As in :func:`index_cells`.

    Returns
    -------
    Observations
        Sorted by time; observations of the same instant keep the order of files and of records.

    Raises
    ------
    InputFileError
        If a file cannot be read, is not ragged, or its index does not fit its observations; or if no observation
        lies in the box and period.
    """
    names, seen, codings = list(variables), None, {}
    columns: dict[str, list[np.ndarray]] = {k: [] for k in ("time", "lat", "lon", "location", "owner", "position")}
    span, box = parse_period(period), None if bbox is None else check_bbox(bbox)
    extent: list[np.ndarray] = []
    for number, path in enumerate(paths):
        with open_netcdf(path, needed=["lat", "lon", "time"], do=do) as nc:
            kind = layout(nc)
            if kind not in ("contiguous", "indexed"):
                raise InputFileError(path.name, found=kind or f"dimensions {list(nc.dimensions)}",
                                     needed="row_size(locations) or locationIndex(obs)", do=do)  # fmt: skip
            if not number:
                names += [n for n in optional if n in nc.variables]
            dims = nc.variables["time"].dimensions
            for name in names:
                if get_variable(nc, name, path, do=do).dimensions != dims:
                    raise InputFileError(f"{path.name}: {name}", needed=f"dimensions {dims}",
                                         found=f"dimensions {nc.variables[name].dimensions}")  # fmt: skip
            mark = identity(nc, path) if identity else None
            _same_identity(mark, seen, path, paths[0], bool(number))
            if not number:
                seen, codings = mark, _codings(nc, names, path, fills, dtypes)
            slots, lat, lon = _locations(nc, path)
            times = read_times(nc, path)
            place = _place(nc, path, kind, slots, len(times))
            ids = np.asarray(nc.variables["location_id"][:])[slots] if "location_id" in nc.variables else slots
        keep = place >= 0
        if box is not None:
            inside = (lon >= box[0]) & (lat >= box[1]) & (lon <= box[2]) & (lat <= box[3])
            keep &= inside[place]
        if span is not None:
            keep &= (times >= span[0]) & (times < span[1])
        extent.append(times)
        at = np.flatnonzero(keep)
        chosen = place[at]
        for key, value in (("time", times[at]), ("lat", lat[chosen]), ("lon", lon[chosen]), ("location", ids[chosen]),
                           ("owner", np.full(len(at), number, "int32")), ("position", at)):  # fmt: skip
            columns[key].append(value)
    if not extent:
        raise ConfigError("paths", found="no files", needed="at least one file")
    joined = {k: np.concatenate(v) for k, v in columns.items()}
    if not joined["time"].size:
        every = np.concatenate(extent)
        found = f"no observation in bbox {bbox} and period {period!r}"
        if every.size:
            found += f" (times {every.min().astype('M8[m]')} to {every.max().astype('M8[m]')})"
        raise InputFileError(paths[0].name, found=found, needed="at least one observation")
    order = np.argsort(joined["time"], kind="stable")
    joined = {k: v[order] for k, v in joined.items()}
    return Observations(list(paths), joined["time"], joined["lat"], joined["lon"], joined["location"].astype("int64"),
                        joined["owner"], joined["position"], codings, seen)  # fmt: skip


def _place(nc: Any, path: Path, kind: str, slots: np.ndarray, n_obs: int) -> np.ndarray:
    """Number of the used slot each observation belongs to, −1 for none."""
    total = len(nc.dimensions["locations"])
    number = np.full(total, -1)
    number[slots] = np.arange(len(slots))
    if kind == "indexed":
        index = np.asarray(nc.variables["locationIndex"][:]).astype(np.int64)
        if index.size and (index.min() < 0 or index.max() >= total):
            raise InputFileError(f"{path.name}: locationIndex", found=f"indices {index.min()} to {index.max()}",
                                 needed=f"0 to {total - 1}")  # fmt: skip
        return number[index]
    size = np.asarray(nc.variables["row_size"][:]).astype(np.int64)
    used = np.where((size < 0) | (number < 0), 0, size)
    if used.sum() != n_obs:
        raise InputFileError(f"{path.name}: row_size", found=f"{used.sum()} observations in all",
                             needed=f"{n_obs} as the obs dimension")  # fmt: skip
    return np.repeat(number, used)
