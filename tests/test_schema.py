import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import schema
from vadose.errors import SchemaError
from vadose.grid import Grid

GRID = Grid.regular(1.0).crop((0, 0, 3, 2))


def make() -> xr.Dataset:
    time = pd.date_range("2020-01-01", periods=4)
    sm = xr.DataArray(np.full((4, 2, 3), 0.2, "f4"), dims=("time", "lat", "lon"), attrs={"units": "m3 m-3"})
    return schema.with_grid(xr.Dataset({"sm": sm}).assign_coords(time=time), GRID)


def test_a_canonical_grid_passes():
    assert schema.check(make(), "grid") is not None


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda d: d.assign(sm=d.sm.assign_attrs(units="%")), "units '%'; needed 'm3 m-3'"),
        (lambda d: d.isel(lat=slice(None, None, -1)), "north to south"),
        (lambda d: d.assign_coords(lon=d.lon + 300), "180"),
        (lambda d: d.assign_coords(lat=d.lat.astype("f4")), "float64"),
        (lambda d: d.isel(time=[1, 0, 2, 3]), "ascending"),
        (lambda d: d.isel(time=[0, 0, 1, 2]), "each time once"),
        (lambda d: d.transpose("lat", "lon", "time"), "dims"),
        (lambda d: d.assign_coords(time=[1, 2, 3, 4]), "datetime64"),
    ],
)
def test_what_is_not_canonical_is_named(spoil, match):
    with pytest.raises(SchemaError, match=match):
        schema.check(spoil(make()))


def test_wrong_shape_is_named():
    with pytest.raises(SchemaError, match="shape 'grid'; needed shape stations"):
        schema.check(make(), "stations")


@pytest.mark.parametrize(("flags", "rule", "want"), [
    ([0, 0], "recommended", [False, False]), ([1, 4], "recommended", [True, True]),
    ([4, 1], "usable", [False, True]), ([0xFFFF, 8], "none", [False, False]),
    ([256, 512], "recommended", [False, False]),
])  # fmt: skip
def test_flag_rules(flags, rule, want):
    assert schema.rejected(np.array(flags, "u2"), rule).tolist() == want


def test_unknown_rule_is_refused():
    with pytest.raises(SchemaError, match="recommended"):
        schema.check_rule("good")


def test_out_of_range_is_masked_and_counted_lazily():
    ds = make()
    ds["sm"][0, 0, 0], ds["sm"][2, 1, 1] = 1.5, -0.2
    kept, count = schema.mask_invalid(ds.sm.chunk(time=1), "sm")
    assert kept.chunks is not None and count.values.tolist() == [1, 0, 1, 0]
    assert int(kept.isnull().sum()) == 2 and kept.attrs["units"] == "m3 m-3"


def test_stamp_marks_simulated_data_and_keeps_the_mark():
    ds = schema.stamp(make(), title="x", simulated=True)
    assert schema.is_simulated(schema.stamp(ds, title="y"))
    assert not schema.is_simulated(make())
