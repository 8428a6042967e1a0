import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.matchup import pair_series, pair_times
from vadose.matchup.pairing import NAT

instants = st.lists(st.integers(0, 200), max_size=25).map(lambda v: np.array(sorted(v), dtype="i8"))


def brute_force(e, r, window):
    """Take the closest free pair again and again."""
    free_e, free_r, out = set(range(len(e))), set(range(len(r))), []
    while True:
        options = [
            (abs(int(e[i]) - int(r[j])), j, i) for i in free_e for j in free_r if abs(int(e[i]) - int(r[j])) <= window
        ]
        if not options:
            return sorted((j, i) for j, i in out)
        _, j, i = min(options)
        free_e.remove(i)
        free_r.remove(j)
        out.append((j, i))


@settings(max_examples=150, deadline=None)
@given(instants, instants, st.integers(0, 40))
def test_equals_brute_force(e, r, window):
    i, j = pair_times(e, r, window)
    assert list(zip(j.tolist(), i.tolist(), strict=True)) == brute_force(e, r, window)


@settings(max_examples=100, deadline=None)
@given(instants, instants, st.integers(0, 40), st.integers(-1000, 1000))
def test_laws(e, r, window, shift):
    i, j = pair_times(e, r, window)
    assert len(set(i)) == len(i)
    assert len(set(j)) == len(j)
    assert (np.abs(e[i] - r[j]) <= window).all()
    shifted = pair_times(e + shift, r + shift, window)
    assert (shifted[0] == i).all() and (shifted[1] == j).all()


def test_window_is_inclusive_and_ties_go_to_the_earlier_reference():
    assert [v.tolist() for v in pair_times(np.array([12]), np.array([0, 24]), 12)] == [[0], [0]]
    assert pair_times(np.array([13]), np.array([0]), 12)[0].size == 0


def test_reuse_is_how_other_tools_inflate_n():
    hourly = np.arange(24)
    assert pair_times(np.array([12]), hourly, 12)[0].size == 1
    assert pair_times(np.array([12]), hourly, 12, reuse=True)[0].size == 24


@pytest.mark.parametrize("mask", ["none missing", "all missing", "mixed", "no times"])
def test_missing_values_are_never_paired(mask):
    t = np.arange(6) * 10
    x, y = np.arange(6.0), np.arange(6.0) + 0.5
    te = t.copy()
    if mask == "all missing":
        x[:] = np.nan
    if mask == "mixed":
        x[[1, 2]], y[2:4] = np.nan, np.nan
    if mask == "no times":
        te[:] = NAT
    e, _, dt, n, dropped = pair_series(te, x, t, y, 0)
    ok = np.isfinite(x) & np.isfinite(y) & (te != NAT)
    assert (np.isfinite(e) == ok).all()
    assert n[2] == ok.sum()
    assert (dt[ok] == 0).all()
    valid_e = (np.isfinite(x) & (te != NAT)).sum()
    assert n[0] == valid_e == n[2] + dropped[0] + dropped[1]
    assert n[1] == np.isfinite(y).sum() == n[2] + dropped[2]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_counts_add_up(seed, window):
    rng = np.random.default_rng(seed)
    te, tr = rng.integers(0, 300, 30), np.sort(rng.integers(0, 300, 20))
    x = np.where(rng.random(30) < 0.3, np.nan, rng.random(30))
    y = np.where(rng.random(20) < 0.3, np.nan, rng.random(20))
    *_, n, dropped = pair_series(te, x, tr, y, window)
    assert n[0] == n[2] + dropped[0] + dropped[1]
    assert n[1] == n[2] + dropped[2]
    assert (dropped >= 0).all()
