"""The representativeness table and its join with a station dataset."""

from __future__ import annotations

import pytest

from vadose.errors import InputFileError
from vadose.products.frm import CLASSES, read_frm_classification
from vadose.products.stations import open_stations

HEAD = "frm_class;frm_snr;frm_nobs;depth_from;depth_to;tsw;variable;network;station;instrument;tsw;lon;lat;idx"
ROW = "representative;0.5;84;0.05;0.05;bulk;soil_moisture;NET;Mill;Probe-A;{};1.0;41.0;0"


def test_repeated_column_is_kept_once(tmp_path):
    path = tmp_path / "frm.csv"
    path.write_text(f"{HEAD}\n{ROW.format('bulk')}\n")
    table = read_frm_classification(path)
    assert list(table.columns).count("tsw") == 1 and "tsw.1" not in table
    assert table.loc[0, ["frm_class", "station", "lat"]].tolist() == ["representative", "Mill", 41.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}\n{ROW.format('single')}\n", "tsw that differ"),
        (f"{HEAD.replace('frm_snr', 'snr')}\n{ROW.format('bulk')}\n", r"without \['frm_snr'\]"),
        (f"{HEAD}\n{ROW.format('bulk').replace('representative', 'splendid')}\n", "splendid"),
        ("", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, said):
    path = tmp_path / "frm.csv"
    path.write_text(text)
    with pytest.raises(InputFileError, match=said):
        read_frm_classification(path)
    with pytest.raises(InputFileError, match="cannot be read"):
        read_frm_classification(tmp_path / "absent.csv")


def test_real_table_joins_the_stations_of_hawaii(data):
    table = read_frm_classification(data / "ismn" / "frm_classification.csv")
    assert len(table) == 5413
    assert table.frm_class.value_counts()[list(CLASSES)].tolist() == [990, 883, 998, 2542]
    ds = open_stations(next((data / "ismn").glob("*hawaii*.zip")))
    keys = ["network", "station", "instrument", "depth_to"]
    sensors = ds[keys].to_dataframe().reset_index(drop=True)[keys]
    joined = sensors.merge(table.drop(columns=["lat", "lon"]), on=keys, how="left")
    known = dict(zip(joined.station + joined.instrument, joined.frm_class))
    assert known["SilverSwordHydraprobe-Analog-A"] == "representative"
    assert known["KemoleGulchHydraprobe-Analog-A"] == "undeducible"
