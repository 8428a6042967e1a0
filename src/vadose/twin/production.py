"""Plants of the simulated Earth: what they assimilate, and how strongly soil water decides it."""

from __future__ import annotations

import numpy as np

from ..landclass import ECOSYSTEMS
from ..physics import LAYER_BOUNDS, ROOT_BETA, root_shares
from .cells import Cells
from .noise import cellwise

#: How strongly production follows the water of the root zone [1]: 0 not at all, 1 in proportion. Imposed, so that
#: methods can be asked for it; other classes have :data:`OTHER`. Choice: trees reach deep water, grass does not.
STRENGTH = {"forest": 0.25, "shrubland": 0.55, "grassland": 0.75, "cropland": 0.40}
OTHER = 0.5

#: Carbon fixed per light absorbed [g MJ-1], share of the radiation at the top of the atmosphere that plants can use
#: (half visible, 55 % through the air), extinction of light in leaves, and noise of a day [1]. Choice: usual values of
#: light-use-efficiency models.
EFFICIENCY, USABLE, LIGHT_EXTINCTION, NOISE = 1.2, 0.275, 0.5, 0.05


def strength(land_cover: np.ndarray) -> np.ndarray:
    """Imposed strength of the coupling by IGBP class [1].

    Examples
    --------
    >>> strength(np.array([1, 10, 16])).tolist()
    [0.25, 0.75, 0.5]
    """
    out = np.full(np.shape(land_cover), OTHER)
    for name, classes in ECOSYSTEMS.items():
        out[np.isin(land_cover, classes)] = STRENGTH[name]
    return out


def ecosystem_roots() -> dict[str, list[float]]:
    """Share of the roots in each layer [1], which is the weight of its water, as mean over an ecosystem's classes.

    Examples
    --------
    >>> ecosystem_roots()["grassland"]
    [0.389, 0.472, 0.132, 0.007]
    """
    roots = {name: root_shares(np.array([ROOT_BETA.get(k, 0.95) for k in classes]), LAYER_BOUNDS).mean(axis=0)
             for name, classes in ECOSYSTEMS.items()}  # fmt: skip
    return {name: [round(float(v), 3) for v in share] for name, share in roots.items()}


def root_zone_wetness(land: dict[str, np.ndarray], sm: np.ndarray) -> np.ndarray:
    """Plant-available water of the root zone relative to its most [1], shape (rows, columns, time).

    Notes
    -----
    (θ − θ_wp)/(θ_fc − θ_wp) of each layer, kept within 0..1, averaged with the shares of the roots.
    """
    beta = np.array([ROOT_BETA.get(k, 0.95) for k in range(17)])[land["land_cover"]]
    roots = root_shares(beta, LAYER_BOUNDS)
    low, high = (land[k][..., None] for k in ("wilting_point", "field_capacity"))
    return sum(roots[..., k, None] * np.clip((sm[:, :, k] - low) / (high - low), 0, 1) for k in range(sm.shape[2]))


def gpp(cells: Cells, land: dict[str, np.ndarray], state: dict[str, np.ndarray], day: np.ndarray,
        seed: int) -> np.ndarray:  # fmt: skip
    """Daily gross primary production.

    Parameters
    ----------
    cells : Cells
        Where.
    land, state : dict
        From :func:`vadose.twin.land.describe` and :func:`vadose.twin.truths.years`.
    day : ndarray, shape (time,)
        Days since 1970-01-01.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    ndarray, shape (rows, columns, time)
        Carbon [g m-2], float64.

    Notes
    -----
    ε · PAR · (1 − exp(−k·LAI)) · f(T) · (1 − s + s·w) · noise, with f rising from 0 at −2 °C to 1 at 20 °C, w from
    :func:`root_zone_wetness` and s from :func:`strength`.
    """
    light = USABLE * state["radiation"] * -np.expm1(-LIGHT_EXTINCTION * state["leaf_area_index"])
    warmth = np.clip((state["air_temperature"] + 2) / 22, 0, 1)
    s = strength(land["land_cover"])[..., None]
    water = 1 - s + s * root_zone_wetness(land, state["sm"])
    return EFFICIENCY * light * warmth * water * np.maximum(1 + NOISE * cellwise(seed, "gpp/noise", cells, day), 0)
