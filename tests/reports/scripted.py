"""A portfolio that is run as agreed, with everything declared that a default could raise an alarm about.

Each scripted portfolio is this one with a single thing gone wrong.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.calendar import Calendar
from domain.journey import Journey
from domain.strategy import Engagement, Guardrails, Kpi, Matcher, Portfolio, Reading, Theme, Train, ValueStream
from domain.trust import SourceTrust
from reports.book import Book, Edition
from tests.builders import SOURCE, a_benefit, a_decision, a_key_result, an_indicator
from tests.metrics.portfolios import steady

AS_OF = datetime(2026, 11, 22, 23, 59, 59, 999_999, tzinfo=UTC)  # the end of week 47
TODAY = AS_OF.date()
SERVES = {"Azur": "settle", "Cedre": "settle", "Dune": "settle", "Ecume": "embed", "Fjord": "grow"}  # by train
HORIZON = {"settle": "H1", "embed": "H2", "grow": "H3"}
MEASURED = (*HORIZON, "calls", "partners")
AGREED = Guardrails(
    horizons={"H1": Decimal("0.6"), "H2": Decimal("0.2"), "H3": Decimal("0.2")},
    tolerance_points=Decimal(10),
    capacity={"feature": Decimal(1)},
    approval_threshold=1_500_000_00,
    approving_states=("Approved",),
    implementing_states=("in progress",),
    engagement=Engagement(least_share=Decimal("0.8")),
    wip={"in progress": 20},
)


def a_quiet_book(*, seed: int = 1) -> Book:
    """Five steady trains, three themes on their way, bets that are on trial or decided, guardrails that hold."""
    return Book(
        portfolio=Portfolio(
            id="claims",
            name="Customer and Claims",
            currency="EUR",
            locales=("en", "fr"),
            themes=tuple(map(_theme, HORIZON)),
            kpis=tuple(Kpi(id=name, name=f"KPI {name}", unit="%") for name in MEASURED),
            guardrails=AGREED,
            value_streams=(
                ValueStream(
                    id="claims",
                    name="Claims",
                    trains=tuple(Train(name=name, matchers=(Matcher(label=name),)) for name in SERVES),
                ),
            ),
        ),
        calendar=Calendar(zone=ZoneInfo("UTC")),
        journeys=the_work(seed=seed),
        readings=tuple(_readings()),
        decisions=(a_decision("D-1", "2026-07-05", item="Azur-0", decision="Persevere"),),
        trust=(a_source(),),
        as_of=AS_OF,
        published_at=AS_OF + timedelta(hours=6),
        edition=Edition(id="2026-W47"),
        config_digest="7c1f" * 16,
        waiting_known=frozenset({SOURCE}),
    )


def the_work(*, seed: int) -> tuple[Journey, ...]:
    found = []
    for train, theme in SERVES.items():
        for one in steady(TODAY + timedelta(days=1), seed=seed, train=train):
            placement = replace(one.placement, themes={theme: Decimal(1)}, value_stream="claims")
            owner = "M. Petit" if one.placement.level == "epic" else None
            touched = max(one.updated_at, AS_OF - timedelta(days=5)) if one.is_open else one.updated_at
            found.append(
                replace(one, placement=placement, owner=owner, updated_at=touched, title=f"{train} work {one.key}")
            )
    return tuple(found)


def a_source(*, complete_at: datetime = AS_OF, held: int = 100, outcome: str = "ok") -> SourceTrust:
    return SourceTrust(
        source=SOURCE, kind="Jira", base_url="https://tracker.example", complete_at=complete_at, attempted_at=AS_OF,
        outcome=outcome, held=held, declared=100,
    )  # fmt: skip


def _theme(name: str) -> Theme:
    on_trial = a_benefit(
        0, 100, id=f"trial-{name}", kpi=name, item=f"{_train(name)}-1", starts="2026-01-01", due="2027-12-31",
        indicators=[an_indicator(0, 100, kpi=name, starts="2026-01-01", by="2027-06-30")],
    )  # fmt: skip
    settled = a_benefit(
        0, 100, id="settled", kpi="calls", item="Azur-0", starts="2026-01-01", due="2027-12-31",
        indicators=[an_indicator(0, 20, kpi="calls", starts="2026-01-01", by="2026-06-30")],
    )  # fmt: skip
    return Theme(
        id=name,
        name=f"Theme {name}",
        horizon=HORIZON[name],
        sponsor=f"Sponsor of {name}",
        key_results=(a_key_result(0, 100, id=f"kr-{name}", kpi=name, starts="2026-01-01", due="2027-12-31"),),
        benefits=(on_trial, settled) if name == "settle" else (on_trial,),
    )


def _train(theme: str) -> str:
    return next(train for train, serves in SERVES.items() if serves == theme)


def _readings() -> list[Reading]:
    """Each KPI a little ahead of its plan, month by month, the last one a week ago."""
    days = [date(2026, month, 15) for month in range(1, 12)]
    whole = (date(2027, 12, 31) - date(2026, 1, 1)).days
    return [
        Reading(
            kpi=name, day=day, value=Decimal(3 + round(100 * (day - date(2026, 1, 1)).days / whole)), source="finance"
        )
        for name in MEASURED
        for day in days
    ]
