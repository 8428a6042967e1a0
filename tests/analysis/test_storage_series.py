import numpy as np
import pytest
import xarray as xr

from vadose import analysis
from vadose.errors import SchemaError
from vadose.grid import Grid

GRID = Grid.regular(60.0)


def seasons(years=15, seed=0):
    rng = np.random.default_rng(seed)
    x = 100 + rng.standard_normal((4, 4, years, *GRID.shape))
    return xr.DataArray(x, dims=("layer", "season", "year", "lat", "lon"), attrs={"units": "kg m-2"},
                        coords=GRID.coords() | {"year": 2000 + np.arange(years), "season": list(analysis.SEASONS),
                                                "layer": list("abcd")})  # fmt: skip


def test_the_year_is_the_mean_of_its_seasons_and_the_sum_of_its_layers():
    da = seasons()
    da[1, 2, 3, 0, 0] = np.nan
    got = analysis.annual_storage(da)
    np.testing.assert_allclose(got.total, da.sum("layer", skipna=False).mean("season", skipna=False), rtol=1e-12)
    assert bool(got.total[3, 0, 0].isnull()) and got.total.isnull().sum() == 1
    assert got.total.units == got.by_layer.units == "kg m-2"


def test_means_rest_on_the_same_cells_in_all_years():
    da = seasons()
    da[:, :, 4, 0, 0] = np.nan  # this cell is left out altogether
    got = analysis.mean_storage(da)
    weight = np.cos(np.radians(da.lat)) * xr.ones_like(da[0, 0, 0])
    weight[0, 0] = 0
    want = da.fillna(0).weighted(weight).mean(["lat", "lon"])
    np.testing.assert_allclose(got.storage, want.transpose("season", "layer", "year"), rtol=1e-12)
    assert got.n_cells.item() == da[0, 0, 0].size - 1


def test_a_year_missing_everywhere_leaves_the_others():
    da = seasons()
    da[:, :, 4] = np.nan
    got = analysis.mean_storage(da)
    assert got.storage.isel(year=4).isnull().all() and got.storage.isel(year=[3, 5]).notnull().all()
    assert got.n_cells.item() == da[0, 0, 0].size


def test_variability_is_what_a_line_leaves():
    """A planted line of 2 kg m-2 a year leaves the planted alternation of ±1 % of the mean."""
    da = seasons(16) * 0 + 100
    t = xr.DataArray(np.arange(16), dims="year", coords={"year": da.year})
    wave = xr.DataArray(np.tile([1.0, -1, -1, 1], 4), dims="year", coords={"year": da.year})
    da = (da + 2.0 * (t - 7.5) + wave).transpose(*da.dims).assign_attrs(units="kg m-2")
    got = analysis.mean_storage(da, area="pixel")
    np.testing.assert_allclose(got.variability, np.broadcast_to(wave, got.variability.shape), atol=1e-9)
    assert got.variability.units == "%"


def test_chunks_do_not_matter_and_lazy_stays_lazy():
    da = seasons()
    for function in (analysis.annual_storage, analysis.mean_storage):
        lazy = function(da.chunk(lat=1))
        assert all(v.chunks is not None for v in lazy.data_vars.values())
        xr.testing.assert_allclose(lazy.compute(), function(da), rtol=1e-12)


def test_no_cell_at_all():
    got = analysis.mean_storage(seasons() * np.nan)
    assert got.storage.isnull().all() and got.n_cells.item() == 0
    with pytest.raises(SchemaError):
        analysis.annual_storage(xr.DataArray([1.0], dims="x", attrs={"units": "kg m-2"}))
