"""What waits for one person: what they decide, then what only they can mend."""

from __future__ import annotations

from collections.abc import Sequence

from domain.strategy import Decision
from reports.findings import Finding
from reports.page import Question, joined
from reports.sections import decisions, proposals
from reports.sections.quality import repairs
from reports.sections.scribe import Scribe

MOST = 8
NAMED = 3  # items of one repair


def waiting(scribe: Scribe, found: Sequence[Finding], person: str) -> tuple[Question, ...]:
    """At most eight things: decisions of the log, what the findings ask of them, then repairs, the most items first.

    `person` is a name as trackers and files write it; capitals and spaces do not matter.
    """
    log = scribe.numbers.waiting
    logged = [one for one in log if is_same(one.owner, person)]
    asked = [
        one for one in proposals.asked(scribe, found, most=len(log) + len(found))
        if _is_asked(one, person) and not _is_logged(one, log)
    ]  # fmt: skip
    told = [*decisions.questions(scribe, tuple(logged), most=MOST), *asked, *_repairs(scribe, person)]
    return tuple(told[:MOST])


def is_same(one: str, other: str) -> bool:
    """Do two spellings name one person?"""
    return _spelled(one) == _spelled(other)


def _spelled(name: str) -> str:
    return " ".join(name.split()).casefold()


def _is_asked(question: Question, person: str) -> bool:
    return any(span.foreign and is_same(span.text, person) for span in question.meta)


def _is_logged(question: Question, log: Sequence[Decision]) -> bool:
    return any(one.id == question.id for one in log)


def _repairs(scribe: Scribe, person: str) -> list[Question]:
    words = scribe.words
    mine = [(rule, kept) for (owner, rule), kept in repairs(scribe.numbers).items() if owner and is_same(owner, person)]
    return [
        Question(
            id=f"mend-{rule}",
            text=words.say("mine.repair", n=len(kept), rule=words.text(f"rule.{rule}")),
            meta=joined([scribe.items(kept, most=NAMED), words.say(f"rule.{rule}.mend")], separator=". "),
        )
        for rule, kept in sorted(mine, key=lambda pair: (-len(pair[1]), pair[0]))
    ]
