"""Swath columns become a canonical dataset: cut, joined, sorted, counted."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose import products, schema
from vadose.errors import GridError, InputFileError, SchemaError
from vadose.products.observations import cut, observe, read_column

START = np.datetime64("2020-01-01", "ns")


def columns(hours, sm, flag=None, lon=None):
    n = len(hours)
    time = np.array([np.datetime64("NaT") if h is None else START + np.timedelta64(h, "h") for h in hours], "M8[ns]")
    return {
        "time": time, "lat": np.arange(n, dtype="f8"), "lon": np.array(lon if lon is not None else np.zeros(n), "f8"),
        "location": np.arange(n), "sm": np.array(sm, "f4"),
        "flag": np.array(flag if flag is not None else np.zeros(n), "u2"),
    }  # fmt: skip


def joined(parts, flags="recommended", **how):
    return observe(products.get("smap_l2"), parts, name="sm", unit="m3 m-3", flags=flags, inputs=["a.h5"],
                   depth=(0.0, 0.05), **how)  # fmt: skip


def test_parts_are_joined_in_time_order():
    ds = joined([columns([5, 1], [0.5, 0.1]), columns([3, None], [0.3, 0.9])])
    schema.check(ds, "observations")
    np.testing.assert_allclose(ds.sm, [0.1, 0.3, 0.5])
    assert ds.n_without_time == 1 and ds.sm.units == "m3 m-3" and ds.flag_rule == "recommended"


@pytest.mark.parametrize(("rule", "kept"), [
    ("recommended", [True, False, False, False]), ("usable", [True, True, False, False]),
    ("none", [True, True, True, False]),
])  # fmt: skip
def test_flag_rules(rule, kept):
    bits = [0, schema.FLAGS["not_recommended"], schema.FLAGS["retrieval_failed"], 0]
    ds = joined([columns([0, 1, 2, 3], [0.2, 0.2, 0.2, np.nan], bits)], rule)
    assert ds.sm.notnull().values.tolist() == kept
    assert ds.flag.values.tolist() == [0, 4, 8, schema.FLAGS["missing"]]


def test_the_narrower_range_of_the_provider_counts():
    part = columns([0, 1, 2, 3], [0.02, 0.5, 0.51, 1.2])
    assert int(joined([part], "none").n_out_of_range) == 1
    ds = joined([part], "none", valid=(0.02, 0.5))
    assert int(ds.n_out_of_range) == 2
    assert ds.flag.values.tolist() == [0, 0, 128, 128]
    np.testing.assert_allclose(ds.sm, [0.02, 0.5, np.nan, np.nan])


def test_provider_columns_keep_their_attributes():
    part = columns([1, 0], [0.2, 0.3]) | {"mode": np.array([7, 8], "u1")}
    ds = joined([part], own={"mode": {"long_name": "mode of operation"}})
    assert ds["mode"].values.tolist() == [8, 7] and ds["mode"].dtype == np.uint8
    assert ds["mode"].long_name == "mode of operation"


def test_nothing_left_is_said():
    part = cut(columns([0, 1], [0.1, 0.2]), period="2021")
    with pytest.raises(InputFileError, match=r"a\.h5: found no observation"):
        joined([part])
    with pytest.raises(SchemaError, match="flags"):
        joined([columns([0], [0.1])], flags="strict")
    with pytest.raises(GridError, match="bbox"):
        cut(columns([0], [0.1]), bbox=(10, 0, 5, 5))


@given(st.lists(st.floats(-179.9, 359.9), min_size=1, max_size=20), st.floats(-180, 179), st.floats(0.5, 100))
def test_a_box_keeps_what_lies_inside_in_either_convention(lon, west, width):
    east = min(west + width, 180.0)
    part = columns(list(range(len(lon))), np.full(len(lon), 0.2), lon=lon)
    got = cut(part, bbox=(west, -90, east, 90))
    wrapped = (np.array(lon) + 180) % 360 - 180
    inside = np.flatnonzero((wrapped >= west) & (wrapped <= east))
    on_an_edge = np.flatnonzero(np.minimum(abs(wrapped - west), abs(wrapped - east)) < 1e-9)
    assert set(inside) ^ set(got["location"].tolist()) <= set(on_an_edge)
    assert ((got["lon"] >= -180) & (got["lon"] < 180)).all()


def test_a_column_is_decoded_and_converted(tmp_path):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as nc:
        nc.createDimension("obs", 4)
        v = nc.createVariable("x", ">i2", ("obs",), fill_value=-1, endian="big")
        v.set_auto_maskandscale(False)
        v.units, v.scale_factor = "percent", 0.5
        v[:] = [0, 100, -1, -9]
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        values = read_column(nc, "x", path, to="1", fills=(-9,))
        np.testing.assert_array_equal(values, np.array([0, 0.5, np.nan, np.nan], "f4"))
        assert read_column(nc, "x", path, dtype="int16").dtype.isnative
        with pytest.raises(InputFileError, match="units 'percent'"):
            read_column(nc, "x", path, to="K")
        with pytest.raises(InputFileError, match="variable 'y'"):
            read_column(nc, "y", path)
