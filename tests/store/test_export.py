from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr

from vadose import schema
from vadose.errors import LibraryError
from vadose.grid import Grid
from vadose.store.export import select


@pytest.mark.parametrize("form", ["grid", "stations", "observations", "static"])
def test_netcdf_gives_back_the_same_numbers(lib, make, form, tmp_path):
    ds = getattr(make, form)()
    lib.write("x", ds)
    (path,) = lib.export("x", tmp_path / "x.nc")
    with xr.open_dataset(path) as back:
        assert back.attrs["Conventions"] == schema.CONVENTIONS
        for name in ds.variables:
            ours, theirs = ds[name].values, back[name].values
            if ours.dtype.kind == "M":
                assert np.array_equal(ours, theirs.astype("datetime64[ns]"), equal_nan=True), name
            elif ours.dtype.kind == "m":
                assert np.array_equal(ours, theirs.astype("timedelta64[ns]"), equal_nan=True), name
            elif ours.dtype.kind in "UO":
                assert ours.tolist() == theirs.tolist()
            else:
                assert np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f"), name
                assert theirs.dtype == (np.dtype("int8") if ours.dtype == bool else ours.dtype)
            if "units" in ds[name].attrs and ours.dtype.kind not in "mM":
                assert back[name].attrs["units"] == ds[name].attrs["units"]
        if form == "grid":
            assert back.flag.attrs["flag_masks"].tolist() == ds.flag.attrs["flag_masks"].tolist()


def test_netcdf_is_compressed_and_counts_seconds(lib, make, tmp_path):
    import netCDF4

    lib.write("x", make.grid(4))
    with netCDF4.Dataset(lib.export("x", tmp_path / "x.nc")[0]) as nc:
        assert nc["sm"].filters()["zlib"]
        assert nc["time"].units == "seconds since 1970-01-01" and nc["time"].dtype == np.int64
        assert nc["time"][:].tolist() == [1577836800 + 86400 * i for i in range(4)]


def test_results_fit_into_netcdf_and_zarr(lib, make, tmp_path):
    lib.write("r", make.result(), layout="plain")
    for name in ("r.nc", "r.zarr"):
        (path,) = lib.export("r", tmp_path / name)
        back = xr.open_dataset(path) if name == "r.nc" else xr.open_zarr(path, consolidated=False)
        assert back.r.values.tolist()[0][0] == 0.5 and back["product"].values.tolist() == ["a", "long name"]
        back.close()


@pytest.mark.parametrize("form", ["grid", "stations"])
def test_plain_zarr_is_read_by_xarray(lib, make, form, tmp_path):
    ds = getattr(make, form)()
    lib.write("x", ds)
    (path,) = lib.export("x", tmp_path / "x.zarr")
    with xr.open_zarr(path, consolidated=False) as back:
        assert set(back.coords) == set(ds.coords)
        assert np.array_equal(back.sm.values, ds.sm.values, equal_nan=True)
        assert np.array_equal(back.time.values.astype("datetime64[ns]"), ds.time.values)


def test_geotiff_lies_where_it_should_with_one_band_per_time(lib, make, tmp_path):
    ds = make.grid(3)
    lib.write("x", ds, layout="both")
    files = lib.export("x", tmp_path / "x.tif")
    assert [f.name for f in files] == ["x_sm.tif", "x_flag.tif", "x_t0.tif", "x_nobs.tif"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["lib", *[f.name for f in files]])  # no drafts left
    with rasterio.open(files[0]) as tif:
        assert tif.crs.to_epsg() == 4326 and tif.bounds == (0, 0, 6, 5) and np.isnan(tif.nodata)
        assert tif.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert tif.descriptions == ("2020-01-01T00:00:00", "2020-01-02T00:00:00", "2020-01-03T00:00:00")
        assert np.array_equal(tif.read(), ds.sm.values, equal_nan=True)
        row, col = tif.index(0.125, 4.875)
        assert np.array_equal(tif.read(1)[row, col], ds.sm.sel(lat=4.875, lon=0.125).values[0], equal_nan=True)
        assert tif.units[0] == "m3 m-3" and tif.tags()["product"] == "demo"
    with rasterio.open(files[1]) as tif:
        assert tif.dtypes[0] == "uint16" and np.array_equal(tif.read(), ds.flag.values)
        assert tif.tags()["flag_meanings"].startswith("frozen_or_snow dense_vegetation")
    with rasterio.open(files[2]) as tif:
        seconds = tif.read()
        assert np.array_equal(np.isnan(seconds), np.isnat(ds.t0.values))
        good = ~np.isnan(seconds)
        assert np.array_equal(seconds[good].astype("int64") * 10**9, ds.t0.values[good].astype("int64"))


