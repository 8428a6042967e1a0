"""The simulated Earth of a recipe: kept when it is the one asked for, refused when it is another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vadose.errors import ConfigError
from vadose.recipes.earth import Earth
from vadose.store import Library

EARTH = Earth((0.0, 44.0, 2.0, 46.0), 0.5, (2016, 2016), 8, step="dekad", products=())


def test_only_the_same_earth_is_kept(tmp_path):
    library = EARTH.make(Library(tmp_path / "a"))
    head = library.history()["snapshot"][0]
    assert EARTH.make(library).history()["snapshot"][0] == head
    smaller = (0.0, 44.0, 2.0, 45.0)
    for change in ({"years": (2016, 2017)}, {"region": smaller}, {"trends": False}, {"station_density": 4.0}):
        with pytest.raises(ConfigError, match=r"2016-2016, with imposed trends, 1.4 stations per tile"):
            replace(EARTH, **change).make(library)
    dense = replace(EARTH, station_density=4.0).make(Library(tmp_path / "b"))
    with pytest.raises(ConfigError, match="4 stations per tile"):
        EARTH.make(dense)
