"""Has each epic what it needs to leave its state? The exit policies of definition 3.9, checked one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from domain.board import FIELD, VALUE, Board, Policy
from domain.journey import Journey
from domain.set_aside import ALL_READ, Unread
from domain.strategy import Benefit, Decision, Portfolio, Reading
from domain.work_item import ItemId
from metrics.kanban import NOT_MAPPED, PortfolioKanban, Standing
from metrics.ledger import hypotheses
from metrics.wsjf import COST

DEFINITION_VERSION = 1
BY_DECISION = ("decision", "go", "verdict")  # checks that a decision of the log meets


@dataclass(frozen=True, kw_only=True)
class Gap:
    """What an epic lacks. `has_left`: the state that asks for it is behind the epic already."""

    policy: Policy
    state: str
    has_left: bool


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One epic held against the policies of the states up to its own. `unseen` are those that nobody can check.

    `unread` are those that a decision would meet which may stand on a line of the log that is set aside.
    """

    standing: Standing
    gaps: tuple[Gap, ...]
    met: int
    unseen: tuple[Policy, ...]
    unread: tuple[Policy, ...] = ()

    @property
    def slipped(self) -> tuple[Gap, ...]:
        """What it should have had before it came this far."""
        return tuple(one for one in self.gaps if one.has_left)


