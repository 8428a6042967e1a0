"""ESA CCI against the real files, each number read once more with the bare NetCDF library."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose import products, schema
from vadose.errors import InputFileError
from vadose.products import cells, images

EPOCH = np.datetime64("1970-01-01")


def raw(path, *names):
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        return [nc[n][:] for n in names]


@pytest.mark.parametrize(
    ("variant", "name", "scale", "count"),
    [("combined", "sm", 1, 170984), ("passive", "sm", 1, 125851), ("active", "saturation", 100, 175117)],
)
def test_images(data, variant, name, scale, count):
    path = next((data / f"esa_cci/images_v05.2/{variant}/2016").glob("*0607*.nc"))
    ds = products.open("esa_cci", path)
    (sm, unc, flag, t0) = raw(path, "sm", "sm_uncertainty", "flag", "t0")
    valid = (sm != -9999) & (flag == 0)
    assert valid.sum() == count
    got = ds[name].values
    np.testing.assert_array_equal(np.isfinite(got), valid)
    np.testing.assert_allclose(got[valid], sm[valid] / scale, rtol=2e-7)
    sigma = ds[f"{name}_uncertainty"].values
    np.testing.assert_array_equal(np.isfinite(sigma), valid & (unc != -9999))
    assert ds.attrs["variant"] == variant and ds.attrs["product_version"] == "05.2"
    assert ds.attrs["version_status"] == "listed"
    assert ds.lat.values[0] == 89.875 and ds.lon.values[0] == -179.875
    # t0: junk of about -3440586.5 is missing, the rest lies within half a day of the stamp
    seen = t0 > 0
    np.testing.assert_array_equal(ds.t0.notnull().values, seen)
    off = (ds.t0.values[seen] - ds.time.values[0]) / np.timedelta64(1, "D")
    assert np.abs(off).max() <= 0.5 + 1e-6
    np.testing.assert_allclose((ds.t0.values[seen] - EPOCH) / np.timedelta64(1, "D"), t0[seen], atol=1e-8)


def test_image_flags(data):
    path = next((data / "esa_cci/images_v05.2/combined/2016").glob("*0607*.nc"))
    (flag,) = raw(path, "flag")
    got = products.open("esa_cci", path).flag.values
    assert ((got & schema.FLAGS["frozen_or_snow"]) != 0).sum() == ((flag != 127) & ((flag & 1) != 0)).sum() == 12320
    assert ((got & schema.FLAGS["low_weight"]) != 0).sum() == ((flag != 127) & ((flag & 16) != 0)).sum()
    assert ((got[flag == 127] & schema.FLAGS["missing"]) != 0).all()


def test_stack_of_two_days_and_a_box(data):
    folder = data / "esa_cci/images_v05.2/combined"
    ds = products.open("esa_cci", folder, bbox=(10, 45, 20, 50))
    assert dict(ds.sizes) == {"time": 2, "lat": 20, "lon": 40}
    whole = products.open("esa_cci", folder).sm.sel(lat=ds.lat, lon=ds.lon)
    np.testing.assert_array_equal(ds.sm.values, whole.values)
    assert products.open("esa_cci", folder, period="2016-06-08").sizes["time"] == 1


def test_variants_are_not_mixed(data):
    folder = data / "esa_cci/images_v05.2"
    with pytest.raises(InputFileError, match=r"COMBINED.*found esa_cci COMBINED 05\.2 daily; needed esa_cci ACTIVE"):
        products.open("esa_cci", folder)


@pytest.mark.parametrize(
    ("folder", "files", "count", "shape", "version", "variant"),
    [
        ("v08.1_combined", ("0165", "0166"), 58439, (16132, 13, 19), "08.1", "combined"),
        ("v09.2_combined", ("0165",), 5396, (12139, 4, 4), "09.2", "combined"),
        ("v09.2_passive", ("0165",), 14439, (16863, 4, 4), "09.2", "passive"),
        ("v09.2_modelfree", ("0165",), 14439, (8401, 4, 4), "09.2", "modelfree"),
        ("v09.2_combined_medium_res", ("0166",), 21787, (8232, 23, 45), "09.2", "combined"),
    ],
)
def test_cells(data, folder, files, count, shape, version, variant):
    paths = [data / f"esa_cci/cells/{folder}/{f}.nc" for f in files]
    ds = products.open("esa_cci", paths[0].parent)
    assert ds.sm.shape == shape and ds.attrs["product_version"] == version and ds.attrs["variant"] == variant
    assert int(ds.sm.notnull().sum()) == count
    sm_all = ds.sm.values
    for path in paths:
        lat, lon, sm, time, flag = raw(path, "lat", "lon", "sm", "time", "flag")
        keep = np.isfinite(sm) & (sm > -9000) & (flag == 0)
        stamps = np.datetime64("1858-11-17") + time.astype(int)
        at = np.searchsorted(ds.time.values, stamps)
        for i in range(len(lat)):
            r, c = np.abs(ds.lat.values - lat[i]).argmin(), np.abs(ds.lon.values - lon[i]).argmin()
            np.testing.assert_array_equal(sm_all[at, r, c], np.where(keep[i], sm[i], np.nan).astype("f4"))
    assert int(ds.t0.notnull().sum()) >= count


def test_gap_filled_cells_say_what_was_observed(data):
    ds = products.open("esa_cci_gapfilled", data / "esa_cci/cells/v09.2_gapfilled")
    gap = (ds.flag & schema.FLAGS["gap_filled"]) != 0
    assert int(ds.sm.notnull().sum()) == (14 + 12) * 16802
    observed = ds.sm.where(~gap)
    assert int(observed.notnull().sum()) == 14439
    (original,) = raw(data / "esa_cci/cells/v09.2_gapfilled/0165.nc", "sm_original")
    np.testing.assert_allclose(np.sort(observed.values[np.isfinite(observed.values)]),
                               np.sort(original[np.isfinite(original)]), rtol=0)  # fmt: skip
    north = observed.sel(lat=slice(25, 20))
    assert int(north.notnull().sum()) == 0  # 0166 was never observed


def test_frozen_filled_values_are_flagged(tmp_path):
    path = tmp_path / "v09.2_gapfilled" / "0165.nc"
    path.parent.mkdir()
    with netCDF4.Dataset(path, "w") as nc:
        nc.id = "ESACCI-SOILMOISTURE-L3S-SSMV-PASSIVE_GAPFILLED-19800514000000-fv09.2.nc"
        nc.createDimension("locations", 1)
        nc.createDimension("time", 3)
        nc.createVariable("lat", "f4", ("locations",))[:] = 19.125
        nc.createVariable("lon", "f4", ("locations",))[:] = -155.875
        time = nc.createVariable("time", "f8", ("time",))
        time.units = "days since 1858-11-17 00:00:00"
        time[:] = [60000, 60001, 60002]
        for name, kind, values in (("sm", "f4", [0.1, 0.2, 0.3]), ("gapmask", "i1", [1, 0, 0]),
                                   ("frozenmask", "i1", [0, 0, 1])):  # fmt: skip
            nc.createVariable(name, kind, ("locations", "time"))[:] = [values]
    ds = products.open("esa_cci_gapfilled", path)
    flags = schema.FLAGS
    assert ds.flag.values.ravel().tolist() == [0, flags["gap_filled"], flags["gap_filled"] | flags["frozen_or_snow"]]
    np.testing.assert_allclose(ds.sm.values.ravel(), [0.1, 0.2, np.nan], rtol=1e-6)
    with pytest.raises(InputFileError, match="found the variant GAPFILLED"):
        products.open("esa_cci", path)


def test_root_zone_layers_and_their_mean(data):
    path = data / "esa_cci/cells/v09.2_rzsm/0165.nc"
    ds = products.open("esa_cci_rzsm", path)
    assert ds.sm.dims == ("time", "layer", "lat", "lon")
    assert ds.layer_bnds.values.tolist() == [[0.0, 0.1], [0.1, 0.4], [0.4, 1.0]]
    assert ds.sm.notnull().sum(["time", "lat", "lon"]).values.tolist() == [16122, 16093, 16067]
    lat, lon, metre = raw(path, "lat", "lon", "rzsm_1m")
    thickness = np.diff(ds.layer_bnds.values, axis=1).ravel()
    mean = np.einsum("tlyx,l->tyx", ds.sm.values, thickness)
    for i in range(len(lat)):
        r, c = np.abs(ds.lat.values - lat[i]).argmin(), np.abs(ds.lon.values - lon[i]).argmin()
        have = metre[i] > 0
        np.testing.assert_allclose(mean[have, r, c], metre[i][have], atol=1e-6)  # why rzsm_1m need not be read


def test_cells_without_a_variant_are_refused(data, tmp_path):
    copy = tmp_path / "data" / "0165.nc"
    copy.parent.mkdir()
    copy.write_bytes((data / "esa_cci/cells/v09.2_combined/0165.nc").read_bytes())
    with pytest.raises(InputFileError, match=r"0165\.nc: found no variant"):
        products.open("esa_cci", copy)


@pytest.mark.parametrize(
    "file",
    ["gldas/images_noah025_3h_v2.1/2016/001/GLDAS_NOAH025_3H.A20160101.0300.021.nc4", "era5/cells_v20190613/0165.nc",
     "c3s/cells/v202505_combined/0165.nc", "ascat/h113_cells/0165.nc", "esa_cci/global_qdeg_grid.nc",
     "c3s/images/icdr_v201706_daily_combined/C3S-SOILMOISTURE-L3S-SSMV-COMBINED-DAILY-20170701000000-ICDR-v201706.0.0.nc"],
)  # fmt: skip
def test_files_of_other_products_are_refused(data, file):
    with pytest.raises(InputFileError, match=file.rsplit("/", 1)[1]):
        products.open("esa_cci", data / file)


def test_opening_reads_no_values(data, monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("values were read")

    monkeypatch.setattr(images, "_read", fail)
    monkeypatch.setattr(cells.CellMosaic, "_read", fail)
    ds = products.open("esa_cci", data / "esa_cci/images_v05.2/combined")
    products.open("esa_cci", data / "esa_cci/cells/v08.1_combined")
    with pytest.raises(AssertionError, match="values were read"):
        ds.sm.load()


def test_every_flag_value_translates():
    """Against the bit-by-bit rule, for each version's code of no data."""
    from vadose.products.merged_record import FLAG_BITS, NO_DATA, _translate

    for codes in NO_DATA.values():
        values = np.concatenate([np.arange(600), [-1, -9999, 100_000]]).astype("int32")
        for value, got in zip(values.tolist(), _translate(values, codes).tolist(), strict=True):
            if value in codes or (value < 0 and codes == (-9999,)):
                assert got == schema.FLAGS["missing"]
            elif 0 <= value < 128:
                assert got == sum(schema.FLAGS[name] for bit, name in FLAG_BITS.items() if value & bit)
            else:
                assert got & schema.FLAGS["other_inconsistency"]


def test_root_zone_files_of_c3s_name_nothing_but_their_version(data):
    with pytest.raises(InputFileError, match="version v202505, as of a C3S file"):
        products.open("esa_cci_rzsm", data / "c3s/cells/v202505_rzsm")
    with pytest.raises(InputFileError, match=r"an ESA CCI file|version 09\.2"):
        products.open("c3s_rzsm", data / "esa_cci/cells/v09.2_rzsm")
