"""Compiled loops over days. Imported inside functions: numba is heavy.

They release the interpreter lock and use one core each: blocks of pixels run side by side on any dask scheduler, and
numba's own threads must not be entered from several threads at once.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def degree_day(precipitation, temperature, initial, factor):
    """Liquid water and snow pack, both (pixel, time)."""
    n, days = precipitation.shape
    liquid, swe = np.empty((n, days)), np.empty((n, days))
    for p in range(n):
        pack = initial[p]
        for t in range(days):
            if temperature[p, t] < 0:
                pack += precipitation[p, t]
                liquid[p, t] = 0.0
            else:
                melt = min(pack, factor * temperature[p, t])
                pack -= melt
                liquid[p, t] = precipitation[p, t] + melt
            swe[p, t] = pack
    return liquid, swe


@njit(cache=True, nogil=True)
def balance(water, demand, soil_share, frozen, full, field, wilting, conductivity, roots, initial):
    """Storage (pixel, layer, time) and fluxes (flux, pixel, time): runoff, recharge, evaporation, transpiration.

    ``full``, ``field``, ``wilting``, ``roots`` are (pixel, layer) in mm (roots: shares), ``conductivity`` (pixel,) in
    mm per hour. See :func:`vadose.physics.water_balance.bucket` for the equations.
    """
    n, days = water.shape
    layers = full.shape[1]
    storage = np.empty((n, layers, days))
    flux = np.empty((4, n, days))
    for p in range(n):
        state = initial[p].copy()
        most = conductivity[p] * 24.0
        keep = np.empty(layers)  # what is left of the excess over field capacity after a day of drainage
        for k in range(layers):
            hours = max((full[p, k] - field[p, k]) / conductivity[p], 1e-6)
            keep[k] = np.exp(-24.0 / hours)
        for t in range(days):
            # infiltration from the top, each layer filled before the next gets water
            enter = min(water[p, t], most)
            runoff = water[p, t] - enter
            for k in range(layers):
                taken = min(enter, full[p, k] - state[k])
                state[k] += taken
                enter -= taken
            runoff += enter
            # drainage from the bottom upwards, so that each layer knows the room below it
            recharge = 0.0
            if not frozen[p, t]:
                for k in range(layers - 1, -1, -1):
                    down = max(state[k] - field[p, k], 0.0) * (1.0 - keep[k])
                    if k == layers - 1:
                        recharge = down
                    else:
                        down = min(down, full[p, k + 1] - state[k + 1])
                        state[k + 1] += down
                    state[k] -= down
            evaporation, transpiration = 0.0, 0.0
            if not frozen[p, t]:
                dry = 0.5 * wilting[p, 0]
                wetness = min(max((state[0] - dry) / (field[p, 0] - dry), 0.0), 1.0)
                evaporation = min(demand[p, t] * soil_share[p, t] * wetness, max(state[0] - dry, 0.0))
                state[0] -= evaporation
                for k in range(layers):
                    room = max(state[k] - wilting[p, k], 0.0)
                    stress = min(room / (0.5 * (field[p, k] - wilting[p, k])), 1.0)
                    uptake = min(demand[p, t] * (1.0 - soil_share[p, t]) * roots[p, k] * stress, room)
                    state[k] -= uptake
                    transpiration += uptake
            for k in range(layers):
                storage[p, k, t] = state[k]
            flux[0, p, t] = runoff
            flux[1, p, t] = recharge
            flux[2, p, t] = evaporation
            flux[3, p, t] = transpiration
    return storage, flux
