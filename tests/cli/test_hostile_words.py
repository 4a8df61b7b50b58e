"""Whatever people type into a tracker goes through the whole job as text, and nothing is run by it anywhere."""

from __future__ import annotations

import csv
import email
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.loopback import Fault, RecordedRequest, Response
from tests.cli.program import vmo
from tests.cli.small_company import JIRA_TOKEN, SECRETS
from tests.faults.catalogue import case

HOSTILE = {  # the overview tells the titles of finished features: the last of these is one
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+1+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "template": "{{7*7}}${7*7}{% raw %}",
    "image": '"><img src=x onerror=alert(1)>',
    "override": "invoice\u202egnp.exe",
    "long": "long " + "x" * 10_000,
    "link": "click](javascript:alert(1))",
    "nul": "nul\x00byte",
    "lines": "first\r\nBcc: everybody@example.com\r\n\r\nbody",
    "terminal": "\x1b]0;owned\x07\x1b[2Jgone",
    "script": "<script>alert(1)</script>",
}
SURROGATE = "half a pair"  # its JSON escape is put in on the way


def issue(number: int, title: str, *, kind: str = "Story") -> dict[str, object]:
    """An issue finished last week after three days of work, so that it is in every figure and list."""
    day = datetime.now(ZoneInfo("Europe/Paris")).replace(hour=9, minute=0, second=0, microsecond=0)
    last_week = day - timedelta(days=day.weekday() + 4)
    steps = ((last_week - timedelta(days=3), "To Do", "In Progress"), (last_week, "In Progress", "Done"))
    done = number % 2 == 0
    return {
        "id": str(10_000 + number),
        "key": f"EVIL-{number}",
        "fields": {
            "summary": title,
            "status": {"name": "Done" if done else "In Progress"},
            "issuetype": {"name": kind},
            "labels": [],
            "created": (last_week - timedelta(days=9)).isoformat(),
            "updated": last_week.isoformat(),
        },
        "changelog": {
            "histories": [
                {"created": at.isoformat(), "items": [{"field": "status", "fromString": before, "toString": after}]}
                for at, before, after in steps[: 2 if done else 1]
            ]
        },
    }


def with_a_lone_surrogate(_: RecordedRequest, response: Response) -> Response:
    body = response.body.replace(SURROGATE.encode(), b"half \\ud83d a pair")
    return Response(status=response.status, body=body, headers=response.headers)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A portfolio of nothing but hostile titles: synced, published, and its mail written as a file."""
    titles = [*HOSTILE.values(), SURROGATE]
    issues = [
        issue(number, title, kind="Epic" if number % 3 == 0 else "Story") for number, title in enumerate(titles * 2, 1)
    ]
    folder = tmp_path_factory.mktemp("hostile")
    with JiraCloudSandbox.from_issues(issues, now=lambda: datetime.now(UTC), token=JIRA_TOKEN) as jira:
        jira.faults.append(Fault(path="fetch|search", times=None, alter=with_a_lone_surrogate))
        (folder / "vmo.yaml").write_text(
            "portfolio: {name: Evil, timezone: Europe/Paris, currency: EUR, locales: [en]}\n"
            f"sources:\n  evil: {{kind: jira, url: '{jira.url}', user: '{jira.user}', token: 'env:JT', "
            "allow_insecure: true, levels: {feature: [Epic], story: [Story]}, kinds: [{kind: feature}]}\n"
            "themes: {all: {name: All, match: [{source: evil}]}}\n"
            "reports: {weekly: {packs: [digest], to: [lead@example.com], locale: en, when: 'Mon 07:00'}}\n"
            "mail: {host: 127.0.0.1, port: 9, tls: none, from: vmo@example.com}\n",
            encoding="utf-8",
        )
        ended = vmo("run", "--first-run", folder=folder, env=SECRETS)
        assert "published" in ended.out, ended
        assert f"{len(issues)} items held" in ended.out, ended
        assert vmo("send", "weekly", "--dry-run", folder=folder, env=SECRETS).code == 0
        yield folder


class _Tags(HTMLParser):
    """The names of tags, and every attribute with its value."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def assert_inert(page: str) -> None:
    found = _Tags()
    found.feed(page)
    assert "script" not in found.tags
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert not [value for name, value in found.attributes if name in ("href", "src") and "javascript:" in value.lower()]
    assert "\u202e" not in page
    assert "\x00" not in page
    assert "\x1b" not in page
    assert "x" * 2_000 not in page


@case("D04")
def test_pages_are_inert_and_show_hostile_titles_as_text(told: Path) -> None:
    pages = [path.read_text("utf-8") for path in told.glob("vmo-reports/r/evil/latest/*.html")]

    assert pages
    for page in pages:
        assert_inert(page)
    shown = "".join(pages)
    assert "EVIL-" in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_markdown_has_no_link_nor_tag_of_a_title(told: Path) -> None:
    pages = [path.read_text("utf-8") for path in told.glob("vmo-reports/r/evil/latest/*.md")]

    assert pages
    for page in pages:
        assert not re.search(r"(?<!\\)\]\(javascript:", page)
        assert not re.search(r"(?<!\\)<(script|img)", page)
        assert "\u202e" not in page
        assert "\x1b" not in page


def test_the_mail_is_inert_and_has_only_our_headers(told: Path) -> None:
    (path,) = told.rglob("*.eml")

    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert_inert(html.get_content())
    assert mail["Bcc"] is None
    assert str(mail["To"]) == "lead@example.com"
    assert "\u202e" not in text.get_content()
    assert "\x1b" not in text.get_content()


def test_a_spreadsheet_runs_nothing(told: Path) -> None:
    ended = vmo("export", "items", folder=told)

    rows = list(csv.DictReader(io.StringIO(ended.out, newline="")))
    titles = [row["title"] for row in rows]
    assert len(rows) == 2 * (len(HOSTILE) + 1)
    for title in titles:
        assert not title.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert f"'{HOSTILE['formula']}" in titles
    assert HOSTILE["template"] in titles
    assert HOSTILE["long"] in titles


@pytest.mark.parametrize("fmt", ["jsonl", "parquet"])
def test_programs_get_every_title(told: Path, tmp_path: Path, fmt: str) -> None:
    path = tmp_path / f"items.{fmt}"
    ended = vmo("export", "items", "--format", fmt, "--out", path, folder=told)

    assert ended.code == 0, ended
    if fmt == "jsonl":
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        assert {HOSTILE["script"], HOSTILE["formula"], HOSTILE["long"]} <= {row["title"] for row in rows}
        assert len(rows) == 2 * (len(HOSTILE) + 1)


def test_a_terminal_is_not_taken_over(told: Path) -> None:
    number = list(HOSTILE).index("terminal") + 1

    ended = vmo("explain", f"EVIL-{number}", folder=told)

    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert "\x07" not in ended.out
    assert "gone" in ended.out
