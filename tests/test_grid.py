import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.errors import GridError
from vadose.grid import Grid, distance, wrap_longitude

GRIDS = [Grid.regular(0.25), Grid.regular(0.1), Grid.regular(0.05), Grid.regular(1 / 112), Grid.regular(1 / 36),
         Grid.regular(0.25, registration="node"), Grid.ease2("M36"), Grid.ease2("M25"), Grid.ease2("M09")]  # fmt: skip


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_every_cell_centre_is_found_again(grid):
    row, col = grid.nearest(grid.lat, grid.lon, pairwise=False)
    assert (row == np.arange(grid.shape[0])).all()
    assert (col == np.arange(grid.shape[1])).all()


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_text_form_brings_the_same_grid_back(grid):
    import xarray as xr

    crop = grid.crop((-20.0, -33.0, 41.0, 57.0))
    ds = xr.Dataset(attrs={"grid": crop.to_attr()}).assign_coords(crop.coords())
    assert Grid.of(ds) == crop


def test_crop_has_bitwise_the_parents_coordinates():
    grid = Grid.regular(0.1)
    crop = grid.crop((-160.0, 15.0, -155.0, 25.0))
    assert np.isin(crop.lat, grid.lat).all()
    assert np.isin(crop.lon, grid.lon).all()
    assert crop.crop((-158.0, 16.0, -156.0, 20.0)) == grid.crop((-158.0, 16.0, -156.0, 20.0))


@pytest.mark.parametrize("name", ["M09", "M25", "M36"])
def test_ease2_area_is_equal_everywhere(name):
    from vadose.grid import EASE2

    area = Grid.ease2(name).area()[1:-1]
    np.testing.assert_allclose(area, EASE2[name][0] ** 2, rtol=2e-6)


def test_ease2_against_the_providers_own_coordinates(data):
    import netCDF4

    for path, name in (("smap_l3/cells_v9_am_pm", "M36"), ("smos_ic/cells_v105_asc", "M25")):
        with netCDF4.Dataset(data / path / "0165.nc") as nc:
            lat, lon = nc["lat"][:].filled(np.nan).astype(float), nc["lon"][:].filled(np.nan).astype(float)
        ok = np.abs(lat) <= 90
        Grid.ease2(name).locate(lat[ok], lon[ok])


def test_area_of_the_globe_is_that_of_wgs84():
    for grid in (Grid.regular(0.25), Grid.regular(0.25, registration="node")):
        np.testing.assert_allclose(grid.area().sum() * grid.shape[1], 5.100656217240885e14, rtol=1e-12)


def test_infer_finds_resolution_registration_and_window():
    crop = Grid.regular(0.1).crop((-160.0, 15.0, -155.0, 25.0))
    assert Grid.infer(crop.lat.astype("float32"), crop.lon.astype("float32")) == crop
    node = Grid.regular(0.25, registration="node").crop((-160.0, 15.0, -155.0, 25.0))
    assert Grid.infer(node.lat[::-1], node.lon + 360) == node


def test_a_coordinate_off_the_grid_is_refused_with_its_distance():
    with pytest.raises(GridError, match=r"0\.01° away .*within 0\.0001°"):
        Grid.regular(0.25).locate([19.885], [-155.375], where="file.nc")


@pytest.mark.parametrize("bbox", [(10, 0, 5, 5), (0, 5, 5, 0), (-200, 0, 5, 5), (1, 2, 3), "abcd"])
def test_malformed_bbox_is_refused(bbox):
    with pytest.raises(GridError, match="bbox"):
        Grid.regular(1.0).crop(bbox)


def test_resolution_must_divide_180():
    with pytest.raises(GridError, match="divisor"):
        Grid.regular(0.7)


@given(st.floats(-720, 720))
def test_wrapped_longitude_is_the_same_place(lon):
    out = float(wrap_longitude(lon))
    assert -180 <= out < 180
    assert np.isclose(np.exp(1j * np.radians(out)), np.exp(1j * np.radians(lon)), atol=1e-9)


@given(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9))
def test_nearest_cell_contains_the_point(lat, lon):
    for grid in (Grid.regular(0.25), Grid.ease2("M36")):
        row, col = grid.nearest(lat, lon)
        if row < 0:
            assert grid.kind == "ease2" and abs(lat) > 80
            continue
        assert grid.lat_edges[row + 1] <= lat <= grid.lat_edges[row]
        assert grid.lon_edges[col] <= lon <= grid.lon_edges[col + 1]


def test_node_grid_covers_the_date_line_on_both_sides():
    grid = Grid.regular(0.25, registration="node")
    assert grid.nearest(0.0, 179.95)[1] == grid.nearest(0.0, -179.95)[1] == 0


def test_points_outside_get_minus_one():
    crop = Grid.regular(1.0).crop((0, 0, 10, 10))
    row, col = crop.nearest([5.5, 50.0, np.nan], [5.5, 5.0, 5.0])
    assert row.tolist() == [4, -1, -1] and col.tolist() == [5, -1, -1]


def test_distance_of_a_quarter_of_the_globe():
    assert np.isclose(distance(0, 0, 90, 0), np.pi / 2 * 6371008.8)


@pytest.mark.parametrize("resolution", ["fine", None, True, [0.25], math.nan])
def test_a_resolution_that_is_no_number_is_refused(resolution):
    with pytest.raises(GridError, match="divisor of 180"):
        Grid.regular(resolution)
