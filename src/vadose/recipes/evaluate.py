"""Validate products against stations: read, match, score, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr

from .. import products, schema, validation
from ..errors import ConfigError, InputFileError
from ..report import Report
from ..store import Library
from .config import STATIONS, CollocationConfig, EvaluateConfig, dump
from .evaluate_pairs import common_pairs, depth_of, open_products, pairs_of
from .inputs import open_stations, within_depth
from .outputs import save_dataset, whole_file, writable_folder
from .progress import Step, silent


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
    parts: xr.Dataset | None = None
    collocations: list[xr.Dataset] = field(default_factory=list)
    whole: dict[str, xr.Dataset] = field(default_factory=dict)
    together: dict[str, xr.Dataset] = field(default_factory=dict)
    in_parts: dict[str, xr.Dataset] = field(default_factory=dict)

    @classmethod
    def empty(cls, stations: xr.Dataset) -> Evaluation:
        """Results to be filled product by product."""
        nothing = xr.Dataset()
        return cls(nothing, nothing, nothing, {}, {}, stations, simulated=schema.is_simulated(stations))

    def finish(self) -> Evaluation:
        """Put the results of all products together."""
        self.scores, self.pooled = validation.tidy(self.whole), validation.tidy(self.together)
        self.summary = validation.tidy({k: validation.summarize(v) for k, v in self.whole.items()})
        if self.in_parts:
            subsets = list(dict.fromkeys(s for p in self.in_parts.values() for s in p["subset"].values.tolist()))
            rows = [zip(*(p[k].values.tolist() for k in ("subset", "values", "part")), strict=True)
                    for p in self.in_parts.values()]  # fmt: skip
            labels = {s: (str(v), str(w)) for several in rows for s, v, w in several}
            bare = {k: _all_parts(p.drop_vars(["values", "part"]), subsets) for k, p in self.in_parts.items()}
            self.parts = validation.tidy(bare).assign_coords(
                values=("subset", [labels[s][0] for s in subsets]), part=("subset", [labels[s][1] for s in subsets])
            )
        return self


def _all_parts(parts: xr.Dataset, subsets: list[str]) -> xr.Dataset:
    """The same parts for every product: years that a product does not have are missing and say so."""
    fill = {v: schema.STATUS["no_data"] if str(v).endswith("status") else 0 if da.dtype.kind == "i" else float("nan")
            for v, da in parts.data_vars.items()}  # fmt: skip
    return parts.reindex(subset=subsets, fill_value=fill)


def evaluate(config: EvaluateConfig, *, out: str | Path | None = None, step: Step = silent,
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
        ``report.html``; beside it ``scores.nc``, ``scores.csv``, ``config.yaml``, ``citations.bib`` and, as configured,
        ``parts.nc``, ``collocation_1.nc`` ..., ``qa4sm.nc``.
    """
    from .validation_report import write

    folder = writable_folder(out or config.out)
    result = compute(config, step=step)
    (folder / "config.yaml").write_text(dump(config), encoding="utf-8")
    _save_scores(result, folder, qa4sm=config.qa4sm)
    return write(result, config, folder, extra=extra)


def compute(config: EvaluateConfig, *, step: Step = silent) -> Evaluation:
    """Match and score every product of a configuration; memory holds the pairs of all products.

    Raises
    ------
    ConfigError
        If no product could be matched with any station.
    """
    if config.stations.path and not Path(config.stations.path).exists():
        raise InputFileError(config.stations.path, found="no such file or folder",
                             needed="an ISMN zip, folder or .stm file, or a CSV table of stations")  # fmt: skip
    for product in config.products:  # a path that leads nowhere is found before the work, not after hours of it
        if product.id:
            products.expand(product.paths, products.get(product.id).patterns)
    library = Library(config.library) if config.library else None
    total = len(config.products) + 1 + bool(config.collocations)
    step(0, total, "stations")
    stations = open_stations(config, library)
    opened: dict[str, xr.Dataset] = {}
    matched: dict[str, xr.Dataset] = {}
    result = Evaluation.empty(stations)
    for i, product in enumerate(config.products):
        step(i + 1, total, product.label)
        if product.label not in opened:
            opened |= open_products(config, product, library)
        ds = opened[product.label]
        result.simulated = result.simulated or schema.is_simulated(ds)
        title, version = str(ds.attrs.get("title", "")), str(ds.attrs.get("product_version", ""))
        result.inputs[product.label] = title if version in title else f"{title} {version}".strip()
        if product.label not in matched:
            matched |= pairs_of(config, product, opened, stations)
        found = matched.pop(product.label).compute()
        _score(config, product.label, found, result)
        if not config.collocations:
            del opened[product.label]
    if not any(p.sizes["cell"] for p in result.pairs.values()):
        raise ConfigError("products and stations", found="no station inside any product", needed="an overlap in space",
                          do="Check bbox, station coordinates and max_distance.")  # fmt: skip
    if config.collocations:
        step(total - 1, total, "triple collocation")
        result.collocations = [_collocate(config, c, opened, stations) for c in config.collocations]
    step(total, total, "report")
    return result.finish()


