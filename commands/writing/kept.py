"""What rows keep of others: columns that are written anew where one of these was changed.

Tables declare them (`models.base.tables.Keeping`). Which rows are concerned is taken from what the
session is about to change, and from the rows that `commands.writing.rows` writes, so that no
command can forget it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import ARRAY, CTE, Uuid, any_, bindparam, inspect, or_, select, true, update
from sqlalchemy.orm import Session, aliased
from sqlalchemy.schema import Column
from sqlalchemy.sql.visitors import iterate

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.base.acts import AllRows
from models.base.tables import Base, Keeping, OfMerchant

_MERCHANT = bindparam("merchant_id", type_=Uuid())

KeepingOf: TypeAlias = tuple[type[OfMerchant], int]
"""A table, and which of what it declares to keep."""
Keepings: TypeAlias = tuple[KeepingOf, ...]


class _Watched(NamedTuple):
    """What of a table's rows others keep. by: its column with their id. columns: that they read.

    also_new: whether new rows, too, tell something.
    """

    place: KeepingOf
    by: str
    columns: frozenset[str]
    also_new: bool


class Touched:
    """Whose columns are to be written anew. noted: their ids, by table and which."""

    def __init__(self, noted: dict[KeepingOf, set[UUID]]) -> None:
        """Begin where nothing is noted."""
        self._noted = noted

    def note(self, session: Session) -> None:
        """Note what the session is about to write."""
        for row in (*session.new, *session.dirty, *session.deleted):
            state: Any = inspect(row)
            for each in watching(state.class_):
                was = state.committed_state
                is_other = any(was[it] != getattr(row, it) for it in each.columns & was.keys())
                if (is_other or row in session.deleted) and (state.persistent or each.also_new):
                    self._note(each, (getattr(row, each.by),))

    def note_new(self, entity: type[OfMerchant], rows: Iterable[Mapping[str, Any]]) -> None:
        """Note rows that are inserted without the session."""
        for each in watching(entity):
            if each.also_new:
                self._note(each, (row[each.by] for row in rows))

    def note_changed(
        self, entity: type[OfMerchant], changes: Sequence[tuple[Any, Mapping[str, Any]]]
    ) -> None:
        """Note rows that are changed without the session. changes: as the ledger hears them."""
        for each in watching(entity) if changes else ():
            names = each.columns.intersection(changes[0][1])
            moved = (
                row for row, now in changes if any(now[it] != getattr(row, it) for it in names)
            )
            self._note(each, (getattr(row, each.by) for row in moved))

    def _note(self, watched: _Watched, keys: Iterable[UUID]) -> None:
        if noted := set(keys):
            self._noted.setdefault(watched.place, set()).update(noted)


def _declared() -> Iterator[tuple[KeepingOf, Keeping]]:
    for mapper in Base.registry.mappers:
        for number, kept in enumerate(mapper.class_.__kept__):
            yield (mapper.class_, number), kept


@cache
def watching(entity: type[OfMerchant]) -> Sequence[_Watched]:
    """Return what of a table's rows others keep."""
    name = entity.__name__
    return [
        _Watched(place, by, reads(place)[entity.__tablename__], kept.new_tell)
        for place, kept in _declared()
        if (by := kept.keyed_by.get(name)) is not None
    ]


@cache
def reads(place: KeepingOf) -> Mapping[str, frozenset[str]]:
    """Return table -> the columns of it that tell what is kept."""
    entity, number = place
    found: dict[str, set[str]] = {}
    for each in iterate(entity.__kept__[number].read(AllRows(_MERCHANT, None), aliased(entity))):
        for column in getattr(each, "base_columns", ()):
            if isinstance(column, Column):
                found.setdefault(str(column.table), set()).add(column.key)
    return {table: frozenset(columns) for table, columns in found.items()}


def parts(writing: Writing) -> Keepings:
    """Return what is to be written anew."""
    return tuple(sorted(writing.kept, key=lambda it: (it[0].__name__, it[1])))


def values(writing: Writing) -> dict[str, Any]:
    """Return the parameters of `updates`."""
    keys: dict[str, set[UUID]] = {}
    for (entity, _), noted in writing.kept.items():
        keys.setdefault(_keys(entity), set()).update(noted)
    return {name: sorted(noted) for name, noted in keys.items()}


def _keys(entity: type[OfMerchant]) -> str:
    return f"kept_{entity.__tablename__}"


def updates(parts: Keepings) -> list[CTE]:
    """Return parts of a statement that write what has changed of what rows keep."""
    of: dict[type[OfMerchant], list[int]] = {}
    for entity, number in parts:
        of.setdefault(entity, []).append(number)
    return [
        _updated(entity, numbers).returning(entity.id).cte(f"{_keys(entity)}_now")
        for entity, numbers in of.items()
    ]


def _updated(entity: type[OfMerchant], numbers: Collection[int]) -> Any:
    row: Any = aliased(entity)
    rows, names = AllRows(_MERCHANT, None), list[str]()
    selected = select(row.id).select_from(row)
    for number in numbers:
        kept = entity.__kept__[number]
        found = kept.read(rows, row).lateral(f"kept_{number}")
        selected = selected.join(found, true()).add_columns(*(found.c[it] for it in kept.columns))
        names += kept.columns
    keys = bindparam(_keys(entity), type_=ARRAY(Uuid()))
    read = selected.where(row.merchant_id == _MERCHANT, row.id == any_(keys)).subquery("read").c
    is_other = or_(*(getattr(entity, name).is_distinct_from(read[name]) for name in names))
    own = (entity.merchant_id == _MERCHANT, entity.id == any_(keys), entity.id == read.id, is_other)
    return update(entity).where(*own).values({name: read[name] for name in names})


async def write(writing: Writing) -> None:
    """Write what is kept by a statement of its own."""
    if writing.kept:
        await writing.session.rows(
            alone(parts(writing)),
            {"merchant_id": writing.viewer.merchant_id, **values(writing)},
        )
        writing.kept.clear()


@cache
def alone(parts: Keepings) -> Statement:
    """Return the statement that writes some of what is kept, with the parameters of `values`."""
    *before, last = updates(parts)
    return Statement(select(last.c.id).add_cte(*before))
