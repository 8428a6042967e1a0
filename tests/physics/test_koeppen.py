import numpy as np
import pytest

from vadose.landclass import KOEPPEN
from vadose.physics import koeppen_class

MONTH = np.arange(12)
NORTH, SOUTH = -np.cos(2 * np.pi * (MONTH - 0.5) / 12), np.cos(2 * np.pi * (MONTH - 0.5) / 12)


def name(temperature, precipitation):
    return KOEPPEN[int(koeppen_class(temperature, precipitation)) - 1]


@pytest.mark.parametrize(
    ("mean", "swing", "rain", "rain_swing", "expected"),
    [
        (26, 1, 200, 0, "Af"), (26, 1, 150, 95, "Am"), (26, 1, 100, 95, "Aw"),
        (26, 5, 5, 0, "BWh"), (8, 15, 5, 0, "BWk"), (26, 5, 40, 0, "BSh"), (8, 15, 20, 0, "BSk"),
        (15, 9, 50, -45, "Csa"), (14, 7, 50, -45, "Csb"), (18, 8, 80, 76, "Cwa"), (14, 7, 80, 76, "Cwb"),
        (15, 10, 80, 0, "Cfa"), (10, 7, 70, 0, "Cfb"), (6, 5, 80, 0, "Cfc"),
        (7, 18, 50, 46, "Dwa"), (4, 15, 50, 0, "Dfb"), (-5, 18, 40, 0, "Dfc"), (-20, 34, 30, 0, "Dfd"),
        (-5, 10, 40, 0, "ET"), (-30, 10, 10, 0, "EF"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("course", [NORTH, SOUTH])
def test_textbook_climates_on_both_hemispheres(mean, swing, rain, rain_swing, expected, course):
    assert name(mean + swing * course, rain + rain_swing * course) == expected


def test_arrays_and_missing_months():
    t, p = np.full((2, 3, 12), 26.0), np.full((2, 3, 12), 200.0)
    p[0, 1, 4] = np.nan
    assert koeppen_class(t, p).tolist() == [[1, 0, 1], [1, 1, 1]]
    assert koeppen_class(t, p).dtype == np.uint8
