"""Validate products against stations: read, match, score, report."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr

from .. import matchup, periods, products, schema, validation
from ..errors import ConfigError, SchemaError
from ..report import Report
from ..store import Library
from .config import EvaluateConfig, ProductConfig, dump
from .ingest import ingest

Step = Callable[[int, int, str], None]

#: Name of the station dataset in a library this recipe fills.
STATIONS = "stations"


@dataclass
class Evaluation:
    """All results of a validation, tidy."""

    scores: xr.Dataset
    pooled: xr.Dataset
    summary: xr.Dataset
    pairs: dict[str, xr.Dataset]
    spatial: dict[str, xr.Dataset]
    stations: xr.Dataset
    inputs: dict[str, str] = field(default_factory=dict)
    simulated: bool = False


def evaluate(config: EvaluateConfig, *, out: str | Path | None = None, step: Step = lambda done, total, text: None,
             extra: Callable[[Report], None] | None = None) -> Path:  # fmt: skip
    """Run a validation and write its report.

    Parameters
    ----------
    config : EvaluateConfig
        What to judge and how; see :func:`vadose.recipes.config.load`.
    out : path, optional
        Output folder; the configuration's by default.
    step : callable
        Told (done, total, text) as the work goes on.
    extra : callable, optional
        Given the report, may add a section after the first.

    Returns
    -------
    Path
        ``report.html``; beside it ``scores.nc``, ``scores.csv``, ``config.yaml``.
    """
    from .validation_report import write

    folder = Path(out or config.out)
    result = compute(config, step=step)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(dump(config), encoding="utf-8")
    _save_scores(result, folder)
    return write(result, config, folder, extra=extra)


def compute(config: EvaluateConfig, *, step: Step = lambda done, total, text: None) -> Evaluation:
    """Match and score every product of a configuration; memory holds the pairs of all products.

    Raises
    ------
    ConfigError
        If no product could be matched with any station.
    """
    library = Library(config.library) if config.library else None
    total = len(config.products) + 1
    step(0, total, "stations")
    stations = _open_stations(config, library)
    pairs, scores, pooled, summary, spatial, inputs = {}, {}, {}, {}, {}, {}
    simulated = schema.is_simulated(stations)
    for i, product in enumerate(config.products):
        step(i + 1, total, product.label)
        ds = _open_product(config, product, library)
        simulated = simulated or schema.is_simulated(ds)
        chosen = within_depth(stations, product.depth or config.stations.depth)
        pairs[product.label] = found = matchup.match(
            ds, chosen, window=config.match.window, variable=product.variable, layer=product.layer,
            t_value=product.t_value, max_distance=product.max_distance or config.match.max_distance,
            local_hours=config.match.local_hours,
        ).compute()  # fmt: skip
        inputs[product.label] = f"{ds.attrs.get('title', '')} {ds.attrs.get('product_version', '')}".strip()
        s = config.score
        scores[product.label] = validation.score(found, ci=s.ci, level=s.level, min_n=s.min_n, min_years=s.min_years,
                                                 n_boot=s.n_boot, seed=s.seed)  # fmt: skip
        pooled[product.label] = validation.score_pooled(
            found, level=s.level, min_n=s.min_n, n_boot=s.n_boot, seed=s.seed
        )
        summary[product.label] = validation.summarize(scores[product.label])
        if found.sizes["cell"] >= s.min_cells:
            spatial[product.label] = validation.score_spatial(found, level=s.level, min_cells=s.min_cells)
    step(total, total, "report")
    if not any(p.sizes["cell"] for p in pairs.values()):
        raise ConfigError("products and stations", found="no station inside any product", needed="an overlap in space",
                          do="Check bbox, station coordinates and max_distance.")  # fmt: skip
    return Evaluation(validation.tidy(scores), validation.tidy(pooled), validation.tidy(summary), pairs, spatial,
                      stations, inputs, simulated)  # fmt: skip


def within_depth(stations: xr.Dataset, depth: tuple[float, float]) -> xr.Dataset:
    """Sensors whose depth range lies within an interval [m].

    Choice: 2 mm of slack, because probes set at 2 and 4 inches stand for 5 and 10 cm.

    Raises
    ------
    SchemaError
        If there is none; the depths present are listed.
    """
    low, high = depth
    keep = (stations["depth_from"].values >= low - 2e-3) & (stations["depth_to"].values <= high + 2e-3)
    if not keep.any():
        have = sorted({f"{a:g}-{b:g}" for a, b in zip(stations["depth_from"].values, stations["depth_to"].values,
                                                       strict=True)})  # fmt: skip
        raise SchemaError(
            "stations", found=f"sensors at {', '.join(have)} m", needed=f"a sensor within {low:g}-{high:g} m"
        )
    return stations.isel(sensor=np.flatnonzero(keep))


def _open_stations(config: EvaluateConfig, library: Library | None) -> xr.Dataset:
    wanted = config.stations
    if wanted.path is None:
        assert library is not None and wanted.dataset is not None
        return _crop_stations(library.open(wanted.dataset), config)
    if library is not None and STATIONS in library.names():
        return _crop_stations(library.open(STATIONS), config)
    stations = products.open_stations(wanted.path, depth=None, flags=wanted.flags, local_hours=wanted.local_hours,
                                      min_count=wanted.min_count)  # fmt: skip
    if library is None:
        return _crop_stations(stations, config)
    library.write(STATIONS, stations, layout="plain", message="ingest stations")
    return _crop_stations(library.open(STATIONS), config)


def _crop_stations(stations: xr.Dataset, config: EvaluateConfig) -> xr.Dataset:
    if config.bbox:
        west, south, east, north = config.bbox
        lat, lon = stations["lat"].values, stations["lon"].values
        inside = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
        if not inside.any():
            raise ConfigError("bbox", found=f"{config.bbox}, which holds no station", needed="a box with stations")
        stations = stations.isel(sensor=np.flatnonzero(inside))
    return _crop_period(stations, config)


def _crop_period(ds: xr.Dataset, config: EvaluateConfig) -> xr.Dataset:
    span = periods.parse_period(config.period)
    if span is None:
        return ds
    time = ds["time"].values
    inside = np.flatnonzero((time >= span[0]) & (time < span[1]))
    if not inside.size:
        found = f"{config.period}, while {ds.attrs.get('title', 'the data')} cover {time.min()} to {time.max()}"
        raise ConfigError("period", found=found, needed="a period inside the data")
    return ds.isel({ds["time"].dims[0]: inside})


def _open_product(config: EvaluateConfig, product: ProductConfig, library: Library | None) -> xr.Dataset:
    if product.dataset is not None:
        assert library is not None
        return _crop_period(library.open(product.dataset), config)
    assert product.id is not None
    if library is None:
        return products.open(product.id, product.paths, bbox=config.bbox, period=config.period, flags=product.flags)
    name = source_name(product)
    if name not in library.names():
        ingest(library, product.id, product.paths, name=name, flags=product.flags, bbox=config.bbox, batch=100_000)
    return _crop_period(library.open(name), config)


def source_name(product: ProductConfig) -> str:
    """Name in the library of a product's files; layers of one product share it."""
    text = f"{product.id}-{product.flags}-" + "-".join(Path(p).parent.name or Path(p).name for p in product.paths)
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)


def _save_scores(result: Evaluation, folder: Path) -> None:
    encoding = {v: {"zlib": True} for v in result.scores.data_vars if result.scores[v].dtype.kind in "fi"}
    result.scores.to_netcdf(folder / "scores.nc", encoding=encoding)
    frame = result.scores.drop_dims("reason", errors="ignore").to_dataframe()
    for reason in result.scores["reason"].values if "reason" in result.scores else ():
        frame[f"dropped_{reason}"] = result.scores["n_dropped"].sel(reason=reason).values
    frame.to_csv(folder / "scores.csv", index=False)
