"""Files into a library: nothing dropped silently, nothing doubled, nothing mixed."""

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr

from vadose import products, recipes
from vadose.errors import ConfigError, LibraryError, VadoseError
from vadose.store import Library

CELLS = "esa_cci/cells/v09.2_combined/0165.nc"


def c3s_months(data, *months: int) -> list[str]:
    name = "C3S-SOILMOISTURE-L3S-SSMV-COMBINED-MONTHLY-2018{:02d}01000000-ICDR-v201706.0.0.nc"
    return [str(data / "c3s/images/icdr_v201706_monthly_combined" / name.format(m)) for m in months]


BOX = (-10.0, 40.0, -5.0, 45.0)


def test_later_files_are_appended_and_repeated_ones_counted(tmp_path, data):
    lib = Library(tmp_path / "lib")
    first = recipes.ingest(lib, "c3s", c3s_months(data, 1, 2), bbox=BOX)
    again = recipes.ingest(lib, "c3s", c3s_months(data, 1, 2, 3), bbox=BOX)
    assert (first.written, first.present) == (2, 0)
    assert (again.written, again.present) == (1, 2)
    whole = products.open("c3s", c3s_months(data, 1, 2, 3), bbox=BOX)
    xr.testing.assert_equal(lib.open("c3s").compute(), whole.compute())


def test_earlier_files_are_refused_not_dropped(tmp_path, data):
    lib = Library(tmp_path / "lib")
    recipes.ingest(lib, "c3s", c3s_months(data, 1, 4), bbox=BOX)
    before = lib.history()
    with pytest.raises(LibraryError, match=r"1 new times up to the last one stored, the first 2018-02-01T00:00:00"):
        recipes.ingest(lib, "c3s", c3s_months(data, 1, 2, 4, 5), bbox=BOX)
    assert len(lib.history()) == len(before)
    done = recipes.ingest(lib, "c3s", c3s_months(data, 1, 2, 4, 5), bbox=BOX, overwrite=True)
    assert done.written == 4 and lib.open("c3s").sizes["time"] == 4


def test_another_product_or_flag_rule_is_not_appended_to(tmp_path, data):
    lib = Library(tmp_path / "lib")
    image = "esa_cci/images_v05.2/{}/2016/ESACCI-SOILMOISTURE-L3S-SSMV-{}-201606{:02d}000000-fv05.2.nc"
    combined, passive = (str(data / image.format(v, v.upper(), 7)) for v in ("combined", "passive"))
    later = str(data / image.format("combined", "COMBINED", 8))
    recipes.ingest(lib, "esa_cci", [passive], name="cci", bbox=BOX)
    with pytest.raises(LibraryError, match="found variant 'combined' in the files; needed 'passive'"):
        recipes.ingest(lib, "esa_cci", [combined, later], name="cci", bbox=BOX)
    with pytest.raises(LibraryError, match="flag rule 'none'"):
        recipes.ingest(lib, "esa_cci", [passive], name="cci", bbox=BOX, flags="none")
    with pytest.raises(LibraryError, match="product 'c3s'"):
        recipes.ingest(lib, "c3s", c3s_months(data, 1), name="cci", bbox=BOX)


def test_observations_go_on_too(tmp_path, data):
    lib = Library(tmp_path / "lib")
    cells = [str(data / "smap_l3/cells_v9_am_pm" / f"{n}.nc") for n in ("0165", "0166")]
    first = recipes.ingest(lib, "smap_l3", cells, period="2016")
    again = recipes.ingest(lib, "smap_l3", cells, period="2016/2017")
    assert again.unit == "observations" and again.present == first.written and again.written > 0
    whole = products.open("smap_l3", cells, period="2016/2017")
    got = lib.open("smap_l3")
    np.testing.assert_array_equal(got.sm.values, whole.sm.values)
    np.testing.assert_array_equal(got.time.values, whole.time.values)
    assert recipes.ingest(lib, "smap_l3", cells, period="2016/2017").written == 0
    with pytest.raises(LibraryError, match="new times up to the last one stored"):
        recipes.ingest(lib, "smap_l3", cells, period="2015/2017")


def test_options_of_stations_are_heeded_or_refused(tmp_path, data):
    lib = Library(tmp_path / "lib")
    table = tmp_path / "own.csv"
    head = "station,lat,lon,depth_from,depth_to,time,soil_moisture\n"
    rows = [f"{s},{lat},15.0,0,0.05,2020-06-0{d}T00:00,0.2" for s, lat in (("A", 47.0), ("B", 50.0)) for d in (1, 2, 3)]
    table.write_text(head + "\n".join(rows) + "\n")
    done = recipes.ingest(lib, "ismn", [str(table)], name="st", bbox=(14, 46, 16, 48), period="2020-06-02/2020-06-03")
    assert done.times == 2 and lib.open("st").station.values.tolist() == ["A"]
    with pytest.raises(ConfigError, match="'usable'"):
        recipes.ingest(lib, "ismn", [str(table)], name="st2", flags="usable")
    with pytest.raises(LibraryError, match="Stations are stored whole"):
        recipes.ingest(lib, "ismn", [str(table)], name="st")


def test_small_frames_share_a_commit(tmp_path, data):
    lib = Library(tmp_path / "lib")
    recipes.ingest(lib, "esa_cci", [str(data / CELLS)])
    assert len(lib.history("esa_cci")) == 1
    recipes.ingest(lib, "esa_cci", [str(data / CELLS)], name="many", period="2005", batch=100)
    assert len(lib.history("many")) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_ingest_goes_on_with_nothing_lost_or_doubled(tmp_path, data):
    url, cells = tmp_path / "lib", str(data / CELLS)
    argv = ["ingest", "esa_cci", cells, "--library", str(url), "--batch", "150", "--period", "2003/2010"]
    child = subprocess.Popen([sys.executable, "-m", "vadose", *argv], start_new_session=True,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)  # fmt: skip
    limit = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < limit:
        if (url / "refs").exists() and len(Library(url, create=False).history()) >= 3:
            break
        time.sleep(0.05)
    assert child.poll() is None, "the work ended before it could be killed"
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    lib = Library(url, create=False)
    kept = lib.open("esa_cci").sizes["time"]
    whole = products.open("esa_cci", cells, period="2003/2010")
    assert lib.check().ok and 0 < kept < whole.sizes["time"] and kept % 150 == 0
    done = recipes.ingest(lib, "esa_cci", [cells], period="2003/2010")
    assert (done.present, done.written) == (kept, whole.sizes["time"] - kept)
    got = lib.open("esa_cci")
    assert got.indexes["time"].is_unique
    xr.testing.assert_equal(got.compute(), whole.compute())


def test_one_bad_file_among_many_stops_or_is_named(tmp_path, data):
    folder = tmp_path / "months"
    folder.mkdir()
    for path in c3s_months(data, 1, 2, 3):
        shutil.copy(path, folder)
    bad = sorted(folder.iterdir())[1]
    bad.write_bytes(bad.read_bytes()[:20_000])
    lib = Library(tmp_path / "lib")
    with pytest.raises(VadoseError, match=bad.name):
        recipes.ingest(lib, "c3s", [str(folder)], bbox=BOX)
    assert lib.names() == []
    done = recipes.ingest(lib, "c3s", [str(folder)], bbox=BOX, skip_bad=True)
    assert [p.name for p, _ in done.skipped] == [bad.name]
    assert lib.open("c3s").indexes["time"].strftime("%Y-%m").tolist() == ["2018-01", "2018-03"]
