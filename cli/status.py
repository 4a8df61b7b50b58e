"""`vmo status`: freshness, last and next runs, open problems."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cli import clock
from cli.doubting import doubt_of
from cli.going_back import age_of
from cli.issuing import is_as_it_came, is_corrected_by
from cli.narrowing import is_made_for
from cli.outcome import ExitCode
from cli.places import is_gone, place_of
from cli.reading import read_trust
from cli.setting_aside import digests
from cli.setting_aside import problems as set_aside
from cli.storekeeping import LOOK
from cli.terminal import plain
from cli.turns import UNSCHEDULED, changed_since, held_to, is_scheduled, named
from cli.unasked import Unasked, unasked
from cli.workspace import Workspace, apart, open_workspace
from config import meaning
from config.schedule import Schedule
from domain.trust import ScopeProof, SourceTrust
from sync.due import LOOK_BACK, Owed, local, next_due, owed, periods
from sync.holds import words_of
from sync.presence import STRIKES
from sync.store.holds import holds
from sync.store.kpis import silences
from sync.store.reading import Edition, Mail, RunRecord
from sync.unread import what_to_do

COUNT_IS_OLD = timedelta(days=3)  # all ids are counted daily, after a sync
LATE = timedelta(hours=1)  # past its time: whoever runs would have made it by now
MOST_SUSPECTS = 20  # named one by one
OPEN_MAILS = ("claimed", "data_started", "refused", "unknown", "expired")


def run_status(config: Path, *, as_json: bool) -> ExitCode:
    """Print how things stand. Exit code 3 while there is an open problem, so that monitoring can ask."""
    with open_workspace(config) as workspace:
        now = clock.now()
        state = describe(workspace, now=now)
        if as_json:
            print(json.dumps(state, ensure_ascii=False, indent=2))
        else:
            _print(state, zone=meaning.calendar(workspace.settings).zone, now=now)
    return ExitCode.PARTLY if state["problems"] else ExitCode.DONE


def describe(workspace: Workspace, *, now: datetime) -> dict[str, Any]:
    """The state of the service in JSON values; instants are ISO 8601 in UTC."""
    settings, store = workspace.settings, workspace.store
    zone = meaning.calendar(settings).zone
    trust = read_trust(settings, store)
    plan = meaning.sync_plan(settings)
    schedules = {"sync": plan.when, "presence sweep": plan.presence_sweep, "full check": plan.full_check}
    schedules |= {report.name: report.when for report in meaning.reports(settings) if report.when is not None}
    mails = store.mails(states=OPEN_MAILS)
    doubts = [one for one in (doubt_of(workspace), age_of(workspace)) if one is not None]
    editions = [one for one in store.editions() if is_as_it_came(one)][:10]
    hidden = unasked(workspace, store, on=meaning.calendar(settings).day(now))
    return {
        "portfolio": settings.document.portfolio.name,
        "settings": {"digest": settings.digest, "first_used_at": _iso(_first_used_at(workspace))},
        "store": store.place,
        "may_mail": store.may_mail(),
        "sources": [_source(workspace, one, now=now, hidden=hidden) for one in trust],
        "next": {name: _iso(_next_due(when, after=now, zone=zone)) for name, when in schedules.items()},
        "unscheduled": None if is_scheduled(settings) else UNSCHEDULED,
        "editions": [
            {"edition": one.edition_id, "published_at": _iso(one.published_at), "path": str(place_of(workspace, one))}
            for one in editions
        ],
        "open_mails": [
            {"edition": mail.edition_id, "recipient": mail.recipient, "state": mail.state, "reply": mail.reply}
            for mail in mails
        ],
        "arrivals": arrivals(workspace),
        "problems": [
            *doubts,
            *_source_problems(trust, now=now, zone=zone),
            *([] if workspace.refused is None else [not_taken_over(workspace.refused)]),
            *set_aside(settings),
            *_held_problems(workspace, now=now),
            *_silent_problems(workspace, zone=zone),
            *_report_problems(workspace, now=now),
            *(() if doubts else _arrival_problems(workspace, now=now)),
            *_store_problems(workspace),
            *_folder_problems(workspace, editions),
            *_mail_problems(mails, waits=not store.may_mail() and _has_recipients(workspace), now=now, zone=zone),
        ],
    }


def is_put_off(mail: Mail, *, now: datetime) -> bool:
    """Has a mail waited for so long that no passing trouble of the server explains it?"""
    return mail.state == "claimed" and now - mail.claimed_at > LATE


def put_off(mail: Mail, *, zone: ZoneInfo) -> str:
    """What a mail that waits has met with, since when, and what becomes of it."""
    since, why = local(mail.claimed_at, zone), mail.reply or "no reply"
    return f"mail of {mail.edition_id} to {mail.recipient} has waited since {since}, put off with: {why}"


def _next_due(when: Schedule, *, after: datetime, zone: ZoneInfo) -> datetime | None:
    """None where no planning interval is declared any more that it would follow."""
    try:
        return next_due(when, after=after, zone=zone)
    except ValueError:
        return None


def not_taken_over(refused: str) -> str:
    return f"the settings have changed and were not taken over; the service goes on with the former ones: {refused}"


def _first_used_at(workspace: Workspace) -> datetime | None:
    """When whoever writes the store went over to these very files; None: nobody has yet."""
    kept = {(one.name, one.digest): one.first_seen_at for one in workspace.store.configurations()}
    gone = {one.file for one in workspace.settings.set_aside if one.is_whole}
    found = [
        kept.get((apart(name) if name in gone else name, digest))
        for name, digest in digests(workspace.settings).items()
    ]
    known = [one for one in found if one is not None]
    return max(known) if known and len(known) == len(found) else None


def _source(workspace: Workspace, trust: SourceTrust, *, now: datetime, hidden: Sequence[Unasked]) -> dict[str, Any]:
    run = workspace.store.last_run(trust.source)
    census = workspace.store.last_run(trust.source, kinds=("sweep",))
    newest = workspace.store.last_run(trust.source, kinds=("sync", "full", "sweep", "reread"))
    return {
        "source": trust.source,
        "kind": trust.kind,
        "outcome": trust.outcome,
        "complete_at": _iso(trust.complete_at),
        "attempted_at": _iso(trust.attempted_at),
        "stale": trust.is_stale(now),
        "held": trust.held,
        "declared": trust.declared,
        "counted_at": _iso(trust.census_at),
        "not_held": trust.unheld,
        "suspects": trust.suspects,
        "missing": [
            {"key": one.key, "since": _iso(one.missing_since), "strikes": one.strikes, "of": STRIKES}
            for one in workspace.store.suspects(trust.source, limit=MOST_SUSPECTS)
        ],
        "suspended": [
            {
                "project": one.key,
                "state": one.state,
                "since": _iso(one.since),
                "missing": one.missing,
                "why": one.why,
                "what_to_do": what_to_do(trust.source, one),
            }
            for one in trust.suspended
        ],
        "removed": dict(trust.removed),
        "hidden": [
            {
                "audience": one.audience or None,
                "fields": list(one.fields),
                "not_asked": one.items,
                "below_removed": one.below_gone,
                "sentence": one.sentence,
            }
            for one in hidden
            if one.source == trust.source
        ],
        "projects": [_project(one) for one in trust.scopes],
        "history_gaps": trust.history_gaps,
        "without_history": trust.without_history,
        "set_aside": trust.quarantined,
        "last_run": run.sentence if run else None,
        "last_census": census.sentence if census else None,
        "under_way": None if newest is None or newest.finished_at is not None else _under_way(newest),
        "problems": list(trust.problems),
    }


def _under_way(run: RunRecord) -> dict[str, Any]:
    """A run whose end nobody has written down: it goes on, or its process died, which the next writer settles."""
    return {"kind": run.kind, "since": _iso(run.started_at), "items": run.items, "requests": run.requests}


def _project(proof: ScopeProof) -> dict[str, Any]:
    return {
        "project": proof.key,
        "state": proof.state,
        "declared": proof.declared,
        "declared_at": _iso(proof.declared_at),
        "declared_by": proof.declared_by,
        "held": proof.held,
        "missing": proof.missing,
        "removed": proof.removed,
        "out_of_scope": proof.out_of_scope,
        "histories": {
            "complete": proof.complete, "none": proof.bare, "gap": proof.gaps, "incomplete": proof.incomplete,
        },
    }  # fmt: skip


def _source_problems(trust: tuple[SourceTrust, ...], *, now: datetime, zone: ZoneInfo) -> list[str]:
    problems = []
    for one in trust:
        if one.complete_at is None and not one.unread:
            problems.append(f"{one.source}: never synced completely; run `vmo sync`")
        elif one.complete_at is not None and one.is_stale(now):
            problems.append(f"{one.source}: STALE since {local(one.complete_at, zone)}")
        if one.census_at is not None and _has_old_count(one):
            problems.append(
                f"{one.source}: all ids were last counted {local(one.census_at, zone)}, though it was read since; "
                "run `vmo sync --sweep`"
            )
        problems += list(one.problems)
    return problems


def _has_old_count(one: SourceTrust) -> bool:
    """Was it read, and not counted for days? Both instants are the tracker's."""
    return one.census_at is not None and one.complete_at is not None and one.complete_at - one.census_at > COUNT_IS_OLD


