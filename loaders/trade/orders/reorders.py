"""What an order would be if it were placed again now: the same lines, asked anew."""

from collections import namedtuple
from collections.abc import Mapping
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    and_,
    any_,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array

from loaders.reading.acts import there_is
from loaders.reading.relations import Computed, Part, Reader, Relation
from models.access.viewers import Actor, Scope, anyone
from models.base.acts import Act, Itself, Some
from models.base.tables import OneOf, fixed
from models.base.visibility import seen_by
from models.master.catalog import Product
from models.master.channels import Channel
from models.master.packagings import Packaging
from models.master.parties import Party
from models.master.prices.precedence import price_of
from models.trade.contracts import acts as contract_acts
from models.trade.contracts.states import IN_FORCE
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.orders.acts import IS_NO_CALL_OFF, OrderAction
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OrderKind, OrderState
from models.trade.orders.tables import Order


class DraftObstacle(StrEnum):
    """Why what was ordered cannot be ordered again as it was."""

    CHANNEL_CLOSED = "CHANNEL_CLOSED"
    CONTRACT_NOT_IN_FORCE = "CONTRACT_NOT_IN_FORCE"
    CONTRACT_DRAWN_DOWN = "CONTRACT_DRAWN_DOWN"
    PRODUCT_INACTIVE = "PRODUCT_INACTIVE"
    PACKAGING_INACTIVE = "PACKAGING_INACTIVE"
    PRICE_UNKNOWN = "PRICE_UNKNOWN"


def _some(found: Mapping[DraftObstacle, ColumnElement[bool]]) -> ColumnElement[Any]:
    """Return the obstacles that hold, in their order."""
    named = (case((holds, fixed(it))) for it, holds in found.items())
    kind: Any = ARRAY(OneOf(DraftObstacle))
    return func.array_remove(array(named), null(), type_=kind)


_TAKES = Some(
    "its channel takes orders",
    (Channel,),
    lambda _rows, order, channel: and_(channel.id == order.channel_id, channel.is_active),
)
_OVER_IT = Some(
    "its party orders over its channel",
    (Party,),
    lambda _rows, order, party: and_(
        party.id == order.party_id, order.channel_id == any_(party.channel_ids)
    ),
)


def _is_closed(reader: Reader, order: Any) -> ColumnElement[bool]:
    """Tell whether nobody, or not its party, orders over its channel any more."""
    takes = there_is(_TAKES)(reader, order)
    if reader.viewer.actor is Actor.STAFF:
        return ~takes
    own = there_is(_OVER_IT)(reader, order)
    return or_(~takes, and_(order.party_id.is_not(None), ~own))


def _is_not_in_force(reader: Reader, order: Any) -> ColumnElement[bool]:
    """Tell whether nothing may be called off from its contract today."""
    states = [fixed(it) for it in sorted(IN_FORCE)]

    def holds(_rows: Any, row: Any, contract: Any) -> ColumnElement[bool]:
        own = contract.id == row.contract_id
        return and_(own, contract.state.in_(states), contract_acts.VALID.test(reader, contract))

    valid = there_is(Some("its contract is in force", (Contract,), holds))(reader, order)
    return and_(order.contract_id.is_not(None), ~valid)


def _of_order(reader: Reader, order: Any) -> ColumnElement[Any]:
    return _some(
        {
            DraftObstacle.CHANNEL_CLOSED: _is_closed(reader, order),
            DraftObstacle.CONTRACT_NOT_IN_FORCE: _is_not_in_force(reader, order),
        }
    )


obstacles = Computed(Order, {"obstacles": _of_order})


_ORDERED = (
    *("product_id", "contract_line_id", "unit", "scale", "packaging_id", "packaged_quantity"),
)
"""What a line of a draft has of the line that was ordered."""


