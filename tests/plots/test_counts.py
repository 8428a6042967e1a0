import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError


def test_bars_are_shares_that_sum_to_the_whole(words):
    ds = xr.Dataset(
        {"n_matched": ("cell", [30, 20]), "n_dropped": (("cell", "reason"), [[10, 0], [35, 5]])},
        {"reason": ["outside_window", "flagged"]},
    )
    figure = plots.dropped_bars({"a": ds})
    widths = [p.get_width() for p in figure.axes[0].patches]
    np.testing.assert_allclose(widths, [50, 45, 5])
    assert {"50", "outside window", "flagged", "matched", "Share of observations [%]"} <= set(words(figure))


def test_reasons_that_never_occur_are_left_out_and_empty_products_say_so(pairs, tidy, words):
    texts = words(plots.dropped_bars({tidy.EMPTY: pairs[tidy.EMPTY]}))
    assert "no observation" in texts
    assert "flagged" not in texts


def test_pairs_without_counts_are_refused(pairs, tidy):
    with pytest.raises(SchemaError, match=r"pairs\['a'\].*n_dropped"):
        plots.dropped_bars({"a": pairs[tidy.EMPTY].drop_vars("n_dropped")})
