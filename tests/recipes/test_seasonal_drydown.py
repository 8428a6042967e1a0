import dataclasses

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import recipes, twin
from vadose.errors import ConfigError
from vadose.recipes import seasonal_drydown as recipe
from vadose.store import Library


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    store = Library(str(tmp_path_factory.mktemp("cycles") / "library"))
    twin.create(store, region=(-31, 29, -30, 31), resolution=0.25, years=(2010, 2013), seed=7, products="sensor_a")
    return store


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin")
    with pytest.MonkeyPatch.context() as patch:
        small = dataclasses.replace(recipe.EARTH, region=(-31.0, 30.0, -30.0, 31.0), years=(2008, 2012))
        patch.setattr(recipe, "EARTH", small)
        recipes.run("seasonal-drydown", out=folder)
    return folder


def test_everything_promised_is_written_and_simulated(simulated):
    for name in ("sm_cycle", "precipitation_cycle", "lag", "drydown", "timescale", "memory"):
        ds = xr.load_dataset(simulated / f"{name}.nc")
        assert ds.attrs["simulated"] == "true" and ds.attrs["Conventions"].startswith("CF"), name
    text = (simulated / "report.html").read_text(encoding="utf-8")
    assert "Against the known truth" in text and "SIMULATED" in text
    table = pd.read_csv(simulated / "summary.csv", index_col="quantity")
    assert table.loc["median e-folding time of dry-downs", "quantity_units"] == "d"
    events = pd.read_csv(simulated / "events.csv")
    assert {"start", "tau", "tau_error", "decay_constant", "lat", "lon"} <= set(events.columns) and len(events) > 20


def test_a_library_is_coarsened_on_request(library, tmp_path):
    settings = tmp_path / "s.yaml"
    settings.write_text(
        "soil_moisture: {dataset: twin/truth, variable: sm, layer: 0}\n"
        "precipitation: {dataset: twin/truth, variable: precipitation}\n"
        "resolution: 0.5\nmin_coverage: 0.2\nperiod: 2010/2012\nharmonics: 1\n", encoding="utf-8",
    )  # fmt: skip
    recipes.run("seasonal-drydown", out=tmp_path / "out", library=str(library.url), config=settings)
    cycle = xr.load_dataset(tmp_path / "out" / "sm_cycle.nc")
    assert cycle.sizes["lat"] == 4 and cycle.sizes["lon"] == 2 and cycle.attrs["period"] == "2010-01-01/2012-12-21"
    assert set(np.unique(cycle.n_harmonics)) <= {0, 1}
    assert "known truth" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_soil_moisture_alone(library, tmp_path):
    settings = tmp_path / "s.yaml"
    settings.write_text("soil_moisture: {dataset: twin/sensor_a, variable: sm}\n", encoding="utf-8")
    recipes.run("seasonal-drydown", out=tmp_path / "out", library=str(library.url), config=settings)
    assert not (tmp_path / "out" / "lag.nc").exists() and (tmp_path / "out" / "timescale.nc").exists()
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "runs of falling values" in text


@pytest.mark.parametrize(("lines", "word"), [
    ("soil_moisture: {dataset: nowhere, variable: sm}", "nowhere"),
    ("soil_moisture: {dataset: twin/truth, variable: moisture}", "moisture"),
    ("soil_moisture: {dataset: twin/truth, variable: sm}", "layer: 0"),
    ("soil_moisture: {dataset: twin/truth, variable: sm}\nresolutoin: 1", "resolutoin"),
    ("soil_moisture: {dataset: twin/sensor_a, variable: sm}\nperiod: '1980'", "1980.* a period inside"),
    ("soil_moisture: {dataset: twin/sensor_a, variable: sm}\nbbox: [100, 0, 101, 1]", "overlaps"),
])  # fmt: skip
def test_faults_name_their_place(library, tmp_path, lines, word):
    settings = tmp_path / "s.yaml"
    settings.write_text(lines, encoding="utf-8")
    with pytest.raises(ConfigError, match=word):
        recipes.run("seasonal-drydown", out=tmp_path / "out", library=str(library.url), config=settings)


def test_months_have_no_lag_behind_rain(library, tmp_path):
    ds = library.open("twin/truth")[["precipitation", "sm"]].isel(layer=0, drop=True)
    ds = ds.drop_vars("layer_bnds", errors="ignore")
    monthly = Library(str(tmp_path / "library"))
    monthly.write("months", ds.isel(time=ds["time"].dt.day == 15).chunk(time=-1).compute())
    settings = tmp_path / "s.yaml"
    settings.write_text("soil_moisture: {dataset: months, variable: sm}\n"
                        "precipitation: {dataset: months, variable: precipitation}\n", encoding="utf-8")  # fmt: skip
    with pytest.raises(ConfigError, match="daily or dekadal"):
        recipes.run("seasonal-drydown", out=tmp_path / "out", library=str(monthly.url), config=settings)


def test_a_library_without_the_twin_needs_a_configuration(tmp_path):
    empty = Library(str(tmp_path / "library"))
    with pytest.raises(ConfigError, match="--config"):
        recipes.run("seasonal-drydown", out=tmp_path / "out", library=str(empty.url))
