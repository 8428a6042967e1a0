"""How wrong the simulated sensors, models, stations and flights are, and where the sizes come from.

The only place for such numbers.

Sources
-------
* [1] Ma et al. (2026), https://doi.org/10.1016/j.rse.2026.115534, conclusion 1: targets of 0.04 m3 m-3 ubRMSE for
  radiometers and 0.06 for radars; per-cell ubRMSE of four 1 km products 0.054 to 0.068, pooled 0.097 to 0.104.
* [2] Chen et al. (2021), https://doi.org/10.5194/essd-13-1-2021, table 3, dekads against ISMN stations: mean ubRMSE of
  SMAP_E 0.043, ASCAT-SWI 0.062, GLDAS-Noah 0.051, ERA5-Land 0.050; median bias +0.013, −0.010, +0.029, +0.073; mean
  RMSE of SMAP_E 0.074. A station adds about 0.02 of its own (see :data:`STATION`), which leaves 0.038, 0.059, 0.047
  and 0.046. Its text gives the periods, TMI's 40°, SMOS's losses over Eurasia, LPRM's edges at whole degrees, the
  failure of ASCAT in arid climates, what the retrievals of JAXA and LPRM do under plants, and which factors matter.
* [3] Chan et al. (2018), https://doi.org/10.1016/j.rse.2017.08.025, table 7, against sparse networks: ubRMSE of SMAP_E
  0.051 and SMOS 0.065, that is 1.27 times as much; bias −0.032 and −0.049.
* [4] Orbits and antennas as the operators state them. SMAP: 117 orbits in 8 days, swath 1000 km, 40 km (Entekhabi et
  al. 2010, https://doi.org/10.1109/JPROC.2010.2043918); Metop ASCAT: 412 in 29 days, two swaths of 550 km about 672 km
  apart, 25 km (Wagner et al. 2013, https://doi.org/10.1127/0941-2948/2013/0399); SMOS: 43 km, about 1000 km, 149 days
  (Kerr et al. 2010, https://doi.org/10.1109/JPROC.2010.2043032); AMSR-E and AMSR2: 233 orbits in 16 days, swaths of
  1445 and 1450 km, 29×51 and 24×42 km at 10.65 GHz; TMI: inclination 35°, 878 km, about 41×72 km after the boost of
  2001; WindSat: 1025 km, 25×38 km; FY-3B: 1400 km, 51×85 km. The footprint is the geometric mean.

Choice: everything these do not give. In particular the sizes of the X-band products (0.055 to 0.070, above [3] and in
the order of age of the sensors that [2] states), how totals divide into gain, offset, vegetation, water, heat, relief,
texture, place and noise, and the losses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sensor:
    """Observation geometry and errors of a satellite product.

    With θ the mean soil moisture of the footprint, v = LAI/6, w the share of water, h = (LST − 288.15 K)/10 K, c the
    clay content above 25 %, as a share of 25 %, t the topographic complexity [1] and a the aridity [1], it sees
    0.25 + (gain + gain_vegetation·v − gain_arid·a)·(θ − 0.25) + offset + vegetation·v + water·w + heat·h + texture·c
    + regional·z₁ + zone·z₂ + (noise + noise_vegetation·v + noise_relief·t)·(0.5 + 2θ)·ε. z₁ is smooth over three
    degrees, z₂ the same within a 1° square, both last. Noise grows with wetness and is as stated at 0.25.
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
    """What the parts shall amount to against the truth where soil moisture is about 0.25, as at most stations: typical
    ubRMSE of a cell on thawed ground [m3 m-3], of days for the two plain sensors, of dekads for the others."""
    heat: float = 0.0
    """[m3 m-3]."""
    texture: float = 0.0
    """[m3 m-3]."""
    regional: float = 0.0
    """One standard deviation [m3 m-3]."""
    zone: float = 0.0
    """One standard deviation [m3 m-3]."""
    gain_arid: float = 0.0
    noise_relief: float = 0.0
    """[m3 m-3]."""
    inclination: float = 98.1
    """Of the orbit [degrees]."""
    period: tuple[str, str] = ("", "")
    """First and last dekad, both included; empty = without limit."""
    latitudes: float = 90.0
    """Farthest latitude seen [degrees]."""
    masks_frozen: bool = True
    """Whether frozen or snow-covered ground is left out; else it is reported as dry soil."""
    interference: tuple[float, float, float, float] | None = None
    """Region disturbed by transmitters on the ground (west, south, east, north) [degrees]."""
    family: str = ""
    """Products of one antenna share the random part of what the antenna sees."""


_AMSRE: dict[str, Any] = {"footprint": 38.0, "orbits": (233, 16), "swath": (0.0, 722.0), "ascending": True,
          "period": ("2002D17", "2011D27")}  # fmt: skip
_AMSR2: dict[str, Any] = {"footprint": 32.0, "orbits": (233, 16), "swath": (0.0, 725.0), "ascending": True,
          "period": ("2012D19", "")}  # fmt: skip
