"""What could stop us: the largest risks, who acts, by when, and what was settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from domain.journey import Journey
from metrics.risk import Exposure, Risk, Roam, faults
from reports.charts.shapes import Point, Process, Sparkline
from reports.hazards import Dangers, dangers
from reports.page import (
    Block,
    Cell,
    Changes,
    Column,
    Empty,
    Entry,
    Exhibit,
    Fact,
    Figure,
    KeyFigure,
    Paragraph,
    Question,
    Row,
    Section,
    Span,
    Table,
    Text,
    joined,
)
from reports.sections.changes import quiet_since, so_far
from reports.sections.scribe import Scribe, row, text
from reports.words.catalogue import foreign
from reports.words.foreign import one_line

MOST = 5
MOST_LISTED = 10
MOST_CONCERNED = 2
LONGEST_STEP = 120
RULES = ("no_owner", "no_date", "no_acceptor", "no_live_work", "unsorted", "untouched")
ANYBODY, STEPS, DATES = "unowned", "no_step", "overdue"


def largest(scribe: Scribe) -> Section:
    """The five largest risks, and how the exposure went month by month."""
    words, told = scribe.words, dangers(scribe.numbers)
    blocks: list[Block] = []
    if told.risks:
        blocks += [_five(scribe, told), *([trend] if (trend := _trend(scribe, told)) is not None else [])]
        blocks += [Paragraph(text=one) for one in _assumptions(scribe, told) if one]
    else:
        name = "none" if told.knows_risks else "unset"
        blocks.append(
            Empty(title=words.say(f"risks.empty.{name}.title"), text=words.say(f"risks.empty.{name}"))
        )  # fmt: skip
    return Section(
        id="risks",
        question=words.text("risks.question"),
        headline=_headline(scribe, told),
        intro=in_short(scribe),
        blocks=tuple(blocks),
        long=True,
    )


def to_accept(scribe: Scribe) -> Section:
    """The five largest in a line each, for a meeting that accepts them or does not."""
    told = dangers(scribe.numbers)
    whole = largest(scribe)
    if not told.risks:
        return whole
    rest = told.risks[MOST:]
    notes = (scribe.words.say("risks.five.rest", n=len(rest), items=_keys(scribe, told, rest)),) if rest else ()
    return replace(whole, blocks=(brief(scribe, told.risks[:MOST], notes=notes),), long=False)


def hygiene(scribe: Scribe) -> Section:
    """Three short lists, then every rule of ROAM that a risk breaks."""
    words, told = scribe.words, dangers(scribe.numbers)
    lists = {ANYBODY: told.unowned, STEPS: told.faulty(STEPS), DATES: told.faulty(DATES)}
    broken = {one.key for name in lists for one in lists[name]} | {
        one.key for name in RULES for one in told.faulty(name)
    }
    blocks: list[Block] = []
    if told.risks:
        blocks.append(
            Exhibit(
                table=Table(
                    caption=words.text("risks.lists.caption"),
                    name="facts",
                    columns=tuple(Column(head=words.text(f"head.{one}")) for one in ("wanting", "count", "risks")),
                    rows=tuple(
                        [_list(scribe, told, name, found) for name, found in lists.items()]
                        + [_list(scribe, told, name, told.faulty(name)) for name in RULES if _is_held(told, name)]
                    ),
                ),
                notes=tuple(one for one in _unheld(scribe, told) if one),
                definition=scribe.definition("risk_hygiene"),
            )
        )
    open_now = len(told.risks)
    if not open_now:
        headline = words.say("risks.hygiene.none" if told.knows_risks else "risks.hygiene.unset")
    elif broken:
        headline = words.say("risks.hygiene.head", n=len(broken), total=open_now)
    else:
        headline = words.say("risks.hygiene.good", n=open_now)
    return Section(id="hygiene", question=words.text("risks.hygiene.question"), headline=headline,
                   blocks=tuple(blocks), long=True)  # fmt: skip


def settled(scribe: Scribe) -> Section:
    """What was resolved and what was raised since the last edition."""
    words, told = scribe.words, dangers(scribe.numbers)
    entries = [
        *(Entry(label=words.text("risks.settled.resolved"), text=named(scribe, told, one)) for one in told.resolved),
        *(Entry(label=words.text("risks.settled.raised"), text=named(scribe, told, one)) for one in told.raised),
        *(
            Entry(
                label=words.text("risks.settled.met"),
                text=words.say(
                    "dependencies.pair",
                    before=scribe.item(scribe.numbers.items[one.before], with_title=True),
                    after=scribe.item(scribe.numbers.items[one.after]),
                ),
            )
            for one in told.met
        ),
    ]
    shown = entries[: 2 * MOST_LISTED]
    more = words.say("risks.settled.more", n=len(entries) - len(shown)) if len(entries) > len(shown) else ()
    unset = "" if told.knows_risks else ".unset"
    if not entries:
        shown = [quiet_since(scribe, words.say(f"risks.settled.nothing{unset}"), since=told.since)]
    since = words.day(told.since)
    key = "risks.settled.question" if told.has_former else "risks.settled.question.week"
    return Section(
        id="settled",
        question=words.text(key, day=since),
        headline=words.say(
            f"risks.settled.head{unset}",
            n=len(told.resolved) + len(told.met),
            before=_exposed(scribe, told.before),
            now=_exposed(scribe, told.exposure),
        )
        if entries
        else so_far(scribe, words.say(f"risks.settled.head.none{unset}", n=0), since=told.since),
        blocks=(Changes(entries=tuple(shown), more=more),),
    )


def figures(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """The exposure, and the risks that are open."""
    words, told = scribe.words, dangers(scribe.numbers)
    unrated = sum(map(len, told.exposure.excluded.values()))
    monthly = [float(exposed.amount) if exposed.is_known else None for _, exposed in told.monthly]
    if not told.knows_risks:
        return _unset_figures(scribe)
    return (
        KeyFigure(
            id="exposure",
            title=words.text("figure.exposure"),
            value=_exposed(scribe, told.exposure),
            versus=_unmitigated(scribe, told.exposure)
            if told.exposure.is_known
            else words.text("risks.unrated.why"),
            chart=Sparkline(values=tuple(monthly)) if sum(one is not None for one in monthly) > 1 else None,
            trend=words.say("figure.exposure.unrated", n=unrated) if unrated else words.say("figure.exposure.all"),
            definition=scribe.definition("risk_exposure"),
        ),
        KeyFigure(
            id="risks",
            title=words.text("figure.risks"),
            value=words.whole(len(told.risks)),
            versus=words.text("figure.risks.versus", n=len(told.resolved)),
            trend=words.say("figure.risks.unowned", n=len(told.unowned)) if told.unowned else words.say(
                "figure.risks.owned" if told.risks else "figure.risks.none"
            ),
            definition=scribe.definition("risk_hygiene"),
        ),
    )  # fmt: skip


def _unset_figures(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """The same where nobody has said which items are risks: nothing is known of any."""
    words = scribe.words
    return tuple(
        KeyFigure(
            id=id,
            title=words.text(f"figure.{id}"),
            value=words.text("unknown"),
            versus="",
            trend=words.say("figure.risks.unset"),
            definition=scribe.definition(metric),
        )
        for id, metric in (("exposure", "risk_exposure"), ("risks", "risk_hygiene"))
    )


def _unmitigated(scribe: Scribe, one: Exposure) -> str:
    """What it would be without mitigation."""
    words = scribe.words
    amount = words.text("unknown") if one.inherent is None else money(scribe, one.inherent)
    return words.text("figure.exposure.versus", amount=amount)


def asked(scribe: Scribe) -> tuple[Question, ...]:
    """Who answers for a risk that nobody does, the largest first."""
    words, told = scribe.words, dangers(scribe.numbers)
    return tuple(
        Question(
            id=f"own-{one.key}",
            text=words.say("risks.ask.owner", risk=_title(told, one)),
            meta=joined([words.say("risks.ask.worth", amount=_amount(scribe, one)), _key(scribe, told, one)]),
            about=(one.key, *_concerned(scribe, told, one)),
        )
        for one in told.unowned[:MOST]
    )


def _concerned(scribe: Scribe, told: Dangers, one: Risk) -> list[str]:
    """The keys of what a risk endangers."""
    return [scribe.numbers.items[id].key for id in told.recorded(one).concerns if id in scribe.numbers.items]


def table(scribe: Scribe, found: Sequence[Risk], *, notes: tuple[Text, ...] = ()) -> Exhibit:
    """Risks with their exposure, what was decided of them, who answers, what is next, and what they endanger."""
    words, told = scribe.words, dangers(scribe.numbers)
    heads = ("risk", "exposure", "roam", "owner", "step", "open_days", "at_stake")
    return Exhibit(
        table=Table(
            caption=words.text("risks.five.caption"),
            name="risks",
            columns=tuple(Column(head=words.text(f"head.{one}"), numeric=one in ("exposure", "open_days"))
                          for one in heads),
            rows=tuple(_row(scribe, told, one) for one in found),
        ),
        notes=notes,
        definition=scribe.definition("risk_exposure"),
    )  # fmt: skip


def brief(scribe: Scribe, found: Sequence[Risk], *, notes: tuple[Text, ...] = ()) -> Exhibit:
    """Risks in a line each: what it may cost, what was decided, who answers, what is next and by when."""
    words, told = scribe.words, dangers(scribe.numbers)
    heads = ("risk", "exposure", "roam", "owner", "step", "by_when")
    rows = [
        row(
            scribe.item(told.recorded(one).journey, with_title=True),
            _amount(scribe, one),
            words.text(f"risks.roam.{one.roam.value if one.roam else 'none'}"),
            foreign(one.owner) if one.owner else words.say("risks.no_owner"),
            _step(scribe, told, one),
            words.text("risks.no_date") if one.due_on is None else words.day(one.due_on),
        )
        for one in found
    ]
    return Exhibit(
        table=Table(
            caption=words.text("risks.five.caption"),
            name="risks",
            columns=tuple(Column(head=words.text(f"head.{one}"), numeric=one == "exposure") for one in heads),
            rows=tuple(rows),
        ),
        notes=notes,
        definition=scribe.definition("risk_exposure"),
    )


def in_short(scribe: Scribe) -> Text:
    """The exposure in a sentence, and how many risks it leaves out."""
    words, told = scribe.words, dangers(scribe.numbers)
    if not told.risks or not told.exposure.is_known:
        return ()
    unrated = sum(map(len, told.exposure.excluded.values()))
    left_out = words.say("risks.unrated.n", n=unrated) if unrated else ()
    return joined(
        [
            words.say("risks.short.alone", n=len(told.risks), amount=money(scribe, told.exposure.amount))
            if told.exposure.inherent is None
            else words.say(
                "risks.short",
                n=len(told.risks),
                amount=money(scribe, told.exposure.amount),
                inherent=money(scribe, told.exposure.inherent),
            ),
            left_out,
        ]
    )


def in_figures(scribe: Scribe) -> Fact | None:
    """The exposure beside what it would be without mitigation; None where no risk is open."""
    words, told = scribe.words, dangers(scribe.numbers)
    if not told.risks:
        return None
    name = words.text("figure.exposure")
    if not told.exposure.is_known:
        return Fact(name=name, value=words.say("risks.unrated"))
    unrated = sum(map(len, told.exposure.excluded.values()))
    versus = text(_unmitigated(scribe, told.exposure))
    left_out = words.say("figure.exposure.unrated", n=unrated) if unrated else ()
    return Fact(name=name, value=text(money(scribe, told.exposure.amount)), note=joined([versus, left_out], ". "))


def on_overview(scribe: Scribe) -> Section | None:
    """The five largest risks in brief, for a page of everything; None where no risk is open."""
    words, told = scribe.words, dangers(scribe.numbers)
    if not told.risks:
        return None
    rows = []
    for one in told.risks[:MOST]:
        entry = told.recorded(one)
        owner = foreign(one.owner) if one.owner else words.say("risks.no_owner")
        rows.append(row(scribe.item(entry.journey, with_title=True), _amount(scribe, one), owner))
    brief = Table(
        caption=words.text("risks.five.caption"),
        name="brief",
        columns=(
            Column(head=words.text("head.risk")),
            Column(head=words.text("head.exposure"), numeric=True),
            Column(head=words.text("head.owner")),
        ),
        rows=tuple(rows),
    )
    return Section(
        id="risk",
        question=words.text("risks.question"),
        headline=_headline(scribe, told),
        intro=_briefly(scribe, told),
        blocks=(Exhibit(table=brief, definition=scribe.definition("risk_exposure")),),
    )


def _briefly(scribe: Scribe, told: Dangers) -> Text:
    """Over how many risks the headline sums, and the page that has them all."""
    words = scribe.words
    unrated = sum(map(len, told.exposure.excluded.values()))
    link = Span(text=words.text("glance.risks.more"), href=f"risks.{words.locale}.html")
    return joined(
        [
            words.say("glance.risks", n=len(told.risks)),
            words.say("risks.unrated.n", n=unrated) if unrated else (),
            (link, Span(text=".")),
        ]
    )


def _headline(scribe: Scribe, told: Dangers) -> Text:
    words = scribe.words
    if not told.risks:
        return words.say("risks.head.none" if told.knows_risks else "risks.head.unset")
    if not told.exposure.is_known:
        return words.say("risks.head.unrated", n=len(told.risks))
    if told.exposure.inherent is not None and told.exposure.inherent > told.exposure.amount:
        return words.say(
            "risks.head.mitigated",
            amount=money(scribe, told.exposure.amount),
            less=money(scribe, told.exposure.inherent - told.exposure.amount),
        )
    return words.say("risks.head", amount=money(scribe, told.exposure.amount))


def _five(scribe: Scribe, told: Dangers) -> Exhibit:
    words = scribe.words
    rest = told.risks[MOST:]
    notes = [words.say("risks.five.rest", n=len(rest), items=_keys(scribe, told, rest))] if rest else []
    unrated = told.exposure.excluded
    if keys := unrated.get("not_rated"):
        notes.append(words.say("risks.note.not_rated", n=len(keys), items=words.listed([scribe.key(k) for k in keys])))
    if keys := unrated.get("unreadable"):
        notes.append(words.say("risks.note.unreadable", n=len(keys), items=words.listed([scribe.key(k) for k in keys])))
    return table(scribe, told.risks[:MOST], notes=tuple(notes))


def _row(scribe: Scribe, told: Dangers, one: Risk) -> Row:
    words, entry = scribe.words, told.recorded(one)
    step = _step(scribe, told, one)
    due = words.say("risks.no_date")
    if one.due_on is not None:
        late = one.due_on < told.today
        due = words.say("risks.due.late" if late else "risks.due", day=words.day(one.due_on))
    concerned = [scribe.numbers.items[id] for id in entry.concerns]
    return Row(
        cells=(
            Cell(text=scribe.item(entry.journey), note=foreign(one_line(entry.journey.title, 90)), width=6),
            Cell(text=text(_amount(scribe, one)), note=_reckoning(scribe, one)),
            Cell(text=words.say(f"risks.roam.{one.roam.value if one.roam else 'none'}")),
            Cell(text=foreign(one.owner) if one.owner else words.say("risks.no_owner")),
            Cell(text=step, note=due, width=4),
            Cell(text=text(words.whole((told.today - one.raised_on).days))),
            Cell(
                text=scribe.items(concerned, most=MOST_CONCERNED) if concerned else _place(scribe, entry.journey),
                width=4,
            ),
        ),
        anchor=f"item-{entry.journey.id.source}-{entry.journey.id.external_id}".lower(),
    )  # fmt: skip


def _step(scribe: Scribe, told: Dangers, one: Risk) -> Text:
    """What is done next: as it was written, else the open work that is linked with it."""
    if one.next_step:
        return foreign(one_line(one.next_step, LONGEST_STEP))
    works = [scribe.numbers.items[id] for id in told.recorded(one).works]
    return scribe.items(works, most=MOST_CONCERNED) if works else scribe.words.say("risks.no_step")


def _place(scribe: Scribe, journey: Journey) -> Text:
    """The themes or the train of a risk that is linked with nothing."""
    names = {one.id: one.name for one in scribe.numbers.book.portfolio.themes}
    placement = journey.placement
    themes = [foreign(names.get(one, one)) for one in placement.themes]
    if themes:
        return scribe.words.listed(themes)
    return foreign(placement.train) if placement.train else scribe.words.say("unknown")


def _reckoning(scribe: Scribe, one: Risk) -> Text:
    """Probability times impact, as it stands."""
    words = scribe.words
    if one.amount is None:
        return words.say("risks.unreadable" if one.unreadable else "risks.unrated.why")
    left = one.roam is Roam.MITIGATED and one.residual_probability is not None and one.residual_impact is not None
    chance, impact = (
        (one.residual_probability, one.residual_impact) if left else (one.probability, one.impact)
    )  # fmt: skip
    assert chance is not None
    assert impact is not None
    key = "risks.product.left" if left else "risks.product"
    return words.say(key, chance=words.percent(chance), impact=money(scribe, impact))


def _trend(scribe: Scribe, told: Dangers) -> Figure | None:
    """The exposure at the end of each month; None while fewer than two of them, or today's, are known."""
    words, monthly = scribe.words, told.monthly
    known = [(day, exposed) for day, exposed in monthly if exposed.is_known]
    if len(known) < 2 or not told.exposure.is_known:
        return None
    units = Decimal(scribe.numbers.book.hazards.register.rules.minor_per_unit * 1000)
    label = words.text(
        "risks.trend.alt",
        first=money(scribe, known[0][1].amount),
        last=money(scribe, known[-1][1].amount),
        day=words.day(known[0][0]),
    )
    currency = scribe.numbers.book.portfolio.currency
    return Figure(
        title=_trend_title(scribe, known),
        subtitle=words.say("risks.trend.subtitle"),
        alt=label,
        chart=Process(
            points=tuple(
                Point(
                    name=words.month_year(day),
                    value=float(Decimal(exposed.amount) / units) if exposed.is_known else None,
                    tick=words.month(day) if day != told.today else words.text("risks.trend.today"),
                    written=_exposed(scribe, exposed),
                )
                for day, exposed in monthly
            ),
            mean=None,
            band=None,
            axis=words.text("risks.trend.axis", currency=currency),
            label=label,
            columns=True,
        ),
        notes=tuple(one for one in (words.say("risks.trend.note"), _holes(scribe, told)) if one),
        definition=scribe.definition("risk_exposure"),
        data=Table(
            caption=words.text("risks.trend.subtitle"),
            columns=(
                Column(head=words.text("head.day")),
                *(
                    Column(head=words.text(f"head.{name}"), numeric=True)
                    for name in ("exposure", "inherent", "rated", "not_estimated")
                ),
            ),
            rows=tuple(
                row(
                    words.full_day(day),
                    _exposed(scribe, one),
                    words.text("unknown" if one.is_known else "risks.unrated")
                    if one.inherent is None
                    else money(scribe, one.inherent),
                    words.whole(one.n_used),
                    words.whole(one.n_in_scope - one.n_used),
                )
                for day, one in monthly
            ),
        ),
    )  # fmt: skip


