"""Every string of the corpus on every pack, in a real Chromium behind a recording proxy: it asks for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reports.packs import PACKS
from reports.render.html import html
from reports.render.mail import mail
from tests.release.recorder import Recorder
from tests.release.test_in_chromium import OPEN
from tests.release.window import listened_to
from tests.reports.test_hostile_corpus import WORDS, filled, told

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.needs_chromium
OWN = ("data:", "cid:")  # fonts and drawings within a page, the picture within a mail
HOVERED = "document.querySelectorAll('a, summary, td').forEach(one => one.dispatchEvent(new MouseEvent('mouseover')))"


@pytest.mark.parametrize("pack", PACKS)
def test_no_string_makes_a_page_ask_say_or_run_anything(
    browser: Browser, requests: Recorder, tmp_path: Path, pack: str
) -> None:
    shown = {f"{n}.html": html(one, words=WORDS[one.locale]) for n, one in enumerate(filled(told(pack)))}
    if pack == "digest":
        shown |= {f"mail-{n}.html": mail(one, words=WORDS[one.locale]).html for n, one in enumerate(filled(told(pack)))}
    for name, markup in shown.items():
        (tmp_path / name).write_text(markup, "utf-8")
    before = len(requests.lines)

    with listened_to(browser, through=requests) as (page, heard):
        for name in shown:
            heard.forget()
            page.goto((tmp_path / name).as_uri())
            page.evaluate(OPEN, True)
            page.evaluate(HOVERED)
            page.wait_for_load_state("networkidle")
            own = (tmp_path / name).as_uri()
            asked = [one for one in heard.asked if one != own and not one.startswith(OWN)]
            said = [one for one in heard.said if not (name.startswith("mail") and "ERR_UNKNOWN_URL_SCHEME" in one)]
            assert (asked, said, page.url) == ([], [], own)

    assert requests.lines[before:] == []
