"""Everything the telling half needs, read from the store in one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from cli.governing import governed
from cli.hazards import hazards_of, plans_of, risk_changes
from cli.narrowing import narrow
from config import meaning, narrowing, versions
from domain.audiences import Audience, Sight
from domain.calendar import Calendar
from domain.change import Change
from domain.funding import ClosedSpend, period_named
from domain.governance import Governed
from domain.hindsight import Hindsight, actuals_by, decisions_by, objectives_by
from domain.journey import Journey, Placement, StartPolicy
from domain.kept import KeptJourney
from domain.placing import PlacingRules, place_tree, value_streams_of
from domain.promises import Foretold, Given
from domain.redaction import changes_seen, closed_seen, foretold_seen, given_seen, trust_seen
from domain.set_aside import SetAside, unread_decisions
from domain.strategy import Decision, Guardrails, Objective, Portfolio, Silence, Theme
from domain.strategy import Reading as KpiReading
from domain.themes import Assignment, assign_by_day, stretches
from domain.tree import Tree, tree
from domain.trust import SourceTrust
from domain.work_item import HeldItem, ItemId
from domain.workflow import Workflow
from metrics.balance import ending
from metrics.commitment import Commitment, Version, commitments
from metrics.field_readings import FieldReadings, by_item, carriers, chosen, field_readings
from metrics.hazards import Hazards
from metrics.journeys import derive_clocks, trace_all
from metrics.kept import Tracing, is_told, resume
from metrics.membership import Facts
from metrics.order import SCORES
from sync.store.kpis import kept_readings, silences

if TYPE_CHECKING:
    from cli.workspace import Workspace
    from config.load import Settings
    from sync.store.reading import Reading


INITIATIVE_FIELDS = ("status", "cost_estimate", "job_size")
FEW = 20  # one item in so many is read by itself rather than with all others


@dataclass(frozen=True, kw_only=True)
class Told:
    """A portfolio as of an instant, with what was known at another. Instants are aware and in UTC.

    `given` are the first forecasts that were published of each item, `former` all that the last edition of an earlier
    day foretold. `scored_at` is when the WSJF of an item of the portfolio kanban last changed, `flagged_at` since when
    one has been flagged.
    """

    as_of: datetime
    known_at: datetime
    portfolio: Portfolio
    calendar: Calendar
    policy: StartPolicy
    workflow: Workflow
    held: Sequence[HeldItem]
    counted: Sequence[HeldItem]  # the same as they count: finished work with the type and the parent of its finish
    given: Sequence[Given]
    former: Foretold | None
    journeys: Sequence[Journey]
    grown: Tree  # of what is counted
    assignments: Mapping[ItemId, Assignment]
    readings: Sequence[KpiReading]
    decisions: Sequence[Decision]
    governed: Governed
    objectives: Sequence[Objective]
    commitments: tuple[Commitment, ...]
    initiative_changes: Mapping[ItemId, Sequence[Change]]  # of what was ever in work at the level of the board
    closed: Sequence[ClosedSpend]  # how the money of closed periods was first told
    silences: Sequence[Silence]  # endpoints of KPIs that do not answer
    measured: Sequence[FieldReadings]  # KPIs that are fields of a tracker
    trust: tuple[SourceTrust, ...]
    waiting_known: frozenset[str]
    hazards: Hazards
    scored_at: Mapping[ItemId, datetime]
    flagged_at: Mapping[ItemId, datetime]
    audience: str | None = None  # who is told; "" where a report names nobody, None: whoever runs the store
    sight: Sight | None = None  # what is hidden from them; None: nothing
    set_aside: tuple[SetAside, ...] = ()  # what of the CSV files nobody can believe, and all this does without


def read_all(
    workspace: Workspace,
    *,
    now: datetime,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    files_at: datetime | None = None,
    audience: Audience | None = None,
) -> Told:
    """Read the store inside one read transaction: the journey of every item of the configured sources.

    Where no `known_at` is asked for, the answer names the instant that gives the same when it is asked for later.
    Journeys that syncs have kept are taken up again; those that are stale, or of an instant before the item's last
    event, are traced here. Items of a source that is no longer configured stay in the store and out of every report.
    `files_at`: the versions of the CSV files that count are those kept until then, as when an edition was published.
    `audience`: only what it may see is told, as if there were nothing else, and of former editions only its own; what
    was known once is hidden by what is known when it is told, too. None: everything, for those who run the store.
    """
    settings = workspace.settings
    calendar = meaning.calendar(settings)
    as_of = as_of or now
    hindsight = Hindsight(as_of=as_of, read_at=files_at or now, calendar=calendar)
    with workspace.store.moment_to_tell_of(now) as (store, moment):
        workflow = Workflow(rules=meaning.state_rules(settings), statuses=store.statuses())
        configured = set(workspace.source_names)
        held = [one for one in store.held_items(known_at) if one.item.source in configured]
        kept = _kept(settings, store, sources=configured, on=hindsight.today) if known_at is None else iter(())
        traced, untold = _resumed(held, kept, as_of=as_of)
        changes = _changes(store, untold, of=len(held), known_at=known_at)
        blockings = store.blockings(untold, known_at=known_at)
        traced += trace_all(
            untold, changes, workflow=workflow, as_of=as_of, policy=meaning.start_policy(settings), blockings=blockings
        )
        traced.sort(key=lambda pair: pair[0].id)
        sight = None
        if audience is not None and not audience.is_whole:
            is_past = known_at is not None and known_at < (files_at or now)
            view = narrow(
                audience, settings, store, held=held, traced=traced, blockings=blockings, workflow=workflow,
                on=hindsight.today, as_of=as_of, known_at=known_at, later=store.held_items(files_at) if is_past else (),
            )  # fmt: skip
            settings, workflow, sight = view.settings, view.workflow, view.sight
            held, traced = view.held, view.traced
        portfolio = _by_then(meaning.portfolio(settings), hindsight)
        counted = [item for _, item in traced]  # finished work stays where it was when it finished
        grown = tree(counted)
        clocked = derive_clocks(journey for journey, _ in traced)
        assignments, placements = _places(
            grown, clocked, themes=portfolio.themes, rules=meaning.placing_rules(settings), hindsight=hindsight
        )
        rules = governed(meaning.governance(settings), store, held, placements, known_at=known_at)
        trust = read_trust(settings, store)
        if sight is not None:
            rules, trust = _rules_seen(rules, sight), trust_seen(trust, sight, held)
        scored_at, flagged_at = _noted(settings, store, traced, as_of=as_of, known_at=known_at)
        initiative_changes = _initiative_changes(
            store, traced, rules=meaning.placing_rules(settings), agreed=portfolio.guardrails, known_at=known_at
        )
        logged = versions.with_decisions(
            meaning.decisions(settings), _versions(settings, store, "decisions", until=files_at or now)
        )
        stated = versions.believed(_versions(settings, store, "objectives", until=files_at or now))
        objectives = objectives_by(versions.with_objectives(meaning.objectives(settings), stated), hindsight)
        committed = _committed(settings, stated, objectives, hindsight=hindsight, sight=sight)
        whose = None if audience is None else audience.name
        given = store.first_promises(known_at=known_at or now, audience=whose)
        former = _former(settings, store, today=hindsight.today, known_at=known_at or now, audience=whose)
        changed = risk_changes(settings, store, counted, grown, known_at=known_at)
        plans = plans_of(
            store, counted, placements=placements, calendar=calendar, today=hindsight.today, known_at=known_at
        )
        closed = store.closed_spend(known_at=known_at or moment)
        if sight is not None:
            given, former, closed = given_seen(given, sight), foretold_seen(former, sight), closed_seen(closed, sight)
            changed = {id: list(changes_seen(told, sight)) for id, told in changed.items()}
        asked = [one.kpi for one in meaning.endpoints(settings)]
        answered = kept_readings(store, asked, known_at=known_at)
        silent = [one for one in silences(store, asked, known_at=known_at) if one.since <= as_of]
        measured = _measured(settings, store, held, as_of=as_of, known_at=known_at)
    journeys = _placed(clocked, placements, plans.begin)
    return Told(
        as_of=as_of,
        known_at=known_at or moment,
        portfolio=portfolio,
        calendar=calendar,
        policy=meaning.start_policy(settings),
        workflow=workflow,
        held=held,
        counted=counted,
        given=given,
        former=former,
        journeys=journeys,
        grown=grown,
        assignments=assignments,
        governed=rules,
        readings=_readings(settings, answered, measured, today=hindsight.today),
        decisions=decisions_by(logged, hindsight),
        objectives=objectives,
        commitments=committed,
        initiative_changes=initiative_changes,
        closed=closed,
        silences=silent,
        measured=measured,
        trust=trust,
        waiting_known=frozenset(name for name in settings.document.sources if workflow.has_waiting_states(name)),
        hazards=hazards_of(
            settings,
            counted=counted,
            journeys=journeys,
            changes=changed,
            plans=plans,
            calendar=calendar,
            today=hindsight.today,
        ),
        scored_at=scored_at,
        flagged_at=flagged_at,
        audience=None if audience is None else audience.name,
        sight=sight,
        set_aside=settings.set_aside,
    )


def _places(
    grown: Tree,
    journeys: Iterable[Journey],
    *,
    themes: Sequence[Theme],
    rules: PlacingRules,
    hindsight: Hindsight,
) -> tuple[Mapping[ItemId, Assignment], dict[ItemId, Placement]]:
    """The themes and places of items, by their value stream's days: those of the day they ended, or of its today."""
    todays: dict[ItemId, date] = {}
    ended_on: dict[ItemId, date] = {}
    if len(stretches(themes)) > 1:
        streams = value_streams_of(grown, rules.value_streams)
        for one in journeys:
            own = hindsight.calendar.of(streams[one.id])
            todays[one.id] = own.day(hindsight.as_of)
            ended_at, _ = ending(one)
            if ended_at is not None:
                ended_on[one.id] = own.day(ended_at)
    assigned = assign_by_day(grown, themes, on=hindsight.today, todays=todays, ended_on=ended_on)
    return assigned.own, place_tree(grown, assigned.own, rules=rules, stretches=assigned.stretches)


