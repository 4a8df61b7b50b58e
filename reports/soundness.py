"""What must hold of every edition, whatever the portfolio: numbers that break one of these rules are a mistake of ours.

Held before anything is published (promise P-11): an edition that fails is not published, and the one before stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from reports.book import Book
from reports.reckoning import Flow, Reckoning

_HUNDRED = Decimal(100)
_MOST_NAMED = 5


def troubles(numbers: Reckoning) -> list[str]:
    """What does not hold, a sentence each, with the items that show it; empty where all does."""
    found = [*_uncounted(numbers.book), *_parts(numbers), *_trust(numbers)]
    if numbers.flow is not None:
        found += [*_days(numbers.flow), *_flow_parts(numbers.flow)]
    return found


def _uncounted(book: Book) -> Iterator[str]:
    """Does the book tell of each item that the store holds, and of no other? Only where it tells of this moment."""
    if book.in_store is None:
        return
    told = Counter(one.id.source for one in book.journeys if one.removed_at is None)
    for source in sorted({*book.in_store, *told}):
        held = book.in_store.get(source, 0)
        if told[source] != held:
            yield f"the store holds {held} items of {source}, and the pages would tell of {told[source]}"


def _days(flow: Flow) -> Iterator[str]:
    """No item finished before it started, and none is younger than nothing."""
    young = [one.key for one in (*flow.ages.items, *flow.ages.paused) if one.days < 0]
    if young:
        yield f"the age of {_named(young)} is negative"
    quick = [
        key for time in (flow.time, flow.time_year) for key, days in zip(time.keys, time.days, strict=False) if days < 0
    ]
    if quick:
        yield f"the flow time of {_named(list(dict.fromkeys(quick)))} is negative"


def _flow_parts(flow: Flow) -> Iterator[str]:
    counted = sum(flow.distribution.counts.values())
    if flow.distribution.percent and sum(flow.distribution.percent.values()) != _HUNDRED:
        yield "the shares of the kinds of work do not add up to 100 %"
    if counted != flow.time.n_in_scope:
        yield f"{counted} items finished by kind, and {flow.time.n_in_scope} by flow time"
    if flow.weekly_loads and min(flow.weekly_loads) < 0:
        yield "a flow load is negative"


def _parts(numbers: Reckoning) -> Iterator[str]:
    percent = numbers.share_percent
    if any(percent.values()) and sum(percent.values()) != _HUNDRED:
        yield f"the shares of the themes add up to {sum(percent.values())} %, not to 100 %"
    if any(share < 0 for share in percent.values()):
        yield "the share of a theme is negative"
    if numbers.alignment is not None and not 0 <= numbers.alignment.aligned <= numbers.alignment.total:
        yield f"{numbers.alignment.aligned} of {numbers.alignment.total} serve a theme"


def _trust(numbers: Reckoning) -> Iterator[str]:
    for name in numbers.trust.names:
        share = getattr(numbers.trust, name)
        if name != "complete" and not 0 <= share.n_used <= share.n_in_scope:
            yield f"{name}: {share.n_used} of {share.n_in_scope}"


def _named(keys: list[str]) -> str:
    more = len(keys) - _MOST_NAMED
    return ", ".join(keys[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
