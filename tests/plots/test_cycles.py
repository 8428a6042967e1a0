import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis, plots
from vadose.errors import SchemaError
from vadose.grid import Grid
from vadose.periods import dekads

GRID = Grid.regular(0.5).crop((0, 0, 2, 1))
TIME = dekads("2003D01", "2006D36")


def moisture():
    turn = 2 * np.pi * (np.arange(TIME.size) % 36) / 36
    x = 0.2 + 0.1 * np.cos(turn)[:, None, None] * np.ones(GRID.shape)
    return xr.DataArray(x, dims=("time", "lat", "lon"), coords=GRID.coords() | {"time": TIME}, name="sm",
                        attrs={"units": "m3 m-3", "simulated": "true"})  # fmt: skip


def test_a_time_of_the_year_has_cyclic_colours_and_months(words):
    cycle = analysis.seasonal_cycle(moisture())
    figure = plots.cycle_map(cycle.peak_dekad.assign_attrs(simulated="true"))
    mesh = figure.axes[0].collections[-1]
    assert mesh.get_cmap().name == "twilight" and mesh.get_clim() == (0.5, 36.5)
    first, last = mesh.get_cmap()(0.0), mesh.get_cmap()(1.0)
    assert np.abs(np.subtract(first, last)).max() < 0.01  # New Year is no edge
    text = " ".join(words(figure))
    assert "SIMULATED DATA" in text and "January to December" in text
    assert plots.cycle_map(cycle.peak_doy).axes[0].collections[-1].get_clim() == (0.5, 365.5)


def test_lags_are_symmetric_and_losses_start_at_zero(words):
    da = moisture().isel(time=0, drop=True)
    lag = plots.cycle_map(xr.full_like(da, -1.7).rename("lag").assign_attrs(units="1", long_name="lag"))
    low, high = lag.axes[0].collections[-1].get_clim()
    assert low == -high == -2
    loss = plots.cycle_map(da.rename("loss").assign_attrs(units="m3 m-3 dekad-1", long_name="loss"))
    assert loss.axes[0].collections[-1].get_clim()[0] == 0 and "dekad⁻¹" in " ".join(words(loss))


def test_histogram_counts_every_cell(words):
    lag = xr.Dataset({"lag": ("cell", [-1.2, 0.3, 1.1, 1.2, np.nan])})
    figure = plots.lag_histogram(lag)
    assert sum(p.get_height() for p in figure.axes[0].patches) == 4
    assert "4 cells" in " ".join(words(figure))
    assert "no cell with a lag" in words(plots.lag_histogram(lag * np.nan))


def test_curves_and_events(words):
    sm = moisture()
    cells = sm.stack(cell=("lat", "lon")).isel(cell=[0, 3]).reset_index("cell").transpose("cell", "time")
    fit = analysis.cycle_values(analysis.seasonal_cycle(cells))
    figure = plots.cycle_curves(cells, fit, fit.assign_attrs(units="mm day-1"))
    assert "Precipitation [mm day⁻¹]" in words(figure) and "0.75° N, 0.25° E" in words(figure)
    with pytest.raises(SchemaError, match="1 to 4"):
        plots.cycle_curves(cells.isel(cell=[0, 1, 0, 1, 0]), fit)
    day = np.arange(60)
    series = xr.DataArray(0.1 + 0.2 * np.exp(-(day % 20) / 5), dims="time", attrs={"units": "m3 m-3"},
                          coords={"time": pd.date_range("2001-05-01", periods=60)})  # fmt: skip
    events = analysis.drydown_events(series)
    rain = xr.where(series.time.dt.day % 20 == 1, 10.0, 0.0).assign_attrs(units="mm")
    figure = plots.drydown_fits(series, events, rain)
    assert words(figure).count("5.0 d") == 3
    with pytest.raises(SchemaError, match="Select one cell"):
        plots.drydown_fits(sm, events)