def _placed(
    journeys: Iterable[Journey], placements: Mapping[ItemId, Placement], planned: Mapping[ItemId, date]
) -> list[Journey]:
    """The journeys where they belong, with the first day of what they were planned into."""
    return [replace(one, placement=placements[one.id], planned_on=planned.get(one.id)) for one in journeys]


def facts_of(told: Told, journeys: Sequence[Journey] | None = None) -> Facts:
    """What numbers rest on."""
    return Facts(
        journeys=told.journeys if journeys is None else journeys,
        portfolio=told.portfolio,
        calendar=told.calendar,
        as_of=told.as_of,
        waiting_known=told.waiting_known,
        readings=told.readings,
        trust=told.trust,
        parents=told.grown.parents,
        predecessors=told.hazards.waits.predecessors(),
        given=told.given,
        hazards=told.hazards,
        decisions=told.decisions,
        unread=unread_decisions(told.set_aside),
        scored_at=told.scored_at,
        objectives=told.objectives,
        commitments=told.commitments,
        initiative_changes=told.initiative_changes,
        closed=told.closed,
        governed=told.governed,
    )


def _former(
    settings: Settings, store: Reading, *, today: date, known_at: datetime, audience: str | None
) -> Foretold | None:
    """What the last edition of an earlier day foretold.

    None while a dependency is set aside: dates move for want of it, and that is no news of the work.
    """
    if "dependencies" in settings.touched:
        return None
    return store.foretold_before(today, known_at=known_at, audience=audience)


