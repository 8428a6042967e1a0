"""Export under QA4SM's names: patterns as documented by its reader, values as ours."""

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import validation
from vadose.errors import SchemaError
from vadose.schema import STATUS

RNG = np.random.default_rng(8)
TIME = pd.date_range("2016-01-01", "2017-12-31")
UNIT = {"units": "m3 m-3"}
#: Metric names and their patterns in QA4SM's reader (version 0.12).
PAIRWISE = [
    "R",
    "p_R",
    "rho",
    "p_rho",
    "RMSD",
    "BIAS",
    "urmsd",
    "mse",
    "mse_corr",
    "mse_bias",
    "mse_var",
    "tau",
    "p_tau",
    "status",
]
DATASET = r"\d+-[A-Za-z0-9_]+?"
PATTERNS = (
    rf"(?P<metric>\w+?)(_ci_(lower|upper))?_between_{DATASET}_and_{DATASET}",
    rf"(?P<metric>status)_between_{DATASET}_and_{DATASET}_and_{DATASET}",
    rf"(?P<metric>\w+?)(_ci_(lower|upper))?_{DATASET}_between_{DATASET}_and_{DATASET}_and_{DATASET}",
)


def parts(name, noise):
    truth = 0.25 + 0.05 * RNG.standard_normal((4, TIME.size))
    pairs = xr.Dataset(
        {"estimate": (("cell", "time"), truth + noise * RNG.standard_normal(truth.shape), UNIT),
         "reference": (("cell", "time"), truth, UNIT)},
        {"time": TIME, "cell_lat": ("cell", [40.0, 41, 42, 43]), "cell_lon": ("cell", [1.0, 2, 3, 4]),
         "stations": ("cell", ["N:a", "N:b", "N:c", "N:d"])}, {"product": name})  # fmt: skip
    pairs.estimate[3] = np.nan
    return pairs


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    pairs = {"ESA CCI 09.2": parts("cci", 0.02), "ERA5-Land": parts("era", 0.04)}
    scores = xr.concat([validation.score_parts(p, by=["season"], anomaly=["window"]) for p in pairs.values()],
                       xr.IndexVariable("product", list(pairs)), join="exact")  # fmt: skip
    three = [next(iter(pairs.values())).reference, *(p.estimate for p in pairs.values())]
    tc = validation.triple_collocation(*three, products=["ISMN", *pairs], n_boot=50)
    path = validation.to_qa4sm(scores, tmp_path_factory.mktemp("q") / "qa4sm.nc", collocations=[tc],
                               versions={"ESA CCI 09.2": "09.2"})  # fmt: skip
    return scores, tc, xr.load_dataset(path)


def test_every_name_has_a_documented_pattern(written):
    got = written[2]
    plain = {"n_obs", "station", "network"}
    names = [str(v) for v in got.data_vars if v not in plain and not str(v).startswith("n_pairs_")]
    for name in names:
        found = [m for p in PATTERNS if (m := re.fullmatch(p, name))]
        assert found and found[0]["metric"] in [*PAIRWISE, "snr", "err_std", "beta"], name
    for metric in PAIRWISE:
        assert f"{metric}_between_0-ISMN_and_1-ESA_CCI_09_2" in names
    assert "snr_ci_lower_2-ERA5_Land_between_0-ISMN_and_1-ESA_CCI_09_2_and_2-ERA5_Land" in names


def test_values_parts_of_time_and_status_are_ours(written):
    scores, tc, got = written
    assert got.tsw.values.tolist() == ["bulk", "DJF", "MAM", "JJA", "SON"] and got.sizes["loc"] == 4
    one = scores.sel(product="ERA5-Land")
    assert np.array_equal(got["urmsd_between_0-ISMN_and_2-ERA5_Land"].sel(tsw="JJA"), one.ubrmse.sel(subset="JJA"),
                          equal_nan=True)  # fmt: skip
    assert np.allclose(got["R_ci_upper_between_0-ISMN_and_2-ERA5_Land"].sel(tsw="bulk"),
                       one.r_upper.sel(subset="all"), equal_nan=True)  # fmt: skip
    name = "snr_1-ESA_CCI_09_2_between_0-ISMN_and_1-ESA_CCI_09_2_and_2-ERA5_Land"
    assert np.allclose(got[name].sel(tsw="bulk"), tc.snr_db.sel(product="ESA CCI 09.2"), equal_nan=True)
    assert got[name].sel(tsw="JJA").isnull().all()
    status = got["status_between_0-ISMN_and_2-ERA5_Land"].sel(tsw="bulk").values
    assert one.status.sel(subset="all").values[3] == STATUS["no_data"] and status.tolist() == [0, 0, 0, 7]
    assert got.n_obs.sel(tsw="bulk").values.tolist() == [TIME.size] * 3 + [0]


def test_attributes_name_the_datasets(written):
    attrs = written[2].attrs
    assert attrs["val_ref"] == "val_dc_dataset0" and attrs["val_dc_dataset0"] == "ISMN"
    assert attrs["val_dc_dataset_pretty_name1"] == "ESA CCI 09.2" and attrs["val_dc_version_pretty_name1"] == "09.2"
    assert {f"val_dc_{k}{i}" for k in ("version", "unit", "variable_pretty_name") for i in range(3)} <= set(attrs)


def test_tidy_scores_are_turned_by_station(tmp_path):
    a, b = parts("a", 0.02), parts("b", 0.03).isel(cell=[2, 0])
    tidy = validation.tidy({"A": validation.score(a), "B": validation.score(b)})
    got = xr.load_dataset(validation.to_qa4sm(tidy, tmp_path / "q.nc"))
    assert got.sizes["loc"] == 4 and got.station.values.tolist() == ["N:a", "N:b", "N:c", "N:d"]
    r = got["R_between_0-ISMN_and_2-B"].sel(tsw="bulk").values
    mine = validation.score(b).r.values
    assert r[[2, 0]].tolist() == mine.tolist() and np.isnan(r[[1, 3]]).all()
    assert got["status_between_0-ISMN_and_2-B"].sel(tsw="bulk").values.tolist() == [0, 7, 0, 7]


def test_what_is_no_table_of_scores_is_refused(tmp_path, written):
    with pytest.raises(SchemaError, match="evaluate, or of tidy"):
        validation.to_qa4sm(validation.score(parts("a", 0.02)), tmp_path / "q.nc")
    scores, tc, _ = written
    with pytest.raises(SchemaError, match=r"collocations.*other"):
        validation.to_qa4sm(scores, tmp_path / "q.nc", collocations=[tc.assign_coords(product=["ISMN", "other", "x"])])
    with pytest.raises(SchemaError, match="differ beyond"):
        validation.to_qa4sm(scores.assign_coords(product=["a b", "a-b"]), tmp_path / "q.nc")
