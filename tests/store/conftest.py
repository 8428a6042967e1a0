"""Small canonical datasets of every form, and equality to the last bit."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import schema
from vadose.grid import Grid
from vadose.store import Library


def gridded(n=10, *, start="2020-01-01", bbox=(0, 0, 6, 5), lazy=False, layers=0, seed=0):
    """A small canonical series with every dtype a product has."""
    grid = Grid.regular(0.25).crop(bbox)
    rng = np.random.default_rng(seed)
    times = pd.date_range(start, periods=n, unit="ns")
    shape = (n, layers, *grid.shape) if layers else (n, *grid.shape)
    dims = ("time", "layer", "lat", "lon") if layers else ("time", "lat", "lon")
    sm = rng.random(shape, dtype="float32")
    sm[rng.random(shape) < 0.3] = np.nan
    t0 = times.values.reshape(-1, *[1] * (len(shape) - 1)) + rng.integers(0, 86400, shape).astype("timedelta64[s]")
    t0 = t0.astype("datetime64[ns]")
    t0[np.isnan(sm)] = "NaT"
    ds = xr.Dataset(
        {
            "sm": (dims, sm, schema.VARIABLES["sm"].attrs()),
            "flag": (dims, rng.integers(0, 8192, shape).astype("uint16"), schema.flag_attrs()),
            "t0": (dims, t0, schema.VARIABLES["t0"].attrs()),
            "nobs": (dims, rng.integers(0, 9, shape).astype("int32"), schema.VARIABLES["nobs"].attrs()),
            "n_out_of_range": ("time", np.arange(n, dtype="int32"), {"units": "1"}),
        },
        {"time": times},
    )
    ds = schema.with_grid(ds, grid)
    if layers:
        edges = np.linspace(0, 1, layers + 1)
        ds = ds.assign_coords(
            layer=np.arange(layers), layer_bnds=(("layer", "bnds"), np.c_[edges[:-1], edges[1:]], {"units": "m"})
        )
    ds = schema.stamp(ds, title="test", product="demo", version="1.0", inputs=["a", "b"])
    ds.attrs["date_created"] = "2020-01-01T00:00:00Z"  # two calls must make equal datasets, whatever the clock does
    return ds.chunk({"time": 3, "lat": 7}) if lazy else ds


def stations(n=50, sensors=5, start="2020-01-01"):
    rng = np.random.default_rng(1)
    sm = rng.random((sensors, n), dtype="float32")
    return xr.Dataset(
        {"sm": (("sensor", "time"), sm, {"units": "m3 m-3"}), "ok": (("sensor", "time"), sm > 0.5)},
        {
            "time": pd.date_range(start, periods=n, unit="ns"),
            "network": ("sensor", np.array([f"Netz{'ö' * i}" for i in range(sensors)])),
            "station": ("sensor", np.array(["a/b", "", "x" * 40, "日本", "c"][:sensors], dtype=object)),
            "lat": ("sensor", np.linspace(0, 1, sensors)),
            "lon": ("sensor", np.linspace(0, 1, sensors)),
            "depth_from": ("sensor", np.zeros(sensors, "float32")),
            "depth_to": ("sensor", np.full(sensors, 0.05, "float32")),
        },
    )


def observations(n=300, start="2020-01-01T06:00:00.123456789"):
    rng = np.random.default_rng(2)
    times = np.datetime64(start, "ns") + np.sort(rng.integers(0, 10**15, n)).astype("timedelta64[ns]")
    return xr.Dataset(
        {
            "saturation": ("obs", rng.random(n, dtype="float32"), {"units": "1"}),
            "age": ("obs", rng.integers(0, 10**12, n).astype("timedelta64[ns]")),
            "satellite": ("obs", np.array(["A", "BB"])[rng.integers(0, 2, n)]),
        },
        {
            "time": ("obs", times),
            "lat": ("obs", rng.uniform(-90, 90, n)),
            "lon": ("obs", rng.uniform(-180, 180, n)),
            "location": ("obs", np.arange(n)),
        },
    )


def static():
    grid = Grid.ease2("M36").crop((0, 0, 10, 10))
    values = np.arange(np.prod(grid.shape), dtype="uint8").reshape(grid.shape)
    return schema.with_grid(xr.Dataset({"land_cover": (("lat", "lon"), values, {"units": "1"})}), grid)


def result():
    return xr.Dataset(
        {
            "r": (("product", "metric"), np.array([[0.5, np.nan], [np.inf, -0.0]])),
            "z": ("product", np.array([1, 2], dtype="datetime64[s]")),
            "count": ((), np.int64(7)),
        },
        {"product": np.array(["a", "long name"]), "metric": ["x", "y"]},
        {"matrix": np.array([[1.5, np.nan]]), "nan": float("nan"), "pair": (1, 2), "nested": {"a": [1, None]},
         "scalar": np.float32(0.1), "when": np.datetime64("2020-01-01", "ns"), "coordinates": "mine", "yes": True},
    )  # fmt: skip


def assert_same(a: xr.Dataset, b: xr.Dataset):
    """Equal to the last bit: values, dtypes, dims, coordinates, attributes and their types."""
    assert list(a.data_vars) == list(b.data_vars) and list(a.coords) == list(b.coords)
    for name in a.variables:
        x, y = a[name].values, b[name].values
        assert (name, x.dtype, a[name].dims) == (name, y.dtype, b[name].dims)
        if x.dtype.kind == "f":  # the sign of zero counts, the payload of NaN does not
            assert np.array_equal(np.isnan(x), np.isnan(y)) and np.array_equal(np.signbit(x), np.signbit(y))
        assert np.array_equal(x, y, equal_nan=x.dtype.kind in "fmM"), name
        assert_same_attrs(a[name].attrs, b[name].attrs)
    assert_same_attrs(a.attrs, b.attrs)


def assert_same_attrs(a, b):
    assert set(a) == set(b)
    for key in a:
        assert type(a[key]) is type(b[key]), key
        if isinstance(a[key], np.ndarray):
            assert a[key].dtype == b[key].dtype
            np.testing.assert_array_equal(a[key], b[key])
        else:
            assert a[key] == b[key] or (a[key] != a[key] and b[key] != b[key]), key


@pytest.fixture
def lib(tmp_path):
    return Library(tmp_path / "lib")


@pytest.fixture(scope="session")
def make():
    """Makers of datasets by form."""
    return SimpleNamespace(grid=gridded, stations=stations, observations=observations, static=static, result=result)


@pytest.fixture(scope="session")
def same():
    """Assertion that two datasets are equal to the last bit."""
    return assert_same