def _held_problems(workspace: Workspace, *, now: datetime) -> list[str]:
    """Sources that the schedule leaves alone for now."""
    names = workspace.source_names
    found = (hold for name, hold in holds(workspace.store).items() if name in names and hold.until is not None)
    return [words_of(hold) for hold in found if hold.until is not None and hold.since <= now < hold.until]


def _silent_problems(workspace: Workspace, *, zone: ZoneInfo) -> list[str]:
    """Endpoints of KPIs that do not answer; the message names the KPI."""
    asked = [one.kpi for one in meaning.endpoints(workspace.settings)]
    return [f"{one.trouble} (since {local(one.since, zone)})" for one in silences(workspace.store, asked)]


def _report_problems(workspace: Workspace, *, now: datetime) -> list[str]:
    """Reports whose newest period was not made."""
    problems, zone = [], meaning.calendar(workspace.settings).zone
    for report in meaning.reports(workspace.settings):
        newest = max(workspace.store.due(report.name), key=lambda row: row.due_at, default=None)
        if newest is None:
            continue
        turn = named(report.name, newest.period_key, newest.due_at, zone)
        if newest.state == "failed":
            problems.append(f"{turn} failed ({newest.note}); `vmo run` says why")
        elif newest.state == "missed":
            is_changed = changed_since(workspace, report.name, newest.due_at, now=now)
            why = "as its schedule was changed later" if is_changed else "while vmo did not run"
            problems.append(f"{turn} was missed {why}; the next one will come")
    return problems


