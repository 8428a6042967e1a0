"""The figure of a calibration: the map, the stations of its region, and all of them before and after."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError
from vadose.grid import Grid

GRID = Grid.regular(0.25).crop((8, 44, 10, 46))


def fit(n=6, *, level=None):
    rng = np.random.default_rng(0)
    difference = 0.05 * rng.standard_normal(n) - 0.03
    lat, lon = np.linspace(44.1, 45.9, n), np.linspace(8.1, 9.9, n)
    lat[0], lon[0] = 10.0, 20.0  # of another region
    shift = np.linspace(-0.04, 0.01, 64).reshape(8, 8) if level is None else level
    data = {"difference": ("site", difference, {"units": "m3 m-3"}), "predicted": ("site", difference * 0.5),
            "level": (("lat", "lon"), shift, {"units": "m3 m-3", "long_name": "added to the level"})}  # fmt: skip
    coords = {**GRID.coords(), "station_lat": ("site", lat), "station_lon": ("site", lon)}
    return xr.Dataset(data, coords, {"simulated": "true"})


def test_the_map_holds_its_stations_and_the_histograms_all(words):
    ds = fit()
    figure = plots.station_calibration(ds)
    shore, bars = figure.axes[0], figure.axes[-1]
    assert len(shore.collections[-1].get_offsets()) == 5
    heights = sum(p.get_height() for p in bars.patches if hasattr(p, "get_height"))
    assert heights == 0  # drawn as outlines
    before = np.asarray(ds["difference"])
    marks = [line.get_xdata() for line in bars.lines if line.get_marker() == "|"]
    np.testing.assert_allclose(marks[0], before)
    np.testing.assert_allclose(marks[1], 0.5 * before)
    texts = words(figure)
    rms = np.sqrt(np.mean(before**2))
    assert any(t == f"before: rms {rms:.4f}" for t in texts) and any(f"{rms / 2:.4f}" in t for t in texts)
    assert {"SIMULATED DATA", "Mean of station less record [m³ m⁻³]", "Stations"} <= set(texts)


def test_many_stations_have_no_marks_and_a_row_of_cells_no_map():
    figure = plots.station_calibration(fit(400))
    assert not [line for line in figure.axes[-1].lines if line.get_marker() == "|"]
    row = fit().isel(lat=slice(0, 1))
    assert len(plots.station_calibration(row).axes) == 1
    nothing = fit(level=np.full((8, 8), np.nan))
    assert plots.station_calibration(nothing).axes


def test_without_stations_there_is_nothing_to_draw():
    with pytest.raises(SchemaError, match="found no station"):
        plots.station_calibration(fit().isel(site=slice(0, 0)))
    with pytest.raises(SchemaError, match="'level'"):
        plots.station_calibration(fit().drop_vars("level"))
