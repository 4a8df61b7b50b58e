"""YAML, CSV files and environment to settings; every mistake at once, with its line and mend."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TypeVar

from config import checks, csv_files, secrets, shape, yaml_text
from config.csv_files import ActualRow, BudgetRow, DecisionRow, DependencyRow, ObjectiveRow, ReadingRow, VoteRow
from config.mistakes import ConfigurationError, Mistake
from config.settings import Document

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything people have set: `document` is vmo.yaml as written, the rows are those of the CSV files.

    `files` holds every file that was read, byte for byte, by its path beside vmo.yaml: store them whole under
    `digest`, so that an old edition can be made again.
    """

    path: Path
    document: Document
    budgets: tuple[BudgetRow, ...] = ()
    readings: tuple[ReadingRow, ...] = ()
    decisions: tuple[DecisionRow, ...] = ()
    dependencies: tuple[DependencyRow, ...] = ()
    objectives: tuple[ObjectiveRow, ...] = ()
    actuals: tuple[ActualRow, ...] = ()
    votes: tuple[VoteRow, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def folder(self) -> Path:
        """Where relative paths of the settings begin."""
        return self.path.parent

    @property
    def digest(self) -> str:
        """SHA-256 of the names and bytes of all files, in hexadecimal."""
        whole = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            whole.update(f"{len(name.encode())} {len(content)} {name}\n".encode())
            whole.update(content)
        return whole.hexdigest()

    def secret(self, kept: secrets.Reference) -> secrets.Secret:
        """Open a reference, anew each time. Raises SecretUnavailableError."""
        return secrets.open_secret(kept, environ=self.environ, folder=self.folder)


def load(path: Path, *, environ: Mapping[str, str], former: bool = False) -> Settings:
    """Read the settings. Raises ConfigurationError with every mistake in every file.

    Secrets are not opened here, so that a report needs no token: see `Settings.secret`. `former`: an edition was made
    with them, by a version that passed over unknown settings left empty; they are read as they were then.
    """
    reading = _Reading(path)
    content = reading.bytes_of(PurePath(path.name), path.name, 0, "", needed=True)
    if content is None:
        raise ConfigurationError(reading.mistakes)
    marked, mistakes = yaml_text.read(content, file=path.name)
    reading.mistakes += mistakes
    document = None
    if marked.data:
        document, mistakes = shape.fit(marked if not former else replace(marked, empty=()), file=path.name)
        reading.mistakes += mistakes
    if document is None:
        raise ConfigurationError(reading.mistakes)
    settings = reading.with_rows(document, marked, environ)
    reading.mistakes += checks.find(settings, marked)
    if reading.mistakes:
        raise ConfigurationError(reading.mistakes)
    return settings


class _Reading:
    """Files on their way in: what was read, and what was wrong with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, bytes] = {}
        self.mistakes: list[Mistake] = []

    def with_rows(self, document: Document, marked: yaml_text.Marked, environ: Mapping[str, str]) -> Settings:
        named = document.files
        budgets = self._rows(named.budgets, "budgets", marked, csv_files.budgets)
        decisions = self._rows(named.decisions, "decisions", marked, csv_files.decisions)
        dependencies = self._rows(named.dependencies, "dependencies", marked, csv_files.dependencies)
        objectives = self._rows(named.objectives, "objectives", marked, csv_files.objectives)
        actuals = self._rows(named.actuals, "actuals", marked, csv_files.actuals)
        votes = self._rows(named.votes, "votes", marked, csv_files.votes)
        readings: list[ReadingRow] = []
        for place, name in self._reading_files(document):
            readings += self._rows_of(name, place, marked, csv_files.readings, needed=bool(place))
        return Settings(
            path=self._path,
            document=document,
            budgets=tuple(budgets),
            readings=tuple(readings),
            decisions=tuple(decisions),
            dependencies=tuple(dependencies),
            objectives=tuple(objectives),
            actuals=tuple(actuals),
            votes=tuple(votes),
            files=self._files,
            environ=environ,
        )

    def _reading_files(self, document: Document) -> list[tuple[yaml_text.Path, PurePath]]:
        """Each file once, however many KPIs share it, with the setting that names it first."""
        files: dict[PurePath, yaml_text.Path] = {}
        for name, kpi in document.kpis.items():
            if kpi.readings is None:
                files.setdefault(PurePath("readings.csv"), ())
            else:
                files[kpi.readings] = files.get(kpi.readings) or ("kpis", name, "readings")
        return [(place, file) for file, place in files.items()]

    def _rows(
        self,
        name: PurePath | None,
        noun: str,
        marked: yaml_text.Marked,
        read: Callable[..., tuple[list[Row], list[Mistake]]],
    ) -> list[Row]:
        place = ("files", noun) if name is not None else ()
        return self._rows_of(name or PurePath(f"{noun}.csv"), place, marked, read, needed=name is not None)

    def _rows_of(
        self,
        name: PurePath,
        place: yaml_text.Path,
        marked: yaml_text.Marked,
        read: Callable[..., tuple[list[Row], list[Mistake]]],
        *,
        needed: bool,
    ) -> list[Row]:
        content = self.bytes_of(name, self._path.name, marked.line(place), yaml_text.dotted(place), needed=needed)
        if content is None:
            return []
        rows, mistakes = read(content, file=str(name))
        self.mistakes += mistakes
        return rows

    def bytes_of(self, name: PurePath, file: str, line: int, place: str, *, needed: bool) -> bytes | None:
        """The bytes of a file, kept for the snapshot; None with a mistake where it is needed and cannot be read."""
        path = self._path.parent / name
        try:
            if not path.is_file() and path.exists():
                raise OSError(0, "not a regular file")
            with path.open("rb") as opened:
                content = opened.read(csv_files.MOST_BYTES + 1)
        except FileNotFoundError:
            if needed:
                hint = "; `vmo init` writes one to begin with" if not place else ""
                self.mistakes.append(Mistake(file, max(line, 1), place, f"there is no file {path}{hint}"))
            return None
        except OSError as error:
            message = f"cannot read {path}: {error.strerror or os.strerror(error.errno or 0)}"
            self.mistakes.append(Mistake(file, max(line, 1), place, message))
            return None
        self._files[str(name)] = content
        return content
