"""The real sample: satellite, reanalysis and CCI products against ISMN stations, from a folder of files."""

from __future__ import annotations

from pathlib import Path

from .config import load
from .evaluate import evaluate
from .progress import Step, silent


def real_sample(*, out: str | Path, data: str | Path, step: Step = silent) -> Path:
    """Validate the products of ``real_sample.yaml`` against stations; ``data`` is the folder with their files."""
    variables = {"data": str(Path(data).resolve()), "out": str(Path(out).resolve())}
    config = load(Path(__file__).with_name("real_sample.yaml"), variables=variables)
    return evaluate(config, out=out, step=step)