def _committed(
    settings: Settings,
    stated: Iterable[versions.Version],
    objectives: Sequence[Objective],
    *,
    hindsight: Hindsight,
    sight: Sight | None,
) -> tuple[Commitment, ...]:
    """What was committed by increment, as every version of the file says it of what was planned by then.

    Nothing while the file is set aside: that nobody can read it does not drop an objective.
    """
    if "objectives" in settings.untold:
        return ()
    read = [
        Version(
            first_seen_at=one.first_seen_at,
            last_seen_at=one.seen_at,
            stated=objectives_by(versions.objectives_in(one), hindsight),
        )
        for one in stated
    ]
    if sight is not None:
        read = [replace(one, stated=narrowing.objectives_seen(one.stated, sight)) for one in read]
    calendar = hindsight.calendar
    return commitments(read, objectives, increments=calendar.increments, calendar=calendar)


def _by_then(portfolio: Portfolio, hindsight: Hindsight) -> Portfolio:
    """A portfolio with the costs that could be known."""
    funding, increments = portfolio.funding, hindsight.calendar.increments
    known = actuals_by(
        funding.actuals, hindsight, named=partial(period_named, increments=increments, year=portfolio.year)
    )
    return replace(portfolio, funding=replace(funding, actuals=known))


def _rules_seen(rules: Governed, sight: Sight) -> Governed:
    return replace(
        rules,
        subjects={id: replace(one, changes=changes_seen(one.changes, sight)) for id, one in rules.subjects.items()},
    )


