"""`vmo explain` and `vmo init`: the questions a person asks first."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.discovering import draft
from cli.workspace import load_settings
from config import meaning
from connectors.base import Discovery
from connectors.sandbox.jira_site import Issue
from connectors.sandbox.loopback import Fault, answer
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder, small_trackers
from tests.config.settings_files import SMALLEST


@pytest.fixture(scope="module")
def own_trackers() -> Iterator[Trackers]:
    """Trackers whose work these tests may change."""
    with small_trackers() as trackers:
        yield trackers


@pytest.fixture(scope="module")
def moved(own_trackers: Trackers, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Issue, str]:
    """A story under the initiative that moved to another project after the first sync: folder, story, former key."""
    folder = a_folder(tmp_path_factory.mktemp("moved"), own_trackers)
    path = folder / "vmo.yaml"
    rule = "  second: {name: Second theme, match: [{source: stores}, {source: shop, label: theme-two}]}\n"
    text = "".join(
        rule if line.lstrip().startswith("second:") else line + "\n" for line in path.read_text().split("\n")
    )
    path.write_text(text, encoding="utf-8")
    site = own_trackers.jira.site
    story = _story_under(own_trackers)
    now = int(datetime.now(UTC).timestamp() * 1000)
    assert vmo("sync", folder=folder, env=SECRETS).code == 0
    former = story.key
    other = next(one.key for one in site.projects.values() if not former.startswith(f"{one.key}-"))
    site.move(story, other, now)
    ended = vmo("sync", folder=folder, env=SECRETS)
    assert ended.code == 0, ended
    return folder, story, former


def _story_under(trackers: Trackers) -> Issue:
    """An issue two levels under the initiative that the first theme names."""
    site = trackers.jira.site
    top = site.issue(trackers.epic)
    features = [one for one in site.issues.values() if one.parent_id == top.id]
    return next(one for one in site.issues.values() for feature in features if one.parent_id == feature.id)


def test_an_item_tells_the_rule_the_path_and_what_else_would_have_matched(moved: tuple[Path, Issue, str]) -> None:
    folder, story, _ = moved

    ended = vmo("explain", story.key, folder=folder)

    assert ended.code == 0, ended
    assert ended.out.startswith(f"{story.key}  ")
    assert "theme first (First theme): 100%" in ended.out
    assert "decided by rule 1 of first: under " in ended.out
    assert "level story; kind " in ended.out
    assert " -> " in ended.out.partition("inherited: ")[2].splitlines()[0]
    assert "/browse/" in ended.out


def test_an_item_is_found_by_its_former_key(moved: tuple[Path, Issue, str]) -> None:
    folder, story, former = moved

    ended = vmo("explain", former, folder=folder)

    assert ended.code == 0, ended
    assert ended.out.startswith(f"{story.key}  ")
    assert f"formerly {former}" in ended.out


def test_the_runner_up_is_named(synced: Path, trackers: Trackers) -> None:
    path = synced / "vmo.yaml"
    text = path.read_text("utf-8").replace("match: [{source: stores}]", "match: [{source: stores}, {source: shop}]")
    path.write_text(text, encoding="utf-8")

    ended = vmo("explain", trackers.epic, folder=synced)

    assert "runner-up: second" in ended.out, ended.out


def test_an_item_that_no_rule_takes_says_so(synced: Path) -> None:
    path = synced / "vmo.yaml"
    path.write_text(path.read_text("utf-8").replace("{source: stores}", "{label: nobody-has-it}"), encoding="utf-8")
    number = next(
        line.split(",")[1]
        for line in vmo("export", "items", folder=synced).out.splitlines()
        if line.startswith("stores")
    )

    ended = vmo("explain", number, folder=synced)

    assert ended.code == 0
    assert "theme: none" in ended.out
    assert "unaligned" in ended.out


def test_a_metric_tells_its_definition_and_its_items(synced: Path) -> None:
    ended = vmo("explain", "flow_time", folder=synced)

    assert ended.code == 0
    assert ended.out.startswith("Flow time (flow_time, definition ")
    for words in ("Counts: ", "Leaves out: ", "Unit: days", "portfolio, story, ", "  counted, "):
        assert words in ended.out


def test_a_metric_is_told_for_one_theme_alone(synced: Path) -> None:
    whole = vmo("explain", "flow_load", folder=synced).out
    part = vmo("explain", "flow_load", "--scope", "theme:first", folder=synced).out

    assert "theme:first, story, " in part
    assert "AB#" in whole
    assert "AB#" not in part


def test_a_removed_item_is_told_as_removed(
    own_trackers: Trackers, moved: tuple[Path, Issue, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", own_trackers.wall.now)
    folder = Path(shutil.copytree(moved[0], tmp_path / "removed"))
    gone = next(one for one in own_trackers.jira.site.issues.values() if one.key != moved[1].key and one.parent_id)
    own_trackers.jira.site.delete(gone)

    for days in (1, 2, 3):
        own_trackers.wall.ahead = timedelta(days=days)
        vmo("sync", "--sweep", folder=folder, env=SECRETS)
    ended = vmo("explain", gone.key, folder=folder)

    assert ended.code == 0, ended
    assert "  REMOVED " in ended.out, ended.out


def test_a_starter_is_written_once_and_says_what_to_do_next(tmp_path: Path) -> None:
    first = vmo("init", folder=tmp_path)
    kept = (tmp_path / "vmo.yaml").read_text("utf-8")
    again = vmo("init", folder=tmp_path)

    assert first.code == 0, first
    assert {"vmo.yaml", "vmo.schema.json", "vmo-data"} <= {one.name for one in tmp_path.iterdir()}
    assert "vmo check" in first.out
    assert again.code == 2
    assert "vmo.yaml" in again.err
    assert (tmp_path / "vmo.yaml").read_text("utf-8") == kept
    assert (tmp_path / "vmo-data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "vmo-data" / "vmo.db").stat().st_mode & 0o777 == 0o600


def test_a_starter_that_nobody_filled_in_says_what_is_missing(tmp_path: Path) -> None:
    vmo("init", folder=tmp_path)

    status = vmo("status", folder=tmp_path)
    check = vmo("check", folder=tmp_path)
    report = vmo("report", folder=tmp_path)

    assert status.code == 3
    assert "never synced completely; run `vmo sync`" in status.out
    assert check.code == 1
    assert "JIRA_TOKEN" in check.out
    assert check.out.count("FAILED") == 1
    assert report.code == 1
    assert "vmo sync" in report.message


def test_check_has_one_line_for_each_thing_and_names_the_mend(synced: Path) -> None:
    well = vmo("check", folder=synced, env=SECRETS)
    ill = vmo("check", folder=synced, env=SECRETS | {"AT": "not-the-token"})

    assert well.code == 0, well
    assert all(line.startswith(("ok ", "warning ")) for line in well.out.splitlines())
    (line,) = [line for line in ill.out.splitlines() if line.startswith("FAILED")]
    assert ill.code == 1
    assert "stores" in line
    assert "token" in line
    assert [one for one in ill.out.splitlines() if "shop" in one and one.startswith("ok")]


def test_check_names_what_is_set_and_never_acts(synced: Path) -> None:
    settings = synced / "vmo.yaml"
    text = settings.read_text(encoding="utf-8")
    idle = """
