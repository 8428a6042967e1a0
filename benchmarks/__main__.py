"""Run every ``bench_*.py`` (or those named) and print the table: ``python -m benchmarks [NAME ...]``."""

from __future__ import annotations

import datetime
import importlib
import os
import platform
import sys
from pathlib import Path

from .table import markdown


def main(names: list[str]) -> None:
    found = sorted(p.stem.removeprefix("bench_") for p in Path(__file__).parent.glob("bench_*.py"))
    if unknown := sorted(set(names) - set(found)):
        sys.exit(f"benchmarks: found {unknown}; needed some of {found}.")
    rows = []
    for name in names or found:
        print(f"# {name}", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"benchmarks.bench_{name}").run()
    today = datetime.date.today().isoformat()
    print(f"{today}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print(markdown(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
