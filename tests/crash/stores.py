"""Stores to be disturbed: each point gets a fresh copy of one that was prepared."""

from __future__ import annotations

import itertools
import shutil
import time
from abc import ABC, abstractmethod
from pathlib import Path

import psycopg

TRIES, SERVER_RESTARTS_SECONDS = 10, 3.0
_numbers = itertools.count(1)


class Stores(ABC):
    """Copies of prepared stores of one database."""

    @abstractmethod
    def fresh(self) -> str:
        """The address of a store that is not there yet."""

    @abstractmethod
    def copy(self, url: str) -> str:
        """The address of a copy of a store that nobody has open."""

    @abstractmethod
    def drop(self, url: str) -> None:
        """Forget a store."""

    @abstractmethod
    def folder(self, url: str) -> Path | None:
        """Where its files are, if they are files."""


class SqliteStores(Stores):
    """Each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fresh(self) -> str:
        place = self._folder / f"store-{next(_numbers)}"
        place.mkdir(mode=0o700, parents=True)
        return f"sqlite:///{place / 'vmo.db'}"

    def copy(self, url: str) -> str:
        made = self.fresh()
        if (path := self._path(url)).exists():
            shutil.copyfile(path, self._path(made))
        return made

    def drop(self, url: str) -> None:
        shutil.rmtree(self._path(url).parent)

    def folder(self, url: str) -> Path | None:
        return self._path(url).parent

    @staticmethod
    def _path(url: str) -> Path:
        return Path(url.removeprefix("sqlite:///"))


class PostgresqlStores(Stores):
    """Each in a database of its own, copied by the server. `server`: its address, ending in /postgres?..."""

    def __init__(self, server: str) -> None:
        self._server = server

    def fresh(self) -> str:
        return self._make("")

    def copy(self, url: str) -> str:
        return self._make(f"TEMPLATE {self._name(url)}")

    def drop(self, url: str) -> None:
        self._say(f"DROP DATABASE IF EXISTS {self._name(url)} WITH (FORCE)")

    def folder(self, url: str) -> Path | None:
        return None

    def _make(self, how: str) -> str:
        name = f"crash_{next(_numbers)}"
        self._say(f"CREATE DATABASE {name} {how}")
        return self._server.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")

    def _say(self, statement: str) -> None:
        """Again where our own session is lost: what is proven here is the sync's, and not the housekeeping's."""
        for left in reversed(range(TRIES)):
            try:
                with psycopg.connect(self._server, autocommit=True) as connection:
                    connection.execute(statement.encode())
                return
            except psycopg.OperationalError:
                if not left:
                    raise
                time.sleep(SERVER_RESTARTS_SECONDS)

    @staticmethod
    def _name(url: str) -> str:
        return url.partition("?")[0].rpartition("/")[2]
