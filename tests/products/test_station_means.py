"""Means: hand-made records, local windows anywhere on Earth, and the law that every value is accounted for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import ConfigError
from vadose.products.ismn_lines import Series
from vadose.products.station_means import COUNTS, Rule, bin_series, check_hours

G, D = 1, 1 << 6


def series(times, values, bits=None) -> Series:
    minutes = np.asarray(pd.DatetimeIndex(times).to_numpy(), "M8[m]").astype("int64")
    values = np.asarray(values, float)
    return Series(minutes, values, np.full(values.size, G, "uint32") if bits is None else np.asarray(bits, "uint32"))


def rule(**changes) -> Rule:
    base = {"name": "sm", "step": "day", "local_hours": None, "min_count": 1, "mask": G, "valid_range": (0.0, 1.0),
            "offset": 0.0, "period": None, "total": False}  # fmt: skip
    return Rule(**{**base, **changes})


def days(means) -> dict[str, float]:
    start = np.datetime64("1970-01-01") + means.first
    return {str(start + i): float(v) for i, v in enumerate(means.values) if np.isfinite(v)}


def test_daily_mean_by_hand():
    times = ["2020-02-28T23:59", "2020-02-29T00:00", "2020-02-29T23:00", "2020-03-01T00:00"]
    m = bin_series(series(times, [0.1, 0.2, 0.4, 0.5]), rule(), lon=0)
    assert days(m) == pytest.approx({"2020-02-28": 0.1, "2020-02-29": 0.3, "2020-03-01": 0.5})
    assert m.nobs.tolist() == [1, 2, 1]


def test_days_between_are_there_and_empty():
    m = bin_series(series(["2020-01-01", "2020-01-04"], [0.1, 0.2]), rule(), lon=0)
    assert m.nobs.tolist() == [1, 0, 0, 1] and np.isnan(m.values[1:3]).all()


def test_min_count():
    s = series(pd.date_range("2020-01-01", periods=30, freq="h"), np.full(30, 0.2))
    assert days(bin_series(s, rule(min_count=7), lon=0)) == pytest.approx({"2020-01-01": 0.2})
    assert bin_series(s, rule(min_count=7), lon=0).nobs.tolist() == [24, 6]  # the number stays visible


def test_sum_and_offset():
    s = series(["2020-01-01T01:00", "2020-01-01T02:00"], [1.5, 2.5])
    assert bin_series(s, rule(total=True, valid_range=(0, 2000)), lon=0).values.tolist() == [4.0]
    assert bin_series(s, rule(offset=273.15, valid_range=(200, 360)), lon=0).values.tolist() == pytest.approx([275.15])


def test_each_value_left_out_has_one_reason():
    hours = pd.date_range("2020-01-01", periods=7, freq="h").insert(3, pd.Timestamp("2020-01-01T02:00"))
    s = series(hours, [0.1, np.nan, 0.3, 0.9, 1.2, -0.1, 0.6, 0.7], [G, D, D, G, G, G, G, G])
    m = bin_series(s, rule(local_hours=(0, 5.5)), lon=0)
    assert m.counts == {"n_read": 8, "n_kept": 2, "n_duplicates": 1, "n_dropped_period": 0, "n_dropped_fill": 1,
                        "n_dropped_flag": 1, "n_dropped_range": 2, "n_dropped_hours": 1}  # fmt: skip
    assert m.values.tolist() == pytest.approx([0.35])  # 00:00 and 05:00


def test_unsorted_times_and_first_of_duplicates():
    s = series(["2020-01-02", "2020-01-01", "2020-01-02"], [0.2, 0.1, 0.9])
    m = bin_series(s, rule(), lon=0)
    assert days(m) == pytest.approx({"2020-01-01": 0.1, "2020-01-02": 0.2}) and m.counts["n_duplicates"] == 1


def test_period_is_half_open():
    s = series(pd.date_range("2020-01-01", periods=96, freq="h"), np.full(96, 0.2))
    day = int(np.datetime64("2020-01-02", "m").astype(int))
    m = bin_series(s, rule(period=(day, day + 1440)), lon=0)
    assert list(days(m)) == ["2020-01-02"] and m.counts["n_dropped_period"] == 72
    assert bin_series(s, rule(period=(0, 1440)), lon=0) is None


@pytest.mark.parametrize("lon", [-180.0, -179.9, -155.3, -90.0, -0.1, 0.0, 2.9567, 89.9, 90.0, 135.5, 179.9, 180.0])
@pytest.mark.parametrize("hours", [(5, 7), (17, 19), (22, 2), (6, 5), (23.5, 0.5)])
def test_window_is_local_and_never_split(lon, hours):
    times = pd.date_range("2019-12-25", "2020-03-05", freq="15min")
    local = (times.hour + times.minute / 60 + lon / 15) % 24
    first, last = hours
    after, before = local >= first - 1e-9, local <= last + 1e-9
    inside = after & before if first < last else after | before
    m = bin_series(series(times, np.full(times.size, 0.2)), rule(local_hours=hours), lon=lon)
    assert m.counts["n_kept"] == int(inside.sum())
    # a window of w hours holds 4 w or 4 w + 1 quarter hours, and every day but the outermost has a whole one
    width = (last - first) % 24
    whole = m.nobs[2:-2]
    assert len(whole) > 60 and set(whole.tolist()) <= {int(4 * width), int(4 * width) + 1}


def test_window_of_a_whole_day_is_the_local_day():
    times = pd.date_range("2020-02-01", "2020-02-11", freq="h", inclusive="left")
    m = bin_series(series(times, np.full(240, 0.2)), rule(local_hours=(0, 24)), lon=-150.0)
    assert m.counts["n_kept"] == 240 and m.nobs.tolist() == [10, *[24] * 9, 14]  # the first day began at 10 UTC


def test_window_belongs_to_the_utc_day_of_its_middle():
    times = pd.date_range("2020-02-27", "2020-03-02T23:00", freq="h")

    def day_of(marked, hours, lon):
        out = days(bin_series(series(times, np.where(marked, 0.9, 0.1)), rule(local_hours=hours), lon=lon))
        return [d for d, v in out.items() if v > 0.85]

    # 06:00 local at 155.3 W is 16:21 UTC of the same date; at 150 E it is 20:00 UTC of the day before
    assert day_of(times == "2020-02-29T16:00", (5.5, 6.4), -155.3) == ["2020-02-29"]
    assert day_of(times == "2020-02-28T20:00", (6, 6.5), 150.0) == ["2020-02-28"]
    # at 90 E the window 05-07 spans UTC midnight: its middle, 00:00 UTC, opens the day
    spanning = (times >= "2020-02-28T23:00") & (times <= "2020-02-29T01:00")
    assert day_of(spanning, (5, 7), 90.0) == ["2020-02-29"]
    # the two sides of the date line see the same instant at the same local time, but a day apart
    assert day_of(times == "2020-02-29T18:00", (6, 6.5), 180.0) == ["2020-02-29"]
    assert day_of(times == "2020-02-29T18:00", (6, 6.5), -180.0) == ["2020-02-29"]


def test_hourly_steps_keep_their_hour():
    s = series(["2020-01-01T00:10", "2020-01-01T00:50", "2020-01-01T02:00"], [0.1, 0.3, 0.5])
    m = bin_series(s, rule(step="hour"), lon=50)
    assert m.nobs.tolist() == [2, 0, 1] and m.values[[0, 2]].tolist() == pytest.approx([0.2, 0.5])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-9000, 9000), st.floats(-0.5, 1.5), st.sampled_from([G, D, G | D])), max_size=60),
    st.sampled_from([None, (5, 7), (22, 2)]), st.floats(-180, 180), st.sampled_from(["day", "hour"]),
    st.sampled_from([None, (-2880, 4320)]),
)  # fmt: skip
def test_counts_add_up_and_order_does_not_matter(records, hours, lon, step, period):
    minutes = np.array([r[0] for r in records], "int64")
    s = Series(minutes, np.array([r[1] for r in records], float), np.array([r[2] for r in records], "uint32"))
    how = rule(local_hours=hours, step=step, period=period)
    m = bin_series(s, how, lon=lon)
    if m is None:
        return
    assert m.counts["n_read"] == len(records) == sum(v for k, v in m.counts.items() if k != "n_read")
    assert m.nobs.sum() == m.counts["n_kept"] and set(m.counts) == set(COUNTS)
    order = np.argsort(minutes, kind="stable")
    again = bin_series(Series(minutes[order], s.values[order], s.bits[order]), how, lon=lon)
    assert again.first == m.first and again.counts == m.counts
    np.testing.assert_array_equal(again.values, m.values)


@pytest.mark.parametrize("hours", [(5,), (5, 25), (-1, 3), (6, 6), "morning", 6, ("a", "b")])
def test_bad_hours(hours):
    with pytest.raises(ConfigError, match="local_hours"):
        check_hours(hours)
