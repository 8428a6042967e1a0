from itertools import pairwise

import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError
from vadose.grid import Grid
from vadose.plots.keys import colour_bar
from vadose.plots.trend_rows import DRIER, DRIER_PALE, WETTER, WETTER_PALE

GRID = Grid.regular(0.5).crop((0, 40, 4, 43))


def trend(slope, p=0.01, **attrs):
    shape = GRID.shape
    return xr.Dataset({
        "slope": (("lat", "lon"), np.broadcast_to(slope, shape).astype(float).copy(), {"units": "kg m-2 yr-1"}),
        "p_value": (("lat", "lon"), np.broadcast_to(p, shape).astype(float).copy(), {"units": "1"}),
    }, GRID.coords(), attrs)  # fmt: skip


def counts(**values):
    shape = GRID.shape
    maps = {k: (("lat", "lon"), np.broadcast_to(v, shape).astype("i1").copy()) for k, v in values.items()}
    r = np.array([[1.0, -0.7], [-0.7, 1.0]])
    return xr.Dataset(maps | {"correlation": (("product", "other"), r), "same_sign": (("product", "other"), abs(r))},
                      GRID.coords() | {"product": ["a", "b"], "other": ["a", "b"]})  # fmt: skip


def table(wetting=0.7, significant=0.2, n=10):
    shape = (2, 1, 2)
    values = {"wetting": wetting, "drying": 1 - wetting, "significant_wetting": significant,
              "significant_drying": 0.1, "rate": -0.5, "rate_lower": -1.0, "rate_upper": 0.25}  # fmt: skip
    data = {k: (("product", "period", "region"), np.full(shape, v)) for k, v in values.items()}
    data["n_cells"] = (("product", "period", "region"), np.full(shape, n))
    ds = xr.Dataset(data, {"product": ["a", "b"], "period": ["2000-2020"], "region": ["all", "30°N/60°N"],
                           "kind": ("region", ["all", "latitude"])})  # fmt: skip
    ds["rate"].attrs = {"units": "kg m-2 yr-1", "long_name": "trend of the mean"}
    return ds


def dots_of(axes):
    return sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() == "o")


def test_dots_where_significant_alone():
    p = np.where(np.arange(GRID.shape[1]) < 3, 0.01, 0.5)
    figure = plots.trend_panels({"a": trend(1.0, p), "b": trend(-1.0, 0.5), "c": trend(np.nan, np.nan)})
    maps = [a for a in figure.axes if a.get_title()]
    assert [a.get_title() for a in maps] == ["a", "b", "c"]
    assert [dots_of(a) for a in maps] == [3 * GRID.shape[0], 0, 0]
    assert "kg m⁻² yr⁻¹" in figure.axes[-1].get_xlabel()
    assert "a: 48 cells" in figure.get_label() and "c: 0 cells" in figure.get_label()


def test_one_colour_scale_for_all_products():
    figure = plots.trend_panels({"a": trend(1.0), "b": trend(-3.0)})
    meshes = [m for a in figure.axes[:2] for m in a.collections if hasattr(m, "get_coordinates")]
    assert meshes[0].norm.vmin == meshes[1].norm.vmin == -3.0 and meshes[0].norm.vmax == 3.0


def test_agreement_by_colour():
    east = np.arange(GRID.shape[1]) >= 4
    wet = np.where(east, 2, 1)
    data = counts(n_wetting=wet, n_drying=2 - wet, n_significant_wetting=0, n_significant_drying=np.where(east, 1, -1))
    data["n_significant_wetting"] = data["n_significant_wetting"].where(data["n_significant_drying"] >= 0, -1)
    figure = plots.agreement_map(data)
    assert "Sign of the trend: all 2 products agree in 50 % of 48 cells" in figure.get_label()
    assert "Significant trends: all 2 products agree in 0 % of 24 cells" in figure.get_label()
    words = [t.get_text() for t in figure.legends[0].get_texts()]
    assert words == ["2 drier", "1 drier", "undecided", "1 wetter", "2 wetter"]
    with pytest.raises(SchemaError, match="n_significant_wetting"):
        plots.agreement_map(data.drop_vars("n_significant_wetting"))
    assert len(plots.agreement_map(data, significant=False).axes) == 1


