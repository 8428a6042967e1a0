"""Total soil water, its trends, and where its variance comes from: season, depth, trend or variability."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import analysis, schema
from ..errors import ConfigError, SchemaError
from ..store import Library
from ..store.export import export
from .earth import Earth, library_or_earth
from .layered_months import layered_months
from .outputs import writable_folder
from .progress import Step, silent
from .settings import dump, read
from .tsmv_result import TsmvResult, TsmvSettings, stack

#: The simulated Earth that is made where no library is given: its imposed trends are straight over these years.
EARTH = Earth((-6.0, 38.0, 0.0, 44.0), 0.5, (2000, 2021), seed=7, step="dekad", products=())
#: Periods of paper 001.
PERIODS = {"1948-1999": (1948, 1999), "2000-2024": (2000, 2024)}
#: Seasonal storage up to this size [bytes] is held in memory; above, each result reads the library again.
HELD = 2_000_000_000


def tsmv(*, out: str | Path, step: Step = silent, library: str | None = None,
         config: str | Path | None = None, region: tuple[float, float, float, float] = EARTH.region,
         years: tuple[int, int] = EARTH.years) -> Path:  # fmt: skip
    """Trends of layered soil water and the attribution of its variance, in two periods, with report and tables.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, ``trends.nc``, ``contributions.nc``, ``mean.nc``, ``trends.csv``,
        ``contributions.csv``, ``config.yaml``; without a library also ``library`` with a simulated Earth.
    step : callable
        Told (done, total, text) as the work goes on.
    library : str, optional
        Library with soil moisture or storage in layers, monthly or finer.
    config : path, optional
        YAML file, see :class:`TsmvSettings`.
    region, years
        Of the simulated Earth.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ConfigError, SchemaError, LibraryError
        If the settings, the layers or the record cannot be used.
    """
    from .tsmv_report import write

    folder = writable_folder(out).resolve()
    settings = read(config, TsmvSettings) if config is not None else TsmvSettings()
    step(0, 4, "opening the library" if library else "simulating land, weather and soil water")
    lib = library_or_earth(library, folder, replace(EARTH, region=region, years=years))
    source = lib.open(_choose(lib, settings.dataset if library else "twin/truth"))
    step(1, 4, "reading layers, ranking months into seasons")
    result = compute(source, settings, step=step)
    if not library:
        slope = lib.open("twin/land")["imposed_trend"].load()
        result.truth = imposed_slopes(slope, result)
    step(3, 4, "drawing and writing")
    (folder / "config.yaml").write_text(dump(settings), encoding="utf-8")
    save(result, folder)
    report = write(result, folder)
    step(4, 4, "done")
    return report


def compute(source: xr.Dataset, settings: TsmvSettings, *, step: Step = silent) -> TsmvResult:
    """All numbers; the layers are read once where the seasonal storage fits :data:`HELD`."""
    import dask

    layers = layered_months(source, bbox=settings.bbox, period=settings.period)
    year = layers["time"].dt.year.to_series()
    count = year.groupby(year.to_numpy()).size()
    periods = _periods(count.index[count >= 12].to_numpy(), settings, layers)
    noah = layers["layer_bnds"].values.round(3).tolist() == [[0, 0.1], [0.1, 0.4], [0.4, 1], [1, 2]]
    limits = (analysis.NOAH_LIMITS if noah else None) if settings.limits == "auto" else settings.limits
    screened = analysis.screen_storage(layers, limits=limits)
    storage = screened["swc"].assign_attrs(simulated=str(schema.is_simulated(source)).lower(),
                                           product=source.attrs.get("product", ""))  # fmt: skip
    seasons = analysis.wetness_seasons(storage, by=settings.by)[["storage"]]
    if "grid" in source.attrs:
        seasons.attrs["grid"] = layers.attrs["grid"]
    known = seasons["storage"].notnull().any([d for d in seasons["storage"].dims if d != "year"])
    if seasons["storage"].nbytes <= HELD:
        seasons, known, masked = dask.compute(seasons, known, screened["n_out_of_range"])
    else:
        known, masked = dask.compute(known, screened["n_out_of_range"])
    if settings.periods is None and bool(known.any()):  # a time axis may begin long before its values
        periods = _periods(known["year"].values[known.values], settings, layers)
    result = TsmvResult(source, settings, periods, seasons, masked)
    step(2, 4, "trends and contributions")
    annual = analysis.annual_storage(seasons)
    result.mean = analysis.mean_storage(seasons, area=settings.area).compute()
    how: dict[str, Any] = {"dim": "year", "test": settings.test, "bias_corrected": settings.bias_corrected}
    for name, (first, last) in periods.items():
        span = {"year": slice(first, last)}
        attribution = analysis.attribute_variability(seasons.sel(span), min_years=settings.min_years).compute()
        result.attributions[name] = attribution
        result.summaries[name] = analysis.contribution_summary(attribution, area=settings.area)
        result.trends[name] = analysis.trend(annual["total"].sel(span), **how).compute()
        result.layer_trends[name] = analysis.trend(annual["by_layer"].sel(span), **how).compute()
        total = result.mean["storage"].sum("layer", skipna=False).assign_attrs(units="kg m-2")
        result.season_trends[name] = analysis.trend(total.sel(span), **how)
        result.season_trends[name].attrs["period"] = f"{first}/{last}"
        careful = analysis.trend(annual["total"].sel(span), dim="year", test="ar1", level=None).compute()
        table, with_care = (
            analysis.trend_summary(found, threshold=settings.threshold, area=settings.area, alpha=settings.alpha,
                                   by="latitude", fdr=fdr)
            for found, fdr in ((result.trends[name], False), (careful, True))
        )  # fmt: skip
        table["significant_fdr"] = with_care["significant"]
        table["significant_fdr"].attrs["long_name"] = "share significant with persistence and many tests allowed for"
        result.tables[name] = table
    if not any((a["status"] == 0).any() for a in result.attributions.values()):
        most = max(int(a["n"].max()) for a in result.attributions.values())
        raise SchemaError(_name(source), found=f"no cell with more than {most} complete years in a period",
                          needed=f"{settings.min_years} years with all months and layers in each period",
                          do="Look for missing months or layers, or set other periods or min_years.")  # fmt: skip
    result.difference = analysis.period_difference(seasons, periods=periods, area=settings.area, level=settings.level,
                                                   min_years=settings.min_years).compute()  # fmt: skip
    return result


def imposed_slopes(slope: xr.DataArray, result: TsmvResult) -> xr.Dataset:
    """The imposed trend of total storage beside the found one, over all years."""
    depth = float(result.source["layer_bnds"].values.max())
    annual = analysis.annual_storage(result.seasons)["total"]
    found = analysis.trend(annual, dim="year", test="ar1")
    imposed = (slope * depth * 1000).assign_attrs(units="kg m-2 yr-1", long_name="imposed trend of total soil water")
    return found.assign(imposed=imposed.where(found["slope"].notnull()))


def save(result: TsmvResult, folder: Path) -> None:
    """Write the tidy results as NetCDF and CSV."""
    layered = stack(result.layer_trends)[["slope", "p_value"]]
    files = {
        "trends.nc": stack(result.trends).assign({f"layer_{k}": v for k, v in layered.items()}),
        "contributions.nc": stack(result.attributions),
        "mean.nc": result.difference.assign(result.mean.rename(n_cells="n_cells_all_years").data_vars),
    }  # fmt: skip
    for name, ds in files.items():
        (folder / name).unlink(missing_ok=True)
        stamped = schema.stamp(ds, title=ds.attrs.get("title", name), inputs=[_name(result.source)],
                               periods="; ".join(f"{a}-{b}" for a, b in result.periods.values()),
                               simulated=result.simulated)  # fmt: skip
        single = {k: v.astype("float32") for k, v in stamped.data_vars.items() if v.dtype == "float64"}
        export(stamped.assign(single), folder / name, where=name)
    stack(result.tables).to_dataframe().to_csv(folder / "trends.csv")
    names = ["contribution", "contribution_difference", "contribution_lower", "contribution_upper"]
    wide = result.difference[names].assign(omega=stack({k: s["omega"] for k, s in result.summaries.items()}))
    wide.to_dataframe()[[*names, "omega"]].to_csv(folder / "contributions.csv")


def _choose(library: Library, wanted: str | None) -> str:
    """The dataset asked for, else the only one with layers."""
    if wanted is not None:
        return wanted
    layered = [n for n in library.names() if "layer" in library.info(n)["dims"]]
    if len(layered) != 1:
        raise ConfigError("library", found=f"datasets with layers: {', '.join(layered) or 'none'}", needed="one",
                          do="Name it in the file for --config: `dataset: NAME`.")  # fmt: skip
    return layered[0]


def _periods(whole: np.ndarray, settings: TsmvSettings, layers: xr.Dataset) -> dict[str, tuple[int, int]]:
    """Two periods within the complete years of a record; refuses too few of them."""
    need = settings.min_years
    chosen = settings.periods
    if chosen is None:
        chosen = PERIODS
        if any(((whole >= a) & (whole <= b)).sum() < need for a, b in PERIODS.values()) and whole.size:
            half = whole.size // 2
            chosen = {f"{whole[i]}-{whole[j]}": (int(whole[i]), int(whole[j]))
                      for i, j in ((0, max(half - 1, 0)), (min(half, whole.size - 1), -1))}  # fmt: skip
    for name, (a, b) in chosen.items():
        have = int(((whole >= a) & (whole <= b)).sum())
        if have < need:
            time = layers["time"].dt.year.values
            span = f"{time.min()}-{time.max()}" if time.size else "no time"
            raise SchemaError(
                _name(layers), found=f"{have} complete years in {name} (record {span}, {whole.size} complete)",
                needed=f"{need} with all twelve months in each of two periods",
                do="Give a longer record, or set periods or min_years in the file for --config.",
            )  # fmt: skip
    inside = {name: (max(a, int(whole[0])), min(b, int(whole[-1]))) for name, (a, b) in chosen.items()}
    return inside if settings.periods is not None else {f"{a}-{b}": (a, b) for a, b in inside.values()}


def _name(ds: xr.Dataset) -> str:
    return str(ds.attrs.get("title") or ds.attrs.get("product") or "dataset")
