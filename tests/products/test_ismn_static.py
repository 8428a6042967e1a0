"""Static variables: the right layer, the right source."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.landclass import IGBP, LAND_COVER, group
from vadose.products.ismn_static import CCI_TO_IGBP, UNKNOWN, describe_sensor


def soil(clay, sand, top, bottom, source="HWSD"):
    return [
        ["clay fraction", "% weight", str(top), str(bottom), str(clay), "", source],
        ["sand fraction", "% weight", str(top), str(bottom), str(sand), "", source],
    ]


def pores(value, top, bottom, source="HWSD"):
    return [["saturation", "m^3*m^-3", str(top), str(bottom), str(value), "", source]]


def test_layer_of_the_sensor():
    rows = [*soil(20, 24, 0, 0.3), *pores(0.74, 0, 0.3), *soil(60, 15, 0.3, 1), *pores(0.49, 0.3, 1)]
    depths = (0.05, 0.29, 0.5, 1.016, 1.2)
    assert [describe_sensor(rows, z, z).texture for z in depths] == ["silt loam", "silt loam", "clay", "clay", ""]
    assert describe_sensor(rows, 0.05, 0.05).porosity == 0.74
    assert describe_sensor(rows, 0.2, 0.6).porosity == 0.49  # the middle decides
    assert np.isnan(describe_sensor(rows, 2.0, 2.0).porosity)


def test_measured_at_the_station_comes_first():
    rows = [*soil(20, 42, 0, 0.3), *soil(14, 63, 0, 0.25, "insitu"), *pores(0.46, 0, 0.3)]
    s = describe_sensor(rows, 0.05, 0.05)
    assert (s.clay, s.sand, s.texture, s.porosity) == (14, 63, "sandy loam", 0.46)


def test_clay_without_sand_falls_back_to_the_next_layer():
    rows = [["clay fraction", "%", "0", "0.25", "14", "", "insitu"], *soil(20, 42, 0, 0.3)]
    assert (describe_sensor(rows, 0.05, 0.05).clay, describe_sensor(rows, 0.05, 0.05).sand) == (20, 42)


def test_latest_land_cover_and_peel_climate():
    rows = [
        ["land cover classification", "", "", "", "50", "", "CCI_landcover_2000"],
        ["land cover classification", "", "", "", "130", "", "CCI_landcover_2010"],
        ["land cover classification", "", "", "", "None", "vineyard", "insitu"],
        ["climate classification", "", "", "", "Cfb", "", "koeppen_geiger_2017"],
        ["climate classification", "", "", "", "Af", "", "koeppen_geiger_2007"],
    ]
    s = describe_sensor(rows, 0.05, 0.05)
    assert (s.land_cover_cci, IGBP[s.land_cover], s.climate) == (130, "grassland", "Af")


@pytest.mark.parametrize("rows", [[], [["clay fraction", "%", "", "", "None", "", "HWSD"]], soil(-9999, -9999, 0, 1)])
def test_nothing_known(rows):
    s = describe_sensor(rows, 0.05, 0.05)
    assert (s.land_cover, s.climate, s.texture) == (UNKNOWN, "", "") and np.isnan(s.porosity)


def test_cci_classes_keep_their_group():
    assert set(CCI_TO_IGBP.values()) <= set(IGBP)
    cci = [10, 20, 30, 60, 70, 90, 130, 190, 210]
    expected = ["cropland"] * 3 + ["forest"] * 3 + ["grassland", "others", "others"]
    assert group([CCI_TO_IGBP[c] for c in cci], LAND_COVER).tolist() == expected
    assert group([UNKNOWN], LAND_COVER).tolist() == [""]
