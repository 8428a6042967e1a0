import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import VadoseError
from vadose.stats import STATUS
from vadose.stats.attribution import variance_shares


def components(x, time):
    """Trend and residual of each part, by numpy's polyfit."""
    trend = np.array([np.polyval(np.polyfit(time, row, 1), time) for row in x])
    return np.stack([trend, x - trend], axis=1)


def test_equals_building_every_component():
    rng = np.random.default_rng(0)
    time = np.sort(rng.choice(80, 25, replace=False)).astype(float)
    x = rng.standard_normal((30, 16, 25)) + 0.05 * rng.standard_normal((30, 16, 1)) * time + 300
    got = variance_shares(x, time=time)
    for r in range(30):
        parts = components(x[r], time - time.mean()).reshape(32, 25)
        total = parts.sum(axis=0)
        share = [np.cov(p, total)[0, 1] / np.var(total, ddof=1) for p in parts]
        np.testing.assert_allclose(got["share"][r].ravel(), share, atol=1e-11)
        assert got["variance"][r] == pytest.approx(np.var(x[r].sum(axis=0), ddof=1), rel=1e-11)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["f4", "f8"]), st.floats(-1e4, 1e4))
def test_shares_add_up_to_one(seed, dtype, offset):
    rng = np.random.default_rng(seed)
    x = (offset + rng.standard_normal((4, 6, 20)) * rng.uniform(0.1, 10, (4, 6, 1))).astype(dtype)
    np.testing.assert_allclose(variance_shares(x)["share"].sum(axis=(-1, -2)), 1.0, atol=1e-10)


def test_trend_and_variability_are_orthogonal():
    """A part of pure residuals adds to no trend share, a part of pure trend to no iav share, whatever the total."""
    rng = np.random.default_rng(1)
    time = np.arange(30.0)
    noise = rng.standard_normal((3, 30))
    noise -= [np.polyval(np.polyfit(time, row, 1), time) for row in noise]
    x = np.concatenate([noise, np.outer([0.2, -0.1], time)])[None]
    share = variance_shares(x, time=time)["share"][0]
    np.testing.assert_allclose(share[:3, 0], 0, atol=1e-14)
    np.testing.assert_allclose(share[3:, 1], 0, atol=1e-14)
    power = (noise.sum(axis=0) ** 2).sum(), (0.1**2 * (time - time.mean()) ** 2).sum()
    assert share[:, 0].sum() == pytest.approx(power[1] / sum(power), rel=1e-12)
    # opposed trends: 2 and -1 of a net 1, kept as they are
    assert share[3, 0] / share[4, 0] == pytest.approx(-2.0, rel=1e-9)


def test_an_incomplete_year_is_left_out():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((1, 4, 20))
    holes = x.copy()
    holes[0, 2, 5] = np.nan
    holes[0, 0, 11] = np.inf
    keep = np.setdiff1d(np.arange(20), [5, 11])
    a, b = variance_shares(holes), variance_shares(x[..., keep], time=keep)
    np.testing.assert_allclose(a["share"], b["share"], atol=1e-13)
    assert a["n"][0] == 18


def test_statuses_and_errors():
    x = np.zeros((3, 2, 12))
    x[0] = np.nan
    x[1, :, 5:] = np.nan
    x[2] = 0.1
    got = variance_shares(x)
    assert got["status"].tolist() == [STATUS[k] for k in ("no_data", "too_few_years", "zero_variance")]
    assert np.isnan(got["share"]).all()
    with pytest.raises(VadoseError, match="time"):
        variance_shares(x, time=np.zeros(12))
    with pytest.raises(VadoseError, match="parts"):
        variance_shares(np.zeros(3))
