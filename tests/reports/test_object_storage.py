"""A bucket becomes like the folder, whatever fails on the way, and nothing that is published there is overwritten."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.deliver import s3
from reports.deliver.mail import Outcome
from reports.deliver.s3 import Bucket, put_up
from reports.deliver.shelf import pieces
from reports.editions import publish
from tests.cli.object_store import KEY, SECRET, Asked, ObjectStore, an_object_store
from tests.reports.books import a_book

ROOT = "r/customer-claims"
FIRST, CORRECTION = "2026-w47", "2026-w47-r2"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The portfolio's root after an edition, and after its correction, which has no digest any more."""
    before, after = tmp_path_factory.mktemp("before"), tmp_path_factory.mktemp("after")
    publish(a_book(), before, packs=("overview", "digest"))
    shutil.copytree(before, after, dirs_exist_ok=True)
    publish(a_book(seed=8), after, packs=("overview",))
    return before / ROOT, after / ROOT


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    with an_object_store() as told:
        yield told


def test_a_correction_comes_with_its_banner_and_latest_loses_what_it_has_no_more(
    published: tuple[Path, Path], store: ObjectStore
) -> None:
    before, after = published
    bring(before, FIRST, store)
    held = dict(store.objects)
    broken: list[str] = []
    store.written = lambda: broken.extend([*led_astray(store, after), *torn(store)])

    outcome, told = bring(after, CORRECTION, store)

    assert outcome is Outcome.ACCEPTED, told
    assert store.objects == in_folder(after)
    assert (broken, store.troubles) == ([], [])
    assert f"{ROOT}/latest/digest.en.html" in held.keys() - store.objects.keys()
    replaced = {key for key in held.keys() & store.objects.keys() if held[key] != store.objects[key]}
    assert {key for key in replaced if f"/{FIRST}/" in key} == {
        key for key in held if f"/{FIRST}/" in key and key.endswith(".html")
    }  # fmt: skip
    assert all(b'class="banner superseded"' in store.objects[key] for key in replaced if f"/{FIRST}/" in key)

    key = f"{ROOT}/{FIRST}/overview.en.html"
    store.objects[key] = store.objects[key].replace(b"w47-r2/overview", b"w47-r1/overview")  # to an older one
    bring(after, CORRECTION, store)

    assert store.objects == in_folder(after)


@pytest.mark.parametrize("at", range(1, 45, 9))
def test_whoever_is_stopped_at_a_request_goes_on_from_there(
    published: tuple[Path, Path], store: ObjectStore, at: int
) -> None:
    before, after = published
    store.objects = in_folder(before)
    broken: list[str] = []
    store.written = lambda: broken.extend([*led_astray(store, after), *torn(store)])
    store.fault = lambda number, _: 0 if number == at else None

    outcome, told = bring(after, CORRECTION, store)
    asked = len(store.asked)
    store.fault = lambda _, __: None
    then, _ = bring(after, CORRECTION, store)

    assert outcome is (Outcome.DEFERRED if asked >= at else Outcome.ACCEPTED), told
    assert asked <= at
    assert then is Outcome.ACCEPTED
    assert store.objects == in_folder(after)
    assert broken == []


@pytest.mark.parametrize(
    "taken", [f"{CORRECTION}/overview.en.html", f"{CORRECTION}/manifest.json", f"{FIRST}/overview.fr.md"]
)
def test_other_content_under_a_permanent_address_is_refused_before_anything_is_written(
    published: tuple[Path, Path], store: ObjectStore, taken: str
) -> None:
    before, after = published
    store.objects = in_folder(before) | {f"{ROOT}/{taken}": b"somebody else's"}
    held = dict(store.objects)

    outcome, told = bring(after, CORRECTION, store)

    assert outcome is Outcome.REFUSED
    assert told.startswith(f"{taken} is there with other content, and what is published is never overwritten")
    assert store.objects == held


