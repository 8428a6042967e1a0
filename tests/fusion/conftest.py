from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from vadose import fusion
from vadose.store import Library

_SPEC = importlib.util.spec_from_file_location("fusion_world", Path(__file__).with_name("world.py"))
assert _SPEC and _SPEC.loader
_WORLD = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_WORLD)


@pytest.fixture(scope="session")
def world():
    """The module that makes the small world with known truth."""
    return _WORLD


@pytest.fixture(scope="session")
def made(world):
    """Datasets of the small world and its truth."""
    return world.make()


@pytest.fixture(scope="session")
def library(world, made, tmp_path_factory):
    """A library with the small world's products. Tests that change it make their own."""
    out = Library(tmp_path_factory.mktemp("fusion"))
    world.fill_library(out, made[0])
    return out


@pytest.fixture(scope="session")
def fused(world, library):
    """The small world fused by the mini plan, in memory."""
    return fusion.fuse(world.plan(), library).compute()
