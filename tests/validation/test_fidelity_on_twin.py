"""Every measure of spatial fidelity finds its own defect on simulated 1 km maps, and is blind to the others."""

import numpy as np
import pytest
import xarray as xr

from vadose import twin
from vadose.grid import Grid
from vadose.twin import kilometre_products as views
from vadose.twin.cells import Cells
from vadose.validation import spatial_fidelity

REGION = (-104.0, 19.0, -103.28, 19.72)


@pytest.fixture(scope="module")
def maps():
    """Twelve maps of the true soil moisture of half a year, and the same with one defect each."""
    truth = twin.generate_1km(region=REGION, years=(2015, 2015), seed=15)["twin-1km/truth"]
    days = truth.time.values[150:330:15]
    sm = truth.sm.sel(time=days).compute().astype(float)
    values = sm.values
    cells, day = Cells.of(Grid.of(truth)), days.astype("datetime64[D]").astype(int)
    filled = np.where(np.isfinite(values), values, np.nanmean(values))
    whole = np.nanmean(values, axis=(1, 2), keepdims=True)
    blocks = views.coarse_error("proof", cells, day, 15, width=9.0)
    out = {
        "none": values,
        "blocks": values + 0.035 * blocks,
        "smooth": np.where(np.isfinite(values), views.blur(filled, 2.5), np.nan),
        "frozen": whole + values[5] - np.nanmean(values[5]),  # a mean map would be smooth as well
        "muted": values - 0.6 * (whole - whole.mean()),
        "displaced": np.where(np.arange(values.shape[2]) < 6, np.nan, np.roll(values, 6, axis=2)),
    }
    return {k: sm.copy(data=v) for k, v in out.items()}


@pytest.fixture(scope="module")
def fidelity(maps):
    return {k: spatial_fidelity(v, maps["none"]) for k, v in maps.items()}


def others(fidelity, *own):
    return {k: v for k, v in fidelity.items() if k not in own}


def test_blocks_of_nine_kilometres_are_found_and_nothing_else_looks_like_them(fidelity):
    got = fidelity["blocks"]
    assert bool(got.block_detected) and float(got.block_period) == pytest.approx(9.0, abs=0.1)
    assert float(got.blockiness) > 1.4
    for name, ds in others(fidelity, "blocks").items():
        assert not bool(ds.block_detected), name


def test_smoothing_alone_lowers_the_effective_resolution(fidelity):
    assert float(fidelity["smooth"].resolution) > 8
    for name, ds in others(fidelity, "smooth").items():
        # one date's pattern, repeated, may hold less fine power than the mean date
        assert float(ds.resolution) < (5 if name == "frozen" else 3), name


def test_a_frozen_pattern_alone_is_called_frozen(fidelity):
    assert float(fidelity["frozen"].frozen) == pytest.approx(1, abs=1e-3)
    assert float(fidelity["frozen"].frozen_excess) > 0.05
    for name, ds in others(fidelity, "frozen").items():
        # blurring removes small moving showers before the wide lasting pattern
        assert float(ds.frozen_excess) < (0.05 if name == "smooth" else 0.01), name


def test_muted_dynamics_alone_weaken_the_response_to_rain(fidelity):
    assert float(fidelity["muted"].rain_response) == pytest.approx(0.4, abs=0.05)
    for name, ds in others(fidelity, "muted").items():
        assert float(ds.rain_response) == pytest.approx(1, abs=0.1), name


def test_wet_places_that_moved_are_seen_by_fss_and_spaef(fidelity):
    skill = {k: float(v.fss.sel(quantile=0.9, window=1)) for k, v in fidelity.items()}
    middle = {k: float(v.spaef.median()) for k, v in fidelity.items()}
    assert min(skill, key=skill.get) == min(middle, key=middle.get) == "displaced"
    assert skill["none"] == skill["muted"] == 1
    wide = fidelity["displaced"].fss.sel(quantile=0.9).values
    assert (np.diff(wide) > 0).all()


def test_the_verdicts_hold_on_lazy_maps(maps, fidelity):
    lazy = spatial_fidelity(maps["blocks"].chunk(), maps["none"].chunk()).compute()
    xr.testing.assert_allclose(lazy.drop_attrs(), fidelity["blocks"].drop_attrs())
