"""One invented company, Tressande: a retailer of household goods, and its portfolio over the two years up to a day.

    company = make_company(date(2026, 11, 23))
    JiraCloudSandbox(company.jira, now=clock), AzureDevOpsSandbox(company.azure, now=clock)

The same day, seed and size always make the same company. Nothing in it lies on or after that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from connectors.sandbox.azure_site import AzureSite
from connectors.sandbox.azure_writer import write_azure
from connectors.sandbox.jira_site import JiraSite
from connectors.sandbox.jira_writer import write_jira
from connectors.sandbox.lives import Lives
from connectors.sandbox.measures import measure
from connectors.sandbox.register import block, keep_register
from connectors.sandbox.strategy import TEAMS, THEMES
from connectors.sandbox.work import Work
from connectors.sandbox.working_time import WorkingTime

_TIMES = {"demo": 1, "large": 16}


@dataclass(frozen=True, kw_only=True)
class Company:
    """The company, as its two trackers hold it; `works` is the plan they were written from."""

    today: date
    jira: JiraSite
    azure: AzureSite
    works: Sequence[Work]
    time: WorkingTime


def make_company(today: date, *, seed: int = 7, size: str = "demo") -> Company:
    """Make the company. `size` is demo (some 3,000 items) or large (some 50,000). Raises KeyError for another size."""
    time = WorkingTime(today - timedelta(weeks=104), today)
    told = Lives(time=time, seed=seed, themes=THEMES, teams=TEAMS, times=_TIMES[size]).tell()
    keep_register(told, now=time.now)
    block(told, now=time.now)
    measure(told, today=today, time=time)
    works = [
        work for work in told if work.created < time.now and (work.parent is None or work.parent.created < time.now)
    ]
    works.sort(key=lambda work: work.created)
    return Company(
        today=today,
        jira=write_jira([work for work in works if work.team.tracker == "jira"], time=time),
        azure=write_azure([work for work in works if work.team.tracker == "azure_devops"], time=time),
        works=works,
        time=time,
    )
