"""The least size of NetCDF-3 files against files of the library itself."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose.errors import InputFileError
from vadose.products.classic import least_size
from vadose.products.decode import open_netcdf

FORMATS = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


def write(path, kind, *, unlimited, types=("f8", "f4", "i2", "S1"), records=7):
    with netCDF4.Dataset(path, "w", format=kind) as nc:
        nc.title = "odd length"
        nc.setncattr("numbers", np.arange(3, dtype="i2"))
        nc.createDimension("time", None if unlimited else records)
        nc.createDimension("x", 5)
        scalar = nc.createVariable("crs", "i4", ())
        scalar[...] = 1
        for number, code in enumerate(types):
            var = nc.createVariable(f"v{number}", code, ("time", "x") if number else ("time",))
            var.units = "m3 m-3"
            var[:] = np.full((records, 5) if number else records, b"a" if code == "S1" else 1)
    return path


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("unlimited", [True, False])
@pytest.mark.parametrize("types", [("f8", "f4", "i2", "S1"), ("f4", "i2"), ("i2",), ("i1",)])
def test_least_size_is_the_size_of_a_complete_file(tmp_path, kind, unlimited, types):
    path = write(tmp_path / "a.nc", kind, unlimited=unlimited, types=types)
    assert 0 <= path.stat().st_size - least_size(path) < 4  # but for the padding at the end


def test_other_formats_have_none(tmp_path):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as nc:
        nc.createDimension("x", 1)
    assert least_size(path) is None
    (tmp_path / "b.nc").write_bytes(b"CDF")
    assert least_size(tmp_path / "b.nc") is None


@pytest.mark.parametrize("kind", FORMATS)
def test_every_truncation_is_refused(tmp_path, kind):
    whole = write(tmp_path / "a.nc", kind, unlimited=True).read_bytes()
    with open_netcdf(tmp_path / "a.nc") as nc:
        assert nc["v1"][:].sum() == 35
    for length in range(4, len(whole) - 8, 37):
        (tmp_path / "cut.nc").write_bytes(whole[:length])
        with pytest.raises(InputFileError, match=r"cut\.nc: found a .*NetCDF-3 file"), open_netcdf(tmp_path / "cut.nc"):
            pass


def test_nonsense_after_the_magic_number(tmp_path):
    path = tmp_path / "a.nc"
    path.write_bytes(b"CDF\x01" + bytes(range(200)))
    with pytest.raises(InputFileError, match="malformed header"), open_netcdf(path):
        pass
