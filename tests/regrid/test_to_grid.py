import dask
import dask.array
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose.errors import ConfigError, GridError, SchemaError
from vadose.grid import Grid
from vadose.regrid import class_fraction, to_grid
from vadose.schema import FLAGS, VARIABLES, check, flag_attrs, with_grid

M36 = Grid.ease2("M36").crop((-20, 30, 20, 50))
TARGET = Grid.regular(0.5).crop((-15, 32, 15, 48))


def canonical(grid=M36, times=4):
    rng = np.random.default_rng(0)
    shape = (times, *grid.shape)
    sm = rng.random(shape, dtype="f4")
    sm[rng.random(shape) < 0.3] = np.nan
    time = pd.date_range("2015-06-01", periods=times)
    t0 = time.values[:, None, None] + (rng.integers(0, 86400, shape) * 10**9).astype("m8[ns]")
    t0[np.isnan(sm)] = np.datetime64("NaT")
    flag = np.where(np.isnan(sm), FLAGS["missing"], rng.choice([0, 1, 2], shape)).astype("u2")
    dims = ("time", "lat", "lon")
    ds = xr.Dataset(
        {
            "sm": (dims, sm, VARIABLES["sm"].attrs()),
            "sm_uncertainty": (dims, sm / 10, VARIABLES["sm_uncertainty"].attrs()),
            "t0": (dims, t0, VARIABLES["t0"].attrs()),
            "flag": (dims, flag, flag_attrs()),
            "nobs": (dims, np.isfinite(sm).astype("i4"), VARIABLES["nobs"].attrs()),
            "land_cover": (dims[1:], rng.integers(0, 17, grid.shape).astype("u1"), VARIABLES["land_cover"].attrs()),
            "bands": (("time", "bnds"), np.ones((times, 2))),
        },
        coords={"time": ("time", time, {"axis": "T"}), "run": "a"},
        attrs={"product": "p", "product_version": "1"},
    )
    return with_grid(ds, grid)


def raise_if_computed(*_args, **_kwargs):
    raise AssertionError("computed")


@pytest.mark.parametrize("method", ["area", "nearest", "cubic", "mode", "bilinear"])
def test_dataset_stays_canonical_lazy_and_independent_of_chunks(method):
    ds = canonical()
    eager = check(to_grid(ds, TARGET, method=method), "grid")
    assert Grid.of(eager) == TARGET and eager.attrs["product"] == "p" and eager.attrs["regrid"].startswith(method)
    assert set(eager.data_vars) == set(ds.data_vars)
    for name in ds.data_vars:
        assert eager[name].dtype == ds[name].dtype
        assert eager[name].attrs.get("units") == ds[name].attrs.get("units")
        assert eager[name].dims == ds[name].dims
    assert eager.time.attrs == ds.time.attrs and eager.run.item() == "a"
    with dask.config.set(scheduler=raise_if_computed):
        lazy = to_grid(ds.chunk(time=3), TARGET, method=method)
        assert all(lazy[n].chunks for n in ("sm", "flag", "t0", "nobs"))
    xr.testing.assert_identical(lazy.compute(scheduler="threads"), eager)


def test_area_of_a_dataset_variable_by_variable():
    ds = canonical()
    out = to_grid(ds, TARGET)
    gone = out.sm.isnull()
    assert 0.02 < gone.mean() < 0.98
    assert ((out.flag & FLAGS["missing"]) != 0).equals(gone)  # never on a value, always on a gap
    np.testing.assert_array_equal(out.t0.isnull(), gone)
    np.testing.assert_allclose(out.sm_uncertainty, out.sm / 10, rtol=1e-6)
    day = out.t0.dt.floor("D")
    assert (day.where(~gone) == out.time).where(~gone, True).all()
    assert (out.nobs >= 1).where(~gone, True).all()
    assert out.sm.attrs["cell_methods"] == "area: mean" and "cell_methods" not in out.flag.attrs


def test_nearest_is_the_cell_that_holds_the_centre():
    ds = canonical()
    out = to_grid(ds, TARGET, method="nearest")
    for r, c in ((0, 0), (10, 20), (31, 59)):
        row, col = M36.nearest(TARGET.lat[r], TARGET.lon[c])
        for name in ("sm", "flag", "t0", "nobs"):
            np.testing.assert_array_equal(out[name][:, r, c].values, ds[name][:, int(row), int(col)].values)


