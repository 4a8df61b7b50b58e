"""The trackers we can read. To add one: a folder beside these, and a line in TRACKERS.

A tracker's module offers `connect` and `discover`, both called with the settings, and with clock, sleep and chance
by keyword. Modules are imported when they are asked for: their client packages cost half a second each.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib import import_module

from connectors.base import Connector, Discovery, SettingsError, SourceSettings

TRACKERS = {
    "jira": "connectors.jira.client",
    "azure_devops": "connectors.azure_devops.client",
}


def connect(
    settings: SourceSettings,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> Connector:
    """Return a connector to one source. Jira is asked which of its two kinds it is; may raise any TrackerError."""
    tracker = import_module(_module_of(settings))
    connector: Connector = tracker.connect(settings, now=now, monotonic=monotonic, sleep=sleep, random=random)
    return connector


def discover(
    settings: SourceSettings,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> Discovery:
    """Look into one source and draft its mapping; may raise any TrackerError."""
    tracker = import_module(_module_of(settings))
    found: Discovery = tracker.discover(settings, now=now, monotonic=monotonic, sleep=sleep, random=random)
    return found


def _module_of(settings: SourceSettings) -> str:
    if settings.kind not in TRACKERS:
        raise SettingsError(
            f"{settings.name}: there is no tracker of kind “{settings.kind}”; known are {', '.join(sorted(TRACKERS))}"
        )
    return TRACKERS[settings.kind]
