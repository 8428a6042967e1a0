"""ASCAT series and swaths against raw reads, and cell files in the provider's layout."""

from __future__ import annotations

import netCDF4
import numpy as np
import pandas as pd
import pytest

from vadose import products, schema
from vadose.errors import InputFileError
from vadose.products.ascat import open_ascat_h113, open_ascat_h119, open_ascat_l2


def stored(path, *names):
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        return [nc[n][:] for n in names]


def test_h113_equals_the_published_series(data):
    ds = products.open("ascat_h113", data / "ascat/h113_cells/0166.nc", flags="none")
    schema.check(ds, "observations")
    here = (np.abs(ds.lat - 20.0013) < 1e-4) & (np.abs(ds.lon + 155.2849) < 1e-4)
    ours = ds.isel(obs=np.flatnonzero(here.values))
    table = pd.read_csv(data / "station_timeseries/pytesmo/ASCAT.csv", index_col=0, parse_dates=True).sm
    assert ours.sizes["obs"] == len(table) == 4761
    np.testing.assert_allclose(100 * ours.saturation.values, table.to_numpy(), atol=1e-4)
    assert np.abs(ours.time.values - table.index.to_numpy()).max() <= np.timedelta64(1, "ms")


def test_h113_flags_follow_the_bytes(data):
    path = data / "ascat/h113_cells/0165.nc"
    sm, conf, proc, ssf, noise = stored(path, "sm", "conf_flag", "proc_flag", "ssf", "sm_noise")
    counts = {rule: int(products.open("ascat_h113", path, flags=rule).saturation.notnull().sum())
              for rule in ("none", "usable", "recommended")}  # fmt: skip
    assert counts["none"] == (sm != 127).sum() == 250722
    assert counts["usable"] == ((proc == 0) & (ssf <= 1) & (sm != 127)).sum()
    assert counts["recommended"] == ((proc == 0) & (ssf <= 1) & (conf == 0) & (sm != 127)).sum() == 174885
    ds = open_ascat_h113([path], flags="none")
    assert ds.sizes["obs"] == 253753 and ds.saturation.chunks
    assert float(ds.saturation_uncertainty.max()) == pytest.approx(noise[noise != 127].max() / 100)
    assert int(((ds.flag & 8) != 0).sum()) == (proc != 0).sum()


def test_h119_drops_unused_slots_and_masks_before_scaling(data):
    path = data / "ascat/h119_cells/0165.nc"
    sm, = stored(path, "sm")  # fmt: skip
    ds = products.open("ascat_h119", path, flags="none")
    assert ds.sizes["obs"] == 158708
    assert np.unique(ds.location).size == 33 and float(ds.lat.max()) < 20
    assert int(ds.saturation.notnull().sum()) == (sm != 65535).sum() == 157122
    assert float(ds.saturation.max()) == 1.0
    assert float(ds.saturation.sum(dtype="f8")) == pytest.approx(sm[sm != 65535].sum(dtype="f8") / 1e4, rel=1e-7)
    assert set(np.unique(ds.sat_id)) == {3, 4, 5}


def test_h119_box_and_period(data):
    path = data / "ascat/h119_cells/0165.nc"
    ds = open_ascat_h119([path], bbox=(-155.6, 19.5, -155.4, 19.7), period="2019-06")
    assert ds.lat.min() >= 19.5 and ds.lon.max() <= -155.4
    assert set(ds.time.dt.strftime("%Y-%m").values) == {"2019-06"}
    with pytest.raises(InputFileError, match="no observation"):
        open_ascat_h119([path], period="1999")


def test_series_of_the_other_product_are_refused(data):
    with pytest.raises(InputFileError, match="needed an H113 cell file"):
        open_ascat_h113([data / "ascat/h119_cells/0165.nc"])
    with pytest.raises(InputFileError, match="needed an H119 cell file"):
        open_ascat_h119([data / "ascat/h113_cells/0165.nc"])
    with pytest.raises(InputFileError, match="row_size"):
        open_ascat_h119([data / "c3s/cells/v202505_active/0165.nc"])


def write_cell(path, *, units="degree of saturation (%)", rows=(2, 1), sm=(50, 127, 101), conf=(0, 0, 2), drop=None):
    with netCDF4.Dataset(path, "w") as nc:
        nc.product_id = "H113"
        nc.createDimension("locations", 3)
        nc.createDimension("obs", 3)
        lat = nc.createVariable("lat", "f4", "locations")
        lon = nc.createVariable("lon", "f4", "locations")
        lat[:], lon[:] = [19.0, 19.1, 9.96921e36], [-155.0, -155.1, 9.96921e36]
        number = nc.createVariable("location_id", "i8", "locations")
        number[:] = [7, 8, -9223372036854775806]
        size = nc.createVariable("row_size", "i8", "locations")
        size[:] = [*rows, -9223372036854775806]
        time = nc.createVariable("time", "f8", "obs")
        time.units = "days since 1900-01-01 00:00:00"
        time[:] = [39082.5, 39081.5, 39083.25]
        for name, values in (("sm", sm), ("sm_noise", (5, 127, 60)), ("proc_flag", (0, 4, 0)), ("conf_flag", conf),
                             ("ssf", (1, 0, 2))):  # fmt: skip
            if name != drop:
                variable = nc.createVariable(name, "i1", "obs")
                variable[:] = values
                if name.startswith("sm"):
                    variable.units = units
    return path


