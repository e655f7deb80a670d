"""Orders, deliveries, contracts and webhooks as they stand, as letters tell them."""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, select

from commands.messages.notifications.kinds import NEWEST_FIRST, TO_BUYERS, later_of, low_of
from commands.messages.notifications.mails.letters import (
    AgreedContract,
    ArrivalWindow,
    Coming,
    Goods,
    Letter,
    News,
    Ordered,
    Sender,
    Tracked,
)
from commands.trade.contracts.life import is_end_near
from kit.standards.languages import Spoken
from kit.standards.written import UNESCAPED
from models.base.records import columns, record
from models.base.tables import OfMerchant, entity_named
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel, ParcelStatus, TrackingNumber
from models.master.catalog import Product
from models.master.parties import Party
from models.messages.notifications import NotificationKind
from models.trade.contracts.states import IN_FORCE
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OrderState
from models.trade.orders.tables import Order

Read = Callable[[Select[Any], Mapping[str, Any]], Awaitable[Sequence[Any]]]
"""Runs a statement; the merchant is a parameter of it."""
_OF_REMAINING = frozenset({NotificationKind.CONTRACT_ENDS, NotificationKind.CONTRACT_RUNS_LOW})
"""Kinds that tell what is left of a contract."""
_OVER = frozenset({OrderState.CANCELLED, OrderState.REJECTED})
"""States of orders of which it is told what was ordered: nothing of them is left."""
_PLAIN = re.compile(UNESCAPED)


_MERCHANT = bindparam("merchant", type_=Uuid())
_KEYS = any_(bindparam("keys", type_=ARRAY(Uuid())))
_UNDER_WAY: Any = (
    select(TrackingNumber.number, TrackingNumber.carrier_id, Parcel.delivery_id)
    .join(Parcel, Parcel.id == TrackingNumber.parcel_id)
    .where(
        TrackingNumber.merchant_id == _MERCHANT,
        Parcel.merchant_id == _MERCHANT,
        Parcel.delivery_id == _KEYS,
        Parcel.status != ParcelStatus.VOIDED,
    )
    .order_by(TrackingNumber.id)
)


