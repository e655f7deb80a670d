"""What another owner has, and every way that the schema has to read it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from graphql import GraphQLObjectType, get_named_type

from kit.ids import new_id, to_global
from models.fulfilment.parcels import TrackingNumber
from schema.graphql.nodes import NODES
from tests.make import Ask, World
from tests.make.everything import LISTS, ROOTS, SHOWN, nodes
from tests.make.feed import rows
from tests.make.scene import fresh

Found = dict[str, list[Any]]
"""Type name -> its rows; the numbers of parcels beside them."""
SOME = 4


async def found(world: World) -> Found:
    """Return all rows of the merchant that are nodes, and the tracking numbers."""
    return {**await nodes(world), "TrackingNumber": await rows(world, TrackingNumber)}


def some(rows: list[Any]) -> list[Any]:
    """Return few of the rows, from the first to the last: what is seen is a matter of tables."""
    return rows[:: -(-len(rows) // SOME) or 1]


def reads(of: Found) -> Iterator[tuple[str, str, str]]:
    """Yield (document, key, unknown key) for every way to read one of the rows."""
    for name in NODES.keys() & of.keys():
        for row in some(of[name]):
            ids = to_global(name, row.id), to_global(name, new_id())
            yield "query ($key: ID!) { node(id: $key) { id } }", *ids
            yield "query ($key: ID!) { nodes(ids: [$key]) { id } }", *ids
            yield deep(name), *ids
    for root, field in ROOTS.items():
        name = get_named_type(field.type).name
        for argument, each in field.args.items():
            document = f"query ($key: {each.type}) {{ {root}({argument}: $key) {{ id }} }}"
            for key, unknown in keys(of, name, argument) if root not in LISTS else ():
                yield document, key, unknown


@cache
def deep(name: str) -> str:
    """Write a document that asks a type for all that lies below it, in one statement."""
    below = [
        f"{field} {{ __typename }}"
        for field, each in SHOWN.get_type(name).fields.items()
        if isinstance(get_named_type(each.type), GraphQLObjectType) and "first" not in each.args
    ]
    fields = " ".join(["id", *below])
    return f"query ($key: ID!) {{ node(id: $key) {{ ... on {name} {{ {fields} }} }} }}"


def keys(of: Found, name: str, argument: str) -> Iterator[tuple[str, str]]:
    """Yield (key, unknown key) of the rows of a type by an argument of its root field."""
    if argument == "id":
        yield from (
            (to_global(name, it.id), to_global(name, new_id())) for it in some(of.get(name, []))
        )
    elif argument == "trackingNumber":
        yield from ((it.number, fresh("T")) for it in some(of.get("TrackingNumber", [])))
    else:
        known = (getattr(it, argument, None) for it in some(of.get(name, [])))
        yield from ((key, fresh("none")) for key in known if key is not None)


async def differing(ask: Ask, of: Found) -> list[str]:
    """Return what is read otherwise than what is not there."""
    return [
        f"{document} {key}"
        for document, key, unknown in reads(of)
        if await answers_of(ask, document, key=key) != await answers_of(ask, document, key=unknown)
    ]


async def answers_of(ask: Ask, document: str, **variables: Any) -> dict[str, Any]:
    """Return an answer and its cost, without its own id and what is left to the key afterwards."""
    answer = await ask.answer(document, **variables)
    answer["extensions"].pop("requestId", None)
    for own in ("throttleStatus", "planningCost"):
        answer["extensions"].get("cost", {}).pop(own, None)
    return answer


async def listing(ask: Ask, of: Found) -> list[str]:
    """Return the lists that show or count one of the rows."""
    theirs = {to_global(name, row.id) for name, found in of.items() for row in found}
    return [name for name in LISTS if await _shows(ask, name, theirs)]


async def _shows(ask: Ask, name: str, theirs: set[str]) -> bool:
    """Tell whether a list shows one of the ids, or counts more than it shows."""
    node = get_named_type(ROOTS[name].type).fields["nodes"].type
    field = "id" if "id" in get_named_type(node).fields else "objectId"
    page = f"totalCount nodes {{ {field} }} pageInfo {{ hasNextPage endCursor }}"
    document = f"query ($after: String) {{ it: {name}(first: 100, after: $after) {{ {page} }} }}"
    shown, after, more = list[str](), None, True
    while more:
        answer = await ask.answer(document, after=after)
        found = (answer.get("data") or {}).get("it")
        if found is None:
            return False
        shown += [it[field] for it in found["nodes"]]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    return found["totalCount"] != len(shown) or not theirs.isdisjoint(shown)
