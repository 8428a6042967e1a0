"""The evaluation of paper 002 on a simulated region: planted truths are found, and every table is written."""

import json

import pandas as pd
import pytest
import xarray as xr
import yaml

from vadose import recipes, schema
from vadose.errors import ConfigError, InputFileError
from vadose.recipes import evaluate_1km_settings as settings
from vadose.recipes.evaluate_1km import evaluate_1km

SMALL = {"region": [-104.0, 19.0, -103.4, 19.6], "years": [2015, 2015], "seed": 15}


def changed(folder, **update):
    """The built-in settings with some of them changed, as a file."""
    raw = yaml.safe_load((folder_of() / "evaluate_1km.yaml").read_text(encoding="utf-8"))
    path = folder / "settings.yaml"
    path.write_text(yaml.safe_dump(raw | update), encoding="utf-8")
    return path


def folder_of():
    from pathlib import Path

    return Path(settings.__file__).parent


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kilometre")
    config = changed(folder, twin=SMALL, score={"ci": "neff", "n_boot": 100}, qa4sm=True, collocation=[
        ["stations", "GLASS-like", "DSMAP-like"]])  # fmt: skip
    evaluate_1km(out=folder / "out", library=str(folder / "library"), config=config)
    return folder / "out"


def test_the_planted_best_product_of_every_land_cover_is_found(out):
    found = pd.read_csv(out / "verdicts.csv").set_index("question")
    for group in ("cropland", "forest", "grassland", "others"):
        row = found.loc[f"best product in {group}"]
        assert row["planted"] == row["found"], (group, row["found"])


def test_the_leaky_product_is_exposed_by_the_independence_filter(out):
    table = pd.read_csv(out / "leakage.csv", index_col="product")
    assert table.index[table["suspect"]].tolist() == ["leaky"]
    assert table.loc["leaky", "trained"] > 0.95 > 0.6 > table.loc["leaky", "unseen"]
    others = table.drop(index="leaky")
    assert others["p_value_fdr"].min() > 0.05 and (table["status"] == 0).all()
    # without the filter it would win; with it, it does not
    assert table.loc["leaky", "trained"] > others[["trained", "unseen"]].max().max() > table.loc["leaky", "unseen"]


def test_planted_defects_of_the_maps_are_found(out):
    found = pd.read_csv(out / "verdicts.csv").set_index("question")
    edges = found.loc["coarse-grid edges"]
    assert edges["planted"] == "DSMAP-like (9 cells)" and edges["agrees"]
    assert edges["found"] == "DSMAP-like (9.07 cells)"  # as measured
    assert found.loc["pattern that never changes", "found"] == "GSSM-like"
    assert found.loc["smoothest", "found"] == "SSM-like"


def test_dropped_stations_are_those_of_the_lists_and_judge_nobody(out):
    table = pd.read_csv(out / "dropped_stations.csv")
    assert set(table["product"]) == {"GLASS-like", "GSSM-like", "SSM-like", "leaky"}
    assert set(table["reason"]) == {"training station by name", "training station within 100 m"}
    for label, name in (("leaky", "leaky"), ("GLASS-like", "glass")):
        listed = len(pd.read_csv(out / "training" / f"{name}.csv"))
        # neighbours within 100 m of a renamed station go with it
        assert listed <= (table["product"] == label).sum() <= 1.05 * listed
    with xr.open_dataset(out / "scores.nc") as scores:
        dropped = json.loads(scores.attrs["dropped"])
        assert len(dropped["leaky"]) == (table["product"] == "leaky").sum() and dropped["DSMAP-like"] == []


def test_core_cells_are_better_and_more_of_them_are_core_at_a_lower_threshold(out):
    pooled = pd.read_csv(out / "pooled.csv").set_index(["cells", "product"])
    for product in ("GLASS-like", "DSMAP-like"):
        assert pooled.loc[("core", product), "ubrmse"] < pooled.loc[("extra", product), "ubrmse"]
    counts = pd.read_csv(out / "sensitivity.csv").groupby("threshold")["n_cells"].sum()
    assert counts.is_monotonic_decreasing and counts.iloc[0] > counts.iloc[-1]
    cells = pd.read_csv(out / "table2_cells.csv").pivot(index="product", columns="kind", values="cells")
    assert (cells["core"] + cells["extra"] == cells["all"]).all()


def test_the_composite_is_judged_without_the_leaky_product_and_beats_its_members(out):
    table = pd.read_csv(out / "composite_cells.csv", index_col="product")
    assert "leaky" not in table.index
    assert table["r_median"].idxmax() == "composite"


