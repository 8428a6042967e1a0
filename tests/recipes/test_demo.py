import xarray as xr

from vadose import schema
from vadose.recipes.demo import demo
from vadose.store import Library


def test_demo_runs_twice_and_says_simulated_everywhere(tmp_path):
    report = demo(out=tmp_path)
    text = report.read_text(encoding="utf-8")
    assert text.count("SIMULATED") + text.count("Simulated") > 10
    first = xr.load_dataset(tmp_path / "scores.nc")
    assert first.attrs["simulated"] == "true"
    library = Library(tmp_path / "library")
    for name in library.names():
        assert schema.is_simulated(library.open(name)), name
    demo(out=tmp_path)
    xr.testing.assert_equal(xr.load_dataset(tmp_path / "scores.nc"), first)


def test_demo_sensor_scores_agree_with_the_truth_in_order(tmp_path):
    """Stations, points with errors of their own, must still rank the two sensors as the truth does."""
    from vadose import validation
    from vadose.recipes.demo import SENSORS, true_pairs

    demo(out=tmp_path, seed=3)
    library = Library(tmp_path / "library")
    truth = library.open("twin/truth")["sm"].isel(layer=0, drop=True)
    true = {
        k: float(validation.score_pooled(true_pairs(library.open(v)["sm"], truth)).ubrmse) for k, v in SENSORS.items()
    }
    seen = xr.load_dataset(tmp_path / "scores.nc").groupby("product").median().ubrmse
    assert (true["Simulated sensor A"] < true["Simulated sensor B"]) == bool(
        seen.sel(product="Simulated sensor A") < seen.sel(product="Simulated sensor B")
    )
