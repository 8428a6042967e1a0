"""The part of a report that tells how to cite what was used."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..products import citations
from ..report import Report


def cite(report: Report, folder: Path, *, products: Iterable[str] = (), methods: Iterable[str] = ()) -> None:
    """Add the section "How to cite what was used" and write ``citations.bib`` and ``citations.csv`` beside the report.

    Parameters
    ----------
    report : Report
        Gets the section.
    folder : Path
        Output folder.
    products : iterable of str
        Ids of the catalogue.
    methods : iterable of str
        Names of :data:`vadose.products.citations.METHODS`.
    """
    items = citations.works(products=products, methods=methods)
    report.add_section("How to cite what was used", "Works behind the products and methods of this page; the same list "
                       "stands in citations.bib (BibTeX) and citations.csv.")  # fmt: skip
    report.add_citations([(w.text, w.doi) for w in items])
    (folder / "citations.bib").write_text(citations.bibtex(items), encoding="utf-8")
    (folder / "citations.csv").write_text(citations.table(items), encoding="utf-8")
