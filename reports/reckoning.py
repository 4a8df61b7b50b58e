"""The numbers of a book, asked of the metrics once and shared by every page, in every language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from domain.funding import year_of
from domain.journey import Journey
from domain.period import Period, months_back, weeks_back
from domain.rhythm import Rhythm, period_of, rhythm_of
from domain.strategy import Benefit, Decision, Theme
from domain.themes import days_in_effect, is_in_effect
from domain.trust import SourceTrust
from domain.work_item import ItemId
from metrics.age import Ages, ages
from metrics.alignment import (
    UNALIGNED,
    Coverage,
    FlowShares,
    coverage_flow,
    coverage_items,
)
from metrics.balance import Balance, flow_balance
from metrics.behaviour import (
    UsualRange,
    begun_before,
    newest_change,
    of_the_newest,
    reaching_back,
    usual_of_known,
    usual_range,
    usual_rhythm,
)
from metrics.benefits import PortfolioRealisation, Realisation, realise, realise_portfolio
from metrics.bottleneck import Bottleneck, bottleneck
from metrics.cumulative_flow import CumulativeFlow, cumulative_flow
from metrics.distribution import Distribution, flow_distribution, percentages
from metrics.flow_efficiency import FlowEfficiency, flow_efficiency
from metrics.flow_load import FlowLoad, flow_load, load_series
from metrics.flow_time import FlowTime, flow_time
from metrics.forecasts.planning import known_until
from metrics.key_results import KeyResultScore, ObjectiveScore, score_objective
from metrics.main_flow import LEVELS, WEEKS, WINDOW_WEEKS, main_level, told_shares, told_week
from metrics.pace import Pace, pace
from metrics.quality import Defect, checks, worst_first
from metrics.selection import Scope, at_level, falls_in, first_day
from metrics.service_level import ServiceLevel, service_level
from metrics.stability import Stability, stability
from metrics.throughput import weekly
from metrics.trust import Trust, trust
from metrics.waste import Waste, waste
from reports.board import BoardNumbers, reckon_board
from reports.book import Book

TRAIN_LEVELS = ("feature", "story")  # what a train works on; epics have pages of their own
MONTHS = 13


@dataclass(frozen=True, kw_only=True)
class Behind:
    """A source that was last read completely, on a `day`, before a period was over. None: it never was."""

    source: str
    day: date | None


@dataclass(frozen=True, kw_only=True)
class Flow:
    """The flow of one level over the last weeks: what finished, how long it took, what is going on."""

    level: str
    weeks: tuple[Period, ...]
    weeks_known: int  # how many of them passed since the first item was written down
    months: tuple[Period, ...]
    window: Period
    weekly_counts: tuple[int, ...]
    behind: tuple[Behind, ...]  # trackers of which not all of the newest week is known
    weeks_unread: int  # how many of the newest no tracker was read in: what is counted there is not known
    throughput_range: UsualRange
    time: FlowTime
    time_year: FlowTime
    monthly_times: tuple[FlowTime, ...]
    time_range: UsualRange
    load: FlowLoad
    weekly_loads: tuple[int, ...]
    load_range: UsualRange
    cumulative: CumulativeFlow  # from the evening before the window on
    stability: Stability  # over the window
    balance: Balance  # over the window
    bottleneck: Bottleneck  # over the window
    service: ServiceLevel  # over the window
    waste: Waste  # over the window
    pace: Pace  # of the last 52 weeks
    ages: Ages
    efficiency: FlowEfficiency
    distribution: Distribution

    @property
    def known_counts(self) -> tuple[int | None, ...]:
        """What was finished in each week; None where no tracker was read in it."""
        read = len(self.weekly_counts) - self.weeks_unread
        return (*self.weekly_counts[:read], *(None for _ in self.weekly_counts[read:]))


@dataclass(frozen=True, kw_only=True)
class ThemeScore:
    """A theme today and a week ago."""

    theme: Theme
    objective: ObjectiveScore
    before: ObjectiveScore
    share: Decimal | None  # of the window's flow, in percent; None: no flow at all
    intended: Decimal | None  # of the window's flow, 0 to 1; None: nothing is, or the theme was not in effect in it
    open_epics: tuple[Journey, ...]
    benefits: tuple[Realisation, ...]  # all that it declares
    realised: PortfolioRealisation | None  # those that have begun; None: it declares none

    @property
    def lead(self) -> KeyResultScore | None:
        """The key result that speaks for the theme: the first that is measured, else the first."""
        every = self.objective.key_results
        return next((one for one in every if one.score is not None), every[0] if every else None)

    @property
    def behind(self) -> int | None:
        """Points behind plan, rounded once; negative: ahead. None: not measured. 24.6 % done, 97.4 % due: 73."""
        pace = self.objective.pace_points
        return None if pace is None else -int(pace.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, kw_only=True)
class Week:
    """What happened to the portfolio's items in the last complete week, or in the longer period of the edition.

    Of the sources that are `behind`, only what happened until then is known.
    """

    period: Period
    finished: tuple[Journey, ...]
    started: tuple[Journey, ...]
    cancelled: tuple[Journey, ...]
    removed: tuple[Journey, ...]
    behind: tuple[Behind, ...] = ()
    is_unread: bool = False  # nothing of it was read: that nothing is held of it says nothing


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """Every number a page of this book may print."""

    book: Book
    today: date
    week: Period
    flow: Flow | None  # None: nothing has finished or started at any level
    themes: tuple[ThemeScore, ...]  # in effect today
    ended: tuple[ThemeScore, ...]  # over by now, and in effect on days that pages tell of: the flow's, or the year's
    realised: PortfolioRealisation | None  # the benefits of all themes that have begun; None: none is declared
    monthly_on_track: tuple[int, ...]
    alignment: Coverage | None  # at the level of the flow; by flow, or by items where no item's days are known
    alignment_by: str  # flow or items
    aligned_percent: Decimal | None  # the same as printed: what the shares of the themes add up to; None without them
    monthly_alignment: tuple[Decimal | None, ...]
    alignment_range: UsualRange
    shares: FlowShares | None
    share_percent: dict[str, Decimal]  # the shares as printed, by theme id, `unaligned` always among them
    changes: Week
    waiting: tuple[Decision, ...]
    trust: Trust
    defects: tuple[Defect, ...]
    sources: dict[str, SourceTrust]
    items: dict[ItemId, Journey]
    by_key: dict[str, Journey]

    @property
    def board(self) -> BoardNumbers | None:
        """The portfolio kanban; None where none is set up."""
        return self.book.once(
            "board", lambda: reckon_board(self.book, week=self.week, is_overloaded=self._is_overloaded)
        )

    def flow_within(self, value_stream: str | None) -> Flow | None:
        """The flow of one value stream, at the levels that its trains work on; that of the portfolio for none."""
        if value_stream is None:
            return self.flow
        held = [one for one in self.book.journeys
                if one.placement.value_stream == value_stream and one.placement.level is not None]  # fmt: skip
        return self.book.once(
            f"flow of {value_stream}",
            lambda: flow_of(self.book, held, week=self.week, today=self.today, levels=TRAIN_LEVELS),
        )

    def _is_overloaded(self, epic: Journey) -> bool:
        """Have those who would work on it more in progress than usual?"""
        flow = self.flow_within(self.items[epic.id].placement.value_stream)
        return flow is not None and flow.load_range.change == "higher"

    @property
    def paged(self) -> tuple[ThemeScore, ...]:
        """The themes that have a page of their own."""
        return (*self.themes, *self.ended)

    @property
    def key_results(self) -> int:
        return sum(one.objective.n_in_scope for one in self.themes)

    @property
    def on_track(self) -> int:
        return sum(one.objective.on_track for one in self.themes)

    @property
    def on_track_before(self) -> int:
        return sum(one.before.on_track for one in self.themes)

    @property
    def measured(self) -> int:
        return sum(one.objective.n_used for one in self.themes)

    @property
    def unread_results(self) -> int:
        """Of how many key results nobody can say what they reached, since the file with their readings is not read."""
        return sum(len(one.objective.excluded.get("file_unread", ())) for one in self.themes)

    @property
    def declared(self) -> int:
        """How many key results the themes declare, measured or not."""
        return sum(one.objective.n_in_scope for one in self.themes)

    @property
    def stale_sources(self) -> tuple[SourceTrust, ...]:
        return tuple(one for one in self.book.trust if one.is_stale(self.book.as_of))

    @property
    def open_epics(self) -> tuple[Journey, ...]:
        return tuple(one for one in at_level(self.book.journeys, "epic") if one.is_open)


def changes_of(book: Book, week: Period) -> Period:
    """Of which days an edition tells what changed: its month, quarter or year; one of a day, of the last week."""
    name = book.edition.id
    is_longer = rhythm_of(name) in (Rhythm.MONTH, Rhythm.QUARTER, Rhythm.INCREMENT, Rhythm.YEAR)
    return (period_of(name, book.calendar.increments) if is_longer else None) or week


def week_of(book: Book) -> Period:
    """Of which week the weekly figures are: the edition's own, however late it is made, or else the last one over."""
    newest = told_week(calendar=book.calendar, as_of=book.as_of)
    own = period_of(book.edition.id) if rhythm_of(book.edition.id) is Rhythm.WEEK else None
    return own if own is not None and own.end <= newest.end else newest


