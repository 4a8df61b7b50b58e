# ruff: noqa: E501 - rows of a table stay on one line
"""How the company's work was born, waited, was built, blocked, reopened and finished: the demo's two years.

Everything is decided here, with one random generator, before a tracker writes it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from connectors.sandbox.vocabulary import BUGS, FEATURES, NONE, RISKS, STORIES, SUBTASKS, TASKS, Titles, Vocabulary
from connectors.sandbox.work import Event, Team, Theme, Work
from connectors.sandbox.working_time import WorkingTime

SHARED = "shared-funding"
_STEP = 0.02  # two things never happen to one item at the same instant


class Lives:
    """Invents the work of a company. `times` multiplies the number of epics."""

    def __init__(
        self, *, time: WorkingTime, seed: int, themes: Sequence[Theme], teams: Sequence[Team], times: int
    ) -> None:
        self._random = Random(seed)  # noqa: S311 - a story, not a secret
        self._titles = Titles(self._random)
        self._time = time
        self._themes = themes
        self._teams = teams
        self._times = times
        self.works: list[Work] = []

    def tell(self) -> list[Work]:
        """Every piece of work, epics before what is below them."""
        for theme in self._themes:
            for number in range(theme.epics * self._times):
                self._epic(theme, (number + 0.5) / (theme.epics * self._times), theme.teams[number % len(theme.teams)])
        for number in range(3 * self._times):
            self._epic(None, self._random.random(), self._teams[number % len(self._teams)])
        for theme in self._themes:
            self._waiting_epics(theme)
        self._gates()
        self._breach()
        self._share()
        self._split()
        self._orphans()
        self._jam()
        self._risks()
        self._misfortunes()
        return self.works

    # --- pace ---

    def _pace(self, team: Team, moment: float) -> float:
        """How slow a team is: the shop improves over the two years, supply gets worse, stores stay as they are."""
        progress = min(max(moment / self._time.now, 0.0), 1.0)
        if team.stream == "shop":
            return 1.55 - 0.85 * progress
        return 0.75 + 0.95 * progress if team.stream == "supply" else 1.0

    def _span(self, median: float, sigma: float, least: float, most: float) -> float:
        """A log-normal length in working days."""
        return min(max(self._random.lognormvariate(0.0, sigma) * median, least), most)

    # --- epics ---

    def _epic(self, theme: Theme | None, place: float, team: Team) -> Work:
        """An epic that was begun somewhere in the two years, with everything below it. `place` 0 is the beginning."""
        pick = self._random
        slow = 1.0 if theme is None or not theme.in_trouble else 1.25 if place < 0.5 else 2.1
        begins = place * self._time.now * 1.04 - 45 + pick.uniform(-12, 12)
        length = self._span(88 * slow, 0.32, 43, 178 * slow)
        created = max(begins - pick.uniform(18, 70), 0.0)
        work = self._new_epic(theme, team, created)
        at = created
        for step, share in (("reviewing", 0.2), ("analysing", 0.55), ("approved", 0.85)):
            at = max(created + share * (begins - created), at + _STEP)
            self._step(work, step, at)
        begins = max(begins, at + _STEP)
        work.due = begins + length / slow * pick.uniform(0.95, 1.2)
        self._step(work, "doing", begins)
        work.started = begins
        if pick.random() < 0.06:
            given_up = begins + length * pick.uniform(0.2, 0.6)
            self._features(work, begins, given_up, team)
            self._cancel(work, given_up)
            return work
        last = self._features(work, begins, begins + length, team)
        self._finish(work, max(begins + length, last + 1.0))
        return work

    def _new_epic(self, theme: Theme | None, team: Team, created: float) -> Work:
        pick = self._random
        words = NONE if theme is None else theme.words
        cost = round(pick.lognormvariate(6.2, 0.55) / 10) * 10  # k€, median about 490
        work = Work("epic", "Epic", self._titles.epic(words), team, created, "new", theme=theme)
        work.owner = pick.choice(OWNERS)
        work.values = {
            "business_value": pick.choice((3, 5, 8, 13, 20)),
            "time_criticality": pick.choice((2, 3, 5, 8, 13)),
            "risk_reduction": pick.choice((1, 2, 3, 5, 8)),
            "job_size": pick.choice((3, 5, 8, 13, 20)),
            "cost_estimate": min(cost, 1_400),
        }
        if theme is not None:
            work.labels = (f"theme-{theme.id}",)
            work.values["strategic_theme"] = theme.name
        self.works.append(work)
        return work

    def _waiting_epics(self, theme: Theme) -> None:
        """Epics that have not begun: a pile in analysis, some in review, more in the funnel."""
        for steps, age in (
            (("reviewing", "analysing"), 95),
            (("reviewing", "analysing"), 60),
            (("reviewing",), 28),
            ((), 15),
        ):
            created = self._time.now - age * self._random.uniform(0.8, 1.2)
            work = self._new_epic(theme, self._random.choice(theme.teams), created)
            at = created
            for step in steps:
                at += self._random.uniform(4, 9)
                self._step(work, step, at)

    def _gates(self) -> None:
        """Of the epics in analysis two are approved and wait, and one was sent back: the others are stuck."""
        analysed = [
            one for one in self.works if one.level == "epic" and one.events and one.events[-1].value == "analysing"
        ]
        for work, step, back in zip(analysed[1::2], ("approved", "approved", "reviewing"), (24, 18, 17), strict=False):
            self._step(work, step, self._time.now - back)

    def _breach(self) -> None:
        """The largest epic was begun without the approval that its cost asks for."""
        theme = next(theme for theme in self._themes if theme.in_trouble)
        created = self._time.now - 150
        work = self._new_epic(theme, theme.teams[0], created)
        work.title = "Move the order book in one weekend"
        work.values |= {"cost_estimate": 2_400, "business_value": 20, "job_size": 20}
        self._step(work, "reviewing", created + 12)
        self._step(work, "analysing", created + 25)
        begins = created + 48
        self._step(work, "doing", begins)
        work.started = begins
        work.due = begins + 85
        self._features(work, begins, self._time.now + 60, theme.teams[0])
        self._finish(work, self._time.now + 70)

    def _share(self) -> None:
        """One epic is paid by two themes; it carries the label of neither."""
        begun = [
            work
            for work in self.works
            if work.level == "epic"
            and work.theme is not None
            and work.theme.id == "circular"
            and work.team.tracker == "jira"
            and 0.0 < (work.started or 0.0) < self._time.now
        ]
        shared = max(begun, key=lambda work: work.started or 0.0)
        shared.labels = (SHARED,)
        del shared.values["strategic_theme"]

    def _split(self) -> None:
        """Two young epics under an older one stay just under the threshold: together they would need approval."""
        theme = next(theme for theme in self._themes if {team.tracker for team in theme.teams} == {"azure_devops"})
        waiting = [one for one in self.works if one.level == "epic" and one.theme is theme and one.started is None]
        whole, *_, first, second = sorted(waiting, key=lambda work: work.created)
        for work, cost in ((first, 1_440), (second, 1_390)):
            work.parent = whole
            work.values["cost_estimate"] = cost

    # --- features ---

    def _features(self, epic: Work, begins: float, ends: float, team: Team) -> float:
        """The epic's features, spread over its time. Returns when the last one ends."""
        last = begins
        for _ in range(self._random.randint(4, 7)):
            mine = team if epic.theme is None or self._random.random() < 0.75 else self._random.choice(epic.theme.teams)
            if (mine.tracker, mine.project) != (team.tracker, team.project):
                mine = team
            length = self._span(30, 0.34, 14, 62) * self._pace(mine, begins) ** 0.5
            start = begins + self._random.random() * max(ends - begins - length, 1.0)
            last = max(last, self._feature(epic, mine, start, length))
        return last

    def _feature(self, epic: Work, team: Team, start: float, length: float) -> float:
        pick = self._random
        words = NONE if epic.theme is None else epic.theme.words
        created = max(epic.created + 0.1, start - pick.uniform(3, 30))
        start = max(start, created + 0.2)
        work = Work(
            "feature",
            "Feature",
            self._titles.compose(FEATURES, words),
            team,
            created,
            "new",
            parent=epic,
            theme=epic.theme,
        )
        work.values = {"business_value": pick.choice((2, 3, 5, 8, 13)), "job_size": pick.choice((2, 3, 5, 8))}
        if pick.random() < 0.12:
            work.labels = (pick.choice(("enabler", "tech-debt")),)
        self.works.append(work)
        if pick.random() < 0.05:
            self._cancel(work, start + pick.uniform(1, 10))
            return start
        self._step(work, "doing", start)
        work.started = start
        last = start
        for _ in range(pick.randint(5, 9)):
            last = max(last, self._story(work, words, start + pick.random() * length * 0.85))
        ends = max(start + length, last + 0.5)
        ready = max(start + length * 0.85, start + 0.3)
        if ready < ends - 0.3 and pick.random() < 0.7:
            self._step(work, "ready", ready)
        self._finish(work, ends)
        work.due = start + length * pick.uniform(1.0, 1.35)
        return ends

    # --- stories ---

    def _story(self, feature: Work | None, words: Vocabulary, start: float, *, team: Team | None = None) -> float:
        """A story, task or bug. Returns when it ends."""
        pick = self._random
        if feature is not None:
            team = feature.team
        assert team is not None
        kind = pick.choices(("Story", "Bug", "Task"), (74, 17, 9))[0]
        patterns = {"Story": STORIES, "Bug": BUGS, "Task": TASKS}[kind]
        created = start - pick.uniform(0.5, 3) if kind == "Bug" else start - self._span(9, 0.8, 0.5, 60)
        created = max(created, 0.0 if feature is None else feature.created + 0.1)
        start = max(start, created + 0.1)
        work = Work("story", kind, self._titles.compose(patterns, words), team, created, "new", parent=feature)
        work.theme = None if feature is None else feature.theme
        work.labels = tuple(label for label, share in (("tech-debt", 0.07), ("enabler", 0.08)) if pick.random() < share)
        work.values = {"story_points": pick.choice((1, 2, 3, 3, 5, 5, 8))}
        work.owner = f"{team.name} team"
        self.works.append(work)
        work.started = start
        fate = pick.random()
        if fate < 0.055:
            self._cancel(work, start + pick.uniform(0.5, 6))
            return start
        if fate < 0.095:
            end = start + pick.uniform(0.3, 4)
            self._finish(work, end)  # straight to done
            return end
        return self._through(work, start)

    def _through(self, work: Work, start: float) -> float:
        """The usual way: doing, ready for review, review, done; now and then waiting, or back from done."""
        pick, pace = self._random, self._pace(work.team, start)
        active = self._span(2.4 if work.type != "Bug" else 1.5, 0.6, 0.3, 16) * pace
        jam = 2.3 if work.team.project == "SUP" and start > self._time.now * 0.8 else 1.0
        ready = self._span(0.9, 0.7, 0.1, 9) * pace * jam
        at = start
        self._step(work, "doing", at)
        if pick.random() < 0.06:
            self._step(work, "waiting", at + active * 0.5)
            at += self._span(3, 0.6, 1, 12)
            self._step(work, "doing", at + active * 0.5)
        at += active
        self._step(work, "ready", at)
        at += ready
        if pick.random() < 0.8:
            self._step(work, "review", at)
            at += self._span(0.6, 0.6, 0.1, 5) * pace
        if pick.random() < 0.08:
            self._blocked(
                work, start + active * 0.3, min(start + active * 0.3 + self._span(2.5, 0.7, 0.4, 14), at - 0.05)
            )
        self._finish(work, at)
        if pick.random() < 0.05:
            back = at + pick.uniform(0.5, 6)
            self._step(work, "doing", back)
            at = back + self._span(1.5, 0.5, 0.3, 6)
            self._finish(work, at)
        if pick.random() < 0.05 and work.team.tracker == "jira" and work.type == "Story":
            self._subtasks(work, start, at)
        return at

    def _blocked(self, work: Work, since: float, until: float) -> None:
        if since < until:
            work.events.append(Event(since, "flag", True))
            work.events.append(Event(until, "flag", False))

    def _subtasks(self, story: Work, start: float, end: float) -> None:
        words = NONE if story.theme is None else story.theme.words
        for _ in range(self._random.randint(2, 3)):
            title = self._titles.compose(SUBTASKS, words)
            work = Work(
                "subtask", "Sub-task", title, story.team, max(start - 0.3, story.created + 0.05), "new", parent=story
            )
            work.started = start
            self._step(work, "doing", max(start + 0.1, work.created + 0.1))
            self._finish(work, max(self._random.uniform(start + 0.2, max(end - 0.1, start + 0.3)), work.created + 0.2))
            self.works.append(work)

    def _orphans(self) -> None:
        """Work that belongs to no feature: small requests, and bugs found in use."""
        for team in self._teams:
            for number in range(18 * self._times):
                start = self._time.now * (number + self._random.random()) / (18 * self._times)
                self._story(None, NONE, start, team=team)
                orphan = self.works[-1]
                if self._random.random() < 0.35 and orphan.level == "story":
                    theme = next((one for one in self._themes if team in one.teams), None)
                    if theme is not None:
                        orphan.labels += (f"theme-{theme.id}",)

    def _jam(self) -> None:
        """Supply's reviews have come to a stand: stories are ready, and nobody reviews them."""
        features = [work for work in self.works if work.level == "feature" and work.team.project == "SUP"]
        running = [one for one in features if one.started and one.started < self._time.now < (one.finished or 0.0)]
        for number in range(16 * self._times):
            feature = (running or features)[number % len(running or features)]
            words = NONE if feature.theme is None else feature.theme.words
            created = max(feature.created + 0.2, self._time.now - self._random.uniform(12, 34))
            title = self._titles.compose(STORIES, words)
            work = Work("story", "Story", title, feature.team, created, "new", parent=feature, theme=feature.theme)
            work.owner = f"{feature.team.name} team"
            work.values = {"story_points": self._random.choice((2, 3, 5))}
            work.started = created + self._random.uniform(0.5, 3)
            self._step(work, "doing", work.started)
            self._step(work, "ready", work.started + self._random.uniform(1, 5))
            work.finished = self._time.now + self._random.uniform(2, 20)
            self.works.append(work)

    # --- risks ---

    def _risks(self) -> None:
        for theme in self._themes:
            for number in range(5):
                created = self._time.now * self._random.uniform(0.35, 0.97)
                team = self._random.choice(theme.teams)
                work = Work("risk", "Risk", self._titles.compose(RISKS, theme.words), team, created, "new", theme=theme)
                work.labels = ("risk", f"theme-{theme.id}")
                work.owner = self._random.choice(OWNERS)
                work.values = {"probability": self._random.choice((0.1, 0.3, 0.5, 0.7)), "impact": self._random.choice((50, 120, 300, 800))}  # fmt: skip
                work.due = created + 80
                self.works.append(work)
                if number < 4:
                    self._step(work, "doing", created + self._random.uniform(2, 15))
                if number < 2:
                    self._finish(work, created + self._random.uniform(30, 90))

    # --- what else happens ---

    def _misfortunes(self) -> None:
        """Moves between projects, new parents, new types, dependencies, changed minds about labels and dates."""
        pick = self._random
        stories = [work for work in self.works if work.level == "story"]
        features = [work for work in self.works if work.level == "feature"]
        by_team = {team.name: [one for one in features if one.team.name == team.name] for team in self._teams}
        for work in pick.sample(stories, len(stories) // 60):
            self._move(work)
        for work in pick.sample(stories, len(stories) // 35):
            near = [one for one in by_team[work.team.name] if one.created < work.created and one is not work.parent]
            if work.parent is not None and near:
                work.events.append(Event(work.created + 0.6, "parent", pick.choice(near[-12:])))
        for work in pick.sample([one for one in stories if one.type != "Task"], len(stories) // 45):
            work.events.append(Event(work.created + 0.3, "type", "Bug" if work.type == "Story" else "Story"))
        for one, other in zip(
            pick.sample(stories, len(stories) // 25), pick.sample(stories, len(stories) // 25), strict=True
        ):
            if one.team.tracker == other.team.tracker and one is not other:
                work, at = one, max(one.created, other.created) + 0.4
                work.events.append(Event(at, "blocks", other))
        for work in pick.sample(features, len(features) // 12):
            work.events.append(Event(work.created + 1.5, "labels", (*work.labels, "peak-season")))
        for work in self.works:
            if work.level == "epic" and work.due is not None and pick.random() < 0.6:
                work.events.append(Event(work.due - 15, "due", work.due + 30))

    def _move(self, work: Work) -> None:
        """To a team of the same tracker in another project."""
        homes = [
            team for team in self._teams if team.tracker == work.team.tracker and team.project != work.team.project
        ]
        if homes and work.level == "story":
            work.events.append(Event(work.created + 0.8, "project", self._random.choice(homes)))

    # --- steps ---

    def _step(self, work: Work, step: str, at: float) -> None:
        work.events.append(Event(at, "state", step))

    def _finish(self, work: Work, at: float) -> None:
        work.events.append(Event(at, "state", "done", "Done"))
        work.finished = at

    def _cancel(self, work: Work, at: float) -> None:
        reason = self._random.choices(("Won't Do", "Duplicate", "Cannot Reproduce"), (7, 2, 1))[0]
        work.events.append(Event(at, "state", "cancelled", reason))


OWNERS = (
    "Claire Vasseur",
    "Henrik Solberg",
    "Amina Diallo",
    "Paul Lemaire",
    "Ines Carvalho",
    "Tom Verhaegen",
    "Lucie Fontaine",
    "Marek Nowak",
)
