"""Where everything meets: the settings, the store, and connectors to the sources, opened for one command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cli import clock, logs
from cli.outcome import CommandError, ExitCode
from config import meaning
from config.load import Settings, load
from config.mistakes import ConfigurationError
from config.secrets import Reference, Secret, SecretUnavailableError
from connectors.base import Connector, OAuth, SourceSettings
from sync.store.faults import StoreError
from sync.store.store import Store, open_store
from sync.timekeeping import Timekeeper


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One portfolio, opened. `sleep` ends early when the process was told to stop; `timekeeper` doubts our clock.

    `read_at` is when the settings were taken over; `refused` says why those that stand in the files by now were not.
    """

    settings: Settings
    store: Store
    read_at: datetime | None = None
    refused: str | None = None
    sleep: clock.Sleeper = field(default_factory=clock.Sleeper)
    timekeeper: Timekeeper = field(
        default_factory=lambda: Timekeeper(now=lambda: clock.now(), monotonic=clock.monotonic)  # noqa: PLW0108 - asked anew
    )

    def source(self, name: str) -> SourceSettings:
        """What a connector must know of a source, its secret opened anew. Raises CommandError."""
        return source_settings(self.settings, name)

    @property
    def source_names(self) -> tuple[str, ...]:
        return tuple(self.settings.document.sources)

    def connect(self, name: str) -> Connector:
        """Connect to a source. Raises CommandError or a TrackerError."""
        from connectors import connect  # noqa: PLC0415 - the client packages cost a second

        return connect(
            self.source(name), now=clock.now, monotonic=clock.monotonic, sleep=self.sleep, random=clock.jitter
        )


def load_settings(config: Path) -> Settings:
    """Read vmo.yaml and its CSV files. Raises CommandError with every mistake where vmo.yaml has any.

    What is wrong with CSV files alone is set aside: `cli.setting_aside` tells it.
    """
    if not config.exists():
        raise CommandError(
            f"there is no settings file {config}; write one with `vmo init`, or name yours with --config",
            code=ExitCode.WRONG_USAGE,
        )
    try:
        return load(config, environ=os.environ)
    except ConfigurationError as error:
        count = len(error.mistakes)
        head = f"{config}: {'one mistake' if count == 1 else f'{count} mistakes'} in the settings; nothing was done"
        raise CommandError(
            "\n".join((head, *(str(one) for one in error.mistakes))), code=ExitCode.WRONG_USAGE
        ) from None


@contextmanager
def open_workspace(config: Path, *, write: bool = False, first_run: bool = False) -> Iterator[Workspace]:
    """Open the settings and the store; every trouble with either becomes one clear message.

    With `write`, the settings are kept whole in the store, so that an old edition can be made again. A file that is set
    aside as a whole is kept apart from those that were believed, whose versions tell what was planned when.
    """
    settings = load_settings(config)
    try:
        with open_store(database_url(settings), now=clock.now, write=write) as store:
            if write:
                keep_settings(settings, store)
                if first_run and not store.may_mail():  # said twice, it must not move what is owed
                    store.allow_mail(clock.now())
            yield Workspace(settings=settings, store=store, read_at=clock.now())
    except StoreError as error:
        raise CommandError(str(error)) from error


def keep_settings(settings: Settings, store: Store) -> None:
    """Keep every file of the settings whole in the store."""
    gone = {one.file for one in settings.set_aside if one.is_whole}
    for name, body in settings.files.items():
        store.record_configuration(body, name=apart(name) if name in gone else name, now=clock.now())


def apart(name: str) -> str:
    """Under which name the store keeps a file that was set aside as a whole."""
    return f"{name} (set aside)"


def source_settings(settings: Settings, name: str, *, secret: bool = True) -> SourceSettings:
    """What a connector must know of a source. Raises CommandError that names the setting, never the secret.

    Without `secret` its token stays closed: enough to say who could not be asked.
    """
    by_name = {source.name: source for source in meaning.sources(settings)}
    if name not in by_name:
        raise CommandError(
            f"there is no source {name!r} in {settings.path}; known are {', '.join(by_name)}", code=ExitCode.WRONG_USAGE
        )
    source = by_name[name]
    return SourceSettings(
        name=source.name,
        kind=source.kind,
        url=source.url,
        user=source.user,
        token=_secret(settings, source, "token", source.token, user=source.user) if secret and source.token else "",
        oauth=_oauth(settings, source) if secret else None,
        jql=source.jql,
        projects=source.projects,
        area=source.area,
        value_fields=source.value_fields,
        value_scales=source.value_scales,
        text_fields=source.text_fields,
        shared_fields=source.shared_fields,
        blocked_flags=source.blocked_flags,
        blocked_fields=source.blocked_fields,
        allow_insecure=source.allow_insecure,
        allow_private=source.allow_private,
        ca_bundle=source.ca_bundle,
        proxy=source.proxy,
    )


def _oauth(settings: Settings, source: meaning.Source) -> OAuth | None:
    told = source.oauth
    if told is None:
        return None
    first = None
    if told.refresh_token is not None:
        first = _secret(settings, source, "oauth.refresh_token", told.refresh_token)
    return OAuth(
        client_id=told.client_id,
        client_secret=_secret(settings, source, "oauth.client_secret", told.client_secret, user=told.client_id),
        tenant=told.tenant,
        refresh_token=first,
        kept_in=told.keep,
        token_url=told.token_url,
        learned=lambda secret: logs.hide(Secret(secret).forms()),
    )


def _secret(
    settings: Settings, source: meaning.Source, setting: str, kept: Reference, *, user: str | None = None
) -> str:
    try:
        secret = settings.secret(kept)
    except SecretUnavailableError as error:
        raise CommandError(f"sources.{source.name}.{setting}: {error}", code=ExitCode.WRONG_USAGE) from error
    logs.hide(secret.forms(user=user))
    return secret.reveal()


def database_url(settings: Settings) -> str:
    """The store's address with its password, for the one call that opens it."""
    url = meaning.store_url(settings)
    kept = settings.document.store.password
    if kept is None:
        return url
    try:
        secret = settings.secret(kept)
    except SecretUnavailableError as error:
        raise CommandError(f"store.password: {error}", code=ExitCode.WRONG_USAGE) from error
    logs.hide(secret.forms())
    from sqlalchemy import make_url  # noqa: PLC0415 - slow to import

    return make_url(url).set(password=secret.reveal()).render_as_string(hide_password=False)