class PresentState:
    """What is told of some rows, read by one statement for each table."""

    def __init__(self, read: Read, merchant_id: UUID) -> None:
        """Take what reads rows, and whose they are."""
        self._read, self._merchant_id = read, merchant_id
        self.orders: dict[UUID, Any] = {}
        self.deliveries: dict[UUID, Any] = {}
        self.contracts: dict[UUID, Any] = {}
        self.webhooks: dict[UUID, Any] = {}
        self._lines: dict[UUID, list[Any]] = {}
        self._taken: dict[UUID, list[Any]] = {}
        self._agreed: dict[UUID, list[Any]] = {}
        self._numbers: dict[UUID, list[Any]] = {}
        self._products: dict[UUID, Any] = {}
        self._carriers: dict[UUID, Any] = {}

    async def of(
        self,
        orders: Collection[UUID],
        contracts: Collection[UUID],
        webhooks: Collection[UUID],
    ) -> "PresentState":
        """Read orders with their deliveries and parcels, contracts and webhooks."""
        self.webhooks = _by_id(await self._rows(entity_named("Webhook"), "id", webhooks))
        self.orders = _by_id(await self._rows(Order, "id", orders))
        lines = await self._rows(OrderLine, "order_id", self.orders)
        taken = await self._rows(DeliveryLine, "order_id", self.orders)
        deliveries = {it.delivery_id for it in taken}
        self.deliveries = _by_id(await self._rows(Delivery, "id", deliveries))
        numbers = await self._under_way(self.deliveries)
        self.contracts = _by_id(await self._rows(Contract, "id", contracts))
        agreed = await self._rows(ContractLine, "contract_id", self.contracts)
        of_lines = {it.product_id for it in (*lines, *agreed)}
        self._products = _by_id(await self._rows(Product, "id", of_lines))
        carriers = {it.carrier_id for it in numbers if it.carrier_id}
        self._carriers = _by_id(await self._rows(Party, "id", carriers))
        self._lines = _grouped(lines, lambda it: it.order_id)
        self._taken = _grouped(taken, lambda it: it.delivery_id)
        self._agreed = _grouped(agreed, lambda it: it.contract_id)
        self._numbers = _grouped(numbers, lambda it: it.delivery_id)
        return self

    def letter(
        self, rows: Sequence[Any], language: Spoken, sender: Sender, way_out: str | None = None
    ) -> Letter:
        """Return what notifications tell together; the first of them is the subject.

        way_out: where its reader unsubscribes.
        """
        unique = list(dict.fromkeys(self._news(it) for it in rows))
        # Recipients of goods are not told what they cost, unless they are the buyer.
        priced = {it.order_id for it in rows if it.kind in TO_BUYERS}
        orders = dict.fromkeys(it.order_id for it in rows if it.order_id)
        contracts = dict.fromkeys(it.contract_id for it in rows if it.contract_id)
        kinds = {it: {row.kind for row in rows if row.contract_id == it} for it in contracts}
        return Letter(
            language,
            sender,
            unique,
            [self._ordered(self.orders[it], is_priced=it in priced) for it in orders],
            [self._agreement(self.contracts[it], kinds[it]) for it in contracts],
            way_out,
        )

    def _news(self, row: Any) -> News:
        webhook = self.webhooks.get(row.webhook_id)
        delivery = self.deliveries[row.delivery_id].number if row.delivery_id else None
        return News(row.kind, self.number(row), delivery, webhook and webhook.disabled_for)

    def number(self, row: Any) -> str:
        """Return the number of the order or contract that it is about, or the webhook's address."""
        if row.webhook_id:
            return self.webhooks[row.webhook_id].url  # type: ignore[no-any-return]
        of = self.orders.get(row.order_id) or self.contracts[row.contract_id]
        return of.number  # type: ignore[no-any-return]

    def is_disabled(self, webhook_id: UUID) -> bool:
        """Tell whether a webhook is sent nothing, by itself."""
        return self.webhooks[webhook_id].disabled_for is not None

    def _ordered(self, order: Any, *, is_priced: bool) -> Ordered:
        lines = sorted(self._lines.get(order.id, ()), key=lambda it: it.line_no)
        is_over = order.state in _OVER
        is_priced = is_priced and not is_over
        kept = [it.ordered if is_over else it.ordered - it.cancelled for it in lines]
        goods = [
            replace(self._goods(line, quantity, is_priced=is_priced), **_later(order, line))
            for line, quantity in zip(lines, kept, strict=True)
        ]
        borne = [it.borne_discount or Decimal(0) for it in lines]
        nets = [it.net for it in lines]
        is_known = is_priced and None not in nets
        net = sum(nets, order.charged) - sum(borne) if is_known else None
        own = {it.id for it in lines}
        taken = (it for some in self._taken.values() for it in some)
        ids = {it.delivery_id for it in taken if it.order_line_id in own}
        coming = sorted((self.deliveries[it] for it in ids), key=lambda it: it.window_earliest)
        of_order = {it.id: it for it in lines}
        return Ordered(
            order.number,
            order.state,
            order.currency,
            order.purchase_order_number,
            [it for it in goods if it.quantity],
            [
                self._coming(each, of_order)
                for each in coming
                if each.state is not DeliveryState.CANCELLED
            ],
            net,
        )

    def _goods(self, line: Any, quantity: Decimal, *, is_priced: bool = False) -> Goods:
        name = self._products[line.product_id].name
        return Goods(name, quantity, line.unit, line.net if is_priced else None)

    def _coming(self, delivery: Any, lines: Mapping[UUID, Any]) -> Coming:
        taken = [it for it in self._taken[delivery.id] if it.order_line_id in lines]
        taken.sort(key=lambda it: lines[it.order_line_id].line_no)
        return Coming(
            delivery.number,
            delivery.state,
            ArrivalWindow(delivery.window_earliest, delivery.window_latest, delivery.window_zone),
            [self._taken_of(delivery, lines[it.order_line_id], it) for it in taken],
            [self._tracked(it) for it in self._numbers.get(delivery.id, ())],
        )

    def _taken_of(self, delivery: Any, line: Any, taken: Any) -> Goods:
        goods = self._goods(line, taken.planned)
        is_part = delivery.state is DeliveryState.PARTIALLY_DELIVERED
        return replace(goods, arrived=taken.delivered) if is_part else goods

    def _tracked(self, number: Any) -> Tracked:
        """Return a parcel's number with the address at its carrier's."""
        carrier, plain = self._carriers.get(number.carrier_id), number.number.replace(" ", "")
        address = carrier.tracking_url if carrier and _PLAIN.fullmatch(plain) else None
        return Tracked(number.number, address and address.replace("{number}", plain))

    def is_late(self, order_id: UUID) -> bool:
        """Tell whether something of an order comes later than it was wanted."""
        order = self.orders[order_id]
        return any(later_of(order, it) for it in self._lines.get(order_id, ()))

    def runs_low(self, contract_id: UUID) -> bool:
        """Tell whether little is left of a line of a contract in force."""
        lines = self._agreed.get(contract_id, ())
        is_low = any(it.left_of_target <= low_of(it) for it in lines)
        return self.contracts[contract_id].state in IN_FORCE and is_low

    def ends_soon(self, contract_id: UUID, now: datetime) -> bool:
        """Tell whether a contract in force is near its end."""
        contract = self.contracts[contract_id]
        return contract.state in IN_FORCE and is_end_near(contract, now)

    def _agreement(self, contract: Any, kinds: Collection[NotificationKind]) -> AgreedContract:
        lines = sorted(self._agreed.get(contract.id, ()), key=lambda it: it.line_no)
        short = [(it, it.owed - it.called_off) for it in lines]
        remaining = [(it, it.left_of_target) for it in lines]
        is_short = NotificationKind.CONTRACT_SHORTFALL in kinds
        tells_remaining = bool(_OF_REMAINING & {*kinds})
        return AgreedContract(
            contract.number,
            [self._goods(it, missing) for it, missing in short if missing > 0 and is_short],
            [self._goods(it, left) for it, left in remaining if left > 0 and tells_remaining],
            contract.valid_to if tells_remaining else None,
        )

    async def _under_way(self, deliveries: Collection[UUID]) -> Sequence[Any]:
        """Return the tracking numbers of parcels that are not voided: few, beside all parcels."""
        values = {"merchant": self._merchant_id, "keys": sorted(deliveries)}
        return await self._read(_UNDER_WAY, values) if deliveries else ()

    async def _rows(
        self, entity: type[OfMerchant], column: str, keys: Collection[UUID]
    ) -> Sequence[Any]:
        if not keys:
            return ()
        values = {"merchant": self._merchant_id, "keys": sorted(keys)}
        return [
            record(entity)._make(it) for it in await self._read(_selected(entity, column), values)
        ]


