"""The ISEA-4H9 grid of SMOS: coordinates named in file headers, geometry of the orbit, and uniformity."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from vadose.errors import InputFileError
from vadose.grid import distance
from vadose.products.smos_grid import locate_points

FILES = ("SM_REPR_MIR_SMUDP2_20100601T073146_20100601T082504_700_100_1.nc",
         "SM_REPR_MIR_SMUDP2_20100601T141203_20100601T150522_700_100_1.nc")  # fmt: skip
ALL = np.concatenate([[1], np.arange(2, 262146), *[1_000_000 * r + np.arange(1, 262145) for r in range(1, 10)],
                      [9_262_145]])  # fmt: skip


def unit(lat, lon):
    lat, lon = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("extreme", ["Southernmost", "Northernmost", "Easternmost", "Westernmost"])
def test_coordinates_of_the_file_headers(data, name, extreme):
    with netCDF4.Dataset(data / "smos_l2" / name) as nc:
        place = "Variable_Header:Specific_Product_Header:L2_Product_Location:" + extreme
        number = int(nc.getncattr(f"{place}_Gridpoint_ID"))
        axis = "Latitude" if "thern" in extreme else "Longitude"
        value = float(nc.getncattr(f"{place}_{axis}"))
    lat, lon = locate_points([number])
    assert (lat if axis == "Latitude" else lon)[0] == pytest.approx(value, abs=0.0013)


@pytest.mark.parametrize("name", FILES)
def test_the_extremes_of_the_headers_are_the_extremes_of_all_points(data, name):
    with netCDF4.Dataset(data / "smos_l2" / name) as nc:
        nc.set_auto_maskandscale(False)
        number, place = nc["Grid_Point_ID"][:], "Variable_Header:Specific_Product_Header:L2_Product_Location:"
        north = int(nc.getncattr(f"{place}Northernmost_Gridpoint_ID"))
        south = int(nc.getncattr(f"{place}Southernmost_Gridpoint_ID"))
    lat, _ = locate_points(number)
    assert lat.max() - lat[number == north][0] < 0.001
    assert lat[number == south][0] - lat.min() < 0.001


@pytest.mark.parametrize("name", FILES)
def test_points_seen_together_lie_in_one_swath(data, name):
    with netCDF4.Dataset(data / "smos_l2" / name) as nc:
        nc.set_auto_maskandscale(False)
        number, days, seconds = (nc[n][:] for n in ("Grid_Point_ID", "Days", "Seconds"))
    seen = days > 0
    where, seconds = unit(*locate_points(number[seen])), seconds[seen]
    centres, times = [], []
    for start in range(int(seconds.min()), int(seconds.max()), 60):
        near = (seconds >= start) & (seconds < start + 5)
        if near.sum() < 30:
            continue
        centre = where[near].mean(axis=0)
        centre /= np.linalg.norm(centre)
        half_swath = np.degrees(np.arccos((where[near] @ centre).min()))
        assert half_swath < 8  # 1000 km swath: 5.2° either side
        centres.append(centre)
        times.append(seconds[near].mean())
    centres = np.array(centres)
    step = np.arccos((centres[1:] * centres[:-1]).sum(axis=1)) * 6371 / np.diff(times)
    assert np.median(step) == pytest.approx(6.7, abs=0.2)  # ground speed [km s-1] of a 758 km orbit


def test_points_are_distinct_and_evenly_spread():
    from scipy.spatial import cKDTree

    # rhombi 3 and 4 meet at an edge, 8 joins both from the other ring: no point twice, none missing at the seams
    points = unit(*locate_points(ALL[(ALL // 1_000_000 == 2) | (ALL // 1_000_000 == 3) | (ALL // 1_000_000 == 7)]))
    gap = cKDTree(points).query(points[::41], k=2)[0][:, 1] * 6371
    assert gap.min() > 12.9 and gap.max() < 14.5
    some = ALL[::7]
    lat, _ = locate_points(some)
    # equal area: every tenth of the sphere between parallels holds a tenth of the points
    share = np.histogram(np.sin(np.radians(lat)), np.linspace(-1, 1, 11))[0] / some.size
    np.testing.assert_allclose(share, 0.1, atol=1e-3)


def test_neighbours_in_a_rhombus_and_the_two_poles_of_the_figure():
    lat, lon = locate_points([1, 9_262_145])
    assert lat[0] == pytest.approx(-lat[1]) and abs(lon[0] - lon[1]) == pytest.approx(180)
    lat, lon = locate_points(2_000_001 + 512 * 100 + np.array([200, 201, 200 + 512]))
    assert 12_900 < distance(lat[0], lon[0], lat[1], lon[1]) < 17_000
    assert 12_900 < distance(lat[0], lon[0], lat[2], lon[2]) < 17_000


@pytest.mark.parametrize("number", [0, -5, 262146, 999_999, 1_262_145, 9_262_146, 10_000_001])
def test_numbers_off_the_grid_are_refused(number):
    with pytest.raises(InputFileError, match=str(number)):
        locate_points([2, number])
