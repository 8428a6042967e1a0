import re

import pytest


@pytest.fixture(scope="module")
def page(demo, built):
    return demo.read(built.read_text(encoding="utf-8"))


def test_it_is_well_nested_html(page):
    assert not page.faults
    assert not page.open


def test_nothing_is_loaded_and_only_a_doi_leads_outside(page, built):
    assert page.outside == [("a", "https://doi.org/10.1016/j.rse.2020.111806")]
    text = built.read_text(encoding="utf-8")
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_ids_are_unique_and_every_link_has_its_target(page):
    assert len(page.ids) == len(set(page.ids))
    assert set(page.inside) <= set(page.ids)


def test_every_figure_has_number_caption_and_units(page):
    drawings = [f for f in page.figures if f["class"] != "table"]
    assert len(drawings) > 30
    for number, figure in enumerate(drawings, 1):
        assert figure["drawing"] == "svg"
        caption = " ".join(figure["caption"].split())
        assert re.fullmatch(rf"Figure {number}\. simulated \S.+\. Units: .+\.", caption), caption


def test_simulated_data_are_told_on_the_page_at_figures_and_at_tables(page, built):
    words = " ".join(" ".join(page.text).split())
    assert "Simulated data. Everything on this page comes from a simulated Earth" in words
    assert "(simulated data)</title>" in built.read_text(encoding="utf-8")
    assert all(" simulated " in " ".join(f["caption"].split()) for f in page.figures)


def test_products_without_a_score_are_in_the_table_and_in_the_figures(page, demo):
    words = " ".join(" ".join(page.text).split())
    for product in demo.tidy.PRODUCTS:
        assert product in words
    assert f"{demo.tidy.EMPTY} 0 0 / 8 – – – – –" in words
    assert f"{demo.tidy.NO_OVERLAP} 0 0 / 7 – – – – –" in words
    assert "no cell with a value" in words


def test_names_of_stations_are_printed_as_they_are(page, built):
    assert '<b>"A&B"</b>' in "".join(page.text)
    assert '<b>"A' not in built.read_text(encoding="utf-8")


def test_twelve_products_stay_below_five_megabytes(built):
    assert built.stat().st_size < 5e6
