"""The bundled coastline (Natural Earth, public domain), as rings of longitude and latitude."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np


@lru_cache(maxsize=2)
def coastline(scale: Literal["110m", "50m"] = "110m") -> tuple[np.ndarray, ...]:
    """Closed rings of the land, cut at ±180°.

    Parameters
    ----------
    scale : {"110m", "50m"}
        1:110 million for the world, 1:50 million for a region.

    Returns
    -------
    tuple of ndarray, each shape (n, 2)
        Longitude and latitude [degrees]; outer rings counter-clockwise, holes (inland seas) clockwise.

    Examples
    --------
    >>> rings = coastline("110m")
    >>> bool(np.all(rings[0][0] == rings[0][-1]))
    True
    """
    with np.load(Path(__file__).with_name("coastline.npz")) as file:
        points = np.cumsum(file[f"delta_{scale}"].T, axis=0, dtype="int64") * float(file["step"])
        stops = np.cumsum(file[f"size_{scale}"])
    return tuple(np.split(points, stops[:-1]))
