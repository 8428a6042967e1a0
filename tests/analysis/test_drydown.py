import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis, periods, twin
from vadose.errors import ConfigError, SchemaError
from vadose.physics import bucket
from vadose.schema import STATUS

DEKADS = periods.dekads("2003D01", "2012D36")
DAYS = pd.date_range("2003-01-01", "2006-12-31")


def series(x, t, units="m3 m-3", **attrs):
    return xr.DataArray(x, dims="time", coords={"time": t}, attrs={"units": units} | attrs)


def seasonal_loss():
    """Soil that loses 0.02 + 0.01 cos(dekad − 20) in dry dekads; rain of a third of the dekads fills it again."""
    rng = np.random.default_rng(0)
    dekad = periods.dekad_of_year(DEKADS)
    loss = 0.02 + 0.01 * np.cos(2 * np.pi * (dekad - 20) / 36)
    rain = np.where(rng.random(360) < 0.33, 40.0, 0.0)
    x = np.empty(360)
    x[0] = 0.4
    for t in range(1, 360):
        x[t] = 0.4 if rain[t] > 0 else x[t - 1] - loss[t]
    return series(x, DEKADS), series(rain, DEKADS, "mm")


def test_loss_cycle_is_found_exactly():
    got = analysis.drydown(*seasonal_loss())
    assert float(got.loss) == pytest.approx(0.02, abs=1e-10) and float(got.loss_range) == pytest.approx(0.02)
    assert float(got.fastest_dekad) == pytest.approx(20, abs=1e-6)
    assert float(got.slowest_dekad) == pytest.approx(2, abs=1e-6)
    assert got.loss.attrs["units"] == "m3 m-3 dekad-1" and got.threshold.attrs["units"] == "mm"
    assert int(got.n_rises) == 0 and float(got.threshold) == 10 and int(got.status) == 0
    assert int(got.n_dry) == int(got.n_falls) > 100


def test_values_of_the_loss_cycle_can_be_drawn():
    got = analysis.cycle_values(analysis.drydown(*seasonal_loss()))
    assert float(got.sel(dekad=20)) == pytest.approx(0.03) and got.attrs["units"] == "m3 m-3 dekad-1"


def test_correlation_is_not_made_by_noise():
    """Pure noise without rain: falls are as many as rises, so the rule refuses; forced, r is near 0."""
    rng = np.random.default_rng(1)
    sm = xr.DataArray(0.2 + 0.01 * rng.standard_normal((360, 50)), dims=("time", "cell"), coords={"time": DEKADS},
                      attrs={"units": "m3 m-3"})  # fmt: skip
    dry = xr.zeros_like(sm).assign_attrs(units="mm")
    assert (analysis.drydown(sm, dry).status == STATUS["inconsistent_sign"]).all()
    forced = analysis.drydown(sm, dry, ratio=0.1)
    assert abs(float(forced.r.mean())) < 0.05
    with_first = np.corrcoef(sm.values[:-1, 0], -np.diff(sm.values[:, 0]))[0, 1]
    assert with_first > 0.6  # what the value before the loss would have shown


def test_a_monsoon_has_no_yearly_mean_but_an_observed_one():
    sm, rain = seasonal_loss()
    wet = rain.where((rain.time.dt.month < 5) | (rain.time.dt.month > 9), 100.0).assign_attrs(units="mm")
    got = analysis.drydown(sm, wet)
    assert int(got.status) == STATUS["incomplete_year"] and np.isnan(got.loss) and float(got.loss_observed) > 0.01
    assert int(analysis.drydown(sm, wet, max_gap=366).status) == 0


def test_effective_precipitation_and_dekad_totals():
    t = pd.date_range("2003-02-01", "2003-02-28")
    rain = series(np.full(28, 2.0), t, "mm", simulated="true")
    leaves = series(np.full(28, 5.0), t, "1")
    got = analysis.effective_precipitation(rain, leaves)
    np.testing.assert_allclose(got, 2 - (1 - np.exp(-2)), rtol=1e-12)
    assert got.attrs["units"] == "mm" and got.attrs["simulated"] == "true"
    np.testing.assert_allclose(analysis.dekad_totals(rain), [20, 20, 16])
    holed = rain.copy()
    holed[[0, 1, 12, 13, 14]] = np.nan
    got = analysis.dekad_totals(holed)
    assert got.values[0] == 20 and np.isnan(got.values[1]) and got.values[2] == 16
    dekadal = analysis.dekad_totals(rain)
    assert analysis.dekad_totals(dekadal) is dekadal
    assert analysis.effective_precipitation(rain.chunk(), leaves).chunks is not None


