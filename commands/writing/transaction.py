"""What every command works with: the session, who writes, when, and what happened."""

from collections.abc import Awaitable, Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, any_, bindparam, select

from commands.writing.extent import Extent
from kit.db.sessions import Session
from kit.db.statements import Statement
from kit.errors import Code, Path, Refusals, Refused
from kit.limits import DEFAULT_LIMITS, Limits
from kit.loop.in_turn import InTurn
from kit.loop.work import Slices
from models.access.dues import DueKind
from models.access.keys import CounterName
from models.access.viewers import Actor, CompanyRole, Viewer, anyone, by_itself
from models.base.events import Event
from models.base.records import columns, is_forgotten, record
from models.base.tables import OfMerchant
from models.base.visibility import parameters, seen_by

Entity = TypeVar("Entity", bound=OfMerchant)
Outcome = dict[str, Any]
"""What a command answers, as plain data: ids of changed rows under `..._id` and `..._ids`, results
of bulk items as lists of such dictionaries, their refusals under `problems`."""


class Overtaken(Exception):
    """What was read before the locks has changed under them: run the command again."""


class Recorded(NamedTuple):
    """One entry for the journal, still without position. by: None for whoever writes."""

    event: Event
    occurred_at: datetime
    by: Viewer | None = None


@dataclass(frozen=True)
class Origin:
    """Where a write comes from. address: the client's IP address. written_by: its span."""

    address: str | None = None
    idempotency_key: str | None = None
    written_by: str | None = None


