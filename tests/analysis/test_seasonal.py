import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis, periods
from vadose.analysis.phases import phase_axis, to_day, to_dekad
from vadose.errors import ConfigError, SchemaError
from vadose.grid import Grid
from vadose.schema import STATUS

GRID = Grid.regular(45.0)
DEKADS = periods.dekads("2003D01", "2010D36")


def field(t, peak_doy, size=0.1, second=0.0, units="m3 m-3"):
    """Cosines on the calendar or, for dekads, on dekads, over a grid; the peak is a day of a common year."""
    t = pd.DatetimeIndex(t)
    axis = phase_axis(xr.DataArray(np.zeros(len(t)), dims="time", coords={"time": t}))
    place = (peak_doy - 0.5) / 365
    wave = size * np.cos(2 * np.pi * (axis.phase - place)) + second * np.cos(4 * np.pi * (axis.phase - place))
    rows = np.linspace(0.5, 1.5, GRID.shape[0])[:, None] * np.ones(GRID.shape)
    x = 0.25 + wave[:, None, None] * rows
    return xr.DataArray(x, dims=("time", "lat", "lon"), coords=GRID.coords() | {"time": t}, name="sm",
                        attrs={"units": units, "simulated": "true", "grid": GRID.to_attr()})  # fmt: skip


@pytest.mark.parametrize("t", [
    pd.date_range("2003-01-01", "2006-12-31"), pd.date_range("2003-01-01", periods=60, freq="MS"),
    pd.date_range("2003-01-31", periods=60, freq="ME"), pd.date_range("2003-01-01T06", "2006-12-31", freq="37h"),
], ids=["days", "months", "month ends", "instants"])  # fmt: skip
def test_amplitude_and_day_exactly_on_every_calendar_axis(t):
    da = field(t, 200.0)
    da = da.where(np.random.default_rng(0).random(da.shape) > 0.3)
    got = analysis.seasonal_cycle(da)
    np.testing.assert_allclose(got.amplitude, 0.1 * np.linspace(0.5, 1.5, 4)[:, None] * np.ones(GRID.shape), rtol=1e-9)
    np.testing.assert_allclose(got.peak_doy, 200.0, atol=1e-6)
    np.testing.assert_allclose(got.trough_doy, 17.5, atol=1e-6)
    assert got.peak_doy.dtype == float and got.attrs["phase_axis"] == "calendar"
    assert 19.5 < float(got.peak_dekad[0, 0]) < 20.5  # 19 July (day 200) lies in the second dekad of July


def test_dekads_are_equal_parts_of_a_year():
    turn = 2 * np.pi * (periods.dekad_of_year(DEKADS) - 10) / 36
    da = xr.DataArray(0.2 + 0.05 * np.cos(turn), dims="time", coords={"time": DEKADS}, attrs={"units": "m3 m-3"})
    got = analysis.seasonal_cycle(da.where(np.arange(288) % 5 != 0))
    assert float(got.peak_dekad) == pytest.approx(10, abs=1e-9) and float(got.trough_dekad) == pytest.approx(28)
    assert float(got.peak_doy) == pytest.approx(95.5)  # the middle of 1-10 April, after 90 days and a half
    assert float(got.range) == pytest.approx(0.1) and int(got.n_harmonics) == 1 and int(got.n) == 230
    assert float(to_dekad(np.float64(0.0), "dekads")) == 0.5 and float(to_day(1 - 1e-12, "dekads")) == pytest.approx(
        365.5
    )


def test_units_names_and_provenance():
    got = analysis.seasonal_cycle(field(DEKADS, 100.0))
    for name in ("amplitude", "range", "mean", "coefficient"):
        assert got[name].attrs["units"] == "m3 m-3"
    assert all(got[n].attrs.get("long_name") for n in got.data_vars)
    assert got.attrs["simulated"] == "true" and got.attrs["grid"] == GRID.to_attr()
    assert got.attrs["period"] == "2003-01-01/2010-12-21"


def test_values_of_the_fit_are_the_cycle():
    da = field(DEKADS, 77.0, second=0.06)
    got = analysis.seasonal_cycle(da)
    assert (got.n_harmonics == 2).all()
    one_year = da.isel(time=slice(0, 36)).transpose("lat", "lon", "time").values
    np.testing.assert_allclose(analysis.cycle_values(got), one_year, atol=1e-12)


