import numpy as np
import pytest

from vadose.grid import Grid
from vadose.regrid import area, weights

GLOBAL = [
    (Grid.regular(0.5), Grid.regular(2.0)),
    (Grid.regular(2.0), Grid.regular(0.5)),
    (Grid.regular(1.0, registration="node"), Grid.regular(1.5)),
    (Grid.regular(1.5), Grid.regular(1.0, registration="node")),
    (Grid.regular(180 / 77), Grid.regular(180 / 51)),
]


def integral(field, grid):
    return (field * grid.area()).sum()


@pytest.mark.parametrize(("source", "target"), GLOBAL, ids=str)
def test_global_integral_is_conserved(source, target):
    field = np.random.default_rng(1).normal(0.3, 0.1, source.shape)
    out = area.weighted_mean(field, weights=weights.overlap(source, target))
    np.testing.assert_allclose(integral(out, target), integral(field, source), rtol=1e-12)


def authalic_mean(grid):
    """Exact cell means of the field whose value is the authalic term."""
    from vadose.grid import authalic_term

    q = authalic_term(np.radians(grid.lat_edges))
    return np.broadcast_to(((q[1:] + q[:-1]) / 2)[:, None], grid.shape)


@pytest.mark.parametrize(("source", "target"), [GLOBAL[0], GLOBAL[2]], ids=str)
def test_linear_field_in_the_authalic_term_is_averaged_exactly(source, target):
    # sin(latitude) on the sphere; exact where target cells are unions of source cells
    if source.registration == "node":
        target = Grid.regular(3.0, registration="node")
    out = area.weighted_mean(authalic_mean(source), weights=weights.overlap(source, target))
    rows = np.isin(np.round(target.lat_edges, 9), np.round(source.lat_edges, 9))
    whole = rows[1:] & rows[:-1]
    assert whole.any()
    np.testing.assert_allclose(out[whole], authalic_mean(target)[whole], rtol=1e-11, atol=1)


def test_constant_field_stays_constant_with_holes():
    source, target = Grid.ease2("M36"), Grid.regular(0.25).crop((-20, 30, 20, 60))
    field = np.full(source.shape, 0.3)
    field[np.random.default_rng(0).random(source.shape) < 0.4] = np.nan
    out = area.weighted_mean(field, weights=weights.overlap(source, target))
    assert 0.1 < np.isnan(out).mean() < 0.9
    np.testing.assert_allclose(out[np.isfinite(out)], 0.3, rtol=1e-14)


def test_there_and_back_through_a_finer_grid():
    coarse, fine = Grid.regular(2.0), Grid.regular(0.5)
    field = np.random.default_rng(2).random(coarse.shape)
    there = area.weighted_mean(field, weights=weights.overlap(coarse, fine))
    back = area.weighted_mean(there, weights=weights.overlap(fine, coarse))
    np.testing.assert_allclose(back, field, rtol=1e-13)


def test_ease2_to_regular_against_brute_force_sampling():
    source = Grid.ease2("M36")
    target = Grid.regular(0.25).crop((-160, 18, -157, 20))
    field = np.random.default_rng(3).random(source.shape)
    out = area.weighted_mean(field, weights=weights.overlap(source, target))
    n = 200
    naive = np.empty(target.shape)
    for r in range(target.shape[0]):
        # equal steps of the sine of the authalic latitude are equal areas; at 0.25° cos(lat) weights serve
        lat = target.lat_edges[r] + (np.arange(n) + 0.5) / n * (target.lat_edges[r + 1] - target.lat_edges[r])
        for c in range(target.shape[1]):
            lon = target.lon_edges[c] + (np.arange(n) + 0.5) / n * (target.lon_edges[c + 1] - target.lon_edges[c])
            row, col = source.nearest(lat, lon, pairwise=False)
            naive[r, c] = np.average(field[np.ix_(row, col)].mean(axis=1), weights=np.cos(np.radians(lat)))
    np.testing.assert_allclose(out, naive, atol=4e-3)  # sampling error 1/n per axis


@pytest.mark.parametrize(("hole", "expected"), [
    ("none", 2.5), ("all", np.nan), ("quarter", 2.0), ("three quarters", np.nan), ("half", 1.5)])  # fmt: skip
def test_missing_values(hole, expected):
    # four columns of equal width, values 1..4
    source, target = Grid.regular(45).crop((-180, 0, 0, 90)), Grid.regular(180).crop((-180, -90, 0, 90))
    field = np.tile(np.array([1.0, 2.0, 3.0, 4.0]), (2, 1))
    gone = {"none": 4, "all": 0, "quarter": 3, "three quarters": 1, "half": 2}[hole]
    field[:, gone:] = np.nan
    out = area.weighted_mean(field, weights=weights.overlap(source, target), min_coverage=0.25)
    # the northern hemisphere is half of the target cell: its full share is 0.5
    np.testing.assert_allclose(out, [[expected]])


def test_coverage_counts_area_outside_the_source():
    source, target = Grid.regular(45).crop((-180, 0, 0, 90)), Grid.regular(180).crop((-180, -90, 0, 90))
    w, field = weights.overlap(source, target), np.ones(source.shape)
    assert area.weighted_mean(field, weights=w, min_coverage=0.5).item() == pytest.approx(1.0)
    assert np.isnan(area.weighted_mean(field, weights=w, min_coverage=0.51)).item()


def test_float32_is_accumulated_in_float64():
    source, target = Grid.regular(0.25).crop((0, 0, 30, 30)), Grid.regular(30).crop((0, 0, 30, 30))
    field = np.random.default_rng(4).normal(300, 1, source.shape).astype("f4")
    w = weights.overlap(source, target)
    out = area.weighted_mean(field, weights=w)
    assert out.dtype == np.float32
    assert out.item() == np.float32(area.weighted_mean(field.astype("f8"), weights=w).item())


def test_mean_time_is_exact_and_skips_missing():
    source, target = Grid.regular(90), Grid.regular(180)
    t = np.full((2, 4), np.datetime64("NaT"), dtype="M8[ns]")
    t[0, 0], t[1, 1] = np.datetime64("2016-02-28T06:00:00.000001"), np.datetime64("2016-02-28T18:00:00.000003")
    out = area.mean_time(t, weights=weights.overlap(source, target), min_coverage=0.5)
    assert out.dtype == t.dtype
    assert out[0, 0] == np.datetime64("2016-02-28T12:00:00.000002") and np.isnat(out[0, 1])


def test_counts_are_zero_only_where_nothing_was_counted():
    source, target = Grid.regular(45), Grid.regular(90)
    count = np.zeros(source.shape, dtype="i4")
    count[0, 0], count[:, 4:6] = 1, 3
    out = area.mean_count(count, weights=weights.overlap(source, target))
    assert out.dtype == np.int32
    assert out.tolist() == [[1, 0, 3, 0], [0, 0, 3, 0]]
