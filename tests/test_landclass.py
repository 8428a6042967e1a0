import numpy as np

from vadose import landclass


def test_every_share_of_sand_and_clay_has_one_texture():
    sand, clay = np.meshgrid(np.linspace(0, 100, 201), np.linspace(0, 100, 201))
    inside = sand + clay <= 100
    assert (landclass.texture_class(sand[inside], clay[inside]) != "").all()
    assert (
        landclass.texture_class(sand[~inside & (sand + clay > 101)], clay[~inside & (sand + clay > 101)]) == ""
    ).all()


def test_groups_cover_all_classes_once():
    members = [c for group in landclass.LAND_COVER.values() for c in group]
    assert sorted(members) == sorted(landclass.IGBP)
    names = set(landclass.texture_class(*np.meshgrid(np.arange(0, 101), np.arange(0, 101))).ravel()) - {""}
    assert names == {c for group in landclass.TEXTURE.values() for c in group}


def test_paper_001_leaves_water_urban_ice_and_barren_out():
    assert landclass.group([0, 13, 15, 16], landclass.ECOSYSTEMS).tolist() == [""] * 4


def test_unknown_codes_and_missing_values():
    assert landclass.group([255], landclass.LAND_COVER).tolist() == [""]
    assert landclass.texture_class([np.nan], [10]).tolist() == [""]
    assert landclass.group_climate(["", "BWh"]).tolist() == ["", "B"]
