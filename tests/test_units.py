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
