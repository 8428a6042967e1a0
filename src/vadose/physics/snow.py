"""Snow: what falls frozen stays until warm days melt it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: Melt per degree above freezing [mm K-1 day-1]; Hock (2003) lists 2.5 to 5.5 for snow without glaciers below.
DEGREE_DAY_FACTOR = 4.0


class Snow(NamedTuple):
    """Result of :func:`degree_day`, both float64 of shape (..., time)."""

    liquid: np.ndarray
    """Rain and melt water reaching the ground [mm day-1]."""
    swe: np.ndarray
    """Snow water equivalent at the end of the day [mm]."""


def degree_day(precipitation, temperature, *, factor: float = DEGREE_DAY_FACTOR, initial=0.0) -> Snow:
    """Split precipitation by temperature and melt the snow pack.

    Parameters
    ----------
    precipitation : array_like, shape (..., time)
        Daily precipitation [mm].
    temperature : array_like, shape (..., time)
        Daily mean air temperature [degC].
    factor : float
        Melt per degree above 0 °C [mm K-1 day-1].
    initial : array_like, shape (...)
        Snow water equivalent before the first day [mm].

    Returns
    -------
    Snow
        Liquid water and snow pack; precipitation = liquid + change of the pack, exactly up to rounding.

    Notes
    -----
    T < 0 °C: all precipitation is snow. Else all is rain and min(pack, factor·T) melts.

    References
    ----------
    Hock, R. (2003). Temperature index melt modelling in mountain areas. Journal of Hydrology 282, 104-115.
    https://doi.org/10.1016/S0022-1694(03)00257-9

    Examples
    --------
    Six millimetres fall at −1 °C; half a degree above zero melts two of them a day.

    >>> liquid, swe = degree_day([6.0, 0.0, 1.0], [-1.0, 0.5, 0.5])
    >>> liquid.tolist(), swe.tolist()
    ([0.0, 2.0, 3.0], [6.0, 4.0, 2.0])
    """
    from ._daily import degree_day as kernel

    rain, warmth = np.broadcast_arrays(np.asarray(precipitation, float), np.asarray(temperature, float))
    shape = rain.shape
    pack = np.broadcast_to(np.asarray(initial, float), shape[:-1]).reshape(-1)
    flat = (-1, shape[-1])
    out = kernel(np.ascontiguousarray(rain.reshape(flat)), np.ascontiguousarray(warmth.reshape(flat)),
                 np.ascontiguousarray(pack), float(factor))  # fmt: skip
    return Snow(*(a.reshape(shape) for a in out))
