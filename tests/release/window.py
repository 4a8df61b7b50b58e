"""A window of a real Chromium that shows one page after another, as wide as one likes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.release.recorder import Recorder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Dialog, Page

HEIGHT = 900
PHONE = 390
# A window costs more than the page in it, so one is kept for each policy; a test that failed leaves none behind.
_KEPT: dict[tuple[Browser, bool], Page] = {}
_RESIZED: dict[Page, CDPSession] = {}


@contextmanager
def opened(browser: Browser, path: Path, *, bypass_csp: bool = False) -> Iterator[Page]:
    """The page on a phone. axe needs the policy lifted; what is asked of the policy is asked under it."""
    kind = (browser, bypass_csp)
    page = _KEPT.pop(kind, None) or _window(browser, bypass_csp=bypass_csp)
    try:
        page.emulate_media(media="null", color_scheme="light")
        resize(page, PHONE)
        page.goto(path.as_uri())
        yield page
    except BaseException:
        _RESIZED.pop(page, None)
        page.context.close()
        raise
    _KEPT[kind] = page


def resize(page: Page, width: int, height: int = HEIGHT) -> None:
    """What the window's own `set_viewport_size` does for a page, without moving the window around it."""
    if page not in _RESIZED:
        _RESIZED[page] = page.context.new_cdp_session(page)
    size = {"width": width, "height": height, "screenWidth": width, "screenHeight": height}
    _RESIZED[page].send("Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": 1, "mobile": False})


class Ear:
    """All that a window asks for and says, since it was last forgotten."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []
        page.on("dialog", self._dismissed)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda entry: self.said.append(entry.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def forget(self) -> None:
        self.asked.clear()
        self.said.clear()

    def _dismissed(self, dialog: Dialog) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()


@contextmanager
def listened_to(browser: Browser, *, through: Recorder) -> Iterator[tuple[Page, Ear]]:
    """An empty window of its own, whose every request goes through the recorder."""
    context = browser.new_context(
        viewport={"width": PHONE, "height": HEIGHT},
        proxy={"server": f"http://127.0.0.1:{through.port}", "bypass": "<-loopback>"},
    )
    page = context.new_page()
    yield page, Ear(page)
    context.close()


def _window(browser: Browser, *, bypass_csp: bool) -> Page:
    return browser.new_context(viewport={"width": PHONE, "height": HEIGHT}, bypass_csp=bypass_csp).new_page()
