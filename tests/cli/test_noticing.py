"""A finding is news once, and weighs more where every edition has told it for four weeks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from cli.issuing import history
from cli.noticing import FOUND, seen
from reports.findings import findings
from reports.reckoning import reckon
from sync.store.reading import Edition
from tests.builders import a_calendar, a_moment
from tests.reports.books import a_book

NOW = a_moment("2026-11-23T07:00")


def an_edition(period: str, day: str, *found: str, audience: str = "") -> Edition:
    at = a_moment(f"{day}T07:00")
    return Edition(
        edition_id=f"{period.lower()}/weekly", report="weekly", period_key=period, audience=audience, locale="en",
        revision=1, digest="", known_at=at, published_at=at, program_version="0", path="", manifest={FOUND: found},
    )  # fmt: skip


def a_preview(edition: Edition) -> Edition:
    """In a folder of its own; nobody was told of it."""
    return replace(edition, edition_id=f"out-0badcafe~{edition.edition_id}")


def told(*editions: Edition) -> dict[str, date] | None:
    return seen(history(editions, before=NOW, of_other_than="2026-W47"), calendar=a_calendar())


def test_a_finding_is_seen_since_the_first_of_an_unbroken_row_of_editions() -> None:
    found = told(
        an_edition("2026-W43", "2026-10-26", "late", "gone"),
        an_edition("2026-W44", "2026-11-02", "late", "again"),
        an_edition("2026-W45", "2026-11-09", "late"),
        an_edition("2026-W46", "2026-11-16", "late", "again"),
        an_edition("2026-W46", "2026-11-17", "secret", audience="board"),
        a_preview(an_edition("2026-11-17", "2026-11-17", "late")),
        an_edition("2026-W47", "2026-11-22", "own"),
        an_edition("2026-W48", "2026-11-30", "later"),
    )

    assert found == {"late": date(2026, 10, 26), "again": date(2026, 11, 16)}
    assert told() is None


def test_what_is_new_and_what_nobody_resolves_weigh_more_and_what_stays_a_while_does_not() -> None:
    book = a_book()
    plain = {one.id: one.severity for one in findings(reckon(book)) if one.kind not in ("quiet", "hypothesis_verdict")}
    bad = [one.id for one in findings(reckon(book)) if one.id in plain and not one.is_good][:2]
    today = reckon(book).today
    known = dict.fromkeys(plain, today - timedelta(weeks=1)) | {bad[0]: today - timedelta(weeks=4)}
    del known[bad[1]]

    weighed = {one.id: one.severity for one in findings(reckon(replace(book, seen=known))) if one.id in plain}

    assert {id: weighed[id] - plain[id] for id in plain} == dict.fromkeys(plain, 0) | {bad[0]: 5, bad[1]: 5}
