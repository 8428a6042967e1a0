"""Maps without time from image files: reading the window of a box from a GeoTIFF or a plain PNG."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import ConfigError, InputFileError
from ..grid import Grid


def check_single(paths: Sequence[Path], *, what: str, period=None) -> Path:
    """The one file of a static map; a period makes no sense for it and is refused.

    Raises
    ------
    InputFileError
        If there is not exactly one file.
    ConfigError
        If a period is given.
    """
    if period is not None:
        raise ConfigError("period", found=repr(period), needed=f"none: {what} has no time axis")
    if len(paths) != 1:
        raise InputFileError(what, found=f"{len(paths)} files", needed="exactly one", do="Open one map at a time.")
    path = Path(paths[0])
    if not path.is_file():
        raise InputFileError(path.name, found="no such file", needed=f"a {what} file")
    if path.stat().st_size == 0:
        raise InputFileError(path.name, found="an empty file (0 bytes)", needed=f"a {what} file")
    return path


def read_classes(path: Path, *, what: str, grid: Grid | None = None, bbox=None) -> tuple[np.ndarray, Grid, int | None]:
    """Read the class codes of a global 8-bit map, north up, of which the box is read alone.

    Parameters
    ----------
    path : Path
        GeoTIFF or PNG.
    what : str
        The product, for error messages.
    grid : Grid, optional
        The global grid the image must have; without it the file's own transform must be that of a global
        regular grid.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].

    Returns
    -------
    codes : ndarray of uint8, shape (lat, lon)
    grid : Grid
        Of the part read.
    nodata : int or None
        The file's declared missing code.

    Raises
    ------
    InputFileError
        If the file cannot be read, is not 8-bit, or has another size or georeference.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError
    from rasterio.windows import Window

    if path.suffix.lower() == ".png" and not _is_complete_png(path):
        raise InputFileError(path.name, found="an image that cannot be read (no end mark)",
                             needed=f"a complete {what} file", do="Fetch it again.")  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # a PNG has none: the size tells the grid
        try:
            with rasterio.open(path) as source:
                if source.count == 0:
                    raise InputFileError(path.name, found="a file without an image of its own", needed=f"{what}")
                if source.dtypes[0] != "uint8":
                    raise InputFileError(path.name, found=f"{source.dtypes[0]} values", needed=f"8-bit codes of {what}")
                shape = (source.height, source.width)
                if grid is None:
                    grid = _global_grid(path, source, what)
                elif shape != grid.shape:
                    raise InputFileError(path.name, found=f"an image of {shape[0]}×{shape[1]} pixels",
                                         needed=f"{what} on the {grid}")  # fmt: skip
                elif source.crs is not None and not np.allclose(tuple(source.bounds), grid.bbox, atol=1e-6):
                    raise InputFileError(path.name, found=f"bounds {tuple(source.bounds)}", needed=f"{grid.bbox}")
                part = grid if bbox is None else grid.crop(bbox)
                window = Window(part.cols[0], part.rows[0], part.shape[1], part.shape[0])
                codes = source.read(1, window=window)
                nodata = None if source.nodata is None else int(source.nodata)
        except (RasterioError, OSError) as err:
            raise InputFileError(path.name, found=f"an image that cannot be read ({str(err).rsplit('/', 1)[-1]})",
                                 needed=f"a complete {what} file", do="Fetch it again.") from err  # fmt: skip
    return codes, part, nodata


def _is_complete_png(path: Path) -> bool:
    """Whether the file ends as a PNG must: of a truncated one the decoder returns garbage without a word."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 12, 0))
        return b"IEND" in file.read()


def _global_grid(path: Path, source, what: str) -> Grid:
    rows, cols = source.height, source.width
    bounds = tuple(source.bounds)
    if cols != 2 * rows or not np.allclose(bounds, (-180, -90, 180, 90), atol=1e-4):
        raise InputFileError(path.name, found=f"{rows}×{cols} pixels with bounds {tuple(round(b, 4) for b in bounds)}",
                             needed=f"a global {what} map, longitudes −180..180, north up")  # fmt: skip
    return Grid.regular(180 / rows)
