from __future__ import annotations

import os
import stat
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from config.load import load
from config.mistakes import ConfigurationError
from tests.config.settings_files import SMALLEST, WHOLE, a_folder, loaded, mistakes, the_whole
from tests.faults.catalogue import case


def test_reads_everything_that_the_product_describes(tmp_path: Path) -> None:
    path = the_whole(tmp_path)

    document = loaded(path).document

    assert document.portfolio.timezone.key == "Europe/Paris"
    assert document.sources["claims"].fields["cost_estimate"].scale == 1000
    assert document.themes["settle-fast"].target_share == Decimal("0.4")
    assert document.themes["settle-fast"].match[2].share == Decimal("0.6")
    assert document.value_streams["policy"].budget == {"2026": Decimal(12_000_000)}
    assert document.kpis["settlement_days"].stale_after == timedelta(days=35)
    assert document.reports["weekly"].packs == ("digest", "overview")


def test_the_smallest_settings_are_enough(tmp_path: Path) -> None:
    path = a_folder(tmp_path, SMALLEST)

    settings = loaded(path)

    assert list(settings.document.sources) == ["claims"]
    assert settings.document.themes == {}


def test_text_stays_text_even_where_yaml_would_make_something_of_it(tmp_path: Path) -> None:
    yaml = SMALLEST.replace("name: Claims", "name: NO").replace("user: vmo@example.com", "scope: 1.10")
    path = a_folder(tmp_path, yaml)

    document = loaded(path).document

    assert document.portfolio.name == "NO"
    assert document.sources["claims"].scope == "1.10"


def test_an_anchor_may_be_used_for_what_is_said_twice(tmp_path: Path) -> None:
    yaml = (
        SMALLEST
        + "    levels: &levels {epic: [Epic]}\n"
        + SMALLEST[SMALLEST.index("  claims:") :].replace("claims:", "other:")
    )
    path = a_folder(tmp_path, yaml + "    levels: *levels\n")

    document = loaded(path).document

    assert document.sources["other"].levels == {"epic": ("Epic",)}


def test_a_block_with_everything_commented_out_is_no_block(tmp_path: Path) -> None:
    path = a_folder(tmp_path, SMALLEST + "themes:\n  # settle-fast:\nmail:\n")

    document = loaded(path).document

    assert document.themes == {}
    assert document.mail is None


