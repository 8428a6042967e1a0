"""The line parser: every value as Python reads it, every bad line found, every line end understood."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.products.ismn_flags import BITS, OTHER, check_flags, flag_mask, kept, text_bits
from vadose.products.ismn_lines import parse_lines


def parse(text: str, columns: str = "header_values"):
    return parse_lines(text.encode("latin-1"), columns=columns)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", " \n"])
def test_every_line_end(end):
    s = parse(end.join(["2020/01/01 00:00 0.1 G M", "2020/01/01 01:00 0.2 G M", "2020/01/01 02:00 0.3 G M"]))
    assert s.values.tolist() == [0.1, 0.2, 0.3]
    assert np.diff(s.minutes).tolist() == [60, 60]
    assert s.n_bad == 0


@settings(max_examples=200, deadline=None)
@given(st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 12, 31)))
def test_times_are_those_of_numpy(when):
    s = parse(f"{when:%Y/%m/%d %H:%M} 0.1 G M\n")
    assert s.minutes.tolist() == [int(np.datetime64(when, "m").astype("int64"))]


@settings(max_examples=300, deadline=None)
@given(st.decimals(-998, 10_000, places=4, allow_nan=False))
def test_values_are_those_of_float(value):
    assert parse(f"2020/01/01 00:00 {value} G M\n").values.tolist() == [float(value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0.0), (".5", 0.5), ("-.5", -0.5), ("1.", 1.0), ("+2", 2.0), ("1e-3", 1e-3), ("2.5E+01", 25.0)],
)
def test_spellings_of_numbers(text, value):
    assert parse(f"2020/01/01 00:00 {text} G M\n").values.tolist() == [value]


@pytest.mark.parametrize("text", ["-9999", "-9999.00", "-999", "-999.99", "nan", "NaN"])
def test_fill_values_are_missing(text):
    s = parse(f"2020/01/01 00:00 {text} M M\n")
    assert np.isnan(s.values).all() and s.values.size == 1 and s.n_bad == 0


@pytest.mark.parametrize(
    "line",
    [
        "2021/02/29 00:00 0.1 G M",  # no leap year
        "1900/02/29 00:00 0.1 G M",
        "2020/13/01 00:00 0.1 G M",
        "2020/04/31 00:00 0.1 G M",
        "2020/01/00 00:00 0.1 G M",
        "20/01/2020 00:00 0.1 G M",
        "2020/01/01 24:00 0.1 G M",
        "2020/01/01 12:60 0.1 G M",
        "2020/01/01 1200 0.1 G M",
        "2020/01/01 12:00 0.1.2 G M",
        "2020/01/01 12:00 0,1 G M",
        "2020/01/01 12:00 x G M",
        "2020/01/01 12:00 - G M",
        "2020/01/01 12:00 1e G M",
        "2020/01/01 12:00 0.1",  # no flag
        "2020/01/01",
        "<html>",
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ],
)
def test_bad_line_is_counted_with_its_number_and_the_rest_is_read(line):
    s = parse(f"2020/01/01 00:00 0.1 G M\n{line}\n2020/01/01 01:00 0.2 G M\n")
    assert (s.values.tolist(), s.n_bad, s.bad_lines) == ([0.1, 0.2], 1, (2,))


def test_leap_days_exist():
    s = parse("2000/02/29 00:00 0.1 G M\n2020/02/29 23:59 0.1 G M\n")
    assert s.minutes.astype("M8[m]").astype(str).tolist() == ["2000-02-29T00:00", "2020-02-29T23:59"]


def test_line_numbers_count_each_end_once():
    assert parse("2020/01/01 00:00 0.1 G M\r\nbad\r\n2020/01/01 01:00 0.1 G M\r\nbad\r\n").bad_lines == (2, 4)


def test_nothing_in_gives_nothing_out():
    for text in ("", "\n", "  \r\n"):
        s = parse(text)
        assert s.values.size == 0 and s.n_bad == 0


def test_many_bad_lines_are_all_counted():
    s = parse("bad\n" * 50 + "2020/01/01 00:00 0.1 G M\n")
    assert s.n_bad == 50 and len(s.bad_lines) == 20 and s.values.size == 1


def test_flags_of_a_line():
    flags = ["G", "M", "U", "C01", "C03,D10", "D01,D03", "X", "G,Z9", "D11", "g"]
    s = parse("".join(f"2020/01/01 {i:02d}:00 0.1 {f} M\n" for i, f in enumerate(flags)))
    assert s.bits.tolist() == text_bits(flags).tolist()
    other = (s.bits & np.uint32(1 << OTHER)) != 0
    assert [f for f, o in zip(flags, other) if o] == ["X", "G,Z9", "D11", "g"]


@pytest.mark.parametrize("name", list(BITS))
def test_each_flag_is_kept_by_its_own_rule_only(name):
    bits = parse(f"2020/01/01 00:00 0.1 {name} M\n").bits
    assert kept(bits, flag_mask((name,))).all()
    assert not kept(bits, flag_mask(tuple(n for n in BITS if n != name))).any()
    assert kept(bits, None).all()


def test_several_flags_need_all_accepted():
    bits = parse("2020/01/01 00:00 0.1 D01,D03 M\n").bits
    rules = ("D01", "D03", "D01,D03", ("G", "D03", "D01"))
    assert [bool(kept(bits, flag_mask(check_flags(f)))[0]) for f in rules] == [False, False, True, True]


def test_ceop_line():
    text = (
        "2017/08/10 00:30 2017/08/10 00:40 COSMOS COSMOS ARM-1 36.60540 -97.48780 322.00 0.00 0.19 0.1410 D01 M\n"
        "2017/08/10 01:30 2017/08/10 01:40 COSMOS COSMOS ARM-1 36.60540 -97.48780 322.00 0.00 0.19 0.1390 G\n"
    )
    s = parse(text, "ceop_sep")
    assert s.minutes.astype("M8[m]").astype(str).tolist() == ["2017-08-10T00:30", "2017-08-10T01:30"]
    assert s.values.tolist() == [0.141, 0.139] and s.depths is None


def test_combined_ceop_line_holds_two_variables_and_a_depth():
    text = "2010/10/21 01:00 2010/10/21 01:00 SMO SMO Narbonne 43.15 2.9567 112.00 - 0.10 12.20 U 0.2913 D01\r"
    moisture, temperature = parse(text, "ceop_moisture"), parse(text, "ceop_temperature")
    assert (moisture.values.tolist(), temperature.values.tolist()) == ([0.2913], [12.2])
    assert (moisture.depths.tolist(), temperature.depths.tolist()) == ([0.1], [0.1])
    assert (moisture.bits.tolist(), temperature.bits.tolist()) == ([1 << BITS["D01"]], [1 << BITS["U"]])