@pytest.mark.parametrize(("spoil", "options", "error", "word"), [
    (lambda a, b: (a, b.assign_attrs(units="m")), {}, SchemaError, r"mm \(kg m-2\) per step"),
    (lambda a, b: (a, b.assign_attrs(units="mm d-1")), {}, SchemaError, "Multiply a rate"),
    (lambda a, b: (a, b.drop_attrs()), {}, SchemaError, "no units"),
    (lambda a, b: (a.assign_attrs(units="furlong"), b), {}, SchemaError, "furlong"),
    (lambda a, b: (a, b[1:]), {}, SchemaError, "common times"),
    (lambda a, b: (a.assign_coords(time=DAYS[:360]), b), {}, SchemaError, "dekadal values"),
    (lambda a, b: (a, b), {"min_n": 0}, ConfigError, "min_n"),
    (lambda a, b: (a, b), {"max_gap": 0}, ConfigError, "gap"),
])  # fmt: skip
def test_wrong_input_names_the_cure(spoil, options, error, word):
    with pytest.raises(error, match=word):
        analysis.drydown(*spoil(*seasonal_loss()), **options)


def planted(tau=6.0):
    """Three cells of a linear store with rain every 20 days, in a 4-year daily series."""
    day = np.arange(len(DAYS)) % 20
    rain = np.where(day == 0, 20.0, 0.0)
    x = 0.1 + 0.2 * np.exp(-day / np.array([[tau], [2 * tau], [tau]]))
    x[2] = np.nan
    coords = {"time": DAYS, "station": ("sensor", ["a", "b", "c"])}
    sm = xr.DataArray(x, dims=("sensor", "time"), coords=coords, attrs={"units": "m3 m-3"})
    return sm, series(rain, DAYS, "mm")


def test_events_of_stations_and_their_units():
    sm, rain = planted()
    got = analysis.drydown_events(sm, rain)
    assert got.sizes["event"] == 2 * 73 and set(got.station.values) == {"a", "b"}
    a = got.where(got.station == "a", drop=True)
    np.testing.assert_allclose(a.tau, 6.0, rtol=1e-5)
    np.testing.assert_allclose(a.decay_constant, 1 / 6, rtol=1e-5)
    # an event begins on the first dry day
    np.testing.assert_allclose(a.initial_loss_rate, 0.2 * np.exp(-1 / 6) / 6, rtol=1e-4)
    units = {k: got[k].attrs["units"] for k in ("tau", "tau_error", "decay_constant", "initial_loss_rate", "floor")}
    assert list(units.values()) == ["d", "d", "d-1", "m3 m-3 d-1", "m3 m-3"]
    assert a.start.values[0] == np.datetime64("2003-01-02") and a.end.values[0] == np.datetime64("2003-01-20")


def test_timescales_of_stations():
    sm, rain = planted()
    for wet in (rain, None):
        got = analysis.drydown_timescale(sm, wet)
        np.testing.assert_allclose(got.tau, [6, 12, np.nan], rtol=1e-5)
        np.testing.assert_allclose(got.tau_pooled, [6, 12, np.nan], rtol=1e-5)
        assert got.status.values.tolist() == [0, 0, STATUS["no_data"]]
    known = analysis.drydown_timescale(sm, rain, floor=xr.DataArray([0.1, 0.1, 0.1], dims="sensor"))
    np.testing.assert_allclose(known.tau[:2], [6, 12], rtol=1e-6)
    percent = (100 * sm).assign_attrs(units="vol.%")
    np.testing.assert_allclose(analysis.drydown_timescale(percent, rain).tau[:2], [6, 12], rtol=1e-5)
    xr.testing.assert_identical(analysis.drydown_timescale(sm.chunk(sensor=1), rain).compute().drop_attrs(),
                                analysis.drydown_timescale(sm, rain).drop_attrs())  # fmt: skip
    assert analysis.drydown_timescale(sm.chunk(sensor=1), rain.chunk()).tau.chunks is not None


