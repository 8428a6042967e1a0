"""What a report is made of: sections that hold text, figures, tables, facts and folded parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..units import format_number, format_unit

#: Text made of numbers, such as an interval or "3 / 4".
_FIGURES = re.compile(r"[\d\s.,/\[\]()%×±∞–−*-]+")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    label : str
        Heading.
    units : str, optional
        Unit in CF spelling, written below the heading; ``"1"`` and ``""`` write none.
    digits : int, optional
        Decimals of its floats; without it three significant digits.

    Examples
    --------
    >>> Column("bias", "m3 m-3", 3).unit_text
    'm³ m⁻³'
    """

    label: str
    units: str = ""
    digits: int | None = None

    @property
    def unit_text(self) -> str:
        """The unit as printed."""
        return "" if self.units in ("", "1") else format_unit(self.units)


@dataclass(frozen=True)
class Cell:
    """A printed value and whether it is made of numbers (which are right-aligned)."""

    text: str
    number: bool = False


def cell(value: object, column: Column) -> Cell:
    """Print one value of a table.

    Examples
    --------
    >>> cell(-0.0312, Column("bias", digits=3)), cell(None, Column("R")), cell("a < b", Column("note"))
    (Cell(text='−0.031', number=True), Cell(text='–', number=True), Cell(text='a < b', number=False))
    """
    if value is None:
        return Cell(format_number(None), number=True)
    if isinstance(value, bool | np.bool_):
        return Cell("yes" if value else "no")
    if isinstance(value, int | np.integer):
        return Cell(format_number(int(value)), number=True)
    if isinstance(value, float | np.floating):
        return Cell(format_number(float(value), column.digits), number=True)
    text = str(value)
    return Cell(text, number=bool(_FIGURES.fullmatch(text)))


@dataclass(frozen=True)
class Text:
    """Paragraphs."""

    paragraphs: tuple[str, ...]
    kind: str = "text"


@dataclass(frozen=True)
class Figure:
    """A numbered drawing with caption and units."""

    number: int
    svg: str
    caption: str
    units: str
    simulated: bool
    kind: str = "figure"


@dataclass(frozen=True)
class Table:
    """A numbered table with caption and notes."""

    number: int
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str
    notes: tuple[str, ...]
    simulated: bool
    kind: str = "table"


@dataclass(frozen=True)
class Facts:
    """Names and values, such as provenance."""

    entries: tuple[tuple[str, object], ...]
    kind: str = "facts"


@dataclass(frozen=True)
class Citations:
    """A list of works, each with its DOI or none."""

    entries: tuple[tuple[str, str], ...]
    kind: str = "citations"


@dataclass
class Details:
    """A folded part."""

    title: str
    blocks: list[Block] = field(default_factory=list)
    kind: str = "details"


@dataclass
class Section:
    """A numbered part of the report with its own line in the table of contents."""

    number: int
    title: str
    blocks: list[Block] = field(default_factory=list)


Block = Text | Figure | Table | Facts | Citations | Details


def paragraphs(text: str) -> tuple[str, ...]:
    r"""Split text at blank lines.

    Examples
    --------
    >>> paragraphs("One\ntwo.\n\nThree.")
    ('One two.', 'Three.')
    """
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def numeric_columns(rows: Sequence[Sequence[Cell]], count: int) -> list[bool]:
    """Which columns hold numbers only, so that their headings are right-aligned as well."""
    return [bool(rows) and all(row[i].number for row in rows) for i in range(count)]
