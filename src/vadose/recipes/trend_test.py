"""Which trend test a recipe makes, as its settings say."""

from __future__ import annotations

from typing import Literal

from ..stats.trends import CORRECTABLE

#: Tests that a recipe may be told to make.
TrendTest = Literal["ar1", "mk", "hamed_rao", "yue_wang", "tfpw"]


def check_correctable(test: str, bias_corrected: bool) -> None:
    """Refuse to correct a test that has nothing to correct."""
    if bias_corrected and test not in CORRECTABLE:
        raise ValueError(f"bias_corrected is for the tests {', '.join(CORRECTABLE)}, not {test}; leave it out")


def name_of_test(test: str, bias_corrected: bool) -> str:
    """The test as a report names it.

    Examples
    --------
    >>> name_of_test("tfpw", True), name_of_test("ar1", False)
    ('tfpw, bias-corrected', 'ar1')
    """
    return f"{test}, bias-corrected" if bias_corrected else test
