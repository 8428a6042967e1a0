"""One product against many on the same cells and dates: the tables 3 and 4 of paper 003."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pydantic
import xarray as xr
from pydantic import Field

from .. import plots, schema, validation
from ..errors import ConfigError
from ..report import Report
from ..store import Library
from .citing import cite
from .compare_classes import add_classes
from .compare_report import add_tables
from .config import Bbox, MatchConfig, ProductConfig, StationConfig
from .earth import Earth
from .figures import add_figure
from .inputs import open_product, open_stations, within_depth
from .outputs import save_dataset, writable_folder
from .progress import Step, silent
from .settings import Strict, absolute, check, dump, read

#: The simulated region of a run without library.
EARTH = Earth((-6.0, 37.0, 0.0, 42.0), 0.25, (2015, 2018), seed=7, step="dekad", products="rsssm")
CANDIDATE = "smap_e"
OTHERS = ("smos_ic", "ascat_swi", "amsr2_jaxa", "amsr2_lprm")


class CompareConfig(Strict):
    """A comparison: one candidate, many others, stations."""

    title: str = "One product against others"
    candidate: ProductConfig
    others: Annotated[list[ProductConfig], Field(min_length=1)]
    stations: StationConfig
    match: MatchConfig = MatchConfig()
    common: Literal["pair", "all"] = "pair"
    by: tuple[Literal["climate", "land_cover", "texture"], ...] = ("climate",)
    """Attributes of the stations by whose classes scores are spread."""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    min_n: Annotated[int, Field(ge=2)] = 20
    min_years: Annotated[int, Field(ge=1)] = 3
    min_cells: Annotated[int, Field(ge=3)] = 20
    bbox: Bbox | None = None
    period: str | None = None
    library: str | None = None

    @pydantic.model_validator(mode="after")
    def _unique_labels(self) -> CompareConfig:
        labels = [p.label for p in self.products]
        if len(set(labels)) < len(labels):
            raise ValueError(f"labels must be unique, found {', '.join(labels)}")
        return self

    @property
    def products(self) -> list[ProductConfig]:
        """The candidate, then the others."""
        return [self.candidate, *self.others]


def compare_products(*, out: str | Path, library: str | None = None, config: str | Path | None = None,
                     step: Step = silent) -> Path:  # fmt: skip
    """Compare one product with many by stations, in time and in space.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, ``comparison.nc``, ``by_climate.csv``, ``citations.bib``, ``config.yaml``.
    library : str, optional
        Library with the products, for settings that name none; without library and settings a region is simulated.
    config : path, optional
        YAML file of :class:`CompareConfig`.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.
    """
    folder = writable_folder(out).resolve()
    settings = _settings(folder, library, config, step)
    (folder / "config.yaml").write_text(dump(settings), encoding="utf-8")
    store = Library(settings.library) if settings.library else None
    total = len(settings.products) + 2
    step(0, total, "stations")
    stations = within_depth(open_stations(settings, store), settings.stations.depth)
    opened: dict[str, xr.Dataset] = {}
    for i, product in enumerate(settings.products):
        step(i + 1, total, product.label)
        opened[product.label] = open_product(settings, product, store)
    options = {p.label: {"variable": p.variable, "layer": p.layer, "t_value": p.t_value,
                         "max_distance": p.max_distance or settings.match.max_distance}
               for p in settings.products}  # fmt: skip
    hours = dict.fromkeys(opened, settings.match.local_hours) if settings.match.local_hours else {}
    choices = validation.Evaluation(window=settings.match.window, local_hours=hours, options=options,
                                    temporal_reference=settings.match.temporal_reference)  # fmt: skip
    pairs = {k: p.compute() for k, p in validation.matchups(opened, stations, config=choices).items()}
    step(total - 1, total, "comparing")
    result = validation.head_to_head(
        pairs, candidate=settings.candidate.label, common=settings.common, level=settings.level, min_n=settings.min_n,
        min_years=settings.min_years, min_cells=settings.min_cells,
    )  # fmt: skip
    save_dataset(result, folder / "comparison.nc")
    report = _report(settings, result, pairs, stations, folder)
    step(total, total, "done")
    return report


def _settings(folder: Path, library: str | None, config: str | Path | None, step: Step) -> CompareConfig:
    if config is not None:
        found = read(config, CompareConfig)
        base = Path(config).parent
        products = [p.model_copy(update={"paths": [absolute(x, base) for x in p.paths]}) for p in found.products]
        stations = found.stations.model_copy(update={"path": absolute(found.stations.path, base)})
        home = library or absolute(found.library, base)
        needs = [p.label for p in products if p.dataset] + (["stations"] if stations.dataset else [])
        if needs and not home:
            raise ConfigError("library", found="none", needed=f"a library that holds {', '.join(needs)}",
                              do="Give --library, or `library` in the file.")  # fmt: skip
        return found.model_copy(update={"candidate": products[0], "others": products[1:], "stations": stations,
                                        "library": home})  # fmt: skip
    url = library or str(folder / "library")
    names = [f"twin/{n}" for n in (CANDIDATE, *OTHERS)]
    if library:
        held = Library(library, create=False).names()
        if missing := [n for n in (*names, "twin/stations") if n not in held]:
            raise ConfigError("--library", found=f"a library without {', '.join(missing)}", needed="settings",
                              do="Give --config with candidate, others and stations.")  # fmt: skip
    else:
        step(0, 1, "simulating land, weather, soil water and products")
        EARTH.make(Library(url))
    raw = {
        "title": "One simulated product against others", "library": url,
        "candidate": {"label": CANDIDATE, "dataset": names[0]}, "match": {"window": "6D"},
        "others": [{"label": k, "dataset": n} for k, n in zip(OTHERS, names[1:], strict=True)],
        "stations": {"dataset": "twin/stations", "depth": [0.0, 0.1]},
    }  # fmt: skip
    return check(raw, CompareConfig, where="compare-products")


def _report(settings: CompareConfig, result: xr.Dataset, pairs: dict, stations: xr.Dataset, folder: Path) -> Path:
    simulated = schema.is_simulated(result) or schema.is_simulated(stations)
    cells = next(iter(pairs.values())).sizes["cell"]
    report = Report(settings.title, simulated=simulated,
                    subtitle=f"{settings.candidate.label} against {len(settings.others)} products at {cells} cells "
                    "with stations")  # fmt: skip
    add_tables(report, result)
    add_classes(report, pairs, result, by=settings.by, min_years=settings.min_years, folder=folder)
    spatial = {k: validation.score_spatial(p, min_cells=settings.min_cells) for k, p in pairs.items()}
    seen = {k: v for k, v in spatial.items() if (v["status"] == 0).any()}
    own = f"Each date with at least {settings.min_cells} cells, every product on its own dates."
    report.add_section("Courses in space", own if seen else f"No date has {settings.min_cells} cells with a pair.")
    for metric, unit in (("r", "1"), ("rmse", "m3 m-3"), ("ubrmse", "m3 m-3")) if seen else ():
        caption = f"Spatial {validation.METRICS[metric][1]} per date: over the year, over the years, and coverage."
        figure = plots.spatial_courses(dict(list(seen.items())[:8]), metric)
        add_figure(report, figure, caption, unit)
    methods = ["stations", "validation", "anomalies", "false_discovery_rate", "rsssm"]
    cite(report, folder, products=dict.fromkeys(p.id for p in settings.products if p.id), methods=methods)
    return report.write(folder / "report.html")
