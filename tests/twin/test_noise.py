"""Random numbers: the published generator, independence of order, and the statistics they promise."""

import numpy as np
import pytest
from scipy import stats

from vadose.errors import ConfigError
from vadose.grid import Grid
from vadose.twin._philox import philox
from vadose.twin.cells import Cells
from vadose.twin.noise import cellwise, check_seed, normal, smooth, uniform

EUROPE = Grid.regular(0.25).crop((5, 40, 10, 44))


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    # known answers of the authors' Random123 library for philox4x32-10
    [
        ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0],
         [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
    ],
)  # fmt: skip
def test_generator_gives_the_published_answers(counter, key, expected):
    assert [int(w) for w in philox(*(np.uint64(c) for c in (*counter, *key)))] == expected


def test_numbers_depend_on_place_and_day_alone():
    whole = uniform(3, "a", np.arange(50), np.arange(50) * 7, np.arange(100))
    part = uniform(3, "a", [20, 10], [140, 70], [99, 5])
    np.testing.assert_array_equal(part, whole[[20, 10]][:, [99, 5]])
    for other in (uniform(4, "a", [20], [140], [99]), uniform(3, "b", [20], [140], [99])):
        assert other[0, 0] != whole[20, 99]


def test_uniform_and_normal_are_what_they_say():
    u = uniform(1, "x", np.arange(200), np.zeros(200), np.arange(-250, 250)).ravel()
    assert u.min() > 0 and u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 0.01
    z = normal(1, "x", np.arange(200), np.zeros(200), np.arange(500))
    assert stats.kstest(z.ravel(), "norm").pvalue > 0.01
    assert abs(np.corrcoef(z[:, 1:].ravel(), z[:, :-1].ravel())[0, 1]) < 4 / z.size**0.5
    assert abs(np.corrcoef(z[1:].ravel(), z[:-1].ravel())[0, 1]) < 4 / z.size**0.5


@pytest.mark.parametrize("apart", [1, 10])
def test_smooth_fields_of_a_crop_are_the_crop_of_the_field(apart):
    day = np.arange(16000, 16040)
    whole = smooth(9, "f", Cells.of(EUROPE), day, spacing=2.0, days_apart=apart)
    small = EUROPE.crop((6, 41, 7, 42))
    r, c = small.rows[0] - EUROPE.rows[0], small.cols[0] - EUROPE.cols[0]
    part = smooth(9, "f", Cells.of(small), day[10:], spacing=2.0, days_apart=apart)
    np.testing.assert_array_equal(part, whole[r : r + 4, c : c + 4, 10:])


def test_smooth_fields_have_unit_variance_everywhere():
    day = np.arange(4000)
    cells = Cells.of(Grid.regular(0.5).crop((-2, -1, 0, 1)))  # several places between lattice points
    z = smooth(2, "v", cells, day, spacing=1.5)
    # standard error of a variance: sqrt(2/4000) = 0.022
    np.testing.assert_allclose(z.var(axis=-1), 1, atol=5 * 0.022)
    np.testing.assert_allclose(z.mean(axis=-1), 0, atol=5 / 4000**0.5)
    slow = smooth(2, "v", cells, np.arange(40_000), spacing=1.5, days_apart=10)
    np.testing.assert_allclose(slow.var(axis=-1), 1, atol=0.15)
    assert np.corrcoef(slow[0, 0, 1:], slow[0, 0, :-1])[0, 1] > 0.95


def test_correlation_falls_with_distance_and_ends():
    day = np.arange(3000)
    cells = Cells.of(Grid.regular(1.0).crop((0, 10, 20, 11)))
    z = smooth(5, "c", cells, day, spacing=2.0)[0]
    r = np.array([np.corrcoef(z[0], z[k])[0, 1] for k in range(z.shape[0])])
    # autocorrelation of the cubic B-spline at one lattice distance: 1191/2416
    assert r[1] > r[2] > r[3] and r[2] == pytest.approx(1191 / 2416, abs=0.06)
    assert np.abs(r[9:]).max() < 5 / 3000**0.5


def test_fields_join_at_the_date_line():
    globe = Grid.regular(0.25).crop((-180, 0, 180, 1))
    z = smooth(1, "d", Cells.of(globe), spacing=6.0)
    assert np.abs(z[:, 0] - z[:, -1]).max() <= np.abs(np.diff(z, axis=1)).max()


def test_cellwise_noise_belongs_to_the_cell_of_its_grid():
    coarse, fine = Cells.of(Grid.regular(1.0).crop((0, 0, 2, 2))), Cells.of(Grid.regular(0.5).crop((0, 0, 2, 2)))
    a, b = cellwise(0, "n", coarse, [1, 2]), cellwise(0, "n", fine, [1, 2])
    assert a.shape == (2, 2, 2) and b.shape == (4, 4, 2)
    assert not np.isin(a, b).any()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "7", True, None])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(ConfigError, match="whole number from 0"):
        check_seed(seed)
