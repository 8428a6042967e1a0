"""How variables and attributes are kept on disk, so that they come back bit for bit.

Numbers are stored as they are. Instants are stored as integers since 1970 with CF units, not-a-time as the smallest
integer; text as variable-length UTF-8. What plain storage would lose (the exact dtype, numeric arrays among
attributes) is noted in one attribute, :data:`NOTE`, which ``open`` removes again. Other programs read the CF part.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ..errors import SchemaError

#: The attribute that holds what is needed to restore a variable or a dataset exactly.
NOTE = "vadose"

#: Integer that stands for not-a-time.
NAT = np.iinfo("int64").min

_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


def encode(name: str, var: xr.Variable) -> tuple[xr.Variable, Any]:
    """Storable form of a variable; lazy stays lazy.

    Parameters
    ----------
    name : str
        Name, for messages.
    var : xarray.Variable
        Any canonical variable.

    Returns
    -------
    tuple
        The variable with storable dtype and attributes, and the fill value of cells never written.

    Raises
    ------
    SchemaError
        If the dtype or an attribute cannot be stored.

    Examples
    --------
    >>> day = xr.Variable("time", np.array(["1970-01-03", "NaT"], dtype="datetime64[s]"))
    >>> stored, _ = encode("time", day)
    >>> stored.values.tolist() == [172800, NAT], stored.attrs["units"]
    (True, 'seconds since 1970-01-01')
    """
    dtype, note, extra = var.dtype, {}, {}
    data: Any = var._data if _is_lazy(var) else np.asarray(var.values)
    fill: Any = 0
    if dtype.kind in "Mm":
        unit = np.datetime_data(dtype)[0]
        if unit not in _UNITS or np.datetime_data(dtype)[1] != 1:
            data, unit = data.astype(f"{dtype.kind}8[s]"), "s"
            dtype = data.dtype
        note["dtype"] = dtype.name
        extra = {"units": _UNITS[unit] + (" since 1970-01-01" if dtype.kind == "M" else "")}
        extra |= {"calendar": "proleptic_gregorian"} if dtype.kind == "M" else {}
        data, fill = data.view("int64"), NAT
    elif dtype.kind in "fiub":
        data = data.astype(dtype.newbyteorder("="), copy=False)
        fill = math.nan if dtype.kind == "f" else dtype.type(0).item()
    elif dtype.kind in "UOT" or isinstance(dtype, np.dtypes.StringDType):
        note["dtype"] = dtype.str if dtype.kind == "U" else "object" if dtype.kind == "O" else "string"
        data, fill = _text(name, data), ""
    else:
        raise SchemaError(name, found=f"dtype {dtype}", needed="numbers, booleans, times or text",
                          do="Bytes become text with .astype(str).")  # fmt: skip
    attrs = encode_attrs(var.attrs, where=name, note=note, reserved=extra)
    return xr.Variable(var.dims, data, attrs), fill


def decode(var: xr.Variable) -> xr.Variable:
    """What :func:`encode` was given; lazy stays lazy.

    Examples
    --------
    >>> var = xr.Variable("x", np.array([True, False]), {"flag_values": np.array([0, 1], dtype="int8")})
    >>> back = decode(encode("ok", var)[0])
    >>> back.identical(var), back.attrs["flag_values"].dtype
    (True, dtype('int8'))
    """
    note = var.attrs.get(NOTE, {})
    kind = note.get("dtype", "")
    attrs = decode_attrs(var.attrs)
    data: Any = var._data if _is_lazy(var) else var.values
    if _is_instant(kind):
        data = data.view(kind)
    elif kind == "string":
        data = data.astype(np.dtypes.StringDType())
    elif kind:
        data = data.astype(kind)
    return xr.Variable(var.dims, data, attrs)


def encode_attrs(attrs: Mapping[Any, Any], *, where: str, note: dict[str, Any] | None = None,
                 reserved: Mapping[str, Any] | None = None) -> dict[str, Any]:  # fmt: skip
    """Attributes as JSON, with a note of what JSON would lose.

    Parameters
    ----------
    attrs : mapping
        Attributes: text, numbers, arrays, lists or dictionaries of such.
    where : str
        What to name in messages.
    note : dict, optional
        Further things to restore.
    reserved : mapping, optional
        Attributes to set on disk; equal names among ``attrs`` are kept in the note.

    Raises
    ------
    SchemaError
        If an attribute has no JSON form.

    Examples
    --------
    >>> encode_attrs({"flag_masks": np.array([1, 2], dtype="uint16")}, where="flag")
    {'flag_masks': [1, 2], 'vadose': {'attrs': {'flag_masks': 'array uint16'}}}
    """
    out: dict[str, Any] = {}
    kinds: dict[str, str] = {}
    hidden: dict[str, Any] = {}
    for key, value in attrs.items():
        if not isinstance(key, str) or key == NOTE:
            raise SchemaError(where, found=f"attribute {key!r}", needed=f"a text key other than {NOTE!r}")
        plain, kind = _plain(f"{where}: {key}", value)
        (hidden if key in (reserved or {}) else out)[key] = plain
        if kind:
            kinds[key] = kind
    extra = {"attrs": kinds, "hidden": hidden, "set": list(reserved or {})}
    full = {**(note or {}), **{k: v for k, v in extra.items() if v}}
    return {**out, **(reserved or {}), **({NOTE: full} if full else {})}


def decode_attrs(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """What :func:`encode_attrs` was given."""
    note = attrs.get(NOTE, {})
    merged = {k: v for k, v in attrs.items() if k != NOTE and k not in note.get("set", ())} | note.get("hidden", {})
    return {k: _restore(v, note.get("attrs", {}).get(k, "")) for k, v in merged.items()}


def _plain(where: str, value: Any) -> tuple[Any, str]:
    """JSON form of an attribute and the kind to restore."""
    if isinstance(value, np.ndarray):
        return _listed(value), f"array {_name(value.dtype)}"
    if isinstance(value, np.generic):
        return _listed(np.asarray(value)), f"scalar {_name(value.dtype)}"
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value), "float"
    kind = "tuple" if isinstance(value, tuple) else ""
    value = list(value) if kind else value
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as err:
        raise SchemaError(where, found=f"an attribute of type {type(value).__name__} ({value!r:.60})",
                          needed="text, finite numbers, arrays, or lists and dictionaries of them",
                          do="Turn it into text.") from err  # fmt: skip
    return value, kind


def _listed(value: np.ndarray) -> Any:
    if value.dtype.kind in "Mm":
        return value.astype("int64").tolist()
    if value.dtype.kind == "f":
        # JSON has no NaN
        return np.where(np.isfinite(value), value.astype(object), value.astype("float64").astype(str)).tolist()
    if value.dtype.kind not in "iubU":
        raise SchemaError("attribute", found=f"an array of {value.dtype}", needed="numbers, booleans, times or text")
    return value.tolist()


def _name(dtype: np.dtype) -> str:
    return dtype.str if dtype.kind == "U" else dtype.name


def _restore(value: Any, kind: str) -> Any:
    if not kind:
        return value
    if kind == "tuple":
        return tuple(value)
    if kind == "float":
        return float(value)
    shape, dtype = kind.split(" ", 1)
    if np.dtype(dtype).kind == "f":
        array = np.asarray(value, dtype="U32" if _has_text(value) else None).astype("float64").astype(dtype)
    elif _is_instant(dtype):
        array = np.asarray(value, dtype="int64").view(dtype)
    else:
        array = np.asarray(value, dtype=dtype)
    return array if shape == "array" else array[()]


def _has_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and any(_has_text(v) for v in value))


def _is_instant(kind: str) -> bool:
    return kind.startswith(("datetime64", "timedelta64"))


def _is_lazy(var: xr.Variable) -> bool:
    return var.chunks is not None


def _text(name: str, data: Any) -> Any:
    def convert(block: np.ndarray) -> np.ndarray:
        bad = [v for v in block.ravel() if not isinstance(v, str)] if block.dtype.kind == "O" else []
        if bad:
            raise SchemaError(name, found=f"{bad[0]!r} among text values", needed="text in every element",
                              do='Use "" where there is none.')  # fmt: skip
        return block.astype(np.dtypes.StringDType())

    if isinstance(data, np.ndarray):
        return convert(data)
    return data.map_blocks(convert, dtype=np.dtypes.StringDType())


def wider(old: str, new: str) -> str:
    """The longer of two fixed-length text types, as noted on disk.

    Examples
    --------
    >>> wider("<U7", "<U12"), wider("object", "<U12")
    ('<U12', 'object')
    """
    if not (old.startswith("<U") and new.startswith("<U")):
        return old
    return max(old, new, key=lambda kind: int(kind[2:]))


def contents(ds: xr.Dataset) -> dict[str, list[str]]:
    """The note by which coordinates are told from data variables, and both keep their order."""
    return {"vars": [str(k) for k in ds.data_vars], "coords": [str(k) for k in ds.coords]}
