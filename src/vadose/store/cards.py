"""The names in a library: each dataset's group carries a card with its form, its copies and when it was written."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from ..errors import LibraryError
from . import layouts

if TYPE_CHECKING:
    import zarr

#: Attribute of the root group: the format of the library.
MARK, FORMAT = "vadose_library", 1

#: Attribute of the group of a dataset.
CARD = "vadose_dataset"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*(/[A-Za-z0-9_][A-Za-z0-9_.\-]*)*")


def check_name(name: str) -> None:
    """Refuse a name that cannot be a path of groups."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise LibraryError("name", found=repr(name), needed="letters, digits, _ - . in parts separated by /",
                           do="Example: esa_cci/combined-v09.1")  # fmt: skip


def group_at(store: Any, path: str) -> zarr.Group | None:
    """Group of a store, None where there is none."""
    import zarr

    try:
        return zarr.open_group(store, path=path, mode="r" if store.read_only else "r+", zarr_format=3)
    except (FileNotFoundError, zarr.errors.ContainsArrayError):
        return None


def names_in(store: Any) -> list[str]:
    """Names of all datasets, sorted, by walking down to their cards."""
    out: list[str] = []

    def walk(group: zarr.Group, prefix: str) -> None:
        for key, child in group.groups():
            if CARD in child.attrs:
                out.append(f"{prefix}{key}")
            else:
                walk(child, f"{prefix}{key}/")

    if (root := group_at(store, "")) is not None:
        walk(root, "")
    return sorted(out)


def read_card(store: Any, name: str) -> dict[str, Any]:
    """Card of a dataset; raises :class:`LibraryError` with close matches where there is none."""
    check_name(name)
    group = group_at(store, name)
    found = None if group is None else group.attrs.get(CARD)
    if found is None:
        raise unknown(name, names_in(store))
    return cast("dict[str, Any]", found)


def write_card(store: Any, name: str, *, form: str, parts: Iterable[str]) -> None:
    """Make the group of a dataset, and mark the root as a library."""
    import zarr

    from .. import __version__

    root = zarr.open_group(store, mode="a", zarr_format=3)
    if MARK not in root.attrs:
        root.attrs[MARK] = FORMAT
    card = {"form": form, "layouts": list(parts), "written": now(), "software": f"vadose {__version__}"}
    zarr.create_group(store, path=name, attributes={CARD: card}, zarr_format=3)


def renew_card(store: Any, name: str) -> None:
    """Note that a dataset has changed now."""
    group = group_at(store, name)
    assert group is not None
    group.attrs[CARD] = {**read_card(store, name), "written": now()}


def remove(store: Any, name: str) -> None:
    """Delete a dataset's group, and parents that are empty then."""
    parts = name.split("/")
    for depth in range(len(parts), 0, -1):
        above, leaf = group_at(store, "/".join(parts[: depth - 1])), group_at(store, "/".join(parts[:depth]))
        assert above is not None and leaf is not None
        if depth < len(parts) and any(True for _ in leaf.members()):
            break
        del above[parts[depth - 1]]


def cuts_of(store: Any, path: str) -> dict[str, tuple[int, ...]]:
    """Chunk (or shard) shape of every array of a copy."""
    group = group_at(store, path)
    assert group is not None
    return {key: tuple(array.shards or array.chunks) for key, array in group.arrays()}


def choose(name: str, card: dict[str, Any], layout: str | None) -> str:
    """The copy to open."""
    parts = card["layouts"]
    if layout is None or card["form"] != "grid":
        return next(p for p in layouts.PREFERENCE if p in parts)
    if layout not in parts:
        raise LibraryError(name, found=f"no {layout!r} copy", needed=f"layout {' or '.join(parts)}",
                           do="Write it with layout='both' to have maps and series.")  # fmt: skip
    return layout


def unknown(name: str, known: list[str]) -> LibraryError:
    """The error for a name that does not exist, with the names that come close."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    needed = f"one of {known}" if len(known) <= 12 else f"one of {len(known)} names that Library.names() lists"
    return LibraryError(name, found="no dataset of this name",
                        needed=needed if known else "a dataset (there is none yet)",
                        do=f"Did you mean {' or '.join(map(repr, close))}?" if close else "")  # fmt: skip


def now() -> str:
    """Present time, UTC, as text."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
