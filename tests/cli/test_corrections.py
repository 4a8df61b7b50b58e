"""A correction is filed under the reports that it corrects, and goes to whoever has the former revision, once."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from cli.former import of_newest_period
from cli.workspace import open_workspace
from reports.render.mail import Mail
from sync.store.store import open_store
from tests.cli.program import Ended, vmo
from tests.cli.relay import LEAD, PASSWORD, SPONSOR, Relay
from tests.cli.small_company import SECRETS, Trackers, yesterday

ENV = SECRETS | {"SMTP_PASSWORD": PASSWORD}
ADDED = "added@example.com"


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
    marked = [str(mail["To"]) for mail in relay.mails if str(mail["Subject"]).startswith("Correction: ")]
    assert sorted(marked) == [LEAD, SPONSOR]  # not who never had what is corrected
    assert relay.sent_to == sorted([LEAD, LEAD, SPONSOR, SPONSOR, ADDED])
    assert len({str(mail["Message-ID"]) for mail in relay.mails}) == 5
    assert "-r2-weekly" in dry.out


def test_who_had_no_former_revision_of_a_report_is_told_of_none(home: Path, relay: Relay) -> None:
    change(home, "locales: [en]", "locales: [en, fr]")
    vmo("report", folder=home)
    change(home, "First theme", "The theme that comes first")

    first = vmo("run", "--first-run", folder=home, env=ENV)

    assert edition(first).endswith("-r2/weekly")
    for mail in relay.mails:
        plain, page = (mail.get_body((kind,)) for kind in ("plain", "html"))
        assert plain is not None
        assert page is not None
        assert "Corrected" not in plain.get_content() + page.get_content()
    (french,) = home.glob("vmo-reports/r/small/*-r2/digest.fr.mail.json")
    mail_in_french = Mail.from_json(french.read_text("utf-8"))
    assert "Édition corrigée" in mail_in_french.html
    assert "Édition corrigée" not in mail_in_french.as_first().html + mail_in_french.as_first().text


def test_whoever_still_waits_for_a_revision_that_was_corrected_gets_the_correction_alone(
    home: Path, relay: Relay
) -> None:
    relay.data_replies = ["451 later"]
    vmo("run", "--first-run", folder=home, env=ENV)
    correct(home)

    ended = vmo("run", folder=home, env=ENV)

    assert ended.code == 0, ended
    assert relay.sent_to == [LEAD, SPONSOR]
    assert "Correction: " not in {str(mail["To"]): str(mail["Subject"])[:12] for mail in relay.mails}[LEAD]
    assert "Corrected. Revision 2" in relay.mails[-1].as_string()


def test_a_revision_that_was_corrected_is_not_mailed_again_by_hand(home: Path, relay: Relay) -> None:
    relay.refuses = {LEAD}
    former = edition(vmo("run", "--first-run", folder=home, env=ENV))
    correct(home)

    refused = vmo("mail", "resend", former, LEAD, folder=home, env=ENV)

    assert refused.code != 0
    assert "was corrected and is not mailed any more; `vmo send weekly` mails" in refused.message


def test_a_folder_that_is_moved_and_named_otherwise_loses_no_mail_and_no_correction(
    home: Path, relay: Relay, tmp_path: Path
) -> None:
    relay.data_replies = ["451 later"]
    first = vmo("run", "--first-run", folder=home, env=ENV)
    moved, other_name = home.rename(tmp_path / "moved"), tmp_path / "named-otherwise"
    other_name.symlink_to(moved)

    ended = vmo("run", folder=moved, env=ENV)
    had = list(relay.sent_to)
    holds = vmo("verify", edition(first), folder=other_name)
    corrected = correct(other_name)
    sent = vmo("send", "weekly", folder=moved, env=ENV)

    assert ended.code == 0, ended
    assert sorted(had) == [LEAD, SPONSOR]
    assert holds.code == 0, holds
    assert edition(corrected).endswith("-r2/weekly"), corrected
    assert sent.code == 0, sent
    assert relay.sent_to == sorted([LEAD, LEAD, SPONSOR, SPONSOR])


def test_an_edition_whose_folder_is_gone_is_named_and_its_words_are_never_replaced_under_its_number(
    home: Path, relay: Relay
) -> None:
    first = edition(vmo("run", "--first-run", folder=home, env=ENV))
    name = first.partition("/")[0]
    shutil.rmtree(home / "vmo-reports" / "r" / "small" / name)

    told = vmo("status", folder=home).out
    again = vmo("report", "--report", "weekly", folder=home)
    sent = vmo("send", "weekly", folder=home, env=ENV)
    held, after = vmo("verify", f"{name}-r2", folder=home), vmo("status", folder=home).out

    assert f"{name}: published, and not in {home / 'vmo-reports' / 'r' / 'small'} any more" in told
    assert edition(again) == f"{name}-r2/weekly", again
    assert (sent.code, held.code) == (0, 0), (sent, held)
    assert relay.sent_to == [LEAD, LEAD, SPONSOR, SPONSOR]
    assert "any more" not in after


def test_a_report_that_is_for_others_now_is_sent_to_them_and_what_it_was_is_nobodys(home: Path, relay: Relay) -> None:
    vmo("run", "--first-run", folder=home, env=ENV)
    change(home, "weekly: {", "weekly: {audience: board, ")
    with (home / "vmo.yaml").open("a", encoding="utf-8") as settings:
        settings.write("audiences: {board: {scopes: [{source: shop}]}}\n")

    theirs = vmo("report", "--report", "weekly", folder=home)
    change(home, "First theme", "The theme that comes first")
    everybodys = vmo("report", folder=home)
    sent = vmo("send", "weekly", folder=home, env=ENV)

    assert edition(theirs).endswith("@board/weekly"), theirs
    assert edition(everybodys).endswith("-r2/pages")
    assert "vmo send" not in everybodys.out
    assert sent.code == 0, sent
    assert f"{edition(theirs)} to {SPONSOR}: accepted" in sent.out
    assert relay.sent_to == [LEAD, LEAD, SPONSOR, SPONSOR], "who had it for everybody has it for the board, too"
    assert len({str(mail["Message-ID"]) for mail in relay.mails}) == 4


def test_a_correction_in_another_folder_corrects_no_report(home: Path, relay: Relay, tmp_path: Path) -> None:
    vmo("run", "--first-run", folder=home, env=ENV)
    place = tmp_path / "elsewhere"
    vmo("report", "--out", place, folder=home)

    elsewhere = correct(home, "--out", str(place))
    sent = vmo("send", "weekly", folder=home, env=ENV)

    assert edition(elsewhere).endswith("-r2/pages")
    assert "accepted before, not sent again" in sent.out
    assert len(relay.mails) == 2


def test_what_is_made_in_another_folder_takes_nobodys_place(
    home: Path, relay: Relay, trackers: Trackers, tmp_path: Path
) -> None:
    preview = vmo("report", "--report", "weekly", "--out", tmp_path / "preview", folder=home)
    change(home, "First theme", "The theme that comes first")

    first = vmo("run", "--first-run", folder=home, env=ENV)
    held = [vmo("verify", edition(one), folder=home) for one in (preview, first)]
    (tmp_path / "preview").rename(tmp_path / "moved")
    gone = vmo("verify", edition(preview), folder=home)
    again = [vmo("report", "--out", tmp_path / "preview", folder=home) for _ in range(2)]
    held.append(vmo("verify", edition(again[0]), folder=home))

    assert edition(preview).endswith("/pages")
    assert relay.sent_to == [LEAD, SPONSOR]
    assert [one.code for one in held] == [0, 0, 0], held
    assert gone.message.startswith(
        f"{edition(preview)}: it was made with `--out {tmp_path / 'preview'}`, and is not there"
    )
    assert gone.code == 1
    assert edition(again[0]) != edition(preview), "it says something else"
    assert f"already published, unchanged: {edition(again[0])}:" in again[1].out
    assert edition(first) in vmo("verify", edition(first).partition("/")[0], folder=home).out
    with open_store(f"sqlite:///{home / 'vmo-data' / 'vmo.db'}", now=trackers.wall.now, write=False) as store:
        (weekly,) = store.editions("weekly")
    assert Path(weekly.path).is_relative_to(home), "what is mailed"


@pytest.mark.parametrize("back", ["known-at", "as-of", "backfill", "both"])
def test_what_is_told_in_hindsight_is_mailed_to_nobody_and_takes_nobodys_place(
    back: str, home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    relay.data_replies = ["451 later"]
    vmo("run", "--first-run", folder=home, env=ENV)
    asked = trackers.wall.now()
    trackers.wall.ahead = timedelta(hours=23)
    change(home, "First theme", "The theme that comes first")
    words = {
        "known-at": ("--known-at", asked.isoformat(timespec="seconds")),
        "as-of": ("--as-of", str(yesterday())),
        "backfill": ("--report", "weekly", "--as-of", str(yesterday() - timedelta(weeks=2))),
        "both": ("--as-of", str(yesterday()), "--known-at", asked.isoformat(timespec="seconds")),
    }[back]

    shown = beside(home)
    told = vmo("report", *words, folder=home)
    change(home, "The theme that comes first", "Otherwise")
    otherwise = vmo("report", *words, folder=home)
    unmoved, status = beside(home), vmo("status", folder=home).out
    change(home, "Otherwise", "The theme that comes first")
    with open_workspace(home / "vmo.yaml") as workspace:
        newest = of_newest_period(workspace)
    ended = vmo("run", folder=home, env=ENV)
    sent = vmo("send", "weekly", folder=home, env=ENV)

    assert told.code == 0, told
    assert edition(told).endswith("z/pages")
    assert vmo("verify", edition(told), folder=home).code == 0
    assert unmoved == shown, "latest, archive, feed and former pages"
    looked_back = "".join(path.read_text("utf-8") for path in home.glob("vmo-reports/r/small/*z*/*.html"))
    assert edition(otherwise) == edition(told).replace("/", "-r2/")
    assert "Corrected. Revision" not in looked_back
    assert "superseded" not in looked_back, "what was told by other settings is not wrong"
    assert newest is not None
    assert newest.report == "weekly"
    assert f"Newest edition: {newest.edition_id}," in status
    assert "vmo send" not in told.out
    assert ended.code == 0, ended
    assert sorted(relay.sent_to) == [LEAD, SPONSOR], sent
    assert len({str(mail["Subject"]) for mail in relay.mails}) == 1


def test_a_correction_that_hides_more_quotes_nothing_of_what_it_corrects(home: Path, relay: Relay) -> None:
    change(home, "First theme", "Zanzibarq merger")
    vmo("run", "--first-run", folder=home, env=ENV)
    theme = re.search(r"(\w+): \{name: Zanzibarq merger", (home / "vmo.yaml").read_text("utf-8"))
    assert theme is not None
    with (home / "vmo.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"restricted: {{deal: {{themes: [{theme.group(1)}]}}}}\n")

    corrected = vmo("report", folder=home)
    vmo("send", "weekly", folder=home, env=ENV)

    (folder,) = home.glob("vmo-reports/r/*/*-r2")
    told = {path.name: path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}
    assert edition(corrected).endswith("-r2/weekly"), corrected
    assert not [name for name, text in told.items() if "zanzibarq" in text.lower()]
    assert not [name for name, text in told.items() if f"theme-{theme.group(1)}" in text.lower()]
    assert "corrects revision 1." in told["overview.en.md"]
    assert all("zanzibarq" not in mail.as_string().lower() for mail in relay.mails[2:])


def beside(home: Path) -> dict[Path, bytes]:
    """What is published, but for what looks back."""
    every = home.glob("vmo-reports/r/small/**/*")
    return {path: path.read_bytes() for path in every if path.is_file() and not
            any(re.search(r"[0-9]z(-r2)?$", part) for part in path.parts)}  # fmt: skip


def correct(home: Path, *words: str) -> Ended:
    change(home, "First theme", "The theme that comes first")
    return vmo("report", *words, folder=home)


def change(home: Path, before: str, after: str) -> None:
    path = home / "vmo.yaml"
    path.write_text(path.read_text("utf-8").replace(before, after), encoding="utf-8")


def edition(ended: Ended) -> str:
    """The id of the edition that a command published."""
    return ended.out.partition("published ")[2].partition(":")[0]