@pytest.mark.parametrize(
    ("said", "instead", "expected"),
    [
        pytest.param(
            "token: env:JIRA",
            "tokn: env:JIRA",
            '15: sources.claims.tokn: unknown setting; did you mean "token"?',
            id="a misspelt setting",
        ),
        pytest.param(
            "kind: jira ",
            "kind: jirra ",
            '12: sources.claims.kind: expected jira or azure_devops, found "jirra"; did you mean "jira"?',
            id="a misspelt kind",
        ),
        pytest.param(
            "Europe/Paris",
            "Europe/Pari",
            '3: portfolio.timezone: expected a time zone such as Europe/Paris, found "Europe/Pari"; did you '
            'mean "Europe/Paris"?',
            id="a zone that does not exist",
        ),
        pytest.param(
            "currency: EUR",
            "currency: EURO",
            '4: portfolio.currency: expected a currency\'s three letters, such as EUR, found "EURO"',
            id="no currency",
        ),
        pytest.param(
            "locales: [fr, en]",
            "locales: [fr, de]",
            '5: portfolio.locales[1]: expected en or fr, found "de"',
            id="no locale",
        ),
        pytest.param(
            "holidays: FR ",
            "holidays: FRA ",
            "6: portfolio.holidays: expected a country's two letters, such as FR, or a day such as "
            '2026-12-24, found "FRA"',
            id="no country",
        ),
        pytest.param(
            "ends: 2026-12-18",
            "ends: 2026-12-32",
            "8: portfolio.increments[0].ends: there is no such day: 2026-12-32; expected one such as 2026-09-28",
            id="no day",
        ),
        pytest.param(
            "ends: 2026-12-18",
            "ends: 2026-09-01",
            "8: portfolio.increments[0]: it ends (2026-09-01) before it starts (2026-09-28)",
            id="days in the wrong order",
        ),
        pytest.param(
            "target_share: 40%",
            "target_share: 0.4",
            '48: themes.settle-fast.target_share: expected a share from 0% to 100%, such as 40%, found "0.4"',
            id="a share without %",
        ),
        pytest.param(
            "target_share: 40%",
            "target_share: 140%",
            '48: themes.settle-fast.target_share: expected a share from 0% to 100%, such as 40%, found "140%"',
            id="too large a share",
        ),
        pytest.param(
            "kpi: settlement_days}",
            "kpi: settlement_day}",
            '51: themes.settle-fast.objective.key_results[0].kpi: there is no KPI "settlement_day"; did you '
            'mean "settlement_days"?',
            id="a KPI that is not declared",
        ),
        pytest.param(
            "match: {source: policy-core",
            "match: {source: policy_core",
            '40: value_streams.policy.trains.Cedre.match.source: there is no source "policy_core"; did you '
            'mean "policy-core"?',
            id="a source that is not declared",
        ),
        pytest.param(
            "H2: 25%",
            "H2: 26%",
            "61: guardrails.horizons: the shares add up to 101%, not to 100%",
            id="horizons beyond 100 %",
        ),
        pytest.param(
            "debt: 15%",
            "debt: 10%",
            "62: guardrails.capacity: the shares add up to 95%, not to 100%",
            id="capacity below 100 %",
        ),
        pytest.param(
            "tolerance: 5 points",
            "tolerance: 5",
            '61: guardrails.horizons.tolerance: expected percentage points such as "5 points", found "5"',
            id="points without the word",
        ),
        pytest.param(
            "stale_after: 35 days",
            "stale_after: 35",
            '58: kpis.settlement_days.stale_after: expected a length of time such as 24 hours or 35 days, found "35"',
            id="a length of time without unit",
        ),
        pytest.param(
            "packs: [digest, overview]",
            "packs: [digest, overveiw]",
            "69: reports.weekly.packs[1]: expected overview, flow, theme, stream, kanban, review, guardrails, "
            "risks, quality, audit, "
            'kickoff, digest or ledger, found "overveiw"; did you mean "overview"?',
            id="a misspelt pack",
        ),
        pytest.param(
            '"Mon 07:00"',
            '"Mnoday 07:00"',
            '72: reports.weekly.when: expected a day such as Mon, found "Mnoday"',
            id="a misspelt day",
        ),
        pytest.param(
            "levels: {epic: [Initiative]",
            "levels: {epci: [Initiative]",
            '17: sources.claims.levels.epci: a level of your own; did you mean "epic"?',
            id="a misspelt level",
        ),
        pytest.param(
            "business_value: ",
            "busines_value: ",
            "18: sources.claims.fields.busines_value: expected business_value, time_criticality, "
            "risk_reduction, job_size, "
            "cost_estimate, story_points, delay_per_week, mvp_cost or mvp_spend, "
            'found "busines_value"; did you mean "business_value"?',
            id="a misspelt value",
        ),
        pytest.param(
            "cancelled: [Won't do]",
            "canceled: [Won't do]",
            "21: sources.claims.states.canceled: expected new, waiting, active, done, cancelled or ignore, "
            'found "canceled"; did you mean "cancelled"?',
            id="a misspelt meaning of a status",
        ),
        pytest.param(
            "cancelled: [Won't do]",
            "done: [ready for REVIEW]",
            '11: sources.claims: status "ready for REVIEW" is in waiting and in done; keep one of them',
            id="a status with two meanings",
        ),
        pytest.param(
            "- {when: {label: tech-debt}, kind: debt}",
            "- {kind: debt}",
            "23: sources.claims.kinds: rule 2 takes every item, so that the rules after it never match; put it last",
            id="rules that can never match",
        ),
        pytest.param(
            "is: Settle fast, ",
            "",
            "55: themes.settle-fast.match[2]: `field` and `is` go together: {field: Strategic theme, is: Settle fast}",
            id="half a match",
        ),
        pytest.param(
            "analysing: 6}",
            "analyzing: 6}",
            '64: guardrails.wip.analyzing: the kanban has no state "analyzing"; did you mean "analysing"?',
            id="a kanban state that does not exist",
        ),
        pytest.param(
            "{story: 10 days",
            "{storey: 10 days",
            '65: guardrails.service_levels.storey: there is no level "storey"; did you mean "story"?',
            id="an expected time of a level that does not exist",
        ),
        pytest.param(
            "{story: 10 days",
            "{story: 36 hours",
            "65: guardrails.service_levels.story: flow time is counted in whole days: expected at least 1 day, without "
            "a part of one",
            id="an expected time of a day and a half",
        ),
        pytest.param(
            "budget: {2026:",
            "budget: {26:",
            "41: value_streams.policy.budget.26: expected a year (2026), quarter (2026-Q1), month (2026-03) "
            "or planning interval, "
            'found "26"',
            id="a budget for no period",
        ),
        pytest.param(
            'listen: "127.0.0.1:8080"',
            "listen: 8080",
            '85: serve.listen: expected host:port such as 127.0.0.1:8080, found "8080"',
            id="a port alone",
        ),
        pytest.param(
            "{scopes: [{source: claims}]}",
            "{scopes: []}",
            "84: audiences.direction.scopes: expected at least one",
            id="an audience without scopes",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_its_mend(tmp_path: Path, said: str, instead: str, expected: str) -> None:
    assert WHOLE.count(said) == 1
    path = the_whole(tmp_path, WHOLE.replace(said, instead))

    found = mistakes(path)

    assert found == [f"vmo.yaml:{expected}"]


def test_all_mistakes_are_told_at_once_in_every_file(tmp_path: Path) -> None:
    yaml = (
        WHOLE.replace("Europe/Paris", "Mars")
        .replace("tolerance: 5 points", "tolerance: 5")
        .replace("H2: 25%", "H2: 26%")
    )
    path = the_whole(tmp_path, yaml.replace("match: {source: policy-core", "match: {source: policy"))
    (tmp_path / "budgets.csv").write_text("value_stream,period,amount\npolicies,2026,12\n", encoding="utf-8")

    found = mistakes(path)

    assert [line.split(": ")[0] + ": " + line.split(": ")[1] for line in found] == [
        "budgets.csv:2: value_stream",
        "vmo.yaml:3: portfolio.timezone",
        "vmo.yaml:40: value_streams.policy.trains.Cedre.match.source",
        "vmo.yaml:61: guardrails.horizons",
        "vmo.yaml:61: guardrails.horizons.tolerance",
    ]


def test_an_unknown_setting_is_told_when_nothing_stands_behind_it(tmp_path: Path) -> None:
    source = "    scoope:\n    kinds: [{when: {label: x, componnet: }, kind: debt}]\n"
    kpis = "kpis:\n  wait: {name: Wait at the checkout, median, unit: seconds}\n"
    path = a_folder(tmp_path, SMALLEST + source + kpis + "guardrials:\n")

    found = mistakes(path)

    assert found == [
        'vmo.yaml:8: sources.claims.scoope: unknown setting; did you mean "scope"?',
        'vmo.yaml:9: sources.claims.kinds[0].when.componnet: unknown setting; did you mean "component"?',
        (
            "vmo.yaml:11: kpis.wait.median: unknown setting; known here: name, unit, readings, endpoint, field, item, "
            "match, combine, lens, business_result, stale_after"
        ),
        'vmo.yaml:12: guardrials: unknown setting; did you mean "guardrails"?',
    ]


def test_settings_of_a_former_edition_are_read_as_they_were_then(tmp_path: Path) -> None:
    path = a_folder(tmp_path, SMALLEST + "kpis:\n  wait: {name: Wait at the checkout, median}\n")

    settings = load(path, environ={}, former=True)

    assert settings.document.kpis["wait"].name == "Wait at the checkout"


def test_settings_of_a_former_edition_ask_for_no_file_that_only_a_connection_needs(tmp_path: Path) -> None:
    hook = "operators: {webhook: {url: 'https://hooks.example.com/x', ca_bundle: no.pem}}\n"
    path = a_folder(tmp_path, SMALLEST + "    ca_bundle: no.pem\n" + hook)

    load(path, environ={}, former=True)

    assert sum("there is no file" in one for one in mistakes(path)) == 2


def test_a_known_setting_left_empty_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    kpis = "kpis:\n  wait: {name: Wait, lens: , stale_after: }\n"
    path = a_folder(tmp_path, SMALLEST + "    states:\n    proxy:\n" + kpis + "store:\npublish: {folder: }\n")

    document = loaded(path).document

    assert document.kpis["wait"].lens is None
    assert document.store == loaded(a_folder(tmp_path)).document.store


def test_what_is_missing_is_told_with_what_it_means(tmp_path: Path) -> None:
    path = a_folder(tmp_path, SMALLEST.replace("    token: env:JIRA_TOKEN\n", "").replace("currency: EUR", "currency:"))

    found = mistakes(path)

    assert found == [
        "vmo.yaml:1: portfolio.currency: left empty: The currency of every amount, such as EUR",
        (
            "vmo.yaml:3: sources.claims.token: missing: Where its token is kept: env:NAME, file:PATH or "
            "keyring:SERVICE/USER"
        ),
    ]


def test_shares_of_themes_may_not_add_up_to_more_than_all(tmp_path: Path) -> None:
    path = a_folder(
        tmp_path, SMALLEST + "themes:\n  a: {name: A, target_share: 60%}\n  b: {name: B, target_share: 41%}\n"
    )

    found = mistakes(path)

    assert found == ["vmo.yaml:8: themes: the target shares add up to 101%; they may add up to 100%"]


MAY = "; they may add up to 100%"
FOLLOWERS = """\
themes:
  a: {name: A, target_share: 30%, until: 2026-06-30}
  b: {name: B, target_share: 40%, from: FROM}
  c: {name: C, target_share: 50%}
  d: {name: D, target_share: 20%}
"""


@pytest.mark.parametrize(
    ("begins", "expected"),
    [
        pytest.param(
            "2026-07-01",
            ["the target shares of b, c, d add up to 110% from 2026-07-01" + MAY],
            id="too much once one follows the other",
        ),
        pytest.param(
            "2026-06-01",
            [
                "the target shares of a, b, c, d add up to 140% from 2026-06-01 until 2026-06-30" + MAY,
                "the target shares of b, c, d add up to 110% from 2026-07-01" + MAY,
            ],
            id="an overlap, too",
        ),
    ],
)
def test_shares_of_themes_are_added_up_by_day(tmp_path: Path, begins: str, expected: list[str]) -> None:
    path = a_folder(tmp_path, SMALLEST + FOLLOWERS.replace("FROM", begins))

    assert mistakes(path) == [f"vmo.yaml:8: themes: {one}" for one in expected]


def test_themes_that_follow_each_other_share_no_day(tmp_path: Path) -> None:
    followers = FOLLOWERS.replace("FROM", "2026-07-01").replace("  d: {name: D, target_share: 20%}\n", "")

    assert mistakes(a_folder(tmp_path, SMALLEST + followers)) == []


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://jira.example.com", id="plain http"),
        pytest.param("https://vmo:s3cr3t@jira.example.com", id="a password inside"),
        pytest.param("https://jira.example.com\\\\@evil.example", id="a backslash, read in two ways"),
        pytest.param("https://jira.example.com@evil.example", id="a user that looks like the host"),
        pytest.param("https://jira.example.com/@evil.example", id="an @ that some parser may read as a host's"),
        pytest.param("https://10.0.0.7", id="an address in place of a name"),
        pytest.param("https://127.0.0.1:8443", id="this machine"),
        pytest.param("https://localhost", id="this machine by name"),
        pytest.param("https://169.254.169.254/latest", id="the metadata of a cloud"),
        pytest.param("https://[::ffff:169.254.169.254]", id="the same in another dress"),
        pytest.param("https://2130706433", id="a number in place of a name"),
        pytest.param("https://0x7f000001", id="a hexadecimal number"),
        pytest.param("https://127.1", id="a short address"),
        pytest.param("https://xn--jir-8na.example.com", id="punycode"),
        pytest.param("ftp://jira.example.com", id="another scheme"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("jira.example.com", id="no scheme"),
        pytest.param("https://jira.example.com/?token=s3cr3t", id="a query"),
        pytest.param("https://jira.example.com/#x", id="a fragment"),
        pytest.param("https://jira.example.com/a b", id="a space"),
        pytest.param("https://", id="no host"),
    ],
)
def test_an_address_that_may_mislead_is_refused(tmp_path: Path, url: str) -> None:
    path = a_folder(tmp_path, SMALLEST.replace("https://example.atlassian.net", f'"{url}"'))

    found = mistakes(path)

    assert len(found) == 1
    assert found[0].startswith("vmo.yaml:5: sources.claims.url: ")
    assert "s3cr3t" not in found[0]


@pytest.mark.parametrize(
    ("url", "permission"),
    [
        pytest.param("http://127.0.0.1:8080", "allow_insecure", id="loopback"),
        pytest.param("http://jira.example.com", "allow_insecure", id="plain http"),
        pytest.param("https://10.0.0.7/jira", "allow_private", id="on-premise"),
        pytest.param("https://xn--jir-8na.example.com", "allow_international", id="letters beyond a to z"),
    ],
)
def test_such_an_address_is_accepted_where_it_is_asked_for(tmp_path: Path, url: str, permission: str) -> None:
    yaml = SMALLEST.replace("https://example.atlassian.net", url) + f"    {permission}: true\n"

    assert mistakes(a_folder(tmp_path, yaml)) == []


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254", "https://[fe80::1]", "https://0.0.0.0", "https://224.0.0.1"]
)
def test_where_no_tracker_can_live_none_is_looked_for_whatever_is_allowed(tmp_path: Path, url: str) -> None:
    allowed = "".join(f"    allow_{what}: true\n" for what in ("insecure", "private", "international"))
    path = a_folder(tmp_path, SMALLEST.replace("https://example.atlassian.net", url) + allowed)

    assert mistakes(path) == ["vmo.yaml:5: sources.claims.url: no tracker lives at such an address"]


@pytest.mark.parametrize(
    "setting", ["token: sekret-0815", "token: [sekret-0815]", "token: {value: sekret-0815}", "token: env:sekret-0815"]
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, setting: str) -> None:
    path = a_folder(tmp_path, SMALLEST.replace("token: env:JIRA_TOKEN", setting))

    found = mistakes(path)

    assert [line.split(": ")[1] for line in found] == ["sources.claims.token"]
    assert "sekret-0815" not in found[0]


def test_a_database_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    path = a_folder(tmp_path, SMALLEST + "store: postgresql+psycopg://vmo:sekret-0815@db.example.com/vmo\n")

    found = mistakes(path)

    assert [line.split(": ")[1] for line in found] == ["store.url"] or found[0].startswith("vmo.yaml:8: store")
    assert "sekret-0815" not in found[0]


@pytest.mark.parametrize(
    "name",
    [
        "../../x",
        "/etc/x",
        "CON",
        "con",
        "nul",
        ".htaccess",
        "a" * 300,
        "a b",
        "été",
        "ete\u0301",
        "a.html",
        "-a",
        "_a",
        "",
        "lpt1",
    ],
)
def test_a_report_name_that_is_no_safe_file_name_is_refused(tmp_path: Path, name: str) -> None:
    path = a_folder(tmp_path, SMALLEST + f'reports:\n  "{name}": {{packs: [overview]}}\n')

    found = mistakes(path)

    assert len(found) == 1
    assert found[0].startswith("vmo.yaml:9: reports.")


@case("M16")
@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "a@example.com\\r\\nBcc: b@example.com",
        "Direction <a@example.com>",
        "a@example.com <b@example.com>",
        '\\"a@b\\"@example.com',
        "a@@example.com",
        "a@-example.com",
        "example.com",
        "a@exämple.com",
        "a" * 65 + "@example.com",
    ],
)
def test_a_recipient_is_one_bare_address(tmp_path: Path, recipient: str) -> None:
    mail = "mail: {host: smtp.example.com, from: vmo@example.com}\n"
    path = a_folder(tmp_path, SMALLEST + mail + f'reports:\n  weekly:\n    packs: [digest]\n    to: ["{recipient}"]\n')

    found = mistakes(path)

    assert len(found) == 1
    assert found[0].startswith("vmo.yaml:12: reports.weekly.to[0]: expected one bare address")
    assert "\r" not in found[0]


