"""CGLS 1 km: coded bytes are told apart before scaling."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose import products, schema
from vadose.errors import InputFileError
from vadose.grid import Grid
from vadose.products.cgls import open_cgls_ssm, open_cgls_swi


def stored(path, *names):
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        return [nc[n][:] for n in names]


def ssm_files(data):
    return sorted((data / "cgls_ssm_1km/images_v1.1").glob("*.nc"))


def test_ssm_agrees_with_the_bytes(data):
    files = ssm_files(data)
    ds = products.open("cgls_ssm_1km", data / "cgls_ssm_1km", flags="none")
    schema.check(ds, "grid")
    assert ds.saturation.chunks and ds.sizes == {"time": 3, "lat": 448, "lon": 448}
    assert ds.time.values.astype("M8[h]").astype(str).tolist() == ["2017-06-01T00", "2017-06-02T00", "2017-06-03T00"]
    for step, path in enumerate(files):
        codes, noise = (a[0] for a in stored(path, "ssm", "ssm_noise"))
        expected = np.where(codes <= 200, codes / 200.0, np.nan)
        np.testing.assert_allclose(ds.saturation[step], expected, rtol=1e-6)
        np.testing.assert_allclose(ds.saturation_uncertainty[step], np.where(noise <= 200, noise / 200.0, np.nan),
                                   rtol=1e-6)  # fmt: skip
        assert int(((ds.flag[step] & schema.FLAGS["water"]) != 0).sum()) == (codes == 251).sum()
        assert int(((ds.flag[step] & schema.FLAGS["complex_topography"]) != 0).sum()) == (codes == 253).sum()
    assert ds.saturation.notnull().any(["lat", "lon"]).values.tolist() == [True, False, True]  # 2 June: none
    assert float(ds.saturation.max()) <= 1.0
    assert ds.product_version == "V1.1.1"


def test_ssm_box_is_the_same_cells(data):
    whole = open_cgls_ssm(ssm_files(data))
    part = open_cgls_ssm(ssm_files(data), bbox=(0, 42, 1, 43), period="2017-06-01")
    assert Grid.of(part) == Grid.regular(1 / 112).crop((0, 42, 1, 43))
    same = whole.saturation.isel(time=[0]).sel(lat=part.lat, lon=part.lon)
    np.testing.assert_array_equal(part.saturation, same)


def test_swi_has_one_field_per_time_length(data):
    path = sorted((data / "cgls_swi_1km/images_v1.0").glob("*.nc"))[0]
    ds = products.open("cgls_swi_1km", path, flags="none")
    schema.check(ds, "grid")
    assert ds.saturation.dims == ("time", "t_value", "lat", "lon")
    assert ds.t_value.values.tolist() == [5, 40] and ds.t_value.units == "days"
    for name, days in (("005", 5), ("040", 40)):
        swi, support = (a[0] for a in stored(path, f"SWI_{name}", f"QFLAG_{name}"))
        one = ds.sel(t_value=days).isel(time=0)
        np.testing.assert_allclose(one.saturation, np.where(swi <= 200, swi / 200.0, np.nan), rtol=1e-6)
        np.testing.assert_allclose(one.qflag, np.where(support <= 200, support / 200.0, np.nan), rtol=1e-6)
    assert str(ds.time.values[0])[:13] == "2017-06-01T12"
    assert "depth_from" not in ds.saturation.attrs


def write_ssm(path, codes, *, name="ssm", units="%", lon0=0.0, dtype="u1", day=17317.5, drop=None):
    lat, lon = 45 - (np.arange(2) + 0.5) / 112, lon0 + (np.arange(4) + 0.5) / 112
    with netCDF4.Dataset(path, "w") as nc:
        nc.product_version = "V1.1.1"
        for dim, axis in (("lat", lat), ("lon", lon)):
            nc.createDimension(dim, axis.size)
            nc.createVariable(dim, "f8", dim)[:] = axis
        nc.createDimension("time", 1)
        time = nc.createVariable("time", "f8", "time")
        time.units = "days since 1970-01-01T12:00:00"
        time[:] = day
        for key in (name, f"{name}_noise"):
            if key == drop:
                continue
            variable = nc.createVariable(key, dtype, ("time", "lat", "lon"), fill_value=255)
            variable.set_auto_maskandscale(False)
            variable.units, variable.scale_factor = units, 0.5
            variable[:] = np.reshape(codes, (1, 2, 4))
    return path


def test_every_code_has_its_flag(tmp_path):
    path = write_ssm(tmp_path / "c_gls_SSM1km_a.nc", [0, 200, 241, 242, 251, 252, 253, 255])
    ds = open_cgls_ssm([path], flags="none")
    np.testing.assert_array_equal(ds.saturation.values.ravel(), [0, 1, *[np.nan] * 6])
    missing, beyond = schema.FLAGS["missing"], schema.FLAGS["out_of_range"]
    assert ds.flag.values.ravel().tolist() == [
        0, 0, beyond, beyond, 32 | missing, 4 | missing, 64 | missing, missing,
    ]  # fmt: skip
    assert ds.n_out_of_range.values.tolist() == [2]


@pytest.mark.parametrize(("how", "message"), [
    ({"units": "K"}, "units 'K'"),
    ({"drop": "ssm_noise"}, "ssm_noise"),
    ({"name": "lai"}, "ssm"),
    ({"dtype": "i2"}, "int16 with scale 0.5; needed uint8"),
])  # fmt: skip
def test_bad_images_are_named(tmp_path, how, message):
    path = write_ssm(tmp_path / "c_gls_SSM1km_b.nc", [0] * 8, **how)
    with pytest.raises(InputFileError, match=message):
        open_cgls_ssm([path])


def test_images_must_fit_each_other(tmp_path):
    a = write_ssm(tmp_path / "a.nc", [0] * 8)
    b = write_ssm(tmp_path / "b.nc", [0] * 8, lon0=1.0, day=17318.5)
    with pytest.raises(InputFileError, match=r"b\.nc"):
        open_cgls_ssm([a, b])
    with pytest.raises(InputFileError, match="more than once"):
        open_cgls_ssm([a, write_ssm(tmp_path / "c.nc", [0] * 8)])


def test_truncated_empty_and_other_files(data, tmp_path):
    whole = ssm_files(data)[0].read_bytes()
    (tmp_path / "cut.nc").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.nc").touch()
    for name in ("cut.nc", "empty.nc"):
        with pytest.raises(InputFileError, match=name):
            open_cgls_ssm([tmp_path / name])
    with pytest.raises(InputFileError, match="SSF"):
        open_cgls_swi(ssm_files(data))
