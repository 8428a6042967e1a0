"""The pages name tests, files and commands: they must exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_and_named_tests_exist(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
    for target in re.findall(r"`((?:tests|benchmarks|src|docs)/[\w/.]+(?:::\w+)?)`", text):
        path, _, name = target.partition("::")
        assert (ROOT / path).exists(), target
        if name:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), target


def test_python_names_in_the_pages_exist():
    import importlib

    import vadose

    for page in PAGES:
        for name in set(re.findall(r"\b(vadose(?:\.\w+)+)\(", page.read_text(encoding="utf-8"))):
            thing = vadose
            for part in name.split(".")[1:]:
                if not hasattr(thing, part):
                    thing = importlib.import_module(f"{thing.__name__}.{part}")
                else:
                    thing = getattr(thing, part)
            assert callable(thing), f"{page.name}: {name}"


def test_commands_in_the_readme_exist():
    from vadose.cli.commands import vadose

    blocks = re.findall(r"^```\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.M | re.S)
    named = set(re.findall(r"(?:^|bin/)vadose (\w+)", "".join(blocks), flags=re.M))
    assert len(named) >= 4
    for command in named:
        assert command in vadose.commands, command


def test_the_repository_holds_no_provider_data():
    import subprocess

    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    suffixes = {".nc", ".nc4", ".h5", ".hdf", ".stm", ".grb", ".zip", ".tif", ".tiff", ".parquet", ".pkl"}
    assert [f for f in listed.stdout.split() if Path(f).suffix.lower() in suffixes] == []
