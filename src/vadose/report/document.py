"""One self-contained HTML page made of sections, figures and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..errors import ConfigError
from ..units import format_unit
from .blocks import (
    Block,
    Cell,
    Citations,
    Column,
    Details,
    Facts,
    Figure,
    Section,
    Table,
    Text,
    cell,
    numeric_columns,
    paragraphs,
)  # fmt: skip
from .drawing import checked, with_own_ids

_DOI = re.compile(r"10\.\d{4,9}/\S+")


class Report:
    """A page that is put together part by part and written as one file that loads nothing.

    Parameters
    ----------
    title : str
        Heading of the page.
    subtitle : str, optional
        One line below it.
    simulated : bool, optional
        Whether the data come from the twin: a banner stands on the page and a mark at every figure and table.

    Notes
    -----
    Every text is escaped: a station called ``<b>`` is printed so. Only SVG is inserted as it is, after a check that it
    is well-formed, runs nothing and loads nothing.

    Examples
    --------
    >>> report = Report("Validation", subtitle="Hawaii", simulated=True)
    >>> report.add_section("Scores", "Every product against the stations of its cells.")
    >>> report.add_table(["product", Column("bias", "m3 m-3", 3)], [["A & B", -0.031]], "Scores by product.")
    >>> page = report.html()
    >>> "A &amp; B" in page, "−0.031" in page, "Simulated data" in page
    (True, True, True)
    """

    def __init__(self, title: str, *, subtitle: str = "", simulated: bool = False) -> None:
        self.title = title
        self.subtitle = subtitle
        self.simulated = simulated
        self.sections: list[Section] = []
        self._open: list[list[Block]] = []
        self._figures = self._tables = 0
        self._ids: set[str] = set()

    def add_section(self, title: str, intro: str = "") -> None:
        """Begin a section; what is added next belongs to it.

        Parameters
        ----------
        title : str
            Heading, also in the table of contents.
        intro : str, optional
            First paragraphs; blank lines separate them.
        """
        if self._open:
            raise ConfigError("add_section", found="a folded part that is still open", needed="a section outside it",
                              do="Leave the `with report.add_details(...)` block first.")  # fmt: skip
        self.sections.append(Section(len(self.sections) + 1, _worded(title, "title of a section")))
        if intro:
            self.add_text(intro)

    def add_text(self, text: str) -> None:
        """Add paragraphs; blank lines separate them."""
        self._add(Text(paragraphs(text)))

    def add_figure(self, svg: str, caption: str, *, units: str) -> None:
        """Add a numbered figure.

        Parameters
        ----------
        svg : str
            One ``<svg>`` element, as from ``vadose.plots.svg``.
        caption : str
            What is seen, in a sentence or more.
        units : str
            Unit of what is drawn in CF spelling (``"1"``: dimensionless); several are separated by commas.

        Raises
        ------
        ConfigError
            If the caption or units are empty, or the SVG is damaged, runs a script or loads a file.
        """
        number = self._figures + 1
        where = f"figure {number}"
        caption = _worded(caption, f"caption of {where}")
        units = ", ".join(_unit_words(part) for part in _worded(units, f"units of {where}").split(","))
        block = Figure(number, with_own_ids(checked(svg, where), number, self._ids), caption, units, self.simulated)
        self._add(block)
        self._figures = number

    def add_table(
        self,
        columns: Sequence[str | Column],
        rows: Sequence[Sequence[object]],
        caption: str,
        notes: str | Sequence[str] = (),
    ) -> None:
        """Add a numbered table.

        Parameters
        ----------
        columns : sequence of str or Column
            Headings, with units and decimals where they are given.
        rows : sequence of sequence
            Values: text, numbers, or None for a missing one. Numbers are right-aligned with a real minus sign.
        caption : str
            What the table shows.
        notes : str or sequence of str, optional
            Remarks below the table.

        Raises
        ------
        ConfigError
            If the caption is empty, or a row has another length than the columns.
        """
        number = self._tables + 1
        heads = tuple(c if isinstance(c, Column) else Column(str(c)) for c in columns)
        for k, row in enumerate(rows):
            if len(row) != len(heads):
                raise ConfigError(f"table {number}, row {k + 1}", found=f"{len(row)} values", needed=f"{len(heads)}")
        cells = tuple(tuple(cell(v, c) for v, c in zip(row, heads)) for row in rows)
        remarks = (notes,) if isinstance(notes, str) else tuple(map(str, notes))
        caption = _worded(caption, f"caption of table {number}")
        self._add(Table(number, heads, cells, caption, tuple(n for n in remarks if n), self.simulated))
        self._tables = number

    @contextmanager
    def add_details(self, title: str) -> Iterator[None]:
        """Fold away what is added inside the ``with`` block; it is unfolded in print.

        Examples
        --------
        >>> report = Report("Validation")
        >>> report.add_section("Series")
        >>> with report.add_details("Every cell"):
        ...     report.add_text("Cell 1")
        >>> report.html().count("<details")
        1
        """
        part = Details(_worded(title, "title of a folded part"))
        self._add(part)
        self._open.append(part.blocks)
        try:
            yield
        finally:
            self._open.pop()

    def add_provenance(self, facts: Mapping[str, object]) -> None:
        """Add names and values that tell where the numbers come from.

        Parameters
        ----------
        facts : mapping
            Name -> value; mappings and sequences nest.
        """
        self._add(Facts(tuple((str(name), _nested(value)) for name, value in facts.items())))

    def add_citations(self, works: Sequence[str | tuple[str, str]]) -> None:
        """Add a list of works.

        Parameters
        ----------
        works : sequence of str or (str, str)
            Text, or text and DOI (``10.…``); the DOI becomes the only kind of link to the outside.

        Raises
        ------
        ConfigError
            If a DOI is none.
        """
        entries = []
        for work in works:
            text, doi = (work, "") if isinstance(work, str) else work
            doi = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:)", "", doi.strip(), flags=re.I)
            if doi and not _DOI.fullmatch(doi):
                raise ConfigError(f"citation {text!r}", found=f"DOI {doi!r}", needed="a DOI such as 10.1000/182")
            entries.append((text, doi))
        self._add(Citations(tuple(entries)))

    def html(self) -> str:
        """The page as text."""
        import jinja2

        folder = Path(__file__).parent
        environment = jinja2.Environment(
            autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined,
            loader=jinja2.FileSystemLoader(folder),
        )  # fmt: skip
        environment.filters["numeric"] = lambda table: numeric_columns(table.rows, len(table.columns))
        environment.tests["cell_number"] = lambda value: isinstance(value, Cell) and value.number
        style = (folder / "page.css").read_text(encoding="utf-8")
        return environment.get_template("page.html").render(report=self, style=style).lstrip()

    def write(self, path: str | Path) -> Path:
        """Write the page; an older one stays whole until the new one is complete.

        Parameters
        ----------
        path : path
            Target, such as ``out/report.html``; missing folders are made.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        ConfigError
            If the file cannot be written.
        """
        path = Path(path)
        draft = path.with_name(path.name + ".part")
        page = self.html()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(page, encoding="utf-8")
            draft.replace(path)
        except OSError as err:
            draft.unlink(missing_ok=True) if draft.parent.is_dir() else None
            raise ConfigError(path, found=err.strerror or str(err), needed="a place that can be written to",
                              do="Choose another path, or free space on the disk.") from err  # fmt: skip
        return path

    def _add(self, block: Block) -> None:
        if self._open:
            self._open[-1].append(block)
        elif self.sections:
            self.sections[-1].blocks.append(block)
        else:
            raise ConfigError("report", found=f"a {block.kind} before any section", needed="a section to hold it",
                              do="Call add_section first.")  # fmt: skip


def _worded(text: str, what: str) -> str:
    if not str(text).strip():
        raise ConfigError(what, found="no text", needed="words a reader can understand the part by")
    return str(text).strip()


def _unit_words(unit: str) -> str:
    unit = unit.strip()
    return "dimensionless" if unit in ("1", "-", "") else format_unit(unit)


def _nested(value: object) -> object:
    """A value as nested tuples of (name, value), lists and texts, which the page knows how to print."""
    if isinstance(value, Mapping):
        return Facts(tuple((str(k), _nested(v)) for k, v in value.items()))
    if isinstance(value, list | tuple | set | frozenset):
        items = [_nested(v) for v in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
        return ", ".join(map(str, items)) if numbers and items else items
    return cell(value, Column("")).text
