"""Where: grids as immutable values, from which every latitude and longitude in vadose comes."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from .errors import GridError

#: WGS 84: semi-major axis [m] and flattening.
WGS84_A, WGS84_F = 6378137.0, 1 / 298.257223563

#: EASE-Grid 2.0 global (EPSG:6933, NSIDC): name -> (cell size [m], rows, columns).
EASE2 = {
    "M01": (1000.89502334956, 14616, 34704),
    "M03": (3002.6850700487, 4872, 11568),
    "M09": (9008.05521014601, 1624, 3856),
    "M25": (25025.2600000, 584, 1388),
    "M36": (36032.220840584, 406, 964),
}

#: How far [degrees] a file's coordinate may lie from the cell centre it stands for.
SNAP_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Grid:
    """A rectilinear grid: latitude depends on the row only, longitude on the column only.

    Rows run north to south, columns west to east from −180°. A crop remembers its parent, so that the same
    cell has bit for bit the same coordinates in every crop.

    Use the constructors :meth:`regular`, :meth:`ease2` and :meth:`rectilinear`.

    Parameters
    ----------
    kind : {"regular", "ease2", "rectilinear"}
        Family of the grid.
    name : str
        ``"0.25"``, ``"M36"`` and the like.
    rows, cols : tuple of int
        Half-open window ``(start, stop)`` of the parent's rows and columns.
    registration : {"centre", "node"}
        For regular grids: cells between multiples of the resolution, or centred on them (ERA5).
    axes : tuple, optional
        Explicit latitudes and longitudes of a rectilinear grid.

    Examples
    --------
    >>> globe = Grid.regular(0.25)
    >>> globe.shape
    (720, 1440)
    >>> hawaii = globe.crop((-160, 18, -154, 23))
    >>> hawaii.shape, float(hawaii.lat[0]), float(hawaii.lon[0])
    ((20, 24), 22.875, -159.875)
    >>> hawaii == Grid.regular(0.25).crop((-160, 18, -154, 23))
    True
    """

    kind: str
    name: str
    rows: tuple[int, int]
    cols: tuple[int, int]
    registration: str = "centre"
    axes: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    # ------------------------------------------------------------------------------------- constructors
    @classmethod
    def regular(cls, resolution: float, *, registration: str = "centre") -> Grid:
        """Global regular latitude/longitude grid.

        Parameters
        ----------
        resolution : float
            Cell size [degrees]; must divide 180.
        registration : {"centre", "node"}
            ``"centre"``: first cell centre at 90 − resolution/2 (most products). ``"node"``: at 90 (ERA5).

        Raises
        ------
        GridError
            If the resolution does not divide 180 degrees.
        """
        if isinstance(resolution, bool) or not isinstance(resolution, numbers.Real):
            raise GridError("resolution", found=repr(resolution), needed="a positive divisor of 180°")
        if not resolution > 0 or abs(n := 180 / resolution) == math.inf or abs(n - round(n)) > 1e-6 * n:
            raise GridError("resolution", found=f"{resolution}°", needed="a positive divisor of 180°")
        if registration not in ("centre", "node"):
            raise GridError("registration", found=repr(registration), needed="'centre' or 'node'")
        rows = round(n)
        extra = 1 if registration == "node" else 0
        # the name must give back the exact number of rows: "0.25" does, 1/112 needs its fraction
        name = f"{resolution:.6g}"
        if abs(180 / float(name) - rows) > 1e-9 * rows:
            name = f"180/{rows}"
        return cls("regular", name, (0, rows + extra), (0, 2 * rows), registration)

    @classmethod
    def ease2(cls, name: str) -> Grid:
        """Global cylindrical EASE-Grid 2.0 (EPSG:6933): ``"M01"``, ``"M03"``, ``"M09"``, ``"M25"``, ``"M36"``."""
        if name not in EASE2:
            raise GridError("EASE-Grid 2.0 name", found=repr(name), needed=f"one of {list(EASE2)}")
        _, rows, cols = EASE2[name]
        return cls("ease2", name, (0, rows), (0, cols))

    @classmethod
    def rectilinear(cls, lat, lon, *, name: str = "custom") -> Grid:
        """Grid with explicit axes, such as a Gaussian model grid.

        Parameters
        ----------
        lat, lon : array_like, 1-D
            Cell centres [degrees], each strictly monotonic; stored north to south and −180..180.

        Raises
        ------
        GridError
            If an axis is not 1-D, finite and strictly monotonic.
        """
        lat = np.asarray(lat, dtype=float)
        lon = wrap_longitude(np.asarray(lon, dtype=float))
        for label, axis in (("lat", lat), ("lon", lon)):
            steps = np.diff(axis)
            if axis.ndim != 1 or not np.isfinite(axis).all() or (np.unique(axis).size != axis.size):
                raise GridError(f"{label} axis", found="repeated, missing or non-1-D values",
                                needed="distinct finite cell centres")  # fmt: skip
            if label == "lat" and not ((steps > 0).all() or (steps < 0).all()):
                raise GridError("lat axis", found="unsorted values", needed="a monotonic axis")
        axes = (tuple(np.sort(lat)[::-1].tolist()), tuple(np.sort(lon).tolist()))
        return cls("rectilinear", name, (0, lat.size), (0, lon.size), axes=axes)

    @classmethod
    def infer(cls, lat, lon, *, resolution: float | None = None, where: str = "coordinates") -> Grid:
        """Find the regular grid (and its crop) that two coordinate axes lie on.

        Parameters
        ----------
        lat, lon : array_like, 1-D
            Cell centres [degrees] in any order; gaps are allowed.
        resolution : float, optional
            Cell size [degrees]; from the smallest step where not given.

        Raises
        ------
        GridError
            If the axes fit no regular grid within :data:`SNAP_TOLERANCE`.
        """
        lat = np.unique(np.asarray(lat, dtype=float))
        lon = np.unique(wrap_longitude(np.asarray(lon, dtype=float)))
        if resolution is None:
            steps = [np.diff(a).min() for a in (lat, lon) if a.size > 1]
            if not steps:
                raise GridError(where, found="a single point", needed="at least two cells",
                                do="Pass the resolution.")  # fmt: skip
            resolution = float(min(steps))
            resolution = 180 / round(180 / resolution)
        for registration in ("centre", "node"):
            parent = cls.regular(resolution, registration=registration)
            try:
                row, col = parent.locate(lat, lon, where=where, pairwise=False)
            except GridError:
                continue
            return replace(parent, rows=(int(row.min()), int(row.max()) + 1),
                           cols=(int(col.min()), int(col.max()) + 1))  # fmt: skip
        raise GridError(where, found=f"axes with step {resolution:.6g}° on no regular grid",
                        needed=f"cell centres within {SNAP_TOLERANCE}° of a global regular grid",
                        do="Use Grid.rectilinear for a Gaussian or irregular axis.")  # fmt: skip

    # --------------------------------------------------------------------------------------- properties
    @property
    def resolution(self) -> float:
        """Cell size [degrees] of a regular grid, nominal (at the equator) for EASE-Grid 2.0."""
        if self.kind == "regular":
            return float(parse_resolution(self.name))
        if self.kind == "ease2":
            return 360 / EASE2[self.name][2]
        return float(np.median(np.abs(np.diff(self.axes[1])))) if len(self.axes[1]) > 1 else math.nan  # type: ignore[index]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.rows[1] - self.rows[0], self.cols[1] - self.cols[0]

    @property
    def lat(self) -> np.ndarray:
        """Latitudes of the cell centres [degrees north], north to south, float64."""
        return _axes(self._parent())[0][self.rows[0] : self.rows[1]].copy()

    @property
    def lon(self) -> np.ndarray:
        """Longitudes of the cell centres [degrees east], west to east, float64."""
        return _axes(self._parent())[1][self.cols[0] : self.cols[1]].copy()

    @property
    def lat_edges(self) -> np.ndarray:
        """Latitudes of the cell edges [degrees north], one more than rows."""
        return _axes(self._parent())[2][self.rows[0] : self.rows[1] + 1].copy()

    @property
    def lon_edges(self) -> np.ndarray:
        """Longitudes of the cell edges [degrees east], one more than columns."""
        return _axes(self._parent())[3][self.cols[0] : self.cols[1] + 1].copy()

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """Outer edges ``(west, south, east, north)`` [degrees]."""
        lat, lon = self.lat_edges, self.lon_edges
        return float(lon[0]), float(lat[-1]), float(lon[-1]), float(lat[0])

    @property
    def is_global_in_longitude(self) -> bool:
        """Whether the columns go once around the Earth."""
        return bool(abs(self.lon_edges[-1] - self.lon_edges[0] - 360) < 1e-6)

    def coords(self) -> dict[str, tuple[str, np.ndarray, dict[str, str]]]:
        """Coordinates for an :class:`xarray.Dataset`, with CF attributes."""
        return {
            "lat": ("lat", self.lat, {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"}),
            "lon": ("lon", self.lon, {"standard_name": "longitude", "units": "degrees_east", "axis": "X"}),
        }

    def area(self) -> np.ndarray:
        """Area of the cells on the WGS 84 ellipsoid.

        Returns
        -------
        ndarray, shape (rows, 1)
            Area [m2]; every column of a row has the same area unless the axis is irregular, then
            shape (rows, columns).

        Examples
        --------
        >>> bool(np.isclose(Grid.regular(1.0).area().sum() * 360, 5.10065622e14, rtol=1e-8))
        True
        """
        band = np.abs(np.diff(authalic_term(np.radians(self.lat_edges))))
        width = np.radians(np.diff(self.lon_edges))
        area = band[:, None] * width[None, :]
        return area[:, :1] if self.kind != "rectilinear" else area

    # ------------------------------------------------------------------------------------------ actions
    def crop(self, bbox: tuple[float, float, float, float]) -> Grid:
        """The cells whose centre lies in a box.

        Parameters
        ----------
        bbox : tuple of float
            ``(west, south, east, north)`` [degrees], west < east.

        Raises
        ------
        GridError
            If the box is malformed or holds no cell centre.
        """
        west, south, east, north = check_bbox(bbox)
        rows = np.flatnonzero((self.lat >= south) & (self.lat <= north))
        cols = np.flatnonzero((self.lon >= west) & (self.lon <= east))
        if not rows.size or not cols.size:
            raise GridError("bbox", found=f"{bbox}, which holds no cell centre of {self}",
                            needed=f"a box that overlaps {self.bbox}")  # fmt: skip
        return replace(self, rows=(self.rows[0] + int(rows[0]), self.rows[0] + int(rows[-1]) + 1),
                       cols=(self.cols[0] + int(cols[0]), self.cols[0] + int(cols[-1]) + 1))  # fmt: skip

    def locate(self, lat, lon, *, where: str = "coordinates", tolerance: float = SNAP_TOLERANCE,
               pairwise: bool = True) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Rows and columns of cell centres, refusing coordinates that are not cell centres.

        Parameters
        ----------
        lat, lon : array_like
            Cell centres [degrees]; longitudes may run 0..360.
        where : str
            What to name in the error message.
        tolerance : float
            Largest distance [degrees] from the centre.
        pairwise : bool
            Whether ``lat`` and ``lon`` are points (equal shapes) or two axes.

        Returns
        -------
        tuple of ndarray of int
            Row and column of each value.

        Raises
        ------
        GridError
            If a value lies further than ``tolerance`` from every cell centre.
        """
        row, col = self.nearest(lat, lon, pairwise=pairwise)
        lat, lon = np.asarray(lat, dtype=float), wrap_longitude(np.asarray(lon, dtype=float))
        inside = (row >= 0).all() and (col >= 0).all()
        if inside:
            off_lat = np.abs(self.lat[row] - lat)
            off_lon = np.abs((self.lon[col] - lon + 180) % 360 - 180)
            worst = max(off_lat.max(initial=0.0), off_lon.max(initial=0.0))
            if worst <= tolerance:
                return row, col
            found = f"values up to {worst:.4g}° away from the cell centres of {self}"
        else:
            found = f"values outside {self} {tuple(round(b, 3) for b in self.bbox)}"
        raise GridError(where, found=found, needed=f"cell centres within {tolerance}°")

    def nearest(self, lat, lon, *, pairwise: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of the cell that contains each point, −1 where the point lies outside.

        Parameters
        ----------
        lat, lon : array_like
            Points [degrees]; longitudes may run 0..360.
        pairwise : bool
            If true, a point outside in one direction gets −1 in both.
        """
        lat = np.asarray(lat, dtype=float)
        lon = wrap_longitude(np.asarray(lon, dtype=float))
        row = np.searchsorted(-self.lat_edges, -lat, side="right") - 1
        row = np.where(lat == self.lat_edges[-1], self.shape[0] - 1, row)  # the southern edge belongs to the last row
        edges = self.lon_edges
        shifted = np.where(lon < edges[0], lon + 360, lon)  # cells of node grids reach beyond −180
        shifted = np.where(shifted >= edges[0] + 360, shifted - 360, shifted)
        col = np.searchsorted(edges, shifted, side="right") - 1
        bad_row = (row < 0) | (row >= self.shape[0]) | ~np.isfinite(lat)
        bad_col = (col < 0) | (col >= self.shape[1]) | ~np.isfinite(lon)
        if pairwise:
            bad_row = bad_col = bad_row | bad_col
        return np.where(bad_row, -1, row), np.where(bad_col, -1, col)

    def covering(self, lat, lon, *, where: str = "coordinates") -> Grid:
        """The smallest crop that holds all given cell centres."""
        row, col = self.locate(lat, lon, where=where)
        return replace(self, rows=(self.rows[0] + int(row.min()), self.rows[0] + int(row.max()) + 1),
                       cols=(self.cols[0] + int(col.min()), self.cols[0] + int(col.max()) + 1))  # fmt: skip

    def __str__(self) -> str:
        label = {"regular": f"{self.name}° regular", "ease2": f"EASE-Grid 2.0 {self.name}",
                 "rectilinear": f"{self.name} rectilinear"}[self.kind]  # fmt: skip
        return f"{label} grid of {self.shape[0]}×{self.shape[1]} cells"

    # --------------------------------------------------------------------------------- text form (attrs)
    def to_attr(self) -> str:
        """Text form kept in a dataset's ``grid`` attribute; :meth:`from_attr` reads it back."""
        window = f"{self.rows[0]}:{self.rows[1]},{self.cols[0]}:{self.cols[1]}"
        return f"{self.kind}/{self.name}/{self.registration}/{window}"

    @classmethod
    def of(cls, ds) -> Grid:
        """The grid of a canonical gridded dataset (from its ``grid`` attribute, else inferred).

        Parameters
        ----------
        ds : xarray.Dataset or DataArray
            With 1-D ``lat`` and ``lon``.

        Raises
        ------
        GridError
            If the coordinates fit neither the attribute nor any regular grid.
        """
        lat, lon = np.asarray(ds["lat"].values), np.asarray(ds["lon"].values)
        text = ds.attrs.get("grid", "")
        if text and not text.startswith("rectilinear"):
            kind, name, registration, _ = text.rsplit("/", 3) if text.count("/") == 3 else _split_ratio(text)
            parent = (
                cls.ease2(name) if kind == "ease2" else cls.regular(parse_resolution(name), registration=registration)
            )
            row, col = parent.locate(lat, lon, where="grid", pairwise=False)
            return replace(parent, rows=(int(row[0]), int(row[-1]) + 1), cols=(int(col[0]), int(col[-1]) + 1))
        if text or lat.size < 2 or lon.size < 2:
            return cls.rectilinear(lat, lon)
        try:
            found = cls.infer(lat, lon)
            # unequal steps of lat and lon, each regular, look like gaps to infer()
            steps = [np.abs(np.diff(axis)) for axis in (lat, lon)]
            if found.shape == (lat.size, lon.size) or not all(np.ptp(s) < SNAP_TOLERANCE for s in steps):
                return found
        except GridError:
            pass
        for name in EASE2:
            parent = cls.ease2(name)
            try:
                row, col = parent.locate(lat, lon, where="grid", pairwise=False)
            except GridError:
                continue
            if (np.diff(row) == 1).all() and (np.diff(col) == 1).all():
                return replace(parent, rows=(int(row[0]), int(row[-1]) + 1), cols=(int(col[0]), int(col[-1]) + 1))
        return cls.rectilinear(lat, lon)

    def _parent(self) -> Grid:
        if self.kind == "regular":
            return Grid.regular(parse_resolution(self.name), registration=self.registration)
        if self.kind == "ease2":
            return Grid.ease2(self.name)
        return replace(self, rows=(0, len(self.axes[0])), cols=(0, len(self.axes[1])))  # type: ignore[index]


def _split_ratio(text: str) -> tuple[str, str, str, str]:
    kind, rest = text.split("/", 1)
    name, registration, window = rest.rsplit("/", 2)
    return kind, name, registration, window


def parse_resolution(name: str) -> float:
    """Resolution from a grid's name: ``"0.25"`` or ``"180/20160"``."""
    if "/" in name:
        top, bottom = name.split("/")
        return float(top) / float(bottom)
    return float(name)


@lru_cache(maxsize=32)
def _axes(grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Centres and edges of a whole (parent) grid."""
    n_lat, n_lon = grid.rows[1], grid.cols[1]
    if grid.kind == "regular":
        # (integer · 180) / integer is correctly rounded, so 0.1° centres carry no accumulated error
        cells = n_lon // 2
        shift = 0.5 if grid.registration == "centre" else 0.0
        lat = 90 - (np.arange(n_lat) + shift) * 180 / cells
        lon = -180 + (np.arange(n_lon) + shift) * 180 / cells
        lat_edges = np.clip(90 - (np.arange(n_lat + 1) + shift - 0.5) * 180 / cells, -90, 90)
        lon_edges = -180 + (np.arange(n_lon + 1) + shift - 0.5) * 180 / cells
    elif grid.kind == "ease2":
        size = EASE2[grid.name][0]
        lat = _ease2_latitude((n_lat / 2 - np.arange(n_lat) - 0.5) * size)
        lat_edges = _ease2_latitude((n_lat / 2 - np.arange(n_lat + 1)) * size)
        # the equator is divided into a whole number of columns: longitude needs no projection
        lon = -180 + (np.arange(n_lon) + 0.5) * 360 / n_lon
        lon_edges = -180 + np.arange(n_lon + 1) * 360 / n_lon
    else:
        lat, lon = (np.asarray(a) for a in grid.axes)  # type: ignore[union-attr]
        lat_edges, lon_edges = np.clip(_edges(lat), -90, 90), _edges(lon)
    for a in (lat, lon, lat_edges, lon_edges):
        a.setflags(write=False)
    return lat, lon, lat_edges, lon_edges


def _edges(centres: np.ndarray) -> np.ndarray:
    if centres.size == 1:
        return np.array([centres[0] + (0.5 if centres[0] > 0 else -0.5), centres[0] - 0.5])
    middle = (centres[1:] + centres[:-1]) / 2
    first, last = centres[0] - (middle[0] - centres[0]), centres[-1] + (centres[-1] - middle[-1])
    return np.r_[first, middle, last]


def _ease2_latitude(y: np.ndarray) -> np.ndarray:
    """Latitude [degrees] of a northing [m] in EPSG:6933."""
    from pyproj import Transformer

    to_geographic = Transformer.from_crs("EPSG:6933", "EPSG:4326", always_xy=True)
    limit = 7342230.13649868  # northing of the pole, metres
    return to_geographic.transform(np.zeros_like(y), np.clip(y, -limit, limit))[1]


def authalic_term(phi: np.ndarray) -> np.ndarray:
    """Area of the WGS 84 ellipsoid per radian of longitude, from the equator to a parallel.

    Parameters
    ----------
    phi : ndarray
        Geodetic latitude [rad].

    Returns
    -------
    ndarray
        Area [m2 rad-1], negative south of the equator.

    Examples
    --------
    >>> round(float(4 * np.pi * authalic_term(np.pi / 2)) / 1e12, 6)
    510.065622
    """
    e2 = WGS84_F * (2 - WGS84_F)
    e = math.sqrt(e2)
    s = np.sin(phi)
    return WGS84_A**2 * (1 - e2) / 2 * (s / (1 - e2 * s**2) + np.arctanh(e * s) / e)


def wrap_longitude(lon):
    """Longitudes in [−180, 180).

    Examples
    --------
    >>> wrap_longitude(np.array([0.125, 180.0, 359.875])).tolist()
    [0.125, -180.0, -0.125]
    """
    lon = np.asarray(lon, dtype=float)
    inside = (lon >= -180) & (lon < 180)
    return np.where(inside, lon, (lon + 180) % 360 - 180)


def check_bbox(bbox: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Validate ``(west, south, east, north)`` in degrees and return it as floats."""
    try:
        west, south, east, north = (float(b) for b in bbox)
    except (TypeError, ValueError):
        raise GridError("bbox", found=repr(bbox), needed="four numbers: west, south, east, north") from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise GridError("bbox", found=f"{bbox}", needed="west < east in −180..180 and south < north in −90..90",
                        do="A box across the date line is two boxes.")  # fmt: skip
    return west, south, east, north


def distance(lat1, lon1, lat2, lon2):
    """Great-circle distance [m] on a sphere of 6371.0088 km (mean Earth radius).

    Examples
    --------
    >>> round(float(distance(0.0, 0.0, 0.0, 1.0)))
    111195
    """
    p1, p2 = np.radians(lat1), np.radians(lat2)
    half = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(np.radians(np.subtract(lon2, lon1)) / 2) ** 2
    return 2 * 6371008.8 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
