"""compare-products on a tiny simulated region, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from vadose import recipes, twin
from vadose.errors import ConfigError, InputFileError
from vadose.recipes.compare_runs import compare_runs
from vadose.store import Library


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    url = str(tmp_path_factory.mktemp("lib") / "library")
    twin.create(Library(url), region=(-3.0, 39.0, -1.0, 41.0), resolution=0.25, years=(2015, 2016), seed=4)
    return url


def settings(folder, library, **more):
    raw = {
        "candidate": {"label": "A", "dataset": "twin/sensor_a"}, "others": [{"label": "B", "dataset": "twin/sensor_b"}],
        "stations": {"dataset": "twin/stations", "depth": [0.0, 0.1]}, "library": library, "min_cells": 3,
        "min_years": 2, **more,
    }  # fmt: skip
    path = folder / "compare.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return path


def test_tables_in_time_and_space_from_a_library(tmp_path, library):
    report = recipes.run("compare-products", out=tmp_path / "out", config=settings(tmp_path, library))
    got = xr.load_dataset(tmp_path / "out" / "comparison.nc")
    assert got.attrs["candidate"] == "A" and got.attrs["simulated"] == "true"
    assert np.isfinite(got["mean"].sel(view="time", metric="r")).all()
    assert int(got.n.sel(view="space", other="B", metric="r")) > 20
    text = report.read_text(encoding="utf-8")
    for words in ("Accuracy in time", "Accuracy in space", "How to cite what was used", "Benjamini", "SIMULATED"):
        assert words in text
    assert "By climate" in text
    table = pd.read_csv(tmp_path / "out" / "by_climate.csv")
    assert set(table["product"]) == {"A", "B"} and table["r_count"].sum() > 2 and table["category"].notna().all()
    assert "dorigo2021" in (tmp_path / "out" / "citations.bib").read_text(encoding="utf-8")


def test_what_cannot_be_compared_is_refused(tmp_path, library):
    with pytest.raises(ConfigError, match=r"without twin/smap_e.*--config"):
        recipes.run("compare-products", out=tmp_path, library=library)
    others = [{"label": "A", "dataset": "twin/sensor_b"}]
    with pytest.raises(ConfigError, match="unique"):
        recipes.run("compare-products", out=tmp_path, config=settings(tmp_path, library, others=others))
    with pytest.raises(ConfigError, match="Give --library"):
        recipes.run("compare-products", out=tmp_path, config=settings(tmp_path, None))


def test_a_validation_in_parts_with_triplets_and_two_runs_compared(tmp_path, library):
    from vadose.recipes.config import validate
    from vadose.recipes.evaluate import evaluate

    def run(name, **score):
        raw = {
            "library": library, "out": str(tmp_path / name), "qa4sm": True, "match": {"cells": "common"},
            "stations": {"dataset": "twin/stations", "depth": [0.0, 0.1]},
            "products": [{"label": k, "dataset": f"twin/sensor_{k.lower()}"} for k in "AB"],
            "score": {"ci": "none", "by": ["season", "year"], "anomalies": ["window"], "n_boot": 100, **score},
            "collocations": [{"products": ["stations", "A", "B"], "min_n": 30, "n_boot": 100}],
        }  # fmt: skip
        return evaluate(validate(raw, where="test"))

    text = run("one").read_text(encoding="utf-8")
    for words in ("Parts of time", "35-day anomalies", "Triple collocation", "How to cite"):
        assert words in text
    scores, parts = (xr.load_dataset(tmp_path / "one" / n) for n in ("scores.nc", "parts.nc"))
    assert np.array_equal(parts.r.sel(subset="all"), scores.r, equal_nan=True)
    assert set(parts.part.values) >= {"all", "DJF", "2015", "2016"} and parts.n.dtype.kind == "i"
    triplet = xr.load_dataset(tmp_path / "one" / "collocation_1.nc")
    assert np.isfinite(triplet.snr_db).any() and triplet["product"].values.tolist() == ["stations", "A", "B"]
    exported = xr.load_dataset(tmp_path / "one" / "qa4sm.nc")
    assert "R_between_0-ISMN_and_1-A" in exported and exported.tsw.values[0] == "bulk" and "JJA" in exported.tsw
    assert np.isfinite(exported["snr_1-A_between_0-ISMN_and_1-A_and_2-B"].sel(tsw="bulk")).any()
    run("two", scaling="mean_std")
    report = compare_runs(tmp_path / "one", tmp_path / "two", out=tmp_path / "compared")
    got = xr.load_dataset(tmp_path / "compared" / "differences.nc")
    assert "B minus A" in report.read_text(encoding="utf-8") and np.allclose(
        got.difference.sel(metric="r"), 0, atol=1e-5
    )
    assert (np.abs(got.b.sel(metric="bias")) < 1e-5).all() and (got.n_changed.sel(metric="bias") > 0).all()
    with pytest.raises(InputFileError, match="scores"):
        compare_runs(tmp_path / "one", tmp_path, out=tmp_path / "compared")
