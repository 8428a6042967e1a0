import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError

COORDS = {"season": ["H-S", "A-S"], "layer": ["top", "deep"], "kind": ["trend", "iav"]}


def difference():
    x = np.zeros((2, 2, 2))
    x[0, 0, 0], x[1, 1, 1] = 0.03, -0.02
    ds = {"contribution_difference": x, "contribution_lower": x - 0.025, "contribution_upper": x + 0.025}
    dims = ("season", "layer", "kind")
    return xr.Dataset({k: (dims, v, {"units": "1"}) for k, v in ds.items()}, COORDS, {"level": 0.95})


def test_bars_are_in_points_and_pale_where_the_interval_holds_zero(words):
    figure = plots.difference_bars(difference())
    bars = {round(p.get_width(), 6): p.get_alpha() for p in figure.axes[0].patches if np.isfinite(p.get_width())}
    assert bars[3.0] == 1.0 and bars[-2.0] == 0.35
    assert {"3.00", "−2.00", "95 % interval", "top, H-S"} <= set(words(figure))
    with pytest.raises(SchemaError, match="contribution_lower"):
        plots.difference_bars(difference().drop_vars("contribution_lower"))


def test_omega_has_a_line_per_layer_and_a_panel_per_period(words):
    omega = xr.DataArray(
        [[[0.5, 2.0], [1.0, 1.5]]] * 2,
        dims=("period", "season", "layer"),
        coords={"period": ["early", "late"]} | {k: COORDS[k] for k in ("season", "layer")},
    )
    figure = plots.omega_chart(omega)
    assert len(figure.axes) == 2 and {"early", "late", "top", "deep"} <= set(words(figure))
    lines = [line.get_ydata() for line in figure.axes[0].lines[1:]]
    assert [list(y) for y in lines] == [[0.5, 1.0], [2.0, 1.5]]
    with pytest.raises(SchemaError, match="season, layer"):
        plots.omega_chart(omega.isel(layer=0))
