"""A cluster gives the numbers that threads give."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from vadose import schema
from vadose.cli import main
from vadose.grid import Grid
from vadose.store import Library

pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as running:
        yield running.scheduler_address


def call(*argv: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in argv])
    assert stop.value.code == 0


@pytest.mark.parametrize("layout", ["series", "both"])
def test_ingest_on_a_cluster(tmp_path, data, cluster, layout):
    files = data / "era5/cells_v20190613"
    for name, extra in (("threads", ()), ("cluster", ("--scheduler", cluster))):
        call("ingest", "era5", files, "--library", tmp_path / name, "--layout", layout, "--batch", 300, *extra)
    one, two = (Library(tmp_path / n, create=False) for n in ("threads", "cluster"))
    assert len(two.history()) == 3 and two.check().ok
    xr.testing.assert_identical(
        one.open("era5").compute().drop_attrs(deep=False), two.open("era5").compute().drop_attrs(deep=False)
    )


def test_validation_on_a_cluster(tmp_path, cluster):
    rng = np.random.default_rng(5)
    time = pd.date_range("2015-01-01", periods=800)
    grid = Grid.regular(1.0).crop((0, 40, 6, 44))
    sm = xr.DataArray(rng.uniform(0.1, 0.4, (800, 4, 6)).astype("f4"), dims=("time", "lat", "lon"),
                      attrs={"units": "m3 m-3"})  # fmt: skip
    Library(tmp_path / "lib").write("x", schema.with_grid(xr.Dataset({"sm": sm}).assign_coords(time=time), grid))
    rows = ["station,lat,lon,depth_from,depth_to,time,soil_moisture"]
    for i in range(6):
        rows += [f"S{i},{40.3 + i % 3},{0.2 + i},0,0.05,{t:%Y-%m-%d},{v:.3f}"
                 for t, v in zip(time, rng.uniform(0.1, 0.4, 800), strict=True)]  # fmt: skip
    (tmp_path / "own.csv").write_text("\n".join(rows) + "\n")
    config = {"library": "lib", "stations": {"path": "own.csv"}, "products": [{"label": "x", "dataset": "x"}]}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    call("validate", tmp_path / "c.yaml", "--out", tmp_path / "threads")
    call("validate", tmp_path / "c.yaml", "--out", tmp_path / "cluster", "--scheduler", cluster)
    one, two = (xr.load_dataset(tmp_path / n / "scores.nc") for n in ("threads", "cluster"))
    assert (one.n.values == 800).all() and one.sizes["cell"] == 6
    xr.testing.assert_equal(one, two)
