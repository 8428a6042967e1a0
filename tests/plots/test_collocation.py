import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import plots, validation
from vadose.errors import SchemaError

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def result():
    truth = RNG.standard_normal((3, 800))
    time = pd.date_range("2016-01-01", periods=800)
    unit = {"units": "m3 m-3"}
    three = [xr.DataArray(truth + s * RNG.standard_normal(truth.shape), {"time": time}, ("cell", "time"), attrs=unit)
             for s in (0.3, 0.6, 1.0)]  # fmt: skip
    three[2][2] = np.nan
    got = validation.triple_collocation(*three, products=["stations", "satellite", "model"], n_boot=50)
    return got.assign_coords(cell_lat=("cell", [1.0, 2, 3]), cell_lon=("cell", [4.0, 5, 6]))


def test_bars_are_medians_over_cells_and_dots_are_cells(result):
    figure = plots.collocation_bars(result)
    snr = figure.axes[0]
    assert [b.get_width() for b in snr.patches] == pytest.approx(result.snr_db.median("cell").values.tolist())
    dots = [ln for ln in snr.lines if ln.get_marker() == "o"]
    assert len(dots) == 6 and "[dB]" in snr.get_xlabel()
    assert [t.get_text() for t in snr.get_yticklabels()] == ["stations", "satellite", "model"]


def test_one_triplet_without_cells_and_nothing_at_all(result):
    assert plots.collocation_bars(result.isel(cell=0)).axes[1].patches
    nothing = plots.collocation_bars(result.isel(cell=[2]))
    assert sum("no value" in t.get_text() for t in nothing.axes[0].texts) == 3
    with pytest.raises(SchemaError, match="snr_db"):
        plots.collocation_bars(result.drop_vars("snr_db"))


def test_cells_for_the_map_keep_their_places_and_units(result):
    flat = plots.collocation_cells(result)
    assert flat.sizes["cell"] == 9 and flat["product"].values[3] == "satellite"
    assert flat.snr_db.values[3] == result.snr_db.sel(product="satellite").values[0]
    assert flat.cell_lon.values.tolist() == [4.0, 5, 6] * 3 and flat.snr_db.attrs["units"] == "dB"
    assert len(plots.score_map(flat, "snr_db").axes) == 4
