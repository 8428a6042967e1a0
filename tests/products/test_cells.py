"""Cell files in the three layouts, written as pynetcf writes them, and the real ones."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose.errors import GridError, InputFileError
from vadose.grid import Grid
from vadose.products import cells
from vadose.products.cells import index_cells, index_ragged, layout
from vadose.products.decode import open_netcdf

DAY0 = np.datetime64("1858-11-17")
UNUSED = -9223372036854775808
NO_PLACE = 9.969209968386869e36


def ortho(path, lat, lon, days, values, *, dtype="f4", name="sm"):
    """Values (locations, time), coordinates as float32, no fill value declared."""
    with netCDF4.Dataset(path, "w") as nc:
        nc.createDimension("locations", len(lat))
        nc.createDimension("time", len(days))
        nc.createVariable("lat", "f4", ("locations",))[:] = lat
        nc.createVariable("lon", "f4", ("locations",))[:] = lon
        nc.createVariable("location_id", "i8", ("locations",))[:] = np.arange(len(lat))
        time = nc.createVariable("time", "f8", ("time",))
        time.units = "days since 1858-11-17 00:00:00"
        time[:] = days
        nc.createVariable(name, dtype, ("locations", "time"))[:] = values
    return path


def contiguous(path, lat, lon, sizes, days, values):
    with netCDF4.Dataset(path, "w") as nc:
        nc.createDimension("locations", len(lat))
        nc.createDimension("obs", len(days))
        nc.createVariable("lat", "f4", ("locations",))[:] = lat
        nc.createVariable("lon", "f4", ("locations",))[:] = lon
        nc.createVariable("location_id", "i8", ("locations",))[:] = np.arange(len(lat)) + 100
        nc.createVariable("row_size", "i8", ("locations",))[:] = sizes
        time = nc.createVariable("time", "f8", ("obs",))
        time.units = "days since 1900-01-01 00:00:00"
        time[:] = days
        nc.createVariable("sm", "f4", ("obs",))[:] = values
    return path


def indexed(path, lat, lon, index, seconds, values):
    with netCDF4.Dataset(path, "w") as nc:
        nc.createDimension("locations", len(lat))
        nc.createDimension("time", len(seconds))
        nc.createVariable("lat", "f4", ("locations",))[:] = lat
        nc.createVariable("lon", "f4", ("locations",))[:] = lon
        nc.createVariable("location_id", "i8", ("locations",))[:] = np.arange(len(lat)) + 100
        nc.createVariable("locationIndex", "i8", ("time",))[:] = index
        time = nc.createVariable("time", "f8", ("time",))
        time.units = "seconds since 2000-01-01 12:00:00"
        time[:] = seconds
        nc.createVariable("sm", "f4", ("time",))[:] = values
    return path


def quarter(paths, **options):
    return index_cells(paths, ["sm"], parent=Grid.regular(0.25), **{"fills": {"sm": (-9999.0,)}, **options})


def test_locations_in_any_order_land_on_their_cells(tmp_path):
    lat, lon = [19.125, 19.625, 19.125], [-155.125, -155.875, -155.875]
    path = ortho(tmp_path / "0165.nc", lat, lon, [10, 11], [[1, 2], [3, 4], [5, -9999]])
    index = quarter([path])
    da = index.variable("sm")
    assert da.dims == ("time", "lat", "lon") and da.shape == (2, 3, 4)
    assert da.lat.values.tolist() == [19.625, 19.375, 19.125]
    assert da.sel(lat=19.125, lon=-155.125).values.tolist() == [1, 2]
    assert da.sel(lat=19.625, lon=-155.875).values.tolist() == [3, 4]
    np.testing.assert_array_equal(da.sel(lat=19.125, lon=-155.875).values, [5, np.nan])
    assert int(da.notnull().sum()) == 5  # cells without a location are missing


def test_unused_slots_are_dropped(tmp_path):
    path = ortho(tmp_path / "0165.nc", [19.125, NO_PLACE], [-155.125, NO_PLACE], [10], [[1], [9]])
    index = quarter([path])
    assert index.grid.shape == (1, 1) and float(index.variable("sm").squeeze()) == 1
    empty = ortho(tmp_path / "0166.nc", [NO_PLACE], [NO_PLACE], [10], [[9]])
    with pytest.raises(InputFileError, match=r"0166\.nc: found no location with a valid latitude"):
        quarter([empty])


def test_several_files_are_joined_on_the_union_of_their_times(tmp_path):
    a = ortho(tmp_path / "0165.nc", [19.875], [-155.125], [10, 12], [[1, 2]])
    b = ortho(tmp_path / "0166.nc", [20.125], [-155.125], [12, 11], [[3, 4]])
    da = quarter([a, b]).variable("sm").squeeze("lon")
    assert ((da.time.values.astype("M8[D]") - DAY0).astype(int)).tolist() == [10, 11, 12]
    np.testing.assert_array_equal(da.sel(lat=19.875).values, [1, np.nan, 2])
    np.testing.assert_array_equal(da.sel(lat=20.125).values, [np.nan, 4, 3])
    assert da.chunks == ((3,), (1, 1))  # a chunk is a 5 degree box, that is, one file


def test_integers_get_the_blank_where_no_file_reaches(tmp_path):
    a = ortho(tmp_path / "0165.nc", [19.875, 19.625], [-155.125, -155.375], [10], [[7], [8]], dtype="i2")
    index = quarter([a], dtypes={"sm": "int16"})
    assert index.variable("sm", blank=-1).values[0].tolist() == [[-1, 7], [8, -1]]


def test_period_and_bbox(tmp_path):
    days, lon = [57754, 57755, 57756], [-155.125, -155.125]
    a = ortho(tmp_path / "0165.nc", [19.875, 19.125], lon, days, np.arange(6).reshape(2, 3))
    index = quarter([a], period="2017-01-02", bbox=(-156, 19.7, -155, 20))
    assert index.variable("sm").values.tolist() == [[[1.0]]]
    with pytest.raises(InputFileError, match="2017-01-01T00:00 to 2017-01-03T00:00"):
        quarter([a], period="2018")
    with pytest.raises(GridError, match="bbox"):
        quarter([a], bbox=(0, 0, 1, 1))
    with pytest.raises(GridError, match="holds no location"):
        quarter([a], bbox=(-156, 19.25, -155, 19.75))


def test_a_location_or_a_time_twice(tmp_path):
    a = ortho(tmp_path / "0165.nc", [19.875], [-155.125], [10], [[1]])
    b = ortho(tmp_path / "0165b.nc", [19.875], [-155.125], [11], [[2]])
    with pytest.raises(InputFileError, match=r"0165\.nc and 0165b\.nc: found the location 19\.8750"):
        quarter([a, b])
    c = ortho(tmp_path / "c.nc", [19.875], [-155.125], [10, 10], [[1, 2]])
    with pytest.raises(InputFileError, match=r"c\.nc: found 1858-11-27T00:00:00 more than once"):
        quarter([c])


def test_a_location_off_the_grid(tmp_path):
    path = ortho(tmp_path / "0165.nc", [19.2], [-155.125], [10], [[1]])
    with pytest.raises(GridError, match=r"0165\.nc"):
        quarter([path])


def test_float32_coordinates_of_a_tenth_degree_grid_snap(tmp_path):
    node = Grid.regular(0.1, registration="node")
    lat, lon = node.lat[700:705], node.lon[200:205]
    path = ortho(tmp_path / "a.nc", lat, lon, [10], np.arange(5.0)[:, None])
    index = index_cells([path], ["sm"], parent=node)
    assert np.array_equal(index.grid.lat, lat) and np.array_equal(index.grid.lon, lon)
    assert np.diag(index.variable("sm").values[0]).tolist() == [0, 1, 2, 3, 4]


def test_opening_reads_no_data_and_a_box_reads_one_file(tmp_path, monkeypatch):
    a = ortho(tmp_path / "0165.nc", [19.875], [-155.125], [10], [[1]])
    b = ortho(tmp_path / "0166.nc", [20.125], [-155.125], [10], [[2]])
    read = []
    original = cells.CellMosaic._read

    def counted(self, box, *rest):
        read.append(box.path)
        return original(self, box, *rest)

    monkeypatch.setattr(cells.CellMosaic, "_read", counted)
    da = quarter([a, b]).variable("sm")
    assert not read
    assert float(da.isel(lat=0).squeeze()) == 2
    assert read == [str(b)]


def test_contiguous_ragged_is_sorted_by_time_and_knows_its_place(tmp_path):
    path = contiguous(tmp_path / "0165.nc", [19.1, NO_PLACE, 19.4], [-155.1, NO_PLACE, -155.2], [2, UNUSED, 1],
                      [5.0, 1.0, 3.0], [0.5, 0.1, 0.3])  # fmt: skip
    index = index_ragged([path], ["sm"])
    da = index.variable("sm")
    np.testing.assert_allclose(da.values, [0.1, 0.3, 0.5], rtol=1e-6)
    assert index.location.tolist() == [100, 102, 100]
    np.testing.assert_allclose(da.lat.values, [19.1, 19.4, 19.1], rtol=1e-6)
    assert da.time.values[0] == np.datetime64("1900-01-02")


def test_indexed_ragged_over_two_files_with_box_and_period(tmp_path):
    a = indexed(tmp_path / "0165.nc", [19.1, 19.4], [-155.1, -155.2], [1, 0, 1], [30, 10, 20], [3, 1, 2])
    b = indexed(tmp_path / "0166.nc", [20.4], [-155.2], [0, 0], [15, 90000], [9, 8])
    index = index_ragged([a, b], ["sm"])
    assert index.variable("sm").values.tolist() == [1, 9, 2, 3, 8]
    day = index_ragged([a, b], ["sm"], period="2000-01-01", bbox=(-156, 19.3, -155, 21))
    assert day.variable("sm").values.tolist() == [9, 2, 3]
    assert day.variable("sm")[1:].values.tolist() == [2, 3]
    with pytest.raises(InputFileError, match="no observation in bbox"):
        index_ragged([a, b], ["sm"], period="2005")


def test_an_index_that_does_not_fit(tmp_path):
    path = contiguous(tmp_path / "a.nc", [19.1], [-155.1], [3], [1.0, 2.0], [0, 0])
    with pytest.raises(InputFileError, match=r"a\.nc: row_size: found 3 observations in all; needed 2"):
        index_ragged([path], ["sm"])
    path = indexed(tmp_path / "b.nc", [19.1], [-155.1], [0, 4], [1, 2], [0, 0])
    with pytest.raises(InputFileError, match=r"locationIndex: found indices 0 to 4; needed 0 to 0"):
        index_ragged([path], ["sm"])


def test_the_wrong_layout_is_named(tmp_path):
    a = ortho(tmp_path / "a.nc", [19.875], [-155.125], [10], [[1]])
    b = contiguous(tmp_path / "b.nc", [19.1], [-155.1], [1], [1.0], [0])
    with pytest.raises(InputFileError, match=r"a\.nc: found ortho"):
        index_ragged([a], ["sm"])
    with pytest.raises(InputFileError, match=r"b\.nc: found contiguous"):
        quarter([b])


@pytest.mark.parametrize(
    ("file", "kind"),
    [("ascat/h113_cells/0165.nc", "contiguous"), ("smap_l3/cells_v9_am_pm/0165.nc", "indexed"),
     ("era5/cells_v20190613/0165.nc", "ortho"), ("cmip6/landmask.nc", "")],
)  # fmt: skip
def test_layout_of_real_files(data, file, kind):
    with open_netcdf(data / file) as nc:
        assert layout(nc) == kind


def test_real_ragged_series_equals_the_published_extract(data):
    """The series of one H113 location, published separately as CSV."""
    import pandas as pd

    table = pd.read_csv(data / "station_timeseries/pytesmo/ASCAT.csv", index_col=0, parse_dates=True)
    index = index_ragged([data / "ascat/h113_cells/0166.nc"], ["sm"], bbox=(-155.2850, 20.0012, -155.2848, 20.0014))
    assert len(set(index.location.tolist())) == 1
    assert abs(len(index.times) - len(table)) == 0
    np.testing.assert_allclose(index.variable("sm").values, table["sm"].to_numpy(), rtol=0, atol=0.5)
    gap = np.abs(index.times - table.index.to_numpy().astype("M8[ns]")).astype("m8[ms]").astype(int)
    assert gap.max() <= 1000
