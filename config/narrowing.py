"""Settings as an audience may know them: without every name that it may not see, and without numbers of a whole.

What was agreed for the whole portfolio (shares of horizons, kinds of work and themes, limits) is held against no part.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from config import csv_files, meaning
from config.kpis import KpiBlock
from config.load import Settings
from config.portfolio import Match, ThemeBlock, ValueStreamBlock
from config.settings import Document
from domain.audiences import Audience, Restriction, Sight
from domain.set_aside import SetAside
from domain.strategy import Objective
from domain.work_item import ItemId


def audience(settings: Settings, name: str | None) -> Audience:
    """Who a report of this audience is for; None, or "": a report that names none. Raises KeyError for an unknown one.

    Whatever is restricted is barred, but for what the audience names under `sees`.
    """
    block = settings.document.audiences[name] if name else None
    open_to_it = block.sees if block is not None else ()
    return Audience(
        name=name or "",
        scopes=tuple(map(meaning.matcher, block.scopes)) if block is not None else (),
        barred=tuple(
            Restriction(
                name=each,
                matchers=tuple(map(meaning.matcher, told.match)),
                themes=frozenset(told.themes),
                value_streams=frozenset(told.value_streams),
                kpis=frozenset(told.kpis),
                decisions=frozenset(told.decisions),
            )
            for each, told in settings.document.restricted.items()
            if each not in open_to_it
        ),
    )


def rights(settings: Settings, name: str | None) -> str:
    """Names what an audience may see: the same as long as nothing is said otherwise. "": everything."""
    document, who = settings.document, audience(settings, name)
    if who.is_whole:
        return ""
    block = document.audiences[name].model_dump(mode="json", exclude={"recipients"}) if name else None
    restricted = {each: told.model_dump(mode="json") for each, told in document.restricted.items()}
    rules = {key: [one.model_dump(mode="json") for one in told] for key, told in _barring_rules(document, who)}
    days = _days_of_themes(document, who)
    told = json.dumps([block, restricted, *([rules] if rules else []), *([days] if days else [])], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _days_of_themes(document: Document, who: Audience) -> dict[str, tuple[str, str]]:
    """From when until when themes are in effect, where one is barred: by their days an item is its own or another's."""
    if not who.barred_names("themes"):
        return {}
    dated = {name: (one.from_, one.until) for name, one in document.themes.items() if one.from_ or one.until}
    return {name: (str(begun or ""), str(until or "")) for name, (begun, until) in dated.items()}


def _barring_rules(document: Document, who: Audience) -> Iterator[tuple[str, tuple[Match, ...]]]:
    """The rules by which items come to the themes and value streams that are barred, and are hidden with them."""
    themes, streams = who.barred_names("themes"), who.barred_names("value_streams")
    for name, theme in document.themes.items():
        if name in themes:
            yield f"theme {name}", theme.match
    for name, stream in document.value_streams.items():
        if name in streams:
            yield f"value stream {name}", stream.match
            for train, block in stream.trains.items():
                yield f"train {name}/{train}", block.match


def narrowed(
    settings: Settings,
    sight: Sight,
    *,
    carried: Mapping[str, Collection[ItemId]],
    rules: Mapping[int, Collection[ItemId]],
) -> Settings:
    """The settings without what an audience does not see.

    `carried` are the items that carry each KPI that is a tracker's field, `rules` those that each rule of governance,
    by its place in the file, is about.
    """
    document = settings.document
    kpis = _kpis_unseen(document, sight, carried)
    streams = {
        name: _stream(name, block, sight)
        for name, block in document.value_streams.items()
        if name not in sight.value_streams
    }
    told = document.model_copy(
        update={
            "sources": {name: one for name, one in document.sources.items() if name not in sight.sources},
            "themes": {
                name: _theme(block, sight, kpis) for name, block in document.themes.items() if name not in sight.themes
            },
            "value_streams": streams,
            "kpis": {name: block for name, block in document.kpis.items() if name not in kpis},
            "scenarios": tuple(one for one in document.scenarios if sight.themes.isdisjoint((one.from_, one.to))),
            **_guardrails(document, sight),
            **_kanban(document, sight),
            **_governance(document, sight, rules),
        }
    )
    moneyless = sight.value_streams | sight.broken
    return replace(
        settings,
        document=told,
        budgets=tuple(row for row in settings.budgets if row.value_stream not in moneyless),
        actuals=tuple(row for row in settings.actuals if row.value_stream not in moneyless),
        votes=tuple(_votes(settings, sight, moneyless)),
        readings=tuple(row for row in settings.readings if row.kpi not in kpis),
        decisions=tuple(row for row in settings.decisions if _is_told(row, sight)),
        dependencies=tuple(row for row in settings.dependencies if sight.shows(row.before) and sight.shows(row.after)),
        objectives=tuple(
            replace(row, theme=None) if row.theme in sight.themes else row
            for row in settings.objectives
            if _tells(row.train, row.team, sight)
        ),
        set_aside=tuple(one.closed(sight.shows) for one in settings.set_aside if _is_shared(one, document, kpis)),
    )


def objectives_seen(objectives: Iterable[Objective], sight: Sight) -> tuple[Objective, ...]:
    """Objectives of trains and teams that are seen: of former versions of the file, too."""
    return tuple(
        replace(one, theme=None) if one.theme in sight.themes else one
        for one in objectives
        if _tells(one.train, one.team, sight)
    )


