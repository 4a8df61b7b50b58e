"""What the rules find in what a tracker lets us read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from domain.trust import SourceTrust
from reports.findings.engine import Finding, Name, finding
from reports.reckoning import Reckoning


def _unread(reckoning: Reckoning) -> list[Finding]:
    """Projects that cannot be read, one finding a source: the one of most items is named."""
    return [_of(reckoning, one) for one in reckoning.book.trust if one.unread]


def _of(reckoning: Reckoning, source: SourceTrust) -> Finding:
    first, *others = sorted(source.unread, key=lambda one: (-one.missing, one.since, one.key))
    variant = "many" if others else "" if first.missing else "nothing"
    return finding(
        reckoning,
        "project_unread",
        subject=source.source,
        variant=variant,
        source=source.source,
        facts={
            "project": Name(first.key),
            "source": Name(source.source),
            "since": first.since,
            "n": first.missing,
            "projects": 1 + len(others),
        },
    )


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (_unread,)
