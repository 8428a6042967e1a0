"""The library: named datasets in one folder or bucket, with history, and nothing ever half written."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from ..errors import LibraryError, SchemaError
from . import arrays, layouts
from .appending import check_append, growing
from .cards import (
    FORMAT,
    MARK,
    check_name,
    choose,
    cuts_of,
    group_at,
    names_in,
    read_card,
    remove,
    renew_card,
    unknown,
    write_card,
)  # fmt: skip
from .checking import Report, check_dataset
from .encoding import NOTE, wider
from .newest import ACTION, DATASET, DELETE, Newest
from .repository import connect, translated, whole, writer

if TYPE_CHECKING:
    import icechunk

#: How long garbage collection keeps old snapshots by default.
KEEP = datetime.timedelta(days=30)


class Library:
    """A library of canonical datasets.

    Every change is one commit: it happens as a whole or not at all, whatever kills the process, and older snapshots
    stay readable until :meth:`collect_garbage` removes them. There may be any number of readers; in a folder there
    is one writer at a time (a second one is refused), on object stores a conflicting commit is refused.

    Parameters
    ----------
    url : str or path
        Folder, ``s3://bucket/prefix`` or ``gs://bucket/prefix`` (credentials from the environment).
    create : bool
        Whether to create the library where there is none.

    Raises
    ------
    LibraryError
        If there is no library and none may be created, or something else lies there.

    Notes
    -----
    Layouts of gridded series: ``"map"`` holds one chunk per frame, ``"series"`` columns of 20×20 cells by 1024
    times, ``"archive"`` chunks of 30×60×60 in shards of 90×360×360, ``"both"`` a map and a series copy under one
    name, written in one commit. ``"plain"`` also takes datasets that are not canonical, such as scores. Other forms
    have one natural cut and are stored once, whatever the layout.

    Choice: the series layout cuts time at 1024 steps rather than keeping it whole, because an append rewrites the
    last chunk of every column.

    Examples
    --------
    >>> import tempfile
    >>> from vadose.grid import Grid
    >>> times = pd.date_range("2020-01-01", periods=3)
    >>> ds = xr.Dataset({"sm": (("time", "lat", "lon"), np.full((3, 4, 5), 0.25, "float32"), {"units": "m3 m-3"})},
    ...                 {"time": times, **Grid.regular(1.0).crop((0, 0, 5, 4)).coords()})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lib = Library(folder)
    ...     first = lib.write("demo/daily", ds.isel(time=slice(0, 2)))
    ...     second = lib.append("demo/daily", ds.isel(time=slice(2, 3)))
    ...     print(lib.names(), [lib.open("demo/daily", snapshot=s).sizes["time"] for s in (first, second)])
    ['demo/daily'] [2, 3]
    """

    def __init__(self, url: str | Path, *, create: bool = True) -> None:
        self.url = str(url)
        self._repo = connect(self.url, create=create)
        self._newest = Newest(self._repo)
        with translated(self.url, "read"):
            root = group_at(self._session(None).store, "")
        if root is not None:
            found = root.attrs.get(MARK)
            if found is None and any(True for _ in root.members()):
                raise LibraryError(
                    self.url, found="an Icechunk repository of another program", needed="a vadose library"
                )
            if isinstance(found, int) and found > FORMAT:
                raise LibraryError(self.url, found=f"library format {found}", needed=f"format {FORMAT} or older",
                                   do="Update vadose.")  # fmt: skip

    def __repr__(self) -> str:
        return f"Library({self.url!r})"

    # ---------------------------------------------------------------------------------------------- writing
    def write(self, name: str, ds: xr.Dataset, *, layout: str = "series", message: str = "",
              overwrite: bool = False) -> str:  # fmt: skip
        """Write a dataset under a name.

        Parameters
        ----------
        name : str
            Letters, digits, ``_ - .``, with ``/`` between parts.
        ds : xarray.Dataset
            Canonical dataset of any form, eager or lazy; with ``layout="plain"`` any dataset.
        layout : {"series", "map", "archive", "plain", "both"}
            How to cut it, see the class notes.
        message : str
            What the history says; by default what was written.
        overwrite : bool
            Whether to replace a dataset of this name (older snapshots keep it).

        Returns
        -------
        str
            Id of the new snapshot.

        Raises
        ------
        LibraryError
            If the name is taken or malformed, another writer is at work, or the storage fails.
        SchemaError
            If the dataset is not canonical or holds something that cannot be stored.
        """
        check_name(name)
        form = _form(ds, layout)
        parts = layouts.copies(layout, form)
        if len(parts) > 1 and ds.nbytes <= layouts.PASS_BYTES:
            ds = ds.compute()  # once for both copies
        with writer(self.url), translated(f"{self.url}: {name}", "written"):
            session = self._writable()
            taken = self._newest.names(session)
            for other in taken:
                if other == name and not overwrite:
                    raise LibraryError(name, found="a dataset of this name", needed="a new name",
                                       do="Pass overwrite=True to replace it, or append to it.")  # fmt: skip
                if other.startswith(f"{name}/") or name.startswith(f"{other}/"):
                    raise LibraryError(name, found=f"dataset {other!r} on the same path",
                                       needed="names that do not contain each other")  # fmt: skip
            with self._changes(session, ds) as (store, done, spread):
                if name in taken:
                    remove(store, name)
                write_card(store, name, form=form, parts=parts)
                source = ds
                for i, part in enumerate(parts):
                    path = f"{name}/{part}"
                    encoded = arrays.create(store, path, source, layout=part, form=form)
                    done += arrays.fill(store, path, encoded, spread=spread)
                    if i == 0 and len(parts) > 1 and not spread and _is_lazy(ds):
                        source = arrays.read(store, path, layout=part)  # cheaper than the source, and bounded in memory
            return _commit(session, message or f"write {name}{_extent(ds)}", name, "write")

    def append(self, name: str, ds: xr.Dataset, *, message: str = "") -> str:
        """Append later times to a dataset; all of them or none.

        Parameters
        ----------
        name : str
            Existing dataset.
        ds : xarray.Dataset
            Same form, variables, dtypes, units and grid; every time after the last one stored.
        message : str
            What the history says.

        Returns
        -------
        str
            Id of the new snapshot.

        Raises
        ------
        LibraryError
            If something differs, naming it, or a time is not after the last one; nothing is written then.
        SchemaError
            If the dataset is not canonical.
        """
        with writer(self.url), translated(f"{self.url}: {name}", "written"):
            session = self._writable()
            card = read_card(session.store, name)
            if card["form"] != "result":
                schema.check(ds, card["form"])
            have = arrays.read(session.store, f"{name}/{card['layouts'][0]}", layout=card["layouts"][0])
            grow = growing(have, where=name)
            check_append(have, ds, grow=grow, where=name)
            if len(card["layouts"]) > 1 and ds.nbytes <= layouts.PASS_BYTES:
                ds = ds.compute()  # once for both copies
            with self._changes(session, ds) as (store, done, spread):
                for part in card["layouts"]:
                    path = f"{name}/{part}"
                    done += self._extend(store, path, ds, grow, have.sizes[grow], spread)
                renew_card(store, name)
            return _commit(session, message or f"append {name}{_extent(ds)}", name, "append")

    def delete(self, name: str) -> str:
        """Remove a dataset from the newest snapshot; older snapshots keep it.

        Parameters
        ----------
        name : str
            Existing dataset.

        Returns
        -------
        str
            Id of the new snapshot.
        """
        with writer(self.url), translated(f"{self.url}: {name}", "written"):
            session = self._writable()
            read_card(session.store, name)
            remove(session.store, name)
            return _commit(session, f"delete {name}", name, DELETE)

    def collect_garbage(self, *, older_than: datetime.timedelta | datetime.datetime | str = KEEP) -> dict[str, int]:
        """Forget old snapshots and free what only they, or interrupted writes, held.

        Parameters
        ----------
        older_than : timedelta, datetime or str
            Age, or instant (UTC where it has no zone, also as ISO text), before which snapshots go; 30 days by
            default. The newest snapshot always stays.

        Returns
        -------
        dict
            ``snapshots`` forgotten, ``chunks`` and other ``files`` deleted, ``bytes`` freed.

        Raises
        ------
        LibraryError
            If another writer is at work or the storage fails.
        """
        if isinstance(older_than, datetime.timedelta):
            limit = datetime.datetime.now(datetime.UTC) - older_than
        else:
            limit = _instant(older_than, argument="older_than")
        with writer(self.url), translated(self.url, "written"):
            gone = self._repo.expire_snapshots(older_than=limit)
            freed = self._repo.garbage_collect(limit)
            self._newest.forget()
        files = freed.manifests_deleted + freed.snapshots_deleted + freed.attributes_deleted
        return {"snapshots": len(gone), "chunks": freed.chunks_deleted,
                "files": files + freed.transaction_logs_deleted, "bytes": freed.bytes_deleted}  # fmt: skip

    # ---------------------------------------------------------------------------------------------- reading
    def open(self, name: str, *, snapshot: str | datetime.datetime | None = None,
             layout: str | None = None) -> xr.Dataset:  # fmt: skip
        """Open a dataset lazily.

        Parameters
        ----------
        name : str
            Existing dataset.
        snapshot : str or datetime, optional
            Id of an older snapshot (its first characters suffice), or an instant (also as ISO text, UTC): the
            library as it was then.
        layout : str, optional
            Which copy; by default series before archive, map and plain. Forms with one cut ignore it.

        Returns
        -------
        xarray.Dataset
            The dataset as written, over dask. It keeps showing its snapshot when others append.

        Raises
        ------
        LibraryError
            If there is no such dataset, snapshot or copy.
        """
        with translated(f"{self.url}: {name}", "read"):
            if snapshot is None:
                return self._newest.open(name, layout, lambda session: _open(session, name, layout))
            return _open(self._session(snapshot), name, layout)

    def names(self) -> list[str]:
        """Names of the datasets in the newest snapshot, sorted."""
        with translated(self.url, "read"):
            return self._newest.names()

    def info(self, name: str) -> dict[str, Any]:
        """What a dataset is, without reading its values.

        Parameters
        ----------
        name : str
            Existing dataset.

        Returns
        -------
        dict
            ``form``, ``dims``, ``period`` (first and last time or None), ``variables`` (name -> dtype, dims, units),
            ``bytes`` of one copy in memory, ``layouts``, ``chunks`` (copy -> variable -> chunk or shard shape),
            ``title``, ``product``, ``version``, ``written`` (UTC) and ``snapshot`` of the last change (the oldest one
            kept, where garbage collection has forgotten it).
        """
        with translated(f"{self.url}: {name}", "read"):
            store = self._session(None).store
            card = read_card(store, name)
            ds = arrays.read(store, f"{name}/{card['layouts'][0]}", layout=card["layouts"][0])
            cuts = {part: cuts_of(store, f"{name}/{part}") for part in card["layouts"]}
            snapshot = ""
            for entry in self._repo.ancestry(branch="main"):
                if not entry.metadata.get("__root"):
                    snapshot = entry.id
                if entry.metadata.get(DATASET) == name:
                    break
        return {
            "name": name,
            "form": card["form"],
            "dims": {str(k): int(v) for k, v in ds.sizes.items()},
            "period": _period(ds),
            "variables": {str(k): {"dtype": str(v.dtype), "dims": tuple(map(str, v.dims)),
                                   "units": v.attrs.get("units", "")} for k, v in ds.data_vars.items()},
            "bytes": int(ds.nbytes),
            "layouts": tuple(card["layouts"]),
            "chunks": cuts,
            "title": ds.attrs.get("title", ""),
            "product": ds.attrs.get("product", ""),
            "version": ds.attrs.get("product_version", ""),
            "written": card["written"],
            "snapshot": snapshot,
        }  # fmt: skip

    def history(self, name: str | None = None) -> pd.DataFrame:
        """Snapshots, newest first.

        Parameters
        ----------
        name : str, optional
            Only those that changed this dataset (which may be deleted by now).

        Returns
        -------
        pandas.DataFrame
            Columns ``snapshot``, ``time`` (UTC) and ``message``.

        Raises
        ------
        LibraryError
            If the library never held the dataset.
        """
        with translated(self.url, "read"):
            entries = [e for e in self._repo.ancestry(branch="main") if not e.metadata.get("__root")]
        kept = [e for e in entries if name is None or e.metadata.get(DATASET) == name]
        if name is not None and not kept and name not in self.names():
            raise unknown(name, sorted({str(e.metadata.get(DATASET)) for e in entries}))
        table = {"snapshot": [e.id for e in kept], "time": pd.DatetimeIndex([e.written_at for e in kept], tz="UTC"),
                 "message": [e.message for e in kept]}  # fmt: skip
        return pd.DataFrame(table)

    def check(self) -> Report:
        """Read every chunk of every dataset and check that each is canonical.

        Returns
        -------
        Report
            What was read, and every problem found, in words.
        """
        report = Report()
        with translated(self.url, "read"):
            store = self._session(None).store
            found = names_in(store)
        for name in found:
            card = read_card(store, name)
            report += check_dataset(store, name, form=card["form"], parts=card["layouts"])
        return report

    def export(self, name: str, path: str | Path, *, format: str | None = None, variables: list[str] | None = None,
               period: str | tuple | None = None,
               bbox: tuple[float, float, float, float] | None = None) -> list[Path]:  # fmt: skip
        """Write a dataset, or a part of it, to files that other programs read.

        Parameters
        ----------
        name : str
            Existing dataset.
        path : str or path
            File to make (a folder for Zarr); it must not exist.
        format : {"netcdf", "geotiff", "csv", "zarr"}, optional
            By default after the ending: ``.nc``, ``.tif``, ``.csv``, ``.zarr``.
        variables : list of str, optional
            By default all (for GeoTIFF all numeric maps).
        period : str or tuple, optional
            See :func:`vadose.periods.parse_period`.
        bbox : tuple of float, optional
            ``(west, south, east, north)`` [degrees].

        Returns
        -------
        list of Path
            The files made; see :mod:`vadose.store.export` for their layout.

        Raises
        ------
        LibraryError
            If nothing is left to export, the path exists, or the format cannot hold the dataset.
        """
        from .export import export

        with translated(f"{self.url}: {name}", "read"):
            card = read_card(self._session(None).store, name)
        # maps and tables go frame by frame, so a map copy is better where there is one
        part = "map" if "map" in card["layouts"] else None
        return export(self.open(name, layout=part), path, format=format, variables=variables, period=period, bbox=bbox,
                      where=name)  # fmt: skip

    # --------------------------------------------------------------------------------------------- internal
    def _writable(self) -> icechunk.Session:
        return whole(self._repo, self._repo.writable_session("main"))

    def _session(self, snapshot: str | datetime.datetime | None) -> icechunk.Session:
        if snapshot is None:
            return self._newest.session()
        if not isinstance(snapshot, str) or re.match(r"\d{4}-\d\d", snapshot):
            when = _instant(snapshot)
            entries = list(self._repo.ancestry(branch="main"))
            if when < entries[-1].written_at:
                first = f"{entries[-1].written_at:%Y-%m-%d %H:%M:%S} UTC"
                raise LibraryError(self.url, found=f"nothing as old as {when:%Y-%m-%d %H:%M:%S}",
                                   needed=f"an instant after {first}")  # fmt: skip
            return whole(self._repo, self._repo.readonly_session("main", as_of=when))
        found = [e.id for e in self._repo.ancestry(branch="main") if snapshot and e.id.startswith(snapshot.upper())]
        if len(found) != 1:
            what = f"{len(found)} snapshots that begin with {snapshot!r}" if found else f"no snapshot {snapshot!r}"
            raise LibraryError(
                self.url, found=what, needed="the id of one snapshot", do="Library.history() lists them."
            )
        return whole(self._repo, self._repo.readonly_session(snapshot_id=found[0]))

    @contextlib.contextmanager
    def _changes(self, session: icechunk.Session, ds: xr.Dataset) -> Iterator[tuple[Any, list, bool]]:
        """Store to change, list for what workers wrote, and whether the work is spread over processes.

        Workers change copies of a fork that already holds the new, empty arrays; everything is merged into the
        session before its one commit, so that no snapshot ever shows the empty arrays.
        """
        spread = _is_lazy(ds) and arrays.needs_pickling()
        fork = session.fork() if spread else session
        done: list[icechunk.ForkSession] = []
        yield fork.store, done, spread
        if spread:
            session.merge(*(done or [fork]))  # type: ignore[list-item]

    def _extend(self, store: Any, path: str, ds: xr.Dataset, grow: str, start: int, spread: bool) -> list:
        import zarr

        from .encoding import encode

        encoded = {}
        for key, var in ds.variables.items():
            if grow not in var.dims:
                continue
            target = zarr.open_array(store, path=f"{path}/{key}", mode="r+")
            encoded[key], _ = encode(str(key), var)
            axis = var.dims.index(grow)
            target.resize(tuple(n + var.sizes[grow] if i == axis else n for i, n in enumerate(target.shape)))
            note = cast("dict[str, Any]", target.attrs.get(NOTE, {}))
            new = wider(note.get("dtype", ""), encoded[key].attrs.get(NOTE, {}).get("dtype", ""))
            if new != note.get("dtype", ""):
                target.attrs[NOTE] = {**note, "dtype": new}
        return arrays.fill(store, path, encoded, starts={grow: start}, spread=spread)


def _form(ds: xr.Dataset, layout: str) -> str:
    if layout == "plain":
        try:
            return schema.form(schema.check(ds))
        except SchemaError:
            return "result"
    return schema.form(schema.check(ds))


def _open(session: icechunk.Session, name: str, layout: str | None) -> xr.Dataset:
    part = choose(name, read_card(session.store, name), layout)
    return arrays.read(session.store, f"{name}/{part}", layout=part)


def _is_lazy(ds: xr.Dataset) -> bool:
    return any(v.chunks is not None for v in ds.variables.values())


def _commit(session: icechunk.Session, message: str, name: str, action: str) -> str:
    import icechunk

    # writers of different datasets on an object store do not conflict: the later one is put on top
    return session.commit(message, metadata={DATASET: name, ACTION: action},
                          rebase_with=icechunk.ConflictDetector())  # fmt: skip


def _instant(when: Any, *, argument: str = "snapshot") -> datetime.datetime:
    try:
        stamp = pd.Timestamp(when)
    except (ValueError, TypeError):
        stamp = pd.NaT
    if stamp is pd.NaT:
        raise LibraryError(argument, found=repr(when), needed="an instant such as 2024-05-01T12:00")
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return stamp.ceil("us").to_pydatetime()


def _period(ds: xr.Dataset) -> tuple[str, str] | None:
    if "time" not in ds.variables or ds["time"].dtype.kind != "M" or not ds["time"].size:
        return None
    first, last = (str(np.datetime_as_string(t, unit="s")) for t in ds["time"].values.ravel()[[0, -1]])
    return first, last


def _extent(ds: xr.Dataset) -> str:
    """``": 365 times 2000-01-01T00:00:00 to ..."`` for the history."""
    period = _period(ds)
    return "" if period is None else f": {ds['time'].size} times, {period[0]} to {period[1]}"