def test_mails_go_to_no_other_domain_than_those_that_are_named(tmp_path: Path) -> None:
    path = a_folder(
        tmp_path,
        SMALLEST
        + "mail: {host: smtp.example.com, from: vmo@example.com, domains: [Example.com, bank.example.org]}\n"
        + "operators: {mail: [me@example.com, me@example.org]}\n"
        + "audiences: {board: {scopes: {project: X}, recipients: [x@sub.example.com]}}\n"
        + "reports:\n  weekly:\n    packs: [digest]\n    to: [a@EXAMPLE.com, b@bank.example.org, c@examp1e.com]\n",
    )

    assert mistakes(path) == [
        f"vmo.yaml:{line}: {place}: {address} is of a domain that mails do not go to; "
        "mend the address, or add the domain to mail.domains (now example.com, bank.example.org)"
        for line, place, address in (
            (9, "operators.mail[1]", "me@example.org"),
            (10, "audiences.board.recipients[0]", "x@sub.example.com"),
            (14, "reports.weekly.to[2]", "c@examp1e.com"),
        )
    ]


@pytest.mark.parametrize("domain", ["@example.com", "example..com", "a b", "-x.org", "*.example.com", "x@example.com"])
def test_a_domain_is_what_stands_behind_the_at(tmp_path: Path, domain: str) -> None:
    mail = f'mail: {{host: smtp.example.com, from: vmo@example.com, domains: ["{domain}"]}}\n'

    (found,) = mistakes(a_folder(tmp_path, SMALLEST + mail))

    assert "mail.domains[0]: expected what stands behind the @ of addresses" in found