@dataclass(frozen=True, kw_only=True)
class ExitPolicies:
    """Every epic on the board that some policy is about. `unseen` are the policies that nobody can check, by state.

    `unread` are the epics of which a line of the decision log may speak that is set aside, where one is asked for.
    """

    epics: tuple[Checked, ...]
    unseen: tuple[tuple[str, Policy], ...]
    excluded: Mapping[str, tuple[str, ...]]
    unread: tuple[Checked, ...] = ()
    definition_version: int = DEFINITION_VERSION

    @property
    def incomplete(self) -> tuple[Checked, ...]:
        return tuple(one for one in self.epics if one.gaps)

    @property
    def slipped(self) -> tuple[Checked, ...]:
        return tuple(one for one in self.epics if one.slipped)

    @property
    def share(self) -> float | None:
        """The share of epics, 0 to 1, that lack nothing; None where no policy can be checked of any."""
        return 1 - len(self.incomplete) / len(self.epics) if self.epics else None

    @property
    def n_used(self) -> int:
        return len(self.epics)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + sum(len(keys) for keys in self.excluded.values())


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What policies are checked against, beside the epic itself. Keys are folded."""

    benefits: Mapping[str, Sequence[Benefit]]
    decided: frozenset[str]
    measured: frozenset[str]  # KPIs with a reading
    parents: frozenset[ItemId]
    approving: frozenset[str]
    verdicts: Mapping[str, bool]  # is there one? Of epics whose indicators are not due yet nothing is said
    last_decided: Mapping[str, date]
    today: date
    unread: Unread = ALL_READ


def evidence(
    portfolio: Portfolio,
    *,
    readings: Iterable[Reading],
    decisions: Iterable[Decision],
    journeys: Iterable[Journey],
    today: date,
    unread: Unread = ALL_READ,
) -> Evidence:
    """Gather what there is: benefits by the epic that claims them, decisions that were taken, what has parts."""
    benefits: dict[str, list[Benefit]] = defaultdict(list)
    for theme in portfolio.themes:
        for benefit in theme.benefits:
            if benefit.item is not None:
                benefits[benefit.item.casefold()].append(benefit)
    taken = [one for one in decisions if one.decision is not None and one.item is not None and one.asked_on <= today]
    last_decided: dict[str, date] = {}
    for one in taken:
        key = (one.item or "").casefold()
        last_decided[key] = max(one.asked_on, last_decided.get(key, one.asked_on))
    return Evidence(
        benefits=benefits,
        decided=frozenset(one.item.casefold() for one in taken if one.item is not None),
        measured=frozenset(one.kpi for one in readings),
        parents=frozenset(one.parent_id for one in journeys if one.parent_id is not None and one.removed_at is None),
        approving=frozenset(status.casefold() for status in portfolio.board.approving),
        verdicts=_verdicts(portfolio, readings, today=today),
        last_decided=last_decided,
        today=today,
        unread=unread,
    )


def exit_policies(kanban: PortfolioKanban, *, seen: Evidence) -> ExitPolicies:
    """Hold each epic on the board against the exit policies of its own state and of those that it has come through.

    What the own state asks for must be there before the epic leaves; what an earlier one asks for should have been
    (`has_left`). Both are looked for as things stand today. What two states ask for is asked once, by the earlier one.
    Epics that were done in 13 weeks are held against the policies of being done alone. A verdict is there once the
    readings have judged every indicator of its hypotheses, or a decision was taken about the epic since it was done;
    while an indicator is not due yet, none is asked for.
    Policies that are words alone are never met and never missed: they are listed as what nobody can check.
    Leaves out epics whose status nobody mapped (`not_mapped`), and those that lack nothing but a decision which may
    stand on a line of the log that is set aside (`decision_unread`).
    Of ten epics four lack something: 60 %. Definition 3.9, version 1.
    """
    board = kanban.board
    looked_at = [_checked(one, board, seen) for one in kanban.standing if one.state != NOT_MAPPED]
    looked_at += [_checked(one, board, seen, alone=True) for one in kanban.done if one.state in board.states]
    found = [one for one in looked_at if one.gaps or (one.met and not one.unread)]
    unread = tuple(one for one in looked_at if one.unread)
    unseen = [(state, one) for state in board.states for one in board.policies.get(state, ()) if not one.can_be_checked]
    excluded = {
        "not_mapped": tuple(sorted(one.journey.key for one in kanban.not_mapped)),
        "decision_unread": tuple(sorted(one.standing.journey.key for one in unread if not one.gaps)),
    }
    return ExitPolicies(
        epics=tuple(found),
        unseen=tuple(unseen),
        excluded={reason: keys for reason, keys in excluded.items() if keys},
        unread=unread,
    )


def is_met(policy: Policy, journey: Journey, seen: Evidence) -> bool:
    """Is what the policy asks for there? Asked only of policies that can be checked."""
    if policy.check == VALUE:
        return policy.of in journey.values
    if policy.check == FIELD:
        said = {name.casefold(): text for name, text in journey.fields.items()}
        return bool(said.get(policy.of.casefold(), "").strip())
    return _CHECKS[policy.check](journey, seen)


def _verdicts(portfolio: Portfolio, readings: Iterable[Reading], *, today: date) -> dict[str, bool]:
    """Of each epic with a hypothesis whether its readings gave a verdict; without those that are not due yet."""
    told: dict[str, set[str | None]] = defaultdict(set)
    for one in hypotheses(portfolio, (), tuple(readings), today=today, day_of=lambda _: None):
        if one.benefit.item is not None:
            told[one.benefit.item.casefold()] |= {each.reason for each in one.judgements} or {"no_indicator"}
    return {key: reasons <= {None, "between"} for key, reasons in told.items() if "not_due" not in reasons}


def _checked(standing: Standing, board: Board, seen: Evidence, *, alone: bool = False) -> Checked:
    """Against the policies of its state and of those before it; `alone`, of its state and no other."""
    here = board.states.index(standing.state)
    gaps: list[Gap] = []
    unseen: list[Policy] = []
    unread: list[Policy] = []
    asked: set[tuple[str, str, str]] = set()
    met = 0
    for place, state in enumerate(board.states[: here + 1]):
        if alone and place < here:
            continue
        for policy in board.policies.get(state, ()):
            name = (policy.check, policy.of, "" if policy.can_be_checked else policy.says)
            if name in asked:
                continue
            asked.add(name)
            if policy.check == "verdict" and _is_ahead(standing.journey, seen):
                continue
            if not policy.can_be_checked:
                unseen.append(policy)
            elif is_met(policy, standing.journey, seen) or (
                policy.check == "verdict" and _is_decided_since(standing, seen)
            ):
                met += 1
            elif policy.check in BY_DECISION and seen.unread.of(standing.journey.key) is not None:
                unread.append(policy)
            else:
                gaps.append(Gap(policy=policy, state=state, has_left=place < here))
    return Checked(standing=standing, gaps=tuple(gaps), met=met, unseen=tuple(unseen), unread=tuple(unread))


def _is_ahead(journey: Journey, seen: Evidence) -> bool:
    """Does its hypothesis have an indicator whose day has not come? Then there can be no verdict yet."""
    return bool(_claims(journey, seen)) and journey.key.casefold() not in seen.verdicts


def _is_decided_since(standing: Standing, seen: Evidence) -> bool:
    """Was a decision taken about an epic since it is where it stands?"""
    decided = seen.last_decided.get(standing.journey.key.casefold())
    return decided is not None and standing.since is not None and decided >= standing.since


def _has_verdict(journey: Journey, seen: Evidence) -> bool:
    return seen.verdicts.get(journey.key.casefold(), False)


def _claims(journey: Journey, seen: Evidence) -> Sequence[Benefit]:
    return seen.benefits.get(journey.key.casefold(), ())


def _has_indicator(journey: Journey, seen: Evidence) -> bool:
    return any(one.kpi in seen.measured or one.due >= seen.today for one in _claims(journey, seen))


def has_business_case(journey: Journey, seen: Evidence) -> bool:
    """Is there a benefit that names the epic and says what it is worth, and a cost estimate to hold it against?"""
    is_valued = any(one.planned_amount is not None for one in _claims(journey, seen))
    return is_valued and "cost_estimate" in journey.values


def _has_estimate(journey: Journey, _: Evidence) -> bool:
    return "cost_estimate" in journey.values or bool(journey.values.get("job_size"))


def _has_scores(journey: Journey, _: Evidence) -> bool:
    return all(name in journey.values for name in COST) and (journey.values.get("job_size") or 0) > 0


def _is_decided(journey: Journey, seen: Evidence) -> bool:
    return journey.key.casefold() in seen.decided


def _is_approved(journey: Journey, seen: Evidence) -> bool:
    return any(visit.status.casefold() in seen.approving for visit in journey.visits)


_CHECKS: Mapping[str, Callable[[Journey, Evidence], bool]] = {
    "owner": lambda journey, _: bool(journey.owner),
    "theme": lambda journey, _: any(journey.placement.themes.values()),
    "due": lambda journey, _: journey.due_on is not None,
    "estimate": _has_estimate,
    "hypothesis": lambda journey, seen: bool(_claims(journey, seen)),
    "indicator": _has_indicator,
    "business_case": has_business_case,
    "wsjf": _has_scores,
    "parts": lambda journey, seen: journey.id in seen.parents,
    "decision": _is_decided,
    "verdict": _has_verdict,
    "approved": _is_approved,
    "go": lambda journey, seen: _is_approved(journey, seen) or _is_decided(journey, seen),
}