def test_every_table_and_a_report_are_written(out):
    names = {p.stem for p in out.glob("*.csv")}
    assert names >= {"cells", "climate", "land_cover", "texture", "lookup", "tests", "wetness", "stability", "yearly",
                     "collocation", "fidelity", "table3_campaigns", "flights_spring", "flights_autumn", "weights",
                     "spatial_dekad", "spatial_year", "citations", "table1_campaigns", "tableA1_networks"}  # fmt: skip
    campaigns = pd.read_csv(out / "table1_campaigns.csv", index_col="campaign")
    assert campaigns.index.tolist() == ["spring", "autumn"] and campaigns["cell_m"].between(400, 1200).all()
    cells = pd.read_csv(out / "table2_cells.csv").set_index(["product", "kind"])
    networks = pd.read_csv(out / "tableA1_networks.csv")  # stations of no training list judge this product
    assert networks["stations"].sum() == cells.loc[("DSMAP-like", "all"), "stations"]
    assert (pd.read_csv(out / "lookup.csv")["n"] > 5).any()
    exported = xr.load_dataset(out / "qa4sm.nc")
    assert exported["snr_1-GLASS_like_between_0-ISMN_and_1-GLASS_like_and_2-DSMAP_like"].notnull().any()
    with xr.open_dataset(out / "scores.nc") as scores:
        assert {"cell", "product", "subset"} <= set(scores.dims) and schema.is_simulated(scores)
        assert {"all", "core", "extra", "strict", "DJF"} <= set(scores["subset"].values)
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "SIMULATED" in text and "10.1016/j.rse.2026.115534" in text
    assert "How to cite" in text and "ma2026" in (out / "citations.bib").read_text(encoding="utf-8")
    assert text.lower().count("simulated") >= text.count("<figure")
    assert "recipe" not in yaml.safe_load((out / "config.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("update", "words"), [
    ({"training": {"nobody": "x.csv"}}, "nobody, which is no product"),
    ({"collocation": [["stations", "GLASS-like", "nobody"]]}, "`collocation` names nobody"),
    ({"core": {"map": {"dataset": "a", "path": "b"}}}, "give either `dataset`"),
    ({"strata": {"land_cover": "mine"}}, "strata.land_cover"),
    ({"nonsense": 1}, "nonsense"),
    ({"collocation": [["stations", "leaky", "leaky"]]}, "three different sides"),
    ({"collocations": [{"products": ["stations", "leaky", "SSM-like"]}]}, "here `collocation` holds"),
])  # fmt: skip
def test_faults_in_the_settings_are_named(tmp_path, update, words):
    with pytest.raises(ConfigError, match=words):
        settings.load(changed(tmp_path, **update), variables={"out": "o", "library": "l"})


def test_a_missing_training_list_is_named(tmp_path):
    from vadose.recipes.evaluate_1km_inputs import training_lists

    config = settings.load(changed(tmp_path, training={"leaky": "none.csv"}), variables={"out": "o", "library": "l"})
    with pytest.raises(InputFileError, match=r"none\.csv"):
        training_lists(config)
    (tmp_path / "none.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputFileError, match=r"none\.csv: found the columns"):
        training_lists(config)


def test_the_same_settings_run_on_real_files(data, tmp_path):
    raw = yaml.safe_load((folder_of() / "evaluate_1km_real.yaml").read_text(encoding="utf-8"))
    few = [p for p in raw["products"] if p["label"] in ("ERA5-Land", "ASCAT H113", "ESA CCI gap-filled")]
    score = raw["score"] | {"n_boot": 100}
    path = tmp_path / "few.yaml"
    path.write_text(yaml.safe_dump(raw | {"products": few, "period": "2017", "score": score}), encoding="utf-8")
    recipes.run("evaluate-1km", data=data, config=path, out=tmp_path / "real")
    with xr.open_dataset(tmp_path / "real" / "scores.nc") as scores:
        assert not schema.is_simulated(scores) and scores.sizes["cell"] == 6
        r = scores["r"].sel(subset="all")
        assert (r.notnull().sum("cell") >= 4).all() and 0.5 < float(r.sel(product="ERA5-Land").median()) < 0.7
        assert {"core", "extra", "DJF", "35-day anomalies"} <= set(scores["subset"].values)
    text = (tmp_path / "real" / "report.html").read_text(encoding="utf-8")
    assert "SIMULATED" not in text and "Not independent by declaration: ESA CCI gap-filled, ASCAT H113" in text
    assert not (tmp_path / "real" / "verdicts.csv").exists()


def test_the_recipe_is_listed():
    assert "evaluate-1km" in recipes.names()
