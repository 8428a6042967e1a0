"""The only place where method rooms meet: built-in recipes and configured runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from ..errors import ConfigError
from .config import load
from .ingest import ingest

__all__ = ["ingest", "load", "names", "run"]

Step = Callable[[int, int, str], None]

_HERE = Path(__file__).parent


def names() -> dict[str, str]:
    """Built-in recipes and what each does."""
    files = sorted(_HERE.glob("*.yaml"))
    exam = {"twin-exam": "Twin exam - eleven simulated products fused and judged by the truth (needs no data)"}
    return exam | {p.stem.replace("_", "-"): yaml.safe_load(p.read_text(encoding="utf-8"))["title"] for p in files}


def run(name: str, *, data: str | Path | None, out: str | Path, step: Step = lambda done, total, text: None) -> Path:
    """Run a built-in recipe.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    data : path
        Folder with the input files (``{data}`` in the recipe).
    out : path
        Output folder; the recipe's library goes there too.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ConfigError
        If the recipe is unknown or the data folder is missing.
    """
    from .evaluate import evaluate

    if name == "twin-exam":
        from .twin_exam import twin_exam

        return twin_exam(out=out, step=step)
    if name not in names():
        raise ConfigError("recipe", found=repr(name), needed=f"one of {', '.join(names())}")
    if data is None or not Path(data).is_dir():
        found = "no folder" if data is None else f"{data}, which is no folder"
        raise ConfigError("--data", found=found, needed=f"the folder with the input files of {name}")
    variables = {"data": str(Path(data).resolve()), "out": str(Path(out).resolve())}
    config = load(_HERE / f"{name.replace('-', '_')}.yaml", variables=variables)
    return evaluate(config, out=out, step=step)
