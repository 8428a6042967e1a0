import numpy as np
import pytest

from vadose import plots
from vadose.errors import SchemaError


def test_the_bins_hold_every_pair(pairs, tidy):
    figure = plots.scatter_density(pairs)
    for axes, (name, ds) in zip(figure.axes, pairs.items()):
        total = np.ma.filled(axes.collections[0].get_array(), 0).sum()
        assert total == int(ds["n_matched"].sum()), name


def test_products_of_the_same_unit_share_limits_and_have_the_line(pairs, tidy):
    figure = plots.scatter_density(pairs)
    by_name = dict(zip(pairs, figure.axes))
    other = by_name.pop("ascat_h119")
    assert not other.lines
    assert len({(*a.get_xlim(), *a.get_ylim()) for a in by_name.values()}) == 1
    for axes in by_name.values():
        (line,) = axes.lines
        np.testing.assert_array_equal(line.get_xdata(), line.get_ydata())


def test_n_and_the_given_scores_are_printed(pairs, tables, tidy, words):
    name = tidy.PRODUCTS[0]
    texts = " ".join(words(plots.scatter_density({name: pairs[name]}, scores=tables[1])))
    assert f"R {float(tables[1]['r'][0]):.2f}" in texts
    assert f"n {int(pairs[name]['n_matched'].sum())}" in texts.replace("\u2009", "")
    assert "Reference: Soil moisture [m³ m⁻³]" in texts and "Estimate: Soil moisture [m³ m⁻³]" in texts
    # without scores nothing is made up
    assert "R 0" not in " ".join(words(plots.scatter_density({name: pairs[name]})))


def test_a_product_without_pairs_is_an_empty_panel(pairs, tidy, words):
    assert "n 0\n" in words(plots.scatter_density({tidy.EMPTY: pairs[tidy.EMPTY]}))


def test_a_bare_dataset_or_nothing_is_refused(pairs, tidy):
    with pytest.raises(SchemaError, match="needed a mapping"):
        plots.scatter_density(pairs[tidy.EMPTY])
    with pytest.raises(SchemaError, match="at least one"):
        plots.scatter_density({})
