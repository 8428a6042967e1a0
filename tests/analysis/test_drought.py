import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from vadose import analysis, schema
from vadose.analysis.slots import slot_axis
from vadose.errors import ConfigError, SchemaError
from vadose.grid import Grid
from vadose.schema import STATUS


def daily(years=15, seed=0, cells=(2, 3)):
    """Soil moisture with a seasonal cycle and memory."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2000-01-01", f"{1999 + years}-12-31")
    x = np.zeros((time.size, *cells))
    for t in range(1, time.size):
        x[t] = 0.95 * x[t - 1] + rng.standard_normal(cells)
    season = np.cos(2 * np.pi * (time.day_of_year.to_numpy() - 20) / 365.25)
    sm = 0.25 + 0.06 * season[:, None, None] + 0.008 * x
    grid = Grid.regular(0.5).crop((0.0, 40.0, 0.5 * cells[1], 40.0 + 0.5 * cells[0]))
    return xr.DataArray(sm.astype("f4"), dims=("time", "lat", "lon"), name="sm", coords={"time": time, **grid.coords()},
                        attrs={"units": "m3 m-3", "grid": grid.to_attr()})  # fmt: skip


def planted():
    """A flash drought from 1 June 2008 to 15 August 2008 in one cell."""
    da = daily()
    days = slice("2008-06-01", "2008-08-15")
    season = da.groupby("time.dayofyear").mean()
    da[:, 0, 0] = da[:, 0, 0].where(~da.time.isin(da.time.sel(time=slice("2008-05-01", "2008-05-31"))), 0.3)
    low = season[:, 0, 0].min().item() - 0.1
    da.loc[{"time": days, "lat": da.lat[0], "lon": da.lon[0]}] = low
    da.loc[{"time": slice("2008-08-16", "2008-09-30"), "lat": da.lat[0], "lon": da.lon[0]}] = 0.4
    return da


def test_a_planted_flash_drought_is_found_with_its_dates():
    got = analysis.drought(planted())
    events = analysis.drought_events(got.percentile, min_duration=30)
    mine = events.where((events.lat == got.lat[0]) & (events.lon == got.lon[0]) & (events.lowest < 1), drop=True)
    worst = mine.isel(event=int(np.argmax(mine.severity.values)))
    assert str(worst.onset.values)[:10] == "2008-06-01" and str(worst.end.values)[:10] == "2008-08-15"
    assert float(worst.duration) == 76 and float(worst.flash) == 1
    assert float(worst.intensity) == pytest.approx(20 - float(worst.lowest), abs=0.2)
    assert float(worst.severity) == pytest.approx(76 * float(worst.intensity))
    assert float(worst.area) == pytest.approx(float(Grid.of(planted()).area()[0].ravel()[0]) / 1e6)
    flash = analysis.flash_drought(got.percentile)
    assert int(flash.onset.sel(time="2008-06-01")[0, 0]) == 1
    area = analysis.drought_area(got.percentile, thresholds=(20, 5), area="pixel")
    assert (area.share.sel(time=slice("2008-06-01", "2008-08-15")) >= 1 / 6 - 1e-9).all()


def test_a_missing_day_ends_an_event_and_hides_the_flash():
    da = planted()
    da.loc[{"time": "2008-05-31", "lat": da.lat[0], "lon": da.lon[0]}] = np.nan
    da.loc[{"time": "2008-07-01", "lat": da.lat[0], "lon": da.lon[0]}] = np.nan
    pct = analysis.drought(da).percentile[:, :1, :1]
    events = analysis.drought_events(pct).sel(event=slice(None))
    mine = events.where((events.onset >= np.datetime64("2008-06-01")) & (events.onset < np.datetime64("2008-08-16")),
                        drop=True)  # fmt: skip
    assert [str(t)[:10] for t in mine.onset.values] == ["2008-06-01", "2008-07-02"]
    assert mine.onset_seen.values.tolist() == [0, 0] and mine.end_seen.values.tolist() == [0, 1]
    assert mine.flash.values.tolist() == [-1, -1]
    over = analysis.drought_events(pct, max_gap=1)
    whole = over.where(over.onset == np.datetime64("2008-06-01"), drop=True)
    assert float(whole.duration[0]) == 76 and float(whole.missing[0]) == 1


def test_percentiles_and_anomalies_follow_the_calendar():
    """The season itself is no drought: every month has the same share below the 20th percentile."""
    got = analysis.drought(daily(years=20))
    share = (got.percentile < 20).groupby("time.month").mean(...)
    assert float(share.min()) > 0.1 and float(share.max()) < 0.32
    month = got.standardised_anomaly.groupby("time.month").mean(...)
    assert float(np.abs(month).max()) < 0.2
    assert float(got.standardised_anomaly.std()) == pytest.approx(1.0, abs=0.05)
    known = got.percentile.values[np.isfinite(got.percentile.values)]
    np.testing.assert_allclose(got.standardised_index.values[np.isfinite(got.percentile.values)],
                               stats.norm.ppf(known / 100), atol=1e-5)  # fmt: skip


@pytest.mark.parametrize("index", ["beta", "gamma"])
def test_fitted_indices_agree_with_the_empirical_one(index):
    da = daily(years=25)
    fitted = analysis.drought(da, index=index)
    ranks = analysis.drought(da)
    assert fitted.standardised_index.attrs["method"] == index
    assert float(xr.corr(fitted.standardised_index, ranks.standardised_index)) > 0.97


def test_units_statuses_and_provenance_without_a_warning():
    da = daily(years=12, cells=(2, 2))
    da[:, 0, 0] = np.nan
    da[:, 0, 1] = 0.2
    da[800:, 1, 0] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = analysis.drought(da.assign_attrs(simulated="true"), min_years=5)
    assert got.status.values.tolist() == [[STATUS["no_data"], STATUS["zero_variance"]], [STATUS["too_few_years"], 0]]
    assert np.isnan(got.percentile.values[:, 0]).all() and int(got.n[1, 1]) == da.sizes["time"]
    assert got.percentile.units == "%" and got.standardised_index.units == "1"
    assert schema.is_simulated(got) and schema.is_simulated(got.percentile)
    assert got.attrs["window"] == "31 days" and got.attrs["plotting"] == "weibull" and got.attrs["grid"]


@pytest.mark.parametrize("chunks", [{"lat": 1}, {"lon": 1}, {"lat": -1}])
def test_lazy_equals_eager_and_stays_lazy(chunks):
    da = daily(years=12)

    def refuse(block):
        if block.size:
            raise AssertionError("computed early")
        return block

    lazy = da.chunk(chunks | {"time": -1})
    guarded = lazy.copy(data=lazy.data.map_blocks(refuse, dtype=lazy.dtype))
    options = {"field_capacity": 0.3, "wilting_point": 0.1}
    held = analysis.drought(guarded, **options)
    assert held.percentile.chunks and held.swdi.chunks
    assert analysis.flash_drought(held.percentile).number.chunks and analysis.drought_area(held.percentile).share.chunks
    got, want = analysis.drought(lazy, **options), analysis.drought(da, **options)
    xr.testing.assert_identical(got.compute().drop_attrs(), want.drop_attrs())
    xr.testing.assert_identical(analysis.flash_drought(got.percentile).compute().drop_attrs(),
                                analysis.flash_drought(want.percentile).drop_attrs())  # fmt: skip
    xr.testing.assert_identical(analysis.drought_events(got.percentile).drop_attrs(),
                                analysis.drought_events(want.percentile).drop_attrs())  # fmt: skip
    xr.testing.assert_allclose(analysis.drought_area(got.percentile).compute(), analysis.drought_area(want.percentile))


def test_dekads_and_months_have_slots_of_their_own():
    dekads = pd.DatetimeIndex([f"{y}-{m:02d}-{d:02d}" for y in (2001, 2004) for m in range(1, 13) for d in (1, 11, 21)])
    da = xr.DataArray(np.zeros(72), dims="time", coords={"time": dekads}, attrs={"units": "1"})
    axis = slot_axis(da)
    assert (axis.step, axis.slots) == ("dekad", 36) and axis.slot.tolist() == list(range(36)) * 2
    assert axis.position[36] == 3 * 36
    months = da.isel(time=slice(None, None, 3))
    assert slot_axis(months).step == "month" and slot_axis(months).slot.tolist() == list(range(12)) * 2
    days = pd.date_range("2003-02-27", "2004-03-01")
    axis = slot_axis(xr.DataArray(np.zeros(days.size), dims="time", coords={"time": days}))
    assert axis.slot[days.get_loc("2003-03-01")] == axis.slot[days.get_loc("2004-03-01")] == 60
    assert axis.slot[days.get_loc("2004-02-29")] == 59 and axis.slot[days.get_loc("2003-12-31")] == 365


def test_duration_of_dekads_is_in_days():
    t = pd.DatetimeIndex([f"2001-02-{d:02d}" for d in (1, 11, 21)] + ["2001-03-01"])
    pct = xr.DataArray([50.0, 10.0, 10.0, 50.0], dims="time", coords={"time": t}, attrs={"units": "%"})
    got = analysis.drought_events(pct)
    assert got.duration.item() == 10 + 8 and got.severity.item() == pytest.approx(180.0)


def test_swdi_of_maps_and_what_has_no_room():
    da = daily(years=1)
    fc = xr.DataArray([[0.3] * 3, [0.1] * 3], dims=("lat", "lon"), coords={k: da[k] for k in ("lat", "lon")},
                      attrs={"units": "m3 m-3"})  # fmt: skip
    got = analysis.swdi(da, field_capacity=fc, wilting_point=0.1)
    np.testing.assert_allclose(got[:, 0], 10 * (da.values[:, 0] - 0.3) / 0.2, atol=1e-4)
    assert np.isnan(got[:, 1]).all() and got.units == "1"
    with pytest.raises(SchemaError, match="field_capacity"):
        analysis.swdi(da, field_capacity=fc.assign_attrs(units="vol.%"), wilting_point=0.1)
    with pytest.raises(SchemaError, match="another grid"):
        analysis.swdi(da, field_capacity=fc.assign_coords(lat=fc.lat + 1), wilting_point=0.1)


def test_area_counts_what_is_known():
    t = pd.date_range("2001-01-01", periods=3)
    values = np.full((3, 2, 2), 50.0)
    values[0, 0], values[1, 1], values[2] = 3.0, np.nan, np.nan
    pct = xr.DataArray(values, dims=("time", "lat", "lon"), attrs={"units": "%"},
                       coords={"time": t, "lat": [60.0, 0.0], "lon": [0.0, 1.0]})  # fmt: skip
    got = analysis.drought_area(pct, thresholds=(20, 2), area="cos", min_share=0.3)
    assert got.share.values[:, 0] == pytest.approx([1 / 3, 0.0]) and got.known.values[1] == pytest.approx(1 / 3)
    assert got.status.values.tolist() == [0, 0, STATUS["no_data"]] and np.isnan(got.share.values[:, 2]).all()
    strict = analysis.drought_area(pct, thresholds=(20, 2), area="cos", min_share=0.5)
    assert strict.status.values.tolist() == [0, STATUS["too_few_cells"], STATUS["no_data"]]


@pytest.mark.parametrize(("change", "error", "what"), [
    ({"index": "normal"}, ConfigError, "index"), ({"plotting": "x"}, ConfigError, "plotting"),
    ({"window": 0}, ConfigError, "window"), ({"min_years": 1}, ConfigError, "min_years"),
    ({"reference": (2010, 2000)}, ConfigError, "reference"), ({"field_capacity": 0.3}, ConfigError, "both"),
    ({"dim": "day"}, SchemaError, "day"),
])  # fmt: skip
def test_bad_options_are_refused(change, error, what):
    with pytest.raises(error, match=what):
        analysis.drought(daily(years=2), **change)


def test_bad_input_is_refused_with_the_next_step():
    da = daily(years=2)
    with pytest.raises(SchemaError, match="units"):
        analysis.drought(da.drop_attrs())
    with pytest.raises(SchemaError, match="one chunk"):
        analysis.drought(da.chunk(time=100))
    hourly = da.assign_coords(time=pd.date_range("2000-01-01", periods=da.sizes["time"], freq="h"))
    with pytest.raises(SchemaError, match="composite"):
        analysis.drought(hourly)
    for function in (analysis.drought_events, analysis.drought_area, analysis.flash_drought):
        with pytest.raises(SchemaError, match="percentile"):
            function(da)
    with pytest.raises(ConfigError, match="threshold"):
        analysis.drought_events(analysis.drought(da).percentile, threshold=0)
    with pytest.raises(ConfigError, match="high"):
        analysis.flash_drought(analysis.drought(da).percentile, threshold=30, high=20)
