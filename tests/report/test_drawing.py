import pytest

from vadose.errors import ConfigError
from vadose.report.drawing import checked, with_own_ids


def svg(inside):
    return '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">' + inside + "</svg>"


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<rect onclick="alert(1)"/>',
        '<image href="https://example.org/a.png"/>',
        '<image xlink:href="a.png"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<a href="data:text/html,x"><text>x</text></a>',
        '<rect style="fill: url(https://example.org/a.svg#x)"/>',
        "<style>@import 'a.css';</style>",
        "<style>* { background: url('a.png') }</style>",
        "<foreignObject/>",
        '<a href="#x"><set attributeName="href" to="javascript:alert(1)"/></a>',
    ],
)
def test_what_runs_or_loads_is_refused(inside):
    with pytest.raises(ConfigError, match="a drawing that runs and loads nothing"):
        checked(svg(inside), "figure 3")


@pytest.mark.parametrize(
    "inside",
    [
        '<image href="data:image/png;base64,AAAA"/>',
        '<use xlink:href="#a"/>',
        '<g clip-path="url(#a)"/>',
        "<text>https://example.org url(x) onclick=1 &lt;script&gt;</text>",
    ],
)
def test_what_only_draws_or_says_is_kept(inside):
    assert checked(svg(inside), "figure 3") == svg(inside)


@pytest.mark.parametrize("text", ["", "<svg>", "<div/>", "no drawing", "<svg/><svg/>"])
def test_what_is_no_whole_drawing_is_refused(text):
    with pytest.raises(ConfigError, match=r"figure 3.*one whole <svg> element"):
        checked(text, "figure 3")


def test_ids_change_with_all_that_refers_to_them():
    drawing = (
        '<svg aria-labelledby="t d"><title id="t"/><desc id="d"/><path id="a"/><use href="#a"/><g m="url(#a)"/></svg>'
    )
    taken = {"a"}
    out = with_own_ids(drawing, 7, taken)
    assert out == (
        '<svg aria-labelledby="f7-t f7-d"><title id="f7-t"/><desc id="f7-d"/><path id="f7-a"/>'
        '<use href="#f7-a"/><g m="url(#f7-a)"/></svg>'
    )
    assert taken == {"a", "f7-a", "f7-t", "f7-d"}


def test_ids_of_a_first_drawing_stay():
    taken: set[str] = set()
    assert with_own_ids('<svg id="x"/>', 1, taken) == '<svg id="x"/>'
    assert taken == {"x"}
