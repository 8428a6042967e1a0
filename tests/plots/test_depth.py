import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError


def rows(**attrs):
    return xr.Dataset(
        {"r": ("row", [0.9, 0.8, np.nan, 0.5], {"units": "1", "long_name": "correlation"}),
         "lag": ("row", [0.0, 1.0, 2.0, 12.0], {"units": "day", "long_name": "lag"})},
        {"bin": ("row", ["0-10 cm", "10-40 cm", "10-40 cm", "40-100 cm"])}, attrs,
    )  # fmt: skip


def test_bins_stand_from_the_surface_down_with_the_stations_that_have_a_number(words):
    figure = plots.depth_boxes(rows(simulated="true"))
    left, right = figure.axes
    assert [t.get_text() for t in left.get_yticklabels()] == ["0-10 cm", "10-40 cm", "40-100 cm", "> 100 cm"]
    assert left.get_ylim()[0] > left.get_ylim()[1]
    texts = [[t.get_text() for t in axes.texts] for axes in (left, right)]
    assert texts[0][:4] == ["1 / 1", "1 / 2", "1 / 1", "no station"] and texts[1][1] == "2 / 2"
    assert left.get_xlabel() == "Correlation [–]" and right.get_xlabel() == "Lag [day]"
    assert "SIMULATED DATA" in words(figure) and "median R 0.90, 1 stations" in figure.get_label()


def test_series_break_at_gaps_and_name_what_they_are():
    time = pd.date_range("2015-01-01", periods=10)
    values = np.linspace(0.2, 0.3, 10)
    values[4] = np.nan
    ds = xr.Dataset({k: ("time", values + i * 0.01, {"units": "m3 m-3", "label": k.upper()})
                     for i, k in enumerate(("surface", "deep", "swi"))}, {"time": time})  # fmt: skip
    figure = plots.swi_series(ds, place_name="N S")
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["SURFACE", "DEEP", "SWI"]
    assert sum(np.isnan(line.get_ydata()).any() for line in figure.axes[0].lines) == 3
    assert figure.axes[0].get_ylabel() == "Soil moisture [m³ m⁻³]"


def test_what_is_missing_is_named():
    with pytest.raises(SchemaError, match="lag"):
        plots.depth_boxes(rows().drop_vars("lag"))
    with pytest.raises(SchemaError, match="deep"):
        plots.swi_series(xr.Dataset({"surface": ("time", [1.0])}))
