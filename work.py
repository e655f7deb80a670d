"""What a worker does: its followers and chores, what is due, and the process that does them."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from datetime import timedelta

import migrations
from commands.messages.webhooks.judging import RetrySchedule
from kit import embedded
from kit.clock import now
from kit.config import Config
from kit.loop.ending import end_if_signalled
from kit.outgoing.client import Client
from kit.outgoing.mails import route
from resolvers.running.context import Terms
from startup import Ending, database_of, logged, prepared
from transport.health import revision_of
from transport.registered import Answers
from transport.telemetry import Worked, exporting, metrics_shown, telemetry_of
from workers.access.buckets import FORGET_BUCKETS
from workers.access.keys import FORGET_ANSWERS
from workers.fulfilment.deliveries import CALL_OFF_FOUND, COUNT_FOUND, LAPSE_ORDERS
from workers.messages.notifications import NOTE_NOTIFICATIONS, TELL_ENDS, sending
from workers.messages.readers import ANSWER_DECISIONS, READ_LONG_MESSAGES, READ_MESSAGES
from workers.messages.webhooks import TELL_WEBHOOKS, forgetting
from workers.messages.webhooks.flights import Flights
from workers.messages.webhooks.sending import WebhookSender
from workers.running.chores import Chore, Chores
from workers.running.dues import Dues, WhenDue
from workers.running.followers import Follower, Followers, chores_of
from workers.running.spans import SentSpans
from workers.trade.responses import EXPIRE_AMENDMENTS

WHEN_DUE: tuple[WhenDue, ...] = (
    FORGET_ANSWERS,
    FORGET_BUCKETS,
    EXPIRE_AMENDMENTS,
    LAPSE_ORDERS,
    CALL_OFF_FOUND,
    COUNT_FOUND,
    TELL_ENDS,
)
"""What is done when its time has come, beside forgetting what webhooks were sent."""
FOLLOWERS: tuple[Follower, ...] = (TELL_WEBHOOKS, NOTE_NOTIFICATIONS, ANSWER_DECISIONS)
"""What happens after events."""
CHORES: tuple[Chore, ...] = (READ_MESSAGES, READ_LONG_MESSAGES)
"""What is done where there is something to do, beside telling followers and sending webhooks."""


def _mails(config: Config, counted: Counter[str], spans: SentSpans) -> Sequence[Chore]:
    """Return what hands mails over, where it is said to whom. SystemExit for what is no route."""
    if config.smtp is None:
        return ()
    url, sender, public_url = config.smtp
    try:
        return (sending(route(url, sender), public_url, counted, spans),)
    except ValueError as error:
        message = f"ABRUF_SMTP_URL and ABRUF_MAIL_FROM must be {error}."
        raise SystemExit(message) from error


def work(config: Config, *, is_beside: bool = False, schedule: RetrySchedule | None = None) -> None:
    """Do what is done unasked, and nothing else, until a signal ends it.

    is_beside: the end of the standard input ends it, too. schedule: of webhooks, the usual one
    unless it is given.
    """
    ending, worker = Ending(), _Worker(config, schedule)
    with ending.reported(), worker.shown(), embedded.addresses(config, ending.lost) as place:
        prepared(config, place, worker.database)
        with logged("worker"):
            asyncio.run(worker.work(is_beside=is_beside))


class _Worker:
    """One worker, whose metrics are shown before it has a database and works."""

    def __init__(self, config: Config, schedule: RetrySchedule | None) -> None:
        self._config, self._schedule, self.database = config, schedule, database_of(config)
        self._attempts = {it: Counter[str]() for it in ("webhook", "mail")}
        provider = exporting(config.otlp)
        self._telemetry = telemetry_of(self.database, provider, config.slow_s)
        self._spans = SentSpans(self._telemetry.tracer if provider else None)
        self._mails = _mails(config, self._attempts["mail"], self._spans)
        self._followers = Followers(*FOLLOWERS, tracer=self._telemetry.tracer)
        self._chores = Chores(self.database, now, timedelta(seconds=config.grace_s))
        self._dues = Dues(*WHEN_DUE, forgetting(config.webhook_days))
        worked = Worked(self._followers, self._chores, self._dues, self._attempts)
        self._telemetry.registry.register(worked)
        self._loop: asyncio.AbstractEventLoop | None = None

    def shown(self) -> AbstractContextManager[object]:
        """Show metrics meanwhile, and at `/readyz` beside them whether it works."""
        port = self._config.metrics_port
        registry = self._telemetry.registry
        return (
            metrics_shown(registry, self._config.host, port, self._is_ready)
            if port
            else nullcontext()
        )

    def _is_ready(self) -> bool:
        """Tell it to another thread than that of its loop."""
        loop = self._loop
        if loop is None:
            return False
        at = asyncio.run_coroutine_threadsafe(revision_of(self.database), loop)
        return migrations.suffices(at.result())

    async def work(self, *, is_beside: bool) -> None:
        """Work until it is told to stop."""
        async with AsyncExitStack() as meanwhile:
            meanwhile.push_async_callback(self.database.close)
            webhooks = await meanwhile.enter_async_context(self._sending())
            of_followers = chores_of(self._followers)
            every = (*of_followers, self._dues.chore, *CHORES, *self._mails, webhooks)
            await meanwhile.enter_async_context(self._chores.running(*every))
            self._loop = asyncio.get_running_loop()
            meanwhile.callback(setattr, self, "_loop", None)
            await _told_to_stop(is_beside=is_beside)

    @asynccontextmanager
    async def _sending(self) -> AsyncIterator[Chore]:
        """Give what sends webhooks, and close what it has opened."""
        config = self._config
        terms = Terms(limits=config.limits, plans=config.executor == "planned")
        answers, client = Answers(self.database, now, terms), Client(config.outgoing)
        try:
            own = (self._schedule, self._attempts["webhook"], self._spans)
            sender = WebhookSender(client, now, answers, *own)
            yield Flights(sender, config.limits.answer).chore
        finally:
            client.close()


async def _told_to_stop(*, is_beside: bool) -> None:
    """Wait for a signal, or for the end of the standard input.

    A second signal ends the process; not one beside another: Ctrl-C reaches both, then the other
    one tells it once more to end, and kills it after the grace.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    signals, source = (signal.SIGINT, signal.SIGTERM), sys.stdin.fileno() if is_beside else None
    for each in signals:
        loop.add_signal_handler(each, stop.set)
    end_if_signalled()

    def read() -> None:
        if source is not None and not os.read(source, 1):
            loop.remove_reader(source)
            stop.set()

    if source is not None:
        loop.add_reader(source, read)
    await stop.wait()
    for each in () if is_beside else signals:
        loop.remove_signal_handler(each)
