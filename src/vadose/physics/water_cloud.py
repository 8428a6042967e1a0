"""Radar backscatter of soil under plants: the water-cloud model, forward and inverse."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: Slopes of A and B on NDVI for sparse (NDVI ≤ 0.8) and dense plants, by polarisation; the paper's.
COEFFICIENTS = {
    "VV": {"A": (0.12, 0.095), "B": (0.70, 0.56)},
    "VH": {"A": (0.05, 0.04), "B": (1.45, 1.16)},
}

#: NDVI above which plants are dense, and half the width over which the continuous variant passes from one to the other.
DENSE, PASSAGE = 0.8, 0.05

#: Bits of the flag of :func:`soil_backscatter`.
NEGATIVE_NDVI, OVERCORRECTED = 1, 2


class SoilSignal(NamedTuple):
    """Result of :func:`soil_backscatter`."""

    backscatter: np.ndarray
    """Of the soil, linear power [1], float64; NaN where over-corrected."""
    flag: np.ndarray
    """uint8: :data:`NEGATIVE_NDVI`, :data:`OVERCORRECTED`."""


def to_decibel(power) -> np.ndarray:
    """10·log10 of a linear power; NaN where it is not above zero.

    Examples
    --------
    >>> to_decibel([0.1, 0.0]).tolist()
    [-10.0, nan]
    """
    power = np.asarray(power, dtype=float)
    return 10 * np.log10(power, out=np.full(power.shape, np.nan), where=power > 0)


def from_decibel(decibel) -> np.ndarray:
    """Linear power of a value in decibel, 10^(dB/10).

    Examples
    --------
    >>> from_decibel([-10.0, 0.0]).tolist()
    [0.1, 1.0]
    """
    return 10 ** (np.asarray(decibel, dtype=float) / 10)


def total_backscatter(soil, ndvi, incidence, *, polarisation: str, continuous: bool = False) -> np.ndarray:
    """Backscatter of soil and plants together.

    Parameters
    ----------
    soil : array_like
        Backscatter of the bare soil, linear power [1].
    ndvi : array_like
        Normalised difference vegetation index [1]; below zero there are no plants.
    incidence : array_like
        Local incidence angle [degrees], in 0..90, 90 excluded.
    polarisation : {"VV", "VH"}
        Which coefficients.
    continuous : bool
        Whether the coefficients pass smoothly from sparse to dense plants instead of jumping at NDVI 0.8.

    Returns
    -------
    ndarray
        Linear power [1], float64; NaN where an input is NaN.

    Notes
    -----
    With θ the incidence and V = NDVI: σ_tot = σ_veg + τ²·σ_soil, τ² = exp(−2·B·V·sec θ),
    σ_veg = A·V·cos θ·(1 − τ²), A and B proportional to NDVI (:data:`COEFFICIENTS`). Linear power, not decibel.
    Choice: the continuous variant passes linearly from one pair of slopes to the other between NDVI 0.75 and 0.85.

    References
    ----------
    Attema, E. P. W. & Ulaby, F. T. (1978). Vegetation modeled as a water cloud. Radio Science 13, 357-364.
    https://doi.org/10.1029/RS013i002p00357

    Examples
    --------
    Bare soil shines through unchanged; looking straight down at NDVI 0.5 in VV, B·V = 0.175 and A·V = 0.03.

    >>> total_backscatter(0.1, [0.0, 0.5], 0.0, polarisation="VV").round(5).tolist()
    [0.1, 0.07933]
    """
    plants, through = _plants(ndvi, incidence, polarisation, continuous)
    return plants + through * np.asarray(soil, dtype=float)


def soil_backscatter(total, ndvi, incidence, *, polarisation: str, continuous: bool = False) -> SoilSignal:
    """Backscatter of the soil once that of the plants is taken away: the inverse of :func:`total_backscatter`.

    Parameters
    ----------
    total : array_like
        Backscatter as measured, linear power [1].
    ndvi, incidence, polarisation, continuous
        As for :func:`total_backscatter`.

    Returns
    -------
    SoilSignal
        Backscatter of the soil and a flag.

    Notes
    -----
    σ_soil = (σ_tot − σ_veg)/τ². Where nothing or less is left, the plants were over-corrected: NaN and a flag, no
    floor. NDVI below zero (water, snow) counts as no plants and is flagged.

    Examples
    --------
    >>> signal = soil_backscatter([0.1, 0.001], [-0.2, 0.9], 0.0, polarisation="VV")
    >>> signal.backscatter.tolist(), signal.flag.tolist()
    ([0.1, nan], [1, 2])
    """
    ndvi = np.asarray(ndvi, dtype=float)
    plants, through = _plants(ndvi, incidence, polarisation, continuous)
    soil = (np.asarray(total, dtype=float) - plants) / through
    gone = soil <= 0
    flag = np.where(gone, np.uint8(OVERCORRECTED), np.uint8(0)) | np.where(
        ndvi < 0, np.uint8(NEGATIVE_NDVI), np.uint8(0)
    )
    return SoilSignal(np.where(gone, np.nan, soil), flag.astype("uint8"))


def _plants(ndvi, incidence, polarisation: str, continuous: bool) -> tuple[np.ndarray, np.ndarray]:
    """Backscatter of the plants and the share that passes them twice."""
    if polarisation not in COEFFICIENTS:
        raise ValueError(f"polarisation: found {polarisation!r}; needed one of {list(COEFFICIENTS)}.")
    volume = np.maximum(np.asarray(ndvi, dtype=float), 0.0)
    if continuous:
        dense = np.clip((volume - DENSE + PASSAGE) / (2 * PASSAGE), 0, 1)
    else:
        dense = (volume > DENSE).astype(float)
    a, b = ((low + (high - low) * dense) * volume for low, high in COEFFICIENTS[polarisation].values())
    cosine = np.cos(np.radians(np.asarray(incidence, dtype=float)))
    through = np.exp(-2 * b * volume / cosine)
    return a * volume * cosine * (1 - through), through
