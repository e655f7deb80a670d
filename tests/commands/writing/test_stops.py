"""A stop is declared once: what is not offered for it is refused for it."""

from dataclasses import replace

import pytest
from sqlalchemy import and_, select

from commands.writing.stops import check_stops
from commands.writing.transaction import Writing
from kit.errors import Code, Refused
from kit.ids import from_global
from loaders.reading.acts import available
from loaders.reading.relations import Reader
from models.base.acts import Some
from models.trade.orders import acts
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order
from tests.make.running import staff
from tests.make.trade import orders

PATH = ("order_id",)


@pytest.mark.parametrize("is_stopped", [False, True])
async def test_a_further_stop_is_neither_offered_nor_done(world, ask, database, is_stopped):
    order_id = from_global((await orders.order(world, ask))["id"])[1]
    less = 0 if is_stopped else 1000
    large = Some(
        "a line is large",
        (OrderLine,),
        lambda _rows, order, line: and_(line.order_id == order.id, line.ordered > less),
    )
    act = replace(acts.CLOSE, stopped_by=(*acts.CLOSE.stopped_by, large))
    async with database.writing(world.merchant_id) as session:
        writing = Writing(session, staff(world), world.clock())
        (order,) = await writing.among(Order, "id", [order_id])
        fact = available([act])(Reader(writing.viewer, writing.now), Order)
        own = (Order.merchant_id == world.merchant_id, Order.id == order_id)
        offered = (await session.scalars(select(fact).where(*own))).one()
        refusals = []
        try:
            await check_stops(writing, order, act.stopped_by, PATH, {})
        except Refused as refused:
            refusals = [(it.code, it.message, it.path) for it in refused.problems]
    text = f"{order.number} is stopped: a line is large."
    assert offered == ([] if is_stopped else [acts.OrderAction.CLOSE])
    assert refusals == ([(Code.WRONG_STATE, text, PATH)] if is_stopped else [])
