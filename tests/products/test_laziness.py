"""Opening reads headers and no pixels; results depend neither on chunks nor on a pass through pickle."""

from __future__ import annotations

import pickle

import dask
import numpy as np
import pytest

from vadose import products, schema

LAZY = {
    "smap_l3": ("smap_l3/cells_v9_am_pm", "smap_l3/cells_v5_pm"),
    "smos_ic": ("smos_ic/cells_v105_asc",),
    "smos_l3": ("smos_l3/cells_v339_asc", "smos_l3/images"),
    "ascat_h113": ("ascat/h113_cells",),
    "ascat_h119": ("ascat/h119_cells",),
    "cgls_ssm_1km": ("cgls_ssm_1km",),
    "cgls_swi_1km": ("cgls_swi_1km",),
}
CASES = [(product, folder) for product, folders in LAZY.items() for folder in folders]


def refuse(dsk, keys, **options):
    raise AssertionError("a reader computed data")


@pytest.mark.parametrize(("product", "folder"), CASES)
def test_opening_computes_nothing(data, product, folder):
    with dask.config.set(scheduler=refuse):
        ds = products.open(product, data / folder)
    schema.check(ds)
    assert ds[schema.primary(ds)].chunks and ds.flag.dtype == np.uint16
    assert ds.flag_rule == "recommended" and ds.attrs["product"] == product and ds.inputs


@pytest.mark.parametrize(("product", "folder"), [("smos_l3", "smos_l3/images"), ("cgls_swi_1km", "cgls_swi_1km"),
                                                 ("smap_l3", "smap_l3/cells_v9_am_pm")])  # fmt: skip
def test_chunks_and_pickle_change_nothing(data, product, folder):
    ds = products.open(product, data / folder)
    name = schema.primary(ds)
    size = {"obs": 5000} if "obs" in ds.dims else {"lat": 50, "lon": 70}
    other = pickle.loads(pickle.dumps(ds)).chunk(size)
    np.testing.assert_array_equal(other[name], ds[name])
    np.testing.assert_array_equal(other.flag, ds.flag)
    np.testing.assert_array_equal(other.n_out_of_range, ds.n_out_of_range)


def test_a_written_swath_is_read_back(data, tmp_path):
    import xarray as xr

    ds = products.open("smap_l2", data / "smap_l2", bbox=(-120, 20, -60, 50))
    ds.to_netcdf(tmp_path / "out.nc")
    with xr.open_dataset(tmp_path / "out.nc") as back:
        np.testing.assert_array_equal(back.sm, ds.sm)
        np.testing.assert_array_equal(back.time, ds.time)
        assert back.attrs["product"] == "smap_l2" and back.sm.attrs["units"] == "m3 m-3"
