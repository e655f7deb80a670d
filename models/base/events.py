"""Events: what a journal entry tells, as one frozen class for each kind of entry.

A class names its event, the table that it is about and the fields of its payload; `models.base.
payloads` says what these may be. A changed payload is a new version: the class gets one more
function that makes a payload of the version before into one of the next.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, ClassVar, NamedTuple, TypeVar, dataclass_transform
from uuid import UUID

from models.base.masks import Hidden
from models.base.payloads import ColumnName, IdOf, Value, as_json, from_json, values_of
from models.base.tables import OfMerchant

Payload = Mapping[str, Any]
Upcast = Callable[[Payload], Payload]
"""Makes a payload of one version into one of the next."""
Moved = Mapping[Annotated[UUID, IdOf()], Mapping[ColumnName, Decimal]]
"""Line id -> counter -> signed amount, in the line's unit."""


class Versions(NamedTuple):
    """What the payloads of an event look like, and how older ones become such.

    version: the one that is written; every one before has its upcaster.
    """

    values: tuple[Value, ...]
    upcasts: tuple[Upcast, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a row. id: of that row, a row of `about`.

    name: noun and past participle, "order.placed"; clients see it. aggregate: the noun as the
    journal keeps it, "ORDER". hidden: actor -> field of the payload, a text -> what is read
    instead; nothing for NULL. untold: to whom it would tell only that something hidden was done,
    unless to its own company. zone_column: the column of the row that says in which place's time
    zone its instants are told, None where it is the merchant's.
    """

    name: ClassVar[str]
    aggregate: ClassVar[str]
    about: ClassVar[type[OfMerchant]]
    versions: ClassVar[Versions]
    hidden: ClassVar[Hidden]
    untold: ClassVar[frozenset[Hashable]]
    zone_column: ClassVar[str | None]

    id: Annotated[UUID, IdOf(), "The row that it is about."]

    def payload(self) -> dict[str, Any]:
        """Return what the journal keeps, as JSON. TypeError for a value of another kind."""
        return as_json(self.versions.values, self)


Described = TypeVar("Described", bound=Event)
EVENTS: dict[str, type[Event]] = {}
"""Name -> class, of every event; complete once `models` is imported."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def event(
    name: str,
    about: type[OfMerchant],
    *upcasts: Upcast,
    hidden: Hidden | None = None,
    untold: Iterable[Hashable] = (),
    zone_column: str | None = None,
) -> Callable[[type[Described]], type[Described]]:
    """Make a class the event of this name. upcasts: from version 1 to 2, from 2 to 3, ...

    TypeError for a field that no payload holds, or that does not say what it means.
    """

    def make(described: type[Described]) -> type[Described]:
        made: type[Described] = dataclass(frozen=True, slots=True, kw_only=True)(described)
        aggregate = name.partition(".")[0].upper()
        if name in EVENTS or aggregate.replace("_", "") != about.__name__.upper():
            message = f"{name} is there already, or is not about {about.__name__}"
            raise TypeError(message)
        own = [it for it in values_of(made) if it.name != "id"]
        if taken := [it.name for it in own if it.name in {*vars(Event), *Event.__annotations__}]:
            message = f"{name} hides {taken}"
            raise TypeError(message)
        made.name, made.aggregate, made.about = name, aggregate, about
        made.versions = Versions(tuple(own), upcasts, 1 + len(upcasts))
        made.hidden, made.untold, made.zone_column = hidden or {}, frozenset(untold), zone_column
        EVENTS[name] = made
        return made

    return make


def read_event(name: str, version: int, about_id: UUID, payload: Payload) -> Event:
    """Return a journal entry as its event, whatever version it was written in.

    KeyError for a name that no event has; ValueError for a payload that is not of its version.
    """
    kind = EVENTS[name]
    for upcast in kind.versions.upcasts[version - 1 :]:
        payload = upcast(payload)
    return kind(about_id, **from_json(kind.versions.values, payload))


def nearest(name: str) -> str:
    """Return what names an event that has not this name, and may have been meant."""
    wanted = _pairs(name)

    def shared(other: str) -> float:
        pairs = _known_pairs(other)
        return 2 * len(wanted & pairs) / (len(wanted) + len(pairs))

    return max(sorted(EVENTS), key=shared)


def _pairs(name: str) -> frozenset[str]:
    """Return the pairs of letters that follow one another, whatever is between words."""
    letters = "".join(it for it in name.lower() if it.isalpha())
    return frozenset(map("".join, pairwise(letters)))


_known_pairs = cache(_pairs)


def without(*names: str) -> Upcast:
    """Return the upcaster of a version that no longer tells some fields."""
    return lambda payload: {name: it for name, it in payload.items() if name not in names}


def nouns() -> dict[str, str]:
    """Return aggregate -> name of the table's class, which is the type that clients see."""
    return {it.aggregate: it.about.__name__ for it in EVENTS.values()}


@dataclass(frozen=True, slots=True)
class Created(Event):
    """A row was written for the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated(Event):
    """A row was changed."""

    fields: Annotated[tuple[ColumnName, ...], "The columns that were written."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving(Event):
    """An event that tells which counters of the row's lines its transaction has moved."""

    moved: Annotated[
        Moved, "Line → counter → what was added to it, in the line's unit; less than 0 takes away."
    ] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed(Moving):
    """Counters were moved by a transaction that tells nothing else of the row."""


def progressed(about: type[OfMerchant]) -> type[Progressed]:
    """Return the event that tells movements of a table's lines by themselves."""
    (kind,) = (it for it in EVENTS.values() if it.about is about and issubclass(it, Progressed))
    return kind
