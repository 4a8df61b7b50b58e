"""What every section needs to write: the numbers, the language, and links to the items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.journey import Journey
from metrics import catalogue
from metrics.behaviour import UsualRange
from metrics.catalogue import METRICS
from metrics.costs import EpicCost
from metrics.main_flow import LEVELS
from metrics.selection import Excluded, count
from metrics.stability import Check
from metrics.trust import RIBBON_BELOW, is_low
from reports.links import by_source, item_url, list_url
from reports.page import Cell, Definition, Row, Span, Status, Text
from reports.reckoning import Reckoning
from reports.words.catalogue import Words, foreign, toned
from reports.words.foreign import one_line

LONGEST_TITLE = 90
MOST_ITEMS = 30  # written out in one place; the rest is counted

STATUSES = {
    "on_track": Status.GOOD,
    "achieved": Status.GOOD,
    "at_risk": Status.WARN,
    "off_track": Status.BAD,
    "missed": Status.BAD,
}


@dataclass(frozen=True)
class Scribe:
    """Writes of one book in one language."""

    numbers: Reckoning
    words: Words

    def item(self, journey: Journey, *, with_title: bool = False) -> Text:
        """An item's key as a link to its tracker, and its title where wanted."""
        key = Span(text=journey.key, foreign=True, href=item_url(journey, self.numbers.sources))
        if not with_title:
            return (key,)
        return (key, Span(text=" "), Span(text=brief(journey.title), foreign=True))

    def key(self, key: str) -> Text:
        """An item by its key; a key that we do not hold is written without a link."""
        journey = self.numbers.by_key.get(key)
        return self.item(journey) if journey is not None else foreign(key)

    def items(self, journeys: Sequence[Journey], *, most: int = MOST_ITEMS) -> Text:
        """Keys as links, the first so many; the others are counted, with a list in the tracker."""
        spans: list[Span] = []
        for index, journey in enumerate(journeys[:most]):
            if index:
                spans.append(Span(text=", "))
            spans.extend(self.item(journey))
        if len(journeys) > most:
            spans.extend(self.words.say("items.more", n=len(journeys) - most))
        return tuple(spans)

    def lists(self, journeys: Iterable[Journey]) -> Text:
        """A link to the tracker's own list of these items, for each tracker where one can be built."""
        texts: list[Text] = []
        for source, kept in by_source(journeys).items():
            trust = self.numbers.sources.get(source)
            url = list_url(kept, trust) if trust is not None else None
            if trust is not None and url is not None:
                label = self.words.text("items.list", n=len(kept), kind=trust.kind)
                texts.append((Span(text=label, href=url), Span(text=" ("), *foreign(source), Span(text=")")))
        return self.words.listed(texts)

    def definition(self, metric: str) -> Definition | None:
        """What the catalogue says of a metric, in the reader's language and as the portfolio agreed."""
        if metric not in METRICS:
            return None
        entry, locale = catalogue.of(metric, self.numbers.book.portfolio), self.words.locale
        return Definition(id=entry.id, name=entry.name[locale], text=(Span(text=entry.formula[locale]),))

    def level(self, *, many: bool = True) -> str:
        flow = self.numbers.flow
        return self.words.text(f"level.{flow.level if flow else 'story'}.{'many' if many else 'one'}")

    def counted(self, journeys: Iterable[Journey]) -> Text:
        """How many at each level: levels are never summed. None of them: the word for none."""
        numbers = Counter(one.placement.level or "" for one in journeys)
        told = [self.words.say(f"count.{level}", n=numbers[level]) for level in LEVELS if numbers[level]]
        return self.words.listed(told) if told else self.words.say("none")

    def count(self, n: int) -> Text:
        """So many items of the level that figures speak of."""
        flow = self.numbers.flow
        return self.words.say(f"count.{flow.level if flow else 'story'}", n=n)

    def share(self, percent: Decimal) -> str:
        """A share in percent as it stands beside others that add up with it to 100.0."""
        return self.words.percent(percent / 100, places=1)

    def cost(self, told: EpicCost) -> Text:
        """What work cost, since when that is counted, and that nobody told it, where it is the share of a budget."""
        amount = self.words.money(told.amount, self.numbers.book.portfolio.currency)
        since = "" if told.since is None else self.words.day(told.since)
        cost = self.words.say(f"cost.{told.counted}", amount=amount, day=since)
        return self.words.say("cost.even", cost=cost) if told.is_even else cost

    def agreed(self, share: Decimal) -> str:
        """A share (0 to 1) that the settings name, as exactly as they do."""
        exponent = (share * 100).normalize().as_tuple().exponent
        return self.words.percent(share, places=max(0, -int(exponent)))

    def exceeds(self, cost: int, estimate: int) -> bool:
        """Is a cost above its estimate, and seen to be so as both are printed?"""
        currency = self.numbers.book.portfolio.currency
        return cost > estimate and self.words.money(cost, currency) != self.words.money(estimate, currency)

    def care(self, *names: str) -> Text:
        """Which of the named checks of the data is missed, and how far; nothing where all are met."""
        measured = self.numbers.trust
        low = {name: share for name in names if (share := measured.shares[name]) is not None and is_low(share)}
        if not low:
            return ()
        name = min(low, key=lambda one: low[one])
        return self.words.say("care", weak=self.words.text(f"trust.{name}.weak"), share=self.checked(low[name]))

    def checked(self, share: float) -> str:
        """A share held against its check: it never reads better than it is, neither 100 % nor the limit."""
        near = 0.995 <= share < 1 or RIBBON_BELOW - 0.005 <= share < RIBBON_BELOW
        return self.words.percent(share, places=1 if near else 0)

    def without(self) -> Text:
        """The sources whose items are missing or old, for every figure that counts items; nothing without such."""
        stale: list[Text] = [foreign(one.source) for one in self.numbers.stale_sources]
        return self.words.say("care.source", sources=self.words.listed(stale)) if stale else ()

    def unstable(self) -> Text:
        """What a reader of an average or a forecast must know of the flow; nothing where it is stable, or too few."""
        flow = self.numbers.flow
        if flow is None or flow.stability.is_stable is not False:
            return ()
        return self.words.say("unstable", why=self.words.listed([self._broken(one) for one in flow.stability.failing]))

    def shaky(self, page: str | None = None) -> Text:
        """The mark beside an average or a likely date while the flow is not stable, with the way to why; else nothing.

        `page` is the one that says why: the flow page, unless the flow told of is that of another. "": this one.
        """
        if not self.unstable():
            return ()
        href = f"{f'flow.{self.words.locale}.html' if page is None else page}#flow"
        return (Span(text=self.words.text("unstable.short"), href=href), Span(text="."))

    def _broken(self, check: Check) -> Text:
        """An assumption of Little's law that does not hold, with the two numbers that say so."""
        before, after, apart = (
            self.words.number(Decimal(str(round(one, 1))))
            for one in (check.before, check.after, abs(check.after - check.before))
        )
        is_other = (check.name, check.before < check.after) in (("arrivals", True), ("age", False))
        name = f"unstable.{check.name}{'.less' if is_other else ''}"
        return self.words.say(name, before=before, after=after, apart=apart)

    def left_out(self, excluded: Excluded) -> Text:
        """How many items a figure leaves out, and why; nothing when it leaves out none."""
        if not count(excluded):
            return ()
        reasons: list[Text] = []
        for reason, keys in excluded.items():
            name = f"reason.{reason}" if self.words.has(f"reason.{reason}") else "reason.other"
            reasons.append(self.words.say(name, n=len(keys)))
        return self.words.say("left_out", n=count(excluded), reasons=self.words.listed(reasons))

    def trend(self, usual: UsualRange, *, lower_is_better: bool | None, measure: str) -> tuple[Text, str]:
        """Whether a figure has really moved, in words, and the tone that goes with it."""
        if usual.change is None:
            return self.words.say("trend.too_few", n=usual.n_used), "flat"
        if usual.change == "none":
            return self.words.say(f"trend.{usual.certainty}.none"), "flat"
        tone = "flat"
        if lower_is_better is not None and usual.certainty == "firm":
            tone = "good" if (usual.change == "lower") == lower_is_better else "bad"
        mark = "▲ " if usual.change == "higher" else "▼ "
        moved = self.words.say(f"trend.{usual.certainty}.{usual.change}.{measure}")
        against = "trend.than_usual" if usual.is_outside else "trend.for_long"
        return (*toned((Span(text=mark), *moved), tone), *self.words.say(against)), tone

    def status(self, name: str) -> tuple[Status, str]:
        return STATUSES.get(name, Status.NONE), self.words.text(f"status.{name}")


def brief(title: str) -> str:
    """A title on one line, cut where it is long."""
    return one_line(title, LONGEST_TITLE)


def band(usual: UsualRange) -> tuple[float, float] | None:
    """The usual range as an interval; None while there are too few points."""
    if usual.limits is None:
        return None
    return (usual.limits.lower if usual.limits.lower is not None else 0.0, usual.limits.upper)


def text(words: str) -> Text:
    return (Span(text=words),) if words else ()


def row(*cells: Text | str, total: bool = False) -> Row:
    """A plain row of a data table."""
    return Row(cells=tuple(Cell(text=text(cell) if isinstance(cell, str) else cell) for cell in cells), total=total)
