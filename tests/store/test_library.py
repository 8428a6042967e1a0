from __future__ import annotations

import datetime
import pickle
import time

import dask
import numpy as np
import pytest
import xarray as xr

from vadose import schema
from vadose.errors import LibraryError, SchemaError


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("layout", ["series", "map", "archive", "plain", "both"])
@pytest.mark.parametrize("layers", [0, 2])
def test_grid_comes_back_bit_for_bit_from_every_copy(lib, layout, layers, lazy, make, same):
    ds = make.grid(layers=layers, lazy=lazy)
    lib.write("g", ds, layout=layout)
    for part in lib.info("g")["layouts"]:
        back = lib.open("g", layout=part)
        assert back.sm.chunks is not None
        same(ds, back)
        schema.check(back, "grid")
    assert lib.info("g")["layouts"] == (("map", "series") if layout == "both" else (layout,))


@pytest.mark.parametrize("form", ["stations", "observations", "static"])
@pytest.mark.parametrize("lazy", [False, True])
def test_other_forms_come_back_bit_for_bit(lib, form, lazy, make, same):
    ds = getattr(make, form)()
    lib.write("x", ds.chunk() if lazy else ds, layout="both")
    same(ds, lib.open("x", layout="map"))
    assert lib.info("x")["form"] == form and lib.info("x")["layouts"] == ("plain",)
    assert lib.check().ok


def test_result_comes_back_bit_for_bit_and_only_as_plain(lib, make, same):
    ds = make.result()
    lib.write("scores/a", ds, layout="plain")
    same(ds, lib.open("scores/a"))
    assert lib.info("scores/a")["form"] == "result"
    with pytest.raises(SchemaError, match="dims"):
        lib.write("scores/b", ds)


DTYPES = [
    *("float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool >f4 >i2".split()),  # noqa: SIM905
    *(f"datetime64[{unit}]" for unit in ("s", "ms", "us", "ns")),
    *(f"timedelta64[{unit}]" for unit in ("s", "ns")),
]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_keeps_its_extremes(lib, dtype):
    kind = np.dtype(dtype)
    if kind.kind == "f":
        info = np.finfo(kind)
        values = np.array([info.min, info.max, info.smallest_subnormal, 0.0, -0.0, np.nan, np.inf, -np.inf], dtype=kind)
    elif kind.kind in "iu":
        values = np.array([np.iinfo(kind).min, np.iinfo(kind).max, 0], dtype=kind)
    elif kind.kind == "b":
        values = np.array([True, False])
    else:
        values = np.array(
            [0, -1, 2**62, np.iinfo("int64").min] if dtype.endswith("[ns]") else [0, -1, 10**9, np.iinfo("int64").min]
        )
        values = values.view(kind)
        assert np.isnat(values[-1])
    ds = xr.Dataset({"v": ("x", values)})
    lib.write("d", ds, layout="plain")
    back = lib.open("d").v.values
    assert back.dtype == kind.newbyteorder("=")
    assert back.tobytes() == values.astype(kind.newbyteorder("=")).tobytes()


def test_other_programs_read_times_and_coordinates(lib, make):
    ds = make.stations()
    lib.write("st", ds)
    plain = xr.open_zarr(lib._repo.readonly_session("main").store, group="st/plain", consolidated=False)
    assert np.array_equal(plain.time.values.astype("datetime64[ns]"), ds.time.values)
    assert "network" in plain.coords and plain.station.values.tolist() == ds.station.values.tolist()


def test_layouts_are_cut_as_agreed(lib, make):
    ds = make.grid(3, bbox=(0, 0, 100, 90))  # 360 × 400 cells
    lib.write("g", ds[["sm"]], layout="both")
    lib.write("a", ds[["sm"]], layout="archive")
    lib.write("s", make.stations())
    cuts = lib.info("g")["chunks"]
    assert cuts["map"]["sm"] == (1, 360, 400) and cuts["series"]["sm"] == (1024, 20, 20)
    array = lib._repo.readonly_session("main").store
    import zarr

    sm = zarr.open_array(array, path="a/archive/sm", mode="r")
    assert (sm.chunks, sm.shards) == ((30, 60, 60), (90, 360, 360))
    assert lib.open("g", layout="series").sm.chunks[0] == (3,)  # time is one piece for whoever analyses series


@pytest.mark.parametrize("layout", ["series", "map", "archive", "plain", "both"])
@pytest.mark.parametrize("lazy", [False, True])
def test_appending_equals_writing_at_once(lib, layout, lazy, monkeypatch, make, same):
    monkeypatch.setattr("vadose.store.layouts.SERIES_TIMES", 4)
    monkeypatch.setattr("vadose.store.layouts.TIMES_CHUNK", 4)
    monkeypatch.setattr("vadose.store.layouts.PASS_BYTES", 50_000)  # many passes
    ds = make.grid(11)
    parts = [ds.isel(time=slice(a, b)) for a, b in ((0, 3), (3, 4), (4, 9), (9, 11))]
    parts = [p.chunk({"time": 2, "lon": 5}) if lazy else p for p in parts]
    lib.write("g", parts[0], layout=layout)
    for part in parts[1:]:
        lib.append("g", part)
    for copy in lib.info("g")["layouts"]:
        same(ds, lib.open("g", layout=copy))
    assert lib.check().ok


