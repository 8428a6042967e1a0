"""The coupling that the twin plants is found again: by ecosystem and by depth."""

import itertools
import json

import dask
import numpy as np
import pytest
import xarray as xr

from vadose import analysis, periods, twin

ROOT_ZONE = [1, 2]  # 10-40 and 40-100 cm


@pytest.fixture(scope="module")
def earth():
    lazy = twin.generate(region=(0, 32, 16, 46), resolution=1.0, years=(2000, 2019), seed=4, step="dekad",
                         products=["gpp"])  # fmt: skip
    return dask.compute({k: lazy[k] for k in ("twin/land", "twin/truth", "twin/gpp")})[0]


@pytest.fixture(scope="module")
def found(earth):
    truth = earth["twin/truth"]
    monthly = periods.composite(truth.sm, "month")["mean"].assign_attrs(units="m3 m-3")
    layers = xr.Dataset({"sm": monthly}, attrs=truth.attrs).assign_coords(layer_bnds=truth.layer_bnds)
    warmth = {"temperature": truth.air_temperature}
    return analysis.coupling(earth["twin/gpp"], layers, earth["twin/land"], controls=warmth)


def test_the_order_of_ecosystems_is_recovered(earth, found):
    """Relative change of production per standard deviation of root-zone water, in the planted order."""
    planted = json.loads(earth["twin/gpp"].attrs["strength"])
    response = found.mean_response.isel(layer=ROOT_ZONE).mean(["season", "layer"])
    got = {name: float(response.sel(ecosystem=name)) for name in planted}
    assert sorted(got, key=got.__getitem__) == sorted(planted, key=planted.__getitem__)
    assert (found.n_cells.sel(ecosystem=list(planted)) >= 20).all()
    # neighbours in the order are clearly apart
    ordered = sorted(got.values())
    assert min(b / a for a, b in itertools.pairwise(ordered)) > 1.1


def test_the_order_of_depths_is_recovered(earth, found):
    """Production follows the layers that hold the roots more than the surface, which dries first, and the deep soil."""
    roots = json.loads(earth["twin/gpp"].attrs["root_share"])
    for name in ("shrubland", "grassland"):
        r = found.mean_r.sel(ecosystem=name).mean("season").values
        assert r[1] > r[3] + 0.1 and r[2] > r[3] + 0.1 and np.argmin(roots[name]) == 3
        assert r[1] > r[0]
    best = found.mean_r.sel(ecosystem="all").mean("season").argmax("layer")
    assert int(best) in ROOT_ZONE
    grass = found.mean_r.sel(ecosystem="grassland").mean("season").values
    # most roots of grass are above 40 cm, and its best layer is the one with the largest share
    assert int(np.argmax(grass)) == int(np.argmax(roots["grassland"])) == 1


def test_dry_seasons_couple_more_than_wet_ones(found):
    """Water limits where it is scarce: above field capacity more of it changes nothing."""
    r = found.mean_r.sel(ecosystem="all").isel(layer=ROOT_ZONE).mean("layer")
    assert (r.diff("season") > 0).all() and r.season.values.tolist() == list(analysis.SEASONS)


def test_most_planted_cells_are_significant_and_few_have_the_wrong_sign(found):
    grass = found.sel(ecosystem="grassland").isel(layer=1)
    assert float(grass.share_positive.sel(season="A-S")) > 0.7
    assert float(found.share_negative.sel(ecosystem="all").isel(layer=ROOT_ZONE).max()) < 0.05
