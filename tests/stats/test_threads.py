"""Blocks of rows: every row once, from any thread, and errors are not lost."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from vadose.stats import scores
from vadose.stats.threads import over_rows, thread_count


def test_every_row_once():
    out = np.zeros(103, int)

    def work(part: slice) -> None:
        out[part] += 1

    over_rows(work, 103, rows=10)
    assert (out == 1).all()


def test_errors_reach_the_caller():
    def work(part: slice) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        over_rows(work, 100)


def test_worker_threads_do_not_start_more_threads_and_agree():
    x, y = np.random.default_rng(0).normal(size=(2, 70, 100))
    found: dict = {}

    def run() -> None:
        found["threads"], found["scores"] = thread_count(), scores(x, y)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found["threads"] == 1
    for key, value in scores(x, y).items():
        np.testing.assert_array_equal(found["scores"][key], value, err_msg=key)
