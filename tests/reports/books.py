"""A hand-made book: an invented portfolio over a year and a half, the same every time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from domain.calendar import Calendar
from domain.journey import Journey, Placement, Spans, Visit
from domain.strategy import Decision, Guardrails, KeyResult, Kpi, Portfolio, Reading, Theme
from domain.trust import SourceTrust
from domain.work_item import FlowState, HistoryState, ItemId
from reports.book import Book, Edition

AS_OF = datetime(2026, 11, 22, 22, 59, 59, 999_999, tzinfo=UTC)  # the last instant of week 47 in Paris
DAY = timedelta(days=1)
JIRA = "https://jira.example.com"
AZURE = "https://dev.azure.com/example"

THEMES = (
    ("settle-fast", "Settle claims in days, not weeks", "0.40", "settlement_days", "days", 19, 8, date(2027, 6, 30)),
    ("embed", "Sell where customers already are", "0.25", "embedded_share", "%", 12, 24, date(2027, 6, 30)),
    ("legacy", "Retire the legacy policy core", "0.25", "policies_moved", "k policies", 0, 820, date(2027, 12, 31)),
    ("resilience", "A platform that stays up", "0.10", "services", "services", 6, 24, date(2027, 6, 30)),
)
NOW = {"settlement_days": "11.4", "embedded_share": "21.3", "policies_moved": "310", "services": "19"}
TITLES = ("Automatic glass claims", "Repair network portal", "Instant payment", "Single customer identity",
          "Claims triage", "Fraud detection, version 2", "Video expertise", "Broker API", "Motor policies move",
          "Recovery drills", "Observability", "Partner onboarding")  # fmt: skip


def a_book(
    *,
    seed: int = 7,
    title: str | None = None,
    sample: bool = True,
    is_stale: bool = False,
    journeys: tuple[Journey, ...] | None = None,
    decisions: bool = True,
    readings: bool = True,
) -> Book:
    """Four themes, two trackers, three decisions waiting; `title` replaces every item's title."""
    return Book(
        portfolio=a_portfolio(),
        calendar=Calendar(zone=ZoneInfo("Europe/Paris")),
        journeys=journeys if journeys is not None else tuple(the_journeys(seed, title)),
        readings=tuple(the_readings()) if readings else (),
        decisions=the_decisions() if decisions else (),
        trust=the_sources(is_stale=is_stale),
        as_of=AS_OF,
        published_at=datetime(2026, 11, 23, 6, 0, tzinfo=UTC),
        edition=Edition(id="2026-W47"),
        config_digest="7c1f" * 16,
        waiting_known=frozenset({"claims", "policy-core"}),
        sample=sample,
        brand="VMO, Norvane Assurances",
        base_url="https://vmo.example.com",
        code_version="0.1.0",
    )


def a_portfolio() -> Portfolio:
    themes = tuple(
        Theme(
            id=name,
            name=title,
            target_share=Decimal(share),
            sponsor="H. Roussel",
            objective=None,
            key_results=(
                KeyResult(
                    id=kpi, name=kpi.replace("_", " ").capitalize(), unit=unit, baseline=Decimal(baseline),
                    target=Decimal(target), starts=date(2025, 1, 1), due=due, kpi=kpi,
                ),
                KeyResult(
                    id=f"{kpi}-nps", name="Recommendation after contact", unit="", baseline=Decimal(8),
                    target=Decimal(30), starts=date(2026, 1, 1), due=date(2027, 6, 30), kpi=f"{name}_nps",
                ),
            ),
        )
        for name, title, share, kpi, unit, baseline, target, due in THEMES
    )  # fmt: skip
    return Portfolio(
        id="customer-claims",
        name="Customer and Claims",
        currency="EUR",
        locales=("en", "fr"),
        themes=themes,
        kpis=tuple(Kpi(id=kpi, name=kpi, unit=unit) for _, _, _, kpi, unit, *_ in THEMES),
        guardrails=Guardrails(
            capacity={"feature": Decimal("0.6"), "enabler": Decimal("0.25"), "debt": Decimal("0.15")},
            tolerance_points=Decimal(30),  # nobody is alarmed
            wip={"analysing": 4, "implementing": 12},
        ),
    )


