"""What the pages say of completeness: one quiet clause where all adds up, and project by project where it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from domain.trust import ScopeProof, SourceTrust, Suspension
from reports.editions import publish
from tests.reports.books import AS_OF, a_book

WHOLE = ScopeProof(
    scope_id="1", key="Policy Core", state="live", declared=220, declared_at=AS_OF, declared_by="census", held=220,
    complete=220,
)  # fmt: skip
ODD = ScopeProof(
    scope_id="2", key="Billing", state="live", declared=92, declared_at=AS_OF, declared_by="census", held=90,
    missing=9, gaps=2, complete=88, removed=4,
)  # fmt: skip
SUSPENDED = Suspension(
    scope_id="2", key="Billing", why="9 of 90 items have vanished at once", since=AS_OF, missing=9
)  # fmt: skip


def published(tmp_path: Path, **told: object) -> dict[str, str]:
    """Every Markdown page of an edition whose second source is as told, by file name."""
    book = a_book()
    claims, core = book.trust
    core = replace(core, **({"census_at": AS_OF, "scopes": (WHOLE, ODD)} | told))  # type: ignore[arg-type]  # of a test
    folder = publish(
        replace(book, trust=(claims, core)), tmp_path, packs=("overview", "quality", "theme", "digest")
    ).folder
    return {path.name: path.read_text("utf-8") for path in folder.glob("*.md")}


def test_a_source_that_adds_up_is_one_clause_and_no_table(tmp_path: Path) -> None:
    pages = published(tmp_path, held=310, declared=310)

    held = a_book().trust[0].held
    assert (
        f"all that they declare is held, the histories whole: claims {held} and policy-core 310"
        in pages["overview.en.md"]
    )
    assert "tout ce qu’ils déclarent est enregistré, historiques complets" in pages["overview.fr.md"]
    assert not [name for name, page in pages.items() if "project by project" in page]


def test_a_source_that_adds_up_beside_one_that_does_not_is_told_by_itself(tmp_path: Path) -> None:
    pages = published(tmp_path, suspects=9)

    held = a_book().trust[0].held
    assert f"all {held} items that it declares are held, their histories whole" in pages["overview.en.md"]
    assert f"les {held} éléments déclarés sont tous enregistrés, historiques complets" in pages["overview.fr.md"]


def test_a_source_that_does_not_add_up_says_what_and_in_which_project(tmp_path: Path) -> None:
    pages = published(tmp_path, suspects=9, history_gaps=2, unheld=2, suspended=(SUSPENDED,))

    english, french = pages["overview.en.md"], pages["overview.fr.md"]
    assert "310 items held of 312 that it declares, 9 not seen lately and kept, 2 named and not held yet" in english
    assert "2 histories have gaps, nothing is removed from 1 project until a person has looked" in english
    assert "One project does not add up" in pages["quality.en.md"]
    assert "Billing" in pages["quality.en.md"]
    assert "Le compte d’un projet ne tombe pas juste" in pages["quality.fr.md"]
    assert "quality.fr.html" in french


def test_every_page_and_the_digest_say_what_is_held_of_what_is_declared(tmp_path: Path) -> None:
    pages = published(tmp_path, unheld=2)

    english = {name: page for name, page in pages.items() if ".en." in name}
    assert len(english) >= 3
    assert all("policy-core 310 items held of 312 declared" in page for page in english.values())
    assert all("2 items that the tracker has are not held yet" in page for page in english.values())


@pytest.mark.parametrize(
    "told",
    [
        {"suspects": 1}, {"unheld": 1}, {"history_gaps": 1}, {"without_history": 1}, {"quarantined": 1},
        {"declared": None}, {"declared": 11}, {"suspended": (SUSPENDED,)},
    ],
)  # fmt: skip
def test_anything_amiss_is_no_proof(told: dict[str, object]) -> None:
    whole = SourceTrust(
        source="claims", kind="Jira", base_url="", complete_at=AS_OF, attempted_at=AS_OF, outcome="ok", held=10,
        declared=10,
    )  # fmt: skip

    doubtful = replace(whole, **told)  # type: ignore[arg-type]  # of a test

    assert whole.is_proven()
    assert not doubtful.is_proven()
