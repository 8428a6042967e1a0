import pytest
import yaml

from vadose.errors import ConfigError
from vadose.recipes import config

GOOD = {
    "products": [{"label": "A", "id": "esa_cci", "paths": ["a/*.nc"]}],
    "stations": {"path": "ismn.zip"},
}


def write(tmp_path, content):
    path = tmp_path / "evaluate.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file_and_defaults_are_written_out(tmp_path):
    loaded = config.load(write(tmp_path, GOOD))
    assert loaded.products[0].paths == [str(tmp_path / "a/*.nc")]
    again = config.load(write(tmp_path, config.dump(loaded)))
    assert again == loaded
    assert yaml.safe_load(config.dump(loaded))["score"]["ci"] == "neff"


@pytest.mark.parametrize(("change", "match"), [
    ({"prodcts": []}, "prodcts"),
    ({"products": []}, "products"),
    ({"products": [{"label": "A"}]}, "id.*dataset"),
    ({"products": [{"label": "A", "id": "x"}]}, "paths"),
    ({"products": GOOD["products"] * 2}, "unique.*A"),
    ({"stations": {"path": "x", "depth": [0]}}, "stations.depth"),
    ({"stations": {"path": "x", "depth": [-1, 0.05]}}, "stations.depth"),
    ({"stations": {"dataset": "x"}}, "library"),
    ({"score": {"level": 95}}, "score.level"),
    ({"score": {"ci": "normal"}}, "score.ci"),
    ({"match": {"window": "12h", "radius": 3}}, "match.radius"),
    ({"match": {"temporal_reference": "B"}}, "temporal_reference.*'B'.*A"),
    ({"match": {"window": "twelve"}}, "match.window.*twelve"),
    ({"products": [{"label": "A", "id": "era5-land", "paths": ["x"]}]}, "Did you mean 'era5_land'"),
    ({"library": "lib", "products": [{"label": "A", "dataset": "x", "flags": "none"}]}, "`flags` go with `id`"),
    ({"library": "lib", "stations": {"dataset": "x", "local_hours": [5, 7]}}, "`local_hours`.*go with `path`"),
    ({"score": {"by": ["week"]}}, "score.by"),
    ({"score": {"anomalies": ["monthly"]}}, "score.anomalies"),
    ({"collocations": [{"products": ["A", "stations"]}]}, "collocations.0.products"),
    ({"collocations": [{"products": ["A", "A", "stations"]}]}, "three different"),
    ({"collocations": [{"products": ["A", "Z", "stations"]}]}, "unknown labels: Z"),
    ({"period": "2018/2017"}, "period.*ends before it starts"),
    ({"period": "soon"}, "period.*soon"),
    ({"bbox": [160, 10, -150, 20]}, "bbox.*date line"),
])  # fmt: skip
def test_every_fault_is_named_with_its_place(tmp_path, change, match):
    with pytest.raises(ConfigError, match=match) as caught:
        config.load(write(tmp_path, {**GOOD, **change}))
    assert "evaluate.yaml" in str(caught.value)


def test_all_faults_come_at_once(tmp_path):
    with pytest.raises(ConfigError, match=r"2 fault\(s\)"):
        config.load(write(tmp_path, {**GOOD, "typo": 1, "out": 3}))


@pytest.mark.parametrize(("text", "match"), [("a: [1", "not YAML"), ("- 1\n- 2", "list"), ("", "NoneType")])
def test_what_is_no_mapping_is_refused(tmp_path, text, match):
    with pytest.raises(ConfigError, match=match):
        config.load(write(tmp_path, text))


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.yaml"):
        config.load(tmp_path / "nothing.yaml")


def test_placeholders(tmp_path):
    raw = {**GOOD, "stations": {"path": "{data}/ismn.zip"}}
    assert config.load(write(tmp_path, raw), variables={"data": "/somewhere"}).stations.path == "/somewhere/ismn.zip"
    with pytest.raises(ConfigError, match="placeholder"):
        config.load(write(tmp_path, raw))


@pytest.mark.parametrize(
    ("text", "period"), [("2017", "2017"), ("2017-06-01", "2017-06-01"), ("2017/2018", "2017/2018")]
)
def test_a_period_may_be_what_yaml_takes_for_a_number_or_date(tmp_path, text, period):
    path = write(tmp_path, yaml.safe_dump(GOOD) + f"period: {text}\n")
    assert config.load(path).period == period
