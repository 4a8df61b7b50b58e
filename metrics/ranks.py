"""In which order a tracker ranks its items: by the text of their rank, which says nothing but before and after.

Jira writes a LexoRank (0|i000ct:), whose texts are in order as they stand; Azure DevOps a number, the smaller first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from domain.journey import Journey
from domain.work_item import RANK

OWN = (RANK,)  # the tracker's own rank
_BUCKET = re.compile(r"[012](?=\|)")


def rank_of(journey: Journey, fields: Sequence[str] = OWN) -> str:
    """What the first of some fields says that says anything; "": it has no rank. Capitals of names do not matter."""
    said = {name.casefold(): text.strip() for name, text in journey.fields.items()}
    return next((text for name in fields if (text := said.get(name.casefold(), ""))), "")


def are_comparable(journeys: Iterable[Journey], fields: Sequence[str] = OWN) -> bool:
    """Are these ranks of one time? Jira moves all of them into another bucket (0|, 1|, 2|) when it makes room.

    It tells of no item that it was updated: ranks of two buckets say nothing of each other until all are read again.
    """
    buckets = {found.group() for one in journeys if (found := _BUCKET.match(rank_of(one, fields)))}
    return len(buckets) < 2


def by_rank(journeys: Iterable[Journey], fields: Sequence[str] = OWN) -> list[Journey]:
    """The items of one tracker that have a rank, the first first; as numbers where each of them is one."""
    ranked = [(rank_of(one, fields), one) for one in journeys]
    numbers = {rank: _number(rank) for rank, _ in ranked}
    if all(number is not None for number in numbers.values()):
        return [one for _, one in sorted(ranked, key=lambda each: (numbers[each[0]] or Decimal(0), each[1].key))]
    return [one for _, one in sorted(ranked, key=lambda each: (each[0], each[1].key))]


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
