"""Documents that ask for too much are refused before they are validated, in words that help."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query
from sqlalchemy import text

from kit.clock import Clock
from kit.config import from_environment
from kit.db.database import Database
from kit.limits import DEFAULT_LIMITS, Limits
from models.access.viewers import Actor
from resolvers.running.context import Context, Terms
from schema.graphql.extensions.limits import _KNOWN
from schema.schema import schema
from server import application
from tests import make
from tests.admission.test_limits import HOSTILE
from tests.make.counting import sent
from tests.make.running import locked_products, staff
from transport.http.accepted import GRAPHQL_JSON
from transport.serving import Serving

UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status } userErrors { message } }
}
"""
DEEP = f"{'{ a ' * 16}{'}' * 16}"
MANY = f"orders(first: 1) {{ nodes {{ {'lines { product { id } } ' * 10} }} }}"
REFUSED = {
    "depth": (DEEP, "nests its fields 16 levels deep; 15 is the most", 16, 15),
    "aliases": (
        "{ viewer { " + " ".join(f"a{it}: name" for it in range(31)) + " } }",
        "has 31 aliases; 30 is the most",
        31,
        30,
    ),
    "reads": (
        f"{{ {' '.join(f'a{it}: {MANY}' for it in range(10))} }}",
        "has 210 fields that read; 200 is the most",
        210,
        200,
    ),
    "a long alias": (
        f"{{ {'a' * 101}: __typename }}",
        "An alias is 101 characters long; 100 is the most",
        101,
        100,
    ),
    "root fields": (
        "{ " + "viewer { name } " * 26 + "}",
        "asks for 26 root fields; 25 is the most",
        26,
        25,
    ),
    "variables": (
        f"query ({' '.join(f'$v{it}: Int' for it in range(480))}) {{ __typename }}",
        "An operation declares 480 variables; 100 is the most",
        480,
        100,
    ),
    "directives": (
        "{ __typename " + "@include(if: true) " * 21 + "}",
        "has 21 directives; 20 is the most",
        21,
        20,
    ),
    "repeats": (
        "{ viewer { " + "name " * 32 + "} }",
        "asks 31 times for the same again; 30 is the most",
        31,
        30,
    ),
    "spreads": (
        "{ viewer { " + "...F " * 31 + "} } fragment F on Viewer { name }",
        "spreads fragments 31 times; 30 is the most",
        31,
        30,
    ),
    "fragments": (
        "{ viewer { name } } "
        + " ".join(f"fragment F{it} on Viewer {{ name }}" for it in range(31)),
        "holds 31 fragments; 30 is the most",
        31,
        30,
    ),
    "operations": (
        " ".join(f"query Q{it} {{ __typename }}" for it in range(11)),
        "holds 11 operations; 10 is the most",
        11,
        10,
    ),
    "source": (
        "{ __typename }" + " " * 20_480,
        "is 20,494 characters long; 20,480 is the most",
        20_494,
        20_480,
    ),
}
DEAR = (
    "query ($n: Int!) { orders(first: $n) { nodes { lines { ordered } deliveries { number } } } }"
)
LEAKS = [
    ("{ viewr { name } }", {}),
    ("{ viewer { nam } }", {}),
    ('{ order(nomber: "1") { number } }', {}),
    ("{ orders(first: 1, sort: PLACED) { totalCount } }", {}),
    ("query ($a: OrderFiltr) { orders(first: 1, filter: $a) { totalCount } }", {}),
    ("{ orders(first: 1, filter: { stats: [] }) { totalCount } }", {}),
    (
        "query ($f: OrderFilter) { orders(first: 1, filter: $f) { totalCount } }",
        {"f": {"stats": 1}},
    ),
    ("query ($s: OrderSort) { orders(first: 1, sort: $s) { totalCount } }", {"s": "PLACED"}),
]


