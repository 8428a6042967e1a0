"""Checks and names shared by the figures: products of a table of cells, statuses in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..schema import status_name


def check_variable(ds: xr.Dataset, *names: str, where: str = "scores") -> None:
    """Raise SchemaError unless the dataset has all variables or coordinates."""
    for name in names:
        if name not in ds.variables:
            raise SchemaError(where, found=f"variables {sorted(map(str, ds.variables))}", needed=repr(name))


def groups(scores: xr.Dataset) -> dict[str, np.ndarray]:
    """Positions of the cells of every product, products in order of appearance.

    Examples
    --------
    >>> groups(xr.Dataset(coords={"product": ("cell", ["b", "a", "b"])}))
    {'b': array([0, 2]), 'a': array([1])}
    """
    check_variable(scores, "product")
    products = np.atleast_1d(scores["product"].values).astype(str)
    return {name: np.flatnonzero(products == name) for name in dict.fromkeys(products.tolist())}


def check_pairs(pairs: Mapping[str, xr.Dataset], *names: str) -> None:
    """Raise SchemaError unless pairs is a mapping of product to dataset with the variables."""
    if isinstance(pairs, xr.Dataset) or not isinstance(pairs, Mapping):
        raise SchemaError("pairs", found=type(pairs).__name__, needed="a mapping of product to dataset",
                          do="Give {name: pairs} for a single product.")  # fmt: skip
    for product, ds in pairs.items():
        check_variable(ds, *names, where=f"pairs[{product!r}]")


def status_words(code: int) -> str:
    """A status in words.

    Examples
    --------
    >>> status_words(2)
    'too few pairs'
    """
    return status_name(code).replace("_", " ")
