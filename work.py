"""What a worker does: its followers and chores, what is due, and the process that does them."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import migrations
from commands.messages.webhooks.judging import RetrySchedule
from kit import embedded
from kit.clock import now
from kit.config import Config
from kit.db.database import Database
from kit.outgoing.client import Client
from kit.outgoing.mails import route
from kit.telemetry.metrics import Telemetry
from resolvers.running.context import Terms
from startup import Ending, logged, prepared, reach
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


def _mails(config: Config, counted: Counter[str]) -> Sequence[Chore]:
    """Return what hands mails over, where it is said to whom. SystemExit for what is no route."""
    if config.smtp is None:
        return ()
    url, sender, public_url = config.smtp
    try:
        return (sending(route(url, sender), public_url, counted),)
    except ValueError as error:
        message = f"ABRUF_SMTP_URL and ABRUF_MAIL_FROM must be {error}."
        raise SystemExit(message) from error


def work(config: Config, *, is_beside: bool = False, schedule: RetrySchedule | None = None) -> None:
    """Do what is done unasked, and nothing else, until a signal ends it.

    is_beside: the end of the standard input ends it, too. schedule: of webhooks, the usual one
    unless it is given.
    """
    ending = Ending()
    with ending.reported(), embedded.addresses(config, ending.lost) as server:
        prepared(config, server)
        database = asyncio.run(reach(config, server))
        with logged("worker"):
            asyncio.run(_work(config, database, schedule, is_beside=is_beside))


async def _work(
    config: Config, database: Database, schedule: RetrySchedule | None, *, is_beside: bool
) -> None:
    """Work until it is told to stop."""
    stop, attempts = asyncio.Event(), {it: Counter[str]() for it in ("webhook", "mail")}
    mails = _mails(config, attempts["mail"])
    grace = timedelta(seconds=config.grace_s)
    telemetry = telemetry_of(database, exporting(config.otlp), config.slow_s)
    followers = Followers(*FOLLOWERS, tracer=telemetry.tracer)
    chores = Chores(database, now, grace)
    dues = Dues(*WHEN_DUE, forgetting(config.webhook_days))
    async with AsyncExitStack() as meanwhile:
        meanwhile.push_async_callback(database.close)
        worked = Worked(followers, chores, dues, attempts)
        telemetry.registry.register(worked)
        await meanwhile.enter_async_context(_shown(config, database, telemetry, stop))
        webhooks = await meanwhile.enter_async_context(
            _sending(config, database, schedule, attempts["webhook"])
        )
        every = (*chores_of(followers), dues.chore, *CHORES, *mails, webhooks)
        await meanwhile.enter_async_context(chores.running(*every))
        await _told_to(stop, is_beside=is_beside)


@asynccontextmanager
async def _sending(
    config: Config,
    database: Database,
    schedule: RetrySchedule | None,
    counted: Counter[str],
) -> AsyncIterator[Chore]:
    """Give what sends webhooks, and close what it has opened."""
    plans = config.executor == "planned"
    answers = Answers(database, now, Terms(limits=config.limits, plans=plans))
    client = Client(config.outgoing)
    try:
        sender = WebhookSender(client, now, answers, schedule, counted)
        yield Flights(sender, config.limits.answer).chore
    finally:
        client.close()


async def _told_to(stop: asyncio.Event, *, is_beside: bool) -> None:
    """Wait for a signal, or for the end of the standard input.

    A second signal ends the process; not one beside another: Ctrl-C reaches both, then the other
    one tells it once more to end, and kills it after the grace.
    """
    loop = asyncio.get_running_loop()
    signals, source = (signal.SIGINT, signal.SIGTERM), sys.stdin.fileno() if is_beside else None
    for each in signals:
        loop.add_signal_handler(each, stop.set)

    def read() -> None:
        if source is not None and not os.read(source, 1):
            loop.remove_reader(source)
            stop.set()

    if source is not None:
        loop.add_reader(source, read)
    await stop.wait()
    for each in () if is_beside else signals:
        loop.remove_signal_handler(each)


@asynccontextmanager
async def _shown(
    config: Config, database: Database, telemetry: Telemetry, stop: asyncio.Event
) -> AsyncIterator[None]:
    """Show metrics meanwhile, and at `/readyz` beside them whether the worker works."""
    loop = asyncio.get_running_loop()

    async def is_ready() -> bool:
        return not stop.is_set() and migrations.suffices(await revision_of(database))

    if not config.metrics_port:
        yield
        return
    ready = asyncio.run_coroutine_threadsafe
    shown = metrics_shown(
        telemetry.registry,
        config.host,
        config.metrics_port,
        lambda: ready(is_ready(), loop).result(),
    )
    with shown:
        yield