@pytest.fixture
def limited(database: Database, clock: Clock, world: make.World) -> Callable[..., Any]:
    """Give what asks an application with other limits as staff."""

    @asynccontextmanager
    async def open_(limits: Limits, of: Database = database) -> AsyncIterator[make.Ask]:
        transport = httpx.ASGITransport(
            application(Serving(of, clock=clock, terms=Terms(limits=limits)))
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
            yield make.Ask(client, world.token)

    return open_


@pytest.mark.parametrize("limit", REFUSED)
async def test_what_is_too_much_is_told_with_what_would_fit(ask, limit: str) -> None:
    document, output, request, most = REFUSED[limit]
    error = (await ask.answer(document))["errors"][0]
    assert output in error["message"]
    assert error["extensions"] == {
        "code": "GRAPHQL_VALIDATION_FAILED",
        "requested": request,
        "maximum": most,
    }


async def test_too_many_tokens_are_not_parsed(ask) -> None:
    (error,) = (await ask.answer("{" + " a" * 2_000 + "}"))["errors"]
    assert error["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}
    assert "more than 2000 tokens" in error["message"]


async def test_an_answer_that_could_be_huge_is_refused(ask) -> None:
    nested = "number"
    for _ in range(6):
        nested = f"orders {{ deliveries {{ {nested} }} }}"
    error, dear = (await ask.answer(f'{{ delivery(number: "1") {{ {nested} }} }}'))["errors"]
    assert error["extensions"]["maximum"] == DEFAULT_LIMITS.nodes
    assert dear["extensions"]["maximum"] == DEFAULT_LIMITS.cost
    assert "objects; 50,000 is the most" in error["message"]


async def test_what_is_too_dear_names_the_page_that_fits(limited) -> None:
    async with limited(Limits(cost=20)) as ask:
        answer = await ask.answer(DEAR, n=250)
        (error,) = answer["errors"]
        figures = {"requested": 35, "maximum": 20, "fits": 138}
        assert error["extensions"] == {"code": "MAX_COST_EXCEEDED", **figures}
        assert "with pages of at most 138 it fits" in error["message"]
        assert answer["extensions"]["cost"]["requestedQueryCost"] == 35
        fitting, beyond = [await ask.answer(DEAR, n=it) for it in (138, 139)]
    assert ("errors" in fitting, "errors" in beyond) == (False, True)


async def test_an_answer_of_too_many_objects_names_the_page_that_fits(ask) -> None:
    back = DEAR.replace("deliveries { number }", "deliveries { orders { id } }")
    error, _ = (await ask.answer(back, n=200))["errors"]
    # Of an order: itself, five lines, two deliveries, each with 250 orders.
    fits = (50_000 - 1) // (1 + 5 + 2 * (1 + 250))
    assert error["extensions"]["fits"] == fits
    assert f"with pages of at most {fits} it fits" in error["message"]
    assert "errors" not in await ask.answer(back, n=fits)


async def test_what_is_too_dear_with_any_page_is_told_to_ask_for_less(limited) -> None:
    async with limited(Limits(cost=2)) as ask:
        (error,) = (await ask.answer(DEAR, n=20))["errors"]
    assert error["message"].endswith("2 is the most: ask for less at a time.")


async def test_a_refused_document_is_not_validated_or_run(client, world) -> None:
    body = {"query": f"{{ {'nothing { name } ' * 26} }}"}
    headers = {"Authorization": f"Bearer {world.token}", "Accept": GRAPHQL_JSON}
    answer = await client.post("/graphql", json=body, headers=headers)
    assert answer.status_code == 400
    assert [it["message"] for it in answer.json()["errors"]] == [
        "The operation asks for 26 root fields; 25 is the most.",
        "The document names 26 fields that are not there; 20 is the most.",
    ]
    assert "data" not in answer.json()


async def test_fields_that_overlap_too_often_are_not_compared(ask) -> None:
    (error,) = (await ask.answer(HOSTILE["fragments that overlap"]))["errors"]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert "aborted" in error["message"]


async def test_a_handful_of_errors_is_told_and_fewer_of_a_long_document(ask) -> None:
    short = await ask.answer(f"{{ {' '.join(f'a{it}' for it in range(10))} }}")
    assert len(short["errors"]) == 5 + 1
    long = await ask.answer(HOSTILE["unknown fields of an input"])
    assert len(long["errors"]) == 1 + 1


@pytest.mark.parametrize("faulty", [DEEP, "{ nothing }", "{"], ids=["limits", "rules", "syntax"])
async def test_only_a_document_without_faults_is_remembered(ask, faulty: str) -> None:
    right = "{ viewer { name } } # Remember me."
    for document in (right, f"{faulty} # Remember me."):
        await ask.answer(document)
    assert [name for _, name, _ in _KNOWN if "Remember me" in name] == [right]


async def test_every_answer_tells_its_cost(ask) -> None:
    read = await ask.answer("query ($n: Int!) { products(first: $n) { totalCount } }", n=5)
    assert read["extensions"]["cost"]["requestedQueryCost"] == 1 + 5
    written = await ask.answer(UPSERT, input={"products": []})
    assert written["extensions"]["cost"]["requestedQueryCost"] == 10


async def test_graphiqls_question_passes(ask) -> None:
    answer = await ask.answer(get_introspection_query(input_value_deprecation=True))
    assert "errors" not in answer


@pytest.mark.parametrize(
    "fields", [{"products": [{}] * 1_001}, {f"a{it}": 1 for it in range(1_001)}]
)
async def test_what_no_input_takes_is_not_even_read(ask, fields: dict[str, Any]) -> None:
    error, *_ = (await ask.answer(UPSERT, input=fields))["errors"]
    assert "has 1,001 entries; 1,000 is the most" in error["message"]


@pytest.mark.parametrize(("document", "variables"), LEAKS)
async def test_no_error_suggests_a_name(ask, document: str, variables: dict[str, Any]) -> None:
    answer = await ask.answer(document, **variables)
    assert answer["errors"]
    assert "Did you mean" not in str(answer)


async def test_the_limits_are_the_operators(limited) -> None:
    assert from_environment({}).limits == DEFAULT_LIMITS
    limits = from_environment({"ABRUF_LIMIT_DEPTH": "1", "ABRUF_LIMIT_ROOT_FIELDS": "2"}).limits
    assert limits == Limits(depth=1, root_fields=2)
    async with limited(limits) as ask:
        assert (await ask("{ a: __typename b: __typename }"))["a"] == "Query"
        refused = await ask.answer("{ viewer { name } }")
    assert "2 levels deep; 1 is the most" in refused["errors"][0]["message"]


OWN = {"depth": 1, "aliases": 1, "root_fields": 1, "directives": 0, "operations": 1, "tokens": 5}
OWN |= {"reads": 0, "repeats": 0, "spreads": 0, "source": 90, "cost": 1, "nodes": 2}
BEYOND = {
    "depth": "{ viewer { name } }",
    "aliases": "{ a: __typename b: __typename }",
    "root_fields": "{ __typename __typename }",
    "reads": "{ products(first: 1) { totalCount } }",
    "directives": "{ __typename @skip(if: true) }",
    "operations": "query A { __typename } query B { __typename }",
    "repeats": "{ viewer { name name } }",
    "spreads": "{ ...F } fragment F on Query { __typename }",
    "tokens": "{ __typename __typename __typename __typename __typename __typename __typename }",
    "source": "{ __typename }" + " " * 90,
    "cost": "{ products(first: 1) { totalCount } }",
    "nodes": "{ products(first: 5) { nodes { sku } } }",
}


@pytest.mark.parametrize("limit", OWN)
async def test_a_key_may_have_each_limit_for_itself(world: make.World, limit: str) -> None:
    viewer = staff(world)
    for limits, refused in (({}, False), ({limit: OWN[limit]}, True)):
        context = Context(replace(viewer, limits=limits), world.database, world.clock)
        answer = await schema.execute(BEYOND[limit], context_value=context)
        messages = [it.message for it in answer.errors or ()]
        assert any("most" in it or "tokens" in it for it in messages) == refused, messages


READ = "{ viewer { name } products(first: 1) { totalCount nodes { sku } } }"
WRITE = {"products": [{"sku": "BOLT", "name": "Bolt"}]}


async def test_a_statement_that_takes_too_long_is_ended(
    limited, database: Database, database_url: str
) -> None:
    impatient = Database(database_url, statement_s=1)
    async with limited(Limits(deadline=60), impatient) as ask:
        async with locked_products(database):
            with sent(impatient) as statements:
                answers = await asyncio.gather(ask.answer(READ), ask.answer(UPSERT, input=WRITE))
        # Neither is tried again, nor asked in another way.
        assert sum("FROM products" in it for it, _ in statements) == len(answers)
        for answer in answers:
            assert [it["extensions"] for it in answer["errors"]] == [{"code": "TIMEOUT"}]
        read, write = (it["extensions"]["cost"] for it in answers)
        assert write["actualQueryCost"] == write["requestedQueryCost"] > 1
        # It has read for a second, and pays for that.
        assert read["actualQueryCost"] >= DEFAULT_LIMITS.points_of(1) > read["requestedQueryCost"]
        assert (await ask(READ))["products"]["nodes"] == []
    await impatient.close()


async def test_an_operation_that_takes_too_long_is_ended_with_its_statement(
    limited, database: Database, world: make.World
) -> None:
    write = {"query": UPSERT, "variables": {"input": WRITE}}
    headers = {"Authorization": f"Bearer {world.token}", "Accept": GRAPHQL_JSON}
    async with limited(Limits(deadline=1)) as ask:
        async with locked_products(database):
            answers = await asyncio.gather(
                ask.client.post("/graphql", json={"query": READ}, headers=headers),
                ask.client.post("/graphql", json=write, headers=headers),
            )
            waiting = await waiting_statements(database)
        for answer in answers:
            assert answer.status_code == 504
            assert answer.json().keys() == {"errors", "extensions"}
            assert [it["extensions"]["code"] for it in answer.json()["errors"]] == ["TIMEOUT"]
        assert waiting == 0
        assert (await ask(READ))["products"]["nodes"] == []


async def test_a_keys_own_deadline_ends_its_statement(
    ask, database: Database, world: make.World
) -> None:
    """`statement_timeout` is every key's; what a key has for itself ends its statements too."""
    hasty = ask.by(await world.key(Actor.STAFF, limits={"deadline": 1}))
    async with locked_products(database):
        answer = await hasty.answer(READ)
        waiting = await waiting_statements(database)
    assert [it["extensions"]["code"] for it in answer["errors"]] == ["TIMEOUT"]
    assert waiting == 0


async def waiting_statements(database: Database) -> int:
    """Return how many statements of our database wait for a lock."""
    request = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with database.engine.connect() as connection:
        return int((await connection.execute(request)).scalar_one())


async def test_a_key_has_numbers_of_its_own_for_pages_items_and_bodies(ask, world) -> None:
    limits = {"page": 2, "items": 1, "body": 2_000}
    bound = ask.by(await world.key(Actor.STAFF, limits=limits))
    pages = "query ($n: Int) { orders(first: $n) { totalCount } }"
    assert (await bound(pages, n=2))["orders"] == {"totalCount": 0}
    (error,) = (await bound.answer(pages, n=3))["errors"]
    assert (error["extensions"]["requested"], error["extensions"]["maximum"]) == (3, 2)
    ids = '{ nodes(ids: ["a", "b", "c"]) { id } }'
    assert (await bound.answer(ids))["errors"][0]["extensions"]["requested"] == 3
    products = [{"sku": it, "name": it} for it in ("BOLT", "NUT")]
    upsert = "mutation ($input: ProductsUpsertInput!) { productsUpsert(input: $input) {"
    upsert = f"{upsert} results {{ status }} userErrors {{ code field }} }} }}"
    refused = (await bound(upsert, input={"products": products}))["productsUpsert"]
    assert refused["userErrors"] == [{"code": "TOO_MANY_ITEMS", "field": ["input", "products"]}]
    assert (await bound(upsert, input={"products": products[:1]}))["productsUpsert"]["results"]
    (error,) = (await bound.answer(pages + " " * 2_000, n=1))["errors"]
    assert "2,000 bytes" in error["message"]
