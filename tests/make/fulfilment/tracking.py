"""Parcels on their way, as rows: what tracking finds when a carrier reports."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from commands.master import catalog
from kit.ids import new_id
from kit.standards.gs1 import sscc
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel, ParcelContent, ParcelStatus, TrackingNumber
from models.master.catalog import Unit
from models.master.channels import DeliveryMethod
from models.trade.contracts.states import ContractState, EndOfLife, ReservationStrategy
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import DeliveryPolicy, OrderKind, OrderState
from models.trade.orders.tables import Order
from tests.make import World
from tests.make.master.channels import channel
from tests.make.master.locations import location
from tests.make.master.parties import carrier, company
from tests.make.running import run

EACH = Decimal(5)
"""What each parcel holds of the order's one line."""


@dataclass(frozen=True)
class Sent:
    """One delivery of one order with one line; parcels in the order of their numbers."""

    order_id: UUID
    order_line_id: UUID
    delivery_id: UUID
    carrier_id: UUID
    parcel_ids: list[UUID]
    numbers: list[str]
    ssccs: list[str]
    contract_line_id: UUID | None
    party_id: UUID


async def sent(
    world: World,
    parcels: int = 1,
    *,
    state: DeliveryState = DeliveryState.DISPATCHED,
    is_call_off: bool = False,
    ordered: Decimal | None = None,
    **known: UUID,
) -> Sent:
    """Make a delivery with parcels of EACH; it is shipped unless `state` says that it waits.

    known: `carrier_id` and `party_id` of another one.
    """
    quantity = EACH * parcels
    shipped = quantity if state is DeliveryState.DISPATCHED else Decimal(0)
    ids = await _ids(world, is_call_off=is_call_off, **known)
    row: dict[str, Any] = {"merchant_id": world.merchant_id}
    rows = [
        *(_contract(world, row, ids, quantity, shipped) if is_call_off else ()),
        _order(world, row, ids),
        _order_line(
            {**row, "placed_at": world.clock()}, ids, ordered or quantity, quantity, shipped
        ),
        _delivery(world, row, ids, state),
        _delivery_line(row, ids, quantity, shipped),
    ]
    packed = [_parcel(world, row, ids, parcel_no) for parcel_no in range(1, parcels + 1)]
    async with world.database.writing(world.merchant_id) as session:
        for each in (*rows, *(parcel for parcel, *_ in packed)):
            session.add(each)
            await session.flush()
        session.add_all(each for _, *more in packed for each in more)
    return Sent(
        ids["order_id"],
        ids["order_line_id"],
        ids["delivery_id"],
        ids["carrier_id"],
        [parcel.id for parcel, *_ in packed],
        [number.number for _, number, _ in packed],
        [parcel.sscc for parcel, *_ in packed],
        ids["contract_line_id"],
        ids["party_id"],
    )


async def _ids(world: World, *, is_call_off: bool, **known: UUID) -> dict[str, Any]:
    """Return the ids of what a delivery is of; the master data is made. known: as of `sent`."""
    ids: dict[str, Any] = {"carrier_id": await carrier(world), "channel_id": await channel(world)}
    ids |= {"location_id": await location(world), "party_id": await company(world)} | known
    ids |= {"product_id": await _product(world)}
    names = ("order_id", "order_line_id", "delivery_id", "delivery_line_id", "contract_id")
    ids |= {name: new_id() for name in names}
    ids["contract_line_id"] = new_id() if is_call_off else None
    return ids


def _delivery_line(
    row: dict[str, Any], ids: dict[str, Any], quantity: Decimal, shipped: Decimal
) -> DeliveryLine:
    return DeliveryLine(
        **row,
        id=ids["delivery_line_id"],
        delivery_id=ids["delivery_id"],
        order_id=ids["order_id"],
        order_line_id=ids["order_line_id"],
        planned=quantity,
        picked=quantity,
        packed=quantity,
        shipped=shipped,
    )


async def _product(world: World) -> UUID:
    products = [{"sku": f"S-{new_id().hex[-12:]}", "name": "Shaft"}]
    outcome = await run(world, catalog.upsert_all, catalog.ProductsUpsert, products=products)
    return outcome["results"][0]["product_id"]


