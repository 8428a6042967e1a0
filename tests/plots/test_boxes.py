import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError


def scores(values, products, name="r"):
    attrs = {"units": "1" if name == "r" else "m3 m-3", "long_name": name}
    return xr.Dataset({name: ("cell", np.asarray(values, float), attrs)}, {"product": ("cell", products)})


def test_median_iqr_and_n_are_printed_beside_each_box(words):
    figure = plots.score_boxes(scores([0.1, 0.2, 0.3, 0.4, 0.5, np.nan], ["a"] * 6), "r")
    texts = words(figure)
    assert {"median", "IQR", "n", "0.300", "0.200", "5 / 6"} <= set(texts)


def test_few_cells_are_points_without_a_box_and_none_says_so(words):
    figure = plots.score_boxes(scores([0.1, 0.2, 0.3, 0.4, 0.5, np.nan], ["few"] * 4 + ["one", "none"]), "r")
    assert not figure.axes[0].patches
    assert "no cell with a value" in words(figure)
    five = plots.score_boxes(scores([0.1, 0.2, 0.3, 0.4, 0.5], ["five"] * 5), "r")
    (box,) = five.axes[0].patches
    assert (box.get_x(), box.get_width()) == (pytest.approx(0.2), pytest.approx(0.2))


def test_an_outlier_stands_beyond_the_whisker():
    figure = plots.score_boxes(scores([0.5, 0.51, 0.52, 0.53, 0.54, 0.0], ["a"] * 6), "r")
    hollow = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "none"]
    assert [line.get_xdata().tolist() for line in hollow] == [[0.0]]


def test_products_keep_their_order_from_the_top(tables, tidy):
    axes = plots.score_boxes(tables[0], "r").axes[0]
    labels = [t.get_text().replace("\n", "") for t in axes.get_yticklabels()]
    assert labels == list(tidy.PRODUCTS)
    assert axes.yaxis_inverted()


def test_every_axis_has_name_and_unit(tables):
    assert plots.score_boxes(tables[0], "bias").axes[0].get_xlabel() == "Bias (estimate − reference) [m³ m⁻³]"
    assert plots.score_boxes(tables[0], "r").axes[0].get_xlabel() == "Pearson correlation R [–]"


def test_no_product_at_all_makes_an_empty_figure():
    assert plots.svg(plots.score_boxes(scores([], np.array([], dtype=str)), "r")).startswith("<svg")


def test_an_unknown_metric_is_named():
    with pytest.raises(SchemaError, match="needed 'skill'"):
        plots.score_boxes(scores([0.1], ["a"]), "skill")
    with pytest.raises(SchemaError, match="needed 'product'"):
        plots.score_boxes(scores([0.1], ["a"]).drop_vars("product"), "r")
