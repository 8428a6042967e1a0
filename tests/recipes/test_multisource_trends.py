import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from vadose import recipes, schema
from vadose.errors import ConfigError, GridError, SchemaError
from vadose.grid import Grid
from vadose.recipes.multisource_settings import TrendsConfig, complete, read_classes
from vadose.recipes.multisource_trends import multisource_trends
from vadose.recipes.settings import read
from vadose.recipes.tsmv_result import TsmvSettings
from vadose.store import Library

GRID = Grid.regular(1.0).crop((0, 40, 3, 42))


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trends")
    multisource_trends(out=folder, region=(0, 39, 3, 42), years=(2003, 2018))
    return folder


def months(slope, *, noise=0.01, seed=0, first="2000-01-01", step=0.0):
    t = pd.date_range(first, "2019-12-01", freq="MS")
    x = 0.25 + slope * (t.year - 2000) + step * (t.year >= 2010) + 0.05 * np.sin(2 * np.pi * t.month / 12)
    x = x.to_numpy()[:, None, None] + noise * np.random.default_rng(seed).standard_normal((t.size, *GRID.shape))
    ds = xr.Dataset({"sm": (("time", "lat", "lon"), x.astype("f4"), {"units": "m3 m-3"})}, {"time": t})
    return schema.stamp(schema.with_grid(ds, GRID), title="a record", product="c3s", version="1")


@pytest.fixture
def library(tmp_path):
    made = Library(str(tmp_path / "library"))
    made.write("c3s", months(0.002))
    made.write("model", months(-0.002, seed=1, step=0.05))
    return made


def test_the_report_says_which_product_is_right(out):
    """The second reanalysis loses rain more and more: its error is the largest, and below 0."""
    errors = pd.read_csv(out / "errors.csv", index_col="product")
    assert errors.rate_error.idxmin() == "reanalysis b" and not errors.right["reanalysis b"]
    assert errors.rate_error_upper["reanalysis b"] < 0
    assert errors.slope_rmse[["sensor a", "sensor b"]].max() < errors.slope_rmse["reanalysis b"]
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "Which product" in text and "Wrong:" in text and "Sea level" in text
    assert text.lower().count("simulated") >= text.count("<figure")


def test_files(out):
    table = xr.open_dataset(out / "summary.nc")
    assert table.sizes["product"] == 4 and table.attrs["simulated"] == "true"
    rows = pd.read_csv(out / "summary.csv")
    assert {"product", "period", "region", "wetting", "drying", "significant", "mean_slope", "rate"} <= {*rows.columns}
    whole = rows[rows.region == "all"]
    np.testing.assert_allclose(whole.wetting + whole.drying, 1.0)
    assert xr.open_dataset(out / "forcing_reanalysis_b.nc").slope_difference.mean() < 0
    level = xr.open_dataset(out / "sea_level_truth.nc")
    assert level.sea_level_trend_lower < level.sea_level_trend < level.sea_level_trend_upper
    assert yaml.safe_load((out / "config.yaml").read_text())["truth"]["dataset"] == "twin/truth"


def test_a_library_with_settings(library, tmp_path):
    """No truth, no rain: the table, the maps and the declared break, which holds up the model's fall."""
    config = tmp_path / "trends.yaml"
    config.write_text(yaml.safe_dump({
        "products": {"C3S": {"dataset": "c3s"}, "model": {"dataset": "model", "breaks": ["2010-01-01"]}},
        "periods": ["2000/2019", "2010/2019"], "area": "pixel", "fdr": True,
    }))  # fmt: skip
    out = tmp_path / "out"
    report = recipes.run("multisource-trends", out=out, library=library.url, config=config)
    rows = pd.read_csv(out / "summary.csv").query("region == 'all'").set_index(["product", "period"])
    assert rows.wetting["C3S", "2000-2019"] == 1.0 and rows.drying["model", "2010-2019"] == 1.0
    assert rows.rate["C3S", "2000-2019"] == pytest.approx(0.002, rel=0.1)
    breaks = xr.open_dataset(out / "breaks_model.nc")
    assert float(breaks.slope.median()) == pytest.approx(-0.002, rel=0.2)
    assert float(breaks.step.median()) == pytest.approx(0.05, rel=0.1)
    text = report.read_text(encoding="utf-8")
    assert "Changes of sensor" in text and "10.24381/cds.d7782f18" in text and "imulated" not in text
    recipes.run("multisource-trends", out=out, library=library.url, config=config)  # files of a run are replaced


def test_one_product_and_everything_by_itself(library, tmp_path):
    library.delete("model")
    chosen = complete(TrendsConfig(), library)
    assert list(chosen.products) == ["c3s"] and chosen.periods == ("2000/2019",)
    report = recipes.run("multisource-trends", out=tmp_path / "out", library=library.url)
    assert "nothing to agree with" in report.read_text(encoding="utf-8")


def test_another_grid_is_refused_and_a_common_one_taken(library, tmp_path):
    fine = Grid.regular(0.5).crop((0, 40, 3, 42))
    ds = months(0.001)
    finer = xr.DataArray(np.repeat(np.repeat(ds.sm.values, 2, 1), 2, 2), dims=ds.sm.dims, attrs=ds.sm.attrs)
    library.write("fine", schema.with_grid(xr.Dataset({"sm": finer}, {"time": ds.time}), fine))
    with pytest.raises(ValueError, match="grid"):
        recipes.run("multisource-trends", out=tmp_path / "out", library=library.url)
    config = tmp_path / "trends.yaml"
    config.write_text("grid: 1.0\n")
    recipes.run("multisource-trends", out=tmp_path / "out", library=library.url, config=config)
    assert set(pd.read_csv(tmp_path / "out" / "summary.csv")["product"]) == {"c3s", "fine", "model"}


