import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError


def test_dots_and_intervals_stand_where_the_numbers_are(words):
    table = xr.Dataset(
        {"r": ("product", [0.5, np.nan]), "r_lower": ("product", [0.25, np.nan]),
         "r_upper": ("product", [0.75, np.nan]), "n": ("product", [12345, 0])},
        {"product": ["a", "b"]}, {"level": 0.95},
    )  # fmt: skip
    table.r.attrs.update(units="1", long_name="R")
    figure = plots.forest(table, "r")
    lines = [line.get_xdata() for line in figure.axes[0].lines]
    assert any(np.array_equal(x, [0.25, 0.75]) for x in lines)
    assert any(np.array_equal(np.ravel(x), [0.5]) for x in lines)
    assert {"95 % interval", "[0.250, 0.750]", "0.500", "12\u2009345", "no value"} <= set(words(figure))


def test_a_summary_shows_median_and_quartiles(tables, words):
    texts = words(plots.forest(tables[2], "bias"))
    assert {"median", "quartiles", "cells", "0 / 8", "1 / 1"} <= set(texts)


def test_a_table_without_the_metric_is_refused(tables):
    with pytest.raises(SchemaError, match="needed 'kge'"):
        plots.forest(tables[1], "kge")
