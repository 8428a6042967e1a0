"""What a validation reads, and that its library never gives it anything else."""

import os
import shutil

import pandas as pd
import pytest
import xarray as xr
import yaml

from vadose import products
from vadose.errors import ConfigError, InputFileError
from vadose.recipes import config as reader
from vadose.recipes import evaluate, inputs
from vadose.store import Library

ROWS = "station,lat,lon,depth_from,depth_to,time,soil_moisture\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "own.csv"
    times = pd.date_range("2017-01-01", periods=100, freq="12h")
    path.write_text(
        ROWS + "".join(f"Mill,19.5,-155.5,0,0.05,{t:%Y-%m-%dT%H:%M},0.{20 + t.day_of_year % 9}\n" for t in times)
    )
    return path


def settings(tmp_path, table, data, **change):
    raw = {"library": str(tmp_path / "lib"), "out": str(tmp_path / "out"), "stations": {"path": str(table)},
           "products": [{"label": "A", "id": "era5", "paths": [str(data / "era5/cells_v20190613/0165.nc")]}],
           **change}  # fmt: skip
    return reader.validate(raw, where="test")


def product_of(config):
    return inputs.open_product(config, config.products[0], Library(config.library))


@pytest.mark.parametrize("change", [
    {"products": [{"label": "A", "id": "era5", "paths": ["{data}/era5/cells_v20190613/0166.nc"]}]},
    {"products": [{"label": "A", "id": "era5", "paths": ["{data}/era5/cells_v20190613"]}]},
    {"bbox": [-156.1, 19.0, -155.0, 20.0]},
])  # fmt: skip
def test_a_library_gives_other_inputs_their_own_values(tmp_path, table, data, change):
    product_of(settings(tmp_path, table, data))
    change = yaml.safe_load(yaml.safe_dump(change).replace("{data}", str(data)))
    config = settings(tmp_path, table, data, **change)
    expected = products.open("era5", config.products[0].paths, bbox=config.bbox)
    xr.testing.assert_equal(product_of(config).compute(), expected.compute())


def test_other_flags_get_their_own_copy(tmp_path, table, data):
    smap = {"label": "A", "id": "smap_l3", "paths": [str(data / "smap_l3/cells_v9_am_pm/0166.nc")]}
    kept = [int(product_of(settings(tmp_path, table, data, products=[{**smap, "flags": f}])).sm.notnull().sum())
            for f in ("recommended", "usable", "none")]  # fmt: skip
    assert kept[0] == 0 < kept[1] < kept[2]


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path, table, data):
    folder = tmp_path / "copy"
    folder.mkdir()
    file = folder / "0165.nc"
    shutil.copy(data / "era5/cells_v20190613/0165.nc", file)
    config = settings(tmp_path, table, data, products=[{"label": "A", "id": "era5", "paths": [str(file)]}])
    product_of(config)
    product_of(config)
    assert len(Library(config.library).history()) == 1
    os.utime(file, ns=(1, 1))
    product_of(config)
    assert len(Library(config.library).history()) == 2


def test_stations_follow_their_settings(tmp_path, table, data):
    lib = Library(tmp_path / "lib")
    all_day = inputs.open_stations(settings(tmp_path, table, data), lib)
    noon = inputs.open_stations(settings(tmp_path, table, data, stations={"path": str(table), "min_count": 2}), lib)
    assert int(all_day.sm.notnull().sum()) == 50 and int(noon.nobs.max()) == 2
    table.write_text(ROWS + "Mill,19.5,-155.5,0,0.05,2017-01-01T00:00,0.2\n")
    assert inputs.open_stations(settings(tmp_path, table, data), lib).sizes["time"] == 1


def test_a_dataset_of_the_library_is_cropped_to_the_box(tmp_path, table, data):
    lib = Library(tmp_path / "lib")
    lib.write("era", products.open("era5", data / "era5/cells_v20190613"))
    box = (-156.1, 19.0, -155.0, 20.0)
    config = settings(tmp_path, table, data, products=[{"label": "A", "dataset": "era"}], bbox=box)
    expected = products.open("era5", data / "era5/cells_v20190613", bbox=box)
    xr.testing.assert_equal(product_of(config).compute(), expected.compute())


def test_a_path_that_leads_nowhere_is_found_before_the_work(tmp_path, table, data):
    two = [{"label": "A", "id": "era5", "paths": [str(data / "era5/cells_v20190613/0165.nc")]},
           {"label": "B", "id": "era5", "paths": ["nowhere/*.nc"]}]  # fmt: skip
    config = settings(tmp_path, table, data, products=two)
    with pytest.raises(InputFileError, match="nowhere"):
        evaluate.evaluate(config)
    assert not (tmp_path / "lib").exists()


def test_an_output_that_cannot_be_written_is_refused_before_the_work(tmp_path, table, data):
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(ConfigError, match="found a file in its place; needed a folder"):
            evaluate.evaluate(settings(tmp_path, table, data), out=out)
    assert not (tmp_path / "lib").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_output_is_refused(tmp_path, table, data):
    folder = tmp_path / "shut"
    folder.mkdir(mode=0o555)
    with pytest.raises(ConfigError, match="cannot be written"):
        evaluate.evaluate(settings(tmp_path, table, data), out=folder)


def test_a_disk_that_fills_while_scores_are_written_is_named(tmp_path, table, data, monkeypatch):
    def fail(self, path, **_):
        path.write_bytes(b"half")
        raise RuntimeError("NetCDF: HDF error")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", fail)
    with pytest.raises(ConfigError, match=r"scores\.nc: found a file that cannot be written"):
        evaluate.evaluate(settings(tmp_path, table, data))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["config.yaml"]
