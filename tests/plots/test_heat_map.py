import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError


def anomaly():
    x = np.zeros((4, 2, 21))
    x[3, 0, 10], x[3, 0, 11] = 6.0, -6.0
    x[0, 1, 4] = np.nan
    return xr.DataArray(
        x,
        dims=("season", "layer", "year"),
        attrs={"units": "%", "long_name": "variability"},
        coords={"season": list("wxyz"), "layer": ["top", "deep"], "year": 2000 + np.arange(21)},
    )


def test_rows_are_layers_and_seasons_and_print_their_spread(words):
    figure = plots.variability_heat_map(anomaly())
    texts = words(figure)
    assert {"top", "deep", "w", "z", "Variability [%]", "Year"} <= set(texts)
    assert f"{np.std([6, -6] + [0] * 19, ddof=1):.2f}" in texts
    values = np.asarray(figure.axes[0].collections[0].get_array()).reshape(4, 21)
    assert values[3, 10] == 6.0 and np.ma.count_masked(figure.axes[1].collections[0].get_array()) == 1


def test_other_dimensions_are_refused():
    with pytest.raises(SchemaError, match="season, layer, year"):
        plots.variability_heat_map(anomaly().isel(layer=0))
