"""Image stacks: laziness, order, windows, and files that do not fit together."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose.errors import GridError, InputFileError
from vadose.grid import Grid
from vadose.products import images
from vadose.products.images import index_images

DAY0 = np.datetime64("2000-01-01")


def write(path, days, *, lat=(1.5, 0.5, -0.5), lon=(-1.5, -0.5, 0.5, 1.5), values=None, fill=-9999.0, dims=None,
          scale=None):  # fmt: skip
    """A file with one image per day: value = day + row / 10 + column / 100, in the file's own order."""
    lat, lon, days = np.asarray(lat, float), np.asarray(lon, float), np.atleast_1d(days)
    if values is None:
        values = days[:, None, None] + lat[:, None] * 10 + lon / 10
    with netCDF4.Dataset(path, "w") as nc:
        for name, axis in (("time", days), ("lat", lat), ("lon", lon)):
            nc.createDimension(name, len(axis))
            nc.createVariable(name, "f8", (name,))[:] = axis
        nc["time"].units = "days since 2000-01-01"
        order = dims or ("time", "lat", "lon")
        var = nc.createVariable("v", "f4", order, fill_value=fill)
        if scale:
            var.scale_factor = scale
            var.set_auto_maskandscale(False)
        var[:] = np.transpose(values, [("time", "lat", "lon").index(d) for d in order])
    return path


def expected(days, grid):
    return np.asarray(days, float)[:, None, None] + grid.lat[:, None] * 10 + grid.lon / 10


def one_degree(paths, **options):
    return index_images(paths, ["v"], parent=Grid.regular(1.0), **options)


def test_values_and_coordinates(tmp_path):
    index = one_degree([write(tmp_path / "a.nc", [0]), write(tmp_path / "b.nc", [1])])
    da = index.variable("v")
    assert da.dims == ("time", "lat", "lon") and da.chunks == ((1, 1), (3,), (4,))
    np.testing.assert_allclose(da.values, expected([0, 1], index.grid), rtol=1e-6)
    assert da.lat.values.tolist() == [1.5, 0.5, -0.5] and da.time.values[1] == DAY0 + 1


@pytest.mark.parametrize(
    ("lat", "lon", "dims"),
    [
        ((-0.5, 0.5, 1.5), (-1.5, -0.5, 0.5, 1.5), None),  # south to north
        ((1.5, 0.5, -0.5), (0.5, 1.5, 358.5, 359.5), None),  # longitudes 0..360
        ((0.5, 1.5, -0.5), (-1.5, -0.5, 0.5, 1.5), None),  # unsorted
        ((1.5, 0.5, -0.5), (-1.5, -0.5, 0.5, 1.5), ("time", "lon", "lat")),  # transposed
        ((1.5, 0.5, -0.5), (-1.5, -0.5, 0.5, 1.5), ("lat", "lon", "time")),
    ],
)
def test_axis_order_in_the_file_does_not_matter(tmp_path, lat, lon, dims):
    wrapped = [x - 360 if x > 180 else x for x in lon]
    values = 7 + np.asarray(lat)[:, None] * 10 + np.asarray(wrapped) / 10
    path = write(tmp_path / "a.nc", [7], lat=lat, lon=lon, values=values[None], dims=dims)
    index = one_degree([path])
    np.testing.assert_allclose(index.variable("v").values, expected([7], index.grid), rtol=1e-6)


def test_unsorted_files_and_times_come_out_sorted(tmp_path):
    index = one_degree([write(tmp_path / "a.nc", [5, 3]), write(tmp_path / "b.nc", [4])])
    assert (index.times.astype("M8[D]") - DAY0).astype(int).tolist() == [3, 4, 5]
    np.testing.assert_allclose(index.variable("v").values, expected([3, 4, 5], index.grid), rtol=1e-6)


def test_the_same_time_twice_names_both_files(tmp_path):
    paths = [write(tmp_path / "a.nc", [1, 2]), write(tmp_path / "b.nc", [2])]
    with pytest.raises(InputFileError, match=r"a\.nc and b\.nc: found 2000-01-03T00:00:00 more than once"):
        one_degree(paths)


def test_period_and_bbox(tmp_path):
    paths = [write(tmp_path / f"{d}.nc", [d]) for d in range(5)]
    index = one_degree(paths, period="2000-01-02/2000-01-03", bbox=(-1, 0, 1, 2))
    assert [p.name for p in index.paths] == ["1.nc", "2.nc"]
    da = index.variable("v")
    assert da.shape == (2, 2, 2) and da.lat.values.tolist() == [1.5, 0.5] and da.lon.values.tolist() == [-0.5, 0.5]
    np.testing.assert_allclose(da.values, expected([1, 2], index.grid), rtol=1e-6)
    with pytest.raises(InputFileError, match="2000-01-01T00:00 to 2000-01-05T00:00"):
        one_degree(paths, period="2001")
    with pytest.raises(GridError, match="holds no cell centre"):
        one_degree(paths, bbox=(50, 50, 60, 60))


