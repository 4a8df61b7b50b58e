"""What a revision corrects, said on top of each of its pages: which figures moved, and whether the headline stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reports.book import Former
from reports.page import Banner, KeyFigure, Span, Text, joined, plain
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words, foreign
from reports.words.foreign import one_line
from reports.words.typography import in_words

MOST_TABLES = 8  # that are named


def banner(scribe: Scribe, stem: str, *, headline: Text, figures: Sequence[KeyFigure]) -> tuple[Banner, ...]:
    """That the page corrects the one before; nothing where it is the first, or the former is not known any more."""
    words, book = scribe.words, scribe.numbers.book
    former = book.edition.corrects
    if former is None:
        return ()
    name = f"{stem.lower()}.{words.locale}.html"
    target = name if name in former.headlines else next(iter(sorted(former.headlines)), name)
    former_number = str(former.revision)
    link = Span(text=words.text("correction.link", revision=former_number))
    if former.headlines:
        link = replace(link, href=f"../{former.folder}/{target}")
    said = [
        words.say(
            "correction", revision=str(book.edition.revision), published=words.moment(book.published_at), link=(link,)
        )
    ]
    if former.as_of is not None and (was := book.calendar.day(former.as_of)) != (now := book.calendar.day(book.as_of)):
        said.append(
            words.say("correction.state", now=words.full_day(now), was=words.full_day(was), revision=former_number)
        )
    if not former.headlines:  # its readers might see more
        return (Banner(text=joined(said)),)
    if name not in former.headlines:
        said.append(words.say("correction.new"))
    else:
        moved = _figures(scribe, former.figures.get(name, {}), figures, titles=former.titles.get(name, {}))
        said += [
            moved or words.say("correction.figures.none"),
            _tables(scribe, former.tables),
            _program(scribe, former) or (() if moved or former.tables else words.say("correction.rows")),
            _headline(scribe, former.headlines[name], plain(headline)),
        ]
    return (Banner(text=joined(said)),)


def told(figure: KeyFigure) -> str:
    """A figure as manifests keep it."""
    return f"{figure.value} {figure.unit}".strip()


def _figures(
    scribe: Scribe, former: Mapping[str, str], figures: Sequence[KeyFigure], *, titles: Mapping[str, str]
) -> Text:
    """Those that read otherwise, those that are new on the page, and those that it tells no more."""
    words = scribe.words
    moved = [
        words.say(
            "correction.figure",
            figure=_kept(one.title, words),
            was=_kept(former[one.id], words),
            now=_kept(told(one), words),
        )
        if one.id in former
        else words.say("correction.figure.new", figure=_kept(one.title, words), now=_kept(told(one), words))
        for one in figures
        if former.get(one.id) != told(one)
    ]
    lost = [id for id in former if id not in {one.id for one in figures}]
    moved += [
        words.say("correction.figure.lost", figure=_kept(titles[id], words), was=_kept(former[id], words))
        for id in lost
        if id in titles
    ]
    if unnamed := sum(id not in titles for id in lost):
        moved.append(words.say("correction.figure.lost.n", n=unnamed))
    return () if not moved else words.say("correction.figures", figures=joined(moved, words.text("correction.between")))


def _tables(scribe: Scribe, names: Sequence[str]) -> Text:
    """The tables of data that read otherwise, of the whole edition: what no key figure shows may stand there."""
    words = scribe.words
    if not names:
        return ()
    if len(names) > MOST_TABLES:
        return words.say("correction.tables.many", n=len(names))
    return words.say("correction.tables", n=len(names), tables=words.listed([foreign(f"{one}.csv") for one in names]))


def _program(scribe: Scribe, former: Former) -> Text:
    """That another version of the program made the former one: what it means for what differs; nothing otherwise."""
    if former.program is None:
        return ()
    is_same = former.definitions_version == scribe.numbers.book.definitions_version
    name = "correction.program" if is_same else "correction.definitions"
    return scribe.words.say(name, revision=str(former.revision))


def _headline(scribe: Scribe, former: str, now: str) -> Text:
    if former == now:
        return scribe.words.say("correction.headline.same")
    return scribe.words.say("correction.headline.other", headline=_kept(_within_quotes(former), scribe.words))


def _within_quotes(text: str) -> str:
    """With the quotes of a text that stands in quotes itself: “‘A’ is late”, « “A” est en retard »."""
    single = re.sub("“+", "‘", re.sub("”+", "’", text))
    return re.sub(r"«\s*", "“", re.sub(r"\s*»", "”", single))


def _kept(text: str, words: Words) -> Text:
    """Words of a manifest, which may be a tracker's in part, with the spaces of our own."""
    return (Span(text=in_words(one_line(text), words.locale), foreign=True),)
