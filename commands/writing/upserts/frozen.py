"""What is frozen once it is used: columns whose values foreign keys of other tables repeat.

The database holds both to it, also where a row is used at the same instant: a line keeps what the
row had, and its key is missed when that is gone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ForeignKeyConstraint,
    Uuid,
    bindparam,
    column,
    exists,
    func,
    literal,
    select,
    union_all,
)

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Problem, Refused
from kit.standards.money import plain
from models.base.guards import guards
from models.base.tables import Base, OfMerchant

Altered: TypeAlias = tuple[Any, Mapping[str, Any]]
"""A locked row, None for a new one; column -> value that it is to have."""


@guards("O12", "O13")
async def check_frozen(
    writing: Writing,
    entity: type[OfMerchant],
    changes: Sequence[Altered],
    path: Path,
    **fields: str,
) -> None:
    """Look whether rows are used that are to change what uses freeze; path: of the changes.

    fields: column -> the input's field that gives it, where they have two names. One statement for
    all rows, none where nothing of the kind changes. Refused: IN_USE.
    """
    names = {name for key in _uses(entity) for name in _repeated(key)}
    wanted = {
        place: [name for name in names & item.keys() if getattr(row, name) != item[name]]
        for place, (row, item) in enumerate(changes)
        if row is not None
    }
    changing = {changes[place][0].id for place, changed in wanted.items() if changed}
    if not changing:
        return
    values = {**writing.parameters, "keys": list(changing)}
    used: defaultdict[UUID, list[str]] = defaultdict(list)
    for key, table in await writing.session.rows(_used(entity), values):
        used[key].append(table.replace("_", " "))
    problems = [
        Problem(
            Code.IN_USE, _text(name, changes[place], used), (*path, place, fields.get(name, name))
        )
        for place, changed in wanted.items()
        for name in sorted(changed)
        if changes[place][0].id in used
    ]
    if problems:
        raise Refused.of(problems)


def _text(name: str, change: Altered, used: Mapping[UUID, Sequence[str]]) -> str:
    row, item = change
    tables = ", ".join(sorted(set(used[row.id])))
    was, new = (
        plain(it) if isinstance(it, Decimal) else it for it in (getattr(row, name), item[name])
    )
    return (
        f"It is used by {tables}, so its {name} stays {was}: make another product or packaging"
        f" whose {name} is {new}."
    )


@cache
def _uses(entity: type[OfMerchant]) -> Sequence[ForeignKeyConstraint]:
    """Return the foreign keys that repeat more of a row than its key."""
    own = entity.__table__
    return [
        key
        for table in Base.metadata.sorted_tables
        for key in table.foreign_key_constraints
        if key.referred_table is own and _repeated(key)
    ]


def _repeated(key: ForeignKeyConstraint) -> Sequence[str]:
    """Return the columns of the row that a foreign key repeats, beside its key."""
    return [it.column.name for it in key.elements[2:]]


@cache
def _used(entity: type[OfMerchant]) -> Statement:
    """Build the statement that tells which of the rows `keys` are used, and by which table."""
    merchant = bindparam("merchant", type_=Uuid())
    listed = func.unnest(bindparam("keys", type_=ARRAY(Uuid())))
    keys = listed.table_valued(column("key", Uuid()), name="keys").render_derived()
    found = []
    for foreign in _uses(entity):
        table, (_, naming, *_) = foreign.table, foreign.columns
        uses = exists().where(table.c.merchant_id == merchant, naming == keys.c.key)
        found.append(select(keys.c.key, literal(table.name).label("used_by")).where(uses))
    return Statement(union_all(*found))
