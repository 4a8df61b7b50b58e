"""What a walk remembers of every item that it met, in a bit or some ten bytes an item.

A set of texts takes a hundred bytes an item and a dictionary two hundred: of 200,000 items that would be a quarter of
what a sync may use; and small objects that stay keep the memory of the pages among which they were made. Ids, and the
numbers in keys, lie close together, so they are kept in blocks.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

_BITS = 12  # of a number's end: a block has 4,096 places
_PLACES = (1 << _BITS) - 1
_NOWHERE = -1
_PLAIN_KEY = re.compile(r"(.+)-([1-9][0-9]{0,11})")
_PLAIN_ID = re.compile(r"0|[1-9][0-9]{0,17}")


class Numbers:
    """A set of numbers, zero or more, a bit each."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __contains__(self, number: int) -> bool:
        block = self._blocks.get(number >> _BITS)
        place = number & _PLACES
        return block is not None and bool(block[place >> 3] & 1 << (place & 7))

    def add(self, number: int) -> None:
        block = self._blocks.get(number >> _BITS)
        if block is None:
            block = self._blocks[number >> _BITS] = bytearray((_PLACES + 1) >> 3)
        place = number & _PLACES
        if not block[place >> 3] & 1 << (place & 7):
            block[place >> 3] |= 1 << (place & 7)
            self._length += 1

    def discard(self, number: int) -> None:
        if number in self:
            place = number & _PLACES
            self._blocks[number >> _BITS][place >> 3] &= ~(1 << (place & 7))
            self._length -= 1

    def __iter__(self) -> Iterator[int]:
        for first, block in sorted(self._blocks.items()):
            for eighth, bits in enumerate(block):
                for place in range(8) if bits else ():
                    if bits & 1 << place:
                        yield (first << _BITS) + (eighth << 3) + place

    def copy(self) -> Numbers:
        twin = Numbers()
        twin._blocks = {first: bytearray(block) for first, block in self._blocks.items()}
        twin._length = self._length
        return twin


class Ids:
    """A set of ids as trackers write them: a bit for each that is a number, which all are that anyone has seen."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._numbers = Numbers()
        self._odd: set[str] = set()
        self.update(ids)

    def __len__(self) -> int:
        return len(self._numbers) + len(self._odd)

    def __contains__(self, one: str) -> bool:
        return int(one) in self._numbers if _PLAIN_ID.fullmatch(one) else one in self._odd

    def __iter__(self) -> Iterator[str]:
        yield from map(str, self._numbers)
        yield from sorted(self._odd)

    def update(self, ids: Iterable[str]) -> None:
        for one in ids:
            if _PLAIN_ID.fullmatch(one):
                self._numbers.add(int(one))
            else:
                self._odd.add(one)

    def discard(self, one: str) -> None:
        if _PLAIN_ID.fullmatch(one):
            self._numbers.discard(int(one))
        else:
            self._odd.discard(one)

    def copy(self) -> Ids:
        twin = Ids()
        twin._numbers, twin._odd = self._numbers.copy(), set(self._odd)
        return twin


class Register:
    """A number beside each number, as a dictionary has it. What stands beside fits into 64 bits."""

    def __init__(self) -> None:
        self._blocks: dict[int, tuple[array[int], array[int]]] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __setitem__(self, number: int, beside: int) -> None:
        block = self._blocks.get(number >> _BITS)
        if block is None:
            block = self._blocks[number >> _BITS] = (array("H"), array("q"))
        ends, values = block
        end = number & _PLACES
        place = bisect_left(ends, end)
        if place < len(ends) and ends[place] == end:
            values[place] = beside
            return
        values.insert(place, beside)
        ends.insert(place, end)
        self._length += 1

    def get(self, number: int) -> int | None:
        block = self._blocks.get(number >> _BITS)
        if block is None:
            return None
        ends, values = block
        end = number & _PLACES
        place = bisect_left(ends, end)
        return values[place] if place < len(ends) and ends[place] == end else None

    def items(self) -> Iterator[tuple[int, int]]:
        for first, (ends, values) in self._blocks.items():
            for end, beside in zip(ends, values, strict=True):
                yield (first << _BITS) + end, beside


class Keys:
    """The id behind each key; None behind one that leads nowhere we may see."""

    def __init__(self) -> None:
        self._by_project: dict[str, Register] = {}
        self._odd: dict[str, str | None] = {}  # keys and ids that no Jira was seen to give

    def __contains__(self, key: str) -> bool:
        place = self._place(key)
        return key in self._odd or (place is not None and place[0].get(place[1]) is not None)

    def get(self, key: str) -> str | None:
        if key in self._odd:
            return self._odd[key]
        place = self._place(key)
        found = None if place is None else place[0].get(place[1])
        return None if found is None or found == _NOWHERE else str(found)

    def learn(self, key: str, issue_id: str | None) -> None:
        place = self._place(key)
        if place is None or not (issue_id is None or _PLAIN_ID.fullmatch(issue_id)):
            self._odd[key] = issue_id
            return
        self._odd.pop(key, None)
        register, number = place
        register[number] = _NOWHERE if issue_id is None else int(issue_id)

    def _place(self, key: str) -> tuple[Register, int] | None:
        """The register of the key's project, and the number in it."""
        parts = _PLAIN_KEY.fullmatch(key)
        if parts is None:
            return None
        project, number = parts.groups()
        if project not in self._by_project:
            self._by_project[project] = Register()
        return self._by_project[project], int(number)
