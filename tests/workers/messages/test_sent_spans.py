"""Each attempt of a webhook, and of a mail, is a span that links back to the requests before it."""

from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from commands.messages.notifications import sending, timing
from kit.outgoing.client import Rules
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.conftest import PATIENT
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.messages import hooks
from tests.make.messages.notifications import noted, sent, serving
from tests.make.messages.receivers import Received, Reply, receiver
from tests.make.scene import PLACE, scene
from tests.make.trade import orders
from tests.workers.messages.conftest import drained
from transport.serving import Serving
from transport.telemetry import telemetry_of
from workers.running.spans import SentSpans

GUEST = {"name": "Anna Weber", "email": "anna@example.com"}
GATHER, MINUTE = timing.GATHER.total_seconds(), timing.PAUSES[0].total_seconds()


class Recorded:
    """What was recorded so far."""

    def __init__(self) -> None:
        self._kept, self.provider = InMemorySpanExporter(), TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.of_sent = SentSpans(self.provider.get_tracer("test"))

    def named(self, name: str) -> Sequence[ReadableSpan]:
        return [it for it in self._kept.get_finished_spans() if it.name == name]


@pytest.fixture
def spans() -> Recorded:
    return Recorded()


@pytest.fixture
async def client(
    world: make.World, spans: Recorded, outgoing: Rules, *, plans: bool
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of an application that records spans, too."""
    database, terms = world.database, Terms(limits=PATIENT, plans=plans, outgoing=outgoing)
    telemetry = telemetry_of(database, spans.provider)
    app = application(Serving(database, clock=world.clock, terms=terms, telemetry=telemetry))
    own = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=own, base_url="http://abruf") as made:
        yield made


def ids(*found: ReadableSpan) -> set[tuple[int, int]]:
    return {(it.context.trace_id, it.context.span_id) for it in found}


def linked(span: ReadableSpan) -> set[tuple[int, int]]:
    return {(it.context.trace_id, it.context.span_id) for it in span.links}


def outcomes(found: Sequence[ReadableSpan]) -> list[object]:
    return [it.attributes["abruf.outcome"] for it in found]


async def test_each_attempt_of_a_webhook_links_to_the_request_that_wrote_its_entry(
    world, ask, working, spans
) -> None:
    answers = iter([Reply(500), Reply(204), Reply(204)])

    async def answer(_: Received) -> Reply:
        return next(answers)

    mine = await scene(world, ask)
    async with receiver(answer) as there:
        hook = await hooks.created(ask, there.url, eventTypes=["order.placed"])
        before = len(spans.named("mutation"))
        await mine.order()
        first = spans.named("mutation")[before:]
        await hooks.followed(world)
        await drained(working(spans=spans.of_sent), world, hook)
        await mine.order()
        second = spans.named("mutation")[before + len(first) :]
        await hooks.followed(world)
        await drained(working(spans=spans.of_sent), world, hook)
    found = spans.named("send webhook")
    assert outcomes(found) == ["REFUSED", "DELIVERED", "DELIVERED"]
    assert [len(it.links) for it in found] == [1, 1, 1]
    assert linked(found[0]) == linked(found[1]) <= ids(*first)
    assert linked(found[2]) <= ids(*second)
    assert all(it.end_time >= it.start_time for it in found)


async def test_each_attempt_of_a_mail_links_to_all_requests_that_it_tells_of(
    world, ask, spans, monkeypatch
) -> None:
    async with serving() as (server, route):
        order = await orders.order(world, ask, guest=GUEST, shipTo=PLACE)
        placed = spans.named("mutation")[-1]
        await deliveries.planned(world, ask, order)
        planned = spans.named("mutation")[-1]
        await noted(world)
        server.answers = ["451 later"]
        await sent(world, route, GATHER, spans=spans.of_sent)
        with counted(world.database.engine) as with_spans:
            await sent(world, route, MINUTE, spans=spans.of_sent)
        found = spans.named("send mail")
        assert outcomes(found) == ["NOT_NOW", "ACCEPTED"]
        assert [linked(it) for it in found] == [ids(placed, planned)] * 2
        # Where nothing is recorded, nothing is read for it.
        monkeypatch.setattr(sending, "write_mail", None)
        await orders.order(world, ask, guest=GUEST, shipTo=PLACE)
        await noted(world)
        await sent(world, route, GATHER, spans=spans.of_sent)
        assert outcomes(spans.named("send mail"))[2:] == ["UNWRITTEN"]
        monkeypatch.undo()
        with counted(world.database.engine) as without:
            await sent(world, route, MINUTE)
    assert len(spans.named("send mail")) == 3
    assert [it for it in without if "written_by" in it] == []
    assert len([it for it in with_spans if "written_by" in it]) == 1
