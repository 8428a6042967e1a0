"""Why a statistic is missing: one vocabulary for all of vadose (CF flag values of every ``status``)."""

from __future__ import annotations

#: Status name -> code.
STATUS = {
    "ok": 0,
    "no_overlap": 1,
    "too_few_pairs": 2,
    "zero_variance": 3,
    "negative_error_variance": 4,
    "inconsistent_sign": 5,
    "too_few_years": 6,
    "too_few_cells": 7,
    "no_data": 8,
    "not_converged": 9,
    "dependent_inputs": 10,
    "no_station": 11,
    "too_few_rows": 12,
    "too_few_groups": 13,
    "incomplete_year": 14,  # part of the calendar year holds no value
    "no_cycle": 15,  # a yearly cycle explains next to nothing
}
