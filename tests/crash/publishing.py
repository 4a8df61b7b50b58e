"""Disturb a publication at each of its operations, and judge what a reader is left with.

    python -m tests.crash.publishing FOLDER [STEP]        with the shim preloaded; prints what it found as JSON

The pages are made once, before anything is disturbed; what is disturbed is all that happens on the disk. For each
point a child is forked: the first edition stands, its correction is published, and at the n-th operation the child is
killed, before or after it or half way through a write, or the operation fails. Then every edition must be whole, the
pages under `latest` all of one edition, the archive and the feed well-formed; and publishing again must end as if
nothing had happened.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from reports import editions
from reports.reckoning import Reckoning, reckon
from tests.crash import shim
from tests.crash.shim import Action, Arming, Watch
from tests.reports.books import a_book

PACKS = ("overview",)
SEEDS = {"old": 7, "new": 8}
WATCHED = Watch.DISK | Watch.OPENS
KILLS = {
    "kill before": (WATCHED, Action.KILL_BEFORE, 0),
    "kill after": (WATCHED, Action.KILL_AFTER, 0),
    "kill within a write": (Watch.WRITES, Action.KILL_TORN, 0),
}
READ_ONLY = "read-only from there"  # then nothing temporary can be removed either
FAILURES = {
    "disk full once": (Watch.WRITES | Watch.OPENS, Action.FAIL_ONCE, errno.ENOSPC),
    "disk full from there": (Watch.WRITES | Watch.OPENS, Action.FAIL_FROM_THERE, errno.ENOSPC),
    "failed fsync": (Watch.SYNCS, Action.FAIL_ONCE, errno.EIO),
    READ_ONLY: (WATCHED, Action.FAIL_FROM_THERE, errno.EROFS),
}
REFUSED, SURVIVED, BROKEN = 3, 0, 4


@dataclass
class Found:
    """How many points of each kind, how they ended, and what was wrong."""

    points: dict[str, int] = field(default_factory=dict)
    killed: int = 0
    refused: int = 0
    unharmed: int = 0
    violations: list[str] = field(default_factory=list)


def campaign(folder: Path, *, step: int, bug: str | None = None) -> Found:
    """Every point of every kind, or each `step`-th of them."""
    publish = _prepared(folder)
    if bug is not None:
        BUGS[bug]()
    before, after = folder / "before", folder / "after"
    publish("old", before)
    shutil.copytree(before, after)
    publish("new", after)
    undisturbed, found = _tree(after), Found()
    for name, (watch, action, error) in (KILLS | FAILURES).items():
        count = _count(watch, folder, publish)
        points = range(1 + len(found.points) % step, count + 1, step)  # each kind begins at another one
        found.points[name] = len(points)
        for at in points:
            arming = Arming(watch=watch, at=at, action=action, error=error)
            place = _copy(before, folder)
            code = _in_a_child(lambda place=place, arming=arming: _publish_armed(publish, place, arming))  # type: ignore[misc]
            _tally(found, code)
            for words in _wrong(place, publish, undisturbed, code=code, kills=name in KILLS, tidy=name != READ_ONLY):
                found.violations.append(f"{name} at {at}: {words}")
    return found


def _tally(found: Found, code: int) -> None:
    found.killed += code < 0
    found.refused += code == REFUSED
    found.unharmed += code == SURVIVED


def _wrong(
    place: Path,
    publish: Callable[[str, Path], None],
    undisturbed: Mapping[str, bytes],
    *,
    code: int,
    kills: bool,
    tidy: bool,
) -> Iterator[str]:
    if code not in (SURVIVED, REFUSED) and not (kills and code < 0):
        yield f"the publication ended with {code}"
    yield from reader_sees(place)
    if not kills and tidy and any(editions.MARK in name for name in _tree(place)):
        yield "something temporary was left"
    try:
        publish("new", place)
    except editions.PublishError as error:
        yield f"publishing again is refused: {error}"
    again = _tree(place)
    if again != undisturbed:
        differing = sorted(
            name for name in again.keys() | undisturbed.keys() if again.get(name) != undisturbed.get(name)
        )
        yield f"published again, it is not as if nothing had happened: {differing[:4]}"


def reader_sees(place: Path) -> Iterator[str]:
    """What is wrong with that which a reader may look at now."""
    root = place / "r" / "customer-claims"
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and not folder.name.startswith(editions.MARK) and (bad := editions.verify(folder)):
            yield f"{folder.name} is not whole: {bad[:3]}"
    for locale in ("en", "fr"):
        page = (root / f"index.{locale}.html").read_text("utf-8")
        if not page.rstrip().endswith("</html>"):
            yield f"the archive in {locale} is torn"
        try:
            entries = Xml.fromstring((root / f"feed.{locale}.xml").read_bytes())
        except Xml.ParseError:
            yield f"the feed in {locale} is torn"
            continue
        for link in entries.iter("{http://www.w3.org/2005/Atom}link"):
            href = link.attrib["href"].rpartition("/r/customer-claims/")[2]
            if link.attrib["rel"] == "alternate" and not (root / href).is_file():
                yield f"the feed in {locale} leads to {href}, which is not there"


def _publish_armed(publish: Callable[[str, Path], None], place: Path, arming: Arming) -> None:
    shim.arm(arming, folder=place)
    try:
        publish("new", place)
    finally:
        shim.disarm()


def _count(watch: Watch, folder: Path, publish: Callable[[str, Path], None]) -> int:
    place = _copy(folder / "before", folder)
    shim.arm(Arming(watch=watch), folder=place)
    publish("new", place)
    count = sum(shim.operations(each) for each in watch)
    shim.disarm()
    return count


def _in_a_child(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = SURVIVED
        try:
            work()
        except editions.PublishError:
            code = REFUSED
        except BaseException:
            code = BROKEN
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _prepared(folder: Path) -> Callable[[str, Path], None]:
    """Publishing of two contents, whose pages are made here and now, once."""
    books = {which: a_book(seed=seed) for which, seed in SEEDS.items()}
    numbers = {which: reckon(book) for which, book in books.items()}
    digests = {which: editions.content_digest(one, packs=PACKS) for which, one in numbers.items()}
    rendered = {
        (which, revision): editions.render(_revised(numbers[which], revision), packs=PACKS)
        for which, revision in (("old", 1), ("new", 2))
    }
    now = {"which": "old"}
    _put(
        reckon=lambda book: numbers[now["which"]],
        pages_by_pack=lambda *_, **__: iter(()),  # they are rendered already
        content_digest=lambda numbers, **_: digests[now["which"]],
        render=lambda numbers, **_: rendered[now["which"], numbers.book.edition.revision],
    )

    def publish(which: str, place: Path) -> None:
        now["which"] = which
        editions.publish(books[which], place, packs=PACKS)

    return publish


def _revised(numbers: Reckoning, revision: int) -> Reckoning:
    return replace(numbers, book=numbers.book.revised(revision))


def _put(**told: Any) -> None:
    for name, value in told.items():
        setattr(editions, name, value)


def _write_in_place(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _replace_in_turn(*_: Any) -> bool:
    return False


BUGS: dict[str, Callable[[], None]] = {
    "files written in place": lambda: _put(write_file=_write_in_place),
    "the pages of the newest replaced one by one": lambda: _put(exchange=_replace_in_turn),
    "an edition written where it is read": lambda: _put(_write_folder=_fill_in_place),
}


def _fill_in_place(folder: Path, written: Mapping[str, bytes]) -> None:
    editions._fill(folder, written)


def _copy(before: Path, folder: Path) -> Path:
    place = folder / "place"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(before, place)
    return place


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


if __name__ == "__main__":
    told = campaign(
        Path(sys.argv[1]).resolve(),
        step=int(sys.argv[2]) if len(sys.argv) > 2 else 1,
        bug=sys.argv[3] if len(sys.argv) > 3 else None,
    )
    print(json.dumps(vars(told)))
