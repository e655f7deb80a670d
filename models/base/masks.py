"""What of a row an actor does not read: columns that tables hide beside themselves.

Loaders read tables as they are `shown`. Commands work with the tables themselves, and so with
true values; an import contract keeps this module from them.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnClause, ColumnElement, FromClause, Select, cast, null, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.visitors import iterate

from models.base.tables import OfMerchant
from models.base.visibility import AnyViewer, merchant, seen_by


@dataclass(frozen=True)
class Mask:
    """What an actor reads in place of a column.

    text: for people. reads: viewer, the row's columns, the hidden one -> an expression on the row.
    """

    text: str
    reads: Callable[[AnyViewer, Any, ColumnElement[Any]], ColumnElement[Any]]


Hidden: TypeAlias = Mapping[Hashable, Mapping[str, Mask]]
"""Actor -> column -> what it reads instead: `__hidden__` of a table."""

NULL = Mask("null", lambda _viewer, _row, _column: null())


def shown_to(viewer: AnyViewer, entity: type[OfMerchant]) -> Any:
    """Return a new alias of a table as the viewer reads it: what is hidden from it is masked.

    Whatever is made of the alias, also filters, orders and derived expressions, is made of what
    the viewer may know. It still needs `seen_by`.
    """
    masks = {} if viewer.sees_all else entity.__hidden__.get(viewer.actor)
    if not masks:
        return aliased(entity)
    row = entity.__table__.alias()
    columns = [_masked(viewer, masks.get(column.key), row.c, column) for column in row.c]
    rows = select(*columns).where(row.c.merchant_id == merchant(viewer))
    seen = seen_by(viewer, aliased(entity, row))
    if masks.keys() & {each.key for it in seen for each in _columns(it, row)}:
        # Who sees a row is judged by what is true, not by what is read of it.
        rows = rows.where(*seen)
    return read_again(entity, rows)


def read_again(entity: type[OfMerchant], rows: Select[Any]) -> Any:
    """Return rows that were selected as they are shown as an alias of their table."""
    return aliased(entity, rows.subquery(), adapt_on_names=True)


def _columns(condition: ColumnElement[bool], row: FromClause) -> Iterator[ColumnClause[Any]]:
    """Yield the columns of a row that a condition reads."""
    for each in iterate(condition):
        # What an ORM has annotated has the hash of what it stands for.
        if isinstance(each, ColumnClause) and hash(each.table) == hash(row):
            yield each


def _masked(viewer: AnyViewer, mask: Mask | None, row: Any, column: Any) -> ColumnElement[Any]:
    if mask is None:
        return column  # type: ignore[no-any-return]
    return cast(mask.reads(viewer, row, column), column.type).label(column.key)
