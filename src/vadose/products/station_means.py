"""From the record of one sensor to its daily or hourly means, with a count of every value left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError
from .ismn_flags import kept
from .ismn_lines import Series

#: What happens to the values of a sensor; ``n_read`` is the sum of the others.
COUNTS = {
    "n_read": "values read",
    "n_kept": "values kept",
    "n_duplicates": "values left out because their time occurred before in the file",
    "n_dropped_period": "values left out because they lie outside the period",
    "n_dropped_fill": "values left out because they are fill values",
    "n_dropped_flag": "values left out by the flag rule",
    "n_dropped_range": "values left out because they lie outside the valid range",
    "n_dropped_hours": "values left out because they lie outside the local hours",
}

_LENGTH = {"day": 1440, "hour": 60}  # minutes


@dataclass
class Rule:
    """How the values of the canonical variable ``name`` become means.

    ``step`` is ``"day"`` or ``"hour"``; ``local_hours`` the inclusive window of local solar time [h]; ``mask`` the
    accepted flag bits; ``valid_range`` in the unit after ``offset`` is added; ``period`` a half-open interval of
    minutes; ``total`` sums instead of averaging.
    """

    name: str
    step: str
    local_hours: tuple[float, float] | None
    min_count: int
    mask: int | None
    valid_range: tuple[float, float]
    offset: float
    period: tuple[int, int] | None
    total: bool


@dataclass
class Means:
    """Means of one sensor on consecutive steps from step number ``first`` (since 1970-01-01 00:00 UTC)."""

    first: int
    values: np.ndarray
    nobs: np.ndarray
    counts: dict[str, int]


def check_hours(local_hours: tuple[float, float] | None) -> tuple[float, float] | None:
    """Validate a window of local hours.

    Raises
    ------
    ConfigError
        If it is not two different hours within 0..24.

    Examples
    --------
    >>> check_hours((5, 7))
    (5.0, 7.0)
    """
    if local_hours is None:
        return None
    needed = "two different hours within 0..24, such as (5, 7) or, over midnight, (22, 2)"
    try:
        first, last = (float(h) for h in local_hours)
    except (TypeError, ValueError) as err:
        raise ConfigError("local_hours", found=repr(local_hours), needed=needed) from err
    if not (0 <= first <= 24 and 0 <= last <= 24) or first == last:
        raise ConfigError("local_hours", found=repr(local_hours), needed=needed)
    return first, last


def bin_series(series: Series, rule: Rule, *, lon: float) -> Means | None:
    """Average the record of a sensor to steps.

    Parameters
    ----------
    series : Series
        Record as read.
    rule : Rule
        What is kept and how it is averaged.
    lon : float
        Longitude [degrees east], for local hours.

    Returns
    -------
    Means or None
        None where no value lies in the period.

    Notes
    -----
    Local solar time is UTC + lon/15 h. Choice: with local hours, the values of one local window form one daily mean,
    which belongs to the UTC day of the middle of the window, the date that a product gives an overpass at that local
    time; a window is never split between two days. Hourly steps and all other daily means are UTC.

    Each value left out is counted once, under the first of: duplicate time, period, fill, flag, range, hours.

    Examples
    --------
    >>> s = Series(np.array([0, 60, 1500]), np.array([0.1, 0.3, 0.2]), np.array([1, 1, 8], dtype="uint32"))
    >>> rule = Rule("sm", "day", None, 1, 1, (0.0, 1.0), 0.0, None, False)
    >>> m = bin_series(s, rule, lon=0.0)
    >>> m.values.tolist(), m.nobs.tolist(), m.counts["n_dropped_flag"]
    ([0.20000000298023224, nan], [2, 0], 1)
    """
    counts = dict.fromkeys(COUNTS, 0)
    minutes, values, bits = series.minutes, series.values, series.bits
    counts["n_read"] = minutes.size
    steps = np.diff(minutes)
    if steps.size and steps.min() <= 0:
        order = np.argsort(minutes, kind="stable")
        first = np.concatenate([[True], np.diff(minutes[order]) > 0])
        counts["n_duplicates"] = int((~first).sum())
        order = order[first]
        minutes, values, bits = minutes[order], values[order], bits[order]
    length = _LENGTH[rule.step]
    bins, inside = minutes // length, None
    if rule.local_hours is not None:
        inside, middle = _window(minutes, rule.local_hours, lon)
        if rule.step == "day":
            bins = np.where(inside, middle // 1440, bins)
    if rule.period is not None:
        here = (bins * length >= rule.period[0]) & (bins * length < rule.period[1])
        counts["n_dropped_period"] = int((~here).sum())
        minutes, values, bits, bins = minutes[here], values[here], bits[here], bins[here]
        inside = inside if inside is None else inside[here]
    if not bins.size:
        return None
    low, high = int(bins.min()), int(bins.max())
    if rule.offset:
        values = values + rule.offset
    slack = 1e-6 * max(abs(rule.valid_range[0]), abs(rule.valid_range[1]))
    passed = np.ones(values.shape, bool)
    tests = [
        ("n_dropped_fill", np.isfinite(values)),
        ("n_dropped_flag", kept(bits, rule.mask)),
        ("n_dropped_range", (values >= rule.valid_range[0] - slack) & (values <= rule.valid_range[1] + slack)),
    ]
    if inside is not None:
        tests.append(("n_dropped_hours", inside))
    for name, good in tests:
        before = int(passed.sum())
        passed &= good
        counts[name] = before - int(passed.sum())
    counts["n_kept"] = int(passed.sum())
    at = bins[passed] - low
    nobs = np.bincount(at, minlength=high - low + 1)
    total = np.bincount(at, weights=values[passed], minlength=high - low + 1)
    enough = nobs >= max(rule.min_count, 1)
    out = np.where(enough, total if rule.total else total / np.maximum(nobs, 1), np.nan)
    return Means(low, out.astype("float32"), nobs.astype("int32"), counts)


def _window(minutes: np.ndarray, local_hours: tuple[float, float], lon: float) -> tuple[np.ndarray, np.ndarray]:
    """Which times lie in the local window, and the UTC minute of the middle of each time's window."""
    begin, width = local_hours[0] * 60.0, ((local_hours[1] - local_hours[0]) % 24 or 24) * 60.0
    since = minutes + 4.0 * lon - begin  # 1 degree of longitude is 4 minutes
    since = np.round(since, 6)  # both ends belong to the window whatever the longitude's rounding
    phase = since % 1440.0
    # a window of 24 h ends where the next begins: there the next one takes the value
    middle = minutes - phase + width / 2
    return phase <= width, np.floor(np.round(middle, 6)).astype("int64")