def test_both_copies_of_a_dataset_beyond_memory_are_streamed(lib, make, same, monkeypatch):
    monkeypatch.setattr("vadose.store.layouts.PASS_BYTES", 10_000)
    ds = make.grid(7)
    calls: list[int] = []

    def count(block):
        calls.append(block.size)
        return block

    data = ds.sm.chunk({"time": 1}).data.map_blocks(count, dtype="f4", meta=np.zeros((0, 0, 0), "f4"))
    lib.write("g", ds.assign(sm=ds.sm.copy(data=data)), layout="both")
    assert sum(calls) == ds.sm.size  # the source is computed once, the second copy comes from the first
    for layout in ("map", "series"):
        same(ds, lib.open("g", layout=layout))


def test_stations_and_observations_grow(lib, make, same):
    st, obs = make.stations(), make.observations()
    lib.write("st", st.isel(time=slice(0, 20)))
    lib.append("st", st.isel(time=slice(20, None)))
    same(st, lib.open("st"))
    early = obs.isel(obs=slice(0, 100)).assign(satellite=("obs", np.full(100, "A")))
    late = obs.isel(obs=slice(100, None))
    lib.write("obs", early)
    lib.append("obs", late)
    both = lib.open("obs")
    assert both.satellite.dtype == np.dtype("<U2")  # longer text is not cut
    assert both.satellite.values.tolist() == early.satellite.values.tolist() + late.satellite.values.tolist()
    assert np.array_equal(both.time.values, obs.time.values)


def test_snapshots_by_id_prefix_and_instant(lib, make):
    ds = make.grid(4)
    first = lib.write("g", ds.isel(time=slice(0, 2)))
    between = datetime.datetime.now(datetime.UTC)
    time.sleep(0.05)
    second = lib.append("g", ds.isel(time=slice(2, 4)), message="two more days")
    for old in (
        first,
        first[:8],
        first.lower(),
        between,
        np.datetime64(between.replace(tzinfo=None), "us"),
        between.isoformat(),
    ):
        assert lib.open("g", snapshot=old).sizes["time"] == 2
    assert lib.open("g", snapshot=second).sizes["time"] == lib.open("g").sizes["time"] == 4
    history = lib.history("g")
    assert history.snapshot.tolist() == [second, first]
    assert history.message.tolist()[0] == "two more days" and history.message[1].startswith(
        "write g: 2 times, 2020-01-01"
    )
    assert history.time.is_monotonic_decreasing
    assert lib.info("g")["snapshot"] == second
    with pytest.raises(LibraryError, match=r"no snapshot 'NOPE'.*history"):
        lib.open("g", snapshot="NOPE")
    with pytest.raises(LibraryError, match="nothing as old"):
        lib.open("g", snapshot="1999-01-01")


def test_info_names_delete(lib, make):
    ds = make.grid(4)
    assert lib.names() == []
    lib.write("p/b", ds)
    first = lib.write("p/a", ds[["sm"]])
    assert lib.names() == ["p/a", "p/b"]
    info = lib.info("p/b")
    assert info["period"] == ("2020-01-01T00:00:00", "2020-01-04T00:00:00")
    assert info["dims"] == {"time": 4, "lat": 20, "lon": 24}
    assert info["variables"]["sm"] == {"dtype": "float32", "dims": ("time", "lat", "lon"), "units": "m3 m-3"}
    assert (info["product"], info["version"], info["form"]) == ("demo", "1.0", "grid")
    assert info["bytes"] == ds.nbytes
    lib.delete("p/a")
    assert lib.names() == ["p/b"] and lib.open("p/a", snapshot=first).sm.size
    lib.delete("p/b")
    lib.write("p", ds)  # the empty parent went with its last dataset
    assert lib.names() == ["p"] and lib.check().ok
    assert lib.history("p/a").message.tolist() == [
        "delete p/a",
        "write p/a: 4 times, 2020-01-01T00:00:00 to 2020-01-04T00:00:00",
    ]


def test_overwrite_replaces_form_and_layout(lib, make, same):
    first = lib.write("x", make.grid(4), layout="both")
    with pytest.raises(LibraryError, match=r"x: found a dataset of this name.*overwrite=True"):
        lib.write("x", make.stations())
    lib.write("x", make.stations(), overwrite=True)
    same(make.stations(), lib.open("x"))
    same(make.grid(4), lib.open("x", snapshot=first))


