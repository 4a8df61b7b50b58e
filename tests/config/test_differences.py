from __future__ import annotations

from config.differences import Difference, differences, masked

YAML = "guardrails: {wip: {analysing: 6}}\nthemes:\n  core: {name: Core}\n"


def test_a_changed_value_is_told_by_its_path_before_and_after() -> None:
    found = differences("vmo.yaml", YAML.encode(), YAML.replace("6", "8").encode())

    assert found == [Difference(path="guardrails.wip.analysing", before="6", after="8")]


def test_comments_order_and_quotes_are_no_change() -> None:
    other = "# a word\nthemes:\n  core: {name: 'Core'}\nguardrails:\n  wip:\n    analysing: 6\n"

    assert differences("vmo.yaml", YAML.encode(), other.encode()) == []


def test_what_came_and_what_went_have_no_other_side() -> None:
    found = differences("vmo.yaml", YAML.encode(), YAML.replace("core: {name: Core}", "edge: {name: Edge}").encode())

    assert [(one.path, one.before, one.after) for one in found] == [
        ("themes.edge.name", None, "Edge"),
        ("themes.core.name", "Core", None),
    ]


def test_an_entry_of_a_list_is_known_by_its_name_so_that_a_new_one_before_it_moves_nothing() -> None:
    before = "governance: {rules: [{name: Owned, requires: owner}]}\n"
    after = "governance: {rules: [{name: Sized, requires: job_size}, {name: Owned, requires: owner}]}\n"

    found = differences("vmo.yaml", before.encode(), after.encode())

    assert [one.path for one in found] == [
        "governance.rules[Sized].name", "governance.rules[Sized].requires",
    ]  # fmt: skip


def test_a_row_of_a_csv_file_is_known_by_its_key() -> None:
    before = "id,date,meeting,decision,owner\nD-1,2026-05-01,Review,,LPM\n"
    after = "id,date,meeting,decision,owner\nD-2,2026-05-02,Sync,Go,LPM\nD-1,2026-05-01,Review,Yes,LPM\n"

    found = differences("decisions.csv", before.encode(), after.encode())

    assert Difference(path="D-1.decision", before=None, after="Yes") in found
    assert Difference(path="D-2.decision", before=None, after="Go") in found
    assert all(not one.path.startswith("D-1.") or one.path == "D-1.decision" for one in found)


def test_no_secret_and_no_address_is_told() -> None:
    before = "sources: {jira: {token: env:OLD_NAME, user: ann.canary@example.com, proxy: 'http://p:CANARY-1@proxy:80'}}"
    after = (
        "sources: {jira: {token: CANARY-2, user: bob@example.com, proxy: 'http://p:CANARY-3@proxy:80'}}\n"
        "mail: {password: CANARY-4, to: [canary.lady@example.com, x@example.com]}\n"
    )

    told = repr(differences("vmo.yaml", before.encode(), after.encode()))

    assert "CANARY" not in told
    assert "canary" not in told
    assert "env:OLD_NAME" in told
    assert "a…@example.com" in told


def test_an_address_is_masked_but_for_its_first_letter_and_domain() -> None:
    assert masked("direction@tressande.example") == "d…@tressande.example"


def test_a_broken_older_version_is_no_reason_to_fail() -> None:
    assert differences("vmo.yaml", b"\xff\xfe: [", YAML.encode())
    assert differences("readings.csv", b"", b"") == []
