"""LIS Noah-MP: axes rebuilt over missing coordinates."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose import products
from vadose.errors import InputFileError


def test_real_history_files(data):
    ds = products.open("lis_noahmp", [data / "lis_noahmp/201703", data / "lis_noahmp/201704"])
    assert ds.sm.shape == (6, 4, 100, 50)
    assert ds.time.values.astype("M8[D]").astype(str).tolist()[::5] == ["2017-03-30", "2017-04-04"]
    assert ds.layer_bnds.values.tolist() == [[0.0, 0.1], [0.1, 0.4], [0.4, 1.0], [1.0, 2.0]]
    assert ds.lat.values[[0, -1]].tolist() == [54.625, 29.875] and ds.lon.values[[0, -1]].tolist() == [-11.375, 0.875]
    with netCDF4.Dataset(data / "lis_noahmp/201704/LIS_HIST_201704020000.d01.nc") as nc:
        nc.set_auto_maskandscale(False)
        lat, lon, sm = nc["lat"][:], nc["lon"][:], nc["SoilMoist_inst"][:]
    np.testing.assert_array_equal(ds.sm[3].values, np.where(sm == -9999, np.nan, sm)[:, ::-1])
    assert int(ds.sm[3].notnull().sum()) == (sm != -9999).sum()
    # every coordinate that is present agrees with the rebuilt axes
    rows, cols = np.nonzero(lat != -9999)
    np.testing.assert_allclose(ds.lat.values[99 - rows], lat[rows, cols], atol=1e-4)
    np.testing.assert_allclose(ds.lon.values[cols], lon[rows, cols], atol=1e-4)


def test_stacked_file_is_the_top_layer(data):
    stacked = products.open("lis_noahmp", data / "lis_noahmp/lis_noahmp_stacked.nc")
    files = products.open("lis_noahmp", [data / "lis_noahmp/201703", data / "lis_noahmp/201704"])
    assert stacked.sm.dims == ("time", "layer", "lat", "lon") and stacked.sizes["layer"] == 1
    np.testing.assert_array_equal(stacked.sm[:, 0].values, files.sm[:, 0].values)


def tiny(path, *, corner=True, thicknesses=(10.0, 30.0), projection="EQUIDISTANT CYLINDRICAL", shift=0.0, gaps=True):
    lat, lon = np.meshgrid(30.125 + np.arange(4) * 0.25, 10.125 + np.arange(5) * 0.25, indexing="ij")
    sm = np.linspace(0.1, 0.4, 40).reshape(2, 4, 5).astype("f4")
    if gaps:
        lat, lon = lat.copy(), lon.copy()
        lat[0], lon[0] = -9999, -9999  # a row of sea, and one more cell
        lat[1, 1], lon[1, 1] = -9999, -9999
    lat = np.where(lat == -9999, lat, lat + shift * np.arange(4)[:, None])
    with netCDF4.Dataset(path, "w") as nc:
        if corner:
            nc.SOUTH_WEST_CORNER_LAT, nc.SOUTH_WEST_CORNER_LON, nc.DX, nc.DY = 30.125, 10.125, 0.25, 0.25
        nc.MAP_PROJECTION = projection
        if thicknesses:
            nc.SOIL_LAYER_THICKNESSES = np.asarray(thicknesses, "f4")
        for name, size in (("north_south", 4), ("east_west", 5), ("SoilMoist_profiles", 2), ("time", 1)):
            nc.createDimension(name, size)
        for name, values in (("lat", lat), ("lon", lon)):
            nc.createVariable(name, "f4", ("north_south", "east_west"), fill_value=-9999.0)[:] = values
        dims = ("SoilMoist_profiles", "north_south", "east_west")
        var = nc.createVariable("SoilMoist_inst", "f4", dims, fill_value=-9999.0)
        var.units = "m^3 m-3"
        var[:] = sm
        time = nc.createVariable("time", "f4", ("time",))
        time.units = "minutes since 2017-03-30"
        time[:] = 0
    return path, sm


@pytest.mark.parametrize("corner", [True, False])
def test_axes_with_and_without_corner_attributes(tmp_path, corner):
    path, sm = tiny(tmp_path / "LIS_HIST_1.nc", corner=corner)
    ds = products.open("lis_noahmp", path)
    assert ds.lat.values.tolist() == [30.875, 30.625, 30.375, 30.125]
    assert ds.lon.values.tolist() == [10.125, 10.375, 10.625, 10.875, 11.125]
    np.testing.assert_array_equal(ds.sm[0].values, sm[:, ::-1])


@pytest.mark.parametrize(
    ("changes", "found"),
    [({"shift": 0.01}, "off the regular axis"), ({"projection": "LAMBERT CONFORMAL"}, "map projection LAMBERT"),
     ({"thicknesses": ()}, "SOIL_LAYER_THICKNESSES"), ({"thicknesses": (10.0,)}, "2 layers, 1 thicknesses")],
)  # fmt: skip
def test_bad_files(tmp_path, changes, found):
    path, _ = tiny(tmp_path / "LIS_HIST_1.nc", **changes)
    with pytest.raises(InputFileError, match=found):
        products.open("lis_noahmp", path)


def test_a_file_of_another_product(data):
    with pytest.raises(InputFileError, match=r"0165\.nc.*SoilMoist_inst"):
        products.open("lis_noahmp", data / "era5/cells_v20190613/0165.nc")
