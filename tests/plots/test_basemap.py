import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.plots import field_maps
from vadose.plots.basemap import Basemap, degrees
from vadose.plots.style import drawn, new_figure, place


@given(
    st.lists(st.tuples(st.floats(-60, 75), st.floats(-180, 180)), min_size=1, max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_every_point_lies_on_the_map(points):
    lat, lon = np.array(points).T
    ground = Basemap.around(lat, lon)
    if ground.world:
        return
    x, y = ground.project(lat, lon)
    left, right, bottom, top = ground.bounds
    assert (x >= left).all() and (x <= right).all()
    assert (y >= bottom).all() and (y <= top).all()


def test_the_map_is_the_same_wherever_the_longitudes_begin():
    lat = np.array([-18.0, -16.0])
    across, wrapped = (Basemap.around(lat, np.array(lon)) for lon in ([178.0, -178.0], [178.0, 182.0]))
    assert across == wrapped
    assert across.east - across.west < 10


def test_points_far_apart_or_none_make_a_world_map():
    assert Basemap.around(np.array([0.0, 1.0, 2.0]), np.array([-100.0, 0.0, 100.0])).world
    assert Basemap.around(np.array([np.nan]), np.array([1.0])).world


def test_a_degree_is_as_long_eastwards_as_the_cosine_of_the_latitude():
    ground = Basemap.around(np.array([59.0, 61.0]), np.array([10.0, 14.0]))
    x, y = ground.project(np.array([60.0, 60.0, 61.0]), np.array([11.0, 12.0, 11.0]))
    assert (x[1] - x[0]) / (y[2] - y[0]) == pytest.approx(0.5, abs=0.01)


def test_robinson_agrees_with_its_table():
    # Robinson (1974): the parallel of 45 degrees is 0.8936... of the equator, in the table's own spacing
    ground = Basemap(-180.0, 180.0, -58.0, 84.0, world=True)
    x, _ = ground.project(np.array([0.0, 45.0]), np.array([180.0, 180.0]))
    assert x[1] / x[0] == pytest.approx(0.8936, abs=0.01)


def test_drawing_puts_land_under_and_shore_on_a_map_across_the_antimeridian():
    @drawn
    def draw():
        figure = new_figure(4, 4)
        axes = place(figure, 0.5, 0.5, 3, 3)
        ground = Basemap.around(np.array([-18.0, -16.5]), np.array([178.0, -179.5]))
        ground.draw(axes)
        ground.scale_bar(axes, np.array([-18.0]), np.array([178.0]))
        return axes

    axes = draw()
    shore = np.concatenate(axes.collections[0].get_segments())
    left, right = axes.get_xlim()
    middle = (left + right) / 2
    assert (shore[:, 0] < middle).any() and (shore[:, 0] > middle).any()
    # 180° itself is no shore: no run of points stands on it
    seam = 180 * np.cos(np.radians(sum(axes.get_ylim()) / 2))
    assert not any((np.abs(s[:, 0] - seam) < 1e-9).all() for s in axes.collections[0].get_segments())
    assert "180°" in [t.get_text() for t in axes.get_xticklabels()]
    assert any(t.get_text().endswith(" km") for t in axes.texts)


def test_the_scale_bar_has_its_length():
    @drawn
    def draw():
        figure = new_figure(4, 4)
        axes = place(figure, 0.5, 0.5, 3, 3)
        ground = Basemap.around(np.array([40.0, 44.0]), np.array([0.0, 5.0]))
        ground.scale_bar(axes, np.array([40.0]), np.array([0.0]))
        return axes

    axes = draw()
    x = axes.lines[-1].get_xdata()
    assert float(np.ptp(x)) * 111.195 == pytest.approx(float(axes.texts[0].get_text().split()[0]))


def test_degrees_never_carry_a_sign():
    for value in np.arange(-179.5, 180.5, 0.5):
        assert "-" not in degrees(value, "EW")


@pytest.mark.parametrize("world", [False, True])
def test_a_simulated_earth_has_no_shores_of_ours(world):
    span = 120.0 if world else 2.0
    lat, lon = np.linspace(38.0, 41.0, 4), np.linspace(-1.0, -1.0 + span, 5)
    places = {"lat": lat, "lon": lon}
    field = xr.DataArray(np.full((4, 5), 0.2), places, name="sm", attrs={"units": "m3 m-3"})
    shores = []
    for attrs in ({}, {"simulated": "true"}):
        figure = field_maps({"a": field.assign_attrs(attrs)})
        lines = [c for c in figure.axes[0].collections if type(c).__name__ == "LineCollection"]
        shores.append(sum(len(c.get_segments()) for c in lines))
    assert shores[0] > 0 and shores[1] == 0
