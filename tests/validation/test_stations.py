import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import schema
from vadose.errors import ConfigError, SchemaError
from vadose.grid import Grid
from vadose.stats.stability import against_others
from vadose.validation import (
    core_cells,
    dropped,
    dry_cells,
    independent,
    informative,
    representative,
    select,
    strict_cells,
    time_stable,
)  # fmt: skip
from vadose.validation.verdicts import normalize_name

T = pd.date_range("2020-01-01", periods=100)
RNG = np.random.default_rng(2)


def sensors(lat, lon, network=None, station=None, sm=None, depth=0.05, **more):
    n = len(lat)
    per = {"network": network or ["N"] * n, "station": station or [f"S{i}" for i in range(n)], "lat": lat, "lon": lon,
           "depth_from": [0.0] * n, "depth_to": [depth] * n, **more}  # fmt: skip
    sm = np.full((n, T.size), 0.2) if sm is None else sm
    return xr.Dataset({"sm": (("sensor", "time"), sm, {"units": "m3 m-3"})},
                      {"time": T, **{k: ("sensor", np.asarray(v)) for k, v in per.items()}})  # fmt: skip


def degrees(metres):
    return metres / 111195.08


def test_names_and_places_find_training_stations():
    stations = sensors(
        [10.0, 20.0, 30.0, 40.0 + degrees(99), 50.0 + degrees(101), np.nan, np.nan],
        [0.0] * 7,
        ["FR_Aqui", "SCAN", "SCAN", "X", "X", "SCAN", "Y"],
        ["Le Bray", "Höglwald", "other", "renamed", "near", "other 2", "lost"],
    )
    training = pd.DataFrame({
        "network": ["FR-Aqui", "scan", "OLD", "OLD", "SCAN", "NOWHERE"],
        "station": ["LeBray", "hoglwald", "a", "b", "Other-2", "ghost"],
        "lat": [0.0, np.nan, 40.0, 50.0, 1.0, -60.0], "lon": [0.0, np.nan, 0.0, 0.0, 1.0, 0.0],
    })  # fmt: skip
    got = independent(stations, training)
    assert got.selected.values.tolist() == [False, False, True, False, True, False, True]
    assert got.reason.values[3] == "training station within 100 m"
    assert float(got.training_distance[3]) == pytest.approx(99, abs=0.1)
    ghosts = {r["station"] for r in json.loads(got.attrs["unmatched"])}
    assert ghosts == {"b", "ghost"}
    assert got.attrs["n_dropped"] == 4
    table = dropped(got)
    assert table["station"].tolist() == ["Le Bray", "Höglwald", "renamed", "other 2"]
    assert set(table["rule"]) == {"independence from a training list"}


def test_only_names_or_only_places():
    stations = sensors([10.0, np.nan], [5.0, 5.0], station=["A", "B"])
    by_name = independent(stations, pd.DataFrame({"network": ["n"], "station": ["b"]}))
    assert by_name.selected.values.tolist() == [True, False]
    by_place = independent(stations, pd.DataFrame({"lat": [-10.0], "lon": [5.0]}))
    assert by_place.selected.values.tolist() == [True, False]
    assert "no coordinates" in str(by_place.reason.values[1])
    empty = independent(stations, pd.DataFrame({"network": [], "station": []}))
    assert empty.selected.all()
    with pytest.raises(SchemaError, match="network and station"):
        independent(stations, pd.DataFrame({"name": ["A"]}))
    with pytest.raises(ConfigError, match="0 m or more"):
        independent(stations, pd.DataFrame({"lat": [0.0], "lon": [0.0]}), within=-1)


def test_a_station_of_another_network_with_the_same_name_stays():
    got = independent(sensors([1.0], [1.0], ["B"], ["Main"]), pd.DataFrame({"network": ["A"], "station": ["Main"]}))
    assert got.selected.all()
    assert normalize_name("St. John's-1") == "stjohns1"


