import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import ConfigError, SchemaError
from vadose.grid import Grid


def trend(grid=None, **attrs):
    grid = grid or Grid.regular(5.0)
    rng = np.random.default_rng(0)
    slope = rng.standard_normal(grid.shape)
    slope[0, 0] = np.nan
    p = np.where(np.arange(grid.shape[1]) < grid.shape[1] // 2, 0.01, 0.5) * np.ones(grid.shape)
    return xr.Dataset({"slope": (("lat", "lon"), slope, {"units": "kg m-2 yr-1", "long_name": "trend"}),
                       "p_value": (("lat", "lon"), p, {"units": "1"})}, grid.coords(), attrs)  # fmt: skip


def marks(axes):
    return [line for line in axes.lines if line.get_marker() not in ("None", None, "")]


def test_colours_are_symmetric_and_the_unit_stands_at_the_bar(words):
    figure = plots.trend_map(trend(), limits=(-2, 2))
    assert "Trend [kg m⁻² yr⁻¹]" in words(figure) and any("significant" in w for w in words(figure))
    mesh = figure.axes[0].collections
    assert any(c.get_rasterized() for c in mesh)


def test_marks_stand_on_significant_cells_or_on_the_others():
    """Significant is the west: dots west of 0°, strokes east of it, none where there is no trend."""
    for mark, west in (("significant", True), ("insignificant", False)):
        line = marks(plots.trend_map(trend(), mark=mark).axes[0])[-1]
        x = np.asarray(line.get_xdata())
        assert x.size and ((x < 0) == west).all()
    assert not marks(plots.trend_map(trend(), mark="none").axes[0])
    nothing = trend()
    nothing["slope"][:] = np.nan
    assert not np.size(marks(plots.trend_map(nothing).axes[0])[-1].get_xdata())


def test_significance_may_come_from_elsewhere():
    ds = trend()
    own = (ds.lat > 0) & ds.slope.notnull()
    y = np.asarray(marks(plots.trend_map(ds.drop_vars("p_value"), significant=own).axes[0])[-1].get_ydata())
    assert y.size and (y > 0).all()


def test_panels_share_one_scale(words):
    ds = xr.concat([trend(), 3 * trend()], xr.Variable("period", ["early", "late"]))
    figure = plots.trend_map(ds, dim="period")
    assert {"early", "late"} <= set(words(figure)) and len(figure.axes) == 3


def test_a_region_is_a_region_and_simulated_data_say_so(words):
    figure = plots.trend_map(trend(Grid.regular(0.5).crop((-4, 38, 1, 42)), simulated="true"))
    assert "SIMULATED DATA" in words(figure)
    assert figure.axes[0].get_xlim()[1] < 3


def test_wrong_input():
    with pytest.raises(ConfigError, match="mark"):
        plots.trend_map(trend(), mark="all")
    with pytest.raises(SchemaError, match="lat, lon"):
        plots.trend_map(trend().expand_dims("time"))
    with pytest.raises(SchemaError, match="p_value"):
        plots.trend_map(trend().drop_vars("p_value"))
    with pytest.raises(SchemaError, match="significant"):
        plots.trend_map(trend(), significant=xr.DataArray(True))
