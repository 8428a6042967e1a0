"""What the name and the first line of an ISMN station file say about its sensor."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

#: Abbreviation in file names -> variable name.
VARIABLES = {
    "sm": "soil_moisture", "ts": "soil_temperature", "ta": "air_temperature", "p": "precipitation",
    "tsf": "surface_temperature", "sweq": "snow_water_equivalent", "su": "soil_suction", "sd": "snow_depth",
}  # fmt: skip

_NUMBER = r"([-+]?\d+\.?\d*(?:[eE][-+]?\d+)?|nan|NaN|None|-)"
_HEADER = re.compile(r"\s*(\S+)\s+(\S+)\s+(\S.*?)" + rf"\s+{_NUMBER}" * 5 + r"(?:\s+(\S.*?))?\s*$")
# the whole path is searched, because a "/" in a sensor name adds a folder level
_NAME = re.compile(r"_([A-Za-z]+)_(-?\d+\.\d+)_(-?\d+\.\d+)_(.*)_(\d{8})_(\d{8})\.stm$", re.IGNORECASE)
_DATE = re.compile(r"\d{4}[/-]\d\d[/-]\d\d$")
_NO_ELEVATION = (-99.0, -99.9, -99.99)
_NO_TIME = np.datetime64("NaT", "m")
_PLAIN = str.maketrans("", "", "-_ ./")


@dataclass
class Header:
    """One sensor as its file describes it; NaN, NaT or ``""`` where it does not."""

    network: str = ""
    station: str = ""
    variable: str = ""
    depth_from: float = math.nan
    depth_to: float = math.nan
    sensor: str = ""
    lat: float = math.nan
    lon: float = math.nan
    elevation: float = math.nan
    start: np.datetime64 = _NO_TIME
    end: np.datetime64 = _NO_TIME
    end_exact: bool = False
    format: str = ""
    problem: str = ""

    def note(self, text: str) -> None:
        """Add a problem."""
        self.problem = f"{self.problem}; {text}" if self.problem else text

    @property
    def usable(self) -> bool:
        """Whether place, depth and variable are known."""
        known = (self.lat, self.lon, self.depth_from, self.depth_to)
        return bool(self.variable and self.format) and not any(math.isnan(v) for v in known)


def split_lines(head: bytes) -> list[str]:
    """Text lines of the start or end of a file (LF, CRLF or CR), decoded as Latin-1, the encoding of ISMN."""
    return [line for line in head.decode("latin-1").replace("\r", "\n").split("\n") if line.strip()]


def parse_header(name: str, head: bytes) -> Header:
    r"""Describe a sensor from its path and the first bytes of its file.

    Parameters
    ----------
    name : str
        Path in the archive, with ``/`` between folders.
    head : bytes
        Start of the file: at least the first two lines.

    Returns
    -------
    Header
        ``problem`` says what could not be read or does not agree.

    Notes
    -----
    Choice: the first line decides; the path fills in what it lacks: the variable, the sensor of CEOP files, and more
    decimals of a depth (0.0508 for 0.05 in old headers). Where both name the same thing in another spelling
    (``Kemole_Gulch``, ``KemoleGulch``), the one of the path is taken, because ISMN's own tables use it.

    Examples
    --------
    >>> h = parse_header("NET/OldMill/NET_NET_OldMill_sm_0.000000_0.050000_Probe-A_20240825_20250825.stm",
    ...     b"NET NET Old_Mill 41.19682 -5.35997 720.0 0.0000 0.0500 Probe A\n2024/08/25 00:00 0.1 G M\n")
    >>> h.network, h.station, h.sensor, h.variable, h.depth_to, h.lat, str(h.start)
    ('NET', 'OldMill', 'Probe-A', 'soil_moisture', 0.05, 41.19682, '2024-08-25T00:00')
    """
    out = Header()
    lines = split_lines(head)
    if not lines:
        out.note("empty file")
        return out
    first, second = lines[0].split(), lines[1].split() if len(lines) > 1 else []
    out.format = _format(first, second)
    if out.format == "header_values":
        match = _HEADER.match(lines[0])
        assert match is not None
        _, out.network, out.station, lat, lon, elevation, depth_from, depth_to, sensor = match.groups()
        out.sensor = sensor or ""
        record = second
    elif out.format:
        out.network, out.station, lat, lon, elevation, depth_from, depth_to = first[5:12]
        record = first
    else:
        out.note(f"first line is neither a header nor a CEOP record: {lines[0][:80]!r}")
        return out
    out.lat, out.lon, out.elevation = _number(lat), _number(lon), _number(elevation)
    out.depth_to = _number(depth_to)
    out.depth_from = _number(depth_from) if depth_from != "-" else out.depth_to
    if not out.elevation > -999 or out.elevation in _NO_ELEVATION:
        out.elevation = math.nan
    if not (-90 <= out.lat <= 90 and -180 <= out.lon <= 180):
        out.note(f"position {lat} N {lon} E is not on Earth")
        out.lat = out.lon = math.nan
    if not record:
        out.note("no records")
    else:
        out.start = parse_time(record)
        if np.isnat(out.start):
            out.note(f"first record has no readable time: {' '.join(record[:2])!r}")
    _add_path(out, name)
    if out.depth_from > out.depth_to and out.depth_from > 0:
        out.note(f"depth from {out.depth_from:g} to {out.depth_to:g} m")
    if not out.variable and out.format != "ceop":
        out.note("no variable in the file name")
    return out


def data_start(content: bytes) -> int:
    """Offset of the second line of a file."""
    ends = [i for i in (content.find(b"\n"), content.find(b"\r")) if i >= 0]
    if not ends:
        return len(content)
    end = min(ends)
    return end + (2 if content[end : end + 2] == b"\r\n" else 1)


def parse_time(tokens: list[str]) -> np.datetime64:
    """Time of a record from its first two columns, NaT where there is none.

    Examples
    --------
    >>> parse_time(["2024/02/29", "23:00", "0.1"])
    np.datetime64('2024-02-29T23:00')
    """
    try:
        return np.datetime64(f"{tokens[0].replace('/', '-')}T{tokens[1][:5]}", "m")
    except (ValueError, IndexError):
        return _NO_TIME


def _format(first: list[str], second: list[str]) -> str:
    """Layout of a file from its first two lines, ``""`` for none of the known ones."""
    if len(first) >= 14 and _DATE.match(first[0]) and _DATE.match(first[2]):
        return "ceop_sep" if len(first) <= 15 else "ceop"
    if len(first) >= 8 and not _DATE.match(first[0]) and _HEADER.match(" ".join(first)):
        return "header_values"
    return ""


def _add_path(out: Header, name: str) -> None:
    """Take from the path what the first line lacks or spells otherwise, and note where they contradict."""
    match = _NAME.search(name)
    if match is None:
        if out.format != "ceop":
            out.note("file name is not CSE_NETWORK_STATION_var_from_to_sensor_start_end.stm")
        return
    variable, depth_from, depth_to, sensor, _, last = match.groups()
    out.variable = VARIABLES.get(variable.lower(), variable.lower())
    if out.format == "header_values" and out.sensor.translate(_PLAIN) != sensor.translate(_PLAIN):
        out.sensor = out.sensor or sensor
    else:
        out.sensor = sensor
    before = name[: match.start()]
    for part in (before.rpartition("_")[2], *before.split("/")):
        if part != out.station and part.translate(_PLAIN) == out.station.translate(_PLAIN):
            out.station = part
            break
    for key, text in (("depth_from", depth_from), ("depth_to", depth_to)):
        said, value = getattr(out, key), float(text)
        if math.isnan(said) or abs(said - value) <= 0.00501:
            setattr(out, key, value)
        else:
            out.note(f"{key} is {said:g} m in the header and {value:g} m in the file name")
    out.end = parse_time([f"{last[:4]}-{last[4:6]}-{last[6:]}", "23:59"])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