# too wet under plants and in the heat, with edges at whole degrees [2]
_LPRM: dict[str, Any] = {
    "gain": 1.1, "gain_vegetation": -0.4, "offset": 0.03, "vegetation": 0.12, "water": 0.25, "heat": 0.012,
    "texture": 0.01, "regional": 0.02, "zone": 0.02, "noise_vegetation": 0.04, "noise_relief": 0.03,
    "correlated": 0.35, "densest": 4.0, "loss": 0.03,
}  # fmt: skip
# too dry under plants, small swing [2]
_JAXA: dict[str, Any] = {
    "gain": 0.75, "gain_vegetation": -0.35, "offset": -0.03, "vegetation": -0.06, "water": 0.20, "heat": -0.008,
    "texture": -0.01, "regional": 0.02, "noise_vegetation": 0.03, "noise_relief": 0.02, "correlated": 0.35,
    "densest": 4.5, "loss": 0.03, "masks_frozen": False,
}  # fmt: skip

#: The two plain sensors. ``ubrmse`` are the mission targets of [1]; offsets the median biases of [2].
PLAIN = {
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

#: The eleven products of [2] with its periods. SMAP_E and ASCAT: sizes and offsets of [2]; SMOS: 1.27 times SMAP_E and
#: 0.017 drier, by [3].
RSSSM = {
    "smap_e": Sensor(
        title="SMAP_E-like", footprint=40.0, orbits=(117, 8), swath=(0.0, 500.0), ascending=True, loss=0.02,
        gain=0.92, gain_vegetation=-0.15, offset=0.013, vegetation=0.01, water=0.12, heat=0.002, texture=0.005,
        regional=0.01, noise=0.050, noise_vegetation=0.02, noise_relief=0.02, correlated=0.3, densest=5.0,
        period=("2015D10", ""), ubrmse=0.038,
    ),
    "ascat_swi": Sensor(
        title="ASCAT-SWI-like", footprint=25.0, orbits=(412, 29), swath=(336.0, 886.0), ascending=True, loss=0.02,
        gain=1.15, gain_vegetation=-0.35, offset=-0.010, vegetation=-0.03, water=0.05, texture=-0.01, regional=0.02,
        gain_arid=0.9, noise=0.080, noise_vegetation=0.03, noise_relief=0.04, correlated=0.35, densest=6.0,
        period=("2007D01", ""), ubrmse=0.059,
    ),
    "smos_ic": Sensor(
        title="SMOS-IC-like", footprint=43.0, orbits=(2144, 149), swath=(0.0, 500.0), ascending=True, loss=0.04,
        gain=0.95, gain_vegetation=-0.20, offset=-0.004, vegetation=-0.02, water=0.15, heat=0.002, texture=0.005,
        regional=0.015, noise=0.062, noise_vegetation=0.03, noise_relief=0.03, correlated=0.3, densest=5.0,
        inclination=98.4, period=("2010D16", ""), interference=(-10.0, 20.0, 150.0, 70.0), ubrmse=0.048,
    ),
    "amsr2_jaxa": Sensor(title="AMSR2-JAXA-like", noise=0.080, ubrmse=0.055, family="amsr2", **_AMSR2, **_JAXA),
    "amsr2_lprm": Sensor(title="AMSR2-LPRM-X-like", noise=0.088, ubrmse=0.060, family="amsr2", **_AMSR2, **_LPRM),
    "tmi_lprm": Sensor(
        title="TMI-LPRM-X-like", footprint=54.0, orbits=(715, 46), swath=(0.0, 439.0), ascending=True,
        inclination=35.0, latitudes=40.0, period=("1998D01", "2015D09"), noise=0.095, ubrmse=0.065, **_LPRM,
    ),
    "fy3b_nsmc": Sensor(
        title="FY-3B-NSMC-like", footprint=66.0, orbits=(156, 11), swath=(0.0, 700.0), ascending=True,
        inclination=98.8, loss=0.05, gain=0.8, gain_vegetation=-0.35, offset=-0.01, vegetation=0.06, water=0.30,
        heat=-0.01, texture=0.015, regional=0.03, noise=0.105, noise_vegetation=0.04, noise_relief=0.04,
        correlated=0.35, densest=4.5, masks_frozen=False, period=("2011D20", ""), ubrmse=0.068,
    ),
    "windsat_lprm": Sensor(
        title="WindSat-LPRM-X-like", footprint=31.0, orbits=(354, 25), swath=(0.0, 512.0), ascending=True,
        inclination=98.7, period=("2003D01", "2012D18"), noise=0.095, ubrmse=0.065, **_LPRM,
    ),
    "amsre_jaxa": Sensor(title="AMSR-E-JAXA-like", noise=0.085, ubrmse=0.060, family="amsre", **_AMSRE, **_JAXA),
    "amsre_lprm": Sensor(title="AMSR-E-LPRM-X-like", noise=0.098, ubrmse=0.065, family="amsre", **_AMSRE, **_LPRM),
    "amsre_nsidc": Sensor(
        title="AMSR-E-NSIDC-like", gain=0.35, gain_vegetation=-0.15, offset=-0.05, vegetation=0.05, water=0.15,
        heat=-0.005, texture=0.005, regional=0.02, noise=0.075, noise_vegetation=0.02, noise_relief=0.02,
        correlated=0.35, densest=5.0, loss=0.03, masks_frozen=False, family="amsre", ubrmse=0.060, **_AMSRE,
    ),
}  # fmt: skip

SENSORS = {**PLAIN, **RSSSM}

#: Share of the noise variance that products of one antenna have in common [1]. Choice.
SHARED = 0.4

#: What sensors without a mask report over frozen or snow-covered ground: soil as dry as this [m3 m-3]. Choice.
FROZEN_LOOKS = 0.08

#: Steepness and threshold of the disturbance by transmitters, a smooth field of unit variance: the share of lost
#: observations is Φ(steepness · (field − threshold)). Choice: a fifth of the region is lost altogether.
INTERFERENCE = (4.0, 0.6)


@dataclass(frozen=True)
class Reanalysis:
    """A land model with weather, soil and trends of its own: no irrigation, fire, flood or imposed trend.

    Its rain is the true one times exp(rain·z₁ − rain²/2)·(1 + rain_trend·years), its demand the true one times
    (1 + demand_trend·years), years counting from 2011, at most eleven either way. It reports the balance of a soil
    with ``sand`` more or less, plus offset + noise·z₂; z₁ and z₂ are smooth over days and degrees.
    """

    title: str
    rain: float
    """[1]."""
    rain_trend: float
    """[1 per year]."""
    demand_trend: float
    """[1 per year]."""
    sand: float
    """[%]."""
    offset: float
    """[m3 m-3]."""
    noise: float
    """[m3 m-3]."""
    ubrmse: float
    """As for :class:`Sensor`, of dekads [m3 m-3]."""


#: Offsets and sizes of GLDAS-Noah and ERA5-Land in [2]. The wrong trend of the second: rain underestimated and
#: evaporation overestimated more and more. Choice of its size: a quarter of the rain in 16 years.
REANALYSES = {
    "reanalysis_a": Reanalysis("reanalysis-like", rain=0.5, rain_trend=0.0, demand_trend=0.0, sand=-5.0, offset=0.029,
                               noise=0.042, ubrmse=0.047),
    "reanalysis_b": Reanalysis("reanalysis-like with a wrong trend", rain=0.5, rain_trend=-0.015, demand_trend=0.01,
                               sand=5.0, offset=0.073, noise=0.042, ubrmse=0.046),
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


#: Scale and offset: the spread of bias between SMAP and stations, sqrt(0.074² − 0.043²) = 0.06 m3 m-3 [2], is shared
#: out as 0.2 · 0.25 and 0.04. Noise: 0.01 m3 m-3, a calibrated probe. Slow, spikes, outage: Choice.
STATION = Station(scale=0.2, offset=0.04, slow=0.015, noise=0.01, spikes=0.004, spike=0.15, outage=0.08)


@dataclass(frozen=True)
class Flight:
    """Errors of an airborne radiometer and the pattern within cells that it sees."""

    pattern: float
    """Standard deviation of the logarithm of soil moisture at 1 km within a cell [1]."""
    noise: float
    """[m3 m-3]."""


#: Choice: a pattern like the factor of stations, and an instrument somewhat better than the target of [1].
FLIGHT = Flight(pattern=0.2, noise=0.03)

#: Leaf area of two sources as shares of the true one: the first before and from 2014 (another instrument), the second,
#: and the noise of both [1]. Choice; [2] names the break of 2014, not its size.
LEAF_SOURCES = {"geov2_before": 0.85, "geov2_after": 1.05, "glass": 1.10, "noise": 0.06}


@dataclass(frozen=True)
class Scene:
    """What a 10 m scene holds besides the mean of its cell, and how its instruments err."""

    pattern: float
    """Standard deviation of the logarithm of soil moisture within the cell [1]."""
    leaves: float
    """The same of leaf area [1]."""
    backscatter: dict[str, tuple[float, float]]
    """Bare soil by polarisation: at no moisture [dB], and more per moisture [dB per m3 m-3]."""
    roughness: float
    """Standard deviation of bare soil between fields [dB]."""
    speckle: float
    """Standard deviation after multi-looking [dB]."""
    reflectance: float
    """Noise of each optical band [1]."""
    clouds: float
    """Share of an optical scene under cloud [1]."""


#: Choice: bare soil from about −18 to −6 dB in VV and 7 dB less in VH, as C-band scenes show; fields of 200 m.
SCENE = Scene(pattern=0.2, leaves=0.35, backscatter={"VV": (-17.0, 28.0), "VH": (-24.0, 24.0)}, roughness=0.8,
              speckle=0.7, reflectance=0.008, clouds=0.1)  # fmt: skip
