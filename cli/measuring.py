"""The endpoints of KPIs: asked at each sync, after the trackers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cli import clock, logs
from cli.progress import Reporter
from cli.workspace import Workspace
from config import meaning
from config.secrets import SecretUnavailableError
from connectors.base import AccessDeniedError
from domain.strategy import Reading
from sync.readings import ask_all
from sync.store.reading import RunRecord


def ask_endpoints(workspace: Workspace, reporter: Reporter) -> list[RunRecord]:
    """Ask every endpoint of the settings for its KPI and say how each went; none where none is configured."""
    asked = {one.kpi: partial(_read, workspace, one) for one in meaning.endpoints(workspace.settings)}
    if not asked:
        return []
    readers: dict[str, Callable[[], Reading]] = dict(asked)
    return ask_all(
        readers,
        workspace.store,
        now=clock.now,
        go_on=lambda: not workspace.sleep.is_woken,
        ended=lambda record: reporter.say(record.sentence),
    )


def _read(workspace: Workspace, endpoint: meaning.Endpoint) -> Reading:
    """Its secret is opened anew each time. Raises a TrackerError."""
    from connectors.endpoint import EndpointSettings, read  # noqa: PLC0415 - slow to import

    token = ""
    if endpoint.token is not None:
        try:
            secret = workspace.settings.secret(endpoint.token)
        except SecretUnavailableError as error:
            raise AccessDeniedError(f"kpis.{endpoint.kpi}: endpoint.token: {error}") from error
        logs.hide(secret.forms())
        token = secret.reveal()
    return read(
        EndpointSettings(
            kpi=endpoint.kpi,
            url=endpoint.url,
            value=endpoint.value,
            date=endpoint.date,
            token=token,
            allow_insecure=endpoint.allow_insecure,
            allow_private=endpoint.allow_private,
            ca_bundle=endpoint.ca_bundle,
            proxy=endpoint.proxy,
        ),
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=workspace.sleep,
        random=clock.jitter,
        local_day=meaning.calendar(workspace.settings).day,
    )