def test_recipients_need_a_mail_server(tmp_path: Path) -> None:
    path = a_folder(tmp_path, SMALLEST + "reports:\n  weekly: {packs: [digest], to: a@example.com}\n")

    assert mistakes(path) == [
        "vmo.yaml:9: reports.weekly.to: there are recipients but no mail server; add a `mail:` block"
    ]


@pytest.mark.parametrize(
    "block",
    [
        "mail: {host: smtp.example.com, from: vmo@example.com, tls: none}",
        "mail: {host: smtp.example.com, from: vmo@example.com, user: vmo}",
        "mail: {host: smtp.example.com, from: vmo@example.com, port: 70000}",
    ],
    ids=["in the clear to another machine", "a user without a password", "no such port"],
)
def test_an_unsafe_mail_server_is_refused(tmp_path: Path, block: str) -> None:
    path = a_folder(tmp_path, SMALLEST + block)

    assert [line.split(": ")[1] for line in mistakes(path)] == ["mail"]


def test_a_file_that_is_not_there_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / "vmo.yaml", environ={})

    assert f"there is no file {tmp_path / 'vmo.yaml'}; `vmo init` writes one to begin with" in str(caught.value)


def test_a_file_that_cannot_be_read_is_told_as_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "vmo.yaml").mkdir()

    assert len(mistakes(tmp_path / "vmo.yaml")) == 1


