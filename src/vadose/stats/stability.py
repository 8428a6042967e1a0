"""How well one of several records stands for all."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .status import STATUS


def against_others(values: ArrayLike, *, min_n: int = 30, min_sensors: int = 3) -> dict[str, NDArray]:
    """Each record against the mean of the others, and against the mean of all.

    Parameters
    ----------
    values : array_like, shape (sensor, time)
        Records of one quantity; NaN is missing [any unit].
    min_n : int
        Fewest common times.
    min_sensors : int
        Fewest records that must be present at a time, and in all.

    Returns
    -------
    dict of ndarray, shape (sensor,)
        ``mrd``, ``sdrd``, ``its`` [1]: mean, standard deviation (ddof 1) and root of the sum of squares of the
        relative difference from the mean of all; ``see`` [unit of values] and ``r`` [1] of the line that predicts the
        mean of the others; ``n``; ``status``.

    Notes
    -----
    Vachaud et al. (1985); see = sqrt(SSE / (n - 2)).

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats.stability import against_others
    >>> a = np.array([[1.0, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 6]])
    >>> got = against_others(a, min_n=3)
    >>> got["see"].round(6), got["mrd"].round(4)
    (array([0., 0., 0.]), array([-0.3208,  0.    ,  0.3208]))
    """
    x = np.asarray(values, np.float64)
    there = np.isfinite(x)
    filled = np.where(there, x, 0.0)
    enough = there.sum(axis=0) >= min_sensors
    count = there.sum(axis=0)
    sensors, ok = len(x), STATUS["ok"]
    out = {k: np.full(sensors, np.nan) for k in ("mrd", "sdrd", "its", "see", "r")}
    n, status = np.zeros(sensors, np.int64), np.full(sensors, ok, np.int8)
    for i in range(sensors):
        use = there[i] & enough
        n[i] = use.sum()
        if not there[i].any():
            status[i] = STATUS["no_data"]
        elif n[i] == 0:
            status[i] = STATUS["no_overlap"]
        elif n[i] < min_n:
            status[i] = STATUS["too_few_pairs"]
        if status[i] != ok:
            continue
        own, total = x[i, use], filled[:, use].sum(axis=0)
        others, mean = (total - own) / (count[use] - 1), total / count[use]
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(mean != 0.0, (own - mean) / mean, np.nan)
        out["mrd"][i], out["sdrd"][i] = np.nanmean(relative), np.nanstd(relative, ddof=1)
        out["its"][i] = np.hypot(out["mrd"][i], out["sdrd"][i])
        u, v = own - own.mean(), others - others.mean()
        if np.ptp(own) == 0.0 or np.ptp(others) == 0.0:
            status[i] = STATUS["zero_variance"]
            continue
        uu, vv, uv = float(u @ u), float(v @ v), float(u @ v)
        out["see"][i] = np.sqrt(max(vv - uv * uv / uu, 0.0) / (n[i] - 2))
        out["r"][i] = uv / np.sqrt(uu * vv)
    return out | {"n": n, "status": status}
