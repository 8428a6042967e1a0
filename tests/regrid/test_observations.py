import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose.errors import ConfigError, GridError, SchemaError
from vadose.grid import Grid
from vadose.regrid import grid_observations
from vadose.schema import FLAGS, check, flag_attrs

GRID = Grid.ease2("M36").crop((-5, 40, 5, 50))


def observations(n=3000, seed=0):
    rng = np.random.default_rng(seed)
    time = np.sort(np.datetime64("2016-02-27", "ns") + rng.integers(0, 5 * 86400, n) * np.timedelta64(1, "s"))
    sm = rng.random(n).astype("f4")
    sm[rng.random(n) < 0.3] = np.nan
    return xr.Dataset(
        {
            "sm": ("obs", sm, {"units": "m3 m-3"}),
            "sm_uncertainty": ("obs", sm / 10, {"units": "m3 m-3"}),
            "flag": ("obs", rng.choice([0, 1, 2, 4], n).astype("u2"), flag_attrs()),
            "orbit": ("obs", rng.integers(0, 3, n).astype("i2")),
        },
        coords={"time": ("obs", time), "lat": ("obs", rng.uniform(40, 52, n)), "lon": ("obs", rng.uniform(-5, 5, n)),
                "location": ("obs", np.arange(n))},
        attrs={"product": "swath"},
    )  # fmt: skip


def test_against_a_naive_loop():
    ds = observations()
    out = check(grid_observations(ds, GRID), "grid")
    assert out.time.values.astype("M8[D]").astype(str).tolist() == [
        "2016-02-27", "2016-02-28", "2016-02-29", "2016-03-01", "2016-03-02"]  # fmt: skip
    row, col = GRID.nearest(ds.lat.values, ds.lon.values)
    day = pd.DatetimeIndex(ds.time.values).normalize()
    assert out.attrs["n_obs_outside"] == (row < 0).sum() > 0
    frame = pd.DataFrame({"row": row, "col": col, "day": day, "sm": ds.sm.values.astype("f8"), "t": ds.time.values,
                          "flag": ds.flag.values, "orbit": ds.orbit.values})  # fmt: skip
    checked = 0
    for (r, c, d), cell in frame[frame.row >= 0].groupby(["row", "col", "day"]):
        here = out.isel(lat=r, lon=c).sel(time=d)
        valid = cell[cell.sm.notna()]
        assert here.nobs == len(valid)
        used = valid if len(valid) else cell
        bits = np.bitwise_or.reduce(used.flag.to_numpy()) | (0 if len(valid) else FLAGS["missing"])
        assert here.flag == bits
        counts = cell.orbit.value_counts()
        assert here.orbit == counts.index[counts == counts.max()].min()
        if len(valid):
            assert here.sm.item() == pytest.approx(valid.sm.mean(), rel=1e-6)
            assert here.sm_uncertainty.item() == pytest.approx(valid.sm.mean() / 10, rel=1e-5)
            assert abs(here.t0.values - valid.t.mean().to_datetime64()) <= np.timedelta64(1, "us")
        else:
            assert here.sm.isnull() and here.t0.isnull()
        checked += 1
    assert checked > 500
    assert out.nobs.sum() == frame[(frame.row >= 0) & frame.sm.notna()].shape[0]


def test_cells_without_observation_are_missing():
    out = grid_observations(observations(20), GRID)
    empty = out.nobs == 0
    assert out.sm.isnull().equals(empty) and out.t0.isnull().equals(empty)
    assert ((out.flag & FLAGS["missing"]) != 0).equals(empty)


