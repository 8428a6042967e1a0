"""The water-cloud model: hand numbers, round trip, limits, and what happens where it fails."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.physics import from_decibel, soil_backscatter, to_decibel, total_backscatter
from vadose.physics.water_cloud import NEGATIVE_NDVI, OVERCORRECTED


@pytest.mark.parametrize(
    ("polarisation", "ndvi", "a", "b"),
    # METHODS 3.2, typed by hand
    [("VV", 0.4, 0.12, 0.70), ("VV", 0.8, 0.12, 0.70), ("VV", 0.9, 0.095, 0.56), ("VH", 0.4, 0.05, 1.45),
     ("VH", 0.81, 0.04, 1.16)],
)  # fmt: skip
def test_against_the_formula_written_out(polarisation, ndvi, a, b):
    cosine = math.cos(math.radians(38))
    tau2 = math.exp(-2 * (b * ndvi) * ndvi / cosine)
    expected = (a * ndvi) * ndvi * cosine * (1 - tau2) + tau2 * 0.05
    assert total_backscatter(0.05, ndvi, 38.0, polarisation=polarisation) == pytest.approx(expected, rel=1e-14)


@given(st.floats(1e-4, 1.0), st.floats(-0.5, 1.0), st.floats(0, 60), st.sampled_from(["VV", "VH"]), st.booleans())
def test_round_trip(soil, ndvi, angle, polarisation, continuous):
    kwargs = {"polarisation": polarisation, "continuous": continuous}
    total = total_backscatter(soil, ndvi, angle, **kwargs)
    back, flag = soil_backscatter(total, ndvi, angle, **kwargs)
    # the plants' part cancels: what is left carries the rounding of the whole
    through = total_backscatter(1.0, ndvi, angle, **kwargs) - total_backscatter(0.0, ndvi, angle, **kwargs)
    assert back == pytest.approx(soil, rel=max(1e-12, 4e-16 * float(total / (through * soil))))
    assert flag == (NEGATIVE_NDVI if ndvi < 0 else 0)


def test_round_trip_of_usual_signals_is_exact():
    rng = np.random.default_rng(0)
    decibel, ndvi, angle = rng.uniform(-25, -3, 5000), rng.uniform(-0.2, 0.95, 5000), rng.uniform(20, 46, 5000)
    for polarisation in ("VV", "VH"):
        total = total_backscatter(from_decibel(decibel), ndvi, angle, polarisation=polarisation)
        back = to_decibel(soil_backscatter(total, ndvi, angle, polarisation=polarisation).backscatter)
        np.testing.assert_allclose(back, decibel, rtol=1e-12)


def test_no_plants_and_dense_plants():
    assert total_backscatter(0.07, 0.0, 30.0, polarisation="VH") == 0.07
    assert total_backscatter(0.07, -0.3, 30.0, polarisation="VH") == 0.07
    # through very dense plants at a flat angle nothing of the soil is seen
    a, b = (total_backscatter(s, 1.0, 85.0, polarisation="VH") for s in (0.0, 1.0))
    assert b - a < 1e-10 and a == pytest.approx(0.04 * math.cos(math.radians(85)), rel=1e-9)


def test_overcorrection_is_missing_and_flagged():
    plants = total_backscatter(0.0, 0.7, 35.0, polarisation="VV")
    back, flag = soil_backscatter([plants * 0.9, plants, plants * 1.5, np.nan], 0.7, 35.0, polarisation="VV")
    assert np.isnan(back).tolist() == [True, True, False, True]
    assert flag.tolist() == [OVERCORRECTED, OVERCORRECTED, 0, 0]


def test_the_jump_of_the_paper_and_the_continuous_variant():
    ndvi = np.array([0.8, 0.8 + 1e-9])
    jump = np.diff(total_backscatter(0.05, ndvi, 35.0, polarisation="VV"))
    smooth = np.diff(total_backscatter(0.05, ndvi, 35.0, polarisation="VV", continuous=True))
    assert abs(jump[0]) > 1e-4 and abs(smooth[0]) < 1e-8
    for value in (0.5, 0.75, 0.85, 0.95):
        a, b = (total_backscatter(0.05, value, 35.0, polarisation="VH", continuous=c) for c in (False, True))
        assert a == pytest.approx(b, rel=1e-12)


def test_unknown_polarisation_is_refused():
    with pytest.raises(ValueError, match="needed one of \\['VV', 'VH'\\]"):
        total_backscatter(0.1, 0.2, 30.0, polarisation="HH")
