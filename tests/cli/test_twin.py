import pytest

from vadose.cli import main
from vadose.store import Library


def run(capsys, *argv):
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in argv])
    return stop.value.code, *capsys.readouterr()


def test_twin_create_writes_a_library(capsys, tmp_path):
    argv = ["twin", "create", "--library", tmp_path / "lib", "--region", "28,38,30,40", "--resolution", "0.5"]
    code, out, err = run(capsys, *argv, "--years", "2015", "--seed", "5")
    assert code == 0 and "SIMULATED datasets written" in out and "windsat_lprm" in err
    library = Library(tmp_path / "lib")
    assert {"twin/truth", "twin/smap_e", "twin/factors", "twin/stations"} <= set(library.names())
    assert library.open("twin/smap_e").sizes["time"] == 27
    assert library.open("twin/truth").attrs["simulated"] == "true"
    code, _, err = run(capsys, *argv, "--years", "2015", "--seed", "5")
    assert code == 2 and "already there" in err and "Traceback" not in err


@pytest.mark.parametrize(("option", "value", "says"), [
    ("--region", "here", "west,south,east,north"), ("--region", "4,2,3,1", "west < east"),
    ("--years", "then", "2003-2018"),
    ("--years", "2018-2003", "first year"), ("--resolution", "0.7", "divisor of 180"), ("--products", "smap", "smap_e"),
    ("--step", "week", "dekad"),
])  # fmt: skip
def test_bad_requests_end_with_a_message(capsys, tmp_path, option, value, says):
    options = {"--region": "28,38,29,39", "--resolution": "0.5", "--years": "2015", option: value}
    code, _, err = run(capsys, "twin", "create", "--library", tmp_path / "lib",
                       *[x for pair in options.items() for x in pair])  # fmt: skip
    assert code == 2 and says in " ".join(err.split()) and "Traceback" not in err
