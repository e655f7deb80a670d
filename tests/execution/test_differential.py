"""The planner and the reference executor give the same answers, to generated operations."""

import json
import logging
from collections.abc import Container, Sequence
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from kit.ids import from_global, new_id, to_global
from models.access.journal import JournalEntry
from models.access.viewers import Actor
from models.base.events import EVENTS
from schema.access.journal.events import type_of
from schema.graphql.nodes import NODES
from schema.schema import PLANNER
from tests import make
from tests.execution.operations import Operation, Seen, Writer, messages
from tests.execution.whole import Question, Whole, batched, payload, plain_nodes, together
from tests.guard import counted
from tests.make.everything import CORE, LISTS, SHOWN, WINGS, inputs_of, nodes, payload_of
from tests.make.scene import fresh
from tests.models.base.written import FILE

REFUSED = "an argument was refused"
AT_ONCE = 6
"""Questions to a type that one operation asks, under aliases."""
SHARES = 2
"""Parts of the generated operations that workers take, each with data of its own."""
SOME = 5
"""Beside the plain fields of every type, one question in so many is asked; all at night."""


# Where null goes up past fields that still wait, graphql-core drops their coroutines.
pytestmark = [
    pytest.mark.usefixtures("dropped"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


async def _data(world: make.World, ask: make.Ask) -> Seen:
    """Return what can be asked for."""
    seen = Seen()
    for name, of_type in (await nodes(world)).items():
        seen.learn([to_global(name, it.id) for it in of_type])
    for name, field in LISTS.items():
        seen.learn(await ask(f"{{ {name}(first: 9) {{ {SEEN} {plain_nodes(field)} }} }}"))
    return seen


SEEN = "edges { cursor } pageInfo { endCursor }"


Viewing = tuple[str, dict[str, str]]
"""A token, and more headers."""


async def _viewers(world: make.World, ask: make.Ask) -> list[Viewing]:
    """Return a token of every kind of viewer, bound to what there is; the shop holds an order."""
    found = await ask("""{ orders(first: 9) { nodes { accessToken party { id } channel { id } } }
        deliveries(first: 9) { nodes { location { id } } } }""")
    order, delivery = found["orders"]["nodes"][0], found["deliveries"]["nodes"][0]
    bound = {
        Actor.BUYER: order["party"]["id"],
        Actor.STOREFRONT: order["channel"]["id"],
        Actor.WAREHOUSE: delivery["location"]["id"],
    }
    keys = [await world.key(actor, from_global(it)[1]) for actor, it in bound.items()]
    tokens = [world.token, world.token, *keys, await world.key(Actor.CARRIER, new_id())]
    return [(token, {"Abruf-Order-Token": order["accessToken"]}) for token in tokens]


def _errors(answer: dict[str, Any]) -> list[str]:
    errors = [
        (each.get("path"), each["message"], [each.get("locations"), each["extensions"]["code"]])
        for each in answer.get("errors", ())
    ]
    return messages(answer.get("data"), errors)


def _messages(answer: dict[str, Any]) -> set[str]:
    return {it["message"] for it in answer.get("errors", ())}


async def _same(ours: make.Ask, reference: make.Ask, operation: Operation) -> dict[str, Any]:
    """Ask both and compare; values, the order of keys, and errors.

    Of a refused argument the planned executor tells before it reads, at the field with which the
    statement begins, once; the reference where it meets the argument, as often as that is, or not
    where it meets no row or another refusal first.
    """
    before = PLANNER.counted[REFUSED]
    planned = await ours.answer(operation.text, **operation.variables)
    resolved = await reference.answer(operation.text, **operation.variables)
    where = f"\n{operation.about}\n{operation.text}\n{json.dumps(operation.variables)}"
    where += f"\n{planned.get('errors')}\n{resolved.get('errors')}"
    if PLANNER.counted[REFUSED] > before:
        assert _messages(planned), where
        return planned
    assert json.dumps(planned.get("data")) == json.dumps(resolved.get("data")), where
    assert _errors(planned) == _errors(resolved), where
    return planned


@pytest.mark.prepared("everything")
@pytest.mark.parametrize("share", range(SHARES))
async def test_generated_operations_are_answered_alike(
    request, record_property, both, world, caplog, share
):
    caplog.set_level(logging.CRITICAL + 1)  # Faults are not told one by one.
    seed, count = (int(request.config.getoption(it)) for it in ("--seed", "--operations"))
    record_property("repeat with", f"--seed {seed} --operations {count}")
    seen, viewers = await _data(world, both[0]), await _viewers(world, both[0])
    PLANNER.counted.clear()
    for number in range(share, count, SHARES):
        token, headers = viewers[number // SHARES % len(viewers)]
        asks = (it.by(token).with_headers(headers) for it in both)
        operation = Writer(CORE, seen, seed * 100_000 + number).write()
        seen.learn(await _same(*asks, operation))
    record_property("counted", dict(PLANNER.counted))
    assert PLANNER.counted["one statement"] > count // SHARES // 5
    assert not PLANNER.counted["not fused: a fault of the planner"]


@pytest.mark.prepared("everything")
async def test_everything_that_can_be_asked_is_answered_alike(request, both, world, caplog):
    caplog.set_level(logging.CRITICAL + 1)
    seen, whole = await _data(world, both[0]), Whole(SHOWN, set(NODES))
    covered, chosen = set[str](), 1 if request.config.getoption("--every-case") else SOME

    async def answered(name: str, questions: Sequence[Question]) -> bool:
        for way, operation in whole.operations(name, together(questions), seen.ids):
            # So much later the key has its points again.
            world.clock.advance(seconds=len(questions))
            answer = await _same(*both, operation)
            if way.arrives(answer.get("data")):
                return True
        return False

    for name in whole.ways:
        for questions in batched(whole.some(name, chosen), AT_ONCE):
            # Where one of them is refused, or fails, the others are not answered.
            parts = [questions] if await answered(name, questions) else [[it] for it in questions]
            for part in parts:
                if part is questions or await answered(name, part):
                    covered |= {coordinate for _, asks in part for coordinate in asks}
    missing = whole.coordinates(chosen) - covered
    assert sorted(missing) == [], f"No object was reached that has {sorted(missing)}."


@pytest.mark.prepared("inputs")
@pytest.mark.parametrize("wing", WINGS)
async def test_every_payload_is_answered_alike_and_when_it_is_asked_again(
    request, both, made, wing
):
    seen = Seen()
    seed = int(request.config.getoption("--seed"))
    for number, (name, maker) in enumerate(inputs_of(wing)):
        values = {**made[maker.__name__], "idempotencyKey": fresh("I")}
        takes = SHOWN.mutation_type.fields[name].args["input"].type
        fields = payload(payload_of(name), set(NODES))
        text = f"mutation ($input: {takes}) {{ {name}(input: $input) {{ {fields} }} }}"
        first = await both[0].answer(text, input=values)
        assert "errors" not in first, first
        assert first["data"][name]["userErrors"] == [], maker.__name__
        # Both are asked for what is kept: a key's token and an endpoint's secret are told once.
        kept = await _same(*both, Operation(text, {"input": values}, maker.__name__))
        once = dict.fromkeys(first["data"][name].keys() & {"token", "secret"})
        assert kept["data"] == {name: first["data"][name] | once}, maker.__name__
        seen.learn(kept)
        await _same(*both, Writer(SHOWN, seen, seed * 1_000 + number).payload(name, values))


async def _each_kind(world: make.World) -> dict[str, str]:
    """Write an entry of each kind of events about rows that are not there; return their ids."""
    found, written = {}, json.loads(FILE.read_text())
    async with world.database.writing(world.merchant_id) as session:
        for number, (name, kind) in enumerate(sorted(EVENTS.items()), 1):
            version = kind.versions.version
            entry = JournalEntry(
                id=new_id(),
                merchant_id=world.merchant_id,
                position=number,
                aggregate=kind.aggregate,
                aggregate_id=new_id(),
                sequence=1,
                type=name,
                occurred_at=world.clock(),
                recorded_at=world.clock(),
                actor=Actor.CARRIER.value,
                actor_name="Fast",
                actor_key_id=new_id(),
                payload=written[f"{name} {version}"]["written"],
                payload_version=version,
            )
            session.add(entry)
            found[name] = to_global("Event", entry.id)
    return found


def _all_of(kind: Any, but: Container[str] = ()) -> str:
    """Write all fields of an event, or of what lies in it; of what has an id, that."""
    parts = []
    for name, field in kind.fields.items():
        if name in but:
            continue
        inner = get_named_type(field.type)
        below = "" if is_leaf_type(inner) else " { id }"
        if isinstance(inner, GraphQLObjectType) and "id" not in inner.fields:
            below = f" {{ {_all_of(inner)} }}"
        parts.append(f"{name}{below}")
    return " ".join(parts)


def _agreeing() -> list[list[str]]:
    """Return the names of all events, together those whose fields of one name are of one type."""
    found: list[tuple[list[str], dict[str, str]]] = []
    for name in sorted(EVENTS):
        fields = {it: str(of.type) for it, of in SHOWN.type_map[type_of(name)].fields.items()}
        for names, known in found:
            if len(names) < AT_ONCE and all(
                known.get(it, fields[it]) == fields[it] for it in fields
            ):
                break
        else:
            names, known = [], {}
            found.append((names, known))
        names.append(name)
        known |= fields
    return [names for names, _ in found]


async def test_every_kind_of_event_is_answered_alike_by_one_statement(both, world):
    ids = await _each_kind(world)
    for names in _agreeing():
        kinds = [type_of(it) for it in names]
        common = SHOWN.type_map["Event"]
        wanted = [f"... on {it} {{ {_all_of(SHOWN.type_map[it], common.fields)} }}" for it in kinds]
        shared = f"... on Event {{ __typename {_all_of(common)} }}"
        text = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {shared} {' '.join(wanted)} }} }}"
        of = [ids[it] for it in names]
        with counted(world.database.engine) as statements:
            answer = await both[0](text, ids=of)
        assert len(statements) == 1
        assert answer == await both[1](text, ids=of)
        assert [it["__typename"] for it in answer["nodes"]] == kinds