def test_geotiff_of_ease_grids_is_in_metres_with_overviews(lib, tmp_path):
    from pyproj import Transformer

    grid = Grid.ease2("M09").crop((-30, -40, 40, 40))
    values = np.add.outer(grid.lat, grid.lon)[None].astype("float32")
    ds = xr.Dataset({"sm": (("time", "lat", "lon"), values, {"units": "m3 m-3"})},
                    {"time": pd.to_datetime(["2020-01-01"])})  # fmt: skip
    lib.write("e", schema.with_grid(ds, grid))
    (path,) = lib.export("e", tmp_path / "e.tif")
    with rasterio.open(path) as tif:
        assert tif.crs.to_epsg() == 6933 and tif.overviews(1)
        to_degrees = Transformer.from_crs("EPSG:6933", "EPSG:4326", always_xy=True)
        for row, col in ((0, 0), (grid.shape[0] - 1, grid.shape[1] - 1), (100, 200)):
            lon, lat = to_degrees.transform(*tif.xy(row, col))
            assert (lat, lon) == (pytest.approx(grid.lat[row], abs=1e-6), pytest.approx(grid.lon[col], abs=1e-6))


def test_geotiff_of_layers_and_static_maps(lib, make, tmp_path):
    ds = make.grid(2, layers=2)
    lib.write("x", ds)
    files = lib.export("x", tmp_path / "x.tif", variables=["sm"])
    assert [f.name for f in files] == ["x_layer0.tif", "x_layer1.tif"]
    with rasterio.open(files[1]) as tif:
        assert np.array_equal(tif.read(2), ds.sm.values[1, 1], equal_nan=True)
    lib.write("s", make.static())
    with rasterio.open(lib.export("s", tmp_path / "s.tif")[0]) as tif:
        assert np.array_equal(tif.read(1), make.static().land_cover.values) and tif.nodata is None


def test_geotiff_refuses_what_it_cannot_hold(lib, make, tmp_path):
    lib.write("st", make.stations())
    with pytest.raises(LibraryError, match=r"form 'stations'.*NetCDF or CSV"):
        lib.export("st", tmp_path / "st.tif")
    lib.write("x", make.grid(2))
    with pytest.raises(LibraryError, match="n_out_of_range without lat and lon"):
        lib.export("x", tmp_path / "x.tif", variables=["sm", "n_out_of_range"])
    gauss = Grid.rectilinear([3.0, 1.9, 1.0], [0.0, 1.0])
    ds = xr.Dataset({"sm": (("lat", "lon"), np.zeros((3, 2), "float32"), {"units": "m3 m-3"})})
    lib.write("g", schema.with_grid(ds, gauss))
    with pytest.raises(LibraryError, match="cells of one size"):
        lib.export("g", tmp_path / "g.tif")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lib"]


def test_csv_is_tidy_and_exact(lib, make, tmp_path):
    ds = make.grid(3, layers=2)
    lib.write("x", ds)
    (path,) = lib.export("x", tmp_path / "x.csv", variables=["sm"])
    text = path.read_text()
    assert text.splitlines()[:3] == ["# test", "# sm: m3 m-3", "time,layer,depth_from,depth_to,lat,lon,sm"]
    table = pd.read_csv(path, comment="#", parse_dates=["time"])
    assert len(table) == int(ds.sm.notnull().sum())  # missing rows are left out, no other
    back = table.set_index(["time", "layer", "lat", "lon"]).sm.astype("float32").to_xarray()
    back = back.reindex_like(ds.sm)
    assert np.array_equal(back.values, ds.sm.values, equal_nan=True)


