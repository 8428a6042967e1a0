"""Multi-source trends: whose land grows wetter, whose drier, and why (paper 000)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dask
import numpy as np
import xarray as xr

from .. import analysis, regrid
from ..errors import ConfigError
from ..grid import Grid
from ..store import Library
from ..store.export import export
from . import multisource_report, settings
from .earth import Earth, library_or_earth
from .multisource_settings import TrendsConfig, complete, read_array, read_classes
from .outputs import writable_folder
from .progress import Step, silent

#: The simulated region of a run without a library.
EARTH = Earth((0.0, 38.0, 10.0, 48.0), 0.5, (2000, 2021), seed=7, step="dekad",
              products=("sensor_a", "sensor_b", "reanalysis_a", "reanalysis_b"))  # fmt: skip


@dataclass
class Results:
    """Everything the report and the files are made of; maps are of the first period."""

    table: xr.Dataset
    trends: dict[str, xr.Dataset]
    agreement: xr.Dataset | None = None
    forcing: dict[str, xr.Dataset] = field(default_factory=dict)
    discrepancy: xr.Dataset | None = None
    pair: tuple[str, str] = ("", "")
    errors: xr.Dataset | None = None
    sea_level: dict[str, xr.Dataset] = field(default_factory=dict)
    breaks: dict[str, xr.Dataset] = field(default_factory=dict)
    stations: xr.Dataset | None = None


def multisource_trends(*, out: str | Path, library: str | None = None, config: str | Path | None = None,
                       region: tuple[float, float, float, float] = EARTH.region, years: tuple[int, int] = EARTH.years,
                       seed: int = EARTH.seed, step: Step = silent) -> Path:  # fmt: skip
    """Compare the trends of all products of a library, or of a simulated Earth whose truth is known.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, ``summary.csv`` and ``.nc``, ``trends_<product>.nc``, ``config.yaml`` and other
        tables; without a library also ``library``.
    library : str, optional
        URL of the library.
    config : path, optional
        YAML file, see :class:`TrendsConfig`.
    region, years, seed
        The simulated Earth.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.
    """
    given = settings.read(config, TrendsConfig) if config is not None else TrendsConfig()
    folder = writable_folder(out).resolve()
    step(0, 5, "opening the library" if library else "simulating land, weather, soil water and four products")
    store = library_or_earth(library, folder, replace(EARTH, region=region, years=years, seed=seed))
    chosen = complete(given, store)
    results = compute(chosen, store, step=step)
    step(4, 5, "writing tables, maps and the report")
    (folder / "config.yaml").write_text(settings.dump(chosen), encoding="utf-8")
    write_files(results, folder)
    report = multisource_report.write(results, chosen, store, folder)
    step(5, 5, "done")
    return report


def compute(config: TrendsConfig, library: Library, *, step: Step = silent) -> Results:
    """All numbers, by the methods of :mod:`vadose.analysis`."""
    step(1, 5, "annual means on one grid")
    grid = Grid.regular(config.grid) if config.grid else None
    annual = {}
    for name, product in config.products.items():
        da = read_array(library, product, where=name)
        annual[name] = analysis.annual_means(da, min_months=config.min_months)
    grid = _covering(grid, annual)
    truth = _annual_truth(config, library)
    annual, truth = dask.compute(annual, truth)
    first = config.periods[0]
    if grid is not None:
        annual = {k: regrid.to_grid(da, grid, method="area") for k, da in annual.items()}
    regions: dict[str, xr.DataArray | str] = {"latitude": "latitude"} if config.latitude else {}
    target = grid or Grid.of(next(iter(annual.values())))
    regions |= {name: read_classes(library, m, grid=target) for name, m in config.regions.items()}
    step(2, 5, "trends of products, periods and regions")
    common: dict[str, Any] = {"test": config.test, "bias_corrected": config.bias_corrected,
                              "min_valid": config.min_valid}  # fmt: skip
    table = analysis.compare_trends(annual, periods=config.periods, regions=regions, mask=config.mask,
                                    area=config.area, threshold=config.threshold, alpha=config.alpha, fdr=config.fdr,
                                    **common)  # fmt: skip
    trends = analysis.common_trends(annual, period=first, mask=config.mask, **common)
    results = Results(table, trends)
    known = {k: ds for k, ds in trends.items() if bool(ds["slope"].notnull().any())}
    if not known:
        raise ConfigError("products", found=f"no cell where a product has enough years of {first}",
                          needed="products with trends on common cells",
                          do="Lower min_months or min_valid, choose mask: own, or other periods.")  # fmt: skip
    if len(known) > 1:
        results.agreement = analysis.agreement(known, area=config.area, alpha=config.alpha)
        rates = table["mean_slope"].isel(period=0, region=0).sel(product=list(known))
        order = np.argsort(rates.values, kind="stable")
        results.pair = str(rates["product"].values[order[-1]]), str(rates["product"].values[order[0]])
    step(3, 5, "rain, storage, breaks, stations")
    _drivers(results, annual, regions, config, library, grid)
    if truth is not None:
        results.errors = analysis.trend_errors({k: annual[k] for k in known}, truth, period=first, grid=grid,
                                               area=config.area, alpha=config.alpha, **common)  # fmt: skip
    for name, product in config.products.items():
        if product.breaks:
            results.breaks[name] = analysis.break_trend(annual[name], breaks=list(product.breaks),
                                                        min_valid=config.min_valid)  # fmt: skip
    for name, dataset in storages(config).items():
        results.sea_level[name] = _sea_level(library.open(dataset), config)
    if config.stations is not None:
        found = analysis.station_trends(library.open(config.stations), min_years=config.min_years,
                                        min_days=1, min_months=config.min_months, **common)  # fmt: skip
        results.stations = found.compute()
    return results


def storages(config: TrendsConfig) -> dict[str, str]:
    """Products whose layers make a storage, and the truth where it has some."""
    found = {name: product.dataset for name, product in config.products.items() if product.storage}
    return found | ({"truth": config.truth.dataset} if found and config.truth else {})


def write_files(results: Results, folder: Path) -> None:
    """Tables as CSV and NetCDF, maps as NetCDF; those of an earlier run are replaced."""
    tables = {"summary": results.table, "agreement": results.agreement, "errors": results.errors,
              "discrepancy": results.discrepancy, "stations": results.stations}  # fmt: skip
    maps = {f"trends_{name}": ds for name, ds in results.trends.items()}
    maps |= {f"forcing_{name}": ds for name, ds in results.forcing.items()}
    maps |= {f"sea_level_{name}": ds for name, ds in results.sea_level.items()}
    maps |= {f"breaks_{name}": ds for name, ds in results.breaks.items()}
    for name, ds in (tables | maps).items():
        if ds is None:
            continue
        path = folder / f"{name.replace(' ', '_').replace('/', '_')}.nc"
        path.unlink(missing_ok=True)
        export(ds, path)
        if name in ("summary", "errors", "discrepancy", "stations"):
            ds.to_dataframe().to_csv(path.with_suffix(".csv"))


def _drivers(results: Results, annual, regions, config: TrendsConfig, library: Library, grid: Grid | None) -> None:
    """Set moisture beside rain, and the two products farthest apart beside each other."""
    if config.precipitation is not None:
        outside = analysis.annual_totals(read_array(library, config.precipitation, where="precipitation"))
        for name, product in config.products.items():
            if product.precipitation is None or not bool(results.trends[name]["slope"].notnull().any()):
                continue
            source = product.model_copy(update={"variable": product.precipitation})
            own = analysis.annual_totals(read_array(library, source, where=name))
            own, rain = (regrid.to_grid(da, grid, method="area") if grid is not None else da for da in (own, outside))
            results.forcing[name] = analysis.forcing_discrepancy(
                annual[name], own, rain, period=config.periods[0], regions=regions, area=config.area,
                alpha=config.alpha, test=config.test, bias_corrected=config.bias_corrected, min_valid=config.min_valid,
            ).compute()  # fmt: skip
    if results.agreement is not None and regions:
        high, low = (results.trends[k] for k in results.pair)
        by = next((m for k, m in regions.items() if not isinstance(m, str)), "latitude")
        lowest = results.forcing.get(results.pair[1])
        if lowest is not None:
            by = lowest["cause"].where(lowest["cause"] >= 0).assign_attrs(lowest["cause"].attrs)
        results.discrepancy = analysis.discrepancy_by_region(high, low, by=by, area=config.area)


def _annual_truth(config: TrendsConfig, library: Library) -> xr.DataArray | None:
    if config.truth is None:
        return None
    return analysis.annual_means(read_array(library, config.truth, where="truth"), min_months=config.min_months)


def _covering(grid: Grid | None, annual: dict[str, xr.DataArray]) -> Grid | None:
    """The part of the global grid asked for that the first product covers."""
    if grid is None:
        return None
    return grid.crop(Grid.of(next(iter(annual.values()))).bbox)


def _sea_level(ds: xr.Dataset, config: TrendsConfig) -> xr.Dataset:
    storage = analysis.layer_storage(ds[["sm", "layer_bnds"]] if "layer_bnds" in ds else ds["sm"]).sum(
        "layer", skipna=False, keep_attrs=True)  # fmt: skip
    annual = analysis.annual_means(storage, min_months=config.min_months)
    start, stop = config.periods[0].split("/") if "/" in config.periods[0] else (config.periods[0],) * 2
    return analysis.sea_level(annual.sel(time=slice(start, stop)), test=config.test,
                              bias_corrected=config.bias_corrected).compute()  # fmt: skip
