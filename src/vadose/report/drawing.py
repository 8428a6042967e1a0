"""Drawings from elsewhere: made sure that they load nothing and share no id with the rest of the page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ..errors import ConfigError

#: Elements that run, load or change links.
FORBIDDEN = {"script", "foreignObject", "iframe", "object", "embed", "set", "animate", "link"}

_ID = re.compile(r'\bid="([^"]*)"')
_LINK = re.compile(r'(url\(|href=")#')
_ARIA = re.compile(r'(aria-(?:labelledby|describedby)=")([^"]*)"')
_OUTSIDE = re.compile(r"url\(\s*[\"']?(?!#|data:image/)|@import", re.I)


def checked(svg: str, where: str) -> str:
    """The ``<svg>`` element of a text, after a check that it is whole, runs nothing and loads nothing.

    Parameters
    ----------
    svg : str
        A drawing, with or without XML declaration.
    where : str
        What to name in the error message.

    Raises
    ------
    ConfigError
        If it cannot be parsed, is no SVG, or would run or load something.

    Examples
    --------
    >>> checked('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "figure 1")
    '<svg xmlns="http://www.w3.org/2000/svg"/>'
    """
    text = svg[max(svg.find("<svg"), 0) :].strip()
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as err:
        raise ConfigError(where, found=f"SVG that cannot be parsed ({err})", needed="one whole <svg> element") from err
    if _local(root.tag) != "svg":
        raise ConfigError(where, found=f"<{root.tag}>", needed="one whole <svg> element")
    for element in root.iter():
        if found := _fault(element):
            raise ConfigError(where, found=f"{found} in the SVG", needed="a drawing that runs and loads nothing",
                              do="Embed images as data, and leave scripts out.")  # fmt: skip
    return text


def _fault(element: ElementTree.Element) -> str:
    name = _local(element.tag)
    if name in FORBIDDEN:
        return f"<{name}>"
    for key, value in element.attrib.items():
        key = _local(key)
        if key.lower().startswith("on"):
            return f"{key}={value!r}"
        if key in ("href", "src") and not value.startswith(("#", "data:image/")):
            return f"{key}={value!r}"
        if _OUTSIDE.search(value):
            return f"{key}={value!r}"
    if name == "style" and _OUTSIDE.search(element.text or ""):
        return "a style that loads a file"
    return ""


def with_own_ids(svg: str, number: int, taken: set[str]) -> str:
    """The drawing with ids that no other part of the page has; adds them to ``taken``.

    Examples
    --------
    >>> taken = {"a"}
    >>> with_own_ids('<svg><path id="a"/><use href="#a"/></svg>', 2, taken)
    '<svg><path id="f2-a"/><use href="#f2-a"/></svg>'
    >>> sorted(taken)
    ['a', 'f2-a']
    """
    ids = set(_ID.findall(svg))
    if ids & taken:
        mark = f"f{number}-"
        svg = _ID.sub(rf'id="{mark}\1"', svg)
        svg = _LINK.sub(rf"\1#{mark}", svg)
        svg = _ARIA.sub(lambda m: m[1] + " ".join(mark + name for name in m[2].split()) + '"', svg)
        ids = {mark + name for name in ids}
    taken |= ids
    return svg


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]
