"""What lies around a value: the mean of a box, against a loop, and the same from a crop."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.fusion.context import around
from vadose.fusion.inputs import Inputs

from . import world as w


def test_the_mean_of_a_box_equals_the_naive_loop():
    rng = np.random.default_rng(0)
    x = rng.random((6, 5, 7)).astype("float32")
    x[rng.random(x.shape) < 0.3] = np.nan
    got = around(x, dekads=(2, 1), pixels=1)
    for t, i, j in np.ndindex(x.shape):
        box = x[max(t - 2, 0) : t + 2, max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]
        box = box[np.isfinite(box)]
        expected = box.astype("float64").mean() if box.size else np.nan
        np.testing.assert_allclose(got[t, i, j], expected, rtol=1e-6)


def test_a_crop_is_bit_for_bit_a_part_of_the_whole():
    x = np.random.default_rng(1).random((4, 9, 9)).astype("float32")
    whole = around(x, dekads=(1, 1), pixels=1)
    np.testing.assert_array_equal(around(x[:, 2:8, 1:7], dekads=(1, 1), pixels=1)[:, 1:-1, 1:-1], whole[:, 3:7, 2:6])


def test_no_box_is_the_value_itself():
    x = np.array([[[0.1, np.nan]]], "float32")
    np.testing.assert_array_equal(around(x, dekads=(0, 0), pixels=0), x)


@pytest.fixture
def inputs(tmp_path):
    from vadose.store import Library

    library = Library(str(tmp_path / "library"))
    w.fill_library(library, w.make()[0])
    return Inputs(w.plan(context={"dekads": [1, 1], "pixels": 1}), library, "x")


def test_the_box_reaches_over_the_edges_of_blocks_and_periods(inputs):
    zones = inputs.zones
    every = np.arange(zones.row.size), np.arange(zones.col.size)
    numbers = np.arange(w.FIRST, w.FIRST + 20)
    whole = inputs.around("a", numbers, *every)
    rows, cols = zones.pixel_rows(zones.row[0] + 1, zones.row[0] + 3), zones.pixel_cols(zones.col[0], zones.col[0] + 2)
    part = inputs.around("a", numbers[5:9], rows, cols)
    np.testing.assert_array_equal(part, whole[5:9][:, rows][:, :, cols])
    product = inputs.product("a", numbers, *every)
    np.testing.assert_allclose(whole[1, 1, 1], np.nanmean(product[:3, :3, :3]), rtol=1e-6)
