"""Audiences: what is restricted reaches nobody who may not see it, in no byte of what is published, mailed or said."""

from __future__ import annotations

import difflib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cli.narrowing import audience_of
from cli.reading import read_all
from cli.workspace import open_workspace
from connectors.sandbox import azure_devops, azure_site
from connectors.sandbox.jira_site import Field
from connectors.sandbox.loopback import Fault, answer
from tests.cli.program import Ended, vmo
from tests.cli.relay import PASSWORD, a_relay
from tests.cli.secret_deal import RESTRICTED, WORD, Deal, a_secret_deal, synced_with
from tests.cli.small_company import SECRETS, a_folder, small_trackers
from tests.cli.webhooks import a_webhook

NOTE = "customfield_19999"
TEXT_AREA = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"  # asked for only where it is named
AUDIENCES = """
audiences:
  board: {sees: [deal], recipients: [boss@example.com]}
  shop: {scopes: [{source: shop}]}
"""
DELIVERY = """
reports:
  everybody: {{packs: [digest, overview, kickoff], to: [ada@example.com], when: "Mon 07:00"}}
  board: {{packs: [digest, overview], to: [boss@example.com], when: "Mon 07:00", audience: board}}
  shop: {{packs: [overview], when: "Mon 07:00", audience: shop}}
publish:
  base_url: https://vmo.example.com
  chat:
    - {{kind: slack, url: env:ALL_HOOK, allow_insecure: true}}
    - {{kind: teams, url: env:BOARD_HOOK, audience: board, allow_insecure: true}}
mail: {{host: localhost, port: {port}, user: vmo, password: env:SMTP_PASSWORD, from: vmo@example.com, ca_bundle: {ca}}}
"""
EVERY_PACK = ("overview", "kickoff")


@dataclass(frozen=True)
class Told:
    """What went out: editions by the folder of their audience, mails by recipient, messages of each channel."""

    folder: Path
    mails: Mapping[str, list[EmailMessage]]
    everybodys_channel: list[dict[str, Any]]
    boards_channel: list[dict[str, Any]]

    @property
    def root(self) -> Path:
        return self.folder / "vmo-reports" / "r"


@pytest.fixture(scope="module")
def deal() -> Iterator[Deal]:
    with a_secret_deal() as found:
        yield found


