"""Weather: the imposed statistics come out."""

import numpy as np

from vadose.grid import Grid
from vadose.twin import forcing, land, truths
from vadose.twin.cells import Cells

CELLS = Cells.of(Grid.regular(1.0).crop((20, 30, 26, 36)))
DAY = np.arange(0, 30 * 365)
DOY = truths.day_of_year(DAY)
LAND = land.describe(CELLS, 3)
SHARE = forcing.wet_share(CELLS, LAND, DOY, 3, DAY)
RAIN = forcing.precipitation(CELLS, LAND, DAY, DOY, 3)


def test_share_of_wet_days_is_as_imposed():
    share, wet = SHARE.mean(axis=-1), (RAIN > 0).mean(axis=-1)
    # 30 years of days with persistence 0.3 carry about half as much information
    error = (share * (1 - share) / (DAY.size * 0.7 / 1.3)) ** 0.5
    assert (np.abs(wet - share) < 4.5 * error).all()


def test_wet_follows_wet():
    wet = RAIN > 0
    expected = np.where(wet[..., :-1], SHARE[..., 1:] + 0.3 * (1 - SHARE[..., 1:]), 0.7 * SHARE[..., 1:])
    for state in (True, False):
        chosen = wet[..., :-1] == state
        assert abs(wet[..., 1:][chosen].mean() - expected[chosen].mean()) < 0.015


def test_amounts_are_gamma_with_the_imposed_mean():
    mean = forcing.mean_amount(CELLS, LAND)
    for r, c in ((0, 0), (3, 3), (5, 1)):
        wet = RAIN[r, c][RAIN[r, c] > 0]
        # gamma of shape 0.75: standard deviation = mean / sqrt(0.75)
        error = mean[r, c] / (0.75 * wet.size) ** 0.5
        assert abs(wet.mean() - mean[r, c]) < 4 * error
        assert abs((wet / mean[r, c]).std() - 0.75**-0.5) < 0.15


def test_rain_is_correlated_in_space():
    def corr(a, b):
        return np.corrcoef(RAIN[a], RAIN[b])[0, 1]

    assert corr((0, 0), (0, 1)) > 0.4
    assert corr((0, 0), (0, 1)) > corr((0, 0), (5, 5)) + 0.2


def test_temperature_has_the_season_of_its_hemisphere():
    south = Cells.of(Grid.regular(1.0).crop((20, -36, 26, -30)))
    for cells, sign in ((CELLS, 1), (south, -1)):
        ground = land.describe(cells, 3)
        t = forcing.temperature(cells, ground, DAY, DOY, 3)
        np.testing.assert_allclose(t.mean(axis=-1), ground["mean_temperature"], atol=0.5)
        july, january = t[..., (DOY > 181) & (DOY < 213)].mean(-1), t[..., DOY < 32].mean(-1)
        assert (sign * (july - january) > 10).all()