def reckon(book: Book) -> Reckoning:
    """Ask the metrics everything that the reports print, as of the book's instant."""
    today = book.calendar.day(book.as_of)
    week = week_of(book)
    journeys = [one for one in book.journeys if one.placement.level is not None]
    flow = flow_of(book, journeys, week=week, today=today)
    shares = told_shares(journeys, themes=book.portfolio.themes, calendar=book.calendar, week=week)
    percent = shares.told_percent if shares is not None else {}
    months = months_back(week.end, MONTHS)
    alignment_by, alignment, alignments = _alignment(book, journeys, flow=flow, months=months)
    scope = Scope("portfolio")
    score = partial(_scores, book, today=today, shares=shares, epics=at_level(journeys, "epic"))
    return Reckoning(
        book=book,
        today=today,
        week=week,
        flow=flow,
        themes=score([one for one in book.portfolio.themes if is_in_effect(one, today)]),
        ended=score(_ended(book, today=today, flow=flow)),
        realised=realised(book, [one for theme in book.portfolio.themes for one in theme.benefits], today=today),
        monthly_on_track=tuple(_on_track(book, day) for day in _month_ends(months, today)),
        alignment=alignment,
        alignment_by=alignment_by,
        aligned_percent=_aligned(alignment, percent) if book.portfolio.themes else None,
        monthly_alignment=tuple(alignments),
        alignment_range=usual_range([float(one) for one in alignments if one is not None]),
        shares=shares,
        share_percent=percent,
        changes=_week(book, journeys, changes_of(book, week)),
        waiting=tuple(
            sorted(
                (one for one in book.decisions if one.decision is None and one.asked_on <= today),
                key=lambda one: (one.due is None, one.due or today, one.id),
            )
        ),
        trust=trust(
            book.journeys,
            scope=scope,
            sources=book.trust,
            portfolio_level="epic",
            finished_in=flow.window if flow else week,
            as_of=book.as_of,
            calendar=book.calendar,
            has_themes=bool(book.portfolio.themes),
        ),
        defects=tuple(worst_first(checked(book))),
        sources={one.source: one for one in book.trust},
        items={one.id: one for one in book.journeys},
        by_key={one.key: one for one in book.journeys},
    )


