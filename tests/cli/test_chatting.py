"""Channels of Teams and Slack hear of each edition once, and cost nobody the edition when they fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.workspace import open_workspace
from tests.cli.program import Ended, vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder
from tests.cli.webhooks import Webhook, a_webhook

REPORTS = """
reports:
  weekly: {packs: [digest], locale: en, when: "Mon 07:00"}
  monthly: {packs: [overview], locale: fr, when: "Mon 07:00"}
publish:
  base_url: https://vmo.example.com
  chat:
    - {kind: slack, url: env:HOOK, allow_insecure: true}
    - {kind: teams, url: env:HOOK, locale: fr, allow_insecure: true}
"""
CHANNEL = "[{kind: slack, url: env:HOOK, allow_insecure: true}]"


def test_each_channel_hears_once_of_an_edition_in_its_language_though_two_reports_are_made_of_it(
    trackers: Trackers, tmp_path: Path
) -> None:
    with a_webhook() as webhook:
        folder = a_folder(tmp_path, trackers, REPORTS)

        first = _run(folder, webhook, "--first-run")
        again = _run(folder, webhook)

    assert (first.code, again.code) == (0, 0), first
    slack, teams = sorted(map(str, webhook.received), key=lambda said: "AdaptiveCard" in said)
    assert len(webhook.received) == 2
    assert "Edition 20" in slack
    assert "Édition 20" in teams
    assert "https://vmo.example.com/r/small/" in slack
    assert "accepted" in first.out + first.err
    for said in (first, again):
        assert "canary" not in said.out + said.err


def test_a_channel_that_fails_is_said_and_tried_again_and_the_edition_is_there(
    trackers: Trackers, tmp_path: Path
) -> None:
    with a_webhook() as webhook:
        folder = a_folder(tmp_path, trackers, REPORTS)
        webhook.answers = [503, 404, 503]

        first = _run(folder, webhook, "--first-run")
        told = len(webhook.received)
        again = _run(folder, webhook)

    assert first.code == 0
    assert list((folder / "vmo-reports/r/small/latest").glob("overview.en.html"))
    assert "the webhook answers 503" in first.out + first.err
    assert "the webhook refuses the message (404)" in first.out + first.err
    assert told == 4  # two reports tell Slack of the edition, and what was put off is tried once more after them
    assert again.code == 0
    assert len(webhook.received) == told  # whom it could not tell at all, and who has heard of it, hears no more


def test_a_missing_webhook_is_said_and_the_edition_is_there(trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, trackers, REPORTS)

    ended = vmo("run", "--first-run", folder=folder, env=SECRETS)

    assert ended.code == 0
    assert "the environment has no HOOK" in ended.out + ended.err
    assert list((folder / "vmo-reports/r/small/latest").glob("overview.en.html"))


@pytest.mark.parametrize(
    ("said", "instead", "why"),
    [
        pytest.param(CHANNEL, "[]", "no longer asked for", id="channel gone"),
        pytest.param("kind: slack,", "kind: slack, audience: board,", "no longer asked for", id="for others now"),
        pytest.param(
            "reports:",
            "restricted: {deal: {match: [{label: zanzibarq}]}}\nreports:",
            "what its readers may see has changed",
            id="restricted since",
        ),
    ],
)
def test_a_channel_that_is_not_told_what_was_put_off_is_written_down_with_the_reason(
    trackers: Trackers, tmp_path: Path, said: str, instead: str, why: str
) -> None:
    audiences = "audiences: {board: {scopes: [{source: shop}]}}\n"
    settings = f"{REPORTS.partition('  chat:')[0]}  chat: {CHANNEL}\n{audiences}"
    with a_webhook() as webhook:
        folder = a_folder(tmp_path, trackers, settings)
        webhook.answers = [503] * 4
        _run(folder, webhook, "--first-run")
        webhook.answers, told = [], len(webhook.received)
        a_folder(tmp_path, trackers, settings.replace(said, instead))

        again = _run(folder, webhook)

    assert again.code == 0, again
    assert len(webhook.received) == told
    with open_workspace(folder / "vmo.yaml") as workspace:
        assert {(one.state, one.reply) for one in workspace.store.mails()} == {("superseded", why)}


@pytest.mark.parametrize("url", ["https://hooks.slack.com/services/T00/B00/canary", "hooks.slack.com/canary"])
def test_a_webhook_written_into_the_settings_is_refused_and_not_repeated(
    trackers: Trackers, tmp_path: Path, url: str
) -> None:
    folder = a_folder(tmp_path, trackers, f"publish: {{chat: [{{kind: slack, url: '{url}'}}]}}\n")

    ended = vmo("check", folder=folder, env=SECRETS)

    assert ended.code != 0
    assert "a secret must not be written here" in ended.out + ended.err
    assert "canary" not in ended.out + ended.err


def _run(folder: Path, webhook: Webhook, *more: str) -> Ended:
    return vmo("run", *more, folder=folder, env=SECRETS | {"HOOK": webhook.url()})
