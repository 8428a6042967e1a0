import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import periods
from vadose.errors import ConfigError, SchemaError

HOURS = pd.date_range("2015-12-30", "2017-01-02", freq="h")  # a leap year with both New Years


@pytest.mark.parametrize("step", ["day", "dekad", "month", "season", "year"])
def test_every_hour_belongs_to_exactly_one_period(step):
    start = periods.start_of(HOURS, step)
    stop = periods.next_start(start, step)
    assert ((start <= HOURS) & (stop > HOURS)).all()
    unique = start.unique()
    assert (periods.next_start(unique[:-1], step) == unique[1:]).all()


def test_a_year_has_36_dekads_and_all_days():
    days = pd.date_range("2016-01-01", "2016-12-31")
    numbers = periods.dekad_of_year(days)
    assert sorted(set(numbers)) == list(range(1, 37))
    assert len(periods.dekads("2016D01", "2016D36")) == 36
    for d in range(1, 37):
        assert periods.dekad_of_year([periods.parse_dekad(f"2016D{d}")])[0] == d
        assert periods.format_dekad(periods.parse_dekad(f"2016D{d:02d}")) == f"2016D{d:02d}"


def test_seasons_hold_29_february_and_new_year():
    t = pd.DatetimeIndex(["2016-02-29T23:00", "2016-12-31T23:59:59", "2017-01-01", "2016-03-01", "2016-11-30T23:00"])
    assert [periods.SEASONS[i] for i in periods.season_of(t)] == ["DJF", "DJF", "DJF", "MAM", "SON"]


@pytest.mark.parametrize("bad", ["2015D37", "2015D00", "15D1", "2015-04"])
def test_malformed_dekad(bad):
    with pytest.raises(ConfigError, match="dekad"):
        periods.parse_dekad(bad)


@pytest.mark.parametrize("bad", ["2017-13", "hello", "2018/2017", ("2017-01-01", "nope")])
def test_malformed_period(bad):
    with pytest.raises(ConfigError, match="period"):
        periods.parse_period(bad)


def test_period_ends_are_included_whole():
    start, stop = periods.parse_period(("2017-01-01", "2017-01-31"))
    assert stop - start == np.timedelta64(31, "D")


@pytest.mark.parametrize("step", ["day", "dekad", "month", "season", "year"])
def test_composite_equals_a_naive_loop_and_ignores_chunks(step):
    rng = np.random.default_rng(0)
    time = pd.date_range("2015-11-20", periods=500)
    values = rng.normal(size=(500, 3, 2))
    values[rng.random(values.shape) < 0.4] = np.nan
    values[40:90] = np.nan
    da = xr.DataArray(values, dims=("time", "lat", "lon"), coords={"time": time}, attrs={"units": "m3 m-3"})
    out = periods.composite(da, step, min_count=2)
    lazy = periods.composite(da.chunk(lat=1), step, min_count=2)
    xr.testing.assert_equal(out, lazy.compute())
    starts = periods.start_of(time, step)
    for i, s in enumerate(out.indexes["time"]):
        block = values[starts == s]
        n = np.isfinite(block).sum(axis=0)
        want = np.where(n >= 2, np.nansum(block, axis=0) / np.maximum(n, 1), np.nan)
        np.testing.assert_allclose(out["mean"][i], want, atol=1e-12)
        np.testing.assert_array_equal(out.nobs[i], n)
    assert out["mean"].attrs["units"] == "m3 m-3" and out.nobs.attrs["units"] == "1"


def test_composite_is_lazy():
    import dask.array as da_

    def fail(*_):
        raise AssertionError("computed early")

    blocks = da_.zeros((400, 2, 2)).map_blocks(fail, dtype=float, meta=np.zeros((0, 0, 0)))
    time = pd.date_range("2015-01-01", periods=400)
    lazy = xr.DataArray(blocks, dims=("time", "lat", "lon"), coords={"time": time})
    periods.composite(lazy, "month")


def test_composite_refuses_unsorted_times():
    da = xr.DataArray([1.0, 2.0], dims="time", coords={"time": pd.to_datetime(["2015-02-01", "2015-01-01"])})
    with pytest.raises(SchemaError, match="unsorted"):
        periods.composite(da, "month")
