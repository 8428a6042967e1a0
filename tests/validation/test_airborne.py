import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import schema
from vadose.errors import ConfigError, SchemaError
from vadose.grid import Grid
from vadose.schema import STATUS
from vadose.validation.airborne import airborne

RNG = np.random.default_rng(4)
FINE = Grid.regular(0.01).crop((146.0, -35.4, 146.6, -35.0))
FLIGHTS = pd.DatetimeIndex(["2015-09-07T02:00", "2015-09-10T02:00", "2015-09-13T02:00", "2015-09-20T02:00"])


def gridded(values, time, grid=FINE, **attrs):
    ds = xr.Dataset({"sm": (("time", "lat", "lon"), values, {"units": "m3 m-3"})}, {"time": time}, attrs)
    return schema.with_grid(ds, grid)


def field(dates, grid=FINE):
    return 0.25 + 0.05 * RNG.standard_normal((dates, *grid.shape))


@pytest.fixture
def campaign():
    sm = field(4) + np.array([0.0, 0.1, 0.05, 0.15])[:, None, None]
    return gridded(sm, FLIGHTS, campaign="SMAPEX-5")


def daily(values):
    time = pd.date_range("2015-09-05", periods=20)
    sm = np.full((20, *FINE.shape), np.nan)
    for when, v in zip(FLIGHTS, values, strict=True):
        sm[int(np.flatnonzero(time == when.normalize())[0])] = v
    return gridded(sm, time, step="day")


def test_scores_by_hand(campaign):
    sm = campaign.sm.values
    x = 0.8 * sm + 0.06 + 0.01 * RNG.standard_normal(sm.shape)
    got = airborne({"p": daily(x)}, campaign, window="12h")
    for i in range(4):
        a, b = x[i].ravel(), sm[i].ravel()
        assert float(got.r[0, i]) == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-6)
        assert float(got.bias[0, i]) == pytest.approx((a - b).mean(), abs=1e-6)
        assert float(got.rmsd[0, i]) == pytest.approx(np.sqrt(((a - b) ** 2).mean()), abs=1e-6)
        assert float(got.product_p95[0, i]) == pytest.approx(np.quantile(a, 0.95), abs=1e-6)
    a, b = x.ravel(), sm.ravel()
    assert float(got.campaign_r[0]) == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-6)
    assert float(got.campaign_ubrmsd[0]) == pytest.approx((a - b).std(), abs=1e-6)
    change = np.diff(sm.mean(axis=(1, 2)))
    assert got.flight_change.values[0, 1:] == pytest.approx(change)
    assert float(got.rain_response[0]) == pytest.approx(0.8, abs=0.02)
    assert got.attrs["campaign"] == "SMAPEX-5" and got.rmsd.attrs["units"] == "m3 m-3"
    assert got.time_difference.values[0] == pytest.approx([10.0] * 4, abs=1e-3)


def test_local_time_becomes_utc_before_the_nearest_map_is_chosen(campaign):
    sm = campaign.sm.values
    time = pd.DatetimeIndex([t + pd.Timedelta(h, "h") for t in FLIGHTS for h in (-10, 0)])
    product = gridded(np.repeat(sm, 2, axis=0) + np.tile([0.0, 0.1], 4)[:, None, None], time)
    utc = airborne({"p": product}, campaign, window="1h")
    local = airborne({"p": product}, campaign, window="1h", local_time=True)
    assert utc.bias.values[0] == pytest.approx([0.1] * 4)
    assert local.bias.values[0] == pytest.approx([0.0] * 4, abs=1e-9)  # 146.3° E is 9.75 h ahead
    assert pd.Timestamp(local.time.values[0]) == FLIGHTS[0] - pd.Timedelta("9h45min12s")


def test_a_flight_without_a_map_has_a_status(campaign):
    got = airborne({"p": daily(campaign.sm.values).isel(time=slice(0, 10))}, campaign)
    assert got.status.values[0].tolist() == [0, 0, 0, STATUS["no_overlap"]]
    assert np.isnan(got.r[0, 3]) and np.isnan(got.time_difference[0, 3]) and int(got.n[0, 3]) == 0
    nothing = airborne({"p": gridded(field(1), pd.DatetimeIndex(["2000-01-01"]))}, campaign)
    assert (nothing.status == STATUS["no_overlap"]).all()
    assert int(nothing.campaign_status[0]) == STATUS["no_overlap"]


def test_mask_and_missing_cells(campaign):
    sm = campaign.sm.values
    x = sm.copy()
    x[:, :5] += 1.0  # a town that the product gets wrong
    mask = xr.DataArray(np.ones(FINE.shape, bool), FINE.coords(), ("lat", "lon"))
    mask[:5] = False
    with_town, without = (airborne({"p": daily(x)}, campaign, mask=m) for m in (None, mask))
    assert float(with_town.campaign_bias[0]) > 0.1
    assert float(without.campaign_bias[0]) == pytest.approx(0, abs=1e-9)
    assert (without.n == FINE.shape[1] * (FINE.shape[0] - 5)).all()
    with pytest.raises(SchemaError, match="flight grid"):
        airborne({"p": daily(x)}, campaign, mask=mask.isel(lat=slice(1, None)))
    none = airborne({"p": daily(x)}, campaign, mask=xr.zeros_like(mask))
    assert (none.status == STATUS["no_overlap"]).all()


def test_flights_are_resampled_by_cubic_convolution():
    """A quadratic surface comes through exactly but at the border, where the kernel is not whole."""
    coarse = Grid.regular(0.02).crop((146.0, -35.4, 146.6, -35.0))

    def surface(grid):
        lon, lat = np.meshgrid(grid.lon - 146.3, grid.lat + 35.2)
        return (0.2 + 0.5 * lon**2 - 0.3 * lat**2 + 0.2 * lon)[None]

    got = airborne({"p": gridded(surface(coarse), FLIGHTS[:1], coarse)}, gridded(surface(FINE), FLIGHTS[:1]))
    assert float(got.rmsd[0, 0]) < 2e-4 and float(got.r[0, 0]) > 0.99999


def test_products_side_by_side_lazy_equals_eager(campaign):
    sm = campaign.sm.values
    good, still = sm + 0.01 * RNG.standard_normal(sm.shape), np.broadcast_to(sm[:1], sm.shape)
    products = {"good": daily(good), "still": daily(still)}
    eager = airborne(products, campaign)
    lazy = airborne({k: v.chunk(time=1) for k, v in products.items()}, campaign.chunk(time=1))
    assert lazy.r.chunks
    xr.testing.assert_allclose(lazy.compute().drop_attrs(), eager.drop_attrs())
    assert float(eager.campaign_r.sel(product="good")) > float(eager.campaign_r.sel(product="still"))
    assert float(eager.rain_response.sel(product="still")) == pytest.approx(0, abs=1e-9)


def test_refusals(campaign):
    with pytest.raises(ConfigError, match="at least one"):
        airborne({}, campaign)
    with pytest.raises(ConfigError, match="duration"):
        airborne({"p": campaign}, campaign, window="soon")
    far = gridded(np.zeros((1, 40, 60)), FLIGHTS[:1], Grid.regular(0.01).crop((0.0, 0.0, 0.6, 0.4)))
    with pytest.raises(SchemaError, match="no cell under the flights"):
        airborne({"p": far}, campaign)
    relative = campaign.rename(sm="saturation")
    relative.saturation.attrs["units"] = "1"
    with pytest.raises(SchemaError, match="m3 m-3"):
        airborne({"p": relative}, campaign)
