"""One registry of works to cite: of products (field ``works`` of the catalogue) and of methods."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import ConfigError
from .catalogue import get


@dataclass(frozen=True)
class Work:
    """A published work.

    Parameters
    ----------
    key : str
        Name in the registry and in BibTeX.
    authors : str
        As printed, ``and others`` for the rest.
    year : int
        Of publication.
    title, source : str
        Of the work; journal or publisher with volume and pages.
    doi : str
        Without a prefix.
    """

    key: str
    authors: str
    year: int
    title: str
    source: str
    doi: str

    @property
    def text(self) -> str:
        """As printed in a list of references."""
        end = "" if self.title.endswith("?") else "."
        return f"{self.authors} ({self.year}): {self.title}{end} {self.source}."


_ROWS = (
    ("gruber2020", "Gruber, A. and others", 2020, "Validation practices for satellite soil moisture "
     "retrievals: What are (the) errors?", "Remote Sensing of Environment 244, 111806", "10.1016/j.rse.2020.111806"),
    ("mccoll2014", "McColl, K. A. and others", 2014, "Extended triple collocation: Estimating errors and correlation "
     "coefficients with respect to an unknown target", "Geophysical Research Letters 41, 6229-6236",
     "10.1002/2014GL061322"),
    ("gruber2016tc", "Gruber, A. and others", 2016, "Recent advances in (soil moisture) triple collocation analysis",
     "Int. J. Applied Earth Observation and Geoinformation 45, 200-211", "10.1016/j.jag.2015.09.002"),
    ("gruber2016qc", "Gruber, A. and others", 2016, "Estimating error cross-correlations in soil moisture "
     "data sets using extended collocation analysis", "J. Geophysical Research: Atmospheres 121, 1208-1219",
     "10.1002/2015JD024027"),
    ("kunsch1989", "Künsch, H. R.", 1989, "The jackknife and the bootstrap for general stationary observations",
     "Annals of Statistics 17, 1217-1241", "10.1214/aos/1176347265"),
    ("kling2012", "Kling, H., Fuchs, M. and Paulin, M.", 2012, "Runoff conditions in the upper Danube basin under an "
     "ensemble of climate change scenarios", "J. Hydrology 424-425, 264-277", "10.1016/j.jhydrol.2012.01.011"),
    ("albergel2009", "Albergel, C. and others", 2009, "An evaluation of ASCAT surface soil moisture products "
     "with in-situ observations in Southwestern France", "Hydrology and Earth System Sciences 13, 115-124",
     "10.5194/hess-13-115-2009"),
    ("benjamini1995", "Benjamini, Y. and Hochberg, Y.", 1995, "Controlling the false discovery rate: a practical and "
     "powerful approach to multiple testing", "J. Royal Statistical Society B 57, 289-300",
     "10.1111/j.2517-6161.1995.tb02031.x"),
    ("koch2018", "Koch, J., Demirel, M. C. and Stisen, S.", 2018, "The SPAtial EFficiency metric (SPAEF): multiple-"
     "component evaluation of spatial patterns for optimization of hydrological models",
     "Geoscientific Model Development 11, 1873-1886", "10.5194/gmd-11-1873-2018"),
    ("roberts2008", "Roberts, N. M. and Lean, H. W.", 2008, "Scale-selective verification of rainfall accumulations "
     "from high-resolution forecasts of convective events", "Monthly Weather Review 136, 78-97",
     "10.1175/2007MWR2123.1"),
    ("ma2026", "Ma, Y. and others", 2026, "An independent evaluation of global 1 km soil moisture products using "
     "in-situ and airborne observations", "Remote Sensing of Environment, 115534", "10.1016/j.rse.2026.115534"),
    ("vachaud1985", "Vachaud, G. and others", 1985, "Temporal stability of spatially measured soil water probability "
     "density function", "Soil Science Society of America J. 49, 822-828", "10.2136/sssaj1985.03615995004900040006x"),
    ("chen2021", "Chen, Y., Feng, X. and Fu, B.", 2021, "An improved global remote-sensing-based surface soil moisture "
     "(RSSSM) dataset covering 2003-2018", "Earth System Science Data 13, 1-31", "10.5194/essd-13-1-2021"),
    ("dorigo2021", "Dorigo, W. and others", 2021, "The International Soil Moisture Network: serving Earth "
     "system science for over a decade", "Hydrology and Earth System Sciences 25, 5749-5804",
     "10.5194/hess-25-5749-2021"),
    ("dorigo2017", "Dorigo, W. and others", 2017, "ESA CCI Soil Moisture for improved Earth system "
     "understanding: State-of-the art and future directions", "Remote Sensing of Environment 203, 185-215",
     "10.1016/j.rse.2017.07.001"),
    ("gruber2019", "Gruber, A. and others", 2019, "Evolution of the ESA CCI Soil Moisture climate data "
     "records and their underlying merging methodology", "Earth System Science Data 11, 717-739",
     "10.5194/essd-11-717-2019"),
    ("munoz2021", "Muñoz-Sabater, J. and others", 2021, "ERA5-Land: a state-of-the-art global reanalysis "
     "dataset for land applications", "Earth System Science Data 13, 4349-4383", "10.5194/essd-13-4349-2021"),
    ("hersbach2020", "Hersbach, H. and others", 2020, "The ERA5 global reanalysis",
     "Quarterly J. Royal Meteorological Society 146, 1999-2049", "10.1002/qj.3803"),
    ("rodell2004", "Rodell, M. and others", 2004, "The Global Land Data Assimilation System",
     "Bulletin of the American Meteorological Society 85, 381-394", "10.1175/BAMS-85-3-381"),
    ("entekhabi2010", "Entekhabi, D. and others", 2010, "The Soil Moisture Active Passive (SMAP) mission",
     "Proceedings of the IEEE 98, 704-716", "10.1109/JPROC.2010.2043918"),
    ("kerr2012", "Kerr, Y. H. and others", 2012, "The SMOS soil moisture retrieval algorithm",
     "IEEE Trans. Geoscience and Remote Sensing 50, 1384-1403", "10.1109/TGRS.2012.2184548"),
    ("fernandez2017", "Fernandez-Moran, R. and others", 2017, "SMOS-IC: An alternative SMOS soil moisture and "
     "vegetation optical depth product", "Remote Sensing 9, 457", "10.3390/rs9050457"),
    ("wagner2013", "Wagner, W. and others", 2013, "The ASCAT soil moisture product: A review of its specifications, "
     "validation results, and emerging applications", "Meteorologische Zeitschrift 22, 5-33",
     "10.1127/0941-2948/2013/0399"),
    ("bauer2019", "Bauer-Marschallinger, B. and others", 2019, "Toward global soil moisture monitoring with "
     "Sentinel-1: Harnessing assets and overcoming obstacles", "IEEE Trans. Geoscience and Remote Sensing 57, 520-539",
     "10.1109/TGRS.2018.2858004"),
    ("bauer2018", "Bauer-Marschallinger, B. and others", 2018, "Soil moisture from fusion of scatterometer and SAR: "
     "Closing the scale gap with temporal filtering", "Remote Sensing 10, 1030", "10.3390/rs10071030"),
    ("eyring2016", "Eyring, V. and others", 2016, "Overview of the Coupled Model Intercomparison Project "
     "Phase 6 (CMIP6) experimental design and organization", "Geoscientific Model Development 9, 1937-1958",
     "10.5194/gmd-9-1937-2016"),
    ("kumar2006", "Kumar, S. V. and others", 2006, "Land information system: An interoperable framework for high "
     "resolution land surface modeling", "Environmental Modelling & Software 21, 1402-1415",
     "10.1016/j.envsoft.2005.07.004"),
    ("friedl2010", "Friedl, M. A. and others", 2010, "MODIS Collection 5 global land cover: Algorithm refinements and "
     "characterization of new datasets", "Remote Sensing of Environment 114, 168-182", "10.1016/j.rse.2009.08.016"),
    ("beck2018", "Beck, H. E. and others", 2018, "Present and future Köppen-Geiger climate classification maps at 1-km "
     "resolution", "Scientific Data 5, 180214", "10.1038/sdata.2018.214"),
)  # fmt: skip

#: Key -> work.
WORKS = {row[0]: Work(*row) for row in _ROWS}

#: Method -> keys of what describes it.
METHODS = {
    "validation": ("gruber2020",),
    "kge": ("kling2012",),
    "anomalies": ("albergel2009",),
    "bootstrap": ("kunsch1989",),
    "triple_collocation": ("mccoll2014", "gruber2016tc"),
    "quadruple_collocation": ("gruber2016qc",),
    "false_discovery_rate": ("benjamini1995",),
    "spatial_fidelity": ("koch2018",),
    "fractions_skill": ("roberts2008",),
    "time_stability": ("vachaud1985",),
    "evaluation_1km": ("ma2026",),
    "rsssm": ("chen2021",),
    "stations": ("dorigo2021",),
}


def works(*, products: Iterable[str] = (), methods: Iterable[str] = ()) -> list[Work]:
    """Works to cite for products of the catalogue and for methods, each once, products first.

    Parameters
    ----------
    products : iterable of str
        Ids of the catalogue. A product without a work of its own but with a DOI of its data gets that.
    methods : iterable of str
        Names among :data:`METHODS`, or keys of :data:`WORKS`.

    Raises
    ------
    ConfigError
        If a name is unknown.

    Examples
    --------
    >>> [w.key for w in works(products=["era5_land", "era5"], methods=["triple_collocation"])]
    ['munoz2021', 'hersbach2020', 'mccoll2014', 'gruber2016tc']
    """
    found: dict[str, Work] = {}
    for name in products:
        entry = get(name)
        for key in entry.works:
            found[key] = WORKS[key]
        if not entry.works and entry.doi:
            found[name] = Work(name, entry.provider, int(entry.period[:4] or 0), entry.title, entry.provider, entry.doi)
    for name in methods:
        if name not in METHODS and name not in WORKS:
            raise ConfigError("methods", found=repr(name), needed=f"some of {list(METHODS)} or {list(WORKS)}")
        for key in METHODS.get(name, (name,)):
            found[key] = WORKS[key]
    return list(found.values())


def bibtex(items: Iterable[Work]) -> str:
    """Works as BibTeX entries.

    Examples
    --------
    >>> print(bibtex(works(methods=["koch2018"])).splitlines()[0])
    @article{koch2018,
    """
    entries = []
    for w in items:
        fields = {"author": w.authors, "title": "{" + w.title + "}", "journal": w.source, "year": w.year, "doi": w.doi}
        lines = "\n".join(f"  {k} = {{{v}}}," for k, v in fields.items())
        entries.append(f"@article{{{w.key},\n{lines}\n}}\n".replace("&", r"\&"))
    return "\n".join(entries)


def table(items: Iterable[Work]) -> str:
    """Works as CSV with a heading.

    Examples
    --------
    >>> table(works(methods=["koch2018"])).splitlines()[0]
    'key,authors,year,title,source,doi'
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["key", "authors", "year", "title", "source", "doi"])
    for w in items:
        writer.writerow([w.key, w.authors, w.year, w.title, w.source, w.doi])
    return out.getvalue()
