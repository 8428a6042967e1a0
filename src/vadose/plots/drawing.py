"""A figure as SVG text that can stand in a page beside others."""

from __future__ import annotations

import hashlib
import html
import io
import re
import warnings
from typing import TYPE_CHECKING

from .style import drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The page may replace it; every face in it is at most as wide as the one Matplotlib measured with.
FONTS = "'Helvetica Neue', Arial, 'Liberation Sans', 'Noto Sans', 'DejaVu Sans', sans-serif"

_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.S)
_FAMILY = re.compile(r" ?font-family: [^;\"]*;?")
_FONT = re.compile(r"font: ([^;\"]*?)(\d+(?:\.\d+)?px) [^;\"]*")
_STYLE = re.compile(r"<defs>\s*<style[^>]*>\*\{[^}]*\}</style>\s*</defs>")
_UNTURNED = re.compile(r' transform="rotate\(-?0(?:\.0+)? [^"]*"')
_LONG = re.compile(r"(-?\d+\.\d{2})\d+")
_GEOMETRY = re.compile(r'(?<= )(d|x|y|transform)="([^"]*)"')
_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'(?:url\(#|href="#)([^)"]*)')
_BLANK = re.compile(r">\s+<")


@drawn
def svg(figure: Figure, *, title: str = "", description: str = "") -> str:
    """Write a figure as compact, deterministic SVG text for a page.

    Text stays text (it can be searched, copied and read aloud); dense parts that the plot functions mark so are
    embedded images. Ids are unique to the figure, so that many SVGs can stand in one page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        From any function of this room, or elsewhere.
    title, description : str, optional
        Text for screen readers; by default what the plot function said.

    Returns
    -------
    str
        One ``<svg>`` element without XML declaration, the same for the same figure on every call.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> text = svg(Figure(figsize=(1, 1)), title="R < 1", description="An empty figure.")
    >>> text.startswith("<svg") and text.endswith("</svg>"), "<title id=" in text, "R &lt; 1" in text
    (True, True, True)
    """
    from matplotlib.transforms import Bbox

    first, _, rest = str(figure.get_label()).partition("\n")
    title, description = title or first or "Figure", description or rest
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # names in any script are kept as text; the reader's browser has the glyphs that DejaVu lacks
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        # the whole canvas, so that figures line up on a page, and what reaches beyond it
        area = Bbox.union([figure.get_tightbbox().padded(0.02), Bbox([(0, 0), tuple(figure.get_size_inches())])])
        figure.savefig(buffer, format="svg", bbox_inches=area,
                       metadata={"Date": None, "Creator": None, "Format": None, "Type": None})  # fmt: skip
    text = buffer.getvalue()
    text = _METADATA.sub("", text[text.index("<svg") :].strip())
    text = _FAMILY.sub("", _FONT.sub(_font, text))
    # a rule for * would reach the whole page; as attributes of the drawing the same values are inherited
    text = _UNTURNED.sub("", _STYLE.sub("", text))
    text = _GEOMETRY.sub(_shorten, text)
    text = _BLANK.sub("><", text)
    return _name(text, title, description)


def _font(match: re.Match[str]) -> str:
    words, size = match[1].split(), match[2]
    weight = "; font-weight: bold" if {"bold", "700"} & set(words) else ""
    style = "; font-style: italic" if "italic" in words else ""
    return f"font-size: {size}{weight}{style}"


def _shorten(match: re.Match[str]) -> str:
    key, value = match[1], match[2]
    if key == "transform" and "scale" in value:
        return match[0]
    short = " ".join(_LONG.sub(r"\1", value).split())
    if key == "d" and not set(short) & set("QCAHVSTqcahvst"):
        # pairs that follow a pair are lines without saying so
        short = short.replace(" L ", " ")
    return f'{key}="{short}"'


def _name(text: str, title: str, description: str) -> str:
    prefix = "v" + hashlib.sha256(f"{title}\n{description}\n{text}".encode()).hexdigest()[:8]
    names = {old: f"{prefix}-{k}" for k, old in enumerate(dict.fromkeys(_USED.findall(text)))}
    text = _ID.sub(lambda m: f' id="{names[m[1]]}"' if m[1] in names else "", text)
    text = _USED.sub(lambda m: m[0].removesuffix(m[1]) + names[m[1]], text)
    head, _, body = text.partition(">")
    labels = f"{prefix}-title {prefix}-desc"
    return (
        f'{head} role="img" aria-labelledby="{labels}" font-family="{FONTS}" stroke-linejoin="round">'
        f'<title id="{prefix}-title">{html.escape(title)}</title>'
        f'<desc id="{prefix}-desc">{html.escape(description)}</desc>{body}'
    )
