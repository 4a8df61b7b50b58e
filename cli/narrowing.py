"""What one audience is told of a portfolio: everything after this has never heard of what is hidden from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from cli.outcome import CommandError, ExitCode
from cli.workspace import source_settings
from config import meaning, narrowing
from domain.audiences import Audience, Sight, hidden_items, sight_of
from domain.journey import Journey, Placement, StartPolicy
from domain.links import Blocking
from domain.matching import Matchers
from domain.placing import place
from domain.redaction import item_seen
from domain.strategy import Matcher
from domain.tree import tree
from domain.work_item import HeldItem, ItemId
from domain.workflow import Workflow
from metrics.field_readings import carriers
from metrics.journeys import trace_all
from sync import plan

if TYPE_CHECKING:
    from cli.workspace import Workspace
    from config.load import Settings
    from sync.store.reading import Edition, Reading, SourceState

RIGHTS = "rights"  # in the manifest that the store keeps of an edition: what its audience might see

Traced = tuple[Journey, HeldItem]


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """Settings, items and journeys without what is hidden, and the sight that hid it."""

    settings: Settings
    held: list[HeldItem]
    traced: list[Traced]
    workflow: Workflow
    sight: Sight


def audience_of(settings: Settings, name: str | None) -> Audience:
    """Who a report is for. Raises CommandError for an audience that the settings do not have."""
    try:
        return narrowing.audience(settings, name)
    except KeyError:
        known = ", ".join(settings.document.audiences) or "none"
        raise CommandError(
            f"there is no audience {name!r} in {settings.path.name}; it has {known}", code=ExitCode.WRONG_USAGE
        ) from None


def is_made_for(edition: Edition, settings: Settings, audience: str | None) -> bool:
    """Was it made for this audience, and may that see today what it might see then?"""
    is_theirs = edition.audience == (audience or "")
    return is_theirs and edition.manifest.get(RIGHTS, "") == narrowing.rights(settings, audience)


def refuse_unread(workspace: Workspace, audience: Audience) -> None:
    """Raise CommandError where a field says what is restricted, and no answer tells of it.

    Items would lack the field and look open, or nearly all be hidden. What counts is a sync that came to its end by
    settings that ask for the same fields, and that the tracker has them: a field that is gone says nothing any more.
    One that is called otherwise by now fails the sync, and what was held before it stays as it was read.
    """
    place, had = f"{workspace.settings.path.name}: restricted", set[str]()
    by_source = _named_fields(workspace.settings, audience)
    for name, fields in by_source.items():
        state = workspace.store.state(name)
        if state is None or not workspace.store.holds(name):
            continue
        had |= fields.keys() - {each for each in fields if each.casefold() not in state.named_once}
        if not _was_read_with_these_fields(workspace, state):
            how = "first" if state.read_anew_at is None else "once more, which reads all of it"
            raise CommandError(
                f"{place}: {', '.join(sorted(fields))} of {name} says what is restricted, and {name} was not read "
                f"whole since; run `vmo sync --source {name}` {how}"
            )
        ids = state.named or {}
        if lacking := {each for each in _deciding_fields(fields, state) if not ids.get(each)}:
            raise CommandError(
                f"{place}: {', '.join(sorted(lacking))} of {name} says what is restricted, and no item of {name} is "
                "asked for it: it is there no more, or holds long texts or persons; name another field, or the "
                "`source` that has it"
            )
    nowhere = {each for fields in by_source.values() for each in fields} - had
    if nowhere and any(workspace.store.holds(name) for name in by_source):
        raise CommandError(
            f"{place}: {', '.join(sorted(nowhere))} says what is restricted, and no source has such a field, or ever "
            "had; name it as a tracker shows it"
        )


def _deciding_fields(fields: Mapping[str, bool], state: SourceState) -> set[str]:
    """Of the fields by which something is barred, those that a source has or once had, and those named for it alone."""
    return {name for name, is_its_own in fields.items() if is_its_own or name.casefold() in state.named_once}


def lacking(store: Reading, settings: Settings, audience: Audience) -> set[tuple[str, str | None]]:
    """By source, the names of what its items were asked for that lacks a field by which something is barred."""
    asked: list[tuple[str | None, frozenset[str] | None]] = [(None, None), *store.asked_fields().items()]
    found: set[tuple[str, str | None]] = set()
    for name, fields in _named_fields(settings, audience).items():
        state = store.state(name)
        if state is None:
            continue
        ids = state.named or {}
        for each in _deciding_fields(fields, state):
            needed = ids.get(each, "")
            found |= {(name, key) for key, told in asked if told is None or needed not in told}
    return found


def deciding(store: Reading, settings: Settings, audience: Audience, source: str) -> tuple[str, ...]:
    """The fields of a source by which something is barred, by name."""
    state = store.state(source)
    fields = _named_fields(settings, audience).get(source, {})
    return () if state is None else tuple(sorted(_deciding_fields(fields, state)))


def _named_fields(settings: Settings, audience: Audience) -> dict[str, dict[str, bool]]:
    """By source, the fields by which something is barred, themselves or by the rules of a theme or value stream.

    True: named for this source alone; False: for whichever source has it.
    """
    portfolio = meaning.portfolio(settings)
    themes, streams = audience.barred_names("themes"), audience.barred_names("value_streams")
    asking = [matcher for one in audience.barred for matcher in one.matchers]
    asking += [rule.matcher for theme in portfolio.themes if theme.id in themes for rule in theme.rules]
    for stream in portfolio.value_streams:
        if stream.id in streams:
            asking += [*stream.matchers, *(matcher for train in stream.trains for matcher in train.matchers)]
    found: dict[str, dict[str, bool]] = {}
    for matcher in asking:
        for name in settings.document.sources:
            if matcher.field is not None and matcher.source in (None, name):
                fields = found.setdefault(name, {})
                fields[matcher.field] = fields.get(matcher.field, False) or matcher.source is not None
    return found


def _was_read_with_these_fields(workspace: Workspace, state: SourceState) -> bool:
    """Did a sync come to its end with the fields that are asked for now, and is everything read by them?"""
    settings = source_settings(workspace.settings, state.source, secret=False)
    digest = plan.reading_digest(settings, plan.named_then(state, settings))
    return state.named is not None and state.walked_digest == digest and plan.is_read_so(state, digest)


def narrow(
    audience: Audience,
    settings: Settings,
    store: Reading,
    *,
    held: Sequence[HeldItem],
    traced: Sequence[Traced],
    blockings: Mapping[ItemId, Sequence[Blocking]],
    workflow: Workflow,
    on: date,
    as_of: datetime,
    known_at: datetime | None,
    later: Iterable[HeldItem] = (),
) -> Narrowed:
    """What an audience sees of items and their journeys.

    An item is hidden that is restricted as it is held, as it counted when it finished, or, where an old state is told,
    as it was known `later`. `blockings` are those of journeys that were traced, and not taken up again.
    """
    rules, themes = meaning.placing_rules(settings), meaning.portfolio(settings).themes
    known, streams = settings.document.sources, settings.document.value_streams
    unread = lacking(store, settings, audience)
    hidden: frozenset[ItemId] = frozenset()
    placements: dict[ItemId, Placement] = {}
    for items in ([one for one in later if one.item.source in known], held, [item for _, item in traced]):
        placed = place(items, rules=rules, themes=themes, on=on)
        unsure = {one.item.id for one in items if (one.item.source, one.asked) in unread}
        hidden |= hidden_items(audience, items, placed, unsure=unsure)
        placements |= placed
    sight = sight_of(
        audience, hidden, held, placements,
        today=meaning.calendar(settings).newest_day(as_of),
        themes=settings.document.themes,
        trains=[(name, train) for name, block in streams.items() for train in block.trains],
        value_streams=streams,
        sources=known,
    )  # fmt: skip
    naming = meaning.precedence_rules(settings).fields
    unlinked = _unlinked(
        store, sight, held=held, blockings=blockings, workflow=workflow, as_of=as_of, known_at=known_at,
        policy=meaning.start_policy(settings),
    )  # fmt: skip
    theirs = narrowing.narrowed(
        settings,
        sight,
        carried={kpi.kpi: [one.item.id for one in carriers(kpi, held)] for kpi in meaning.field_kpis(settings)},
        rules=_about(settings, held, placements),
    )
    return Narrowed(
        settings=theirs,
        held=[item_seen(one, sight, naming=naming) for one in held if one.item.id not in hidden],
        traced=[
            _seen(*unlinked.get(journey.id, (journey, item)), sight=sight, naming=naming)
            for journey, item in traced
            if journey.id not in hidden
        ],
        workflow=Workflow(
            rules=meaning.state_rules(theirs),
            statuses=[one for one in store.statuses() if one.source not in sight.sources],
        ),
        sight=sight,
    )


def _seen(journey: Journey, counted: HeldItem, *, sight: Sight, naming: Sequence[str]) -> Traced:
    item = item_seen(counted, sight, naming=naming)
    parent = None if journey.parent_id in sight.hidden else journey.parent_id
    return replace(journey, parent_id=parent, fields=item.item.fields), item


def _unlinked(
    store: Reading,
    sight: Sight,
    *,
    held: Iterable[HeldItem],
    blockings: Mapping[ItemId, Sequence[Blocking]],
    workflow: Workflow,
    as_of: datetime,
    known_at: datetime | None,
    policy: StartPolicy,
) -> dict[ItemId, Traced]:
    """The journeys of what was ever blocked by something hidden, traced as if nobody held their blockers."""
    seen = {one.item.id: one for one in held if one.item.id not in sight.hidden and one.item.source in sight.mixed}
    resumed = [one for id, one in seen.items() if id not in blockings]
    linked = {**blockings, **store.blockings(resumed, known_at=known_at)}
    bound = [
        seen[id]
        for id, told in linked.items()
        if id in seen and any(one.blocker is not None and one.blocker.item.id in sight.hidden for one in told)
    ]
    left = {
        one.item.id: [
            each
            for each in linked[one.item.id]
            if each.blocker is None or each.blocker.item.id not in sight.hidden
        ]
        for one in bound
    }  # fmt: skip
    changes = (change for one in bound for change in store.changes_of(one.item.id, known_at=known_at))
    told = trace_all(bound, changes, workflow=workflow, as_of=as_of, policy=policy, blockings=left)
    return {journey.id: (journey, item) for journey, item in told}


def _about(
    settings: Settings, held: Sequence[HeldItem], placements: Mapping[ItemId, Placement]
) -> dict[int, list[ItemId]]:
    """The items that each rule of governance is about, by its place in the file."""
    block = settings.document.governance
    if block is None:
        return {}
    asked = [Matcher() if one.when is None else meaning.matcher(one.when) for one in block.rules]
    matchers = Matchers(asked, tree=tree(held))
    found: dict[int, list[ItemId]] = {}
    for one in held:
        for number in matchers.holding(one.item):
            place = placements.get(one.item.id)
            if place is not None and place.level == block.rules[number].level:
                found.setdefault(number, []).append(one.item.id)
    return found
