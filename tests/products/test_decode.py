"""Decoding: fills before scaling, times by hand, and every file failure in words."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.errors import InputFileError
from vadose.products.decode import Coding, TimeCoding, check_units, open_netcdf, read_times


def write(path, name="x", values=(1.0, 2.0), dtype="f4", fill=None, **attrs):
    with netCDF4.Dataset(path, "w") as nc:
        nc.createDimension("n", len(values))
        var = nc.createVariable(name, dtype, ("n",), fill_value=fill)
        var.set_auto_maskandscale(False)
        var.setncatts(attrs)
        var[:] = np.asarray(values, dtype=dtype)
    return path


def test_codes_are_masked_before_the_scale_turns_them_into_numbers(tmp_path):
    # 0.5 per count: 241 and 251 would become 120.5 and 125.5
    path = write(tmp_path / "a.nc", values=[0, 77, 200, 241, 251, 255], dtype="u1", fill=255, scale_factor=0.5)
    with open_netcdf(path) as nc:
        coding = Coding.of(nc["x"], valid=(0, 200))
        out = coding.decode(nc["x"][:])
    np.testing.assert_array_equal(out, [0, 38.5, 100, np.nan, np.nan, np.nan])
    assert out.dtype == np.float32


def test_fill_is_compared_in_coded_values_not_scaled(tmp_path):
    path = write(tmp_path / "a.nc", values=[65535, 100], dtype="u2", scale_factor=0.01)
    with open_netcdf(path) as nc:
        np.testing.assert_allclose(Coding.of(nc["x"], fills=(65535,)).decode(nc["x"][:]), [np.nan, 1.0])
        np.testing.assert_allclose(Coding.of(nc["x"]).decode(nc["x"][:]), [655.35, 1.0])


def test_library_default_fill_is_missing():
    assert np.isnan(Coding(fills=(9.969209968386869e36,)).decode(np.array([9.96921e36], "f4")))[0]


def test_unsigned_storage_is_reinterpreted():
    assert Coding(fills=(255,), unsigned=True).decode(np.array([-2, -1], "i1")).tolist()[:1] == [254.0]


def test_an_attribute_that_should_be_a_number(tmp_path):
    path = write(tmp_path / "a.nc", missing_value="none")
    with open_netcdf(path) as nc, pytest.raises(InputFileError, match=r"a\.nc: x: found missing_value = 'none'"):
        Coding.of(nc["x"])


def test_integer_results_stay_as_coded():
    out = Coding(fills=(-9999,), dtype="int32").decode(np.array([-9999, 8], "i2"))
    assert out.tolist() == [-9999, 8] and out.dtype == np.int32


def test_each_file_keeps_its_own_scale(tmp_path):
    first = write(tmp_path / "a.nc", values=[10], dtype="i2", fill=-1, scale_factor=0.1, add_offset=1.0)
    second = write(tmp_path / "b.nc", values=[10], dtype="i2", fill=-2, scale_factor=0.2, add_offset=5.0)
    with open_netcdf(first) as nc:
        coding = Coding.of(nc["x"], fills=(-7,))
    with open_netcdf(second) as nc:
        np.testing.assert_allclose(coding.in_file(nc["x"]).decode(np.array([10, -2, -7], "i2")), [7.0, np.nan, np.nan])


@pytest.mark.parametrize(
    ("units", "value", "expected"),
    [
        ("days since 1858-11-17 00:00:00", 57754.25, "2017-01-01T06:00:00"),
        ("days since 1970-01-01 00:00:00 UTC", 16959.0, "2016-06-07T00:00:00"),
        (" minutes since 2000-01-01 03:00:00", 8415360, "2016-01-01T03:00:00"),
        ("seconds since 2000-01-01 12:00:00", 86400.5, "2000-01-02T12:00:00.500"),
        ("minutes since 2017-03-30", 0, "2017-03-30T00:00:00"),
        ("hours since 1900-01-01 00:00:00.0", 1.5, "1900-01-01T01:30:00"),
        ("seconds since 1970-01-01T00:00:00Z", -1, "1969-12-31T23:59:59"),
    ],
)
def test_times_by_hand(units, value, expected):
    assert TimeCoding.parse(units).decode(np.array([value]))[0] == np.datetime64(expected)


@given(st.integers(-700_000, 900_000_000))
def test_seconds_survive_as_days_since_1858(seconds):
    epoch = np.datetime64("1990-01-01", "s")
    days = (epoch - np.datetime64("1858-11-17", "s")).astype(int) / 86400 + seconds / 86400
    assert TimeCoding.parse("days since 1858-11-17").decode(np.array([days]))[0] == epoch + np.timedelta64(seconds, "s")


def test_missing_times_are_nat():
    assert np.isnat(TimeCoding.parse("days since 1970-01-01").decode(np.array([np.nan, 1e30]))).all()


def test_noleap_calendar_skips_29_february():
    coding = TimeCoding.parse("days since 2000-01-01", calendar="noleap")
    got = coding.decode(np.array([58.0, 59.0, 365.0, 365.5]))
    assert got.astype("M8[h]").tolist() == np.array(
        ["2000-02-28", "2000-03-01", "2001-01-01", "2001-01-01T12"], "M8[h]").tolist()  # fmt: skip


@pytest.mark.parametrize("units", ["", "days", "fortnights since 2000-01-01", "days since yesterday",
                                   "days since 2000-13-01", "hours since 2000-01-01 00:00:00 +02:00"])  # fmt: skip
def test_units_that_cannot_be_read_are_refused(units):
    with pytest.raises(InputFileError, match=r"x\.nc: time"):
        TimeCoding.parse(units, where="x.nc: time")


def test_360_day_calendar_is_refused():
    with pytest.raises(InputFileError, match="360_day"):
        TimeCoding.parse("days since 2000-01-01", calendar="360_day")


def test_a_missing_time_in_a_file_is_refused(tmp_path):
    path = write(tmp_path / "a.nc", "time", [1.0, np.nan], "f8", units="days since 2000-01-01")
    with open_netcdf(path) as nc, pytest.raises(InputFileError, match=r"a\.nc: time.*nan"):
        read_times(nc, path)


def test_file_failures_name_the_file(tmp_path):
    good = write(tmp_path / "good.nc", values=np.arange(5000.0))
    empty, text, cut = tmp_path / "empty.nc", tmp_path / "text.nc", tmp_path / "cut.nc"
    empty.touch()
    text.write_text("<html>login</html>")
    cut.write_bytes(good.read_bytes()[:5000])
    cases = [(empty, "0 bytes"), (text, "cannot open"), (cut, "cannot open"), (tmp_path / "no.nc", "no such file"),
             (tmp_path, "a folder")]  # fmt: skip
    for path, found in cases:
        with pytest.raises(InputFileError, match=found) as err, open_netcdf(path):
            pass
        assert path.name in str(err.value) and str(tmp_path) not in str(err.value)


def test_missing_variable_lists_what_is_there(tmp_path):
    path = write(tmp_path / "a.nc", "ssm")
    with pytest.raises(InputFileError, match=r"a\.nc: found variables \['ssm'\]; needed variable 'sm'"), \
         open_netcdf(path, needed=["sm"]):  # fmt: skip
        pass
    with pytest.raises(InputFileError, match="group 'G'"), open_netcdf(path, needed=["G/sm"]):
        pass


def test_nested_opens_do_not_block_each_other(tmp_path):
    path = write(tmp_path / "a.nc")
    with open_netcdf(path) as outer, open_netcdf(path) as inner:
        assert outer["x"][:].tolist() == inner["x"][:].tolist()


def test_units_are_converted_or_refused(tmp_path):
    path = write(tmp_path / "a.nc", units="m3.m-3")
    with open_netcdf(path) as nc:
        assert check_units(nc["x"], path, "m3 m-3") == "m3.m-3"
        with pytest.raises(InputFileError, match=r"a\.nc: x: found units 'm3\.m-3'; needed 'kg m-2'"):
            check_units(nc["x"], path, "kg m-2")
    path = write(tmp_path / "b.nc")
    with open_netcdf(path) as nc:
        assert check_units(nc["x"], path, "1", assume="percent") == "percent"


def test_damage_in_the_middle_of_a_file_is_named(data, tmp_path):
    """Of a damaged attribute the NetCDF library says AttributeError, of damaged data RuntimeError."""
    import random

    from vadose import products

    raw = (data / "c3s/cells/v202505_active/0165.nc").read_bytes()
    for seed in range(4):
        rng, third = random.Random(seed), len(raw) // 3
        damaged = bytearray(raw)
        damaged[third : 2 * third] = rng.randbytes(third)
        (tmp_path / "0165.nc").write_bytes(damaged)
        with pytest.raises(InputFileError, match=r"0165\.nc: found"):
            products.open("c3s", tmp_path / "0165.nc").load()
