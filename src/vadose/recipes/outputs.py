"""The files of a recipe: an output folder that can take them, each with its name only when it is whole."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import xarray as xr

from ..errors import ConfigError


def writable_folder(path: str | Path) -> Path:
    """Make an output folder, and refuse one that cannot take files before any work is done.

    Raises
    ------
    ConfigError
        If the path is a file or may not be written.
    """
    folder = Path(path)
    do = "Choose another output folder."
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (FileExistsError, NotADirectoryError) as err:
        raise ConfigError(f"out {folder}", found="a file in its place", needed="a folder", do=do) from err
    except OSError as err:
        raise ConfigError(f"out {folder}", found=f"a folder that cannot be written ({err.strerror or err})",
                          needed="a folder that can", do=do) from err  # fmt: skip
    return folder


def save_dataset(ds: xr.Dataset, path: Path) -> None:
    """Write a NetCDF file that appears when it is whole."""
    encoding = {v: {"zlib": True} for v in ds.data_vars if ds[v].dtype.kind in "fi"}
    with whole_file(path) as part:
        ds.to_netcdf(part, encoding=encoding)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file to write that gets its name when it is whole: a reader never meets half a file."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    except (OSError, RuntimeError) as err:  # of a full disk the NetCDF library says RuntimeError
        part.unlink(missing_ok=True)
        raise ConfigError(str(path), found=f"a file that cannot be written ({err})", needed="room and permission",
                          do="Free space on the disk, or choose another output folder.") from err  # fmt: skip
