"""How long a NetCDF-3 file must be: the library reads a truncated one as zeros, and zero is a soil moisture.

The classic format (CDF-1, 64-bit offset CDF-2, 64-bit data CDF-5) says in its header where every variable begins, so
its least size follows from the header alone. HDF5 based NetCDF-4 files check themselves.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import BinaryIO

_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}


def least_size(path: str | Path) -> int | None:
    """Least number of bytes that a NetCDF-3 file must have, None for any other format.

    Parameters
    ----------
    path : path
        File to examine; only its header is read.

    Raises
    ------
    ValueError
        If the header itself is cut or malformed.

    Notes
    -----
    Layout: NetCDF Classic Format Specification (Unidata). The padding after the last variable may be absent.
    """
    with Path(path).open("rb") as file:
        magic = file.read(4)
        if magic[:3] != b"CDF" or len(magic) < 4 or magic[3] not in (1, 2, 5):
            return None
        return _Header(file, magic[3]).least_size()


class _Header:
    def __init__(self, file: BinaryIO, version: int):
        self.file = file
        self.count, self.offset = (">q" if version == 5 else ">i"), (">i" if version == 1 else ">q")

    def least_size(self) -> int:
        records = self._number(self.count)
        dims = [self._dimension() for _ in range(self._list(10))]
        self._attributes()
        fixed, record = [self.file.tell()], []
        for _ in range(self._list(11)):
            self._skip_name()
            shape = [dims[self._number(self.count)] for _ in range(self._number(self.count))]
            self._attributes()
            kind = self._number(">i")
            self._number(self.count)  # vsize: capped for large variables, so it is worked out instead
            begin = self._number(self.offset)
            if kind not in _TYPE_BYTES or begin < 0:
                raise ValueError("a variable of unknown type")
            if shape and shape[0] == 0:
                record.append((begin, math.prod(shape[1:]) * _TYPE_BYTES[kind]))
            else:
                fixed.append(begin + math.prod(shape) * _TYPE_BYTES[kind])
        if record and records > 0:  # -1: written as a stream, length unknown
            step = record[0][1] if len(record) == 1 else sum(size + -size % 4 for _, size in record)
            fixed += [begin + (records - 1) * step + size for begin, size in record]
        return max(fixed)

    def _number(self, code: str) -> int:
        raw = self.file.read(struct.calcsize(code))
        if len(raw) < struct.calcsize(code):
            raise ValueError("a header that ends early")
        return struct.unpack(code, raw)[0]

    def _list(self, tag: int) -> int:
        found, length = self._number(">i"), self._number(self.count)
        if found not in (0, tag) or length < 0 or (found == 0 and length):
            raise ValueError("a malformed header")
        return length

    def _skip(self, size: int) -> None:
        if size < 0:
            raise ValueError("a malformed header")
        self.file.seek(size + -size % 4, 1)

    def _skip_name(self) -> None:
        self._skip(self._number(self.count))

    def _dimension(self) -> int:
        self._skip_name()
        return self._number(self.count)

    def _attributes(self) -> None:
        for _ in range(self._list(12)):
            self._skip_name()
            kind = self._number(">i")
            if kind not in _TYPE_BYTES:
                raise ValueError("an attribute of unknown type")
            self._skip(self._number(self.count) * _TYPE_BYTES[kind])
