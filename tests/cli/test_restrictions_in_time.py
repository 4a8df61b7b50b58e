"""What a field restricts stays hidden, whatever it was called when it was read, and however often settings change."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from connectors.sandbox import azure_devops, azure_site
from connectors.sandbox.azure_site import WorkItem
from connectors.sandbox.jira_site import Field, Issue
from connectors.sandbox.loopback import Fault, RecordedRequest, Response
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder, small_trackers

TEXT = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"
FIRST, SECOND = "customfield_19001", "customfield_19002"
MORE = "g: {{match: {{source: {source}, field: {field}, is: Nowhere}}}}, "  # a rule that restricts nothing


@dataclass
class House:
    """A folder of one of the trackers' sources. `source`: shop (Jira) or stores (Azure DevOps)."""

    trackers: Trackers
    folder: Path
    source: str
    plain: str

    def after(self, **time: float) -> None:
        self.trackers.wall.ahead = timedelta(**time)

    def millis(self) -> int:
        return int(self.trackers.wall.now().timestamp() * 1000)

    def rule(
        self, field: str = "Secrecy", *, says: str = "Secret", and_one_by: str = "", of: str | None = None
    ) -> None:
        """Restrict what says Secret in a field; `of`: of this source, "" of every one."""
        more = MORE.format(source=self.source, field=and_one_by) if and_one_by else ""
        where = f"source: {self.source}, " if of is None else of
        text = f"\nrestricted: {{{more}f: {{match: {{{where}field: {field}, is: '{says}'}}}}}}\n"
        (self.folder / "vmo.yaml").write_text(self.plain + text, encoding="utf-8")

    def sync(self, *how: str) -> None:
        vmo("sync", "--source", self.source, *how, folder=self.folder, env=SECRETS)

    def told(self, *keys: str) -> list[str]:
        """Which of these everybody is told of once a sync, or one more that it asks for, has come to its end."""
        ended = vmo("export", "items", "--audience", "", folder=self.folder)
        if ended.code:
            assert "once more, which reads all of it" in ended.message
            self.sync()
            ended = vmo("export", "items", "--audience", "", folder=self.folder)
        assert ended.code == 0, ended
        return [key for key in keys if re.search(rf"{key}(?!\d)", ended.out)]

    def kept(self, query: str) -> list[Any]:
        """What the store says."""
        with closing(sqlite3.connect(self.folder / "vmo-data" / "vmo.db")) as store, store:
            return store.execute(query).fetchall()

    def last_whole_walk(self) -> list[Any]:
        return self.kept(f"SELECT full_at FROM source_states WHERE source = '{self.source}'")

    def at_azure(self, monkeypatch: pytest.MonkeyPatch, **fields: str) -> None:
        """The collection's own fields, by the word after Custom., with the name that people see."""
        own = [(f"Custom.{name}", shown, "string") for name, shown in fields.items()]
        monkeypatch.setattr(azure_devops, "FIELDS", (*azure_site.FIELDS, *own))

    def leaves(self, count: int) -> list[WorkItem]:
        site = self.trackers.azure.site
        parents = {item.parent for item in site.items.values()}
        return [item for number, item in site.items.items() if number not in parents][:count]

    def save(self, item: WorkItem, **fields: str) -> str:
        """Save an item of Azure DevOps with these fields; its key."""
        named = {f"Custom.{name}": value for name, value in fields.items()}
        self.trackers.azure.site.save(item, self.millis(), named)
        return f"AB#{item.id}"

    def at_jira(self, **names: str) -> Issue:
        """The last issue; the site has these custom fields, and it bears Secret in the first."""
        site = self.trackers.jira.site
        for id, name in names.items():
            site.fields[id] = Field(id=id, name=name, type="string", custom=TEXT)
        issue = list(site.issues.values())[-1]
        issue.values[FIRST] = "Secret"
        return issue


@contextmanager
def a_house(place: Path, source: str) -> Iterator[House]:
    with small_trackers() as trackers, mock.patch("cli.clock.now", trackers.wall.now):
        folder = a_folder(place / "home", trackers)
        yield House(trackers, folder, source, (folder / "vmo.yaml").read_text(encoding="utf-8"))


