import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose import plots
from vadose.errors import SchemaError


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_runs_hold_every_value_once_and_never_span_a_missing_one(present):
    time = np.datetime64("2020-01-01") + np.arange(len(present))
    values = np.where(present, np.arange(len(present), dtype=float), np.nan)
    runs = plots.break_gaps(time, values)
    kept = [v for _, run in runs for v in run.tolist()]
    assert kept == values[np.isfinite(values)].tolist()
    for _, run in runs:
        assert (np.diff(run) == 1).all()


def test_lines_are_broken_at_gaps_and_single_values_are_dots(pairs, tidy):
    ds = pairs[tidy.PRODUCTS[0]].isel(cell=[0]).copy(deep=True)
    ds["estimate"][0, 10:20] = np.nan
    ds["estimate"][0, 15] = 0.3
    line, dots = (x for x in plots.time_series(ds).axes[0].lines if x.get_color() == "#d55e00" and x.get_xdata().size)
    assert np.isnan(line.get_ydata()).sum() >= 2
    assert 0.3 in np.round(dots.get_ydata(), 6)


def test_other_units_get_an_axis_of_their_own(pairs, tidy):
    same, other = plots.time_series(pairs[tidy.PRODUCTS[0]]), plots.time_series(pairs["ascat_h119"])
    assert len(same.axes) == 1 and len(other.axes) == 2
    assert other.axes[1].get_ylabel() == "Degree of saturation [–]"
    assert other.axes[0].get_ylabel() == same.axes[0].get_ylabel() == "Soil moisture [m³ m⁻³]"


def test_cell_stations_and_pairs_are_named(pairs, tidy, words):
    ds = pairs[tidy.PRODUCTS[1]]
    n = int(ds["n_matched"][0])
    texts = " ".join(words(plots.time_series(ds, 0)))
    assert f"{n} pairs" in texts.replace("\u2009", "")
    assert str(ds.stations[0].item()) in texts and "° N" in texts


def test_a_cell_without_any_value_says_so(pairs, tidy, words):
    ds = pairs[tidy.EMPTY].isel(cell=[0])
    ds = ds.assign(reference=ds["reference"] * np.nan)
    assert "no value in this cell" in words(plots.time_series(ds))


def test_a_cell_that_does_not_exist_is_refused(pairs, tidy):
    with pytest.raises(SchemaError, match="needed 0 to 0"):
        plots.time_series(pairs[tidy.SINGLE], 1)
