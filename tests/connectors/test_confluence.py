"""Pages are made, renewed and known again over real HTTP, and nobody else's page is ever changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
import requests

from connectors.base import RefusedRequestError, SourceSettings, TrackerError
from connectors.confluence import CLOUD, DATA_CENTER, WikiPage, WikiSettings, keep_pages
from connectors.transport import AZURE_DEVOPS, JIRA_CLOUD, JIRA_DATA_CENTER, Transport
from tests.cli.confluence import PARENT, SPACE, TOKEN, USER, Confluence, Page, a_confluence
from tests.connectors.test_transport import Clock

KINDS = ("cloud", "data_center")
TITLE = "Portfolio overview, Tressande (en)"


@pytest.fixture
def wiki() -> Iterator[Confluence]:
    with a_confluence() as told:
        yield told


def an_edition(week: int) -> WikiPage:
    mark = f"vmo tressande/2026-w{week} {'ab' * 8}"
    return WikiPage(
        title=TITLE,
        body=f"<p>Week {week}</p><p><code>{mark}</code></p>",
        file="overview.en",
        portfolio="tressande",
        mark=mark,
        told_at=f"2026-11-{week - 25:02}",
    )


def keep(wiki: Confluence, kind: str, *pages: WikiPage) -> tuple[int, list[str]]:
    clock = Clock()
    return keep_pages(
        WikiSettings(
            url=wiki.url + ("/wiki" if kind == "cloud" else ""),
            kind=kind,
            space=SPACE,
            parent=PARENT,
            user=USER if kind == "cloud" else None,
            token=TOKEN,
            allow_insecure=True,
        ),
        list(pages),
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        random=lambda: 0.0,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_made_under_its_parent_renewed_by_the_next_edition_and_left_alone_by_the_same(
    wiki: Confluence, kind: str
) -> None:
    first = keep(wiki, kind, an_edition(47))
    same = keep(wiki, kind, an_edition(47))
    versions = [wiki.titled(TITLE).version]
    following = keep(wiki, kind, an_edition(48))
    former = keep(wiki, kind, an_edition(47))

    page = wiki.titled(TITLE)
    assert (first, same, following, former) == ((1, []), (0, []), (1, []), (0, []))
    assert [*versions, page.version] == [1, 2]
    assert page.parent == "100"
    assert "Week 48" in page.body
    assert wiki.strangers == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_that_a_hand_has_changed_stays_as_it_is_and_holds_up_no_other(wiki: Confluence, kind: str) -> None:
    keep(wiki, kind, an_edition(47))
    wiki.by_hand(TITLE, "<p>What we make of it</p>")
    other = replace(an_edition(48), title="Weekly digest, Tressande (en)", file="digest.en")

    written, refused = keep(wiki, kind, an_edition(48), other)

    assert written == 1
    (why,) = refused
    assert why.startswith(f"the page “{TITLE}” was changed by hand (version 2, we left it at 1), and stays as it is; ")
    assert wiki.titled(TITLE).body == "<p>What we make of it</p>"
    assert "Week 48" in wiki.titled("Weekly digest, Tressande (en)").body


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_elses_page_of_that_title_is_never_overwritten(wiki: Confluence, kind: str) -> None:
    wiki.pages["200"] = Page(id="200", title=TITLE, body="<p>Theirs</p>")

    written, refused = keep(wiki, kind, an_edition(47))

    assert (written, len(refused)) == (0, 1)
    assert "is not ours, and stays as it is; rename it" in refused[0]
    assert wiki.pages["200"] == Page(id="200", title=TITLE, body="<p>Theirs</p>")


@pytest.mark.parametrize("kind", KINDS)
def test_a_hand_that_is_quicker_by_a_moment_wins(wiki: Confluence, kind: str) -> None:
    keep(wiki, kind, an_edition(47))

    def quicker(_: int, asked: str) -> None:
        if asked.startswith("PUT ") and wiki.titled(TITLE).version == 1:
            wiki.by_hand(TITLE, "<p>What we make of it</p>")

    wiki.fault = quicker

    written, refused = keep(wiki, kind, an_edition(48))

    assert (written, len(refused)) == (0, 1)
    assert "changed by hand meanwhile" in refused[0]
    assert wiki.titled(TITLE).body == "<p>What we make of it</p>"


def test_a_page_that_is_not_taken_holds_up_no_other(wiki: Confluence) -> None:
    posts: list[str] = []

    def no_to_the_first(_: int, asked: str) -> int | None:
        posts.extend([asked] if asked.endswith("POST /wiki/api/v2/pages") else [])
        return 400 if posts == [asked] else None

    wiki.fault = no_to_the_first
    other = replace(an_edition(47), title="Weekly digest, Tressande (en)", file="digest.en")

    written, refused = keep(wiki, "cloud", an_edition(47), other)

    assert (written, len(refused)) == (1, 1)
    assert refused[0].startswith(f"the page “{TITLE}” is not taken: publish.confluence: 127.0.0.1 refuses")
    assert "look for a page of that title in the trash or the archive of the space" in refused[0]
    assert TOKEN not in refused[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damaged", [{"file": "overview.en"}, "torn", None], ids=["a part of it", "words", "nothing"])
def test_a_page_whose_property_is_not_as_we_left_it_holds_up_no_other(
    wiki: Confluence, kind: str, damaged: object
) -> None:
    keep(wiki, kind, an_edition(47))
    page = wiki.titled(TITLE)
    assert page.property is not None
    page.property.value = damaged
    other = replace(an_edition(48), title="Weekly digest, Tressande (en)", file="digest.en")

    written, refused = keep(wiki, kind, an_edition(48), other)

    assert (written, len(refused)) == (1, 1)
    assert refused[0] == (
        f"the page “{TITLE}” has a property vmo-edition that is not as we left it; delete the page, and the next "
        "edition makes a new one"
    )
    assert "Week 47" in page.body
    assert "Week 48" in wiki.titled("Weekly digest, Tressande (en)").body


def test_two_pages_of_one_title_are_not_written_over_each_other(wiki: Confluence) -> None:
    written, refused = keep(wiki, "cloud", an_edition(47), replace(an_edition(47), file="theme-overview.en"))

    assert (written, len(refused)) == (1, 1)
    assert "tells tressande/overview.en already; give one of them another name" in refused[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_served", [False, True], ids=["lost on its way", "its answer lost"])
@pytest.mark.parametrize("at", range(1, 7))
def test_whoever_is_stopped_at_a_request_goes_on_from_there(
    wiki: Confluence, kind: str, is_served: bool, at: int
) -> None:
    for week, version in {47: 1, 48: 2}.items():
        stop = len(wiki.asked) + at
        if is_served:
            wiki.lost = partial(_is, stop)
        else:
            wiki.fault = partial(_hangs_up, stop)
        stopped = False
        try:
            keep(wiki, kind, an_edition(week))
        except TrackerError:
            stopped = True
        wiki.fault, wiki.lost = lambda _, __: None, lambda _, __: False

        _, refused = keep(wiki, kind, an_edition(week))

        page = wiki.titled(TITLE)
        assert refused == []
        assert (page.version, f"Week {week}" in page.body) == (version, True), stopped
        assert page.property is not None
        assert (page.property.value["mark"], page.property.value["version"]) == (an_edition(week).mark, version)


def _is(stop: int, number: int, _: str) -> bool:
    return number == stop


def _hangs_up(stop: int, number: int, _: str) -> int | None:
    return 0 if number == stop else None


def test_a_page_made_a_moment_before_we_were_stopped_is_known_by_the_next_edition_too(wiki: Confluence) -> None:
    wiki.fault = lambda _, asked: 0 if asked.endswith("/properties") else None
    with pytest.raises(TrackerError):
        keep(wiki, "cloud", an_edition(47))
    wiki.fault = lambda _, __: None

    assert keep(wiki, "cloud", an_edition(48)) == (1, [])
    assert (wiki.titled(TITLE).version, "Week 48" in wiki.titled(TITLE).body) == (2, True)


def test_a_version_whose_property_was_never_renewed_is_known_by_the_next_edition_too(wiki: Confluence) -> None:
    keep(wiki, "data_center", an_edition(47))
    wiki.fault = lambda _, asked: 0 if asked.startswith("PUT") and "property" in asked else None
    with pytest.raises(TrackerError):
        keep(wiki, "data_center", an_edition(48))
    wiki.fault = lambda _, __: None

    assert keep(wiki, "data_center", an_edition(49)) == (1, [])
    assert (wiki.titled(TITLE).version, "Week 49" in wiki.titled(TITLE).body) == (3, True)


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 429, 500, 503])
def test_whatever_it_answers_no_sentence_holds_the_token(wiki: Confluence, status: int) -> None:
    wiki.fault = lambda _, __: status

    with pytest.raises(TrackerError) as raised:
        keep(wiki, "cloud", an_edition(47))

    assert TOKEN not in str(raised.value)
    assert len(wiki.asked) == 1


def test_a_parent_that_is_missing_is_named(wiki: Confluence) -> None:
    wiki.pages.clear()

    with pytest.raises(TrackerError, match="space VMO shows no page “Portfolio reports”; make it"):
        keep(wiki, "data_center", an_edition(47))


@pytest.mark.parametrize(
    ("method", "path", "table", "base"),
    [
        *(("PUT", "/api/v2/pages/1", table, "/wiki") for table in (JIRA_CLOUD, JIRA_DATA_CENTER, AZURE_DEVOPS)),
        *(("POST", "/api/v2/pages", table, "/wiki") for table in (JIRA_CLOUD, JIRA_DATA_CENTER, AZURE_DEVOPS)),
        *(("PUT", "/rest/api/content/1", table, "") for table in (JIRA_CLOUD, JIRA_DATA_CENTER, AZURE_DEVOPS)),
        ("PUT", "/rest/api/3/issue/1", CLOUD, ""),
        ("POST", "/rest/api/3/issue", CLOUD, "/wiki"),
        ("PUT", "/rest/api/2/issue/1", DATA_CENTER, ""),
        ("DELETE", "/rest/api/content/1", DATA_CENTER, ""),
        ("DELETE", "/api/v2/pages/1", CLOUD, "/wiki"),
        ("PUT", "/rest/api/space/VMO", DATA_CENTER, ""),
        ("PUT", "/api/v2/pages/1/properties/../../../../../rest/api/3/issue/1", CLOUD, "/wiki"),
    ],
)
def test_a_tracker_takes_no_write_meant_for_the_wiki_and_the_wiki_none_but_to_its_pages(
    wiki: Confluence, method: str, path: str, table: str, base: str
) -> None:
    clock = Clock()
    transport = Transport(
        SourceSettings(name="one", kind="jira", url=wiki.url + base, token=TOKEN, allow_insecure=True),
        allowed=table,
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        random=lambda: 0.0,
    )
    with requests.Session() as session:
        transport.mount(session)
        with pytest.raises(RefusedRequestError):
            session.request(method, f"{wiki.url}{base}{path}", json={})
        if base:  # Jira stands beside the wiki, on the same host
            with pytest.raises(RefusedRequestError):
                session.request(method, f"{wiki.url}{path}", json={})
    transport.close()

    assert wiki.asked == []
