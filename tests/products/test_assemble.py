"""The last step of every reader: what is masked, what is counted, what is said about it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import schema
from vadose.errors import SchemaError
from vadose.grid import Grid
from vadose.products.assemble import assemble
from vadose.products.catalogue import get

GRID = Grid.regular(10.0).crop((0, 0, 20, 20))
F = schema.FLAGS


def field(values, dtype="float32"):
    values = np.asarray(values, dtype=dtype)
    time = pd.date_range("2020-01-01", periods=len(values))
    return xr.DataArray(values, dims=("time", "lat", "lon"), coords={**GRID.coords(), "time": time})


VALUES = [[[0.1, 1.5], [np.nan, 0.3]], [[-0.2, 0.5], [0.6, 2.0]]]
BITS = [[[0, 0], [0, F["frozen_or_snow"]]], [[0, F["dense_vegetation"]], [F["gap_filled"], 0]]]


def made(values=VALUES, flags="recommended", chunk=False, **options):
    da, bits = field(values), field(BITS, "uint16")
    if chunk:
        da, bits = da.chunk(time=1, lon=1), bits.chunk(time=1, lon=1)
    return assemble(get("esa_cci"), da, flags=flags, grid=GRID, inputs=["/far/away/a.nc", "b.nc"],
                    **{"unit": "m3 m-3", "flag": bits, **options})  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "kept"),
    [("recommended", [[[1, 0], [0, 0]], [[0, 0], [1, 0]]]), ("usable", [[[1, 0], [0, 0]], [[0, 1], [1, 0]]]),
     ("none", [[[1, 0], [0, 1]], [[0, 1], [1, 0]]])],
)  # fmt: skip
def test_rules_by_hand(rule, kept):
    ds = made(flags=rule)
    assert ds.sm.notnull().values.astype(int).tolist() == kept
    assert ds.n_out_of_range.values.tolist() == [1, 2]  # counted before the rule
    assert ds.flag.values[0].tolist() == [[0, F["out_of_range"]], [F["missing"], F["frozen_or_snow"]]]
    assert ds.attrs["flag_rule"] == rule


@pytest.mark.parametrize("rule", list(schema.FLAG_RULES))
def test_chunks_do_not_matter_and_nothing_is_computed_early(rule):
    sigma = field(VALUES) * 0.1
    eager = made(flags=rule, uncertainty=sigma)
    lazy = made(flags=rule, chunk=True, uncertainty=sigma.chunk(time=1))
    assert all(lazy[v].chunks for v in lazy.data_vars)
    xr.testing.assert_identical(lazy.drop_attrs().compute(), eager.drop_attrs())


def test_the_rejection_of_a_value_covers_its_uncertainty():
    ds = made(uncertainty=field(np.full((2, 2, 2), 0.05)))
    np.testing.assert_array_equal(ds.sm_uncertainty.notnull(), ds.sm.notnull())
    bad = made(uncertainty=field(np.full((2, 2, 2), 1.5)))
    assert int(bad.sm_uncertainty.notnull().sum()) == 0


def test_percent_becomes_a_degree_of_saturation():
    ds = made(np.asarray(VALUES) * 100, unit="percent", name="saturation")
    assert float(ds.saturation[0, 0, 0]) == pytest.approx(0.1) and ds.saturation.attrs["units"] == "1"
    assert ds.n_out_of_range.values.tolist() == [1, 2]
    with pytest.raises(SchemaError, match="porosity"):
        made(unit="percent")


def test_a_limit_met_within_float32_is_kept():
    values = np.full((1, 2, 2), np.float32(1.0) + np.float32(2e-7))
    ds = assemble(get("esa_cci"), field(values), unit="m3 m-3", flags="recommended", grid=GRID, inputs=[])
    assert int(ds.n_out_of_range[0]) == 0 and int(ds.sm.notnull().sum()) == 4


def test_provenance_names_files_not_folders():
    ds = made(version="9", depth=(0.0, 0.05), attrs={"variant": "combined"})
    assert json.loads(ds.attrs["inputs"]) == ["a.nc", "b.nc"] and ds.attrs["product_version"] == "9"
    assert ds.sm.attrs["depth_to"] == 0.05 and ds.attrs["variant"] == "combined" and ds.attrs["family"] == "esa_cci"
    assert ds.sm.attrs["units"] == "m3 m-3" and "units" not in ds.flag.attrs
    assert ds.flag.attrs["flag_meanings"].split()[0] == "frozen_or_snow"


def test_layers_have_bounds_and_middles():
    values = field(VALUES).expand_dims(layer=2, axis=1)
    ds = assemble(get("gldas_noah"), values, unit="m3 m-3", flags="none", grid=GRID, inputs=["a.nc"],
                  layers=[(0.0, 0.1), (0.1, 0.4)])  # fmt: skip
    assert ds.layer.values.tolist() == [0.05, 0.25] and ds.layer_bnds.values.tolist() == [[0, 0.1], [0.1, 0.4]]
    assert ds.n_out_of_range.values.tolist() == [2, 4]


def test_observations_and_extras():
    time = pd.date_range("2020-01-01", periods=3, freq="h")
    place = {"time": ("obs", time), "lat": ("obs", [1.0, 2.0, 3.0]), "lon": ("obs", [1.0, 2.0, 3.0])}
    values = xr.DataArray(np.array([0.1, np.nan, 0.9], "f4"), dims="obs", coords=place)
    celsius = xr.DataArray(np.array([10.0, -300.0, 30.0]), dims="obs", coords=place)
    ds = assemble(get("smap_l3"), values, unit="m3 m-3", flags="recommended", inputs=["a.nc"],
                  extras={"soil_temperature": celsius}, extra_units={"soil_temperature": "degC"})  # fmt: skip
    assert schema.form(ds) == "observations" and int(ds.n_out_of_range) == 0
    np.testing.assert_allclose(ds.soil_temperature.values, [283.15, np.nan, 303.15])
    assert ds.soil_temperature.attrs["units"] == "K"
