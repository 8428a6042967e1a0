import numpy as np

from vadose.physics import degree_day


def test_mass_closes_and_pack_is_never_negative():
    rng = np.random.default_rng(1)
    rain = rng.gamma(0.5, 8, (4, 5, 500))
    temperature = 12 * np.sin(np.arange(500) / 58) + rng.normal(0, 4, (4, 5, 500))
    liquid, swe = degree_day(rain, temperature, initial=7.0)
    change = np.diff(np.concatenate([np.full((4, 5, 1), 7.0), swe], axis=-1))
    np.testing.assert_allclose(liquid + change, rain, atol=1e-12)
    assert (swe >= 0).all() and (liquid >= 0).all()


def test_cold_keeps_all_and_heat_melts_all():
    liquid, swe = degree_day([5.0, 5.0, 0.0, 0.0], [-3.0, -3.0, 40.0, 40.0])
    assert liquid.tolist() == [0, 0, 10, 0] and swe.tolist() == [5, 10, 0, 0]
