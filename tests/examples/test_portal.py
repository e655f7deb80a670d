"""The operations of docs/PORTAL.md: each of them is answered, by one statement."""

import re
from pathlib import Path

import pytest

from models.access.viewers import Actor
from tests.guard import counted
from tests.make.master import parties

PAGE = Path(__file__).parents[2] / "docs" / "PORTAL.md"
OPERATIONS = re.findall(r"```graphql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
NAMED = """{
  orders(first: 1) { nodes { id } } products(first: 1) { nodes { id } }
  channels(first: 1) { nodes { id } }
}"""


@pytest.mark.prepared("everything")
async def test_each_operation_of_the_page_is_one_statement(world, ask, plans):
    found = await ask(NAMED)
    ids = {name: page["nodes"][0]["id"] for name, page in found.items()}
    assert len(OPERATIONS) > 3
    for document in OPERATIONS:
        field = re.findall(r"\{\s+(\w+)", document)[0]
        own = ids["products" if field == "product" else "orders"]
        fields = {"id": own, "channel": ids["channels"], "quantity": "1"}
        variables = {it: fields[it] for it in re.findall(r"\$(\w+): \w+!", document)}
        with counted(world.database.engine) as statements:
            answer = await ask(document, **variables)
        assert field in answer
        assert not plans or len(statements) == 1, field


async def test_a_buyers_channels_are_one_statement_more(world, ask):
    """Who asks is a token and no row; code says which channels bind it."""
    buyer = ask.by(await world.key(Actor.BUYER, await parties.company(world)))
    with counted(world.database.engine) as statements:
        assert (await buyer(OPERATIONS[0]))["viewer"]["party"]
    assert len(statements) == 2
