"""A correction is filed under the reports that it corrects, and goes to whoever has the former revision, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Ended, vmo
from tests.cli.relay import PASSWORD, Relay, a_relay
from tests.cli.small_company import SECRETS

ENV = SECRETS | {"SMTP_PASSWORD": PASSWORD}
LEAD, SPONSOR, ADDED = "lead@example.com", "sponsor@example.com", "added@example.com"


@pytest.fixture(scope="module")
def authority_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture
def relay(authority_folder: Path) -> Iterator[Relay]:
    with a_relay(authority_folder) as relay:
        yield relay


@pytest.fixture
def home(synced: Path, relay: Relay) -> Path:
    """A synced store with a weekly report for two people; one language, to be quick."""
    path = synced / "vmo.yaml"
    text = path.read_text("utf-8").replace("locales: [en, fr]", "locales: [en]")
    path.write_text(text + relay.settings(LEAD, SPONSOR), encoding="utf-8")
    return synced


def test_a_correction_by_hand_is_mailed_to_those_who_have_the_former_revision_and_only_once(
    home: Path, relay: Relay
) -> None:
    vmo("run", "--first-run", folder=home, env=ENV)
    corrected = correct(home)
    change(home, SPONSOR, f"{SPONSOR}, {ADDED}")

    first = vmo("send", "weekly", folder=home, env=ENV)
    again = vmo("send", "weekly", folder=home, env=ENV)
    dry = vmo("send", "weekly", "--dry-run", folder=home, env=ENV)
    holds = vmo("verify", edition(corrected), folder=home)

    assert edition(corrected).endswith("-r2/weekly"), corrected
    assert "`vmo send weekly` mails it to them" in corrected.out
    assert [one.code for one in (first, again, dry, holds)] == [0, 0, 0, 0], (first, again, dry, holds)
    assert [str(mail["Subject"]).startswith("Correction: ") for mail in relay.mails] == [False] * 2 + [True] * 3
    assert relay.sent_to == sorted([LEAD, LEAD, SPONSOR, SPONSOR, ADDED])
    assert len({str(mail["Message-ID"]) for mail in relay.mails}) == 5
    assert "-r2-weekly" in dry.out


def test_whoever_still_waits_for_a_revision_that_was_corrected_gets_the_correction_alone(
    home: Path, relay: Relay
) -> None:
    relay.data_replies = ["451 later"]
    vmo("run", "--first-run", folder=home, env=ENV)
    correct(home)

    ended = vmo("run", folder=home, env=ENV)

    assert ended.code == 0, ended
    assert relay.sent_to == [LEAD, SPONSOR]
    assert {str(mail["To"]): str(mail["Subject"])[:12] for mail in relay.mails}[LEAD] == "Correction: "


def test_a_revision_that_was_corrected_is_not_mailed_again_by_hand(home: Path, relay: Relay) -> None:
    relay.refuses = {LEAD}
    former = edition(vmo("run", "--first-run", folder=home, env=ENV))
    correct(home)

    refused = vmo("mail", "resend", former, LEAD, folder=home, env=ENV)

    assert refused.code != 0
    assert "was corrected and is not mailed any more; `vmo send weekly` mails" in refused.message


def test_a_correction_in_another_folder_corrects_no_report(home: Path, relay: Relay, tmp_path: Path) -> None:
    vmo("run", "--first-run", folder=home, env=ENV)
    place = tmp_path / "elsewhere"
    vmo("report", "--out", place, folder=home)

    elsewhere = correct(home, "--out", str(place))
    sent = vmo("send", "weekly", folder=home, env=ENV)

    assert edition(elsewhere).endswith("-r2/pages")
    assert "accepted before, not sent again" in sent.out
    assert len(relay.mails) == 2


def correct(home: Path, *words: str) -> Ended:
    change(home, "First theme", "The theme that comes first")
    return vmo("report", *words, folder=home)


def change(home: Path, before: str, after: str) -> None:
    path = home / "vmo.yaml"
    path.write_text(path.read_text("utf-8").replace(before, after), encoding="utf-8")


def edition(ended: Ended) -> str:
    """The id of the edition that a command published."""
    return ended.out.partition("published ")[2].partition(":")[0]
