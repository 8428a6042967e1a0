"""The Icechunk repository under a library: where it lies, who may write, and what its errors mean."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import LibraryError, VadoseError

if TYPE_CHECKING:
    import icechunk

#: File beside the repository whose operating-system lock marks the one writer. The lock ends with its process.
LOCK = "writer.lock"

#: Phrases by which the storage layers say that a disk or a quota is full.
_FULL = ("no space left", "file too large", "disk quota exceeded", "os error 28", "os error 27", "os error 122")
_FULL_ERRNO = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)

_CLOUD = {"s3": "s3_storage", "gs": "gcs_storage", "gcs": "gcs_storage"}


def is_local(url: str) -> bool:
    """Whether a library lies in a folder.

    Examples
    --------
    >>> is_local("lib/"), is_local("s3://bucket/lib")
    (True, False)
    """
    return urlsplit(url).scheme not in _CLOUD


def local_path(url: str) -> Path:
    """Folder of a local library, links resolved."""
    return Path(url.removeprefix("file://")).expanduser().resolve()


def storage_of(url: str) -> icechunk.Storage:
    """Storage of a folder or of an ``s3://`` or ``gs://`` URL; credentials come from the environment.

    Raises
    ------
    LibraryError
        If the URL has another scheme or no bucket.
    """
    import icechunk

    if "ICECHUNK_LOG" not in os.environ:
        # it warns at every opening that folders have no conflict detection; the writer lock stands in for that
        icechunk.set_logs_filter("icechunk=error")
    parts = urlsplit(url)
    if "://" in url and parts.scheme not in (*_CLOUD, "file"):
        raise LibraryError(
            url, found=f"scheme {parts.scheme!r}", needed="a folder, s3://bucket/prefix or gs://bucket/prefix"
        )
    if is_local(url):
        return icechunk.local_filesystem_storage(str(local_path(url)))
    if not parts.netloc:
        raise LibraryError(url, found="no bucket", needed=f"{parts.scheme}://bucket/prefix")
    prefix = parts.path.strip("/") or None
    if _CLOUD[parts.scheme] == "gcs_storage":
        return icechunk.gcs_storage(bucket=parts.netloc, prefix=prefix, from_env=True)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return icechunk.s3_storage(bucket=parts.netloc, prefix=prefix, from_env=True, endpoint_url=endpoint,
                               region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
                               allow_http=bool(endpoint and endpoint.startswith("http://")),
                               force_path_style=bool(endpoint))  # fmt: skip


def connect(url: str, *, create: bool) -> icechunk.Repository:
    """Open the repository, or create it where there is none.

    Parameters
    ----------
    url : str
        Folder or URL.
    create : bool
        Whether to create what does not exist.

    Raises
    ------
    LibraryError
        If there is no library and none may be created, or if something else lies there.
    """
    import icechunk

    storage = storage_of(url)
    with translated(url, "opened"):
        if is_local(url):
            path = local_path(url)
            if path.exists() and not path.is_dir():
                raise LibraryError(url, found="a file", needed="a library folder")
            if not path.is_dir() or not (path / "refs").is_dir() or not any((path / "refs").iterdir()):
                present = {p.name for p in path.iterdir()} if path.is_dir() else set()
                if present:
                    some = ", ".join(sorted(present)[:3])
                    raise LibraryError(url, found=f"a folder that is not a library (it holds {some})",
                                       needed="a library, an empty folder or a new name")  # fmt: skip
                return _create(url, storage, create)
        elif not icechunk.Repository.exists(storage):
            return _create(url, storage, create)
        return icechunk.Repository.open(storage)


def _create(url: str, storage: icechunk.Storage, create: bool) -> icechunk.Repository:
    import icechunk

    if not create:
        raise LibraryError(
            url, found="no library", needed="an existing library", do="Check the path, or write to it first."
        )
    if is_local(url):
        local_path(url).mkdir(parents=True, exist_ok=True)
    try:
        # no lock here: the folder must be empty, and the reference is made by one creator only
        return icechunk.Repository.create(storage)
    except icechunk.IcechunkError:
        if icechunk.Repository.exists(storage):  # somebody else was faster
            return icechunk.Repository.open(storage)
        raise


def whole(repo: icechunk.Repository, session: icechunk.Session) -> icechunk.Session:
    """The session, if its snapshot can be read: zarr takes an unreadable one for empty, asking for it by id raises."""
    repo.lookup_snapshot(session.snapshot_id)
    return session


@contextlib.contextmanager
def writer(url: str) -> Iterator[None]:
    """Be the one writer of a library in a folder.

    Object stores detect two committers themselves; folders do not. The lock is the operating system's (``flock``
    through ``locket``, which dask uses too): a killed process gives it back at once, and nothing stale can remain.

    Raises
    ------
    LibraryError
        If another process or thread is writing, or the folder cannot be written.
    """
    if not is_local(url):
        yield
        return
    import locket

    path = local_path(url)
    lock = locket.lock_file(str(path / LOCK), timeout=0)
    try:
        lock.acquire()
    except locket.LockError:
        raise LibraryError(url, found="another writer at work", needed="one writer at a time",
                           do="Wait until it has finished; readers are not affected.") from None  # fmt: skip
    except OSError as err:
        raise _storage_error(url, "written", err) from err
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def translated(where: object, action: str) -> Iterator[None]:
    """Turn errors of the storage layers into :class:`LibraryError`; ours pass through.

    Parameters
    ----------
    where : object
        Library or dataset, for the message.
    action : str
        Past participle of what was tried: ``"written"``, ``"read"``.
    """
    import icechunk

    try:
        yield
    except VadoseError:
        raise
    except icechunk.ConflictError as err:
        raise LibraryError(where, found="a change by another writer to the same dataset", needed="one writer at a time",
                           do="Nothing was written; try again.") from err  # fmt: skip
    except (icechunk.IcechunkError, OSError) as err:
        raise _storage_error(where, action, err) from err


def _storage_error(where: object, action: str, err: BaseException) -> LibraryError:
    text = str(err).lower()
    if getattr(err, "errno", None) in _FULL_ERRNO or any(phrase in text for phrase in _FULL):
        return LibraryError(where, found="no space left on the device", needed="room for the data",
                            do="Free space and try again; the last snapshot is untouched.")  # fmt: skip
    if getattr(err, "errno", None) in (errno.EACCES, errno.EPERM, errno.EROFS) or any(
        phrase in text for phrase in ("permission denied", "read-only file system", "operation not permitted")
    ):
        return LibraryError(where, found="no permission", needed=f"a library that can be {action}",
                            do="Check the owner and mode of the folder, or the credentials.")  # fmt: skip
    return LibraryError(where, found=f"a library that cannot be {action} ({_gist(err)})",
                        needed="whole storage",
                        do="Run Library.check(), or open an older snapshot.")  # fmt: skip


def _gist(err: BaseException) -> str:
    """The last cause that a storage layer names, on one line."""
    lines = [line.strip(" x|`->") for line in str(err).splitlines()]
    lines = [line for line in lines if line and not line.startswith(("context", "0:", "with", "at "))]
    return (lines[-1] if lines else type(err).__name__)[:200]
