import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from vadose import periods, recipes
from vadose.errors import ConfigError
from vadose.grid import Grid
from vadose.store import Library


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Dekads of twelve years on 3 × 4 cells, dry in the summer of 2008."""
    rng = np.random.default_rng(0)
    time = periods.dekads("2000D01", "2011D36")
    grid = Grid.regular(0.5).crop((0.0, 44.0, 2.0, 45.5))
    sm = 0.25 + 0.05 * rng.standard_normal((time.size, 3, 4))
    sm[(time >= "2008-05-01") & (time < "2008-10-01")] = 0.4
    sm[(time >= "2008-06-01") & (time < "2008-09-01")] = 0.02
    sm[:, 0, 0] = np.nan
    place = str(tmp_path_factory.mktemp("drought") / "lib")
    ds = xr.Dataset({"sm": (("time", "lat", "lon"), np.clip(sm, 0, 1).astype("f4"),
                            {"units": "m3 m-3", "long_name": "volumetric soil moisture"})},
                    {"time": time, **grid.coords()}, {"title": "test record", "grid": grid.to_attr()})  # fmt: skip
    Library(place).write("record", ds)
    return place


def test_the_recipe_finds_the_dry_summer_and_writes_everything(library, tmp_path):
    page = recipes.run("drought", library=library, out=tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 3 and "SIMULATED" not in text and "test record" in text
    events = pd.read_csv(tmp_path / "out" / "events.csv")
    long = events[events.duration > 60]
    assert len(long) == 11 and (long.onset == "2008-06-01").all() and (long.duration == 92).all()
    area = pd.read_csv(tmp_path / "out" / "area.csv")
    assert area[(area.time == "2008-07-01") & (area.threshold == 20)].share.item() == 1.0
    with xr.open_dataset(tmp_path / "out" / "drought.nc") as ds:
        assert ds.percentile.units == "%" and int((ds.status != 0).sum()) == 1
    settings = yaml.safe_load((tmp_path / "out" / "config.yaml").read_text())
    assert settings["dataset"] == "record" and settings["window"] == 31.0


def test_box_period_date_and_change_come_from_the_settings(library, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(
        "dataset: record\nbbox: [1.0, 44.0, 2.0, 45.0]\nperiod: 2000/2010\ndate: 2008-07-01\nindex: beta\n"
        "change: {dataset: record, before: 2008-05-01, after: 2008-07-01, uncertainty: 0.03}\n"
    )
    recipes.run("drought", library=library, config=config, out=tmp_path / "out")
    with xr.open_dataset(tmp_path / "out" / "drought.nc") as ds:
        assert dict(ds.sizes) == {"time": 11 * 36, "lat": 2, "lon": 2}
        assert ds.standardised_index.attrs["method"] == "beta" and ds.attrs["grid"]
    with xr.open_dataset(tmp_path / "out" / "change.nc") as ds:
        assert float(ds.change.max()) < 0 and bool(ds.significant.any())


@pytest.mark.parametrize(("settings", "what"), [
    ({"dataset": "nothing"}, "record"), ({"dataset": "record", "period": "1980"}, "2000-01-01"),
    ({"dataset": "record", "date": "1980"}, "date"), ({"dataset": "record", "variable": "swc"}, "sm"),
    ({"dataset": "record", "min_years": 40}, "min_years"), ({"dataset": "record", "widow": 3}, "widow"),
    ({"dataset": "record", "soil": "record"}, "field_capacity"),
    ({"dataset": "record", "change": {"dataset": "record"}}, "uncertainty"),
])  # fmt: skip
def test_bad_settings_say_what_is_needed(library, tmp_path, settings, what):
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump(settings))
    with pytest.raises(ConfigError, match=what):
        recipes.run("drought", library=library, config=config, out=tmp_path / "out")
