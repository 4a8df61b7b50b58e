"""The packs: which pages a report has. Adding one costs a file here and an entry below."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from reports.packs.audit import audit
from reports.packs.digest import digest
from reports.packs.flow import flow_and_forecasts
from reports.packs.guardrails import guardrails
from reports.packs.kanban import kanban
from reports.packs.kickoff import kickoff
from reports.packs.ledger import value_ledger
from reports.packs.overview import overview
from reports.packs.quality import quality
from reports.packs.restatement import restatements
from reports.packs.review import review
from reports.packs.risks import risks
from reports.packs.stream import value_streams
from reports.packs.theme import theme
from reports.page import Page
from reports.reckoning import Reckoning

PACKS: Mapping[str, Callable[[Reckoning, str], list[Page]]] = {
    "overview": lambda numbers, locale: [overview(numbers, locale)],
    "flow": lambda numbers, locale: [flow_and_forecasts(numbers, locale)],
    "review": lambda numbers, locale: [review(numbers, locale)],
    "theme": lambda numbers, locale: [theme(numbers, score, locale) for score in numbers.paged],
    "stream": value_streams,
    "kanban": lambda numbers, locale: [kanban(numbers, locale)],
    "guardrails": lambda numbers, locale: [guardrails(numbers, locale)],
    "restatement": lambda numbers, locale: [restatements(numbers, locale)],
    "risks": lambda numbers, locale: [risks(numbers, locale)],
    "ledger": lambda numbers, locale: [value_ledger(numbers, locale)],
    "quality": lambda numbers, locale: [quality(numbers, locale)],
    "audit": lambda numbers, locale: [audit(numbers, locale)],
    "digest": lambda numbers, locale: [digest(numbers, locale)],
    "kickoff": lambda numbers, locale: [kickoff(numbers, locale)],
}
# Made only for who asks, by `vmo report` or as a pack of a report; no page of the others leads there.
ON_REQUEST = ("kickoff",)
REGULAR = tuple(name for name in PACKS if name not in ON_REQUEST)


def pages(numbers: Reckoning, *, packs: Sequence[str] = REGULAR, locales: Sequence[str] | None = None) -> list[Page]:
    """The pages of some packs from one reckoning, in the portfolio's languages unless told otherwise.

    Raises KeyError for a pack that does not exist.
    """
    return [page for _, page in pages_by_pack(numbers, packs=packs, locales=locales)]


def pages_by_pack(
    numbers: Reckoning, *, packs: Sequence[str], locales: Sequence[str] | None = None
) -> Iterator[tuple[str, Page]]:
    """The same one by one, each with the pack that it belongs to."""
    spoken = locales or numbers.book.portfolio.locales
    for name in packs:
        for locale in spoken:
            for page in PACKS[name](numbers, locale):
                yield name, page
