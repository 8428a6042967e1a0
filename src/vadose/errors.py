"""The errors a user can cause, each saying where, what was found, what is needed and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class VadoseError(ValueError):
    """Base of every error caused by input rather than by a defect.

    The command line prints these without a traceback and exits with code 2.

    Parameters
    ----------
    where : str
        The file, argument or dataset at fault.
    found : str
        What was found there.
    needed : str
        What would have been accepted.
    do : str, optional
        The next step for the user.

    Examples
    --------
    >>> raise VadoseError("period", found="'2020-13'", needed="a date such as 2020-12-31")
    Traceback (most recent call last):
    vadose.errors.VadoseError: period: found '2020-13'; needed a date such as 2020-12-31.
    """

    def __init__(self, where: object, *, found: str, needed: str, do: str = "") -> None:
        self.where, self.found, self.needed, self.do = str(where), found, needed, do
        super().__init__(f"{self.where}: found {found}; needed {needed}." + (f" {do}" if do else ""))

    def __reduce__(self):  # keyword-only arguments do not survive the default pickling between workers
        return _rebuild, (type(self), self.where, self.found, self.needed, self.do)


def _rebuild(kind: type[VadoseError], where: str, found: str, needed: str, do: str) -> VadoseError:
    return kind(where, found=found, needed=needed, do=do)


class InputFileError(VadoseError):
    """A file is missing, damaged, of another product, or holds values that cannot be right."""


class SchemaError(VadoseError):
    """A dataset is not canonical: a name, dimension, unit, order or range is not as agreed."""


class GridError(VadoseError):
    """Coordinates do not lie on a grid, or two grids do not fit together."""


class ConfigError(VadoseError):
    """A configuration file or an argument cannot be used as given."""

    @classmethod
    def of_faults(cls, where: object, faults: Iterable[Mapping[str, Any]], *, needed: str) -> ConfigError:
        """Every fault that a model of settings found, each with its place (``loc``) and message (``msg``).

        Examples
        --------
        >>> raise ConfigError.of_faults("a.yaml", [{"loc": ("zones", "edge"), "msg": "too small"}], needed="a plan")
        Traceback (most recent call last):
        vadose.errors.ConfigError: a.yaml: found 1 fault(s): zones.edge: too small; needed a plan.
        """
        lines = [f"{'.'.join(map(str, f['loc'])) or 'all'}: {f['msg']}" for f in faults]
        return cls(where, found=f"{len(lines)} fault(s): {'; '.join(lines)}", needed=needed)


class LibraryError(VadoseError):
    """The library on disk cannot be opened, read or written."""
