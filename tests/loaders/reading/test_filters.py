"""Filters of kept statements find what statements find that hold the filter's values themselves.

The reference executor makes its statement anew for each request, of the values; the planner keeps
one for each set of fields, with parameters in their places.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from graphql import GraphQLEnumType, get_named_type, is_list_type

from admission.demands import of_field
from kit.db.database import Database
from kit.ids import from_global, new_id, to_global
from kit.inputs import camel
from loaders.access.journal import EventNames
from loaders.reading.filters import Filter
from loaders.reading.pages import named_in
from models.access.journal import AuditEntry
from models.access.viewers import READS, Actor
from models.base.events import EVENTS
from models.messages.notifications import Notification
from tests import make
from tests.execution.operations import Seen
from tests.execution.whole import plain_nodes
from tests.guard import counted
from tests.make import feed
from tests.make.everything import CONNECTIONS, CORE, LISTS, SHOWN, Listed, nodes

TOGETHER = 2
"""Sets of several fields, for each list."""
ODD = ("%", "_", "//%_", "\\'\"", "Ü", " $1 :x {} ")
INSTANTS = ("1999-01-01T00:00:00Z", "2026-03-04T10:15:30.12+01:00", "2199-12-31T23:59:59Z")
DECIMALS = ("0", "24.99", "999999999")
CURRENCIES = ("EUR", "USD")
DAYS = ("1900-01-01", "2026-03-05", "2199-12-31")
SCALARS: Mapping[str, Sequence[Any]] = {
    "Boolean": (True, False),
    "DateTime": INSTANTS,
    "Date": DAYS,
    "Decimal": DECIMALS,
    "Currency": CURRENCIES,
}
MODELS = {it.__name__: it for it in Filter.__subclasses__()}


class List(Listed):
    """A list with a filter, and what that may be."""

    @property
    def filter(self) -> Any:
        return get_named_type(self.field.args["filter"].type)

    def document(self, sort: str) -> str:
        """Return what asks for the rows of a filter."""
        page = "totalCount edges { cursor }"
        chosen = ", ".join(filter(None, ("first: 99", "filter: $filter", sort)))
        asks = f"it: {self.name}({chosen}) {{ {page} }}"
        if self.parent == "Query":
            return f"query ($filter: {self.filter.name}) {{ {asks} }}"
        asks = f"nodes(ids: $ids) {{ ... on {self.parent} {{ {asks} }} }}"
        return f"query ($filter: {self.filter.name}, $ids: [ID!]!) {{ {asks} }}"

    def values(self, name: str, seen: Mapping[str, Seen]) -> list[Any]:
        """Return what a field of the filter may be, without null; some of it is there."""
        kind = self.filter.fields[name].type
        named = get_named_type(kind)
        if isinstance(named, GraphQLEnumType):
            some: Sequence[Any] = list(named.values)
        elif named.name == "ID":
            models = {camel(of): it for of, it in named_in(MODELS[self.filter.name]).items()}
            types = models[name.removesuffix("s")].types
            some = [id_ for it in types for id_ in seen["every"].ids[it][:4]]
            some = [*some, to_global(next(iter(types)), new_id())]
        elif named.name == "String":
            # Every other odd one: fields of both kinds of names ask for all.
            odd = ODD[len(name) % 2 :: 2]
            known = seen[self.rows].texts[_column(name)][-2:]
            other = (*(it[: len(it) // 2] or "x" for it in known), *odd)
            some = [*known, *(sorted(EVENTS)[:3] if self._are_events(name) else other)]
        else:
            some = SCALARS[named.name]
        if not is_list_type(kind):
            return list(some)
        return [[], [some[0], some[0]], list(some), *([it] for it in some[:3])]

    def _are_events(self, name: str) -> bool:
        """Tell whether a field of the filter takes names of events alone."""
        fields = MODELS[self.filter.name].model_fields
        (own,) = (it.annotation for field, it in fields.items() if camel(field) == name)
        return EventNames in get_args(own)


def _column(name: str) -> str:
    """Return the field that a filter compares texts with."""
    plain = name.removesuffix("Prefix").removesuffix("Contains")
    return _COLUMNS.get(plain, plain)


_COLUMNS = {
    "types": "type",
    "actorSubject": "name",
    "purchaseOrder": "purchaseOrderNumber",
    "text": "name",
}
"""Field of a filter -> the one that it compares with, where that has another name."""


BLIND = [
    # Nobody has come here by an identity provider.
    "JournalFilter actorSubject",
    # What was told here was told of a delivery.
    "NotificationFilter contactId",
    "NotificationFilter contractId",
    # No order tells the numbers of its parcels.
    "OrderFilter trackingNumber",
    # Endpoints here are the merchant's, and nothing was sent to them.
    "WebhookAttemptFilter faults",
    "WebhookAttemptFilter types",
    "WebhookAttemptFilter webhookId",
    "WebhookFilter partyId",
    "WebhookMessageFilter types",
]
"""Fields of filters for which nothing is found here; tests of their nouns ask them."""
EVERY = [List(*it) for it in CONNECTIONS if "filter" in SHOWN.type_map[it[0]].fields[it[1]].args]


async def _data(world: make.World, ask: make.Ask) -> dict[str, Seen]:
    """Return the ids of all, the texts of each type's rows."""
    seen = defaultdict(Seen)
    for each in await feed.rows(world, Notification):
        about = ("Order", each.order_id), ("Delivery", each.delivery_id)
        seen["every"].learn([to_global(name, it) for name, it in about if it])
    for name, of_type in (await nodes(world)).items():
        seen["every"].learn([to_global(name, it.id) for it in of_type])
    for name, field in LISTS.items():
        rows = List("Query", name).rows
        seen[rows].learn(await ask(f"{{ {name}(first: 50) {{ {plain_nodes(field)} }} }}"))
    written = await feed.rows(world, AuditEntry)
    seen["AuditEntry"].learn([{"idempotencyKey": it.idempotency_key} for it in written[-9:]])
    return seen


