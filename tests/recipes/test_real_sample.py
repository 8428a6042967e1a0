"""The whole street on real files: archives and cells in, an honest report out."""

import html.parser
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from vadose import recipes
from vadose.recipes import config as configs
from vadose.recipes.evaluate import evaluate
from vadose.store import Library

ARCHIVE = "ismn/Data_seperate_files_header_hawaii_cosmos_scan_19500101_20250617.zip"


@pytest.fixture(scope="module")
def out(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("real")
    recipes.run("real-sample", data=data, out=folder)
    return folder


@pytest.fixture(scope="module")
def scores(out):
    return xr.load_dataset(out / "scores.nc")


def test_everything_promised_is_written(out):
    for name in ("report.html", "scores.nc", "scores.csv", "config.yaml", "library"):
        assert (out / name).exists(), name


def test_at_least_ten_products_with_honest_n(scores):
    surface = scores.where((scores.depth_to < 0.06), drop=True)
    n = surface.groupby("product").sum().n
    assert (n >= 20).sum() >= 10
    assert "SMAP L3 v9 AM+PM" in scores["product"].values  # nothing recommended there: kept, with n = 0
    few = scores.n < 20
    assert np.isnan(scores.r.values[few]).all()
    assert (scores.status.values[few] != 0).all()


def test_scores_of_one_cell_against_an_independent_calculation(out, scores, data):
    """ERA5-Land at WaimeaPlain, by hand from the files: 06:00 UTC value with the mean of the same UTC day."""
    import netCDF4

    label = "ERA5-Land, 0-7 cm"
    mine = scores.isel(cell=np.flatnonzero((scores["product"] == label) & (scores.stations == "SCAN:WaimeaPlain")))
    assert mine.sizes["cell"] == 1
    lat, lon = float(mine.cell_lat[0]), float(mine.cell_lon[0])
    values = None
    for name in ("0165.nc", "0166.nc"):
        with netCDF4.Dataset(data / "era5_land/cells_v20190904" / name) as nc:
            hit = np.flatnonzero((np.abs(nc["lat"][:] - lat) < 1e-3) & (np.abs(nc["lon"][:] - lon) < 1e-3))
            if hit.size:
                time = netCDF4.num2date(nc["time"][:], nc["time"].units, only_use_cftime_datetimes=False)
                values = pd.Series(np.ma.filled(nc["swvl1"][hit[0]], np.nan), index=pd.DatetimeIndex(time).normalize())
    daily = []
    with zipfile.ZipFile(data / ARCHIVE) as archive:
        for name in (n for n in archive.namelist() if "WaimeaPlain" in n and "_sm_0.050800_" in n):
            names = ["day", "hour", "value", "flag", "original"]
            frame = pd.read_csv(archive.open(name), sep=r"\s+", skiprows=1, header=None, names=names)
            frame = frame[frame.flag == "G"]
            daily.append(frame.value.groupby(pd.to_datetime(frame.day)).mean())
    reference = pd.concat(daily, axis=1, sort=True).mean(axis=1)
    both = pd.concat([values, reference], axis=1, join="inner").dropna().to_numpy(dtype=float)
    assert int(mine.n[0]) == len(both)
    assert float(mine.r[0]) == pytest.approx(np.corrcoef(both.T)[0, 1], abs=1e-6)
    assert float(mine.bias[0]) == pytest.approx((both[:, 0] - both[:, 1]).mean(), abs=1e-7)


def test_dropped_values_are_all_accounted_for(scores):
    dropped = scores.n_dropped
    estimate = ["estimate_outside_window", "estimate_not_nearest", "estimate_excluded"]
    np.testing.assert_array_equal(scores.n_estimate, scores.n_matched + dropped.sel(reason=estimate).sum("reason"))
    np.testing.assert_array_equal(
        scores.n_reference, scores.n_matched + dropped.sel(reason="reference_without_estimate")
    )


def test_csv_tells_the_same_as_netcdf(out, scores):
    table = pd.read_csv(out / "scores.csv")
    assert len(table) == scores.sizes["cell"]
    np.testing.assert_allclose(table["r"], scores.r, equal_nan=True)
    assert table["product"].tolist() == scores["product"].values.tolist()


def test_resolved_configuration_runs_again(out):
    again = configs.load(out / "config.yaml")
    assert len(again.products) == len(yaml.safe_load((out / "config.yaml").read_text())["products"])
    assert again.score.ci == "neff"


def test_report_is_one_file_that_loads_nothing(out, scores):
    class Links(html.parser.HTMLParser):
        loads: list

        def handle_starttag(self, tag, attrs):
            self.loads += [v for k, v in attrs if k in ("src", "data") and v and not v.startswith("data:")]
            if tag == "link":
                self.loads.append(str(attrs))

    text = (out / "report.html").read_text(encoding="utf-8")
    reader = Links()
    reader.loads = []
    reader.feed(text)
    assert reader.loads == []
    assert "simulated" not in text.lower()
    for label in np.unique(scores["product"].values):
        assert label.replace("&", "&amp;") in text
    assert len(text) < 8_000_000


def test_scores_carry_their_provenance(scores):
    assert scores.attrs["Conventions"] == "CF-1.11"
    assert scores.r.attrs["units"] == "1"
    assert scores.bias.attrs["units"] == "m3 m-3"
    assert json.loads(scores.attrs.get("inputs", "[]")) is not None


def test_a_second_run_uses_the_library_and_gives_the_same(out, scores, data, tmp_path):
    """Five of the products; each is scored by itself."""
    library = Library(out / "library")
    before = {name: list(library.history(name)["snapshot"]) for name in library.names()}
    variables = {"data": str(data), "out": str(out)}
    config = configs.load(Path(recipes.__file__).with_name("real_sample.yaml"), variables=variables)
    few = config.model_copy(update={"products": config.products[:5], "collocations": [], "qa4sm": False})
    evaluate(few, out=tmp_path)
    again = xr.load_dataset(tmp_path / "scores.nc")
    assert np.unique(again["product"]).size == 5
    mine = scores.isel(cell=np.isin(scores["product"], again["product"]))
    xr.testing.assert_equal(again, mine)
    assert {name: list(library.history(name)["snapshot"]) for name in library.names()} == before
