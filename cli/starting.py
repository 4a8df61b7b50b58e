"""`vmo init` and `vmo db upgrade`: the first steps."""

from __future__ import annotations

from pathlib import Path

from cli.outcome import CommandError, ExitCode
from cli.workspace import open_workspace
from config.starter import StarterExistsError, write_starter


def run_init(folder: Path) -> ExitCode:
    """Write the starter files and make the store; what is there already stays as it is."""
    try:
        written = write_starter(folder)
    except StarterExistsError as error:
        raise CommandError(str(error), code=ExitCode.WRONG_USAGE) from error
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {error.strerror}; choose another --folder") from error
    for path in written:
        print(f"wrote {path}")
    _begin_store(folder / "vmo.yaml")
    print("Next: say in vmo.yaml where your tracker is, then try `vmo check`, `vmo discover` and `vmo run`.")
    return ExitCode.DONE


def _begin_store(config: Path) -> None:
    """Make the store, ready to publish and mail: whoever writes new settings has said that this is a first run."""
    with open_workspace(config, write=True, first_run=True) as workspace:
        print(f"made {workspace.store.place}")


def run_upgrade(config: Path) -> ExitCode:
    """Bring the store to this version's schema; a store that is there keeps its rows."""
    with open_workspace(config, write=True) as workspace:
        print(f"{workspace.store.place} is up to date")
    return ExitCode.DONE
