"""The eleven products of RSSSM and what stands beside them: periods, masks, errors, composites."""

import dask
import numpy as np
import pytest
import xarray as xr

from vadose import schema, twin
from vadose.errors import ConfigError
from vadose.grid import Grid
from vadose.periods import dekads, format_dekad, start_of
from vadose.schema import FLAGS
from vadose.twin import REANALYSES, RSSSM, sensors
from vadose.twin.cells import Cells

# typed from METHODS 2.1 and the paper, cut to 2003-2018
PERIODS = {
    "smap_e": ("2015D10", "2018D36"), "ascat_swi": ("2007D01", "2018D36"), "smos_ic": ("2010D16", "2018D36"),
    "amsr2_jaxa": ("2012D19", "2018D36"), "amsr2_lprm": ("2012D19", "2018D36"), "tmi_lprm": ("2003D01", "2015D09"),
    "fy3b_nsmc": ("2011D20", "2018D36"), "windsat_lprm": ("2003D01", "2012D18"), "amsre_jaxa": ("2003D01", "2011D27"),
    "amsre_lprm": ("2003D01", "2011D27"), "amsre_nsidc": ("2003D01", "2011D27"),
}  # fmt: skip
MASK_FROST = {"smap_e", "ascat_swi", "smos_ic", "amsr2_lprm", "tmi_lprm", "windsat_lprm", "amsre_lprm"}


def top(earth, like=None):
    sm = earth["twin/truth"].sm.isel(layer=0, drop=True).astype(float)
    return sm if like is None else sm.sel(time=like.time)


def test_names_forms_and_labels(rsssm):
    extra = ["factors", "reanalysis_a", "reanalysis_b", "gpp", "airborne", "stations"]
    assert list(rsssm) == [f"twin/{n}" for n in ("land", "truth", *PERIODS, *extra)]
    for name, ds in rsssm.items():
        form = {"twin/land": "static", "twin/stations": "stations"}.get(name, "grid")
        schema.check(ds, form)
        assert ds.attrs["simulated"] == "true" and ds.attrs["title"].startswith("Simulated")
        assert all(name == "flag" or da.attrs.get("units") for name, da in ds.data_vars.items())


@pytest.mark.parametrize("name", list(PERIODS))
def test_periods_are_those_of_the_table(rsssm, name):
    np.testing.assert_array_equal(rsssm[f"twin/{name}"].time, dekads(*PERIODS[name]))
    assert np.isfinite(rsssm[f"twin/{name}"].sm).any(("lat", "lon")).mean() > 0.7


def test_tmi_sees_nothing_beyond_40_degrees(rsssm):
    seen = np.isfinite(rsssm["twin/tmi_lprm"].sm).any("time")
    far = np.abs(seen.lat) > 40
    assert not seen[far].any() and seen[~far].mean() > 0.3
    assert ((rsssm["twin/tmi_lprm"].flag.values[:, far] & FLAGS["missing"]) != 0).all()


def test_transmitters_spoil_smos_in_eurasia_only(rsssm):
    flag = rsssm["twin/smos_ic"].flag
    assert ((flag & FLAGS["radio_frequency_interference"]) != 0).any()
    america = Cells.of(Grid.regular(0.5).crop((-110, 30, -90, 45)))
    assert not sensors.interference(RSSSM["smos_ic"], america, 5).any()
    eurasia = sensors.interference(RSSSM["smos_ic"], Cells.of(Grid.regular(1.0).crop((-10, 20, 150, 70))), 5)
    # threshold and steepness: expected share Φ(−0.6 / √(1 + 1/16))
    assert eurasia.mean() == pytest.approx(0.280, abs=0.03)
    assert sensors.interference(RSSSM["smap_e"], america, 5).max() == 0


def test_frost_masks_are_those_of_the_table():
    assert {name for name, sensor in RSSSM.items() if sensor.masks_frozen} == MASK_FROST


def test_frost_in_daily_products():
    names = ["ascat_swi", "amsre_jaxa"]
    lazy = twin.generate(region=(60, 60, 63, 63), resolution=1.0, years=(2008, 2008), seed=2, products=names)
    earth = dict(zip(lazy, dask.compute(*lazy.values())))
    frozen = earth["twin/truth"].flag == FLAGS["frozen_or_snow"]
    assert 0.2 < frozen.mean() < 0.9
    assert not np.isfinite(earth["twin/ascat_swi"].sm.where(frozen)).any()
    dry = earth["twin/amsre_jaxa"].sm.where(frozen)
    assert np.isfinite(dry).sum() > 100
    # frozen soil is reported as dry soil
    assert dry.mean() < earth["twin/amsre_jaxa"].sm.where(~frozen).mean() - 0.03