def arrivals(workspace: Workspace) -> list[dict[str, str | None]]:
    """For each report and recipient, which mail of it the server accepted last, and when; None: none yet."""
    report_of = {edition.edition_id: edition.report for edition in workspace.store.editions()}
    last: dict[tuple[str | None, str], Mail] = {}
    for mail in workspace.store.mails(states=("accepted",)):
        key = (report_of.get(mail.edition_id), mail.recipient.casefold())
        if key not in last or mail.at >= last[key].at:
            last[key] = mail
    found = []
    for report in meaning.reports(workspace.settings):
        for recipient in report.to:
            newest = last.get((report.name, recipient.casefold()))
            told = {"edition": newest.edition_id, "accepted_at": _iso(newest.at)} if newest else {}
            blank: dict[str, str | None] = {"edition": None, "accepted_at": None}
            found.append({"report": report.name, "recipient": recipient, **blank, **told})
    return found


def _arrival_problems(workspace: Workspace, *, now: datetime) -> list[str]:
    """Reports whose time has come while nobody made them: no process runs, or it hangs."""
    zone = meaning.calendar(workspace.settings).zone
    problems = []
    for report in meaning.reports(workspace.settings) if workspace.store.may_mail() else ():
        held = held_to(workspace, report, now=now)
        if held is None or report.when is None:
            continue
        ledger = [Owed(report=one.report, period_key=one.period_key, due_at=one.due_at)
                  for one in workspace.store.due(report.name)]  # fmt: skip
        when, since = held
        owing = owed({report.name: when}, ledger, now=now, zone=zone, since=since)
        ahead = periods(report.when, report=report.name, after=now, until=now + LOOK_BACK, zone=zone)
        moved = {one.period_key for one in ahead} if when != report.when else set()
        late = [one for one in (*owing.missed, *owing.owed) if now - one.due_at > LATE and one.period_key not in moved]
        if late:
            problems.append(
                f"{report.name} was due {local(late[-1].due_at, zone)} and nobody made it: "
                "is `vmo serve`, or a timer for `vmo run`, at work?"
            )
    return problems


def _store_problems(workspace: Workspace) -> list[str]:
    """What the daily look at the store has found, for as long as nothing is published because of it."""
    newest = max(workspace.store.due(LOOK), key=lambda row: row.due_at, default=None)
    if newest is None or newest.state != "failed":
        return []
    return [f"the store does not read as it was written, so nothing is published: {newest.note}"]


def _folder_problems(workspace: Workspace, editions: Sequence[Edition]) -> list[str]:
    """The newest editions whose folders are gone, by the folder that they lay in, unless a later revision is there.

    What readers may not see any more is removed by hand, and is no loss. Of a folder that is gone with all that was in
    it nothing is said: whoever asks may be on another machine.
    """
    audiences = ("", *workspace.settings.document.audiences)
    gone: dict[Path, set[str]] = {}
    for one in editions:
        place, others = place_of(workspace, one), [other for other in editions if is_corrected_by(one, other)]
        if (
            one.audience in audiences
            and place.parent.is_dir()
            and is_made_for(one, workspace.settings, one.audience)
            and all(is_gone(workspace, other) for other in (one, *others))
        ):
            gone.setdefault(place.parent, set()).add(place.name)
    return [
        f"{', '.join(sorted(names))}: published, and not in {root} any more; bring the folder back from a backup, or "
        "publish the newest of a report again with `vmo report --report NAME`, as a further revision"
        for root, names in gone.items()
    ]


