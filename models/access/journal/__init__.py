"""The journal: every change of a merchant, in order, appended by the command that made it."""

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, aliased, mapped_column

from models.access.viewers import OTHERS, Actor
from models.base.events import EVENTS
from models.base.masks import Hidden, Mask
from models.base.payloads import COLUMNS
from models.base.reductions import reduced
from models.base.tables import Owned, entity_named, fixed, indexed, unique
from models.base.visibility import AnyViewer, Rule, Seen, bound, merchant

_SEE_WHOLE = frozenset({Actor.BUYER})
"""Who sees all rows to which those that it sees refer: they are of its company, too."""


class _Fields:
    """The fields of a payload as texts."""

    def __init__(self, payload: Any) -> None:
        self._payload = payload

    def __getattr__(self, name: str) -> ColumnElement[str | None]:
        return self._payload[name].astext  # type: ignore[no-any-return]


def _masked(viewer: AnyViewer, payload: Any, masks: Mapping[str, Mask]) -> ColumnElement[Any]:
    fields = _Fields(payload)
    without = payload.op("-")(literal(list(masks), ARRAY(Text)))
    read = {name: it.reads(viewer, fields, getattr(fields, name)) for name, it in masks.items()}
    pairs = [part for pair in read.items() for part in pair]
    masked = func.jsonb_strip_nulls(func.jsonb_build_object(*pairs))
    return without.op("||")(masked)  # type: ignore[no-any-return]


def _read(viewer: AnyViewer, entry: Any, payload: Any) -> ColumnElement[Any]:
    """Return the payload as the viewer reads it."""
    masks = {
        name: dict(kind.hidden[viewer.actor])
        for name, kind in EVENTS.items()
        if viewer.actor in kind.hidden
    }
    for event, (names, lists) in _columns_hidden_from(viewer.actor).items():
        masks[event] = masks.get(event, {}) | dict.fromkeys(lists, _without(names))
    masked = {event: _masked(viewer, payload, its) for event, its in masks.items()}
    read = case(masked, value=entry.type, else_=payload) if masked else payload
    return read if viewer.actor in _SEE_WHOLE else reduced(viewer, entry, read)


def _columns_hidden_from(actor: Hashable) -> dict[str, tuple[list[str], list[str]]]:
    """Return event -> columns of its row that are hidden, and its fields that list columns."""
    found = {}
    for name, kind in EVENTS.items():
        hidden = kind.about.__hidden__.get(actor)
        lists = [it.name for it in kind.versions.values if it.kind.word == COLUMNS]
        if hidden and lists and actor not in kind.untold:
            found[name] = sorted(hidden), lists
    return found


def _without(names: list[str]) -> Mask:
    """Return what is read of a list of columns: those that are not hidden."""
    return Mask(
        "columns that are read",
        lambda _viewer, _fields, text: cast(text, JSONB).op("-")(literal(names, ARRAY(Text))),
    )


def _tells(viewer: AnyViewer, entry: Any) -> ColumnElement[bool]:
    """Tell whether an entry tells the viewer of more than of what is hidden from it."""
    untold: list[ColumnElement[Any]] = [
        fixed(name) for name, kind in EVENTS.items() if viewer.actor in kind.untold
    ]
    lists = [
        and_(
            entry.type == fixed(event),
            *(entry.payload[it].op("<@")(literal(names, JSONB)) for it in lists),
        )
        for event, (names, lists) in _columns_hidden_from(viewer.actor).items()
        if len(lists) == len(EVENTS[event].versions.values)
    ]
    of_itself = entry.aggregate_id == bound(viewer)
    return and_(or_(entry.type.not_in(untold), of_itself), not_(or_(false(), *lists)))


_TELLING = Rule("all that tell of what the actor sees", _tells)


def _of_kind(viewer: AnyViewer, entry: Any) -> ColumnElement[bool]:
    """Tell whether one of the viewer's kind did it: what buyers and shops see is of one owner."""
    return entry.actor == fixed(viewer.actor)  # type: ignore[no-any-return]


