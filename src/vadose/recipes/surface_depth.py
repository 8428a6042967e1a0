"""Surface to depth: what the surface sensors of stations tell of the soil below them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from pydantic import Field

from .. import analysis, plots, products, schema, twin
from ..errors import InputFileError, SchemaError
from ..report import Column, Report
from ..units import format_number
from .figures import add_figure
from .outputs import whole_file, writable_folder
from .progress import Step, silent
from .settings import Strict, check, dump, read

REGION = (-6.0, 37.0, -1.0, 42.0)
YEARS = (2012, 2015)
SEED = 7


class SurfaceDepthSettings(Strict):
    """Settings of the recipe."""

    flags: tuple[str, ...] | None = ("G",)
    surface: float = Field(0.1, gt=0)
    lags: tuple[int, int] = (-5, 60)
    anomaly: float = Field(35.0, gt=0)
    min_n: int = Field(60, ge=3)
    level: float = Field(0.95, gt=0, lt=1)


def surface_depth(*, out: str | Path, data: str | Path | None = None, config: str | Path | None = None,
                  step: Step = silent) -> Path:  # fmt: skip
    """Correlate surface and deeper sensors of every station by depth bin, with lag and soil water index.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, and for each archive ``NAME-pairs.nc``, ``NAME-pairs.csv``, ``NAME-bins.csv``.
    data : path, optional
        Folder with ISMN archives (zip files in it or in its folder ``ismn``), or one unpacked archive; without it the
        stations of a simulated Earth.
    config : path, optional
        YAML file with :class:`SurfaceDepthSettings`.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    InputFileError
        If no archive has a station with sensors at the surface and below.
    """
    settings = read(config, SurfaceDepthSettings) if config else check({}, SurfaceDepthSettings, where="")
    folder = writable_folder(out).resolve()
    sources = {"simulated-stations": None} if data is None else _archives(Path(data))
    report = Report("Surface to depth", simulated=data is None, subtitle="what surface sensors tell of the soil below")
    unused: dict[str, str] = {}
    facts: dict[str, Any] = {}
    for k, (name, path) in enumerate(sources.items()):
        step(k, len(sources) + 1, f"reading {name}")
        try:
            stations = _simulated() if path is None else products.open_stations(path, depth=None, flags=settings.flags)
            pairs = _pairs(stations, settings, None)
            departures = _pairs(stations, settings, settings.anomaly)
        except (InputFileError, SchemaError) as err:
            unused[name] = str(err)
            continue
        facts[name] = f"{stations.sizes['sensor']} sensors, {stations.attrs.get('flag_rule', 'all values')}"
        _section(report, name, stations, pairs, departures, settings)
        _save(folder, name, pairs, departures)
    if not facts:
        raise InputFileError(str(data), found="; ".join(unused.values()), needed="sensors at the surface and below",
                             do="Give the folder with ISMN archives of all depths.")  # fmt: skip
    step(len(sources), len(sources) + 1, "report")
    report.add_section("Origin")
    if unused:
        report.add_table(["archive", "why it was not used"], list(unused.items()), "Archives that gave no pair.")
    report.add_provenance({**facts, **settings.model_dump(mode="json"), "software": pairs.attrs["software"]})
    works: list[str | tuple[str, str]] = [
        ("Albergel et al. (2008): From near-surface to root-zone soil moisture using an exponential filter.",
         "10.5194/hess-12-1323-2008"),
        ("Wagner et al. (1999): A method for estimating soil moisture from ERS scatterometer and soil data.",
         "10.1016/S0034-4257(99)00036-X"),
    ]  # fmt: skip
    if data is not None:
        works.append(("Dorigo et al. (2021): The International Soil Moisture Network. Acknowledge every network used.",
                      "10.5194/hess-25-5749-2021"))  # fmt: skip
    report.add_citations(works)
    (folder / "config.yaml").write_text(dump(settings), encoding="utf-8")
    page = report.write(folder / "report.html")
    step(len(sources) + 1, len(sources) + 1, "done")
    return page


def _archives(data: Path) -> dict[str, Path]:
    """Zip archives in a folder or its folder ``ismn``; else the folder itself."""
    found = sorted([*data.glob("*.zip"), *data.glob("ismn/*.zip")])
    return {re.sub(r"^Data_sep[ae]rate_files_(header_)?", "", path.stem): path for path in found} or {
        data.resolve().name: data
    }


def _simulated() -> xr.Dataset:
    made = twin.generate(region=REGION, resolution=0.5, years=YEARS, seed=SEED)
    return made["twin/stations"].compute()


def _pairs(stations: xr.Dataset, settings: SurfaceDepthSettings, anomaly: float | None) -> xr.Dataset:
    return analysis.surface_to_depth(stations, surface=settings.surface, lags=settings.lags, anomaly=anomaly,
                                     min_n=settings.min_n, level=settings.level).compute()  # fmt: skip


def _section(report: Report, name: str, stations: xr.Dataset, pairs: xr.Dataset, departures: xr.Dataset,
             settings: SurfaceDepthSettings) -> None:  # fmt: skip
    first, last = (str(stations["time"].values[i])[:10] for i in (0, -1))
    report.add_section(
        name,
        f"Daily means, {first} to {last}. Each deeper sensor is compared with the shallowest of its station; where a "
        "depth has several sensors, the two with most common days stand for it. A station counts once in a bin, with "
        "the median over its depths. Lag: the deeper record behind the surface. T: time scale of the exponential "
        "filter of the surface that comes nearest to the deeper record. Lags and T at an end of the range tried are "
        "left out.",
    )
    table, apart = analysis.depth_table(pairs), analysis.depth_table(departures)
    rows = []
    for label in table["bin"].values:
        t, a = table.sel(bin=label), apart.sel(bin=label)
        rows.append([str(label), int(t["stations"]), _iqr(t, "r", 2), _iqr(a, "r", 2), _iqr(t, "lag", 1),
                     _iqr(t, "t_best", 1), _iqr(t, "r_best", 2), format_number(float(t["n_median"]), 0)])  # fmt: skip
    columns = [Column("depth"), Column("stations"), Column("R"), Column("R of anomalies"), Column("lag", "day"),
               Column("T", "day"), Column("R of SWI"), Column("days")]  # fmt: skip
    notes = (
        f"Anomalies: from the {settings.anomaly:g}-day moving mean. R of SWI: of the best T. n: stations with a number."
    )
    report.add_table(columns, rows, "Median over stations, with quartiles, by depth of the deeper sensor.", notes=notes)
    caption = "Correlation with the surface and lag of its maximum by depth; one point a station."
    add_figure(report, plots.depth_boxes(analysis.station_depths(pairs)), caption, "1, day")
    _example(report, stations, pairs)
    if pairs.attrs.get("stations_without_pair"):
        with report.add_details("Stations without a pair of depths"):
            report.add_text(pairs.attrs["stations_without_pair"] + ".")
    with report.add_details("Every station and depth"):
        chosen = analysis.best_pairs(pairs)
        rows = []
        for i in range(chosen.sizes["pair"]):
            p = chosen.isel(pair=i)
            interval = f"{format_number(float(p['r_lower']), 2)} to {format_number(float(p['r_upper']), 2)}"
            rows.append([f"{p['network'].item()}/{p['station'].item()}", float(p["depth"]), float(p["r"]), interval,
                         int(p["n"]), float(p["n_eff"]), float(p["lag"]), float(p["t_best"]),
                         schema.status_name(int(p["status"])).replace("_", " ")])  # fmt: skip
        columns = [Column("station"), Column("depth", "m", 2), Column("R", digits=2),
                   Column(f"{100 * settings.level:g} % interval"),
                   Column("n"), Column("effective n", digits=0), Column("lag", "day", 0), Column("T", "day", 1),
                   Column("status")]  # fmt: skip
        report.add_table(
            columns, rows, "Surface and deeper sensor of every station; the interval allows for persistence."
        )


def _example(report: Report, stations: xr.Dataset, pairs: xr.Dataset) -> None:
    """The record below 10 cm that the soil water index follows best, among those with the longer half of records."""
    chosen = analysis.best_pairs(pairs)
    n = chosen["n"].values
    good = np.isfinite(chosen["t_best"].values) & (chosen["bin"].values != "0-10 cm")
    good &= n >= np.median(n[good]) if good.any() else False
    if not good.any():
        report.add_text("No deeper record below 10 cm has a time scale, hence no example of the soil water index.")
        return
    at = int(np.argmax(np.where(good, chosen["r_best"].values, -2.0)))
    pair = chosen.isel(pair=at)
    label = stations["sensor"].values.astype(str)
    top, low = (stations["sm"].isel(sensor=int(np.flatnonzero(label == str(pair[k].item()))[0]), drop=True)
                for k in ("surface_sensor", "deep_sensor"))  # fmt: skip
    swi = analysis.soil_water_index(top, t_value=float(pair["t_best"]))
    series = xr.Dataset({"surface": top, "deep": low, "swi": swi},
                        attrs={k: v for k, v in stations.attrs.items() if k == "simulated"})  # fmt: skip
    known = np.flatnonzero(np.isfinite(top.values) & np.isfinite(low.values))
    series = series.isel(time=slice(max(int(known[-1]) - 730, int(known[0])), int(known[-1]) + 1))
    series["surface"].attrs["label"] = f"surface, {100 * float(pair['surface_depth']):.0f} cm"
    series["deep"].attrs["label"] = f"{100 * float(pair['depth']):.0f} cm"
    series["swi"].attrs["label"] = f"soil water index of the surface, T = {float(pair['t_best']):.1f} d"
    place = f"{pair['network'].item()} {pair['station'].item()}, R = {format_number(float(pair['r_best']), 2)}"
    caption = (f"{place}: surface, deeper record and soil water index of the surface; the last two years in common. "
               "The example is the best of the longer records, not a typical one.")  # fmt: skip
    add_figure(report, plots.swi_series(series, place_name=place), caption)


def _iqr(row: xr.Dataset, name: str, digits: int) -> str:
    if not int(row[f"{name}_stations"]):
        return format_number(None)
    low, middle, high = (format_number(float(row[f"{name}_{end}"]), digits) for end in ("q25", "median", "q75"))
    known, all_of_them = int(row[f"{name}_stations"]), int(row["stations"])
    return f"{middle} ({low} to {high})" + (f", n = {known}" if known < all_of_them else "")


def _save(folder: Path, name: str, pairs: xr.Dataset, departures: xr.Dataset) -> None:
    both = xr.concat([pairs, departures], xr.DataArray(["values", "anomalies"], dims="of", name="of"),
                     combine_attrs="drop_conflicts")  # fmt: skip
    with whole_file(folder / f"{name}-pairs.nc") as part:
        both.to_netcdf(part)
    with whole_file(folder / f"{name}-pairs.csv") as part:
        both.to_dataframe().reset_index().to_csv(part, index=False)
    with whole_file(folder / f"{name}-bins.csv") as part:
        tables = [analysis.depth_table(p).to_dataframe().assign(of=k) for k, p in
                  (("values", pairs), ("anomalies", departures))]  # fmt: skip
        import pandas as pd

        pd.concat(tables).reset_index().to_csv(part, index=False)
