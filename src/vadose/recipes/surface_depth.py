"""Surface to depth: what the surface sensors of stations tell of the soil below them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import xarray as xr
from pydantic import Field

from .. import analysis, products, twin
from ..errors import InputFileError, SchemaError
from ..report import Report
from .outputs import whole_file, writable_folder
from .progress import Step, silent
from .settings import Strict, check, dump, read
from .surface_depth_report import add_archive

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
        add_archive(report, name, stations, pairs, departures, settings)
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
