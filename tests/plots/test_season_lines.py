import numpy as np
import pytest
import xarray as xr

from vadose import analysis, plots
from vadose.errors import SchemaError


def test_the_line_of_a_period_runs_through_it(words):
    years = np.arange(2000, 2020)
    x = 500 + 2.0 * (years - 2000) * np.ones((4, 1))
    da = xr.DataArray(x, dims=("season", "year"), attrs={"units": "kg m-2", "long_name": "soil water"},
                      coords={"season": list(analysis.SEASONS), "year": years})  # fmt: skip
    trends = {"late": analysis.trend(da.sel(year=slice(2010, 2019)), dim="year").assign_attrs(period="2010/2019")}
    figure = plots.season_lines(da, trends)
    line = figure.axes[0].lines[1]
    np.testing.assert_allclose(line.get_xdata(), [2010, 2019])
    np.testing.assert_allclose(line.get_ydata(), [520, 538])
    assert "late: 2.00 *" in words(figure) and len(figure.axes) == 4
    with pytest.raises(SchemaError, match="slope"):
        plots.season_lines(da, {"late": trends["late"].drop_vars("slope")})
    with pytest.raises(SchemaError, match="season, year"):
        plots.season_lines(da.isel(season=0), trends)
