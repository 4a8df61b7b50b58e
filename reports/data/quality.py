"""The checks of the data, row by row, with what the last edition told of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reports.reckoning import Reckoning, checked
from reports.render.csv import Value

CHECKS = ("rule", "concerned", "passing", "former_concerned", "former_passing", "former_edition", "former_on")


def _checks(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """Every rule; the former columns are empty where no edition told of it before."""
    former = numbers.book.checks_told
    for one in checked(numbers.book):
        passing, looked_at = (None, None) if former is None else former.passing.get(one.rule, (None, None))
        edition, day = (None, None) if former is None else (former.edition, former.told_on.isoformat())
        yield one.rule, one.n_in_scope, one.n_in_scope - len(one.journeys), looked_at, passing, edition, day


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]] = {
    "quality-checks": (CHECKS, _checks),
}
