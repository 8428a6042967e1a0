"""Figures of the evaluation at 1 km: what stands where, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError
from vadose.schema import STATUS, status_attrs

NAMES = ["good", "bad"]
M3 = {"units": "m3 m-3", "long_name": "bias"}


@pytest.fixture
def scores():
    r = np.array([np.linspace(0.6, 0.9, 16), np.linspace(0.1, 0.4, 16)])
    status = np.zeros((2, 16), "int8")
    status[1, :4], r[1, :4] = STATUS["no_station"], np.nan
    return xr.Dataset(
        {"r": (("product", "cell"), r, {"units": "1", "long_name": "Pearson correlation"}),
         "status": (("product", "cell"), status, status_attrs())},
        {"product": NAMES, "land_cover": ("cell", ["forest"] * 9 + ["cropland"] * 3 + [""] * 4),
         "core": ("cell", np.arange(16) % 2 == 0), "cell_lat": ("cell", np.linspace(40, 41, 16)),
         "cell_lon": ("cell", np.linspace(1, 2, 16))},
        {"simulated": "true"},
    )  # fmt: skip


def test_boxes_stand_at_the_quartiles_with_the_number_of_cells(scores, words):
    figure = plots.category_boxes(scores, "r", by="land_cover", order=["forest", "cropland"])
    boxes = [p for p in figure.axes[0].patches if p.get_height() > 0 and p.get_width() < 0.5]
    low, high = np.quantile(scores.r.values[0, :9], (0.25, 0.75))
    assert boxes[0].get_y() == pytest.approx(low) and boxes[0].get_height() == pytest.approx(high - low)
    assert {"9", "5", "3", "forest", "cropland", "SIMULATED DATA"} <= set(words(figure))


def test_a_star_marks_the_best_product_and_is_filled_where_it_is_certain(scores):
    best = xr.Dataset({"best": ("stratum", ["good", "bad"]), "significant": ("stratum", [True, False])},
                      {"land_cover": ("stratum", ["forest", "cropland"])})  # fmt: skip
    figure = plots.category_boxes(scores, "r", by="land_cover", order=["forest", "cropland"], best=best)
    stars = [line for line in figure.axes[0].lines if line.get_marker() == "*"]
    assert [round(float(np.ravel(s.get_xdata())[0]), 2) for s in stars] == [-0.21, 1.21]
    assert stars[1].get_markerfacecolor() == "none" != stars[0].get_markerfacecolor()


def test_boxes_need_products_and_cells(scores):
    with pytest.raises(SchemaError, match="product, cell"):
        plots.category_boxes(scores.isel(product=0), "r", by="land_cover")
    with pytest.raises(SchemaError, match="'climate'"):
        plots.category_boxes(scores, "r", by="climate")


def test_courses_draw_a_line_and_an_interval_per_product(words):
    table = xr.Dataset({k: (("product", "year"), [[0.1, 0.2, np.nan], [0.3, 0.4, 0.5]], M3)
                        for k in ("bias", "bias_lower", "bias_upper")},
                       {"product": NAMES, "year": ("year", [2015, 2016, 2017], {"units": "1"})})  # fmt: skip
    figure = plots.product_lines(table, ["bias"], along="year")
    lines = [line.get_ydata() for line in figure.axes[0].lines if len(line.get_ydata()) == 3]
    assert np.array_equal(lines[1], [0.3, 0.4, 0.5]) and np.isnan(lines[0][2])
    assert {"good", "bad", "2016", "Bias [m³ m⁻³]"} <= set(words(figure))
    with pytest.raises(SchemaError, match="at least one"):
        plots.product_lines(table, [], along="year")


def test_wetness_shows_bins_and_both_ranges(words):
    ends = {"estimate_p05": 0.1, "estimate_p95": 0.3, "reference_p05": 0.05, "reference_p95": 0.4}
    table = xr.Dataset(
        {"bias": (("product", "bin"), [[0.02, -0.02]] * 2, M3), "rmse": (("product", "bin"), [[0.03, 0.04]] * 2, M3),
         **{k: ("product", [v, v], M3) for k, v in ends.items()}},
        {"product": NAMES, "bin_from": ("bin", [0.0, 0.25]), "bin_to": ("bin", [0.25, 0.5])},
    )  # fmt: skip
    figure = plots.wetness_bias(table)
    bars = sorted((round(p.get_x(), 2), round(p.get_width(), 2)) for p in figure.axes[2].patches)
    assert bars == [(0.05, 0.35)] * 2 + [(0.1, 0.2)] * 2
    assert np.allclose(figure.axes[0].lines[0].get_xdata(), [0.125, 0.375], atol=0.01)


def test_bubbles_carry_colour_size_and_certainty(words):
    table = xr.Dataset(
        {"best": ("stratum", ["good", "bad", ""]), "value": ("stratum", [0.8, 0.2, np.nan], {"units": "1"}),
         "n": ("stratum", [12, 7, 2]), "significant": ("stratum", [True, False, False])},
        {"product": NAMES, "land_cover": ("stratum", ["forest"] * 3), "climate": ("stratum", ["A", "B", "C"]),
         "texture": ("stratum", ["sand"] * 3)},
    )  # fmt: skip
    figure = plots.lookup_bubbles(table)
    circles = [line for line in figure.axes[0].lines if line.get_marker() == "o" and line.get_markersize() > 5]
    assert circles[0].get_markersize() == pytest.approx(2 * circles[1].get_markersize())
    assert sum(line.get_marker() == "s" for line in figure.axes[0].lines) == 1
    assert {"0.80", "0.20", "n 12", "n 7", "forest"} <= set(words(figure)) and "n 2" not in words(figure)


def test_campaigns_show_a_map_per_product_and_flight(words):
    time = pd.date_range("2015-05-01T12", periods=3)
    sm = np.random.default_rng(0).uniform(0.1, 0.4, (3, 6, 5))
    dims = ("flight", "lat", "lon")
    one = xr.Dataset(
        {k: (dims, sm, {"units": "m3 m-3"}) for k in ("estimate", "reference")},
        {"time": ("flight", time), "lat": np.linspace(41, 40, 6), "lon": np.linspace(1, 2, 5)},
    )
    gone = one.assign(estimate=one.estimate.where(np.array([True, False, True])[:, None, None]))
    table = xr.Dataset({"r": (("product", "flight"), [[1.0, 1.0, 1.0], [1.0, np.nan, 1.0]]),
                        **{f"campaign_{k}": ("product", [1.0, 0.0]) for k in ("r", "bias", "rmsd")}},
                       {"product": NAMES}, {"campaign": "spring"})  # fmt: skip
    figure = plots.campaign_panels({"good": one, "bad": gone}, table)
    assert sum(len(a.images) == 1 for a in figure.axes) == 9
    assert {"no map", "aircraft", "2015\n05-02"} <= set(words(figure))
    with pytest.raises(SchemaError, match="at least one"):
        plots.campaign_panels({}, table)


def test_statuses_and_core_cells_are_counted(scores, words):
    assert {"ok", "no station", "12", "16"} <= set(words(plots.status_bars(scores)))
    texts = " ".join(" ".join(words(plots.core_map(scores))).split())
    assert "good: 8 core, 8 extra" in texts and "bad: 6 core, 6 extra" in texts
