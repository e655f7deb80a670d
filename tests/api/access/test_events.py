"""Events: what a portal shows of an order, typed and in words, by both executors."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import insert

from kit.ids import from_global, new_id, to_global
from models.access.journal import JournalEntry
from models.access.viewers import Actor
from models.base.events import EVENTS
from schema.events.kinds import event_types
from schema.schema import schema
from tests.guard import counted
from tests.make import Ask, World
from tests.models.base.written import FILE

NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename ...all } }"


@pytest.fixture(params=[True, False], ids=["planned", "reference"])
def plans(request: pytest.FixtureRequest) -> bool:
    """Both executors, whatever the whole run is of."""
    return bool(request.param)


def _selection(kind: Any) -> str:
    """Ask a type for all that it has; of an object with an id, only that."""
    parts = ["__typename"]
    for name, field in kind.fields.items():
        inner = field.type
        while hasattr(inner, "of_type"):
            inner = inner.of_type
        if not hasattr(inner, "fields"):
            parts.append(name)
        else:
            parts.append(f"{name} {{ {'id' if 'id' in inner.fields else _selection(inner)} }}")
    return " ".join(parts)


def _everything() -> str:
    kinds = schema._schema.type_map
    of = " ".join(
        f"... on {it.__name__} {{ {_aliased(it.__name__, kinds[it.__name__])} }}"
        for it in EVENTS.values()
    )
    return f"fragment all on Event {{ {of} }}"


def _aliased(prefix: str, kind: Any) -> str:
    return _selection(kind)


async def _write(world: World, examples: Mapping[str, Any]) -> dict[str, str]:
    """Write an entry of each kind about rows that are not there: event -> its global id."""
    ids, rows = {}, []
    for number, (name, payload) in enumerate(sorted(examples.items()), 1):
        key = new_id()
        ids[name] = to_global("Event", key)
        rows.append(
            {
                "id": key, "merchant_id": world.merchant_id, "position": number,
                "aggregate": EVENTS[name].aggregate, "aggregate_id": new_id(), "sequence": 1,
                "type": name, "occurred_at": world.clock(), "recorded_at": world.clock(),
                "actor": "STAFF", "actor_name": "Ann", "actor_key_id": new_id(),
                "payload": payload, "payload_version": EVENTS[name].versions.version,
            }
        )
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(insert(JournalEntry), rows)
    return ids


async def test_each_kind(world: World, ask: Ask) -> None:
    written = json.loads(FILE.read_text())
    examples = {n: written[f"{n} {k.versions.version}"]["written"] for n, k in EVENTS.items()}
    ids = await _write(world, examples)
    for name, key in ids.items():
        kind = EVENTS[name].__name__
        q = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename ... on {kind} {{ {_selection(schema._schema.type_map[kind])} }} }} }}"
        with counted(world.database.engine) as statements:
            a = await ask.answer(q, ids=[key])
        print(json.dumps(a)[:3000], len(statements))
        assert "errors" not in a
