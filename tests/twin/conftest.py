"""The simulated Earth with all products, made once for all tests."""

import dask
import pytest

from vadose import twin

REGION, YEARS, SEED = (28, 36, 34, 42), (2003, 2018), 5


@pytest.fixture(scope="session")
def rsssm():
    """Dekads of all products over a region that has both sides of 40° N and lies in Eurasia."""
    lazy = twin.generate(region=REGION, resolution=0.5, years=YEARS, seed=SEED, step="dekad", products="rsssm")
    return dict(zip(lazy, dask.compute(*lazy.values())))
