"""Scenes at 10 m: the water-cloud model can be undone, indices are what they say, scenes overlap."""

import numpy as np
import pytest

from vadose.errors import ConfigError
from vadose.physics import from_decibel, soil_backscatter, to_decibel
from vadose.twin import scene
from vadose.twin.error_sizes import SCENE

HERE = {"lat": 38.3, "lon": 28.6, "date": "2016-06-15", "seed": 5}


@pytest.fixture(scope="module")
def chip():
    return scene(**HERE, size=200)


def test_variables_units_and_labels(chip):
    assert chip.attrs["simulated"] == "true" and chip.attrs["crs"] == "EPSG:32635"
    assert all(da.attrs["units"] for da in chip.data_vars.values())
    bands = {f"s2_B{b}" for b in ("1", "2", "3", "4", "5", "6", "7", "8", "8A", "9", "11", "12")}
    assert bands | {f"landsat_B{b}" for b in range(1, 12)} <= set(chip.data_vars)
    assert (np.diff(chip.y) == -10).all() and (np.diff(chip.x) == 10).all()
    assert 1 <= float(chip.cloud.mean()) * 100 <= 40
    np.testing.assert_array_equal(np.isnan(chip.s2_B8), chip.cloud)
    np.testing.assert_array_equal(chip.vv.isnull(), False)


def test_soil_moisture_comes_back_from_radar_and_ndvi(chip):
    for name, (base, slope) in SCENE.backscatter.items():
        # through dense plants VH sees no soil: what is left is noise, or over-corrected
        clear = ~chip.cloud.values & (chip.ndvi.values < (0.9 if name == "VV" else 0.4))
        assert clear.sum() > 10_000
        total = from_decibel(chip[name.lower()].values[clear])
        soil = to_decibel(soil_backscatter(total, chip.ndvi.values[clear], chip.incidence.values[clear],
                                           polarisation=name).backscatter)  # fmt: skip
        error = (soil - base) / slope - chip.sm.values[clear]
        ok = np.isfinite(error)
        assert ok.mean() > 0.99 and abs(np.median(error[ok])) < 0.015
        # roughness and speckle, which taking the plants away enlarges
        least = np.hypot(SCENE.roughness, SCENE.speckle) / slope
        assert 0.8 * least < np.std(error[ok]) < 3 * least


def test_index_and_pattern(chip):
    np.testing.assert_allclose(chip.ndvi, (chip.s2_B8 - chip.s2_B4) / (chip.s2_B8 + chip.s2_B4), rtol=1e-4, atol=1e-5)
    assert float(np.log(chip.sm).std()) == pytest.approx(SCENE.pattern, rel=0.25)
    # wet soil is dark in the shortwave infrared, more so than in the visible
    clear = ~chip.cloud.values
    inputs = np.stack([chip.sm.values[clear], chip.ndvi.values[clear], np.ones(clear.sum())], axis=1)
    slopes = {b: np.linalg.lstsq(inputs, chip[b].values[clear], rcond=None)[0][0] for b in ("s2_B12", "s2_B3")}
    assert slopes["s2_B12"] < 1.5 * slopes["s2_B3"] < 0


def test_overlapping_scenes_agree(chip):
    # a part around the same middle: the same pixels have the same values
    small = scene(**HERE, size=50)
    part = chip.sel(y=small.y, x=small.x)
    for name in small.data_vars:
        np.testing.assert_array_equal(part[name], small[name])
    later = scene(**{**HERE, "date": "2016-06-16"}, size=50)
    assert not np.allclose(later.vv, small.vv, atol=0.1)


@pytest.mark.parametrize(("bad", "says"), [
    ({"size": 0}, "1 to 2000"), ({"size": True}, "1 to 2000"), ({"lat": 88.0}, "84° N"), ({"date": "June"}, "such as"),
    ({"date": None}, "such as"), ({"seed": -1}, "whole number"), ({"lat": 45.3, "lon": 200.0}, "−180..180"),
])  # fmt: skip
def test_bad_input_is_refused(bad, says):
    with pytest.raises(ConfigError, match=says):
        scene(**{**HERE, **bad})