@pytest.mark.parametrize("chunks", [{"lat": 1}, {"lat": 3, "lon": 2}])
def test_chunks_change_nothing_and_nothing_is_computed_early(chunks):
    rng = np.random.default_rng(1)
    da = field(DEKADS, 120.0) + 0.02 * rng.standard_normal((288, *GRID.shape))
    da = da.assign_attrs(units="m3 m-3").where(rng.random((288, *GRID.shape)) > 0.4)
    rain = (20 * da).assign_attrs(units="mm")

    def refuse(block):
        if block.size:
            raise AssertionError("computed early")
        return block

    lazy = da.chunk(chunks | {"time": -1})
    guarded = lazy.copy(data=lazy.data.map_blocks(refuse, dtype=lazy.dtype))
    cycle = analysis.seasonal_cycle(guarded)
    assert cycle.range.chunks is not None
    analysis.peak_lag(cycle, cycle)
    analysis.drydown(guarded, (20 * guarded).assign_attrs(units="mm"), min_n=5)
    a = analysis.peak_lag(analysis.seasonal_cycle(lazy), analysis.seasonal_cycle(rain.chunk(chunks)))
    b = analysis.peak_lag(analysis.seasonal_cycle(da), analysis.seasonal_cycle(rain))
    xr.testing.assert_identical(a.compute().drop_attrs(), b.drop_attrs())


def test_lag_across_new_year_and_its_sign():
    for rain_day, sm_day, want in ((360.0, 5.0, 10), (5.0, 360.0, -10), (100.0, 130.0, 30)):
        t = pd.date_range("2003-01-01", "2006-12-31")
        rain, sm = field(t, rain_day, units="mm"), field(t, sm_day)
        got = analysis.peak_lag(analysis.seasonal_cycle(sm), analysis.seasonal_cycle(rain))
        np.testing.assert_allclose(got.lag_days, want * 365.2425 / 365, rtol=1e-6)
        np.testing.assert_allclose(got.lag_harmonic, got.lag_days, rtol=1e-9)
        np.testing.assert_allclose(got.lag, got.lag_days / (365.2425 / 36), rtol=1e-12)
        np.testing.assert_allclose(got.r, np.cos(2 * np.pi * want / 365), atol=1e-6)


def test_two_peaks_are_averaged_in_pairs():
    """Peaks half a year apart, of different height in the two: each waits five dekads or one for its rain."""

    def two(first, second, heights, units):
        turn = 2 * np.pi * (periods.dekad_of_year(DEKADS) - 0.5) / 36
        x = sum(h * np.exp(8 * (np.cos(turn - 2 * np.pi * (p - 0.5) / 36) - 1))
                for p, h in zip((first, second), heights))  # fmt: skip
        da = xr.DataArray(x, dims="time", coords={"time": DEKADS}, attrs={"units": units})
        return analysis.seasonal_cycle(da, harmonics=2)

    rain, sm = two(8, 26, (1.0, 0.8), "mm"), two(11, 27, (0.8, 1.0), "m3 m-3")
    assert int(rain.n_peaks) == int(sm.n_peaks) == 2
    assert float(sm.peak_dekad) > 20 > float(rain.peak_dekad)  # the highest are half a year apart
    got = analysis.peak_lag(sm, rain)
    want = (sm.peak_dekad + sm.second_peak_dekad - rain.peak_dekad - rain.second_peak_dekad) / 2
    assert float(got.lag) == pytest.approx(float(want)) and 1 < float(got.lag) < 3 and int(got.n_peaks) == 2


def test_no_cycle_in_rain_no_lag():
    rng = np.random.default_rng(2)
    rain = field(DEKADS, 100.0, size=0.0, units="mm") + rng.standard_normal((288, *GRID.shape))
    got = analysis.peak_lag(analysis.seasonal_cycle(field(DEKADS, 100.0)),
                            analysis.seasonal_cycle(rain.assign_attrs(units="mm")))  # fmt: skip
    assert (got.status == STATUS["no_cycle"]).all() and np.isnan(got.lag).all() and np.isnan(got.r).all()
    nothing = analysis.seasonal_cycle((rain * np.nan).assign_attrs(units="m3 m-3"))
    empty = analysis.peak_lag(nothing, analysis.seasonal_cycle(field(DEKADS, 100.0)))
    assert (empty.status == STATUS["no_data"]).all()


