"""Who sees which rows: the rules that tables declare beside themselves.

Every statement carries `seen_by`: the merchant as a parameter on every table, in every sub-query
too, and what the viewer is bound to. It is the first wall between merchants, and between the
actors of one merchant. A table that does not name an actor is not seen by it.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Uuid,
    and_,
    bindparam,
    exists,
    inspect,
    literal_column,
    or_,
)
from sqlalchemy.orm import aliased

from models.base.tables import entity_named

_NOTHING: ColumnElement[bool] = literal_column("false", Boolean())
"""Unlike false(), which swallows the conditions beside it, this leaves the merchant's in place."""


class AnyViewer(Protocol):
    """What visibility asks of who reads.

    sees_all: all rows and columns of the merchant. bound_to: what the actor belongs to. holding:
    the row whose access token it sends.
    """

    @property
    def merchant_id(self) -> UUID: ...  # noqa: D102 -- said above.

    @property
    def actor(self) -> Hashable: ...  # noqa: D102 -- said above.

    @property
    def sees_all(self) -> bool: ...  # noqa: D102 -- said above.

    @property
    def bound_to(self) -> UUID | None: ...  # noqa: D102 -- said above.

    @property
    def holding(self) -> UUID | None: ...  # noqa: D102 -- said above.


@dataclass(frozen=True)
class Rule:
    """Which rows of a table an actor sees.

    text: for people. condition: viewer, table (or an alias of it) -> the condition beside the
    merchant's, None for all rows.
    """

    text: str
    condition: Callable[[AnyViewer, Any], ColumnElement[bool] | None]


Seen: TypeAlias = Mapping[Hashable, Rule]
"""Actor -> the rows that it sees: `__seen__` of a table."""


def merchant(viewer: AnyViewer) -> ColumnElement[Any]:
    """Return the viewer's merchant as the parameter that every table of a statement carries."""
    return bindparam("merchant", viewer.merchant_id, Uuid())


def bound(viewer: AnyViewer) -> ColumnElement[Any]:
    """Return what the viewer is bound to as a parameter; as a column where it is many viewers."""
    of = viewer.bound_to
    return of if isinstance(of, ColumnElement) else bindparam("bound_to", of, Uuid())


def holding(viewer: AnyViewer) -> ColumnElement[Any]:
    """Return the row whose access token the viewer sends, as `bound` does."""
    of = viewer.holding
    return of if isinstance(of, ColumnElement) else bindparam("holding", of, Uuid())


def parameters(viewer: AnyViewer) -> dict[str, Any]:
    """Return the values of the parameters that `seen_by` names, for statements that are kept."""
    return {
        "merchant": viewer.merchant_id,
        "bound_to": viewer.bound_to,
        "holding": viewer.holding,
    }


ALL = Rule("all", lambda _viewer, _table: None)


def own(column: str) -> Rule:
    """See rows whose column names what the viewer is bound to."""
    return Rule(f"own `{column}`", lambda viewer, table: getattr(table, column) == bound(viewer))


def token_held(column: str) -> Rule:
    """See the row whose access token the viewer holds, where the column is its own."""

    def condition(viewer: AnyViewer, table: Any) -> ColumnElement[bool]:
        return and_(getattr(table, column) == bound(viewer), table.id == holding(viewer))

    return Rule(f"the one whose token it holds, of its own `{column}`", condition)


def through(parent: str, column: str) -> Rule:
    """See rows whose parent is seen. parent: the name of its class."""

    def condition(viewer: AnyViewer, table: Any) -> ColumnElement[bool]:
        above = aliased(entity_named(parent))
        return exists().where(above.id == getattr(table, column), *seen_by(viewer, above))

    return Rule(f"of a seen {parent}", condition)


def having(child: str, column: str) -> Rule:
    """See rows that have a seen child. child: the name of its class."""

    def condition(viewer: AnyViewer, table: Any) -> ColumnElement[bool]:
        below: Any = aliased(entity_named(child))
        return exists().where(getattr(below, column) == table.id, *seen_by(viewer, below))

    return Rule(f"with a seen {child}", condition)


def either(*rules: Rule) -> Rule:
    """See what one of the rules shows."""

    def condition(viewer: AnyViewer, table: Any) -> ColumnElement[bool]:
        return or_(*(rule.condition(viewer, table) for rule in rules))  # type: ignore[arg-type]

    return Rule("; ".join(rule.text for rule in rules), condition)


def seen_by(viewer: AnyViewer, table: Any) -> Sequence[ColumnElement[bool]]:
    """Return the conditions under which the viewer sees rows of a table, or of an alias of it.

    The parameters are named `merchant`, `bound_to` and `holding` and carry the viewer's values, so
    that a statement built once can run for another viewer of the same kind.
    """
    of_merchant = table.merchant_id == merchant(viewer)
    if viewer.sees_all:
        return (of_merchant,)
    rule = inspect(table).mapper.class_.__seen__.get(viewer.actor)
    if rule is None:
        return (of_merchant, _NOTHING)
    condition = rule.condition(viewer, table)
    return (of_merchant,) if condition is None else (of_merchant, condition)
