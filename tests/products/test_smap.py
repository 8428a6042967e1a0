"""SMAP level 2 and 3: real files against raw reads, native level 3 against tiny files in the provider's layout."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose import products, schema
from vadose.errors import ConfigError, GridError, InputFileError
from vadose.grid import Grid
from vadose.products.smap import open_smap_l2, open_smap_l3, open_smap_l3_native

L2 = "SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5"


def stored(path, *names, group=None):
    """Values as stored, read without vadose."""
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        node = nc[group] if group else nc
        return [node[n][:] for n in names]


def in_time(seconds):
    """Order by time to the millisecond, ties as in the file."""
    return np.argsort(np.round(seconds * 1000), kind="stable")


# ------------------------------------------------------------------------------------------------ level 2
def test_l2_agrees_with_the_file(data):
    path = data / "smap_l2" / L2
    sm, quality, row, col, seconds = stored(
        path, "soil_moisture", "retrieval_qual_flag", "EASE_row_index", "EASE_column_index", "tb_time_seconds",
        group="Soil_Moisture_Retrieval_Data",
    )  # fmt: skip
    assert (sm != -9999).sum() == 1333
    valid = (sm >= 0.02) & (sm <= 0.5)
    order = in_time(seconds)

    ds = products.open("smap_l2", path, flags="none")
    schema.check(ds, "observations")
    assert ds.sizes["obs"] == sm.size
    assert int(ds.n_out_of_range) == 1333 - valid.sum() == 181
    np.testing.assert_array_equal(ds.sm.values, np.where(valid, sm, np.nan)[order].astype("f4"))
    np.testing.assert_array_equal(ds.location.values, (row.astype(int) * 964 + col)[order])
    assert ds.product_version == "008" and ds.sm.depth_to == 0.05

    best = products.open("smap_l2", path)
    np.testing.assert_array_equal(best.sm.notnull().values, (valid & (quality & 1 == 0))[order])
    usable = products.open("smap_l2", path, flags="usable")
    np.testing.assert_array_equal(usable.sm.notnull().values, (valid & (quality & 6 == 0))[order])


def test_l2_places_and_times_come_from_the_file(data):
    path = data / "smap_l2" / L2
    lat, lon, utc, seconds = stored(path, "latitude", "longitude", "tb_time_utc", "tb_time_seconds",
                                    group="Soil_Moisture_Retrieval_Data")  # fmt: skip
    ds = open_smap_l2([path])
    order = in_time(seconds)
    np.testing.assert_allclose(ds.lat, lat[order], atol=1e-4)
    np.testing.assert_allclose(ds.lon, lon[order], atol=1e-4)
    text = np.array([t[:19] for t in utc], dtype="M8[s]")[order]  # some of the file's fractions read "***"
    late = (ds.time.values - text) / np.timedelta64(1, "ms")
    assert late.min() >= -1 and late.max() <= 1001
    assert set(ds.overpass.values) == {2}  # the half orbit ascends


def test_l2_box_and_period(data):
    files = sorted((data / "smap_l2").glob("*.h5"))
    whole = open_smap_l2(files)
    part = open_smap_l2(files, bbox=(-120, 20, -60, 50), period="2015-08-11")
    inside = (whole.lat >= 20) & (whole.lat <= 50) & (whole.lon >= -120) & (whole.lon <= -60)
    np.testing.assert_array_equal(part.location, whole.location[inside])
    with pytest.raises(InputFileError, match="no observation in the box and period"):
        open_smap_l2(files, period="2016")


def test_l2_refuses_bad_files(data, tmp_path):
    cut = tmp_path / "SMAP_L2_SM_P_00001_A_20150811T013002_R18290_001.h5"
    cut.write_bytes((data / "smap_l2" / L2).read_bytes()[:100_000])
    with pytest.raises(InputFileError, match="cannot open"):
        open_smap_l2([cut])
    cut.write_bytes(b"")
    with pytest.raises(InputFileError, match="empty file"):
        open_smap_l2([cut])
    with pytest.raises(InputFileError, match="SMAP_L2_SM_P"):
        open_smap_l2([data / "smap_l3/cells_v9_am_pm/0165.nc"])
    cut.write_bytes((data / "smap_l3/cells_v9_am_pm/0165.nc").read_bytes())
    with pytest.raises(InputFileError, match="Soil_Moisture_Retrieval_Data"):
        open_smap_l2([cut])


NAME = "SMAP_L2_SM_P_00001_D_20200101T000000_R18290_001.h5"


def write_l2(path, **change):
    columns = {
        "soil_moisture": np.array([0.2, 0.6, -9999, 0.3], "f4"),
        "retrieval_qual_flag": np.array([0, 0, 7, 65534], "u2"),
        "surface_flag": np.zeros(4, "u2"),
        "surface_temperature": np.array([290, 291, -9999, 293], "f4"),
        "vegetation_water_content": np.ones(4, "f4"),
        "EASE_row_index": np.array([0, 1, 2, 3], "u2"),
        "EASE_column_index": np.array([0, 1, 2, 963], "u2"),
        "latitude": Grid.ease2("M36").lat[:4].astype("f4"),
        "longitude": Grid.ease2("M36").lon[[0, 1, 2, 963]].astype("f4"),
        "tb_time_seconds": np.array([30.0, 10.0, 20.0, -9999.0]),
    } | change  # fmt: skip
    units = {"soil_moisture": "cm**3/cm**3", "surface_temperature": "Kelvins", "vegetation_water_content": "kg/m**2"}
    with netCDF4.Dataset(path, "w") as nc:
        group = nc.createGroup("Soil_Moisture_Retrieval_Data")
        group.createDimension("phony_dim_0", 4)
        for name, values in columns.items():
            if values is None:
                continue
            variable = group.createVariable(name, values.dtype, ("phony_dim_0",))
            if name in units:
                variable.units = units[name]
            variable[:] = values
    return path


def test_l2_flags_order_and_counts(tmp_path):
    ds = open_smap_l2([write_l2(tmp_path / NAME)])
    assert ds.sm.isnull().values.tolist() == [True, True, False]  # sorted by time: 0.6 beyond range, none, 0.2
    assert ds.flag.values.tolist() == [128, 4 + 8 + 4096, 0]
    assert (int(ds.n_out_of_range), ds.n_without_time) == (1, 1)
    assert str(ds.time.values[0])[:19] == "2000-01-01T12:00:10"
    assert ds.overpass.values.tolist() == [1, 1, 1]


@pytest.mark.parametrize(("change", "message"), [
    ({"soil_moisture": None}, "soil_moisture"),
    ({"tb_time_seconds": None}, "tb_time_seconds"),
    ({"EASE_row_index": np.array([0, 1, 2, 406], "u2")}, "row 406"),
    ({"EASE_row_index": np.array([0, 1, 2, 4], "u2")}, "do not belong to its coordinates"),
    ({"soil_moisture": np.full(4, -9999, "f4"), "retrieval_qual_flag": None}, "retrieval_qual_flag"),
])  # fmt: skip
def test_l2_names_what_is_wrong(tmp_path, change, message):
    with pytest.raises(InputFileError, match=message):
        open_smap_l2([write_l2(tmp_path / NAME, **change)])


def test_l2_reads_the_highest_run_and_says_so(tmp_path):
    old = write_l2(tmp_path / NAME, soil_moisture=np.full(4, 0.1, "f4"))
    new = write_l2(tmp_path / NAME.replace("_001.h5", "_002.h5"))
    ds = open_smap_l2([new, old])
    assert ds.sizes["obs"] == 3 and ds.superseded == old.name
    assert float(ds.sm.max()) == pytest.approx(0.2)


def test_l2_of_the_enhanced_product_is_refused(tmp_path):
    fine = Grid.ease2("M09")
    path = write_l2(tmp_path / NAME, latitude=fine.lat[:4].astype("f4"), longitude=fine.lon[:4].astype("f4"))
    with pytest.raises(GridError, match="latitude, longitude"):
        open_smap_l2([path])


def test_l2_without_any_retrieval_is_all_missing(tmp_path):
    path = write_l2(tmp_path / NAME, soil_moisture=np.full(4, -9999, "f4"))
    ds = open_smap_l2([path])
    assert ds.sizes["obs"] == 3 and bool(ds.sm.isnull().all())


def test_l2_wrong_units(tmp_path):
    path = write_l2(tmp_path / NAME)
    with netCDF4.Dataset(path, "a") as nc:
        nc["Soil_Moisture_Retrieval_Data/soil_moisture"].units = "Kelvins"
    with pytest.raises(InputFileError, match="units 'Kelvins'"):
        open_smap_l2([path])


# -------------------------------------------------------------------------------------------------- cells
def test_v9_cells_keep_what_is_recommended(data):
    path = data / "smap_l3/cells_v9_am_pm/0165.nc"
    sm, quality, time, overpass = stored(path, "soil_moisture", "retrieval_qual_flag", "time", "Overpass")
    ds = products.open("smap_l3", path)
    schema.check(ds, "observations")
    assert ds.sizes["obs"] == 23050
    share = float(ds.sm.notnull().mean())
    assert share == pytest.approx(0.116, abs=5e-4) and share == np.mean(quality & 1 == 0)
    order = in_time(time)
    np.testing.assert_array_equal(ds.sm.values, np.where(quality & 1 == 0, sm, np.nan)[order].astype("f4"))
    np.testing.assert_array_equal(ds.overpass.values, overpass[order])
    assert ds.product_version == "9"


def test_v9_cell_without_a_recommended_value_is_all_missing(data):
    ds = products.open("smap_l3", data / "smap_l3/cells_v9_am_pm/0166.nc")
    assert int(ds.sm.notnull().sum()) == 0 and ds.sizes["obs"] == 12774
    usable = products.open("smap_l3", data / "smap_l3/cells_v9_am_pm/0166.nc", flags="usable")
    assert int(usable.sm.notnull().sum()) > 5000


def test_v9_cells_lie_on_the_grid(data):
    ds = products.open("smap_l3", data / "smap_l3/cells_v9_am_pm", period="2016")
    grid = Grid.ease2("M36")
    row, col = grid.locate(ds.lat, ds.lon, tolerance=0.0)
    np.testing.assert_array_equal(ds.location, (405 - row) * 964 + col)  # the provider counts from the south
    assert (ds.time.dt.year == 2016).all()


def test_v5_cells_become_a_grid(data):
    path = data / "smap_l3/cells_v5_pm/0165.nc"
    sm, lat, lon, time = stored(path, "soil_moisture", "lat", "lon", "time")
    ds = products.open("smap_l3", path)
    schema.check(ds, "grid")
    assert ds.attrs["overpass"] == "PM" and ds.product_version == "5"
    assert int(ds.sm.notnull().sum()) == (sm != -9999).sum() == 1492
    place, day = np.argwhere(sm != -9999)[700]
    value = ds.sm.sel(time=np.datetime64("1858-11-17") + np.timedelta64(int(time[day]), "D"))
    value = value.sel(lat=lat[place], lon=lon[place], method="nearest")
    assert float(value) == sm[place, day]


# --------------------------------------------------------------------------------------------- native level 3
def write_l3(path, *, day_value=0.2, grid="M36", shift_row=False, drop=None, units="cm**3/cm**3"):
    """A SPL3SMP(_E) file: AM and PM groups, PM names with the suffix, fill everywhere but in one window."""
    rows, cols = Grid.ease2(grid).shape
    with netCDF4.Dataset(path, "w") as nc:
        meta = nc.createGroup("Metadata").createGroup("DatasetIdentification")
        meta.ECSVersionID = "009"
        for number, (kind, suffix) in enumerate((("AM", ""), ("PM", "_pm"))):
            group = nc.createGroup(f"Soil_Moisture_Retrieval_Data_{kind}")
            dims = (f"phony_dim_{2 * number}", f"phony_dim_{2 * number + 1}")
            group.createDimension(dims[0], rows)
            group.createDimension(dims[1], cols)

            def put(name, dtype, fill, values, group=group, dims=dims, suffix=suffix):
                if name == drop:
                    return None
                variable = group.createVariable(name + suffix, dtype, dims, fill_value=fill, zlib=True, complevel=1,
                                                chunksizes=(rows, cols))  # fmt: skip
                full = np.full((rows, cols), fill, dtype)
                full[100:102, 200:203] = values
                variable[:] = full
                return variable

            sm = np.array([[day_value, 0.6, -9999], [0.3, 0.019, 0.45]], "f4") + (0 if kind == "AM" else 1e-3)
            sm[sm < -1000] = -9999
            if (v := put("soil_moisture", "f4", -9999.0, sm)) is not None:
                v.units = units
            put("retrieval_qual_flag", "u2", 65534, [[0, 0, 7], [8, 1, 5]])
            put("surface_flag", "u2", 65534, [[0, 0, 3], [128, 4, 4]])
            if (v := put("surface_temperature", "f4", -9999.0, np.full((2, 3), 295.0))) is not None:
                v.units = "Kelvins"
            put("tb_time_seconds", "f8", -9999.0, np.full((2, 3), 5e8 + 43200 * number + 0.5))
            index = np.indices((rows, cols))
            put("EASE_row_index", "u2", 65534, index[0][100:102, 200:203] + int(shift_row))
            put("EASE_column_index", "u2", 65534, index[1][100:102, 200:203])
    return path


def test_native_l3_has_two_times_a_day(tmp_path):
    files = [write_l3(tmp_path / f"SMAP_L3_SM_P_2015110{d}_R19240_001.h5", day_value=v)
             for d, v in ((6, 0.25), (5, 0.2))]  # fmt: skip
    ds = products.open("smap_l3", files)
    schema.check(ds, "grid")
    assert ds.chunks  # lazy
    assert ds.time.values.astype("M8[h]").astype(str).tolist() == [
        "2015-11-05T06", "2015-11-05T18", "2015-11-06T06", "2015-11-06T18",
    ]  # fmt: skip
    assert ds.overpass.values.tolist() == [1, 2, 1, 2]
    window = ds.isel(lat=slice(100, 102), lon=slice(200, 203))
    np.testing.assert_allclose(window.sm[:, 0, 0], [0.2, 0.201, 0.25, 0.251], rtol=1e-6)
    # 0.6 and 0.019 lie beyond 0.02-0.5; at PM 0.019 + 0.001 does not but is not recommended; 0.45 failed
    assert window.flag[0].values.tolist() == [[0, 128, 4 + 8 + 4096], [0, 4 + 128, 4 + 8]]
    assert window.flag[1].values.tolist() == [[0, 128, 4 + 8 + 4096], [0, 4, 4 + 8]]
    assert ds.n_out_of_range.values.tolist() == [2, 1, 2, 1]
    assert int(ds.sm.notnull().sum()) == 8
    seconds = np.array([5e8, 5e8 + 43200], "i8").astype("m8[s]")
    expected = np.datetime64("2000-01-01T12:00:00.500") + seconds
    np.testing.assert_array_equal(window.t0[:2, 0, 0].values, expected)
    assert np.isnat(ds.t0[0, 0, 0].values)
    assert ds.product_version == "009" and "provisional" in ds.status
    assert Grid.of(ds) == Grid.ease2("M36")


def test_native_l3_overpass_box_and_rerun(tmp_path):
    old = write_l3(tmp_path / "SMAP_L3_SM_P_20151105_R19240_001.h5", day_value=0.1)
    new = write_l3(tmp_path / "SMAP_L3_SM_P_20151105_R19240_002.h5", day_value=0.2)
    grid = Grid.ease2("M36")
    box = (grid.lon[200] - 0.1, grid.lat[101] - 0.1, grid.lon[202] + 0.1, grid.lat[100] + 0.1)
    ds = open_smap_l3_native([new, old], overpass="am", bbox=box)
    assert ds.sm.shape == (1, 2, 3)
    assert float(ds.sm[0, 0, 0]) == pytest.approx(0.2)
    assert ds.superseded == old.name and new.name in ds.inputs and old.name not in ds.inputs
    with pytest.raises(ConfigError, match="overpass"):
        open_smap_l3_native([new], overpass="noon")


def test_native_enhanced_file_is_on_the_9_km_grid(tmp_path):
    path = write_l3(tmp_path / "SMAP_L3_SM_P_E_20151105_R19240_001.h5", grid="M09")
    ds = products.open("smap_l3_e", path)
    assert Grid.of(ds) == Grid.ease2("M09") and ds.attrs["product"] == "smap_l3_e"
    assert float(ds.sm[0, 100, 200]) == pytest.approx(0.2)


@pytest.mark.parametrize(("how", "message"), [
    ({"shift_row": True}, r"EASE_row_index: found 101 at \(100, 200\); needed 100"),
    ({"drop": "tb_time_seconds"}, "tb_time_seconds"),
])  # fmt: skip
def test_native_l3_refuses_another_layout(tmp_path, how, message):
    path = write_l3(tmp_path / "SMAP_L3_SM_P_20151105_R19240_001.h5", **how)
    with pytest.raises(InputFileError, match=message):
        open_smap_l3([path])


def test_native_l3_wrong_units_and_name(tmp_path):
    path = write_l3(tmp_path / "SMAP_L3_SM_P_20151105_R19240_001.h5", units="K")
    with pytest.raises(InputFileError, match="units 'K'"):
        open_smap_l3([path])
    with pytest.raises(InputFileError, match="tells the day"):
        open_smap_l3([path.rename(tmp_path / "today.h5")])


def test_l3_refuses_another_product(data):
    with pytest.raises(InputFileError, match="soil_moisture"):
        open_smap_l3([data / "smos_ic/cells_v105_asc/0165.nc"])
    with pytest.raises(InputFileError, match="orthogonal or indexed"):
        open_smap_l3(list((data / "ascat/eumetsat_l2_swath").glob("*.nc")))