def test_outside_the_source_each_kind_is_missing_in_its_way():
    ds = canonical()
    wide = Grid.regular(0.5).crop((-30, 32, 15, 48))
    for method in ("area", "nearest", "bilinear", "cubic", "mode"):
        out = to_grid(ds, wide, method=method).isel(lon=0)
        assert out.sm.isnull().all() and out.t0.isnull().all()
        assert (out.flag == FLAGS["missing"]).all()
        assert (out.nobs == 0).all() if method != "mode" else True
        assert (out.land_cover == 255).all() and out.land_cover.attrs["_FillValue"] == 255


def test_dataarray_alone_keeps_name_and_attrs():
    da = canonical().sm
    out = to_grid(da, TARGET)
    assert isinstance(out, xr.DataArray) and out.name == "sm" and out.attrs["units"] == "m3 m-3"
    assert out.attrs["grid"] == TARGET.to_attr()
    xr.testing.assert_equal(out, to_grid(canonical(), TARGET).sm)  # the EASE-Grid is recognised without attribute
    assert to_grid(da.rename(None), TARGET).name is None


def test_same_grid_changes_nothing():
    ds = canonical()
    for method in ("area", "nearest", "cubic", "bilinear", "mode"):
        out = to_grid(ds, M36, method=method)
        for name in ("sm", "t0", "nobs", "land_cover"):
            np.testing.assert_array_equal(out[name].values, ds[name].values, err_msg=f"{method} {name}")


def test_layers_and_node_grids_across_the_date_line():
    source, target = Grid.regular(0.25, registration="node"), Grid.regular(1.0)
    wave = np.cos(np.radians(source.lon)) + np.zeros((1, 1, source.shape[0], 1))
    field = np.concatenate([wave, 2 * wave], axis=1)
    bounds = ("layer", "bnds"), [[0.0, 0.1], [0.1, 0.4]]
    ds = xr.Dataset({"sm": (("time", "layer", "lat", "lon"), field, {"units": "m3 m-3"})},
                    coords={"time": [np.datetime64("2015-01-01", "ns")], "layer_bnds": bounds})  # fmt: skip
    out = to_grid(with_grid(ds, source), target)
    edges = np.radians(target.lon_edges)
    exact = np.diff(np.sin(edges)) / np.diff(edges)
    np.testing.assert_allclose(out.sm[0, 0], np.broadcast_to(exact, target.shape), atol=4e-6)
    np.testing.assert_allclose(out.sm[0, 1], 2 * out.sm[0, 0], rtol=1e-14)
    assert out.layer_bnds.equals(ds.layer_bnds)


def test_booleans_are_classes_too():
    fine, coarse = Grid.regular(45), Grid.regular(90)
    wet = np.zeros(fine.shape, dtype=bool)
    wet[2:, 0], wet[:, 2:4] = True, True  # half of the south-western cell is a tie: False
    da = xr.DataArray(wet, dims=("lat", "lon"), coords=fine.coords())
    out = to_grid(da, coarse, min_coverage=0.1)
    assert out.dtype == bool and out.values.tolist() == [[False, True, False, False]] * 2


def test_attributes_of_the_source_grid_do_not_linger_on_variables():
    once = to_grid(canonical().sm, TARGET)
    twice = to_grid(once.to_dataset(), Grid.regular(1.0).crop((-10, 35, 10, 45)))
    assert "grid" not in twice.sm.attrs and "regular/1/" in twice.attrs["grid"]


def test_two_dimensional_coordinates_follow():
    ds = canonical().assign_coords(zone=(("lat", "lon"), np.ones(M36.shape, "i4")))
    assert (to_grid(ds, TARGET).zone == 1).all()


@pytest.mark.parametrize("scale", [1, 3])
def test_mode_of_a_class_map_with_fill(scale):
    source, target = Grid.regular(1.0), Grid.regular(float(scale) * 4)
    codes = np.full(source.shape, 5, dtype="u1")
    codes[:90] = 200
    da = xr.DataArray(codes, dims=("lat", "lon"), coords=source.coords(), attrs={"_FillValue": 200}, name="land_cover")
    out = to_grid(da, target, method="mode")
    north = target.lat > 0.1
    assert (out[north] == 200).all() and (out[target.lat < -0.1] == 5).all()


