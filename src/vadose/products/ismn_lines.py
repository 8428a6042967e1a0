"""The data lines of ISMN station files: one compiled pass over the bytes of a file.

A line is bad, and reported with its number, when it has too few columns, a date that does not exist or a value that
is not a number. Everything after it is still read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

#: Columns of the value and of the flag, and of the depth where one file holds several sensors (else -1).
COLUMNS = {
    "header_values": (2, 3, -1),  # date time value flag [provider flag]
    "ceop_sep": (12, 13, -1),  # nominal date time, actual date time, CSE ... depths, value flag [provider flag]
    "ceop_temperature": (12, 13, 11),  # old combined files: ... depth, temperature flag, moisture flag
    "ceop_moisture": (14, 15, 11),
}

_KEEP_BAD = 20


@dataclass
class Series:
    """The record of one sensor as it stands in its file.

    ``minutes`` since 1970-01-01 00:00 UTC (int64), ``values`` in the provider's unit (NaN = fill value), ``bits`` the
    quality flags (uint32, see :mod:`vadose.products.ismn_flags`), ``depths`` [m] only for combined files.
    """

    minutes: np.ndarray
    values: np.ndarray
    bits: np.ndarray
    depths: np.ndarray | None = None
    n_bad: int = 0
    bad_lines: tuple[int, ...] = ()

    def where(self, keep: np.ndarray) -> Series:
        """The records where ``keep`` is true; the bad lines stay with the file."""
        return Series(self.minutes[keep], self.values[keep], self.bits[keep], None, self.n_bad, self.bad_lines)


def parse_lines(content: bytes, *, columns: str, start: int = 0, line: int = 1) -> Series:
    r"""Read the data lines of a station file.

    Parameters
    ----------
    content : bytes
        The whole file; lines may end with LF, CRLF or CR alone (old archives).
    columns : str
        A key of :data:`COLUMNS`.
    start : int
        Offset of the first data line [byte].
    line : int
        Number of that line in the file.

    Returns
    -------
    Series
        In file order; blank lines are skipped, bad ones counted.

    Notes
    -----
    Values of -999 and below are the fill values in use (-999.99, -9999) and become NaN: no variable read here reaches
    them. CEOP lines carry a nominal and an actual time; the nominal one is used, as in the other formats.

    Examples
    --------
    >>> s = parse_lines(b"1970/01/02 01:30 0.25 G M\n1970/02/30 00:00 0.1 G M\n", columns="header_values")
    >>> s.minutes.tolist(), s.values.tolist(), s.bad_lines
    ([1530], [0.25], (2,))
    """
    value, flag, depth = COLUMNS[columns]
    buffer = np.frombuffer(content, dtype="uint8")
    minutes, values, bits, depths, n_bad, bad = _scan(buffer, start, line, value, flag, depth, _KEEP_BAD)
    return Series(minutes, values, bits, depths if depth >= 0 else None, int(n_bad), tuple(int(b) for b in bad))


@njit(cache=True, nogil=True)
def _digits(buf, start, stop):
    out = 0
    for byte in buf[start:stop]:
        if byte < 48 or byte > 57:
            return -1
        out = out * 10 + (byte - 48)
    return out


@njit(cache=True, nogil=True)
def _minutes(buf, start, stop):
    """Day number times 1440 of a token YYYY/MM/DD; -1 where it is no date."""
    if stop - start != 10 or buf[start + 4] != buf[start + 7] or (buf[start + 4] != 47 and buf[start + 4] != 45):
        return -1
    year, month, day = _digits(buf, start, start + 4), _digits(buf, start + 5, start + 7), _digits(buf, start + 8, stop)
    if year < 1900 or year > 2200 or month < 1 or month > 12 or day < 1:
        return -1
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    length = 31
    if month == 2:
        length = 29 if leap else 28
    elif month == 4 or month == 6 or month == 9 or month == 11:
        length = 30
    if day > length:
        return -1
    # days since 1970-01-01 in the proleptic Gregorian calendar, counting years from March
    y = year - 1 if month <= 2 else year
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    # offset keeps every valid date positive, so that -1 can say "no date"
    return (days + 100000) * 1440


@njit(cache=True, nogil=True)
def _clock(buf, start, stop):
    """Minutes of a token HH:MM or HH:MM:SS; -1 where it is no time of day."""
    if (stop - start != 5 and stop - start != 8) or buf[start + 2] != 58:
        return -1
    hour, minute = _digits(buf, start, start + 2), _digits(buf, start + 3, start + 5)
    if hour < 0 or hour > 23 or minute < 0 or minute > 59:
        return -1
    return hour * 60 + minute


@njit(cache=True, nogil=True)
def _number(buf, start, stop):
    """Value of a decimal token and whether it is one; ``nan`` in any case is a number."""
    pos, negative, mantissa, scale, seen = start, False, 0, 0, 0
    if pos < stop and (buf[pos] == 45 or buf[pos] == 43):
        negative = buf[pos] == 45
        pos += 1
    if stop - pos == 3 and (buf[pos] | 32) == 110 and (buf[pos + 1] | 32) == 97 and (buf[pos + 2] | 32) == 110:
        return np.nan, True
    point = False
    while pos < stop:
        byte = buf[pos]
        if 48 <= byte <= 57:
            seen += 1
            if mantissa < 100000000000000000:
                mantissa = mantissa * 10 + (byte - 48)
                scale -= 1 if point else 0
            elif not point:
                scale += 1
        elif byte == 46 and not point:
            point = True
        else:
            break
        pos += 1
    if seen == 0:
        return np.nan, False
    if pos < stop:  # an exponent, or not a number
        if (buf[pos] | 32) != 101 or pos + 1 >= stop:
            return np.nan, False
        pos += 1
        sign = 1
        if buf[pos] == 45 or buf[pos] == 43:
            sign = -1 if buf[pos] == 45 else 1
            pos += 1
        power = _digits(buf, pos, stop)
        if pos >= stop or power < 0 or power > 300:
            return np.nan, False
        scale += sign * power
    value = float(mantissa)
    # dividing by an exact power of ten rounds once: the same double as float("0.1370")
    value = value / 10.0**-scale if scale < 0 else value * 10.0**scale
    return (-value if negative else value), True


@njit(cache=True, nogil=True)
def _flag_bits(buf, start, stop):
    """Bits of a token such as ``G`` or ``D01,D03``, as numbered in ismn_flags."""
    out = np.uint32(0)
    pos = start
    while pos < stop:
        end = pos
        while end < stop and buf[end] != 44:
            end += 1
        bit = 31
        size = end - pos
        if size == 1:
            if buf[pos] == 71:
                bit = 0
            elif buf[pos] == 77:
                bit = 1
            elif buf[pos] == 85:
                bit = 2
        elif size == 3:
            number = _digits(buf, pos + 1, end)
            if buf[pos] == 67 and 1 <= number <= 3:
                bit = 2 + number
            elif buf[pos] == 68 and 1 <= number <= 10:
                bit = 5 + number
        out |= np.uint32(1) << np.uint32(bit)
        pos = end + 1
    return out


@njit(cache=True, nogil=True)
def _scan(buf, start, line, value_column, flag_column, depth_column, keep_bad):
    size = buf.size
    room = (size - start) // 20 + 1  # the shortest good line, with its end, has more than 20 bytes
    minutes, values = np.empty(room, np.int64), np.empty(room, np.float64)
    bits, depths = np.empty(room, np.uint32), np.empty(room if depth_column >= 0 else 0, np.float64)
    bad, n, n_bad, pos = np.zeros(keep_bad, np.int64), 0, 0, start
    while pos < size:
        column, good = 0, True
        day, clock, flag, value, depth = np.int64(0), np.int64(0), np.uint32(0), 0.0, 0.0
        while pos < size and buf[pos] != 10 and buf[pos] != 13:
            if buf[pos] == 32 or buf[pos] == 9:
                pos += 1
                continue
            token = pos
            while pos < size and buf[pos] != 32 and buf[pos] != 9 and buf[pos] != 10 and buf[pos] != 13:
                pos += 1
            if column == 0:
                day = _minutes(buf, token, pos)
                good &= day >= 0
            elif column == 1:
                clock = _clock(buf, token, pos)
                good &= clock >= 0
            elif column == value_column:
                value, fine = _number(buf, token, pos)
                good &= fine
            elif column == depth_column:
                depth, fine = _number(buf, token, pos)
                good &= fine
            elif column == flag_column:
                flag = _flag_bits(buf, token, pos)
            column += 1
        if column > 0:
            if good and column > flag_column and n < room:
                minutes[n] = day - 100000 * 1440 + clock
                values[n] = value if value > -999.0 else np.nan
                bits[n] = flag
                if depth_column >= 0:
                    depths[n] = depth
                n += 1
            else:
                if n_bad < keep_bad:
                    bad[n_bad] = line
                n_bad += 1
        pos += 2 if pos + 1 < size and buf[pos] == 13 and buf[pos + 1] == 10 else 1
        line += 1
    return minutes[:n].copy(), values[:n].copy(), bits[:n].copy(), depths[:n].copy(), n_bad, bad[: min(n_bad, keep_bad)]
