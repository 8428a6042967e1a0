"""Blocks of zones as tasks: on the workers of a dask cluster where one is connected, else one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dask.array as da

    from .zones import Block, ZoneMap

#: Blocks under way or waiting for each worker thread: enough to keep it busy, few enough to bound memory.
AHEAD = 2


def over_blocks(work: Callable[[Any], Any], blocks: Iterable[Any]) -> Iterator[Any]:
    """Results of ``work`` for each block, in the order of the blocks.

    Parameters
    ----------
    work : callable
        Takes a block; it and its result must be picklable where a cluster is connected.
    blocks : iterable
        Blocks.

    Yields
    ------
    object
        What ``work`` returned.

    Notes
    -----
    Without a cluster a block runs in this process, where its networks train on all cores. On a cluster at most
    :data:`AHEAD` blocks for each worker thread are asked for ahead of the one that is waited for. The numbers are the
    same, because a block depends on its own rows and seed alone.

    Examples
    --------
    >>> list(over_blocks(lambda b: b * b, [1, 2, 3]))
    [1, 4, 9]
    """
    client = _client()
    if client is None:
        for block in blocks:
            yield work(block)
        return
    most = AHEAD * max(1, sum(client.nthreads().values()))
    waiting: deque[Any] = deque()
    for block in blocks:
        waiting.append(client.submit(work, block, pure=False))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def of_blocks(zones: ZoneMap, edge: int, part: Callable[[Block], da.Array]) -> da.Array:
    """One lazy array from the parts of all blocks, joined along the last two axes, rows and columns."""
    import dask.array as da

    rows: dict[tuple[int, int], list[da.Array]] = {}
    for block in zones.blocks(edge):
        rows.setdefault(block.rows, []).append(part(block))
    return da.block(list(rows.values()))


def _client() -> Any:
    """The connected cluster, or None; never imports distributed by itself."""
    import sys

    import dask

    if "distributed" not in sys.modules or dask.config.get("scheduler", None) in ("threads", "synchronous", "sync"):
        return None
    from distributed import default_client

    try:
        return default_client()
    except ValueError:
        return None
