import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.errors import GridError
from vadose.grid import Grid
from vadose.regrid import weights

PAIRS = [
    (Grid.regular(0.25), Grid.regular(1.0)),
    (Grid.regular(1.0), Grid.regular(0.25)),
    (Grid.regular(1.0), Grid.regular(0.7 * 180 / 126)),
    (Grid.regular(0.25, registration="node"), Grid.regular(0.5)),
    (Grid.regular(0.5), Grid.regular(0.25, registration="node")),
    (Grid.ease2("M36"), Grid.ease2("M25")),
]


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
def test_overlaps_add_up_to_the_cells_of_both_grids(source, target):
    w = weights.overlap(source, target)
    both = min(source.bbox[3], target.bbox[3])
    full_t = np.abs(target.lat_edges[:-1]) <= both + 1e-9
    full_t &= np.abs(target.lat_edges[1:]) <= both + 1e-9
    np.testing.assert_allclose(w.rows.sum(axis=1)[full_t], w.row_total[full_t], rtol=1e-11)
    np.testing.assert_allclose(w.cols.sum(axis=1), w.col_total, rtol=1e-11)
    np.testing.assert_allclose(w.cols.sum(axis=0), np.diff(source.lon_edges), rtol=1e-11)


def test_row_weights_are_the_areas_of_the_grid():
    grid = Grid.regular(1.0)
    w = weights.overlap(grid, grid)
    assert w.rows.nnz == 180 and w.cols.nnz == 360  # no sliver of a neighbour
    np.testing.assert_allclose(w.rows.diagonal() * np.radians(1.0), grid.area()[:, 0], rtol=1e-12)


def test_nested_ease_grids_have_no_slivers():
    w = weights.overlap(Grid.ease2("M09"), Grid.ease2("M36"))
    assert set(np.diff(w.rows.indptr)) == {4} and set(np.diff(w.cols.indptr)) == {4}


def test_intervals_on_a_circle():
    m = weights.interval_overlap(np.array([-180.0, 0.0, 180.0]), np.array([-190.0, -170.0, 170.0]), period=360.0)
    assert m.toarray().tolist() == [[10.0, 10.0], [170.0, 170.0]]


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=8, unique=True),
       st.lists(st.floats(-50, 50), min_size=2, max_size=8, unique=True))  # fmt: skip
def test_overlap_against_a_naive_loop(a, b):
    a, b = np.sort(a), np.sort(b)
    naive = [[max(0.0, min(a[i + 1], b[j + 1]) - max(a[i], b[j])) for i in range(len(a) - 1)]
             for j in range(len(b) - 1)]  # fmt: skip
    np.testing.assert_allclose(weights.interval_overlap(a, b).toarray(), naive, atol=1e-7)


def test_kernels_are_a_partition_of_unity():
    for t in np.linspace(0, 1, 11):
        d = np.arange(-3, 4) - t
        assert weights.cubic_kernel(d).sum() == pytest.approx(1, abs=1e-14)
        assert weights.linear_kernel(d).sum() == pytest.approx(1, abs=1e-14)


def test_overshoot_of_a_step_is_two_twentysevenths():
    t = np.linspace(0, 1, 100001)
    below = weights.cubic_kernel(1 + t)  # weight of the one cell beyond the step
    assert -below.min() == pytest.approx(2 / 27, abs=1e-9)


def test_interpolation_weights_add_up_to_one_where_they_exist():
    source, target = Grid.ease2("M36"), Grid.regular(0.25)
    for w in (weights.linear(source, target), weights.cubic(source, target)):
        for matrix in (w.rows, w.cols):
            total = matrix.sum(axis=1)
            assert (np.isclose(total, 1, atol=1e-12) | (total == 0)).all()
    assert (weights.linear(source, target).cols.sum(axis=1) > 0).all()  # the date line is no edge


def test_grids_apart_are_refused():
    globe = Grid.regular(1.0)
    east, west = globe.crop((10, 10, 20, 20)), globe.crop((-20, 10, -10, 20))
    for make in (weights.overlap, weights.linear):
        with pytest.raises(GridError, match="does not overlap"):
            make(east, west)
