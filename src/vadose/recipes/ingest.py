"""Files into the library, a batch of times per commit, so that interrupted work goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr

from .. import products, schema
from ..errors import ConfigError, InputFileError, LibraryError
from ..store import Library
from .progress import Step, silent

#: Fewest times per commit, and the bytes up to which small frames share one: an append to the series layout rewrites
#: the last chunk of every column, so that many small commits cost more than they save.
SMALLEST_BATCH, BATCH_BYTES = 200, 512e6

#: Flag rule -> ISMN flags kept.
STATION_FLAGS = {"recommended": ("G",), "none": None}


@dataclass(frozen=True)
class Ingested:
    """What became of the files."""

    name: str
    times: int
    written: int
    present: int
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    unit: str = "times"


def ingest(
    library: Library,
    product: str,
    paths: list[str],
    *,
    name: str | None = None,
    flags: str = "recommended",
    bbox: tuple[float, float, float, float] | None = None,
    period: str | None = None,
    layout: str = "series",
    batch: int | None = None,
    overwrite: bool = False,
    skip_bad: bool = False,
    step: Step = silent,
) -> Ingested:
    """Read files of a product into a library.

    Parameters
    ----------
    library : Library
        Where to.
    product : str
        Catalogue id, or ``"ismn"`` for a station archive (all depths are kept).
    paths : list of str
        Files, folders or patterns.
    name : str, optional
        Name in the library; the product's id by default.
    flags, bbox, period
        As in :func:`vadose.products.open`; of stations, ``"recommended"`` keeps the ISMN flag G and ``"none"`` every
        value.
    layout : str
        As in :meth:`vadose.store.Library.write`.
    batch : int, optional
        Times per commit, which is what an interruption can lose; by default 200, or 512 MB of small frames.
    overwrite : bool
        Replace a dataset of this name; otherwise only later times are appended.
    skip_bad : bool
        Leave damaged files out and name them; otherwise the first one stops the work.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Ingested
        Counts, and the files left out with the reason.

    Raises
    ------
    ConfigError
        If an option cannot be used.
    LibraryError
        If files hold times before the last one stored that the library does not have: they cannot be appended, and
        are not dropped silently. Also if the name belongs to another product.
    """
    if batch is not None and batch < 1:
        raise ConfigError("batch", found=str(batch), needed="at least 1 time per commit")
    target = name or product
    if product == "ismn":
        return _ingest_stations(library, paths, target, flags, bbox, period, overwrite, step)
    skipped: list[tuple[Path, str]] = []
    files: list = list(paths)
    if skip_bad:
        good, bad = products.check_files(product, paths)
        skipped = [(Path(p), str(e)) for p, e in bad]
        if not good:
            raise InputFileError(", ".join(paths), found=f"no readable file among {len(bad)}", needed="at least one",
                                 do=skipped[0][1] if skipped else "")  # fmt: skip
        files = list(good)
    ds = products.open(product, files, bbox=bbox, period=period, flags=flags)
    kind = schema.form(ds)
    if kind == "static":
        _write_whole(library, target, ds, layout, overwrite)
        return Ingested(target, 1, 1, 0, skipped)
    if kind == "observations":
        return _write_observations(library, target, ds, layout, overwrite, skipped, step)
    return _write_batches(library, target, ds, layout, batch, overwrite, skipped, step)


def _write_batches(library, name, ds, layout, batch, overwrite, skipped, step) -> Ingested:
    total = ds.sizes["time"]
    exists = name in library.names() and not overwrite
    todo = ds
    if exists:
        stored = library.open(name)
        _same_product(stored, ds, name)
        new = ~np.isin(ds["time"].values, stored["time"].values)
        _refuse_late(ds["time"].values[new], stored["time"].values, name)
        todo = ds.isel(time=np.flatnonzero(new))
    n = todo.sizes["time"]
    batch = batch or max(SMALLEST_BATCH, int(BATCH_BYTES // max(ds.nbytes // max(total, 1), 1)))
    for start in range(0, n, batch):
        part = todo.isel(time=slice(start, start + batch))
        step(start, n, str(part["time"].values[0])[:10])
        if start == 0 and not exists:
            library.write(name, part, layout=layout, overwrite=overwrite, message=f"ingest {name}")
        else:
            library.append(name, part, message=f"ingest {name}")
    step(n, n, "done")
    return Ingested(name, total, n, total - n, skipped)


def _write_observations(library, name, ds, layout, overwrite, skipped, step) -> Ingested:
    """One commit: a swath reader holds its files' observations anyway."""
    total = ds.sizes["obs"]
    if name not in library.names() or overwrite:
        _write_whole(library, name, ds, layout, overwrite)
        step(total, total, "done")
        return Ingested(name, total, total, 0, skipped, unit="observations")
    stored = library.open(name)
    _same_product(stored, ds, name)
    new = np.flatnonzero(~np.isin(_keys(ds), _keys(stored)))
    _refuse_late(ds["time"].values[new], stored["time"].values, name)
    if new.size:
        library.append(name, ds.isel(obs=new), message=f"ingest {name}")
    step(total, total, "done")
    return Ingested(name, total, new.size, total - new.size, skipped, unit="observations")


