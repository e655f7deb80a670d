"""What follows from the answer to a message: for it, for its endpoint, and for when both go on."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from commands.writing.transaction import Writing
from kit.ids import new_id
from kit.standards.webhooks import DELAYS, NOT_WANTED, OVERLOADED, SUCCESS
from models.events.messages.webhooks import WebhookDisabled
from models.messages.webhooks.states import (
    WebhookDisabling,
    WebhookFault,
    WebhookMessageState,
    WebhookState,
)
from models.messages.webhooks.tables import Webhook, WebhookLane

KEPT_ANSWER = 2_048
"""Bytes of an answer that are kept for people."""


@dataclass(frozen=True)
class RetrySchedule:
    """When what fails is tried again.

    delays: of a message, between its tries. jitter: the most that is added to each, a part of it.
    give_up: after so long without a good answer an endpoint is disabled. open_after: failures in a
    row after which it is only probed, first after `probe`, then each time twice as long, up to
    `longest_probe`. longest_wait: that an answer may ask for. lease: of a process on an endpoint.
    at_once: messages that are under way to one endpoint, each of another object.
    """

    delays: tuple[timedelta, ...] = DELAYS
    jitter: float = 0.2
    give_up: timedelta = timedelta(days=3)
    open_after: int = 5
    probe: timedelta = timedelta(seconds=5)
    longest_probe: timedelta = timedelta(minutes=1)
    longest_wait: timedelta = timedelta(days=1)
    lease: timedelta = timedelta(minutes=1)
    at_once: int = 8
    chance: Random = field(default_factory=Random, compare=False)

    def delay(self, tries: int) -> timedelta | None:
        """Return how long to wait after so many tries, None where it was the last one."""
        if tries > len(self.delays):
            return None
        more: float = 1 + self.jitter * self.chance.random()
        return timedelta(seconds=self.delays[tries - 1].total_seconds() * more)

    def probing(self, failures: int) -> timedelta:
        """Return how long to wait before the next probe, after so many failures in a row."""
        doublings = min(max(0, failures - self.open_after), 20)
        return min(self.probe * float(2**doublings), self.longest_probe)


@dataclass(frozen=True)
class Result:
    """What became of one attempt. message: as it was before. retry_after: as the answer asks.

    version: of the endpoint as it was then.
    """

    message: Any
    body: str | None
    attempted_at: datetime
    duration: timedelta
    status: int | None = None
    fault: WebhookFault | None = None
    answer: str | None = None
    retry_after: timedelta | None = None
    version: int | None = None

    @property
    def message_id(self) -> UUID:
        """Return whose attempt it was."""
        return self.message.id  # type: ignore[no-any-return]

    @property
    def is_withdrawn(self) -> bool:
        """Tell whether nothing was sent: its owner does not see any more what it tells."""
        return self.status is None and self.fault is None

    @property
    def ended_at(self) -> datetime:
        """Return when it was known."""
        return self.attempted_at + self.duration

    def attempt(self, webhook: Webhook, next_at: datetime | None) -> dict[str, Any]:
        """Return the row that is kept of it."""
        return {
            "merchant_id": webhook.merchant_id,
            "id": new_id(),
            "webhook_id": webhook.id,
            "message_id": self.message_id,
            "type": self.message.type,
            "version": self.version,
            "attempted_at": self.attempted_at,
            "duration_ms": int(self.duration / timedelta(milliseconds=1)),
            "status": self.status,
            "fault": self.fault,
            "answer": self.answer,
            "next_at": next_at,
        }


def judge(
    writing: Writing, schedule: RetrySchedule, webhook: Webhook, lane: WebhookLane, result: Result
) -> dict[str, Any]:
    """Change an endpoint and its lane as an answer wants it; return what the message becomes."""
    if result.is_withdrawn:
        return _settled(writing, result, WebhookMessageState.WITHDRAWN)
    if result.status in SUCCESS:
        lane.failures, lane.failing_since, lane.is_open = 0, None, False
        return _settled(writing, result, WebhookMessageState.DELIVERED)
    if result.fault is WebhookFault.UNWRITTEN:
        # A fault of ours says nothing of the endpoint; where it is probed, the next probe waits.
        if lane.is_open:
            lane.next_at = result.ended_at + schedule.probing(lane.failures)
        return _tried(writing, schedule, result, timedelta(0))
    at = result.ended_at
    lane.failures += 1
    lane.failing_since = lane.failing_since or at
    least = min(result.retry_after or timedelta(0), schedule.longest_wait)
    if result.status in OVERLOADED or lane.failures >= schedule.open_after:
        lane.is_open = True
        lane.next_at = at + max(schedule.probing(lane.failures), least)
    if result.status == NOT_WANTED:
        _disable(writing, webhook, WebhookDisabling.GONE)
    elif at - lane.failing_since >= schedule.give_up:
        _disable(writing, webhook, WebhookDisabling.FAILING)
    return _tried(writing, schedule, result, least)


def _tried(
    writing: Writing, schedule: RetrySchedule, result: Result, least: timedelta
) -> dict[str, Any]:
    """Return what a message becomes that has failed; a probe before its time is no try of it."""
    message = result.message
    if message.next_at > result.attempted_at:
        return {**_same(result), "attempts": message.attempts, "next_at": message.next_at}
    tries = message.attempts + 1
    delay = schedule.delay(tries)
    if delay is None:
        return _settled(writing, result, WebhookMessageState.FAILED)
    next_at = result.ended_at + max(delay, least)
    return {**_same(result), "attempts": tries, "next_at": next_at}


def _same(result: Result) -> dict[str, Any]:
    pending = {"state": WebhookMessageState.PENDING, "settled_at": None}
    return {**pending, "body": result.body, "body_version": result.version}


def _settled(writing: Writing, result: Result, state: WebhookMessageState) -> dict[str, Any]:
    return {
        "state": state,
        "settled_at": writing.now,
        "body": result.body,
        "body_version": result.version,
        "attempts": result.message.attempts + 1,
        "next_at": result.message.next_at,
    }


def _disable(writing: Writing, webhook: Webhook, reason: WebhookDisabling) -> None:
    """End an endpoint by itself, which the journal tells its owner."""
    if webhook.state is WebhookState.ACTIVE:
        webhook.state, webhook.state_since = WebhookState.DISABLED, writing.now
        webhook.disabled_for = reason
        writing.record(WebhookDisabled(webhook.id, reason=reason))