def checked(book: Book) -> tuple[Defect, ...]:
    """Every rule of data quality, with what it found in a book."""
    return book.once(
        "checked",
        lambda: tuple(
            checks(
                book.journeys,
                portfolio_level="epic",
                as_of=book.as_of,
                has_themes=bool(book.portfolio.themes),
                risks=book.hazards.register.ids,
            )
        ),
    )


def flow_of(
    book: Book, journeys: Sequence[Journey], *, week: Period, today: date, levels: Sequence[str] = LEVELS
) -> Flow | None:
    """The flow of some items at one of the levels, the one that says most; None where no item is at any of them."""
    change = newest_change(book.portfolio.process_changes, end=week.end)
    every_week = reaching_back(weeks_back, week.end, least=WEEKS, change=change)
    weeks = every_week[-WEEKS:]
    level = main_level(journeys, since=weeks[0].start, calendar=book.calendar, levels=levels)
    if level is None:
        return None
    kept = at_level(journeys, level)
    every_month = reaching_back(months_back, week.end, least=MONTHS, change=change)
    months = every_month[-MONTHS:]
    window = Period(weeks[-WINDOW_WEEKS].start, week.end)
    year = Period(week.end - timedelta(weeks=52), week.end)
    before = max(_weeks_before(kept, every_week, book=book), begun_before(every_week, change))
    counts = weekly(kept, periods=every_week, calendar=book.calendar)
    among = {one.id.source for one in kept}
    lag = [behind(book, one, among=among) for one in every_week]
    read = sum(not one for one in lag)
    unread = sum(
        is_unread(book, one, late, among=among) and not count
        for one, late, count in zip(every_week, lag, counts, strict=True)
    )
    times = tuple(flow_time(kept, finished_in=one, calendar=book.calendar) for one in every_month)
    series = load_series(kept, period=Period(every_week[0].start, week.end), calendar=book.calendar)
    loads = tuple(series.end_of_day[6::7])
    finished_in_year = flow_time(kept, finished_in=year, calendar=book.calendar)
    agreed = book.portfolio.guardrails.service_days.get(level)
    paced = pace(kept, finished_in=year, calendar=book.calendar)
    return Flow(
        level=level,
        weeks=tuple(weeks),
        weeks_known=len(weeks) - _weeks_before(kept, weeks, book=book),
        months=tuple(months),
        window=window,
        weekly_counts=counts[-WEEKS:],
        behind=lag[-1],
        weeks_unread=min(unread, len(weeks)),
        throughput_range=_of_those_read(counts, read=read, changed_at=before),
        time=flow_time(kept, finished_in=window, calendar=book.calendar),
        time_year=finished_in_year,
        monthly_times=times[-MONTHS:],
        time_range=_latest_only(times, changed_at=begun_before(every_month, change)),
        load=flow_load(kept, day=today, calendar=book.calendar),
        weekly_loads=loads[-WEEKS:],
        load_range=_of_those_read(loads, read=read, changed_at=before),
        cumulative=cumulative_flow(
            kept, period=Period(window.start - timedelta(days=1), week.end), calendar=book.calendar
        ),
        stability=stability(kept, period=window, calendar=book.calendar, tolerances=book.portfolio.guardrails.flow),
        balance=flow_balance(kept, period=window, calendar=book.calendar),
        bottleneck=bottleneck(
            kept,
            period=window,
            calendar=book.calendar,
            guardrails=book.portfolio.guardrails,
            limits=level == "epic",
        ),
        service=service_level(kept, finished_in=window, calendar=book.calendar, agreed_days=agreed),
        waste=waste(kept, cancelled_in=window, calendar=book.calendar),
        pace=paced,
        ages=ages(
            kept,
            as_of=book.as_of,
            calendar=book.calendar,
            finished=finished_in_year,
            pace=paced,
            expected_days=agreed,
        ),
        efficiency=flow_efficiency(kept, finished_in=window, calendar=book.calendar, waiting_known=book.waiting_known),
        distribution=flow_distribution(kept, finished_in=window, calendar=book.calendar),
    )


