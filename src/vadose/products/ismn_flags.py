"""ISMN quality flags as bits, and which of them a rule keeps."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..errors import ConfigError

#: Bit number of each flag. M missing; U not yet checked (archives before 2013); C out of range; D01-D05 doubtful by
#: frost or lack of rain; D06-D10 doubtful by the shape of the record. Any other text is bit 31: no rule keeps it.
BITS = {
    "G": 0, "M": 1, "U": 2, "C01": 3, "C02": 4, "C03": 5, "D01": 6, "D02": 7, "D03": 8, "D04": 9, "D05": 10,
    "D06": 11, "D07": 12, "D08": 13, "D09": 14, "D10": 15,
}  # fmt: skip
OTHER = 31


def check_flags(flags: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """Names of the accepted flags, None for all values.

    Parameters
    ----------
    flags : str, iterable of str or None
        Accepted flags, such as ``"G"``, ``"G,D03"`` or ``("G", "D03")``; None accepts every value.

    Raises
    ------
    ConfigError
        If a name is not an ISMN flag.

    Examples
    --------
    >>> check_flags("G, D03")
    ('G', 'D03')
    """
    if flags is None:
        return None
    names = tuple(f.strip() for f in (flags.split(",") if isinstance(flags, str) else flags))
    unknown = [n for n in names if n not in BITS]
    if unknown or not names:
        found = f"{unknown}" if unknown else "no flag at all"
        raise ConfigError("flags", found=found, needed=f"ISMN flags among {list(BITS)}, or None for all values")
    return names


def flag_mask(names: tuple[str, ...] | None) -> int | None:
    """Bits of the accepted flags, None for all values.

    Examples
    --------
    >>> flag_mask(("G", "M")), flag_mask(None)
    (3, None)
    """
    return None if names is None else sum(1 << BITS[n] for n in set(names))


def flag_names(bits: int) -> list[str]:
    """Names of the flags in a bit field.

    Examples
    --------
    >>> flag_names(0b1001)
    ['G', 'C01']
    """
    return [n for n, b in (*BITS.items(), ("others", OTHER)) if bits >> b & 1]


def kept(bits: np.ndarray, mask: int | None) -> np.ndarray:
    """Where every flag of a value is accepted.

    Examples
    --------
    >>> kept(np.array([0b1, 0b1000, 0b1001], dtype="uint32"), flag_mask(("G",))).tolist()
    [True, False, False]
    """
    if mask is None:
        return np.ones(bits.shape, bool)
    return (bits & np.uint32(~mask & 0xFFFFFFFF)) == 0


def text_bits(flags: Iterable[str]) -> np.ndarray:
    """Bits of flags written as text, for tables that are not ISMN files; empty text counts as U.

    Examples
    --------
    >>> text_bits(["G", "D01,D03", "", "fine"]).tolist()
    [1, 320, 4, 2147483648]
    """
    out = [sum(1 << b for b in {BITS.get(p.strip(), OTHER) for p in (f or "U").split(",")}) for f in flags]
    return np.asarray(out, dtype="uint32")
