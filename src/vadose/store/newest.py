"""The newest snapshot of a library, and what has been opened of it: opened again only once it has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import xarray as xr

from .cards import names_in
from .repository import whole

if TYPE_CHECKING:
    import icechunk

#: Datasets that are kept open: those used last.
KEPT = 128

#: What a commit says of itself.
DATASET, ACTION = "dataset", "action"
DELETE = "delete"


class Newest:
    """The newest snapshot of ``repo``, whoever writes it.

    Opening a dataset costs dozens of small reads, and long work opens the same few again and again. Each commit says
    which dataset it changed, so that all others stay open when it is done.
    """

    def __init__(self, repo: icechunk.Repository) -> None:
        self._repo = repo
        self._lock = threading.Lock()
        self._session: icechunk.Session | None = None
        self._names: frozenset[str] | None = None
        self._opened: dict[tuple[str, str | None], xr.Dataset] = {}

    def __reduce__(self) -> tuple:  # workers open for themselves
        return Newest, (self._repo,)

    def session(self) -> icechunk.Session:
        """Session that reads the newest snapshot."""
        with self._lock:
            return self._renewed()

    def names(self, seen_by: icechunk.Session | None = None) -> list[str]:
        """Names of its datasets, sorted, or of those that another session sees, which may be behind."""
        with self._lock:
            session = self._renewed()
            if seen_by is not None and seen_by.snapshot_id != session.snapshot_id:
                return names_in(seen_by.store)
            if self._names is None:
                self._names = frozenset(names_in(session.store))
            return sorted(self._names)

    def open(self, name: str, layout: str | None, read: Callable[[icechunk.Session], xr.Dataset]) -> xr.Dataset:
        """A dataset as ``read`` opens it; a copy of it that shares the values."""
        with self._lock:
            session, found = self._renewed(), self._opened.pop((name, layout), None)
            if found is not None:
                self._opened[name, layout] = found  # the last to go
                return found.copy()
        found = read(session)
        with self._lock:
            if session is self._session:
                while len(self._opened) >= KEPT:
                    del self._opened[next(iter(self._opened))]
                self._opened[name, layout] = found
        return found.copy()

    def forget(self) -> None:
        """Read everything anew from here on."""
        with self._lock:
            self._session, self._names, self._opened = None, None, {}

    def _renewed(self) -> icechunk.Session:
        newest = self._repo.lookup_branch("main")
        if self._session is not None and self._session.snapshot_id == newest:
            return self._session
        session = whole(self._repo, self._repo.readonly_session(snapshot_id=newest))
        done = self._done_since(newest)
        if done is None:
            self._names, self._opened = None, {}
        else:
            for name, action in done:
                if self._names is not None:
                    self._names = self._names - {name} if action == DELETE else self._names | {name}
            changed = {name for name, _ in done}
            self._opened = {k: v for k, v in self._opened.items() if k[0] not in changed}
        self._session = session
        return session

    def _done_since(self, newest: str) -> list[tuple[str, str]] | None:
        """What was done since the snapshot that is known, oldest first; None where that cannot be told."""
        if self._session is None:
            return None
        out: list[tuple[str, str]] = []
        for entry in self._repo.ancestry(snapshot_id=newest):
            if entry.id == self._session.snapshot_id:
                return out[::-1]
            name, action = entry.metadata.get(DATASET), entry.metadata.get(ACTION)
            if not isinstance(name, str) or not isinstance(action, str):
                return None
            out.append((name, action))
        return None
