"""Whose word counts for where a request comes from."""

from pathlib import Path

import httpx

from tests.run.abruf import Launch

CHANGE = """
mutation {
  productsUpsert(input: { products: [{ sku: "FAR", name: "Far" }] }) { userErrors { message } }
}
"""
LAST = "{ journal(first: 1) { nodes { address } } }"
FAR = "203.0.113.7"


def test_a_proxy_tells_the_address_of_its_client_where_it_is_trusted(
    used: Path, launch: Launch
) -> None:
    """Only one that asks from a trusted address."""
    abruf = launch(used, ABRUF_TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8")
    abruf.wait_until_ready()
    headers = {"Authorization": f"Bearer {abruf.tokens['staff']}", "X-Forwarded-For": FAR}
    for own, address in (("127.0.0.1", FAR), ("127.0.0.2", "127.0.0.2")):
        transport = httpx.HTTPTransport(local_address=own, verify=False)
        with httpx.Client(transport=transport, timeout=60) as client:
            for query in (CHANGE.replace("Far", f"Far from {own}"), LAST):
                wanted = client.post(
                    f"{abruf.origin}/graphql", json={"query": query}, headers=headers
                )
        assert wanted.json()["data"] == {"journal": {"nodes": [{"address": address}]}}