def test_composites_are_means_of_observed_days(rsssm):
    names = ["amsr2_lprm", "smap_e"]
    kwargs = {"region": (28, 38, 31, 41), "resolution": 0.5, "years": (2014, 2015), "seed": 5, "products": names}
    days, tens = (dict(zip(e, dask.compute(*e.values())))
                  for e in (twin.generate(**kwargs), twin.generate(**kwargs, step="dekad")))  # fmt: skip
    for name in ("twin/amsr2_lprm", "twin/smap_e", "twin/stations"):
        day, ten = days[name], tens[name]
        by = day.sm.astype(float).assign_coords(dekad=("time", start_of(day.time, "dekad"))).groupby("dekad")
        expected, count = by.mean(), by.count()
        np.testing.assert_array_equal(ten.time, expected.dekad)
        np.testing.assert_allclose(ten.sm.transpose("time", ...), expected.transpose("dekad", ...), rtol=2e-6)
        np.testing.assert_array_equal(ten.nobs.transpose("time", ...), count.transpose("dekad", ...))
        np.testing.assert_array_equal(ten.flag == 0, ten.nobs > 0)
    rain = days["twin/truth"].precipitation.astype(float)
    total = rain.assign_coords(dekad=("time", start_of(rain.time, "dekad"))).groupby("dekad").sum(skipna=False)
    np.testing.assert_allclose(tens["twin/truth"].precipitation, total, rtol=1e-5, atol=1e-6)
    one = days["twin/smap_e"].sm_uncertainty.mean(), tens["twin/smap_e"].sm_uncertainty.mean()
    assert one[1] < one[0]
    assert format_dekad(tens["twin/smap_e"].time.values[0]) == "2015D10"


@pytest.mark.parametrize("name", [*PERIODS, *REANALYSES])
def test_error_sizes_are_those_of_the_table(rsssm, name):
    sizes = {**RSSSM, **REANALYSES}[name]
    seen = rsssm[f"twin/{name}"].sm
    seen = seen.isel(layer=0, drop=True) if "layer" in seen.dims else seen
    truth = top(rsssm, seen)
    thawed = rsssm["twin/truth"].flag.sel(time=seen.time) == 0
    error = (seen.astype(float) - truth).where(thawed)
    wet = (truth.mean("time") > 0.18) & (error.count("time") > 60)
    assert wet.sum() > 10
    assert float(error.std("time").where(wet).median()) == pytest.approx(sizes.ubrmse, rel=0.25)


def test_uncertainty_is_honest(rsssm):
    for name in ("smap_e", "amsr2_jaxa"):
        ds = rsssm[f"twin/{name}"]
        thawed = rsssm["twin/truth"].flag.sel(time=ds.time) == 0
        error = (ds.sm - top(rsssm, ds)).where(thawed)
        random = error - error.groupby("time.month").mean("time").sel(month=ds.time.dt.month)
        ratio = float((random.std("time") / ds.sm_uncertainty.where(thawed).mean("time")).median())
        assert 0.7 < ratio < 1.3


def test_noise_has_unit_variance_and_products_of_one_antenna_share_it():
    cells, day = Cells.of(Grid.regular(0.5).crop((0, 40, 5, 45))), np.arange(15_000, 15_400)
    noise = {n: sensors._random(n, RSSSM[n], cells, day, 5) for n in ("amsre_lprm", "amsre_nsidc", "windsat_lprm")}
    fast = {n: np.diff(z, axis=-1).ravel() for n, z in noise.items()}
    assert noise["amsre_lprm"].std() == pytest.approx(1, abs=0.05)
    # what changes from day to day is the white part, of which SHARED = 0.4 is common
    assert np.corrcoef(fast["amsre_lprm"], fast["amsre_nsidc"])[0, 1] == pytest.approx(0.4, abs=0.03)
    assert np.corrcoef(fast["amsre_lprm"], fast["windsat_lprm"])[0, 1] == pytest.approx(0.0, abs=0.03)


def test_lprm_has_edges_at_whole_degrees():
    cells = Cells.of(Grid.regular(0.25).crop((20, 30, 26, 36)))
    scene = sensors.Scene(cells, slice(None), slice(None), {"clay": np.full(cells.shape, 25.0),
                          "land_cover": np.ones(cells.shape)}, {}, np.arange(1))  # fmt: skip
    edge = np.abs(np.diff(sensors.bias_pattern("tmi_lprm", RSSSM["tmi_lprm"], scene, 1), axis=1)).mean(axis=0)
    at_edge = np.arange(1, cells.shape[1]) % 4 == 0
    assert edge[at_edge].min() > 3 * edge[~at_edge].max()


