"""The page at `/` leads on, without scripts and without a token."""

import re

import pytest

from transport.http.accepted import GRAPHQL_JSON
from web.welcome import FOLDER


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
    assert shown.text == (FOLDER / "TUTORIAL.md").read_text("utf-8")
    for other in (
        "/docs/ARCHITECTURE.md",
        "/docs/..%2FREADME.md",
        "/docs/TUTORIAL",
        "/docs/TUTORIAL.md/",
    ):
        assert (await client.get(other)).status_code == 404


async def test_it_allows_nothing_but_its_own_style(client):
    response = await client.get("/")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "<script" not in response.text
