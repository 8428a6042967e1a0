import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.ndimage import gaussian_filter

from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS
from vadose.stats import edges, patterns, spectra
from vadose.validation.fidelity import spatial_fidelity

RNG = np.random.default_rng(1)
N, T = 108, 10
RAIN = np.cumsum(np.tile([0.08, -0.03, -0.05, 0.06, -0.06], 2))
TIME = pd.date_range("2015-05-01", periods=T, freq="3D")


def smooth_field(dates, n=N):
    """Random fields with power k^-3, like soil moisture."""
    k = np.hypot(np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None, :])
    k[0, 0] = 1
    z = np.fft.irfft2(np.fft.rfft2(RNG.standard_normal((dates, n, n))) * k**-1.5, s=(n, n))
    return z / z.std(axis=(1, 2), keepdims=True)


def maps(values):
    return xr.DataArray(values, {"time": TIME}, ("time", "y", "x"), attrs={"units": "m3 m-3"})


TRUTH = 0.25 + 0.02 * smooth_field(T) + 0.02 * smooth_field(1) + RAIN[:, None, None]
MEAN = TRUTH.mean(axis=(1, 2), keepdims=True)
DEFECTS = {
    "none": TRUTH,
    "blocks": TRUTH + 0.01 * np.kron(RNG.standard_normal((T, 12, 12)), np.ones((9, 9))),
    "smooth": np.stack([gaussian_filter(z, 2.5, mode="nearest") for z in TRUTH]),
    "frozen": MEAN + (TRUTH.mean(axis=0) - TRUTH.mean()),
    "muted": TRUTH - 0.7 * (MEAN - TRUTH.mean()),
}


@pytest.fixture(scope="module")
def fidelity():
    return {k: spatial_fidelity(maps(v), maps(TRUTH)) for k, v in DEFECTS.items()}


def test_perfect_maps(fidelity):
    got = fidelity["none"]
    assert float(got.resolution) == 2.0 and float(got.rain_response) == pytest.approx(1)
    assert not got.block_detected and float(got.frozen_excess) == 0
    assert got.spaef.values == pytest.approx(1) and got.fss.values == pytest.approx(1)
    assert (got.spaef_status == 0).all() and int(got.status) == 0 and int(got.n_dates) == T
    assert got.coherence.values == pytest.approx(1)
    assert got.resolution.attrs["units"] == "cell" and got.power.attrs["units"] == "(m3 m-3)2"


def test_only_blocks_are_found_as_blocks_with_their_period(fidelity):
    for name, got in fidelity.items():
        assert bool(got.block_detected) == (name == "blocks"), name
    got = fidelity["blocks"]
    assert float(got.block_period) == 9.0
    assert float(got.block_column) == float(got.block_row) == 8.0
    assert float(got.blockiness) > 1.5 and float(got.block_p) < 1e-6


def test_only_smoothing_lowers_the_resolution(fidelity):
    for name in ("none", "blocks", "frozen", "muted"):
        assert float(fidelity[name].resolution) < 2.5, name
    half_power = 2 * np.pi * 2.5 / np.sqrt(np.log(2))  # exp(-(2 pi k sigma)^2) = 1/2
    assert float(fidelity["smooth"].resolution) == pytest.approx(half_power, rel=0.15)
    assert float(fidelity["smooth"].resolution_variogram) > 8
    assert float(fidelity["none"].resolution_variogram) == 2


def test_only_a_frozen_pattern_is_called_frozen(fidelity):
    for name, got in fidelity.items():
        excess = float(got.frozen_excess)
        assert (excess > 0.3) if name == "frozen" else (abs(excess) < 0.1), (name, excess)
    assert float(fidelity["frozen"].frozen) == pytest.approx(1)
    assert float(fidelity["frozen"].between_dates) == pytest.approx(1)
    assert float(fidelity["none"].frozen) == pytest.approx(0.5, abs=0.1)


def test_only_muted_dynamics_lower_the_rain_response(fidelity):
    for name, got in fidelity.items():
        expected = 0.3 if name == "muted" else 1.0
        assert float(got.rain_response) == pytest.approx(expected, abs=0.02), name
        assert int(got.n_events) == 3, name  # of the four rises one comes before the first date


def test_gaps_do_not_hide_smoothing(fidelity):
    hole = RNG.random(TRUTH.shape) < 0.3
    hole[:, 20:40, 30:60] = True
    with_gaps = {k: spatial_fidelity(maps(np.where(hole, np.nan, DEFECTS[k])), maps(TRUTH)) for k in ("none", "smooth")}
    assert float(with_gaps["none"].resolution) == 2.0 and int(with_gaps["none"].gaps) == 1
    assert float(with_gaps["smooth"].resolution) == pytest.approx(float(fidelity["smooth"].resolution), rel=0.25)
    fine = {
        k: np.stack([gaussian_filter(z, w, mode="nearest") if w else z for z in TRUTH])
        for k, w in (("x", 0.8), ("y", 0))
    }
    ratio = {}
    for label, fill in (("gaps", np.nan), ("filled", MEAN)):
        got = spectra.radial_spectra(*(np.where(hole, fill, v) for v in fine.values()))
        part = got["wavenumber"] > 0.35
        ratio[label] = np.nanmean(got["x"][part]) / np.nanmean(got["y"][part])
    assert ratio["gaps"] < 0.5 * ratio["filled"]  # filling with the mean leaks large scales into the small ones