@pytest.mark.parametrize(("content", "outcome"), [("other", Outcome.REFUSED), ("the same", Outcome.ACCEPTED)])
def test_whoever_else_was_quicker_is_not_overwritten(
    published: tuple[Path, Path], store: ObjectStore, content: str, outcome: Outcome
) -> None:
    before, _ = published
    key = f"{ROOT}/{FIRST}/overview.en.html"
    theirs = in_folder(before)[key] if content == "the same" else b"somebody else's"

    def quicker(_: int, asked: Asked) -> None:
        if asked.method == "PUT":
            store.objects.setdefault(key, theirs)

    store.fault = quicker

    found, told = bring(before, FIRST, store)

    assert found is outcome, told
    assert store.objects[key] == theirs
    assert (f"{ROOT}/index.en.html" in store.objects) == (outcome is Outcome.ACCEPTED)


def test_a_store_whose_etags_are_no_digests_is_sent_no_edition_twice(
    published: tuple[Path, Path], store: ObjectStore
) -> None:
    store.encrypts = True
    bring(published[0], FIRST, store)
    sent = len(store.puts())

    outcome, _ = bring(published[0], FIRST, store)

    assert outcome is Outcome.ACCEPTED
    assert [key for key in store.puts()[sent:] if f"/{FIRST}/" in key] == []


def test_a_file_that_is_not_what_was_published_does_not_leave(
    published: tuple[Path, Path], store: ObjectStore, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(published[0], tmp_path / "customer-claims"))
    (root / FIRST / "overview.en.html").write_text("changed by hand")

    outcome, told = bring(root, FIRST, store)

    assert outcome is Outcome.REFUSED
    assert told.endswith("is not what was published; `vmo verify` says more")
    assert b"changed by hand" not in store.objects.values()
    assert f"{ROOT}/index.en.html" not in store.objects


def test_an_edition_for_some_readers_only_is_left_out(
    published: tuple[Path, Path], store: ObjectStore, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(published[0], tmp_path / "customer-claims"))
    secret = Path(shutil.copytree(root / FIRST, root / "2026-w46"))
    manifest = json.loads((secret / "manifest.json").read_text())
    (secret / "manifest.json").write_text(json.dumps(manifest | {"audience": "board"}))

    bring(root, FIRST, store)

    assert [key for key in store.objects if "2026-w46" in key] == []


def test_a_former_edition_that_is_left_out_stays_out_and_the_one_that_is_brought_never_does(
    published: tuple[Path, Path], store: ObjectStore
) -> None:
    wanted = {one.key.partition("/")[0] for one in pieces(published[1], CORRECTION)}

    put_up(
        published[1],
        edition=CORRECTION,
        bucket=a_bucket(store.url),
        may_go_on=lambda: True,
        left_out=frozenset({FIRST, CORRECTION, "latest"}),
    )

    assert FIRST in wanted
    assert {key.removeprefix(f"{ROOT}/").partition("/")[0] for key in store.objects} == wanted - {FIRST}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (301, Outcome.REFUSED), (400, Outcome.REFUSED), (403, Outcome.REFUSED), (404, Outcome.REFUSED),
        (429, Outcome.DEFERRED), (500, Outcome.DEFERRED), (0, Outcome.DEFERRED),
    ],
)  # fmt: skip
def test_an_answer_means_what_it_means_and_no_sentence_holds_a_key(
    published: tuple[Path, Path], store: ObjectStore, status: int, outcome: Outcome
) -> None:
    store.fault = lambda _, __: status

    found, told = bring(published[0], FIRST, store)

    assert found is outcome
    assert [one.key for one in store.asked] == [""]  # the first question is the last one
    assert KEY not in told
    assert SECRET not in told


def test_a_store_that_hangs_is_left_at_its_first_request(
    published: tuple[Path, Path], store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "READ_SECONDS", 0.2)
    store.fault = lambda _, __: time.sleep(0.6)

    outcome, told = bring(published[0], FIRST, store)

    assert outcome is Outcome.DEFERRED
    assert told.startswith("no answer in time to the list of what is there; 0 files are up")
    assert len(store.asked) == 1


def test_nobody_there_is_put_off_and_the_place_shows_no_key(published: tuple[Path, Path]) -> None:
    nowhere = a_bucket("http://127.0.0.1:9")

    outcome, told = put_up(published[0], edition=FIRST, bucket=nowhere, may_go_on=lambda: True)

    assert outcome is Outcome.DEFERRED
    assert "the connection to the store was lost" in told
    assert KEY not in repr(nowhere)
    assert SECRET not in repr(nowhere)


