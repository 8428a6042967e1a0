"""The figure of years by stations: the stations of its region, what is added, and all before and after."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError
from vadose.grid import Grid

GRID = Grid.regular(0.25).crop((8, 44, 10, 46))


def fit(n=6):
    rng = np.random.default_rng(0)
    seen = 0.01 * rng.standard_normal((16, n))
    seen[3] = np.nan
    lat, lon = np.linspace(44.1, 45.9, n), np.linspace(8.1, 9.9, n)
    lat[0], lon[0] = 10.0, 20.0  # of another region
    years = np.arange(2003, 2019)
    sm = {"units": "m3 m-3"}
    data = {"drift_seen": (("seen_year", "site"), seen, sm), "drift_predicted": (("seen_year", "site"), 0.5 * seen, sm),
            "drift": (("year", "lat", "lon"), np.linspace(-0.01, 0.01, 16)[:, None, None] * np.ones((1, 8, 8)), sm),
            "level": (("lat", "lon"), np.zeros((8, 8)), sm)}  # fmt: skip
    coords = {**GRID.coords(), "station_lat": ("site", lat), "station_lon": ("site", lon), "year": years,
              "seen_year": years}  # fmt: skip
    return xr.Dataset(data, coords, {"simulated": "true"})


def test_stations_of_the_region_are_lines_and_all_are_in_the_rms(words):
    ds = fit()
    figure = plots.station_years(ds)
    left, right = figure.axes
    lines = [line for line in left.lines if len(line.get_xdata()) == 16]
    assert len(lines) == 6  # five stations and what is added
    np.testing.assert_allclose(lines[0].get_ydata(), ds["drift_seen"][:, 1])
    np.testing.assert_allclose(lines[-1].get_ydata(), np.linspace(-0.01, 0.01, 16), atol=1e-12)
    before, after = (line.get_ydata() for line in right.lines)
    np.testing.assert_allclose(before, np.sqrt((ds["drift_seen"] ** 2).mean("site")))
    np.testing.assert_allclose(after, before / 2)
    assert np.isnan(before[3])
    rms = float(np.sqrt((ds["drift_seen"] ** 2).mean()))
    texts = words(figure)
    assert any(t == f"before: {rms:.4f}" for t in texts) and any(f"{rms / 2:.4f}" in t for t in texts)
    assert {"SIMULATED DATA", "Station less record [m³ m⁻³]", "added, mean of the region"} <= set(texts)


def test_without_years_there_is_nothing_to_draw():
    with pytest.raises(SchemaError, match="no station with years"):
        plots.station_years(fit().isel(site=slice(0, 0)))
    with pytest.raises(SchemaError, match="'drift_seen'"):
        plots.station_years(fit().drop_vars("drift_seen"))
    assert len(plots.station_years(fit().isel(site=slice(0, 1))).axes) == 2  # none in the region
