import numpy as np
import pytest
import xarray as xr
from matplotlib.patches import Wedge

from vadose import plots
from vadose.errors import SchemaError


def share(periods=("early", "late")):
    x = np.arange(len(periods) * 32.0).reshape(len(periods), 4, 4, 2) / 1000 - 0.002
    return xr.DataArray(x, dims=("period", "season", "layer", "kind"), attrs={"units": "1"},
                        coords={"period": list(periods), "season": ["H-S", "SH-S", "SA-S", "A-S"],
                                "layer": list("abcd"), "kind": ["trend", "iav"]})  # fmt: skip


def test_one_sector_per_component_and_period(words):
    figure = plots.component_rings(share())
    wedges = [w for w in figure.findobj(Wedge)]
    assert len(wedges) == 64 and all(w.theta2 - w.theta1 == pytest.approx(90) for w in wedges)
    texts = words(figure)
    assert {"early", "late", "H-S", "A-S"} <= set(texts) and "−0.2" in texts  # the negative one is printed too
    assert any(t.startswith("Rings from the outside in: IAV: a, b, c, d; trend") for t in texts)


def test_the_top_layer_of_the_variability_is_outermost():
    figure = plots.component_rings(share(("one",)).isel(period=0, drop=True))
    outer = max(figure.findobj(Wedge), key=lambda w: w.r)
    wedges = [w for w in figure.findobj(Wedge) if w.r == outer.r]
    assert len(wedges) == 4 and len({w.r for w in figure.findobj(Wedge)}) == 8


def test_other_dimensions_are_refused():
    with pytest.raises(SchemaError, match="season, layer, kind"):
        plots.component_rings(share().isel(kind=0))
