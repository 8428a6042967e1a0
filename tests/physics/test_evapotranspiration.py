import numpy as np
import pytest

from vadose.physics import bare_soil_share, extraterrestrial_radiation, potential_oudin


@pytest.mark.parametrize("latitude", [-75.0, -40.0, 0.0, 20.0, 50.0, 68.0, 89.0])
@pytest.mark.parametrize("day", [15, 80, 166, 288])
def test_radiation_is_the_day_integral_of_the_suns_height(latitude, day):
    hour_angle = np.linspace(-np.pi, np.pi, 200_001)
    tilt = 0.409 * np.sin(2 * np.pi * day / 365 - 1.39)
    phi = np.radians(latitude)
    height = np.sin(phi) * np.sin(tilt) + np.cos(phi) * np.cos(tilt) * np.cos(hour_angle)
    minutes = 24 * 60
    expected = 0.0820 * (1 + 0.033 * np.cos(2 * np.pi * day / 365)) * np.maximum(height, 0).mean() * minutes
    assert extraterrestrial_radiation(latitude, day) == pytest.approx(expected, abs=1e-3)


def test_polar_day_and_night():
    assert extraterrestrial_radiation(85.0, 355) == 0
    assert extraterrestrial_radiation(85.0, 172) > 40


def test_hemispheres_mirror_in_half_a_year_up_to_the_orbit():
    north, south = extraterrestrial_radiation(45.0, 172), extraterrestrial_radiation(-45.0, 355)
    # 3.3 % nearer in January, 3.3 % farther in July
    assert south / north == pytest.approx((1 + 0.033) / (1 - 0.033), rel=0.01)


def test_oudin_is_zero_when_cold_and_linear_above():
    temperature = np.array([-20.0, -5.0, 0.0, 5.0, 15.0, np.nan])
    pet = potential_oudin(temperature, 24.5)
    np.testing.assert_allclose(pet, [0, 0, 0.5, 1.0, 2.0, np.nan])


def test_soil_share_falls_with_leaves():
    share = bare_soil_share(np.linspace(0, 8, 20))
    assert share[0] == 1 and (np.diff(share) < 0).all() and share[-1] > 0
