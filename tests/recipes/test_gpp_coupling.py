"""The recipe gpp-coupling: on its own simulated Earth, on a library of products, and where it cannot be done."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import recipes, schema
from vadose.errors import ConfigError
from vadose.grid import Grid
from vadose.recipes.gpp_coupling import gpp_coupling
from vadose.store import Library

BOX = {"region": (0.0, 34.0, 4.0, 38.0), "years": (2004, 2015)}
TESTS = {"plain", "persistence counted", "false discoveries limited", "trends removed",
         "given precipitation and temperature"}  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coupling")
    gpp_coupling(out=folder, **BOX)
    return folder


def test_table_and_fields_agree(out):
    frame = pd.read_csv(out / "table.csv")
    assert set(frame.test) == TESTS and len(frame) == len(TESTS) * 5 * 4 * 4
    with xr.open_dataset(out / "fields.nc") as ds:
        assert schema.is_simulated(ds) and ds.attrs["period"] == "2004/2015" and ds.r.dims[:2] == ("season", "layer")
        land = ds.isel(season=3, layer=1)
        weight = np.cos(np.radians(ds.lat)).where(land.r.notnull())
        mean = float((weight * land.r).sum() / weight.sum())
        row = frame.query("test == 'plain' and ecosystem == 'all' and season == 'A-S' and depth == '10-40 cm'").iloc[0]
        assert row.mean_r == pytest.approx(mean, abs=1e-5) and row.n_cells == int(land.r.notnull().sum()) > 0
    with xr.open_dataset(out / "depths.nc") as ds:
        assert ds.depth.values.tolist() == ["10-100 cm", "100-200 cm"] and ds.season.values.tolist() == ["year"]


def test_report_says_it_is_simulated_and_what_was_planted(out):
    text = (out / "report.html").read_text(encoding="utf-8")
    assert text.count("<figure") >= 4 and "Simulated data" in text and "planted strength" in text
    assert not list(out.glob("*.part"))


def test_a_second_run_goes_on_from_the_library(out):
    before = Library(out / "library").history()
    steps = []
    gpp_coupling(out=out, **BOX, step=lambda done, total, text: steps.append((done, total)))
    assert len(Library(out / "library").history()) == len(before)
    assert steps == [(k, 5) for k in range(6)]


def test_an_interrupted_run_keeps_what_is_whole(out, tmp_path, monkeypatch):
    """Broken off after the simulation, a second run makes the seasons and no second Earth."""
    from vadose.recipes import earth

    made = []
    monkeypatch.setattr(earth.twin, "create", lambda library, **kw: made.append(1))
    own = Library(tmp_path / "library")
    source = Library(out / "library")
    for name in ("twin/gpp", "twin/land", "twin/truth", "twin/stations"):
        own.write(name, source.open(name).compute())
    gpp_coupling(out=tmp_path, **BOX)
    assert not made and sum(n.startswith("seasons-") for n in own.names()) == 1
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "table.csv"), pd.read_csv(out / "table.csv"))


def test_another_earth_is_not_taken_for_the_one_asked_for(out):
    with pytest.raises(ConfigError, match="another simulated Earth"):
        gpp_coupling(out=out, region=BOX["region"], years=(2004, 2010))


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    """Layers at 1 degree, production at 0.5, land cover at 0.25: production follows the second layer."""
    library = Library(tmp_path_factory.mktemp("products") / "lib")
    rng = np.random.default_rng(0)
    coarse, half, fine = (Grid.regular(r).crop((10, 40, 14, 43)) for r in (1.0, 0.5, 0.25))
    t = pd.date_range("1999-01-01", "2015-12-31", freq="MS")
    sm = 0.25 + 0.02 * rng.standard_normal((t.size, 4, *coarse.shape))
    dims = ("time", "layer", "lat", "lon")
    layers = xr.Dataset({"sm": (dims, sm.astype("f4"), schema.VARIABLES["sm"].attrs())},
                        {"time": t, "layer": [1, 2, 3, 4],
                         "layer_bnds": (("layer", "bnds"), [[0, 0.1], [0.1, 0.4], [0.4, 1], [1, 2.0]])})  # fmt: skip
    library.write("noah", schema.stamp(schema.with_grid(layers, coarse), title="Noah layers"))
    wide = np.repeat(np.repeat(sm[:, 1], 2, axis=1), 2, axis=2)
    carbon = 80 * (1 + 3 * (wide - 0.25))
    gpp = xr.Dataset({"GPP": (("time", "lat", "lon"), carbon.astype("f4"), {"units": "g m-2"})}, {"time": t})
    library.write("gosif", schema.stamp(schema.with_grid(gpp, half), title="GPP"))
    codes = np.where(np.arange(fine.shape[1]) < 8, 10, 4) * np.ones(fine.shape)
    codes[0, 0] = 12  # a minority
    cover = xr.Dataset({"land_cover": (("lat", "lon"), codes.astype("u1"), schema.VARIABLES["land_cover"].attrs())})
    library.write("mcd12c1", schema.stamp(schema.with_grid(cover, fine), title="land cover"))
    return library


CONFIG = """
title: Real products
layers: noah
gpp: gosif:GPP
land_cover: mcd12c1
precipitation: null
temperature: null
period: 2000/2014
"""


def test_products_of_three_grids(products, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(CONFIG)
    recipes.run("gpp-coupling", out=tmp_path / "o", library=products.url, config=config)
    frame = pd.read_csv(tmp_path / "o" / "table.csv").query("test == 'plain'")
    with xr.open_dataset(tmp_path / "o" / "fields.nc") as ds:
        assert ds.attrs["period"] == "2000/2014" and not schema.is_simulated(ds) and ds.sizes["lat"] == 3
    cells = frame.groupby("ecosystem").n_cells.first()
    assert cells.to_dict() == {"all": 12, "cropland": 0, "forest": 6, "grassland": 6, "shrubland": 0}
    means = frame.query("ecosystem == 'all'").groupby("depth").mean_r.mean()
    assert means.idxmax() == "10-40 cm" and means["10-40 cm"] > 0.4 and means.drop("10-40 cm").abs().max() < 0.2
    text = (tmp_path / "o" / "report.html").read_text(encoding="utf-8")
    assert "Simulated data" not in text and "planted" not in text and "Real products" in text


def test_too_few_years_make_a_report_that_says_so(products, tmp_path, monkeypatch):
    """Also where the seasons are too large to be held in memory."""
    import vadose.recipes.gpp_coupling_inputs as inputs

    monkeypatch.setattr(inputs, "HELD", 0)
    config = tmp_path / "c.yaml"
    config.write_text(CONFIG.replace("2000/2014", "2000/2005"))
    report = recipes.run("gpp-coupling", out=tmp_path / "o", library=products.url, config=config)
    assert "too few years" in report.read_text(encoding="utf-8")
    assert (pd.read_csv(tmp_path / "o" / "table.csv").n_cells == 0).all()


@pytest.mark.parametrize(("change", "message"), [
    (("gpp: gosif:GPP", "gpp: gosif"), "GPP"), (("layers: noah", "layers: nope"), "holds gosif, mcd12c1, noah"),
    (("layers: noah", "layers: gosif:GPP"), "layer_bnds"), (("2000/2014", "1950/1960"), "period"),
    (("period: 2000/2014", "depths: [[0.0, 0.5]]"), "whole layers"), (("layers: noah", "layer: noah"), "layer"),
    (("period: 2000/2014", "min_years: 1"), "min_years"),
])  # fmt: skip
def test_settings_that_cannot_be_used_are_refused(products, tmp_path, change, message):
    config = tmp_path / "c.yaml"
    config.write_text(CONFIG.replace(*change))
    with pytest.raises(ConfigError, match=message):
        recipes.run("gpp-coupling", out=tmp_path / "o", library=products.url, config=config)


def test_a_library_without_settings_is_told_what_is_missing(products, tmp_path):
    with pytest.raises(ConfigError, match=r"--config"):
        recipes.run("gpp-coupling", out=tmp_path / "o", library=products.url)
    assert "gpp-coupling" in recipes.names()
