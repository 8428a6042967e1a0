"""From what a user names (file, folder, glob pattern, several of them) to a sorted list of files."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from ..errors import InputFileError


def expand(paths: str | os.PathLike | Iterable[str | os.PathLike], patterns: Iterable[str] = ("*.nc",)) -> list[Path]:
    """Files meant by paths, patterns and folders.

    Parameters
    ----------
    paths : path or iterable of paths
        A file, a glob pattern (``**`` crosses folders), a folder (searched at all depths), or several of these.
    patterns : iterable of str
        Names looked for in folders. Files that describe a grid or a land mask are not
        taken from folders and patterns; named one by one, every file is.

    Returns
    -------
    list of Path
        Sorted, each once.

    Raises
    ------
    InputFileError
        If one of them matches no file.
    """
    patterns = tuple(patterns)
    several = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    if not several:
        raise InputFileError("paths", found="nothing", needed="at least one file, folder or pattern")
    files: set[Path] = set()
    for item in several:
        files.update(_one(Path(item).expanduser(), patterns))
    return sorted(files)


def _one(item: Path, patterns: tuple[str, ...]) -> list[Path]:
    if item.is_dir():
        found = [p for p in item.rglob("*") if p.is_file() and _wanted(p.name, patterns)]
        needed = f"files named {' or '.join(patterns)} in it"
    elif item.is_file():
        return [item]
    elif glob.has_magic(str(item)):
        found = [
            p for p in map(Path, glob.glob(str(item), recursive=True)) if p.is_file() and not _is_ancillary(p.name)
        ]
        needed = "a pattern that matches files"
    else:
        raise InputFileError(item, found="no such file or folder", needed="an existing file, folder or glob pattern")
    if not found:
        raise InputFileError(item, found="no matching file", needed=needed)
    return found


def _is_ancillary(name: str) -> bool:
    return fnmatch(name, "*grid*.nc") or fnmatch(name, "sftlf_*.nc") or name == "landmask.nc"


def _wanted(name: str, patterns: tuple[str, ...]) -> bool:
    return not _is_ancillary(name) and any(fnmatch(name, p) for p in patterns)


def folder_version(path: str | os.PathLike) -> str:
    """Version that a folder name tells, for cell files that do not say it themselves; ``""`` where none does.

    Examples
    --------
    >>> folder_version("smap_l3/cells_v9_am_pm/0165.nc"), folder_version("ascat/0165.nc")
    ('9', '')
    """
    for folder in list(Path(path).parents)[:2]:
        if match := re.search(r"(?:^|_)v(\d+(?:\.\d+)*)(?=_|$)", folder.name):
            return match[1]
    return ""
