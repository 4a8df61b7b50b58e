"""How dates would have been met before, as readers get it: beside the dates, and in `vmo explain`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from domain.calendar import Calendar
from domain.period import Period
from metrics.forecasts import LEVELS
from metrics.forecasts.situation import Situation
from metrics.membership import Facts, Number, take_apart
from metrics.selection import Scope
from reports.outlook import Outlook, look_ahead
from reports.page import Paragraph, Section, plain
from reports.reckoning import reckon
from reports.sections.forecast import forecast
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words
from tests.metrics.portfolios import steady
from tests.reports.books import a_book
from tests.reports.test_forecasts_on_pages import a_page_of, ahead_of, some

NOW = datetime.fromisoformat("2026-06-01T12:00+00:00")
TODAY = date(2026, 6, 1)
CALENDAR = Calendar(zone=a_book().calendar.zone)
LATE = [*steady(TODAY, seed=1, closing_days=30), *steady(TODAY, seed=1, train="Jade", closing_days=30)]
WELL = [*steady(TODAY, seed=4), *steady(TODAY, seed=4, train="Jade", wip=3)]


@pytest.fixture(scope="module")
def late() -> Outlook:
    return ahead_of(*LATE, sources=())


@pytest.fixture(scope="module")
def well() -> Outlook:
    return ahead_of(*WELL, sources=())


def section(outlook: Outlook, locale: str = "en") -> Section:
    scribe = Scribe(reckon(a_page_of(outlook, *LATE)), Words(locale=locale, year=2026, zone=a_book().calendar.zone))
    found = forecast(scribe)
    assert found is not None
    return found


def told(outlook: Outlook, locale: str = "en") -> list[str]:
    start = "Looking back over" if locale == "en" else "Après coup"
    texts = [plain(one.text) for one in section(outlook, locale).blocks if isinstance(one, Paragraph)]
    return [one for one in texts if one.startswith(start)]


def test_too_early_dates_are_told_with_how_often_they_were_met_and_made_later(late: Outlook) -> None:
    begun = late.looked_back[0]

    first, second = told(late)

    assert first.startswith(f"Looking back over {begun.resolved} dates of epics in progress, told with 85%")
    assert "(under 1% likely by chance)" in first
    assert f"the 85% date by {begun.late[85]} days." in first
    assert "epics that had not begun" in second


def test_dates_that_were_met_as_promised_are_told_so_and_stand(well: Outlook) -> None:
    assert well.looked_back[0].verdict == "as_promised"

    (first, *_) = told(well)

    assert "as promised. They stand as the trials tell them." in first


def test_a_portfolio_without_a_past_says_that_nobody_knows() -> None:
    texts = [plain(one.text) for one in section(ahead_of(*some())).blocks if isinstance(one, Paragraph)]

    assert "Looking back over the last 12 month ends, no 85% date of epics in progress has come" in " ".join(texts)


def test_it_is_said_in_french(late: Outlook) -> None:
    first, _ = told(late, "fr")

    assert "dates à 85 % d’epics en cours" in first
    assert "Toutes sont donc reculées d’autant qu’il l’aurait fallu" in first


def apart(metric: str) -> list[Number]:
    facts = Facts(
        journeys=LATE,
        portfolio=replace(a_book().portfolio, id="claims"),
        calendar=CALENDAR,
        as_of=NOW,
        parents={one.id: one.parent_id for one in LATE if one.parent_id is not None},
    )
    return take_apart(metric, facts, scope=Scope(), period=Period(TODAY, date(2026, 6, 2)), levels=["epic"])


def test_the_number_explained_names_every_date_and_is_the_one_on_the_page(late: Outlook) -> None:
    number, _ = apart("forecast_look_back")
    begun = late.looked_back[0]

    assert number.metric == "forecast_look_back:begun"
    assert number.n_used == begun.resolved == len(number.counted)
    assert sum(part.mark == "missed_day" for part in number.counted) == len(begun.missed)
    assert number.n_in_scope == number.n_used + sum(len(parts) for parts in number.left_out.values())
    assert {name for name in number.facts if name.startswith("later")} == {f"later_p{p}" for p in LEVELS}


def test_an_explained_date_is_the_later_one_and_says_by_how_much(late: Outlook) -> None:
    dates = {late.epic(one).key: one.dates.get(85) for one in late.forecasts.epics}

    for number in apart("forecast_when"):
        if "state" not in number.facts:
            assert number.facts.get("likely_p85") == dates[number.metric.partition(":")[2]]
            assert "later_p85" in number.facts


def test_an_epic_to_be_closed_has_no_days_and_says_what_it_waits_for() -> None:
    closing = [one for one in apart("forecast_when") if "state" in one.facts]

    assert closing
    for number in closing:
        assert number.value is None
        assert number.facts == {"state": "to_be_closed"}


def test_looking_ahead_again_gives_the_same(late: Outlook) -> None:
    parents = {one.id: one.parent_id for one in LATE if one.parent_id is not None}
    situation = Situation(journeys=LATE[::-1], parents=parents, calendar=CALENDAR, as_of=NOW, portfolio="claims")

    again = look_ahead(situation)

    assert again.looked_back == late.looked_back
    assert again.planned.plan == late.planned.plan
