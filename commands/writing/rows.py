"""Rows that are written without an entity for each: by one statement for whatever belongs together.

The rows of a table go to PostgreSQL as one JSON text, which it reads into the table's own types:
for ten rows that costs this process a quarter of what an array for each column costs (0025).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import JSON, Uuid, bindparam, func, insert, literal_column, select, update
from sqlalchemy.orm.attributes import set_committed_value

from commands.writing.ledger import Changes, NewRows, ledger_of
from commands.writing.transaction import Writing
from kit.db.statements import Statement, as_part
from kit.loop.work import SLICE, slices_of
from models.base.tables import OfMerchant

_MOST = 5_000
"""Rows of one statement: what thousands of them take is not held several times at once."""


class WrittenRow(NamedTuple):
    """A row that the transaction has written and not read."""

    id: UUID


class Made(Sequence[Mapping[str, Any]]):
    """Rows that are made when they are written: one takes two kilobytes until then."""

    def __init__(self, items: Sequence[Any], make: Callable[[Any], Mapping[str, Any]]) -> None:
        """Take what rows are made of, and how."""
        self._items, self._make = items, make

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, place: Any) -> Any:
        """Make a row; rows of a slice are still to be made."""
        if isinstance(place, slice):
            return Made(self._items[place], self._make)
        return self._make(self._items[place])


class _Part(NamedTuple):
    """What is done to a table. items: of `NewRows` where `how` inserts, else of `Changes`."""

    how: Any
    entity: type[OfMerchant]
    items: Sequence[Any]

    @property
    def statement(self) -> tuple[Any, ...]:
        """Return what its statement is made of."""
        return self.how, self.entity, tuple(self._row(self.items[0]))

    def _row(self, item: Any) -> Mapping[str, Any]:
        if self.how is _update:
            row, values = item
            return {"id": row.id, **values}
        return item  # type: ignore[no-any-return]

    async def texts(self, writing: Writing) -> Sequence[object]:
        """Return rows as what becomes JSON, of which the ledger has heard, slice by slice.

        Many of them are texts already, which leave out what is null.
        """
        ledger, texts = ledger_of(writing), list[object]()
        for items in slices_of(self.items):
            await writing.room(len(items))
            some = [*items]
            if ledger is not None and self.how is _insert:
                ledger.note_new(self.entity, some)
            elif ledger is not None:
                ledger.note_changed(self.entity, some)
            rows = map(self._row, some)
            texts += rows if len(self.items) <= SLICE else map(_text, rows)
        return texts


def _text(row: Mapping[str, Any]) -> object:
    return as_part({name: value for name, value in row.items() if value is not None})


async def write_rows(
    writing: Writing,
    new: Mapping[type[OfMerchant], NewRows],
    changed: Mapping[type[OfMerchant], Changes] | None = None,
) -> None:
    """Insert new rows and update locked ones by one statement; the ledger hears what they move.

    More than `_MOST` are several statements: tables stand, and so do rows, behind those that they
    name. The session learns nothing of them: what is changed must not be a row that it has read.
    """
    parts = [_Part(_insert, entity, rows) for entity, rows in new.items()]
    parts += [_Part(_update, entity, changes) for entity, changes in (changed or {}).items()]
    for together in _statements(parts):
        values: dict[str, Any] = {"merchant": writing.viewer.merchant_id}
        for place, part in enumerate(together):
            values[f"rows_{place}"] = await part.texts(writing)
        made = _statement(tuple(part.statement for part in together))
        await writing.session.rows(made, values)


def _statements(parts: Sequence[_Part]) -> Iterator[list[_Part]]:
    """Part rows among statements."""
    together, left = list[_Part](), _MOST
    for part in parts:
        start = 0
        while start < len(part.items):
            some = part.items[start : start + left]
            together.append(part._replace(items=some))
            start, left = start + len(some), left - len(some)
            if not left:
                yield together
                together, left = [], _MOST
    if together:
        yield together


async def change_rows(writing: Writing, changed: Mapping[type[OfMerchant], Changes]) -> None:
    """Update locked rows that the session has read, by one statement; it knows them as they become.

    A row that the session changes costs it ten times what a row costs here.
    """
    await writing.session.flush()
    await write_rows(writing, {}, changed)
    for changes in changed.values():
        for row, values in changes:
            for name, value in values.items():
                set_committed_value(row, name, value)


def json_rows(entity: type[OfMerchant], name: str) -> Any:
    """Return the table that a JSON text under a parameter's name is, with the entity's columns."""
    table: Any = entity.__table__
    text = bindparam(name, type_=JSON())
    rows = func.json_populate_recordset(literal_column(f"NULL::{table.name}"), text)
    return rows.table_valued(*table.c, name="given")


@cache
def _statement(parts: tuple[Any, ...]) -> Statement:
    """Build one statement of parts. parts: for each, how, of which table, with which columns."""
    *before, last = (
        how(entity, names, json_rows(entity, f"rows_{place}"))
        for place, (how, entity, names) in enumerate(parts)
    )
    ctes = [part.cte(f"part_{place}") for place, part in enumerate(before)]
    return Statement(last.add_cte(*ctes) if ctes else last)


def _insert(entity: type[OfMerchant], names: tuple[str, ...], rows: Any) -> Any:
    columns = select(*(rows.c[name] for name in names))
    return insert(entity).from_select(names, columns, include_defaults=False)


def _update(entity: type[OfMerchant], names: tuple[str, ...], rows: Any) -> Any:
    own = (entity.merchant_id == bindparam("merchant", type_=Uuid()), entity.id == rows.c.id)
    changed = {name: rows.c[name] for name in names if name != "id"}
    return update(entity).where(*own).values(changed)
