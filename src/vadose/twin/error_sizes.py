"""How wrong the simulated sensors and stations are, and where the sizes come from. The only place for such numbers.

Sources
-------
* Ma et al. (2026), https://doi.org/10.1016/j.rse.2026.115534, conclusion 1: targets of 0.04 m3 m-3 ubRMSE for
  radiometers and 0.06 for radars; per-cell ubRMSE of four 1 km products 0.054 to 0.068, pooled 0.097 to 0.104.
* Chen et al. (2021), https://doi.org/10.5194/essd-13-1-2021, table 3, against ISMN stations: SMAP mean ubRMSE 0.043,
  median bias +0.013, mean RMSE 0.074; ASCAT mean ubRMSE 0.062, median bias −0.010. Leaf area and water fraction are
  among its quality-impact factors.
* Orbits: SMAP 117 orbits in 8 days, swath 1000 km, footprint 40 km (Entekhabi et al. 2010,
  https://doi.org/10.1109/JPROC.2010.2043918); Metop ASCAT 412 orbits in 29 days, two swaths of 550 km about 672 km
  apart, 25 km (Wagner et al. 2013, https://doi.org/10.1127/0941-2948/2013/0399).

Choice: how the totals divide into gain, offset, vegetation, water and noise; the sign of the vegetation terms.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sensor:
    """Observation geometry and errors of a satellite sensor.

    With θ the mean soil moisture of the footprint, v = LAI/6 and w the share of water in the footprint, it sees
    0.25 + (gain + gain_vegetation·v)·(θ − 0.25) + offset + vegetation·v + water·w
    + (noise + noise_vegetation·v)·(0.5 + 2θ)·ε, so that noise grows with wetness and is as stated at 0.25.
    """

    title: str
    footprint: float
    """Full width at half power [km]."""
    orbits: tuple[int, int]
    """Orbits and days of the repeat cycle."""
    swath: tuple[float, float]
    """Nearest and farthest distance from the ground track that is seen [km]."""
    ascending: bool
    """Whether ascending passes count too, not only descending ones."""
    loss: float
    """Share of observations lost at random [1]."""
    gain: float
    gain_vegetation: float
    offset: float
    """[m3 m-3]."""
    vegetation: float
    """[m3 m-3]."""
    water: float
    """[m3 m-3]."""
    noise: float
    """One standard deviation over bare soil of 0.25 m3 m-3 [m3 m-3]."""
    noise_vegetation: float
    """[m3 m-3]."""
    correlated: float
    """Share of the noise variance that is smooth over weeks and degrees [1]."""
    densest: float
    """Leaf area index above which retrievals are flagged as dense vegetation [1]."""
    ubrmse: float
    """What the parts shall amount to against the truth: typical ubRMSE of a cell [m3 m-3]."""


#: The two sensors. ``ubrmse`` are the mission targets of the first source; offsets the median biases of the second.
SENSORS = {
    "sensor_a": Sensor(
        title="radiometer-like", footprint=40.0, orbits=(117, 8), swath=(0.0, 500.0), ascending=False, loss=0.02,
        gain=0.90, gain_vegetation=-0.20, offset=0.013, vegetation=0.02, water=0.15,
        noise=0.037, noise_vegetation=0.02, correlated=0.3, densest=5.0, ubrmse=0.04,
    ),
    "sensor_b": Sensor(
        title="scatterometer-like", footprint=25.0, orbits=(412, 29), swath=(336.0, 886.0), ascending=True, loss=0.02,
        gain=1.15, gain_vegetation=-0.40, offset=-0.010, vegetation=-0.03, water=0.05,
        noise=0.062, noise_vegetation=0.03, correlated=0.3, densest=5.0, ubrmse=0.06,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Station:
    """Errors of a station against its cell: it sees θ·exp(scale·z₁) + offset·z₂ + slow·s(t) + noise·ε(t)."""

    scale: float
    """Standard deviation of the logarithm of the factor between point and cell [1]."""
    offset: float
    """Standard deviation between point and cell [m3 m-3]."""
    slow: float
    """Standard deviation of the part that changes over seasons [m3 m-3]."""
    noise: float
    """Standard deviation of the instrument [m3 m-3]."""
    spikes: float
    """Share of days with a spurious value, which the quality control finds [1]."""
    spike: float
    """Standard deviation of a spurious value about the true one [m3 m-3]."""
    outage: float
    """Share of days without data, in spells of weeks [1]."""


#: Scale and offset: the spread of bias between SMAP and stations, sqrt(0.074² − 0.043²) = 0.06 m3 m-3 (second source),
#: is shared out as 0.2 · 0.25 and 0.04. Noise: 0.01 m3 m-3, a calibrated probe. Slow, spikes, outage: Choice.
STATION = Station(scale=0.2, offset=0.04, slow=0.015, noise=0.01, spikes=0.004, spike=0.15, outage=0.08)
