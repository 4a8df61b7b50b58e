# ruff: noqa: E501 - rows of a table and lines of YAML stay on one line
"""Tressande's own settings: the vmo.yaml and the CSV files that its VMO would write, for a company of the generator."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

from connectors.sandbox.company import Company
from connectors.sandbox.lives import SHARED
from connectors.sandbox.measures import AT_ADDRESS, IN_TRACKER, KPIS, carrier, readings
from connectors.sandbox.register import dependencies
from connectors.sandbox.work import Work

JIRA_TOKEN = "VMO_DEMO_JIRA_TOKEN"  # noqa: S105 - the name of the variable
AZURE_TOKEN = "VMO_DEMO_ADO_TOKEN"  # noqa: S105 - the name of the variable

_COSTS = ("value_stream", "period", "amount", "closed_on")
_PACE = {"shop": 0.97, "stores": 0.99, "supply": 1.09}  # what a stream spends of its budget, in the middle month
_RESULTS = {
    "next_day_share": "quality", "delivery_cost": "cost", "self_checkout_share": "value", "repeat_customers": "happiness",
    "core_incidents": "quality",
}  # fmt: skip


def write_configuration(
    company: Company, folder: Path, *, jira_url: str, ado_url: str, store_url: str, kpi_url: str | None = None
) -> Path:
    """Write vmo.yaml and the CSV files into a folder and return the path of vmo.yaml.

    The tokens are read from VMO_DEMO_JIRA_TOKEN and VMO_DEMO_ADO_TOKEN; the mail server is a loopback one.
    """
    kpi_folder = folder / "kpi"
    kpi_folder.mkdir(parents=True, exist_ok=True)
    for name, rows in readings(company.today).items():
        if name not in IN_TRACKER:
            _write(kpi_folder / f"{name}.csv", ("kpi", "date", "value", "source"), rows)
    _write(folder / "budgets.csv", ("value_stream", "period", "amount"), budgets(company))
    _write(folder / "actuals.csv", _COSTS, costs(company))
    _write(folder / "votes.csv", ("value_stream", "theme", "period", "votes"), votes(company))
    header = ("id", "date", "meeting", "question", "decision", "owner", "due", "item", "edition")
    _write(folder / "decisions.csv", header, decisions(company))
    scored = (
        "increment",
        "train",
        "team",
        "objective",
        "committed",
        "planned_bv",
        "actual_bv",
        "planned_on",
        "scored_on",
        "dropped",
        "theme",
    )
    _write(folder / "objectives.csv", scored, objectives(company))
    waits = dependencies(company.works, today=company.today, now=company.time.now)
    _write(folder / "dependencies.csv", ("before", "after", "due", "note"), waits)
    settings = folder / "vmo.yaml"
    settings.write_text(
        vmo_yaml(company, jira_url=jira_url, ado_url=ado_url, store_url=store_url, kpi_url=kpi_url), encoding="utf-8"
    )
    return settings


def vmo_yaml(company: Company, *, jira_url: str, ado_url: str, store_url: str, kpi_url: str | None = None) -> str:
    """The settings file as a VMO lead would write it."""
    words = {
        "jira_url": jira_url,
        "ado_url": ado_url,
        "store_url": store_url,
        "increments": "".join(
            f"    - {{name: {name}, starts: {starts}, ends: {ends}}}\n"
            for name, starts, ends in increments(company.today)
        ),
        "year": company.today.year,
        "last_year": company.today.year - 1,
        "due": date(company.today.year + 1, 6, 30),
        "soon": company.today + timedelta(days=120),
        "begun": company.today - timedelta(weeks=100),
        "breach": next(work.key for work in company.works if work.values.get("cost_estimate") == 2_400),
        "expired": company.today - timedelta(days=20),
        **{name: work.key for name, work in _bets(company).items()},
        **{f"bet_{days}": company.today - timedelta(days=days) for days in (420, 330, 120, 75, 60)},
        "bet_soon": company.today + timedelta(days=40),
        "circular_epic": next(work.key for work in company.works if SHARED in work.labels),
        "delays": "".join(f"    - {{{one}}}\n" for one in delays(company)),
        "kpis": "".join(
            f"  {name}: {{name: '{title}', unit: '{unit}', {_kept(company, name, kpi_url)}, lens: {lens}, "
            f"{f'business_result: {_RESULTS[name]}, ' if name in _RESULTS else ''}stale_after: 35 days}}\n"
            for name, unit, title, lens, *_ in KPIS
        ),
    }
    return _SETTINGS.format(**words)


def _kept(company: Company, kpi: str, url: str | None) -> str:
    """Where the readings of a KPI are: in a file, at an address too, or in a field of an epic."""
    if kpi not in IN_TRACKER:
        asked = f", endpoint: {{url: '{url}/kpi/{kpi}', value: /value, date: /date, allow_insecure: true}}"
        return f"readings: kpi/{kpi}.csv{asked if url is not None and kpi == AT_ADDRESS else ''}"
    return f"field: '{IN_TRACKER[kpi]}', item: {carrier(company.works, now=company.time.now).key}"


def budgets(company: Company) -> list[tuple[str, str, str]]:
    """value_stream, period, amount in euros, for this year and the one before."""
    amounts = {"shop": 9_200_000, "stores": 7_400_000, "supply": 8_600_000}
    year = company.today.year
    return [
        (stream, str(period), str(round(amount * share)))
        for period, share in ((year - 1, 0.92), (year, 1.0))
        for stream, amount in amounts.items()
    ]


def costs(company: Company, *, restated: bool = False) -> list[tuple[str, str, str, str]]:
    """value_stream, period, amount, closed_on: the last fourteen whole months, of which finance closes each on the 8th.

    `restated`: a bill of a closed month that came late, as finance tells it after the month was told.
    """
    months = []
    first = company.today.replace(day=1)
    for _ in range(14):
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
    rows = []
    for place, month in enumerate(reversed(months)):
        after = (month + timedelta(days=32)).replace(day=1)
        closes = after + timedelta(days=7)
        for stream, _, amount in budgets_of(company, month.year):
            pace = _PACE[stream] + (0.02 if stream == "supply" else 0.004) * (place - 7) + 0.03 * (month.month % 3 - 1)
            cost = round(amount * (after - month).days / 365 * pace)
            cost += 186_400 if restated and stream == "supply" and place == 11 else 0
            rows.append((stream, f"{month:%Y-%m}", str(cost), closes.isoformat() if closes <= company.today else ""))
    return rows


def restate(company: Company, folder: Path) -> None:
    """Finance books a late bill in a month that it had closed."""
    _write(folder / "actuals.csv", _COSTS, costs(company, restated=True))


def votes(company: Company) -> list[tuple[str, str, str, str]]:
    """value_stream, theme, period, votes: what participatory budgeting gave this year."""
    year = str(company.today.year)
    streams = (("shop", 46), ("stores", 31), ("supply", 23))
    themes = (("doorstep", 28), ("checkout", 17), ("circular", 24), ("loyalty", 19), ("core", 12))
    return [
        *((stream, "", year, str(cast)) for stream, cast in streams),
        *(("", theme, year, str(cast)) for theme, cast in themes),
    ]


def budgets_of(company: Company, year: int) -> list[tuple[str, str, int]]:
    """The budgets of a year as numbers; of an older year those of the oldest."""
    told = [(stream, period, int(amount)) for stream, period, amount in budgets(company)]
    named = max(str(year), min(period for _, period, _ in told))
    return [one for one in told if one[1] == named]


def decisions(company: Company) -> list[tuple[str, ...]]:
    """What the portfolio review decided, and what waits for it (an empty decision)."""
    day = company.today
    breach = next(work for work in company.works if work.values.get("cost_estimate") == 2_400)
    late = _epic(company, "core", tracker="jira")
    resale = _epic(company, "circular", tracker="jira")
    locker = _epic(company, "doorstep", tracker="azure_devops")
    bets = _bets(company)

    def on(days: int) -> str:
        return (day + timedelta(days=days)).isoformat()

    review, sync = "Strategic portfolio review", "Portfolio sync"
    return [
        ("D-31", on(-98), review, "Fund the second picking shift?", "Yes, for two quarters", "P. Lemaire", on(-80), locker.key, ""),
        ("D-32", on(-70), sync, "Stop the campus network move?", "Keep it, without new features", "C. Vasseur", on(-60), "", ""),
        ("D-33", on(-42), review, "Which resale pilot goes on?", "Furniture; tools wait", "I. Carvalho", on(-20), resale.key, ""),
        ("D-37", on(-66), review, "Calls did not fall: what now?", "Pivot: send the promise date by text message", "P. Lemaire", "", bets["promise_epic"].key, ""),
        ("D-38", on(-40), review, "Scan in more stores?", "Persevere: twenty more stores", "H. Solberg", "", bets["scan_epic"].key, ""),
        ("D-34", on(-12), sync, f"{breach.title}: approve it after the fact, or pause it?", "", "H. Solberg", on(4), breach.key, ""),
        ("D-35", on(-12), sync, "Leave the mainframe: cut scope before peak season?", "", "T. Verhaegen", on(9), late.key, ""),
        ("D-36", on(-5), sync, "Who clears the review jam in supply?", "", "P. Lemaire", on(-1), "", ""),
    ]  # fmt: skip


def delays(company: Company) -> list[str]:
    """What a week of delay costs: of the epics that are approved and wait, of one in analysis, of the great move."""
    ready = [work for work in company.works if work.level == "epic" and _step(company, work) == "approved"]
    analysed = [work for work in company.works if work.level == "epic" and _step(company, work) == "analysing"]
    breach = next(work for work in company.works if work.values.get("cost_estimate") == 2_400)
    told = [
        f"item: {work.key}, per_week: {rate}, weeks: {weeks}, needed: {company.today + timedelta(days=days)}"
        for work, rate, weeks, days in zip(ready, (18_000, 11_500), (14, 6), (40, 70), strict=False)
    ]
    told += [f"item: {work.key}, profile: peak_unaffected, per_week: 9_000, weeks: 18" for work in analysed[:1]]
    return [
        *told,
        f"item: {breach.key}, profile: fixed_date, at_once: 650_000, needed: {company.today + timedelta(days=30)}",
    ]


def _step(company: Company, work: Work) -> str:
    """The step that a piece of work is at."""
    done = [event for event in work.events if event.kind == "state" and event.moment < company.time.now]
    return str(max(done, key=lambda event: event.moment).value) if done else "new"


def objectives(company: Company) -> list[tuple[str, ...]]:
    """PI objectives of the last whole increment and of the current one (not yet scored), each for its theme."""
    spans = increments(company.today)
    (last, last_starts, last_ends), (current, starts, _) = spans[-2], spans[-1]
    rows: list[tuple[str, ...]] = []
    for train, team, objective, planned, actual, theme in (
        ("Azur", "Basket", "One promise date in the basket", 8, 8, "doorstep"),
        ("Azur", "Mobile", "Repair bookings in the app", 7, 5, "circular"),
        ("Jade", "Members", "Choose a reward without calling us", 9, 9, "loyalty"),
        ("Jade", "Service desk", "Complaints answered within three days", 6, 6, "loyalty"),
        ("Cedre", "Checkout", "Self-checkout in twenty more stores", 10, 8, "checkout"),
        ("Cedre", "Shelf", "Electronic labels in the Lyon stores", 7, 7, "checkout"),
        ("Delta", "Delivery", "Evening slots in Nantes and Lille", 8, 7, "doorstep"),
        ("Delta", "Warehouse", "Orders of one hub on the new core", 10, 3, "core"),
        ("Ebene", "Supply", "Prices from one master", 9, 2, "core"),
    ):
        begun, scored = last_starts - timedelta(days=4), last_ends + timedelta(days=12 if team == "Supply" else 3)
        again = starts + timedelta(days=9 if team == "Delivery" else -4)
        days = begun.isoformat(), scored.isoformat()
        rows.append((last, train, team, objective, "yes", str(planned), str(actual), *days, "", theme))
        second = f"{objective}: second step"
        rows.append((current, train, team, second, "yes", str(planned), "", again.isoformat(), "", "", theme))
    early, later = (last_starts + timedelta(days=days) for days in (-4, 23))
    scored_on = (last_ends + timedelta(days=3)).isoformat()
    dropped = (
        "Suppliers ship to the locker",
        "yes",
        "5",
        "0",
        early.isoformat(),
        scored_on,
        "the contract was not renewed",
        "doorstep",
    )
    added = "Gift cards in the basket", "no", "4", "4", later.isoformat(), scored_on, "", "loyalty"
    return [*rows, (last, "Ebene", "Supply", *dropped), (last, "Azur", "Basket", *added)]


def increments(today: date) -> list[tuple[str, date, date]]:
    """Planning intervals of twelve weeks, the current one last, as (name, first day, last day)."""
    current = today - timedelta(days=today.weekday() + 35)
    found = []
    for back in range(8, -1, -1):
        starts = current - timedelta(weeks=12 * back)
        ends = starts + timedelta(weeks=12, days=-1)
        found.append((f"PI {starts:%y}.{(starts.timetuple().tm_yday - 1) // 84 + 1}", starts, ends))
    return found


def _epic(company: Company, theme: str, *, tracker: str) -> Work:
    """The theme's newest epic that has begun."""
    begun = [
        work
        for work in company.works
        if work.level == "epic"
        and work.theme is not None
        and work.theme.id == theme
        and work.team.tracker == tracker
        and work.started is not None
        and work.started < company.time.now
    ]
    return max(begun, key=lambda work: work.started or 0.0)


