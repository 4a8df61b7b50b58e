"""The review, point by point: what was decided and what came of it, what is asked, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from metrics.forecasts import LEVELS
from reports.charts.shapes import Step, Waterfall
from reports.hazards import dangers
from reports.ledger import ledger
from reports.page import (
    Block,
    Cell,
    Changes,
    Column,
    Empty,
    Entry,
    Exhibit,
    Fact,
    Facts,
    Figure,
    KeyFigure,
    Paragraph,
    Question,
    Row,
    Section,
    Span,
    Status,
    Table,
    Text,
    joined,
)
from reports.review import Coming, Outcome, coming, next_review, outcomes
from reports.sections import benefits, lamps, risks
from reports.sections import ledger as bets
from reports.sections.money import untold
from reports.sections.options import LETTERS
from reports.sections.scribe import Scribe, brief, row, text
from reports.sections.set_aside import notice, unknown, unread_file
from reports.words.catalogue import Words, foreign
from reports.words.foreign import one_line

LONGEST_NAME = 40
LOG = "audit#decisions"  # where what the log asks is written down
MOST_NAMED = 3  # items of a question that the table has no room for
MOST = 14  # rows that a printed page holds
MOST_AHEAD = 8  # beside the risks, on one page
OUTCOMES = {"finished": Status.GOOD, "dropped": Status.NONE, "still": Status.WARN, "not_held": Status.WARN}
UNTOLD = ("over", "no_item", "not_held")  # outcomes of which the trackers can say nothing
COVERED = {"as_promised": Status.GOOD, "optimistic": Status.WARN, "over_confident": Status.BAD}


def closing(section: Section, said: Text) -> Section:
    """A section with what it proposes as its last line."""
    return replace(section, blocks=(*section.blocks, Paragraph(text=said))) if said else section


def agenda(
    scribe: Scribe, asked: Sequence[Question], points: Sequence[Section], *, told: Sequence[Question]
) -> Section:
    """What is asked today, of whom, with the ways to decide it; then the points, each with a link to its page.

    `told` are as many of `asked` as one meeting can take, with those ways: they stand in the table, the others below.
    """
    words = scribe.words
    blocks: list[Block] = []
    if asked:
        rows = tuple(
            Row(
                cells=(
                    Cell(text=text(words.whole(number))),
                    Cell(text=one.text, note=_ways(words, one), width=6),
                    Cell(text=one.meta, width=6),
                )
            )
            for number, one in enumerate(told, 1)
        )
        heads = ("number", "asked", "answers")
        left = joined([_beyond(scribe, *one) for one in enumerate(asked[len(told) :], len(told) + 1)])
        notes = (words.say("review.agenda.more", n=len(asked) - len(told), questions=left),) if left else ()
        blocks.append(Exhibit(table=_table(scribe, "review.agenda.caption", "asked", heads, rows), notes=notes))
    else:
        blocks.append(
            Empty(
                title=_nothing_asked(scribe), text=notice(scribe, "decisions") or words.say("review.agenda.none.text")
            )
        )
    entries = tuple(
        Entry(
            label=words.whole(number),
            text=joined(
                [one.intro if one.id.startswith("off-") else (), (Span(text=one.question, href=f"#{one.id}"),)]
            ),
        )
        for number, one in enumerate(points, 2)
    )
    return Section(
        id="agenda",
        question=words.text("review.agenda.question"),
        headline=words.say("review.agenda.head", n=len(asked)) if asked else _nothing_asked(scribe),
        blocks=(*blocks, Changes(entries=entries)),
        long=True,
    )


def _nothing_asked(scribe: Scribe) -> Text:
    """No decision is asked; or nobody can say so, since what the log asks is not read."""
    return scribe.words.say("decisions.none.aside" if unread_file(scribe, "decisions") else "review.agenda.none")


def _beyond(scribe: Scribe, number: int, one: Question) -> Text:
    """A question that the table has no room for, with its number, the items it does not name, and who argues it."""
    words = scribe.words
    page, _, place = (one.page or LOG).partition("#")
    link = Span(text=words.text(f"nav.{page}"), href=f"{page}.{words.locale}.html#{place}")
    said = {span.text for span in one.text}
    unsaid = [each for key in one.about if (each := scribe.numbers.by_key.get(key)) is not None and key not in said]
    about = (*scribe.items(unsaid, most=MOST_NAMED), *text(", ")) if unsaid else ()
    return (*text(f"{words.whole(number)}. "), *one.text, *text(" ("), *about, link, *text(")."))


def _ways(words: Words, question: Question) -> Text:
    """The ways to decide a question, each after its letter; a single one needs none."""
    if len(question.options) == 1:
        return question.options[0]
    return joined(
        [
            joined([words.say("review.option", letter=letter), way])
            for letter, way in zip(LETTERS, question.options, strict=False)
        ]
    )


def in_one_page(scribe: Scribe) -> Section:
    """The four guardrails and the exposure, each with what it is held against; the figures stand above them."""
    words = scribe.words
    facts = [
        Fact(name=words.text(f"guardrails.name.{one.id}"), value=words.say(f"guardrails.status.{one.status}"),
             note=text(one.number))
        for one in lamps.lamps(scribe)
    ]  # fmt: skip
    if exposed := risks.in_figures(scribe):
        facts.append(exposed)
    return Section(
        id="portfolio",
        question=words.text("review.page.question"),
        headline=_standing(scribe),
        blocks=(Facts(facts=tuple(facts), abreast=4),),
        joins=True,
    )


def _standing(scribe: Scribe) -> Text:
    """How many themes are on course, how many guardrails are breached, how many risks are open."""
    words, numbers = scribe.words, scribe.numbers
    agreed = [one for one in lamps.lamps(scribe) if one.status is not Status.NONE]
    themes = "known" if numbers.measured else "unknown" if numbers.themes else "none"
    said = [
        words.say(
            f"review.page.themes.{themes}",
            on=words.whole(sum(one.objective.status in ("on_track", "achieved") for one in numbers.themes)),
            n=len(numbers.themes),
        ),
        words.say(
            "review.page.fences" if agreed else "review.page.fences.none",
            out=words.whole(sum(one.status is Status.BAD for one in agreed)),
            n=len(agreed),
        ),
        words.say(
            "review.page.risks" if dangers(numbers).knows_risks else "review.page.risks.unset",
            n=len(dangers(numbers).risks),
        ),
    ]
    return joined(said, words.text("review.page.between"))


def in_facts(scribe: Scribe, told: Sequence[KeyFigure], *, page: str) -> tuple[Block, ...]:
    """Figures as facts, with a link to the page that takes them apart; that nothing is known where there are none."""
    words = scribe.words
    if not told:
        if (why := untold(scribe.numbers.book)) is not None:
            return (Empty(title=words.say(f"{why}.title"), text=words.say(f"{why}.text")),)
        return (Empty(title=words.say("review.money.none"), text=words.say("review.money.none.text")),)
    facts = tuple(
        Fact(
            name=one.title,
            value=text(f"{one.value} {one.unit}".strip()),
            note=joined([text(one.versus), one.trend], separator=" · "),
        )
        for one in told
    )
    return Facts(facts=facts), Paragraph(text=(Span(text=words.text("review.money.more"), href=page),))


def since(scribe: Scribe) -> Section:
    """Every decision that was taken, and what became of it; those that nothing followed come first."""
    words, found = scribe.words, outcomes(scribe.numbers)
    question = words.text("review.since.question")
    unread = notice(scribe, "decisions")
    if not found:
        head = unknown(scribe, "decisions") or words.say("review.since.none")
        nothing = Empty(title=head, text=unread or words.say("review.since.none.text"))
        return Section(id="since", question=question, headline=head, blocks=(nothing,))
    rows = tuple(_outcome(scribe, one) for one in found[:MOST])
    more = (words.say("review.since.more", n=len(found) - MOST),) if len(found) > MOST else ()
    heads = ("decided", "decision_taken", "outcome", "owner")
    return Section(
        id="since",
        question=question,
        headline=_followed(scribe, found),
        blocks=(
            Exhibit(
                table=_table(scribe, "review.since.caption", "outcomes", heads, rows),
                notes=(*((unread,) if unread else ()), words.say("review.since.note"), *more),
            ),
        ),
        long=True,
    )


def _followed(scribe: Scribe, found: Sequence[Outcome]) -> Text:
    """How many decisions moved nothing; else how many did, and that of those without an open item nothing is known."""
    words, of = scribe.words, scribe.words.whole(len(found))
    if idle := sum(one.kind == "still" for one in found):
        return words.say("review.since.idle", n=idle, of=of)
    told = sum(one.kind not in UNTOLD for one in found)
    if told == len(found):
        return words.say("review.since.done", n=told)
    return words.say("review.since.part", n=told, of=of) if told else words.say("review.since.untold", n=len(found))


def waterfall(scribe: Scribe) -> Section:
    """From what all benefits should bring in the end to what they brought so far: what is not due, what is missing."""
    words, whole = scribe.words, scribe.numbers.realised
    question = words.text("review.value.question")
    if whole is None or not whole.planned_total:
        is_unknown = whole is not None and whole.n_in_scope > 0
        head = words.say("benefits.head.unknown" if is_unknown else "review.value.none")
        why = benefits.in_short(scribe) if is_unknown else words.say("review.value.none.text")
        return Section(id="benefits", question=question, headline=head, blocks=(Empty(title=head, text=why),))
    theme_of = {one.id: theme for theme in scribe.numbers.book.portfolio.themes for one in theme.benefits}
    short: dict[str, Decimal] = {}
    for one in whole.used:
        name = theme_of[one.benefit.id].name
        gap = (one.realised_amount or Decimal(0)) - (one.expected_amount or Decimal(0))
        short[name] = short.get(name, Decimal(0)) + gap
    realised = whole.realised_amount
    amounts = [
        (words.text("review.value.planned"), whole.planned_total, True),
        (words.text("review.value.later"), whole.planned_to_date - whole.planned_total, False),
        (words.text("review.value.due"), whole.planned_to_date, True),
        *((name, gap, False) for name, gap in sorted(short.items(), key=lambda pair: pair[1]) if gap),
        (words.text("review.value.realised"), realised, True),
    ]
    later = words.text("review.value.later")
    steps = tuple(
        Step(
            name=one_line(name, LONGEST_NAME),
            value=float(amount),
            words=_signed(scribe, amount, is_total=is_total),
            is_total=is_total,
            is_neutral=name == later,
        )
        for name, amount, is_total in amounts
    )
    alt = words.text(
        "review.value.alt", planned=bets.money(scribe, whole.planned_total), realised=bets.money(scribe, realised)
    )
    figure = Figure(
        title=words.say("review.value.title"),
        subtitle=words.say("review.value.subtitle"),
        alt=alt,
        chart=Waterfall(steps=steps, label=alt, more_is_good=True),
        notes=(words.say("review.value.note", n=len(whole.used)),),
        definition=scribe.definition("benefit_portfolio"),
        data=Table(
            caption=words.text("review.value.subtitle"),
            columns=(Column(head=words.text("head.name")), Column(head=words.text("head.amount"), numeric=True)),
            rows=tuple(row(foreign(one.name), one.words) for one in steps),
        ),
    )
    return Section(
        id="benefits",
        question=question,
        headline=words.say(
            "review.value.head", realised=bets.money(scribe, realised), due=bets.money(scribe, whole.planned_to_date)
        ),
        intro=benefits.shares_realised(scribe, whole),
        blocks=(figure,),
    )


def calibration(scribe: Scribe) -> Section:
    """How many of the dates that we told came true, by what they were told with."""
    words, ahead = scribe.words, scribe.numbers.book.outlook
    question = words.text("review.told.question")
    if ahead is None or not any(one.resolved for one in ahead.coverage):
        nothing = Empty(title=words.say("review.told.none"), text=words.say("review.told.none.text"))
        return Section(id="calibration", question=question, headline=words.say("review.told.none"), blocks=(nothing,))
    rows = tuple(
        Row(
            cells=(
                Cell(text=text(words.percent(one.percentile / 100))),
                Cell(text=text(words.whole(one.resolved))),
                Cell(text=text(words.whole(one.hits))),
                Cell(text=words.say("unknown") if one.share is None else text(words.percent(one.share))),
                Cell(text=words.say(f"review.told.{one.verdict}"), status=COVERED.get(one.verdict, Status.NONE)),
            )
        )
        for one in ahead.coverage
        if one.percentile in LEVELS
    )
    main = next((one for one in ahead.coverage if one.percentile == 85 and one.resolved), None)
    headline = words.say("review.told.few")
    if main is not None and main.share is not None:
        headline = words.say("review.told.head", hits=main.hits, n=main.resolved, share=words.percent(main.share))
    notes: tuple[Text, ...] = ()
    if ahead.brier.score is not None:
        score = words.number(ahead.brier.score, places=2)
        notes = (words.say("forecast.true.brier", n=ahead.brier.n_used, score=score),)
    heads = ("told_with", "come", "met", "met_share", "verdict")
    return Section(
        id="calibration",
        question=question,
        headline=headline,
        blocks=(
            Exhibit(
                table=_table(scribe, "review.told.caption", "told", heads, rows, numeric=("come", "met", "met_share")),
                notes=notes,
                definition=scribe.definition("forecast_coverage"),
            ),
        ),
    )


def ahead(scribe: Scribe) -> Section:
    """What falls due until the next review."""
    words, found, day = scribe.words, coming(scribe.numbers), next_review(scribe.numbers)
    heads = ("day_due", "what", "name", "owner")
    rows = tuple(_coming(scribe, one) for one in found[:MOST_AHEAD])
    more = (words.say("review.next.more", n=len(found) - MOST_AHEAD),) if len(found) > MOST_AHEAD else ()
    block: Block = Exhibit(
        table=_table(scribe, "review.next.caption", "coming", heads, rows),
        notes=(words.say("review.next.note"), *more),
    )
    if not found:
        block = Empty(title=words.say("review.next.none"), text=words.say("review.next.none.text"))
    return Section(
        id="calendar",
        question=words.text("review.next.question"),
        headline=words.say("review.next.head", n=len(found), day=words.day(day)) if found
        else words.say("review.next.none"),
        blocks=(block,),
        long=True,
    )  # fmt: skip


def form(scribe: Scribe, asked: Sequence[Question]) -> Section:
    """What to write on: each decision by its number, with room for what was agreed or amended, by whom, by when."""
    words = scribe.words
    blank = Cell(text=words.say("review.form.blank"))
    lines = [  # which are written on, and lead nowhere
        (*text(f"{words.whole(number)}. "), *(replace(span, href=None) for span in one.text))
        for number, one in enumerate(asked, 1)
    ]
    lines += [words.say("review.form.other")] * 2
    rows = tuple(Row(cells=(Cell(text=one, width=6), blank, blank, blank, blank)) for one in lines)
    heads = ("asked", "agreed", "amended", "owner", "by_when")
    return Section(
        id="record",
        question=words.text("review.form.question"),
        headline=words.say("review.form.head"),
        blocks=(Exhibit(table=_table(scribe, "review.form.caption", "form", heads, rows)),),
        long=True,
    )


def on_risks(scribe: Scribe) -> Text:
    """The largest risk that has an owner is to be accepted or mitigated; one without is to be given one."""
    words, told = scribe.words, dangers(scribe.numbers)
    if told.unowned:
        return words.say("review.propose.risk.owner", n=len(told.unowned))
    if not told.risks:
        return words.say("review.propose.nothing", owner=words.say("review.owner.lpm"))
    first = told.risks[0]
    owner = foreign(first.owner) if first.owner else words.say("review.owner.lpm")
    return words.say("review.propose.risk", n=len(told.risks), key=foreign(first.key), owner=owner)


def on_bets(scribe: Scribe) -> Text:
    """What nobody measured is to be measured; else persevere, pivot or stop: how many bets ask, the first by name."""
    words, told = scribe.words, ledger(scribe.numbers)
    if told.unmeasured:
        return words.say("review.propose.measure", n=len(told.unmeasured))
    for name in ("refuted", "confirmed"):
        kept = [one for one in told.undecided if one.verdict == name]
        if kept:
            owner = kept[0].epic.owner if kept[0].epic is not None else None
            said = foreign(owner) if owner else words.say("review.owner.sponsor")
            return words.say(f"review.propose.{name}", n=len(kept), name=foreign(kept[0].benefit.name), owner=said)
    if told.unread_bets:
        return words.say("review.propose.unread")
    return words.say("review.propose.nothing", owner=words.say("review.owner.epics"))


def _outcome(scribe: Scribe, one: Outcome) -> Row:
    words, decision = scribe.words, one.decision
    day = words.day(one.day) if one.day is not None else ""
    status = foreign(one.item.status) if one.item is not None else ()
    moved = words.listed(
        [words.say(f"review.outcome.{name}", n=n) for name, n in (("ended", one.ended), ("started", one.begun)) if n]
    )
    said = words.say(f"review.outcome.{one.kind}", day=day, status=status, moved=moved)
    verdict = words.say(f"review.outcome.{one.verdict}") if one.verdict else ()
    link = scribe.item(one.item) if one.item is not None else foreign(decision.item) if decision.item else ()
    return Row(
        cells=(
            Cell(text=text(words.day(decision.asked_on)), note=foreign(decision.meeting)),
            Cell(
                text=foreign(decision.decision or ""), note=joined([foreign(brief(decision.question)), link]), width=6
            ),
            Cell(text=said, note=verdict, status=OUTCOMES.get(one.kind), width=6),
            Cell(text=foreign(decision.owner)),
        )
    )


def _coming(scribe: Scribe, one: Coming) -> Row:
    words = scribe.words
    return Row(
        cells=(
            Cell(text=text(words.day(one.day))),
            Cell(text=words.say(f"review.next.{one.kind}")),
            Cell(text=foreign(brief(one.name)), note=scribe.item(one.item) if one.item is not None else (), width=6),
            Cell(text=foreign(one.owner) if one.owner else words.say("none")),
        )
    )


def _table(
    scribe: Scribe, caption: str, name: str, heads: Sequence[str], rows: tuple[Row, ...], *, numeric: Sequence[str] = ()
) -> Table:
    words = scribe.words
    columns = tuple(Column(head=words.text(f"head.{one}"), numeric=one in numeric) for one in heads)
    return Table(caption=words.text(caption), name=name, columns=columns, rows=rows)


def _signed(scribe: Scribe, amount: Decimal, *, is_total: bool) -> str:
    said = scribe.words.money(abs(amount), scribe.numbers.book.portfolio.currency)
    return said if is_total or not amount else f"{'+' if amount > 0 else '−'}{said}"
