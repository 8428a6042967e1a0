"""Köppen-Geiger climate classes from monthly temperature and precipitation."""

from __future__ import annotations

import numpy as np


def koeppen_class(temperature, precipitation) -> np.ndarray:
    """Köppen-Geiger class from a mean year.

    Parameters
    ----------
    temperature : array_like, shape (..., 12)
        Mean temperature of each calendar month, January first [degC].
    precipitation : array_like, shape (..., 12)
        Mean precipitation of each calendar month [mm].

    Returns
    -------
    ndarray of uint8, shape (...)
        Class 1 to 30 in the order of :data:`vadose.landclass.KOEPPEN`; 0 where an input is NaN.

    Notes
    -----
    Criteria of Beck et al. (2018). Summer is the warmer half of the year of April-September and
    October-March. Where both a dry summer and a dry winter hold, the drier half decides.

    References
    ----------
    Beck, H. E. et al. (2018). Present and future Köppen-Geiger climate classification maps at 1-km resolution.
    Scientific Data 5, 180214. https://doi.org/10.1038/sdata.2018.214

    Examples
    --------
    Always 26 °C with 200 mm a month is Af, class 1; with 10 mm a month it is BWh, class 4.

    >>> koeppen_class(np.full(12, 26.0), [[200.0] * 12, [10.0] * 12]).tolist()
    [1, 4]
    """
    t, p = np.broadcast_arrays(np.asarray(temperature, dtype=float), np.asarray(precipitation, dtype=float))
    mat, total, cold, hot, dry = t.mean(-1), p.sum(-1), t.min(-1), t.max(-1), p.min(-1)
    warm_months = (t >= 10).sum(-1)
    april = np.isin(np.arange(12), (3, 4, 5, 6, 7, 8))  # April to September
    northern = t[..., april].sum(-1) >= t[..., ~april].sum(-1)
    summer = np.where(northern[..., None], april, ~april)
    in_summer = np.where(summer, p, 0).sum(-1)
    summer_dry, summer_wet = np.where(summer, p, np.inf).min(-1), np.where(summer, p, -np.inf).max(-1)
    winter_dry, winter_wet = np.where(summer, np.inf, p).min(-1), np.where(summer, -np.inf, p).max(-1)

    threshold = 2 * mat + np.where(in_summer > 0.7 * total, 28, np.where(in_summer < 0.3 * total, 0, 14))
    arid = total < 10 * threshold
    s = (summer_dry < 40) & (summer_dry < winter_wet / 3)
    w = winter_dry < summer_wet / 10
    s, w = s & ~(w & (in_summer > total / 2)), w & ~(s & (in_summer <= total / 2))
    season = np.select([s, w], [0, 1], 2)  # s, w, f
    heat = np.select([hot >= 22, warm_months >= 4, cold < -38], [0, 1, 3], 2)  # a, b, d, c

    desert = np.where(total < 5 * threshold, 0, 2) + np.where(mat >= 18, 0, 1)
    tropic = np.select([dry >= 60, dry >= 100 - total / 25], [1, 2], 3)
    code = np.select(
        [arid, cold >= 18, hot <= 0, hot <= 10, cold > 0],
        [4 + desert, tropic, 30, 29, 8 + 3 * season + np.minimum(heat, 2)],
        17 + 4 * season + heat,
    )
    return np.where(np.isfinite(mat) & np.isfinite(total), code, 0).astype("uint8")
