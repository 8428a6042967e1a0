"""Spatial structure of maps: power spectra with and without gaps, variograms, effective resolution, block edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError


def radial_spectra(x: ArrayLike, y: ArrayLike, *, bins: int | None = None) -> dict[str, NDArray]:
    """Isotropic power spectra of two stacks of maps and of what they share.

    Parameters
    ----------
    x, y : array_like, shape (time, rows, columns)
        Maps; cells that either lacks are left out of both [any unit].
    bins : int, optional
        Rings of wavenumbers; default half the shorter side.

    Returns
    -------
    dict of ndarray, shape (ring,)
        ``wavenumber`` [cycles per cell], power ``x`` and ``y`` [unit² per ring cell], ``coherence`` (squared) [1];
        rings without a wave are NaN. ``gaps`` (0-d): 1 where the maps had gaps.

    Notes
    -----
    Each map is freed of its plane and tapered (Hann). Without gaps the spectrum is the periodogram. With gaps it is
    the transform of the autocovariance, which is the ratio of the correlations of the gap-filled map and of its mask
    (both by FFT, so all pairs at a lag count once), under a Hann lag window: filling gaps with the mean would leak the
    large scales into the small ones and hide smoothing. Powers of all maps are added before any ratio is taken.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.spectra import radial_spectra
    >>> wave = np.cos(2 * np.pi * np.arange(64) / 8)[None, None, :] * np.ones((1, 64, 1))
    >>> got = radial_spectra(wave, wave)
    >>> float(got["wavenumber"][np.nanargmax(got["x"])])
    0.125
    """
    a, b = (np.asarray(v, np.float64) for v in (x, y))
    if a.ndim != 3 or a.shape != b.shape:
        raise VadoseError("maps", found=f"shapes {a.shape} and {b.shape}", needed="two of (time, rows, columns)")
    ok = np.isfinite(a) & np.isfinite(b)
    use = ok.any(axis=(1, 2))
    gaps = bool(use.any() and not ok[use].all())
    rows, cols = a.shape[1:]
    n = bins or max(min(rows, cols) // 2, 1)
    shape = (2 * rows, 2 * cols) if gaps else (rows, cols)
    ky, kx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :]
    k = np.hypot(ky, kx)
    ring = np.rint(k * 2 * n).astype(int)
    twice = np.where((kx == 0) | (kx == 0.5), 1.0, 2.0) * np.ones(k.shape)
    total = np.zeros((3, *k.shape))
    taper = np.outer(_hann(rows), _hann(cols))
    for t in np.flatnonzero(use):
        m = ok[t]
        if m.sum() < 16:
            continue
        u, v = _detrend(a[t], m), _detrend(b[t], m)
        if gaps:
            total += _lag_spectra(u, v, m)
        else:
            fu, fv = np.fft.rfft2(u * taper), np.fft.rfft2(v * taper)
            total += np.stack([np.abs(fu) ** 2, np.abs(fv) ** 2, (fu * np.conj(fv)).real])
    power = np.full((3, n), np.nan)
    for i in range(1, n + 1):
        inside = ring == i
        if inside.any():
            weight = twice[inside]
            power[:, i - 1] = (total[:, inside] * weight).sum(axis=1) / weight.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        coherence = np.clip(np.maximum(power[2], 0.0) ** 2 / (power[0] * power[1]), 0.0, 1.0)
    return {
        "wavenumber": np.arange(1, n + 1) / (2.0 * n),
        "x": np.where(power[0] > 0, power[0], np.nan),
        "y": np.where(power[1] > 0, power[1], np.nan),
        "coherence": coherence,
        "gaps": np.array(int(gaps)),
    }


def _hann(n: int) -> NDArray:
    return np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2


def _detrend(z: NDArray, ok: NDArray) -> NDArray:
    """Map less its plane, 0 where it is missing."""
    r, c = np.nonzero(ok)
    design = np.stack([np.ones(r.size), r - r.mean(), c - c.mean()], axis=1)
    values = z[ok]
    out = np.zeros(z.shape)
    if np.ptp(values) == 0.0:
        return out
    out[ok] = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return out


def _lag_spectra(u: NDArray, v: NDArray, ok: NDArray) -> NDArray:
    """Power of u, of v and shared power from autocovariances over the valid pairs at each lag."""
    rows, cols = u.shape
    shape = 2 * rows, 2 * cols
    fu, fv, fm = (np.fft.rfft2(f, s=shape) for f in (u, v, ok.astype(np.float64)))
    count = np.fft.irfft2(np.abs(fm) ** 2, s=shape)
    lag = np.hypot(np.fft.fftfreq(shape[0], 1 / shape[0])[:, None], np.fft.fftfreq(shape[1], 1 / shape[1])[None, :])
    reach = 0.5 * min(rows, cols)
    window = np.where(lag < reach, np.cos(0.5 * np.pi * lag / reach) ** 2, 0.0)
    out = []
    for f in (np.abs(fu) ** 2, np.abs(fv) ** 2, (fu * np.conj(fv)).real):
        cov = np.fft.irfft2(f, s=shape)
        cov = np.where(count > 0.5, cov / np.maximum(count, 1.0), 0.0)
        out.append(np.fft.rfft2(cov * window).real)
    return np.stack(out)


def variograms(x: ArrayLike, y: ArrayLike, *, lags: int | None = None) -> dict[str, NDArray]:
    """Isotropic experimental variograms of two stacks of maps over the cells that both have.

    Parameters
    ----------
    x, y : array_like, shape (time, rows, columns)
        Maps [any unit].
    lags : int, optional
        Largest lag [cells]; default a third of the shorter side.

    Returns
    -------
    dict of ndarray, shape (lag,)
        ``lag`` [cells], half the mean squared difference ``x`` and ``y`` [unit²], ``pairs`` (of cells).

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.spectra import variograms
    >>> stripes = (np.arange(12.0) % 2)[None, None, :] * np.ones((1, 12, 1))
    >>> got = variograms(stripes, stripes, lags=1)  # 132 + 242 pairs differ, 132 along the stripes do not
    >>> got["pairs"], got["x"].round(4)
    (array([506.]), array([0.3696]))
    """
    a, b = (np.asarray(v, np.float64) for v in (x, y))
    rows, cols = a.shape[1:]
    most = lags or max(min(rows, cols) // 3, 1)
    shape = 2 * rows, 2 * cols
    lag = np.hypot(np.fft.fftfreq(shape[0], 1 / shape[0])[:, None], np.fft.fftfreq(shape[1], 1 / shape[1])[None, :])
    ring = np.rint(lag).astype(int)
    total = np.zeros((3, *shape))
    for u, v in zip(a, b, strict=True):
        ok = np.isfinite(u) & np.isfinite(v)
        if not ok.any():
            continue
        fm = np.fft.rfft2(ok.astype(np.float64), s=shape)
        total[2] += np.fft.irfft2(np.abs(fm) ** 2, s=shape)
        for i, z in enumerate((u, v)):
            w = np.where(ok, z - z[ok].mean(), 0.0)
            f, square = np.fft.rfft2(w, s=shape), np.fft.rfft2(w * w, s=shape)
            both = np.fft.irfft2((square * np.conj(fm)).real - np.abs(f) ** 2, s=shape)
            total[i] += both  # half the sum of squared differences over pairs at this lag, both directions averaged
    out = np.full((3, most), np.nan)
    for i in range(1, most + 1):
        inside = ring == i
        pairs = total[2, inside].sum()
        out[2, i - 1] = np.rint(pairs / 2)
        if pairs > 0.5:
            out[:2, i - 1] = np.maximum(total[:2, inside].sum(axis=1) / pairs, 0.0)
    return {"lag": np.arange(1, most + 1), "x": out[0], "y": out[1], "pairs": out[2]}


def crossing(scale: NDArray, ratio: NDArray, *, level: float = 0.5) -> float:
    """Scale at which a ratio falls below a level for the first time, coming from the largest scale.

    Parameters
    ----------
    scale : ndarray, falling
        Wavelengths or lags.
    ratio : ndarray
        Ratio at each; NaN is skipped.
    level : float
        Level.

    Returns
    -------
    float
        Linear in the logarithm of the scale between two points; the smallest scale where it never falls, NaN where it
        is below from the start or nothing is known.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.spectra import crossing
    >>> crossing(np.array([16.0, 8.0, 4.0, 2.0]), np.array([1.0, 1.0, 0.5, 0.1]))
    4.0
    """
    ok = np.isfinite(ratio)
    s, r = scale[ok], ratio[ok]
    if not r.size or r[0] < level:
        return float("nan")
    below = np.flatnonzero(r < level)
    if not below.size:
        return float(s[-1])
    i = int(below[0])
    part = (r[i - 1] - level) / (r[i - 1] - r[i])
    return float(np.exp(np.log(s[i - 1]) + part * (np.log(s[i]) - np.log(s[i - 1]))))


def smooth_ratio(x: NDArray, y: NDArray, *, amplitude: bool) -> NDArray:
    """Ratio of spectra, three-ring mean of each; with ``amplitude`` False relative to the tenth of largest scales."""

    def mean(v: NDArray) -> NDArray:
        ok = np.isfinite(v)
        total, count = (np.convolve(a, np.ones(3), "same") for a in (np.where(ok, v, 0.0), ok.astype(float)))
        return np.where(ok, total / np.maximum(count, 1.0), np.nan)

    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = mean(x) / mean(y)
        if amplitude:
            return ratio
        large = max(ratio.size // 10, 3)
        return ratio / (np.nansum(x[:large]) / np.nansum(y[:large]))