def test_a_field_of_azure_devops_that_was_called_otherwise_before_a_rule_named_it_hides_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_house(tmp_path, "stores") as house:
        house.at_azure(monkeypatch, Foo="Foo")
        key = house.save(house.leaves(1)[0], Foo="Secret")
        house.sync()
        house.after(days=3)
        house.at_azure(monkeypatch, Foo="Secrecy")
        house.sync()
        house.after(days=6)
        house.rule()
        house.sync()

        assert house.told(key) == []


def test_a_renamed_field_of_azure_devops_still_hides_what_it_says_when_another_rule_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_house(tmp_path, "stores") as house:
        house.at_azure(monkeypatch, Foo="Foo")
        key = house.save(house.leaves(1)[0], Foo="Secret")
        house.rule("Foo")
        house.sync()
        house.after(days=3)
        house.at_azure(monkeypatch, Foo="Secrecy")
        house.rule()
        house.sync()
        told = house.told(key)
        house.after(days=4)
        house.rule(and_one_by="ROAM")
        house.sync()

        assert (told, house.told(key)) == ([], [])


def test_an_item_that_a_new_field_was_saved_with_is_not_hidden_by_a_rule_that_names_a_newer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_house(tmp_path, "stores") as house:
        plain, secret = house.leaves(2)
        house.sync()
        house.at_azure(monkeypatch, Colour="Colour")
        house.after(minutes=30)
        plain_key = house.save(plain, Colour="Red")
        house.after(hours=1)
        house.sync()  # by the fields of the first look
        house.after(days=30)
        house.at_azure(monkeypatch, Colour="Colour", Secrecy="Secrecy")
        house.sync()
        secret_key = house.save(secret, Secrecy="Secret")
        house.after(days=31)
        house.rule()
        house.sync()

        assert house.told(plain_key, secret_key) == [plain_key]


def test_of_two_fields_of_azure_devops_whose_names_differ_by_a_sign_a_rule_means_the_one_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_house(tmp_path, "stores") as house:
        house.at_azure(monkeypatch, Secrecy="Secrecy", Secrecy0="Secrecy?")
        key = house.save(house.leaves(1)[0], Secrecy="Secret", Secrecy0="not sure")
        house.rule()
        for days in (0, 3):  # what is told again after a day tells of it no more
            house.after(days=days)
            house.sync()
        house.after(days=5)
        house.rule(and_one_by="ROAM")
        house.sync()

        assert house.told(key) == []


def test_a_field_for_which_a_rule_waits_hides_what_it_says_from_the_first_sync_after_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_house(tmp_path, "stores") as house:
        house.at_jira(**{FIRST: "Secrecy"})
        house.rule(of="")  # of every source; Azure DevOps has no such field yet
        vmo("sync", folder=house.folder, env=SECRETS)
        house.after(hours=1)
        house.at_azure(monkeypatch, Secrecy="Secrecy")
        key = house.save(house.leaves(1)[0], Secrecy="Secret")
        house.after(hours=2)
        house.sync()

        assert house.told(key) == []


def test_a_field_that_takes_over_the_name_hides_what_it_says_from_the_next_sync_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_house(tmp_path, "stores") as house:
        first, second = house.leaves(2)
        house.at_azure(monkeypatch, Secrecy="Secrecy")
        house.rule()
        house.sync()
        house.at_azure(monkeypatch, Secrecy="Secrecy (old)", Secrecy1="Secrecy")
        house.after(hours=1)
        old = house.save(first, Secrecy="Secret")
        key = house.save(second, Secrecy1="Secret")
        house.after(hours=2)
        house.sync()

        assert house.told(old, key) == [old]


def test_a_rule_means_the_field_that_bears_its_name_now_or_its_id_in_any_capitals_and_no_other_like_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_house(tmp_path, "stores") as house:
        first, second = house.leaves(2)
        house.at_azure(monkeypatch, SecrecyLevel="Secrecy Level", SecrecyLevel1="SecrecyLevel")
        like_it = house.save(first, SecrecyLevel="Secret")
        key = house.save(second, SecrecyLevel1="Secret")
        house.rule("custom.secrecylevel1")
        for days in (0, 3):  # as above
            house.after(days=days)
            house.sync()
        house.after(days=5)
        house.rule("custom.secrecylevel1", and_one_by="ROAM")
        house.sync()
        by_id = house.told(like_it, key)
        house.after(days=6)
        house.rule("SecrecyLevel")
        house.sync()

        assert (by_id, house.told(like_it, key)) == ([like_it], [like_it])


