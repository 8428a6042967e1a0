import re
from xml.etree import ElementTree

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from vadose import plots


@pytest.fixture(scope="module")
def drawing(tables):
    return plots.svg(plots.score_map(tables[0], "r"))


def test_the_same_data_give_the_same_text_under_any_user_settings(tables, drawing):
    with rc_context({"font.size": 30, "svg.fonttype": "path", "axes.grid": True}):
        assert plots.svg(plots.score_map(tables[0], "r")) == drawing


def test_it_is_one_svg_element_that_loads_nothing(drawing):
    root = ElementTree.fromstring(drawing)
    assert root.tag.endswith("svg")
    bare = re.sub(r'xmlns(:\w+)?="[^"]*"', "", drawing)
    assert "http" not in bare
    assert "<style" not in bare and "<metadata" not in bare


def test_every_reference_has_its_id_and_every_id_is_used(drawing):
    ids = re.findall(r' id="([^"]*)"', drawing)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]*)", drawing))
    named = set(re.search(r'aria-labelledby="([^"]*)"', drawing)[1].split())
    assert used | named == set(ids)


def test_two_figures_share_no_id(tables, drawing):
    other = plots.svg(plots.score_map(tables[0], "bias"))
    assert not set(re.findall(r' id="([^"]*)"', drawing)) & set(re.findall(r' id="([^"]*)"', other))


def test_text_stays_text_and_title_and_description_are_there(drawing):
    assert "esa_cci_passive_v09.2</text>" in drawing
    root = ElementTree.fromstring(drawing)
    name = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{name}title").text == "Pearson correlation R [–]: map of cells"
    assert "cells of 12 products" in root.find(f"{name}desc").text


def test_shortened_paths_say_the_same():
    figure = Figure(figsize=(2, 2))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.plot([0, 1, 2], [0, 2, 1])
    axes.set(xlim=(0, 2), ylim=(0, 2))
    # 144 points and a margin of 1.44: 72 per unit, y down from the top
    assert 'd="M 1.44 145.44 73.44 1.44 145.44 73.44"' in plots.svg(figure)


def test_names_are_neither_markup_nor_mathematics(tidy):
    stations = tidy.stations().copy()
    stations["network"] = ("sensor", ["<i>$a_1$ & b"] * stations.sizes["sensor"])
    text = plots.svg(plots.station_map(stations))
    assert "&lt;i&gt;$a_1$ &amp; b (8)</text>" in text


def test_names_in_any_script_are_drawn_without_a_warning(tidy, recwarn):
    stations = tidy.stations().copy()
    stations["network"] = ("sensor", ["土壤水分"] * stations.sizes["sensor"])
    assert "土壤水分 (8)" in plots.svg(plots.station_map(stations))
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_data_are_marked_on_the_figure(tidy, simulated):
    pairs = {k: v for k, v in list(tidy.pairs(days=40, simulated=simulated).items())[:1]}
    scores, pooled, _ = tidy.tables(pairs)
    figures = [
        plots.station_map(tidy.stations(simulated=simulated)), plots.score_map(scores, "r"), plots.status_map(scores),
        plots.score_boxes(scores, "r"), plots.forest(pooled, "r"), plots.scatter_density(pairs),
        plots.dropped_bars(pairs), plots.time_series(next(iter(pairs.values()))),
    ]  # fmt: skip
    assert [("SIMULATED DATA" in plots.svg(f)) for f in figures] == [simulated] * len(figures)
