"""SMOS-IC, CATDS level 3 and ESA level 2 against raw reads and tiny files in the provider's layout."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose import products, schema
from vadose.errors import InputFileError
from vadose.grid import Grid
from vadose.products.smos import open_smos_ic, open_smos_l2, open_smos_l3

FIRST = "SM_REPR_MIR_SMUDP2_20100601T073146_20100601T082504_700_100_1.nc"
SECOND = "SM_REPR_MIR_SMUDP2_20100601T141203_20100601T150522_700_100_1.nc"


def stored(path, *names):
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        return [nc[n][:] for n in names]


# ------------------------------------------------------------------------------------------------ SMOS-IC
def test_ic_agrees_with_the_file(data):
    path = data / "smos_ic/cells_v105_asc/0165.nc"
    sm, quality, rmse, scene, lat, lon, days, seconds, micros, time = stored(
        path, "Soil_Moisture", "Quality_Flag", "RMSE", "Scene_Flags", "lat", "lon", "Days", "UTC_Seconds",
        "UTC_Microseconds", "time",
    )  # fmt: skip
    ds = products.open("smos_ic", path, flags="none")
    schema.check(ds, "grid")
    assert ds.sm.chunks and ds.product_version == "105"
    assert Grid.of(ds).kind == "ease2" and Grid.of(ds).name == "M25"
    with np.errstate(invalid="ignore"):
        valid = (sm >= 0) & (sm <= 1)
    assert int(ds.n_out_of_range.sum()) == (sm < 0).sum() == 2
    assert int(ds.sm.notnull().sum()) == valid.sum() == 9423
    place, day = np.argwhere(valid)[5000]
    at = {"lat": lat[place], "lon": lon[place]}
    one = ds.isel(time=day).sel(at, method="nearest")
    assert float(one.sm) == pytest.approx(sm[place, day], rel=1e-6)
    truth = np.datetime64("2000-01-01") + np.timedelta64(int(days[place, day]), "D")
    truth = truth + np.timedelta64(int(seconds[place, day]), "s") + np.timedelta64(int(micros[place, day]), "us")
    assert one.t0.values == truth
    assert truth.astype("M8[D]") == np.datetime64("1858-11-17") + np.timedelta64(int(time[day]), "D")

    best = products.open("smos_ic", path)
    with np.errstate(invalid="ignore"):
        keep = valid & (quality == 0) & (rmse < 8) & (scene <= 1)
    assert int(best.sm.notnull().sum()) == keep.sum() > 2000
    assert int(best.sm_uncertainty.notnull().sum()) == keep.sum()


def test_ic_cell_without_a_recommended_day(data):
    ds = products.open("smos_ic", data / "smos_ic/cells_v105_asc/0166.nc")
    assert int(ds.sm.notnull().sum()) == 0 and ds.sizes["time"] == 3092


def test_ic_two_cells_join(data):
    ds = products.open("smos_ic", data / "smos_ic/cells_v105_asc", flags="none", period="2015")
    assert ds.sizes["lat"] == 48 and (ds.time.dt.year == 2015).all()


def write_image(path, columns, *, units=""):
    """A native daily file on a crop of the 25 km grid: 2-D variables, no time."""
    grid = Grid.ease2("M25")
    with netCDF4.Dataset(path, "w") as nc:
        for dim, axis in (("lat", grid.lat[200:202][::-1]), ("lon", grid.lon[300:302])):
            nc.createDimension(dim, 2)
            nc.createVariable(dim, "f4", dim)[:] = axis
        for name, values in columns.items():
            variable = nc.createVariable(name, "f4", ("lat", "lon"))
            if units and name == "Soil_Moisture":
                variable.units = units
            variable[:] = np.reshape(np.broadcast_to(values, 4), (2, 2))
    return path


IC = {"Soil_Moisture": [0.1, 0.2, 0.3, np.nan], "Soil_Moisture_StdError": 0.02, "RMSE": [3, 9, 3, 3],
      "Scene_Flags": [0, 0, 4, 0], "Quality_Flag": [0, 0, 0, 2], "Days": 5000, "UTC_Seconds": 21600,
      "UTC_Microseconds": 500000, "Soil_Temperature_Level1": 290}  # fmt: skip
IC_NAME = "SM_RE06_MIR_CDF3SA_20130909T000000_20130909T235959_105_001_8.DBL.nc"


def test_ic_native_file(tmp_path):
    path = write_image(tmp_path / IC_NAME, IC)
    ds = open_smos_ic([path])
    assert str(ds.time.values[0])[:10] == "2013-09-09" and ds.product_version == "105"
    # the file runs south to north
    assert ds.flag.values.ravel().tolist() == [2048, 4096, 0, 4]
    np.testing.assert_allclose(ds.sm.values.ravel(), [np.nan, np.nan, 0.1, np.nan])
    assert str(ds.t0.values[0, 1, 0])[:21] == "2013-09-09T06:00:00.5"


def test_ic_native_file_errors(tmp_path):
    with pytest.raises(InputFileError, match="tells the day"):
        open_smos_ic([write_image(tmp_path / "x.nc", IC)])
    with pytest.raises(InputFileError, match="units 'K'"):
        open_smos_ic([write_image(tmp_path / IC_NAME, IC, units="K")])
    with pytest.raises(InputFileError, match="RMSE"):
        open_smos_ic([write_image(tmp_path / IC_NAME, {k: v for k, v in IC.items() if k != "RMSE"})])


# ------------------------------------------------------------------------------------------------ level 3
def test_l3_cells_agree_with_the_file(data):
    path = data / "smos_l3/cells_v339_asc/0165.nc"
    sm, science, rfi, lat, lon, days, seconds = stored(path, "Soil_Moisture", "Science_Flags", "Rfi_Prob", "lat", "lon",
                                                       "Mean_Acq_Time_Days", "Mean_Acq_Time_Seconds")  # fmt: skip
    ds = products.open("smos_l3", path, flags="none")
    schema.check(ds, "grid")
    assert int(ds.sm.notnull().sum()) == np.isfinite(sm).sum() == 19504
    assert ds.product_version == "339"
    place, day = np.argwhere(np.isfinite(sm))[12345]
    one = ds.isel(time=day).sel(lat=lat[place], lon=lon[place], method="nearest")
    assert float(one.sm) == sm[place, day]
    truth = np.datetime64("2000-01-01") + np.timedelta64(int(days[place, day]), "D")
    assert one.t0.values == truth + np.timedelta64(int(seconds[place, day]), "s")

    best = products.open("smos_l3", path)
    bits = np.where(np.isfinite(science), science, 0).astype("i8")
    with np.errstate(invalid="ignore"):
        keep = np.isfinite(sm) & (bits & (8 | 64 | 128 | 256 | 2048 | 4096) == 0) & ~(rfi > 0.3)
    assert int(best.sm.notnull().sum()) == keep.sum() > 15000


def test_l3_images_take_the_day_from_the_name(data):
    files = sorted((data / "smos_l3/images").glob("*.nc"))
    ds = products.open("smos_l3", data / "smos_l3/images")
    schema.check(ds, "grid")
    assert ds.time.values.astype("M8[D]").astype(str).tolist() == ["2015-05-06", "2015-05-07", "2015-05-08"]
    for step, path in enumerate(files):
        sm, lat, seconds = stored(path, "Soil_Moisture", "lat", "Mean_Acq_Time_Seconds")
        flip = slice(None, None, -1) if lat[0] < lat[-1] else slice(None)
        expected = np.where(sm == -32768, np.nan, sm * 3.05185094759971e-05)[flip]
        np.testing.assert_allclose(ds.sm[step], expected, rtol=1e-6)
        t0 = ds.t0[step].values
        np.testing.assert_array_equal(np.isnat(t0), (seconds == -2147483647)[flip])
        clock = (t0 - ds.time.values[step]) / np.timedelta64(1, "s")
        np.testing.assert_array_equal(clock[~np.isnat(t0)], seconds[flip][~np.isnat(t0)])
    grid = Grid.of(ds)
    assert (grid.name, grid.shape) == ("M25", (101, 151))
    assert ds.product_version == "300"


def test_l3_refuses_bad_files(data, tmp_path):
    whole = (data / "smos_l3/cells_v339_asc/0165.nc").read_bytes()
    (tmp_path / "cut.nc").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "empty.nc").touch()
    for name in ("cut.nc", "empty.nc"):
        with pytest.raises(InputFileError, match=name):
            open_smos_l3([tmp_path / name])
    with pytest.raises(InputFileError, match="Mean_Acq_Time_Days"):
        open_smos_l3([data / "smos_ic/cells_v105_asc/0165.nc"])


def test_l3_values_beyond_the_range_are_counted(tmp_path):
    name = "SM_OPER_MIR_CLF31A_20150506T000000_20150506T235959_300_002_7.DBL.nc"
    columns = {"Soil_Moisture": [0.1, 1.5, -0.2, np.nan], "Mean_Acq_Time_Days": 5604, "Mean_Acq_Time_Seconds": 10}
    ds = open_smos_l3([write_image(tmp_path / name, columns)], flags="none")
    assert ds.n_out_of_range.values.tolist() == [2]
    assert ds.flag.values.ravel().tolist() == [128, 4096, 0, 128]


# ------------------------------------------------------------------------------------------------ level 2
@pytest.mark.parametrize(("name", "valid"), [(FIRST, 98), (SECOND, 3790)])
def test_l2_agrees_with_the_file(data, name, valid):
    path = data / "smos_l2" / name
    sm, point, days, seconds = stored(path, "Soil_Moisture", "Grid_Point_ID", "Days", "Seconds")
    ds = products.open("smos_l2", path, flags="none")
    schema.check(ds, "observations")
    assert int(ds.sm.notnull().sum()) == (sm != -999).sum() == valid
    assert ds.n_without_time == (days == 0).sum()
    timed = days != 0
    order = np.argsort(seconds[timed], kind="stable")
    np.testing.assert_array_equal(ds.location, point[timed][order])
    np.testing.assert_array_equal(ds.sm, np.where(sm == -999, np.nan, sm)[timed][order])
    start = np.datetime64("2000-01-01") + np.timedelta64(3804, "D")
    np.testing.assert_array_equal((ds.time.values - start) / np.timedelta64(1, "s"), seconds[timed][order])
    assert ds.product_version == "700"


def test_l2_places_are_computed_from_the_numbers(data):
    path = data / "smos_l2" / SECOND
    ds = products.open("smos_l2", path, flags="none", bbox=(-170, 50, -130, 72))
    assert "computed" in ds.position_source
    assert int(ds.sm.notnull().sum()) == 3790  # all retrievals of this half orbit lie in Alaska
    assert ds.lat.min() >= 50 and ds.lat.max() <= 72 and ds.lon.min() >= -170 and ds.lon.max() <= -130
    cover = products.open("mcd12c1", data / "landcover_mcd12c1").land_cover
    there = ds.isel(obs=np.flatnonzero(ds.sm.notnull()))
    land = cover.sel(lat=there.lat, lon=there.lon, method="nearest") != 0
    assert float(land.mean()) > 0.98


def test_l2_with_a_grid_table(data, tmp_path):
    path = data / "smos_l2" / FIRST
    point, = stored(path, "Grid_Point_ID")  # fmt: skip
    table = tmp_path / "dgg.csv"
    lat, lon = np.linspace(-80, 80, point.size), np.linspace(0, 359, point.size)
    rows = zip(point[::-1], lat[::-1], lon[::-1])
    table.write_text("id,lat,lon\n" + "\n".join(f"{i},{a:.5f},{b:.5f}" for i, a, b in rows))
    ds = open_smos_l2([path], dgg=table, bbox=(-180, 0, 180, 80))
    order = np.argsort(point)
    at = order[np.searchsorted(point[order], ds.location)]
    np.testing.assert_allclose(ds.lat, lat[at], atol=1e-5)
    assert ds.lat.min() >= 0 and ds.position_source == "dgg.csv"
    table.write_text("id,lat,lon\n1,0,0\n")
    with pytest.raises(InputFileError, match="not in the table"):
        open_smos_l2([path], dgg=table)
    table.write_text("point;latitude\n1;0\n")
    with pytest.raises(InputFileError, match="columns id, lat, lon"):
        open_smos_l2([path], dgg=table)


def test_l2_flags(data):
    path = data / "smos_l2" / SECOND
    sm, science, rfi, confidence = stored(path, "Soil_Moisture", "Science_Flags", "RFI_Prob", "Confidence_Flags")
    keep = (sm != -999) & (science & (8 | 64 | 128 | 256 | 2048 | 4096) == 0) & (rfi * 0.005 <= 0.3)
    keep &= confidence & (16 | 32 | 64) == 0
    ds = open_smos_l2([path])
    assert int(ds.sm.notnull().sum()) == keep.sum() > 3000
    assert int(ds.science_flags.max()) == science.max()


def test_l2_refuses_bad_files(data, tmp_path):
    whole = (data / "smos_l2" / FIRST).read_bytes()
    (tmp_path / "cut.nc").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.nc").touch()
    for name in ("cut.nc", "empty.nc"):
        with pytest.raises(InputFileError, match=name):
            open_smos_l2([tmp_path / name])
    with pytest.raises(InputFileError, match="SMUDP2"):
        open_smos_l2([data / "smos_l3/cells_v339_asc/0165.nc"])
    (tmp_path / "units.nc").write_bytes(whole)
    with netCDF4.Dataset(tmp_path / "units.nc", "a") as nc:
        nc["Soil_Moisture"].units = "K"
    with pytest.raises(InputFileError, match="units 'K'"):
        open_smos_l2([tmp_path / "units.nc"])