def test_a_rule_by_the_field_of_the_area_hides_what_it_says_once_the_area_is_called_otherwise(tmp_path: Path) -> None:
    with a_house(tmp_path, "stores") as house:
        site, leaf = house.trackers.azure.site, house.leaves(1)[0]
        then, key = str(leaf.fields["System.AreaPath"]), f"AB#{leaf.id}"
        house.rule("Area Path", says=then)
        house.sync()
        project = site.projects[leaf.project]
        now = [one._replace(path=f"{then} board") if one.path == then else one for one in project.areas]
        site.projects[leaf.project] = replace(project, areas=tuple(now))
        for item in site.items.values():
            for told in (item.fields, *(each.fields for each in item.revisions)):
                if told.get("System.AreaPath") == then:
                    told |= {"System.AreaPath": f"{then} board"}
        house.after(days=3)
        house.rule("Area Path", says=f"{then} board")
        house.sync()

        assert house.told(key) == []


def test_a_field_of_jira_that_shared_its_name_before_a_rule_named_it_hides_what_it_says(tmp_path: Path) -> None:
    with a_house(tmp_path, "shop") as house:
        issue = house.at_jira(**{FIRST: "Secrecy", SECOND: "Secrecy"})
        issue.values[SECOND] = "whatever"
        house.sync()
        house.after(days=3)
        house.at_jira(**{SECOND: "Secrecy (old)"})
        house.sync()
        house.after(days=5)
        house.rule()
        house.sync()

        assert house.told(issue.key) == []


def test_a_field_of_jira_by_a_name_that_other_sites_give_a_system_field_hides_what_it_says_when_another_rule_comes(
    tmp_path: Path,
) -> None:
    with a_house(tmp_path, "shop") as house:
        issue = house.at_jira(**{FIRST: "Work type"})
        house.rule("Work type")
        house.sync()
        house.after(days=3)
        house.rule("Work type", and_one_by="Flagged")
        house.sync()

        assert house.told(issue.key) == []


def test_a_field_that_every_jira_has_hides_what_it_says_whatever_the_site_calls_it_and_whichever_version_read_it(
    tmp_path: Path,
) -> None:
    with a_house(tmp_path, "shop") as house:
        issue, fields = house.at_jira(), house.trackers.jira.site.fields
        fields["priority"] = replace(fields["priority"], name="Importance")
        says = house.trackers.jira.site.priorities[issue.priority_id].name
        house.rule("Importance", says=says)
        house.sync()
        walked = house.last_whole_walk()
        house.kept("UPDATE source_states SET reading_digest = 'of then', walked_digest = 'of then'")
        refused = vmo("export", "items", "--audience", "", folder=house.folder).code
        house.after(days=2)
        house.sync()
        told = house.told(issue.key)
        house.after(days=3)
        house.rule("Importance", says=says, and_one_by="Flagged")
        house.sync()

        assert (refused, told, house.told(issue.key), house.last_whole_walk()) == (1, [], [], walked)


def test_an_item_that_cannot_be_read_when_a_rule_first_names_its_field_is_not_told(tmp_path: Path) -> None:
    def broken(_: RecordedRequest, healthy: Response) -> Response:
        told = healthy.json()
        for one in told.get("issues") or [told]:
            if str(one.get("id")) == str(issue.id) and "created" in one.get("fields", {}):
                one["fields"]["created"] = "garbage"
        return healthy.with_json(told)

    with a_house(tmp_path, "shop") as house:
        issue = house.at_jira(**{FIRST: "Secrecy"})
        house.sync()
        house.after(days=2)
        house.trackers.jira.faults.append(Fault(path=r"/search|/issue/(bulkfetch|\d+)$", times=None, alter=broken))
        house.trackers.jira.site.retitle(issue, "Edited", house.millis())
        house.after(days=2, hours=1)
        house.sync()
        walked = house.last_whole_walk()
        house.rule()
        house.after(days=3)
        house.sync()

        assert house.told(issue.key) == []
        assert house.last_whole_walk() == walked  # which would read no more of it, with each change of settings
