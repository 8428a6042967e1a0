import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError
from vadose.grid import Grid


def field(resolution=5.0):
    grid = Grid.regular(resolution)
    da = xr.DataArray(np.zeros(grid.shape), coords=grid.coords(), dims=("lat", "lon"), name="sm")
    da = (da + 0.2 + 0.1 * np.cos(np.radians(da["lat"]))).rename("sm")
    return da.assign_attrs(units="m3 m-3", long_name="soil moisture")


def test_missing_cells_are_masked_and_the_bar_has_the_unit(words):
    da = field()
    da[10, 20] = np.nan
    figure = plots.global_map(da)
    mesh = figure.axes[0].collections[-1]
    assert np.ma.count_masked(mesh.get_array()) == 1
    assert "Soil moisture [m³ m⁻³]" in words(figure)


def test_limits_are_kept():
    figure = plots.global_map(field(), limits=(0.1, 0.4))
    assert figure.axes[0].collections[-1].get_clim() == (0.1, 0.4)


def test_a_fine_field_is_thinned_not_averaged():
    da = field(0.2)
    values = np.ma.compressed(plots.global_map(da).axes[0].collections[-1].get_array())
    assert values.size == (da.sizes["lat"] // 2) * (da.sizes["lon"] // 2)
    assert set(np.unique(values)) <= set(np.unique(da.values))


def test_a_field_with_time_is_refused():
    with pytest.raises(SchemaError, match="Select one time"):
        plots.global_map(field().expand_dims("time"))
