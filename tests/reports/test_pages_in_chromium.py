"""Pages as a real browser shows them: accessible, without requests, without sideways scrolling."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reports.editions import publish
from tests.reports.stream_books import a_book_of_streams

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.needs_chromium

PAGES = ("overview", "theme-settle-fast", "digest", "stream-claims")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        if os.environ.get("VMO_LEAVE_NOTHING_OUT"):
            pytest.fail("no Chromium is installed, and nothing may be left out")
        pytest.skip("left out for want of a Chromium: pages in a real browser")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # heavy, and only where a browser is

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("edition")
    folder = publish(a_book_of_streams(), out, packs=("overview", "theme", "digest", "stream")).folder
    for locale in ("en", "fr"):
        mail = next(folder.glob(f"digest.{locale}.mail.json"))
        from reports.render.mail import Mail  # noqa: PLC0415

        (folder / f"mail.{locale}.html").write_text(Mail.from_json(mail.read_text("utf-8")).html, "utf-8")
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_pages_are_accessible_quiet_and_never_scroll_sideways(
    browser: Browser, edition: Path, locale: str, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    for name in PAGES if (width, scheme) == (390, "light") else PAGES[:1]:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
        page = context.new_page()
        requests: list[str] = []
        said: list[str] = []
        listen(page, requests, said)
        page.goto((edition / f"{name}.{locale}.html").as_uri())
        page.evaluate("() => document.fonts.ready")

        assert [url for url in requests if not url.startswith("data:")] == [page.url]
        assert said == []
        assert page.evaluate("document.fonts.check('16px \"Report Sans\"')")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()

        unsealed = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            bypass_csp=True,
        )
        checked = unsealed.new_page()
        checked.goto((edition / f"{name}.{locale}.html").as_uri())
        checked.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = Axe().run(checked, context={"exclude": ["svg > *"]}).response["violations"]
        unsealed.close()
        assert [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found] == []


def listen(page: Page, requests: list[str], said: list[str]) -> None:
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda entry: said.append(entry.text))
    page.on("pageerror", lambda error: said.append(str(error)))


@pytest.mark.parametrize("width", [390, 700])
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_mails_are_accessible(browser: Browser, edition: Path, locale: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    page = browser.new_page(viewport={"width": width, "height": 900})

    page.goto((edition / f"mail.{locale}.html").as_uri())
    found = Axe().run(page).response["violations"]

    assert [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