@dataclass(frozen=True)
class Writing:
    """One transaction of one viewer. events: written to the journal at its end, in order.

    unrecorded: rows that viewers see and no entry may tell of; the others of their table are told.
    news: rows that somebody waits for, of whom a hint tells though the journal does not.
    dues: what is to be looked at later, as kind, subject and instant.
    extent: the lines that it touches, bounded. slices: in which its work is done, beside others'.
    beside: where it does what takes long.
    at_end: what is done when all else is written, before the journal.
    refusals: of checks after which it is looked at what else is wrong; nothing is changed then.
    limits: the server's.
    unnumbered: rows that are numbered at its end, by what is counted and their table.
    kept: rows of which columns are written anew at its end, by their table and which (`Keeping`).
    """

    session: Session
    viewer: Viewer
    now: datetime
    events: list[Recorded] = field(default_factory=list)
    unrecorded: list[UUID] = field(default_factory=list)
    news: list[UUID] = field(default_factory=list)
    dues: list[tuple[DueKind, UUID, datetime]] = field(default_factory=list)
    unnumbered: dict[tuple[CounterName, Any], list[UUID]] = field(default_factory=dict)
    kept: dict[tuple[type[OfMerchant], int], set[UUID]] = field(default_factory=dict)
    at_end: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    origin: Origin = Origin()
    extent: Extent = field(default_factory=lambda: Extent(DEFAULT_LIMITS.lines))
    slices: Slices = field(default_factory=Slices)
    beside: InTurn = field(default_factory=InTurn)
    limits: Limits = DEFAULT_LIMITS
    refusals: Refusals = field(default_factory=Refusals)

    async def room(self, lines: int) -> None:
        """Wait until it is this viewer's turn to work on so many lines or rows."""
        if lines and not self.slices.has_room(lines):
            await self.slices.room(self.viewer.key_id, lines)

    def record(self, event: Event, occurred_at: datetime | None = None) -> None:
        """Note that something happened, now where nothing else is said. Refused: as `refusals`."""
        self.refusals.end()
        self.events.append(Recorded(event, occurred_at or self.now))

    def record_unasked(self, event: Event) -> None:
        """Note that something happened now which nobody did: as what runs unasked would."""
        self.events.append(Recorded(event, self.now, by_itself(self.viewer.merchant_id)))

    def later(self, kind: DueKind, subject: UUID, at: datetime) -> None:
        """Let something be looked at from an instant on, as its kind says. subject: what it is."""
        self.dues.append((kind, subject, at))

    @property
    def at(self) -> datetime:
        """Return when it happens, as `Reader.at` does for SQL."""
        return self.now

    @property
    def role(self) -> CompanyRole | None:
        """Return what the viewer may do for its company, as `Reader.role` does for SQL."""
        return self.viewer.role

    def for_all(self) -> "Writing":
        """Return the same transaction seeing every row of the merchant.

        For what follows from a change that the viewer may make: a dispatch moves counters of
        contracts that the warehouse does not see. The journal still names the viewer.
        """
        return replace(self, viewer=replace(self.viewer, actor=Actor.STAFF, bound_to=None))

    def seen(self, entity: type[Entity]) -> Select[Entity]:
        """Start a statement over the rows that the viewer sees."""
        return select(entity).where(*seen_by(self.viewer, entity))

    async def all(self, statement: Select[Entity]) -> Sequence[Entity]:
        """Read rows afresh, also those that the session knows."""
        fresh = statement.execution_options(populate_existing=True)
        return (await self.session.scalars(fresh)).all()

    async def among(
        self,
        entity: type[Entity],
        column: str,
        keys: Collection[Any],
        *order: str,
        lock: bool = False,
    ) -> Sequence[Entity]:
        """Read afresh the rows whose column is one of the keys, or lock them; order: columns."""
        if not keys:
            return []
        statement = _among(self.viewer.actor, entity, column, order, lock)
        values = {**self.parameters, "keys": list(keys)}
        return (await self.session.scalars(statement, values)).all()

    async def records(
        self, entity: type[Entity], column: str, keys: Collection[Any]
    ) -> Sequence[Entity]:
        """Read the rows whose column is one of the keys, for who does not change them."""
        if not keys:
            return []
        values = {**self.parameters, "keys": list(keys)}
        return await self.session.rows(_records(self.viewer.actor, entity, column), values)

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the parameters that `seen_by` names."""
        return parameters(self.viewer)

    async def by_key(
        self, entity: type[Entity], column: str, keys: Iterable[Any]
    ) -> dict[Any, Entity]:
        """Return key -> record for a unique column, only for the rows that are there."""
        rows = await self.records(entity, column, sorted(set(keys)))
        return {getattr(row, column): row for row in rows}

    async def lock(self, entity: type[Entity], wanted: Mapping[UUID, Path]) -> dict[UUID, Entity]:
        """Lock rows in id order, so that no two commands can deadlock. wanted: id -> its path.

        Refused: NOT_FOUND for an id that the viewer does not see.
        """
        return _found(entity, wanted, await self.among(entity, "id", wanted, "id", lock=True))

    async def there(self, entity: type[Entity], keys: Collection[UUID]) -> dict[UUID, Entity]:
        """Return id -> row for those that the viewer sees, without a lock."""
        return {row.id: row for row in await self.among(entity, "id", keys)}

    async def get(self, entity: type[Entity], wanted: Mapping[UUID, Path]) -> dict[UUID, Entity]:
        """Read rows without a lock. Refused: NOT_FOUND for an id that the viewer does not see."""
        return _found(entity, wanted, await self.among(entity, "id", wanted))


def _found(
    entity: type[Entity], wanted: Mapping[UUID, Path], rows: Iterable[Entity]
) -> dict[UUID, Entity]:
    """Return id -> row. Refused: NOT_FOUND for an id without one."""
    found = {row.id: row for row in rows}
    check_known(entity, found, wanted.items())
    return found


def _is_wanted(actor: Actor, entity: type[OfMerchant], column: str) -> list[ColumnElement[bool]]:
    """Return that the viewer sees a row, and that its column is one of the parameter `keys`."""
    of = getattr(entity, column)
    seen = seen_by(anyone(actor), entity)
    return [*seen, of == any_(bindparam("keys", type_=ARRAY(of.type)))]


@cache
def _among(
    actor: Actor,
    entity: type[OfMerchant],
    column: str,
    order: tuple[str, ...],
    lock: bool,  # noqa: FBT001 -- part of a cache's key.
) -> Select[Any]:
    """Build the statement of `Writing.among`; a kept one is neither built nor hashed again."""
    rows = select(entity).where(*_is_wanted(actor, entity, column))
    rows = rows.order_by(*(getattr(entity, name) for name in order))
    rows = rows.with_for_update(of=entity) if lock else rows
    return rows.execution_options(populate_existing=True)


@cache
def _records(actor: Actor, entity: type[OfMerchant], column: str) -> Statement:
    """Build the statement of `Writing.records`."""
    rows = select(*columns(entity)).where(*_is_wanted(actor, entity, column))
    return Statement(rows, record(entity))


def missing(entity: type[OfMerchant], path: Path, key: object = None) -> Refused:
    """Return the refusal for an id that is unknown or another's: both sound the same.

    key: by which it was named; it is told where people have written it.
    """
    text = f"There is no such {entity.__name__}"
    return Refused(Code.NOT_FOUND, f"{text}: {key}." if isinstance(key, str) else f"{text}.", path)


def check_known(
    entity: type[OfMerchant], known: Container[Any], wanted: Iterable[tuple[Any, Path]]
) -> None:
    """Refused: NOT_FOUND for each key that is not known. wanted: keys with paths; None is none."""
    refusals = Refusals()
    for key, path in wanted:
        with refusals:
            if key is not None and key not in known:
                raise missing(entity, path, key)
    refusals.end()


def check_version(version: int, expected: int | None, path: Path = ("expected_version",)) -> None:
    """Refused: VERSION_CONFLICT when somebody else changed a row since it was read."""
    if expected is not None and version != expected:
        raise Refused(Code.VERSION_CONFLICT, f"This has version {version}, not {expected}.", path)


def check_state(row: Any, states: Collection[StrEnum], path: Path, named: str = "") -> None:
    """Refused: WRONG_STATE for a row in none of the states that it must be in.

    named: what it is called, by default its number.
    """
    if row.state not in states:
        wanted = " or ".join(it.value for it in type(row.state) if it in states)
        text = f"{named or row.number} is {row.state.value}: it must be {wanted}."
        raise Refused(Code.WRONG_STATE, text, path)


def check_remembered(row: Any, path: Path) -> None:
    """Refused: WRONG_STATE for a contact or a private customer that was forgotten."""
    if is_forgotten(row):
        text = "Who this was is forgotten: write who it is, then name it."
        raise Refused(Code.WRONG_STATE, text, path)
