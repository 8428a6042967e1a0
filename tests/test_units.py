import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose import units
from vadose.errors import SchemaError


@given(st.floats(0, 1), st.floats(0.01, 3))
def test_storage_and_content_are_inverse(theta, thickness):
    assert np.isclose(units.storage_to_content(units.content_to_storage(theta, thickness), thickness), theta)


@pytest.mark.parametrize(("a", "b"), list(units.CONVERSIONS))
def test_every_conversion_has_its_inverse(a, b):
    x = np.linspace(1, 300, 7)
    np.testing.assert_allclose(units.convert(units.convert(x, a, b), b, a), x, rtol=1e-14)


@pytest.mark.parametrize(("a", "b"), [("%", "m3 m-3"), ("kg m-2", "m3 m-3"), ("K", "m")])
def test_what_needs_more_knowledge_is_refused(a, b):
    with pytest.raises(SchemaError, match="needs a porosity"):
        units.convert(1.0, a, b)


def test_unknown_spelling_is_named():
    with pytest.raises(SchemaError, match="furlong"):
        units.canonical("furlong")


def test_every_known_unit_is_printed_without_ascii_exponents():
    for unit in set(units.ALIASES.values()):
        assert not set(units.format_unit(unit)) & set("-0123456789^*"), unit


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_printed_number_reads_back(value, digits):
    text = units.format_number(value, digits)
    back = float(text.replace(units.MINUS, "-").replace(units.THIN_SPACE, ""))
    assert abs(back - value) <= 0.5 * 10**-digits * (1 + 1e-9) + 1e-9
    assert "-" not in text


def test_missing_and_infinite_numbers_are_printed():
    assert units.format_number(None) == units.format_number(float("nan"), 2) == "–"
    assert units.format_number(float("-inf")) == "−∞"