@dataclass
class Comparison:
    """Asks both executors the same. met: what was found, by field of a filter."""

    both: tuple[make.Ask, make.Ask]
    database: Database
    seen: Mapping[str, Seen]
    met: defaultdict[tuple[str, str], set[int]]

    async def alike(self, of: List, sort: str, wanted: Mapping[str, Any]) -> str:
        """Compare the rows of a filter; return the statement that the planner sent."""
        variables: dict[str, Any] = {"filter": wanted}
        variables |= {} if of.parent == "Query" else {"ids": self.seen["every"].ids[of.parent][:5]}
        ours, reference = self.both
        with counted(self.database.engine) as statements:
            planned = await ours.answer(of.document(sort), **variables)
        fresh = await reference.answer(of.document(sort), **variables)
        where = f"{of} {sort} {json.dumps(variables)} {planned.get('errors')}"
        assert "errors" not in fresh, (where, fresh["errors"])
        assert planned["data"] == fresh["data"], where
        (sent,) = statements
        answers = planned["data"].get("nodes", [planned["data"]])
        found = [it["it"]["totalCount"] for it in answers if it]
        for name in (it for it in wanted if wanted[it] is not None):
            self.met[of.filter.name, name].update(found)
        return sent


def _filters(
    of: List, chance: random.Random, seen: Mapping[str, Seen]
) -> Iterator[list[dict[str, Any]]]:
    """Give filters of the same fields each time: of none, of each by itself, of several."""
    values = {name: of.values(name, seen) for name in of.filter.fields}
    yield [dict.fromkeys(values), {}]
    if of.parent == "Query" or of.filter not in {it.filter for it in EVERY if it.parent == "Query"}:
        for name, some in values.items():
            for each in [some] if some[0] is not True else [[True], [False]]:
                yield [{name: value} for value in each]
    shaping = {name for name, some in values.items() if some[0] is True}
    for _ in range(TOGETHER):
        fields = chance.sample(sorted(values), k=min(len(values), chance.randint(2, 4)))
        fixed = {name: chance.choice(values[name]) for name in shaping & set(fields)}
        yield [{it: chance.choice(values[it]) for it in fields} | fixed for _ in range(4)]


async def _viewers(world: make.World, ask: make.Ask) -> list[str]:
    """Return a token of staff, a buyer's and a warehouse's, who see rows."""
    found = await ask("""{ orders(first: 9) { nodes { party { id } } }
        deliveries(first: 9) { nodes { location { id } } } }""")
    party = found["orders"]["nodes"][0]["party"]["id"]
    location = found["deliveries"]["nodes"][0]["location"]["id"]
    bound: Mapping[Actor, str] = {Actor.BUYER: party, Actor.WAREHOUSE: location}
    return [world.token, *[await world.key(it, from_global(by)[1]) for it, by in bound.items()]]


@pytest.mark.prepared("everything")
async def test_kept_statements_find_what_fresh_ones_find(
    request: pytest.FixtureRequest,
    both: tuple[make.Ask, make.Ask],
    world: make.World,
    database: Database,
) -> None:
    chance = random.Random(int(request.config.getoption("--seed")))
    comparison = Comparison(both, database, await _data(world, both[0]), defaultdict(set))
    viewers = await _viewers(world, both[0])
    for of in EVERY:
        kind = CORE.type_map[of.parent]
        seeing = viewers if of_field(kind, kind.fields[of.name]) <= READS else viewers[:1]
        for number, filters in enumerate(_filters(of, chance, comparison.seen)):
            # Staff sees what there is; others find what several fields say, ids among them.
            several = len(filters[0]) > 1
            sort, token = of.sorts[number % len(of.sorts)], seeing[several * number % len(seeing)]
            comparison.both = (both[0].by(token), both[1].by(token))
            sent = {await comparison.alike(of, sort, it) for it in filters}
            assert len(sent) == 1, (of, filters)
    blind = sorted(" ".join(it) for it, found in comparison.met.items() if found == {0})
    assert blind == BLIND
