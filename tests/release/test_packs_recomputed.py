"""What the demo's pages of ledger, kanban, audit and data quality print, recomputed from the tables beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from reports.words.catalogue import Words
from tests.release.edition import LOCALES, Published
from tests.release.test_money_recomputed import headed, rows_of, tables_of

TRUE = "true"


@pytest.fixture(params=LOCALES)
def words(request: pytest.FixtureRequest) -> Words:
    return Words(locale=str(request.param), year=2026, zone=ZoneInfo("Europe/Paris"))


def figures(published: Published, words: Words, page: str) -> dict[str, list[str]]:
    """The key figures of a page by title: the number, what it is held against, how it reads."""
    rows = headed(tables_of(published, words.locale, page=page), words.text("head.figure"))
    return {row[0]: row[1:] for row in rows}


def amount(rows: list[dict[str, str]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows if row[name]), Decimal(0))


class TestTheLedger:
    def test_realised_is_the_sum_of_what_is_counted(self, published: Published, words: Words) -> None:
        counted = [row for row in rows_of(published, "ledger-benefits") if row["is_counted"] == TRUE]

        value, versus, trend = figures(published, words, "ledger")[words.text("figure.realised")]

        came = amount(counted, "realised_minor")
        assert value == words.money(round(came), "EUR")
        assert words.percent(came / amount(counted, "planned_by_now_minor")) in versus
        assert words.percent(came / amount(counted, "planned_minor")) in trend
        assert words.money(int(amount(counted, "planned_minor")), "EUR") in trend

    def test_verdicts_and_unmeasured_value_are_those_of_the_hypotheses(
        self, published: Published, words: Words
    ) -> None:
        rows = rows_of(published, "ledger-hypotheses")
        told = figures(published, words, "ledger")
        verdicts = Counter("unmeasured" if row["is_unmeasured"] == TRUE else row["verdict"] or "none" for row in rows)

        heads = [words.text(f"head.{name}") for name in ("epic", "hypothesis")]
        printed = Counter(row[3] for row in headed(tables_of(published, words.locale, page="ledger"), *heads))

        assert printed == Counter({words.text(f"ledger.verdict.{name}"): n for name, n in verdicts.items()})
        assert told[words.text("figure.verdicts")][0].split()[0] == words.whole(verdicts["confirmed"])
        assert told[words.text("figure.verdicts")][0].endswith(words.whole(len(rows)))
        unmeasured = [row for row in rows if row["is_unmeasured"] == TRUE]
        assert told[words.text("figure.unmeasured")][0] == words.whole(len(unmeasured))
        assert words.money(int(amount(unmeasured, "planned_minor")), "EUR") in told[words.text("figure.unmeasured")][2]

    def test_kpis_are_fresh_or_stale_by_their_own_age(self, published: Published, words: Words) -> None:
        rows = rows_of(published, "ledger-kpis")
        stale = [row for row in rows if not row["age_days"] or int(row["age_days"]) > int(row["allowed_days"])]

        fresh = figures(published, words, "ledger")[words.text("figure.fresh")]

        assert {row["kpi"] for row in stale} == {row["kpi"] for row in rows if row["is_stale"] == TRUE}
        assert fresh[0].split()[0] == words.whole(len(rows) - len(stale))
        assert all(row["name"] in fresh[2] for row in stale)
        sources = {row["kpi"]: row["source"] for row in rows}
        assert sources["orders_on_new_core"].startswith("Orders on the new core (%) of SUP-")  # kept in the tracker
        assert sources["order_calls"].startswith("http://127.0.0.1:")  # told at an address


class TestTheKanban:
    def test_figures_are_those_of_the_epics(self, published: Published, words: Words) -> None:
        epics, done = rows_of(published, "kanban-epics"), rows_of(published, "kanban-done")
        told = {name: row[0] for name, row in figures(published, words, "kanban").items()}

        lacking = sum(bool(row["lacks"] or row["should_have_had"]) for row in epics)
        unproven = sum(bool(row["lacks"]) for row in done)
        assert told[words.text("board.figure.load")] == words.whole(len(epics))
        assert told[words.text("board.figure.stuck")] == words.whole(sum(row["is_stuck"] == TRUE for row in epics))
        assert told[words.text("board.figure.policies")] == words.whole(lacking + unproven)

    def test_the_price_of_the_order_is_that_of_its_rows(self, published: Published, words: Words) -> None:
        rows = rows_of(published, "kanban-order")

        def cost(place: str) -> int:
            size = spent = 0
            for row in sorted(rows, key=lambda one: int(one[place])):
                size += int(row["size"])
                spent += int(row["cost_of_delay"]) * size
            return spent

        price = figures(published, words, "kanban")[words.text("board.figure.order")][0]

        dearer = Decimal(cost("place_today")) / cost("place_by_wsjf") - 1
        assert price == f"+{words.percent(dearer)}"

    def test_delays_add_up_and_a_row_is_weeks_times_what_a_week_costs(self, published: Published, words: Words) -> None:
        rows = rows_of(published, "kanban-delays")
        today = date(2026, 11, 23)

        queue = figures(published, words, "kanban")[words.text("board.figure.queue")][0]

        waiting = [row for row in rows if row["queue_cost_minor"]]
        assert queue == words.money(int(amount(waiting, "queue_cost_minor")), "EUR")
        for row in waiting:
            weeks = Decimal((today - date.fromisoformat(row["approved_on"])).days) / 7
            assert abs(weeks * int(row["per_week_minor"]) - int(row["queue_cost_minor"])) <= 1
        for row in rows:
            if row["profile"] == "linear" and row["needed_on"] and row["done_on"]:
                late = (date.fromisoformat(row["done_on"]) - date.fromisoformat(row["needed_on"])).days
                assert abs(Decimal(max(late, 0)) / 7 * int(row["per_week_minor"]) - int(row["cost_minor"])) <= 1

    def test_what_came_and_went_is_the_sum_of_the_weeks(self, published: Published, words: Words) -> None:
        weeks: Mapping[str, Counter[str]] = {name: Counter() for name in ("entered", "left")}
        for row in rows_of(published, "kanban-weeks"):
            for name, counted in weeks.items():
                counted[row["state"]] += int(row[name])

        tables = tables_of(published, words.locale, page="kanban")
        printed = headed(tables, words.text("head.state"), words.text("board.head.half_age"))

        states = {words.text(f"state.{name}"): name for name in weeks["entered"] if name != "not_mapped"}
        assert len(printed) == len(states)
        for cells in printed:
            name = states[cells[0]]
            assert (cells[4], cells[5]) == (words.whole(weeks["entered"][name]), words.whole(weeks["left"][name]))


class TestTheAudit:
    def test_rulings_are_counted_by_rule_and_verdict(self, published: Published, words: Words) -> None:
        counted = Counter((row["rule_name"], row["verdict"]) for row in rows_of(published, "audit-rulings"))

        tables = tables_of(published, words.locale, page="audit")
        printed = headed(tables, words.text("governance.rule"), words.text("governance.broken.head"))

        verdicts = ("broken", "excepted", "unknown", "kept", "waiting")
        assert {row[0] for row in printed} == {name for name, _ in counted}
        for row in printed:
            assert row[1:] == [words.whole(counted[row[0], verdict]) for verdict in verdicts]

    def test_decisions_and_readings_are_those_of_the_tables(self, published: Published, words: Words) -> None:
        decisions, readings = rows_of(published, "audit-decisions"), rows_of(published, "audit-readings")
        tables = tables_of(published, words.locale, page="audit")

        printed = headed(tables, words.text("audit.head.id"), words.text("audit.head.date"))
        monthly = headed(tables, words.text("audit.head.source"), words.text("audit.head.month"))

        assert sorted(row[0] for row in printed) == sorted(row["id"] for row in decisions)
        whole = Counter(row["source"] for row in readings)
        good = Counter(row["source"] for row in readings if row["outcome"] == "ok")
        assert {row[0]: row[2:] for row in monthly} == {
            source: [words.whole(n), words.whole(good[source]), words.whole(n - good[source])]
            for source, n in whole.items()
        }


class TestDataQuality:
    def test_every_check_is_that_of_its_row(self, published: Published, words: Words) -> None:
        rows = rows_of(published, "quality-checks")

        tables = tables_of(published, words.locale, page="quality")
        printed = headed(tables, words.text("quality.head.rule"), words.text("quality.head.concerned"))

        assert [row[:3] for row in printed] == [
            [words.text(f"rule.{row['rule']}"), words.whole(int(row["concerned"])), words.whole(int(row["passing"]))]
            for row in rows
        ]
        for row, one in zip(rows, printed, strict=True):
            share = Decimal(row["passing"]) / int(row["concerned"])
            near = Decimal("0.995") <= share < 1 or Decimal("0.845") <= share < Decimal("0.85")
            assert one[3] == words.percent(share, places=1 if near else 0)
        met = sum(row["passing"] == row["concerned"] for row in rows)
        text = (published.folder / f"quality.{words.locale}.md").read_text("utf-8")
        assert f"## {words.text('quality.coverage.head', n=met, total=words.whole(len(rows)))}" in text
