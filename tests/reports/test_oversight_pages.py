"""The pages of governance and of data quality: both languages, what proves a ruling, and nothing on a quiet book."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.governance import Exemption, Governed, Rule, Subject
from domain.records import Issued, Reading, Records, SettingChange, SettingsVersion
from domain.trust import ChecksTold, ScopeProof, Suspension
from domain.work_item import StatusCategory, WorkItem
from metrics.quality import RULES
from reports.book import Book
from reports.data import tables
from reports.findings import findings
from reports.packs.audit import audit
from reports.packs.quality import quality
from reports.packs.review import review
from reports.page import Exhibit, Page, Table, plain
from reports.reckoning import checked, reckon
from reports.render.html import html
from reports.render.markdown import markdown
from reports.words.catalogue import Words
from tests.reports.books import AS_OF, a_book

LOCALES = pytest.mark.parametrize("locale", ["en", "fr"])
SEEN = datetime(2026, 11, 10, 9, tzinfo=UTC)


def a_governed_book() -> Book:
    """One open epic breaks a rule; its exception has expired. One decision names a known edition, one an unknown."""
    book = a_book()
    epic = next(one for one in book.journeys if one.placement.level == "epic" and one.is_open)
    item = WorkItem(
        source=epic.id.source, external_id=epic.id.external_id, key=epic.key, url=epic.url, title=epic.title,
        project="P", project_id="1", type="Epic", status=epic.status, status_id="1",
        status_category=StatusCategory.UNKNOWN, created_at=epic.created_at, updated_at=epic.updated_at,
    )  # fmt: skip
    rule = Rule(
        id="reviewed", name="Reviewed by security", requires=("Security review",), owner="CISO",
        exemptions=(Exemption(item=epic.key, until=date(2026, 11, 1), owner="CISO", reason="a pilot"),),
    )  # fmt: skip
    decisions = tuple(
        replace(one, edition={"D-1": "2026-W45", "D-2": "2019-W01"}.get(one.id)) for one in book.decisions
    )
    edition = Issued(
        id="2026-w45/pages", folder="2026-w45", report="pages", period="2026-W45", revision=1, digest="ab" * 32,
        known_at=SEEN, published_at=SEEN, version="0.1.0",
    )  # fmt: skip
    change = SettingChange(file="vmo.yaml", seen_at=SEEN, digest="cd" * 32, path="guardrails.wip.analysing",
                           before="6", after="8")  # fmt: skip
    version = SettingsVersion(file="vmo.yaml", seen_at=SEEN, digest="cd" * 32, differences=1)
    governed = Governed(
        rules=(rule,), subjects={epic.id: Subject(item=item, rules=frozenset({"reviewed"}))}
    )  # fmt: skip
    records = Records(since=AS_OF, versions=(version,), changes=(change,), editions=(edition,))
    return replace(book, governed=governed, decisions=decisions, records=records)


def told(book: Book, locale: str) -> str:
    page = audit(reckon(book), locale)
    return markdown(page, words=Words(locale=locale, year=page.day.year, zone=book.calendar.zone))


@LOCALES
def test_the_audit_names_what_broke_the_expired_exception_and_the_settings_that_changed(locale: str) -> None:
    page = told(a_governed_book(), locale)

    assert "Reviewed by security" in page
    assert {"en": "expired on 1 November 2026", "fr": "expirée le 1er novembre 2026"}[locale] in " ".join(page.split())
    assert "guardrails.wip.analysing | 6 | 8" in page


@LOCALES
def test_an_exception_that_has_ended_is_asked_about_on_every_list(locale: str) -> None:
    book = a_governed_book()
    numbers = reckon(book)
    (key,) = next(one.items for one in findings(numbers) if one.kind == "exception_expired")
    said = {
        "en": f"End the exception for {key}, or renew it?",
        "fr": f"Lever l’exception accordée à {key}, ou la renouveler ?",
    }[locale]

    page = audit(numbers, locale)
    agenda = plain(*(cell.text for row in the_agenda(review(numbers, locale)).rows for cell in row.cells))

    (asked,) = [one for one in page.decisions if plain(one.text).replace("\u202f", " ") == said]
    assert asked.page == "audit#rules"
    assert asked.options == ()
    assert {"en": "CISO. It ended on 1 Nov.", "fr": "CISO. Fin le 1er nov."}[locale] == plain(asked.meta)
    assert said in agenda.replace("\u202f", " ")
    for question, n in (("Approve it?", 1), ("Renew the exception?", 0)):  # of which the log has already
        waits = replace(book.decisions[-1], id="D-9", question=question, decision=None, item=key)
        page = audit(reckon(replace(book, decisions=(*book.decisions, waits))), locale)
        assert sum(one.id.startswith("exception_expired") for one in page.decisions) == n


def the_agenda(page: Page) -> Table:
    """The decisions that a review asks, with their numbers."""
    blocks = next(one for one in page.sections if one.id == "agenda").blocks
    return next(one.table for one in blocks if isinstance(one, Exhibit))


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "not in the settings under its name"), ("fr", "absent des réglages sous son nom")]
)
def test_a_project_that_the_settings_do_not_name_as_it_is_called_now_is_told_so(locale: str, words: str) -> None:
    book = a_book()
    scope = ScopeProof(scope_id="10", key="CLM", state="unnamed", held=8)
    kept = Suspension(scope_id="10", key="CLM", why="it is CLX now", since=SEEN, missing=8, state="unnamed")
    trust = (replace(book.trust[0], scopes=(scope,), suspended=(kept,)), *book.trust[1:])

    (row,) = [line for line in told(replace(book, trust=trust), locale).splitlines() if "| CLM" in line]

    assert words in row


@LOCALES
def test_the_audit_says_how_many_items_a_rule_does_not_look_at_and_why(locale: str) -> None:
    book = a_governed_book()
    (subject,) = book.governed.subjects.values()
    dear = Rule(id="reviewed", name="Reviewed", requires=("owner",), threshold=Decimal(900), owner="CISO")
    cheap = replace(subject, item=replace(subject.item, values={"cost_estimate": Decimal(50)}))

    page = told(replace(book, governed=Governed(rules=(dear,), subjects={subject.item.id: cheap})), locale)

    assert {"en": "Not looked at: 1 below the amount", "fr": "Hors examen : 1 sous le montant"}[locale] in page.replace(
        "\u00a0", " "
    )


@LOCALES
def test_rules_are_not_all_kept_where_items_cannot_be_held_against_them(locale: str) -> None:
    book = a_governed_book()
    (subject,) = book.governed.subjects.values()
    kept = Rule(id="known", name="Known", requires=("owner",), owner="CISO")
    costly = Rule(id="costly", name="Costly", approved=True, threshold=Decimal(1_000_000), owner="CISO")
    both = {
        subject.item.id: replace(subject, item=replace(subject.item, owner="Ann"), rules=frozenset({"known", "costly"}))
    }

    head = plain(
        audit(reckon(replace(book, governed=Governed(rules=(kept, costly), subjects=both))), locale)
        .sections[0]
        .headline
    )

    assert (
        head
        == {
            "en": "No item is known to break a rule; judgements made: 1, not possible: 1",
            "fr": "Aucun élément connu n’enfreint une règle ; jugements rendus : 1, impossibles : 1",
        }[locale]
    )


def test_a_decision_leads_to_its_edition_where_that_exists_and_says_so_where_it_does_not() -> None:
    page = told(a_governed_book(), "en")

    assert "[2026-W45](../2026-w45/overview.en.html)" in page
    assert "2019-W01: no such edition here" in page


def test_every_ruling_and_decision_stands_in_a_file_of_the_edition() -> None:
    files = tables(reckon(a_governed_book()), packs=("audit",))

    assert b"reviewed,Reviewed by security,CISO" in files["audit-rulings"]
    assert files["audit-decisions"].count(b"\r\n") == 1 + len(a_book().decisions)


@LOCALES
def test_none_is_no_number_in_a_headline(locale: str) -> None:
    page = audit(reckon(replace(a_book(), decisions=(), trust=())), locale)

    heads = [plain(one.headline) for one in page.sections]
    assert {"en": "No item was removed", "fr": "Aucun élément n’a été retiré"}[locale] in heads
    assert plain(page.headline) == {"en": "No decision is on record", "fr": "Aucune décision n’est consignée"}[locale]


def test_without_rules_nothing_is_found_and_the_page_says_who_can_add_them() -> None:
    book = a_book()

    found = {one.kind for one in findings(reckon(book))}

    assert not found & {"rule_broken", "exception_expired"}
    assert "No rule of governance is declared" in told(book, "en")


@LOCALES
def test_both_pages_are_whole_small_and_have_each_anchor_once(locale: str) -> None:
    book = a_governed_book()
    numbers = reckon(book)
    for page in (audit(numbers, locale), quality(numbers, locale)):
        rendered = html(page, words=Words(locale=locale, year=page.day.year, zone=book.calendar.zone))
        anchors = [part.split('"', 1)[0] for part in rendered.split(' id="')[1:]]

        assert len(rendered.encode()) < 1_000_000
        assert len(anchors) == len(set(anchors))


@LOCALES
def test_what_is_listed_is_cut_and_the_file_that_has_all_of_it_is_named(locale: str) -> None:
    book = a_governed_book()
    (change,) = book.records.changes
    many = tuple(replace(change, path=f"themes.core.benefits[{n}].indicators[0].kpi") for n in range(600))
    failed = tuple(
        Reading(id=n, source="jira", kind="sync", started_at=SEEN, finished_at=SEEN, outcome="failed",
                sentence="it refused the token", items=None, changes=None)
        for n in range(600)
    )  # fmt: skip
    numbers = reckon(replace(book, records=replace(book.records, changes=many, readings=failed)))

    page = audit(numbers, locale)

    words = Words(locale=locale, year=page.day.year, zone=book.calendar.zone)
    assert len(html(page, words=words).encode()) < 200_000
    files = tables(numbers, packs=("audit",))
    for name in ("settings", "readings"):
        section = next(one for one in page.sections if one.id == name)
        listed = [one for one in section.blocks if isinstance(one, Exhibit) and len(one.table.rows) > 1]
        assert [f"data/audit-{name}.csv" in plain(one.notes[-1]) for one in listed] == [True]
        assert files[f"audit-{name}"].count(b"\r\n") == 601


@pytest.mark.parametrize(
    ("locale", "words"), [("en", ("2 fewer", "one more", "as many")), ("fr", ("2 de moins", "un de plus", "autant"))]
)
def test_each_check_says_how_many_more_or_fewer_fail_it_than_in_the_last_edition(
    locale: str, words: tuple[str, str, str]
) -> None:
    book = a_book()
    now = {one.rule: (one.n_in_scope - len(one.journeys), one.n_in_scope) for one in checked(book)}
    passing, looked_at = now["orphan"]
    owned, epics = now["missing_owner"]
    former = ChecksTold(
        edition="2026-W46",
        told_on=date(2026, 11, 16),
        passing={**now, "orphan": (passing - 2, looked_at), "missing_owner": (owned + 1, epics)},
    )

    def rows(book: Book) -> dict[str, list[str]]:
        page = quality(reckon(book), locale)
        table = next(
            block.table for one in page.sections if one.id == "coverage" for block in one.blocks
            if isinstance(block, Exhibit)
        )  # fmt: skip
        return {rule: [plain(cell.text) for cell in row.cells] for rule, row in zip(RULES, table.rows, strict=True)}

    told, first = rows(replace(book, checks_told=former)), rows(book)
    assert [told[rule][4] for rule in ("orphan", "missing_owner", "missing_size")] == list(words)
    assert all(len(cells) == 5 for cells in first.values())  # nothing to compare with yet
