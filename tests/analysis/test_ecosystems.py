import numpy as np
import pytest
import xarray as xr

from vadose import analysis, products
from vadose.errors import SchemaError
from vadose.grid import Grid
from vadose.landclass import ECOSYSTEMS


def test_ties_go_to_the_lowest_code_and_the_target_may_be_a_dataset():
    fine = Grid.regular(0.05).crop((10, 40, 12, 41))
    rng = np.random.default_rng(0)
    codes = rng.integers(1, 17, (1, 2)).repeat(20, 0).repeat(20, 1).astype("u1")
    codes[:, :10] = 9
    codes[:, 10:20] = 4
    da = xr.DataArray(codes, dims=("lat", "lon"), coords=fine.coords(), name="land_cover")
    like = xr.Dataset(coords=Grid.regular(1.0).crop((10, 40, 12, 41)).coords())
    got = analysis.classes_on(da.to_dataset(), like)
    assert got.values.tolist() == [[4, int(codes[0, 20])]]


def test_classes_are_chosen_before_they_are_grouped():
    """40 % grassland beats 30 % + 30 % of two kinds of forest, as in the paper."""
    fine, coarse = (Grid.regular(r).crop((0, 0, 10, 10)) for r in (1.0, 10.0))
    codes = np.repeat([10, 10, 10, 10, 1, 1, 1, 4, 4, 4], 10).reshape(10, 10).T.astype("u1")
    da = xr.DataArray(codes, dims=("lat", "lon"), coords=fine.coords())
    assert analysis.ecosystem_map(analysis.classes_on(da, coarse)).values.tolist() == [[3]]


def test_no_map_is_refused():
    with pytest.raises(SchemaError, match="land_cover"):
        analysis.ecosystem_map(xr.Dataset({"cover": 1}))
    with pytest.raises(SchemaError, match="without time"):
        analysis.ecosystem_map(xr.DataArray(["a"], dims="cell"))


@pytest.mark.real
def test_modis_land_cover_by_block_mode_at_one_degree(data):
    """MCD12C1 over Europe: as the plain mode of 20 x 20 pixels, up to the area of pixels within a cell."""
    box = (-10, 36, 30, 60)
    fine = products.open("mcd12c1", next((data / "landcover_mcd12c1").glob("*.tif")), bbox=box)
    got = analysis.classes_on(fine, Grid.regular(1.0).crop(box))
    blocks = fine.land_cover.values.reshape(24, 20, 40, 20).transpose(0, 2, 1, 3).reshape(24, 40, 400)
    counts = np.stack([(blocks == c).sum(-1) for c in range(17)])
    assert (got.values == counts.argmax(0)).mean() > 0.99
    found = analysis.ecosystem_map(got)
    for k, classes in enumerate(ECOSYSTEMS.values(), start=1):
        assert int((found == k).sum()) == int(np.isin(got.values, classes).sum()) > 10
