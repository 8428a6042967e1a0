import dask
import numpy as np
import pytest
import xarray as xr

from vadose.errors import ConfigError, GridError, SchemaError
from vadose.grid import Grid
from vadose.regrid import from_projected, to_grid

pytest.importorskip("rioxarray")


def raster(values, *, crs, x, y, **attrs):
    da = xr.DataArray(values, dims=("y", "x"), coords={"y": y, "x": x}, name="sm", attrs={"units": "m3 m-3", **attrs})
    return da.rio.write_crs(crs)


def utm(function, size=500.0, n=120):
    """A field given as a function of latitude and longitude on UTM zone 14 N."""
    from pyproj import Transformer

    x = 560000 + (np.arange(n) + 0.5) * size
    y = 5530000 - (np.arange(n) + 0.5) * size
    lon, lat = Transformer.from_crs("EPSG:32614", "EPSG:4326", always_xy=True).transform(*np.meshgrid(x, y))
    return raster(function(lat, lon).astype("f4"), crs="EPSG:32614", x=x, y=y)


def plane(lat, lon):
    return 0.3 + 0.1 * (lat - 49.6) + 0.05 * (lon + 97.7)


INNER = Grid.regular(0.05).crop((-97.95, 49.45, -97.55, 49.8))


@pytest.mark.parametrize(("method", "atol"), [("area", 3e-4), ("bilinear", 3e-4), ("cubic", 3e-4), ("nearest", 6e-4)])
@pytest.mark.parametrize("grid", [INNER, Grid.ease2("M09").crop((-97.85, 49.55, -97.6, 49.75))], ids=str)
def test_a_plane_is_reproduced(method, atol, grid):
    out = from_projected(utm(plane), grid, method=method)
    assert out.dims == ("lat", "lon") and out.dtype == np.float32 and out.attrs["units"] == "m3 m-3"
    assert Grid.of(out.to_dataset()) == grid
    exact = plane(grid.lat[:, None], grid.lon[None, :])
    assert np.abs(out.values - exact).max() < atol


def test_ease2_raster_gives_the_same_as_our_own_weights():
    source = Grid.ease2("M09").crop((-10, 40, 0, 45))
    target = Grid.ease2("M36").crop((-9, 41, -1, 44))
    from vadose.grid import EASE2

    size, rows, cols = EASE2["M09"]
    x = (np.arange(*source.cols) + 0.5 - cols / 2) * size
    y = (rows / 2 - np.arange(*source.rows) - 0.5) * size
    values = np.random.default_rng(0).random(source.shape)
    values[5:9, 5:20] = np.nan
    da = raster(values, crs="EPSG:6933", x=x, y=y)
    own = to_grid(xr.DataArray(values, dims=("lat", "lon"), coords=source.coords()), target)
    np.testing.assert_allclose(from_projected(da, target).values, own.values, rtol=1e-6)


def test_missing_values_and_the_edge_of_the_raster():
    da = utm(lambda lat, lon: np.full(lat.shape, 0.3))
    da.values[:60] = np.nan
    grid = Grid.regular(0.1).crop((-98.5, 49.0, -97.0, 50.2))
    out = from_projected(da, grid)
    seen = out.notnull()
    assert seen.any() and not seen.all()
    np.testing.assert_allclose(out.values[seen], 0.3, rtol=1e-6)
    strict, loose = from_projected(da, grid, min_coverage=1.0), from_projected(da, grid, min_coverage=0.0)
    assert strict.notnull().sum() < seen.sum() < loose.notnull().sum()
    pixels = np.isfinite(da.values).sum() * 500.0**2
    area = np.broadcast_to(grid.area(), grid.shape)
    assert (area * strict.notnull()).sum() < pixels < (area * loose.notnull()).sum()
    fine = Grid.regular(0.005).crop((-98.5, 49.0, -97.0, 50.2))
    seen = from_projected(da, fine).notnull()
    assert (fine.area() * seen).sum().item() == pytest.approx(pixels, rel=0.005)
    assert from_projected(da * np.nan, grid).isnull().all()


def test_nodata_value_is_missing():
    da = utm(plane)
    da.values[10:40, 10:40] = -9999
    out = from_projected(da.rio.write_nodata(-9999), INNER, min_coverage=0.0)
    assert out.min() > 0.2 and "_FillValue" not in out.attrs


def test_lazy_per_time():
    da = xr.concat([utm(plane), 2 * utm(plane), utm(plane) * np.nan], "time").assign_coords(time=[1, 2, 3])

    def refuse(*_args, **_kwargs):
        raise AssertionError("computed")

    with dask.config.set(scheduler=refuse):
        lazy = from_projected(da.chunk(time=1), INNER, method="cubic")
    assert lazy.chunks and lazy.dims == ("time", "lat", "lon")
    xr.testing.assert_identical(lazy.compute(scheduler="threads"), from_projected(da, INNER, method="cubic"))


def test_mode_of_classes():
    da = utm(lambda lat, lon: np.where(lon < -97.75, 1.0, 12.0))
    out = from_projected(da, INNER, method="mode")
    np.testing.assert_array_equal(out.values, np.where(INNER.lon < -97.75, 1.0, 12.0) + 0 * INNER.lat[:, None])


@pytest.mark.parametrize(("change", "error", "message"), [
    (lambda da: da.drop_vars("spatial_ref"), SchemaError, "no coordinate reference system"),
    (lambda da: da.rename(y="lat", x="lon"), SchemaError, r"dims \(..., y, x\)"),
    (lambda da: da.astype("i2"), SchemaError, "floating"),
    (lambda da: da.chunk(x=50), SchemaError, "Rechunk y and x"),
    (lambda da: da.isel(x=[0]), SchemaError, "two pixels"),
    (lambda da: da.assign_coords(x=da.x - 500000), GridError, "overlaps"),
])  # fmt: skip
def test_bad_input(change, error, message):
    with pytest.raises(error, match=message):
        from_projected(change(utm(plane)), INNER)


def test_bad_arguments():
    with pytest.raises(ConfigError, match="one of"):
        from_projected(utm(plane), INNER, method="lanczos")
    with pytest.raises(GridError, match="regular or EASE"):
        from_projected(utm(plane), Grid.rectilinear([49.7, 49.6], [-97.8, -97.7]))