def test_wrong_input_of_events():
    sm, rain = planted()
    for bad, wet, word in ((sm.assign_attrs(units="kg m-2"), rain, "thickness"), (sm, rain[1:], "common times"),
                           (sm, rain.assign_attrs(units="K"), "per step"),
                           (sm.isel(time=slice(None, None, -1)), None, "do not rise")):  # fmt: skip
        with pytest.raises(SchemaError, match=word):
            analysis.drydown_timescale(bad, wet)
    with pytest.raises(ConfigError, match="min_n"):
        analysis.dry_rules(min_n=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        none = analysis.drydown_events(sm.where(sm > 9), rain)
    assert none.sizes["event"] == 0 and none.tau.attrs["units"] == "d"


def test_bare_soil_of_the_water_balance_has_the_time_scale_of_its_equation():
    """Evaporation E·(W − W₀)/(W_fc − W₀) a day: τ = −1/ln(1 − E/(W_fc − W₀)), W₀ half the wilting point."""
    rain = np.where(np.arange(len(DAYS)) % 25 == 0, 60.0, 0.0)
    out = bucket(rain, np.full(len(DAYS), 4.0), np.ones(len(DAYS)), np.zeros(len(DAYS), bool), porosity=0.45,
                 field_capacity=0.3, wilting_point=0.12, saturated_conductivity=50.0,
                 root_share=[1.0, 0, 0, 0])  # fmt: skip
    theta = series(out.storage[0] / 100, DAYS)
    got = analysis.drydown_timescale(theta, series(rain, DAYS, "mm"))
    want = -1 / np.log(1 - 4.0 / (30 - 6))
    assert float(got.tau) == pytest.approx(want, rel=0.02) and float(got.floor_pooled) == pytest.approx(0.06, abs=2e-3)


@pytest.fixture(scope="module")
def store():
    earth = twin.generate(region=(-12, 13, -10, 15), resolution=0.5, years=(2003, 2012), seed=7)["twin/truth"]
    earth = earth[["precipitation"]].compute().assign_attrs(earth.attrs)
    return earth.precipitation, twin.reservoir(earth, seed=7).compute()


def test_planted_time_scale_is_recovered_within_ten_percent(store):
    rain, sim = store
    rules = analysis.dry_rules(dry=0.1)
    clean = analysis.drydown_timescale(sim.sm_true, rain, rules=rules)
    np.testing.assert_allclose(clean.tau, sim.timescale, rtol=2e-3)
    noisy = analysis.drydown_timescale(sim.sm, rain, rules=rules)
    np.testing.assert_allclose(noisy.tau_pooled, sim.timescale, rtol=0.1)
    z = (noisy.tau_pooled - sim.timescale) / noisy.tau_pooled_error
    assert float(np.abs(z).max()) < 4 and 0.6 < float(z.std()) < 1.5


def test_planted_lag_is_recovered_within_ten_percent(store):
    """Median within 5 %, four cells of five within 10 %, none further than a tenth of a dekad and a half day off."""
    rain, sim = store
    cycles = [analysis.seasonal_cycle(periods.composite(d, "dekad")["mean"]) for d in (sim.sm, rain)]
    got = analysis.peak_lag(*cycles)
    assert (got.status == 0).all()
    ratio = (got.lag_harmonic / sim.lag).values
    assert abs(np.median(ratio) - 1) < 0.05 and (np.abs(ratio - 1) < 0.1).mean() >= 0.75
    assert float(np.abs(got.lag_harmonic - sim.lag).max()) < 1.5


@pytest.mark.real
def test_stations_of_hawaii_dry_down_after_rain(data):
    from vadose import products

    archive = data / "ismn" / "Data_seperate_files_header_hawaii_cosmos_scan_19500101_20250617.zip"
    soil = products.open_stations(archive)
    rain = products.open_stations(archive, variable="precipitation", min_count=24)
    name = "WaimeaPlain"
    at = np.flatnonzero(soil.station.values == name)
    best = at[np.isfinite(soil.sm.values[at]).sum(1).argmax()]
    sm = soil.sm[best]
    wet = rain.precipitation[np.flatnonzero(rain.station.values == name)[0]]
    sm, wet = xr.align(sm.reset_coords(drop=True), wet.reset_coords(drop=True), join="inner")
    got = analysis.drydown_timescale(sm, wet)
    assert int(got.status) == 0 and int(got.n_ok) > 50 and 1 < float(got.tau) < 40
    table = analysis.drydown_events(sm, wet)
    assert table.sizes["event"] == int(got.n_events)
    good = (table.status == 0) & (table.r2 >= 0.7)
    assert int(good.sum()) == int(got.n_ok) and float(table.tau[good].median()) == pytest.approx(float(got.tau))


@pytest.mark.real
def test_unknown_rain_is_no_dry_spell(data):
    """German stations of the European archive store wet hours and mark all others missing."""
    from vadose import products

    archive = data / "ismn" / "Data_seperate_files_header_europe_20240825_20250825.zip"
    soil, rain = (products.open_stations(archive, variable=v, bbox=(6.8, 52.0, 7.1, 52.2))
                  for v in ("soil_moisture", "precipitation"))  # fmt: skip
    sm, wet = xr.align(soil.sm[0].reset_coords(drop=True), rain.precipitation[0].reset_coords(drop=True))
    assert int(wet.notnull().sum()) < 0.6 * int(sm.notnull().sum())
    assert int(analysis.drydown_timescale(sm, wet).n_events) == 0 and int(analysis.drydown_timescale(sm).n_ok) > 1
