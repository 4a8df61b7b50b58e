"""A page as Markdown, for wikis and repositories: same findings and order, tables for charts, no HTML, no images."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from reports.page import (
    Cell,
    Changes,
    Code,
    Empty,
    Exhibit,
    Fact,
    Facts,
    Figure,
    Page,
    Paragraph,
    Section,
    Span,
    Table,
    Text,
)
from reports.render.environment import safe_href
from reports.render.leads import led
from reports.words.catalogue import Words
from reports.words.foreign import clean
from reports.words.typography import in_words

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$])")
_LINE_START = re.compile(r"^(#|=|[-+](?=\s|-|$)|\d+(?=[.)](?:\s|$)))")
_AUTOLINK = re.compile(r"(?i)\bwww(?=\.)|\b[a-z][a-z0-9+.-]*(?=:\S)|(?<=\w)@(?=\w)")


def markdown(page: Page, *, words: Words) -> str:
    """Render a page. Front matter first, then one heading of the first order: the finding.

    Markdown has no places to lead to: what leads to another section leads to it on the page in HTML.
    """
    page = led(page, lambda href: f"{page.file_name('html')}{href}" if href.startswith("#") else href)
    front = "\n".join(_front_matter(page))
    body = "\n".join(_body(page, words))
    return f"---\n{front}\n---\n\n{in_words(body, page.locale).rstrip()}\n"


def escaped(text: str) -> str:
    """Foreign text that no Markdown reader takes for anything but text, on one line."""
    return _AUTOLINK.sub(_apart, _ours(text))


def rich(text: Text) -> str:
    """A text with its links and strong runs, everything else escaped where it is foreign."""
    runs: list[tuple[bool, str]] = []
    for span in text:
        words = escaped(span.text) if span.foreign else _ours(clean(span.text))
        if span.foreign and span.text[:1] == " ":
            words = f" {words}"
        if span.href is not None and safe_href(span.href):
            words = f"[{words}]({_address(span.href)})"
        runs.append((span.strong, words))
    marked = ((is_strong, "".join(words for _, words in found)) for is_strong, found in groupby(runs, itemgetter(0)))
    return "".join(_strong(words) if is_strong and words.strip() else words for is_strong, words in marked)


def _bold(text: Text) -> str:
    """A text that is strong as a whole."""
    return _strong(rich(tuple(replace(span, strong=False) for span in text)))


def _strong(words: str) -> str:
    """Strong words. Blanks at their ends stand outside, where asterisks still mark something and no line across."""
    core = words.strip()
    before, _, after = words.partition(core) if core else ("", "", "")
    return f"{before}**{core}**{after}" if core else ""


def pipe_table(table: Table) -> Iterator[str]:
    """A pipe table, ten columns at most; a chart in a cell is said by its words."""
    columns = table.columns[:10]
    yield "| " + " | ".join(_ours(column.head) for column in columns) + " |"
    yield "|" + "|".join("--:" if column.numeric else ":--" for column in columns) + "|"
    for row in table.rows:
        yield "| " + " | ".join(_cell(cell) for cell in row.cells[:10]) + " |"
    yield ""


def _front_matter(page: Page) -> Iterator[str]:
    facts = {
        "report": page.report,
        "slug": page.slug,
        "portfolio": page.portfolio_id,
        "edition": page.edition,
        "revision": page.revision,
        "language": page.locale,
        "data_as_of": _moment(page.data_as_of or page.as_of),
        "published": _moment(page.published_at),
        "permalink": f"/r/{page.root}/{_folder(page)}/{page.file_name('html')}",
        "sample": True if page.sample else None,
    }
    for name, value in facts.items():
        if value is not None:
            yield f"{name}: {json.dumps(value, ensure_ascii=False)}"


def _folder(page: Page) -> str:
    return page.edition.lower() if page.revision == 1 else f"{page.edition.lower()}-r{page.revision}"


def _moment(instant: datetime) -> str:
    return instant.isoformat()


def _body(page: Page, words: Words) -> Iterator[str]:
    for banner in page.banners:
        yield from (f"> {rich(banner.text)}", "")
    if page.sample:
        yield from (f"> {rich(page.sample)}", "")
    yield from (f"# {rich(page.headline)}", "")
    if page.name:
        facts = f" · {rich(page.name_facts)}" if page.name_facts else ""
        yield from (f"{_bold(page.name)}{facts}", "")
    yield from (rich(page.standfirst), "", rich(page.kicker), "", rich(page.freshness), "")
    yield from _decisions(page)
    if page.figures:
        yield from _figures(page, words)
    for section in page.sections:
        yield from _section(section, words)
    if page.definitions:
        yield from (f"## {_ours(words.text('definitions'))}", "")
        for definition in page.definitions:
            yield from (f"{_strong(f'{_ours(definition.name)}.')} {rich(definition.text)}", "")
    yield from (f"## {_ours(words.text('about.head'))}", "")
    for told in page.about:
        yield from (rich(told), "")
    yield f"`{page.fingerprint.replace('`', '')}`"


def _decisions(page: Page) -> Iterator[str]:
    yield from (f"## {_ours(page.decisions_title)}", "")
    if not page.decisions:
        yield from (_ours(page.decisions_none), "")
    for index, question in enumerate(page.decisions, start=1):
        yield f"{index}. {rich(question.text)} {rich(question.meta)}"
        for letter, option in zip("ABCDEF", question.options, strict=False):
            yield f"   - {_strong(letter)} {rich(option)}" if question.options[1:] else f"   - {rich(option)}"
    if page.decisions:
        yield ""
    if page.decisions_more:
        yield from (rich(page.decisions_more), "")


def _figures(page: Page, words: Words) -> Iterator[str]:
    heads = [words.text(f"head.{name}") for name in ("figure", "now", "held_against", "reading")]
    yield from (f"## {_ours(page.figures_title)}", "")
    yield "| " + " | ".join(_ours(head) for head in heads) + " |"
    yield "|:--|--:|--:|:--|"
    for one in page.figures:
        now = f"{one.value} {one.unit}".strip()
        yield f"| {escaped(one.title)} | {_ours(now)} | {_ours(one.versus)} | {rich(one.trend)} |"
    yield ""


def _section(section: Section, words: Words) -> Iterator[str]:  # noqa: PLR0912  # one branch a kind of block
    yield from (f"## {rich(section.headline)}", "", f"*{_ours(section.question)}*", "")
    if section.intro:
        yield from (rich(section.intro), "")
    for block in section.blocks:
        if isinstance(block, Figure):
            yield from (f"### {rich(block.title)}", "", rich(block.subtitle), "")
            if block.empty is not None:
                yield from (f"{_bold((*block.empty.title, Span(text='.')))} {rich(block.empty.text)}", "")
            elif block.data is not None:
                yield from pipe_table(block.data)
            for note in block.notes:
                yield from (rich(note), "")
        elif isinstance(block, Exhibit):
            yield from pipe_table(block.table)
            for note in block.notes:
                yield from (rich(note), "")
        elif isinstance(block, Changes):
            for entry in block.entries:
                yield f"- {_strong(_label(entry.label, words))} {rich(entry.text)}"
            yield from ("", rich(block.more), "")
        elif isinstance(block, Facts):
            for fact in block.facts:
                more = f" ({rich(fact.note)})" if fact.note else ""
                yield f"- {_named(fact, words)} {_bold(fact.value)}{more}"
            yield ""
        elif isinstance(block, Empty):
            yield from (f"{_bold((*block.title, Span(text='.')))} {rich(block.text)}", "")
        elif isinstance(block, Paragraph):
            yield from (rich(block.text), "")
        elif isinstance(block, Code):
            yield from ("```yaml", block.lines.rstrip("\n").replace("`", ""), "```", "")


def _label(name: str, words: Words) -> str:
    return escaped(words.text("labelled", label=name))


def _named(fact: Fact, words: Words) -> str:
    """A fact's label, which leads to the page that has all of it."""
    label = _label(fact.name, words)
    return f"[{label}]({_address(fact.href)})" if fact.href is not None and safe_href(fact.href) else label


def _cell(cell: Cell) -> str:
    parts = [rich(cell.text) if cell.text else "", rich(cell.note) if cell.note else ""]
    if cell.chart is not None and hasattr(cell.chart, "label"):
        parts.insert(1, _ours(cell.chart.label))
    return " · ".join(part for part in parts if part)


def _ours(text: str) -> str:
    """Words on one line, with whatever could be read as a mark escaped."""
    line = _SPECIAL.sub(r"\\\1", clean(text).replace("\n", " ").replace("\t", " "))
    return _LINE_START.sub(
        lambda found: f"{found.group(1)}\\" if found.group(1).isdigit() else f"\\{found.group(1)}", line
    )


def _apart(found: re.Match[str]) -> str:
    """A word joiner inside keeps an address from becoming a link by itself."""
    word = found.group(0)
    return f"{word[:1]}\u2060{word[1:]}"


def _address(href: str) -> str:
    return href.replace("(", "%28").replace(")", "%29").replace(" ", "%20").replace("|", "%7C")
