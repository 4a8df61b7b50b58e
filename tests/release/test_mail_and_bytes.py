"""The mail keeps to its budget and says everything in words; an edition made again has the same bytes."""

from __future__ import annotations

import re

import html5lib
import pytest

from reports.render.mail import BUDGET, Mail
from tests.cli.program import vmo_alone
from tests.release.edition import LOCALES, Published


@pytest.mark.parametrize("locale", LOCALES)
def test_the_mail_is_light_has_a_text_part_and_describes_its_picture_with_its_numbers(
    published: Published, locale: str
) -> None:
    made = Mail.from_json((published.folder / f"digest.{locale}.mail.json").read_text("utf-8"))

    pictures = list(html5lib.parse(made.html, namespaceHTMLElements=False).iter("img"))

    assert len(made.html.encode()) < BUDGET
    assert len(made.text.splitlines()) > 20
    assert made.picture is not None
    assert all(re.search(r"\d", one.attrib["alt"]) for one in pictures)
    assert not re.search(r"<script|<svg|data:|@import|background-image|<form", made.html)


def test_the_edition_made_again_in_another_process_is_the_same_to_the_byte(published: Published) -> None:
    ended = vmo_alone(
        "verify", published.folder.name, folder=published.home, env={"PYTHONHASHSEED": "4711"}, timeout=200
    )

    said, *more = ended.out.splitlines()
    assert (ended.code, more) == (0, ["it holds"]), ended
    assert said.startswith(f"{published.folder.name}/pages: published "), "as what is made where the settings say"