def test_the_two_reanalyses_differ_in_trend(rsssm):
    def drift(name):
        ds = rsssm[f"twin/{name}"]
        error = (ds.sm.isel(layer=0) - top(rsssm, ds)).groupby("time.year").mean()
        slope = error.polyfit("year", 1).polyfit_coefficients.sel(degree=1)
        return float((slope + rsssm["twin/land"].imposed_trend.where(slope.notnull())).mean())

    # without what is imposed on the truth, the first drifts nowhere and the second dries
    assert abs(drift("reanalysis_a")) < 2.5e-4
    assert drift("reanalysis_b") < -4e-4
    rain = rsssm["twin/reanalysis_b"].precipitation.sum(("lat", "lon")) / rsssm["twin/truth"].precipitation.sum(
        ("lat", "lon")
    )
    yearly = rain.where(np.isfinite(rain)).groupby("time.year").median()
    assert float(yearly.sel(year=[2016, 2017, 2018]).mean() - yearly.sel(year=[2003, 2004, 2005]).mean()) < -0.1


def test_the_seam_of_the_first_leaf_area_record(rsssm):
    ds, truth = rsssm["twin/factors"], rsssm["twin/truth"].leaf_area_index
    sizes = {"before": 0.85, "after": 1.05, "glass": 1.10}  # typed from the table
    ratio = (ds.lai_geov2 / truth.where(truth > 0.2)).mean(("lat", "lon"))
    before, after = ratio.sel(time=slice(None, "2013")), ratio.sel(time=slice("2014", None))
    assert float(before.mean()) == pytest.approx(sizes["before"], abs=0.02)
    assert float(after.mean()) == pytest.approx(sizes["after"], abs=0.02)
    # the second record has no step there, and ends where it does
    glass = (ds.lai_glass / truth.where(truth > 0.2)).mean(("lat", "lon"))
    assert float(glass.sel(time="2013").mean()) == pytest.approx(sizes["glass"], abs=0.05)
    assert float(glass.sel(time="2014").mean()) == pytest.approx(sizes["glass"], abs=0.05)
    held = ds.time.where(np.isfinite(ds.lai_glass).any(("lat", "lon")), drop=True)
    np.testing.assert_array_equal(held, dekads("2007D01", "2017D36"))
    assert set(ds.data_vars) >= {"lst", "water_fraction", "land_cover", "tree_cover", "non_tree_vegetation",
                                 "topographic_complexity", "sand", "clay"}  # fmt: skip
    assert float((ds.tree_cover + ds.non_tree_vegetation).max()) <= 100
    assert float(ds.lst.min()) > 240 and float(ds.lst.max()) < 340


def test_products_without_a_day_in_the_years_are_left_out_and_named():
    lazy = twin.generate(region=(28, 38, 29, 39), resolution=0.5, years=(2005, 2005), seed=5, products="rsssm")
    names = {n.removeprefix("twin/") for n in lazy}
    here = {"tmi_lprm", "windsat_lprm", "amsre_jaxa", "amsre_lprm", "amsre_nsidc"}
    assert names & set(PERIODS) == here
    assert set(lazy["twin/truth"].attrs["left_out"].split()) == set(PERIODS) - here
    with pytest.raises(ConfigError, match="smap_e, which has data in 2015D10/ only"):
        twin.generate(region=(28, 38, 29, 39), years=(2005, 2005), products=["smap_e"])


@pytest.mark.parametrize(
    ("bad", "message"), [({"products": "rsss"}, "one or more of"), ({"products": ["smap_e", 3]}, "found 3"),
                         ({"step": "month"}, "one of"), ({"step": None}, "one of")])  # fmt: skip
def test_bad_requests_are_refused(bad, message):
    with pytest.raises(ConfigError, match=message):
        twin.generate(region=(28, 38, 29, 39), **bad)


def test_regions_and_blocks_change_no_number(rsssm):
    kwargs = {"resolution": 0.5, "years": (2014, 2015), "seed": 5, "step": "dekad", "products": "rsssm"}
    region = (28, 37, 32, 41)
    lazy = (twin.generate(region=region, **kwargs), twin.generate(region=region, block=3, **kwargs),
            twin.generate(region=(29, 38, 31, 40), **kwargs))  # fmt: skip
    whole, blocks, part = (dict(zip(e, dask.compute(*e.values()))) for e in lazy)
    for name, ds in whole.items():
        xr.testing.assert_identical(ds.drop_attrs(), blocks[name].drop_attrs())
        if name not in ("twin/airborne", "twin/stations"):
            cut = ds.sel(lat=part[name].lat, lon=part[name].lon)
            xr.testing.assert_identical(cut.drop_attrs(), part[name].drop_attrs())
    few = part["twin/stations"]
    kept = whole["twin/stations"].isel(sensor=np.isin(whole["twin/stations"].station, few.station))
    np.testing.assert_array_equal(kept.sm, few.sm)