def _readings(
    settings: Settings, answered: Iterable[KpiReading], measured: Iterable[FieldReadings], *, today: date
) -> list[KpiReading]:
    """What files, endpoints and fields say up to a day: one reading a KPI and day."""
    fields = (reading for one in measured for reading in one.readings)
    return [one for one in chosen([*meaning.readings(settings), *answered, *fields]) if one.day <= today]


def _measured(
    settings: Settings, store: Reading, held: Sequence[HeldItem], *, as_of: datetime, known_at: datetime | None
) -> list[FieldReadings]:
    """The KPIs that are fields of a tracker, with the history that the store holds of them."""
    kpis = meaning.field_kpis(settings)
    carried = [carriers(kpi, held) for kpi in kpis]
    asked = {one.item.id: one for items in carried for one in items}
    fields = {f"fields.{kpi.field}" for kpi in kpis}
    told = (
        store.changes(known_at=known_at, fields=fields)
        if len(asked) * FEW > len(held)
        else (change for id in asked for change in store.changes_of(id, known_at=known_at))
    )
    changes = by_item(told) if asked else {}
    calendar = meaning.calendar(settings)
    return [
        field_readings(kpi, items, changes, calendar=calendar, as_of=as_of)
        for kpi, items in zip(kpis, carried, strict=True)
    ]


def tracing_of(settings: Settings, *, on: date) -> Tracing:
    """How these settings trace and place items on a local day: what a sync is handed."""
    portfolio = meaning.portfolio(settings)
    return Tracing(
        rules=meaning.state_rules(settings),
        placing=meaning.placing_rules(settings),
        themes=portfolio.themes,
        on=on,
        policy=meaning.start_policy(settings),
    )


def _kept(settings: Settings, store: Reading, *, sources: Collection[str], on: date) -> Iterator[KeptJourney]:
    tracing, statuses = tracing_of(settings, on=on), store.statuses()
    return store.kept_journeys({source: tracing.traced_with(source, statuses) for source in sources})


