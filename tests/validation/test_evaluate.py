import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import schema, validation
from vadose.errors import ConfigError, SchemaError
from vadose.grid import Grid
from vadose.schema import STATUS
from vadose.validation import Evaluation, evaluate, matchups

RNG = np.random.default_rng(12)
GRID = Grid.regular(0.25).crop((0, 40, 6, 41))  # 4 × 24 cells
DAYS = pd.date_range("2016-01-01", "2017-12-31")
UNIT = {"units": "m3 m-3"}
SHAPE = (DAYS.size, *GRID.shape)
TRUTH = 0.25 + 0.06 * RNG.standard_normal(SHAPE)
WEST = np.broadcast_to(GRID.lon < 3, GRID.shape)


def product(values, grid=GRID):
    ds = xr.Dataset({"sm": (("time", "lat", "lon"), values.astype("f4"), UNIT)}, {"time": DAYS}, {"step": "day"})
    return schema.with_grid(ds, grid)


def noisy(west, east):
    return TRUTH + np.where(WEST, west, east) * RNG.standard_normal(SHAPE)


@pytest.fixture(scope="module")
def stations():
    """One station in every cell but two in the first; half of them trained a product."""
    lat, lon = (v.ravel() for v in np.meshgrid(GRID.lat, GRID.lon, indexing="ij"))
    lat, lon = np.append(lat, lat[0] + 0.05), np.append(lon, lon[0])
    n = lat.size
    at = np.append(np.arange(n - 1), 0)
    sm = TRUTH.reshape(DAYS.size, -1)[:, at].T + 0.01 * RNG.standard_normal((n, DAYS.size))
    per = {"network": np.where(lon < 3, "W", "E"), "station": [f"s{i}" for i in range(n)], "lat": lat, "lon": lon,
           "depth_from": np.zeros(n), "depth_to": np.full(n, 0.05), "climate": np.where(lon < 3, "B", "C"),
           "land_cover": np.full(n, 10, "u1"), "texture": np.full(n, "loam")}  # fmt: skip
    coords = {"time": DAYS, **{k: ("sensor", np.asarray(v)) for k, v in per.items()}}
    return xr.Dataset({"sm": (("sensor", "time"), sm, UNIT)}, coords, {"step": "day"})


@pytest.fixture(scope="module")
def products(stations):
    leaky = noisy(0.08, 0.08)
    trained = TRAINED.reshape(GRID.shape)
    leaky = np.where(trained, TRUTH + 0.002 * RNG.standard_normal(SHAPE), leaky)
    return {"west": product(noisy(0.01, 0.06)), "east": product(noisy(0.06, 0.01)), "leaky": product(leaky)}


TRAINED = RNG.random(GRID.shape[0] * GRID.shape[1]) < 0.7


def training():
    return pd.DataFrame([{"network": n, "station": f"s{i}"} for i in np.flatnonzero(TRAINED) for n in "WE"])


def test_dims_metrics_and_labels(products, stations):
    got = evaluate(products, stations)
    assert got.r.dims == ("cell", "product", "subset")
    assert got.sizes == {**got.sizes, "cell": 96, "product": 3, "subset": 1}
    assert int(got.n_stations.max()) == 2 and got.stations.values[0].count(",") == 1
    assert set(got.climate.values) == {"B", "C"} and got.r_lower.notnull().all()
    assert (got.status == 0).all() and (got.n_matched == DAYS.size).all()
    one = validation.score(matchups(products, stations)["west"])
    assert np.allclose(got.rmse.sel(product="west", subset="all"), one.rmse)


def test_the_planted_best_product_is_found_per_stratum(products, stations):
    config = Evaluation(training={"leaky": training()})
    scores = evaluate(products, stations, config=config).sel(subset="all")
    table = validation.lookup(scores, by=["climate", "land_cover"])
    assert dict(zip(table.climate.values, table.best.values, strict=True)) == {"B": "west", "C": "east"}
    assert table.significant.all()


