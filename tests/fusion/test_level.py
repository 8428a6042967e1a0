"""The level of the target: the weighted mean of the levels of products that state a systematic error."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.fusion.inputs import Inputs
from vadose.store import Library

from . import world as w


def _inputs(tmp_path, systematic: dict[str, float]) -> Inputs:
    datasets, _ = w.make()
    rng = np.random.default_rng(0)
    for k, offset in (("t", 0.0), ("a", 0.04), ("b", -0.02)):
        lost = rng.random(datasets[k]["sm"].shape) < 0.1
        values = np.where(lost, np.nan, 0.25 + offset)
        datasets[k]["sm"] = datasets[k]["sm"].copy(data=values.astype("float32"))
    library = Library(str(tmp_path / "library"))
    w.fill_library(library, datasets)
    raw = w.raw_plan()
    for k, s in systematic.items():
        raw["products"][k]["systematic"] = s
    return Inputs(type(w.plan()).of(raw), library, "x")


def _level(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    return inputs.level("t", np.arange(16), np.arange(16))


def test_levels_are_weighted_by_their_certainty(tmp_path):
    shift, variance = _level(_inputs(tmp_path, {"t": 0.03, "a": 0.03, "b": 0.06}))
    weights = np.array([1.0, 1.0, 0.25])
    np.testing.assert_allclose(shift, (0.04 * 1.0 - 0.02 * 0.25) / weights.sum(), atol=1e-6)
    np.testing.assert_allclose(variance, 0.03**2 / weights.sum(), rtol=1e-6)


def test_a_target_that_is_alone_or_states_nothing_keeps_its_level(tmp_path):
    shift, variance = _level(_inputs(tmp_path / "alone", {"t": 0.03}))
    assert (shift == 0).all()
    np.testing.assert_allclose(variance, 0.03**2, rtol=1e-6)
    shift, variance = _level(_inputs(tmp_path / "none", {"a": 0.03}))
    assert (shift == 0).all() and (variance == 0).all()


def test_target_and_its_range_move_together(tmp_path):
    inputs = _inputs(tmp_path, {"t": 0.03, "a": 0.03})
    rows = cols = np.arange(16)
    value, variance = inputs.target(inputs.plan.rounds[0], np.arange(w.LAST - 5, w.LAST + 1), rows, cols)
    good = np.isfinite(value)
    np.testing.assert_allclose(value[good], 0.25 + 0.02, atol=1e-6)
    np.testing.assert_allclose(variance[good], 0.03**2 / 2, rtol=1e-5)
    low, high = inputs._range(rows, cols)
    np.testing.assert_allclose(low, 0.27, atol=1e-6)
    np.testing.assert_allclose(high, 0.27, atol=1e-6)


@pytest.mark.parametrize("shared", [0.0, 0.3, 1.0])
def test_errors_that_levels_share_are_not_averaged_away(tmp_path, shared):
    inputs = _inputs(tmp_path, {"t": 0.03, "a": 0.03, "b": 0.06})
    plan = inputs.plan.model_copy(update={"shared": shared})
    shift, variance = _level(Inputs(plan, inputs.library, "x"))
    # weights 1 : 1 : ¼ are those of independent errors, whatever they share; the rest is the variance of that mean
    weights = np.array([4, 4, 1]) / 9
    s = np.array([0.03, 0.03, 0.06])
    covariance = np.where(np.eye(3, dtype=bool), 1.0, shared) * np.outer(s, s)
    np.testing.assert_allclose(variance, weights @ covariance @ weights, rtol=1e-6)
    np.testing.assert_allclose(shift, weights @ [0, 0.04, -0.02], atol=1e-6)


def test_levels_that_share_all_of_their_error_leave_that_of_the_mean(tmp_path):
    inputs = _inputs(tmp_path, {"t": 0.03, "a": 0.03})
    for shared, variance in ((0.0, 0.03**2 / 2), (1.0, 0.03**2)):
        plan = inputs.plan.model_copy(update={"shared": shared})
        np.testing.assert_allclose(_level(Inputs(plan, inputs.library, "x"))[1], variance, rtol=1e-6)


def test_a_product_that_the_target_hardly_meets_has_no_say_in_its_variance(tmp_path):
    inputs = _inputs(tmp_path, {"t": 0.03, "b": 0.01})
    west = inputs.library.open("b").compute()
    library = Library(str(tmp_path / "other"))
    for name in ("t", "a", "c", "factors", "soil"):
        library.write(name, inputs.library.open(name).compute())
    library.write("b", west.where((west["lon"] < 12) | (west["time"] < np.datetime64("2015-06-01"))))
    plan = inputs.plan.model_copy(update={"shared": 0.5})
    shift, variance = _level(Inputs(plan, library, "x"))
    assert (shift[:, 8:] == 0).all()  # fewer than 36 dekads
    np.testing.assert_allclose(variance[:, 8:], 0.03**2, rtol=1e-6)
    assert (variance[:, :8] < 0.03**2).all()
