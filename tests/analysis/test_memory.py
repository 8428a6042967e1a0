import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.signal import lfilter

from vadose import analysis, periods
from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS


def red(days=12_000, scale=12.0, cells=4, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    phi = np.exp(-1 / scale)
    x = lfilter([1], [1, -phi], np.sqrt(1 - phi**2) * rng.standard_normal((cells, days)))
    x += noise * rng.standard_normal(x.shape)
    t = pd.date_range("1980-01-01", periods=days)
    x += 3 * np.cos(2 * np.pi * t.day_of_year.to_numpy() / 365.25)
    return xr.DataArray(x, dims=("cell", "time"), coords={"time": t}, attrs={"units": "m3 m-3"})


def test_noise_is_set_apart_and_the_cycle_taken_out():
    clean, noisy = analysis.memory(red()), analysis.memory(red(noise=0.7))
    for got in (clean, noisy):
        np.testing.assert_allclose(got.timescale, 12, rtol=0.25)
        assert abs(float(got.timescale.mean()) - 12) < 1.5 and (got.status == 0).all()
    np.testing.assert_allclose(noisy.noise_share, 0.49 / 1.49, atol=0.05)
    assert (clean.noise_share < 0.05).all() and (noisy.efolding < clean.efolding).all()
    assert (analysis.memory(red(), seasonal=False).timescale > 30).all()
    assert clean.timescale.attrs["units"] == "d" and clean.n_lags.dtype.kind == "i"


def test_gaps_bridge_nothing():
    da = red(noise=0.3)
    holes = da.where(np.random.default_rng(1).random(da.shape) > 0.5)
    every = da.isel(time=slice(0, None, 3))  # every third day: the axis is in days all the same
    for other in (holes, every):
        np.testing.assert_allclose(analysis.memory(other).timescale, analysis.memory(da).timescale, rtol=0.15)


def test_dekads_are_longer_steps():
    da = red(scale=40.0)
    got = analysis.memory(periods.composite(da.transpose("time", "cell"), "dekad")["mean"], max_lag=120)
    np.testing.assert_allclose(got.timescale, 40, rtol=0.4)


def test_lazy_statuses_and_faults():
    da = red(days=2000)
    da[0] = np.nan
    da[1, 300:] = np.nan
    da[2] = 0.3
    got = analysis.memory(da.chunk(cell=2)).compute()
    assert got.status.values.tolist() == [STATUS[k] for k in ("no_data", "too_few_years", "zero_variance", "ok")]
    assert np.isnan(got.timescale[:3]).all()
    xr.testing.assert_identical(got.drop_attrs(), analysis.memory(da).drop_attrs())
    with pytest.raises(SchemaError, match="irregular"):
        analysis.memory(da.assign_coords(time=da.time + pd.to_timedelta(np.arange(2000) % 7, "h")))
    with pytest.raises(SchemaError, match="no units"):
        analysis.memory(da.drop_attrs())
    with pytest.raises(ConfigError, match="max_lag"):
        analysis.memory(da, max_lag=0)
