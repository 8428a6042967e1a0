import xarray as xr

from vadose import schema
from vadose.recipes.demo import FUSION, demo
from vadose.store import Library

#: The fusion of the demo in little: one cell of each of two zones and the quickest networks.
QUICK = FUSION.model_copy(update={
    "regions": ((-7.5, 38.5, -6.5, 39.0),), "resolution": 0.5, "baselines": ("tc",), "n_boot": 100,
    "networks": {"members": 1, "max_iter": 10, "hidden": 2, "wide_hidden": 2, "min_rows": 30},
})  # fmt: skip


def test_demo_runs_twice_and_says_simulated_everywhere(tmp_path):
    report = demo(out=tmp_path, fusion=QUICK)
    text = report.read_text(encoding="utf-8")
    assert text.count("SIMULATED") + text.count("Simulated") > 10
    assert "Eleven products fused into one record" in text
    assert "Verdict" in (tmp_path / "fusion" / "report.html").read_text(encoding="utf-8")
    first = xr.load_dataset(tmp_path / "scores.nc")
    assert first.attrs["simulated"] == "true"
    library = Library(tmp_path / "library")
    for name in library.names():
        assert schema.is_simulated(library.open(name)), name
    demo(out=tmp_path, fusion=QUICK)
    xr.testing.assert_equal(xr.load_dataset(tmp_path / "scores.nc"), first)


def test_demo_sensor_scores_agree_with_the_truth_in_order(tmp_path):
    """Stations, points with errors of their own, must still rank the two sensors as the truth does."""
    from vadose import validation
    from vadose.recipes.demo import SENSORS
    from vadose.recipes.true_pairs import true_pairs

    demo(out=tmp_path, seed=3, fusion=QUICK)
    library = Library(tmp_path / "library")
    truth = library.open("twin/truth")["sm"].isel(layer=0, drop=True)
    true = {
        k: float(validation.score_pooled(true_pairs(library.open(v)["sm"], truth)).ubrmse) for k, v in SENSORS.items()
    }
    seen = xr.load_dataset(tmp_path / "scores.nc").groupby("product").median().ubrmse
    assert (true["Simulated sensor A"] < true["Simulated sensor B"]) == bool(
        seen.sel(product="Simulated sensor A") < seen.sel(product="Simulated sensor B")
    )