def _resumed(
    held: Iterable[HeldItem], kept: Iterator[KeptJourney], *, as_of: datetime
) -> tuple[list[tuple[Journey, HeldItem]], list[HeldItem]]:
    """Journeys that can be taken up again at an instant, and items that have to be traced. Both come by id."""
    resumed: list[tuple[Journey, HeldItem]] = []
    untold: list[HeldItem] = []
    waiting = next(kept, None)
    for one in held:
        while waiting is not None and ItemId(waiting.source, waiting.external_id) < one.item.id:
            waiting = next(kept, None)
        if (
            waiting is not None
            and ItemId(waiting.source, waiting.external_id) == one.item.id
            and is_told(waiting, as_of)
        ):
            resumed.append(resume(waiting, one, as_of=as_of))
        else:
            untold.append(one)
    return resumed, untold


def _changes(store: Reading, items: Sequence[HeldItem], *, of: int, known_at: datetime | None) -> Iterator[Change]:
    """The changes of some items, item by item; of many, by reading all of them."""
    if len(items) * FEW > of:
        yield from store.changes(known_at=known_at)
    else:
        for one in items:
            yield from store.changes_of(one.item.id, known_at=known_at)


def _noted(
    settings: Settings,
    store: Reading,
    traced: Iterable[tuple[Journey, HeldItem]],
    *,
    as_of: datetime,
    known_at: datetime | None,
) -> tuple[dict[ItemId, datetime], dict[ItemId, datetime]]:
    """When the scores of the open items on the portfolio kanban last changed, and since when some are flagged."""
    levels, level = meaning.placing_rules(settings).levels, meaning.board(settings).level
    scored_at: dict[ItemId, datetime] = {}
    flagged_at: dict[ItemId, datetime] = {}
    for journey, held in traced:
        if not journey.is_open or levels[held.item.source].get(held.item.type.casefold()) != level:
            continue
        for change in store.changes_of(journey.id, known_at=known_at):
            if change.occurred_at <= as_of and change.field in SCORES:
                scored_at[journey.id] = change.occurred_at
            elif change.occurred_at <= as_of and change.field == "flagged" and change.to_value:
                flagged_at[journey.id] = change.occurred_at
        if not journey.is_blocked:
            flagged_at.pop(journey.id, None)
    return scored_at, flagged_at


def _initiative_changes(
    store: Reading,
    traced: Iterable[tuple[Journey, HeldItem]],
    *,
    rules: PlacingRules,
    agreed: Guardrails,
    known_at: datetime | None,
) -> dict[ItemId, list[Change]]:
    """The changes that tell whether initiatives were approved before they began; none where nothing was agreed."""
    if agreed.approval_threshold is None and agreed.approval_size is None:
        return {}
    statuses = {one.casefold() for one in agreed.implementing_states}
    return {
        journey.id: [one for one in store.changes_of(journey.id, known_at=known_at) if one.field in INITIATIVE_FIELDS]
        for journey, item in traced
        if rules.level_of(source=item.item.source, type=item.item.type) == agreed.board_level
        and any(visit.status.casefold() in statuses for visit in journey.visits)
    }


def _versions(settings: Settings, store: Reading, noun: str, *, until: datetime) -> list[versions.Version]:
    """The versions of a CSV file that were kept until an instant."""
    named = getattr(settings.document.files, noun)
    found = []
    for one in store.configurations(str(named or f"{noun}.csv")):
        body = store.configuration(name=one.name, digest=one.digest)
        if body is not None and one.first_seen_at <= until:
            found.append(versions.Version(body=body, first_seen_at=one.first_seen_at, seen_at=min(one.seen_at, until)))
    return found


def read_trust(settings: Settings, store: Reading) -> tuple[SourceTrust, ...]:
    """How far each configured source can be believed, in the order of the file."""
    stale_after = meaning.sync_plan(settings).stale_after
    return tuple(
        store.trust(
            source.name, kind=source.kind, base_url=source.url, stale_after_seconds=int(stale_after.total_seconds())
        )
        for source in meaning.sources(settings)
    )
