"""An ISMN download: a zip archive, the folder it was unpacked to, or one station file."""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path
from types import TracebackType

from ..errors import InputFileError

HEAD = 512  # bytes: a header and a first record, or two CEOP records
_ZIP_DO = "Download the archive again, or unpack it and give the folder."


class Archive:
    """Station files and their static-variable tables, wherever they lie.

    Parameters
    ----------
    path : path
        Zip archive, folder or single ``.stm`` file.

    Attributes
    ----------
    names : list of str
        Station files with ``/`` between folders, sorted.
    statics : dict
        Folder -> table of static variables in it.

    Raises
    ------
    InputFileError
        If the path does not exist, the archive is damaged or holds no station file.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)
        self._zip: zipfile.ZipFile | None = None
        self._members: dict[str, zipfile.ZipInfo] = {}
        if self.path.is_dir():
            try:
                found = sorted(_walk(self.path))
            except OSError as err:
                raise InputFileError(
                    path, found=f"a folder that cannot be read ({err})", needed="a readable folder"
                ) from err
        elif not self.path.is_file():
            raise InputFileError(path, found="no such file or folder", needed="an ISMN zip, folder or .stm file")
        elif self.path.suffix.lower() == ".stm":
            self.path, found = _beside(self.path)
        else:
            found = self._open_zip()
        self.names = [n for n in found if n.lower().endswith(".stm")]
        self.statics = {n.rpartition("/")[0]: n for n in found if n.lower().endswith(".csv")}
        if not self.names:
            zips = [n for n in os.listdir(self.path) if n.lower().endswith(".zip")] if self.path.is_dir() else []
            do = (
                f"Give one of the archives in it: {zips[:5]}."
                if zips
                else "Check that the download is an ISMN archive."
            )
            found_text = f"{len(found)} other files and no station file (.stm)" if found else "no station file (.stm)"
            self.close()
            raise InputFileError(path, found=found_text, needed="NETWORK/STATION/*.stm", do=do)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive."""
        if self._zip is not None:
            self._zip.close()
            self._raw.close()

    def label(self, name: str) -> str:
        """Name of a member for messages."""
        return f"{self.path}{'!' if self._zip else '/'}{name}"

    def _open_zip(self) -> list[str]:
        try:
            self._zip = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError) as err:
            with open(self.path, "rb") as file:
                start = file.read(4)
            size = self.path.stat().st_size
            found = f"{size} bytes that are no zip archive"
            if start == b"PK\x03\x04":
                found = f"a zip archive cut short or damaged after {size} bytes ({err})"
            raise InputFileError(self.path, found=found, needed="a complete ISMN zip archive", do=_ZIP_DO) from err
        self._raw = open(self.path, "rb")  # noqa: SIM115 - closed with the archive
        self._members = {i.filename: i for i in self._zip.infolist() if not i.is_dir()}
        return sorted(n for n in self._members if _is_ours(n))

    def head(self, name: str, size: int = HEAD) -> bytes:
        """First bytes of a station file; of a compressed member only as much is inflated."""
        if self._zip is None:
            with open(self.path / name, "rb", buffering=0) as file:
                return file.read(size)
        info = self._members[name]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
            return self.read(name)[:size]
        packed = self._packed(info, 0, min(info.compress_size, 2 * size))
        if info.compress_type == zipfile.ZIP_STORED:
            return packed[:size]
        try:
            return zlib.decompressobj(-15).decompress(packed, size)
        except zlib.error as err:
            raise self._damaged(name, err) from err

    def ends(self, name: str, size: int = HEAD) -> tuple[bytes, bytes | None]:
        """First and last bytes of a station file.

        The last are None for a compressed member, whose end cannot be had without all of it.
        """
        if self._zip is None:
            # five system calls: on network file systems their number is the cost
            number = os.open(f"{self.path}{os.sep}{name}", os.O_RDONLY | getattr(os, "O_BINARY", 0))
            try:
                head = os.read(number, size)
                if len(head) < size:
                    return head, head
                os.lseek(number, -size, os.SEEK_END)
                return head, os.read(number, size)
            finally:
                os.close(number)
        info = self._members[name]
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            return self.head(name, size), None
        return self.head(name, size), self._packed(info, max(0, info.file_size - size), size)

    def read(self, name: str) -> bytes:
        """All bytes of a file, verified against its checksum in an archive."""
        try:
            return (self.path / name).read_bytes() if self._zip is None else self._zip.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as err:
            raise self._damaged(name, err) from err

    def static_of(self, name: str) -> str | None:
        """Table of static variables of a station file: in its folder, or above where a sensor name holds a ``/``."""
        folder = name
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in self.statics:
                return self.statics[folder]
        return None

    def _packed(self, info: zipfile.ZipInfo, start: int, size: int) -> bytes:
        self._raw.seek(info.header_offset)
        local = self._raw.read(30)
        if local[:4] != b"PK\x03\x04":
            raise self._damaged(info.filename, "no member header where the directory says")
        skip = 30 + int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
        self._raw.seek(info.header_offset + skip + start)
        return self._raw.read(min(size, info.compress_size - start))

    def _damaged(self, name: str, err: object) -> InputFileError:
        needed = "an undamaged, unencrypted member"
        return InputFileError(
            self.label(name), found=f"a member that cannot be read ({err})", needed=needed, do=_ZIP_DO
        )


def _is_ours(name: str) -> bool:
    """Whether a name is a station file or a table of static variables, and no shadow that macOS leaves in archives."""
    return name.lower().endswith((".stm", "_static_variables.csv")) and not name.rpartition("/")[2].startswith("._")


def _walk(root: Path) -> list[str]:
    """Station files and static tables below a folder, relative to it; a linked folder is entered once."""
    out, todo, seen = [], [""], {os.path.realpath(root)}
    while todo:
        folder = todo.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir():
                    target = os.path.realpath(entry.path) if entry.is_symlink() else ""
                    if target not in seen:
                        todo.append(name)
                    if target:
                        seen.add(target)
                elif _is_ours(name):
                    out.append(name)
    return out


def _beside(file: Path) -> tuple[Path, list[str]]:
    """One station file with the tables beside it and one folder up (a sensor name may hold a ``/``).

    The root lies three folders up, so that the name keeps the folders which belong to it.
    """
    file = file.absolute()
    root = file.parents[min(2, len(file.parents) - 1)]
    folders = [f for f in (file.parent, file.parent.parent) if f.is_relative_to(root)]
    tables = [t for f in folders for t in sorted(f.glob("*_static_variables.csv"))]
    return root, [p.relative_to(root).as_posix() for p in (file, *tables)]
