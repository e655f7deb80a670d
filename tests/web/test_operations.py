"""The operations of the portal's pages: each is one statement, and cheap. Needs no Node."""

import re
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, parse

from tests.guard import counted

SOURCES = Path(__file__).parents[2] / "web" / "src"
FILES = sorted(SOURCES.rglob("*.graphql"))
DEAREST = 400
"""Points that the longest list may announce: 40 orders with their lines."""
READS = {it: text for it in FILES if (text := it.read_text("utf-8")).startswith("query")}
NUMBERS = """{
  orders(first: 1) { nodes { number } } contracts(first: 1) { nodes { number lines { id } } }
  deliveries(first: 1, filter: { states: [PACKED, DISPATCHED, DELIVERED] }) {
    nodes { number parcels { id } }
  }
}"""
ROOT = re.compile(r"\b(order|contract|delivery)\(number: ")
"""Which object a page is about, where it is named by its number."""


FRAGMENT = re.compile(r"^(?=fragment (\w+))(.*?^}\n)", re.MULTILINE | re.DOTALL)
FRAGMENTS = dict(it for file in FILES for it in FRAGMENT.findall(file.read_text("utf-8")))


def whole(text: str) -> str:
    """Return an operation with the fragments that it reads and that stand in other files."""
    for name in re.findall(r"\.\.\.(\w+)", text):
        if f"fragment {name} on" not in text:
            return whole(text + FRAGMENTS[name])
    return text


def test_each_file_is_one_operation_that_is_called_as_its_file() -> None:
    assert len(FILES) > 3
    for file in FILES:
        document = parse(file.read_text("utf-8"))
        names = [it.name for it in document.definitions if isinstance(it, OperationDefinitionNode)]
        assert [it.value.lower() for it in names if it] == [file.stem], file


def test_what_is_refused_is_shown_of_each_act() -> None:
    texts = [it.read_text("utf-8") for it in FILES if it not in READS]
    acts = [it for it in texts if not it.startswith("subscription")]
    assert len(acts) > 1
    for act in acts:
        assert re.match(r"mutation \w+\(\$input: \w+!\)", act)
        assert re.search(r"userErrors \{\s+code\s+message\s+(field\s+)?\}", act)


def test_what_is_followed_tells_no_more_than_that_something_happened() -> None:
    texts = [it.read_text("utf-8") for it in FILES if it.read_text("utf-8").startswith("subsc")]
    (text,) = texts
    assert re.search(r"changed\(after: \$after, .*\) \{\s+cursor\s+\}", text)


@pytest.mark.prepared("everything")
async def test_each_page_is_one_statement_within_its_bound(ask, world, plans) -> None:
    found = await ask(NUMBERS)
    first = {it: page["nodes"][0] for it, page in found.items()}
    numbers = {
        "order": first["orders"]["number"],
        "contract": first["contracts"]["number"],
        "delivery": first["deliveries"]["number"],
    }
    for file, text in READS.items():
        root = ROOT.search(text)
        fields = {
            "number": root and numbers[root[1]],
            "id": first["deliveries"]["parcels"][0]["id"],
            "from": "2026-01-01T00:00:00Z",
            "to": "2027-01-01T00:00:00Z",
            "contractLine": first["contracts"]["lines"][0]["id"],
            "text": numbers["order"],
        }
        variables = {it: fields[it] for it in re.findall(r"\$(\w+): \w+!", text)}
        with counted(world.database.engine) as statements:
            answer = await ask.answer(whole(text), **variables)
        assert "errors" not in answer, (file, answer)
        assert None not in answer["data"].values(), file
        assert not plans or len(statements) == 1, (file, statements)
        assert answer["extensions"]["cost"]["requestedQueryCost"] <= DEAREST, file
