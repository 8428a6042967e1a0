"""ERA5 and ERA5-Land: the real cells, and the layouts of the Climate Data Store written by the test."""

from __future__ import annotations

import zipfile

import netCDF4
import numpy as np
import pytest

from vadose import products
from vadose.errors import GridError, InputFileError

HOURS = np.array([0, 6, 12])
LAT, LON = np.array([20.0, 19.75, 19.5]), np.array([204.0, 204.25, 204.5, 204.75])  # 156° W to 155.25° W


def truth(layer=1, lat=LAT, lon=LON, hours=HOURS):
    """Soil water as a function of place, time and layer [m3 m-3]."""
    return (0.1 * layer + 0.001 * np.asarray(hours)[:, None, None] + 0.01 * (np.asarray(lat)[:, None] - 19)
            + 0.001 * (np.asarray(lon) - 204))  # fmt: skip


def cds(path, *, layers=(1,), lat=LAT, lon=LON, hours=HOURS, time="valid_time", expver=None, number=True,
        units="m**3 m**-3", packed=False, land=False):  # fmt: skip
    """A file as the Climate Data Store writes it today (valid_time, number, expver) or wrote it before (time)."""
    with netCDF4.Dataset(path, "w") as nc:
        nc.Conventions = "CF-1.7"
        nc.institution = "European Centre for Medium-Range Weather Forecasts"
        for name, axis in ((time, hours), ("latitude", lat), ("longitude", lon)):
            nc.createDimension(name, len(axis))
            nc.createVariable(name, "i8" if name == time else "f8", (name,))[:] = axis
        nc[time].units = "hours since 2017-01-01"
        nc[time].calendar = "proleptic_gregorian"
        if number:
            nc.createVariable("number", "i8", ())[...] = 0
        dims = (time, "latitude", "longitude")
        if expver == "dimension":
            nc.createDimension("expver", 2)
            nc.createVariable("expver", "i4", ("expver",))[:] = [1, 5]
            dims = (time, "expver", "latitude", "longitude")
        elif expver:
            coordinate = nc.createVariable("expver", str, (time,))
            for i, value in enumerate(expver):
                coordinate[i] = value
        for layer in layers:
            values = truth(layer, lat, lon, hours).astype("f4")
            values[:, 0, 0] = np.nan  # ocean
            if expver == "dimension":  # the last time is preliminary: each side is missing where the other has data
                both = np.full((len(hours), 2, len(lat), len(lon)), np.nan, "f4")
                both[:-1, 0], both[-1:, 1] = values[:-1], values[-1:]
                values = both
            if packed:
                var = nc.createVariable(f"swvl{layer}", "i2", dims, fill_value=-32767)
                var.set_auto_maskandscale(False)
                var.scale_factor, var.add_offset, var.missing_value = packed, 0.2, np.int16(-32767)
                coded = np.round((values - 0.2) / packed)
                var[:] = np.where(np.isnan(coded), -32767, coded).astype("i2")
            else:
                var = nc.createVariable(f"swvl{layer}", "f4", dims, fill_value=np.nan)
                var[:] = values
            var.units = units
    return path


def check(ds, layers=(1,), atol=1e-6, hours=HOURS):
    for i, layer in enumerate(layers):
        want = truth(layer, ds.lat.values, ds.lon.values + 360, hours)
        want[:, np.argmax(ds.lat.values), np.argmin(ds.lon.values)] = np.nan
        np.testing.assert_allclose(ds.sm[:, i].values, want, atol=atol)


@pytest.mark.parametrize(
    ("product", "folder", "variable", "shape", "count"),
    [("era5", "era5/cells_v20190613", "swvl1", (730, 1, 12, 18), 12 * 730),
     ("era5_land", "era5_land/cells_v20190904", "swvl1", (730, 1, 33, 47), 136 * 730)],
)  # fmt: skip
def test_real_cells(data, product, folder, variable, shape, count):
    ds = products.open(product, data / folder)
    assert ds.sm.shape == shape and int(ds.sm.notnull().sum()) == count
    assert ds.layer_bnds.values.tolist() == [[0.0, 0.07]]
    assert (ds.time.dt.hour == 6).all() and str(ds.time.values[0])[:10] == "2017-01-01"
    for file in ("0165", "0166"):
        with netCDF4.Dataset(data / folder / f"{file}.nc") as nc:
            nc.set_auto_maskandscale(False)
            lat, lon, water, heat = (nc[n][:] for n in ("lat", "lon", variable, "stl1"))
        r = np.abs(ds.lat.values[:, None] - lat).argmin(axis=0)
        c = np.abs(ds.lon.values[:, None] - lon).argmin(axis=0)
        np.testing.assert_array_equal(ds.sm[:, 0].values[:, r, c], water.T)
        np.testing.assert_array_equal(ds.soil_temperature[:, 0].values[:, r, c], heat.T)


def test_new_layout_with_four_layers(tmp_path):
    path = cds(tmp_path / "a.nc", layers=(1, 2, 3, 4), expver=["0001", "0001", "0005"])
    ds = products.open("era5", path)
    assert ds.sm.dims == ("time", "layer", "lat", "lon")
    assert ds.layer_bnds.values.tolist() == [[0.0, 0.07], [0.07, 0.28], [0.28, 1.0], [1.0, 2.89]]
    assert ds.lat.values.tolist() == [20.0, 19.75, 19.5] and ds.lon.values.tolist() == [-156, -155.75, -155.5, -155.25]
    assert ds.attrs["expver"] == "0001 0005" and ds.attrs["preliminary"] == "true"
    check(ds, (1, 2, 3, 4))


def test_final_data_are_not_called_preliminary(tmp_path):
    ds = products.open("era5", cds(tmp_path / "a.nc", expver=["0001"] * 3))
    assert "preliminary" not in ds.attrs