def test_the_leaky_product_is_exposed_by_the_independence_filter(products, stations):
    naive = evaluate(products, stations).sel(subset="all")
    honest = evaluate(products, stations, config=Evaluation(training={"leaky": training()})).sel(subset="all")
    assert float(naive.r.sel(product="leaky").median()) > 0.75
    assert float(honest.r.sel(product="leaky").median()) < 0.65
    assert float(honest.r.sel(product="west").median()) == float(naive.r.sel(product="west").median())
    dropped = json.loads(honest.attrs["dropped"])
    assert len(dropped["leaky"]) == TRAINED.sum() and dropped["west"] == []
    gone = honest.status.sel(product="leaky") == STATUS["no_station"]
    lost = TRAINED.copy()
    lost[0] = False  # the first cell keeps its second station
    assert gone.values.tolist() == lost.tolist()


def test_subsets_core_extra_strict_and_seasons(products, stations):
    fine = Grid.regular(0.05).crop((0, 40, 6, 41))
    codes = np.full(fine.shape, 10, "u1")
    codes[:, fine.lon > 3] = np.where(np.indices(fine.shape).sum(axis=0) % 2, 10, 20)[:, fine.lon > 3]
    cover = xr.DataArray(codes, fine.coords(), ("lat", "lon"))
    config = Evaluation(landcover=cover, strict=1, by=("season",), ci="none")
    got = evaluate({"west": products["west"]}, stations, config=config)
    assert got.subset.values.tolist() == ["all", "core", "extra", "strict", "DJF", "MAM", "JJA", "SON"]
    known = got.r.notnull().sel(product="west").sum("cell")
    assert known.values.tolist() == [96, 48, 48, 1, 96, 96, 96, 96]
    assert got.n.sel(subset=["DJF", "MAM", "JJA", "SON"]).sum("subset").values.tolist() == \
        got.n.sel(subset="all").values.tolist()  # fmt: skip
    assert (got.status.sel(subset="core", product="west") == STATUS["no_station"]).sum() == 48
    assert set(np.unique(got.status)) <= set(STATUS.values()) and got.status.dtype == "int8"
    assert got.lc_area.values.min() >= 0.4


def test_a_coarse_product_is_judged_on_the_same_cells(products, stations):
    coarse = Grid.regular(1.0).crop((0, 40, 6, 41))
    block = TRUTH.reshape(DAYS.size, 1, 4, 6, 4).mean(axis=(2, 4))
    got = evaluate({"fine": products["west"], "coarse": product(block, coarse)}, stations)
    assert got.sizes["cell"] == 96 and (got.n == DAYS.size).all()
    pairs = matchups({"fine": products["west"], "coarse": product(block, coarse)}, stations)
    assert np.allclose(pairs["fine"].reference, pairs["coarse"].reference)
    assert np.allclose(pairs["coarse"].estimate.values[:4], block[:, 0, 0].astype("f4"), atol=1e-6)
    assert validation.compare(got.sel(subset="all")).n_common.values.tolist() == [[96, 96], [96, 96]]


def test_scaling_before_and_after_the_split(products, stations):
    before, after = (evaluate({"west": products["west"]}, stations, config=Evaluation(
        by=("season",), scaling="mean_std", scale_after_split=v, ci="none")) for v in (False, True))  # fmt: skip
    seasons = ["DJF", "MAM", "JJA", "SON"]
    assert np.abs(before.bias.sel(subset="all")).max() < 1e-6
    assert np.abs(after.bias.sel(subset=seasons)).max() < 1e-6 < np.abs(before.bias.sel(subset=seasons)).max()


def test_lazy_equals_eager(products, stations):
    part = {k: products[k].isel(time=slice(0, 200)) for k in ("west", "east")}
    some = stations.isel(time=slice(0, 200), sensor=slice(0, 6))
    eager = evaluate(part, some)
    lazy = evaluate({k: v.chunk(time=50) for k, v in part.items()}, some)
    assert lazy.r.chunks
    for name in ("r", "bias_lower", "status", "n_matched"):
        assert np.array_equal(lazy[name], eager[name], equal_nan=True)


