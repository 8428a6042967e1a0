import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import matchup

NODE = 0.2  # degrees between the nodes of a swath


def swath(passes: int = 6, *, number: bool = False) -> xr.Dataset:
    """One small swath a day around (45, 10), shifted a little each time as real orbits are."""
    parts = []
    for day in range(passes):
        shift = 0.031 * day
        lat, lon = np.meshgrid(45 + shift + NODE * np.arange(-2, 3), 10 - shift + NODE * np.arange(-2, 3))
        time = pd.Timestamp("2020-06-01T09:00") + pd.Timedelta(day, "D") + pd.to_timedelta(np.arange(25), "s")
        parts.append((time.to_numpy(), lat.ravel(), lon.ravel()))
    time = np.concatenate([p[0] for p in parts]).astype("datetime64[ns]")
    lat, lon = np.concatenate([p[1] for p in parts]), np.concatenate([p[2] for p in parts])
    sm = (0.1 + 0.01 * np.repeat(np.arange(passes), 25) + 0.001 * np.hypot(lat - 45, lon - 10)).astype("f4")
    ds = xr.Dataset({"sm": ("obs", sm, {"units": "m3 m-3"})},
                    {"time": ("obs", time), "lat": ("obs", lat), "lon": ("obs", lon)})  # fmt: skip
    return ds.assign_coords(location=("obs", np.tile(np.arange(25), passes))) if number else ds


def stations(*spots: tuple[float, float]) -> xr.Dataset:
    n = len(spots)
    lat, lon = np.array(spots).T
    time = pd.date_range("2020-06-01", periods=6)
    return xr.Dataset(
        {"sm": (("sensor", "time"), np.full((n, 6), 0.2, "f4"), {"units": "m3 m-3"})},
        {"time": time, "network": ("sensor", ["N"] * n), "station": ("sensor", [f"S{i}" for i in range(n)]),
         "lat": ("sensor", lat), "lon": ("sensor", lon), "depth_from": ("sensor", np.zeros(n)),
         "depth_to": ("sensor", np.full(n, 0.05))}, attrs={"step": "day"},
    )  # fmt: skip


def test_every_overpass_of_a_swath_counts_not_only_the_orbit_with_the_nearest_node():
    pairs = matchup.match(swath(), stations((45.0, 10.0), (45.33, 10.1)))
    assert pairs.n_matched.values.tolist() == [6, 6]
    np.testing.assert_allclose(pairs.cell_lat, [45.0, 45.33])
    for c, spot in enumerate([(45.0, 10.0), (45.33, 10.1)]):  # by hand: nearest node of each day
        ds = swath()
        for day in range(6):
            block = slice(25 * day, 25 * day + 25)
            weight = np.cos(np.radians(spot[0]))
            apart = np.hypot(ds.lat.values[block] - spot[0], (ds.lon.values[block] - spot[1]) * weight)
            assert float(pairs.estimate[c, day]) == pytest.approx(float(ds.sm.values[block][apart.argmin()]))


def test_a_node_without_value_gives_way_to_its_neighbour_within_the_limit():
    ds = swath(1)
    apart = np.hypot(ds.lat - 45, (ds.lon - 10) * np.cos(np.radians(45))).values
    ds["sm"][int(apart.argmin())] = np.nan
    pairs = matchup.match(ds, stations((45.0, 10.0)))
    assert pairs.n_matched.item() == 1
    assert float(pairs.estimate.max()) == pytest.approx(float(ds.sm[int(np.argsort(apart)[1])]))
    assert matchup.match(ds, stations((45.0, 10.0)), max_distance=1000.0).n_matched.item() == 0


def test_stations_off_the_swath_are_named_and_an_empty_swath_keeps_its_cell():
    pairs = matchup.match(swath(), stations((45.0, 10.0), (60.0, 10.0)))
    assert pairs.sizes["cell"] == 1 and pairs.attrs["sensors_outside"] == "N:S1"
    none = matchup.match(swath().assign(sm=lambda d: d.sm * np.float32("nan")).assign(
        sm=lambda d: d.sm.assign_attrs(units="m3 m-3")), stations((45.0, 10.0)))  # fmt: skip
    assert none.n_matched.values.tolist() == [0] and none.n_estimate.values.tolist() == [0]
    assert matchup.match(swath(), stations((60.0, 10.0))).sizes["cell"] == 0


def test_numbered_places_stay_one_series_each():
    pairs = matchup.match(swath(number=True), stations((45.0, 10.0)))
    assert pairs.n_matched.values.tolist() == [6]
