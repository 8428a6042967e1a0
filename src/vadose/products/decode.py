"""From coded file values to physical ones: opening, fill values, scaling and times, with every failure in words.

Automatic masking and scaling of the NetCDF library stay off: several providers put codes above their valid range
that a scale factor would turn into plausible numbers.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputFileError, VadoseError

_depth = threading.local()

#: Fill values that the NetCDF library itself writes into slots nobody set.
DEFAULT_FILLS = {"f": 9.969209968386869e36, "i8": -9223372036854775806}

_UNITS = {
    "day": 86_400_000, "days": 86_400_000, "d": 86_400_000,
    "hour": 3_600_000, "hours": 3_600_000, "h": 3_600_000, "hr": 3_600_000, "hrs": 3_600_000,
    "minute": 60_000, "minutes": 60_000, "min": 60_000, "mins": 60_000,
    "second": 1000, "seconds": 1000, "s": 1000, "sec": 1000, "secs": 1000,
    "millisecond": 1, "milliseconds": 1, "ms": 1,
}  # fmt: skip
_EPOCH = re.compile(
    r"^\s*(?P<unit>[A-Za-z]+)\s+since\s+(?P<date>\d{1,4}-\d{1,2}-\d{1,2})"
    r"(?:[T\s]+(?P<time>\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d*)?)?))?\s*(?:UTC|Z|GMT|\+?00:?00|[+-]0:00)?\s*$"
)


@contextmanager
def open_netcdf(path: str | Path, *, needed: Iterable[str] = (), do: str = "") -> Iterator[Any]:
    """Open a NetCDF or HDF5 file with automatic masking and scaling off; every failure names the file.

    Parameters
    ----------
    path : path
        File to read.
    needed : iterable of str
        Variables that must be present; ``"group/name"`` for one in a group.
    do : str
        What to tell the user to do if one is missing.

    Yields
    ------
    netCDF4.Dataset
        Open inside a process-wide lock that xarray shares, as the C library is not thread-safe.

    Raises
    ------
    InputFileError
        If the file is missing, empty, truncated, not NetCDF/HDF5, lacks a needed variable, or cannot be read to
        the end while the block runs.

    Examples
    --------
    >>> with open_netcdf("missing.nc") as nc:
    ...     pass
    Traceback (most recent call last):
    vadose.errors.InputFileError: missing.nc: found no such file; needed a NetCDF or HDF5 file.
    """
    import netCDF4

    name = Path(path).name
    kind = "a NetCDF or HDF5 file"
    if not Path(path).is_file():
        found = "a folder" if Path(path).is_dir() else "no such file"
        raise InputFileError(name, found=found, needed=kind)
    if Path(path).stat().st_size == 0:
        raise InputFileError(name, found="an empty file (0 bytes)", needed=kind, do="Download it again.")
    _check_length(path)
    with _library_lock():
        try:
            nc = netCDF4.Dataset(str(path), "r")
        except (OSError, RuntimeError, UnicodeDecodeError) as err:
            found = f"a file the NetCDF library cannot open ({_reason(err)})"
            raise InputFileError(name, found=found, needed=f"a complete {kind[2:]}", do="Download it again.") from err
        try:
            nc.set_auto_maskandscale(False)
            for variable in needed:
                get_variable(nc, variable, path, do=do)
            yield nc
        except (OSError, RuntimeError, AttributeError) as err:
            # of a damaged attribute the library says AttributeError, with its own mark
            if isinstance(err, AttributeError) and not str(err).startswith("NetCDF:"):
                raise
            found = f"damaged data ({_reason(err)})"
            raise InputFileError(name, found=found, needed="a complete file", do="Download it again.") from err
        finally:
            nc.close()


def _check_length(path: str | Path) -> None:
    """Refuse a NetCDF-3 file shorter than its header says: the library would read the rest as zeros."""
    from .classic import least_size

    size = Path(path).stat().st_size
    try:
        least = least_size(path)
    except ValueError as err:
        found = f"a NetCDF-3 file with {err} ({size} bytes)"
        raise InputFileError(Path(path).name, found=found, needed="a complete file", do="Download it again.") from err
    if least is not None and size < least:
        raise InputFileError(Path(path).name, found=f"a truncated NetCDF-3 file of {size} bytes",
                             needed=f"at least {least} bytes", do="Download it again.")  # fmt: skip


@contextmanager
def _library_lock() -> Iterator[None]:
    """The lock under which xarray calls the NetCDF library, made re-entrant per thread."""
    from xarray.backends.netCDF4_ import NETCDF4_PYTHON_LOCK

    if getattr(_depth, "value", 0):
        yield
        return
    with NETCDF4_PYTHON_LOCK:
        _depth.value = 1
        try:
            yield
        finally:
            _depth.value = 0


def _reason(err: Exception) -> str:
    return re.sub(r"'?/[^\s']*/", "", str(err)).replace("[Errno ", "[")


def get_variable(nc: Any, name: str, path: str | Path, *, do: str = "") -> Any:
    """A variable of an open file; :class:`InputFileError` naming those that are there if it is absent."""
    group = nc
    *groups, last = name.split("/")
    for part in groups:
        if part not in group.groups:
            raise InputFileError(Path(path).name, found=f"groups {list(group.groups)}", needed=f"group {part!r}", do=do)
        group = group.groups[part]
    if last not in group.variables:
        found = f"variables {list(group.variables)}" if group.variables else "no variables"
        raise InputFileError(Path(path).name, found=found, needed=f"variable {name!r}", do=do)
    return group.variables[last]


def attribute(nc: Any, name: str) -> str:
    """A global or variable attribute as text, ``""`` if absent."""
    return str(nc.getncattr(name)) if name in nc.ncattrs() else ""


@dataclass(frozen=True)
class Coding:
    """How one variable is coded in a file; a small value that travels with lazy tasks.

    Parameters
    ----------
    fills : tuple of float
        Coded values that stand for missing.
    scale, offset : float
        physical = coded · scale + offset.
    valid : (low, high), optional
        Coded values outside are missing too: for provider codes above the range, and for junk.
    dtype : str
        Type of the result. An integer type returns coded values untouched (flags).
    unsigned : bool
        Whether signed storage holds unsigned values (``_Unsigned``).

    Examples
    --------
    >>> Coding(fills=(255,), scale=0.5, valid=(0, 200)).decode(np.array([0, 100, 241, 255], "u1")).tolist()
    [0.0, 50.0, nan, nan]
    """

    fills: tuple[float, ...] = ()
    scale: float = 1.0
    offset: float = 0.0
    valid: tuple[float, float] | None = None
    dtype: str = "float32"
    unsigned: bool = False

    @classmethod
    def of(cls, variable: Any, *, fills: Iterable[float] = (), valid: tuple[float, float] | None = None,
           dtype: str = "float32") -> Coding:  # fmt: skip
        """Read the coding of an open variable; ``fills`` are added to those the file declares.

        The file's own ``valid_range`` is *not* applied: values outside it are counted later, not hidden here.
        """
        names = variable.ncattrs()
        declared = [f for n in ("_FillValue", "missing_value") for f in _numbers(variable, n)]
        default = [DEFAULT_FILLS["f"]] if variable.dtype.kind == "f" else []
        return cls(
            fills=tuple(dict.fromkeys(f for f in (*declared, *fills, *default) if not np.isnan(f))),
            scale=next(iter(_numbers(variable, "scale_factor")), 1.0),
            offset=next(iter(_numbers(variable, "add_offset")), 0.0),
            valid=valid,
            dtype=dtype,
            unsigned="_Unsigned" in names and str(variable.getncattr("_Unsigned")).lower() == "true",
        )

    def in_file(self, variable: Any) -> Coding:
        """The same coding with the scale, offset and fills that another file of the stack declares.

        Packed files of one series often carry a scale of their own each.
        """
        own = Coding.of(variable, fills=self.fills, valid=self.valid, dtype=self.dtype)
        names = variable.ncattrs()
        return replace(own, scale=own.scale if "scale_factor" in names else self.scale,
                       offset=own.offset if "add_offset" in names else self.offset,
                       unsigned=own.unsigned or self.unsigned)  # fmt: skip

    def decode(self, coded: np.ndarray) -> np.ndarray:
        """Physical values of coded ones; missing ones are NaN. Integer results stay as coded."""
        coded = np.asarray(coded)
        if self.unsigned and coded.dtype.kind == "i":
            coded = coded.view(f"u{coded.dtype.itemsize}")
        target = np.dtype(self.dtype)
        if target.kind in "iu":
            return coded.astype(target, copy=False)
        work = np.float64 if coded.dtype.itemsize > 4 or target.itemsize > 4 else np.float32
        out = coded.astype(work)  # a copy: written to below
        if self.scale != 1.0 or self.offset != 0.0:
            out = (out.astype(np.float64) * self.scale + self.offset).astype(work)
        for fill in self.fills:
            np.copyto(out, np.nan, where=_equals(coded, fill))
        if self.valid is not None:
            low, high = self.valid
            np.copyto(out, np.nan, where=(coded < low) | (coded > high))
        return out.astype(target, copy=False)


def _numbers(variable: Any, name: str) -> list[float]:
    """Values of a numeric attribute, none if it is absent."""
    if name not in variable.ncattrs():
        return []
    value = variable.getncattr(name)
    try:
        return np.ravel(np.asarray(value, dtype=float)).tolist()
    except ValueError as err:
        file = Path(variable.group().filepath()).name
        raise InputFileError(f"{file}: {variable.name}", found=f"{name} = {value!r}", needed="a number") from err


def _equals(coded: np.ndarray, fill: float) -> np.ndarray:
    if coded.dtype.kind in "iu":
        limits = np.iinfo(coded.dtype)
        if not limits.min <= fill <= limits.max or fill != int(fill):
            return np.zeros(coded.shape, dtype=bool)
        return coded == coded.dtype.type(int(fill))
    return coded == coded.dtype.type(fill)  # a float32 copy of 9.96921e36 or 1e20 equals only its float32 form


@dataclass(frozen=True)
class TimeCoding:
    """Epoch and unit of a time variable.

    Examples
    --------
    >>> str(TimeCoding.parse(" minutes since 2000-01-01 03:00:00").decode(np.array([8415360.0]))[0])[:16]
    '2016-01-01T03:00'
    """

    step: int
    epoch: np.datetime64
    calendar: str = "standard"
    text: str = field(default="", compare=False)

    @classmethod
    def parse(cls, units: str, *, calendar: str = "standard", where: str = "time") -> TimeCoding:
        """Read a CF units text such as ``days since 1858-11-17 00:00:00``; UTC only.

        Raises
        ------
        InputFileError
            If the text or the calendar cannot be read.
        """
        match = _EPOCH.match(str(units))
        if not match or match["unit"].lower() not in _UNITS:
            needed = "'days (hours, minutes, seconds) since YYYY-MM-DD hh:mm:ss' in UTC"
            raise InputFileError(where, found=f"time units {units!r}", needed=needed)
        calendar = str(calendar or "standard").lower()
        known = ("standard", "gregorian", "proleptic_gregorian", "noleap", "365_day", "julian")
        if calendar not in known[:5]:
            found, needed = f"calendar {calendar!r}", f"one of {list(known[:5])}"
            raise InputFileError(where, found=found, needed=needed, do="Its days do not exist in the real calendar.")
        year, month, day = (int(p) for p in match["date"].split("-"))
        clock = match["time"] or "00:00:00"
        parts = clock.split(":")
        if len(parts) == 2:
            parts.append("0")
        try:
            epoch = np.datetime64(f"{year:04d}-{month:02d}-{day:02d}", "ms")
        except ValueError as err:
            raise InputFileError(where, found=f"time units {units!r}", needed="a date that exists") from err
        seconds = int(parts[0]) * 3600 + int(parts[1]) * 60 + float(parts[2])
        epoch = epoch + np.timedelta64(round(seconds * 1000), "ms")
        return cls(_UNITS[match["unit"].lower()], epoch, calendar, str(units).strip())

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Times as ``datetime64[ns]``, to the millisecond; NaN and values beyond year 1678-2261 are NaT.

        Notes
        -----
        A double in days resolves 0.3 µs near the present, so milliseconds are what it can carry exactly.
        """
        values = np.asarray(values, dtype=np.float64)
        if self.calendar in ("noleap", "365_day"):
            return self._decode_noleap(values)
        offset = values * self.step
        shift = (self.epoch - np.datetime64("1970-01-01", "ms")).astype(np.int64)
        total = offset + float(shift)
        good = np.isfinite(total) & (np.abs(total) < 9.2e15)
        out = np.full(values.shape, np.datetime64("NaT", "ns"))
        out[good] = np.round(total[good]).astype(np.int64).astype("datetime64[ms]").astype("datetime64[ns]")
        return out

    def _decode_noleap(self, values: np.ndarray) -> np.ndarray:
        # count days of 365-day years, then map day and month onto the real calendar
        start = self.epoch.astype(object)
        month_starts = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])
        first = start.year * 365 + month_starts[start.month - 1] + min(start.day, 28 if start.month == 2 else 31) - 1
        clock = (self.epoch - self.epoch.astype("M8[D]")) / np.timedelta64(1, "ms")
        total = values * self.step + clock
        good = np.isfinite(total)
        out = np.full(values.shape, np.datetime64("NaT", "ns"))
        whole = np.floor(total[good] / 86_400_000).astype(np.int64)
        rest = np.round(total[good] - whole * 86_400_000).astype(np.int64)
        year, day = np.divmod(first + whole, 365)
        month = np.searchsorted(month_starts, day, side="right") - 1
        months = ((year - 1970) * 12 + month).astype("datetime64[M]")
        date = months.astype("datetime64[D]") + (day - month_starts[month])
        out[good] = (date.astype("M8[ms]") + rest).astype("datetime64[ns]")
        return out


