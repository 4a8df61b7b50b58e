"""Lots that are drawn the same for ever: by seed and name, on any machine, with any version of the library.

NumPy promises the raw stream of its Philox for ever (of its `Generator` it promises nothing), and a test pins it.
What is made of the raw numbers is whole-number arithmetic of our own.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray


def derived_seed(portfolio: str, as_of: date, definition_version: int) -> int:
    """The seed of a day's forecasts where none is configured: 32 bits of a hash that never changes."""
    told = f"{portfolio}|{as_of.isoformat()}|{definition_version}".encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:4], "big")


class Urn:
    """An endless row of lots. Two urns of the same seed and name hold the same lots; others have nothing in common."""

    def __init__(self, seed: int, *name: str) -> None:
        told = "|".join((str(seed), *(f"{len(part)}:{part}" for part in name))).encode()
        key = hashlib.sha256(told).digest()
        words = [int.from_bytes(key[:8], "big"), int.from_bytes(key[8:16], "big")]
        self._raw = np.random.Philox(key=np.array(words, dtype=np.uint64))

    def draw(self, rows: int, columns: int) -> NDArray[np.uint32]:
        """So many rows of lots, each of 32 bits. Rows follow each other, however many are drawn at once."""
        return self._lots(rows, columns, "<u4", 2)

    def draw_short(self, rows: int, columns: int) -> NDArray[np.uint16]:
        """The same of 16 bits each, twice as fast, where a bias of 1 in 65,536 is none."""
        return self._lots(rows, columns, "<u2", 4)

    def _lots(self, rows: int, columns: int, kind: str, in_one: int) -> NDArray[Any]:
        """Lots cut out of raw numbers, the low bits first, whatever the machine's own order of bytes."""
        wide = -(-columns // in_one)
        raw = self._raw.random_raw(rows * wide).astype("<u8", copy=False)
        return raw.view(kind).reshape(rows, wide * in_one)[:, :columns]


def below(lots: NDArray[np.uint32], limit: int) -> NDArray[np.uint64]:
    """Each lot as a whole number from 0 up to, not including, `limit` (below 2**32), one as likely as another."""
    found = lots.astype(np.uint64)
    found *= np.uint64(limit)
    found >>= np.uint64(32)
    return found