def test_opening_reads_no_pixels_and_a_box_reads_its_window_only(tmp_path, monkeypatch):
    paths = [write(tmp_path / f"{d}.nc", [d]) for d in range(4)]
    reads = []
    original = images._read

    def counted(variable, order, where):
        reads.append((variable.group().filepath(), {k: len(v) for k, v in where.items() if v is not None}))
        return original(variable, order, where)

    monkeypatch.setattr(images, "_read", counted)
    da = one_degree(paths).variable("v")
    lazy = (da * 2).where(da > 0)
    assert not reads
    assert float(lazy.isel(time=2, lat=0, lon=3)) == pytest.approx(2 * (2 + 15 + 0.15))
    assert {path for path, _ in reads} == {str(paths[2])}
    reads.clear()
    small = one_degree(paths, bbox=(-1, 1, 1, 2)).variable("v")
    assert small.isel(time=slice(0, 2)).values.shape == (2, 1, 2)
    assert [r[1]["lat"] * r[1]["lon"] for r in reads] == [2, 2]


def test_results_do_not_depend_on_chunking(tmp_path):
    path = write(tmp_path / "a.nc", np.arange(6))
    da = one_degree([path]).variable("v")
    np.testing.assert_array_equal(da.chunk(time=4, lat=2).values, da.values)


def test_each_file_is_unpacked_with_its_own_scale(tmp_path):
    ones = np.ones((1, 3, 4))
    paths = [write(tmp_path / "a.nc", [0], values=ones, scale=0.1), write(tmp_path / "b.nc", [1], values=ones, scale=2)]
    da = one_degree(paths).variable("v")
    np.testing.assert_allclose(da.isel(lat=0, lon=0).values, [0.1, 2.0], rtol=1e-6)


def test_fill_becomes_nan(tmp_path):
    values = np.full((1, 3, 4), -9999.0)
    values[0, 1, 1] = 3.0
    da = one_degree([write(tmp_path / "a.nc", [0], values=values)]).variable("v")
    assert int(da.notnull().sum()) == 1 and float(da.sel(lat=0.5, lon=-0.5).squeeze()) == 3.0


def test_files_that_do_not_fit_the_first(tmp_path):
    first = write(tmp_path / "a.nc", [0])
    other = write(tmp_path / "b.nc", [1], lat=(2.5, 1.5, 0.5))
    with pytest.raises(InputFileError, match=r"b\.nc: found lat of 3 values unlike those of a\.nc"):
        one_degree([first, other])
    with pytest.raises(InputFileError, match=r"b\.nc: found b; needed a as a\.nc"):
        one_degree([first, write(tmp_path / "b.nc", [1])], identity=lambda nc, path: path.stem)
    off = write(tmp_path / "c.nc", [0], lat=(1.4, 0.4, -0.6))
    with pytest.raises(GridError, match=r"c\.nc"):
        one_degree([off])
    gap = write(tmp_path / "d.nc", [0], lat=(2.5, 0.5, -0.5))
    with pytest.raises(GridError, match="gaps"):
        one_degree([gap])
    twice = write(tmp_path / "e.nc", [0], lon=(0.5, 1.5, 2.5, 360.5))
    with pytest.raises(GridError, match="twice"):
        one_degree([twice])


def test_damage_found_while_reading_names_the_file(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "a.nc"
    grid = Grid.regular(1.0)
    with netCDF4.Dataset(path, "w") as nc:
        for name, axis in (("time", [0.0]), ("lat", grid.lat), ("lon", grid.lon)):
            nc.createDimension(name, len(axis))
            nc.createVariable(name, "f8", (name,))[:] = axis
        nc["time"].units = "days since 2000-01-01"
        nc.createVariable("v", "f4", ("time", "lat", "lon"), zlib=True, fletcher32=True)[:] = rng.random((1, 180, 360))
    da = one_degree([path]).variable("v")
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 200] = bytes(200)
    path.write_bytes(raw)
    with pytest.raises(InputFileError, match=r"a\.nc: found damaged data"):
        da.values  # noqa: B018


def test_a_thirty_year_stack_is_a_small_graph(tmp_path):
    path = write(tmp_path / "a.nc", [0])
    index = one_degree([path])
    n = 10957
    many = images.Images(index.paths, DAY0.astype("M8[ns]") + np.arange(n).astype("m8[D]"), [(str(path), 0)] * n,
                         index.grid, index.rows, index.cols, index.orders, {}, None, index.codings)  # fmt: skip
    da = many.variable("v", None)
    assert da.shape == (n, 3, 4)
    assert len(da.data.__dask_graph__().layers) <= 3
    assert float(da.isel(time=-1, lat=0, lon=0)) == pytest.approx(0 + 15 - 0.15)


def test_with_a_period_files_far_off_by_name_are_not_opened(tmp_path):
    near, far = write(tmp_path / "v-20000101.nc", [0]), tmp_path / "v-20100101.nc"
    far.write_text("never opened")
    odd = write(tmp_path / "v-20009999.nc", [1])
    options = {"name_date": r"-(\d{8})\."}
    assert one_degree([near, far, odd], period="2000-01", **options).times.shape == (2,)
    with pytest.raises(InputFileError, match="v-20100101"):
        one_degree([near, far, odd], **options)
    with pytest.raises(InputFileError, match=r"v-20000101\.nc.*within the period"):
        one_degree([near], period="2005", **options)


def test_an_axis_with_a_missing_value(tmp_path):
    path = write(tmp_path / "a.nc", [0], lat=(1.5, np.nan, -0.5), values=np.zeros((1, 3, 4)))
    with pytest.raises(InputFileError, match=r"a\.nc: lat: found an axis of shape \(3,\)"):
        one_degree([path])
