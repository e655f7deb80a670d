"""Records read as the entities whose rows they are."""

from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import aliased

from models.base.records import columns, record
from models.base.tables import Base, OfMerchant
from models.trade.orders.lines import OrderLine
from tests.make.trade import orders

ENTITIES = sorted(
    (it.class_ for it in Base.registry.mappers if issubclass(it.class_, OfMerchant)),
    key=lambda it: it.__name__,
)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda it: it.__name__)
def test_a_record_has_every_column_and_derived_attribute_of_its_entity(entity: Any) -> None:
    mapper, made = inspect(entity), record(entity)
    assert made._fields == tuple(it.key for it in columns(entity))
    assert set(made._fields) == set(mapper.column_attrs.keys())
    derived = {
        name for name, it in mapper.all_orm_descriptors.items() if isinstance(it, hybrid_property)
    }
    assert derived - set(dir(made)) == set()
    assert (made.__name__, made.__slots__) == (entity.__name__, ())


async def test_records_answer_as_entities_and_as_the_database_do(world, database, ask) -> None:
    await orders.order(world, ask)
    derived, alias = ("unplanned", "open_quantity", "net", "net_amount"), aliased(OrderLine)

    def own(table: Any, *selected: Any) -> Any:
        rows = select(*selected).where(table.merchant_id == world.merchant_id)
        return rows.order_by(table.line_no)

    async with database.writing(world.merchant_id) as session:
        entities = (await session.scalars(own(OrderLine, OrderLine))).all()
        counted = (
            await session.execute(own(OrderLine, *(getattr(OrderLine, it) for it in derived)))
        ).all()
        rows = (await session.execute(own(alias, *columns(OrderLine, alias)))).all()
    read = [record(OrderLine)._make(row) for row in rows]
    for names in (record(OrderLine)._fields, derived):
        assert [[getattr(it, name) for name in names] for it in read] == [
            [getattr(it, name) for name in names] for it in entities
        ]
    assert [[getattr(it, name) for name in derived] for it in read] == [list(it) for it in counted]
    assert len(read) > 1