def _exposed(scribe: Scribe, one: Exposure) -> str:
    return money(scribe, one.amount) if one.is_known else scribe.words.text("risks.unrated")


def _trend_title(scribe: Scribe, known: Sequence[tuple[date, Exposure]]) -> Text:
    (day, before), (_, now) = known[-2:]
    parts = {"before": money(scribe, before.amount), "now": money(scribe, now.amount), "day": scribe.words.day(day)}
    if parts["before"] == parts["now"]:
        return scribe.words.say("risks.trend.same", **parts)
    return scribe.words.say("risks.trend.more" if now.amount > before.amount else "risks.trend.less", **parts)


def _holes(scribe: Scribe, told: Dangers) -> Text:
    """Risks whose former days are not known."""
    keys = [scribe.item(one.journey) for one in told.facts.register.risks if not one.is_history_whole]
    return scribe.words.say("risks.trend.holes", n=len(keys), items=scribe.words.listed(keys)) if keys else ()


def _assumptions(scribe: Scribe, told: Dangers) -> list[Text]:
    """What turned words into numbers, and what statuses and values mean, printed where the numbers are."""
    words, rules = scribe.words, told.facts.register.rules
    said = []
    for name, scale in rules.scales.items():
        is_share = name.endswith("probability")
        pairs: list[Text] = [
            (*foreign(word), *text(f" = {words.percent(number) if is_share else _units(scribe, number)}"))
            for word, number in sorted(scale.items(), key=lambda pair: pair[1])
        ]
        said.append(words.say("risks.scale", what=words.text(f"risks.told.{name}"), pairs=words.listed(pairs)))
    places: dict[str, list[Text]] = {}
    for word, place in rules.roam.items():
        if word != place:
            places.setdefault(place, []).append(foreign(word))
    said += [
        words.say("risks.counted_as", place=words.text(f"risks.roam.{place}"), words=words.listed(meanings))
        for place, meanings in places.items()
    ]
    return [joined([words.say("risks.assumptions"), *said])]


