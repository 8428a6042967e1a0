import numpy as np
import pytest

from vadose.plots import coastline


def area(ring):
    x, y = ring.T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


@pytest.mark.parametrize("scale", ["110m", "50m"])
def test_rings_are_closed_and_nothing_crosses_the_antimeridian(scale):
    for ring in coastline(scale):
        np.testing.assert_array_equal(ring[0], ring[-1])
        assert (np.abs(ring[:, 0]) <= 180).all()
        assert (np.abs(ring[:, 1]) <= 90).all()
        # a ring that jumped would draw a bar across the world
        assert np.abs(np.diff(ring[:, 0])).max() <= 360
        wide = np.abs(np.diff(ring[:, 0])) > 60
        assert (ring[:-1, 1][wide] < -89.9).all()


@pytest.mark.parametrize("scale", ["110m", "50m"])
def test_land_covers_what_it_covers_on_earth(scale):
    # exact area on the sphere from the integral of sin(lat) d(lon); land is 29.2 % of the Earth
    total = 0.0
    for ring in coastline(scale):
        lon, lat = np.radians(ring).T
        total -= float((np.diff(lon) * (np.sin(lat[:-1]) + np.sin(lat[1:])) / 2).sum())
    assert total / (4 * np.pi) == pytest.approx(0.292, abs=0.01)


def test_holes_run_against_outer_rings():
    signs = [np.sign(area(ring)) for ring in coastline("50m")]
    assert signs.count(1) > 1000
    # the Caspian Sea at least
    assert signs.count(-1) >= 1


def inside(lat, lon, scale):
    from matplotlib.path import Path

    return sum(Path(r).contains_point((lon, lat)) for r in coastline(scale)) % 2 == 1


@pytest.mark.parametrize(
    ("lat", "lon", "land"),
    [(40, -100, True), (60, 179.5, False), (67, 178, True), (-85, 0, True), (42, 51, False), (0, -150, False),
     (68, -179, True), (-75, -179, False), (19.6, -155.5, True)],
)  # fmt: skip
def test_places_are_land_or_sea(lat, lon, land):
    assert inside(lat, lon, "50m") == land