def read_times(nc: Any, path: str | Path, *, name: str = "time", units: str = "") -> np.ndarray:
    """Times of an open file, in file order, as ``datetime64[ns]``.

    Parameters
    ----------
    nc : netCDF4.Dataset
        Open file.
    path : path
        Named in errors.
    name : str
        The time variable.
    units : str
        CF units to use where the file has none.

    Raises
    ------
    InputFileError
        If the variable is absent, its units cannot be read, or a time is missing.
    """
    variable = get_variable(nc, name, path)
    text = attribute(variable, "units") or units
    where = f"{Path(path).name}: {name}"
    coding = TimeCoding.parse(text, calendar=attribute(variable, "calendar"), where=where)
    raw = np.atleast_1d(np.asarray(variable[...], dtype=np.float64))
    times = coding.decode(raw)
    if np.isnat(times).any():
        bad = raw[np.isnat(times)][0]
        raise InputFileError(where, found=f"value {bad:g}", needed="a time for every step")
    return times


def check_units(variable: Any, path: str | Path, expected: str, *, assume: str = "") -> str:
    """Unit of a variable, checked to be convertible to the expected one.

    Parameters
    ----------
    variable : netCDF4.Variable
        Open variable.
    path : path
        Named in errors.
    expected : str
        Canonical unit it must convert to (``vadose.units``).
    assume : str
        The unit documented by the provider, used where the file declares none.

    Raises
    ------
    InputFileError
        If the file declares a unit that is unknown or does not convert.
    """
    from .. import units

    text = attribute(variable, "units") or assume
    try:
        units.convert(0.0, text, expected)
    except VadoseError as err:
        raise InputFileError(f"{Path(path).name}: {variable.name}", found=f"units {text!r}",
                             needed=f"{expected!r} or a unit that converts to it") from err  # fmt: skip
    return text
