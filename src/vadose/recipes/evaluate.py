"""Validate products against stations: read, match, score, report."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import xarray as xr

from .. import matchup, products, schema, validation
from ..errors import ConfigError, InputFileError
from ..report import Report
from ..store import Library
from .config import EvaluateConfig, dump
from .inputs import open_product, open_stations, within_depth

Step = Callable[[int, int, str], None]


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

    folder = writable_folder(out or config.out)
    result = compute(config, step=step)
    (folder / "config.yaml").write_text(dump(config), encoding="utf-8")
    _save_scores(result, folder)
    return write(result, config, folder, extra=extra)


def writable_folder(path: str | Path) -> Path:
    """Make an output folder, and refuse one that cannot take files before any work is done.

    Raises
    ------
    ConfigError
        If the path is a file or may not be written.
    """
    folder = Path(path)
    do = "Choose another output folder."
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (FileExistsError, NotADirectoryError) as err:
        raise ConfigError(f"out {folder}", found="a file in its place", needed="a folder", do=do) from err
    except OSError as err:
        raise ConfigError(f"out {folder}", found=f"a folder that cannot be written ({err.strerror or err})",
                          needed="a folder that can", do=do) from err  # fmt: skip
    return folder


def compute(config: EvaluateConfig, *, step: Step = lambda done, total, text: None) -> Evaluation:
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
    total = len(config.products) + 1
    step(0, total, "stations")
    stations = open_stations(config, library)
    pairs, scores, pooled, summary, spatial, inputs = {}, {}, {}, {}, {}, {}
    simulated = schema.is_simulated(stations)
    for i, product in enumerate(config.products):
        step(i + 1, total, product.label)
        ds = open_product(config, product, library)
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


def _save_scores(result: Evaluation, folder: Path) -> None:
    encoding = {v: {"zlib": True} for v in result.scores.data_vars if result.scores[v].dtype.kind in "fi"}
    with _whole(folder / "scores.nc") as part:
        result.scores.to_netcdf(part, encoding=encoding)
    frame = result.scores.drop_dims("reason", errors="ignore").to_dataframe()
    for reason in result.scores["reason"].values if "reason" in result.scores else ():
        frame[f"dropped_{reason}"] = result.scores["n_dropped"].sel(reason=reason).values
    with _whole(folder / "scores.csv") as part:
        frame.to_csv(part, index=False)


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file to write that gets its name when it is whole: a reader never meets half a file."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    except (OSError, RuntimeError) as err:  # of a full disk the NetCDF library says RuntimeError
        part.unlink(missing_ok=True)
        raise ConfigError(str(path), found=f"a file that cannot be written ({err})", needed="room and permission",
                          do="Free space on the disk, or choose another output folder.") from err  # fmt: skip
