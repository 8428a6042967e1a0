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


def _code_commands():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        code = re.findall(r"`([^`\n]*vadose [^`\n]*)`", text)
        for block in re.findall(r"^```\n(.*?)^```", text, flags=re.M | re.S) + re.findall(
            r"(?:^    .*\n)+", text, flags=re.M
        ):
            code += block.splitlines()
        for line in code:
            line = line.split("#")[0].replace("\\|", "|")
            found = re.search(r"(?:^|/|\s)vadose ((?:[a-z]).*)", line)
            if found and "import" not in line:
                yield page, found[1].split()


def test_commands_in_the_pages_exist():
    import click

    from vadose.cli.commands import vadose
    from vadose.recipes import RECIPES

    seen = 0
    for page, words in _code_commands():
        where = f"{page.name}: vadose {' '.join(words)}"
        command = vadose.commands.get(words[0])
        assert command is not None, where
        rest = words[1:]
        if isinstance(command, click.Group) and rest and re.fullmatch(r"[a-z|]+", rest[0]):
            for name in rest[0].split("|"):
                assert name in command.commands, where
            command = command.commands[rest[0].split("|")[0]]
        elif isinstance(command, click.Group):
            continue
        if words[0] == "run" and rest and re.fullmatch(r"[a-z-]+", rest[0]) and not rest[0].startswith("-"):
            assert rest[0] in RECIPES, where
        options = {o for p in command.params for o in p.opts} | {"--help", "-h", "--version"}
        for word in rest:
            if word.startswith("--"):
                assert word.rstrip(",.:;)") in options, f"{where}: {word}"
        seen += 1
    assert seen > 40


def test_named_tests_exist_by_their_short_names():
    """``test_x.py::test_y``, ``test_y`` alone, and either shortened by ``...``."""
    texts: dict[str, str] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        texts[path.name] = texts.get(path.name, "") + path.read_text(encoding="utf-8")
    everything = "".join(texts.values())
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for path, name in re.findall(r"`(?:[\w/]*/)?(test_\w+\.py)(?:::(\w+))?", text):
            assert path in texts, f"{page.name}: {path}"
            assert not name or f"def {name}" in texts[path], f"{page.name}: {path}::{name}"
        for name in re.findall(r"`(?:::)?(test_\w+)(?:\.\.\.)?`", text):
            assert f"def {name}" in everything, f"{page.name}: {name}"


def test_every_command_and_recipe_has_a_row():
    import click

    from vadose.cli.commands import vadose
    from vadose.recipes import RECIPES

    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name, command in vadose.commands.items():
        row = re.search(rf"^\| `vadose {name}\b(.*?)` \|", text, flags=re.M)
        assert row, name
        if isinstance(command, click.Group) and len(command.commands) > 1:
            assert set(row[1].replace("\\|", " ").split()) == set(command.commands), name
    for name, recipe in RECIPES.items():
        row = re.search(rf"^\| `{name}` \| (.*?) \|", text, flags=re.M)
        assert row, name
        assert row[1].replace("`", "").split(", ") == [f"--{o}" for o in recipe.takes], name


def test_every_page_is_listed():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").split()
    for page in (ROOT / "docs").glob("*.md"):
        assert page.stem == "index" or page.stem in index, page.name


def test_every_room_and_constant_is_in_the_api_page():
    import importlib

    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    home = ROOT / "src" / "vadose"
    rooms = [p.parent.name for p in home.glob("*/__init__.py")] + [p.stem for p in home.glob("*.py")]
    for room in rooms:
        if room.startswith("_") or room == "cli":  # the command line has a page of its own
            continue
        assert f"   vadose.{room}\n" in text, room
        for name in getattr(importlib.import_module(f"vadose.{room}"), "__all__", ()):
            if name.isupper():
                assert f"`{room}.{name}`" in text, f"{room}.{name}"


