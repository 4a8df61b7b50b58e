"""The French pages of the whole demo are French, spaces and words."""

from __future__ import annotations

import re

import pytest

from reports.packs import PACKS
from tests.release.edition import Published
from tests.reports.test_french_pages import spoken


@pytest.mark.parametrize("pack", PACKS)
def test_our_own_words_keep_the_spaces_and_apostrophes_of_french(published: Published, pack: str) -> None:
    for path in published.pages(pack, "fr"):
        for said in spoken(path.read_bytes()):
            assert not re.search(r"\S [;:!?%](?:\s|$)|« | »", said), f"{path.name}: {said}"
            assert not re.search(r"\w[;!?%](?:\s|$)|\w:\s", said), f"{path.name}: {said}"
