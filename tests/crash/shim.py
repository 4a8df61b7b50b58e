"""The shim that counts a process's operations on disk and sockets, and kills it, or lets it fail, at the n-th.

`shim.c` is compiled once by the C compiler of the machine; a process started with `LD_PRELOAD` set to the result
arms it through `arm`. Linux only, like LD_PRELOAD.
"""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


class Watch(IntFlag):
    """What is counted. DISK and below concern the files of the store; sockets are known by whom they connect to."""

    WRITES = 1
    SYNCS = 2
    NAMES = 4  # rename, unlink
    SIZES = 8  # ftruncate
    OPENS = 16  # for writing
    TRACKER = 32  # connect, recv over TCP
    SERVER = 64  # connect, send, recv over the socket of a local PostgreSQL
    REQUESTS = 128  # send over TCP
    DISK = WRITES | SYNCS | NAMES | SIZES
    NETWORK = TRACKER | REQUESTS
    EVERYTHING = DISK | OPENS | NETWORK | SERVER


class Action(IntEnum):
    """What happens at the n-th operation. TORN: half of what was to be written or read, then death."""

    COUNT = 0
    KILL_BEFORE = 1
    KILL_AFTER = 2
    KILL_TORN = 3
    FAIL_ONCE = 4
    FAIL_FROM_THERE = 5
    SHORT_ONCE = 6
    SHORT_THEN_FAIL = 7


@dataclass(frozen=True, kw_only=True)
class Arming:
    """One point: at the n-th operation (from 1) of those watched, this happens. `error` is the errno of a failure."""

    watch: Watch
    at: int = 0
    action: Action = Action.COUNT
    error: int = 0


def why_not() -> str | None:
    """Why the shim cannot be used here; None where it can."""
    if sys.platform != "linux":
        return "operations are counted by LD_PRELOAD, on Linux only"
    if shutil.which("cc") is None:
        return "there is no C compiler (cc) for tests/crash/shim.c"
    return None


def compiled(folder: Path) -> Path:
    """Compile the shim into the folder and return the library. Raises CalledProcessError with the compiler's words."""
    library = folder / "shim.so"
    told = ["cc", "-Wall", "-Wextra", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(told, check=True, capture_output=True, text=True)
    return library


@functools.cache
def _library() -> ctypes.CDLL:
    found = ctypes.CDLL(os.environ["LD_PRELOAD"])
    found.shim_arm.argtypes = (ctypes.c_char_p, ctypes.c_int, ctypes.c_long, ctypes.c_int, ctypes.c_int)
    found.shim_operations.argtypes = (ctypes.c_int,)
    found.shim_operations.restype = ctypes.c_long
    return found


def arm(arming: Arming, *, folder: Path | None) -> None:
    """Begin to count in this process; `folder` holds the store's files (None: it has none)."""
    watched = b"" if folder is None else bytes(folder.resolve())
    _library().shim_arm(watched, int(arming.watch), arming.at, int(arming.action), arming.error)


def disarm() -> None:
    """Let everything through from now on."""
    _library().shim_disarm()


def operations(watch: Watch) -> int:
    """How many operations of these classes there were since `arm`, of those it watches."""
    return int(_library().shim_operations(int(watch)))