def test_too_little_is_a_status_without_a_warning():
    da = field(DEKADS, 100.0)
    da[:, 0, 0] = np.nan
    da[30:, 0, 1] = np.nan
    da[36:, 0, 2] = np.nan
    da[:, 0, 3] = 0.2
    da[:, 0, 4] = da[:, 0, 4].where(da.time.dt.month < 7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = analysis.seasonal_cycle(da, min_n=31)
        one = analysis.seasonal_cycle(field(DEKADS[:36], 100.0))
        analysis.seasonal_cycle(da.isel(time=[0]))
    names = ("no_data", "too_few_pairs", "too_few_years", "zero_variance", "incomplete_year", "ok")
    assert got.status[0, :6].values.tolist() == [STATUS[k] for k in names]
    assert (one.status == STATUS["too_few_years"]).all()
    august = field(pd.date_range("2003-08-25", "2004-08-25"), 100.0)  # in two calendar years, but once round
    assert (analysis.seasonal_cycle(august).status == STATUS["too_few_years"]).all()
    assert (analysis.seasonal_cycle(field(DEKADS[:36], 100.0), min_years=1).status == 0).all()


@pytest.mark.parametrize(("spoil", "options", "error", "word"), [
    (lambda d: d.drop_attrs(), {}, SchemaError, "no units"),
    (lambda d: d.chunk(time=50), {}, SchemaError, "Rechunk"),
    (lambda d: d.isel(time=slice(None, None, -1)), {}, SchemaError, "do not rise"),
    (lambda d: d.drop_vars("time"), {}, SchemaError, "time axis"),
    (lambda d: d.to_dataset(), {}, SchemaError, "DataArray"),
    (lambda d: d.isel(time=slice(0, None, 36)), {}, SchemaError, "one value a year"),
    (lambda d: d, {"harmonics": 3}, ConfigError, "harmonics"), (lambda d: d, {"max_gap": 0}, ConfigError, "max_gap"),
])  # fmt: skip
def test_wrong_input_names_the_cure(spoil, options, error, word):
    with pytest.raises(error, match=word):
        analysis.seasonal_cycle(spoil(field(DEKADS, 100.0)), **options)


def test_cycles_that_do_not_fit_together():
    a = analysis.seasonal_cycle(field(DEKADS, 100.0))
    daily = analysis.seasonal_cycle(field(pd.date_range("2003-01-01", "2004-12-31"), 100.0))
    with pytest.raises(SchemaError, match="same time step"):
        analysis.peak_lag(a, daily)
    with pytest.raises(SchemaError, match="one grid"):
        analysis.peak_lag(a, a.isel(lat=slice(1)))
    with pytest.raises(SchemaError, match="seasonal_cycle"):
        analysis.peak_lag(a, xr.Dataset())


@pytest.mark.real
def test_thirty_one_years_over_hawaii(data):
    """C3S cells: where there are values, cycles of every year's length; cells of sea have a status."""
    from vadose import products

    sm = products.open("c3s", sorted((data / "c3s" / "cells" / "v202212_combined").rglob("*.nc"))).sm.chunk(time=-1)
    got = analysis.seasonal_cycle(periods.composite(sm, "dekad")["mean"].chunk(time=-1)).compute()
    known = got.status == STATUS["ok"]
    assert int(known.sum()) >= 8 and set(np.unique(got.status)) >= {STATUS["ok"], STATUS["no_data"]}
    row, col = np.argwhere(known.values)[0]
    y = periods.composite(sm[:, row, col], "dekad")["mean"].compute()
    ok = np.isfinite(y.values)
    turn = 2 * np.pi * (periods.dekad_of_year(y.time.values) - 0.5) / 36
    order = int(got.n_harmonics[row, col])
    design = np.stack([f(k * turn) for k in range(order + 1) for f in (np.cos, np.sin)], axis=1)[ok]
    want = np.delete(np.linalg.lstsq(np.delete(design, 1, axis=1), y.values[ok].astype(float), rcond=None)[0], 0)
    np.testing.assert_allclose(got.coefficient[row, col, 1 : 2 * order + 1], want, atol=1e-9)
    assert int(got.n[row, col]) == ok.sum() and (got.range.values[known.values] < 0.4).all()
