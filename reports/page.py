"""A page as plain data: what is said, in which order, with which evidence. It knows no HTML and no metric."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from reports.charts.shapes import Chart, Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A run of text. `foreign` came from a tracker or a file, and is escaped, isolated and never typeset by us."""

    text: str
    strong: bool = False
    foreign: bool = False
    href: str | None = None
    tone: str | None = None  # good, bad, flat: how a movement is coloured, always beside its word


Text = tuple[Span, ...]


def plain(*texts: Text) -> str:
    """The words alone."""
    return "".join(span.text for text in texts for span in text)


def joined(texts: list[Text], separator: str = " ") -> Text:
    """Several texts as one, the empty ones left out."""
    spans: list[Span] = []
    for text in texts:
        if not text:
            continue
        if spans:
            spans.append(Span(text=separator))
        spans.extend(text)
    return tuple(spans)


class Status(StrEnum):
    """Shape, word and colour together; never colour alone."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    text: Text = ()
    note: Text = ()
    status: Status | None = None
    chart: Chart | None = None
    width: int = 2  # sixths of a phone's width, when the row becomes a block


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    head: str
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`part`: it is a part of the nearest row above that is none, and no total counts it again."""

    cells: tuple[Cell, ...]
    anchor: str | None = None
    total: bool = False
    part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The first cell of a row is its head. `name` is the class that sets widths."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """Why there is nothing, and who can fill it."""

    title: Text
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """How a figure is computed, in words."""

    id: str
    name: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One exhibit: a statement, what is drawn, the drawing, its notes, its definition and its data."""

    title: Text
    subtitle: Text
    alt: str = ""
    chart: Chart | None = None
    key: tuple[tuple[Mark, str], ...] = ()
    notes: tuple[Text, ...] = ()
    definition: Definition | None = None
    data: Table | None = None
    empty: Empty | None = None
    columns: int = 12
    rows: int = 1  # beside so many others, one below the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A table that is itself the evidence, with its key and definition."""

    table: Table
    key: tuple[tuple[Mark, str], ...] = ()
    notes: tuple[Text, ...] = ()
    definition: Definition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a list of changes: a word, and what happened."""

    label: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    entries: tuple[Entry, ...]
    more: Text = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A name, a value and how it compares. `href` leads to the page that has all of it.

    `lasting`: what the value is at another hour, too, where it tells of the hour; that makes no other edition.
    """

    name: str
    value: Text
    note: Text = ()
    status: Status | None = None
    href: str | None = None
    lasting: Text | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts side by side, so many in a row."""

    facts: tuple[Fact, ...]
    abreast: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    text: Text
    columns: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Lines to copy as they stand: no typography touches them. `label` says what they are."""

    label: str
    lines: str


Block = Figure | Exhibit | Changes | Facts | Paragraph | Empty | Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One question, its lead sentence, its evidence. Two halves share a rule when `half` is set.

    `joins`: where sections are sheets, it stands on that of the one before. `is_passing`: it tells of the hour and of
    our own doings, as `Page.freshness` does; another hour makes no other edition.
    """

    id: str
    question: str
    headline: Text
    intro: Text = ()
    blocks: tuple[Block, ...] = ()
    half: int | None = None  # columns of twelve, beside its neighbour; None: the whole width
    long: bool = False  # may break across printed pages
    joins: bool = False
    is_passing: bool = False
    definitions: tuple[Definition, ...] = ()  # of figures that its sentences name and no block defines


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """One of the few figures on top: value, what it is held against, and what its movement means."""

    id: str
    title: str
    value: str
    unit: str = ""
    versus: str = ""
    chart: Chart | None = None
    trend: Text = ()
    definition: Definition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A decision that waits: what is asked, of whom, where and when.

    `about` are the keys of the items that it is about, or theme:ID. `options` are ways to decide it, and what each
    buys; `definition` is that of a figure which only they name. `page` is where it is argued: kanban#epics.
    """

    id: str
    text: Text
    meta: Text
    about: tuple[str, ...] = ()
    options: tuple[Text, ...] = ()
    definition: Definition | None = None
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    text: Text
    bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A link to another page of the edition; `current` is this one. `group`: the list it stands in, such as theme."""

    label: str
    href: str
    current: bool = False
    group: str = "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One report in one language, ready to be rendered. `slug` tells the pages of one report apart."""

    report: str
    slug: str | None
    locale: str
    portfolio_id: str
    root: str
    edition: str
    revision: int
    title: str
    brand: str
    kicker: Text
    name: Text = ()
    name_facts: Text = ()  # what is agreed of what has the name, beside it
    headline: Text
    standfirst: Text
    freshness: Text
    preheader: str = ""
    subject: str = ""
    sample: Text = ()
    banners: tuple[Banner, ...] = ()
    decisions_title: str = ""
    decisions: tuple[Question, ...] = ()
    decisions_more: Text = ()  # those that are asked and not shown
    decisions_counted: Text = ()  # the same without the places where they stand, for a mail that leads to none
    decisions_none: str = ""  # what is said where there are none
    defined: tuple[Definition, ...] = ()  # of figures that only the ways to decide name
    figures_title: str = ""
    figures: tuple[KeyFigure, ...] = ()
    figures_key: str = ""
    figures_data: Table | None = None
    standing: tuple[KeyFigure, ...] = field(default=(), repr=False)  # how what its sections judge stands, as a figure
    sections: tuple[Section, ...] = ()
    definitions: tuple[Definition, ...] = ()
    about: tuple[Text, ...] = ()
    fingerprint: str = ""
    places: tuple[Place, ...] = ()
    twin: Place | None = None
    archive: Place | None = None
    picture: Figure | None = None
    landscape: bool = False  # printed so, a section a sheet
    as_of: datetime
    published_at: datetime
    day: date
    data_as_of: datetime | None = field(default=None, repr=False)  # of the hour, as freshness: no other edition for it
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The file's name up to its language: overview, theme-claims."""
        return self.report if self.slug is None else f"{self.report}-{self.slug}"

    def file_name(self, ending: str) -> str:
        return f"{self.stem}.{self.locale}.{ending}"
