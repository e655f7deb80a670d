"""What an endpoint is told: which events its patterns mean, and what of them it asks for."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from models.access.viewers import Actor, Scope
from models.base.events import EVENTS, Event, Moving
from models.base.tables import Base

ALL_EVENTS = "*"
_SCOPES = {
    "models.access.keys": Scope.KEYS_MANAGE,
    "models.access": Scope.MASTER_DATA_READ,
    "models.master": Scope.MASTER_DATA_READ,
    "models.trade.orders": Scope.ORDERS_READ,
    "models.trade": Scope.CONTRACTS_READ,
    "models.fulfilment": Scope.DELIVERIES_READ,
    "models.messages.webhooks": Scope.WEBHOOKS_MANAGE,
    "models.messages": Scope.MESSAGES_READ,
}
"""Where a table stands -> without which scope nobody is told of its rows: that of its type."""
STATE, WINDOW = "state", "window"
_CHANGES = {
    STATE: """
order.placed order.approved order.rejected order.cancelled order.closed
contract.created contract.activated contract.suspended contract.resumed contract.terminated
contract.settled delivery.planned delivery.merged delivery.released delivery.packed
delivery.dispatched delivery.cancelled delivery.partially_delivered delivery.delivered
delivery.returned_to_sender delivery.lost delivery.failed delivery.arrival_corrected
parcel.packed parcel.voided parcel.label_created parcel.picked_up parcel.in_transit
parcel.out_for_delivery parcel.attempt_failed parcel.ready_for_pickup parcel.delivered
parcel.returned_to_sender parcel.exception parcel.lost parcel.reports_withdrawn
release.received release.consented release.rejected release.withdrawn release.activated
release.superseded interchange.received interchange.replayed interchange.rejected
outgoing_interchange.written outgoing_interchange.sent outgoing_interchange.wanted_again
outgoing_interchange.replaced
webhook.created webhook.paused webhook.resumed webhook.disabled webhook.deleted
""",
    WINDOW: """
order.placed order.responded order.proposal_answered delivery.planned delivery.rescheduled
""",
}
"""What changes with events that do not list it in their payloads."""


def scope_of(kind: type[Event]) -> Scope:
    """Return the scope without which nobody is told of an event, beside that of the journal."""
    stands = kind.about.__module__
    return next(it for place, it in _SCOPES.items() if f"{stands}.".startswith(f"{place}."))


def means(pattern: str) -> frozenset[str]:
    """Return the events that a pattern means: one, those of an aggregate, or all."""
    if pattern == ALL_EVENTS:
        return frozenset(EVENTS)
    noun, _, last = pattern.partition(".")
    if last == ALL_EVENTS:
        return frozenset(it for it in EVENTS if it.partition(".")[0] == noun)
    return frozenset({pattern} & EVENTS.keys())


def events_for(patterns: Iterable[str], scopes: Collection[Scope], actor: Actor) -> frozenset[str]:
    """Return the events that patterns mean, of those that scopes allow and an actor may see."""
    if Scope.JOURNAL_READ not in scopes:
        return frozenset()
    wanted = frozenset[str]().union(*map(means, patterns))
    allowed = {it for it in wanted if scope_of(EVENTS[it]) in scopes}
    if actor is Actor.STAFF:
        return frozenset(allowed)
    return frozenset(it for it in allowed if actor in EVENTS[it].about.__seen__)


@cache
def _beside(name: str) -> frozenset[str]:
    return frozenset(it for it, names in _CHANGES.items() if name in names.split())


def hidden_fields(name: str, actor: Actor) -> frozenset[str]:
    """Return the fields of an event's payload of which an actor does not read what is true."""
    return frozenset(EVENTS[name].hidden.get(actor, ()))


@cache
def payload_fields(name: str, actor: Actor) -> frozenset[str]:
    """Return the fields of an event's payload that an actor reads."""
    fields = frozenset(it.name for it in EVENTS[name].versions.values)
    return fields - hidden_fields(name, actor)


@cache
def fields_of(name: str, actor: Actor) -> frozenset[str]:
    """Return what an event may change that an actor reads: columns, counters, `state`, `window`."""
    kind, readable = EVENTS[name], payload_fields(name, actor)
    names = set(readable) - {"fields", "moved"}
    if "fields" in readable:
        names |= {it.name for it in kind.about.__table__.c} - kind.about.__hidden__.get(
            actor, {}
        ).keys()
    if issubclass(kind, Moving) and "moved" in readable:
        names |= {each for it in _tallied(kind) for each in it}
    if any(it.startswith(f"{WINDOW}_") for it in names):
        names.add(WINDOW)
    return frozenset(names) | _beside(name)


def _tallied(kind: type[Event]) -> Iterable[Sequence[str]]:
    """Yield the counters of the lines of an event's table."""
    for mapper in Base.registry.mappers:
        tally = mapper.class_.__tally__
        if tally is not None and tally.of is kind.about:
            yield tally.counters


def changed_fields(name: str, payload: Mapping[str, Any]) -> list[str]:
    """Return what an event has changed, by name, as its payload tells it."""
    names = set(payload) - {"fields", "moved"} | set(payload.get("fields", ())) | _beside(name)
    for counters in payload.get("moved", {}).values():
        names |= set(counters)
    if any(it.startswith(f"{WINDOW}_") for it in names):
        names.add(WINDOW)
    return sorted(names)


@dataclass(frozen=True)
class EventAsRead:
    """An event as an actor reads it."""

    name: str
    payload: Mapping[str, Any]
    actor: Actor

    @cached_property
    def readable(self) -> Mapping[str, Any]:
        """Return what it says."""
        fields = payload_fields(self.name, self.actor)
        return {name: it for name, it in self.payload.items() if name in fields}

    @cached_property
    def changed(self) -> frozenset[str]:
        """Return what it changes."""
        names = changed_fields(self.name, self.payload)
        return fields_of(self.name, self.actor).intersection(names)


def _texts(value: Any) -> set[str]:
    """Return what a condition compares: of a list each item, of a mapping each key."""
    if value is None or isinstance(value, bool):
        return {json.dumps(value)}
    if isinstance(value, Mapping):
        return {*value}
    if isinstance(value, list):
        return {text for each in value for text in _texts(each)}
    return {str(value)}


def is_wanted(
    triggers: Collection[str],
    conditions: Iterable[Mapping[str, Any]],
    event: EventAsRead,
) -> bool:
    """Tell whether an event changes and says what an endpoint asks for, as far as its owner reads.

    What is hidden from it changes nothing and says nothing, whichever value it has.
    """
    if triggers and not event.changed & set(triggers):
        return False
    own = event.readable
    return all(
        it["field"] in own and _texts(own[it["field"]]) & set(it["values"]) for it in conditions
    )