def test_readings_that_are_named_but_not_there_are_a_mistake_of_the_setting(tmp_path: Path) -> None:
    path = a_folder(tmp_path, SMALLEST + "kpis:\n  nps: {readings: kpi/nps.csv}\n")

    assert mistakes(path) == [
        "vmo.yaml:9: kpis.nps.readings: there is no file kpi/nps.csv; put it there, or take the setting away"
    ]


def test_the_digest_changes_with_any_byte_of_any_file(tmp_path: Path) -> None:
    path = the_whole(tmp_path)
    before = loaded(path)

    (tmp_path / "kpi" / "settlement.csv").write_text(
        "kpi,date,value,source\nsettlement_days,2026-09-01,18,x\n", encoding="utf-8"
    )
    after = loaded(path)

    assert before.digest != after.digest
    assert before.digest == loaded(the_whole(tmp_path)).digest
    assert set(before.files) == {"vmo.yaml", "kpi/settlement.csv"}
    assert before.files["vmo.yaml"] == path.read_bytes()


def test_settings_open_secrets_only_when_asked(tmp_path: Path) -> None:
    path = a_folder(tmp_path, SMALLEST.replace("env:JIRA_TOKEN", "file:token"))
    settings = load(path, environ={})
    (tmp_path / "token").write_text("sekret-0815\n", encoding="utf-8")
    (tmp_path / "token").chmod(stat.S_IRUSR | stat.S_IWUSR)

    token = settings.document.sources["claims"].token
    assert token is not None
    secret = settings.secret(token)

    assert secret.reveal() == "sekret-0815"
    assert "sekret" not in repr(settings)


