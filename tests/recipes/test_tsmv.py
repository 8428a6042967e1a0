"""Total soil water from a library to the report: in its tiniest form, and with what may be wrong in a library."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from vadose import analysis, recipes, schema
from vadose.errors import ConfigError, LibraryError, SchemaError, VadoseError
from vadose.grid import Grid
from vadose.recipes.layered_months import layered_months
from vadose.recipes.tsmv import TsmvSettings, compute, tsmv
from vadose.store import Library

GRID = Grid.regular(1.0).crop((0, 40, 3, 43))
NOAH = [[0.0, 0.1], [0.1, 0.4], [0.4, 1.0], [1.0, 2.0]]
SIZE = np.array([25.0, 75, 150, 250])


def record(first="1985", last="2014", *, bounds=NOAH, step="MS", unit="kg m-2", seed=0):
    """Layered storage, or moisture of the same water."""
    rng = np.random.default_rng(seed)
    time = pd.date_range(f"{first}-01-01", f"{last}-12-31", freq=step)
    x = 1 + 0.05 * rng.standard_normal((len(time), 4, *GRID.shape))
    x += 0.2 * np.cos(2 * np.pi * (time.month.to_numpy() - 1) / 12)[:, None, None, None]
    x = (x * SIZE[:, None, None]).astype("f4")
    name = "swc" if unit == "kg m-2" else "sm"
    if unit == "m3 m-3":
        x = x / (1000 * np.diff(bounds, axis=1).reshape(-1, 1, 1)).astype("f4")
    attrs = schema.VARIABLES[name].attrs()
    ds = schema.with_grid(xr.Dataset({name: (("time", "layer", "lat", "lon"), x, attrs)}), GRID)
    return ds.assign_coords(
        time=time,
        layer=[1, 2, 3, 4],
        layer_bnds=(("layer", "bnds"), np.array(bounds), {"units": "m"}),
    ).assign_attrs(title="made up storage")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """One run from a library, with settings."""
    folder = tmp_path_factory.mktemp("tsmv")
    Library(folder / "lib").write("water", record())
    settings = folder / "settings.yaml"
    settings.write_text(yaml.safe_dump({"periods": {"first": [1985, 1999], "second": [2000, 2014]}, "threshold": 0.5}))
    report = recipes.run("tsmv", library=str(folder / "lib"), config=settings, out=folder / "out")
    return report.parent


def test_report_tables_and_files_hold_the_same_numbers(done):
    maps, means = xr.load_dataset(done / "contributions.nc"), xr.load_dataset(done / "mean.nc")
    np.testing.assert_allclose(maps.contribution.sum(["season", "layer", "kind"]), 1.0, atol=1e-5)  # single precision
    table = pd.read_csv(done / "contributions.csv")
    assert len(table) == 64 and table["contribution"].groupby(table["period"]).sum().tolist() == pytest.approx([1, 1])
    assert set(table["layer"]) == {"0-10 cm", "10-40 cm", "40-100 cm", "100-200 cm"}
    share = float(means.layer_share.sel(period="second", layer="100-200 cm"))
    report = (done / "report.html").read_text(encoding="utf-8")
    assert f"{100 * share:.2f}" in report and "Figure 13." in report and "Figure 14." not in report
    trends = xr.load_dataset(done / "trends.nc")
    assert trends.slope.attrs["units"] == "kg m-2 yr-1" and trends.sizes["period"] == 2
    assert "simulated" not in trends.attrs and "SIMULATED" not in report
    summary = pd.read_csv(done / "trends.csv").query("region == 'all'").set_index("period")
    weight = np.cos(np.radians(GRID.lat))[:, None] * np.ones(GRID.shape)
    want = np.average(np.abs(trends.slope.sel(period="second")) > 0.5, weights=weight)
    assert summary.loc["second", ["above", "below"]].sum() == pytest.approx(want, abs=1e-6)
    for name in ("trends.nc", "contributions.nc", "mean.nc"):
        attrs = xr.open_dataset(done / name).attrs
        assert "made up storage" in attrs["inputs"] and attrs["software"].startswith("vadose")
    assert yaml.safe_load((done / "config.yaml").read_text())["threshold"] == 0.5


def test_without_a_library_it_makes_its_own_earth(tmp_path):
    report = tsmv(out=tmp_path, region=(-4, 41, -2.5, 42.5))
    text = report.read_text(encoding="utf-8")
    assert text.lower().count("simulated") > text.count("<svg") == 13 and "Against the known truth" in text
    for name in ("trends.nc", "contributions.nc", "mean.nc"):
        assert schema.is_simulated(xr.load_dataset(tmp_path / name))
    before = Library(tmp_path / "library").history()
    tsmv(out=tmp_path, region=(-4, 41, -2.5, 42.5))  # a second run goes on with it
    assert len(Library(tmp_path / "library").history()) == len(before)


def test_moisture_becomes_storage_by_its_own_layers_only():
    """Equal water in both units gives equal results; other thickness gives other water."""
    settings = TsmvSettings(min_years=10)
    water, moisture = (compute(record(unit=u), settings) for u in ("kg m-2", "m3 m-3"))
    xr.testing.assert_allclose(water.seasons, moisture.seasons, rtol=1e-5)
    land = [[0.0, 0.07], [0.07, 0.28], [0.28, 1.0], [1.0, 2.89]]
    other = compute(record(unit="m3 m-3").assign_coords(layer_bnds=(("layer", "bnds"), land)), settings)
    year = [
        analysis.annual_storage(r.seasons)["by_layer"].mean(["lat", "lon", "year"]).values for r in (other, moisture)
    ]
    np.testing.assert_allclose(year[0] / year[1], np.diff(land, axis=1)[:, 0] / np.diff(NOAH, axis=1)[:, 0], rtol=1e-5)


def test_limits_of_the_layers_are_applied_and_counted():
    ds = record()
    ds["swc"][5, 0, 0, 0], ds["swc"][6, 3, 1, 1], ds["swc"][7, 2, 2, 2] = 99.95, -1.0, 599.95
    got = compute(ds, TsmvSettings())
    assert got.masked.values.tolist() == [1, 0, 1, 1]
    assert got.attributions["1985-1999"]["n"].values.min() == 14
    assert compute(ds, TsmvSettings(limits=[1000.0] * 4)).masked.values.tolist() == [0, 0, 0, 1]


def test_finer_steps_become_months():
    days = record("2000", "2020", step="D")
    got = layered_months(days)
    assert got.sizes["time"] == 252 and got["layer"].values[0] == "0-10 cm"
    want = days["swc"].sel(time="2004-02").mean("time")
    np.testing.assert_allclose(got["swc"].sel(time="2004-02-01").drop_vars("layer"), want.drop_vars("layer"), rtol=1e-5)
    few = days.where(days.time.dt.day > 20)
    few = layered_months(few)
    assert few["swc"].sel(time="2004-02-01").isnull().all()


def test_chunks_do_not_matter():
    ds = record()
    want = compute(ds, TsmvSettings())
    got = compute(ds.chunk(time=50, layer=1, lat=1), TsmvSettings())
    for name in want.periods:
        xr.testing.assert_allclose(got.attributions[name], want.attributions[name], rtol=1e-12)
        xr.testing.assert_allclose(got.trends[name], want.trends[name], rtol=1e-12)
    xr.testing.assert_allclose(got.difference, want.difference, rtol=1e-12)


def test_periods_are_those_of_the_paper_where_the_record_has_them():
    assert compute(record("1948", "2024"), TsmvSettings()).periods == {
        "1948-1999": (1948, 1999),
        "2000-2024": (2000, 2024),
    }
    assert compute(record("1995", "2020"), TsmvSettings()).periods == {
        "1995-2007": (1995, 2007),
        "2008-2020": (2008, 2020),
    }


def test_years_without_values_are_in_no_period():
    """The axis of a provider may begin decades before the values do: the halves are those of the values."""
    ds = record("1978", "2024")
    ds["swc"] = ds["swc"].where(ds["time"].dt.year >= 2003)
    assert compute(ds, TsmvSettings()).periods == {"2003-2013": (2003, 2013), "2014-2024": (2014, 2024)}
    ds["swc"] = ds["swc"].where(ds["time"].dt.year >= 2010)
    with pytest.raises(SchemaError, match=r"15 complete|7 complete years"):
        compute(ds, TsmvSettings())


def test_a_month_missing_everywhere_costs_its_year():
    ds = record().drop_isel(time=[14])
    got = compute(ds, TsmvSettings(periods={"a": (1985, 1999), "b": (2000, 2014)}))
    assert (got.attributions["a"]["n"] == 14).all() and (got.attributions["b"]["n"] == 15).all()
    assert got.mean["storage"].sel(year=1986).isnull().all() and got.mean["storage"].sel(year=1987).notnull().all()


@pytest.mark.parametrize(("spoil", "error", "words"), [
    (lambda d: d.isel(time=slice(0, 12)), SchemaError, "1 complete years in 1995-1995 .*10 with all twelve months"),
    (lambda d: d.drop_isel(time=np.arange(3, d.sizes["time"], 12)), SchemaError, "0 complete"),
    (lambda d: d.isel(layer=[0, 2, 3]), SchemaError, "nothing between 0.1 and 0.4 m"),
    (lambda d: d.isel(layer=0, drop=True), SchemaError, "two or more soil layers"),
    (lambda d: d.isel(layer=[0]), SchemaError, "one layer"),
    (lambda d: d.drop_vars("layer_bnds"), SchemaError, "layer_bnds"),
    (lambda d: d.assign(swc=d["swc"] * np.nan).assign(swc=lambda e: e["swc"].assign_attrs(d["swc"].attrs)), SchemaError,
     "no cell with more than 0 complete years"),
    (lambda d: d.assign(swc=d["swc"].assign_attrs(units="m3 m-3")), SchemaError, "units"),
    (lambda d: d.assign(swc=d["swc"].drop_attrs()), SchemaError, "units"),
    (lambda d: d.rename(swc="sm"), SchemaError, "units"),
    (lambda d: d.isel(time=slice(0, 0)), SchemaError, "no time"),
    (lambda d: d.isel(time=slice(None, None, -1)), SchemaError, "unsorted|strictly|ascending"),
])  # fmt: skip
def test_what_cannot_be_used_is_refused_in_words(spoil, error, words):
    with pytest.raises(error, match=words):
        compute(spoil(record("1995", "2019")), TsmvSettings())


def test_a_layer_missing_at_a_cell_takes_that_cell_out_alone():
    ds = record()
    ds["swc"][:, 2, 1, 1] = np.nan
    got = compute(ds, TsmvSettings())
    status = got.attributions["1985-1999"]["status"]
    assert int(status[1, 1]) == schema.STATUS["no_data"] and int((status == 0).sum()) == 8
    assert int(got.difference["n_cells"]) == 8


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"periods": {"a": [1985, 2000]}}, "two of name"),
        ({"periods": {"a": [2000, 1990], "b": [2001, 2010]}}, "two of name"),
        ({"min_years": 3}, "min_years"),
        ({"tst": "mk"}, "tst"),
        ({"test": "pettitt"}, "test"),
        ({"periods": {"a": [1900, 1930], "b": [2000, 2014]}}, "0 complete years in a"),
        ({"limits": [1, 2]}, "limits"),
        ({"bbox": [100, 10, 110, 20]}, "bbox|box|cell"),
        ({"period": "1950/1960"}, "period"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path, settings, words):
    Library(tmp_path / "lib").write("water", record())
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(settings))
    with pytest.raises(VadoseError, match=words):
        recipes.run("tsmv", library=str(tmp_path / "lib"), config=tmp_path / "s.yaml", out=tmp_path / "out")


def test_the_dataset_is_named_where_there_are_several(tmp_path):
    with pytest.raises(LibraryError):
        recipes.run("tsmv", library=str(tmp_path / "none"), out=tmp_path / "out")
    lib = Library(tmp_path / "lib")
    with pytest.raises(ConfigError, match="with layers: none"):
        recipes.run("tsmv", library=lib.url, out=tmp_path / "out")
    lib.write("a", record("2000", "2001"))
    lib.write("b", record("2000", "2001"))
    with pytest.raises(ConfigError, match="a, b"):
        recipes.run("tsmv", library=lib.url, out=tmp_path / "out")


def test_a_box_and_a_period_are_cut_out():
    got = compute(record(), TsmvSettings(bbox=(1, 41, 3, 43), period="1990/2013"))
    assert got.seasons.sizes["lat"] == 2 and got.seasons["year"].values[[0, -1]].tolist() == [1990, 2013]
    whole = analysis.annual_storage(compute(record(), TsmvSettings()).seasons)["total"].sel(year=slice(1990, 2013))
    part = analysis.annual_storage(got.seasons)["total"]
    xr.testing.assert_equal(part.drop_vars(["lat", "lon"]),
                            whole.isel(lat=slice(0, 2), lon=slice(1, 3)).drop_vars(["lat", "lon"]))  # fmt: skip
