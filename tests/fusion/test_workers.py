"""The numbers of a fusion do not depend on who computes them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import dask
import pytest
import xarray as xr
import yaml

from vadose import fusion
from vadose.store import Library


def _library(world, made, folder):
    out = Library(folder)
    world.fill_library(out, made[0])
    return out


@pytest.mark.parametrize("workers", [1, 2])
def test_threads(fused, world, made, tmp_path, workers):
    library = _library(world, made, tmp_path / "lib")
    with dask.config.set(scheduler="threads", num_workers=workers):
        out = fusion.fuse(world.plan(), library).compute()
    xr.testing.assert_identical(out.drop_attrs(), fused.drop_attrs())


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_cluster_of_two_processes(fused, world, made, tmp_path):
    distributed = pytest.importorskip("distributed")
    library = _library(world, made, tmp_path / "lib")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        assert len(cluster.workers) == 2
        fusion.fuse(world.plan(), library)
    xr.testing.assert_identical(library.open("fused").compute().drop_attrs(), fused.drop_attrs())


def test_killed_in_training_and_run_again(fused, world, made, tmp_path):
    """A process killed without warning leaves whole networks behind, and the next run ends with the same numbers."""
    library = _library(world, made, tmp_path / "lib")
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(world.raw_plan()))
    code = (
        "import sys\nfrom vadose import fusion\nfrom vadose.store import Library\n"
        "fusion.fuse(fusion.Plan.load(sys.argv[2]), Library(sys.argv[1]), progress=lambda *a: print(*a, flush=True))\n"
    )
    argv = [sys.executable, "-c", code, library.url, str(tmp_path / "plan.yaml")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("train 1-1 2"):
                os.kill(process.pid, signal.SIGKILL)
                break
        process.wait()
    assert process.returncode == -signal.SIGKILL
    left = [n for n in library.names() if n.startswith("fused.networks/")]
    assert 1 <= len(left) < 10 and "fused" not in library.names()
    out = fusion.fuse(world.plan(), library).compute()
    xr.testing.assert_identical(out.drop_attrs(), fused.drop_attrs())