def _tables(reader: Reader) -> tuple[SimpleNamespace, Any, Select[Any]]:
    """Return the tables of what lines are of, the price of each now, and the select of all."""
    entities = (Order, OrderLine, Product, ContractLine, Channel, Party, Packaging)
    names = ("order", "line", "product", "agreed", "channel", "party", "packaging")
    of = SimpleNamespace(
        **{name: reader.table(it) for name, it in zip(names, entities, strict=True)}
    )
    wanted = SimpleNamespace(
        quantity=of.line.ordered,
        currency=of.order.currency,
        at=reader.at,
        channel_id=of.order.channel_id,
        party_id=of.order.party_id,
        group=of.party.price_group,
    )
    price = price_of(reader.viewer, of.product, wanted)
    rows = select().select_from(of.line)
    for table, column in ((of.order, of.line.order_id), (of.product, of.line.product_id)):
        rows = rows.join(table, and_(table.id == column, *seen_by(reader.viewer, table)))
    for table, column in (
        (of.agreed, of.line.contract_line_id),
        (of.channel, of.order.channel_id),
        (of.party, of.order.party_id),
        (of.packaging, of.line.packaging_id),
    ):
        rows = rows.outerjoin(table, and_(table.id == column, *seen_by(reader.viewer, table)))
    return of, price, rows.outerjoin(price, true()).correlate_except(*vars(of).values(), price)


def _lines(reader: Reader, key: Any) -> Part:
    """Return the lines of an order with what each would cost now, and the select of both."""
    of, price, rows = _tables(reader)
    line, agreed = of.line, of.agreed
    cost = case((line.contract_line_id.is_(None), price.c.unit_price), else_=agreed.unit_price)
    stopped = {
        DraftObstacle.CONTRACT_DRAWN_DOWN: agreed.ceiling - agreed.called_off < line.ordered,
        DraftObstacle.PRODUCT_INACTIVE: ~of.product.is_active,
        DraftObstacle.PACKAGING_INACTIVE: ~of.packaging.is_active,
    }
    viewer = reader.viewer
    if viewer.sees_all or "unit_price" not in OrderLine.__hidden__.get(viewer.actor, {}):
        # Who may not see prices finds none, whether one is known or not.
        stopped[DraftObstacle.PRICE_UNKNOWN] = and_(cost.is_(None), ~of.channel.takes_unpriced)
    found = SimpleNamespace(
        order_line_id=line.id,
        quantity=line.ordered,
        currency=of.order.currency,
        unit_price=cost,
        cost_then=line.unit_price,
        obstacles=_some(stopped),
        **{name: getattr(line, name) for name in _ORDERED},
    )
    rows = rows.where(of.order.id == key, line.ordered > fixed(0), *seen_by(reader.viewer, line))
    return found, rows.order_by(line.line_no)


def _is_free(reader: Reader, order: Any) -> ColumnElement[bool]:
    return func.cardinality(_of_order(reader, order)) == fixed(0)


def _has_a_line(reader: Reader, order: Any) -> ColumnElement[bool]:
    """Tell whether nothing stands in the way of a line of it."""
    found, rows = _lines(reader, order.id)
    free = rows.where(func.cardinality(found.obstacles) == fixed(0)).order_by(None)
    # But for the OFFSET, PostgreSQL would look at the lines of all orders first.
    return free.add_columns(literal_column("1")).offset(literal_column("0")).exists()


_FREE = Itself("nothing stands in the way of all of it", _is_free)
_ORDERABLE = Itself("something of it may be ordered as it was", _has_a_line)
_CALLED_OFF = Itself("it is a call-off", lambda _reader, order: order.kind == OrderKind.CALL_OFF)
AGAIN = (
    Act(
        Scope.ORDERS_PLACE,
        frozenset(OrderState),
        needs=(IS_NO_CALL_OFF, _FREE, _ORDERABLE),
        action=OrderAction.REORDER,
    ),
    Act(
        Scope.CALL_OFFS_WRITE,
        frozenset(OrderState),
        needs=(_CALLED_OFF, _FREE, _ORDERABLE),
        action=OrderAction.REORDER,
    ),
)
"""What is offered of what its draft tells: that some of it may be ordered or called off again."""


class DraftLines(Relation):
    """order id -> what its lines would be if it were placed again now, by line number."""

    many = True
    typical = 5
    source, _ = _lines(Reader(anyone(Actor.STAFF), None), null())
    record = namedtuple("DraftLine", vars(source))  # type: ignore[misc]  # noqa: PYI024 -- the types of the fields are SQL's.

    def part(self, reader: Reader, key: Any) -> Part:
        """Return the lines and the select of one order's."""
        return _lines(reader, key)


draft_lines = DraftLines()
