"""Station archives, synthetic and real: what is read, what is refused, and that nothing vanishes silently."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import schema
from vadose.errors import ConfigError, InputFileError, VadoseError
from vadose.products.stations import index_stations, open_stations

STATIC = (
    "quantity_name;unit;depth_from[m];depth_to[m];value;description;quantity_source_name;x;\n"
    'saturation;m^3*m^-3;0.00;0.30;0.46;;HWSD;30";\n'
    "clay fraction;% weight;0.00;0.30;20.00;;HWSD;;\n"
    "sand fraction;% weight;0.00;0.30;42.00;;HWSD;;\n"
    "land cover classification;;;;10;Cropland, rainfed;CCI_landcover_2010;;\n"
    "climate classification;;;;Csb;Été sec;koeppen_geiger_2007;0.1°;\n"
)
STATIC_NAME = "NET/Mill/NET_NET_Mill_static_variables.csv"


def member(station="Mill", variable="sm", depth=(0.05, 0.05), sensor="Probe-A", network="NET"):
    return (
        f"{network}/{station}/{network}_{network}_{station}_{variable}_{depth[0]:.6f}_{depth[1]:.6f}_{sensor}"
        "_20200101_20201231.stm"
    )


def record(rows, station="Mill", depth=(0.05, 0.05), sensor="Probe A", lat=41.2, lon=0.0, network="NET"):
    place = f"{network}       {network}       {station}   {lat:.5f} {lon:.5f}   720.0"
    head = f"{place} {depth[0]:.4f} {depth[1]:.4f} {sensor}"
    return "\n".join([head, *rows]) + "\n"


def hours(n=48, start="2020-02-28", value=0.2, flag="G"):
    return [f"{t:%Y/%m/%d %H:%M} {value} {flag} M" for t in pd.date_range(start, periods=n, freq="h")]


def small() -> dict[str, str]:
    """Two sensors at 5 cm (one replaced the other), one deeper, rain and temperature."""
    return {
        member(): record(hours(value=0.2)),
        member(sensor="Probe-B"): record(hours(start="2020-03-01", value=0.3), sensor="Probe B"),
        member(depth=(0.2, 0.2)): record(hours(value=0.4), depth=(0.2, 0.2)),
        member(variable="p", depth=(-2.0, -2.5), sensor="Rain"): record(
            hours(value=1.5), depth=(-2, -2.5), sensor="Rain"
        ),
        member(variable="ts"): record(hours(value=10.0)),
        STATIC_NAME: STATIC,
    }


def write_zip(path: Path, files: dict[str, str | bytes], prefix="", method=zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as z:
        for name, text in files.items():
            z.writestr(prefix + name, text.encode("latin-1") if isinstance(text, str) else text)
    return path


def write_folder(path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(text.encode("latin-1"))
    return path


@pytest.fixture
def archive(tmp_path) -> Path:
    return write_zip(tmp_path / "small.zip", small())


def quiet(path, **kwargs) -> xr.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return open_stations(path, **kwargs)


def test_canonical_dataset(archive):
    ds = quiet(archive)
    schema.check(ds, "stations")
    assert ds.sm.dims == ("sensor", "time") and ds.sm.dtype == "float32" and ds.sm.attrs["units"] == "m3 m-3"
    assert set(schema.STATION_COORDS) <= set(ds.coords)
    assert ds.instrument.values.tolist() == ["Probe-A", "Probe-B"]
    assert ds.time.values.astype("M8[D]").astype(str).tolist() == [
        "2020-02-28",
        "2020-02-29",
        "2020-03-01",
        "2020-03-02",
    ]
    np.testing.assert_allclose(ds.sm, [[0.2, 0.2, np.nan, np.nan], [np.nan, np.nan, 0.3, 0.3]], rtol=1e-6)
    assert ds.nobs.values.tolist() == [[24, 24, 0, 0], [0, 0, 24, 24]]
    first = ds.isel(sensor=0)
    assert (str(first.network.values), str(first.station.values), str(first.climate.values)) == ("NET", "Mill", "Csb")
    assert (str(first.texture.values), int(first.land_cover), int(first.land_cover_cci)) == ("loam", 12, 10)
    assert float(first.porosity) == pytest.approx(0.46) and float(first.elevation) == 720
    assert ds.attrs["flag_rule"] == "only G" and "small.zip" in ds.attrs["inputs"]
    assert all(v.dtype.kind != "O" for v in ds.variables.values())


def test_same_from_zip_nested_stored_and_folder(archive, tmp_path):
    expected = quiet(archive)
    paths = [
        write_zip(tmp_path / "nested.zip", small(), prefix="download/2020/"),
        write_zip(tmp_path / "stored.zip", small(), method=zipfile.ZIP_STORED),
        write_folder(tmp_path / "unpacked", small()),
        write_folder(tmp_path / "deep" / "er", small()).parent,
        write_zip(tmp_path / "bzip.zip", small(), method=zipfile.ZIP_BZIP2),
        write_folder(tmp_path / "crlf", {k: v.replace("\n", "\r\n") for k, v in small().items()}),
        write_folder(tmp_path / "cr", {k: v.replace("\n", "\r") for k, v in small().items() if k.endswith("stm")}
                     | {STATIC_NAME: STATIC}),
    ]  # fmt: skip
    for path in paths:
        ds = quiet(path).drop_vars("file")
        xr.testing.assert_identical(ds.drop_attrs(deep=False), expected.drop_vars("file").drop_attrs(deep=False))


def test_single_file_keeps_its_static_variables(tmp_path):
    ds = quiet(write_folder(tmp_path / "a", small()) / member())
    assert ds.sizes["sensor"] == 1 and str(ds.texture[0].values) == "loam" and ds.sm.values[0, 0] == np.float32(0.2)


def test_written_and_read_back(archive, tmp_path):
    ds = quiet(archive, depth=None)
    ds.to_netcdf(tmp_path / "a.nc")
    with xr.open_dataset(tmp_path / "a.nc") as back:
        xr.testing.assert_equal(back.load(), ds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds.to_zarr(tmp_path / "a.zarr", consolidated=False)
    with xr.open_zarr(tmp_path / "a.zarr", consolidated=False) as back:
        xr.testing.assert_equal(back.load(), ds)


def test_depth_is_an_inclusive_interval(archive, tmp_path):
    assert quiet(archive, depth=(0.05, 0.05)).sizes["sensor"] == 2
    assert quiet(archive, depth=(0.2, 0.3)).depth_to.values.tolist() == [0.2]
    assert quiet(archive, depth=None).sizes["sensor"] == 3
    cosmic = (0.0, 0.17)
    path = write_zip(tmp_path / "c.zip", {member(depth=cosmic): record(hours(), depth=cosmic)})
    assert quiet(path, depth=(0, 0.17)).sizes["sensor"] == 1
    with pytest.raises(InputFileError, match=r"soil_moisture at the depths 0-0\.17 m"):
        open_stations(path, depth=(0, 0.16))


def test_two_inch_sensor_counts_as_five_centimetres(tmp_path):
    inch = (0.0508, 0.0508)
    path = write_zip(tmp_path / "c.zip", {member(depth=inch): record(hours(), depth=inch)})
    assert quiet(path, depth=(0, 0.05)).sizes["sensor"] == 1
    with pytest.raises(InputFileError, match=r"0\.0508"):
        open_stations(path, depth=(0, 0.05), depth_tolerance=1e-6)


def test_other_variables(archive):
    rain = quiet(archive, variable="precipitation", step="day")
    assert rain.precipitation.values.tolist() == [[36.0, 36.0]] and rain.precipitation.attrs["units"] == "mm"
    assert rain.precipitation.attrs["cell_methods"] == "time: sum"
    warm = quiet(archive, variable="soil_temperature")
    assert warm.soil_temperature.values[0, 0] == np.float32(283.15) and warm.soil_temperature.attrs["units"] == "K"
    assert quiet(archive, variable="sm").sizes == quiet(archive).sizes


def test_hourly(archive):
    ds = quiet(archive, step="1h")
    assert ds.sizes == {"sensor": 2, "time": 96} and str(ds.time.values[1])[:16] == "2020-02-28T01:00"
    assert int(ds.nobs.sum()) == 96


def test_flags_rules(tmp_path):
    rows = [
        *hours(4, value=0.2),
        *hours(4, "2020-02-28T04:00", 0.4, "D01"),
        *hours(4, "2020-02-28T08:00", 0.6, "D01,D03"),
    ]
    path = write_zip(tmp_path / "f.zip", {member(): record(rows)})
    for flags, mean, kept in [
        (("G",), 0.2, 4),
        ("G", 0.2, 4),
        (("G", "D01"), 0.3, 8),
        ("D01,D03", 0.5, 8),
        (None, 0.4, 12),
    ]:
        ds = quiet(path, flags=flags)
        assert float(ds.sm[0, 0]) == pytest.approx(mean) and int(ds.n_kept[0]) == kept
        assert int(ds.n_dropped_flag[0]) == 12 - kept


def test_a_sensor_without_a_kept_value_stays(tmp_path):
    files = {member(): record(hours()), member(station="Farm"): record(hours(flag="C03"), station="Farm")}
    ds = quiet(write_zip(tmp_path / "f.zip", files))
    assert ds.station.values.tolist() == ["Farm", "Mill"]
    assert ds.sm.isnull().all("time").values.tolist() == [True, False] and ds.n_dropped_flag.values.tolist() == [48, 0]


def test_period_and_bbox(tmp_path, archive):
    ds = quiet(archive, period="2020-02-29/2020-03-01")
    assert ds.sizes == {"sensor": 2, "time": 2} and ds.n_dropped_period.values.tolist() == [24, 24]
    only = quiet(archive, period="2020-03")
    assert only.instrument.values.tolist() == ["Probe-B"] and only.attrs["sensors_outside_period"] == 1
    with pytest.raises(InputFileError, match=r"no record of soil_moisture from 2 sensor.*between 2020-02-28"):
        open_stations(archive, period="1999")
    files = {member(): record(hours()), member(station="Farm"): record(hours(), station="Farm", lon=10.0)}
    path = write_zip(tmp_path / "f.zip", files)
    assert quiet(path, bbox=(5, 40, 15, 45)).station.values.tolist() == ["Farm"]
    with pytest.raises(InputFileError, match=r"sensors within \(0\.0, 41\.2, 10\.0, 41\.2\)"):
        open_stations(path, bbox=(20, 40, 25, 45))


def test_no_value_kept_is_said_with_the_flags_present(tmp_path):
    path = write_zip(
        tmp_path / "old.zip", {member(): record([*hours(flag="U"), *hours(2, "2020-03-01", flag="D01,D03")])}
    )
    with pytest.warns(UserWarning, match=r"no value was kept \(n_read 50, n_dropped_flag 50\).*\['U', 'D01', 'D03'\]"):
        ds = open_stations(path)
    assert ds.sm.isnull().all()


def test_shadows_and_linked_folders(tmp_path):
    files = {member(): record(hours()), "__MACOSX/" + member().replace("NET_NET", "._NET_NET"): "\0\5\x16\7"}
    assert quiet(write_zip(tmp_path / "mac.zip", files)).sizes["sensor"] == 1
    folder = write_folder(tmp_path / "u", {member(): record(hours())})
    (folder / "NET" / "loop").symlink_to(folder, target_is_directory=True)
    assert quiet(folder).sizes["sensor"] == 1


def test_equal_sensors_get_names_of_their_own(tmp_path):
    files = {"a/" + member(): record(hours()), "b/" + member(): record(hours(value=0.3))}
    ds = quiet(write_zip(tmp_path / "f.zip", files))
    assert ds.sensor.values.tolist() == ["NET/Mill/0.05-0.05m/Probe-A", "NET/Mill/0.05-0.05m/Probe-A#2"]


def test_bad_lines_are_named_and_the_rest_is_read(tmp_path):
    rows = hours()
    rows[9] = "2020/02/28 09:00 broken"
    rows[20] = "2020/02/30 00:00 0.9 G M"
    path = write_zip(tmp_path / "f.zip", {member(): record(rows)})
    with pytest.warns(UserWarning, match=r"Mill.*stm: 2 unreadable line\(s\) left out: 11, 22"):
        ds = open_stations(path)
    assert ds.n_bad_lines.values.tolist() == [2] and ds.nobs.values.tolist() == [[22, 24]]
    with pytest.raises(InputFileError, match=r"Mill.*unreadable line\(s\) 11, 22"):
        open_stations(path, strict=True)


def test_unreadable_files_are_named_and_the_rest_is_read(tmp_path):
    files = {
        member(): record(hours()),
        member(station="Web"): "<html>not found</html>",
        member(station="Void"): "",
        member(station="Moon"): record(hours(), station="Moon", lat=141.0),
        "NET/Odd/renamed.stm": record(hours(), station="Odd"),
    }
    path = write_zip(tmp_path / "f.zip", files)
    with pytest.warns(UserWarning, match="4 station file.*problems") as caught:
        ds = open_stations(path)
    text = str(caught[0].message)
    assert ds.station.values.tolist() == ["Mill"]
    assert all(w in text for w in ("Web", "Void", "Moon", "renamed.stm", "empty file", "not on Earth", "left out"))
    index = index_stations(path)
    assert len(index) == 5 and (index.problem != "").sum() == 4
    with pytest.raises(InputFileError, match="strict=False"):
        open_stations(path, strict=True)


def test_damaged_member_is_named_and_the_rest_is_read(tmp_path):
    path = write_zip(
        tmp_path / "f.zip", {member(): record(hours(2000)), member(station="Farm"): record(hours(2000), "Farm")}
    )
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as z:
        info = z.getinfo(member(station="Farm"))
    middle = info.header_offset + 30 + len(info.filename) + info.compress_size // 2
    content[middle : middle + 40] = bytes(40)
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="left out: .*Farm.*member that cannot be read"):
        ds = open_stations(path)
    assert ds.station.values.tolist() == ["Mill"]


def test_empty_record_stays_with_a_note(tmp_path):
    path = write_zip(tmp_path / "f.zip", {member(): record(hours()), member(station="Dry"): record([], station="Dry")})
    with pytest.warns(UserWarning, match="Dry.*no records"):
        ds = open_stations(path)
    assert ds.n_read.values.tolist() == [0, 48] and ds.sm[0].isnull().all()


def test_truncated_and_foreign_archives(tmp_path, archive):
    content = archive.read_bytes()
    cases = {
        "cut.zip": (content[: len(content) // 2], "cut short"),
        "none.zip": (b"just some text, no archive\0", "no zip archive"),
        "zero.zip": (b"", "no zip archive"),
    }
    for name, (data, said) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputFileError, match=said):
            open_stations(tmp_path / name)
    with pytest.raises(InputFileError, match=r"no station file"):
        open_stations(write_zip(tmp_path / "empty.zip", {}))
    with pytest.raises(InputFileError, match=r"no station file"):
        open_stations(write_zip(tmp_path / "other.zip", {"readme.txt": "hello"}))
    with pytest.raises(InputFileError, match="no such file"):
        open_stations(tmp_path / "absent.zip")


def test_folder_without_stations_names_the_archives_in_it(tmp_path, archive):
    with pytest.raises(InputFileError, match=r"Give one of the archives in it: \['small.zip'\]"):
        open_stations(tmp_path)
    (tmp_path / "sub").mkdir()
    with pytest.raises(InputFileError, match="no station file"):
        open_stations(tmp_path / "sub")


def test_absent_variable_lists_what_is_there(archive):
    with pytest.raises(InputFileError, match=r"\['precipitation', 'soil_moisture', 'soil_temperature'\]"):
        open_stations(archive, variable="air_temperature")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"variable": "soil"}, "variable"),
        ({"flags": ("G", "Q")}, r"\['Q'\]"),
        ({"flags": ()}, "no flag"),
        ({"step": "1M"}, "composite"),
        ({"step": "fortnight"}, "step"),
        ({"depth": (0.05, 0.0)}, "upper depth first"),
        ({"depth": (0, 50)}, "centimetres"),
        ({"depth": 0.05}, "two depths"),
        ({"local_hours": (5, 30)}, "local_hours"),
        ({"min_count": 0}, "min_count"),
        ({"period": "yesterday"}, "period"),
        ({"bbox": (10, 0, 5, 5)}, "bbox"),
    ],
)
def test_bad_arguments(archive, changes, said):
    with pytest.raises(VadoseError, match=said) as caught:
        open_stations(archive, **changes)
    assert isinstance(caught.value, ConfigError) or "bbox" in changes


def test_index_of_a_folder_is_exact_and_of_a_zip_bounded(archive, tmp_path):
    folder, packed = index_stations(write_folder(tmp_path / "u", small())), index_stations(archive)
    assert folder.end_exact.all() and not packed.end_exact.any()
    assert (packed.end >= folder.end).all() and (packed.start == folder.start).all()
    exact = index_stations(archive, exact=True)
    assert exact.end_exact.all()
    pd.testing.assert_frame_equal(exact, folder)
    assert index_stations(write_zip(tmp_path / "s.zip", small(), method=zipfile.ZIP_STORED)).end_exact.all()


def test_index_says_where_a_file_is_cut(tmp_path):
    text = record(hours())[:-10]
    index = index_stations(write_folder(tmp_path / "u", {member(): text[: text.rfind("\n") + 6]}))
    assert "cut short" in index.problem[0]


# --- real archives


@pytest.fixture(scope="module")
def hawaii(data) -> Path:
    return next((data / "ismn").glob("*hawaii*.zip"))


@pytest.fixture(scope="module")
def europe(data) -> Path:
    return next((data / "ismn").glob("*europe*.zip"))


def test_hawaii_sensors_by_depth(hawaii):
    index = index_stations(hawaii)
    assert len(index) == 79 and (index.problem == "").all()
    sm = index[index.variable == "soil_moisture"]
    assert sm.groupby("depth_to").size().to_dict() == {0.0508: 18, 0.1016: 11, 0.17: 1, 0.3048: 14, 0.508: 12,
                                                       0.6858: 1, 1.016: 12}  # fmt: skip
    assert index.start.min() == pd.Timestamp("2005-02-14T13:00")


def test_hawaii_index_agrees_with_the_ismn_package(hawaii, tmp_path):
    ismn = pytest.importorskip("ismn.interface")
    table = ismn.ISMN_Interface(str(hawaii), meta_path=str(tmp_path), parallel=False).metadata
    peer = pd.DataFrame({name: table[(key, part)] for name, key, part in [
        ("network", "network", "val"), ("station", "station", "val"), ("variable", "variable", "val"),
        ("depth_from", "instrument", "depth_from"), ("depth_to", "instrument", "depth_to"),
        ("sensor", "instrument", "val"), ("lat", "latitude", "val"), ("lon", "longitude", "val"),
        ("elevation", "elevation", "val"), ("start", "timerange_from", "val"), ("end", "timerange_to", "val"),
    ]})  # fmt: skip
    ours = index_stations(hawaii, exact=True)[list(peer)]
    keys = ["network", "station", "variable", "depth_from", "sensor"]
    a, b = (t.sort_values(keys).reset_index(drop=True) for t in (ours, peer))
    assert len(a) == len(b) == 79
    for name in peer:
        values = pd.to_datetime(b[name]).tolist() if name in ("start", "end") else b[name].tolist()
        assert a[name].tolist() == values, name


@pytest.mark.parametrize("depth", [(0.0, 0.05), (0.1, 0.11), (0.0, 0.17)])
def test_hawaii_agrees_with_the_ismn_package(hawaii, tmp_path, depth):
    ismn = pytest.importorskip("ismn.interface")
    chosen = quiet(hawaii, depth=depth)
    wanted = {(0.0, 0.05): [0, 7, 17], (0.1, 0.11): [3], (0.0, 0.17): [0]}[depth]
    for i in wanted:
        one = chosen.isel(sensor=i)
        with zipfile.ZipFile(hawaii) as z:
            z.extract(str(one.file.values), tmp_path)
        peer = ismn.ISMN_Interface(str(tmp_path), meta_path=str(tmp_path / f"meta{i}"), parallel=False)
        table = peer.metadata
        same = (table[("station", "val")] == str(one.station.values)) & (
            table[("instrument", "val")] == str(one.instrument.values)
        )
        same &= table[("instrument", "depth_to")] == float(one.depth_to)
        series = peer.read_ts(int(table.index[same][0]))
        good = series[series["soil_moisture_flag"] == "G"]["soil_moisture"].astype(float)
        daily = good.groupby(good.index.floor("D")).agg(["mean", "size"]).reindex(pd.DatetimeIndex(one.time))
        assert int(one.n_read) == len(series) and int(one.n_dropped_flag) == (series["soil_moisture_flag"] != "G").sum()
        np.testing.assert_allclose(one.sm, daily["mean"], atol=2e-7)
        np.testing.assert_array_equal(one.nobs, daily["size"].fillna(0))


def test_hawaii_bad_flags_are_excluded(hawaii):
    good, everything = quiet(hawaii), quiet(hawaii, flags=None)
    assert int(good.n_dropped_flag.sum()) > 10_000
    assert (good.n_kept + good.n_dropped_flag + good.n_dropped_fill == good.n_read).all()
    assert int(everything.n_kept.sum()) > int(good.n_kept.sum())


def test_europe_is_read_whole(europe):
    index = index_stations(europe)
    assert (index.problem == "").all()
    assert len(index) == 322 and index.groupby(["network", "station"]).ngroups == 57
    assert set(index.network) == {"Berlin", "DWD", "FR_Aqui", "REMEDHUS", "RSMN", "SMOSMANIA", "STEMS", "XMS-CAT"}
    rain = quiet(europe, variable="precipitation")
    slashed = rain.isel(sensor=["/" in str(i) for i in rain.instrument.values])
    assert slashed.station.values.tolist() == ["ColldePaller", "ElMiracle", "Garriguella"]
    assert (slashed.n_kept > 5000).all() and (slashed.texture != "").all()
    sm = quiet(europe, depth=(0, 0.05))
    assert sm.sizes["sensor"] == int(((index.variable == "soil_moisture") & (index.depth_to <= 0.05)).sum())
    assert float(sm.sm.max()) <= 1 and (sm.climate != "").all()


@pytest.mark.parametrize(
    ("pattern", "sensors", "days", "read"),
    [
        ("ceop__*.zip", 2, 365, 13924),
        ("header__*.zip", 2, 365, 13924),
        ("multinetwork__*.zip", 8, 2557, 211403),
        ("format_header_values__*.zip", 1, 31, 741),
        ("SMOSMANIA_*.stm", 4, 2, 169),
    ],
)
def test_every_format_sample(data, pattern, sensors, days, read):
    path = next((data / "ismn" / "format_samples").glob(pattern))
    ds = quiet(path, depth=(0, 0.3), flags=None)
    assert dict(ds.sizes) == {"sensor": sensors, "time": days} and int(ds.n_read.sum()) == read
    lines = _count_records(path)
    assert lines == read


def _count_records(path: Path) -> int:
    """Number of records with soil moisture in a sample, counted without the reader."""
    if path.suffix == ".stm":
        return sum(1 for la in path.read_text().replace("\r", "\n").split("\n") if la.strip())
    with zipfile.ZipFile(path) as z:
        texts = [z.read(n).decode("latin-1").replace("\r", "\n") for n in z.namelist() if n.endswith(".stm")]
    return sum(1 for t in texts for la in t.split("\n") if la[:2] == "20")


def test_ceop_and_header_samples_hold_the_same(data):
    folder = data / "ismn" / "format_samples"
    a, b = (quiet(next(folder.glob(p)), depth=None) for p in ("ceop__*.zip", "header__*.zip"))
    xr.testing.assert_equal(a.drop_vars("file"), b.drop_vars("file"))


def test_combined_ceop_sample_by_hand(data):
    path = next((data / "ismn" / "format_samples").glob("SMOSMANIA_*.stm"))
    ds = quiet(path, depth=None, flags=None, step="1h")
    assert ds.depth_to.values.tolist() == [0.05, 0.1, 0.2, 0.3]
    at = ds.sel(time="2010-10-21T19:00").sm
    np.testing.assert_allclose(at, [0.2202, 0.2892, 0.2420, 0.2784], atol=1e-6)
    warm = quiet(path, variable="soil_temperature", depth=None, flags=None, step="1h")
    assert warm.depth_to.values.tolist() == [0.05, 0.1]
    np.testing.assert_allclose(warm.sel(time="2010-10-21T19:00").soil_temperature, [285.05, 286.05], atol=1e-3)
