"""Unit spellings, conversions and guards: a unit is converted or refused, never guessed."""

from __future__ import annotations

import math
from typing import TypeVar

from .errors import SchemaError

T = TypeVar("T")

#: Density of water [kg m-3]; storage of 1 kg m-2 is a water column of 1 mm.
WATER_DENSITY = 1000.0

#: Provider spellings -> the canonical spelling (UDUNITS/CF style).
ALIASES = {
    "m3 m-3": "m3 m-3", "m3/m3": "m3 m-3", "m**3 m**-3": "m3 m-3", "m**3/m**3": "m3 m-3",
    "m^3/m^3": "m3 m-3", "m^3 m^-3": "m3 m-3", "m^3 m-3": "m3 m-3", "m3.m-3": "m3 m-3", "m3m-3": "m3 m-3",
    "cm**3/cm**3": "m3 m-3", "cm3/cm3": "m3 m-3", "cm3 cm-3": "m3 m-3", "m³ m⁻³": "m3 m-3",
    "1": "1", "-": "1", "": "1", "fraction": "1",
    "%": "%", "percent": "%", "degree of saturation (%)": "%", "percent (%)": "%",
    "percentage": "%", "percentage (%)": "%",
    "% vol": "vol.%", "vol.%": "vol.%", "vol. %": "vol.%",
    "kg m-2": "kg m-2", "kg/m^2": "kg m-2", "kg/m2": "kg m-2", "kg/m**2": "kg m-2", "mm": "kg m-2",
    "K": "K", "Kelvin": "K", "Kelvins": "K", "kelvin": "K",
    "degC": "degC", "deg C": "degC", "deg_C": "degC", "celsius": "degC", "°C": "degC",
    "m": "m", "dB": "dB",
}  # fmt: skip

#: (from, to) -> (factor, offset): y = factor * x + offset
CONVERSIONS = {
    ("%", "1"): (0.01, 0.0),
    ("1", "%"): (100.0, 0.0),
    ("vol.%", "m3 m-3"): (0.01, 0.0),
    ("m3 m-3", "vol.%"): (100.0, 0.0),
    ("K", "degC"): (1.0, -273.15),
    ("degC", "K"): (1.0, 273.15),
}


def canonical(unit: str, *, where: str = "units") -> str:
    """Return the canonical spelling of a unit.

    Parameters
    ----------
    unit : str
        A provider's spelling, such as ``"m**3 m**-3"``.
    where : str
        What to name in the error message.

    Raises
    ------
    SchemaError
        If the unit is not in the table.

    Examples
    --------
    >>> canonical("cm**3/cm**3")
    'm3 m-3'
    """
    try:
        return ALIASES[unit.strip()]
    except KeyError:
        raise SchemaError(
            where, found=f"unit {unit!r}", needed=f"one of {sorted(set(ALIASES.values()))}",
            do="Set the variable's `units` attribute.",
        ) from None  # fmt: skip


def convert(values: T, unit: str, to: str, *, where: str = "units") -> T:
    """Convert values between two units of the table.

    Parameters
    ----------
    values : array or scalar
        Anything that supports ``*`` and ``+`` (NumPy, dask, xarray).
    unit, to : str
        Present and wanted unit, in any known spelling.

    Raises
    ------
    SchemaError
        If no conversion between the two exists.

    Examples
    --------
    >>> convert(25.0, "percent", "1")
    0.25
    """
    source, target = canonical(unit, where=where), canonical(to, where=where)
    if source == target:
        return values
    if (source, target) not in CONVERSIONS:
        do = "Degree of saturation needs a porosity; storage needs a layer thickness."
        raise SchemaError(where, found=f"unit {unit!r}", needed=f"a unit convertible to {to!r}", do=do)
    factor, offset = CONVERSIONS[source, target]
    return values * factor + offset  # type: ignore[operator,return-value]


def storage_to_content(storage: T, thickness: float) -> T:
    """Soil water storage to volumetric content: θ = SM / (ρ_w · thickness).

    Parameters
    ----------
    storage : array or scalar
        Layer storage [kg m-2].
    thickness : float
        Layer thickness [m], > 0.

    Returns
    -------
    array or scalar
        Volumetric soil moisture [m3 m-3].

    Examples
    --------
    >>> storage_to_content(30.0, 0.1)
    0.3
    """
    return storage / (WATER_DENSITY * _positive(thickness))  # type: ignore[operator,return-value]


def content_to_storage(content: T, thickness: float) -> T:
    """Volumetric content to soil water storage: SM = θ · ρ_w · thickness.

    Parameters
    ----------
    content : array or scalar
        Volumetric soil moisture [m3 m-3].
    thickness : float
        Layer thickness [m], > 0.

    Returns
    -------
    array or scalar
        Layer storage [kg m-2].

    Examples
    --------
    >>> content_to_storage(0.25, 2.0)
    500.0
    """
    return content * (WATER_DENSITY * _positive(thickness))  # type: ignore[operator,return-value]


#: Characters of printed exponents and of a printed number.
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MINUS, DASH, THIN_SPACE = "−", "–", "\u2009"


def format_unit(unit: str) -> str:
    """Write a unit for people: exponents raised, dimensionless as an en dash.

    Parameters
    ----------
    unit : str
        A unit in CF spelling, known or not.

    Examples
    --------
    >>> format_unit("m3 m-3"), format_unit("kg m-2"), format_unit("degC"), format_unit("1")
    ('m³ m⁻³', 'kg m⁻²', '°C', '–')
    """
    unit = ALIASES.get(unit.strip(), unit.strip())
    if unit == "1":
        return DASH
    words = []
    for word in {"degC": "°C"}.get(unit, unit).split():
        name = word.rstrip("-0123456789")
        words.append(name + word[len(name) :].translate(_RAISED) if name else word)
    return " ".join(words)


def format_number(value: float | int | None, digits: int | None = None) -> str:
    """Write a number for people: a real minus sign, thin spaces between thousands, a dash where it is missing.

    Parameters
    ----------
    value : float or int or None
        None and NaN are missing.
    digits : int, optional
        Decimals of a float; without it three significant digits.

    Examples
    --------
    >>> format_number(-0.0312, 3), format_number(float("nan")), format_number(0.12345), format_number(-0.0001, 2)
    ('−0.031', '–', '0.123', '0.00')
    >>> format_number(12345).replace(THIN_SPACE, " ")
    '12 345'
    """
    if value is None or not math.isfinite(value):
        return DASH if value is None or math.isnan(value) else ("∞" if value > 0 else MINUS + "∞")
    if digits is None and value == int(value):
        text = f"{int(value):,}"
    elif digits is None:
        decimals = max(0, 2 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{decimals}f}" if decimals <= 6 else f"{value:.2e}"
    else:
        text = f"{value:,.{digits}f}"
    if text.startswith("-") and not text.strip("-0.,"):
        text = text[1:]
    return text.replace("-", MINUS).replace(",", THIN_SPACE)


def format_interval(value: float, lower: float, upper: float, digits: int = 2) -> str:
    """Write an estimate with its interval.

    Examples
    --------
    >>> format_interval(0.614, 0.5, 0.7), format_interval(0.614, float("nan"), float("nan"))
    ('0.61 [0.50, 0.70]', '0.61')
    """
    if math.isnan(lower) and math.isnan(upper):
        return format_number(value, digits)
    return f"{format_number(value, digits)} [{format_number(lower, digits)}, {format_number(upper, digits)}]"


def _positive(thickness: float) -> float:
    if not thickness > 0:
        raise SchemaError("thickness", found=f"{thickness} m", needed="a layer thickness above 0 m")
    return thickness