@pytest.fixture
def cover():
    """1° cells of 10 × 10 sub-cells: 82 of class 10 in the first, 81 in the second, 40 known in the third."""
    fine = Grid.regular(0.1).crop((0, 0, 4, 1))
    codes = np.full((10, 40), 10.0)
    first = codes[:, :10].copy().ravel()
    first[:18] = 40
    codes[:, :10] = first.reshape(10, 10)
    second = codes[:, 10:20].copy().ravel()
    second[:19] = 40
    codes[:, 10:20] = second.reshape(10, 10)
    codes[:6, 20:30] = np.nan
    return xr.DataArray(codes, fine.coords(), ("lat", "lon")), Grid.regular(1.0).crop((0, 0, 4, 1))


def test_area_ratio_counts_sub_cells(cover):
    landcover, grid = cover
    stations = sensors([0.05, 0.05, 0.95, 0.05, 0.05, 0.5, 50.0, np.nan],
                       [0.55, 1.55, 1.05, 2.55, 3.5, 7.0, 0.5, 0.5])  # fmt: skip
    got = core_cells(stations, landcover, grid=grid, sensitivity=(0.3, 0.5, 0.9))
    assert got.lc_area.values[:3] == pytest.approx([0.82, 0.81, 0.19])
    assert got.lc_area_cell.values[1] == got.lc_area_cell.values[2] == pytest.approx(0.5)
    assert got.selected.values.tolist() == [True, False, False, False, True, False, False, False]
    assert got.reason.values[3] == "land-cover map does not cover the cell"
    assert got.reason.values[5:].tolist() == ["outside the grid", "outside the grid", "no coordinates"]
    assert got.map_class.values[:3].tolist() == [10, 10, 40]
    assert got.threshold.values.tolist() == [0.3, 0.5, 0.82, 0.9]
    assert got.core.sum("sensor").values.tolist() == [4, 4, 2, 1]


def test_area_ratio_of_integer_and_lazy_maps(cover):
    landcover, grid = cover
    stations = sensors([0.05, 0.05], [0.55, 3.5])
    expected = core_cells(stations, landcover, grid=grid)
    integer = landcover.fillna(255).astype("u1")
    for other in (integer, integer.chunk(lat=5, lon=7), landcover.transpose("lon", "lat")):
        assert core_cells(stations, other, grid=grid).lc_area.values.tolist() == expected.lc_area.values.tolist()
    missing = integer.where(integer != 10, 0).astype("u1").assign_attrs(_FillValue=0)
    assert core_cells(stations, missing, grid=grid).reason.values[1] == "no land-cover class at the station"
    assert core_cells(stations, missing, grid=grid).status.values[1] == schema.STATUS["no_data"]
    assert core_cells(stations, landcover).attrs["grid"] == Grid.regular(0.01).to_attr()
    with pytest.raises(ConfigError, match="from 0 to 1"):
        core_cells(stations, landcover, grid=grid, threshold=82)


def test_all_sensors_of_a_station_count_once(cover):
    landcover, grid = cover
    stations = sensors([0.05, 0.05, 0.95], [1.55, 1.55, 1.05], station=["A", "A", "B"])
    assert core_cells(stations, landcover, grid=grid).lc_area_cell.values == pytest.approx([0.5] * 3)


def test_strict_cells_need_more_than_five():
    grid = Grid.regular(1.0)
    lat = [0.5] * 6 + [1.5] * 5 + [np.nan]
    got = strict_cells(sensors(lat, list(np.linspace(0.1, 0.9, 12))), grid=grid)
    assert got.selected.values.tolist() == [True] * 6 + [False] * 6
    assert got.n_stations.values.tolist() == [6] * 6 + [5] * 5 + [0]


def test_water_is_the_mean_of_annual_maxima():
    grid = Grid.regular(1.0).crop((0, 0, 2, 1))
    time = pd.to_datetime(["2019-01-01", "2019-07-01", "2020-01-01", "2020-07-01"])
    data = np.zeros((4, 1, 2))
    data[:, 0, 0] = [0.0, 0.06, 0.0, 0.05]  # mean of maxima 0.055, largest 0.06, mean 0.0275
    data[:, 0, 1] = [0.0, 0.04, 0.06, 0.0]  # 0.05
    water = xr.DataArray(data, {**grid.coords(), "time": time}, ("time", "lat", "lon"))
    got = dry_cells(sensors([0.5, 0.5, 5.0], [0.5, 1.5, 0.5]), water)
    assert got.water_fraction.values[:2] == pytest.approx([0.055, 0.05])
    assert got.selected.values.tolist() == [False, True, False]
    assert got.reason.values[2] == "water fraction not known"


