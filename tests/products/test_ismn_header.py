"""First lines and file names: the line decides, the path fills in."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.products.ismn_header import data_start, parse_header

RECORD = b"\n2024/08/25 00:00 0.1 G M\n"


def name(station="OldMill", depth="0.050000_0.050000"):
    return f"NET/{station}/NET_NET_{station}_sm_{depth}_Probe-A_20240825_20250825.stm"


def test_sensor_with_slash_is_another_folder_level():
    path = "XMS-CAT/Coll/XMS-CAT_XMS-CAT_Coll_p_-2.000000_-2.500000_Lambrecht-15/00.15189_20240825_20250825.stm"
    h = parse_header(path, b"XMS-CAT XMS-CAT Coll 42.1 1.2 1164.0 -2.0000 -2.5000 Lambrecht_15/00.15189" + RECORD)
    assert (h.variable, h.station, h.sensor, h.problem) == ("precipitation", "Coll", "Lambrecht-15/00.15189", "")
    assert (h.depth_from, h.depth_to, h.usable) == (-2.0, -2.5, True)


def test_names_with_underscores():
    path = "FR_Aqui/parc/FR-Aqui_FR-Aqui_parc_ts_0.100000_0.100000_A_B_C_20240825_20250825.stm"
    h = parse_header(path, b"FR_Aqui FR_Aqui parc 44.8 -0.6 24.88 0.1000 0.1000 A B C" + RECORD)
    assert (h.network, h.sensor, h.variable, h.depth_to) == ("FR_Aqui", "A_B_C", "soil_temperature", 0.1)


def test_depth_of_the_path_refines_a_rounded_header():
    h = parse_header(name(depth="0.050800_0.050800"), b"NET NET OldMill 41 -5 720 0.05 0.05 Probe-A" + RECORD)
    assert (h.depth_from, h.depth_to, h.problem) == (0.0508, 0.0508, "")


def test_contradicting_depth_is_reported_and_the_header_kept():
    h = parse_header(name(depth="0.300000_0.300000"), b"NET NET OldMill 41 -5 720 0.05 0.05 Probe-A" + RECORD)
    assert (h.depth_from, h.depth_to) == (0.05, 0.05)
    assert "0.05 m in the header and 0.3 m" in h.problem and h.usable


def test_another_station_in_the_header_wins():
    h = parse_header(name(), b"NET NET New_Mill 41 -5 720 0.05 0.05 Probe-B" + RECORD)
    assert (h.station, h.sensor) == ("New_Mill", "Probe-B")


@pytest.mark.parametrize("elevation", ["-9999", "-999.9", "-99.9", "nan"])
def test_elevation_fill(elevation):
    h = parse_header(name(), f"NET NET OldMill 41 -5 {elevation} 0.05 0.05 Probe-A".encode() + RECORD)
    assert np.isnan(h.elevation) and h.usable and h.problem == ""


def test_below_sea_level_is_no_fill():
    assert parse_header(name(), b"NET NET OldMill 31 35 -420.0 0.05 0.05 P" + RECORD).elevation == -420.0


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"", "empty file"),
        (b"\n \n", "empty file"),
        (b"NET NET OldMill 41 -5", "neither a header"),
        (b"<html><body>404</body></html>", "neither a header"),
        (b"NET NET OldMill 141.0 -5 720 0.05 0.05 P" + RECORD, "not on Earth"),
        (b"NET NET OldMill 41.0 -5 720 0.05 0.05 P\n", "no records"),
        (b"NET NET OldMill 41.0 -5 720 0.05 0.05 P\nyesterday noon 0.1 G M\n", "no readable time"),
    ],
)
def test_what_is_wrong_is_said(head, said):
    assert said in parse_header(name(), head).problem


def test_foreign_file_name_is_said():
    h = parse_header("a.stm", b"NET NET OldMill 41 -5 720 0.05 0.05 P" + RECORD)
    assert "file name is not" in h.problem and not h.usable


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_data_start(end):
    content = b"header" + end + b"2020"
    assert content[data_start(content) :] == b"2020"
    assert data_start(b"header") == 6