kanban: {states: {implementing: [Implementing], done: [Done]}, mvp: done}
forecasts: {sizes: [{level: epic, type: Initative, from: 3, to: 9}, {level: feature, type: FEATURE, from: 3, to: 9}]}
"""
    changes = "process_changes: [{on: 2026-01-05, name: One board}, {on: 2999-01-04, name: No board}]"
    settings.write_text(text.replace("locales: [en, fr]", f"locales: [en, fr], {changes}") + idle, encoding="utf-8")

    ended = vmo("check", folder=synced, env=SECRETS)

    told = [line for line in ended.out.splitlines() if line.startswith("warning")]
    assert ended.code == 0, ended
    assert [line.split(": ")[0] for line in told if "shop" not in line and "stores" not in line] == [
        "warning  reports", "warning  kanban.mvp", "warning  portfolio.process_changes.1", "warning  forecasts.sizes",
    ]  # fmt: skip
    assert 'did you mean "Initiative"?' in ended.out


def test_check_counts_what_each_project_shows_and_reads_histories(own_trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, own_trackers)
    site = own_trackers.jira.site
    keys = [project.key for project in site.projects.values()]

    ended = vmo("check", folder=folder, env=SECRETS)

    (seen,) = [line for line in ended.out.splitlines() if "shop: sees " in line]
    assert f"sees {len(site.issues):,} items in {len(keys)} projects" in seen
    assert all(key in seen for key in keys)
    assert len(re.findall(r"histories can be read: of the (\d+) items changed last, \1 have one", ended.out)) == 2
    assert "shop: Jira Cloud 1001.0.0, as VMO reader; its time zone is Europe/Paris" in ended.out


def test_check_warns_of_a_project_that_shows_nothing(own_trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, own_trackers)
    hidden = next(iter(own_trackers.jira.site.projects.values()))
    empty = replace(hidden, id=990, key="NIL", name="Nothing here")
    own_trackers.jira.site.projects[990] = empty
    try:
        ended = vmo("check", folder=folder, env=SECRETS)
    finally:
        del own_trackers.jira.site.projects[990]

    (told,) = [line for line in ended.out.splitlines() if "shop: sees" in line]
    assert told.startswith("warning")
    assert "nothing at all in LOY, NIL: check what the token may see there" in told
    assert ended.code == 0


def test_check_says_that_a_trackers_clock_is_wrong(own_trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, own_trackers)
    own_trackers.wall.ahead = timedelta(minutes=9)
    try:
        ended = vmo("check", folder=folder, env=SECRETS)
    finally:
        own_trackers.well_again()

    assert "warning  shop: its clock is 9 min ahead of ours" in ended.out


def test_check_fails_where_no_history_can_be_read(own_trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, own_trackers)
    nothing = Fault(path="changelog/bulkfetch", times=None, response=answer({"issueChangeLogs": []}))
    own_trackers.jira.faults.append(nothing)
    try:
        ended = vmo("check", folder=folder, env=SECRETS)
    finally:
        own_trackers.well_again()

    assert ended.code == 1
    (failed,) = [line for line in ended.out.splitlines() if line.startswith("FAILED")]
    assert "items changed last shows a change of state: flow cannot be measured" in failed


def test_discover_drafts_value_streams_with_a_match_and_the_evidence(synced: Path) -> None:
    drafted = vmo("discover", "--source", "stores", folder=synced, env=SECRETS)

    block = drafted.out.partition("value_streams:")[2]
    assert "match: {source: stores, area: " in block
    assert "items looked at are of this area" in block


def test_discover_drafts_a_field_in_thousands_with_its_scale(synced: Path) -> None:
    drafted = vmo("discover", "--source", "shop", folder=synced, env=SECRETS)

    assert 'cost_estimate: {field: "Cost (k€)", scale: 1000}  # ' in drafted.out


def test_discover_drafts_settings_that_check_accepts(synced: Path) -> None:
    more = (
        "# Who gets what.\n"
        "reports: {second: {packs: [digest], locale: fr, when: Tue 08:00}}\n"
        "mail: {host: 127.0.0.1, port: 1, from: vmo@example.com}  # ours\n"
    )
    with (synced / "vmo.yaml").open("a", encoding="utf-8") as stream:
        stream.write(more)

    drafted = vmo("discover", "--out", "draft.yaml", folder=synced, env=SECRETS)
    again = vmo("discover", "--out", "draft.yaml", folder=synced, env=SECRETS)
    checked = vmo("check", "--config", "draft.yaml", folder=synced, env=SECRETS)
    before, kept = (load_settings(synced / name).document for name in ("vmo.yaml", "draft.yaml"))

    assert drafted.code == 0, drafted
    assert again.code == 2
    assert [line.split()[1] for line in checked.out.splitlines() if line.startswith("FAILED")] == ["mail:"], checked
    assert more in (synced / "draft.yaml").read_text("utf-8")
    assert (kept.reports, kept.mail, kept.themes) == (before.reports, before.mail, before.themes)


def test_a_draft_keeps_what_the_settings_say_however_they_are_written(tmp_path: Path) -> None:
    found = Discovery(source="claims", product="Jira", scopes=(), types=(), statuses=(), guesses=())
    path = tmp_path / "vmo.yaml"
    forms = {
        "in braces": (
            "{portfolio: {name: Claims, timezone: Europe/Paris, currency: EUR, holidays: FR}, sources: {claims: {kind: "
            "jira, url: https://example.atlassian.net, user: vmo@example.com, token: env:T, "
            "blocked: {states: [On hold]}}}}"
        ),
        "with an anchor": SMALLEST.replace("user: vmo@", "user: &us vmo@")
        + "mail: {host: smtp.example.com, from: *us}\noperators: {mail: *us}\n",
        "with value streams": SMALLEST + "value_streams:\n# mine\n  a: {name: A, match: {source: claims}}\n",
    }

    for form in forms.values():
        path.write_text(form, "utf-8")
        before = load_settings(path)
        path.write_text(draft(before, [found]), "utf-8")
        after = load_settings(path)

        left = {"sources", "reports", "store"}
        assert after.document.model_dump(exclude=left) == before.document.model_dump(exclude=left)
        assert after.document.sources["claims"].blocked == before.document.sources["claims"].blocked
        assert [str(one.when and one.when.words) for one in meaning.reports(after)] == ["Mon 07:00"]