@pytest.mark.parametrize(("step", "n"), [("1h", 120), ("1D", 5), ("dekad", 2), ("month", 2), (None, 1)])
def test_steps_and_their_bounds(step, n):
    ds = observations()
    seconds = np.linspace(1, 5 * 86400 - 1, ds.sizes["obs"]).astype("m8[s]")
    ds = ds.assign_coords(time=("obs", np.datetime64("2016-02-27", "ns") + seconds))
    out = grid_observations(ds, GRID, step=step)
    assert out.sizes["time"] == n
    assert out.nobs.sum() == grid_observations(ds, GRID).nobs.sum()
    for k in range(n):
        start, stop = out.time_bnds.values[k]
        t0 = out.t0.values[k][out.nobs.values[k] > 0]
        assert start == out.time.values[k] and t0.size
        assert (t0 >= start).all() and (t0 <= stop).all()
    assert (out.time_bnds.values[1:, 0] == out.time_bnds.values[:-1, 1]).all()


def test_lazy_and_independent_of_chunks():
    ds = observations()
    eager = grid_observations(ds, GRID)

    def refuse(*_args, **_kwargs):
        raise AssertionError("computed")

    chunked = ds.chunk(obs=377)
    with dask.config.set(scheduler=refuse):
        lazy = grid_observations(chunked.assign_coords(ds.coords), GRID)
    assert lazy.sm.chunks and lazy.flag.chunks and lazy.t0.chunks
    xr.testing.assert_identical(lazy.compute(scheduler="threads"), eager)
    xr.testing.assert_identical(grid_observations(chunked, GRID).compute(scheduler="threads"), eager)


def test_points_on_either_side_of_the_date_line():
    ds = observations(4).assign_coords(lat=("obs", [0.1] * 4), lon=("obs", [179.9, -179.9, 180.0, 179.99]))
    ds["sm"] = ("obs", np.array([0.1, 0.2, 0.3, 0.4], "f4"), {"units": "m3 m-3"})
    node = grid_observations(ds, Grid.regular(1.0, registration="node"), step=None)
    assert node.nobs.sel(lat=0, lon=-180).item() == 4
    assert node.sm.sel(lat=0, lon=-180).item() == pytest.approx(0.25)


def test_smap_half_orbit_lands_in_the_providers_own_rows_and_columns(data):
    import netCDF4

    [path, *_] = sorted((data / "smap_l2").glob("*.h5"))
    with netCDF4.Dataset(path) as f:
        f.set_auto_mask(False)
        group = f["Soil_Moisture_Retrieval_Data"]
        names = ("soil_moisture", "latitude", "longitude", "EASE_row_index", "EASE_column_index", "tb_time_seconds")
        sm, lat, lon, row, col, seconds = (group[n][:] for n in names)
    keep = (np.abs(lat) <= 90) & (seconds > 0)
    sm, lat, lon, row, col, seconds = (a[keep] for a in (sm, lat, lon, row, col, seconds))
    order = np.argsort(seconds, kind="stable")
    sm, lat, lon, row, col, seconds = (a[order] for a in (sm, lat, lon, row, col, seconds))
    sm = np.where(sm < 0, np.nan, sm).astype("f4")
    time = np.datetime64("2000-01-01T12", "ns") + (seconds * 1000).astype("i8").astype("m8[ms]")
    ds = xr.Dataset({"sm": ("obs", sm, {"units": "m3 m-3"})},
                    coords={"time": ("obs", time), "lat": ("obs", lat), "lon": ("obs", lon)})  # fmt: skip
    out = grid_observations(ds, Grid.ease2("M36"), step=None)
    assert out.nobs.sum() == np.isfinite(sm).sum() > 1000
    np.testing.assert_array_equal(out.sm.values[0, row, col], sm)


def test_bad_input():
    ds = observations(10)
    with pytest.raises(GridError, match="none of 10 observations"):
        grid_observations(ds, Grid.regular(1.0).crop((100, 0, 120, 20)))
    with pytest.raises(ConfigError, match="step"):
        grid_observations(ds, GRID, step="fortnight")
    with pytest.raises(SchemaError, match="unsorted"):
        grid_observations(ds.isel(obs=slice(None, None, -1)), GRID)
    with pytest.raises(SchemaError, match="numbers, booleans"):
        grid_observations(ds.assign(name=("obs", ["x"] * 10)), GRID)
    with pytest.raises(SchemaError, match="shape"):
        grid_observations(xr.Dataset(coords=GRID.coords()), GRID)