@cache
def _selected(entity: type[OfMerchant], column: str) -> Select[Any]:
    own = entity.merchant_id == _MERCHANT
    named = getattr(entity, column) == _KEYS
    return select(*columns(entity)).where(own, named).order_by(entity.id)


def _later(order: Any, line: Any) -> Mapping[str, Any]:
    """Return how much of a line comes later than it was wanted, and when that was promised."""
    later = later_of(order, line)
    if not later:
        return {}
    of = line if line.confirmed_latest else order
    window = of.confirmed_earliest, of.confirmed_latest, of.confirmed_zone
    return {"later": later, "promised": ArrivalWindow(*window) if of.confirmed_latest else None}


def _by_id(rows: Iterable[Any]) -> dict[UUID, Any]:
    return {it.id: it for it in rows}


def _grouped(rows: Iterable[Any], key: Callable[[Any], UUID]) -> dict[UUID, list[Any]]:
    found = defaultdict[UUID, list[Any]](list)
    for row in rows:
        found[key(row)].append(row)
    return dict(found)


def sender_of(merchant: Any) -> Sender:
    """Return the merchant as its mails name it."""
    return Sender(
        merchant.name,
        merchant.colour,
        merchant.logo_url,
        merchant.support_email,
        merchant.support_phone,
    )


def leading(rows: Sequence[Any]) -> list[Any]:
    """Return notifications of one mail, the newest state first."""
    rank = {kind: place for place, kind in enumerate(NEWEST_FIRST)}
    return sorted(rows, key=lambda it: (rank[it.kind], it.id))
