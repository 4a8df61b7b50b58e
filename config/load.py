"""YAML, CSV files and environment to settings; every mistake at once, with its line and mend."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TypeVar

from config import checks, csv_files, secrets, shape, yaml_text
from config.csv_files import ActualRow, BudgetRow, DecisionRow, DependencyRow, ObjectiveRow, ReadingRow, VoteRow
from config.mistakes import ConfigurationError, Mistake
from config.settings import Document
from domain.set_aside import STANDING, SetAside, untold

Row = TypeVar("Row")
Placed = TypeVar("Placed", BudgetRow, ActualRow, VoteRow, ReadingRow, DecisionRow, DependencyRow, ObjectiveRow)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything people have set: `document` is vmo.yaml as written, the rows are those of the CSV files.

    `files` holds every file that was read, byte for byte, by its path beside vmo.yaml: store them whole under
    `digest`, so that an old edition can be made again. `set_aside` are the CSV files, or lines of them, that have
    mistakes: their rows are not among the others, and what a whole file would tell is not told at all.
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
    set_aside: tuple[SetAside, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def folder(self) -> Path:
        """Where relative paths of the settings begin."""
        return self.path.parent

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """All that is wrong with the CSV files, in their order."""
        return tuple(sorted({mistake for one in self.set_aside for mistake in one.mistakes}))

    @property
    def untold(self) -> frozenset[str]:
        """What nobody can be told of, since its file is set aside as a whole: budgets, objectives, ..."""
        return untold(self.set_aside)

    @property
    def touched(self) -> frozenset[str]:
        """What is told without some of its lines, or not at all."""
        return frozenset(one.tells for one in self.set_aside)

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
    """Read the settings. Raises ConfigurationError where vmo.yaml has mistakes, with every mistake in every file.

    Mistakes in CSV files alone stop nothing: what has them is set aside (`Settings.set_aside`), and the rest is read.
    Secrets are not opened here, so that a report needs no token: see `Settings.secret`. `former`: an edition was made
    with them, by a version that passed over unknown settings left empty; they are read as they were then.
    """
    reading = _Reading(path)
    content = reading.settings()
    marked, mistakes = yaml_text.read(content, file=path.name)
    document = None
    if marked.data:
        document, more = shape.fit(marked if not former else replace(marked, empty=()), file=path.name)
        mistakes = [*mistakes, *more]
    if document is None:
        raise ConfigurationError(mistakes)
    found = reading.with_rows(document, marked, environ)
    reading.note(checks.of_rows(found, marked))
    mistakes += checks.of_settings(found, marked, decisions=reading.decision_ids, former=former)
    if mistakes:
        raise ConfigurationError([*mistakes, *reading.mistakes])
    return believed(found, reading.set_aside())


def believed(settings: Settings, aside: Iterable[SetAside]) -> Settings:
    """The settings without the rows that are set aside."""
    aside = tuple(aside)
    lines = {(mistake.file, mistake.line) for one in aside for mistake in one.mistakes} | checks.contested(settings)

    def kept(noun: str, rows: Iterable[Placed]) -> tuple[Placed, ...]:
        files = {one.file for one in aside if one.tells == noun and one.is_whole}
        return tuple(row for row in rows if row.file not in files and (row.file, row.line) not in lines)

    return replace(
        settings,
        budgets=kept("budgets", settings.budgets),
        readings=kept("readings", settings.readings),
        decisions=kept("decisions", settings.decisions),
        dependencies=kept("dependencies", settings.dependencies),
        objectives=kept("objectives", settings.objectives),
        actuals=kept("actuals", settings.actuals),
        votes=kept("votes", settings.votes),
        set_aside=aside,
    )


class _Reading:
    """Files on their way in: what was read, and what was wrong with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, bytes] = {}
        self._tells: dict[str, list[str]] = {}  # what each CSV file tells: one thing, as a rule
        self._wrong: dict[str, list[Mistake]] = {}  # by CSV file
        self.decision_ids: set[str] | None = set()

    @property
    def mistakes(self) -> list[Mistake]:
        """Of all CSV files."""
        return [mistake for found in self._wrong.values() for mistake in found]

    def note(self, mistakes: Iterable[Mistake]) -> None:
        """Note what is wrong with rows of files."""
        for one in mistakes:
            self._wrong.setdefault(one.file, []).append(one)

    def set_aside(self) -> tuple[SetAside, ...]:
        """What nobody can believe of the files, file by file."""
        return tuple(
            SetAside(
                file=file,
                tells=noun,
                is_whole=noun not in STANDING or any(one.of_file for one in found),
                mistakes=tuple(sorted(set(found))),
            )
            for file, found in sorted(self._wrong.items())
            for noun in self._tells[file]
        )

    def settings(self) -> bytes:
        """vmo.yaml itself. Raises ConfigurationError where it cannot be read."""
        path, name = self._path, self._path.name
        try:
            content = _bytes_of(path)
        except FileNotFoundError:
            message = f"there is no file {path}; `vmo init` writes one to begin with"
            raise ConfigurationError([Mistake(name, 1, "", message)]) from None
        except OSError as error:
            message = f"cannot read {path}: {error.strerror or os.strerror(error.errno or 0)}"
            raise ConfigurationError([Mistake(name, 1, "", message)]) from None
        self._files[name] = content
        return content

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
            readings += self._rows_of(name, "readings", place, marked, csv_files.readings)
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
        return self._rows_of(name or PurePath(f"{noun}.csv"), noun, place, marked, read)

    def _rows_of(
        self,
        name: PurePath,
        noun: str,
        place: yaml_text.Path,
        marked: yaml_text.Marked,
        read: Callable[..., tuple[list[Row], list[Mistake]]],
    ) -> list[Row]:
        """The good rows of a file, with what is wrong with the others noted. `place`: the setting that names it."""
        file = str(name)
        self._tells.setdefault(file, []).append(noun)
        try:
            content = _bytes_of(self._path.parent / name)
        except FileNotFoundError:
            if place:
                self._lacks(file, marked, place, f"there is no file {file}; put it there, or take the setting away")
            return []
        except OSError as error:
            why = error.strerror or os.strerror(error.errno or 0)
            self._lacks(file, marked, place, f"cannot read {file}: {why}; let whoever runs vmo read it")
            return []
        if noun == "decisions":
            self.decision_ids = csv_files.decision_ids(content)
        rows, mistakes = read(content, file=file)
        if len(content) <= csv_files.MOST_BYTES:
            self._files[file] = content
        self.note(mistakes)
        return rows

    def _lacks(self, file: str, marked: yaml_text.Marked, place: yaml_text.Path, message: str) -> None:
        """Note that a file cannot be had, at the setting that names it, or at its own first line."""
        if "decisions" in self._tells[file]:
            self.decision_ids = None
        where = (self._path.name, max(marked.line(place), 1), yaml_text.dotted(place)) if place else (file, 1, "")
        self._wrong.setdefault(file, []).append(Mistake(*where, message, of_file=True))


def _bytes_of(path: Path) -> bytes:
    if not path.is_file() and path.exists():
        raise OSError(0, "not a regular file")
    with path.open("rb") as opened:
        return opened.read(csv_files.MOST_BYTES + 1)