def _has_recipients(workspace: Workspace) -> bool:
    return any(report.to for report in meaning.reports(workspace.settings))


def _mail_problems(mails: list[Mail], *, waits: bool, now: datetime, zone: ZoneInfo) -> list[str]:
    problems = [
        f"mail of {mail.edition_id} to {mail.recipient} is {mail.state}: see `vmo mail list`"
        for mail in mails
        if mail.state in ("unknown", "refused", "expired")
    ]
    problems += [f"{put_off(one, zone=zone)}; see `vmo mail list`" for one in mails if is_put_off(one, now=now)]
    if waits:
        problems.append("this store is new, so nothing is mailed yet; start it with `vmo run --first-run`")
    return problems


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")


_KEPT = {"vanished": "suspended", "unnamed": "not read"}


def _presence_lines(source: dict[str, Any], *, local: Callable[[str | None], str]) -> list[str]:
    """Who is missed, what is suspended, removed or hidden since nobody asked; nothing where all is well."""
    lines = [
        f"missing: {one['key']}, strike {one['strikes']} of {one['of']}, since {local(one['since'])}"
        for one in source["missing"]
    ]
    if source["suspects"] > len(source["missing"]):
        lines.append(f"missing: {source['suspects'] - len(source['missing'])} more")
    lines += [
        f"{_KEPT.get(one['state'], 'cannot be read')}: project {one['project']} since "
        f"{local(one['since'])}: {one['why']}; {one['what_to_do']}"
        for one in source["suspended"]
    ]
    if source["removed"]:
        told = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in source["removed"].items())
        lines.append(f"removed, with their histories kept: {told}")
    lines += [one["sentence"] for one in source["hidden"]]
    if source["not_held"]:
        count = "1 item" if source["not_held"] == 1 else f"{source['not_held']:,} items"
        lines.append(f"not held: {count} that the source named; the next sync asks for what was not asked for yet")
    return lines


def _run_lines(source: dict[str, Any], *, local: Callable[[str | None], str]) -> list[str]:
    """How the last runs of a source ended, and the one that goes on."""
    told = {"last run": source["last_run"], "last census": source["last_census"]}
    lines = [f"{words}: {sentence}" for words, sentence in told.items() if sentence]
    if (run := source["under_way"]) is not None:
        lines.append(
            f"under way since {local(run['since'])} ({run['kind']}): {run['items']:,} items and {run['requests']:,} "
            "requests so far; where no vmo is at work, it was interrupted, and the next run goes on from there"
        )
    return lines


def _print(state: dict[str, Any], *, zone: ZoneInfo, now: datetime) -> None:
    def at(iso: str | None) -> str:
        return "never" if iso is None else local(datetime.fromisoformat(iso), zone)

    print(f"{state['portfolio']}, {at(now.isoformat())}")
    taken = state["settings"]["first_used_at"]
    when = "not taken over yet by what runs" if taken is None else f"first used {at(taken)}"
    print(f"  settings {state['settings']['digest'][:16]}: {when}")
    for source in state["sources"]:
        mark = "STALE" if source["stale"] else source["outcome"]
        counted = "" if source["declared"] is None else f", the source has {source['declared']:,}"
        if source["declared"] is not None and source["counted_at"] is not None:
            counted += f" as counted {at(source['counted_at'])}"
        print(f"  {source['source']} ({source['kind']}): {mark}; complete as of {at(source['complete_at'])}")
        print(f"    {source['held']:,} items held{counted}; {source['suspects']} suspect, "
              f"{source['history_gaps']} with gaps in their history, {source['set_aside']} set aside")  # fmt: skip
        for line in _presence_lines(source, local=at):
            print(f"    {plain(line)}")
        for line in _run_lines(source, local=at):
            print(f"    {plain(line)}")
    print("Next:")
    for name, turn in state["next"].items():
        print(f"  {name}: {at(turn)}")
    if state["unscheduled"]:
        print(f"  {state['unscheduled']}")
    if state["editions"]:
        newest = state["editions"][0]
        print(f"Newest edition: {newest['edition']}, published {at(newest['published_at'])}")
    if state["arrivals"]:
        print("Last mail that the server accepted:")
    for one in state["arrivals"]:
        edition = "" if one["edition"] is None else f" ({one['edition']})"
        print(f"  {one['report']} to {one['recipient']}: {at(one['accepted_at'])}{edition}")
    if state["problems"]:
        print("Open problems:")
        for problem in state["problems"]:
            print(f"  {plain(problem)}")
    else:
        print("No open problems.")
