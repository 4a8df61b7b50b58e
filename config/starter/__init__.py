"""The files that `vmo init` writes: settings to begin with, and empty CSV files."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

FILES = (
    "vmo.yaml",
    "vmo.schema.json",
    "readings.csv",
    "budgets.csv",
    "actuals.csv",
    "votes.csv",
    "decisions.csv",
    "objectives.csv",
)


class StarterExistsError(Exception):
    """There are settings already; they are never overwritten."""


def write_starter(folder: Path) -> tuple[Path, ...]:
    """Write the starter files into a folder, made where it is not there; return what was written.

    CSV files that are there stay as they are. Raises StarterExistsError where there is a vmo.yaml, and OSError.
    """
    if (folder / "vmo.yaml").exists():
        raise StarterExistsError(f"{folder / 'vmo.yaml'} is there already; remove it first, or choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_written(folder, name) for name in FILES if not (folder / name).exists())


def _written(folder: Path, name: str) -> Path:
    path = folder / name
    with path.open("xb") as new:
        new.write(files(__name__).joinpath(name).read_bytes())
    return path