def _alignment(
    book: Book, journeys: Sequence[Journey], *, flow: Flow | None, months: Sequence[Period]
) -> tuple[str, Coverage | None, list[Decimal | None]]:
    """How it is measured, the share of the window, and the shares of the months.

    By flow; where no item's days in progress are known, as without histories, by what was finished. Without themes the
    months have no share: nothing could serve one.
    """
    if flow is None:
        return "flow", None, [None for _ in months]
    kept = at_level(journeys, flow.level)
    untied: list[Decimal | None] = [] if book.portfolio.themes else [None for _ in months]
    by_flow = coverage_flow(kept, period=flow.window, calendar=book.calendar)
    by_items = coverage_items(kept, finished_in=flow.window, calendar=book.calendar)
    if by_flow.share is None and by_items.share is not None:
        found = [coverage_items(kept, finished_in=one, calendar=book.calendar).share for one in months]
        return "items", by_items, untied or found
    shares = [coverage_flow(kept, period=one, calendar=book.calendar).share for one in months]
    return "flow", by_flow, untied or shares


def _weeks_before(journeys: Sequence[Journey], weeks: Sequence[Period], *, book: Book) -> int:
    """How many of the weeks had passed before the first item was written down: they have no value, not even zero."""
    first = first_day(journeys, book.calendar)
    return sum(one.end <= first for one in weeks)


def _of_those_read(counts: Sequence[int], *, read: int, changed_at: int) -> UsualRange:
    """The usual range of the weeks that every tracker was read in; no verdict of now where the newest is not one."""
    usual = of_the_newest(usual_rhythm(counts[:read], changed_at=min(changed_at, read)), shown=WEEKS, of=len(counts))
    return usual if read == len(counts) else replace(usual, change=None)


def _latest_only(times: Sequence[FlowTime], *, changed_at: int) -> UsualRange:
    """The usual range of the months; without a verdict where the newest month has too few items for one."""
    usual = usual_of_known([one.p85_days for one in times], shown=MONTHS, changed_at=changed_at)
    return usual if times[-1].p85_days is not None else replace(usual, change=None)


def _aligned(alignment: Coverage | None, percent: dict[str, Decimal]) -> Decimal | None:
    """What serves a theme, to one place: what the shares leave to those that serve none."""
    if alignment is None or alignment.share is None:
        return None
    if percent:
        return 100 - percent[UNALIGNED]
    shared = percentages({"aligned": alignment.aligned, UNALIGNED: alignment.total - alignment.aligned})
    return shared["aligned"]


