"""What a reader learns when a project can no longer be read, and when nothing is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.outcome import ExitCode
from connectors.sandbox.jira_site import Person
from connectors.sandbox.loopback import Fault, RecordedRequest, Response, answer
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder, small_trackers
from tests.faults.catalogue import case

TOLD = {
    "en": r"Project SUP of Jira \( ?shop ?\) has not been readable since \w+ \d+ \w+ \d{4}, \d\d:\d\d",
    "fr": r"Le projet SUP de Jira \( ?shop ?\) n’est plus lisible depuis le \w+ (?:1er|\d+) \w+ \d{4}, \d+ h \d\d",
}


@pytest.fixture
def trackers() -> Iterator[Trackers]:
    with small_trackers() as made:
        yield made


@contextmanager
def hidden(trackers: Trackers) -> Iterator[None]:
    """Nearly everything that Jira holds is in a project that it shows no more."""
    site = trackers.jira.site
    (number,) = (each for each, project in site.projects.items() if project.key == "SUP")
    site.hidden |= {issue.id for issue in site.issues.values() if issue.project_id == number}
    project = site.projects.pop(number)
    yield
    site.hidden.clear()
    site.projects[number] = project


def pages(folder: Path) -> dict[str, str]:
    """The words of each page published last, by its name."""
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("vmo-reports/**/latest/*.html")}
    return {name: re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", told)) for name, told in found.items()}


@case("A06")
def test_a_project_that_is_no_longer_shown_is_told_on_every_page_and_in_the_mail(
    trackers: Trackers, tmp_path: Path
) -> None:
    folder = a_folder(tmp_path / "portfolio", trackers)
    assert vmo("sync", folder=folder, env=SECRETS).code == ExitCode.DONE
    with hidden(trackers):
        synced = vmo("sync", folder=folder, env=SECRETS)
        assert vmo("report", folder=folder, env=SECRETS).code == ExitCode.DONE
        told, status = pages(folder), vmo("status", folder=folder)

    restored = vmo("sync", folder=folder, env=SECRETS)
    vmo("report", folder=folder, env=SECRETS)

    assert synced.code == ExitCode.PARTLY
    assert "shop: project SUP is no longer shown to us; its 27 items stay as last known; check" in synced.out
    assert "cannot be read: project SUP since " in status.out and status.code == ExitCode.PARTLY
    for name, page in told.items():
        assert re.search(TOLD[name.split(".")[1]], page), name
    assert "Project SUP ( shop ) has not been readable since" in told["digest.en.html"]
    assert "Nothing crossed a threshold" not in told["digest.en.html"]
    assert "One project cannot be read" in told["quality.en.html"]
    assert restored.code == ExitCode.DONE
    now = {
        name: re.sub(r"The headline was “.*?”|Le titre était « .*? »", "", page) for name, page in pages(folder).items()
    }
    assert not [name for name, page in now.items() if re.search("not been readable|plus lisible", page)]


@case("A05")
def test_check_and_discover_go_around_a_project_that_refuses_and_name_it(trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "portfolio", trackers)
    (number,) = (each for each, project in trackers.jira.site.projects.items() if project.key == "SUP")
    forbidden = answer({"errorMessages": ["not for you"]}, status=403)
    trackers.jira.intercept = lambda asked: (
        forbidden if asked.method == "POST" and str(number) in str(asked.json().get("jql")) else None
    )

    checked = vmo("check", folder=folder, env=SECRETS)
    discovered = vmo("discover", folder=folder, env=SECRETS)

    words = "project SUP is shown to us, and the tracker refuses to let us read it: nothing of it is read; check that"
    assert checked.code == ExitCode.FAILED
    assert f"FAILED   shop: {words}" in checked.out
    assert re.search(r"shop: sees 2 items in \d projects: [^\n]*SHOP about 2", checked.out)
    assert "shop: histories can be read" in checked.out
    assert (discovered.code, f"    # {words}" in discovered.out) == (ExitCode.PARTLY, True)
    assert "shop" in discovered.out and "stores" in discovered.out


def test_check_and_discover_go_on_to_the_other_sources_after_an_answer_of_no_known_shape(
    trackers: Trackers, tmp_path: Path
) -> None:
    folder = a_folder(tmp_path / "portfolio", trackers)

    def without_ids(_: RecordedRequest, response: Response) -> Response:
        told = response.json()
        return response.with_json(told | {"values": [{"key": each["key"]} for each in told["values"]]})

    trackers.jira.faults.append(Fault(path="/project/search$", times=None, alter=without_ids))

    checked = vmo("check", folder=folder, env=SECRETS)
    discovered = vmo("discover", folder=folder, env=SECRETS)

    assert checked.code == ExitCode.FAILED
    assert "FAILED   shop: an answer of no known shape (KeyError)" in checked.out
    assert re.search(r"ok       stores: .*\n", checked.out) and "vmo.db" in checked.out
    assert discovered.code == ExitCode.PARTLY
    assert "shop: an answer of no known shape (KeyError)" in discovered.out
    assert "stores:" in discovered.out


@case("A12")
def test_check_says_of_another_account_and_of_a_project_with_another_name_what_a_sync_says(
    trackers: Trackers, tmp_path: Path
) -> None:
    scope = "    token: env:JT\n    scope: project in (SHOP, SUP)\n"
    folder = a_folder(tmp_path / "portfolio", trackers)
    settings, site = folder / "vmo.yaml", trackers.jira.site
    settings.write_text(settings.read_text(encoding="utf-8").replace("    token: env:JT\n", scope), "utf-8")
    vmo("sync", folder=folder, env=SECRETS)
    (project,) = (one for one in site.projects.values() if one.key == "SUP")
    project.key = "SUPPLY"

    renamed, told = (vmo(word, folder=folder, env=SECRETS) for word in ("check", "sync"))
    site.owner = Person("5f00000000000000000000bb", "Somebody else")
    other, refused = (vmo(word, folder=folder, env=SECRETS) for word in ("check", "sync"))

    words = "project SUP is called SUPPLY now; its 27 items stay as last known; write it in the settings"
    assert f"warning  shop: {words}" in renamed.out and words in told.out
    assert "does not see it" not in renamed.out
    words = "shop: the token now belongs to Somebody else, not to the account of the last sync"
    assert f"FAILED   {words}" in other.out and words in refused.out
    assert "as Somebody else" not in other.out
    assert (other.code, "ok       stores: " in other.out) == (ExitCode.FAILED, True)


@case("A06")
@pytest.mark.parametrize("purpose", ["archived", "taken out of the settings", "taken out and hidden"])
def test_a_project_that_was_given_up_on_purpose_raises_no_alarm(
    trackers: Trackers, tmp_path: Path, purpose: str
) -> None:
    folder = a_folder(tmp_path / "portfolio", trackers)
    settings = folder / "vmo.yaml"
    vmo("sync", folder=folder, env=SECRETS)
    if purpose == "archived":
        (project,) = (one for one in trackers.jira.site.projects.values() if one.key == "SUP")
        project.archived = True
    else:
        scope = "    token: env:JT\n    scope: project = SHOP\n"
        settings.write_text(settings.read_text(encoding="utf-8").replace("    token: env:JT\n", scope), "utf-8")

    if purpose == "taken out and hidden":
        with hidden(trackers):
            synced = vmo("sync", folder=folder, env=SECRETS)
    else:
        synced = vmo("sync", folder=folder, env=SECRETS)

    assert synced.code == ExitCode.DONE, synced.out
    assert "no longer shown" not in synced.out


@case("A06")
def test_a_project_that_is_misspelt_in_the_settings_is_told_in_the_status_with_what_to_do(
    trackers: Trackers, tmp_path: Path
) -> None:
    folder = a_folder(tmp_path / "portfolio", trackers)
    settings = folder / "vmo.yaml"
    vmo("sync", folder=folder, env=SECRETS)
    scope = "    token: env:JT\n    scope: project in (SHOP, SUPP)\n"
    settings.write_text(settings.read_text(encoding="utf-8").replace("    token: env:JT\n", scope), "utf-8")

    synced = vmo("sync", "--sweep", folder=folder, env=SECRETS)
    status = vmo("status", folder=folder)

    assert (synced.code, status.code) == (ExitCode.PARTLY, ExitCode.PARTLY)
    assert "not read: project SUP since " in status.out
    assert "its 27 items stay as last known; write it in the settings as it is called now" in status.out
    assert "cannot be read: project SUPP since " in status.out
    assert "removed, with" not in status.out
