"""CMIP6 mrsos: the real month, its land mask, and other shapes written by the test."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose import products, schema
from vadose.errors import InputFileError


def test_real_month(data):
    ds = products.open("cmip6_mrsos", data / "cmip6")
    with netCDF4.Dataset(next((data / "cmip6").glob("mrsos*.nc"))) as nc:
        nc.set_auto_maskandscale(False)
        storage, lat, lon = nc["mrsos"][:], nc["lat"][:], nc["lon"][:]
    with netCDF4.Dataset(data / "cmip6/landmask.nc") as nc:
        land = nc["landmask"][:] == 1
    assert ds.sm.shape == (31, 64, 64) and ds.attrs["grid"].startswith("rectilinear")
    np.testing.assert_array_equal(ds.lat.values, lat[::-1])
    np.testing.assert_array_equal(ds.lon.values, lon)
    want = np.where((storage < 1e19) & land, storage / 100, np.nan)[:, ::-1]
    np.testing.assert_allclose(ds.sm.values, want, rtol=1e-6, atol=1e-12)
    assert int(ds.sm.notnull().sum()) == 63798
    assert int(ds.n_out_of_range.sum()) == 0  # tiny negatives are rounding, not errors
    assert ds.attrs["land_mask"] == "landmask.nc" and "EC-Earth3-Veg" in ds.attrs["title"]
    assert (ds.sm.attrs["depth_from"], ds.sm.attrs["depth_to"]) == (0.0, 0.1)
    assert str(ds.time.values[0])[:13] == "1970-01-01T12"


def tiny(folder, *, calendar="noleap", days=(58.5, 59.5), units="kg m-2", value=25.0):
    folder.mkdir(exist_ok=True)
    path = folder / "mrsos_day_MODEL_historical_r1i1p1f1_gn_20000101-20001231.nc"
    with netCDF4.Dataset(path, "w") as nc:
        nc.source_id, nc.experiment_id, nc.variant_label = "MODEL", "historical", "r1i1p1f1"
        for name, axis in (("time", days), ("lat", [-10.2, 0.1, 10.3]), ("lon", [0.0, 120.0, 240.0])):
            nc.createDimension(name, len(axis))
            nc.createVariable(name, "f8", (name,))[:] = axis
        nc["time"].units, nc["time"].calendar = "days since 2000-01-01", calendar
        var = nc.createVariable("mrsos", "f4", ("time", "lat", "lon"), fill_value=1e20)
        var.units = units
        var[:] = value
    return path


def test_sftlf_in_percent_makes_the_land_mask(tmp_path):
    path = tiny(tmp_path)
    with netCDF4.Dataset(tmp_path / "sftlf_fx_MODEL_historical_r1i1p1f1_gn.nc", "w") as nc:
        for name, axis in (("lat", [-10.2, 0.1, 10.3]), ("lon", [0.0, 120.0, 240.0])):
            nc.createDimension(name, len(axis))
            nc.createVariable(name, "f8", (name,))[:] = axis
        nc.createVariable("sftlf", "f4", ("lat", "lon")).units = "%"
        nc["sftlf"][:] = [[100, 49, 51], [0, 50, 0], [0, 0, 100]]
    ds = products.open("cmip6_mrsos", tmp_path)
    land = ds.sm[0].notnull().values
    # rows north to south, columns from 180° W: file columns 240 (= -120), 0, 120
    assert land.tolist() == [[True, False, False], [False, False, True], [True, True, False]]
    assert ((ds.flag[0].values & schema.FLAGS["water"]) != 0).tolist() == (~land).tolist()
    assert int(products.open("cmip6_mrsos", path, flags="none").sm.notnull().sum()) == 18


def test_calendar_without_leap_days(tmp_path):
    ds = products.open("cmip6_mrsos", tiny(tmp_path))
    assert ds.time.values.astype("M8[h]").astype(str).tolist() == ["2000-02-28T12", "2000-03-01T12"]
    assert "land_mask" not in ds.attrs
    np.testing.assert_allclose(ds.sm.values, 0.25)


def test_bad_files(tmp_path, data):
    with pytest.raises(InputFileError, match="360_day"):
        products.open("cmip6_mrsos", tiny(tmp_path, calendar="360_day"))
    with pytest.raises(InputFileError, match="units 'm'"):
        products.open("cmip6_mrsos", tiny(tmp_path, units="m"))
    with pytest.raises(InputFileError, match="needed variable 'mrsos'"):
        products.open("cmip6_mrsos", data / "era5/cells_v20190613/0165.nc")
    with pytest.raises(InputFileError, match=r"landmask\.nc.*mrsos"):
        products.open("cmip6_mrsos", data / "cmip6/landmask.nc")


def test_values_above_saturation_are_masked_and_counted(tmp_path):
    ds = products.open("cmip6_mrsos", tiny(tmp_path, value=101.0))
    assert ds.n_out_of_range.values.tolist() == [9, 9] and int(ds.sm.notnull().sum()) == 0
