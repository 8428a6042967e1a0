"""GLDAS Noah against the real files."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose import products
from vadose.errors import InputFileError

LAYERS = {"0_10cm": 100, "10_40cm": 300, "40_100cm": 600, "100_200cm": 1000}


def raw(path, *names):
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        return [nc[n][:] for n in names]


def test_images(data):
    folder = data / "gldas/images_noah025_3h_v2.1"
    ds = products.open("gldas_noah", folder)
    assert dict(ds.sizes) == {"time": 2, "layer": 2, "lat": 600, "lon": 1440, "bnds": 2}
    assert ds.time.values.astype("M8[h]").astype(str).tolist() == ["2016-01-01T03", "2016-01-01T12"]
    assert ds.lat.values[0] == 89.875 and ds.lat.values[-1] == -59.875
    assert ds.layer_bnds.values.tolist() == [[0, 0.1], [0.1, 0.4]]
    path = next(folder.rglob("*0300*.nc4"))
    for layer, (name, capacity) in enumerate(list(LAYERS.items())[:2]):
        (storage,) = raw(path, f"SoilMoi{name}_inst")
        want = np.where(storage[0] == -9999, np.nan, storage[0] / capacity)[::-1]  # the file runs south to north
        np.testing.assert_allclose(ds.sm[0, layer].values, want, rtol=1e-6)
    assert int(ds.sm.notnull().sum()) == 4 * 243883
    assert ds.attrs["product_version"] == "2.1"


def test_cells(data):
    ds = products.open("gldas_noah", data / "gldas/cells_noah025_3h_v2.1")
    assert ds.sm.shape == (5840, 4, 13, 19) and ds.attrs["product_version"] == "2.1"
    assert str(ds.time.values[0])[:13] == "2017-01-01T03" and str(ds.time.values[-1])[:13] == "2019-01-01T00"
    for file in ("0165", "0166"):
        path = data / f"gldas/cells_noah025_3h_v2.1/{file}.nc"
        lat, lon = raw(path, "lat", "lon")
        r = np.abs(ds.lat.values[:, None] - lat).argmin(axis=0)
        c = np.abs(ds.lon.values[:, None] - lon).argmin(axis=0)
        for layer, (name, capacity) in enumerate(LAYERS.items()):
            storage, temperature = raw(path, f"SoilMoi{name}_inst", f"SoilTMP{name}_inst")
            np.testing.assert_allclose(ds.sm[:, layer].values[:, r, c], storage.T / capacity, rtol=1e-6)
            np.testing.assert_allclose(ds.soil_temperature[:, layer].values[:, r, c], temperature.T, rtol=1e-6)
    assert int(ds.sm.notnull().sum()) == (13 + 8) * 5840 * 4
    assert ds.sm.attrs["units"] == "m3 m-3" and ds.soil_temperature.attrs["units"] == "K"
    assert ds.swe.dims == ("time", "lat", "lon") and float(ds.swe.max()) == 0.0


def tiny(path, *, units="kg m-2", time_units=" minutes since 2000-01-01 03:00:00", title="GLDAS2.1 LIS", value=30.0):
    lat, lon = -59.875 + np.arange(600) / 4, -179.875 + np.arange(1440) / 4
    with netCDF4.Dataset(path, "w") as nc:
        nc.title = title
        for name, axis in (("time", [0.0]), ("lat", lat), ("lon", lon)):
            nc.createDimension(name, len(axis))
            nc.createVariable(name, "f8" if name == "time" else "f4", (name,))[:] = axis
        nc["time"].units = time_units
        var = nc.createVariable("SoilMoi0_10cm_inst", "f4", ("time", "lat", "lon"), fill_value=-9999.0, zlib=True)
        var.units = units
        field = np.full((1, 600, 1440), -9999.0, "f4")
        field[0, 0, 0] = value
        var[:] = field
    return path


def test_the_leading_blank_in_the_time_units(tmp_path):
    ds = products.open("gldas_noah", tiny(tmp_path / "GLDAS_NOAH025_3H.A20000101.0300.021.nc4"))
    assert str(ds.time.values[0])[:16] == "2000-01-01T03:00"
    assert float(ds.sm[0, 0, -1, 0]) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("changes", "found"),
    [({"units": "m3 m-3"}, "units 'm3 m-3'"), ({"title": "GLDAS2.1 CLSM"}, "another land-surface model"),
     ({"time_units": "whenever"}, "time units")],
)  # fmt: skip
def test_bad_files(tmp_path, changes, found):
    with pytest.raises(InputFileError, match=found):
        products.open("gldas_noah", tiny(tmp_path / "a.nc4", **changes))


def test_storage_beyond_capacity_is_masked_and_counted(tmp_path):
    ds = products.open("gldas_noah", tiny(tmp_path / "a.nc4", value=130.0))
    assert int(ds.n_out_of_range[0]) == 1 and int(ds.sm.notnull().sum()) == 0


def test_a_file_of_another_product(data):
    with pytest.raises(InputFileError, match=r"0165\.nc.*SoilMoi0_10cm_inst"):
        products.open("gldas_noah", data / "era5/cells_v20190613/0165.nc")