def test_garbage_is_collected_and_the_rest_stays(lib, make, same):
    ds = make.grid(6, bbox=(0, 0, 20, 20))
    old = lib.write("x", ds)
    lib.write("y", ds)
    lib.write("x", ds.isel(time=slice(0, 3)), overwrite=True)
    assert lib.collect_garbage() == {"snapshots": 0, "chunks": 0, "files": 0, "bytes": 0}
    freed = lib.collect_garbage(older_than=datetime.timedelta(0))
    assert freed["snapshots"] >= 2 and freed["chunks"] > 0 and freed["bytes"] > 0
    same(ds.isel(time=slice(0, 3)), lib.open("x"))
    same(ds, lib.open("y"))
    assert lib.check().ok
    with pytest.raises(LibraryError):
        lib.open("x", snapshot=old)
    lib.append("x", ds.isel(time=slice(3, 6)))
    same(ds, lib.open("x"))


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_results_do_not_depend_on_the_scheduler(lib, scheduler, make, same):
    ds = make.grid(5)
    with dask.config.set(scheduler=scheduler):
        lib.write("g", ds.isel(time=slice(0, 3)).chunk({"lat": 6}), layout="both")
        lib.append("g", ds.isel(time=slice(3, 5)).chunk({"lat": 6}))
    for layout in ("map", "series"):
        same(ds, lib.open("g", layout=layout))
    assert len(lib.history()) == 2


def test_a_cluster_writes_the_same_in_one_commit(lib, make, same, monkeypatch):
    from distributed import Client, LocalCluster

    monkeypatch.setattr("vadose.store.layouts.PASS_BYTES", 30_000)  # stay lazy, and take several passes

    ds = make.grid(5)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        lib.write("g", ds.isel(time=slice(0, 3)).chunk({"lat": 6}), layout="both")
        lib.append("g", ds.isel(time=slice(3, 5)).chunk({"lat": 6}))
        lib.write("st", make.stations().chunk({"sensor": 2}))
        assert float(lib.open("g").sm.sum().compute()) == float(ds.sm.chunk().sum().compute())
        lib.write("copy", lib.open("g", layout="series"), layout="map")
    for name, layout in (("g", "map"), ("g", "series"), ("copy", "map")):
        same(ds, lib.open(name, layout=layout))
    same(make.stations(), lib.open("st"))
    # each change is one commit: no snapshot in between shows empty arrays
    assert len(lib.history()) == 4
    for snapshot in lib.history("g").snapshot:
        assert int(lib.open("g", snapshot=snapshot, layout="map").sm.isnull().all(["lat", "lon"]).sum()) == 0


def test_opening_reads_no_values_and_keeps_its_snapshot(lib, make, same):
    ds = make.grid(6)
    lib.write("g", ds.isel(time=slice(0, 3)))
    before = lib.open("g")
    lib.append("g", ds.isel(time=slice(3, 6)))
    same(ds.isel(time=slice(0, 3)), before)

    def refuse(*args, **kwargs):
        raise AssertionError("computed")

    with dask.config.set(scheduler=refuse):
        assert lib.open("g").sizes["time"] == 6


def test_a_dataset_stays_open_until_someone_changes_it(lib, make, same, monkeypatch):
    from vadose.store import Library, arrays

    first, second = make.grid(seed=1), make.grid(seed=2)
    lib.write("x", first)
    lib.write("gone", first)
    read, whole = [], arrays.read
    monkeypatch.setattr(arrays, "read", lambda *a, **k: read.append(a[1]) or whole(*a, **k))
    lib.open("x")["sm"].attrs["units"] = "spoilt"
    lib.write("y", second)
    same(first, lib.open("x"))
    assert read == ["x/series"] and lib.names() == ["gone", "x", "y"]
    other = Library(lib.url)
    other.write("x", second, overwrite=True)
    other.delete("gone")
    same(second, lib.open("x"))
    assert read == ["x/series"] * 2 and lib.names() == ["x", "y"]
    with pytest.raises(LibraryError, match="gone"):
        lib.open("gone")


def test_the_datasets_used_last_stay_open(lib, make, monkeypatch):
    from vadose.store import arrays

    monkeypatch.setattr("vadose.store.newest.KEPT", 2)
    for name in "abc":
        lib.write(name, make.grid(1))
    read, whole = [], arrays.read
    monkeypatch.setattr(arrays, "read", lambda *a, **k: read.append(a[1][0]) or whole(*a, **k))
    for name in "abacab":
        lib.open(name)
    assert read == ["a", "b", "c", "b"]


def test_old_snapshots_may_go_while_a_dataset_is_open(lib, make, same):
    from vadose.store import Library

    for seed in (1, 2):
        lib.write("x", make.grid(seed=seed), overwrite=True)
    lib.open("x")
    other = Library(lib.url)
    other.write("y", make.grid())
    other.collect_garbage(older_than=datetime.timedelta(0))
    same(make.grid(seed=2), lib.open("x"))
    assert lib.names() == ["x", "y"]


def test_a_library_goes_to_other_processes(lib, make, same):
    lib.write("x", make.grid())
    lib.open("x")
    there = pickle.loads(pickle.dumps(lib))
    lib.write("y", make.grid(seed=3))
    same(make.grid(), there.open("x"))
    assert there.names() == ["x", "y"]
