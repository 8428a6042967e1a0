"""Paper 002 in full: 1 km products judged by stations they have not seen, by flights and by each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..store import Library
from .evaluate import export_qa4sm, writable_folder
from .evaluate_1km_inputs import make_twin
from .evaluate_1km_report import write
from .evaluate_1km_settings import load
from .evaluate_1km_stages import compute
from .evaluate_1km_tables import save
from .settings import dump

Step = Callable[[int, int, str], None]


def evaluate_1km(*, out: str | Path, data: str | Path | None = None, library: str | None = None,
                 config: str | Path | None = None, step: Step = lambda done, total, text: None) -> Path:  # fmt: skip
    """Evaluate 1 km products as paper 002 does, and beyond.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, ``scores.nc``, ``config.yaml`` and a CSV file per table.
    data : path, optional
        Folder that stands for ``{data}`` in the settings.
    library : str, optional
        Library that stands for ``{library}`` in the settings; by default ``library`` in the output folder.
    config : path, optional
        YAML file; without one, the settings of the simulated region, ``evaluate_1km.yaml``, or with ``data`` those of
        the real sample, ``evaluate_1km_real.yaml``.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.
    """
    folder = writable_folder(out).resolve()
    url = library or str(folder / "library")
    path = Path(config or Path(__file__).with_name("evaluate_1km_real.yaml" if data else "evaluate_1km.yaml"))
    known = {"out": str(folder), "library": url} | ({"data": str(Path(data).resolve())} if data else {})
    settings = load(path, variables=known)
    store = Library(settings.library) if settings.library else None
    if settings.twin is not None and store is not None:
        step(0, 10, "simulating land, soil water, products, stations and flights")
        make_twin(settings, store, folder)
    result = compute(settings, store, step=step)
    step(9, 10, "report")
    (folder / "config.yaml").write_text(dump(settings), encoding="utf-8")
    save(result, folder)
    if settings.qa4sm:
        export_qa4sm(result.scores, folder, result.collocations)
    report = write(result, settings, folder)
    step(10, 10, "done")
    return report
