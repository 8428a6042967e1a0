import numpy as np
import pytest

from vadose import plots
from vadose.errors import SchemaError


def test_each_station_is_drawn_once_whatever_its_depths(tidy, words):
    figure = plots.station_map(tidy.stations())
    assert {"SCAN (5)", "USCRN (3)"} <= set(words(figure))
    drawn = sum(line.get_xdata().size for line in figure.axes[0].lines if line.get_label().startswith(("SCAN", "USC")))
    assert drawn == 8


def test_cells_of_all_products_at_one_place_are_one_square(tidy, tables, words):
    places = {(float(a), float(b)) for a, b in zip(tables[0].cell_lat, tables[0].cell_lon)}
    assert f"product cells ({len(places)})" in words(plots.station_map(tidy.stations(), tables[0]))


def test_many_networks_share_the_last_colour(tidy, words):
    stations = tidy.stations().copy()
    stations["network"] = ("sensor", [f"net {i // 2}" for i in range(16)])
    texts = words(plots.station_map(stations))
    assert "2 other networks (2)" in texts
    assert sum(t.startswith("net ") for t in texts) == 6


def test_a_map_has_a_panel_per_product_and_says_where_there_is_no_value(tables, words, tidy):
    figure = plots.score_map(tables[0], "r")
    texts = words(figure)
    assert [t for t in texts if t.replace("\n", "") in tidy.PRODUCTS] and "no value" in texts
    assert "Pearson correlation R [–]" in texts
    assert len(figure.axes) == 12 + 1


def test_the_points_of_a_panel_are_the_cells_with_a_value(tables, tidy):
    scores = tables[0]
    figure = plots.score_map(scores, "r")
    for axes, product in zip(figure.axes, tidy.PRODUCTS):
        values = scores["r"].values[scores["product"].values == product]
        points = axes.collections[-1].get_offsets()
        assert len(points) == np.isfinite(values).sum()


def test_statuses_are_counted_in_words(tables, words):
    texts = words(plots.status_map(tables[0]))
    assert {"no overlap (7)", "no data (8)"} <= set(texts)
    assert sum(int(t.split("(")[1][:-1]) for t in texts if t.endswith(")")) == tables[0].sizes["cell"]


@pytest.mark.parametrize("draw", [lambda s: plots.score_map(s, "r"), plots.status_map])
def test_no_cell_at_all_still_draws(tables, draw, words):
    figure = draw(tables[0].isel(cell=slice(0, 0)))
    assert "no cell" in words(figure)
    assert plots.svg(figure).endswith("</svg>")


def test_a_missing_coordinate_is_named(tables, tidy):
    with pytest.raises(SchemaError, match="cell_lat"):
        plots.score_map(tables[0].drop_vars("cell_lat"), "r")
    with pytest.raises(SchemaError, match="network"):
        plots.station_map(tidy.stations().drop_vars("network"))
