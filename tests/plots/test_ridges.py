import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError


def slopes():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 30, 40)) + np.array([0.0, 2.0])[:, None, None]
    x[1] = np.where(np.arange(30)[:, None] < 29, x[1], np.nan)
    return xr.DataArray(x, dims=("layer", "lat", "lon"), name="trend",
                        coords={"layer": ["top", "deep"], "lat": np.linspace(60, -60, 30)},
                        attrs={"units": "kg m-2 yr-1", "long_name": "trend"})  # fmt: skip


def test_each_ridge_prints_its_area_weighted_mean_and_number(words):
    da = slopes()
    texts = words(plots.ridge_plot(da, by=["layer"]))
    mean = da.weighted(np.cos(np.radians(da.lat))).mean(["lat", "lon"])
    for value in mean.values:
        assert f"{value:.2f}".replace("-", "−") in texts
    assert "Trend [kg m⁻² yr⁻¹]" in texts and any(t.replace("\u2009", "") == "1160" for t in texts)


def test_the_highest_point_of_a_ridge_is_at_the_mode():
    figure = plots.ridge_plot(slopes(), by=["layer"])
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 100]
    for line, middle in zip(curves, (0.0, 2.0)):
        x, y = map(np.asarray, line.get_data())
        assert x[y.argmin()] == pytest.approx(middle, abs=0.3)


def test_empty_and_constant_rows_and_unknown_dims(words):
    da = slopes()
    da[0] = np.nan
    da[1] = 1.0
    assert "no value" in words(plots.ridge_plot(da, by=["layer"]))
    with pytest.raises(SchemaError, match="season"):
        plots.ridge_plot(da, by=["season"])
