"""Fusion examined over two small boxes of one Earth: pooled numbers are those of the records themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import schema
from vadose.fusion import Stations, level_by_stations
from vadose.fusion.networks import unpack
from vadose.recipes.fusion_exam import FUSED, examine
from vadose.recipes.fusion_pool import ORACLE, RATIOS, BoxExam, pool
from vadose.recipes.fusion_settings import FusionSettings
from vadose.recipes.fusion_verdicts import judge_pool
from vadose.recipes.twin_exam import library_of, run_exams, write_exams

SETTINGS = FusionSettings.model_validate({
    "regions": [[-4.0, 40.0, -3.0, 41.0], [2.0, 44.0, 3.0, 45.0]], "resolution": 0.25, "years": [2014, 2018],
    "networks": {"members": 1, "max_iter": 30, "hidden": 3}, "baselines": ["tc", "global-network"], "n_boot": 100,
})  # fmt: skip
TC, ONE = "CDF matching, TC weights", "one global network"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("boxes")


@pytest.fixture(scope="module")
def exams(folder):
    out = run_exams(folder, SETTINGS, step=lambda *told: None)
    write_exams(folder, SETTINGS, out)
    return out


@pytest.fixture(scope="module")
def errors(folder, exams):
    """Of each box the errors of the fused record and of the merge where both have a value, and the truth."""
    out = []
    for k in (1, 2):
        library = library_of(folder, 7, k)
        truth = library.open("twin/truth")["sm"].isel(layer=0, drop=True).compute()
        fused, tc = (library.open(n)["sm"].compute().astype("float64") for n in ("fused", "fused.rivals/tc"))
        mine, other = fused - truth, tc - truth
        both = mine.notnull() & other.notnull()
        out.append({"fused": mine.where(both).values, "tc": other.where(both).values, "record": fused, "truth": truth})
    return out


def test_pooled_ratios_are_those_of_all_pixel_dekads(exams, errors):
    rivals = pool(exams).rivals
    mine, other = (np.concatenate([e[k].ravel() for e in errors]) for k in ("fused", "tc"))
    expected = np.sqrt(np.nanmean(mine**2) / np.nanmean(other**2))
    assert float(rivals["pooled_rmse"].sel(rival=TC)) == pytest.approx(expected, rel=1e-6)
    # the mean of each box is taken away before its errors join the others
    mine, other = (np.concatenate([(e[k] - np.nanmean(e[k])).ravel() for e in errors]) for k in ("fused", "tc"))
    expected = np.sqrt(np.nanmean(mine**2) / np.nanmean(other**2))
    assert float(rivals["pooled_ubrmse"].sel(rival=TC)) == pytest.approx(expected, rel=1e-6)
    assert float(rivals["n"].sel(rival=TC)) == sum(np.isfinite(e["tc"]).sum() for e in errors)
    for metric, ratio in RATIOS.items():  # a ratio of all lies between those of the boxes
        single, whole = rivals[ratio], rivals[f"pooled_{metric}"]
        there = rivals["n"] > 0
        assert ((whole >= single.min("box") - 1e-9) & (whole <= single.max("box") + 1e-9)).where(there, True).all()
    # two boxes: the jackknife's error is half their distance
    one = rivals.sel(rival=ONE)
    assert float(one["error_rmse"]) == pytest.approx(abs(float(one["ratio"][0] - one["ratio"][1])) / 2, rel=1e-6)
    assert float(rivals["pooled_rmse"].sel(rival=ORACLE)) >= float(
        rivals["pooled_rmse"].where(rivals["kind"] == "product").max()
    ) * (1 - 1e-9)  # fmt: skip


def test_steps_and_trends_are_means_and_slopes_over_boxes(exams, errors):
    together = pool(exams)
    per = np.stack([e.exam.steps["step"].values for e in exams])
    np.testing.assert_allclose(together.steps["step"], per.mean(axis=0))
    np.testing.assert_allclose(together.steps["standard_error"], np.abs(per[0] - per[1]) / 2)
    slopes = []
    for e in errors:
        both = e["record"].notnull() & e["truth"].sel(time=e["record"]["time"]).notnull()
        slope = []
        for da in (e["truth"].sel(time=e["record"]["time"]), e["record"]):
            per_year = xr.DataArray(da.where(both).astype("float64").values.reshape(5, 36, *da.shape[1:]))
            apart = da.copy(data=(per_year - per_year.mean("dim_0")).values.reshape(da.shape))
            year = apart.groupby("time.year").mean().where(both.groupby("time.year").sum() >= 12)
            t = year["year"] - year["year"].mean()
            slope.append(((year * t).sum("year", skipna=False) / (t**2).sum()).values.ravel())
        slopes.append(slope)
    x, y = (np.concatenate([s[i] for s in slopes]) for i in (0, 1))
    good = np.isfinite(x) & np.isfinite(y)
    got = together.trends["slope"]
    cells = float(got.sel(over="cells", fit="through the origin"))
    assert cells == pytest.approx((x[good] * y[good]).sum() / (x[good] ** 2).sum(), rel=1e-4)
    # each box lies in one region with a trend of its own
    w = np.array([np.isfinite(s[0] + s[1]).sum() for s in slopes])
    a, b = (np.array([s[i][np.isfinite(s[0] + s[1])].mean() for s in slopes]) for i in (0, 1))
    regions = got.sel(over="regions")
    through, free = (float(regions.sel(fit=f)) for f in ("through the origin", "with intercept"))
    assert through == pytest.approx((w * a * b).sum() / (w * a * a).sum(), rel=1e-4)
    assert free == pytest.approx((b[1] - b[0]) / (a[1] - a[0]), rel=1e-3)


def test_the_global_network_has_seen_both_boxes(folder, exams):
    wide = [unpack(library_of(folder, 7, k).open("fused.rivals/global-network.networks/1-1/wide")) for k in (1, 2)]
    assert all(np.array_equal(wide[0][k], wide[1][k], equal_nan=True) for k in wide[0])
    parts = [library_of(folder, 7, k) for k in (1, 2)]
    blocks = [unpack(p.open(n)) for p in parts for n in p.names() if "global-network.networks/1-1/r" in n]
    label = next(k.removesuffix("/sample_y") for k in blocks[0] if k.endswith("/sample_y"))
    assert len(blocks) == 2 and min(b[f"{label}/sample_y"].size for b in blocks) > 100
    assert wide[0][f"{label}/0/n_rows_"][0] == sum(b[f"{label}/sample_y"].size for b in blocks)


def test_the_fused_record_mixes_in_a_network_that_has_seen_both_boxes(folder, exams):
    libraries = [library_of(folder, 7, k) for k in (1, 2)]
    wide = [unpack(library.open("fused.networks/1-1/wide")) for library in libraries]
    assert all(np.array_equal(wide[0][k], wide[1][k], equal_nan=True) for k in wide[0])
    blocks = [unpack(p.open(n)) for p in libraries for n in p.names() if n.startswith("fused.networks/1-1/r")]
    label = next(k.removesuffix("/sample_y") for k in blocks[0] if k.endswith("/sample_y"))
    sizes = [b[f"{label}/sample_y"].size for b in blocks]
    assert len(sizes) == 2 and min(sizes) > 100
    assert wide[0][f"{label}/0/n_rows_"][0] == sum(sizes)
    assert exams[0].exam.plan.zones.wide_share > 0
    assert all("fused.assimilation" in library.names() for library in libraries)


def test_verdicts_of_all_boxes_come_first_and_are_honest(folder, exams):
    frame = pd.read_csv(folder / "verdicts.csv")
    assert frame["box"].iloc[0] == "all" and set(frame["box"]) == {"all", "1", "2"}
    whole = frame[frame["box"] == "all"].set_index("what")
    step = whole[whole.index.str.startswith("step at")]
    assert (step["passed"] == (step["value"].abs() <= 0.005)).all() and step["error"].notnull().all()
    slopes = whole[whole.index.str.startswith("slope of")]
    assert (slopes["passed"] == slopes["value"].between(0.9, 1.1)).all() and len(slopes) == 4
    for name in (TC, ONE):
        one = whole.loc[f"RMSE over that of: {name}"]
        assert one["passed"] == (one["value"] <= 0.95)
    best = whole[whole.index.str.startswith("RMSE over that of the best single product")].iloc[0]
    rivals = pd.read_csv(folder / "pooled.csv", index_col=0)
    assert best["value"] == pytest.approx(rivals.query("kind == 'product'")["pooled_rmse"].max())
    edges = whole[whole.index.str.startswith("step across zone edges")]
    assert not len(edges)  # a single zone in each box has no edge
    assert len(judge_pool(pool(exams))) == len(whole)


def test_the_report_shows_all_boxes_then_each(folder, exams):
    text = (folder / "report.html").read_text(encoding="utf-8")
    order = [text.index(f">{title}<") for title in ("Verdict", "Rivals over all boxes", "Box by box",
                                                     "Steps and trends", "Records and rivals", "Origin")]  # fmt: skip
    assert order == sorted(order)
    assert all(e.label in text for e in exams) and "2 boxes of one simulated Earth" in text
    assert text.lower().count("simulated") >= text.count("<figure")
    scores = pd.read_csv(folder / "scores.csv")
    assert set(scores["box"]) == {1, 2} and set(scores["seed"]) == {7}
    assert schema.is_simulated(library_of(folder, 7, 2).open("fused"))


def test_a_box_alone_does_not_need_the_others(exams):
    alone = pool(exams[:1])
    assert np.isnan(alone.rivals["error_rmse"]).all() and np.isnan(alone.steps["standard_error"]).all()
    first = exams[0].exam
    assert float(alone.rivals["pooled_rmse"].sel(rival=TC)) == pytest.approx(
        float(first.records["ratio"].sel(product=TC))
    )
    assert isinstance(alone.trends, xr.Dataset)
    mine, true = (first.cell_trends[k].values for k in ("fused", "truth"))
    both = np.isfinite(mine + true)  # all cells of this box share a trend
    slope = alone.trends["slope"].sel(over="regions", fit="through the origin")
    assert float(slope) == pytest.approx(mine[both].mean() / true[both].mean())


@pytest.fixture(scope="module")
def seen(folder, exams):
    """The same boxes, their records calibrated by the stations of both."""
    asked = SETTINGS.model_copy(update={"calibrate": Stations(depth=(0.0, 0.05))})
    out = run_exams(folder, asked, step=lambda *told: None)
    write_exams(folder / "seen", asked, out)
    return out


def test_stations_of_all_boxes_calibrate_each(folder, exams, seen):
    fits = [library_of(folder, 7, k).open("fused.calibration").compute() for k in (1, 2)]
    np.testing.assert_array_equal(fits[0]["difference"], fits[1]["difference"])
    every = sum(int((library_of(folder, 7, k).open("twin/stations")["depth_to"] <= 0.05).sum()) for k in (1, 2))
    assert 3 <= fits[0].sizes["site"] <= every
    for before, after, k in zip(exams, seen, (1, 2)):
        x = after.exam
        assert "calibrated_with" in x.fused.attrs and x.plain is not None and x.uncalibrated == ""
        assert "calibrated_with" not in x.plain.fused.attrs
        for table in ("records", "products"):
            for v in ("ratio", "rmse", "n"):
                np.testing.assert_array_equal(getattr(before.exam, table)[v], getattr(x.plain, table)[v])
        library = library_of(folder, 7, k)
        truth = library.open("twin/truth")["sm"].isel(layer=0, drop=True).compute()
        error = library.open("fused.calibrated")["sm"].compute().astype("float64") - truth
        assert float(x.records["rmse"].sel(product=FUSED)) == pytest.approx(float(np.sqrt((error**2).mean())), rel=1e-6)
        assert np.isnan(x.gain) and x.plain.gain == before.exam.gain
        # a rival's own error is what it was
        np.testing.assert_array_equal(before.exam.records["rmse"][1:], x.records["rmse"][1:])


def test_every_verdict_stands_beside_that_without_stations(folder, exams, seen):
    frame = pd.read_csv(folder / "seen" / "verdicts.csv")
    plain = pd.read_csv(folder / "verdicts.csv")
    plain = plain[~plain["what"].str.contains("in the target's scale")]  # which a calibrated record has left
    assert "without_stations" not in plain and len(frame) == len(plain)
    np.testing.assert_allclose(frame["without_stations"], plain["value"], rtol=1e-9)
    assert (frame["value"] != frame["without_stations"]).mean() > 0.5
    pooled = pd.read_csv(folder / "seen" / "pooled.csv", index_col=0)
    before = pd.read_csv(folder / "pooled.csv", index_col=0)
    for metric in RATIOS:
        np.testing.assert_allclose(pooled[f"pooled_{metric}_without_stations"], before[f"pooled_{metric}"], rtol=1e-9)
    rivals = pool(seen).rivals
    given = rivals["given_rmse"]
    assert np.isfinite(given.sel(rival=[TC, ONE])).all() and int(given.notnull().sum()) == 2  # records alone
    errors = {k: [] for k in ("fused", "tc")}
    for k in (1, 2):
        library = library_of(folder, 7, k)
        truth = library.open("twin/truth")["sm"].isel(layer=0, drop=True).compute()
        other = level_by_stations(SETTINGS.resolved(), library, name="fused.rivals/tc",
                                  others=[library_of(folder, 7, 3 - k)])["sm"].compute()  # fmt: skip
        mine = library.open("fused.calibrated")["sm"].compute()
        both = mine.notnull() & other.notnull() & truth.notnull()
        for name, sm in (("fused", mine), ("tc", other)):
            errors[name].append((sm.astype("float64") - truth).where(both).values.ravel())
    mine, other = (np.concatenate(errors[k]) for k in ("fused", "tc"))
    assert float(given.sel(rival=TC)) == pytest.approx(np.sqrt(np.nanmean(mine**2) / np.nanmean(other**2)), rel=1e-6)
    text = (folder / "seen" / "report.html").read_text(encoding="utf-8")
    order = [text.index(f">{title}<") for title in ("Verdict", "Rivals over all boxes", "Stations", "Origin")]
    assert order == sorted(order) and text.count(">without stations") >= 2
    assert "rival given the stations too: RMSE" in text
    assert "ratio without stations: RMSE" in text and "no longer independent" in text
    assert "without stations" not in (folder / "report.html").read_text(encoding="utf-8")
    assert text.lower().count("simulated") >= text.count("<figure")


def test_too_few_stations_leave_the_record_as_it_is(folder, seen, tmp_path):
    asked = SETTINGS.model_copy(update={"calibrate": Stations(depth=(0.01, 0.02)), "baselines": ("tc",)})
    library = library_of(folder, 7, 1)
    for name in ("fused.calibrated", "fused.calibration"):
        library.delete(name)
    exam = examine(library, asked)
    assert exam.plain is None and exam.stations is None and "no sensor within the depths" in exam.uncalibrated
    write_exams(tmp_path, asked, [BoxExam(7, 1, SETTINGS.regions[0], exam)])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "is not calibrated by stations: found 0 of" in text
