"""Reading a YAML file of settings into a checked model; every fault is listed with its place in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml

from ..errors import ConfigError


class Strict(pydantic.BaseModel):
    """Settings in which an unknown entry is a fault."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


Settings = TypeVar("Settings", bound=Strict)


def read(path: str | Path, model: type[Settings], *, variables: dict[str, str] | None = None) -> Settings:
    """Read a YAML mapping and check it against a model.

    Parameters
    ----------
    path : path
        The file.
    model : subclass of Strict
        What the file may say.
    variables : dict of str, optional
        Values for ``{name}`` placeholders in its strings, such as ``{data}``.

    Raises
    ------
    ConfigError
        If the file is missing, is no YAML mapping, or an entry is unknown, missing or of the wrong kind.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as err:
        do = "Check the path."
        raise ConfigError(str(path), found=err.strerror or "no file", needed="a YAML file", do=do) from err
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as err:
        raise ConfigError(str(path), found="text that is not YAML", needed="a YAML mapping", do=str(err)) from err
    if not isinstance(raw, dict):
        entries = ", ".join(model.model_fields)
        raise ConfigError(str(path), found=type(raw).__name__, needed=f"a YAML mapping with any of {entries}")
    return check(_fill(raw, variables or {}, str(path)), model, where=str(path))


def check(raw: dict[str, Any], model: type[Settings], *, where: str) -> Settings:
    """Check settings given as a mapping; ``where`` names their source in the message."""
    try:
        return model.model_validate(raw)
    except pydantic.ValidationError as err:
        raise ConfigError.of_faults(where, err.errors(), needed="entries as in docs/configuration.md") from err


def dump(settings: Strict) -> str:
    """The settings as resolved, as YAML with every default written out."""
    return yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def absolute(path: str | None, base: Path) -> str | None:
    """A path of a file as seen from the file's folder; URLs stay."""
    return path if path is None or "://" in path else str(base / Path(path).expanduser())


def _fill(value: Any, variables: dict[str, str], where: str) -> Any:
    if isinstance(value, dict):
        return {k: _fill(v, variables, where) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(v, variables, where) for v in value]
    if isinstance(value, str) and "{" in value:
        try:
            return value.format(**variables)
        except (KeyError, IndexError, ValueError) as err:
            raise ConfigError(where, found=f"placeholder in {value!r}", needed=f"one of {sorted(variables)}") from err
    return value
