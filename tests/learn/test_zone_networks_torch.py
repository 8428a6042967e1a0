"""The batched path of torch: the same quality as the path of the cores, and a clear message without torch."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from vadose.errors import ConfigError
from vadose.learn import ZoneNetworks, zone_networks_torch

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")


@pytest.fixture(autouse=True)
def one_thread():
    """Batches this small wait for each other's threads longer than they compute."""
    if importlib.util.find_spec("torch") is not None:
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(1)
        yield
        torch.set_num_threads(before)
    else:
        yield


def rows(zones: int = 20, inputs: int = 5, seed: int = 0):
    """Zones of different sizes, each with a law of its own."""
    rng = np.random.default_rng(seed)
    zone = np.repeat(np.arange(zones), rng.integers(150, 500, zones))
    X = rng.standard_normal((len(zone), inputs))
    a, b = rng.standard_normal((2, zones, inputs))
    y = np.tanh(np.sum(a[zone] * X, axis=1)) + 0.3 * np.sum(b[zone] * X, axis=1) + 0.1 * rng.standard_normal(len(zone))
    return X, y, zone, rng.integers(0, 30, len(zone))


def test_without_torch_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match=r"no torch.*vadose\[retrieval\]"):
        zone_networks_torch.fit(np.ones((5, 1)), np.ones(5), networks=ZoneNetworks())


@needs_torch
@pytest.mark.parametrize("share", [0.2, 0.0])
def test_quality_is_that_of_the_other_path(share):
    X, y, zone, dekad = rows()
    ours = ZoneNetworks(validation_share=share).fit(X, y, zone, validation_groups=dekad)
    networks = ZoneNetworks(validation_share=share)
    batched = zone_networks_torch.fit(X, y, networks=networks, zones=zone, validation_groups=dekad, batch_rows=4000)
    assert batched is networks
    np.testing.assert_array_equal(batched.n_rows_, ours.n_rows_)
    np.testing.assert_array_equal(batched.centre_, ours.centre_)
    assert batched.r2_train_.mean() == pytest.approx(ours.r2_train_.mean(), abs=0.005)
    if share:
        np.testing.assert_array_equal(batched.n_validation_, ours.n_validation_)
        assert batched.r2_validation_.mean() == pytest.approx(ours.r2_validation_.mean(), abs=0.005)
        assert batched.n_iterations_.mean() == pytest.approx(ours.n_iterations_.mean(), rel=0.1)
    gap = batched.predict(X, zone) - ours.predict(X, zone)
    assert np.sqrt(np.mean(gap**2)) < 0.1 * y.std()


@needs_torch
def test_the_gradient_is_that_of_the_kernel():
    import torch

    from vadose.learn import network_kernels as kernels
    from vadose.learn.network_batches import Rows, objective

    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((2, 4, 300)).astype(np.float32), rng.standard_normal((2, 300)).astype(np.float32)
    theta, train = rng.standard_normal((2, 3 * 6 + 1)), (200, 250)
    weight = [np.stack([np.where(np.arange(300) < t, 1 / t, 0) for t in train]).astype(np.float32)]
    weight += [np.stack([np.where(np.arange(300) >= t, 1 / (300 - t), 0) for t in train]).astype(np.float32)]
    packed = Rows(*(torch.from_numpy(part) for part in (x, y, *weight, np.array([0.1, 0.2]))))
    value, gradient, held = objective(torch.from_numpy(theta), packed, 3)
    nodes, out = np.empty((3, kernels.TILE), np.float32), np.empty(kernels.TILE, np.float32)
    for b in range(2):
        expected = np.empty(19)
        single = np.empty(19, np.float32)
        loss = kernels.objective(theta[b], x[b], y[b], train[b], 3, 0.1 + 0.1 * b, single, nodes, out, expected)
        assert float(value[b]) == pytest.approx(loss, rel=1e-5)
        np.testing.assert_allclose(gradient[b].numpy(), expected, atol=1e-5 * np.abs(expected).max())
        score = kernels.mean_square(single, x[b], y[b], train[b], 300, 3, nodes[0], out)
        assert float(held[b]) == pytest.approx(score, rel=1e-5)


@needs_torch
def test_restarts_bad_zones_and_batches():
    X, y, zone, dekad = rows(zones=6)
    y[zone == 2], X[zone == 3, 0] = 1.0, np.nan
    one = zone_networks_torch.fit(X, y, networks=ZoneNetworks(), zones=zone, validation_groups=dekad)
    best = zone_networks_torch.fit(X, y, networks=ZoneNetworks(restarts=3), zones=zone, validation_groups=dekad)
    ours = ZoneNetworks().fit(X, y, zone, validation_groups=dekad)
    np.testing.assert_array_equal(one.status_, ours.status_)
    good = one.status_ == 0
    assert good.tolist() == [True, True, False, False, True, True]
    assert (best.loss_validation_[good] <= one.loss_validation_[good] * (1 + 1e-5)).all()
    assert best.restart_.max() > 0
    assert np.isnan(best.weights_[~good]).all() and np.isnan(best.predict(X, zone)[zone == 2]).all()


@needs_torch
def test_bad_arguments_are_named():
    X, y = np.ones((5, 1)), np.ones(5)
    with pytest.raises(ConfigError, match="device: found 'tpu'"):
        zone_networks_torch.fit(X, y, networks=ZoneNetworks(), device="tpu")
    with pytest.raises(ConfigError, match="batch_rows"):
        zone_networks_torch.fit(X, y, networks=ZoneNetworks(), batch_rows=0)