def test_the_top_layer_by_default_and_classes_of_a_finer_grid(library, tmp_path):
    """Readers label layers by depth; a global class map comes to the grid of the products by its largest share."""
    ds = months(0.001)
    layers = xr.concat([ds.sm, -ds.sm], dim="layer").transpose("time", "layer", "lat", "lon")
    layers = layers.assign_coords(layer=[0.05, 0.25]).assign_attrs(units="m3 m-3")
    bounds = ("layer", "bnds"), [[0.0, 0.1], [0.1, 0.4]], {"units": "m"}
    layered = xr.Dataset({"sm": layers}).assign_coords(layer_bnds=bounds)
    library.write("layered", schema.stamp(schema.with_grid(layered, GRID), title="layers", product="c3s", version="1"))
    fine = Grid.regular(0.25).crop((-1, 39, 4, 43))
    codes = np.where(fine.lon > 1, 10, 1) * np.ones(fine.shape, int)
    cover = xr.Dataset({"land_cover": (("lat", "lon"), codes.astype("u1"), {"units": "1", "long_name": "classes"})})
    library.write("classes", schema.with_grid(cover, fine), layout="plain")
    config = tmp_path / "trends.yaml"
    config.write_text(
        "products: {top: {dataset: layered}, c3s: {dataset: c3s}}\n"
        "regions: {cover: {dataset: classes, variable: land_cover, group: ecosystem}}\n"
    )
    recipes.run("multisource-trends", out=tmp_path / "out", library=library.url, config=config)
    rows = pd.read_csv(tmp_path / "out" / "summary.csv").set_index(["product", "region"])
    assert rows.wetting["top", "all"] == 1.0
    assert (rows.n_cells["top", "forest"], rows.n_cells["top", "grassland"]) == (2, 4)
    elsewhere = Grid.regular(0.25).crop((100, 39, 104, 43))
    codes = np.ones(elsewhere.shape, "u1")
    cover = xr.Dataset({"land_cover": (("lat", "lon"), codes, {"units": "1", "long_name": "classes"})})
    library.write("elsewhere", schema.with_grid(cover, elsewhere), layout="plain")
    config.write_text("{products: {c3s: {dataset: c3s}}, regions: {a: {dataset: elsewhere, variable: land_cover}}}\n")
    with pytest.raises(GridError, match="regions: elsewhere"):
        recipes.run("multisource-trends", out=tmp_path / "out", library=library.url, config=config)
    config.write_text("products: {low: {dataset: layered, layer: 2}}\n")
    with pytest.raises(ConfigError, match=r"low: layered: layer.*0 \(0.05\), 1 \(0.25\)"):
        recipes.run("multisource-trends", out=tmp_path / "out", library=library.url, config=config)


def test_wrong_settings(library, tmp_path):
    def run(text):
        config = tmp_path / "trends.yaml"
        config.write_text(text)
        recipes.run("multisource-trends", out=tmp_path / "out", library=library.url, config=config)

    with pytest.raises(ConfigError, match="colour"):
        run("colour: blue\n")
    with pytest.raises(SchemaError, match="rzsm"):
        run("products: {a: {dataset: c3s, variable: rzsm}}\n")
    with pytest.raises(ConfigError, match="enough years"):
        run("periods: [1950/1980]\n")
    with pytest.raises(ConfigError, match="reference"):
        run("products: {reference: {dataset: c3s}}\n")
    empty = Library(str(tmp_path / "empty"))
    with pytest.raises(ConfigError, match="ingest"):
        recipes.run("multisource-trends", out=tmp_path / "out", library=empty.url)


def test_classes_by_group(out):
    library = Library(str(out / "library"))
    chosen = complete(TrendsConfig(), library)
    land = read_classes(library, chosen.regions["land cover"])
    assert set(np.unique(land)) <= {"", "forest", "shrubland", "grassland", "cropland"}
    climate = read_classes(library, chosen.regions["climate"])
    assert set(np.unique(climate)) <= {"", "tropical", "arid", "temperate", "cold and polar"}
    assert ((climate == "") == (library.open("twin/land").land_cover == 0)).all()


def test_a_corrected_test_is_made_everywhere_and_named(library, tmp_path):
    config = tmp_path / "trends.yaml"
    config.write_text(yaml.safe_dump({"test": "tfpw", "bias_corrected": True, "latitude": False}))
    out = tmp_path / "out"
    multisource_trends(out=out, library=library.url, config=config)
    for name in ("summary", "trends_c3s", "trends_model"):
        assert xr.open_dataset(out / f"{name}.nc").attrs["bias_corrected"] == "true"
    assert "tfpw, bias-corrected" in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", [TrendsConfig, TsmvSettings])
def test_a_test_without_anything_to_correct_is_refused(tmp_path, model):
    path = tmp_path / "settings.yaml"
    path.write_text("{test: ar1, bias_corrected: true}")
    with pytest.raises(ConfigError, match="hamed_rao, yue_wang, tfpw, not ar1"):
        read(path, model)