def _keys(ds: xr.Dataset) -> np.ndarray:
    """When and where each observation is, as one comparable value."""
    parts = [ds["time"].values.astype("datetime64[ns]").astype("int64"),
             *(np.ascontiguousarray(ds[c].values.astype("float32")).view("int32") for c in ("lat", "lon"))]  # fmt: skip
    keys = np.empty(ds.sizes["obs"], dtype=[("time", "i8"), ("lat", "i4"), ("lon", "i4")])
    for key, values in zip(keys.dtype.names or (), parts, strict=True):
        keys[key] = values
    return keys.view("V16")


def _refuse_late(new: np.ndarray, stored: np.ndarray, name: str) -> None:
    late = new[new <= stored[-1]] if stored.size else new[:0]
    if late.size:
        first, last = (np.datetime_as_string(t, unit="s") for t in (late.min(), stored[-1]))
        raise LibraryError(name, found=f"{late.size} new times up to the last one stored, the first {first}",
                           needed=f"times after {last}, as a library grows at its end",
                           do="Ingest all files with --overwrite, or these under another name.")  # fmt: skip


def _same_product(stored: xr.Dataset, new: xr.Dataset, name: str) -> None:
    for key in ("product", "variant", "flag_rule"):
        have, got = stored.attrs.get(key), new.attrs.get(key)
        if have != got:
            found = f"{key.replace('_', ' ')} {got!r} in the files"
            raise LibraryError(name, found=found, needed=f"{have!r} as stored",
                               do="Choose another --name, or replace it with --overwrite.")  # fmt: skip


def _write_whole(library: Library, name: str, ds, layout: str, overwrite: bool) -> None:
    # a layout is about maps and pixel series; other shapes have one way to be stored
    layout = layout if schema.form(ds) == "grid" else "plain"
    library.write(name, ds, layout=layout, overwrite=overwrite, message=f"ingest {name}")


def _ingest_stations(library: Library, paths: list[str], name: str, flags: str, bbox, period, overwrite: bool,
                     step: Step) -> Ingested:  # fmt: skip
    if len(paths) != 1:
        raise ConfigError("paths", found=f"{len(paths)} paths", needed="one station archive, folder or file")
    if flags not in STATION_FLAGS:
        raise ConfigError("flags", found=repr(flags), needed="recommended (ISMN flag G) or none, for stations")
    if name in library.names() and not overwrite:
        raise LibraryError(name, found="a dataset of this name", needed="a new name",
                           do="Stations are stored whole: pass --overwrite, or another --name.")  # fmt: skip
    step(0, 1, paths[0])
    stations = products.open_stations(paths[0], depth=None, flags=STATION_FLAGS[flags], bbox=bbox, period=period)
    _write_whole(library, name, stations, "plain", overwrite)
    step(1, 1, "done")
    n = stations.sizes["time"]
    return Ingested(name, n, n, 0)
