"""What goes on with rows of master data that are not active any more."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, func, literal, select, union_all
from sqlalchemy.orm import aliased

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.base.acts import AllRows
from models.base.tables import Base, OfMerchant, Owned


async def open_work(
    writing: Writing, entity: type[OfMerchant], rows: Sequence[Any]
) -> list[list[dict[str, Any]]]:
    """Return for each row what is still to be done with it, where it is inactive.

    One statement for all rows, none where all are active. What is counted is whatever the merchant
    has, as {kind: name of the table in capitals, count}; a kind without anything is left out.
    """
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    if keys := [row.id for row in rows if not row.is_active]:
        values = {**writing.parameters, "keys": keys, "now": writing.now}
        for key, kind, count in await writing.session.rows(_counted(entity), values):
            found[key].append({"kind": kind, "count": count})
    return [sorted(found[row.id], key=lambda it: str(it["kind"])) for row in rows]


@cache
def _counted(entity: type[OfMerchant]) -> Statement:
    """Build the statement that counts the open work that names the rows `keys`."""
    merchant = bindparam("merchant", type_=Uuid())
    rows = AllRows(merchant, bindparam("now", type_=DateTime(timezone=True)))
    keys = any_(bindparam("keys", type_=ARRAY(Uuid())))
    counts = []
    for task in tasks_with(entity):
        table: Any = aliased(task)
        key = getattr(table, task.__task__.by).label("key")
        own = (table.merchant_id == merchant, key == keys, task.__task__.is_open(rows, table))
        kind = literal(task_kind(task)).label("kind")
        counts.append(select(key, kind, func.count().label("count")).where(*own).group_by(key))
    return Statement(union_all(*counts))


def tasks_with(entity: type[OfMerchant]) -> list[Any]:
    """Return the tables of whose work the entity's rows are a part."""
    return [it for it in tasks() if _named_by(it) is entity.__table__]


def tasks() -> list[Any]:
    """Return the tables whose rows are tasks."""
    owned = [it.class_ for it in Base.registry.mappers if issubclass(it.class_, Owned)]
    return sorted((it for it in owned if it.__task__ is not None), key=task_kind)


def task_kind(task: type[OfMerchant]) -> str:
    """Return how clients know a kind of work, "ORDER_LINES"."""
    return str(task.__tablename__).upper()


def _named_by(task: Any) -> Any:
    (key,) = (
        it for it in task.__table__.foreign_key_constraints if task.__task__.by in it.column_keys
    )
    return key.referred_table
