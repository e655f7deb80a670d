"""What rows keep of others hears of every table that tells it."""

from typing import Any

import pytest
from sqlalchemy.orm import aliased

from commands.writing import kept
from models.base.acts import AllRows
from models.base.tables import Base

PLACES = [
    (it.class_, number) for it in Base.registry.mappers for number in range(len(it.class_.__kept__))
]


def test_something_is_kept() -> None:
    assert PLACES


@pytest.mark.parametrize("place", PLACES, ids=lambda it: f"{it[0].__name__}-{it[1]}")
def test_every_table_that_tells_what_is_kept_is_declared(place: Any) -> None:
    entity, number = place
    declared = entity.__kept__[number]
    tables = {it.class_.__name__: str(it.local_table) for it in Base.registry.mappers}
    found = {tables[name] for name in (*declared.keyed_by, *declared.together)}
    assert set(kept.reads(place)) == found
    read = declared.read(AllRows(None, None), aliased(entity))
    assert tuple(read.subquery().c.keys()) == tuple(declared.columns)