def _list(scribe: Scribe, told: Dangers, name: str, found: Sequence[Risk]) -> Row:
    words = scribe.words
    named = _keys(scribe, told, found, with_owner=name not in (ANYBODY, "no_owner")) if found else words.say("none")
    return Row(
        cells=(
            Cell(text=words.say(f"risks.rule.{name}"), width=4),
            Cell(text=text(words.whole(len(found)))),
            Cell(text=named, width=6),
        )
    )


def _is_held(told: Dangers, rule: str) -> bool:
    """Can the rule be evaluated with what the settings say?"""
    if rule == "no_acceptor":
        return told.facts.hygiene.knows_acceptor
    return rule != "untouched" or told.facts.hygiene.untouched_days is not None


def _unheld(scribe: Scribe, told: Dangers) -> list[Text]:
    words, rules = scribe.words, told.facts.register.rules
    notes = [words.say("risks.unheld.acceptor")] if not told.facts.hygiene.knows_acceptor else []
    if "next_step" not in rules.fields:
        notes.append(words.say("risks.unheld.step"))
    return [*notes, words.say("risks.hygiene.note", days=words.text("days", n=told.facts.hygiene.untouched_days or 0))]


def _keys(scribe: Scribe, told: Dangers, risks: Sequence[Risk], *, with_owner: bool = False) -> Text:
    """Risks by key, the first so many, with what each may cost and who answers for it."""
    texts: list[Text] = []
    for one in risks[:MOST_LISTED]:
        parts = [_amount(scribe, one)] + ([one_line(one.owner, 60)] if with_owner and one.owner else [])
        texts.append((*_key(scribe, told, one), *text(f" ({', '.join(parts)})")))
    return scribe.words.listed(texts, more=len(risks) - len(texts))


def _key(scribe: Scribe, told: Dangers, risk: Risk) -> Text:
    return scribe.item(told.recorded(risk).journey)


def _title(told: Dangers, risk: Risk) -> Text:
    return foreign(one_line(told.recorded(risk).journey.title, 90))


def named(scribe: Scribe, told: Dangers, risk: Risk) -> Text:
    rest = faults(risk, today=told.today, rules=told.facts.hygiene)
    where = scribe.item(told.recorded(risk).journey, with_title=True)
    if risk.is_closed or not rest:
        return where
    return (*where, *text(f" ({_amount(scribe, risk)})"))


def _amount(scribe: Scribe, risk: Risk) -> str:
    return scribe.words.text("risks.unrated") if risk.amount is None else money(scribe, risk.amount)


def money(scribe: Scribe, amount: int) -> str:
    return scribe.words.money(amount, scribe.numbers.book.portfolio.currency)


def _units(scribe: Scribe, amount: Decimal) -> str:
    return money(scribe, round(amount * scribe.numbers.book.hazards.register.rules.minor_per_unit))