@pytest.fixture(scope="module")
def folder(deal: Deal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synced_with(deal, tmp_path_factory.mktemp("deal"))


@pytest.fixture(scope="module")
def told(deal: Deal, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A run of next week; today everybody was told of everything, since nothing was restricted yet."""
    folder = Path(shutil.copytree(folder, tmp_path_factory.mktemp("told") / "portfolio"))
    deal.write(folder, restricted="")
    assert vmo("report", folder=folder).code == 0
    shutil.rmtree(folder / "vmo-reports")  # what was told stays in the store
    deal.trackers.wall.ahead = timedelta(days=8)
    with (
        a_relay(tmp_path_factory.mktemp("authority")) as relay,
        a_webhook() as everybodys,
        a_webhook() as boards,
        mock.patch("cli.clock.now", deal.trackers.wall.now),
    ):
        assert relay.authority is not None
        deal.write(folder, AUDIENCES + DELIVERY.format(port=relay.port, ca=relay.authority.ca_file))
        hooks = {"ALL_HOOK": everybodys.url(), "BOARD_HOOK": boards.url()}
        ended = vmo("run", "--first-run", folder=folder, env=SECRETS | hooks | {"SMTP_PASSWORD": PASSWORD})
        assert ended.code == 0, ended
    deal.trackers.well_again()
    mails: dict[str, list[EmailMessage]] = {}
    for mail in relay.mails:
        mails.setdefault(str(mail["To"]), []).append(mail)
    return Told(
        folder=folder, mails=mails, everybodys_channel=everybodys.received, boards_channel=boards.received
    )  # fmt: skip


def leaks(deal: Deal, root: Path) -> dict[str, list[str]]:
    files = [path for path in root.rglob("*") if path.is_file()]
    assert len(files) > 20
    found = {str(path.relative_to(root)): deal.told_in(path.read_bytes()) for path in files}
    return {name: told for name, told in found.items() if told} | {
        path.name: [path.name] for path in root.rglob("*") if WORD in path.name.casefold()
    }


def test_no_byte_of_an_edition_tells_of_what_its_audience_may_not_see(deal: Deal, told: Told) -> None:
    assert leaks(deal, told.root / "small") == {}
    assert leaks(deal, told.root / "small.shop") == {}


def test_a_notice_of_a_file_that_is_not_read_tells_them_no_more_than_where(
    deal: Deal, folder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(folder, tmp_path / "portfolio"))
    deal.write(folder, AUDIENCES)
    with (folder / "actuals.csv").open("a", encoding="utf-8") as actuals:
        actuals.write("zanzibarq-strem,2026-02,1\n")
    (folder / "decisions.csv").write_text(
        "id,date,meeting,question,decision,owner,due,item\nZANZIBARQ-D2,Zanzibarq day,Board,Zanzibarq buy?,,Boss,,\n"
    )
    yaml = (folder / "vmo.yaml").read_text("utf-8")
    named = "zanzibarq-kpi: {readings: zanzibarq.csv, "
    (folder / "vmo.yaml").write_text(yaml.replace("zanzibarq-kpi: {", named), encoding="utf-8")

    pages = {}
    for audience in ("", "shop", "board"):
        words = ["--audience", audience] if audience else []
        assert vmo("report", "--out", folder / f"for-{audience}", *words, folder=folder).code == 3
        pages[audience] = next(folder.glob(f"for-{audience}/r/*/latest/quality.en.md")).read_text("utf-8")

    assert leaks(deal, folder / "for-") == {}
    assert leaks(deal, folder / "for-shop") == {}
    assert "**actuals.csv is not read.** The mistake is in line 4." in pages["shop"]
    assert "zanzibarq-strem" in pages["board"]


def test_those_who_may_see_it_are_told_of_everything_that_was_planted(told: Told) -> None:
    files = [path for path in (told.root / "small.board" / "latest").rglob("*") if path.is_file()]
    text = b"".join(path.read_bytes() for path in files).decode().casefold()

    planted = (
        "title", "theme", "sponsor", "stream", "owner", "train", "synergies", "rule", "boss", "reason", "objective",
        "result", "benefit", "mixed", "meeting", "go?", "buy?", "note", "ledger", "aim", "person", "crew", "size",
    )  # fmt: skip
    assert [word for word in planted if f"{WORD} {word}" not in text] == []


def test_mails_and_messages_tell_each_audience_of_its_own_edition_alone(deal: Deal, told: Told) -> None:
    parts = {to: [part for mail in mails for part in _parts(mail)] for to, mails in told.mails.items()}
    everybodys, boards = json.dumps(told.everybodys_channel), json.dumps(told.boards_channel)

    assert parts.keys() == {"ada@example.com", "boss@example.com"}
    assert [deal.told_in(part) for part in parts["ada@example.com"] if deal.told_in(part)] == []
    assert any(deal.told_in(part) for part in parts["boss@example.com"])
    assert (len(told.everybodys_channel), len(told.boards_channel)) == (1, 1)
    assert deal.told_in(everybodys.encode()) == []
    assert "https://vmo.example.com/r/small/" in everybodys
    assert "https://vmo.example.com/r/small.board/" in boards
    assert b"https://vmo.example.com/r/small.board/" in b"".join(parts["boss@example.com"])


def test_whoever_is_told_of_a_part_is_told_that_it_is_one_and_nobody_else_is(told: Told) -> None:
    pages = {root: (told.root / root / "latest" / "overview.en.md").read_text("utf-8") for root in
             ("small", "small.board", "small.shop")}  # fmt: skip

    assert "For shop: a part of the portfolio." in pages["small.shop"]
    assert "a part of the portfolio" not in pages["small"] + pages["small.board"]


def test_figures_that_were_told_before_something_was_restricted_are_held_against_nothing(told: Told) -> None:
    page = (told.root / "small" / "latest" / "restatement.en.md").read_text("utf-8")

    assert "figures of closed periods read as they were first told" in page


def test_every_audience_has_an_archive_a_feed_and_a_manifest_of_its_own(told: Told) -> None:
    ids = set()
    for root, audience in (("small", ""), ("small.board", "board"), ("small.shop", "shop")):
        manifest = json.loads((told.root / root / "latest" / "manifest.json").read_text("utf-8"))
        feed, index = ((told.root / root / name).read_text("utf-8") for name in ("feed.en.xml", "index.en.html"))
        assert manifest["audience"] == audience
        assert f"https://vmo.example.com/r/{root}/" in feed
        assert feed.count("<entry>") == 1
        assert len(re.findall('class="edition', index)) <= 1
        ids |= set(re.findall("<id>(.*?)</id>", feed))

    assert len(ids) == 6  # nobody's reader takes the feed or the edition of one audience for that of another


def test_an_edition_for_an_audience_is_made_again_to_the_byte(told: Told) -> None:
    for edition in ("@board/board", "/everybody"):
        (found,) = (one for one in editions(told.folder) if one.endswith(edition) and not one.endswith("pages"))

        ended = vmo("verify", found, folder=told.folder)

        assert (ended.code, ended.out.splitlines()[1:]) == (0, ["it holds"]), ended


def test_a_number_is_explained_as_the_audience_of_its_edition_was_told_it(deal: Deal, told: Told) -> None:
    by_audience = {one.partition("/")[2]: one for one in editions(told.folder)}

    narrow, wide = (
        json.loads(vmo("explain", "flow_load", "--edition", by_audience[one], "--json", folder=told.folder).out)
        for one in ("everybody", "board")
    )
    hidden = vmo("explain", deal.key, "--edition", by_audience["everybody"], folder=told.folder)

    assert deal.told_in(json.dumps(narrow).encode()) == []
    assert deal.told_in(json.dumps(wide).encode())
    assert "none: the audience of this edition may not see it" in hidden.out


def test_an_export_is_of_the_whole_store_unless_it_is_for_an_audience(deal: Deal, told: Told) -> None:
    whole = vmo("export", "items", folder=told.folder)
    narrow = [vmo("export", table, "--audience", "shop", folder=told.folder) for table in ("items", "flow", "metrics")]
    changes = vmo("export", "changes", "--audience", "shop", folder=told.folder)

    assert deal.told_in(whole.out.encode())
    assert [deal.told_in(one.out.encode()) for one in narrow] == [[], [], []]
    assert all(one.code == 0 and "SHOP" in one.out for one in narrow[:2])
    assert (changes.code, changes.out) == (2, "")
    assert "they go to no audience" in changes.message


def test_an_edition_that_would_be_empty_is_refused_with_the_place_to_look_at(deal: Deal, told: Told) -> None:
    deal.write(told.folder, "audiences: {nobody: {scopes: [{label: no-such-label}]}}\n")

    ended = vmo("report", "--audience", "nobody", folder=told.folder)
    unknown = vmo("report", "--audience", "bord", folder=told.folder)
    deal.write(told.folder, restricted="restricted: {all: {match: [{source: shop}, {source: stores}]}}\n")
    everybody = vmo("report", folder=told.folder)

    assert (ended.code, everybody.code) == (1, 1)
    assert ended.message.startswith("vmo.yaml: audiences.nobody: nothing that the store holds is open to it")
    assert everybody.message.startswith("vmo.yaml: restricted: everything that the store holds is restricted")
    assert unknown.message == "there is no audience 'bord' in vmo.yaml; it has nobody"
    assert not (told.root / "small.nobody").exists()


def test_a_field_that_restricts_hides_nothing_before_it_was_read_so_no_edition_is_made(
    deal: Deal, folder: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(folder, tmp_path / "portfolio", ignore=shutil.ignore_patterns("vmo-reports")))
    deal.write(home, restricted="restricted: {f: {match: {source: shop, field: Strategic Theme, is: Merger}}}\n")

    before = vmo("report", folder=home)
    exported = vmo("export", "items", "--audience", "", folder=home)
    synced = vmo("sync", "--source", "shop", folder=home, env=SECRETS)
    after = vmo("export", "items", "--audience", "", folder=home)

    assert (before.code, exported.code) == (1, 1)
    assert "SHOP-1" not in exported.out
    assert before.message == (
        "vmo.yaml: restricted: Strategic Theme of shop says what is restricted, and shop was not read whole since; "
        "run `vmo sync --source shop` first"
    )
    assert (synced.code, after.code) == (0, 0), (synced, after)
    assert "SHOP-1" in after.out


def test_a_restriction_that_is_put_back_shows_nothing_that_was_read_without_its_field(tmp_path: Path) -> None:
    rule = "\nrestricted: {f: {match: {source: shop, field: Secret note, is: Merger}}}\n"
    with small_trackers() as trackers:
        site = trackers.jira.site
        site.fields[NOTE] = Field(id=NOTE, name="Secret note", type="string", custom=TEXT_AREA)
        secret = list(site.issues.values())[:3]
        for issue in secret:
            issue.values[NOTE] = "Merger"
        home = a_folder(tmp_path / "home", trackers)
        plain = (home / "vmo.yaml").read_text(encoding="utf-8")

        def told(settings: str, *, syncs: bool = True) -> tuple[int, int, bool]:
            (home / "vmo.yaml").write_text(settings, encoding="utf-8")
            synced = vmo("sync", "--source", "shop", folder=home, env=SECRETS).code if syncs else 0
            ended = vmo("export", "items", "--audience", "", folder=home)
            return synced, ended.code, any(f"{issue.key}," in ended.out for issue in secret)

        restricted = told(plain + rule)
        for issue in secret:
            site.retitle(issue, f"Edited {issue.key}", int(trackers.wall.now().timestamp() * 1000))
        opened = told(plain)
        trackers.jira.faults.append(Fault(path="/search/jql$", skip=0, times=None, response=answer({}, status=503)))
        put_back = told(plain + rule, syncs=False), told(plain + rule)
        trackers.well_again()
        site.hidden.add(secret[0].id)  # read last without the field
        read_again = told(plain + rule)
        site.hidden.clear()
        shown_again = told(plain + rule)
        site.fields[NOTE] = Field(id=NOTE, name="Secret remark", type="string", custom=TEXT_AREA)
        for issue in secret:
            site.retitle(issue, f"Edited again {issue.key}", int(trackers.wall.now().timestamp() * 1000))
        renamed = told(plain + rule.replace("source: shop, ", ""))  # what was held by then is told as it was
        del site.fields[NOTE]
        gone = told(plain + rule.replace("source: shop, ", ""))
        refused = vmo("export", "items", "--audience", "", folder=home).message

    assert (restricted, opened) == ((0, 0, False), (0, 0, True))
    assert put_back == ((0, 1, False), (1, 1, False))  # also after a sync that failed
    assert (read_again, shown_again) == ((0, 0, False), (0, 0, False))
    assert (renamed, gone) == ((1, 0, False), (0, 1, False))
    assert refused == (
        "vmo.yaml: restricted: Secret note of shop says what is restricted, and no item of shop is asked for it: it is "
        "there no more, or holds long texts or persons; name another field, or the `source` that has it"
    )


def test_a_field_that_no_source_ever_had_restricts_nothing_so_nothing_is_told(
    deal: Deal, folder: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(folder, tmp_path / "portfolio", ignore=shutil.ignore_patterns("vmo-reports")))
    deal.write(home, restricted="restricted: {f: {match: {field: Secresy, is: Merger}}}\n")

    synced = vmo("sync", folder=home, env=SECRETS)
    ended = vmo("export", "items", "--audience", "", folder=home)

    assert (synced.code, ended.code) == (0, 1)
    assert ended.message == (
        "vmo.yaml: restricted: Secresy says what is restricted, and no source has such a field, or ever had; "
        "name it as a tracker shows it"
    )


@pytest.mark.parametrize(
    ("meanwhile", "codes"),
    [
        pytest.param([], [1, 0], id="and is named within the day"),  # until all is read once more, nobody is told
        # each tells again, now with the field, what the first one read without it
        pytest.param([(3, ()), (26, ()), (26, ("--full",))], [0, 0], id="and is named after all was told again"),
    ],
)
def test_a_field_that_is_made_at_azure_devops_hides_what_it_says_and_no_more_once_all_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: list[tuple[int, tuple[str, ...]]], codes: list[int]
) -> None:
    with small_trackers() as trackers, mock.patch("cli.clock.now", trackers.wall.now):
        home = a_folder(tmp_path / "home", trackers)
        settings = home / "vmo.yaml"
        vmo("sync", "--source", "stores", folder=home, env=SECRETS)
        monkeypatch.setattr(azure_devops, "FIELDS", (*azure_site.FIELDS, ("Custom.Secrecy", "Secrecy", "string")))
        parents = {item.parent for item in trackers.azure.site.items.values()}
        leaves = [item for number, item in trackers.azure.site.items.items() if number not in parents]
        trackers.wall.ahead = timedelta(hours=1)
        for item in leaves[:2]:
            trackers.azure.site.save(item, int(trackers.wall.now().timestamp() * 1000), {"Custom.Secrecy": "Secret"})
        for hours, how in meanwhile:
            trackers.wall.ahead = timedelta(hours=hours)
            assert vmo("sync", "--source", "stores", *how, folder=home, env=SECRETS).code == 0
        rule = "\nrestricted: {f: {match: {source: stores, field: Secrecy, is: Secret}}}\n"
        settings.write_text(settings.read_text(encoding="utf-8") + rule, encoding="utf-8")
        told = []
        for _ in range(2):
            vmo("sync", "--source", "stores", folder=home, env=SECRETS)
            told.append(vmo("export", "items", "--audience", "", folder=home))
        everything = vmo("export", "items", folder=home)

    assert [one.code for one in told] == codes
    assert told[0].code == 0 or told[0].message.endswith("--source stores` once more, which reads all of it")
    hidden = {f"AB#{item.id}" for item in leaves[:2]}
    assert {key for key in re.findall(r"AB#\d+", everything.out) if key not in told[1].out} == hidden


def test_a_field_that_is_never_asked_for_restricts_nothing_so_nothing_is_told(
    deal: Deal, folder: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(folder, tmp_path / "portfolio", ignore=shutil.ignore_patterns("vmo-reports")))
    deal.write(home, restricted="restricted: {f: {match: {source: stores, field: Description, is: Merger}}}\n")

    synced = vmo("sync", "--source", "stores", folder=home, env=SECRETS)
    ended = vmo("export", "items", "--audience", "", folder=home)

    assert (synced.code, ended.code) == (0, 1)
    assert "Description of stores says what is restricted, and no item of stores is asked for it" in ended.message


def test_a_field_that_restricts_is_not_taken_as_read_of_a_project_that_may_lack_it(
    deal: Deal, folder: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(folder, tmp_path / "portfolio", ignore=shutil.ignore_patterns("vmo-reports")))
    match = "{source: shop, field: Strategic theme, is: Customers who come back}"
    deal.write(home, restricted=f"restricted: {{f: {{match: {match}}}}}\n")
    projects = {project.key: str(number) for number, project in deal.trackers.jira.site.projects.items()}

    def with_refused(key: str) -> tuple[int, Ended]:
        """What a sync and an export come to while everything that names the project is refused."""
        forbidden = answer({"errorMessages": ["not for you"]}, status=403)
        deal.trackers.jira.intercept = lambda asked: (
            forbidden if asked.method == "POST" and projects[key] in str(asked.json().get("jql")) else None
        )
        synced = vmo("sync", "--source", "shop", folder=home, env=SECRETS)
        return synced.code, vmo("export", "items", "--audience", "", folder=home)

    of_the_deals, told_nothing = with_refused(deal.key.partition("-")[0])
    of_an_empty_one, told = with_refused("LOY")
    deal.trackers.well_again()

    assert (of_the_deals, told_nothing.code) == (3, 0)  # its items are hidden, each for itself
    assert deal.key not in told_nothing.out
    assert (of_an_empty_one, told.code) == (3, 0), told
    assert f'{deal.key}"' not in told.out and f"{deal.key}," not in told.out
    assert deal.open_key in told.out


def test_an_edition_is_not_mailed_to_those_for_whom_it_was_not_made(deal: Deal, told: Told) -> None:
    more = DELIVERY.format(port=1, ca="ca.pem").replace("audience: board}", "audience: shop}")
    deal.write(told.folder, AUDIENCES + more)

    ended = vmo("send", "board", "--dry-run", folder=told.folder)
    more = DELIVERY.format(port=1, ca="ca.pem")
    deal.write(told.folder, AUDIENCES + more, restricted=RESTRICTED.replace("zanzibarq-label", "zanzibarq-tag"))
    before = vmo("send", "everybody", "--dry-run", folder=told.folder)

    assert (ended.code, before.code) == (1, 1)
    assert "was made for the audience board, and reports.board is for the audience shop now" in ended.message
    assert "was made for everybody, and what they may see has changed since" in before.message
    assert not (told.folder / "vmo-mails").exists()


def test_what_was_restricted_since_stays_out_of_what_is_told_anew(deal: Deal, told: Told) -> None:
    deal.trackers.wall.ahead = timedelta(days=9)
    site, now = deal.trackers.jira.site, deal.trackers.wall.now()
    (epic,) = (one for one in site.issues.values() if one.key == deal.open_key)
    site.relabel(epic, ("late",), int(now.timestamp() * 1000) - 60_000)
    late = "  late: {match: [{label: late}]}\n"
    deal.write(told.folder, AUDIENCES, restricted=RESTRICTED + late)
    with mock.patch("cli.clock.now", lambda: now):
        assert vmo("sync", "--source", "shop", folder=told.folder, env=SECRETS).code == 0
    deal.trackers.well_again()

    with open_workspace(told.folder / "vmo.yaml") as workspace:
        everybody, then = audience_of(workspace.settings, None), now - timedelta(hours=23)
        whole = read_all(workspace, now=now, known_at=then)
        open_to_all = read_all(workspace, now=now, known_at=then, audience=everybody)
        as_published = read_all(workspace, now=now, known_at=then, files_at=then, audience=everybody)

    (as_known,) = (one for one in whole.held if one.item.key == deal.open_key)
    assert "late" not in as_known.item.labels
    assert deal.open_key not in {one.item.key for one in open_to_all.held}
    assert deal.open_key in {one.item.key for one in as_published.held}


def editions(folder: Path) -> list[str]:
    return [one["edition"] for one in json.loads(vmo("status", "--json", folder=folder).out)["editions"]]


def _parts(mail: EmailMessage) -> list[bytes]:
    """The headers and every part, decoded."""
    head = "\n".join(f"{name}: {value}" for name, value in mail.items()).encode()
    payloads = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
    return [head, *(one for one in payloads if isinstance(one, bytes))]


def forget(folder: Path, deal: Deal) -> None:
    """Make the store one that never held the items of the deal, nor a link that leads to one of them."""
    with sqlite3.connect(folder / "vmo-data" / "vmo.db") as store:
        marks = ", ".join("?" * len(deal.hidden))
        ids = store.execute(
            f"select source, external_id, key from items where key in ({marks})", deal.hidden
        ).fetchall()
        assert len(ids) == len(deal.hidden)
        names = {source: {name for where, *both in ids if where == source for name in both} for source, _, _ in ids}
        for (table,) in store.execute("select name from sqlite_master where type = 'table'").fetchall():
            columns = {row[1] for row in store.execute(f"pragma table_info({table})")}
            if {"source", "external_id"} <= columns:
                store.executemany(
                    f"delete from {table} where source = ? and external_id = ?", [(source, id) for source, id, _ in ids]
                )
        for source in names:
            lost = sum(where == source for where, _, _ in ids)
            store.execute("update source_states set declared = declared - ? where source = ?", (lost, source))
        store.execute("delete from journeys")  # they are traced anew, without what blocked them
        for source, external_id, links in store.execute("select source, external_id, links from items").fetchall():
            kept = [one for one in json.loads(links) if names[source].isdisjoint(map(str, one))]
            store.execute(
                "update items set links = ? where source = ? and external_id = ?",
                (json.dumps(kept), source, external_id),
            )
        for source, told in names.items():
            for name in sorted(told):
                store.execute(
                    "delete from changes where source = ? and field = 'links' and ? in (from_id, to_id)", (source, name)
                )
                for table in ("link_words", "item_links"):
                    store.execute(f"delete from {table} where source = ? and ? in (from_id, to_id)", (source, name))


NO_MONEY = (  # whoever sees a part is told that it is elsewhere, and not that somebody should write it down
    "No budget and no cost", "Nobody has told of a budget", "**The money is not", "**There is no money",
    "**What the year", "Cette édition ne donne", "Personne n’a encore dit", "**L’argent n’est pas",
    "**Il n’y a pas d’argent", "**On ne sait",
)  # fmt: skip


def said(root: Path) -> dict[str, list[str]]:
    """The lines of an edition by file, but for records of our own doing, digests of settings, and why money lacks."""
    found = {}
    for path in sorted((root / "latest").rglob("*")):
        if path.suffix in (".md", ".csv", ".json") and "audit" not in path.name and path.name != "manifest.json":
            text = path.read_text("utf-8")
            text = json.loads(text)["text"] if path.suffix == ".json" else text
            lines = re.sub(r"\b[0-9a-f]{16}\b", "DIGEST", text).splitlines()
            found[path.name] = [one for one in lines if not one.removeprefix("## ").startswith(NO_MONEY)]
    return found


def test_an_edition_for_an_audience_is_that_of_a_store_that_never_held_the_rest(
    deal: Deal, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = deal.trackers.wall.now()
    monkeypatch.setattr("cli.clock.now", lambda: now)
    narrow = Path(shutil.copytree(folder, tmp_path / "narrow", ignore=shutil.ignore_patterns("vmo-reports")))
    without = Path(shutil.copytree(narrow, tmp_path / "without"))
    deal.write(narrow, AUDIENCES)
    deal.write_without(without)
    forget(without, deal)

    for one in (narrow, without):
        ended = vmo("report", *EVERY_PACK, folder=one)
        assert ended.code == 0, ended

    is_told, would_be = (said(one / "vmo-reports" / "r" / "small") for one in (narrow, without))
    assert is_told.keys() == would_be.keys()
    for name, lines in would_be.items():
        assert list(difflib.unified_diff(lines, is_told[name], name, n=0)) == []
