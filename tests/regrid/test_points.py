import dask
import numpy as np
import pytest
import xarray as xr

from vadose.errors import ConfigError, GridError, SchemaError
from vadose.grid import Grid
from vadose.regrid import to_points
from vadose.schema import FLAGS, with_grid


def dataset(grid):
    shape = (2, *grid.shape)
    ds = xr.Dataset(
        {
            "sm": (("time", "lat", "lon"), np.arange(np.prod(shape), dtype="f4").reshape(shape), {"units": "m3 m-3"}),
            "flag": (("time", "lat", "lon"), np.ones(shape, "u2")),
            "t0": (("time", "lat", "lon"), np.full(shape, np.datetime64("2015-01-01", "ns"))),
            "note": ("time", [1, 2]),
        },
        coords={"time": np.array(["2015-01-01", "2015-01-02"], "M8[ns]")},
    )
    return with_grid(ds, grid)


def test_nearest_takes_the_cell_and_marks_points_outside():
    grid = Grid.ease2("M36").crop((-160, 15, -150, 25))
    ds = dataset(grid)
    out = to_points(ds, [20.0, 80.0, 17.3], [-155.2, 0.0, 204.9])
    row, col = grid.nearest(20.0, -155.2)
    np.testing.assert_array_equal(out.sm[:, 0], ds.sm[:, int(row), int(col)])
    assert out.sm.dims == ("time", "point") and out.sm.dtype == np.float32 and out.sm.attrs["units"] == "m3 m-3"
    assert out.sm[:, 1].isnull().all() and out.t0[:, 1].isnull().all() and (out.flag[:, 1] == FLAGS["missing"]).all()
    assert np.isnan(out.cell_lat[1]) and out.cell_lat[0] == grid.lat[row] and out.lon[2] == 204.9
    assert out.sm[:, 2].notnull().all() and (out.flag[:, [0, 2]] == 1).all() and out.note.values.tolist() == [1, 2]
    assert "grid" not in out.attrs


def test_bilinear_is_exact_for_linear_fields_and_crosses_the_date_line():
    grid = Grid.regular(1.0)
    lat, lon = np.array([10.3, -45.0, 0.0, 30.5]), np.array([20.7, 100.25, -0.4, 40.5])
    field = 2 * grid.lat[:, None] + 3 * grid.lon[None, :]
    ds = xr.Dataset({"sm": (("lat", "lon"), field)}, coords=grid.coords())
    np.testing.assert_allclose(to_points(ds, lat, lon, method="bilinear").sm, 2 * lat + 3 * lon, rtol=1e-12)
    wave = xr.Dataset({"sm": (("lat", "lon"), np.cos(np.radians(grid.lon)) + 0 * field)}, coords=grid.coords())
    np.testing.assert_allclose(to_points(wave, [0, 0], [180.0, -179.9], method="bilinear").sm, -1, atol=1e-4)


def test_bilinear_missing_values():
    grid = Grid.regular(1.0).crop((0, 0, 2, 2))
    ds = xr.Dataset({"sm": (("lat", "lon"), [[1.0, np.nan], [3.0, np.nan]])}, coords=grid.coords())
    out = to_points(ds, [1.0, 1.0, 1.0, 9.0], [0.75, 1.25, 0.1, 0.5], method="bilinear").sm.values
    np.testing.assert_array_equal(out, [2.0, np.nan, 2.0, np.nan])


def test_lazy_whatever_the_chunks():
    ds = dataset(Grid.regular(1.0).crop((0, 0, 10, 10)))

    def refuse(*_args, **_kwargs):
        raise AssertionError("computed")

    for method in ("nearest", "bilinear"):
        with dask.config.set(scheduler=refuse):
            lazy = to_points(ds.chunk(time=1, lat=3, lon=4), [5.2, 3.3], [4.1, 9.9], method=method)
        assert lazy.sm.chunks
        xr.testing.assert_identical(
            lazy.compute(scheduler="threads"), to_points(ds, [5.2, 3.3], [4.1, 9.9], method=method)
        )


def test_bad_input():
    ds = dataset(Grid.regular(1.0).crop((0, 0, 10, 10)))
    with pytest.raises(GridError, match="all 1 points outside"):
        to_points(ds, [50.0], [50.0])
    with pytest.raises(SchemaError, match="same length"):
        to_points(ds, [5.0, 6.0], [5.0])
    with pytest.raises(ConfigError, match="'cubic'"):
        to_points(ds, [5.0], [5.0], method="cubic")
