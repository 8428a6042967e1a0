"""Figures of fusion: what they draw is what they were given, and they say when it is simulated."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError
from vadose.fusion import dekads
from vadose.grid import Grid

GRID = Grid.regular(0.25).crop((8, 44, 10, 46))


def _field(name, values, words):
    return xr.DataArray(values, dims=("lat", "lon"), coords=GRID.coords(), name=name,
                        attrs={"units": "m3 m-3", "long_name": words, "simulated": "true"})  # fmt: skip


def test_maps_of_one_kind_share_their_colours(words):
    truth = np.linspace(0.1, 0.3, 64).reshape(8, 8)
    fields = {"truth": _field("sm", truth, "truth"), "fused": _field("sm", truth + 0.08, "record"),
              "error": _field("bias", np.full((8, 8), np.nan), "error")}  # fmt: skip
    figure = plots.field_maps(fields)
    texts = words(figure)
    assert {"truth", "fused", "error", "no value", "Error [m³ m⁻³]", "SIMULATED DATA"} <= set(texts)
    maps = [axes.collections[-1] for axes in figure.axes if axes.get_title()]
    assert maps[0].get_clim() == maps[1].get_clim() == (0.0, 0.4)
    np.testing.assert_allclose(maps[0].get_array().reshape(8, 8), truth)
    with pytest.raises(SchemaError, match="found no field"):
        plots.field_maps({})
    with pytest.raises(SchemaError, match="of one grid"):
        plots.field_maps({"a": fields["truth"], "b": fields["truth"].isel(lat=slice(1, None))})


def _coverage():
    time = dekads.starts(np.arange(dekads.of_label("2005D01"), dekads.of_label("2008D01")))
    lat = GRID.coords()["lat"]
    old = (np.asarray(time) < np.datetime64("2007-01-01")).astype(float)[:, None] * np.ones((1, 8))
    old[:, 7] = np.nan
    share = np.stack([1 - old, old, 0 * old, 0 * old])
    return xr.Dataset(
        {"share": (("origin", "time", "lat"), share, {"units": "1"}),
         "covered": (("time", "lat"), 1 + 0 * old, {"units": "1", "long_name": "share of the land with a value"})},
        {"origin": ["round 1", "round 2", "gap filled", "no value"], "time": time, "lat": lat})  # fmt: skip


def test_the_hovmoeller_shows_the_origin_of_most_values(words):
    figure = plots.coverage_hovmoeller(_coverage())
    lower = figure.axes[1].collections[0].get_array()
    lower = np.ma.filled(lower, np.nan).reshape(8, -1)
    assert np.isnan(lower[7]).all()  # a latitude without land
    assert set(np.unique(lower[0, :72])) == {1.0} and set(np.unique(lower[0, 72:])) == {0.0}
    texts = words(figure)
    assert {"round 1", "round 2", "gap filled", "no value"} <= set(texts)
    assert "Share of the land with a value [%]" in texts
    with pytest.raises(SchemaError, match="'covered'"):
        plots.coverage_hovmoeller(_coverage().drop_vars("covered"))


def test_contributions_are_written_in_their_cells(words):
    share = [[0.7, 0.3, np.nan], [np.nan, 0.25, 0.75]]
    ds = xr.Dataset({"contribution": (("network", "input"), share)},
                    {"network": ["1:a+b", "2:b+c"], "input": ["a", "b", "c_d"], "label": ("network", ["1-1", "2-1"])},
                    {"simulated": "true"})  # fmt: skip
    texts = words(plots.contribution_table(ds))
    assert {"70.0", "30.0", "25.0", "75.0", "1-1", "2-1", "c d", "SIMULATED DATA"} <= set(texts)
    assert not any("nan" in t for t in texts)


def test_seams_of_each_record_are_drawn_with_their_ratio(words):
    def one(values, ratio):
        return xr.Dataset(
            {"step": ("distance", values, {"units": "m3 m-3"}), "across": values[0], "inside": 0.01, "ratio": ratio},
            {"distance": np.arange(3)},
        )

    figure = plots.seam_profile({"truth": one([0.01, 0.01, 0.01], 1.0), "fused": one([0.02, 0.01, 0.01], np.nan)})
    assert [line.get_ydata().tolist() for line in figure.axes[0].lines] == [[0.01] * 3, [0.02, 0.01, 0.01]]
    texts = words(figure)
    assert "truth 1.000" in texts and "fused –" in texts
    with pytest.raises(SchemaError, match="found no record"):
        plots.seam_profile({})


def test_calibration_is_drawn_against_its_level():
    ds = xr.Dataset({"inside": ("level", [0.5, 0.9]), "inside_unbiased": ("level", [0.6, 0.96]), "n": 10},
                    {"level": [0.68, 0.95]})  # fmt: skip
    figure = plots.calibration_curve({"fused": ds})
    lines = {str(line.get_label()): line for line in figure.axes[0].lines}
    np.testing.assert_allclose(lines["fused"].get_xydata(), [[68, 50], [95, 90]])
    np.testing.assert_allclose(lines["fused, mean difference removed"].get_ydata(), [60, 96])
    assert "50 % inside 68 %" in figure.get_label()
    with pytest.raises(SchemaError, match="found no record"):
        plots.calibration_curve({})


def test_steps_stand_at_their_dekads(words):
    time = dekads.starts(np.arange(dekads.of_label("2005D01"), dekads.of_label("2009D01")))
    series = xr.DataArray(np.zeros(time.size), dims="time", coords={"time": time},
                          attrs={"units": "m3 m-3", "long_name": "fused less truth"})  # fmt: skip
    at = ["2007D01", "2008D01"]
    steps = xr.Dataset(
        {"step": ("at", [0.004, -0.02], {"units": "m3 m-3"}), "standard_error": ("at", [0.001, 0.002])},
        {"at": at, "time_at": ("at", dekads.starts([dekads.of_label(a) for a in at]))},
    )
    figure = plots.step_series(series, steps)
    texts = words(figure)
    assert {"2007D01", "2008D01", "Fused less truth [m³ m⁻³]"} <= set(texts)
    assert "2008D01: -0.0200 ± 0.0039" in figure.get_label()


def _ratios():
    ratio = [[0.8, 0.9, np.nan], [1.1, 1.2, 1.0]]
    return xr.Dataset(
        {"ratio": (("rival", "box"), ratio, {"units": "1", "long_name": "RMSE of ours over the rival's"}),
         "pooled": ("rival", [0.85, 1.1]), "goal": ("rival", [0.85, np.nan])},
        {"rival": ["product a", "a baseline"], "box": ["x", "y", "z"]}, {"simulated": "true"})  # fmt: skip


def test_ratios_have_a_dot_for_each_box_one_for_all_and_a_goal(words):
    figure = plots.ratio_dots(_ratios(), {"ratio": "pooled"})
    axes = figure.axes[0]
    by_marker = {m: [line for line in axes.lines if line.get_marker() == m] for m in "oD"}
    np.testing.assert_allclose([line.get_xdata()[0] for line in by_marker["D"]], [0.85, 1.1])
    np.testing.assert_allclose(by_marker["o"][0].get_xdata(), [0.8, 0.9])  # a missing ratio is no dot
    assert [list(line.get_xdata()) for line in axes.lines if line.get_linestyle() == "--"] == [[0.85, 0.85]]
    assert {"product a", "a baseline", "a box", "all boxes", "RMSE of ours over the rival's [1]",
            "SIMULATED DATA"} <= set(words(figure))  # fmt: skip
    assert "product a: 0.85; a baseline: 1.10" in figure.get_label()
    with pytest.raises(SchemaError, match="'goal'"):
        plots.ratio_dots(_ratios().drop_vars("goal"), {"ratio": "pooled"})
    with pytest.raises(SchemaError, match="no ratio or no rival"):
        plots.ratio_dots(_ratios(), {})
