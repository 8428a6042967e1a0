"""How a dataset is cut into chunks: for maps, for time series, for archives, or simply as it is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import LibraryError

#: What :meth:`vadose.store.Library.write` accepts, and the copies that each one makes.
LAYOUTS = {
    "series": ("series",),
    "map": ("map",),
    "archive": ("archive",),
    "plain": ("plain",),
    "both": ("map", "series"),
}

#: Preferred copy when the reader does not say which.
PREFERENCE = ("series", "archive", "map", "plain")

#: Times in one chunk of the series layout. A series of 30 years is then eleven chunks, which read as fast as one,
#: while an append rewrites at most the last chunk of each column and not the whole record.
SERIES_TIMES = 1024

#: Edge of the square columns of the series layout [cells].
SERIES_CELLS = 20

#: Chunk and shard of the archive layout, for time and for each horizontal dimension.
ARCHIVE_TIME, ARCHIVE_CELLS = (30, 90), (60, 360)

#: A frame of more cells than this is cut into square tiles (0.1° global, 6.5 million cells, stays whole).
FRAME_CELLS, TILE = 8_000_000, 1800

#: Sensors and times in one chunk of a station dataset.
STATION_CHUNK = (32, 4096)

#: Observations (or times of a per-time variable) in one chunk.
OBS_CHUNK, TIMES_CHUNK = 131_072, 4096

#: Largest chunk [values] of a dataset of no known form.
PLAIN_VALUES = 2_000_000

#: Memory [bytes] that one pass of writing aims at, and size of the lazy blocks that ``open`` makes.
PASS_BYTES, BLOCK_BYTES = 512 * 2**20, 48 * 2**20

_SPACE = ("lat", "lon", "y", "x")


@dataclass(frozen=True)
class Cut:
    """Chunk shape of one array, and its shard shape where it is sharded."""

    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None = None

    @property
    def unit(self) -> tuple[int, ...]:
        """The smallest box that is written at once."""
        return self.shards or self.chunks


def copies(layout: str, form: str) -> tuple[str, ...]:
    """Names of the copies kept for a layout.

    Only gridded series have several useful cuts; other forms are cut for their own shape, once.

    Examples
    --------
    >>> copies("both", "grid"), copies("both", "stations")
    (('map', 'series'), ('plain',))
    """
    if layout not in LAYOUTS:
        raise LibraryError("layout", found=repr(layout), needed=f"one of {list(LAYOUTS)}")
    return LAYOUTS[layout] if form == "grid" else ("plain",)


def cut(sizes: Mapping[Hashable, int], layout: str, form: str) -> Cut:
    """Chunk and shard shape of an array.

    Parameters
    ----------
    sizes : mapping
        Dimension -> size, in the order of the array.
    layout : {"series", "map", "archive", "plain"}
        Copy the array belongs to.
    form : str
        Form of the dataset, ``"result"`` where it has none.

    Returns
    -------
    Cut
        Along time the cut does not depend on the present length, so that appends keep it.

    Examples
    --------
    >>> globe = {"time": 365, "lat": 720, "lon": 1440}
    >>> cut(globe, "map", "grid").chunks, cut(globe, "series", "grid").chunks
    ((1, 720, 1440), (1024, 20, 20))
    >>> cut({"time": 365, "layer": 4, "lat": 720, "lon": 1440}, "archive", "grid")
    Cut(chunks=(30, 1, 60, 60), shards=(90, 1, 360, 360))
    """
    dims, shape = tuple(sizes), tuple(max(1, n) for n in sizes.values())
    if len(dims) <= 1:
        small = {"obs": OBS_CHUNK, "time": TIMES_CHUNK}
        return Cut(tuple(small.get(str(d), max(1, n)) for d, n in zip(dims, shape)))
    if form == "stations" and set(dims) == {"sensor", "time"}:
        table = {"sensor": min(STATION_CHUNK[0], sizes["sensor"] or 1), "time": STATION_CHUNK[1]}
        return Cut(tuple(table[str(d)] for d in dims))
    if "obs" in dims:
        return Cut(tuple(OBS_CHUNK if d == "obs" else n for d, n in zip(dims, shape)))
    horizontal = [n for d, n in zip(dims, shape) if d in _SPACE]
    if form not in ("grid", "static") or not horizontal:
        return Cut(_bounded(dims, shape))
    if "time" not in dims or layout in ("map", "plain"):
        tile = math.prod(horizontal) > FRAME_CELLS
        return Cut(tuple((min(n, TILE) if tile else n) if d in _SPACE else 1 for d, n in zip(dims, shape)))
    if layout == "series":
        return Cut(tuple(SERIES_TIMES if d == "time" else min(n, SERIES_CELLS) if d in _SPACE else 1
                         for d, n in zip(dims, shape)))  # fmt: skip
    chunks, shards = [], []
    for d, n in zip(dims, shape):
        inner, outer = ARCHIVE_TIME if d == "time" else ARCHIVE_CELLS if d in _SPACE else (1, 1)
        inner = inner if d == "time" else min(inner, n)
        chunks.append(inner)
        shards.append(outer if d == "time" else inner * math.ceil(min(outer, n) / inner))
    return Cut(tuple(chunks), tuple(shards))


def _bounded(dims: Sequence[Hashable], shape: Sequence[int]) -> tuple[int, ...]:
    """Whole array where it is small, else cut along the leading dimensions; along time always the same."""
    out = [TIMES_CHUNK if d == "time" else n for d, n in zip(dims, shape)]
    for i, d in enumerate(dims):
        excess = math.prod(out) / PLAIN_VALUES
        if excess <= 1:
            break
        floor = 64 if d == "time" else 1
        out[i] = max(floor, math.floor(out[i] / excess))
    return tuple(out)


def blocks(starts: Sequence[int], stops: Sequence[int], unit: Sequence[int],
           unit_bytes: int) -> Iterator[tuple[slice, ...]]:  # fmt: skip
    """Boxes that cover a region, aligned to whole units and of bounded size, in storage order.

    Parameters
    ----------
    starts, stops : sequence of int
        Region, half-open, per dimension.
    unit : sequence of int
        Shape of what is written at once.
    unit_bytes : int
        Bytes of one unit, all variables of the pass together.

    Examples
    --------
    >>> [b[0] for b in blocks([3, 0], [10, 4], [4, 4], 2**29)]
    [slice(3, 4, None), slice(4, 8, None), slice(8, 10, None)]
    """
    room = max(1, PASS_BYTES // max(1, unit_bytes))
    steps = [0] * len(unit)
    # the last dimensions are widest in the sources (a file holds a whole frame): widen them first
    for i in reversed(range(len(unit))):
        need = max(1, math.ceil(stops[i] / unit[i]) - starts[i] // unit[i])
        take = min(need, room)
        steps[i] = take * unit[i]
        room = max(1, room // take)
    ranges = [edges(a, b, s) for a, b, s in zip(starts, stops, steps)]
    yield from _boxes(ranges)


def _boxes(ranges: Sequence[Sequence[int]]) -> Iterator[tuple[slice, ...]]:
    if not ranges:
        yield ()
        return
    for a, b in itertools.pairwise(ranges[0]):
        for rest in _boxes(ranges[1:]):
            yield (slice(a, b), *rest)


def edges(start: int, stop: int, step: int) -> list[int]:
    """Start, every multiple of the step in between, stop.

    Examples
    --------
    >>> edges(3, 10, 4), edges(0, 0, 4)
    ([3, 4, 8, 10], [0])
    """
    if stop <= start:
        return [start]
    return [start, *range((start // step + 1) * step, stop, step), stop]


def aligned(starts: Sequence[int], stops: Sequence[int], unit: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Dask chunks of a region such that no two of them touch the same unit of the target.

    Examples
    --------
    >>> aligned([3], [10], [4])
    ((1, 4, 2),)
    """
    cuts = [edges(a, b, s) for a, b, s in zip(starts, stops, unit)]
    return tuple(tuple(b - a for a, b in itertools.pairwise(c)) for c in cuts)


def lazy_chunks(sizes: Mapping[Hashable, int], unit: Sequence[int], itemsize: int, layout: str) -> tuple[int, ...]:
    """Chunk shape with which an array is opened lazily: whole units, time in one piece except for maps.

    Examples
    --------
    >>> lazy_chunks({"time": 10950, "lat": 720, "lon": 1440}, (1024, 20, 20), 4, "series")
    (10950, 20, 40)
    >>> lazy_chunks({"time": 10950, "lat": 720, "lon": 1440}, (1, 720, 1440), 4, "map")
    (1, 720, 1440)
    """
    shape = tuple(max(1, n) for n in sizes.values())
    out = [min(u, n) for u, n in zip(unit, shape)]
    if layout == "map":
        return tuple(out)
    dims = list(sizes)
    # time first: methods take a series in one piece; then the rest from the last dimension on
    order = sorted(range(len(dims)), key=lambda i: (dims[i] not in ("time", "obs") or layout == "archive", -i))
    for i in order:
        room = BLOCK_BYTES // max(1, math.prod(out) * itemsize)
        whole = dims[i] == "time" and layout in ("series", "plain")
        out[i] = shape[i] if whole else min(shape[i], out[i] * max(1, room))
    return tuple(out)