def test_csv_of_stations_goes_sensor_by_sensor(lib, make, tmp_path):
    ds = make.stations(4, 3)
    lib.write("st", ds)
    (path,) = lib.export("st", tmp_path / "st.csv.gz")
    table = pd.read_csv(path, comment="#", keep_default_na=False)
    assert list(table.columns[:8]) == ["network", "station", "sensor", "time", "depth_from", "depth_to", "lat", "lon"]
    assert len(table) == 12 and table.network.tolist()[:4] == ["Netz"] * 4
    assert np.array_equal(table.sm.to_numpy("float32"), ds.sm.values.ravel())


def test_parts_by_variable_period_and_box(lib, make, tmp_path):
    ds = make.grid(10)
    lib.write("x", ds)
    (path,) = lib.export("x", tmp_path / "x.nc", variables=["sm"], period="2020-01-03/2020-01-05", bbox=(1, 1, 2, 3))
    with xr.open_dataset(path) as back:
        assert list(back.data_vars) == ["sm"] and dict(back.sizes) == {"time": 3, "lat": 8, "lon": 4}
        assert np.array_equal(back.sm.values, ds.sm.sel(lat=slice(3, 1), lon=slice(1, 2))[2:5].values, equal_nan=True)
    obs = make.observations()
    part = select(obs, bbox=(0, 0, 180, 90))
    assert part.sizes["obs"] == int(((obs.lat >= 0) & (obs.lon >= 0)).sum()) > 0
    with pytest.raises(LibraryError, match="nothing within"):
        lib.export("x", tmp_path / "y.nc", period="1999")
    with pytest.raises(LibraryError, match=r"no variable wet.*'sm'"):
        lib.export("x", tmp_path / "y.nc", variables=["wet"])


def test_bad_paths_are_refused_and_nothing_half_written_stays(lib, make, tmp_path, monkeypatch):
    lib.write("x", make.grid(2))
    (tmp_path / "there.nc").write_text("mine")
    for path, words in (("there.nc", "an existing file"), ("x.hdf", "ending '.hdf'"), ("no/x.nc", "no such folder")):
        with pytest.raises(LibraryError, match=words):
            lib.export("x", tmp_path / path)
    with pytest.raises(LibraryError, match="format"):
        lib.export("x", tmp_path / "x.nc", format="hdf")
    assert (tmp_path / "there.nc").read_text() == "mine"

    def full(self, file, *args, **kwargs):
        file.write("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(LibraryError, match="no space left"):
        lib.export("x", tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()


def test_small_frames_of_a_long_record_share_chunks_in_plain_zarr(lib, make, tmp_path):
    import zarr

    lib.write("x", make.grid(3000))
    (path,) = lib.export("x", tmp_path / "x.zarr", variables=["sm"])
    assert zarr.open_array(str(path / "sm"), mode="r").chunks[0] == 1024
    with xr.open_zarr(path, consolidated=False) as back:
        np.testing.assert_array_equal(back.sm.values, make.grid(3000).sm.values)


@pytest.mark.parametrize("ending", [".nc", ".csv.gz", ".zarr"])
def test_a_file_has_its_name_only_when_it_is_whole(lib, make, tmp_path, monkeypatch, ending):
    """So that a killed export leaves no half file that looks like a whole one."""
    from vadose.store import export

    writer = {".nc": "_netcdf", ".csv.gz": "_csv", ".zarr": "_zarr"}[ending]
    seen, original = [], getattr(export, writer)

    def watch(ds, path):
        original(ds, path)
        seen.append((tmp_path / f"x{ending}").exists())

    monkeypatch.setattr(export, writer, watch)
    lib.write("x", make.grid())
    assert lib.export("x", tmp_path / f"x{ending}") == [tmp_path / f"x{ending}"]
    assert seen == [False] and sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_a_netcdf_library_that_cannot_write_is_no_traceback(lib, make, tmp_path, monkeypatch):
    def fail(self, path, **_):
        path.write_bytes(b"half")
        raise RuntimeError("NetCDF: HDF error")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", fail)
    lib.write("x", make.grid())
    with pytest.raises(LibraryError, match=r"x\.nc: found a file that cannot be written"):
        lib.export("x", tmp_path / "x.nc")
    assert not list(tmp_path.glob("*x.nc")) and not list(tmp_path.glob(".*x.nc"))
