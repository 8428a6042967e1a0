"""Yearly cycle, lag behind precipitation, dry-down and memory of a soil-moisture record (Chen et al. 2021, 2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from .. import analysis, periods, regrid, schema, twin
from ..errors import ConfigError
from ..grid import Grid
from ..store import Library
from .earth import Earth, library_or_earth
from .extents import crop_period
from .one_layer import one_layer
from .outputs import whole_file, writable_folder
from .progress import Step, silent
from .settings import Strict, dump, read

#: The simulated region: rain has a season there, and no season is without dry dekads.
EARTH = Earth((-31.0, 29.0, -28.0, 31.0), 0.5, (2003, 2012), seed=7)


class Source(Strict):
    """A variable of a dataset of the library."""

    dataset: str
    variable: str
    layer: int | None = None


class SeasonalSettings(Strict):
    """Settings of the recipe; see docs/paper-003-cycles.md."""

    title: str = "Yearly cycle, precipitation lag and dry-down"
    soil_moisture: Source
    precipitation: Source | None = None
    leaf_area_index: Source | None = None
    bbox: tuple[float, float, float, float] = (-180.0, -60.0, 180.0, 60.0)
    period: str | None = None
    resolution: float | None = None
    min_coverage: float = 0.5
    harmonics: int | None = None
    dry: float = 1.0
    examples: int = 4


TWIN = SeasonalSettings(
    title="Yearly cycle, precipitation lag and dry-down of a simulated sensor",
    soil_moisture=Source(dataset="twin/sensor_a", variable="sm"),
    precipitation=Source(dataset="twin/truth", variable="precipitation"),
    leaf_area_index=Source(dataset="twin/truth", variable="leaf_area_index"),
    dry=0.1,
)


@dataclass(frozen=True)
class Cycles:
    """All results for one record, computed."""

    sm: xr.DataArray
    dekadal: xr.DataArray
    rain: xr.DataArray | None
    results: dict[str, xr.Dataset]


def seasonal_drydown(*, out: str | Path, library: str | None = None, config: str | Path | None = None,
                     step: Step = silent) -> Path:  # fmt: skip
    """Analyse the cycles and dry-downs of a record; without a library, of a simulated one whose truth is known.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, ``summary.csv``, ``events.csv``, ``config.yaml`` and one netCDF per result.
    library : str, optional
        Library with soil moisture and, best, daily precipitation and leaf area index.
    config : path, optional
        YAML file with :class:`SeasonalSettings`; needed with a library that is not the twin's.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ConfigError
        If a dataset or variable is not there.
    """
    from .seasonal_report import write

    folder = writable_folder(out).resolve()
    settings = read(config, SeasonalSettings) if config else TWIN
    step(0, 4, "opening" if library else "making a simulated region")
    store = library_or_earth(library, folder, EARTH)
    names = store.names()
    for source in (settings.soil_moisture, settings.precipitation, settings.leaf_area_index):
        if source and source.dataset not in names:
            raise ConfigError("library", found=f"datasets {', '.join(names) or 'none'}", needed=source.dataset,
                              do="Name the datasets in a YAML file: --config.")  # fmt: skip
    step(1, 4, "cycles, lags and dry-downs")
    found = analyse(store, settings)
    truth = planted = None
    if not library:
        step(2, 4, "the same of the truth, and of a planted store")
        simple = settings.model_copy(update={"soil_moisture": Source(dataset="twin/truth", variable="sm", layer=0)})
        truth = analyse(store, simple)
        weather = store.open("twin/truth")[["precipitation"]]
        planted = twin.reservoir(weather.chunk(time=-1).compute().assign_attrs(weather.attrs), seed=EARTH.seed)
    step(3, 4, "report")
    for name, ds in found.results.items():
        if name == "events":
            continue
        with whole_file(folder / f"{name}.nc") as part:
            ds.to_netcdf(part)
    with whole_file(folder / "config.yaml") as part:
        part.write_text(dump(settings), encoding="utf-8")
    report = write(found, settings, folder, truth=truth, planted=planted)
    step(4, 4, "done")
    return report


def analyse(store: Library, settings: SeasonalSettings) -> Cycles:
    """All results for one record of a library."""
    sm = load(store, settings.soil_moisture, settings)
    rain = None if settings.precipitation is None else load(store, settings.precipitation, settings, like=sm)
    leaves = None if settings.leaf_area_index is None else load(store, settings.leaf_area_index, settings, like=sm)
    step = np.median(np.diff(sm["time"].values)) if sm.sizes["time"] > 1 else np.timedelta64(1, "D")
    daily = bool(step <= np.timedelta64(36, "h"))
    if rain is not None and step > np.timedelta64(12, "D"):
        raise ConfigError("soil_moisture", found=f"a value in {step / np.timedelta64(1, 'D'):.0f} days",
                          needed="daily or dekadal values beside precipitation",
                          do="Leave precipitation out, or take a finer record.")  # fmt: skip
    dekadal = periods.composite(sm, "dekad")["mean"].chunk(time=-1).compute() if daily else sm.compute()
    cycle = analysis.seasonal_cycle(dekadal, harmonics=settings.harmonics)
    results = {"sm_cycle": cycle, "memory": analysis.memory(sm).compute()}
    if rain is not None:
        daily_rain = bool(np.median(np.diff(rain["time"].values)) <= np.timedelta64(36, "h"))
        per_day = periods.composite(rain, "dekad")["mean"].chunk(time=-1).compute()
        per_day = per_day.assign_attrs(units="mm day-1" if daily_rain else "mm")
        results["precipitation_cycle"] = wet = analysis.seasonal_cycle(per_day, harmonics=settings.harmonics)
        results["lag"] = analysis.peak_lag(cycle, wet)
        ground = rain if leaves is None else analysis.effective_precipitation(rain, leaves)
        totals = analysis.dekad_totals(ground).chunk(time=-1).compute()
        common = np.intersect1d(dekadal["time"].values, totals["time"].values)
        results["drydown"] = analysis.drydown(dekadal.sel(time=common), totals.sel(time=common))
    if daily:
        rules = analysis.dry_rules(dry=settings.dry)
        results["timescale"] = analysis.drydown_timescale(sm, rain, rules=rules).compute()
        cells = example_cells(cycle, settings.examples)
        if cells is not None:
            some = {"lat": cells["lat"], "lon": cells["lon"]}
            wet_some = None if rain is None else rain.sel(some).compute()
            results["events"] = analysis.drydown_events(sm.sel(some).compute(), wet_some, rules=rules)
    return Cycles(sm, dekadal, rain, results)


def load(
    store: Library, source: Source, settings: SeasonalSettings, *, like: xr.DataArray | None = None
) -> xr.DataArray:
    """A variable within box and period, on the wanted grid, each series in one chunk."""
    ds = store.open(source.dataset)
    if source.variable not in ds:
        raise ConfigError(source.dataset, found=f"variables {sorted(map(str, ds.data_vars))}", needed=source.variable)
    da = one_layer(ds[source.variable], source.layer, where=source.dataset)
    da = da.assign_attrs(simulated="true" if schema.is_simulated(ds) else "")
    da = crop_period(da, settings.period, where=source.dataset)
    own = Grid.of(ds)
    if like is None:
        base = Grid.regular(settings.resolution) if settings.resolution else own
        (west, south, east, north), (w, s, e, n) = own.bbox, settings.bbox
        if max(west, w) >= min(east, e) or max(south, s) >= min(north, n):
            raise ConfigError("bbox", found=f"{settings.bbox}", needed=f"a box that overlaps {own.bbox}",
                              do="West, south, east, north in degrees.")  # fmt: skip
        target = base.crop((max(west, w), max(south, s), min(east, e), min(north, n)))
    else:
        target = Grid.of(like)
        da = da.sel(time=np.intersect1d(da["time"].values, like["time"].values))
    if target != own:
        da = regrid.to_grid(da.chunk(time=100, lat=-1, lon=-1), target, min_coverage=settings.min_coverage)
    da = da.chunk(time=-1, lat="auto", lon="auto").assign_attrs(grid=target.to_attr())
    if like is not None:
        da = da.reindex(time=like["time"].values)  # days without rain data stay unknown
        da = da.chunk(dict(zip(like.dims, like.chunks))) if like.chunks else da
    return da


def example_cells(cycle: xr.Dataset, count: int) -> xr.Dataset | None:
    """Cells spread over the ranks of the cycle's range, as points."""
    size = cycle["range"].where(cycle["status"] == 0).stack(cell=("lat", "lon"))
    size = size[np.isfinite(size.values)]
    if not size.sizes["cell"] or count < 1:
        return None
    order = np.argsort(size.values, kind="stable")
    chosen = size[order[np.unique(np.linspace(0, order.size - 1, min(count, 4)).astype(int))]]
    points = chosen.reset_index("cell").reset_coords()[["lat", "lon"]]
    return points.drop_vars("cell", errors="ignore")
