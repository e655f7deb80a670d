"""The page at `/` leads on, without scripts and without a token."""

import re
from urllib.parse import urljoin, urlsplit

import pytest

from transport.http.accepted import GRAPHQL_JSON
from web.welcome import HOUSE, SHIPPED

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@pytest.mark.parametrize("accept", ["text/html", "*/*", GRAPHQL_JSON])
async def test_it_says_what_this_is_and_where_to_go(client, accept):
    response = await client.get("/", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "A fulfilment back end" in response.text
    for link in re.findall(r'href="([^"]+)"', response.text):
        found = await client.get(link, headers={"Accept": "text/html"})
        assert found.status_code in {200, 503}, link


async def test_a_document_is_shown_as_it_is_written(client):
    shown = await client.get("/docs/TUTORIAL.md")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert shown.text == (HOUSE / "docs" / "TUTORIAL.md").read_text("utf-8")
    for other in (
        "/docs/ARCHITECTURE.md",
        "/docs/..%2FREADME.md",
        "/docs/TUTORIAL",
        "/docs/TUTORIAL.md/",
    ):
        assert (await client.get(other)).status_code == 404


@pytest.mark.parametrize("place", ["/docs", "/docs/"])
async def test_the_folder_of_documents_leads_to_each(client, place):
    index = await client.get(place)
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    links = set(re.findall(r'href="/([^"]+)"', index.text))
    assert links == {it for it in SHIPPED if it.endswith(".md")}


async def test_every_link_of_every_document_leads_somewhere(client):
    """Those to other hosts aside; a heading that is named is there."""
    base, texts, wanted = "http://abruf", {}, set()
    for document in SHIPPED:
        shown = await client.get(f"/{document}")
        texts[f"/{document}"] = shown.text
        for link in LINK.findall(CODE.sub("", shown.text)) if document.endswith(".md") else ():
            wanted.add(urlsplit(urljoin(f"{base}/{document}", link)))
    own = {it for it in wanted if it.netloc == "abruf"}
    assert sorted(it.path for it in own if it.path not in texts) == []
    titles = {place: set(map(anchor, HEADING.findall(text))) for place, text in texts.items()}
    assert [it for it in own if it.fragment and it.fragment not in titles[it.path]] == []
    assert {it.scheme for it in wanted - own} == {"https"}
    assert any(it.fragment for it in own)


def anchor(heading):
    """Return what a link calls a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


async def test_it_allows_nothing_but_its_own_style(client):
    response = await client.get("/")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "<script" not in response.text
