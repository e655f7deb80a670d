"""Events: what happened to an object, typed, in the viewer's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import Text, Uuid, case, cast, func
from sqlalchemy.dialects.postgresql import JSONB
from strawberry import Info

from admission.costs import Cost
from execution.fields import DECLARED, Kinds, Worded, Written
from execution.texts import Sql, constant, escaped, json_in, quoted, text_in, text_of
from kit.ids import to_global
from kit.standards.languages import Spoken, spoken
from loaders.access import settings
from loaders.access.journal import events as loaders
from loaders.access.journal.events import EventType
from models.access.journal import KEY, KEYS, EventEntry
from models.access.viewers import Actor, Scope, by_itself
from models.base.events import EVENTS
from models.base.records import record
from models.base.visibility import merchant
from models.events.wording import message_of
from schema.access.journal import object_id, object_text
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.nodes import Node, found_by_node, written_id
from schema.graphql.scopes import Requires


class EventActor(StrEnum):
    """On whose side somebody acts: all that others than staff learn of who did something."""

    MERCHANT = "MERCHANT"
    COMPANY = "COMPANY"
    CARRIER = "CARRIER"
    SYSTEM = "SYSTEM"


_SIDES: Mapping[Actor, EventActor] = {
    Actor.STAFF: EventActor.MERCHANT,
    Actor.WAREHOUSE: EventActor.MERCHANT,
    Actor.BUYER: EventActor.COMPANY,
    Actor.STOREFRONT: EventActor.COMPANY,
    Actor.CARRIER: EventActor.CARRIER,
}
_NOBODY = by_itself(UUID(int=0)).key_id

described(
    EventType,
    "EventType",
    "What happened. More may be added at any time, none is taken away or changes its meaning: show"
    " one that you do not know by its `message`.",
    **{
        name.replace(".", "_").upper(): f"{kind.about.__name__}: {kind.__doc__}"
        for name, kind in EVENTS.items()
    },
)
described(
    EventActor,
    "EventActor",
    "On whose side somebody acts.",
    MERCHANT="The merchant: its staff, or a warehouse that works for it.",
    COMPANY="The company that orders, or the shop in which somebody orders.",
    CARRIER="The carrier.",
    SYSTEM="Nobody: it followed by itself as time passed.",
)
described(
    Spoken,
    "Language",
    "A language in which people are told what happens.",
    EN="English.",
    DE="German.",
    PL="Polish.",
    NL="Dutch.",
    FIL="Filipino.",
)


def type_of(name: str) -> str:
    """Return the name of an event's type: OrderLinesCancelled of order.lines_cancelled."""
    return name.replace(".", "_").title().replace("_", "")


class _Row:
    """An entry as the fields of events read it: with the ids in its payload."""

    def __init__(self, entry: Any) -> None:
        self._entry = entry

    def __getattr__(self, name: str) -> Any:
        if name.startswith(KEY):
            return cast(text_in(self._entry.payload, name.removeprefix(KEY)), Uuid())
        if name.startswith(KEYS):
            nothing = cast(constant("[]"), JSONB)
            return func.coalesce(json_in(self._entry.payload, name.removeprefix(KEYS)), nothing)
        return getattr(self._entry, name)


def _type_text(entry: Any, _type_name: str) -> Sql:
    plain = func.translate(entry.type, constant("."), constant("_"))
    return quoted(func.upper(plain, type_=Text()))


def _type_name(entry: Any, _type_name: str) -> str:
    return str(EventType(entry.type).name)


def _actor_text(entry: Any, _type_name: str) -> Sql:
    sides = {constant(it.value): constant(f'"{side}"') for it, side in _SIDES.items()}
    system = entry.actor_key_id == constant(str(_NOBODY))
    return case(
        (system, constant(f'"{EventActor.SYSTEM}"')),
        *((entry.actor == actor, side) for actor, side in sides.items()),
    )


def _actor(entry: Any, _type_name: str) -> EventActor:
    return EventActor.SYSTEM if entry.actor_key_id == _NOBODY else _SIDES[Actor(entry.actor)]


@dataclass(frozen=True)
class _Language:
    """In which language a message is wanted; None for the viewer's."""

    language: str | None
    form: ClassVar[str] = "language"

    @property
    def values(self) -> Mapping[str, Any]:
        """Return what fills the statement."""
        return {"language": self.language}


def _wanted(arguments: Mapping[str, Any]) -> _Language:
    language = arguments.get("language") or None
    return _Language(None if language is None else Spoken(language).value)


