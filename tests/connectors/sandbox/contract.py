"""A contract proxy between a test and a sandbox: every answer that breaks the specification is reported."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parents[3]
SPECIFICATIONS = ROOT / "tests" / "payloads" / "specs"
VERSION = "5.16.0"
FOLDER = ROOT / "node_modules" / ".prism"  # ignored by git
PROGRAM = FOLDER / "node_modules" / ".bin" / "prism"
Json = Any


def prism() -> Path:
    """The proxy's program, installed when it is first needed; one test process at a time installs it."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        _leave_out("left out for want of Node: the contract check of the sandbox")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "installing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not PROGRAM.exists():
            install = [str(npm), "install", "--prefix", str(FOLDER), "--no-save", "--no-audit", "--no-fund"]
            package = f"@stoplight/prism-cli@{VERSION}"
            done = subprocess.run([*install, "--loglevel=error", package], capture_output=True, text=True, check=False)
            if done.returncode or not PROGRAM.exists():
                _leave_out("npm could not install the contract proxy, so the contract check is left out")
    return PROGRAM


@contextmanager
def proxy(specification: str, upstream: str) -> Iterator[str]:
    """A proxy that checks everything between it and `upstream`; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    document = SPECIFICATIONS / f"{specification}.json"
    command = [str(prism()), "proxy", str(document), upstream, "--port", str(port), "--host", "127.0.0.1"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, running)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(timeout=10)


def violations(response: requests.Response) -> list[str]:
    """What the proxy found wrong with the request or its answer: "response.body.values.0.id Request body ..." """
    header = response.headers.get("sl-violations", "[]")
    found = json.loads(header[header.index("[") :])  # "Too many violations! [...]" when it had to cut the list
    return [f"{'.'.join(map(str, one.get('location', ())))} {one['message']}" for one in found]


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if running.poll() is not None:
            raise RuntimeError("the contract proxy ended before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the contract proxy did not begin to listen")


def _leave_out(reason: str) -> None:
    if os.environ.get("VMO_LEAVE_NOTHING_OUT"):
        pytest.fail(reason)
    pytest.skip(reason)
