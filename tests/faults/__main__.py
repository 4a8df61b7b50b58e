"""`make faults`: run every test of the catalogue and print what each family counts."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

import pytest

from tests.faults.catalogue import LEFT_OUT, SENTENCES

FAMILIES = {
    "E": "cases", "H": "answers that are none", "A": "access", "G": "paging", "D": "odd data", "M": "mail",
    "PB": "publishing", "T": "scheduler and clock",
}  # fmt: skip


class Counting:
    """Keeps, for each case, how its tests ended."""

    def __init__(self) -> None:
        self.cases_of: dict[str, tuple[str, ...]] = {}
        self.outcomes: dict[str, Counter[str]] = defaultdict(Counter)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if any(item.iter_markers("case"))]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
        for item in chosen:
            self.cases_of[item.nodeid] = tuple(one for mark in item.iter_markers("case") for one in mark.args)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            for each in self.cases_of.get(report.nodeid, ()):
                self.outcomes[each][report.outcome] += 1


def unproven(outcomes: Mapping[str, Counter[str]], left_out: Collection[str]) -> list[str]:
    """Cases of which no test said anything: all were skipped, or none was run."""
    silent = (each for each in SENTENCES if not (outcomes[each]["passed"] or outcomes[each]["failed"]))
    return [each for each in silent if each not in left_out]


def lines(outcomes: Mapping[str, Counter[str]], left_out: Collection[str]) -> Iterable[str]:
    """One line a family: how many cases, how many proven by how many tests, how many left out with a reason."""
    silent = set(unproven(outcomes, left_out))
    for letter, name in FAMILIES.items():
        ids = [each for each in SENTENCES if each.startswith(letter)]
        proven = [each for each in ids if outcomes[each]["passed"] and not outcomes[each]["failed"]]
        failed = [each for each in ids if outcomes[each]["failed"]]
        tests = sum(outcomes[each]["passed"] for each in ids)
        unheard = [each for each in ids if each in silent]
        reasons = [each for each in ids if each in left_out]
        told = f"{letter}  {name}: {len(ids)} in the catalogue, {len(proven)} proven by {tests} tests"
        told += f", {len(reasons)} left out with a reason ({', '.join(reasons)})" if reasons else ""
        told += f", NOT PROVEN, for no test of theirs ran (skipped): {', '.join(unheard)}" if unheard else ""
        yield told + (f", FAILED: {', '.join(failed)}" if failed else "")


def main() -> int:
    counting = Counting()
    ended = pytest.main(["tests", "-q", "-p", "no:randomly", *sys.argv[1:]], plugins=[counting])
    print("\n".join(lines(counting.outcomes, LEFT_OUT)))
    return int(ended) or int(bool(unproven(counting.outcomes, LEFT_OUT)))


if __name__ == "__main__":
    sys.exit(main())
