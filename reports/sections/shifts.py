"""What moving capacity from one theme to another does to the likely dates of the top epics of both."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from domain.strategy import Shift
from metrics.scenario import Redated, Scenario
from reports.guardrails import guardrails
from reports.page import Cell, Column, Empty, Exhibit, Question, Row, Section, Span, Status, Table, Text, joined
from reports.review import shifts
from reports.sections.options import LETTERS, shifted
from reports.sections.scribe import Scribe, brief, text
from reports.words.catalogue import foreign

MOST = 3  # epics of each theme, the first in the forecast's order
HEADS = ("theme_of", "epic", "as_now", "shifted", "moves")


def scenarios(scribe: Scribe) -> Section:
    """One table a shift, or why there is none."""
    words, found = scribe.words, shifts(scribe.numbers)
    question = words.text("review.shift.question")
    if not found:
        is_meant = any(one.target_share is not None for one in scribe.numbers.book.portfolio.themes)
        why = "no_forecast" if scribe.numbers.book.outlook is None else "none" if is_meant else "no_shares"
        nothing = Empty(title=words.say("review.shift.empty"), text=words.say(f"review.shift.{why}"))
        return Section(id="scenarios", question=question, headline=words.say("review.shift.empty"), blocks=(nothing,))
    blocks = [_table(scribe, one) if one.refused is None else _refused(scribe, one) for one in found]
    return Section(
        id="scenarios",
        question=question,
        headline=_headline(scribe, found[0]),
        intro=joined([words.say("review.shift.intro"), scribe.shaky()]),
        blocks=tuple(blocks),
        long=True,
    )


def proposal(scribe: Scribe, asked: Sequence[Question], *, told: Sequence[Question]) -> Text:
    """Which of the decisions asked the shift that was played through answers, or that none does.

    The one that has it among its ways comes first; `told` are the first of `asked`, with theirs. A shift is no decision
    of its own: any portfolio has a theme a little over its share. Nothing where none was played.
    """
    words = scribe.words
    played = next((one for one in shifts(scribe.numbers) if one.refused is None), None)
    if played is None:
        return ()
    link = Span(text=words.text("review.propose.shift.agenda"), href="#agenda")
    parts = {"agenda": (link,), **_parts(scribe, played)}
    ways = [shifted(scribe, played, theme) for theme in (played.shift.gives, played.shift.takes)]
    for number, one in enumerate(told, 1):
        if (way := next((way for way in ways if way in one.options), None)) is not None:
            letter = LETTERS[one.options.index(way)]
            return words.say("review.propose.shift.way", n=str(number), letter=letter, **parts)
    place = next((number for number, one in enumerate(asked, 1) if _answers(scribe, played.shift, one)), None)
    if place is None:
        return words.say("review.propose.shift.none")
    return words.say("review.propose.shift", n=str(place), **parts)


def _answers(scribe: Scribe, shift: Shift, question: Question) -> bool:
    """Is it asked whether work moves from the one theme's horizon to the other's, or what becomes of one of the two?"""
    if question.id == "horizons":
        horizons = {one.id: one.horizon for one in scribe.numbers.book.portfolio.themes}
        return (horizons.get(shift.gives), horizons.get(shift.takes)) == guardrails(scribe.numbers).direction
    is_of_theme = question.id.startswith(("status_worse:", "theme_off_track:"))
    return is_of_theme and not {f"theme:{shift.gives}", f"theme:{shift.takes}"}.isdisjoint(question.about)


def _headline(scribe: Scribe, one: Scenario) -> Text:
    """By how much the first epic of each theme would move."""
    words = scribe.words
    if one.refused is not None:
        return words.say("review.shift.empty")
    gives = [each.days for each in one.epics if each.theme == one.shift.gives and each.days is not None]
    takes = [each.days for each in one.epics if each.theme == one.shift.takes and each.days is not None]
    if not gives or not takes:
        return words.say("review.shift.head.one", **_parts(scribe, one))
    return words.say(
        "review.shift.head",
        **_parts(scribe, one),
        earlier=words.text("days", n=max(-min(takes), 0)),
        later=words.text("days", n=max(gives)),
    )


def _table(scribe: Scribe, one: Scenario) -> Exhibit:
    words = scribe.words
    parts = _parts(scribe, one)
    shown = [each for theme in (one.shift.gives, one.shift.takes)
             for each in [kept for kept in one.epics if kept.theme == theme][:MOST]]  # fmt: skip
    left = len(one.epics) - len(shown)
    table = Table(
        caption=words.text("review.shift.caption", **parts),
        name="shift",
        columns=tuple(Column(head=words.text(f"head.{name}"), numeric=name == "moves") for name in HEADS),
        rows=tuple(_row(scribe, each) for each in shown),
    )
    gave, took = one.finished[one.shift.gives], one.finished[one.shift.takes]
    assumed = words.say(
        "review.shift.assumed",
        **parts,
        gave=words.number(gave),
        took=words.number(took),
        slower=_speed(scribe, one.gives),
        faster=_speed(scribe, one.takes),
    )
    run = words.say("review.shift.run", trials=words.whole(one.trials), seed=str(one.seed))
    more = words.say("review.shift.more", n=left) if left else ()
    bold = words.say("review.shift.bold", **parts) if one.takes > 2 else ()
    return Exhibit(
        table=table,
        notes=tuple(each for each in (more, assumed, bold, words.say("review.shift.limits"), run) if each),
        definition=scribe.definition("scenario"),
    )


def _refused(scribe: Scribe, one: Scenario) -> Empty:
    words = scribe.words
    return Empty(
        title=words.say("review.shift.caption", **_parts(scribe, one)), text=words.say(f"review.shift.{one.refused}")
    )


def _row(scribe: Scribe, one: Redated) -> Row:
    words = scribe.words
    days = one.days
    moved: Text = words.say("unknown")
    status = None
    if days is not None:
        key = "review.shift.same" if not days else "review.shift.later" if days > 0 else "review.shift.earlier"
        moved = words.say(key, n=abs(days))
        status = None if not days else Status.WARN if days > 0 else Status.GOOD
    return Row(
        cells=(
            Cell(text=_theme(scribe, one.theme), width=6),
            Cell(text=foreign(brief(one.epic.title)), note=scribe.item(one.epic), width=6),
            Cell(text=words.say("unknown") if one.before is None else text(words.day(one.before)), width=3),
            Cell(text=words.say("unknown") if one.after is None else text(words.day(one.after)), width=3),
            Cell(text=moved, status=status, width=6),
        )
    )


def _parts(scribe: Scribe, one: Scenario) -> dict[str, Text | str]:
    shift = one.shift
    return {
        "share": scribe.words.percent(shift.share),
        "gives": _theme(scribe, shift.gives),
        "takes": _theme(scribe, shift.takes),
    }


def _theme(scribe: Scribe, id: str) -> Text:
    names = {one.id: one.name for one in scribe.numbers.book.portfolio.themes}
    return foreign(names.get(id, id))


def _speed(scribe: Scribe, speed: Fraction) -> str:
    return scribe.words.percent(float(speed))
