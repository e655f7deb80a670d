"""What becomes one statement, what code resolves, what the reference executor answers whole."""

import gc
from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse
from sqlalchemy import Select, and_, event, update
from sqlalchemy.orm import aliased

from execution.arguments import Prepared
from execution.plans import Fused
from kit.ids import from_global, new_id
from kit.telemetry import trace
from loaders.trade import orders as order_loaders
from models.access.viewers import Actor, Viewer
from models.base.tables import Owned
from models.base.visibility import seen_by
from models.trade.orders.tables import Order as OrderRow
from resolvers.running.context import Context
from resolvers.running.process import Process
from schema.schema import PLANNER, schema
from tests import make
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.running import staff
from tests.make.trade import contracts, orders

LIST = """
query ($first: Int, $filter: OrderFilter, $withLines: Boolean = true) {
  orders(first: $first, filter: $filter) {
    nodes {
      id number placedAt fulfilmentStatus isLate party { name roles }
      window { earliest latest timeZone }
      lines @include(if: $withLines) { ordered unitPrice { amount currency } product { sku unit } }
      deliveries { number state lines { planned orderLine { lineNo } } parcels { sscc } }
      timeline(last: 2) { edges { cursor node { type payload actor } } totalCount }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
DOCKS = """query ($id: ID!) {
  contract(id: $id) { shipTos { code receivingHours { weekday opens closes } } }
}"""
MIXED = """{ viewer { name }
  orders(first: 9) { nodes { accessToken lines { lineNo } party { name } } } }"""


@pytest.fixture(autouse=True)
def _planned(plans: bool) -> None:  # noqa: FBT001 -- a fixture.
    if not plans:
        pytest.fail("These tests are about plans: run them without --executor reference.")
    PLANNER.forget()


async def _orders(world: make.World, ask: make.Ask, count: int) -> None:
    for _ in range(count):
        await orders.order(world, ask)
    await deliveries.dispatched(world, ask)
    PLANNER.forget()


async def test_a_list_of_relations_is_one_statement_however_many_rows(ask, world, database):
    await _orders(world, ask, 5)
    sent = []
    for first in (1, 20):
        with counted(database.engine) as statements:
            await ask(LIST, first=first)
        sent.append(len(statements))
    assert sent == [1, 1]


async def test_a_kept_plan_keeps_nothing_of_what_its_statement_was_built_of(ask, world):
    await _orders(world, ask, 1)
    alive = []
    for number in range(4):
        await ask(LIST.replace("last: 2", f"last: {number}"), first=1)
        gc.collect()
        alive.append(sum(isinstance(it, Select) for it in gc.get_objects()))
    assert PLANNER.counted["plan made"] == 4
    assert alive[1:] == alive[1:2] * 3


async def test_a_kept_statement_does_not_hold_what_wrote_it(ask, world):
    """Which has a bound of its own, and is forgotten by it."""
    await _orders(world, ask, 1)
    await ask(LIST, first=1)
    kept = list(PLANNER._statements)  # noqa: SLF001 -- memory has no other face.
    assert kept
    assert not any(isinstance(it, Fused) for key in kept for it in key)


async def test_an_operation_is_planned_once_whatever_its_values(ask, world, database):
    await _orders(world, ask, 3)
    texts = []
    for first, supplied in ((1, "A"), (3, "B"), (30, "%")):
        with counted(database.engine) as statements:
            await ask(LIST, first=first, filter={"numberPrefix": supplied, "late": False})
        texts.append(statements[0])
    assert len(set(texts)) == 1
    assert PLANNER.counted == {"plan made": 1, "plan reused": 2, "one statement": 3}


async def test_a_condition_has_a_plan_of_its_own(ask, world):
    await _orders(world, ask, 1)
    answers = [await ask(LIST, first=1, withLines=it) for it in (True, False, True)]
    assert ["lines" in it["orders"]["nodes"][0] for it in answers] == [True, False, True]
    assert PLANNER.counted["plan made"] == 2


async def test_lists_inside_a_row_are_part_of_its_statement(ask, world, database):
    draft = await contracts.draft(world, ask, **await contracts.docks(world, ask))
    with counted(database.engine) as statements:
        found = await ask(DOCKS, id=draft["id"])
    assert len(statements) == 1
    hours = [{"weekday": it, "opens": "08:00", "closes": "16:30"} for it in (1, 5)]
    assert found["contract"]["shipTos"] == [
        {"code": "DOCK", "receivingHours": hours},
        {"code": "MAIN", "receivingHours": []},
    ]


async def test_a_field_of_code_leaves_the_rest_to_statements(ask, world, database):
    await _orders(world, ask, 4)
    with counted(database.engine) as statements:
        nodes = (await ask(MIXED))["orders"]["nodes"]
    assert [len(it["lines"]) for it in nodes] == [2] * 5
    assert all(it["accessToken"] for it in nodes)
    assert len(statements) == 1
    assert PLANNER.counted == {
        "plan made": 1,
        "mixed: Query.viewer is resolved by code": 1,
        "levels with a statement": 1,
    }


async def test_viewers_of_a_kind_share_statements_and_not_rows(ask, world, database):
    first, second = [await orders.order(world, ask) for _ in range(2)]
    parties = [from_global(it["party"]["id"])[1] for it in (first, second)]
    PLANNER.forget()
    texts, numbers = [], []
    for party in parties:
        buyer = ask.by(await world.key(Actor.BUYER, party))
        with counted(database.engine) as statements:
            nodes = (await buyer(LIST, first=9))["orders"]["nodes"]
        texts.append(statements[0])
        numbers.append([it["number"] for it in nodes])
    assert texts[0] == texts[1]
    assert numbers == [[first["number"]], [second["number"]]]
    assert PLANNER.counted["plan made"] == 1


async def test_arguments_that_are_kept_hold_neither_viewer_nor_time(ask, world, clock):
    due = {"earliest": "2026-03-03T08:00:00Z", "latest": "2026-03-03T12:00:00Z", "timeZone": "UTC"}
    first, second = [await orders.order(world, ask, window=due) for _ in range(2)]
    keys = [
        await world.key(Actor.BUYER, from_global(it["party"]["id"])[1]) for it in (first, second)
    ]
    PLANNER.forget()

    async def late() -> list[list[str]]:
        found = [
            await ask.by(item)("{ orders(first: 9, filter: {late: true}) { nodes { number } } }")
            for item in keys
        ]
        return [[it["number"] for it in each["orders"]["nodes"]] for each in found]

    assert await late() == [[], []]
    clock.advance(days=2)
    assert await late() == [[first["number"]], [second["number"]]]
    assert PLANNER.counted == {"plan made": 1, "plan reused": 3, "one statement": 4}


WHOLE = {
    "introspection": "{ __schema { queryType { name } } }",
    "code at the root": "{ viewer { name actor } }",
    "a refused argument": "{ orders(first: 251) { nodes { id } } }",
    "a foreign cursor": '{ orders(first: 1, after: "WzFd") { nodes { id } } }',
    "no key at all": "{ order { id } }",
}
REASONS = {
    "introspection": "mixed: introspection",
    "code at the root": "mixed: Query.viewer is resolved by code",
    "a refused argument": "an argument was refused",
    "a foreign cursor": "an argument was refused",
    "no key at all": "an argument was refused",
}


@pytest.mark.parametrize("case", WHOLE)
async def test_what_is_not_one_statement_is_counted(ask, case):
    await ask.answer(WHOLE[case])
    assert PLANNER.counted == {"plan made": 1, REASONS[case]: 1}


async def test_an_argument_below_a_list_is_refused_once_and_nothing_is_read_for_it(
    ask, world, database
):
    await _orders(world, ask, 3)
    document = """query ($size: Int!) { deliveries(first: 1) { nodes { number } }
      node(id: "none") { id } bad: contract(number: "C") { id }
      orders(first: 9) { nodes { lines { order { timeline(first: $size) { totalCount } } } } } }"""
    with counted(database.engine) as statements:
        answer = await ask.answer(document, size=251)
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["orders"], "BAD_USER_INPUT")
    assert [it for it in statements if "FROM order_lines" in it] == []
    assert answer["data"]["orders"] is None


SEVERAL = """query ($ids: [ID!]!) { nodes(ids: $ids) {
  id ... on Order { number lines { lineNo } }
  ... on Product { sku timeline(first: 1) { totalCount } }
} }"""


async def test_nodes_are_one_statement_in_the_order_of_their_ids(ask, world, database):
    orders_ = [await orders.order(world, ask) for _ in range(2)]
    product = (await ask("{ products(first: 1) { nodes { id sku } } }"))["products"]["nodes"][0]
    PLANNER.forget()
    ids = [orders_[1]["id"], "bm9uZQ==", product["id"], orders_[0]["id"], product["id"]]
    with counted(database.engine) as statements:
        first, nothing, second, third, again = (await ask(SEVERAL, ids=ids))["nodes"]
    assert len(statements) == 1
    assert nothing is None
    assert [first["number"], third["number"]] == [orders_[1]["number"], orders_[0]["number"]]
    assert (
        second
        == again
        == {"id": product["id"], "sku": product["sku"]} | {"timeline": {"totalCount": 1}}
    )
    assert PLANNER.counted == {"plan made": 1, "one statement": 1}


async def test_a_list_of_ids_is_charged_for_the_rows_that_it_gives(ask, world):
    order = await orders.order(world, ask)
    costs = []
    for ids in (["bm9uZQ=="] * 99, [order["id"]] * 99):
        document = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { lines { id } } } }"
        answer = await ask.answer(document, ids=ids)
        costs.append(answer["extensions"]["cost"]["actualQueryCost"])
    assert costs[0] < costs[1]


async def test_a_payload_is_one_statement_with_its_lists_of_keys(ask, world, database):
    contract = await contracts.contract(world, ask)
    PLANNER.forget()
    with counted(database.engine) as statements:
        await contracts.call_off(world, ask, contract, "10")
    # After the journal, which the last statement of a command writes.
    last = max(at for at, it in enumerate(statements) if "INSERT INTO journal" in it)
    (read,) = statements[last + 1 :]
    assert "jsonb_array_elements_text" in read
    assert PLANNER.counted == {
        "plan made": 1,
        "mixed: a mutation": 1,
        "levels with a statement": 1,
    }


async def test_wrong_variables_are_told_beside_the_event_loop_as_the_reference_tells_them(both):
    variables = {"first": "many", "filter": {"states": [1] * 60, "nothing": [{}]}}
    ours, reference = [await it.answer(LIST, **variables) for it in both]
    assert ours["errors"] == reference["errors"]
    assert len(ours["errors"]) > 50
    assert PLANNER.counted == {"refused: variables": 1}


async def test_wrong_variables_of_a_subscription_are_told_and_counted(world):
    document = "subscription ($id: ID!) { orderStatusChanged(orderId: $id) { position } }"
    context = Context(staff(world), world.database, world.clock)
    stream = await schema.stream(document, variable_values={"id": [1]}, context_value=context)
    (result,) = [it async for it in stream]
    (error,) = result.errors
    assert error.message.startswith("Variable '$id' has invalid value")
    assert PLANNER.counted == {"refused: variables": 1}


async def test_an_operation_takes_one_connection_and_asks_a_relation_once_a_level(
    ask, world, database
):
    await _orders(world, ask, 4)
    viewer, process = staff(world), Process(database)
    taken: list[int] = []
    batches = []

    def checked_out(*_: object) -> None:
        taken[-1] += 1

    pool = database.engine.sync_engine.pool
    event.listen(pool, "checkout", checked_out)
    try:
        # The first one takes the key's share of its bucket, too.
        for first in (1, 1, 9):
            taken.append(0)
            context = Context(viewer, database, world.clock, process=process)
            trace.CURRENT.set(trace.Trace("counted"))
            answer = await schema.execute(MIXED.replace("9", str(first)), context_value=context)
            assert answer.errors is None
            batches.append(sorted(trace.CURRENT.get().batches))
    finally:
        event.remove(pool, "checkout", checked_out)
    assert taken[1:] == [1, 1]
    # The walk reads nothing by itself: the page and all below it is in the statement of a level.
    assert batches == [[], [], []]


async def test_a_level_and_a_single_key_read_nothing_twice(ask, world, database):
    order = await orders.order(world, ask)
    key = from_global(order["id"])[1]
    context = Context(staff(world), database, world.clock)
    context.begin()
    with counted(database.engine) as statements:
        (first,) = await context.load_level(order_loaders.by_id, [key])
        assert await context.load(order_loaders.by_id, key) is first
        assert await context.load_level(order_loaders.by_id, [key, key]) == [first, first]
    assert len(statements) == 1
    await context.finish()


async def test_a_value_that_graphql_forbids_is_told_with_its_path(ask, world, database):
    order = await orders.order(world, ask)
    async with database.writing(world.merchant_id) as session:
        of_order = OrderRow.id == from_global(order["id"])[1]
        await session.execute(
            update(OrderRow)
            .where(of_order, OrderRow.merchant_id == world.merchant_id)
            .values(version=2**40)
        )
    PLANNER.forget()
    answer = await ask.answer("{ orders(first: 1) { nodes { number version } } }")
    assert answer["data"] == {"orders": None}
    assert answer["errors"][0]["path"] == ["orders", "nodes", 0, "version"]
    assert PLANNER.counted["not fused: a value could not be written"] == 1


def test_variables_are_given_up_at_their_first_error():
    """A million wrong items would take as many errors, which nobody reads."""
    read = []

    def refused(value: object) -> Any:
        read.append(value)
        raise ValueError

    shown = build_schema("scalar Odd type Query { a(list: [Odd]): Int }")
    shown.type_map["Odd"].coerce_input_value = refused
    document = parse("query ($list: [Odd]) { a(list: $list) }")
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    prepared = Prepared(shown, document, operation)
    assert prepared.variables({"list": list(range(1_000))}) is None
    assert len(read) < 10


@pytest.mark.parametrize("actor", Actor)
def test_what_a_kind_of_viewer_sees_differs_in_named_values_only(actor):
    for mapper in Owned.registry.mappers:
        if not issubclass(mapper.class_, Owned):
            continue
        table = aliased(mapper.class_)
        conditions = [
            and_(*seen_by(Viewer(new_id(), actor, new_id(), name, bound_to=new_id()), table))
            for name in ("one", "other")
        ]
        ours_key, theirs_key = [it._generate_cache_key() for it in conditions]  # noqa: SLF001 -- SQLAlchemy's statement caching.
        assert ours_key.key == theirs_key.key
        values, other_values = ours_key.bindparams, theirs_key.bindparams
        for ours, theirs in zip(values, other_values, strict=True):
            same = ours.value == theirs.value
            assert same or ours.key in {"merchant", "bound_to"}, mapper
