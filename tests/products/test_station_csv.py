"""Tables of one's own stations: what is read, and that units and positions are never guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vadose.errors import InputFileError
from vadose.products.stations import index_stations, open_stations

HEAD = "station,lat,lon,depth_from,depth_to,time,soil_moisture"
ROW = "Farm,47.0,15.0,0.0,0.05,2020-02-29T{:02d}:00,{}"


def write(tmp_path: Path, *lines: str, name="own.csv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows(values=(0.1, 0.2, 0.3)):
    return [ROW.format(i, v) for i, v in enumerate(values)]


def test_minimal_table(tmp_path):
    ds = open_stations(write(tmp_path, HEAD, *rows()))
    assert ds.sm.values.ravel().tolist() == pytest.approx([0.2]) and ds.nobs.values.tolist() == [[3]]
    assert (ds.station.values.tolist(), ds.network.values.tolist()) == (["Farm"], [""])
    assert ds.attrs["product"] == "station CSV" and np.isnan(ds.elevation[0])


@pytest.mark.parametrize("name", ["own.csv", "own.txt", "own.dat"])
def test_recognised_by_content(tmp_path, name):
    assert open_stations(write(tmp_path, HEAD, *rows(), name=name)).sizes["sensor"] == 1


def test_has_no_index(tmp_path):
    with pytest.raises(InputFileError, match="open_stations"):
        index_stations(write(tmp_path, HEAD, *rows()))


def test_all_columns_in_any_order_with_bom_and_blanks(tmp_path):
    path = write(
        tmp_path, "\ufeff# our own stations", "", "# units: m3 m-3",
        "Time, flag, Soil_Moisture, depth_to, depth_from, lon, lat, station, network, instrument, elevation",
        "2020-01-01T00:00Z, G, 0.2, 0.05, 0, 15, 47, Farm, Tyrol, A, 600",
        "2020-01-01T02:00+01:00, G, 0.4, 0.05, 0, 15, 47, Farm, Tyrol, A, 600",
        "2020-01-01T03:00, D01, 0.9, 0.05, 0, 15, 47, Farm, Tyrol, A, 600",
        "2020-01-01T04:00, , 0.9, 0.05, 0, 15, 47, Farm, Tyrol, A, 600",
        "2020-01-01T05:00, G, , 0.05, 0, 15, 47, Farm, Tyrol, A, 600",
        "2020-01-01T00:00, G, 0.5, 0.05, 0, 15, 47, Farm, Tyrol, B, 600",
    )  # fmt: skip
    ds = open_stations(path, step="1h")
    assert ds.instrument.values.tolist() == ["A", "B"] and ds.elevation.values.tolist() == [600, 600]
    np.testing.assert_allclose(ds.sm.values[:, :2], [[0.2, 0.4], [0.5, np.nan]], rtol=1e-6)
    assert ds.n_dropped_flag.values.tolist() == [2, 0] and ds.n_dropped_fill.values.tolist() == [1, 0]


def test_percent_only_when_declared(tmp_path):
    path = write(tmp_path, "# units: %", HEAD, *rows((10, 20, 30)))
    assert open_stations(path).sm.item() == pytest.approx(0.2)
    with pytest.raises(InputFileError, match=r"median of 20.*'# units: %'"):
        open_stations(write(tmp_path, HEAD, *rows((10, 20, 30))))
    with pytest.raises(InputFileError, match=r"median of 0\.2 declared as percent"):
        open_stations(write(tmp_path, "# units: %", HEAD, *rows()))
    with pytest.raises(InputFileError, match=r"'mm'"):
        open_stations(write(tmp_path, "# units: mm", HEAD, *rows()))


def test_fill_values_do_not_decide_the_unit(tmp_path):
    ds = open_stations(write(tmp_path, HEAD, *rows((-9999, -9999, -9999, 0.3))))
    assert ds.sm.item() == pytest.approx(0.3) and ds.n_dropped_fill.values.tolist() == [3]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["station,lat,lon,depth_from,time,soil_moisture", "a,1,2,0,2020-01-01,0.1"], r"without \['depth_to'\]"),
        ([HEAD.replace("soil_moisture", "sm1"), *rows()], "'soil_moisture'"),
        (
            [HEAD, *rows(), ROW.replace("2020-02-29", "2021-02-29").format(1, 0.1)],
            r"line 5: time: found '2021-02-29T01:00'",
        ),
        ([HEAD, "Farm,47,15,0,0.05,01.02.2020,0.1"], "ISO 8601"),
        ([HEAD, "Farm,,15,0,0.05,2020-01-01,0.1"], r"line 2: lat: found ''"),
        ([HEAD, "Farm,95,15,0,0.05,2020-01-01,0.1"], r"line 2: lat: found 95;"),
        ([HEAD, "# note", "Farm,47,200,0,0.05,2020-01-01,0.1"], r"line 3: lon: found 200;"),
        ([HEAD, "Farm,47,15,0,5 cm,2020-01-01,0.1"], r"depth_to"),
        ([HEAD, "Farm,47,15,0,50,2020-01-01,0.1"], r"depth_to: found 50;"),
        ([HEAD, "Farm,47,15,0.1,0.05,2020-01-01,0.1"], r"not above depth_from"),
        ([HEAD, "Farm,47,15,0,0.05,2020-01-01,wet"], r"soil_moisture"),
        ([HEAD, ",47,15,0,0.05,2020-01-01,0.1"], r"line 2: station"),
        ([HEAD, *rows(), "Farm,47.5,15.0,0.0,0.05,2020-02-29T09:00,0.1"], r"line 5: lat: found 47\.5 after 47"),
        ([HEAD, *rows(), "Farm,47.0"], r"line 5: "),
        ([HEAD, "Farm,47,15,0,0.05,2020-01-01,0.1,G,extra"], "more columns"),
        ([HEAD], "no data line"),
        (["# nothing"], "no data line"),
        ([HEAD.replace(",", ";"), *[r.replace(",", ";") for r in rows()]], "columns"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, lines, said):
    with pytest.raises(InputFileError, match=said):
        open_stations(write(tmp_path, *lines))


def test_not_utf8_is_said(tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes((HEAD + "\nM\xfchle,47,15,0,0.05,2020-01-01,0.1\n").encode("latin-1"))
    with pytest.raises(InputFileError, match="UTF-8"):
        open_stations(path)


def test_other_variables_and_depths(tmp_path):
    path = write(tmp_path, HEAD.replace("soil_moisture", "soil_temperature"), *rows((10, 20, 30)))
    assert open_stations(path, variable="soil_temperature").soil_temperature.item() == pytest.approx(293.15)
    with pytest.raises(InputFileError, match=r"at the depths 0-0\.05 m"):
        open_stations(write(tmp_path, HEAD, *rows()), depth=(0.1, 0.2))
