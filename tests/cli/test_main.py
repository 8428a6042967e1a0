import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from vadose import schema
from vadose.cli import main
from vadose.grid import Grid
from vadose.store import Library


def run(capsys, *argv) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in argv])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


@pytest.fixture
def library(tmp_path):
    time = pd.date_range("2020-01-01", periods=30)
    grid = Grid.regular(1.0).crop((0, 0, 4, 3))
    sm = xr.DataArray(np.linspace(0.1, 0.4, 30 * 12, dtype="f4").reshape(30, 3, 4), dims=("time", "lat", "lon"),
                      attrs={"units": "m3 m-3"})  # fmt: skip
    ds = schema.stamp(schema.with_grid(xr.Dataset({"sm": sm}).assign_coords(time=time), grid), title="Ramp")
    Library(tmp_path / "lib").write("ramp", ds)
    return tmp_path / "lib"


def test_help_and_version(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for command in ("products", "ingest", "library", "validate", "run", "demo"):
        assert command in out
    assert run(capsys, "--version")[1].startswith("vadose, version")


def test_help_imports_nothing_heavy():
    heavy = ("xarray", "pandas", "numba", "dask", "matplotlib", "scipy", "zarr")
    lines = ["import sys", "from vadose.cli import main", "try:", "    main(['--help'])", "except SystemExit:",
             f"    print([m for m in {heavy} if m in sys.modules])"]  # fmt: skip
    code = "\n".join(lines)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_products_are_listed_and_shown(capsys):
    code, out, _ = run(capsys, "products")
    assert code == 0
    assert "gldas_noah" in out and "smap_l3" in out
    code, out, _ = run(capsys, "products", "gldas_noah")
    assert code == 0 and "NASA GES DISC" in out


def test_library_commands(capsys, library, tmp_path):
    code, out, _ = run(capsys, "library", "ls", library)
    assert code == 0 and "ramp" in out and "time 30" in out
    code, out, _ = run(capsys, "library", "info", library, "ramp")
    assert code == 0 and "sm [m3 m-3]" in out
    assert "ramp" in run(capsys, "library", "history", library)[1]
    code, out, _ = run(capsys, "library", "check", library)
    assert code == 0 and "0 problems" in out
    argv = ["library", "export", library, "ramp", tmp_path / "ramp.nc", "--period", "2020-01-05/2020-01-09"]
    code, _, _ = run(capsys, *argv)
    assert code == 0
    assert xr.open_dataset(tmp_path / "ramp.nc").sizes["time"] == 5
    assert run(capsys, "library", "rm", library, "ramp", "--yes")[0] == 0
    assert "ramp" not in run(capsys, "library", "ls", library)[1]
    assert run(capsys, "library", "gc", library)[0] == 0


@pytest.mark.parametrize(("argv", "says"), [
    (["products", "gldas"], "gldas_noah"),
    (["ingest", "no_such", "x.nc", "--library", "{tmp}/new"], "no_such"),
    (["ingest", "esa_cci", "{tmp}/nothing*.nc", "--library", "{tmp}/new"], "nothing"),
    (["ingest", "esa_cci", "x.nc", "--library", "{tmp}/new", "--bbox", "1,2,3"], "bbox"),
    (["library", "ls", "{tmp}/missing"], "missing"),
    (["library", "info", "{lib}", "rampp"], "ramp"),
    (["library", "rm", "{lib}", "other", "--yes"], "other"),
    (["library", "gc", "{lib}", "--older-than", "yesterday"], "yesterday"),
    (["library", "export", "{lib}", "ramp", "{tmp}/x.foo"], "foo"),
    (["validate", "{tmp}/missing.yaml"], "missing.yaml"),
    (["run", "no-such-recipe", "--data", "{tmp}"], "real-sample"),
    (["run", "real-sample"], "--data"),
    (["run", "real-sample", "--data", "{tmp}/nowhere"], "nowhere"),
    (["run", "real-sample", "--data", "{tmp}", "--out", "{tmp}/out"], "no such file"),
    (["frobnicate"], "frobnicate"),
])  # fmt: skip
def test_a_users_mistake_is_one_message_and_code_2(capsys, library, tmp_path, argv, says):
    code, _, err = run(capsys, *[a.format(tmp=tmp_path, lib=library) for a in argv])
    assert code == 2
    assert says in err
    assert "Traceback" not in err


def test_an_unreachable_scheduler_is_named(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump({"products": [{"label": "A", "id": "esa_cci", "paths": ["x.nc"]}],
                                      "stations": {"path": "x.zip"}}))  # fmt: skip
    code, _, err = run(capsys, "validate", config, "--scheduler", "tcp://127.0.0.1:9")
    assert code == 2 and "127.0.0.1:9" in err


def test_a_failed_ingest_leaves_no_dataset(capsys, tmp_path):
    bad = tmp_path / "ESACCI-SOILMOISTURE-L3S-SSMV-COMBINED-20160607000000-fv05.2.nc"
    bad.write_bytes(b"CDF\x01 cut off")
    code, _, err = run(capsys, "ingest", "esa_cci", bad, "--library", tmp_path / "lib")
    assert code == 2 and bad.name in err
    assert Library(tmp_path / "lib").names() == []


def test_skip_bad_names_what_it_leaves_out(capsys, tmp_path, data):
    good = data / "esa_cci/images_v05.2/combined/2016/ESACCI-SOILMOISTURE-L3S-SSMV-COMBINED-20160607000000-fv05.2.nc"
    bad = tmp_path / "ESACCI-SOILMOISTURE-L3S-SSMV-COMBINED-20160608000000-fv05.2.nc"
    bad.write_bytes(good.read_bytes()[:5000])
    argv = ["ingest", "esa_cci", good, bad, "--library", tmp_path / "lib", "--bbox=-10,35,5,45"]
    code, _, err = run(capsys, *argv)
    assert code == 2 and bad.name in err
    code, out, err = run(capsys, *argv, "--skip-bad")
    assert code == 0 and bad.name in err and "1 of 1 times written" in out
    later = data / "esa_cci/images_v05.2/combined/2016"
    code, out, _ = run(capsys, "ingest", "esa_cci", later, "--library", tmp_path / "lib", "--bbox=-10,35,5,45")
    assert code == 0 and "1 of 2 times written, 1 already there" in out
    assert Library(tmp_path / "lib").open("esa_cci").sizes["time"] == 2


def test_ingest_of_stations(capsys, tmp_path, data):
    archive = data / "ismn/format_samples/header__Data_seperate_files_header_20170810_20180809.zip"
    code, _, err = run(capsys, "ingest", "ismn", archive, "--library", tmp_path / "lib")
    assert code == 0, err
    assert schema.form(Library(tmp_path / "lib").open("ismn")) == "stations"


def test_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "vadose", "run", "--list"], capture_output=True, text=True, check=True,
                          env={**os.environ, "COLUMNS": "120"})  # fmt: skip
    assert "real-sample" in done.stdout
