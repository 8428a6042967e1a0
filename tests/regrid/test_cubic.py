import numpy as np
import pytest

from vadose.grid import Grid
from vadose.regrid import area, cubic, weights

SOURCE = Grid.regular(1.0).crop((0, 0, 40, 40))
FINE = Grid.regular(0.25).crop((4, 4, 36, 36))


def convolve(field, source, target, **kwargs):
    return cubic.convolve(field, cubic=weights.cubic(source, target), linear=weights.linear(source, target), **kwargs)


def polynomial(grid, order):
    y, x = (grid.lat[:, None] - 20) / 10, (grid.lon[None, :] - 20) / 10
    return 0.3 + 0.2 * y - 0.1 * x + (0.5 * y**2 - 0.3 * x * y + 0.4 * x**2 if order == 2 else 0.0)


@pytest.mark.parametrize("target", [FINE, Grid.regular(2.0).crop((8, 8, 32, 32)),
                                    Grid.regular(1.0, registration="node").crop((8, 8, 32, 32))], ids=str)  # fmt: skip
def test_quadratics_are_reproduced(target):
    out = convolve(polynomial(SOURCE, 2), SOURCE, target)
    np.testing.assert_allclose(out, polynomial(target, 2), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("target", [FINE, Grid.regular(2.0).crop((8, 8, 32, 32)),
                                    Grid.regular(0.1).crop((8, 8, 32, 32))], ids=str)  # fmt: skip
def test_bilinear_is_exact_for_linear_fields(target):
    out = area.weighted_mean(polynomial(SOURCE, 1), weights=weights.linear(SOURCE, target))
    np.testing.assert_allclose(out, polynomial(target, 1), rtol=1e-13)


def test_equal_grids_give_an_exact_copy_also_around_missing_values():
    field = np.random.default_rng(0).random(SOURCE.shape)
    field[10, 10] = np.nan
    np.testing.assert_array_equal(convolve(field, SOURCE, SOURCE), field)


def test_against_the_formula_of_keys_in_one_dimension():
    field = np.random.default_rng(1).random(SOURCE.shape)
    field[:] = field[0]  # constant along latitude
    c = field[0]
    t, i = 0.375, 12  # 0.25° centres lie at ±0.125 and ±0.375 of the 1° centres
    keys = 0.5 * (2 * c[i] + (c[i + 1] - c[i - 1]) * t + (2 * c[i - 1] - 5 * c[i] + 4 * c[i + 1] - c[i + 2]) * t**2
                  + (3 * c[i] - c[i - 1] - 3 * c[i + 1] + c[i + 2]) * t**3)  # fmt: skip
    out = convolve(field, SOURCE, FINE)
    col = int(np.argmin(np.abs(FINE.lon - (SOURCE.lon[i] + t))))
    np.testing.assert_allclose(out[:, col], keys, rtol=1e-12)


def test_holes_fall_back_to_bilinear_and_stay_within_the_data():
    field = np.zeros(SOURCE.shape)
    field[:, 20:] = 1.0
    field[15:25, 15] = np.nan
    out, linear = convolve(field, SOURCE, FINE), area.weighted_mean(field, weights=weights.linear(SOURCE, FINE))
    near = np.abs(FINE.lon - SOURCE.lon[15]) < 1.99
    rows = (FINE.lat < SOURCE.lat[15]) & (FINE.lat > SOURCE.lat[24])
    np.testing.assert_array_equal(out[np.ix_(rows, near)], linear[np.ix_(rows, near)])
    assert np.isnan(out[np.ix_(rows, np.abs(FINE.lon - SOURCE.lon[15]) < 0.49)]).all()
    assert np.nanmin(linear) >= 0 and np.nanmax(linear) <= 1 + 1e-15


def test_all_missing_is_missing():
    assert np.isnan(convolve(np.full(SOURCE.shape, np.nan), SOURCE, FINE)).all()


def test_outside_the_source_is_missing_and_the_last_half_cell_is_not():
    target = Grid.regular(0.25).crop((-2, 10, 2, 12))
    out = convolve(np.ones(SOURCE.shape), SOURCE, target)
    assert np.isnan(out[:, target.lon < 0]).all()
    np.testing.assert_allclose(out[:, target.lon > 0], 1.0, rtol=1e-14)


def test_the_date_line_is_no_edge():
    source, target = Grid.regular(1.0), Grid.regular(0.5).crop((-180, -40, 180, 40))
    wave = np.cos(np.radians(source.lon))[None, :] * np.ones((180, 1))
    out = convolve(wave, source, target)
    exact = np.broadcast_to(np.cos(np.radians(target.lon)), target.shape)
    assert np.abs(out - exact).max() < 1e-5  # third order: the same error at the date line as anywhere
    node = Grid.regular(1.0, registration="node").crop((-180, -40, 179.5, 40))
    np.testing.assert_allclose(convolve(wave, source, node)[0, 0], -1.0, atol=1e-4)


def test_ease2_rows_are_taken_in_their_own_index():
    # a field linear in the row index of EASE-Grid 2.0 is linear in the authalic term
    from vadose.grid import authalic_term

    source, target = Grid.ease2("M36"), Grid.regular(0.1).crop((0, 50, 5, 75))
    field = np.broadcast_to(authalic_term(np.radians(source.lat))[:, None] / 1e13, source.shape)
    out = area.weighted_mean(field, weights=weights.linear(source, target))
    exact = np.broadcast_to(authalic_term(np.radians(target.lat))[:, None] / 1e13, target.shape)
    np.testing.assert_allclose(out, exact, rtol=1e-10)
