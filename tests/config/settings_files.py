"""Folders with settings in them, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

from config.load import Settings, load
from config.mistakes import ConfigurationError

SMALLEST = """\
portfolio: {name: Claims, timezone: Europe/Paris, currency: EUR}
sources:
  claims:
    kind: jira
    url: https://example.atlassian.net
    user: vmo@example.com
    token: env:JIRA_TOKEN
"""

# The whole of what vmo.yaml can say, as the product's own description shows it.
WHOLE = """\
portfolio:
  name: Customer and Claims
  timezone: Europe/Paris          # the day boundary of every metric
  currency: EUR
  locales: [fr, en]
  holidays: FR                    # or a list of dates
  increments:                     # planning intervals; quarters where none are given
    - {name: PI 26.4, starts: 2026-09-28, ends: 2026-12-18}

sources:
  claims:
    kind: jira                    # Cloud or Data Center: asked of the server
    url: https://example.atlassian.net
    user: vmo@example.com
    token: env:JIRA_TOKEN
    scope: project in (CLM, DST)  # JQL
    levels: {epic: [Initiative], feature: [Epic], story: [Story, Task, Bug]}
    fields: {business_value: "Business Value", job_size: "Job Size", cost_estimate: {field: "Cost (k€)", scale: 1000}}
    states:                       # by name or id; what is not listed follows the tracker's own category
      waiting: [Ready for review, Waiting for customer]
      cancelled: [Won't do]
    resolutions: {cancelled: [Won't Do, Duplicate, Cannot Reproduce]}
    kinds:                        # flow distribution: the first that matches
      - {when: {type: Bug}, kind: defect}
      - {when: {label: tech-debt}, kind: debt}
      - {when: {label: risk}, kind: risk}
      - {when: {label: enabler}, kind: enabler}
      - {kind: feature}
  policy-core:
    kind: azure_devops            # Services or Server
    url: https://dev.azure.com/example
    token: env:ADO_TOKEN
    scope: {projects: [PolicyCore], area: PolicyCore\\Claims}
    levels: {epic: [Epic], feature: [Feature], story: [User Story, Bug]}
    blocked: {flags: true, states: [On hold], fields: {Blocked: "Yes"}}

value_streams:
  policy:
    name: Policy core
    trains: {Cedre: {match: {source: policy-core, area: "PolicyCore\\\\Claims"}}}
    budget: {2026: 12_000_000}
    owner: T. Marchetti

themes:
  settle-fast:
    name: Settle claims in days, not weeks
    horizon: H1
    target_share: 40%
    objective:
      key_results:
        - {name: Median settlement, unit: days, baseline: 19, target: 8, due: 2027-06-30, kpi: settlement_days}
    match:
      - {label: theme-settle}
      - {under: CLM-12}
      - {field: Strategic theme, is: Settle fast, share: 60%}

kpis:
  settlement_days: {readings: kpi/settlement.csv, lens: current_value, stale_after: 35 days}

guardrails:
  horizons: {H1: 60%, H2: 25%, H3: 10%, H0: 5%, tolerance: 5 points}
  capacity: {feature: 60%, enabler: 25%, debt: 15%}
  approval: {threshold: 1_500_000, approving_states: [Approved], before: implementing}
  wip: {reviewing: 6, analysing: 6}
  service_levels: {story: 10 days, feature: 8 weeks}

reports:
  weekly:
    packs: [digest, overview]
    to: [direction@example.com]
    locale: fr
    when: "Mon 07:00"
  review: {packs: [review], to: [lpm@example.com], locale: en, when: "first Mon of quarter 08:00"}

sync: {when: "every 15 minutes", presence_sweep: "daily 02:00", full_check: "Sun 03:00", stale_after: 24 hours}
mail: {host: smtp.example.com, user: vmo, password: env:SMTP_PASSWORD, from: vmo@example.com}
store: sqlite:///vmo-data/vmo.db
kanban:
  states: {funnel: [New], reviewing: [In review], analysing: [Analysis], implementing: [In progress, MVP]}
  exit_policies: {reviewing: [a hypothesis, a threshold estimate]}
risks: {match: {type: Risk}, fields: {probability: Likelihood}, scales: {probability: {low: 0.1, high: 0.7}}}
dependencies: {links: [Blocks]}
governance: {rules: [{name: Every epic has an owner, when: {type: Epic}, requires: [owner]}]}
audiences: {direction: {scopes: [{source: claims}]}}
serve: {listen: "127.0.0.1:8080"}
"""
READINGS = "kpi,date,value,source\nsettlement_days,2026-09-01,17,claims board\n"


def a_folder(folder: Path, yaml: str = SMALLEST, **files: str | bytes) -> Path:
    """Write vmo.yaml and CSV files (budgets="...") into a folder; return the path of vmo.yaml."""
    (folder / "vmo.yaml").write_text(yaml, encoding="utf-8")
    for name, content in files.items():
        path = folder / f"{name}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "vmo.yaml"


def the_whole(folder: Path, yaml: str = WHOLE) -> Path:
    """A folder with every block of settings and its readings."""
    (folder / "kpi").mkdir(exist_ok=True)
    (folder / "kpi" / "settlement.csv").write_text(READINGS, encoding="utf-8")
    return a_folder(folder, yaml)


def loaded(path: Path) -> Settings:
    return load(path, environ={})


def mistakes(path: Path) -> list[str]:
    """What is wrong with the settings, as people read it, refused or set aside; nothing where they are fine."""
    try:
        return [str(mistake) for mistake in loaded(path).mistakes]
    except ConfigurationError as error:
        return [str(mistake) for mistake in error.mistakes]
