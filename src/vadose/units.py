"""Unit spellings, conversions and guards: a unit is converted or refused, never guessed."""

from __future__ import annotations

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


def _positive(thickness: float) -> float:
    if not thickness > 0:
        raise SchemaError("thickness", found=f"{thickness} m", needed="a layer thickness above 0 m")
    return thickness