def test_correlations_are_written():
    figure = plots.slope_correlation(counts())
    words = [t.get_text() for t in figure.axes[0].texts]
    assert words == ["1.00", "−0.70\n70 %", "−0.70\n70 %", "1.00"]
    assert "b and a: −0.70" in figure.get_label()


def test_bars_end_at_their_shares():
    axes = plots.share_bars(table()).axes[0]
    widths = {tuple(np.round(p.get_facecolor(), 3)): p.get_width() for p in axes.patches[:4]}
    from matplotlib.colors import to_rgba

    want = {WETTER_PALE: 70.0, WETTER: 20.0, DRIER_PALE: -30.0, DRIER: -10.0}
    assert widths == {tuple(np.round(to_rgba(c), 3)): pytest.approx(v) for c, v in want.items()}
    nothing = plots.share_bars(table(wetting=np.nan, n=0))
    assert [t.get_text() for t in nothing.axes[0].texts] == ["no trend", "no trend"] and not nothing.axes[0].patches


def test_an_interval_far_wider_than_the_others_ends_in_an_arrow():
    wide = table()
    wide["rate_upper"][0] = wide["rate_upper"][0].where(wide["region"] == "all", 100.0)
    axes = plots.region_rates(wide, period="2000-2020", kind="latitude").axes[0]
    assert axes.get_xlim()[1] < 20
    assert [line.get_marker() for line in axes.lines if line.get_marker() in "<>"] == [">"]
    assert not [line for line in plots.region_rates(table(), period="2000-2020").axes[0].lines
                if line.get_marker() in "<>"]  # fmt: skip


def test_numbers_of_a_colour_bar_do_not_run_into_each_other():
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    figure = Figure((7, 3))
    bar = colour_bar(figure, ScalarMappable(Normalize(-0.001, 0.001)))
    figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in bar.ax.get_xticklabels() if t.get_text()]
    inside = sorted((b.x0, b.x1) for b in boxes if bar.ax.bbox.x0 - 1 <= 0.5 * (b.x0 + b.x1) <= bar.ax.bbox.x1 + 1)
    assert len(inside) >= 3 and all(a[1] < b[0] for a, b in pairwise(inside))


def test_rates_with_intervals():
    figure = plots.region_rates(table(), period="2000-2020", kind="latitude")
    names = [t.get_text().replace("\n", " ") for t in figure.axes[0].get_yticklabels()]
    assert names == ["all: a", "all: b", "30°N/60°N: a", "30°N/60°N: b"]
    assert "[−1.00, 0.25]" in [t.get_text() for t in figure.texts]
    assert "kg m⁻² yr⁻¹" in figure.axes[0].get_xlabel()
    whole = plots.region_rates(table(), period="2000-2020")
    assert [t.get_text() for t in whole.axes[0].get_yticklabels()] == ["a", "b"]
    gaps = table()
    gaps["rate"][:] = np.nan
    assert "no trend" in [t.get_text() for t in plots.region_rates(gaps, period="2000-2020").axes[0].texts]


def test_causes():
    ds = xr.Dataset({"cause": (("lat", "lon"), np.arange(48).reshape(GRID.shape) % 4),
                     "slope_sm": (("lat", "lon"), np.where(np.arange(8) < 4, 1.0, np.nan) * np.ones(GRID.shape))},
                    GRID.coords(), {"simulated": "true"})  # fmt: skip
    figure = plots.forcing_map({"model": ds})
    assert "consistent 25 %, forcing 25 %, model 25 %, compensating 25 % of 24 cells" in figure.get_label()
    assert "SIMULATED DATA" in [t.get_text() for t in figure.texts]
    with pytest.raises(SchemaError, match="cause"):
        plots.forcing_map({"model": ds.drop_vars("cause")})
    with pytest.raises(SchemaError, match="at least one"):
        plots.forcing_map({})


@pytest.mark.parametrize("bad", [{}, {"a": xr.Dataset()}, {"a": trend(1.0).isel(lat=0)}])
def test_no_maps(bad):
    with pytest.raises(SchemaError):
        plots.trend_panels(bad)


def test_figures_are_svg():
    for figure in (plots.trend_panels({"a": trend(1.0)}), plots.share_bars(table()), plots.slope_correlation(counts())):
        assert plots.svg(figure).startswith("<svg")