def _of_key(viewer: AnyViewer, entry: Any) -> ColumnElement[bool]:
    """Tell whether it was done with a key that is bound to the same as the viewer."""
    key: Any = aliased(entity_named("ApiKey"))
    own = (key.merchant_id == merchant(viewer), key.bound_to == bound(viewer))
    return and_(_of_kind(viewer, entry), exists().where(key.id == entry.actor_key_id, *own))


def _named(is_own: Callable[[AnyViewer, Any], ColumnElement[bool]], whom: str) -> Mask:
    """Return what is read of who did something: the name where it is of one's own."""
    return Mask(
        f"the kind of actor, unless it is {whom}",
        lambda viewer, entry, name: case(
            (is_own(viewer, entry), name), else_=func.initcap(entry.actor)
        ),
    )


_OF_ITS_COMPANY = _named(_of_kind, "of its own company or channel")
_OF_ITS_KEYS = _named(_of_key, "a key of its own location or carrier")
_PAYLOAD = Mask("only rows that the actor sees, and without what events hide", _read)


class JournalEntry(Owned):
    """One event, which every actor reads in the timelines of the objects that it sees.

    position counts per merchant, sequence per aggregate, both without holes.

    type, aggregate, payload, payload_version: what the event's class says (`models.base.events`).
    actor_subject: an identity provider's user. address: the client's IP address. written_by: the
    span of the request that wrote it (`traceparent` of W3C Trace Context), where that is recorded.
    """

    __tablename__ = "journal"
    __seen__: ClassVar[Seen] = dict.fromkeys(OTHERS, _TELLING)
    __hidden__: ClassVar[Hidden] = {
        Actor.BUYER: {"payload": _PAYLOAD, "actor_name": _OF_ITS_COMPANY},
        Actor.STOREFRONT: {"payload": _PAYLOAD, "actor_name": _OF_ITS_COMPANY},
        Actor.WAREHOUSE: {"payload": _PAYLOAD, "actor_name": _OF_ITS_KEYS},
        Actor.CARRIER: {"payload": _PAYLOAD, "actor_name": _OF_ITS_KEYS},
    }
    __table_args__ = (
        unique("position", "position"),
        unique("sequence", "aggregate_id", "sequence"),
        indexed("journal", "aggregate_id", "position"),
        indexed("journal", "aggregate", "position"),
        indexed("journal", "actor_key_id", "position"),
        indexed("journal", "type", "position"),
        *(
            indexed("journal", column, "position", postgresql_where=text(f"{column} IS NOT NULL"))
            for column in ("actor_subject", "address", "idempotency_key")
        ),
    )

    position: Mapped[int]
    aggregate: Mapped[str]
    aggregate_id: Mapped[UUID]
    sequence: Mapped[int]
    type: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor: Mapped[str]
    actor_name: Mapped[str]
    actor_key_id: Mapped[UUID]
    actor_subject: Mapped[str | None]
    address: Mapped[str | None]
    idempotency_key: Mapped[str | None]
    payload: Mapped[dict[str, Any]]
    payload_version: Mapped[int] = mapped_column(default=1)
    written_by: Mapped[str | None]


class AuditEntry(Owned):
    """The same row as staff read it, by whom and from where; no other actor sees it.

    Timelines, which every actor reads, are of `JournalEntry`.
    """

    __table__ = JournalEntry.__table__
    __seen__: ClassVar[Seen] = {}


class EventEntry(Owned):
    """The same row as the events of objects tell it: typed, and by whom in general only.

    `key_<field>` is an id of the payload, None where it has none; `keys_<field>` a list of them.
    """

    __table__ = JournalEntry.__table__
    __seen__: ClassVar[Seen] = JournalEntry.__seen__
    __hidden__: ClassVar[Hidden] = {
        actor: {"payload": masks["payload"]} for actor, masks in JournalEntry.__hidden__.items()
    }

    def __getattr__(self, name: str) -> Any:
        """Read ids of the payload."""
        if name.startswith(KEY):
            key = self.payload.get(name.removeprefix(KEY))
            return None if key is None else UUID(key)
        if name.startswith(KEYS):
            return [UUID(it) for it in self.payload.get(name.removeprefix(KEYS), ())]
        message = f"{type(self).__name__} has no {name}"
        raise AttributeError(message)


KEY, KEYS = "key_", "keys_"
"""Before the name of a payload's field, what names the id in it, or the ids."""
