import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError
from vadose.grid import Grid

SEASONS, DEPTHS = ("H-S", "SH-S", "SA-S", "A-S"), ("0-10 cm", "10-40 cm", "40-100 cm", "100-200 cm")


def table(names=("all", "forest", "grassland")):
    rng = np.random.default_rng(0)
    shape, dims = (len(names), 4, 4), ("ecosystem", "season", "layer")
    positive = rng.random(shape) * 0.5
    return xr.Dataset(
        {"mean_r": (dims, positive - 0.1, {"units": "1", "long_name": "mean correlation"}),
         "share_positive": (dims, positive), "share_negative": (dims, positive / 4),
         "share_significant": (dims, 1.25 * positive), "n_cells": (dims, np.full(shape, 40))},
        {"ecosystem": list(names), "season": list(SEASONS), "depth": ("layer", list(DEPTHS))},
    )  # fmt: skip


def fields(bbox=(-10.0, 30.0, 10.0, 45.0), resolution=1.0):
    grid = Grid.regular(resolution).crop(bbox)
    rng = np.random.default_rng(1)
    r = np.clip(rng.standard_normal((1, 2, *grid.shape)) / 3, -1, 1)
    r[..., 0, 0] = np.nan
    dims = ("season", "layer", "lat", "lon")
    coords = {**grid.coords(), "season": ["year"], "depth": ("layer", ["10-100 cm", "100-200 cm"])}
    return xr.Dataset({"r": (dims, r, {"units": "1", "long_name": "correlation"}), "significant": (dims, r > 0.4)},
                      coords)  # fmt: skip


def test_sectors_of_a_donut_are_the_shares():
    from matplotlib.patches import Wedge

    ds = table(("forest",))
    wedges = [p for p in plots.coupling_donuts(ds).axes[0].patches if isinstance(p, Wedge)]
    assert len(wedges) == 4 * 4 * 3
    turn = {}
    for w in wedges:
        colour = tuple(np.round(w.get_facecolor(), 3))
        turn[colour] = turn.get(colour, 0) + w.theta2 - w.theta1
    # a season spans 83 degrees in each of four rings
    expected = [83 * float(v.sum()) for v in (ds.share_positive, ds.share_negative)]
    expected.append(83 * 16 - sum(expected))
    assert sorted(turn.values()) == pytest.approx(sorted(expected))


def test_an_ecosystem_without_cells_says_so(words):
    ds = table()
    ds[["mean_r", "share_positive", "share_negative"]] = ds[["mean_r", "share_positive", "share_negative"]].where(
        ds.ecosystem != "forest")  # fmt: skip
    ds["n_cells"] = ds.n_cells.where(ds.ecosystem != "forest", 0)
    assert "no cell" in words(plots.coupling_donuts(ds)) and "Forest (0 cells)" in words(plots.coupling_donuts(ds))
    assert words(plots.coupling_heatmap(ds)).count("–") == 16


def test_heat_map_prints_r_and_the_significant_share(words):
    ds = table()
    ds["mean_r"][1, 2, 3] = -0.273
    ds["share_significant"][1, 2, 3] = 0.348
    texts = words(plots.coupling_heatmap(ds))
    assert "−0.27\n35 %" in texts and "All land" in texts and "Mean correlation [–]" in texts
    assert set(SEASONS) <= set(texts) and set(DEPTHS) <= set(texts)


def test_map_has_a_panel_per_depth_and_a_dot_per_significant_cell():
    ds = fields()
    figure = plots.coupling_map(ds)
    for number, axes in enumerate(figure.axes[:2]):
        mesh = next(c for c in axes.collections if c.get_array() is not None)
        assert np.ma.count(mesh.get_array()) == 20 * 15 - 1 and mesh.get_clim()[0] == -mesh.get_clim()[1]
        dots = max(len(line.get_xdata()) for line in axes.lines if line.get_marker() == "o")
        assert dots == int(ds.significant.isel(layer=number).sum())
        assert axes.get_title().startswith(str(ds.depth.values[number]))


def test_a_world_map_thins_its_dots():
    """Of 1 degree, 0.02 inch on paper, every third row and column has a dot."""
    ds = fields((-180.0, -60.0, 180.0, 80.0), 1.0)
    ds["significant"] = ds.r.notnull()
    figure = plots.coupling_map(ds)
    count = max(len(line.get_xdata()) for line in figure.axes[0].lines if line.get_marker() == "o")
    assert count == 47 * 120


@pytest.mark.parametrize("draw", [lambda: plots.coupling_donuts(table().assign_attrs(simulated="true")),
                                  lambda: plots.coupling_heatmap(table().assign_attrs(simulated="true")),
                                  lambda: plots.coupling_map(fields().assign_attrs(simulated="true"))])  # fmt: skip
def test_simulated_data_are_marked_and_svg_is_the_same_each_time(draw, words):
    assert "SIMULATED DATA" in words(draw())
    assert plots.svg(draw()) == plots.svg(draw())


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(SchemaError, match="share_positive"):
        plots.coupling_donuts(table().drop_vars("share_positive"))
    with pytest.raises(SchemaError, match="mean_r"):
        plots.coupling_heatmap(table().drop_vars("mean_r"))
    with pytest.raises(SchemaError, match="one of"):
        plots.coupling_map(fields(), season="A-S")
    with pytest.raises(SchemaError, match="2 × 2"):
        plots.coupling_map(fields().isel(lat=[0]))