@pytest.mark.parametrize(
    "wrong", [{"endpoint": "https://minio_store:9000"}, {"region": "eu-central-1-"}], ids=["endpoint", "region"]
)
def test_an_address_that_the_client_does_not_take_is_refused_with_its_mend(
    published: tuple[Path, Path], wrong: dict[str, str]
) -> None:
    bucket = replace(a_bucket("https://minio.example.com"), **wrong)

    assert put_up(published[0], edition=FIRST, bucket=bucket, may_go_on=lambda: True) == (
        Outcome.REFUSED, "publish.s3: endpoint or region is no valid address; check both",
    )  # fmt: skip


def test_the_missing_client_is_named_with_its_mend(
    published: tuple[Path, Path], store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)

    assert bring(published[0], FIRST, store) == (
        Outcome.DEFERRED, "the s3 extra is not installed; pip install 'vmo[s3]'",
    )  # fmt: skip


def bring(root: Path, edition: str, store: ObjectStore) -> tuple[Outcome, str]:
    return put_up(root, edition=edition, bucket=a_bucket(store.url), may_go_on=lambda: True)


def a_bucket(endpoint: str) -> Bucket:
    return Bucket(
        name="reports", prefix="", region="eu-central-1", endpoint=endpoint, access_key=KEY, secret_key=SECRET
    )


def in_folder(root: Path) -> dict[str, bytes]:
    """What a copy holds: every file but mails in the making."""
    files = [one for one in root.rglob("*") if one.is_file() and not one.name.endswith(".mail.json")]
    return {f"{ROOT}/{one.relative_to(root).as_posix()}": one.read_bytes() for one in files}


def led_astray(store: ObjectStore, root: Path) -> list[str]:
    """Links to pages that the folder has and the store has not."""
    wanted = in_folder(root)
    return [one for one in store.dangling() if one.rpartition(" -> ")[2] in wanted]


def torn(store: ObjectStore) -> list[str]:
    """Manifests that name a file which is not there."""
    found = []
    for key, data in store.objects.items():
        if key.endswith("/manifest.json"):
            folder = key.removesuffix("manifest.json")
            names = [name for name in json.loads(data)["files"] if not name.endswith(".mail.json")]
            found += [folder + name for name in names if folder + name not in store.objects]
    return found


@pytest.mark.parametrize("name", ["vmo-reports", "vmo.reports"])
def test_nothing_leaves_for_amazon_but_what_a_copy_of_the_folder_needs(name: str) -> None:
    bucket = Bucket(
        name=name, prefix="teams/vmo", region="eu-central-1", endpoint=None, access_key=KEY, secret_key=SECRET
    )
    client, left = s3._client(bucket, portfolio="small"), list[str]()

    def stop(request: Any, **_: Any) -> None:  # asked after our own guard; nothing goes further
        left.append(request.url)
        raise ConnectionResetError

    client.meta.events.register_last("before-send.s3", stop)
    root = "teams/vmo/r/small"
    for ask, more in (
        (client.list_objects_v2, {"Prefix": f"{root}/"}),
        (client.put_object, {"Key": f"{root}/index.en.html", "Body": b""}),
        (client.delete_object, {"Key": f"{root}/latest/theme-x.en.html"}),
    ):
        with pytest.raises(ConnectionResetError):
            ask(Bucket=name, **more)
    for ask, more in (
        (client.delete_object, {"Key": f"{root}/{FIRST}/overview.en.html"}),
        (client.put_object, {"Key": "teams/vmo/r/other/index.en.html", "Body": b""}),
        (client.get_object, {"Key": "elsewhere"}),
        (client.delete_bucket, {}),
    ):
        with pytest.raises(s3._RefusedError):
            ask(Bucket=name, **more)

    host = "s3.eu-central-1.amazonaws.com"
    start = f"https://{host}/{name}" if "." in name else f"https://{name}.{host}/"
    assert len(left) == 3
    assert all(one.startswith(start) for one in left)