def test_cell_layout_and_flag_bits(tmp_path):
    ds = open_ascat_h113([write_cell(tmp_path / "0165.nc")], flags="none")
    # in time order: the middle value comes first
    assert ds.location.values.tolist() == [7, 7, 8]
    assert ds.saturation.values[1] == pytest.approx(0.5)
    assert np.isnan(ds.saturation.values[[0, 2]]).all()
    assert ds.flag.values.tolist() == [8 + 4096, 0, 1 + 64 + 128]
    assert int(ds.n_out_of_range) == 1
    assert str(ds.time.values[0])[:13] == "2007-01-01T12"
    recommended = open_ascat_h113([tmp_path / "0165.nc"])
    assert recommended.saturation.notnull().values.tolist() == [False, True, False]


@pytest.mark.parametrize(("how", "message"), [
    ({"units": "K"}, "units 'K'"),
    ({"rows": (2, 2)}, "row_size"),
    ({"drop": "conf_flag"}, "conf_flag"),
])  # fmt: skip
def test_bad_cells_are_named(tmp_path, how, message):
    with pytest.raises(InputFileError, match=message):
        open_ascat_h113([write_cell(tmp_path / "0165.nc", **how)])


# ------------------------------------------------------------------------------------------------- swaths
def swath(data):
    return next((data / "ascat/eumetsat_l2_swath").glob("*.nc"))


def test_swath_agrees_with_the_file(data):
    path = swath(data)
    sm, error, lat, lon, time = stored(path, "soil_moisture", "soil_moisture_error", "latitude", "longitude",
                                       "utc_line_nodes")  # fmt: skip
    ds = products.open("ascat_l2", path, flags="none")
    schema.check(ds, "observations")
    assert ds.sizes["obs"] == 1632 * 42 and ds.n_without_time == 0
    known = sm.ravel() != 65535
    # lines of nodes come in time order already
    np.testing.assert_allclose(ds.saturation.values, np.where(known, sm.ravel() / 1e4, np.nan), rtol=1e-6)
    assert int(ds.saturation.notnull().sum()) == known.sum() == 15372
    np.testing.assert_allclose(ds.lat, lat.ravel() * 1e-6, atol=1e-9)
    np.testing.assert_allclose(ds.lon, lon.ravel() * 1e-6, atol=1e-9)
    assert ds.time.values[0] == np.datetime64("2000-01-01") + np.timedelta64(int(time[0]), "s")
    assert str(ds.time.values[0]) == "2017-02-20T04:15:00.000000000"
    ok = error.ravel()[known]
    assert float(ds.saturation_uncertainty.max()) == pytest.approx(ok.max() / 1e4)


def test_swath_flags_winter_and_failures(data):
    path = swath(data)
    names = ("frozen_soil_probability", "snow_cover_probability", "proc_flag1", "wetland_flag", "topography_flag",
             "soil_moisture", "soil_moisture_error")  # fmt: skip
    frozen, snow, proc, wet, steep, sm, error = (a.ravel() for a in stored(path, *names))

    def over(percent):
        return (percent > 50) & (percent != 255)

    ds = open_ascat_l2([path])
    bad = over(frozen) | over(snow) | over(wet) | over(steep) | ((proc != 255) & (proc & 31 != 0))
    bad |= (error > 5000) & (error != 65535)
    np.testing.assert_array_equal(ds.saturation.notnull().values, ~bad & (sm != 65535))
    assert int(ds.saturation.notnull().sum()) == 2828
    usable = open_ascat_l2([path], flags="usable")
    assert 2828 < int(usable.saturation.notnull().sum()) < 15372


def test_swath_box(data):
    ds = open_ascat_l2([swath(data)], bbox=(60, 10, 130, 60))
    assert 0 < ds.sizes["obs"] < 20000
    assert ds.lat.min() >= 10 and ds.lat.max() <= 60 and ds.lon.min() >= 60 and ds.lon.max() <= 130


def test_bad_swaths_are_named(data, tmp_path):
    whole = swath(data).read_bytes()
    cut = tmp_path / "cut.nc"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputFileError, match=r"cut\.nc"):
        open_ascat_l2([cut])
    (tmp_path / "empty.nc").touch()
    with pytest.raises(InputFileError, match="empty file"):
        open_ascat_l2([tmp_path / "empty.nc"])
    with pytest.raises(InputFileError, match="soil_moisture"):
        open_ascat_l2([data / "ascat/h113_cells/0165.nc"])
    changed = tmp_path / "units.nc"
    changed.write_bytes(whole)
    with netCDF4.Dataset(changed, "a") as nc:
        nc["soil_moisture"].units = "dB"
    with pytest.raises(InputFileError, match="units 'dB'"):
        open_ascat_l2([changed])