def _score(config: EvaluateConfig, label: str, found: xr.Dataset, result: Evaluation) -> None:
    """Score one match-up, whole and in parts, by the path that every evaluation shares."""
    s = config.score
    if s.scaling and not s.scale_after_split:
        found = validation.scale(found, method=s.scaling, min_n=s.min_n)
    parts = validation.score_parts(
        found, by=s.by, anomaly=s.anomalies, scaling=s.scaling, scale_after_split=s.scale_after_split, ci=s.ci,
        level=s.level, min_n=s.min_n, min_years=s.min_years, n_boot=s.n_boot, seed=s.seed,
    )  # fmt: skip
    whole = parts.sel(subset="all").drop_vars(["subset", "values", "part"])
    counts = ("n_estimate", "n_reference", "n_matched", "n_dropped")
    result.pairs[label] = found
    result.whole[label] = whole.assign({k: found[k] for k in counts if k in found})
    if parts.sizes["subset"] > 1:
        result.in_parts[label] = parts
    result.together[label] = validation.score_pooled(found, level=s.level, min_n=s.min_n, n_boot=s.n_boot, seed=s.seed)
    if int((found["n_matched"] > 0).sum()) >= s.min_cells:
        result.spatial[label] = validation.score_spatial(found, level=s.level, min_cells=s.min_cells)


def _collocate(config: EvaluateConfig, wanted: CollocationConfig, opened: dict[str, xr.Dataset], stations: xr.Dataset
               ) -> xr.Dataset:  # fmt: skip
    """Triple collocation on the cells and days that all three have."""
    labels = [p for p in wanted.products if p != STATIONS]
    first = next(p for p in config.products if p.label == labels[0])
    gridded = sorted(labels, key=lambda p: schema.form(opened[p]) != "grid")
    pairs = common_pairs(config, gridded, opened, within_depth(stations, depth_of(config, first)))
    series = {p: pairs[p]["estimate"].compute() for p in labels}
    series[STATIONS] = pairs[labels[0]]["reference"].compute()
    ids = {p.label: p.id for p in config.products}
    families = ["" if p == STATIONS or not ids[p] else products.get(str(ids[p])).family for p in wanted.products]
    places = {k: pairs[labels[0]][k] for k in ("cell_lat", "cell_lon", "stations")}
    got = validation.triple_collocation(
        *(series[p].reset_coords(drop=True) for p in wanted.products), products=wanted.products, families=families,
        level=config.score.level, min_n=wanted.min_n, n_boot=wanted.n_boot, seed=config.score.seed,
    )  # fmt: skip
    return got.assign_coords(places)


def _save_scores(result: Evaluation, folder: Path, *, qa4sm: bool) -> None:
    save_dataset(result.scores, folder / "scores.nc")
    frame = result.scores.drop_dims("reason", errors="ignore").to_dataframe()
    for reason in result.scores["reason"].values if "reason" in result.scores else ():
        frame[f"dropped_{reason}"] = result.scores["n_dropped"].sel(reason=reason).values
    with whole_file(folder / "scores.csv") as part:
        frame.to_csv(part, index=False)
    if result.parts is not None:
        save_dataset(result.parts, folder / "parts.nc")
    for i, one in enumerate(result.collocations):
        save_dataset(one, folder / f"collocation_{i + 1}.nc")
    if qa4sm:
        export_qa4sm(result.parts if result.parts is not None else result.scores, folder, result.collocations)


def export_qa4sm(scores: xr.Dataset, folder: Path, collocations: list[xr.Dataset]) -> Path:
    """Write ``qa4sm.nc``, in which the stations have the name that QA4SM gives them."""
    named = []
    for one in collocations:
        names = one["product"].values.astype(str)
        named.append(one.assign_coords(product=np.where(names == STATIONS, "ISMN", names)))
    return validation.to_qa4sm(scores, folder / "qa4sm.nc", collocations=named)
