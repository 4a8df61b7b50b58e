"""A schedule owes nothing from before it held, and loses nothing where it is changed between two runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli import clock
from cli.checking import _idle
from cli.going_back import keep_age, run_db_restored
from cli.health import health
from cli.notifying import troubles
from cli.outcome import CommandError, ExitCode
from cli.progress import Quiet
from cli.service import _report_jobs, _schedule, begin, settle
from cli.status import describe, run_status
from cli.telling import report_named
from cli.turns import UNSCHEDULED, made_before
from cli.workspace import Workspace, open_workspace
from config import meaning
from domain.trust import SourceTrust
from sync import due
from tests.builders import a_moment, an_edition
from tests.config.settings_files import SMALLEST

WEEKLY = 'weekly: {packs: [digest], locale: en, when: "Mon 07:00"}'
MAIL = "mail: {host: localhost, tls: none, from: vmo@example.com}\n"
Ran = Callable[..., dict[str, str]]


def a_source() -> SourceTrust:
    """One that has something to tell of."""
    return SourceTrust(
        source="shop", kind="Jira", base_url="", complete_at=None, attempted_at=None, outcome="ok", held=3
    )


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """A run at a moment (UTC; Paris is an hour ahead) with these reports; what they have made or missed then."""
    path = tmp_path / "vmo.yaml"

    def run(at: str, *reports: str, make: Callable[..., None] = lambda *_: None) -> dict[str, str]:
        monkeypatch.setattr(clock, "now", lambda: a_moment(at))
        monkeypatch.setattr("cli.service._make", make)
        path.write_text(SMALLEST + MAIL + f"reports: {{{', '.join(reports)}}}\n", encoding="utf-8")
        with open_workspace(path, write=True, first_run=True) as workspace:
            begin(workspace)
            _schedule(
                workspace, _report_jobs(lambda: workspace, Quiet(), []), since=a_moment("2026-12-07T06:05")
            ).once()
            names = [report.name for report in meaning.reports(workspace.settings)]
            rows = (row for name in names for row in workspace.store.due(name))
            return {f"{row.report} {row.period_key}": row.state for row in rows if not row.note.startswith("made as")}

    return run


def test_a_turn_that_was_missed_is_named_by_when_it_was_due(
    ran: Ran, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    due = "weekly, due Mon 14 Dec 2026 07:00 CET,"
    ran("2026-12-07T06:05", WEEKLY)
    ran("2026-12-16T06:05", WEEKLY)

    with open_workspace(tmp_path / "vmo.yaml") as workspace:
        problems = describe(workspace, now=clock.now())["problems"]
        notices = [one.sentence for one in troubles(workspace, now=clock.now())]

    assert f"{due} was missed while vmo did not run; the next one will come" in problems
    assert f"{due} was not made: missed; see `vmo status`" in notices
    assert f"{due} was missed" in caplog.messages


def test_status_names_the_clock_where_nothing_is_made_because_of_it(
    ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran("2026-12-07T06:05", WEEKLY)
    found = {}
    for day, ahead in (("14", 0), ("15", 9), ("15", 0)):
        monkeypatch.setattr(clock, "now", lambda day=day: a_moment(f"2026-12-{day}T07:30"))
        with open_workspace(tmp_path / "vmo.yaml", write=True) as workspace:
            workspace.timekeeper.hear("shop", clock.now() - timedelta(hours=ahead))
            if ahead or day == "15":
                settle(workspace, Quiet())
        with open_workspace(tmp_path / "vmo.yaml") as workspace:
            told = health(workspace, {})["problems"]
            found[day, ahead] = [one for one in told if "never synced" not in one]
            assert told == describe(workspace, now=clock.now())["problems"]

    assert "is `vmo serve`, or a timer for `vmo run`, at work?" in found["14", 0][0]
    assert [one.partition(";")[0] for one in found["15", 9]] == ["the clock is 9 hours ahead of shop"]
    assert not [one for one in found["15", 0] if "clock" in one]


def test_status_and_check_say_that_nothing_is_published_by_schedule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "vmo.yaml"
    for reports, is_told in ((WEEKLY, False), ("weekly: {packs: [digest], locale: en}", True), ("", True)):
        path.write_text(SMALLEST + f"reports: {{{reports}}}\n", encoding="utf-8")
        with open_workspace(path, write=True) as workspace:
            said = [one.words for one in _idle(workspace.settings) if one.subject == "reports"]
        run_status(path, as_json=False)

        assert said == ([UNSCHEDULED] if is_told else [])
        assert (UNSCHEDULED in capsys.readouterr().out) == is_told


def test_a_report_that_is_new_to_an_old_store_has_missed_nothing(ran: Ran) -> None:
    ran("2026-12-07T06:05", WEEKLY)
    ran("2026-12-14T06:05", WEEKLY)

    told = ran("2026-12-17T10:00", WEEKLY, WEEKLY.replace("weekly", "second"))
    then = ran("2026-12-21T06:05", WEEKLY, WEEKLY.replace("weekly", "second"))

    assert told == {"weekly 2026-W51": "done"}
    assert then == {"weekly 2026-W51": "done", "weekly 2026-W52": "done", "second 2026-W52": "done"}


def test_a_schedule_that_changed_has_missed_nothing_from_before_it_held(ran: Ran) -> None:
    daily = WEEKLY.replace("Mon 07:00", "daily 12:00")
    ran("2026-12-07T06:05", WEEKLY)
    ran("2026-12-14T06:05", WEEKLY)
    ran("2026-12-19T08:05", WEEKLY)

    told = ran("2026-12-19T09:05", daily)
    then = ran("2026-12-22T12:00", daily)

    assert told == {"weekly 2026-W51": "done"}
    assert then == told | {
        "weekly 2026-12-19": "missed", "weekly 2026-12-20": "missed", "weekly 2026-12-21": "missed",
        "weekly 2026-12-22": "done",
    }  # fmt: skip


def test_a_turn_of_a_schedule_that_changed_between_two_runs_is_not_lost(ran: Ran) -> None:
    ran("2026-12-07T06:05", WEEKLY)

    told = ran("2026-12-14T05:05", WEEKLY.replace("07:00", "06:00"))

    assert told == {"weekly 2026-W51": "done"}


@pytest.mark.parametrize(
    ("former", "new", "seen", "edited", "told"),
    [
        pytest.param("Mon 07:00", "Mon 06:00", "2026-12-14T05:20", "2026-12-14T05:40", "done", id="an hour earlier"),
        pytest.param("daily 07:00", "daily 06:00", "2026-12-14T05:20", "2026-12-14T05:40", "done", id="daily"),
        pytest.param("Fri 07:00", "Mon 07:00", "2026-12-13T05:20", "2026-12-16T05:40", "missed", id="days earlier"),
        pytest.param("Mon 07:00", "Mon 08:00", "2026-12-14T06:05", "2026-12-14T06:20", "done", id="made already"),
    ],
)
def test_the_period_that_a_former_schedule_had_still_to_come_is_owed_where_the_new_ones_turn_has_passed(
    ran: Ran, tmp_path: Path, *, former: str, new: str, seen: str, edited: str, told: str
) -> None:
    key = "2026-12-14" if "daily" in former else "2026-W51"
    ran("2026-12-13T05:20", WEEKLY.replace("Mon 07:00", former))
    ran(seen, WEEKLY.replace("Mon 07:00", former))

    at_once = ran(edited, WEEKLY.replace("Mon 07:00", new))
    later = ran("2026-12-16T11:00", WEEKLY.replace("Mon 07:00", new))

    assert at_once[f"weekly {key}"] == later[f"weekly {key}"] == told
    with open_workspace(tmp_path / "vmo.yaml") as workspace:
        missed = [one for one in describe(workspace, now=clock.now())["problems"] if "was missed" in one]
    assert all("was missed as its schedule was changed later; the next" in one for one in missed)
    assert bool(missed) is (told == "missed")


@pytest.mark.parametrize("new", ["Mon 06:00", "daily 06:00"])
def test_another_edit_of_the_settings_takes_nothing_from_a_schedule_that_was_seen_before_its_turn(
    ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: str
) -> None:
    ran("2026-12-07T06:05", WEEKLY)
    ran("2026-12-12T06:05", WEEKLY)
    changed = WEEKLY.replace("Mon 07:00", new)
    (tmp_path / "vmo.yaml").write_text(SMALLEST + f"reports: {{{changed}}}\n", encoding="utf-8")
    for seen in ("2026-12-13T10:00", "2026-12-14T05:05"):  # by what only syncs
        monkeypatch.setattr(clock, "now", lambda at=seen: a_moment(at))
        with open_workspace(tmp_path / "vmo.yaml", write=True):
            pass

    told = ran("2026-12-14T06:05", changed, "other: {packs: [digest], to: []}")

    assert told["weekly 2026-12-14" if "daily" in new else "weekly 2026-W51"] == "done"


def test_what_nobody_made_is_told_until_a_run_has_taken_another_schedule_over(ran: Ran, tmp_path: Path) -> None:
    ran("2026-12-07T06:05", WEEKLY)
    ran("2026-12-14T06:05", WEEKLY)

    def nobody_made(at: str, when: str) -> list[str]:
        changed = f"reports: {{{WEEKLY.replace('Mon 07:00', when)}}}\n"
        (tmp_path / "vmo.yaml").write_text(SMALLEST + changed, encoding="utf-8")
        with open_workspace(tmp_path / "vmo.yaml") as workspace:
            problems = describe(workspace, now=a_moment(at))["problems"]
        return [one.partition(" and nobody")[0] for one in problems if "nobody made it" in one]

    late = "weekly was due Mon 04 Jan 2027 07:00 CET"
    assert nobody_made("2027-01-10T10:00", "Mon 07:00") == nobody_made("2027-01-10T10:00", "Mon 07:30") == [late]
    assert nobody_made("2026-12-21T09:00", "Tue 07:00") == [], "its week has its turn still to come"


def test_what_an_older_version_owed_is_still_owed(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr("cli.service.keep_schedules", lambda _: None)
        ran("2026-12-07T06:00", WEEKLY)
        ran("2026-12-14T06:05", WEEKLY)

    told = ran("2026-12-28T06:05", WEEKLY)

    assert told == {"weekly 2026-W51": "done", "weekly 2026-W52": "missed", "weekly 2026-W53": "done"}


@pytest.mark.parametrize(
    ("when", "first"),
    [pytest.param("Mon 07:00", {}, id="renamed"), pytest.param("Tue 07:00", {"second first": "done"}, id="another")],
)
def test_a_report_that_is_renamed_has_no_first_edition_but_its_next_turn(
    ran: Ran, monkeypatch: pytest.MonkeyPatch, when: str, first: dict[str, str]
) -> None:
    monkeypatch.setattr("cli.service.read_trust", lambda *_: [a_source()])
    ran("2026-12-07T06:05", WEEKLY)
    renamed = WEEKLY.replace("weekly", "second").replace("Mon 07:00", when)

    at_once = ran("2026-12-09T10:00", renamed)
    again = ran("2026-12-09T10:10", renamed)
    then = ran("2026-12-15T06:00", renamed)

    assert at_once == again == first
    assert then == first | {"second 2026-W51": "done"}


@pytest.mark.parametrize(
    "between",
    [pytest.param((), id="taken out meanwhile"), pytest.param((WEEKLY.replace("weekly", "second"),), id="twice")],
)
def test_a_report_that_is_renamed_and_changed_in_steps_has_no_first_edition_for_those_who_had_it(
    ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, between: tuple[str, ...]
) -> None:
    monkeypatch.setattr("cli.service.read_trust", lambda *_: [a_source()])
    ran("2026-12-07T06:05", WEEKLY)
    with open_workspace(tmp_path / "vmo.yaml", write=True) as workspace:
        workspace.store.record_edition(an_edition("weekly"))
        workspace.store.enter_mails("2026-w49/weekly", {"Ann@example.com": "<1>"}, clock.now())
        for state in ("data_started", "accepted"):
            workspace.store.mark_mail("2026-w49/weekly", "Ann@example.com", state, clock.now())
    second = 'second: {packs: [digest], to: [%s], locale: en, when: "Tue 07:00"}'

    ran("2026-12-09T10:00", *between)
    told = ran("2026-12-09T10:10", second % "ann@example.com")
    others = ran("2026-12-09T10:20", second % "ann@example.com", second.replace("second", "third") % "bob@example.com")
    then = ran("2026-12-15T06:05", second % "ann@example.com")

    assert told == {}
    assert others == {"third first": "done"}
    assert then == {"second 2026-W51": "done"}


def test_a_report_that_is_renamed_between_a_run_and_its_turn_makes_it_by_its_new_name(
    ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.service.read_trust", lambda *_: [a_source()])
    second = WEEKLY.replace("weekly", "second")
    ran("2026-12-07T06:05", WEEKLY)
    ran("2026-12-14T06:05", WEEKLY)
    ran("2026-12-21T05:50", WEEKLY)

    told = ran("2026-12-21T06:05", second)
    then = ran("2026-12-28T06:05", second)

    assert told == {"second 2026-W52": "done"}
    assert then == told | {"second 2026-W53": "done"}


@pytest.mark.parametrize("state", ["claimed", "failed"])
@pytest.mark.parametrize("is_made", [True, False], ids=["made", "not made"])
def test_what_a_report_has_published_and_not_handed_over_is_not_made_again_by_its_new_name(
    ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, state: str, is_made: bool
) -> None:
    monkeypatch.setattr("cli.service.read_trust", lambda *_: [a_source()])
    ran("2026-12-07T06:05", WEEKLY)
    with open_workspace(tmp_path / "vmo.yaml", write=True) as workspace:
        begun = a_moment("2026-12-14T06:05")
        workspace.store.enter_due("weekly", "2026-W51", state, begun, due_at=a_moment("2026-12-14T06:00"), note="")
        if is_made:
            workspace.store.record_edition(an_edition("weekly", at="2026-12-14T06:06"))
    found = []

    def make(current: Callable[[], Workspace], name: str, *rest: due.Owed) -> None:
        made = made_before(current(), report_named(current(), name), rest[-1].period_key)
        found.append((name, rest[-1].period_key, made and made.report))

    told = ran("2026-12-14T06:20", WEEKLY.replace("weekly", "second"), make=make)

    assert told == {"second 2026-W51": "done"}
    assert found == [("second", "2026-W51", "weekly" if is_made else None)]


def test_a_report_that_is_renamed_and_then_moved_to_a_later_day_makes_no_period_twice(
    ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.service.read_trust", lambda *_: [a_source()])
    second = WEEKLY.replace("weekly", "second")
    ran("2026-12-07T06:05", WEEKLY)
    ran("2026-12-14T06:05", WEEKLY)

    ran("2026-12-14T10:00", second)
    moved = ran("2026-12-14T11:00", second.replace("Mon", "Tue"))
    same_week = ran("2026-12-15T06:05", second.replace("Mon", "Tue"))
    next_week = ran("2026-12-22T06:05", second.replace("Mon", "Tue"))

    assert moved == same_week == {}
    assert next_week == {"second 2026-W52": "done"}


def test_a_schedule_that_was_taken_away_and_came_back_has_missed_nothing(ran: Ran) -> None:
    ran("2026-12-07T06:05", WEEKLY)
    ran("2026-12-14T06:05", WEEKLY)
    ran("2026-12-15T06:05", WEEKLY.replace(', when: "Mon 07:00"', ""))

    told = ran("2027-01-06T06:05", WEEKLY)

    assert told == {"weekly 2026-W51": "done"}


def test_what_was_due_when_a_store_was_brought_back_is_not_made_again_and_what_waited_is_in_doubt(
    ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.service.read_trust", lambda *_: [a_source()])
    both = (WEEKLY, WEEKLY.replace("weekly", "second"))  # the second was new when the lost run was made
    ran("2026-12-07T06:05", WEEKLY)
    with open_workspace(tmp_path / "vmo.yaml", write=True) as workspace:
        workspace.store.record_edition(an_edition("weekly"))
        workspace.store.enter_mails(
            "2026-w49/weekly", {"ann@example.com": "<1>", "chat:slack:env:S": "<2>"}, clock.now()
        )
        workspace.store.claim_due("weekly", "2026-W50", clock.now())
        for key, due_at in (("2026-W40", "2026-09-28T05:00"), ("2026-W51", "2026-12-14T06:00")):
            workspace.store.enter_due("weekly", key, "failed", clock.now(), due_at=a_moment(due_at), note="")
    with monkeypatch.context() as older:
        older.setattr("cli.going_back._found", lambda _: "it is older")
        with open_workspace(tmp_path / "vmo.yaml", write=True) as workspace:
            keep_age(workspace)

    held = ran("2026-12-14T07:00", *both)
    run_db_restored(tmp_path / "vmo.yaml")
    at_once = ran("2026-12-14T07:05", *both)
    then = ran("2026-12-21T06:05", *both)

    with open_workspace(tmp_path / "vmo.yaml") as workspace:
        mails = {one.recipient: one.state for one in workspace.store.mails()}
    begun = {"weekly first": "done", "weekly 2026-W40": "failed", "weekly 2026-W50": "claimed"}
    assert held == begun | {"weekly 2026-W51": "failed"}
    assert at_once == begun | {"weekly 2026-W50": "done", "weekly 2026-W51": "done", "second 2026-W51": "done"}
    assert {key for key in then if key not in at_once} == {"weekly 2026-W52", "second 2026-W52"}
    assert mails == {"ann@example.com": "unknown", "chat:slack:env:S": "superseded"}


@pytest.mark.parametrize("names", [("weekly", "second"), ("second", "weekly")], ids=["behind", "before"])
def test_a_report_that_cannot_be_published_beside_another_is_told_by_its_own_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, str]
) -> None:
    tried: list[str] = []
    said: list[str] = []

    def publish(_: Workspace, report: meaning.Report, **__: object) -> SimpleNamespace:
        tried.append(report.name)
        if report.name == "second":
            raise CommandError("no space is left")
        return SimpleNamespace(edition=an_edition("weekly"))

    monkeypatch.setattr("cli.service.publish_report", publish)
    monkeypatch.setattr("cli.service.deliver", lambda *_, **__: ExitCode.DONE)
    monkeypatch.setattr(Quiet, "say", lambda _, words: said.append(words))
    reports = ", ".join(WEEKLY.replace("weekly", name) for name in names)
    (tmp_path / "vmo.yaml").write_text(SMALLEST + f"reports: {{{reports}}}\n", encoding="utf-8")
    for at in ("2026-12-07T06:05", "2026-12-14T06:05"):
        monkeypatch.setattr(clock, "now", lambda at=at: a_moment(at))
        with open_workspace(tmp_path / "vmo.yaml", write=True, first_run=True) as workspace:
            code = settle(workspace, Quiet())
            told = describe(workspace, now=clock.now())["problems"]
            notices = [one.sentence for one in troubles(workspace, now=clock.now())]

    assert code is ExitCode.PARTLY
    assert tried.count("second") == 2, "with the other, and by its own turn"
    assert said == ["second: no space is left"]
    assert "second, due Mon 14 Dec 2026 07:00 CET, failed (CommandError); `vmo run` says why" in told
    assert any("second, due Mon 14 Dec 2026 07:00 CET, was not made: failed" in one for one in notices)
