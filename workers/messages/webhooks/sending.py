"""A message is sent: signed, to the endpoint and nobody else, and what is answered is noted."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

from commands.messages.webhooks.judging import KEPT_ANSWER, Result, RetrySchedule
from commands.messages.webhooks.lanes import WebhookBatch
from commands.writing.running.run import Author
from kit.clock import Clock
from kit.ids import new_id
from kit.outgoing.client import Answered, Client, Connections, NoAnswer
from kit.standards.webhooks import SUCCESS, headers, message_name
from kit.telemetry.version import VERSION
from models.access.viewers import by_itself
from models.messages.webhooks.states import WebhookFault
from workers.messages.webhooks.bodies import Ask, UnwrittenBody, WrittenBody
from workers.running.spans import SentSpans

_OWN = {"content-type": "application/json", "user-agent": f"Abruf/{VERSION}"}


class WebhookSender:
    """Sends what waits for endpoints, in this process."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        ask: Ask,
        schedule: RetrySchedule | None = None,
        counted: Counter[str] | None = None,
        spans: SentSpans | None = None,
    ) -> None:
        """Take by whom it is sent, when it is, and who answers documents.

        counted: outcome -> attempts: DELIVERED, REFUSED by another status, or the fault. spans:
        records each of them.
        """
        self.client, self.clock, self.ask = client, clock, ask
        self.schedule = schedule or RetrySchedule()
        self.process = new_id()
        self.counted = Counter[str]() if counted is None else counted
        self.spans = spans or SentSpans()

    def author(self, merchant_id: UUID) -> Author:
        """Return who writes now."""
        return Author(by_itself(merchant_id), self.clock())

    async def send(
        self,
        asks: Connections,
        made: WebhookBatch,
        message: Any,
        body: WrittenBody,
        content: bytes,
    ) -> Result:
        """Send one message, and return what became of it. content: the bytes of its body."""
        began, at = monotonic(), self.clock()
        if isinstance(body, UnwrittenBody):
            fault, text = WebhookFault.UNWRITTEN, f"We could not write it: {body.kind}."
            return Result(message, None, at, timedelta(0), fault=fault, answer=text)
        tried = partial(Result, message, body, at, version=made.webhook.version)
        if body is None:
            return tried(timedelta(0))
        name = message_name(message.id)
        own = {**_OWN, **headers(name, content, at, made.secrets)}
        if message.is_replay:
            own["webhook-replay"] = "true"
        try:
            answered = await asks.post(made.webhook.url, content, own)
        except NoAnswer as none:
            fault, text = WebhookFault(none.fault), str(none)
            return tried(timedelta(seconds=monotonic() - began), fault=fault, answer=text)
        return tried(
            timedelta(seconds=monotonic() - began),
            status=answered.status,
            answer=answered.body[:KEPT_ANSWER].decode(errors="replace").replace("\0", ""),
            retry_after=_retry_after(answered, self.clock()),
        )

    def count(self, result: Result) -> None:
        """Count an attempt by what became of it."""
        if not result.is_withdrawn:
            self.counted[_outcome(result)] += 1

    def record(self, began_ns: int, written_by: str | None, result: Result) -> None:
        """Record an attempt that has just ended as a span. written_by: the span of its entry."""
        if not result.is_withdrawn:
            links = [written_by] if written_by else []
            self.spans.record("send webhook", began_ns, links, _outcome(result))


def _outcome(result: Result) -> str:
    """Return what became of an attempt, as it is counted."""
    status = "DELIVERED" if result.status in SUCCESS else "REFUSED"
    return status if result.fault is None else result.fault.value


def _retry_after(answered: Answered, now: datetime) -> timedelta | None:
    """Return how long an answer asks us to wait: seconds, or until a date (RFC 9110)."""
    text = answered.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**7))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(timedelta(0), until - now)