def _contract(
    world: World, row: dict[str, Any], ids: dict[str, Any], quantity: Decimal, shipped: Decimal
) -> tuple[Contract, ContractLine]:
    contract = Contract(
        **row,
        id=ids["contract_id"],
        number=f"K-{new_id().hex[-12:]}",
        party_id=ids["party_id"],
        ship_to_ids=[],
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        time_zone="Europe/Berlin",
        currency="EUR",
        reservation_strategy=ReservationStrategy.AT_CALL_OFF,
        priority_on=date(2026, 1, 1),
        end_of_life=EndOfLife.EXPIRE,
        state=ContractState.ACTIVE,
        created_at=world.clock(),
    )
    line = ContractLine(
        **row,
        id=ids["contract_line_id"],
        contract_id=contract.id,
        line_no=1,
        product_id=ids["product_id"],
        unit=Unit.PIECE,
        scale=0,
        target_quantity=Decimal(1000),
        currency="EUR",
        unit_price=Decimal(3),
        called_off=quantity,
        shipped=shipped,
    )
    return contract, line


def _order(world: World, row: dict[str, Any], ids: dict[str, Any]) -> Order:
    is_call_off = ids["contract_line_id"] is not None
    return Order(
        **row,
        id=ids["order_id"],
        number=f"O-{new_id().hex[-12:]}",
        channel_id=ids["channel_id"],
        party_id=ids["party_id"],
        kind=OrderKind.CALL_OFF if is_call_off else OrderKind.STANDARD,
        contract_id=ids["contract_id"] if is_call_off else None,
        state=OrderState.CONFIRMED,
        delivery_policy=DeliveryPolicy.PARTIAL_BACKORDER,
        currency="EUR",
        placed_at=world.clock(),
    )


def _order_line(
    row: dict[str, Any], ids: dict[str, Any], ordered: Decimal, quantity: Decimal, shipped: Decimal
) -> OrderLine:
    return OrderLine(
        **row,
        id=ids["order_line_id"],
        order_id=ids["order_id"],
        line_no=1,
        product_id=ids["product_id"],
        unit=Unit.PIECE,
        scale=0,
        contract_line_id=ids["contract_line_id"],
        currency="EUR",
        unit_price=Decimal(3),
        ordered=ordered,
        planned=quantity,
        picked=quantity,
        packed=quantity,
        shipped=shipped,
    )


def _delivery(
    world: World, row: dict[str, Any], ids: dict[str, Any], state: DeliveryState
) -> Delivery:
    return Delivery(
        **row,
        id=ids["delivery_id"],
        number=f"D-{new_id().hex[-12:]}",
        party_id=ids["party_id"],
        channel_id=ids["channel_id"],
        location_id=ids["location_id"],
        window_earliest=world.clock(),
        window_latest=world.clock() + timedelta(days=1),
        window_zone="Europe/Berlin",
        method=DeliveryMethod.PARCEL,
        state=state,
        packing=1,
        planned_at=world.clock(),
        packed_at=world.clock(),
        dispatched_at=world.clock() if state is DeliveryState.DISPATCHED else None,
    )


def _parcel(
    world: World, row: dict[str, Any], ids: dict[str, Any], parcel_no: int
) -> tuple[Parcel, TrackingNumber, ParcelContent]:
    serial = new_id().int % 10**9
    parcel = Parcel(
        **row,
        id=new_id(),
        delivery_id=ids["delivery_id"],
        packing=1,
        parcel_no=parcel_no,
        sscc=sscc("4012345", serial),
        carrier_id=ids["carrier_id"],
        status=ParcelStatus.PACKED,
        status_at=world.clock(),
        packed_at=world.clock(),
    )
    number = TrackingNumber(
        **row,
        id=new_id(),
        parcel_id=parcel.id,
        carrier_id=ids["carrier_id"],
        number=f"TN{serial}",
        added_at=world.clock(),
    )
    content = ParcelContent(
        **row,
        id=new_id(),
        parcel_id=parcel.id,
        delivery_line_id=ids["delivery_line_id"],
        quantity=EACH,
        serial_numbers=[],
    )
    return parcel, number, content
