"""Whole runs that keep pages of Confluence: what is somebody else's stays, and one target that fails stops no other."""

from __future__ import annotations

from pathlib import Path

from tests.cli.confluence import PARENT, SPACE, TOKEN, USER, Page, a_confluence
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder

SETTINGS = """
reports:
  weekly: {{packs: [digest, theme], locale: en, when: "Mon 07:00"}}
  board: {{packs: [overview], locale: en, when: "Mon 07:00", audience: board}}
audiences:
  board: {{scopes: [{{source: shop}}]}}
publish:
  base_url: https://vmo.example.com
  s3: {{bucket: b-1, endpoint: "http://127.0.0.1:9", allow_insecure: true, access_key: env:JT, secret_key: env:WIKI}}
  confluence:
    url: {url}/wiki
    kind: cloud
    space: {space}
    parent: {parent}
    user: {user}
    token: env:WIKI
    allow_insecure: true
"""


def test_a_run_keeps_a_page_for_each_pack_and_language_and_says_which_it_may_not_touch(
    trackers: Trackers, tmp_path: Path
) -> None:
    with a_confluence() as wiki:
        folder = a_folder(
            tmp_path, trackers, SETTINGS.format(url=wiki.url, space=SPACE, parent=PARENT, user=USER)
        )  # fmt: skip
        theirs = Page(id="200", title="Weekly digest, Small (en)", body="<p>Theirs</p>")
        wiki.pages["200"] = theirs
        environment = SECRETS | {"WIKI": TOKEN}

        first = vmo("--verbose", "run", "--first-run", folder=folder, env=environment)
        state, listed = vmo("status", folder=folder), vmo("mail", "list", folder=folder)
        kept = {title: page.version for title, page in wiki.ours().items()}
        was = theirs.body
        del wiki.pages["200"]
        target = f"confluence:127.0.0.1/{SPACE}"
        week = next((folder / "vmo-reports/r/small").glob("20*")).name
        edition = f"{week}/weekly"
        assert (folder / "vmo-reports/r/small.board" / week).is_dir()
        mended = vmo("mail", "resend", edition, target, folder=folder, env=environment)
        asked = len(wiki.writes())
        again = vmo("run", folder=folder, env=environment)

        assert [one.code for one in (first, mended, again)] == [0, 0, 0], first
        assert len(wiki.writes()) == asked
    said = first.out + first.err
    assert "to s3:b-1: deferred" in said
    assert f"to {target}: refused (the page “Weekly digest, Small (en)” is not ours" in said
    assert f"to {target} is refused" in state.out
    assert "is not ours, and stays as it is; rename it" in listed.out
    assert "board/board to" not in said  # an edition for an audience stays in its folder
    assert not [title for title in kept if title.startswith("Portfolio overview")]
    assert was == "<p>Theirs</p>"
    assert set(kept) > {"Strategic theme: First theme, Small (en)", "Weekly digest, Small (en)"}
    assert len([title for title in kept if title.endswith("(fr)")]) == len(kept) // 2
    page = wiki.titled("Weekly digest, Small (en)")
    assert page.body.startswith("<p>Edition 20")
    assert f'<a href="https://vmo.example.com/r/small/{week}/digest.en.html">' in page.body
    assert "accepted" in mended.out + mended.err
    for ended in (first, state, listed, mended, again):
        assert TOKEN not in ended.out + ended.err
    for path in folder.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