def _bets(company: Company) -> dict[str, Work]:
    """The finished epics whose promises the ledger follows, by what they are called in the settings."""
    done: dict[str, list[Work]] = {}
    for work in company.works:
        if work.level != "epic" or work.theme is None or SHARED in work.labels:
            continue
        if work.finished is not None and work.finished < company.time.now:
            done.setdefault(work.theme.id, []).append(work)
    oldest = {theme: sorted(works, key=lambda work: work.finished or 0.0) for theme, works in done.items()}
    return {
        "promise_epic": oldest["doorstep"][0],
        "returns_epic": oldest["doorstep"][1],
        "scan_epic": oldest["checkout"][0],
        "service_epic": oldest["loyalty"][0],
        "corner_epic": oldest["circular"][0],
        "back_epic": oldest["circular"][1],
        "orders_epic": oldest["core"][0],
        "stock_epic": oldest["core"][1],
    }


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


_SETTINGS = """\
portfolio:
  name: Tressande
  timezone: Europe/Paris          # the day boundary of every metric
  currency: EUR
  locales: [en, fr]
  holidays: FR
  increments:
{increments}
sources:
  jira:
    kind: jira
    url: {jira_url}
    user: vmo@tressande.example
    token: env:VMO_DEMO_JIRA_TOKEN
    allow_insecure: true          # the demo's tracker is on this machine
    scope: project in (SHOP, LOY, SUP)
    levels: {{epic: [Initiative], feature: [Epic], story: [Story, Task, Bug]}}
    fields:
      business_value: Business Value
      time_criticality: Time Criticality
      risk_reduction: Risk Reduction
      job_size: Job Size
      cost_estimate: {{field: "Cost (k€)", scale: 1000}}
      story_points: Story point estimate
    states:
      waiting: [Ready for review, Waiting for customer]
      cancelled: [Won't Do]
    resolutions: {{cancelled: [Won't Do, Duplicate, Cannot Reproduce]}}
    kinds: &kinds
      - {{when: {{type: Bug}}, kind: defect}}
      - {{when: {{label: tech-debt}}, kind: debt}}
      - {{when: {{label: risk}}, kind: risk}}
      - {{when: {{label: enabler}}, kind: enabler}}
      - {{kind: feature}}
  ado:
    kind: azure_devops
    url: {ado_url}
    token: env:VMO_DEMO_ADO_TOKEN
    allow_insecure: true
    scope: {{projects: [Store Systems, Logistics]}}
    levels: {{epic: [Epic], feature: [Feature], story: [User Story, Bug]}}
    fields:
      business_value: Microsoft.VSTS.Common.BusinessValue
      time_criticality: Microsoft.VSTS.Common.TimeCriticality
      risk_reduction: Custom.RiskReduction
      job_size: Microsoft.VSTS.Scheduling.Effort
      cost_estimate: Custom.CostEstimate
      story_points: Microsoft.VSTS.Scheduling.StoryPoints
    states:
      waiting: [Ready for review, Waiting for customer]
      cancelled: [Removed]
    kinds: *kinds

value_streams:
  shop:
    name: Online shop and loyalty
    owner: C. Vasseur
    trains:
      Azur: {{match: {{source: jira, project: SHOP}}}}
      Jade: {{match: {{source: jira, project: LOY}}}}
  stores:
    name: Stores
    owner: H. Solberg
    trains:
      Cedre: {{match: {{source: ado, area: Store Systems}}}}
  supply:
    name: Supply and delivery
    owner: P. Lemaire
    trains:
      Delta: {{match: {{source: ado, area: Logistics}}}}
      Ebene: {{match: {{source: jira, project: SUP}}}}

themes:
  doorstep:
    name: At the doorstep the next day
    horizon: H1
    sponsor: P. Lemaire
    target_share: 25%
    objective:
      name: Every order within reach arrives the next day
      key_results:
        - {{name: Orders delivered the next day, unit: "%", baseline: 58, target: 90, starts: {begun}, due: {due}, kpi: next_day_share}}
        - {{name: Cost of a delivery, unit: EUR, baseline: 7.9, target: 6.2, starts: {begun}, due: {due}, kpi: delivery_cost}}
    benefits:
      - {{name: Fewer kilometres for every parcel, kpi: delivery_cost, baseline: 7.9, target: 6.4, starts: {begun}, due: {due}, planned_amount: 3_200_000, approved: {begun}, forecast: {{6: 400_000, 12: 1_100_000}}}}
      - name: Nobody has to call and ask where the parcel is
        item: "{promise_epic}"
        kpi: order_calls
        baseline: 48
        target: 24
        starts: {bet_420}
        due: {due}
        planned_amount: 650_000
        indicators: [{{kpi: order_calls, baseline: 48, target: 36, by: {bet_75}}}]        # refuted: the calls went on
      - name: Fewer parcels come back
        item: "{returns_epic}"
        kpi: returns_share
        baseline: 14
        target: 10
        starts: {bet_420}
        due: {due}
        profile: ramp
        planned_amount: 300_000
        indicators: [{{kpi: returns_share, baseline: 14, target: 11, by: {bet_soon}}}]    # nobody has counted them for months
    match:
      - {{label: theme-doorstep}}
      - {{area: Logistics\\Delivery}}
  checkout:
    name: A checkout without queues
    horizon: H1
    sponsor: H. Solberg
    target_share: 20%
    objective:
      name: Nobody waits more than ninety seconds
      key_results:
        - {{name: "Wait at the checkout, median", unit: seconds, baseline: 212, target: 90, starts: {begun}, due: {due}, kpi: checkout_wait}}
        - {{name: Baskets paid without a cashier, unit: "%", baseline: 11, target: 45, starts: {begun}, due: {due}, kpi: self_checkout_share}}
    benefits:
      - {{name: Cashier hours turned into advice, kpi: self_checkout_share, baseline: 11, target: 50, starts: {begun}, due: {due}, planned_amount: 2_400_000, approved: {begun}, forecast: {{6: 300_000, 12: 1_000_000}}}}
      - name: Queues move to the phone
        item: "{scan_epic}"
        kpi: self_checkout_share
        baseline: 11
        target: 40
        starts: {begun}
        due: {due}
        indicators: [{{kpi: self_checkout_share, baseline: 11, target: 24, by: {bet_60}}}]  # confirmed
      - {{name: Customers who no longer dread the queue, kpi: checkout_wait, baseline: 212, target: 90, starts: {begun}, due: {due}}}   # nobody has put a price on it
    match:
      - {{field: Strategic theme, is: A checkout without queues}}
      - {{area: Store Systems\\Checkout}}
  circular:
    name: Repair, rent, resell
    horizon: H3
    sponsor: I. Carvalho
    target_share: 15%
    objective:
      name: Every tenth item we sell has had a first life
      key_results:
        - {{name: Items resold or repaired in a month, unit: items, baseline: 300, target: 6000, starts: {begun}, due: {due}, kpi: resold_items}}
    benefits:   # two epics claim the same goods, and nobody has said who brings which part of them
      - {{name: A margin on what was sold once already, item: "{corner_epic}", kpi: resold_items, baseline: 300, target: 6000, starts: {begun}, due: {due}, planned_amount: 800_000}}
      - {{name: Goods taken back find a second buyer, item: "{back_epic}", kpi: resold_items, baseline: 300, target: 6000, starts: {begun}, due: {due}, planned_amount: 500_000}}
    match:
      - {{under: {circular_epic}, share: 60%}}   # the same epic also serves loyalty
      - {{label: theme-circular}}
  loyalty:
    name: Customers who come back
    horizon: H2
    sponsor: C. Vasseur
    target_share: 20%
    objective:
      name: Two in five customers buy again within a season
      key_results:
        - {{name: Customers who buy again within 90 days, unit: "%", baseline: 31, target: 40, starts: {begun}, due: {due}, kpi: repeat_customers}}
        - {{name: Days to answer a complaint, unit: days, baseline: 6.4, target: 2, starts: {begun}, due: {due}, kpi: complaint_days}}
    benefits:
      - name: Whoever answers knows what happened before
        item: "{service_epic}"
        kpi: first_contact
        baseline: 52
        target: 70
        starts: {bet_330}
        due: {due}
        planned_amount: 900_000
        indicators: [{{kpi: first_contact, baseline: 52, target: 60, by: {bet_120}}}]     # nobody ever measured it
    match:
      - {{under: {circular_epic}, share: 40%}}
      - {{label: theme-loyalty}}
      - {{source: jira, project: LOY}}
  core:
    name: Leave the mainframe
    horizon: H1
    sponsor: T. Verhaegen
    target_share: 20%
    objective:
      name: No order touches the mainframe
      key_results:
        - {{name: Orders handled by the new core, kind: committed, unit: "%", baseline: 8, target: 100, starts: {begun}, due: {soon}, kpi: orders_on_new_core}}
        - {{name: Major incidents in a month, unit: incidents, baseline: 4, target: 1, starts: {begun}, due: {soon}, kpi: core_incidents}}
    benefits:
      - {{name: Mainframe licences given back, item: "{orders_epic}", share: 70%, kpi: orders_on_new_core, baseline: 8, target: 100, starts: {begun}, due: {soon}, planned_amount: 1_900_000}}
      - {{name: One stock for every channel, item: "{stock_epic}", share: 30%, kpi: orders_on_new_core, baseline: 8, target: 100, starts: {begun}, due: {soon}, planned_amount: 1_900_000}}
      - {{name: Fewer sales lost to incidents, kpi: core_incidents, baseline: 4, target: 1, starts: {begun}, due: {soon}, planned_amount: 240_000}}
    match:
      - {{field: Strategic theme, is: Leave the mainframe}}
      - {{label: theme-core}}

kpis:
{kpis}
guardrails:
  horizons: {{H1: 55%, H2: 25%, H3: 15%, H0: 5%, tolerance: 5 points}}
  capacity: {{feature: 75%, enabler: 5%, debt: 8%, defect: 12%}}
  approval: {{threshold: 1_500_000, approving_states: [Approved], before: implementing}}
  engagement: {{least: 80%}}
  wip: {{reviewing: 6, analysing: 6}}

kanban:
  states:
    funnel: [Funnel, New]
    reviewing: [Reviewing]
    analysing: [Analysing]
    ready: [Approved]
    implementing: [Implementing]
    done: [Done, Closed]
  exit_policies:
    reviewing: {{check: estimate}}
    analysing: [{{check: wsjf}}, the smallest thing that could prove it is described]   # words alone: told, not checked
    ready: [{{check: go}}]
    implementing: [{{check: owner}}, {{check: theme}}]
  stuck_after: 21 days
  delays:                         # what being late costs, agreed with Finance
{delays}

funding:
  capitalisation: {{kinds: [feature, enabler], after: implementing, method: item_days}}

blocked: {{flags: true}}
risks:
  match: {{type: Risk}}
  fields:
    probability: Probability
    impact: [{{field: "Impact (k€)", scale: 1000, source: jira}}, {{field: Custom.Impact, source: ado}}]
    residual_probability: Residual probability
    residual_impact: [{{field: "Residual impact (k€)", scale: 1000, source: jira}}, {{field: Custom.ResidualImpact, source: ado}}]
    roam: ROAM
    accepted_by: Accepted by
    next_step: Next step
  roam: {{resolved: [Closed], owned: [Owned], accepted: [Accepted], mitigated: [Mitigating]}}
governance:
  rules:
    - name: Every epic in work has an owner
      requires: owner
      before: implementing
      owner: C. Vasseur
    - name: Costly epics are approved before work begins
      threshold: 1_500_000
      approved: true
      before: implementing
      owner: T. Verhaegen
      exceptions:
        - {{item: {breach}, until: {expired}, owner: T. Verhaegen, reason: "the store had to be rebuilt before Easter"}}
    - name: Nobody decides on an epic of their own
      segregated: true
      before: implementing
      owner: Internal audit
dependencies: {{links: [Blocks, System.LinkTypes.Dependency-Forward]}}

reports:
  weekly: {{packs: [digest, overview, theme, kanban, guardrails, risks, ledger, review], to: [direction@tressande.example], locale: fr, when: "Mon 07:00"}}

sync: {{when: every 15 minutes, presence_sweep: "daily 02:00", full_check: "Sun 03:00", stale_after: 24 hours}}
mail: {{host: 127.0.0.1, port: 2525, tls: none, from: vmo@tressande.example}}
publish: {{folder: .}}            # the pages are in r/ beside this file
store: {store_url}
"""
