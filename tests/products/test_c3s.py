"""C3S against the real files, each number read once more with the bare NetCDF library."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose import products, schema
from vadose.errors import InputFileError


def raw(path, *names):
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        return [nc[n][:] for n in names]


def test_daily_image(data):
    path = next((data / "c3s/images/icdr_v201706_daily_combined").glob("*.nc"))
    ds = products.open("c3s", path)
    sm, flag, t0 = raw(path, "sm", "flag", "t0")
    valid = (sm != -9999) & (flag == 0)
    assert valid.sum() == 146550
    np.testing.assert_array_equal(ds.sm.values, np.where(valid, sm, np.nan).astype("f4"))
    assert int(ds.t0.notnull().sum()) == (t0 > 0).sum()
    assert ds.attrs["product_version"] == "v201706" and ds.attrs["cadence"] == "daily"


def test_monthly_images(data):
    folder = data / "c3s/images/icdr_v201706_monthly_combined"
    ds = products.open("c3s", folder)
    assert ds.sizes["time"] == 8 and ds.attrs["cadence"] == "monthly"
    assert ds.time.values.astype("M8[M]").astype(str).tolist() == [f"2018-{m:02d}" for m in range(1, 9)]
    assert "sm_uncertainty" not in ds and "t0" not in ds
    path = sorted(folder.glob("*.nc"))[2]
    sm, nobs = raw(path, "sm", "nobs")
    np.testing.assert_array_equal(ds.sm[2].values, np.where(sm[0] == -9999, np.nan, sm[0]).astype("f4"))
    np.testing.assert_array_equal(ds.nobs[2].values, np.maximum(nobs[0], 0))
    assert ds.nobs.dtype == np.int32 and int(ds.nobs.max()) <= 31


@pytest.mark.parametrize(
    ("folder", "name", "scale", "count", "shape"),
    [
        ("v202212_combined", "sm", 1, 44150 + 27051, (16132, 13, 19)),
        ("v202505_combined", "sm", 1, 14439, (16863, 13, 19)),
        ("v202505_passive", "sm", 1, 14002, (16863, 4, 4)),
        ("v202505_active", "saturation", 100, 14844, (12203, 4, 4)),
    ],
)
def test_cells(data, folder, name, scale, count, shape):
    ds = products.open("c3s", data / f"c3s/cells/{folder}")
    assert ds[name].shape == shape and ds.attrs["product_version"] == folder.split("_")[0]
    values = ds[name].values
    assert np.isfinite(values).sum() == count
    lat, lon, sm = raw(data / f"c3s/cells/{folder}/0165.nc", "lat", "lon", "sm")
    for i in range(len(lat)):
        r, c = np.abs(ds.lat.values - lat[i]).argmin(), np.abs(ds.lon.values - lon[i]).argmin()
        want = np.where(sm[i] >= 0, sm[i] / scale, np.nan)
        np.testing.assert_allclose(values[:, r, c], want, rtol=2e-7)  # both files share the time axis


def test_barren_ground_is_advisory_only(data):
    ds = products.open("c3s", data / "c3s/cells/v202212_combined/0165.nc")
    barren = (ds.flag & schema.FLAGS["barren_advisory"]) != 0
    assert int(ds.sm.where(barren).notnull().sum()) == 794


def test_a_cell_without_a_single_valid_day(data):
    ds = products.open("c3s", data / "c3s/cells/v202505_combined/0166.nc")
    assert ds.sm.shape[0] == 16863 and int(ds.sm.notnull().sum()) == 0
    assert int(ds.n_out_of_range.sum()) == 0 and int(ds.t0.notnull().sum()) == 0
    assert (ds.flag.values & schema.FLAGS["missing"]).all()


@pytest.mark.parametrize(("version", "code"), [("v202505", 256), ("v202212", 127)])
def test_no_data_code_depends_on_the_version(data, version, code):
    path = data / f"c3s/cells/{version}_combined/0165.nc"
    (flag,) = raw(path, "flag")
    ds = products.open("c3s", path)
    missing = (ds.flag.values & schema.FLAGS["missing"]) != 0
    lat, lon = raw(path, "lat", "lon")
    r, c = np.abs(ds.lat.values - lat[0]).argmin(), np.abs(ds.lon.values - lon[0]).argmin()
    assert missing[flag[0] == code, r, c].all()
    snow = (ds.flag.values[:, r, c] & schema.FLAGS["frozen_or_snow"]) != 0
    np.testing.assert_array_equal(snow, (flag[0] != code) & ((flag[0] & 1) != 0))


def test_root_zone(data):
    ds = products.open("c3s_rzsm", data / "c3s/cells/v202505_rzsm")
    assert ds.attrs["product_version"] == "v202505"
    assert ds.sm.notnull().sum(["time", "lat", "lon"]).values.tolist() == [16122, 16093, 16067]
    assert ds.sm_uncertainty.notnull().sum(["time", "lat", "lon"]).values.tolist() == [16120, 16091, 16065]


@pytest.mark.parametrize(
    ("product", "file"),
    [("c3s", "esa_cci/cells/v09.2_combined/0165.nc"), ("c3s", "c3s/cells/v202505_rzsm/0165.nc"),
     ("c3s_rzsm", "c3s/cells/v202505_combined/0165.nc"), ("c3s", "smap_l3/cells_v5_pm/0165.nc")],
)  # fmt: skip
def test_files_of_other_products_are_refused(data, product, file):
    with pytest.raises(InputFileError, match=r"0165\.nc"):
        products.open(product, data / file)


def test_dekadal_images_count_their_observations(tmp_path):
    """The layout of the documentation: as monthly, one file per dekad."""
    for day, value in ((18262, 0.2), (18272, 0.3)):
        stamp = np.datetime64(day, "D").astype(str).replace("-", "")
        path = tmp_path / f"C3S-SOILMOISTURE-L3S-SSMV-PASSIVE-DEKADAL-{stamp}000000-TCDR-v202212.0.0.nc"
        with netCDF4.Dataset(path, "w") as nc:
            nc.title = "C3S Surface Soil Moisture merged PASSIVE Product"
            axes = {"time": [float(day)], "lat": 89.875 - np.arange(720) / 4, "lon": -179.875 + np.arange(1440) / 4}
            for name, axis in axes.items():
                nc.createDimension(name, len(axis))
                nc.createVariable(name, "f8" if name == "time" else "f4", (name,))[:] = axis
            nc["time"].units = "days since 1970-01-01 00:00:00 UTC"
            for name, kind, fill, number in (("sm", "f4", -9999.0, value), ("nobs", "i2", -1, 7)):
                field = np.full((1, 720, 1440), fill, kind)
                field[0, 3, 4] = number
                nc.createVariable(name, kind, ("time", "lat", "lon"), fill_value=fill, zlib=True)[:] = field
            nc["sm"].units = "m3 m-3"
    ds = products.open("c3s", tmp_path)
    assert ds.attrs["cadence"] == "dekadal" and ds.attrs["variant"] == "passive"
    assert ds.time.values.astype("M8[D]").astype(str).tolist() == ["2020-01-01", "2020-01-11"]
    np.testing.assert_allclose(ds.sm[:, 3, 4].values, [0.2, 0.3], rtol=1e-6)
    assert ds.nobs[:, 3, 4].values.tolist() == [7, 7] and int(ds.nobs.sum()) == 14
