"""What of a row an actor does not read: columns that tables hide beside themselves.

Loaders read tables as they are `shown`. Commands work with the tables themselves, and so with
true values; an import contract keeps this module from them.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, cast, null, select
from sqlalchemy.orm import aliased

from models.base.tables import OfMerchant
from models.base.visibility import AnyViewer, merchant


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
    masked = select(*columns).where(row.c.merchant_id == merchant(viewer)).subquery()
    return aliased(entity, masked, adapt_on_names=True)


def _masked(viewer: AnyViewer, mask: Mask | None, row: Any, column: Any) -> ColumnElement[Any]:
    if mask is None:
        return column  # type: ignore[no-any-return]
    return cast(mask.reads(viewer, row, column), column.type).label(column.key)
