"""The settings of a service that runs: those that stand in the files, once they are right; till then the former ones.

```
right, and the same at two looks in a row ──> taken over by whatever begins next
wrong, or half written                    ──> not taken over: the former ones go on, and operators are told
another store, another health endpoint    ──> not taken over either: that takes a restart
```
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from cli import clock, logs
from cli.setting_aside import tell
from cli.workspace import Workspace, keep_settings
from config import meaning
from config.load import Settings, load
from config.mistakes import ConfigurationError
from config.schedule import schedule

LOOKS = schedule("every 1 minute")


class Renewing:
    """A workspace whose settings follow their files. Called, it gives the workspace as it is now."""

    def __init__(self, workspace: Workspace) -> None:
        self.replanned = threading.Event()  # other sources, schedules or another zone: the turns are to be made anew
        self._workspace = workspace
        self._seen = workspace.settings.digest
        self._lock = threading.Lock()

    def __call__(self) -> Workspace:
        return self._workspace

    def look(self) -> None:
        """Read the files again, and take over what stood there at the last look, too: one may be half written now."""
        with self._lock:
            found, refused = self._read()
            told = refused or ("" if found is None else found.digest)
            is_settled, self._seen = told == self._seen, told
            if is_settled and refused != self._workspace.refused:
                self._refuse(refused)
            if is_settled and found is not None and found.digest != self._workspace.settings.digest:
                self._take_over(found)

    def _read(self) -> tuple[Settings | None, str | None]:
        """The settings as they stand; or why they cannot be taken over, in one sentence."""
        path = self._workspace.settings.path
        try:
            found = load(path, environ=os.environ)
        except ConfigurationError as error:
            first, *more = error.mistakes
            return None, f"{first}{f', and {len(more)} more' if more else ''}"
        except OSError as error:
            return None, f"{path.name} cannot be read ({error.strerror})"
        for name, of in _FIXED.items():
            if of(found) != of(self._workspace.settings):
                return None, f"{path.name}: {name} is another; restart the service to take it over"
        return found, None

    def _refuse(self, refused: str | None) -> None:
        self._workspace = replace(self._workspace, refused=refused)
        if refused is not None:
            logs.log().error("settings", sentence=f"not taken over, the former ones go on: {refused}")

    def _take_over(self, found: Settings) -> None:
        former = self._workspace.settings
        keep_settings(former, self._workspace.store)  # they held until now
        keep_settings(found, self._workspace.store)
        self._workspace = replace(self._workspace, settings=found, read_at=clock.now())
        logs.log().info("settings", sentence="taken over from the files", digest=found.digest)
        tell(found, logs.log().warning)
        if _plan(found) != _plan(former):
            self.replanned.set()


_FIXED: Mapping[str, Callable[[Settings], object]] = {
    "`store`": meaning.store_url,
    "`serve: {listen: ...}`": lambda settings: settings.document.serve.listen,
}


def _plan(settings: Settings) -> tuple[object, ...]:
    """What the turns of the service are made of."""
    return (
        tuple(settings.document.sources),
        meaning.sync_plan(settings),
        tuple((one.name, one.when) for one in meaning.reports(settings)),
        bool(meaning.endpoints(settings)),
        meaning.calendar(settings).zone.key,
    )
