"""Leakage: a product trained at easy places is no suspect, one that repeats its stations is."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from vadose import schema
from vadose.errors import ConfigError, SchemaError
from vadose.validation import leakage

COVERS = np.array(["cropland", "forest", "grassland"])


def draw(rng, cells, *, ease, lead, leak=0.0):
    """Correlations of a product and its peers: shared difficulty of a place, own lead per land cover, noise."""
    cover = rng.choice(COVERS, cells, p=ease["covers"])
    place = ease["z"] + 0.25 * rng.standard_normal(cells)
    own = place + np.array([lead[c] for c in cover]) + leak + 0.15 * rng.standard_normal(cells)
    dims = ("product", "cell")
    return xr.Dataset({"r": (dims, np.tanh(own)[None]), "peers": (dims, np.tanh(place)[None]),
                       "cover": (dims, cover[None])}, {"product": ["p"]})  # fmt: skip


EASY, HARD = {"z": 1.3, "covers": [0.1, 0.8, 0.1]}, {"z": 0.5, "covers": [0.4, 0.2, 0.4]}
#: Better than its peers in forest, where most of its training stations are.
LEAD = {"cropland": -0.2, "forest": 0.3, "grassland": 0.0}


def run(seed, **options):
    rng = np.random.default_rng(seed)
    leak = options.pop("leak", 0.0)
    return leakage(draw(rng, 40, ease=EASY, lead=LEAD, leak=leak), draw(rng, 120, ease=HARD, lead=LEAD), **options)


def test_an_honest_product_trained_at_easier_places_is_suspected_at_the_level_of_the_test():
    suspects = [bool(run(seed, by="cover").suspect[0]) for seed in range(200)]
    assert np.mean(suspects) < 0.09  # 0.05 and three standard errors


def test_a_product_that_repeats_its_stations_is_found_every_time():
    got = [run(seed, by="cover", leak=0.4) for seed in range(20)]
    assert all(bool(g.suspect[0]) for g in got)
    assert np.mean([float(g.excess[0]) for g in got]) == pytest.approx(0.4, abs=0.05)


def test_categories_matter_where_a_product_is_better_on_one_land_cover():
    assert np.mean([bool(run(seed).suspect[0]) for seed in range(20)]) > 0.9
    assert float(run(0).trained[0] - run(0).unseen[0]) > 0.2  # what a plain difference would have called suspect


def test_one_category_is_the_test_of_welch():
    rng = np.random.default_rng(1)
    sides = [draw(rng, n, ease=EASY, lead=LEAD) for n in (12, 30)]
    d = [np.arctanh(s.r.values[0]) - np.arctanh(s.peers.values[0]) for s in sides]
    want = stats.ttest_ind(*d, equal_var=False, alternative="greater").pvalue
    assert float(leakage(*sides).p_value[0]) == pytest.approx(want, rel=1e-9)


def test_missing_cells_and_peers_are_counted_out():
    rng = np.random.default_rng(2)
    a, b = (draw(rng, 10, ease=EASY, lead=LEAD) for _ in range(2))
    alone = a.assign(peers=a.peers * np.nan)
    got = leakage(alone, b)
    assert schema.status_name(int(got.status[0])) == "too_few_cells"
    assert not bool(got.suspect[0]) and np.isnan(got.p_value[0]) and int(got.n_trained[0]) == 0
    part = a.assign(cover=a.cover.where(xr.DataArray(np.arange(10) > 2, dims="cell"), ""))
    assert int(leakage(part, b, by="cover").n_trained[0]) <= 7


def test_faults_are_named():
    a = draw(np.random.default_rng(3), 10, ease=EASY, lead=LEAD)
    with pytest.raises(SchemaError, match="no peers"):
        leakage(a.drop_vars("peers"), a)
    with pytest.raises(SchemaError, match="in this order"):
        leakage(a, a.assign_coords(product=["q"]))
    with pytest.raises(ConfigError, match="a level between 0 and 1"):
        leakage(a, a, alpha=2)
