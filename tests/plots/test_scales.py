import numpy as np
import pytest

from vadose.plots.scales import round_up, scale


def test_bias_is_symmetric_and_wet_is_blue():
    colours = scale("bias", np.array([-0.12, 0.02, np.nan]))
    assert colours.low == -colours.high and colours.high >= 0.12
    red, _, blue, _ = colours.mappable().to_rgba(np.array([0.2]))[0]
    assert blue > red


def test_one_bad_product_does_not_bleach_the_others():
    values = np.r_[np.linspace(-0.02, 0.02, 99), 0.9]
    colours = scale("bias", values)
    assert (colours.high, colours.extend) == (0.02, "max")
    assert scale("ubrmse", np.abs(values)).extend == "max"


def test_correlations_below_zero_have_a_colour_of_their_own():
    assert scale("r", np.array([0.2, 0.5])).extend == "neither"
    colours = scale("anomaly_r", np.array([-0.2, 0.5]))
    assert colours.extend == "min"
    mappable = colours.mappable()
    assert not np.allclose(mappable.to_rgba(-0.2), mappable.to_rgba(0.0))


@pytest.mark.parametrize("name", ["r", "bias", "ubrmse", "sm", "rank"])
@pytest.mark.parametrize("values", [[], [np.nan], [0.0], [0.3, 0.3]])
def test_no_value_or_one_value_still_makes_a_scale(name, values):
    colours = scale(name, np.array(values))
    assert np.isfinite([colours.low, colours.high]).all() and colours.low < colours.high


def test_round_up_is_never_below():
    for value in np.geomspace(1e-6, 1e6, 97):
        assert value <= round_up(value) * (1 + 1e-9) <= 2.01 * value * (1 + 1e-9)
