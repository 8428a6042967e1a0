"""The recipe real-sample as a user runs it: wall time and peak memory of the whole process."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time

from .sample_data import find_sample_data
from .table import Row

_PROGRAM = """
import resource, sys
from vadose.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    print("peak_kib", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    raise
"""


def run() -> list[Row]:
    """One run from nothing (parsing and ingesting everything), one with its library; none where data is absent."""
    data = find_sample_data()
    if data is None:
        print("benchmarks: no sample data found, real-sample left out", file=sys.stderr)
        return []
    rows = []
    with tempfile.TemporaryDirectory() as out:
        for work in ("real-sample from files", "real-sample again, from its library"):
            start = time.perf_counter()
            argv = [sys.executable, "-c", _PROGRAM, "run", "real-sample", "--data", str(data), "--out", out]
            done = subprocess.run(argv, check=True, capture_output=True, text=True)
            wall = time.perf_counter() - start
            found = re.search(r"peak_kib (\d+)", done.stdout)
            assert found is not None
            peak = int(found[1]) / 1024
            note = f"peak memory {peak:,.0f} MiB; goal < 2 GB: {'reached' if peak < 2000 else 'NOT reached'}"
            rows.append(Row(work, "run, 29 series", wall, note=note))
    return rows
