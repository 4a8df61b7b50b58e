"""Circles among parents: Jira's three spellings of a parent (Epic Link, Parent Link, sub-task) can be made to close."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence


def circles(
    parents: Mapping[str, str | None], above: Callable[[Sequence[str]], Mapping[str, str | None]]
) -> list[tuple[str, ...]]:
    """The circles that these items close or lead into: ids, each once, the smallest first.

    `parents` maps items that have just come to their parents; `above` tells those of items that came before.

    ```
    1 ──> 2 ──> 3 ──> 2        (2, 3)
    ```
    """
    known = dict(parents)
    wanted = {parent for parent in known.values() if parent is not None and parent not in known}
    while wanted:
        told = above(sorted(wanted))
        known.update((each, told.get(each)) for each in wanted)
        next_above = (known[each] for each in wanted)
        wanted = {parent for parent in next_above if parent is not None and parent not in known}
    found: list[tuple[str, ...]] = []
    settled: set[str] = set()
    for start in parents:
        path: dict[str, int] = {}
        item: str | None = start
        while item is not None and item not in settled and item not in path:
            path[item] = len(path)
            item = known.get(item)
        if item is not None and item in path:
            circle = list(path)[path[item] :]
            least = circle.index(min(circle, key=lambda each: (len(each), each)))
            found.append((*circle[least:], *circle[:least]))
        settled.update(path)
    return found
