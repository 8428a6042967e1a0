import csv
import io
import re

import pytest

from vadose.errors import ConfigError
from vadose.products import catalogue, citations


def test_every_product_has_works_and_every_key_is_known():
    for entry in catalogue().itertuples():
        assert citations.works(products=[entry.Index]), entry.Index
    for keys in citations.METHODS.values():
        assert set(keys) <= set(citations.WORKS)


def test_dois_have_the_form_of_dois_and_are_unique():
    dois = [w.doi for w in citations.WORKS.values()]
    assert all(re.fullmatch(r"10\.\d{4,9}/\S+", d) for d in dois) and len(set(dois)) == len(dois)
    assert all((1900 < w.year < 2100 and w.key.endswith(str(w.year))) or w.key[-2:].isalpha()
               for w in citations.WORKS.values())  # fmt: skip


def test_a_work_of_several_products_is_named_once():
    got = citations.works(products=["esa_cci", "c3s", "esa_cci_rzsm"])
    assert [w.key for w in got] == ["dorigo2017", "gruber2019"]


def test_bibtex_and_csv_hold_all_fields():
    items = citations.works(products=["lis_noahmp"], methods=["bootstrap"])
    text = citations.bibtex(items)
    assert text.count("@article{") == 2 and text.count("{") == text.count("}") and r"Modelling \& Software" in text
    rows = list(csv.DictReader(io.StringIO(citations.table(items))))
    assert [r["doi"] for r in rows] == [w.doi for w in items] and rows[1]["authors"] == "Künsch, H. R."


def test_unknown_methods_are_refused():
    with pytest.raises(ConfigError, match=r"methods.*magic"):
        citations.works(methods=["magic"])