def test_class_fraction_adds_up_to_one_and_is_lazy():
    source, target = Grid.regular(0.5), Grid.regular(4.0)
    codes = np.random.default_rng(5).integers(0, 17, source.shape).astype("u1")
    codes[codes == 3] = 255
    da = xr.DataArray(codes, dims=("lat", "lon"), coords=source.coords())
    with dask.config.set(scheduler=raise_if_computed):
        lazy = class_fraction(da.chunk(), target, range(17))
    out = lazy.compute(scheduler="threads")
    assert (
        out.dims == ("class", "lat", "lon")
        and out.attrs["units"] == "1"
        and out["class"].values.tolist() == [*range(17)]
    )
    np.testing.assert_allclose(out.sum("class"), 1, rtol=1e-5)
    assert (out.sel({"class": 3}) == 0).all()
    first = codes[:8, :8]
    area = np.repeat(source.area()[:8], 8, axis=1)
    expected = area[first == 7].sum() / area[first != 255].sum()
    assert out.sel({"class": 7}).values[0, 0] == pytest.approx(expected, rel=1e-6)
    gone = class_fraction(xr.full_like(da, 255), target, {"a": (1, 2)})
    assert gone.isnull().all()
    with pytest.raises(ConfigError, match="no class"):
        class_fraction(da, target, [])


@pytest.mark.parametrize(("change", "error", "message"), [
    (lambda ds: ds.isel(lat=slice(None, None, -1)), SchemaError, "north to south"),
    (lambda ds: ds.drop_vars("lat"), SchemaError, "no 1-D coordinate 'lat'"),
    (lambda ds: ds.transpose("time", "lon", "lat", "bnds"), SchemaError, r"dims \(..., lat, lon\)"),
    (lambda ds: ds.chunk(lat=5), SchemaError, "Rechunk lat and lon to one chunk"),
    (lambda ds: ds.isel(lat=[0, 1, 3, 4]), GridError, "without gaps"),
    (lambda ds: ds.assign(lat_bnds=(("lat", "bnds"), np.zeros((M36.shape[0], 2)))), SchemaError, "both lat and lon"),
    (lambda ds: ds.assign(name=(("lat", "lon"), np.full(M36.shape, "x"))), SchemaError, "numbers, booleans"),
    (lambda ds: ds.assign_coords(lon=ds.lon.astype("f4")), SchemaError, "float64"),
])  # fmt: skip
def test_bad_input_is_named(change, error, message):
    with pytest.raises(error, match=message):
        to_grid(change(canonical()), TARGET)


def test_bad_arguments_are_named():
    ds = canonical()
    with pytest.raises(ConfigError, match="'linear'; needed one of"):
        to_grid(ds, TARGET, method="linear")
    with pytest.raises(ConfigError, match="share from 0 to 1"):
        to_grid(ds, TARGET, min_coverage=50)
    with pytest.raises(GridError, match=r"found float 0\.25; needed a Grid"):
        to_grid(ds, 0.25)
    with pytest.raises(SchemaError, match="found ndarray"):
        to_grid(ds.sm.values, TARGET)
    with pytest.raises(GridError, match="does not overlap"):
        to_grid(ds, Grid.regular(0.5).crop((100, 0, 120, 20)))


def test_real_cci_image_keeps_its_global_mean(data):
    import netCDF4

    [path] = sorted((data / "esa_cci/images_v05.2/combined/2016").glob("*20160607*.nc"))
    with netCDF4.Dataset(path) as nc:
        sm = nc["sm"][0].astype("f8").filled(np.nan)
    source, target = Grid.regular(0.25), Grid.regular(1.0)
    da = xr.DataArray(sm, dims=("lat", "lon"), coords=source.coords(), name="sm", attrs={"units": "m3 m-3"})
    out = to_grid(da, target, min_coverage=0.0)
    # each coarse mean weighted by the valid area below it gives back the integral over valid cells
    valid = to_grid(da.notnull().astype("f8"), target)
    area = target.area()
    coarse = np.nansum(out.values * valid.values * area) / (valid.values * area).sum()
    fine = np.nansum(sm * source.area()) / (np.isfinite(sm) * source.area()).sum()
    assert coarse == pytest.approx(fine, rel=1e-12)
    assert np.nanmin(out) >= np.nanmin(sm) and np.nanmax(out) <= np.nanmax(sm)
