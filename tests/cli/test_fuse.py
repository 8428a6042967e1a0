"""The commands of ``vadose fuse`` on a small world."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import yaml

from vadose.cli import main
from vadose.store import Library

_SPEC = importlib.util.spec_from_file_location("fusion_world", Path(__file__).parents[1] / "fusion" / "world.py")
assert _SPEC and _SPEC.loader
world = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(world)


def run(capsys, *argv):
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in argv])
    return stop.value.code, *capsys.readouterr()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A library that ends with 2016, its plan as a file, and the datasets with four dekads more."""
    return _make(tmp_path_factory.mktemp("fuse"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return _make(tmp_path_factory.mktemp("calibrate"))


def _make(folder):
    datasets, truth = world.make(extra=4)
    library = Library(folder / "lib")
    end = slice(None, "2016-12-31")
    world.fill_library(library, {k: v.sel(time=end) if "time" in v.dims else v for k, v in datasets.items()})
    known = world.gridded(truth.sel(time=end).values, world.dekads.ordinals(truth.sel(time=end)["time"].values))
    library.write("truth", known)
    plan = world.raw_plan(networks={"members": 1, "max_iter": 30})
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    return folder, datasets


def test_describe(capsys):
    code, out, _ = run(capsys, "fuse", "describe")
    assert code == 0 and "66 independent networks" in out and "those of 4-1" in out


def test_check_run_update_compare(capsys, made, tmp_path):
    folder, datasets = made
    common = ("--library", folder / "lib", "--plan", folder / "plan.yaml")
    code, out, _ = run(capsys, "fuse", "check", *common)
    assert code == 0 and "can run" in out and "2014D01-2016D36" in out and "t 72 (target)" in out
    code, _, err = run(capsys, "fuse", "compare", *common, "--out", tmp_path / "early")
    assert code == 2 and "vadose fuse run" in err
    code, out, _ = run(capsys, "fuse", "run", *common)
    assert code == 0 and "144 dekads, 2013-01-01 to 2016-12-21" in out
    argv = ("fuse", "compare", *common, "--out", tmp_path, "--baselines", "tc, copula")
    code, out, err = run(capsys, *argv)
    assert code == 0, err
    assert "Gaussian copula" in out and (tmp_path / "scores.csv").exists() and (tmp_path / "report.html").exists()
    code, _, err = run(capsys, *argv[:-1], "best")
    assert code == 2 and "needed some of tc" in err
    library = Library(folder / "lib")
    library.write("stations", world.stations(library.open("truth")["sm"].compute()), layout="plain")
    assert run(capsys, "fuse", "calibrate", *common)[0] == 0
    for name in ("a", "b", "t", "factors"):
        library.append(name, datasets[name].sel(time=slice("2017-01-01", None)))
    assert "4 dekads appended" in run(capsys, "fuse", "update", *common)[1]
    assert "0 dekads appended" in run(capsys, "fuse", "update", *common)[1]
    assert library.open("fused").sizes["time"] == 148
    # a calibrated record grows with it, and catches up where it was left behind
    calibrated, calibration = library.open("fused.calibrated"), library.open("fused.calibration")
    assert calibrated.sizes["time"] == 148 and calibration.sizes["year"] == 4
    late = calibrated["sm"].isel(time=-1) - library.open("fused")["sm"].isel(time=-1)
    stretch, last = 1 / calibration["response"] - 1, calibration.isel(year=-1, drop=True)
    expected = calibration["level"] + stretch * last["years"] + last["drift"]
    np.testing.assert_allclose(late, expected.where(late.notnull().drop_vars("time")), atol=1e-6)


def test_calibrate_and_judge_by_the_other_stations(capsys, other, tmp_path):
    folder, _ = other
    library = Library(folder / "lib")
    common = ("--library", folder / "lib", "--plan", folder / "plan.yaml")
    code, _, err = run(capsys, "fuse", "calibrate", *common, "--name", "none")
    assert code == 2 and "vadose fuse run" in err
    run(capsys, "fuse", "run", *common)
    code, _, err = run(capsys, "fuse", "calibrate", *common)
    assert code == 2 and "no dataset 'stations'" in err and "Traceback" not in err
    library.write("stations", world.stations(library.open("truth")["sm"].compute()), layout="plain")
    code, _, err = run(capsys, "fuse", "calibrate", *common, "--share", "0")
    assert code == 2 and "share" in err and "Traceback" not in err
    code, out, err = run(capsys, "fuse", "calibrate", *common, "--share", "0.6")
    assert code == 0, err
    assert (
        "of 12 stations (" in out and "Response of its years to theirs: " in out and "Written: fused.calibrated" in out
    )
    used = int(out.split("Calibrated by ")[1].split()[0])
    assert 3 <= used < 12
    judge = ("fuse", "compare", *common, "--name", "fused.calibrated", "--baselines", "tc", "--stations", "stations")
    code, out, err = run(capsys, *judge, "--out", tmp_path / "some")
    assert code == 0, err
    assert f"judged by {12 - used} of 12 stations" in out + err
    text = (tmp_path / "some" / "report.html").read_text(encoding="utf-8")
    assert f"Judged by {12 - used} of 12 stations" in text and "without stations" in text
    assert not [n for n in library.names() if n.startswith("fused.calibrated.")]
    code, _, err = run(capsys, "fuse", "calibrate", *common)  # by others: the old one stays
    assert code == 2 and "vadose library rm" in err
    for name in ("fused.calibrated", "fused.calibration"):
        library.delete(name)
    code, _, err = run(capsys, *judge, "--out", tmp_path / "none")
    assert code == 2 and "no record 'fused.calibrated'" in err
    assert run(capsys, "fuse", "calibrate", *common)[0] == 0
    code, _, err = run(capsys, *judge, "--out", tmp_path / "none")
    assert code == 2 and "all of which have calibrated the record" in err and "--share" in err


def test_a_plan_that_cannot_run_ends_with_code_2_and_names(capsys, made, tmp_path):
    folder, _ = made
    raw = world.raw_plan()
    raw["rounds"][0]["substeps"][0]["simulate"] = ["2014D03", "2016D36"]
    (tmp_path / "gap.yaml").write_text(yaml.safe_dump(raw))
    code, out, err = run(capsys, "fuse", "check", "--library", folder / "lib", "--plan", tmp_path / "gap.yaml")
    assert code == 2 and "a gap between rounds: 2014D01-2014D02" in err and "Traceback" not in err
    assert "product" in out  # the table is shown before the refusal
    code, _, err = run(capsys, "fuse", "check", "--library", folder / "lib", "--prefix", "none/")
    assert code == 2 and "round 1" in err and "2015D10-2018D36" in err
    code, _, err = run(capsys, "fuse", "run", "--library", tmp_path / "nothing")
    assert code == 2 and "Traceback" not in err
    code, _, err = run(capsys, "fuse", "describe", "--plan", tmp_path / "none.yaml")
    assert code == 2 and "Built in: rsssm" in err
