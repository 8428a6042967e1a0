"""The merged records of ESA CCI and C3S: one algorithm, one layout, one flag field; images and cell files.

Read are soil moisture, its uncertainty, the flags, the observation time ``t0`` and the number of observations. The
bookkeeping of which sensor, band, mode and overpass went into a value (``sensor``, ``freqbandID``, ``mode``,
``dnflag``) has no canonical counterpart and is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from .. import schema
from ..errors import GridError, InputFileError
from ..grid import SNAP_TOLERANCE, Grid
from .assemble import assemble
from .catalogue import Product
from .cells import Cells, index_cells, layout
from .decode import Coding, TimeCoding, attribute, check_units, open_netcdf
from .images import Images, index_images
from .layers import stack_layers

#: Provider bit -> canonical flag. Bit 64 exists since v06 / v202012.
FLAG_BITS = {
    1: "frozen_or_snow",
    2: "dense_vegetation",
    4: "retrieval_failed",  # no convergence
    8: "out_of_range",  # exceeds the physical boundary
    16: "low_weight",
    32: "not_recommended",  # all datasets deemed unreliable
    64: "barren_advisory",
}

#: Flag values that mean "no data", by version; an unlisted version is read with all of them.
NO_DATA = {"05.2": (127,), "08.1": (-9999,), "09.2": (-9999,), "v201706": (127,), "v202212": (127,), "v202505": (256,)}

#: Root-zone variables and their layers [m]; ``rzsm_1m`` is their depth-weighted mean and is not read.
RZSM_LAYERS = {"1": (0.0, 0.1), "2": (0.1, 0.4), "3": (0.4, 1.0)}

_OBSERVED = Coding(fills=(-9999.0,), valid=(0.0, 1e6), dtype="float64")  # v05 holds junk such as -3440586.5
_VARIANTS = ("GAPFILLED", "RZSM", "MODELFREE", "COMBINED", "PASSIVE", "ACTIVE")
_MARKS = {"esa_cci": r"ESA[ _]?CCI", "c3s": r"C3S"}
_VERSIONS = {"esa_cci": r"(?:\b|[fv])(\d{2}\.\d)(?!\d)", "c3s": r"(v20\d{4})(?!\d)"}
_NAMES = {"esa_cci": "an ESA CCI file", "c3s": "a C3S file"}


class Identity(NamedTuple):
    """What all files opened together must share."""

    record: str
    variant: str
    version: str
    cadence: str
    unit: str

    def __str__(self) -> str:
        return " ".join(p for p in (self.record, self.variant, self.version, self.cadence.lower()) if p)


def identify(nc: Any, path: Path, record: str, accepted: Sequence[str], variable: str) -> Identity:
    """Product, variant and version of an open file, from its attributes, else its name, else its folders.

    Parameters
    ----------
    nc : netCDF4.Dataset
        Open file.
    path : Path
        Its path.
    record : {"esa_cci", "c3s"}
        Record the user asked for.
    accepted : sequence of str
        Variants the reader can read.
    variable : str
        Variable whose unit is checked.

    Raises
    ------
    InputFileError
        If the file is of the other record or of another variant, names no variant, or has other units.
    """
    names = ("id", "title", "product", "product_full_name", "product_version", "version", "cdr", "temporal_sampling")
    own = " ".join(attribute(nc, n) for n in names)
    places = [own, path.name, *[p.name for p in list(path.resolve().parents)[:2]]]
    other = "c3s" if record == "esa_cci" else "esa_cci"
    for text in places[:2]:
        if re.search(_MARKS[other], text, re.I) and not re.search(_MARKS[record], text, re.I):
            raise InputFileError(path.name, found=_NAMES[other], needed=_NAMES[record],
                                 do=f"Open it as a product of {other!r}.")  # fmt: skip
    variant = next((v for text in places if (v := _variant(text))), "")
    if not variant:
        raise InputFileError(path.name, found="no variant in its attributes, name or folder",
                             needed=f"one of {list(accepted)}",
                             do="Put the files in a folder named like v09.2_combined.")  # fmt: skip
    if variant not in accepted:
        raise InputFileError(path.name, found=f"the variant {variant}", needed=f"one of {list(accepted)}",
                             do="See vadose.products.catalogue() for the product that reads it.")  # fmt: skip
    version = _version(places, record)
    if version == "unknown" and (foreign := _version(places, other)) != "unknown":
        raise InputFileError(path.name, found=f"version {foreign}, as of {_NAMES[other]}", needed=_NAMES[record],
                             do=f"Open it as a product of {other!r}.")  # fmt: skip
    cadence = next((c for c in ("DEKADAL", "MONTHLY") if c in (own + path.name).upper()), "DAILY")
    assume = "percent" if variant == "ACTIVE" else "m3 m-3"
    unit = check_units(nc.variables[variable], path, "1" if variant == "ACTIVE" else "m3 m-3", assume=assume)
    return Identity(record, variant, version, cadence, unit)


def _version(places: Sequence[str], record: str) -> str:
    found = (re.search(_VERSIONS[record], text) for text in places)
    return next((m[1] for m in found if m), "unknown")


def _variant(text: str) -> str:
    plain = re.sub(r"[-_ ]?GAP[-_ ]?FILLED", " GAPFILLED", text.upper())
    plain = re.sub(r"MODEL[-_ ]?FREE", "MODELFREE", plain)
    return next((v for v in _VARIANTS if re.search(rf"(?<![A-Z]){v}(?![A-Z])", plain)), "")


def find_grid(lat: np.ndarray, lon: np.ndarray, where: str) -> Grid:
    """The 0.25° grid, or the 0.1° grid of the medium-resolution version."""
    for grid in (Grid.regular(0.25), Grid.regular(0.1)):
        step = grid.resolution
        off = max(np.abs((axis / step - 0.5) - np.round(axis / step - 0.5)).max() * step for axis in (lat, lon))
        if off <= SNAP_TOLERANCE:
            return grid
    raise GridError(where, found="coordinates between cell centres", needed="centres of the 0.25° or the 0.1° grid")


def canonical_flags(raw: xr.DataArray, version: str) -> xr.DataArray:
    """Canonical flags (uint16) of provider flags; lazy stays lazy."""
    codes = NO_DATA.get(version, tuple(c for v in NO_DATA.values() for c in v))

    return xr.apply_ufunc(_translate, raw, kwargs={"codes": codes}, dask="parallelized", output_dtypes=["uint16"],
                          keep_attrs="drop")  # fmt: skip


def _translate(values: np.ndarray, codes: Sequence[int]) -> np.ndarray:
    """Flags by table; bits that are not listed, and values beyond them, are ``other_inconsistency``."""
    other, size = np.uint16(schema.FLAGS["other_inconsistency"]), 512
    every = np.arange(size + 2)
    table = schema.map_bits(every, FLAG_BITS)
    table[(every & ~sum(FLAG_BITS)) != 0] |= other
    table[size:] = other  # [512]: too large, [513]: negative
    for code in codes:
        table[code if code >= 0 else size + 1] = schema.FLAGS["missing"]
    return table[np.where(values < 0, size + 1, np.minimum(values, size))]


def index_record(
    paths: Sequence[Path],
    variables: Sequence[str],
    *,
    record: str,
    accepted: Sequence[str],
    optional: Sequence[str],
    dtypes: Mapping[str, str],
    bbox: Any,
    period: Any,
) -> Images | Cells:
    """Index of images or of cell files, whichever the first file is."""

    def identity(nc: Any, path: Path) -> Identity:
        return identify(nc, path, record, accepted, variables[0])

    def fills(names: Sequence[str]) -> dict[str, tuple[float, ...]]:
        return {n: (-9999.0,) for n in names if n not in dtypes}

    with open_netcdf(paths[0], needed=variables) as nc:
        kind = layout(nc)
    common: dict[str, Any] = {"parent": find_grid, "optional": optional, "identity": identity, "bbox": bbox,
                              "period": period, "fills": fills([*variables, *optional]), "dtypes": dtypes,
                              "do": f"Is this {_NAMES[record]}?"}  # fmt: skip
    if kind:
        return index_cells(paths, variables, **common)
    return index_images(paths, variables, name_date=r"-(\d{8})\d{6}-", **common)


def open_surface(paths: Sequence[Path], *, product: Product, accepted: Sequence[str], bbox: Any, period: Any,
                 flags: str) -> xr.Dataset:  # fmt: skip
    """Surface record (images or cells) as a canonical dataset; ACTIVE becomes ``saturation``."""
    dtypes = {"flag": "int32", "t0": "float64"}
    index = index_record(paths, ["sm"], record=product.id, accepted=accepted, dtypes=dtypes, bbox=bbox, period=period,
                         optional=["sm_uncertainty", "flag", "t0", "nobs"])  # fmt: skip
    who: Identity = index.identity
    has = index.codings.__contains__
    extras = {}
    if has("t0"):
        extras["t0"] = _observed(index.variable("t0", _OBSERVED))
    if has("nobs"):
        extras["nobs"] = index.variable("nobs", Coding(fills=(-1.0,))).fillna(0.0)
    return assemble(
        product, index.variable("sm"), unit=who.unit, flags=flags, inputs=index.paths,
        name="saturation" if who.variant == "ACTIVE" else "sm", grid=index.grid,
        flag=canonical_flags(index.variable("flag"), who.version) if has("flag") else None,
        uncertainty=index.variable("sm_uncertainty") if has("sm_uncertainty") else None,
        extras=extras, depth=product.depth, version=who.version, attrs=_attrs(who, product),
        title=f"{product.title}, {who.variant.lower()} {who.version}",
    )  # fmt: skip


def open_rzsm(paths: Sequence[Path], *, product: Product, record: str, bbox: Any, period: Any,
              flags: str) -> xr.Dataset:  # fmt: skip
    """Root-zone record as a canonical dataset with three layers."""
    names = [f"rzsm_{n}" for n in RZSM_LAYERS]
    sigma = [f"uncertainty_{n}" for n in RZSM_LAYERS]
    index = index_record(paths, names, record=record, accepted=("RZSM",), optional=sigma, dtypes={}, bbox=bbox,
                         period=period)  # fmt: skip
    has_sigma = all(n in index.codings for n in sigma)
    return assemble(
        product, stack_layers(index, names), unit=index.identity.unit, flags=flags, inputs=index.paths,
        grid=index.grid, uncertainty=stack_layers(index, sigma) if has_sigma else None,
        layers=list(RZSM_LAYERS.values()), version=index.identity.version, attrs=_attrs(index.identity, product),
        title=f"{product.title} {index.identity.version}",
    )  # fmt: skip


def _observed(days: xr.DataArray) -> xr.DataArray:
    coding = TimeCoding.parse("days since 1970-01-01")
    return xr.apply_ufunc(coding.decode, days, dask="parallelized", output_dtypes=["datetime64[ns]"])


def _attrs(who: Identity, product: Product) -> dict[str, Any]:
    listed = "listed" if who.version in product.versions else "unlisted: layout fits, flags read as in listed versions"
    return {"variant": who.variant.lower(), "cadence": who.cadence.lower(), "version_status": listed}
