import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import ConfigError
from vadose.report import Column, Report

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg"><title id="t">x</title><path id="p" d="M 0 0 1 1"/><use href="#p"/></svg>'
)
NASTY = "<script>alert('1')</script> & \"ü\""


def report(**options):
    out = Report("Title", **options)
    out.add_section("One", "Intro.")
    return out


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip))
@settings(max_examples=40, deadline=None)
def test_any_text_anywhere_comes_out_as_it_went_in(demo, text):
    out = Report(text, subtitle=text)
    out.add_section(text, text)
    out.add_text(text)
    out.add_figure(SVG, text, units="1")
    out.add_table([text], [[text]], text, [text])
    out.add_provenance({text: {text: [text, 1]}})
    out.add_citations([(text, "10.1000/182"), text])
    with out.add_details(text):
        out.add_text(text)
    page = demo.read(out.html())
    assert not page.faults and not page.open
    printed = " ".join("".join(page.text).split())
    assert printed.count(" ".join(text.split())) >= 15
    assert page.outside == [("a", "https://doi.org/10.1000/182")]


def test_markup_in_texts_does_nothing():
    page = report()
    page.add_table([NASTY, Column(NASTY, NASTY)], [[NASTY, 1]], NASTY, NASTY)
    page.add_figure(SVG, NASTY, units=NASTY)
    assert "<script>alert" not in page.html()
    assert page.html().count("&lt;script&gt;alert") == 8


def test_simulated_is_said_only_where_it_is_true():
    for simulated in (True, False):
        page = report(simulated=simulated)
        page.add_figure(SVG, "Caption.", units="1")
        page.add_table(["a"], [[1]], "Caption.")
        body = page.html().partition("<body")[2].lower()
        assert body.count(">simulated</span>") == 2 * simulated
        assert ("simulated" in body) == simulated


def test_numbers_are_aligned_and_have_a_real_minus_sign():
    page = report()
    page.add_table(["product", Column("bias", "m3 m-3", 3), "cells", "R"],
                   [["a", -0.0314, "3 / 4", float("nan")], ["b", None, "4 / 4", 0.5]], "Scores.")  # fmt: skip
    text = page.html()
    assert '<td class="num">−0.031</td>' in text
    assert '<td class="num">3 / 4</td>' in text
    assert text.count('<td class="num">–</td>') == 2
    assert 'class="num">bias <span class="unit">m³ m⁻³</span></th>' in text
    assert '<th scope="col">product</th>' in text


def test_figures_and_tables_are_counted_each_for_itself():
    page = report()
    for _ in range(2):
        page.add_figure(SVG, "Drawn.", units="m3 m-3, 1")
        page.add_table(["a"], [[1]], "Listed.")
    text = page.html()
    assert [f'id="figure-{n}"' in text for n in (1, 2, 3)] == [True, True, False]
    assert [f'id="table-{n}"' in text for n in (1, 2, 3)] == [True, True, False]
    assert "Units: m³ m⁻³, dimensionless." in text


def test_the_same_drawing_twice_has_no_id_twice(demo):
    page = report()
    for _ in range(3):
        page.add_figure(SVG, "Drawn.", units="1")
    read = demo.read(page.html())
    assert len(read.ids) == len(set(read.ids))
    assert set(read.inside) <= set(read.ids)


def test_a_refused_figure_leaves_the_numbers_alone():
    page = report()
    with pytest.raises(ConfigError, match="figure 1"):
        page.add_figure("<svg", "Caption.", units="1")
    page.add_figure(SVG, "Caption.", units="1")
    assert 'id="figure-1"' in page.html() and 'id="figure-2"' not in page.html()


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda r: r.add_figure(SVG, " ", units="1"), "caption of figure 1"),
        (lambda r: r.add_figure(SVG, "Caption.", units=""), "units of figure 1"),
        (lambda r: r.add_table(["a"], [[1]], ""), "caption of table 1"),
        (lambda r: r.add_table(["a", "b"], [[1, 2], [1]], "Caption."), "table 1, row 2: found 1 values; needed 2"),
        (lambda r: r.add_section(""), "title of a section"),
        (lambda r: r.add_citations([("Work", "not-a-doi")]), "found DOI 'not-a-doi'"),
        (lambda r: r.add_citations([("Work", "javascript:alert(1)")]), "needed a DOI"),
    ],
)
def test_what_a_reader_needs_is_demanded(add, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        add(report())


def test_a_part_needs_a_section():
    with pytest.raises(ConfigError, match="Call add_section first"):
        Report("Title").add_text("Lost.")


def test_a_section_cannot_begin_inside_a_folded_part():
    page = report()
    with page.add_details("Folded"), pytest.raises(ConfigError, match=r"with report\.add_details"):
        page.add_section("Two")
    page.add_section("Two")
    assert page.html().count("<section") == 2


def test_folded_parts_hold_what_was_added_inside(demo):
    page = report()
    with page.add_details("Outer"):
        with page.add_details("Inner"):
            page.add_text("deep")
        page.add_text("shallow")
    page.add_text("outside")
    body = page.html().partition("<main>")[2]
    assert body.index("deep") < body.index("</details>") < body.index("shallow") < body.rindex("</details>")
    assert body.rindex("</details>") < body.index("outside")


def test_dois_are_taken_in_every_spelling():
    page = report()
    page.add_citations([("A", "https://doi.org/10.1000/182"), ("B", "doi:10.1000/182"), ("C", "10.1000/182")])
    assert page.html().count('href="https://doi.org/10.1000/182"') == 3


def test_writing_makes_folders_and_replaces_whole_files(tmp_path):
    path = report().write(tmp_path / "new" / "report.html")
    first = path.read_text(encoding="utf-8")
    assert first.startswith("<!doctype html>")
    assert report().write(path).read_text(encoding="utf-8") == first
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="needed a place that can be written to"):
        report().write(tmp_path / "file" / "report.html")


def test_a_full_disk_leaves_the_old_page(tmp_path, monkeypatch):
    path = report().write(tmp_path / "report.html")
    before = path.read_text(encoding="utf-8")

    def full(self, *args, **kwargs):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(path), "write_text", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        report(subtitle="new").write(path)
    assert path.read_text(encoding="utf-8") == before
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