def _models():
    from vadose.fusion import Stations, plan
    from vadose.recipes import (
        drought_settings,
        fusion_settings,
        gpp_coupling_inputs,
        multisource_settings,
        seasonal_drydown,
        surface_depth,
        tsmv_result,
    )

    return {
        "`drought`": drought_settings.DroughtSettings, "`drought`: `change`": drought_settings.ChangeSettings,
        "`gpp-coupling`": gpp_coupling_inputs.CouplingConfig,
        "`multisource-trends`": multisource_settings.TrendsConfig,
        "`multisource-trends`: a product": multisource_settings.TrendProduct,
        "`multisource-trends`: a map of classes": multisource_settings.ClassMap,
        "`rsssm` and `twin-exam`": fusion_settings.FusionSettings,
        "`rsssm` and `twin-exam`: `calibrate`": Stations,
        "`seasonal-drydown`": seasonal_drydown.SeasonalSettings, "`surface-depth`": surface_depth.SurfaceDepthSettings,
        "`tsmv`": tsmv_result.TsmvSettings, "A plan of fusion": plan.Plan, "Plan: a product": plan.Product,
        "Plan: a factor": plan.Factor, "Plan: `zones`": plan.Zones, "Plan: `networks`": plan.Networks,
        "Plan: `mask`": plan.Mask, "Plan: a round": plan.Round, "Plan: a sub-step": plan.SubStep,
    }  # fmt: skip


@pytest.mark.parametrize("heading", list(_models()))
def test_settings_in_the_page_are_those_of_the_models(heading):
    """Every entry with its default, in the order of the model."""
    import pydantic
    import yaml

    model = _models()[heading]
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    section = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, flags=re.M | re.S)
    assert section, heading
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.+?) \|$", section[1], flags=re.M)
    assert [r[0] for r in rows] == list(model.model_fields)
    for name, cell, meaning in rows:
        field = model.model_fields[name]
        assert meaning.strip()
        if field.is_required():
            assert cell == "needed", name
        elif cell != "below":
            default = field.get_default(call_default_factory=True)
            if isinstance(default, pydantic.BaseModel):
                default = default.model_dump(mode="json")
            plain = pydantic.TypeAdapter(object).dump_python(default, mode="json")
            assert yaml.safe_load(cell.strip("`")) == plain, name


def test_the_page_names_what_evaluate_1km_adds_to_a_validation():
    from vadose.recipes.config import EvaluateConfig
    from vadose.recipes.evaluate_1km_settings import Evaluate1kmConfig

    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    section = re.search(r"^### `evaluate-1km`\n(.*?)(?=^#)", text, flags=re.M | re.S)
    own = [k for k in Evaluate1kmConfig.model_fields if k not in EvaluateConfig.model_fields]
    assert re.findall(r"^\| `(\w+)` \|", section[1], flags=re.M) == own


def test_settings_shown_in_the_pages_are_accepted():
    import yaml

    from vadose.recipes.compare_products import CompareConfig
    from vadose.recipes.config import EvaluateConfig
    from vadose.recipes.settings import check

    models = _models()
    kinds = {
        "configuration.md": [EvaluateConfig, CompareConfig], "paper-000-trends.md": [models["`multisource-trends`"]],
        "paper-001-coupling.md": [models["`gpp-coupling`"]], "paper-003-cycles.md": [models["`seasonal-drydown`"]],
        "depth-and-drought.md": [models["`drought`"]],
    }  # fmt: skip
    for page in PAGES:
        blocks = re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        wanted = kinds.get(page.name, [])
        assert len(blocks) == len(wanted), page.name
        for block, model in zip(blocks, wanted):
            check(yaml.safe_load(block), model, where=page.name)
            if model is EvaluateConfig:
                for name in model.model_fields:
                    assert re.search(rf"^{name}:", block, flags=re.M), name


def test_the_repository_holds_no_provider_data():
    import subprocess

    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    suffixes = {".nc", ".nc4", ".h5", ".hdf", ".stm", ".grb", ".zip", ".tif", ".tiff", ".parquet", ".pkl"}
    assert [f for f in listed.stdout.split() if Path(f).suffix.lower() in suffixes] == []
