"""What goes wrong: killed writers, full disks, second writers, damaged files, data that do not fit."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import vadose
from vadose.errors import LibraryError, SchemaError
from vadose.store import Library
from vadose.store.repository import writer


def child(script: str, *args: object) -> subprocess.Popen:
    """Python in a process of its own, which prints "ready" before the part of interest."""
    env = {**os.environ, "PYTHONPATH": str(Path(vadose.__file__).parents[1])}
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(script), *map(str, args)], env=env, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


APPEND_SLOWLY = """
    import sys, time
    import dask, dask.array, xarray as xr
    from vadose.store import Library, layouts

    layouts.PASS_BYTES = 10_000  # write in many passes, so that the kill hits one of them

    def slow(block):
        time.sleep(0.05)
        return block

    lib = Library(sys.argv[1])
    later = lib.open("later").load()
    later["sm"] = later.sm.copy(data=later.sm.chunk({"time": 2}).data.map_blocks(slow))
    print("ready", flush=True)
    lib.append("g", later)
    print("done", flush=True)
"""


@pytest.fixture
def two(lib, make):
    """A library with ten days in ``g`` and the next forty in ``later``."""
    ds = make.grid(50)
    lib.write("g", ds.isel(time=slice(0, 10)), layout="both")
    lib.write("later", ds.isel(time=slice(10, 50)), layout="map")
    return ds


def test_a_killed_writer_leaves_the_last_snapshot_and_no_lock(lib, two, same):
    before = lib.history().snapshot.tolist()
    unfinished = 0
    for delay in (0.0, 0.1, 0.25, 0.45):
        process = child(APPEND_SLOWLY, lib.url)
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(delay)
        if delay == 0.1:
            with pytest.raises(LibraryError, match="another writer at work"):
                lib.delete("later")
        process.kill()
        out, _ = process.communicate()
        unfinished += "done" not in out
        assert lib.history().snapshot.tolist() == before
        same(two.isel(time=slice(0, 10)), Library(lib.url).open("g", layout="map"))
    assert unfinished == 4
    report = lib.check()
    assert report.ok and report.checked == 2, report.problems
    lib.append("g", two.isel(time=slice(10, 50)))
    for layout in ("map", "series"):
        same(two, lib.open("g", layout=layout))
    assert lib.collect_garbage(older_than=datetime.timedelta(0))["chunks"] > 0  # what the killed ones left
    same(two, lib.open("g"))
    assert lib.check().ok


def test_a_full_disk_is_named_and_harms_nothing(lib, two, same):
    before = lib.history().snapshot.tolist()
    process = child(
        """
        import resource, sys
        from vadose.errors import LibraryError
        from vadose.store import Library

        lib = Library(sys.argv[1])
        later = lib.open("later").load()
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            lib.append("g", later)
        except LibraryError as err:
            print(err)
        """,
        lib.url,
    )
    out, err = process.communicate(timeout=60)
    assert out.startswith(f"{lib.url}: g: found no space left on the device; needed room"), (out, err)
    assert "Traceback" not in err
    assert lib.history().snapshot.tolist() == before and lib.check().ok
    lib.append("g", two.isel(time=slice(10, 50)))
    same(two, lib.open("g"))


def test_a_failing_source_writes_nothing(lib, two):
    def fail(block):
        raise LibraryError("file 17", found="a truncated file", needed="a whole one")

    later = two.isel(time=slice(10, 50))
    data = later.sm.chunk({"time": 5}).data.map_blocks(fail, dtype="f4", meta=np.zeros((0, 0, 0), "f4"))
    broken = later.assign(sm=later.sm.copy(data=data))
    with pytest.raises(LibraryError, match="file 17: found a truncated file"):
        lib.append("g", broken)
    with pytest.raises(LibraryError, match="file 17"):
        lib.write("new", broken)
    assert lib.names() == ["g", "later"] and lib.open("g").sizes["time"] == 10


def test_one_writer_at_a_time_among_threads(lib, make):
    ds = make.grid(2)
    lib.write("a", ds)
    started, finish = threading.Event(), threading.Event()

    def hold():
        with writer(lib.url):
            started.set()
            finish.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    started.wait(10)
    try:
        for change in (
            lambda: lib.write("b", ds),
            lambda: lib.append("a", ds),
            lambda: lib.delete("a"),
            lib.collect_garbage,
        ):
            with pytest.raises(LibraryError, match=r"another writer at work; needed one writer at a time.*readers"):
                change()
        assert lib.open("a").sizes["time"] == 2 and lib.names() == ["a"]  # readers go on
    finally:
        finish.set()
        thread.join()
    lib.write("b", ds)


def test_damaged_chunks_are_found_and_named(lib, make):
    ds = make.grid(6, bbox=(0, 0, 20, 20))
    lib.write("good", make.stations())
    lib.write("g", ds, layout="map")
    files = sorted((Path(lib.url) / "chunks").iterdir(), key=lambda f: f.stat().st_size)
    files[-1].unlink()
    report = lib.check()
    assert len(report.problems) == 1 and not report.ok
    assert report.problems[0].startswith("g/map: ") and "chunk (" in report.problems[0]
    damaged = bytearray(files[-2].read_bytes())
    damaged[-20] ^= 1  # a single bit
    files[-2].write_bytes(damaged)
    assert len(lib.check().problems) == 2
    with pytest.raises(Exception):  # noqa: B017 - computing is dask's; what matters is that no wrong number comes out
        lib.open("g").load()


def test_damaged_manifests_are_found_and_never_read_as_missing(lib, make):
    lib.write("g", make.grid(6), layout="map")
    for file in (Path(lib.url) / "manifests").iterdir():
        file.write_bytes(file.read_bytes()[:40])
    again = Library(lib.url)
    assert not again.check().ok
    with pytest.raises(LibraryError, match="cannot be read"):
        again.open("g")


def test_check_reports_what_is_not_canonical(lib, make):
    import zarr

    lib.write("g", make.grid(2))
    session = lib._repo.writable_session("main")
    zarr.open_array(session.store, path="g/series/sm", mode="r+").attrs["units"] = "percent"
    session.commit("somebody else's edit")
    (problem,) = lib.check().problems
    assert "sm" in problem and "percent" in problem and "m3 m-3" in problem


CHANGES = {
    "overlap": (lambda d: d, r"4 of 4 times up to 2020-01-04T00:00:00, which is stored already; needed times after"),
    "unsorted": (lambda d: d.isel(time=[1, 0, 2, 3]), "unsorted times"),
    "duplicate": (lambda d: shifted(d).isel(time=[0, 0, 1]), "more than once"),
    "none": (lambda d: d.isel(time=slice(0, 0)), "no times; needed at least one"),
    "other grid": (lambda d: shifted(d).assign_coords(lon=d.lon + 0.25), "g: lon: found other values"),
    "smaller grid": (lambda d: shifted(d).isel(lat=slice(1, None)), "19 of lat; needed 20 of lat"),
    "other units": (lambda d: shifted(d).pipe(in_percent), r"units '1'; needed 'm3 m-3'"),
    "other flags": (lambda d: with_flags(shifted(d)), "flag: found flag_masks"),
    "missing": (lambda d: shifted(d).drop_vars(["sm", "flag"]), "variables: found no flag, sm; needed"),
    "extra": (lambda d: shifted(d).assign(age=d.nobs.variable), "found new age"),
    "other dtype": (
        lambda d: shifted(d).assign(nobs=d.nobs.variable.astype("int64")),
        "nobs: found dtype int64; needed int32",
    ),
    "other dims": (
        lambda d: shifted(d).assign(nobs=d.nobs.variable.transpose()),
        r"nobs: found dims \('lon'.*Transpose",
    ),
}


def shifted(ds: xr.Dataset) -> xr.Dataset:
    return ds.assign_coords(time=ds.time + np.timedelta64(100, "D"))


def in_percent(ds: xr.Dataset) -> xr.Dataset:
    return ds.assign(sm=ds.sm.assign_attrs(units="1"))


def with_flags(ds: xr.Dataset) -> xr.Dataset:
    return ds.assign(flag=ds.flag.assign_attrs(flag_masks=ds.flag.attrs["flag_masks"][::-1].copy()))


@pytest.mark.parametrize("case", CHANGES)
def test_appends_that_do_not_fit_are_refused_whole(lib, make, same, case):
    ds = make.grid(4)
    change, words = CHANGES[case]
    lib.write("g", ds, layout="both")
    with pytest.raises((LibraryError, SchemaError), match=words):
        lib.append("g", change(ds))
    assert len(lib.history()) == 1
    same(ds, lib.open("g", layout="map"))


def test_other_sensors_and_forms_are_refused(lib, make):
    st = make.stations(20)
    lib.write("st", st)
    later = st.assign_coords(time=st.time + np.timedelta64(99, "D"))
    with pytest.raises(LibraryError, match="st: network: found other values"):
        lib.append("st", later.assign_coords(network=("sensor", list("abcde"))))
    with pytest.raises(SchemaError, match="shape"):
        lib.append("st", make.grid(3))
    lib.write("map", make.static())
    with pytest.raises(LibraryError, match="dataset with time to append to"):
        lib.append("map", make.static())


def test_unknown_names_come_with_near_ones(lib, make):
    with pytest.raises(LibraryError, match="there is none yet"):
        lib.open("x")
    lib.write("esa_cci/combined", make.grid(2))
    for call in (lib.open, lib.info, lib.delete, lib.history, lambda n: lib.export(n, "x.nc")):
        with pytest.raises(LibraryError, match=r"no dataset of this name.*Did you mean 'esa_cci/combined'\?"):
            call("esa_cci/combind")
    with pytest.raises(LibraryError, match=r"no 'map' copy; needed layout series.*layout='both'"):
        lib.open("esa_cci/combined", layout="map")


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "a b", "../x", ".hidden", "a/.b", "ä", "a\n", "a\\b", None])
def test_bad_names_are_refused(lib, make, name):
    with pytest.raises(LibraryError, match="letters, digits"):
        lib.write(name, make.static())


def test_names_do_not_contain_each_other(lib, make):
    lib.write("a/b", make.static())
    for name in ("a", "a/b/c"):
        with pytest.raises(LibraryError, match=r"dataset 'a/b' on the same path"):
            lib.write(name, make.static())


def test_places_that_are_no_library(tmp_path, make):
    with pytest.raises(LibraryError, match="no library; needed an existing library"):
        Library(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(LibraryError, match=r"not a library \(it holds .*notes.txt"):
        Library(tmp_path)
    with pytest.raises(LibraryError, match="a file; needed a library folder"):
        Library(tmp_path / "notes.txt")
    with pytest.raises(LibraryError, match="scheme 'ftp'"):
        Library("ftp://host/lib")
    with pytest.raises(LibraryError, match="no bucket"):
        Library("s3://")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.txt"]
    (tmp_path / "empty").mkdir()
    assert Library(tmp_path / "empty").names() == []


def test_repositories_of_others_are_left_alone(tmp_path):
    import icechunk
    import zarr

    repo = icechunk.Repository.create(icechunk.local_filesystem_storage(str(tmp_path / "r")))
    session = repo.writable_session("main")
    zarr.create_group(session.store, path="theirs")
    session.commit("theirs")
    with pytest.raises(LibraryError, match="another program"):
        Library(tmp_path / "r")
    session = repo.writable_session("main")
    zarr.open_group(session.store, mode="a").attrs["vadose_library"] = 99
    session.commit("from the future")
    with pytest.raises(LibraryError, match=r"library format 99; needed format 1 or older\. Update vadose"):
        Library(tmp_path / "r")


def test_a_damaged_repository_is_named(lib, make):
    lib.write("g", make.grid(2))
    for file in (Path(lib.url) / "snapshots").iterdir():
        file.write_bytes(b"garbage")
    with pytest.raises(LibraryError, match="cannot be read"):
        Library(lib.url).names()


def test_read_only_libraries_are_read_but_not_written(lib, make, monkeypatch):
    import locket

    lib.write("g", make.grid(2))

    class Refusing:
        def acquire(self):
            raise PermissionError(13, "Permission denied")

    # root may write everywhere, so the operating system's answer is put in its place
    monkeypatch.setattr(locket, "lock_file", lambda path, timeout: Refusing())
    with pytest.raises(LibraryError, match="no permission; needed a library that can be written"):
        lib.delete("g")
    assert Library(lib.url, create=False).open("g").sizes["time"] == 2 and lib.check().ok


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission(lib, make):
    lib.write("g", make.grid(2))
    Path(lib.url, "writer.lock").unlink()
    os.chmod(lib.url, 0o555)
    try:
        with pytest.raises(LibraryError, match="no permission"):
            lib.delete("g")
        assert Library(lib.url).open("g").sizes["time"] == 2
    finally:
        os.chmod(lib.url, 0o755)


def test_what_cannot_be_stored_is_named(lib, make):
    ds = make.grid(2)
    for bad, words in (
        (ds.assign_attrs(made=object()), "dataset: made: found an attribute of type object"),
        (ds.assign(x=("time", [1j, 2j])), "x: found dtype complex128"),
        (ds.assign(x=("time", np.array(["a", None], dtype=object))), "x: found .* among text values"),
        (ds.assign({"a/b": ds.nobs}), "found 'a/b'"),
        (ds.assign(sm=ds.sm.assign_attrs(units="%")), "needed 'm3 m-3'"),
    ):
        with pytest.raises(SchemaError, match=words):
            lib.write("g", bad)
    with pytest.raises(LibraryError, match="layout: found 'tiles'; needed one of"):
        lib.write("g", ds, layout="tiles")
    assert lib.names() == []
