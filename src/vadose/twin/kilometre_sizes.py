"""How the simulated 1 km products err, and where the sizes come from.

Sources
-------
* [1] Ma et al. (2026), https://doi.org/10.1016/j.rse.2026.115534: pooled biases of GLASS −0.041, DSMAP −0.046, GSSM
  +0.019 and SSM −0.038 m3 m-3 (Fig. 2); products within 0.10-0.30 where stations span 0.05-0.40 m3 m-3 (abstract);
  9 km patches in DSMAP, a nearly static pattern with a weak response to rain in GSSM (section 4); the smallest
  spatial variability in SSM, made from 0.25° data; DSMAP best in cropland, GSSM in grassland and failing in "others",
  GLASS no worse than in cropland in forest (Fig. 4a); many more training stations of SSM and GSSM than of GLASS, none
  of DSMAP (section 2.5); DSMAP with the gaps of SMAP's half-orbits, the others without.

Choice: everything [1] does not give. The correlations by land cover keep the ranks that [1] names and are pulled apart,
so that some dozens of cells can find them; the best product in forest and "others" is invented.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Land-cover groups in the order of the columns of :attr:`Kilometre.correlation`; see :data:`vadose.landclass`.
GROUPS = ("cropland", "forest", "grassland", "others")

#: Typical standard deviation in time of true soil moisture [m3 m-3], from which noise is sized. Choice.
SPREAD = 0.05


@dataclass(frozen=True)
class Kilometre:
    """Character of a simulated 1 km product.

    With θ the truth it gives 0.25 + gain·(θ − 0.25) + offset, put through the defects below, and noise by land cover.
    """

    title: str
    gain: float
    offset: float
    """[m3 m-3]."""
    correlation: tuple[float, float, float, float]
    """Correlation in time with a truth of standard deviation :data:`SPREAD`, by :data:`GROUPS` [1]."""
    blocks: float = 0.0
    """Width of the coarse cells it is made from [km], 0 for none; 0.01° count as a kilometre."""
    block_error: float = 0.0
    """Standard deviation of the error that a coarse cell's fine cells share [m3 m-3]."""
    smoothing: float = 0.0
    """Standard deviation of the Gaussian that blurs it [km]."""
    frozen: bool = False
    """Whether its pattern never changes: soil limits give the map, the mean over the region gives the days."""
    seen: float = 1.0
    """Share of days with a map [1]."""
    trained: float = 0.0
    """Share of the stations it was trained on [1]."""
    leaks: bool = False
    """Whether it repeats what its training stations say, in their cells."""


#: The four characters of [1], and a product that has learnt its stations by heart.
KILOMETRE = {
    "glass": Kilometre("GLASS-like", gain=0.85, offset=-0.041, correlation=(0.72, 0.46, 0.46, 0.88), trained=0.10),
    "dsmap": Kilometre("DSMAP-like", gain=0.95, offset=-0.046, correlation=(0.92, 0.38, 0.40, 0.50), blocks=9.0,
                       block_error=0.035, seen=0.45),
    "gssm": Kilometre("GSSM-like", gain=0.40, offset=0.019, correlation=(0.55, 0.55, 0.96, 0.35), frozen=True,
                      trained=0.30),
    "ssm": Kilometre("SSM-like", gain=0.60, offset=-0.038, correlation=(0.42, 0.92, 0.42, 0.42), smoothing=2.5,
                     trained=0.30),
    "leaky": Kilometre("leaky", gain=0.60, offset=-0.02, correlation=(0.35, 0.35, 0.35, 0.35), trained=0.50,
                       leaks=True),
}  # fmt: skip

#: Which product is planted as the best of each land-cover group: the largest correlation of its column.
PLANTED = {group: max(KILOMETRE, key=lambda k: KILOMETRE[k].correlation[i]) for i, group in enumerate(GROUPS)}

#: Distance [degrees] and days over which noise is alike. Choice: weather-like, wider than the maps' detail.
NOISE_DISTANCE, NOISE_DAYS = 0.2, 4

#: Showers that the coarse weather of the simulated Earth lacks: standard deviation of the logarithm of soil moisture
#: [1], distance [degrees] and days over which they are alike. Choice.
SHOWERS, SHOWER_DISTANCE, SHOWER_DAYS = 0.2, 0.05, 8

#: Error of a station on the smaller part of a mixed cell: standard deviation per share of other land cover [m3 m-3],
#: changing over seasons. Choice: core cells come out better than extra ones, as in [1].
MISMATCH = 0.08

#: Airborne radiometer: noise [m3 m-3] that is alike over two kilometres. [1], section 2.4: RMSE of 0.016 to 0.09.
FLIGHT_NOISE, FLIGHT_DISTANCE = 0.02, 0.02

#: Local solar hour of the flights. Choice: morning, as the campaigns flew.
FLIGHT_HOUR = 9.0