def _values(reader: Any, entry: Any, bind: Any) -> Sequence[Sql]:
    """Write what a message is made of: the language wanted, what is the merchant's, the event."""
    own, rows = settings.of_viewer.part(reader, merchant(reader.viewer))
    of_merchant = rows.add_columns(text_of(func.json_build_array(own.language, own.time_zone)))
    wanted = func.coalesce(escaped(bind("language", Text())), constant("null"))
    place = func.coalesce(escaped(loaders.zone_of(reader, entry)), constant("null"))
    shown = (place, quoted(entry.type), text_of(entry.payload))
    return wanted, of_merchant.scalar_subquery(), *shown


def _words(context: Any, values: Sequence[Any]) -> str:
    wanted, (language, zone), place, name, payload = values
    return _message(context, wanted, language, name, payload, place or zone)


def _message(
    context: Any, wanted: str | None, language: str | None, name: str, payload: Any, zone: str
) -> str:
    """Write a message: in the language wanted, else the client's, else the merchant's.

    zone: of the window's place, else the merchant's.
    """
    chosen = spoken(wanted) or context.language or spoken(language) or Spoken.EN
    return message_of(name, payload, chosen, zone)


async def _place_of(context: Any, entry: Any) -> str | None:
    """Return the time zone of the place of an entry's instants, None for the merchant's."""
    if entry.type not in loaders.PLACED:
        return None
    rows, zone_column = loaders.PLACED[entry.type]
    return getattr(await context.load(rows, entry.aggregate_id), zone_column, None)


@strawberry.interface(
    description="Something that happened to an object.",
    directives=[Requires(scope=Scope.JOURNAL_READ)],
)
class Event(Node):
    """A journal entry as its class describes it; `schema.events` makes a type of each class."""

    event_name: ClassVar[str]
    kinds: ClassVar[Kinds] = Kinds("type", {name: type_of(name) for name in EVENTS}, _Row)

    @strawberry.field(
        description="Global id; opaque to clients.",
        metadata={
            DECLARED: Written(
                lambda entry, _: written_id("Event", entry.id),
                lambda entry, _: to_global("Event", entry.id),
            )
        },
    )
    def id(self: Any) -> strawberry.ID:
        """Name the event."""
        return strawberry.ID(to_global("Event", self.id))

    @strawberry.field(
        description="What happened.", metadata={DECLARED: Written(_type_text, _type_name)}
    )
    def type(self: Any) -> EventType:
        """Return the value for the class's name."""
        return EventType(self.type)

    occurred_at: datetime = strawberry.field(description="When it happened.")
    recorded_at: datetime = strawberry.field(description="When it was recorded here.")

    @strawberry.field(
        description="On whose side it was done.", metadata={DECLARED: Written(_actor_text, _actor)}
    )
    def actor(self: Any) -> EventActor:
        """Return whose side that is."""
        return _actor(self, "")

    @strawberry.field(
        description="Global id of the object that it is about; `node` reads it.",
        metadata={DECLARED: Written(object_text, object_id)},
    )
    def object_id(self: Any) -> strawberry.ID:
        """Name the type and the row."""
        return strawberry.ID(object_id(self, ""))

    @strawberry.field(
        description="What happened, in words for people.",
        directives=[Cost(weight=0)],
        metadata={DECLARED: Worded(_wanted, _values, _words)},
    )
    async def message(
        self: Any,
        info: Info,
        language: Annotated[
            Spoken | None,
            strawberry.argument(
                description="In which language; without it as the request's `Accept-Language` says,"
                " else in the merchant's, else in English."
            ),
        ] = strawberry.UNSET,
    ) -> str:
        """Write it."""
        context = info.context
        own = await context.load(settings.of_viewer, context.viewer.merchant_id)
        place = await _place_of(context, self)
        about = (self.type, self.payload, place or own.time_zone)
        return _message(context, language or None, own.language, *about)

    @classmethod
    def is_type_of(cls, row: Any, _info: Any) -> bool:
        """Tell whether a row is an event of this class."""
        return isinstance(row, record(EventEntry)) and row.type == cls.event_name

    @classmethod
    def resolve_type(cls, row: Any, *_: Any) -> str:
        """Return the name of an event's type."""
        return cls.kinds.types[row.type]


found_by_node(Event, EventEntry, loaders.by_id, Scope.JOURNAL_READ)
Events = Connection[Event]


def events(of: Any = loaders.of_object, description: str = "What happened to it.") -> Any:
    """Declare the events of a type's rows. of: the list, where it tells of more than the row."""
    return connection(of, f"{description} In the order in which it was recorded.")
