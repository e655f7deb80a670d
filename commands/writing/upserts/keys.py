"""What else is a key of rows that are upserted by another one: no two may have the same."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import UniqueConstraint, Uuid, and_, bindparam, select

from commands.writing.rows import json_rows
from commands.writing.transaction import Writing
from commands.writing.upserts.frozen import Altered
from kit.db.statements import Statement
from kit.errors import Code, Path, Problem, Refused
from models.base.tables import OfMerchant


async def check_keys(
    writing: Writing,
    entity: type[OfMerchant],
    changes: Sequence[Altered],
    path: Path,
    fields: Mapping[str, str],
) -> None:
    """Look whether other rows have what rows are to have, in keys beside that of the upsert.

    changes: of rows, a new one whole; path: of them. fields: column -> the input's field that gives
    it: each key has one that is named here. One statement for a key, none where nothing of it is to
    change. Refused: TAKEN.
    """
    problems = list[Problem]()
    for names in _keys(entity):
        field = next((fields[it] for it in names if it in fields), None)
        wanted = {
            place: {name: item.get(name, getattr(row, name, None)) for name in names}
            for place, (row, item) in enumerate(changes)
            if row is None or any(it in item and getattr(row, it) != item[it] for it in names)
        }
        if field is None or not wanted:
            continue
        values = {**writing.parameters, "rows": list(wanted.values())}
        found = await writing.session.rows(_taken(entity, tuple(names)), values)
        by = {tuple(it[1:]): it.id for it in found}
        for place, one in wanted.items():
            if by.get(tuple(one.values()), own := getattr(changes[place][0], "id", None)) != own:
                text = f"Another one has this {field.replace('_', ' ')}."
                problems.append(Problem(Code.TAKEN, text, (*path, place, field)))
    if problems:
        raise Refused.of(problems)


def _keys(entity: type[OfMerchant]) -> Sequence[Sequence[str]]:
    """Return the columns of each unique key, without the merchant."""
    table: Any = entity.__table__
    keys = (it.columns.keys() for it in table.constraints if isinstance(it, UniqueConstraint))
    return [[name for name in names if name != "merchant_id"] for names in keys]


@cache
def _taken(entity: type[OfMerchant], names: tuple[str, ...]) -> Statement:
    """Build the statement that finds rows which have one of `rows` in the columns."""
    listed = json_rows(entity, "rows")
    columns = [getattr(entity, name) for name in names]
    same = (of.is_not_distinct_from(listed.c[of.key]) for of in columns)
    own: Any = entity
    rows = select(own.id, *columns).join(listed, and_(*same))
    return Statement(rows.where(own.merchant_id == bindparam("merchant", type_=Uuid())))