def test_fiducial_classes_join_on_name_depth_and_instrument():
    stations = sensors([0.0] * 4, [0.0] * 4, ["A"] * 4, ["x", "x", "y", "z"], instrument=["i 1", "i2", "i1", "i1"])
    table = pd.DataFrame({
        "network": ["a", "a", "A", "A"], "station": ["X", "X", "y", "z"], "instrument": ["I1", "i2", "q", "i1"],
        "depth_from": [0.0] * 4, "depth_to": [0.05, 0.05, 0.05, 0.1],
        "frm_class": ["not representative", "representative", "very representative", "representative"],
    })  # fmt: skip
    got = representative(stations, table)
    assert got.selected.values.tolist() == [False, True, True, False]
    assert got.reason.values.tolist() == ["not representative", "", "", "not in the table"]
    with pytest.raises(ConfigError, match="undeducible"):
        representative(stations, table, classes=["good"])


def test_standard_error_of_estimate_equals_the_textbook():
    from scipy import stats

    x = RNG.random((4, 100))
    got = against_others(x)
    others = x[1:].mean(axis=0)
    line = stats.linregress(x[0], others)
    residual = others - line.intercept - line.slope * x[0]
    assert got["see"][0] == pytest.approx(np.sqrt((residual**2).sum() / 98))
    assert got["see"][0] > 3 * line.stderr * x[0].std()  # the error of the slope is another thing
    relative = (x[0] - x.mean(axis=0)) / x.mean(axis=0)
    assert got["mrd"][0] == pytest.approx(relative.mean())
    assert got["its"][0] == pytest.approx(np.hypot(relative.mean(), relative.std(ddof=1)))


def test_time_stability_drops_the_odd_one_and_tells_why_of_the_rest():
    truth = 0.25 + 0.08 * np.sin(np.arange(100) / 5)
    noise = 0.25 + 0.08 * RNG.standard_normal(100)
    sm = np.stack([truth + 0.005 * RNG.standard_normal(100) for _ in range(4)] + [noise]
                  + [truth, np.full(100, np.nan), np.full(100, 0.2)])  # fmt: skip
    network = ["N"] * 5 + ["alone"] + ["N"] * 2
    got = time_stable(sensors([0.0] * 8, [0.0] * 8, network, sm=sm))
    assert got.selected.values.tolist() == [True] * 4 + [False] * 4
    assert got.reason.values[4].startswith("standard error")
    assert got.reason.values[5:].tolist() == ["no_overlap", "no_data", "zero_variance"]
    with pytest.raises(SchemaError, match="group"):
        time_stable(sensors([0.0], [0.0]), group="cell")


def test_informative_cells():
    got = xr.Dataset({"snr_db": (("product", "cell"), [[1.0, -1.0, 5.0]]), "rho": (("product", "cell"), [[0.8] * 3]),
                      "status": ("cell", np.array([0, 0, 10], "int8"))}, {"product": ["ISMN"]})  # fmt: skip
    assert informative(got, product="ISMN").selected.values.tolist() == [True, False, False]
    assert informative(got, product="ISMN", min_snr=3.0).selected.values.tolist() == [False] * 3
    with pytest.raises(SchemaError, match="ISMN"):
        informative(got, product="SMAP")


def test_select_applies_all_and_counts():
    stations = sensors([0.5, 0.5, 1.5], [0.5, 0.6, 0.5], station=["A", "B", "C"])
    free = independent(stations, pd.DataFrame({"network": ["N"], "station": ["A"]}))
    many = strict_cells(stations, grid=Grid.regular(1.0), more_than=1)
    got = select(stations, free, many)
    assert got.station.values.tolist() == ["B"]
    assert json.loads(got.attrs["selection"]) == {
        "independence from a training list": 1, "number of stations in the cell": 1}  # fmt: skip
    assert len(dropped(free, many)) == 2
    with pytest.raises(SchemaError, match="other stations"):
        select(stations.isel(sensor=[0]), free)
    with pytest.raises(SchemaError, match="no sensor that passes"):
        select(stations, independent(stations, pd.DataFrame({"lat": [0.5, 0.5, 1.5], "lon": [0.5, 0.6, 0.5]})))
