import numpy as np
import pytest

from vadose.physics import LEAF_STORAGE, canopy_interception


def test_hand_computed_storm():
    """LAI 3 holds 0.6 mm; 2 mm of rain: 0.6 (1 − e^(−2/0.6)) + 3 · 4 mm/d · 2 h/24."""
    assert LEAF_STORAGE == 0.2
    want = 0.6 * (1 - np.exp(-2 / 0.6)) + 3 * 4 * 2 / 24
    assert float(canopy_interception(2.0, 3.0, demand=4.0, wet_hours=2.0)) == pytest.approx(want, rel=1e-14)


def test_bounds_and_limits():
    rain = np.linspace(0, 50, 101)
    got = canopy_interception(rain, 4.0)
    assert (np.diff(got) >= 0).all() and (got <= np.minimum(rain, 0.8)).all()
    assert canopy_interception(1e-6, 4.0) == pytest.approx(1e-6, rel=1e-5)  # the first drops all stay
    assert (canopy_interception(rain, 0.0) == 0).all()
    assert float(canopy_interception(0.1, 6.0, demand=10.0, wet_hours=24.0)) == 0.1  # never more than the rain


def test_storms_refill_the_canopy():
    assert float(canopy_interception(30.0, 5.0, storms=3)) == pytest.approx(3 * float(canopy_interception(10.0, 5.0)))


def test_missing_stays_missing():
    assert np.isnan(canopy_interception([np.nan, 1.0], [1.0, np.nan])).all()
