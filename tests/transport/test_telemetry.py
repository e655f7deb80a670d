"""What those who run it are told of every operation, and what is never told."""

import io
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest
from sqlalchemy import text

from commands.access.followers.entries import JournalEvent
from commands.writing.transaction import Writing
from kit.telemetry import log, trace
from kit.telemetry.metrics import OK, Telemetry
from kit.telemetry.names import OTHER_NAME, Labels, NamedOperation
from kit.telemetry.version import VERSION
from models.access.dues import DueKind
from resolvers.running.context import Terms
from schema.graphql.errors import ErrorCode
from schema.graphql.extensions.observed import CANCELLED
from server import application
from tests import make
from tests.conftest import PATIENT
from transport.serving import Serving
from transport.telemetry import Worked, exporting, metrics_shown, telemetry_of
from workers.running.chores import Chores
from workers.running.dues import Dues, WhenDue
from workers.running.followers import Follower, Followers

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SECRETS = ["Anna Schmidt", "anna@example.com", "Hauptstrasse 7", "aliasOfClient"]
UPSERT = """
mutation NamedByClient ($input: PartiesUpsertInput!) {
  aliasOfClient: partiesUpsert(input: $input) { results { status } userErrors { message } }
}
"""
ANNA = {"number": "Anna Schmidt", "name": "Anna Schmidt", "email": "anna@example.com"}
TOTAL = "{ viewer { name } products(first: 1) { totalCount } }"
READ = '{ aliasOfClient: order(number: "Anna Schmidt") { number } }'


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def telemetry(database: make.Walled, spans: InMemorySpanExporter) -> Telemetry:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return telemetry_of(database, provider)


