"""What every function of the room promises: lazy, the same for every chunking, units, a status for too little data."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis
from vadose.stats import STATUS

LAT, LON = [10.0, 0.0, -10.0], [0.0, 1.0, 2.0, 3.0]
#: The cell without any value.
EMPTY = {"lat": 0, "lon": 1}


def field(time, units, *, seed=0, mean=0.25, spread=0.03, layers=0, kind="months"):
    """Season, persistence and noise; no value at one cell."""
    rng = np.random.default_rng(seed)
    shape = (len(time), *((layers,) if layers else ()), len(LAT), len(LON))
    noise = rng.standard_normal(shape)
    for t in range(1, len(time)):
        noise[t] += 0.5 * noise[t - 1]
    phase = 2 * np.pi * (time.day_of_year.to_numpy() / 365.25 if kind != "years" else np.zeros(len(time)))
    x = mean + spread * (noise + 2 * np.sin(phase).reshape(-1, *[1] * (len(shape) - 1)))
    dims = ("time", *(("layer",) if layers else ()), "lat", "lon")
    da = xr.DataArray(np.maximum(x, 0.0).astype("f4"), dims=dims, coords={"time": time, "lat": LAT, "lon": LON},
                      attrs={"units": units, "long_name": "a field"}, name="sm")  # fmt: skip
    da[{**EMPTY}] = np.nan
    return da


YEARS = field(pd.date_range("2001-01-01", periods=20, freq="YS"), "m3 m-3", kind="years")
MONTHS = field(pd.date_range("2001-01-01", periods=144, freq="MS"), "m3 m-3")
STORED = field(pd.date_range("2001-01-01", periods=144, freq="MS"), "kg m-2", layers=4, mean=50.0, spread=5.0)
DAYS = field(pd.date_range("2001-01-01", periods=1096), "m3 m-3")
RAIN = field(DAYS.indexes["time"], "mm", seed=1, mean=0.0, spread=3.0).where(DAYS.notnull())
LEAVES = field(DAYS.indexes["time"], "1", seed=2, mean=2.0, spread=0.1)
DEKADS = pd.DatetimeIndex(
    [f"{y}-{m:02d}-{d:02d}" for y in range(2001, 2013) for m in range(1, 13) for d in (1, 11, 21)]
)
DEKAD_SM = field(DEKADS, "m3 m-3", seed=3)
DEKAD_RAIN = field(DEKADS, "mm", seed=4, mean=5.0, spread=8.0)
GPP = field(pd.date_range("2001-01-01", periods=12, freq="YS"), "g m-2", seed=5, mean=800.0, spread=50.0, kind="years")
PERCENT = analysis.drought(DEKAD_SM)["percentile"]


def stations(sm):
    """Two stations with a sensor at the top and one below; the last has no value."""
    rows = xr.concat([sm.isel(lat=0, lon=0, drop=True), sm.isel(lat=0, lon=1, drop=True),
                      sm.isel(lat=2, lon=0, drop=True), sm.isel(**EMPTY, drop=True)], "sensor")  # fmt: skip
    per = {"network": ["N"] * 4, "station": ["a", "a", "b", "b"], "lat": [1.0, 1.0, 2.0, 2.0],
           "lon": [3.0, 3.0, 4.0, 4.0], "elevation": [0.0] * 4, "depth_from": [0.0, 0.4, 0.0, 0.4],
           "depth_to": [0.05, 0.4, 0.05, 0.4]}  # fmt: skip
    rows = rows.assign_coords({k: ("sensor", v) for k, v in per.items()} | {"sensor": [f"s{k}" for k in range(4)]})
    return xr.Dataset({"sm": rows.transpose("sensor", "time").assign_attrs(units="m3 m-3")})


def change(sm, other):
    days = [da.isel(time=0, drop=True) for da in (sm, other)]
    return analysis.change(*days, uncertainty_before=0.01, uncertainty_after=0.01)


def lag(sm, rain):
    cycles = analysis.seasonal_cycle(sm), analysis.seasonal_cycle(rain)
    return analysis.peak_lag(*cycles, min_r2=-1.0, min_r2_sm=-1.0)


#: Function -> (what it is given, call, whether cells without a value have a status).
MAPS = {
    "trend": ((YEARS,), lambda x: analysis.trend(x), True),
    "trend, ar1": ((YEARS,), lambda x: analysis.trend(x, test="ar1"), True),
    "trend, least squares": ((YEARS,), lambda x: analysis.trend(x, method="ols"), True),
    "trend, seasonal": ((MONTHS,), lambda x: analysis.trend(x, test="seasonal"), True),
    "break_trend": ((YEARS,), lambda x: analysis.break_trend(x, breaks=["2010-01-01"]), True),
    "break_point": ((YEARS,), lambda x: analysis.break_point(x), True),
    "spread_change": ((YEARS,), lambda x: analysis.spread_change(x, changes=["2010-01-01"]), True),
    "annual_means": ((MONTHS,), lambda x: analysis.annual_means(x), False),
    "annual_series": ((MONTHS,), lambda x: analysis.annual_series(x), False),
    "annual_totals": ((RAIN,), lambda x: analysis.annual_totals(x), False),
    "layer_storage": ((STORED,), lambda x: analysis.layer_storage(x), False),
    "screen_storage": ((STORED,), lambda x: analysis.screen_storage(x, limits=[99.9, 299.9, 599.9, 999.0]), False),
    "wetness_seasons": ((STORED,), lambda x: analysis.wetness_seasons(x), False),
    "attribute_variability": ((STORED,), lambda x: analysis.attribute_variability(x), True),
    "compare_periods": (
        (STORED,),
        lambda x: analysis.compare_periods(x, periods={"a": (2001, 2006), "b": (2007, 2012)}, min_years=5),
        True,
    ),
    "coupling": ((GPP, STORED), lambda g, x: analysis.coupling(g, x)[["r", "p_value", "n", "status"]], True),
    "seasonal_cycle": ((DEKAD_SM,), lambda x: analysis.seasonal_cycle(x), True),
    "peak_lag": ((DEKAD_SM, DEKAD_RAIN), lag, True),
    "memory": ((DAYS,), lambda x: analysis.memory(x), True),
    "effective_precipitation": ((RAIN, LEAVES), analysis.effective_precipitation, False),
    "dekad_totals": ((RAIN,), lambda x: analysis.dekad_totals(x), False),
    "drydown": ((DEKAD_SM, DEKAD_RAIN), lambda x, p: analysis.drydown(x, p), True),
    "drydown_timescale": ((DAYS, RAIN), lambda x, p: analysis.drydown_timescale(x, p), True),
    "drought": ((DEKAD_SM,), lambda x: analysis.drought(x, field_capacity=0.4, wilting_point=0.1), True),
    "drought, beta": ((DEKAD_SM,), lambda x: analysis.drought(x, index="beta"), True),
    "swdi": ((DEKAD_SM,), lambda x: analysis.swdi(x, field_capacity=0.4, wilting_point=0.1), False),
    "flash_drought": ((PERCENT,), lambda x: analysis.flash_drought(x), True),
    "change": ((DEKAD_SM, DEKAD_RAIN.assign_attrs(units="m3 m-3")), change, True),
    "soil_water_index": ((DAYS,), lambda x: analysis.soil_water_index(x, t_value=10.0), False),
    "best_time_scale": ((DAYS, LEAVES), lambda x, y: analysis.best_time_scale(x, y), True),
}
#: The same for stations, and for what is one number of a map.
OTHERS = {
    "surface_to_depth": ((DAYS,), lambda x: analysis.surface_to_depth(stations(x), lags=(-2, 10)), False),
    "station_trends": ((MONTHS,), lambda x: analysis.station_trends(stations(x), min_days=1), False),
    "trend_summary": ((YEARS,), lambda x: analysis.trend_summary(analysis.trend(x), threshold=0.001), False),
    "field_significance": ((YEARS,), lambda x: analysis.field_significance(analysis.trend(x)), False),
    "agreement": (
        (YEARS, -YEARS.assign_attrs(units="m3 m-3") ** 2),
        lambda x, y: analysis.agreement({"a": analysis.trend(x), "b": analysis.trend(y.assign_attrs(units="m3 m-3"))}),
        False,
    ),
    "contribution_summary": (
        (STORED,), lambda x: analysis.contribution_summary(analysis.attribute_variability(x)), False,
    ),
    "drought_area": ((PERCENT,), lambda x: analysis.drought_area(x), False),
}  # fmt: skip
ALL = MAPS | OTHERS
LAND = PERCENT.isel(time=0, drop=True).copy(data=[[1, 1, 6, 6], [10, 10, 10, 12], [12, 0, 1, 6]])
BOUNDS = xr.DataArray([[0.0, 0.1], [0.1, 0.4], [0.4, 1.0], [1.0, 2.0]], dims=("layer", "bnds"))
WET = field(YEARS.indexes["time"], "m3 m-3", seed=6, kind="years")
RAINS = [field(YEARS.indexes["time"], "mm", seed=s, kind="years", mean=700.0, spread=60.0) for s in (7, 8)]
PERIODS = {"a": (2001, 2006), "b": (2007, 2012)}


def pairs():
    return analysis.surface_to_depth(stations(DAYS), lags=(-2, 10))


#: What reads its data, or makes something else than a map or one number of it.
TABLES = {
    "annual_storage": lambda: analysis.annual_storage(analysis.wetness_seasons(STORED)),
    "best_pairs": lambda: analysis.best_pairs(pairs()),
    "cell_summary": lambda: analysis.cell_summary({"x": YEARS.mean("time").assign_attrs(YEARS.attrs)}, area="pixel"),
    "cell_weights": lambda: analysis.cell_weights(YEARS, "cell"),
    "classes_on": lambda: analysis.classes_on(LAND.assign_attrs(units="1", long_name="land cover"), LAND),
    "common_annual_means": lambda: xr.Dataset(analysis.common_annual_means({"a": YEARS, "b": WET})),
    "common_trends": lambda: analysis.common_trends({"a": YEARS, "b": WET})["a"],
    "compare_trends": lambda: analysis.compare_trends(
        {"a": YEARS, "b": WET}, periods="2001/2020", regions={"latitude": "latitude"}, threshold=0.001),
    "coupling": lambda: analysis.coupling(GPP, STORED, LAND),
    "coupling_table": lambda: analysis.coupling_table(analysis.coupling(GPP, STORED)),
    "cycle_values": lambda: analysis.cycle_values(analysis.seasonal_cycle(DEKAD_SM)),
    "depth_table": lambda: analysis.depth_table(pairs()),
    "discrepancy_by_region": lambda: analysis.discrepancy_by_region(
        analysis.trend(YEARS), analysis.trend(WET), by="latitude"),
    "drought_events": lambda: analysis.drought_events(PERCENT),
    "drydown_events": lambda: analysis.drydown_events(DAYS, RAIN, rules=analysis.dry_rules(min_n=4, min_r2=0.1)),
    "ecosystem_map": lambda: analysis.ecosystem_map(LAND),
    "forcing_discrepancy": lambda: analysis.forcing_discrepancy(YEARS, *RAINS),
    "join_depths": lambda: analysis.join_depths(analysis.wetness_seasons(STORED), BOUNDS),
    "mean_storage": lambda: analysis.mean_storage(analysis.wetness_seasons(STORED)),
    "period_difference": lambda: analysis.period_difference(STORED, periods=PERIODS, min_years=5),
    "sea_level": lambda: analysis.sea_level(STORED.isel(time=slice(None, None, 12)).isel(layer=0, drop=True)),
    "station_depths": lambda: analysis.station_depths(pairs()),
    "trend_errors": lambda: analysis.trend_errors({"a": YEARS}, WET),
}  # fmt: skip
#: Functions of the room that give no labelled numbers.
WITHOUT = {"dry_rules"}


def refuse(block):
    if block.size:
        raise AssertionError("computed early")
    return block


def dataset(got):
    return got.to_dataset(name="value") if isinstance(got, xr.DataArray) else got


@pytest.mark.parametrize("name", ALL)
def test_lazy_stays_lazy(name):
    given, call, _ = ALL[name]
    lazy = [da.chunk(dict.fromkeys(da.dims, -1) | {"lat": 1}) for da in given]
    guarded = [da.copy(data=da.data.map_blocks(refuse, dtype=da.dtype)) for da in lazy]
    got = dataset(call(*guarded))
    assert any(v.chunks is not None for v in got.data_vars.values())


@pytest.mark.parametrize("chunks", [{"lat": 1, "lon": 1}, {"lat": 2, "lon": 3}])
@pytest.mark.parametrize("name", ALL)
def test_chunks_change_nothing(name, chunks):
    given, call, _ = ALL[name]
    want = dataset(call(*given)).compute()
    got = dataset(call(*[da.chunk(dict.fromkeys(da.dims, -1) | chunks) for da in given])).compute()
    if name in MAPS:
        xr.testing.assert_identical(got.drop_attrs(), want.drop_attrs())
    else:  # sums over the map are rounded in another order
        xr.testing.assert_allclose(got.drop_attrs(), want.drop_attrs(), rtol=1e-10)


def made(name):
    if name in TABLES:
        return dataset(TABLES[name]())
    given, call, _ = ALL[name]
    return dataset(call(*given))


def test_every_function_of_the_room_is_called_here():
    public = {n for n in analysis.__all__ if callable(getattr(analysis, n))}
    assert public - {name.split(",")[0] for name in (*ALL, *TABLES)} == WITHOUT


@pytest.mark.parametrize("name", [*ALL, *TABLES])
def test_every_variable_has_a_unit_a_name_and_where_it_is_a_code_its_meanings(name):
    got = made(name)
    assert got.data_vars
    for key, v in got.data_vars.items():
        assert v.attrs.get("long_name"), key
        if v.dtype.kind in "mM":  # instants: the unit is made by the encoding
            assert "units" not in v.attrs, key
            continue
        if "quantity_units" in got.coords:  # a table whose rows have units of their own
            assert v.attrs["units"] in ("1", "as in quantity_units") and (got["quantity_units"] != "").all(), key
            continue
        assert v.dtype.kind in "bifu", key
        assert re.fullmatch(r"1|(%|[a-zA-Z]+(-?\d)?)( (%|[a-zA-Z]+(-?\d)?))*", v.attrs.get("units", "")), key
        if "flag_meanings" in v.attrs:
            meanings, values = v.attrs["flag_meanings"].split(), v.attrs["flag_values"]
            assert v.attrs["units"] == "1" and len(meanings) == len(values), key
            assert set(np.unique(v)) <= set(values.tolist()), key


@pytest.mark.parametrize("name", MAPS)
def test_a_cell_without_values_is_missing_with_a_status_and_without_a_warning(name):
    given, call, has_status = MAPS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = dataset(call(*given)).compute().isel(**EMPTY)
    assert ("status" in got) == has_status
    if has_status:
        assert (got["status"] != STATUS["ok"]).all()
    for key, v in got.data_vars.items():
        if v.dtype.kind == "f":
            assert v.isnull().all() or (v.isnull() | (v == 0)).all(), key  # counts may be 0
        elif v.dtype.kind == "b":
            assert not v.any(), key


@pytest.mark.parametrize("name", ["trend", "attribute_variability", "coupling", "seasonal_cycle", "drydown", "drought"])
def test_one_year_only_is_a_status(name):
    given, call, _ = MAPS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = dataset(call(*[da.sel(time="2001") for da in given])).compute()
    assert (got["status"] != STATUS["ok"]).all()
