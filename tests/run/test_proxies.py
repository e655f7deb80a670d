"""Whose word counts for where a request comes from."""

from pathlib import Path

import pytest

from tests.run.abruf import HTTP, Launch

CHANGE = """
mutation {
  productsUpsert(input: { products: [{ sku: "FAR", name: "Far" }] }) { userErrors { message } }
}
"""
LAST = "{ journal(first: 1) { nodes { address } } }"
FAR = "203.0.113.7"


@pytest.mark.parametrize(
    ("trusted", "address"), [("127.0.0.1, 10.0.0.0/8", FAR), ("10.0.0.0/8", "127.0.0.1")]
)
def test_a_proxy_tells_the_address_of_its_client_where_it_is_trusted(
    used: Path, launch: Launch, trusted: str, address: str
) -> None:
    abruf = launch(used, ABRUF_TRUSTED_PROXIES=trusted)
    abruf.wait_until_ready()
    headers = {"Authorization": f"Bearer {abruf.tokens['staff']}", "X-Forwarded-For": FAR}
    for query in (CHANGE.replace("Far", f"Far from {address}"), LAST):
        wanted = HTTP.post(f"{abruf.origin}/graphql", json={"query": query}, headers=headers)
    assert wanted.json() == {
        "data": {"journal": {"nodes": [{"address": address}]}},
        "extensions": wanted.json()["extensions"],
    }