def test_bad_input_has_status_or_a_clear_error(products, stations):
    empty = products["west"].assign(sm=products["west"].sm.where(False).assign_attrs(UNIT))
    never = products["west"].assign_coords(time=DAYS - pd.Timedelta(9000, "D"))
    flat = products["west"].assign(sm=xr.full_like(products["west"].sm, 0.2))
    nowhere = stations.isel(sensor=slice(0, 3)).assign_coords(lat=("sensor", [np.nan, 40.1, 80.0]))
    got = evaluate({"empty": empty, "never": never, "flat": flat}, nowhere)
    assert got.sizes["cell"] == 1 and got.attrs["sensors_outside"] == "W:s0, W:s2"
    names = [schema.status_name(v) for v in got.status.values[0, :, 0]]
    assert names == ["no_data", "no_overlap", "zero_variance"] and got.r.isnull().all()
    with pytest.raises(SchemaError, match="no station on"):
        evaluate(products, stations.assign_coords(lat=("sensor", np.full(stations.sizes["sensor"], -40.0))))
    with pytest.raises(ConfigError, match="names of products"):
        evaluate(products, stations, config=Evaluation(training={"other": training()}))
    with pytest.raises(ConfigError, match="at least one"):
        evaluate({}, stations)


def test_composite_of_matchups_beats_both(products, stations):
    pairs = matchups({k: products[k] for k in ("west", "east")}, stations)
    got = validation.composite(pairs, strata="climate", groups="cell")
    merged, alone = validation.score(got, ci="none"), [validation.score(p, ci="none") for p in pairs.values()]
    assert float(merged.ubrmse.mean()) < 0.6 * min(float(s.ubrmse.mean()) for s in alone)


def test_real_stations_and_satellite_equal_a_direct_match(data):
    from vadose import products as reader
    from vadose.matchup import match

    zipped = data / "ismn" / "Data_seperate_files_header_hawaii_cosmos_scan_19500101_20250617.zip"
    stations = reader.open_stations(zipped, depth=(0, 0.05), flags=["G"])
    cci = reader.open("esa_cci", [data / "esa_cci" / "cells" / "v09.2_combined" / "0165.nc"])
    direct = validation.score(match(cci, stations, window="12h"))
    got = evaluate({"esa_cci": cci}, stations).sel(product="esa_cci", subset="all").compute()
    order = [got.stations.values.tolist().index(s) for s in direct.stations.values]
    assert int(direct.n.max()) > 500
    assert got.n.values[order].tolist() == direct.n.values.tolist()
    assert np.allclose(got.r.values[order], direct.r, equal_nan=True, atol=1e-6)
    assert np.allclose(got.bias_lower.values[order], direct.bias_lower, equal_nan=True, atol=1e-6)
    trained = pd.DataFrame({"network": stations.network.values, "station": stations.station.values}).drop_duplicates()
    own = evaluate({"esa_cci": cci}, stations, config=Evaluation(training={"esa_cci": trained}))
    assert (own.status == STATUS["no_station"]).all() and own.r.isnull().all()
    assert len(json.loads(own.attrs["dropped"])["esa_cci"]) == len(trained)


def test_one_product_may_lead_in_time(products, stations):
    """Dates that the leader lacks are taken from the others in those cells, and counted."""
    few = products["east"].copy()
    lost = (np.arange(DAYS.size) % 3 == 0)[:, None, None] & WEST
    few["sm"] = few["sm"].where(~xr.DataArray(lost, dims=("time", "lat", "lon")))
    both = {"west": products["west"], "few": few}
    plain = matchups(both, stations, config=Evaluation())
    led = matchups(both, stations, config=Evaluation(temporal_reference="few"))
    xr.testing.assert_identical(led["few"].compute().drop_attrs(), plain["few"].compute().drop_attrs())
    got, own = led["west"].compute(), plain["west"].compute()
    np.testing.assert_array_equal(got["estimate"].notnull(), plain["few"]["estimate"].notnull())
    np.testing.assert_array_equal(got["n_matched"], got["estimate"].notnull().sum("time"))
    everywhere = got["n_matched"] + got["n_dropped"].sum("reason")
    np.testing.assert_array_equal(everywhere, own["n_matched"] + own["n_dropped"].sum("reason"))
    with pytest.raises(ConfigError, match=r"temporal_reference.*'nobody'"):
        matchups(both, stations, config=Evaluation(temporal_reference="nobody"))
