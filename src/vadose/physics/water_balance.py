"""A layered soil bucket with daily steps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: Upper and lower depth [m] of the four layers, those of GLDAS-Noah.
LAYER_BOUNDS = ((0.0, 0.1), (0.1, 0.4), (0.4, 1.0), (1.0, 2.0))


class Balance(NamedTuple):
    """Result of :func:`bucket`, float64."""

    storage: np.ndarray
    """Water in each layer at the end of the day [mm], shape (..., layer, time)."""
    runoff: np.ndarray
    """Water that found no room [mm day-1], shape (..., time)."""
    recharge: np.ndarray
    """Drainage out of the lowest layer [mm day-1], shape (..., time)."""
    evaporation: np.ndarray
    """Evaporation from the soil surface [mm day-1], shape (..., time)."""
    transpiration: np.ndarray
    """Uptake by roots from all layers [mm day-1], shape (..., time)."""


def bucket(water, demand, soil_share, frozen, *, porosity, field_capacity, wilting_point, saturated_conductivity,
           root_share, initial=None, bounds=LAYER_BOUNDS) -> Balance:  # fmt: skip
    """Daily water balance of a layered soil.

    Parameters
    ----------
    water : array_like, shape (..., time)
        Rain and melt water reaching the ground [mm day-1].
    demand : array_like, shape (..., time)
        Potential evapotranspiration [mm day-1].
    soil_share : array_like, shape (..., time)
        Share of the demand at the soil surface [1]; the plants have the rest.
    frozen : array_like of bool, shape (..., time)
        Days on which nothing drains, evaporates or transpires.
    porosity, field_capacity, wilting_point : array_like, shape (...)
        Soil limits, the same in all layers [m3 m-3]; wilting point < field capacity < porosity.
    saturated_conductivity : array_like, shape (...)
        Saturated hydraulic conductivity [mm h-1], > 0.
    root_share : array_like, shape (..., layer)
        Share of the roots in each layer [1].
    initial : array_like, shape (..., layer), optional
        Storage before the first day [mm]; default half way between wilting point and field capacity.
    bounds : array_like, shape (layer, 2)
        Upper and lower depth of the layers [m].

    Returns
    -------
    Balance
        Storage and fluxes; water = change of storage + runoff + recharge + evaporation + transpiration on every day
        up to rounding.

    Notes
    -----
    Each day, with θ the content and W the storage of a layer (mm):

    1. Infiltration: at most 24·Ksat enters; layers fill to porosity from the top; what finds no room is runoff
       (saturation excess). Choice: infiltration is not reduced by frost.
    2. Drainage, from the lowest layer upwards: (W − W_fc)·(1 − exp(−24 h / TT)), TT = (W_sat − W_fc)/Ksat, limited by
       the room below (SWAT, Neitsch et al. 2011, equations 2:3.2.3 and 2:3.2.4). Choice: nothing rises.
    3. Evaporation from the first layer: demand · soil_share · (θ − θ_wp/2)/(θ_fc − θ_wp/2), down to half the wilting
       point (FAO-56, section 7).
    4. Transpiration from each layer: demand · (1 − soil_share) · root_share · stress, where stress falls linearly
       from 1 half way between field capacity and wilting point to 0 at wilting point (FAO-56, equation 84, p = 0.5).

    NaN in an input makes that pixel NaN from that day on.

    References
    ----------
    Neitsch, S. L. et al. (2011). Soil and Water Assessment Tool theoretical documentation, version 2009. Texas Water
    Resources Institute, TR-406.
    Allen, R. G. et al. (1998). Crop evapotranspiration. FAO Irrigation and Drainage Paper 56, Rome.

    Examples
    --------
    One layer of 100 mm at field capacity, a bare surface that evaporates 5 mm on a dry day.

    >>> out = bucket([0.0], [5.0], [1.0], [False], porosity=0.4, field_capacity=0.3, wilting_point=0.1,
    ...              saturated_conductivity=10.0, root_share=[1.0], initial=[30.0], bounds=[(0.0, 0.1)])
    >>> out.storage.tolist(), out.evaporation.tolist(), out.runoff.tolist()
    ([[25.0]], [5.0], [0.0])
    """
    from ._daily import balance

    thickness = 1000 * np.diff(np.asarray(bounds, dtype=float), axis=1)[:, 0]  # mm of soil
    series = np.broadcast_arrays(np.asarray(water, float), np.asarray(demand, float), np.asarray(soil_share, float),
                                 np.asarray(frozen, bool))  # fmt: skip
    shape, days, layers = series[0].shape[:-1], series[0].shape[-1], thickness.size
    rain, demand, soil_share, frozen = (np.ascontiguousarray(a.reshape(-1, days)) for a in series)

    def per_layer(values) -> np.ndarray:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(values, float), (*shape, layers)).reshape(-1, layers))

    full, field, wilting = (
        per_layer(np.asarray(limit, float)[..., None] * thickness)
        for limit in (porosity, field_capacity, wilting_point)
    )
    start = (wilting + field) / 2 if initial is None else per_layer(initial)
    conductivity = np.ascontiguousarray(np.broadcast_to(np.asarray(saturated_conductivity, float), shape).reshape(-1))
    storage, flux = balance(
        rain, demand, soil_share, frozen, full, field, wilting, conductivity, per_layer(root_share), start
    )
    return Balance(storage.reshape(*shape, layers, days), *(f.reshape(*shape, days) for f in flux))