def the_readings() -> list[Reading]:
    """A reading a month, in a line from the baseline to today's value; the first theme's NPS, too."""
    found = []
    for name, _, _, kpi, _, baseline, _, _ in THEMES:
        now = Decimal(NOW[kpi])
        for month in range(23):
            day = date(2025 + month // 12, month % 12 + 1, 15)
            value = Decimal(baseline) + (now - baseline) * month / 22
            found.append(Reading(kpi=kpi, day=day, value=value.quantize(Decimal("0.1")), source="finance"))
        if name != "resilience":
            found.append(Reading(kpi=f"{name}_nps", day=date(2026, 11, 2), value=Decimal(22), source="survey"))
    return found


def the_decisions() -> tuple[Decision, ...]:
    asked = date(2026, 11, 9)
    return (
        Decision(id="D-1", asked_on=asked, meeting="strategic portfolio review", decision=None, owner="Hélène Roussel",
                 question="Re-fund the legacy migration, or cut its scope to motor policies.", due=date(2026, 11, 27),
                 item="AB#20418"),
        Decision(id="D-2", asked_on=asked, meeting="portfolio sync", decision=None, owner="LPM", item="CLM-3",
                 question="Pause three epics in Analysing, or raise its limit.", due=date(2026, 11, 26)),
        Decision(id="D-3", asked_on=asked, meeting="privacy board", decision=None, owner="Marc Delaunay", item="CLM-9",
                 question="Fast-track the privacy assessment for claims triage.", due=date(2026, 12, 4)),
        Decision(id="D-0", asked_on=asked, meeting="portfolio sync", decision="Agreed", owner="LPM", due=None,
                 question="Raise the limit of Implementing.", item=None),
    )  # fmt: skip


def the_sources(*, is_stale: bool = False) -> tuple[SourceTrust, ...]:
    late = AS_OF - (3 * DAY if is_stale else timedelta(hours=2, minutes=5))
    return (
        SourceTrust(source="claims", kind="Jira", base_url=JIRA, complete_at=AS_OF, attempted_at=AS_OF, outcome="ok",
                    held=540, declared=540),
        SourceTrust(source="policy-core", kind="Azure DevOps", base_url=AZURE, complete_at=late, attempted_at=AS_OF,
                    outcome="failed" if is_stale else "ok", held=310, declared=312),
    )  # fmt: skip


def the_journeys(seed: int, title: str | None) -> list[Journey]:
    """Epics, features and stories of both trackers, with work finished, open, cancelled and orphaned."""
    random = Random(seed)
    found: list[Journey] = []
    numbers = {"claims": 0, "policy-core": 20400}
    for level, count in (("epic", 44), ("feature", 330), ("story", 260)):
        for index in range(count):
            source = "claims" if random.random() < 0.6 else "policy-core"
            numbers[source] += 1
            span = {"epic": 110, "feature": 24, "story": 8}[level]
            created = AS_OF - random.randrange(5, 540) * DAY - random.randrange(0, 80_000) * timedelta(seconds=1)
            taken = max(1, int(random.lognormvariate(0, 0.6) * span))
            found.append(
                a_journey(
                    source=source,
                    number=numbers[source],
                    level=level,
                    created=created,
                    taken_days=taken,
                    wait_days=random.randrange(1, 20),
                    title=title or TITLES[index % len(TITLES)],
                    random=random,
                )
            )
    return found


def a_journey(
    *,
    source: str,
    number: int,
    level: str,
    created: datetime,
    taken_days: int,
    wait_days: int,
    title: str,
    random: Random,
) -> Journey:
    started = created + wait_days * DAY
    finished = started + taken_days * DAY
    is_done, has_started = finished <= AS_OF, started <= AS_OF
    status, state = ("Done", FlowState.DONE) if is_done else ("Funnel", FlowState.NEW)
    if has_started and not is_done:
        status = random.choice(("Reviewing", "Analysing", "Implementing", "Validating"))
        state = FlowState.WAITING if status == "Validating" else FlowState.ACTIVE
    cancelled = random.random() < 0.03 and not is_done
    if cancelled:
        status, state = "Cancelled", FlowState.CANCELLED
    visits = [
        Visit(status="Funnel", status_id="1", flow_state=FlowState.NEW, entered_at=created,
              left_at=started if has_started else None)
    ]  # fmt: skip
    if has_started:
        visits.append(
            Visit(status="Implementing", status_id="3", flow_state=FlowState.ACTIVE, entered_at=started,
                  left_at=finished if is_done else AS_OF - 3 * DAY if cancelled else None)
        )  # fmt: skip
    key = f"CLM-{number}" if source == "claims" else f"AB#{number}"
    theme = random.choice(("settle-fast", "settle-fast", "embed", "legacy", "resilience", None))
    return Journey(
        id=ItemId(source, str(number)),
        key=key,
        url=f"{JIRA}/browse/{key}" if source == "claims" else f"{AZURE}/PolicyCore/_workitems/edit/{number}",
        title=title,
        type=level.capitalize(),
        parent_id=None,
        owner="T. Marchetti" if random.random() < 0.9 else None,
        placement=Placement(
            level=level,
            kind=random.choice(("feature", "feature", "feature", "enabler", "debt", "defect")),
            themes={theme: Decimal(1)} if theme else {},
            value_stream="claims",
            train=None,
            team=None,
        ),
        status=status,
        status_id="3",
        flow_state=state,
        history=HistoryState.COMPLETE,
        created_at=created,
        updated_at=min(AS_OF, finished),
        first_started_at=started if has_started else None,
        last_started_at=started if has_started else None,
        started_at=started if has_started else None,
        finished_at=finished if is_done else None,
        cancelled_at=AS_OF - 3 * DAY if cancelled else None,
        excluded_reason="cancelled" if cancelled else None,
        visits=tuple(visits),
        spans=Spans(active=int(taken_days * 40_000), waiting=int(taken_days * 46_400)) if has_started else Spans(),
    )