def test_the_environment_of_this_process_is_never_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "from this process")
    settings = load(a_folder(tmp_path), environ={"JIRA_TOKEN": "as told"})

    token = settings.document.sources["claims"].token
    assert token is not None
    secret = settings.secret(token)

    assert os.environ["JIRA_TOKEN"] == "from this process"
    assert secret.reveal() == "as told"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("operators: {mail: ops@example.com}", "operators.mail: there are operators to mail but no mail server"),
        ("operators: {mail: 'Ops <ops@example.com>'}", "operators.mail: expected one bare address"),
        (
            "operators: {webhook: 'http://hooks.example.com/x'}",
            "operators.webhook: plain http would show the token",
        ),
        ("operators: {webhook: {url: 'https://hooks.example.com/x', token: s3cret-word}}", "operators.webhook.token: "),
        ("operators: {webhok: 'https://hooks.example.com/x'}", "operators.webhok"),
        ("operators: {webhook: {url: 'https://hooks.example.com/x', ca_bundle: no.pem}}", "there is no file"),
    ],
)
def test_operators_are_told_by_safe_ways_only(tmp_path: Path, block: str, expected: str) -> None:
    path = a_folder(tmp_path, SMALLEST + block + "\n")

    found = mistakes(path)

    assert len(found) == 1
    assert expected in found[0]
    assert "s3cret-word" not in found[0]