def test_fss_rises_with_the_window_for_displaced_patterns(fidelity):
    moved = spatial_fidelity(maps(np.roll(TRUTH, 4, axis=2)), maps(TRUTH))
    fss = moved.fss.sel(quantile=0.9).values
    assert (np.diff(fss) > 0).all() and fss[0] < 0.8 < fss[-1]
    assert moved.fss_useful.values == pytest.approx([0.55, 0.55])
    biased = spatial_fidelity(maps(0.5 * TRUTH + 0.3), maps(TRUTH))
    assert biased.fss.values == pytest.approx(1)


def test_lazy_equals_eager_and_symmetries(fidelity):
    lazy = spatial_fidelity(maps(DEFECTS["blocks"]).chunk(), maps(TRUTH).chunk())
    assert lazy.chunks
    xr.testing.assert_allclose(lazy.compute().drop_attrs(), fidelity["blocks"].drop_attrs())
    turned = spatial_fidelity(maps(DEFECTS["smooth"].transpose(0, 2, 1)), maps(TRUTH.transpose(0, 2, 1)))
    assert float(turned.resolution) == pytest.approx(float(fidelity["smooth"].resolution))
    assert turned.spaef.values == pytest.approx(fidelity["smooth"].spaef.values)


def test_missing_dates_and_constant_maps():
    x = DEFECTS["none"].copy()
    x[3] = np.nan
    x[5] = 0.2
    got = spatial_fidelity(maps(x), maps(TRUTH))
    assert int(got.n_dates) == T - 1
    assert got.spaef_status.values[[3, 5]].tolist() == [STATUS["no_overlap"], STATUS["zero_variance"]]
    nothing = spatial_fidelity(maps(np.full(TRUTH.shape, np.nan)), maps(TRUTH))
    assert int(nothing.status) == STATUS["no_overlap"] and np.isnan(nothing.resolution)
    flat = spatial_fidelity(maps(np.full(TRUTH.shape, 0.2)), maps(TRUTH))
    assert np.isnan(flat.resolution) and float(flat.rain_response) == 0 and not flat.block_detected


def test_refusals():
    good = maps(TRUTH)
    with pytest.raises(SchemaError, match="cells and dates"):
        spatial_fidelity(good.isel(time=slice(1, None)), good)
    with pytest.raises(SchemaError, match="Rechunk"):
        spatial_fidelity(good.chunk(x=50), good)
    with pytest.raises(SchemaError, match="lat, lon"):
        spatial_fidelity(good.isel(time=0), good)
    with pytest.raises(ConfigError, match="odd"):
        spatial_fidelity(good, good, windows=(2,))


def test_fractional_periods_and_no_false_alarms():
    """9 km cells on a 0.01° grid are about 9.34 columns wide."""
    n = 140
    index = np.floor(np.arange(n) / 9.34).astype(int)
    z = 0.3 * smooth_field(4, n) + RNG.standard_normal((4, 20, 20))[:, index][:, :, index]
    got = edges.find_period(*edges.gradient_profiles(z))
    assert got["period"] == pytest.approx(9.34, abs=0.05) and got["detected"] == 1
    alarms = [edges.find_period(*edges.gradient_profiles(smooth_field(3, 60)))["detected"] for _ in range(15)]
    assert sum(alarms) <= 1


def test_spectrum_conserves_what_a_wave_carries():
    k = 0.125
    wave = np.cos(2 * np.pi * k * np.arange(96))[None, :, None] * np.ones((2, 1, 96))
    got = spectra.radial_spectra(wave, 2 * wave)
    top = int(np.nanargmax(got["x"]))
    assert got["wavenumber"][top] == pytest.approx(k, abs=0.02)
    assert got["y"][top] == pytest.approx(4 * got["x"][top])


def test_variogram_equals_a_loop():
    z = RNG.standard_normal((1, 9, 9))
    z[0, 2, 3] = np.nan
    got = spectra.variograms(z, z, lags=3)
    total, count = np.zeros(4), np.zeros(4)
    at = [(i, j) for i in range(9) for j in range(9) if np.isfinite(z[0, i, j])]
    for a, p in enumerate(at):
        for q in at[a + 1 :]:
            lag = round(np.hypot(p[0] - q[0], p[1] - q[1]))
            if lag <= 3:
                total[lag] += 0.5 * (z[0][p] - z[0][q]) ** 2
                count[lag] += 1
    assert got["x"] == pytest.approx(total[1:] / count[1:])
    assert got["pairs"].tolist() == count[1:].tolist()


def test_static_share_is_free_of_the_number_of_dates():
    for dates in (4, 40):
        z = RNG.standard_normal((dates, 5000))
        assert patterns.static_share(z)["pattern"] == pytest.approx(0, abs=0.02)
        mixed = z + RNG.standard_normal(5000)
        assert patterns.static_share(mixed)["pattern"] == pytest.approx(0.5, abs=0.03)