def _is_shared(one: SetAside, document: Document, unseen: Collection[str]) -> bool:
    """Anything but the file of a KPI that is not seen, whose very name may say too much."""
    named = {
        name for name, block in document.kpis.items() if block.readings is not None and str(block.readings) == one.file
    }
    return not named or not named <= set(unseen)


def _theme(block: ThemeBlock, sight: Sight, kpis: Collection[str]) -> ThemeBlock:
    objective = block.objective
    if objective is not None:
        results = tuple(one for one in objective.key_results if one.kpi not in kpis)
        objective = objective.model_copy(update={"key_results": results})
    return block.model_copy(
        update={
            "target_share": None if sight.audience.scopes else block.target_share,
            "objective": objective,
            "benefits": tuple(
                one
                for one in block.benefits
                if one.kpi not in kpis
                and not any(each.kpi in kpis for each in one.indicators)
                and (one.item is None or sight.shows(one.item))
            ),
            "match": _matches(block.match, sight),
        }
    )


def _stream(name: str, block: ValueStreamBlock, sight: Sight) -> ValueStreamBlock:
    trains = {
        train: told.model_copy(update={"match": _matches(told.match, sight)})
        for train, told in block.trains.items()
        if (name, train) not in sight.trains
    }
    budget = {} if name in sight.broken else block.budget
    return block.model_copy(update={"trains": trains, "budget": budget, "match": _matches(block.match, sight)})


def _matches(matches: Iterable[Match], sight: Sight) -> tuple[Match, ...]:
    """Rules, but for those that name an item that is hidden."""
    return tuple(one for one in matches if one.under is None or not sight.names_hidden(one.under))


def _kpis_unseen(document: Document, sight: Sight, carried: Mapping[str, Collection[ItemId]]) -> frozenset[str]:
    """KPIs that are barred, that only hidden items carry, or of which only what is hidden speaks.

    With scopes: every KPI of which nothing that is seen speaks, and that no item that is seen carries.
    """
    gone = set(sight.audience.barred_names("kpis"))
    while True:
        uses = list(_uses(document, sight, gone))
        before = len(gone)
        for name, block in document.kpis.items():
            told = [is_seen for kpi, is_seen in uses if kpi == name] + _carried(name, block, sight, carried)
            if not any(told) and (told or sight.audience.scopes):
                gone.add(name)
        if len(gone) == before:
            return frozenset(gone)


def _uses(document: Document, sight: Sight, gone: set[str]) -> Iterator[tuple[str, bool]]:
    """Each KPI that a theme speaks of, and whether what speaks of it is seen."""
    for name, theme in document.themes.items():
        is_seen = name not in sight.themes
        for result in theme.objective.key_results if theme.objective is not None else ():
            if result.kpi is not None:
                yield result.kpi, is_seen
        for benefit in theme.benefits:
            kpis = [benefit.kpi, *(one.kpi for one in benefit.indicators)]
            told = is_seen and gone.isdisjoint(kpis)
            for kpi in kpis:
                yield kpi, told and (benefit.item is None or sight.shows(benefit.item))


def _carried(name: str, block: KpiBlock, sight: Sight, carried: Mapping[str, Collection[ItemId]]) -> list[bool]:
    found = [sight.sees(one) for one in carried.get(name, ())]
    if not found and block.item is not None:
        return [False]  # it names an item that nobody holds: nobody can say to which scope that belongs
    return [any(found)] if found else []


def _guardrails(document: Document, sight: Sight) -> dict[str, object]:
    block = document.guardrails
    if block is None or not sight.audience.scopes:
        return {}
    return {"guardrails": block.model_copy(update={"horizons": None, "capacity": {}, "wip": {}})}


def _kanban(document: Document, sight: Sight) -> dict[str, object]:
    board = document.kanban
    if board is None:
        return {}
    delays = tuple(one for one in board.delays if sight.shows(one.item))
    return {"kanban": board.model_copy(update={"delays": delays})}


def _governance(document: Document, sight: Sight, rules: Mapping[int, Collection[ItemId]]) -> dict[str, object]:
    """Rules about something that is seen; without scopes those that are about nothing, too."""
    block = document.governance
    if block is None:
        return {}
    kept = []
    for number, rule in enumerate(block.rules):
        about = rules.get(number, ())
        if any(map(sight.sees, about)) or not (about or sight.audience.scopes):
            exceptions = tuple(one for one in rule.exceptions if sight.shows(one.item))
            kept.append(rule.model_copy(update={"exceptions": exceptions}))
    return {"governance": block.model_copy(update={"rules": tuple(kept)})}


def _votes(settings: Settings, sight: Sight, moneyless: Collection[str]) -> Iterator[csv_files.VoteRow]:
    """Ballots whose every subject is seen: the rest of another would say how much went to what is not."""

    def is_seen(row: csv_files.VoteRow) -> bool:
        return row.value_stream not in moneyless and row.theme not in sight.themes

    spoilt = {(row.theme is None, row.period) for row in settings.votes if not is_seen(row)}
    return (row for row in settings.votes if (row.theme is None, row.period) not in spoilt)


def _is_told(row: csv_files.DecisionRow, sight: Sight) -> bool:
    """A decision about an item that is seen; without scopes one about no item, too, unless it is barred."""
    if row.id in sight.audience.barred_names("decisions"):
        return False
    return not sight.audience.scopes if row.item is None else sight.shows(row.item)


def _tells(train: str, team: str, sight: Sight) -> bool:
    if team.casefold() in sight.teams or any(train == name for _, name in sight.trains):
        return False
    return not sight.audience.scopes or team.casefold() in sight.seen_teams
