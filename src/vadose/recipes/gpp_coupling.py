"""Coupling of primary production to soil water, of real products in a library or of a simulated Earth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import xarray as xr

from .. import analysis
from ..errors import ConfigError
from ..grid import Grid
from ..store import Library
from .earth import Earth
from .gpp_coupling_inputs import (
    CouplingConfig,
    annual_on,
    kept_seasons,
    monthly_layers,
    planted,
    variable_of,
)
from .outputs import writable_folder
from .progress import Step, silent
from .settings import dump, read

#: The simulated region: all four ecosystems, dry and wet climates.
EARTH = Earth((0.0, 32.0, 16.0, 46.0), 1.0, (2000, 2019), seed=4, step="dekad", products=("gpp",))


@dataclass
class Coupled:
    """All results, in memory."""

    plain: xr.Dataset
    depths: xr.Dataset
    variants: dict[str, xr.Dataset]
    inputs: dict[str, str]
    masked: int
    truth: dict[str, Any] = field(default_factory=dict)


def gpp_coupling(*, out: str | Path, library: str | None = None, config: str | Path | None = None,
                 region: tuple[float, float, float, float] = EARTH.region, years: tuple[int, int] = EARTH.years,
                 step: Step = silent) -> Path:  # fmt: skip
    """Couple annual production to soil water by season, depth and ecosystem, and write the report.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, ``table.csv``, fields as NetCDF, ``config.yaml`` and ``library``
        (the simulated Earth where no library is given, and the seasons). What that holds already is kept, so that an
        interrupted run goes on.
    library : str, optional
        Library with layered soil moisture, production, and where there are any land cover, precipitation and
        temperature; without one a region is simulated.
    config : path, optional
        YAML file of :class:`CouplingConfig`; needed with a library that is no twin.
    region, years : tuple
        What is simulated.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ConfigError
        If the library lacks a dataset or variable that is named, or a depth is not made of whole layers.
    """
    from .gpp_coupling_report import write

    settings = read(config, CouplingConfig) if config is not None else CouplingConfig()
    folder = writable_folder(out).resolve()
    own = Library(str(folder / "library"))
    step(0, 5, "opening the library" if library else "simulating land, weather, soil water and production")
    source = Library(library, create=False) if library else replace(EARTH, region=region, years=years).make(own)
    result = couple(source, settings, own, step=step)
    step(4, 5, "drawing and writing")
    (folder / "config.yaml").write_text(dump(settings), encoding="utf-8")
    report = write(result, settings, folder)
    step(5, 5, "done")
    return report


def couple(library: Library, settings: CouplingConfig, own: Library, *,
           step: Step = silent) -> Coupled:  # fmt: skip
    """Everything the report shows; seasons are kept in ``own`` and not made twice."""
    names = {"layers", "gpp", "land_cover", "precipitation", "temperature"}
    sources = {k: s for k in sorted(names) if (s := getattr(settings, k)) is not None}
    have = library.names()
    if lacking := {k: s.dataset for k, s in sources.items() if s.dataset not in have}:
        where = ", ".join(f"{k}: {v}" for k, v in lacking.items())
        raise ConfigError(where, found=f"a library that holds {', '.join(have) or 'nothing'}",
                          needed="names of its datasets",
                          do="Name them in a YAML file (--config), with null for what there is not.")  # fmt: skip
    opened = {k: library.open(s.dataset) for k, s in sources.items()}
    step(1, 5, "finding the wet and dry seasons of each year")
    layers = monthly_layers(opened["layers"], settings)
    grid = Grid.of(layers)
    seasons = kept_seasons(layers, settings, own, library.info(settings.layers.dataset)["snapshot"])
    joined = None
    if settings.depths:
        joined = analysis.join_depths(seasons, layers["layer_bnds"], depths=settings.depths)
        joined = joined.assign_attrs(seasons.attrs | {"units": "kg m-2"})
    step(2, 5, "years of production, precipitation and temperature")
    gpp = annual_on("gpp", opened, sources, grid, settings)
    held: list[str] = [k for k in ("precipitation", "temperature") if k in opened]
    controls = {k: annual_on(k, opened, sources, grid, settings) for k in held}
    classes = None
    if "land_cover" in opened:
        codes = variable_of("land_cover", opened, sources)
        classes = codes if Grid.of(codes) == grid else analysis.classes_on(codes.chunk(lat=-1, lon=-1), grid)
    step(3, 5, "correlating")
    s = settings
    how: dict[str, Any] = {"min_years": s.min_years, "area": s.area, "alpha": s.alpha}
    main = how | {"test": s.test, "fdr": s.fdr}
    plain = analysis.coupling(gpp, seasons, classes, **main).compute()
    variants = {
        "persistence counted": analysis.coupling(gpp, seasons, classes, **how, test="n_eff").compute(),
        "false discoveries limited": analysis.coupling(gpp, seasons, classes, **how, fdr=True).compute(),
        "trends removed": analysis.coupling(gpp, seasons, classes, **main, detrend=True).compute(),
    }
    if controls:
        label = f"given {' and '.join(controls)}"
        variants[label] = analysis.coupling(gpp, seasons, classes, **main, controls=controls).compute()
    maps = plain.sel(season=[analysis.SEASONS[-1]])
    if joined is not None:
        maps = analysis.coupling(gpp, joined, classes, **main).compute()
    titles = {k: f"{opened[k].attrs.get('title', v.dataset)} ({v.dataset})" for k, v in sources.items()}
    truth = planted(opened, classes)
    return Coupled(plain, maps, variants, titles, int(seasons.attrs.get("n_out_of_range", 0)), truth)
