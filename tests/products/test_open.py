"""The door of the room: catalogue, paths, checks of many files."""

from __future__ import annotations

import importlib

import netCDF4
import numpy as np
import pandas as pd
import pytest

from vadose import products, schema
from vadose.errors import ConfigError, InputFileError, SchemaError
from vadose.products.catalogue import PRODUCTS
from vadose.products.paths import expand


def cci_image(path, day, **changes):
    """A global ESA CCI image of one day with a single valid pixel, at row 10 and column 20."""
    sm = np.full((1, 720, 1440), -9999.0, "f4")
    sm[0, 10, 20] = changes.get("value", 0.25)
    with netCDF4.Dataset(path, "w", format="NETCDF4_CLASSIC") as nc:
        nc.title = "ESA CCI Surface Soil Moisture COMBINED active+passive Product"
        nc.product_version = changes.get("version", "05.2")
        lat, lon = 89.875 - np.arange(720) / 4, -179.875 + np.arange(1440) / 4
        for name, axis in (("time", [float(day)]), ("lat", lat), ("lon", lon)):
            nc.createDimension(name, len(axis))
            nc.createVariable(name, "f8" if name == "time" else "f4", (name,))[:] = axis
        nc["time"].units = changes.get("time_units", "days since 1970-01-01 00:00:00 UTC")
        var = nc.createVariable(changes.get("name", "sm"), "f4", ("time", "lat", "lon"), fill_value=-9999.0, zlib=True)
        var.units = changes.get("units", "m3 m-3")
        var[:] = sm
        flag = nc.createVariable("flag", "i1", ("time", "lat", "lon"), fill_value=127, zlib=True)
        flag[:] = np.where(sm == -9999, 127, changes.get("flag", 0))
    return path


def test_catalogue_holds_every_product_of_the_reader_room():
    table = products.catalogue()
    assert table.index.is_unique and len(table) == len(PRODUCTS)
    assert set(table.status) <= {"confirmed", "provisional"}
    assert set(table.variable) <= set(schema.VARIABLES)
    for row in table.itertuples():
        assert schema.VARIABLES[row.variable].units == row.units
        layers = row.depth if row.depth and isinstance(row.depth[0], tuple) else (row.depth,) if row.depth else ()
        assert all(low < high for low, high in layers)
        assert row.title and row.provider and row.versions and row.family and ":open_" in row.reader
        module, function = row.reader.split(":")
        assert callable(getattr(importlib.import_module(f"vadose.products.{module}"), function))
    assert isinstance(table, pd.DataFrame)


def test_an_unknown_product_names_close_ones():
    with pytest.raises(ConfigError, match="'esa_cci'"):
        products.get("esacci")
    with pytest.raises(ConfigError, match=r"Products: esa_cci, "):
        products.open("xyz", "a.nc")


def test_paths_of_every_kind(tmp_path):
    for name in ("b.nc", "a.nc", "c.txt", "grid.nc", "landmask.nc"):
        (tmp_path / name).touch()
    (tmp_path / "2016").mkdir()
    (tmp_path / "2016" / "d.nc").touch()

    def names(paths, patterns=("*.nc",)):
        return [p.name for p in expand(paths, patterns)]

    assert names(tmp_path) == ["d.nc", "a.nc", "b.nc"]
    assert names(str(tmp_path / "*.nc")) == ["a.nc", "b.nc"]
    assert names(str(tmp_path / "**" / "*.nc")) == ["d.nc", "a.nc", "b.nc"]
    assert names(tmp_path, ("a*", "b*")) == ["a.nc", "b.nc"]
    assert names([tmp_path / "b.nc", tmp_path / "a.nc", str(tmp_path / "?.nc")]) == ["a.nc", "b.nc"]
    assert names(tmp_path / "grid.nc") == ["grid.nc"]
    for missing in ("x/*.nc", "none.nc", "2016/*.h5"):
        with pytest.raises(InputFileError, match=missing.replace("*", r"\*").replace(".", r"\.")):
            expand(str(tmp_path / missing))
    with pytest.raises(InputFileError, match=r"files named \*\.h5"):
        expand(tmp_path, ("*.h5",))
    with pytest.raises(InputFileError, match="nothing"):
        expand([])