def _ended(book: Book, *, today: date, flow: Flow | None) -> list[Theme]:
    year = year_of(today - timedelta(days=1), book.portfolio.year)  # on its first day, money is that of the year before
    told = Period(year.start if flow is None else min(year.start, flow.window.start), today)
    return [
        one
        for one in book.portfolio.themes
        if one.effective_to is not None and one.effective_to < today and days_in_effect(one, told) is not None
    ]


def _scores(
    book: Book, themes: Iterable[Theme], *, today: date, shares: FlowShares | None, epics: Sequence[Journey]
) -> tuple[ThemeScore, ...]:
    percent = shares.told_percent if shares is not None else {}
    before = book.agreed_before or book.portfolio.guardrails  # what the last edition told was judged by that
    return tuple(
        ThemeScore(
            theme=theme,
            objective=score_objective(theme, book.readings, today=today, pace=book.portfolio.guardrails.pace),
            before=score_objective(theme, book.readings, today=today - timedelta(days=7), pace=before.pace),
            share=percent.get(theme.id, Decimal(0)) if percent else None,
            intended=theme.target_share if shares is None else shares.intended.get(theme.id),
            open_epics=tuple(one for one in epics if one.is_open and one.placement.themes.get(theme.id)),
            benefits=tuple(realise(one, book.readings, today=today) for one in theme.benefits),
            realised=realised(book, theme.benefits, today=today),
        )
        for theme in themes
    )


def realised(book: Book, benefits: Sequence[Benefit], *, today: date) -> PortfolioRealisation | None:
    """What the benefits that have begun brought: one that begins later is neither planned nor realised yet."""
    if not benefits:
        return None
    every = [one for theme in book.portfolio.themes for one in theme.benefits]
    begun = [one for one in benefits if one.starts <= today]
    return realise_portfolio(begun, book.readings, today=today, among=every)


def _on_track(book: Book, day: date) -> int:
    pace = book.portfolio.guardrails.pace
    themes = [theme for theme in book.portfolio.themes if is_in_effect(theme, day)]
    return sum(score_objective(theme, book.readings, today=day, pace=pace).on_track for theme in themes)


def _month_ends(months: Sequence[Period], today: date) -> list[date]:
    """The last day of each month but the oldest, then today: as many points as months."""
    return [*(one.last_day for one in months[1:]), today]


def behind(book: Book, period: Period, *, among: Collection[str] | None = None) -> tuple[Behind, ...]:
    """The sources of which not all of a period is known, as far as it is over; of all, or `among` some.

    Last read on Monday the 23rd: of the 22nd all is known, of the 23rd is not.
    """
    until = known_until(book.trust, as_of=book.as_of, calendar=book.calendar)
    over = min(period.end, book.calendar.day(book.as_of))
    return tuple(
        Behind(source=one.source, day=until.get(one.source))
        for one in book.trust
        if (among is None or one.source in among) and until.get(one.source, date.min) < over
    )


def is_unread(book: Book, period: Period, late: Sequence[Behind], *, among: Collection[str] | None = None) -> bool:
    """Was no source read after the first day of a period, so that nothing that is told of it was seen to be so?"""
    every = [one for one in book.trust if among is None or one.source in among]
    return 0 < len(every) == len(late) and all(one.day is None or one.day <= period.start for one in late)


def _week(book: Book, journeys: Sequence[Journey], week: Period) -> Week:
    late = behind(book, week)
    is_within = falls_in(week, book.calendar)

    def during(name: str) -> tuple[Journey, ...]:
        found = [(at, one) for one in journeys if is_within(one, at := getattr(one, name))]
        return tuple(one for at, one in sorted(found, key=lambda pair: (pair[0], pair[1].key)))

    return Week(
        period=week,
        finished=during("finished_at"),
        started=during("started_at"),
        cancelled=during("cancelled_at"),
        removed=during("removed_at"),
        behind=late,
        is_unread=is_unread(book, week, late),
    )


def children_of(book: Book, item: ItemId) -> list[Journey]:
    """What is right below an item, given up or not; nothing of what was removed."""
    return book.once("children", lambda: _children(book.journeys)).get(item, [])


def _children(journeys: Iterable[Journey]) -> dict[ItemId, list[Journey]]:
    found: dict[ItemId, list[Journey]] = defaultdict(list)
    for one in journeys:
        if one.parent_id is not None and one.removed_at is None:
            found[one.parent_id].append(one)
    return found
