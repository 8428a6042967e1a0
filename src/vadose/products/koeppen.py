"""Köppen-Geiger climate zones: the 1/36° image with its table of zone numbers, and the maps of Beck et al."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from .. import landclass, schema
from ..errors import InputFileError
from ..grid import Grid
from .rasters import check_single, read_classes

TABLE = "kg_zoneNum.csv"
OCEAN = 0

#: Rows and columns of the PNG that hold a colour key, not the Arctic Ocean: 3 × 3 pixels for each of 32 zones.
KEY = (3, 96)

#: Zone names that are no class of Beck et al. (2018). Choice: ``As`` (dry summer) joins ``Aw``, the class that
#: holds every savanna climate in their scheme.
SYNONYMS = {"As": "Aw", "Ocean": ""}


def open_koeppen_geiger(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open a map of Köppen-Geiger climate zones.

    Parameters
    ----------
    paths : sequence of Path
        Either the 1/36° PNG, with ``kg_zoneNum.csv`` given too or beside it, or one GeoTIFF of Beck et al. with
        codes 1 to 30 (0 = ocean) at any global resolution.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : None
        A static map has none.
    flags : str
        Checked, without effect: the map has no flags.

    Returns
    -------
    xarray.Dataset
        Shape ``static``: ``climate`` (uint8), 0 = ocean, 1-30 in the order of :data:`vadose.landclass.KOEPPEN`.
        The attribute ``original_classes`` keeps the file's own codes and names.

    Raises
    ------
    InputFileError
        If the image or its table is missing, damaged or of another product.

    Notes
    -----
    Read at once: 84 MB for the globe at 1/36°. The PNG has no georeference; its 6480 × 12960 pixels are the cells
    of the global 1/36° grid. The key of zone colours in its top left corner (0.08° × 2.7° at the pole) is read as
    ocean. Choice: ``As`` is counted as ``Aw``.
    """
    schema.check_rule(flags)
    images = [Path(p) for p in paths if Path(p).suffix.lower() != ".csv"]
    tables = [Path(p) for p in paths if Path(p).suffix.lower() == ".csv"]
    path = check_single(images, what="Köppen-Geiger map", period=period)
    if path.suffix.lower() == ".png":
        table = _read_table(tables[0] if tables else path.parent / TABLE)
        codes, part, _ = read_classes(path, what="Köppen-Geiger map", grid=Grid.regular(1 / 36), bbox=bbox)
        ocean = next((number for number, zone in table.items() if zone == "Ocean"), None)
        if ocean is not None:
            codes[: max(KEY[0] - part.rows[0], 0), : max(KEY[1] - part.cols[0], 0)] = ocean
        inputs, version = [path.name, (tables[0].name if tables else TABLE)], "present day"
    else:
        table = dict(enumerate(landclass.KOEPPEN, start=1)) | {0: "Ocean"}
        codes, part, nodata = read_classes(path, what="Köppen-Geiger map", bbox=bbox)
        if nodata is not None and nodata not in table:
            table[nodata] = "Ocean"
        inputs, version = [path.name], ""

    translate = np.full(256, 255, dtype="uint8")
    for number, zone in table.items():
        name = SYNONYMS.get(zone, zone)
        translate[number] = landclass.KOEPPEN.index(name) + 1 if name else OCEAN
    out = translate[codes]
    if (out == 255).any():
        raise InputFileError(path.name, found=f"codes {np.unique(codes[out == 255]).tolist()[:8]}",
                             needed=f"the {len(table)} codes of its table",
                             do="Is it a map of another kind?")  # fmt: skip
    attrs = schema.VARIABLES["climate"].attrs() | {
        "flag_values": np.arange(len(landclass.KOEPPEN) + 1, dtype="uint8"),
        "flag_meanings": " ".join(["ocean", *landclass.KOEPPEN]),
        "original_classes": ", ".join(f"{number}={zone}" for number, zone in sorted(table.items())),
    }
    ds = schema.with_grid(xr.Dataset({"climate": (("lat", "lon"), out, attrs)}), part)
    ds = schema.stamp(ds, title="Köppen-Geiger climate zones", product="koeppen_geiger", version=version, inputs=inputs,
                      flag_rule="none", choice="As is counted as Aw" if "As" in table.values() else None)  # fmt: skip
    return schema.check(ds, "static")


def _read_table(path: Path) -> dict[int, str]:
    """Zone number -> zone name."""
    if not path.is_file():
        raise InputFileError(path.name, found=f"no such file in {path.parent.name}/", needed="the table of zone names",
                             do=f"Put {TABLE} beside the image or give it as a second path.")  # fmt: skip
    with path.open(newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    try:
        table = {int(row["zoneNum"]): row["kg_zone"].strip() for row in rows}
    except (KeyError, TypeError, ValueError) as err:
        raise InputFileError(path.name, found=f"columns {list(rows[0]) if rows else []}",
                             needed="columns kg_zone and zoneNum (integer)") from err  # fmt: skip
    unknown = [z for z in table.values() if SYNONYMS.get(z, z) not in ("", *landclass.KOEPPEN)]
    if unknown or not table:
        raise InputFileError(path.name, found=f"zones {unknown}" if unknown else "no zones",
                             needed=f"Köppen-Geiger names such as {', '.join(landclass.KOEPPEN[:4])}")  # fmt: skip
    return table