@pytest.fixture
async def client(
    world: make.World, telemetry: Telemetry, *, plans: bool
) -> AsyncIterator[httpx.AsyncClient]:
    app = application(
        Serving(
            world.database,
            clock=world.clock,
            terms=Terms(limits=PATIENT, plans=plans),
            telemetry=telemetry,
        )
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        yield client


@pytest.fixture(params=["json", "text"])
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Collect the log in one of its forms."""
    yield from logged(request.param)


@pytest.fixture
def json_lines() -> Iterator[io.StringIO]:
    yield from logged("json")


def logged(form: str) -> Iterator[io.StringIO]:
    root, ours = logging.root, logging.getLogger("abruf")
    before = root.handlers[:], root.level, ours.level
    log.configure(form)
    written = io.StringIO()
    root.handlers[0].setStream(written)
    yield written
    root.handlers[:], level, ours_level = before
    root.setLevel(level)
    ours.setLevel(ours_level)


def numbers(telemetry: Telemetry) -> dict[str, float]:
    """Return what the metrics show, by name and labels."""
    samples = generate_latest(telemetry.registry).decode().splitlines()
    pairs = (line.rpartition(" ") for line in samples if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


async def test_one_line_tells_an_operation(ask, world, json_lines) -> None:
    traced = {"traceparent": f"00-{TRACE}-{PARENT}-00"}
    await ask.with_headers(traced)(TOTAL)
    (line,) = map(json.loads, json_lines.getvalue().splitlines())
    assert {
        key: it for key, it in line.items() if key not in {"at", "ms", "key", "statements", "plan"}
    } == {
        "level": "INFO",
        "logger": "abruf",
        "message": "operation",
        "request": TRACE,
        "trace": line["trace"],
        "merchant": str(world.merchant_id),
        "type": "query",
        "document": sha256(TOTAL.encode()).hexdigest()[:16],
        "outcome": "OK",
        "cost": 6,
    }


async def test_what_follows_from_a_request_is_a_span_that_links_back_to_it(
    ask, world, telemetry, spans
) -> None:
    calls = list[int]()

    async def hear(_writing: Writing, events: Sequence[JournalEvent]) -> None:
        calls.append(len(events))
        if len(calls) < 3:
            raise ArithmeticError

    await ask(UPSERT, input={"parties": [ANNA, {**ANNA, "number": "2"}]})
    followers = Followers(Follower("hear", hear), tracer=telemetry.tracer)
    own = (world.database, world.merchant_id, "hear")
    while await followers.tell(*own, world.clock()):
        pass
    world.clock.advance(seconds=1)
    await followers.retry(*own, world.clock())
    # Both fail, then the first one alone; the other is told, and the first one when it is retried.
    assert calls == [2, 1, 1, 1]
    (request,) = [it for it in spans.get_finished_spans() if it.name == "mutation"]
    pages = [it for it in spans.get_finished_spans() if it.name == "follow hear"]
    found = [it.attributes["abruf.outcome"] for it in pages]
    assert found == ["FAILED", "FAILED", "TOLD", "TOLD"]
    for page in pages:
        (link,) = page.links
        assert link.context.trace_id == request.context.trace_id
        assert link.context.span_id == request.context.span_id


async def test_the_line_of_an_operation_names_it_and_how_it_was_answered(ask, json_lines) -> None:
    await ask("query NewestProducts { products(first: 1) { nodes { sku } } }")
    await ask.answer(f"query {'Q' * 65} {{ viewer {{ name }} }}")
    first, second = map(json.loads, json_lines.getvalue().splitlines())
    assert first["operation"] == "NewestProducts"
    assert first["plan"] in {"one statement", "mixed"}
    assert "operation" not in second


async def test_a_slow_operation_is_told_also_where_others_are_not(
    ask, telemetry, monkeypatch
) -> None:
    written = logged("text")
    shown = next(written)
    monkeypatch.setattr(telemetry, "_slow_s", 600.0)
    await ask("query Quick { products(first: 1) { nodes { sku } } }")
    assert shown.getvalue() == ""
    monkeypatch.setattr(telemetry, "_slow_s", 0.0)
    await ask("query Late { products(first: 1) { nodes { sku } } }")
    assert next(written, None) is None
    (line,) = shown.getvalue().splitlines()
    assert "WARNING slow operation" in line
    assert all(it in line for it in ("operation=Late", "plan=", "statements=", "document="))


def test_metrics_name_registered_operations_and_no_more_than_they_may() -> None:
    labels = Labels()
    assert labels.of(NamedOperation("Mine", "query Mine { x }")) == OTHER_NAME
    assert labels.of(NamedOperation("No name", "{ x }", is_registered=True)) == OTHER_NAME
    found = {labels.of(NamedOperation(f"Q{it}", "", is_registered=True)) for it in range(300)}
    assert len(found) == 201
    assert labels.of(NamedOperation("Q0", "", is_registered=True)) == "Q0"


async def test_what_runs_waits_and_lags_is_shown(ask, telemetry) -> None:
    await ask(READ)
    found = numbers(telemetry)
    (build,) = (it for it in found if it.startswith("abruf_build_info"))
    assert f'version="{VERSION}"' in build
    assert found["abruf_pool_reading_size"] > 1
    waiting = ["pool_reading_waiting", "pool_keys_waiting", "turns_waiting", "journal_lag_seconds"]
    assert [found[f"abruf_{it}"] for it in waiting] == [0, 0, 0, 0]
    assert found["process_resident_memory_bytes"] > 0


async def test_a_worker_shows_that_nothing_waits(database, clock, telemetry) -> None:
    async def nothing(_writing: Writing, _some: Sequence[object]) -> dict[UUID, datetime]:
        return {}

    done = Dues(WhenDue(DueKind.TELL_ENDS, nothing))
    worked = Worked(
        Followers(Follower("a", nothing)), Chores(database, clock), done, {"mail": {"NOT_NOW": 2}}
    )
    telemetry.registry.register(worked)
    found = numbers(telemetry)
    metrics = "behind_entries", "lag_seconds", "parked_lanes"
    of_followers = [f'abruf_follower_{it}{{follower="a"}}' for it in metrics]
    of_due = f'abruf_due_waiting{{kind="{DueKind.TELL_ENDS.value}"}}'
    assert [found[it] for it in (*of_followers, of_due)] == [0, 0, 0, 0]
    assert found['abruf_sent_total{outcome="NOT_NOW",what="mail"}'] == 2


async def test_a_refused_request_is_told_with_its_status(client, json_lines) -> None:
    await client.get("/graphql")
    (line,) = map(json.loads, json_lines.getvalue().splitlines())
    assert (line["message"], line["status"], line["outcome"]) == ("refused", 401, "UNAUTHENTICATED")


async def test_no_line_and_no_span_holds_what_a_client_sent(
    ask, client, world, lines, spans
) -> None:
    await ask.answer(UPSERT, input={"parties": [ANNA]})
    await ask.answer(UPSERT, input={"parties": [{**ANNA, "gln": SECRETS[2]}]})
    await ask.answer(READ)
    await ask.answer(READ.replace("number }", "nothing }"))
    await client.post("/graphql", content=READ, headers={"Authorization": SECRETS[0]})
    async with forbidden("orders", world.database):
        await ask.answer(UPSERT, input={"parties": [ANNA]}, no=SECRETS[1])
        fault = await ask.answer(READ)
    assert fault["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    shown = lines.getvalue() + "".join(it.to_json() for it in spans.get_finished_spans())
    assert fault["extensions"]["requestId"] in lines.getvalue()
    assert len(spans.get_finished_spans()) == 6
    secrets = [*SECRETS, world.token, world.token.rpartition("_")[2]]
    assert [it for it in secrets if it in shown] == []


def test_origins_of_refused_sockets_are_not_logged(lines) -> None:
    logging.getLogger("strawberry.ws").warning("Rejected from origin %r", SECRETS[0])
    assert lines.getvalue() == ""


@asynccontextmanager
async def forbidden(table: str, database: make.Walled) -> AsyncIterator[None]:
    """Keep the application from a table meanwhile: a fault of those who run it."""
    async with database.owner.engine.begin() as owner:
        await owner.execute(text(f"REVOKE SELECT ON {table} FROM abruf_app"))
    try:
        yield
    finally:
        async with database.owner.engine.begin() as owner:
            await owner.execute(text(f"GRANT SELECT ON {table} TO abruf_app"))


def fails(output: str) -> None:
    raise KeyError(output)


def fails_again(output: str) -> None:
    try:
        fails(SECRETS[0])
    except KeyError as error:
        raise ValueError(output) from error


def test_an_error_is_told_by_types_and_places(lines) -> None:
    try:
        fails_again(SECRETS[1])
    except ValueError:
        logging.getLogger("asyncio").exception("It failed\nfuture: %s", SECRETS[2])
    shown = lines.getvalue()
    assert all(it in shown for it in ("ValueError", "KeyError", "test_telemetry.py:", "It failed"))
    assert [it for it in SECRETS if it in shown] == []


async def test_a_span_belongs_to_the_clients_trace(ask, spans) -> None:
    await ask.with_headers({"traceparent": f"00-{TRACE}-{PARENT}-01"})(READ)
    (span,) = spans.get_finished_spans()
    assert span.name == "query"
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == PARENT
    assert dict(span.attributes) == {
        "graphql.operation.type": "query",
        "abruf.outcome": "OK",
        "abruf.request_id": TRACE,
        "abruf.statements": span.attributes["abruf.statements"],
    }


async def test_metrics_count_operations_by_type_and_outcome(ask, client, telemetry) -> None:
    await ask(READ)
    await ask.answer(UPSERT, input={"parties": []})
    await ask.answer("{")
    await ask.answer("{ nothing }")
    await client.get("/graphql")
    found = numbers(telemetry)
    ended = {name: it for name, it in found.items() if name.startswith("abruf_operations_total")}
    assert ended == {
        'abruf_operations_total{outcome="OK",type="query"}': 1,
        'abruf_operations_total{outcome="OK",type="mutation"}': 1,
        'abruf_operations_total{outcome="GRAPHQL_PARSE_FAILED",type="unknown"}': 1,
        'abruf_operations_total{outcome="GRAPHQL_VALIDATION_FAILED",type="query"}': 1,
    }
    assert found['abruf_refused_requests_total{status="401"}'] == 1
    assert found['abruf_operation_cost_sum{type="mutation"}'] == 10
    assert found['abruf_operation_statements_count{type="query"}'] == 2
    assert found["abruf_pool_reading_in_use"] == 0


async def test_labels_are_bounded_by_our_own_words(ask, client, telemetry) -> None:
    await ask.answer("{ products(first: 1) { nodes { sku } } viewer { name } }")
    before = set(numbers(telemetry))
    for number in range(5):
        await ask(f"query Q{number} {{ a{number}: __typename }}")
        await ask.answer(f"query Q{number} {{ f{number} }}")
        await client.post(f"/path{number}")
    labels = re.findall(r'(\w+)="([^"]*)"', " ".join({*numbers(telemetry)} | before))
    known = {
        "type": {"query", "mutation", "subscription", "unknown"},
        "outcome": {*ErrorCode, OK, CANCELLED},
        "kind": {
            "plan made",
            "plan reused",
            "one statement",
            "mixed",
            "read by code",
            "levels with a statement",
            "not fused",
            "refused",
            "an argument was refused",
            "failed",
            "reference",
            "read",
            "given again",
        },
        "status": {"404"},
        "operation": {OTHER_NAME},
    }
    assert {name for name, value in labels if value not in known.get(name, {value})} == set()
    build = {"version", "revision", "implementation", "major", "minor", "patchlevel"}
    assert {name for name, _ in labels} <= {*known, *build, "le", "generation"}


async def test_metrics_are_shown_on_a_port_of_their_own(ask, telemetry) -> None:
    await ask(READ)
    with metrics_shown(telemetry.registry, "127.0.0.1", 0) as port:
        async with httpx.AsyncClient() as reader:
            answer = await reader.get(f"http://127.0.0.1:{port}/metrics")
    assert 'abruf_operations_total{outcome="OK",type="query"} 1.0' in answer.text


def test_what_runs_outside_requests_is_counted_in_bounded_memory() -> None:
    for keys in range(5_000):
        trace.CURRENT.get().batches.append(keys)
    assert len(trace.CURRENT.get().batches) == 1_000


def test_two_applications_count_apart(database: make.Walled) -> None:
    first, second = telemetry_of(database), telemetry_of(database)
    first.sockets.inc()
    assert (numbers(first)["abruf_sockets"], numbers(second)["abruf_sockets"]) == (1, 0)


def test_spans_are_sent_only_where_a_collector_is_named() -> None:
    assert exporting(None) is None
    assert isinstance(exporting("http://127.0.0.1:9"), TracerProvider)