def test_open_returns_a_canonical_lazy_dataset(tmp_path):
    for day in (16960, 16959):
        cci_image(tmp_path / f"ESACCI-SOILMOISTURE-L3S-SSMV-COMBINED-{day}-fv05.2.nc", day)
    ds = products.open("esa_cci", tmp_path)
    assert schema.check(ds, "grid") is ds
    assert all(ds[v].chunks for v in ("sm", "flag", "n_out_of_range"))
    assert ds.time.values.astype("M8[D]").tolist() == np.array(["2016-06-07", "2016-06-08"], "M8[D]").tolist()
    assert ds.attrs["product"] == "esa_cci" and ds.attrs["flag_rule"] == "recommended"
    assert "ESACCI-SOILMOISTURE-L3S-SSMV-COMBINED-16959-fv05.2.nc" in ds.attrs["inputs"]
    assert str(tmp_path) not in str(ds.attrs)
    assert float(ds.sm.sel(lat=87.375, lon=-174.875)[0]) == 0.25 and int(ds.sm.notnull().sum()) == 2
    assert (ds.sm.attrs["depth_from"], ds.sm.attrs["depth_to"]) == (0.0, 0.05)
    assert ds.sm.dtype == np.float32 and ds.flag.dtype == np.uint16


def test_one_bad_file_among_many(tmp_path):
    good = cci_image(tmp_path / "ESACCI-SOILMOISTURE-L3S-SSMV-1.nc", 16959)
    cut = tmp_path / "ESACCI-SOILMOISTURE-L3S-SSMV-2.nc"
    cut.write_bytes(good.read_bytes()[:9000])
    empty = tmp_path / "ESACCI-SOILMOISTURE-L3S-SSMV-3.nc"
    empty.touch()
    other = cci_image(tmp_path / "ESACCI-SOILMOISTURE-L3S-SSMV-4.nc", 16960, name="ssm")
    with pytest.raises(InputFileError, match=cut.name):
        products.open("esa_cci", tmp_path)
    fine, bad = products.check_files("esa_cci", tmp_path)
    assert fine == [good]
    assert [p for p, _ in bad] == [cut, empty, other]
    assert all(p.name in str(e) for p, e in bad)
    assert products.open("esa_cci", fine).sizes["time"] == 1


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"units": "kg m-2"}, "units 'kg m-2'"),
        ({"units": "percent"}, "units 'percent'"),
        ({"name": "ssm"}, "needed variable 'sm'"),
        ({"time_units": "sols since landing"}, "time units 'sols since landing'"),
    ],
)
def test_files_that_are_not_what_they_should_be(tmp_path, changes, found):
    path = cci_image(tmp_path / "x.nc", 16959, **changes)
    with pytest.raises(InputFileError, match=found) as err:
        products.open("esa_cci", path)
    assert "x.nc" in str(err.value)


def test_values_out_of_range_are_masked_and_counted(tmp_path):
    path = cci_image(tmp_path / "x.nc", 16959, value=1.7)
    ds = products.open("esa_cci", path, flags="none")
    assert int(ds.n_out_of_range[0]) == 1 and int(ds.sm.notnull().sum()) == 0
    flag = int(ds.flag.sel(lat=87.375, lon=-174.875)[0])
    assert flag == schema.FLAGS["out_of_range"]


@pytest.mark.parametrize(
    ("flag", "kept"),
    [(0, ("recommended", "usable", "none")), (64, ("recommended", "usable", "none")), (2, ("usable", "none")),
     (16, ("usable", "none")), (32, ("usable", "none")), (1, ("none",)), (4, ("none",)), (65, ("none",))],
)  # fmt: skip
def test_flag_rules(tmp_path, flag, kept):
    path = cci_image(tmp_path / "x.nc", 16959, flag=flag)
    for rule in schema.FLAG_RULES:
        assert int(products.open("esa_cci", path, flags=rule).sm.notnull().sum()) == (rule in kept)


def test_an_unknown_version_is_read_and_says_so(tmp_path):
    path = cci_image(tmp_path / "x.nc", 16959, version="10.3")
    ds = products.open("esa_cci", path)
    assert ds.attrs["product_version"] == "10.3" and ds.attrs["version_status"].startswith("unlisted")


def test_versions_are_not_mixed(tmp_path):
    a, b = cci_image(tmp_path / "a.nc", 16959), cci_image(tmp_path / "b.nc", 16960, version="08.1")
    with pytest.raises(InputFileError, match=r"b\.nc: found esa_cci COMBINED 08\.1 .*needed esa_cci COMBINED 05\.2"):
        products.open("esa_cci", [a, b])


def test_bad_arguments(tmp_path):
    path = cci_image(tmp_path / "x.nc", 16959)
    with pytest.raises(SchemaError, match="'best'"):
        products.open("esa_cci", path, flags="best")
    with pytest.raises(ConfigError, match="period"):
        products.open("esa_cci", path, period="soon")


def test_a_dataset_survives_pickling(tmp_path):
    """Tasks travel to other processes."""
    import pickle

    ds = products.open("esa_cci", cci_image(tmp_path / "x.nc", 16959))
    again = pickle.loads(pickle.dumps(ds))
    assert int(again.sm.notnull().sum()) == 1
