import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import recipes
from vadose.errors import ConfigError, InputFileError
from vadose.stats import windows


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One station of an own table, unpacked: 5 cm, and 30 cm as its filter with T = 12 d."""
    rng = np.random.default_rng(0)
    x = np.zeros(500)
    for t in range(1, 500):
        x[t] = 0.8 * x[t - 1] + (rng.random() < 0.15) * rng.exponential()
    top = 0.1 + 0.02 * x
    low = windows.exponential_filter(top, t_value=12.0)
    place = tmp_path_factory.mktemp("stations")
    for depth, values in ((0.05, top), (0.3, low)):
        lines = [f"{'NET':<10} {'NET':<10} {'Mill':<12} 45.00000 5.00000 100.00 {depth:.4f} {depth:.4f} Probe"]
        lines += [f"{t:%Y/%m/%d} 12:00 {v:.6f} G M" for t, v in
                  zip(pd.date_range("2015-01-01", periods=500), values)]  # fmt: skip
        path = place / "NET" / "Mill" / f"NET_NET_Mill_sm_{depth:.6f}_{depth:.6f}_Probe_20150101_20160514.stm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
    return place


def test_the_recipe_finds_the_planted_time_scale(folder, tmp_path):
    page = recipes.run("surface-depth", data=folder, out=tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 2 and "SIMULATED" not in text and "hess-25-5749-2021" in text
    with xr.open_dataset(tmp_path / "out" / f"{folder.name}-pairs.nc") as ds:
        assert ds.sizes["pair"] == 1 and ds["of"].values.tolist() == ["values", "anomalies"]
        assert float(ds.t_best[0, 0]) == pytest.approx(12.0, rel=0.1)
    table = pd.read_csv(tmp_path / "out" / f"{folder.name}-bins.csv")
    assert table[table["of"] == "values"].stations.tolist() == [0, 1, 0, 0]


def test_a_folder_without_two_depths_says_why(folder, tmp_path):
    lonely = tmp_path / "lonely" / "NET" / "Mill"
    lonely.mkdir(parents=True)
    source = next(folder.rglob("*_0.050000_*.stm"))
    (lonely / source.name).write_bytes(source.read_bytes())
    with pytest.raises(InputFileError, match="surface"):
        recipes.run("surface-depth", data=tmp_path / "lonely", out=tmp_path / "out")


def test_bad_settings_are_refused(folder, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("lags: [5]\nanomaly: -1\n")
    with pytest.raises(ConfigError, match="anomaly"):
        recipes.run("surface-depth", data=folder, config=config, out=tmp_path / "out")


@pytest.mark.real
def test_both_real_archives_are_tabled(data, tmp_path):
    page = recipes.run("surface-depth", data=data, out=tmp_path / "out")
    tables = sorted((tmp_path / "out").glob("*-bins.csv"))
    assert len(tables) == 2 and page.read_text(encoding="utf-8").count("<svg") == 4
    assert all(pd.read_csv(t).query("of == 'values'").r_median.max() > 0.75 for t in tables)
