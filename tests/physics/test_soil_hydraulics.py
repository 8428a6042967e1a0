import numpy as np
import pytest

from vadose.physics import LAYER_BOUNDS, ROOT_BETA, root_shares, water_limits


@pytest.mark.parametrize(
    ("sand", "clay", "wilting", "field", "porosity", "conductivity"),
    # Saxton and Rawls (2006), table 3, 2.5 % organic matter [% of volume, mm per hour]
    [(88, 5, 5, 10, 46, 108.1), (65, 10, 8, 18, 45, 50.3), (40, 20, 14, 28, 46, 15.5), (20, 15, 11, 31, 48, 16.1),
     (30, 35, 22, 36, 48, 4.3), (25, 50, 30, 42, 50, 1.1)],
)  # fmt: skip
def test_printed_table(sand, clay, wilting, field, porosity, conductivity):
    out = water_limits(sand, clay)
    assert 100 * out["wilting_point"] == pytest.approx(wilting, abs=0.6)
    assert 100 * out["field_capacity"] == pytest.approx(field, abs=0.6)
    assert 100 * out["porosity"] == pytest.approx(porosity, abs=0.6)
    assert out["saturated_conductivity"] == pytest.approx(conductivity, rel=0.05)


def test_limits_are_ordered_over_the_valid_triangle():
    sand, clay = np.meshgrid(np.arange(5, 93), np.arange(2, 56))
    ok = sand + clay <= 98
    out = water_limits(sand[ok], clay[ok])
    assert (out["wilting_point"] > 0).all() and (out["porosity"] < 0.6).all()
    assert (out["wilting_point"] < out["field_capacity"]).all()
    assert (out["field_capacity"] < out["porosity"]).all()
    assert np.isfinite(out["saturated_conductivity"]).all() and (out["saturated_conductivity"] > 0).all()


def test_root_shares_sum_to_one_and_deepen_with_beta():
    betas = np.array(sorted(ROOT_BETA.values()))
    shares = root_shares(betas, LAYER_BOUNDS)
    np.testing.assert_allclose(shares.sum(-1), 1, rtol=1e-14)
    assert (np.diff(shares[:, 0]) <= 0).all()
    # Jackson et al. (1996): grasses hold 44 % of their roots in the top 10 cm of an unbounded profile
    assert 1 - ROOT_BETA[10] ** 10 == pytest.approx(0.39, abs=0.01)
