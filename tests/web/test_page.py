"""What the server sends to a browser: the page, the bundle's files and the example operations."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from server import OPERATIONS
from web.page import GraphiQL

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Lay out a bundle as the build does, with files of one line."""
    bundle = tmp_path / "dist" / "0123456789abcdef"
    bundle.mkdir(parents=True)
    (bundle / "main.js").write_text("plain")
    (bundle / "main.js.gz").write_bytes(b"gzipped")
    return tmp_path / "dist"


def client_of(graphiql: GraphiQL) -> httpx.AsyncClient:
    """Return a client that reaches the page without a network."""
    app = Starlette(routes=[Route("/graphql", graphiql.page), *graphiql.routes])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page.test")


@pytest.fixture
def browsing(dist: Path) -> httpx.AsyncClient:
    """Ask for the page with that bundle."""
    return client_of(GraphiQL(OPERATIONS, dist))


async def test_without_a_bundle_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    client = client_of(GraphiQL(OPERATIONS, tmp_path / "dist"))
    answer = await client.get("/graphql", headers=BROWSER)
    assert answer.status_code == 503
    assert "python -m web.build" in answer.text
    assert (await client.get("/graphiql/main.js")).status_code == 404


async def test_a_bundle_built_while_the_server_runs_is_found(tmp_path: Path) -> None:
    client = client_of(GraphiQL(OPERATIONS, tmp_path))
    assert (await client.get("/graphql", headers=BROWSER)).status_code == 503
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / "main.js").write_text("1")
    assert "/graphiql/abc/main.js" in (await client.get("/graphql", headers=BROWSER)).text
    assert (await client.get("/graphiql/abc/main.js")).text == "1"


async def test_the_page_allows_only_our_own_scripts(browsing: httpx.AsyncClient) -> None:
    answer = await browsing.get("/graphql", headers=BROWSER)
    assert answer.status_code == 200
    assert '<script type="module" src="/graphiql/0123456789abcdef/main.js">' in answer.text
    policy = answer.headers["content-security-policy"].split("; ")
    assert "default-src 'self'" in policy
    assert [rule for rule in policy if rule.startswith("script-src")] == []
    assert answer.headers["vary"] == "Accept"


async def test_a_client_that_wants_json_gets_no_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", headers={"Accept": "application/json"})
    assert answer.status_code == 401


async def test_the_files_of_a_bundle_are_kept_for_a_year(browsing: httpx.AsyncClient) -> None:
    answer = await browsing.get(
        "/graphiql/0123456789abcdef/main.js", headers={"Accept-Encoding": ""}
    )
    assert answer.text == "plain"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].partition(";")[0].endswith("/javascript")


async def test_a_client_that_takes_gzip_gets_the_small_file(browsing: httpx.AsyncClient) -> None:
    address = "/graphiql/0123456789abcdef/main.js"
    async with browsing.stream("GET", address, headers={"Accept-Encoding": "br, gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-length"] == str(len(b"gzipped"))
        assert answer.headers["content-type"].partition(";")[0].endswith("/javascript")


async def test_a_file_outside_the_bundles_is_not_served(browsing: httpx.AsyncClient) -> None:
    assert (await browsing.get("/graphiql/..%2f..%2fpage.py")).status_code == 404


async def test_examples_come_in_the_order_of_their_files_with_their_variables(
    tmp_path: Path, dist: Path
) -> None:
    (tmp_path / "2_cancel.graphql").write_text("mutation Cancel { cancel }")
    (tmp_path / "1_orders.graphql").write_text("query Orders($n: Int) { orders(first: $n) }")
    (tmp_path / "1_orders.variables.json").write_text('{"n": 5}')
    client = client_of(GraphiQL(tmp_path, dist))
    assert (await client.get("/graphiql/operations.json")).json() == [
        {
            "name": "1_orders",
            "query": "query Orders($n: Int) { orders(first: $n) }",
            "variables": '{"n": 5}',
        },
        {"name": "2_cancel", "query": "mutation Cancel { cancel }", "variables": None},
    ]
