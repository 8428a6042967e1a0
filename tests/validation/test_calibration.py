"""Calibration of uncertainties whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from vadose import validation
from vadose.errors import SchemaError


def _world(sigma, stated, bias=0.0):
    rng = np.random.default_rng(1)
    truth = xr.DataArray(0.25 + 0.05 * rng.standard_normal((400, 10, 10)), dims=("time", "lat", "lon"),
                         coords={"time": np.arange(400)}, attrs={"units": "m3 m-3", "simulated": "true"})  # fmt: skip
    seen = truth + bias + sigma * rng.standard_normal(truth.shape)
    return seen, xr.full_like(truth, stated), truth


def test_a_true_uncertainty_lies_on_the_diagonal():
    got = validation.calibration(*_world(0.03, 0.03))
    np.testing.assert_allclose(got["inside"], got["level"], atol=0.01)
    np.testing.assert_allclose(got["inside_unbiased"], got["level"], atol=0.01)
    assert float(got["ratio"]) == pytest.approx(1, abs=0.01)
    assert int(got["n"]) == 40_000
    assert got.attrs["simulated"] == "true"


def test_too_small_an_uncertainty_and_a_bias_are_told_apart():
    small = validation.calibration(*_world(0.03, 0.015), levels=[0.68, 0.95])
    # |z| < 0.994 / 2 and 1.96 / 2
    np.testing.assert_allclose(small["inside"], [0.381, 0.673], atol=0.01)
    shifted = validation.calibration(*_world(0.03, 0.03, bias=0.06), levels=[0.95])
    # P(-3.96 < z < -0.04) = 0.484
    assert float(shifted["inside"][0]) == pytest.approx(0.484, abs=0.01)
    assert float(shifted["inside_unbiased"][0]) == pytest.approx(0.95, abs=0.01)


def test_missing_values_do_not_count_and_lazy_is_the_same():
    seen, stated, truth = _world(0.03, 0.03)
    seen = seen.where(seen["time"] >= 100)
    stated[150:200] = 0.0
    eager = validation.calibration(seen, stated, truth)
    assert int(eager["n"]) == 25_000
    lazy = validation.calibration(seen.chunk(lat=5), stated.chunk(lat=5), truth.chunk(time=100))
    assert lazy["inside"].chunks is not None
    xr.testing.assert_allclose(lazy.compute().drop_attrs(), eager.drop_attrs())


def test_bad_input_is_refused():
    seen, stated, truth = _world(0.03, 0.03)
    with pytest.raises(SchemaError, match="needed shares between 0 and 1"):
        validation.calibration(seen, stated, truth, levels=[68])
    with pytest.raises(SchemaError, match="coordinates that differ"):
        validation.calibration(seen, stated, truth.isel(time=slice(1, None)))
