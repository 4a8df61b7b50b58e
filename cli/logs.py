"""Logs speak when something changes, and never say a secret.

Every secret that was read is registered in all the forms it could take (plain, base64, Basic header, URL-encoded);
the last processor replaces each of them, whatever logger the text came through.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog

_HIDDEN: set[str] = set()
_NOISY = (
    "urllib3", "jira", "msrest", "azure", "apscheduler", "asyncio", "requests_oauthlib", "alembic", "sqlalchemy",
    "boto3", "botocore", "s3transfer",
)  # fmt: skip


def hide(forms: Iterable[str]) -> None:
    """Never let these texts through. Texts shorter than four characters hide nothing and would garble all."""
    _HIDDEN.update(form for form in forms if len(form) >= 4)


def redacted(text: str) -> str:
    """The text with every registered secret replaced."""
    for secret in sorted(_HIDDEN, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def set_up(*, verbose: bool, as_json: bool) -> None:
    """Send all logs to standard error, one line each, control characters escaped, secrets out."""
    level = logging.DEBUG if verbose else logging.INFO
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.processors.KeyValueRenderer(key_order=["event"])
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redact,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine(formatter))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def log() -> Any:
    return structlog.get_logger("vmo")


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: redacted(value) if isinstance(value, str) else value for key, value in event.items()}


class _OneLine(logging.Formatter):
    """One event, one line: what a tracker said cannot forge a second one."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        text = redacted(self._inner.format(record))
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
