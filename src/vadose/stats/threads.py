"""Points shared among threads: numba kernels that release the GIL, one block of rows each."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

#: Rows one task works on: small enough to balance, large enough to hide the cost of a task.
ROWS = 32


def thread_count() -> int:
    """Threads a kernel may use: ``NUMBA_NUM_THREADS``, else the cores this process may run on.

    Choice: one when called outside the main thread, because the caller (a dask worker) already runs one block per core.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> from vadose.stats.threads import thread_count
    >>> thread_count() >= 1
    True
    """
    if threading.current_thread() is not threading.main_thread():
        return 1
    if asked := os.environ.get("NUMBA_NUM_THREADS", ""):
        return max(1, int(asked)) if asked.isdigit() else 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def over_rows(work: Callable[[slice], None], count: int, *, rows: int = ROWS) -> None:
    """Call ``work(slice)`` for consecutive blocks of rows, on several threads.

    Each row is computed by itself, so the numbers depend neither on the blocks nor on the number of threads.

    Parameters
    ----------
    work : callable
        Fills its rows of an output array.
    count : int
        Number of rows.
    rows : int, optional
        Rows in one block.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.threads import over_rows
    >>> out = np.zeros(5)
    >>> def fill(rows):
    ...     out[rows] = np.arange(5)[rows]
    >>> over_rows(fill, 5, rows=2)
    >>> out
    array([0., 1., 2., 3., 4.])
    """
    blocks = [slice(start, min(start + rows, count)) for start in range(0, count, rows)]
    threads = min(thread_count(), len(blocks))
    if threads < 2:
        for block in blocks:
            work(block)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, blocks):
            pass