def test_expver_dimension_is_merged(tmp_path):
    ds = products.open("era5", cds(tmp_path / "a.nc", time="time", expver="dimension", layers=(1, 2), number=False))
    assert ds.sm.dims == ("time", "layer", "lat", "lon") and ds.sizes["layer"] == 2
    check(ds, (1, 2))
    assert ds.attrs["preliminary"] == "true"


def test_packed_files_have_a_scale_of_their_own_each(tmp_path):
    a = cds(tmp_path / "a.nc", packed=1e-5, time="time", number=False)
    b = cds(tmp_path / "b.nc", packed=3e-5, time="time", number=False, hours=HOURS + 24)
    ds = products.open("era5", [a, b])
    check(ds, atol=2e-5, hours=[*HOURS, *(HOURS + 24)])


def test_unsorted_latitudes_and_times(tmp_path):
    ds = products.open("era5", cds(tmp_path / "a.nc", lat=LAT[::-1], hours=HOURS[::-1]))
    assert ds.lat.values.tolist() == [20.0, 19.75, 19.5]
    for i, hour in enumerate(sorted(HOURS)):
        assert float(ds.sm[i, 0, 1, 1]) == pytest.approx(truth(1, [19.75], [204.25], [hour])[0, 0, 0], abs=1e-6)


def test_a_global_file_from_0_to_360_starts_at_180_west(tmp_path):
    lon, lat = np.arange(0, 360, 1.0), np.arange(90, -91, -1.0)
    ds = products.open("era5", cds(tmp_path / "a.nc", lat=lat, lon=lon, hours=[0]))
    assert ds.sizes["lon"] == 360 and ds.sizes["lat"] == 181 and ds.lon.values[0] == -180
    # east of Greenwich first in the file: 0.001 per degree from 204° E
    row = truth(1, [30.0], lon, [0])[0, 0]
    np.testing.assert_allclose(ds.sm[0, 0, 60].values, np.roll(row, 180), atol=1e-6)
    box = products.open("era5", tmp_path / "a.nc", bbox=(-3, 28, 3, 32))
    np.testing.assert_array_equal(box.sm.values, ds.sm.sel(lat=box.lat, lon=box.lon).values)


def test_era5_land_is_on_the_tenth_degree_nodes(tmp_path):
    lat, lon = np.round(np.arange(20.0, 19.0, -0.1), 1), np.round(np.arange(204.0, 205.0, 0.1), 1)
    path = cds(tmp_path / "a.nc", lat=lat, lon=lon)
    ds = products.open("era5_land", path)
    assert ds.attrs["grid"].startswith("regular/0.1/node")
    check(ds)
    with pytest.raises(InputFileError, match="era5_land"):
        products.open("era5", path)
    with pytest.raises(GridError):
        products.open("era5_land", cds(tmp_path / "b.nc"))


def test_zip_with_one_file_per_stream(tmp_path):
    cds(tmp_path / "data_stream-oper_stepType-instant.nc", layers=(1,))
    with netCDF4.Dataset(tmp_path / "data_stream-oper_stepType-accum.nc", "w") as nc:
        nc.createDimension("valid_time", 1)
        nc.createVariable("tp", "f4", ("valid_time",))
    with zipfile.ZipFile(tmp_path / "download.zip", "w") as archive:
        for member in tmp_path.glob("data_*.nc"):
            archive.write(member, member.name)
    ds = products.open("era5", tmp_path / "download.zip")
    check(ds)
    assert ds.attrs["inputs"] == '["download.zip"]'


def test_bad_zips(tmp_path):
    cds(tmp_path / "a.nc")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "a.nc", "a.nc")
    whole = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputFileError, match=r"cut\.zip.*truncated"):
        products.open("era5", tmp_path / "cut.zip")
    broken = bytearray(whole)
    broken[200:260] = bytes(60)
    (tmp_path / "broken.zip").write_bytes(broken)
    with pytest.raises(InputFileError, match=r"broken\.zip"):
        products.open("era5", tmp_path / "broken.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing here")
    with pytest.raises(InputFileError, match=r"other\.zip.*soil water"):
        products.open("era5", tmp_path / "other.zip")


def test_wrong_files(tmp_path, data):
    with pytest.raises(InputFileError, match="units 'K'"):
        products.open("era5", cds(tmp_path / "a.nc", units="K"))
    with pytest.raises(InputFileError, match="ERA5-Land file"):
        products.open("era5", data / "era5_land/cells_v20190904")
    with pytest.raises(InputFileError, match="an ERA5 file"):
        products.open("era5_land", data / "era5/cells_v20190613")
    with pytest.raises(InputFileError, match="needed variable 'swvl1'"):
        products.open("era5", data / "gldas/cells_noah025_3h_v2.1/0165.nc")
    a, b = cds(tmp_path / "b.nc"), cds(tmp_path / "c.nc")
    with pytest.raises(InputFileError, match=r"b\.nc and c\.nc: found 2017-01-01T00:00:00 more than once"):
        products.open("era5", [a, b])


def test_an_ensemble_is_refused_not_misread(tmp_path):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as nc:
        for name, axis in (("valid_time", HOURS), ("number", np.arange(10)), ("latitude", LAT), ("longitude", LON)):
            nc.createDimension(name, len(axis))
            nc.createVariable(name, "f8", (name,))[:] = axis
        nc["valid_time"].units = "hours since 2017-01-01"
        nc.createVariable("swvl1", "f4", ("valid_time", "number", "latitude", "longitude")).units = "m**3 m**-3"
    with pytest.raises(InputFileError, match=r"a\.nc: swvl1: found dimensions"):
        products.open("era5", path)
