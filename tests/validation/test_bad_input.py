"""Every kind of bad input ends in a status, a count or a clear error; nothing is dropped in silence."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import schema, validation
from vadose.errors import SchemaError
from vadose.grid import Grid
from vadose.recipes.inputs import within_depth
from vadose.validation import Evaluation

RNG = np.random.default_rng(4)
GRID = Grid.regular(1.0).crop((0, 40, 3, 42))
DAYS = pd.date_range("2019-01-01", periods=120)
UNIT = {"units": "m3 m-3"}
TRUTH = 0.25 + 0.05 * RNG.standard_normal((DAYS.size, *GRID.shape))


def product(values):
    return schema.with_grid(xr.Dataset({"sm": (("time", "lat", "lon"), values, UNIT)}, {"time": DAYS}), GRID)


def stations(lat=(41.5, 41.5, 40.5), lon=(0.5, 1.5, 2.5), depth=(0.05, 0.05, 0.05)):
    per = {"network": ["N"] * 3, "station": ["a", "b", "c"], "lat": lat, "lon": lon, "depth_from": [0.0] * 3,
           "depth_to": depth}  # fmt: skip
    sm = np.stack([TRUTH[:, 0, 0], TRUTH[:, 0, 1], TRUTH[:, 1, 2]])
    return xr.Dataset({"sm": (("sensor", "time"), sm, UNIT)},
                      {"time": DAYS, **{k: ("sensor", list(v)) for k, v in per.items()}}, {"step": "day"})  # fmt: skip


def test_stations_without_coordinates_are_named():
    got = validation.evaluate({"p": product(TRUTH)}, stations(lat=(np.nan, 41.5, 40.5)))
    assert got.sizes["cell"] == 2 and got.attrs["sensors_outside"] == "N:a"


def test_stations_without_depth_are_named():
    some = stations(depth=(0.05, np.nan, 0.05))
    with pytest.warns(UserWarning, match="1 sensors without a depth.*b"):
        assert within_depth(some, (0.0, 0.05)).sizes["sensor"] == 2
    with pytest.raises(SchemaError, match="needed a sensor"), pytest.warns(UserWarning, match="without a depth"):
        within_depth(stations(depth=(np.nan,) * 3), (0.0, 0.05))


def test_training_lists_with_unknown_names_tell_them():
    trained = pd.DataFrame({"network": ["N", "X"], "station": ["a", "nobody"]})
    got = validation.evaluate({"p": product(TRUTH)}, stations(), config=Evaluation(training={"p": trained}))
    assert json.loads(got.attrs["dropped"])["p"] == ["N:a"]
    assert [row["station"] for row in json.loads(got.attrs["unmatched"])["p"]] == ["nobody"]


def test_a_landcover_map_that_ends_before_a_station_makes_no_core_cell():
    fine = Grid.regular(0.1).crop((0, 41, 2, 42))
    cover = xr.DataArray(np.full(fine.shape, 10, "u1"), fine.coords(), ("lat", "lon"))
    got = validation.evaluate({"p": product(TRUTH)}, stations(), config=Evaluation(landcover=cover))
    known = got.r.sel(product="p").notnull()
    assert known.sel(subset="core").values.tolist() == [True, True, False]
    assert known.sel(subset="extra").values.tolist() == [False, False, True]
    assert np.isnan(got.lc_area.values[2]) and known.sel(subset="all").all()


def test_constant_empty_and_never_meeting_products_have_their_status():
    flat, empty = product(np.full_like(TRUTH, 0.2)), product(np.full_like(TRUTH, np.nan))
    never = product(TRUTH).assign_coords(time=DAYS + pd.Timedelta(9000, "D"))
    config = Evaluation(by=("season",), anomalies=("window", "climatology"))
    got = validation.evaluate({"flat": flat, "empty": empty, "never": never}, stations(), config=config)
    names = [schema.status_name(int(v)) for v in got.status.sel(subset="all").values[0]]
    assert names == ["zero_variance", "no_data", "no_overlap"] and got.r.isnull().all()
    codes = set(np.unique(got.status)) | set(np.unique(got.anomaly_status))
    assert codes <= set(schema.STATUS.values()) and (got.status.sel(subset="35-day anomalies") != 0).all()
    assert (got.n.sel(product=["empty", "never"]) == 0).all()


def test_triplets_of_fewer_than_three_products_and_empty_ones():
    x = xr.DataArray(TRUTH[:, 0, 0], {"time": DAYS}, ("time",), attrs=UNIT)
    with pytest.raises(SchemaError, match="3 different names"):
        validation.triple_collocation(x, x, x, products=["a", "a", "b"])
    got = validation.triple_collocation(x, x * np.nan, x, products=["a", "b", "c"])
    assert schema.status_name(int(got.status)) == "no_data" and got.snr_db.isnull().all() and int(got.n) == 0
