"""MCD12C1 land cover and Köppen-Geiger zones."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_bounds

from vadose import landclass, products, schema
from vadose.errors import ConfigError, InputFileError
from vadose.grid import Grid
from vadose.products.koeppen import open_koeppen_geiger
from vadose.products.mcd12c1 import open_mcd12c1

pytestmark = [
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:rasterio"),
]

BOX = (10.0, 45.0, 20.0, 50.0)


def write_raster(path, codes, *, bounds=(-180, -90, 180, 90), nodata=None, driver="GTiff"):
    rows, cols = codes.shape
    georeference = {"crs": "EPSG:4326", "transform": from_bounds(*bounds, cols, rows)} if driver == "GTiff" else {}
    with rasterio.open(path, "w", driver=driver, height=rows, width=cols, count=1, dtype=codes.dtype, nodata=nodata,
                       **georeference) as out:  # fmt: skip
        out.write(codes, 1)
    return path


# ------------------------------------------------------------------------------------------------ MCD12C1
def test_land_cover_agrees_with_the_file(data):
    path = next((data / "landcover_mcd12c1").glob("*.tif"))
    with rasterio.open(path) as source:
        raw = source.read(1)
    ds = products.open("mcd12c1", path)
    schema.check(ds, "static")
    assert ds.land_cover.dtype == np.uint8 and Grid.of(ds) == Grid.regular(0.05)
    np.testing.assert_array_equal(ds.land_cover, raw)
    assert (ds.product_version, ds.reference_year) == ("006", 2019)
    # classes a person can check: Amazon forest, Sahara, Iowa cropland, Greenland ice, Atlantic
    places = {(-5.0, -65.0): "evergreen broadleaf forest", (23.0, 10.0): "barren", (42.0, -94.0): "cropland",
              (72.0, -40.0): "snow and ice", (0.0, -30.0): "water"}  # fmt: skip
    for (lat, lon), name in places.items():
        code = int(ds.land_cover.sel(lat=lat, lon=lon, method="nearest"))
        assert landclass.IGBP[code] == name


def test_land_cover_box_is_a_window(data):
    path = next((data / "landcover_mcd12c1").glob("*.tif"))
    whole, part = open_mcd12c1([path]), open_mcd12c1([path], bbox=BOX)
    assert Grid.of(part) == Grid.regular(0.05).crop(BOX)
    np.testing.assert_array_equal(part.land_cover, whole.land_cover.sel(lat=part.lat, lon=part.lon))


def test_land_cover_from_hdf4(tmp_path):
    sd = pytest.importorskip("pyhdf.SD")
    codes = np.zeros((3600, 7200), dtype="uint8")
    codes[850:870, 3850:3900] = 12
    path = tmp_path / "MCD12C1.A2019001.061.2022169160625.hdf"

    def write(name):
        file = sd.SD(str(path), sd.SDC.WRITE | sd.SDC.CREATE | sd.SDC.TRUNC)
        layer = file.create(name, sd.SDC.UINT8, codes.shape)
        layer.setcompress(sd.SDC.COMP_DEFLATE, 1)
        layer[:] = codes
        layer.endaccess()
        file.end()

    write("Majority_Land_Cover_Type_1")
    ds = open_mcd12c1([path], bbox=BOX)
    rows, cols = ds.attrs["grid"].rsplit("/", 1)[1].split(",")
    expected = codes[slice(*map(int, rows.split(":"))), slice(*map(int, cols.split(":")))]
    assert 12 in expected and 0 in expected
    np.testing.assert_array_equal(ds.land_cover, expected)
    assert ds.product_version == "061"
    write("LC_Type1")
    with pytest.raises(InputFileError, match="LC_Type1"):
        open_mcd12c1([path])


def test_land_cover_hdf4_without_the_library(tmp_path, monkeypatch):
    path = tmp_path / "MCD12C1.A2019001.061.2022169160625.hdf"
    path.write_bytes(b"\x0e\x03\x13\x01" + bytes(100))
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pyhdf.SD", None)
        without.setitem(sys.modules, "pyhdf.error", None)
        with pytest.raises(InputFileError, match=r"vadose\[hdf4\]"):
            open_mcd12c1([path])
    pytest.importorskip("pyhdf")
    with pytest.raises(InputFileError, match="cannot be read"):
        open_mcd12c1([path])


def test_land_cover_refuses(tmp_path, data):
    codes = np.zeros((3600, 7200), dtype="uint8")
    codes[0, 0] = 17
    path = write_raster(tmp_path / "q1.tif", codes)
    with pytest.raises(InputFileError, match=r"\[17\].*MCD12Q1"):
        open_mcd12c1([path])
    with pytest.raises(InputFileError, match="18×36"):
        open_mcd12c1([write_raster(tmp_path / "small.tif", codes[:18, :36].copy())])
    with pytest.raises(InputFileError, match="int16"):
        open_mcd12c1([write_raster(tmp_path / "i2.tif", codes[:18, :36].astype("i2"))])
    with pytest.raises(InputFileError, match="bounds"):
        open_mcd12c1([write_raster(tmp_path / "shift.tif", codes, bounds=(0, -90, 360, 90))])
    with pytest.raises(ConfigError, match="no time axis"):
        open_mcd12c1([path], period="2019")
    with pytest.raises(InputFileError, match="exactly one"):
        open_mcd12c1([path, path])
    (tmp_path / "empty.tif").touch()
    with pytest.raises(InputFileError, match="empty file"):
        open_mcd12c1([tmp_path / "empty.tif"])
    real = next((data / "landcover_mcd12c1").glob("*.tif")).read_bytes()
    (tmp_path / "cut.tif").write_bytes(real[: len(real) // 2])
    with pytest.raises(InputFileError, match="cannot be read"):
        open_mcd12c1([tmp_path / "cut.tif"])


# ------------------------------------------------------------------------------------------- Köppen-Geiger
def test_zones_agree_with_the_image(data):
    folder = data / "koeppen_geiger"
    ds = products.open("koeppen_geiger", folder, bbox=BOX)
    schema.check(ds, "static")
    with rasterio.open(folder / "kmz_int_reshape.png") as source:
        raw = source.read(1)
    row = np.round((90 - ds.lat.values) * 36 - 0.5).astype(int)  # the formula given with the data
    col = np.round((ds.lon.values + 180) * 36 - 0.5).astype(int)
    names = dict(item.split("=") for item in ds.climate.original_classes.split(", "))
    ours = np.array(["Ocean", *landclass.KOEPPEN])[ds.climate.values]
    theirs = np.vectorize(lambda z: names[str(z)])(raw[np.ix_(row, col)])
    np.testing.assert_array_equal(ours, theirs)  # no As in this box
    assert Grid.of(ds) == Grid.regular(1 / 36).crop(BOX)


def test_zones_of_known_places(data):
    ds = products.open("koeppen_geiger", data / "koeppen_geiger")
    zone = np.array(["ocean", *landclass.KOEPPEN])
    for lat, lon, name in ((-3.1, -60.0, "Af"), (23.0, 10.0, "BWh"), (48.2, 16.4, "Cfb"), (72.0, -40.0, "EF"),
                           (0.0, -30.0, "ocean"), (13.1, 80.2, "Aw")):  # fmt: skip
        code = int(ds.climate.sel(lat=lat, lon=lon, method="nearest"))
        assert zone[code] == name, (lat, lon)
    # Chennai is As in the image's own table: counted as Aw, and the attributes say so
    assert ds.choice == "As is counted as Aw" and "3=As" in ds.climate.original_classes
    assert not ds.climate.isel(lat=slice(0, 100)).any()  # the colour key is no land at the pole
    assert int(ds.climate.max()) == 30


def test_beck_geotiff(tmp_path):
    codes = np.zeros((180, 360), dtype="uint8")
    codes[40, 190], codes[0, 0] = 15, 30
    ds = open_koeppen_geiger([write_raster(tmp_path / "beck.tif", codes)])
    np.testing.assert_array_equal(ds.climate, codes)
    assert Grid.of(ds) == Grid.regular(1.0)
    codes[1, 1] = 31
    with pytest.raises(InputFileError, match=r"codes \[31\]"):
        open_koeppen_geiger([write_raster(tmp_path / "other.tif", codes)])
    with pytest.raises(InputFileError, match="global"):
        open_koeppen_geiger([write_raster(tmp_path / "part.tif", codes, bounds=(-10, 30, 30, 60))])


def test_zone_table_errors(data, tmp_path):
    image = data / "koeppen_geiger/kmz_int_reshape.png"
    (tmp_path / "alone.png").symlink_to(image)
    with pytest.raises(InputFileError, match=r"kg_zoneNum\.csv"):
        open_koeppen_geiger([tmp_path / "alone.png"], bbox=BOX)
    table = tmp_path / "kg_zoneNum.csv"
    table.write_text(",kg_zone,zoneNum\n1,Af,1\n2,Cfb,10\n")
    with pytest.raises(InputFileError, match="codes"):
        open_koeppen_geiger([tmp_path / "alone.png"], bbox=BOX)
    table.write_text(",zone,number\n1,Af,1\n")
    with pytest.raises(InputFileError, match="kg_zone and zoneNum"):
        open_koeppen_geiger([tmp_path / "alone.png"], bbox=BOX)
    table.write_text(",kg_zone,zoneNum\n1,Xyz,1\n")
    with pytest.raises(InputFileError, match="Xyz"):
        open_koeppen_geiger([tmp_path / "alone.png"], bbox=BOX)
    small = write_raster(tmp_path / "small.png", np.ones((18, 36), "u1"), driver="PNG")
    table.write_text((data / "koeppen_geiger/kg_zoneNum.csv").read_text())
    with pytest.raises(InputFileError, match="18×36"):
        open_koeppen_geiger([small])
    cut = tmp_path / "cut.png"
    cut.write_bytes(image.read_bytes()[:40_000])
    with pytest.raises(InputFileError, match="cannot be read"):
        open_koeppen_geiger([cut])


def test_a_file_of_several_images_is_no_land_cover(data):
    with pytest.raises(InputFileError, match=r"0165\.nc: found"):
        products.open("mcd12c1", data / "gldas/cells_noah025_3h_v2.1/0165.nc")
