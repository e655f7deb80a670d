"""Lines of orders: what was ordered, and how far each line has come."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Date, DateTime, Numeric, and_, case, func, text
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from kit.standards.money import part_of, rounded
from models.access.viewers import Actor
from models.base.masks import NULL, Hidden
from models.base.tables import (
    Counter,
    OneOf,
    Owned,
    Tally,
    check,
    fixed,
    indexed,
    known,
    not_negative,
    to,
    unique,
    whole_window,
)
from models.base.tasks import Task, is_among
from models.base.visibility import Seen, having, through
from models.master.catalog import OfProduct, to_product
from models.master.packagings import Packaged, count_in_packagings, packaged
from models.master.prices.rounding import rounded_net
from models.trade.orders.amounts import net_of, on_wanted
from models.trade.orders.states import (
    OPEN_STATES,
    LineResponse,
)
from models.trade.orders.tables import Order

_OF_LINES = (
    *("unit_price", "discount_percent", "discount_amount", "order_discount"),
    "response_reason",
)
"""Columns that say what something costs, or why it is not to be had, which who handles goods is
not to know."""

COUNTERS = (
    "cancelled",
    "reserved",
    "backordered",
    "planned",
    "picked",
    "packed",
    "shipped",
    "delivered",
    "lost",
    "refused",
    "return_requested",
    "return_received",
    "written_off",
)
"""How far an order line has come, beside `ordered`."""
OWED = ("owed_again", "given_up", "waived")
"""What of it was lost or came back, and how much of that was cancelled; deliveries tell it."""


class OrderLine(OfProduct, Packaged, Owned):
    """One product of one order; every quantity in its unit.

    placed_at: that of its order, by which lists of lines go. ordered: 0
    of a line that was taken out of its order before anything of it was planned.
    unit_price: None while the order waits for the merchant to state it. price_stated: whether it
    was stated, or agreed on in a contract, so that it does not follow the quantity.
    discount_percent: taken off it; or discount_amount: taken off the line. order_discount: what
    falls on the line of the order's; both amounts are for all that was ordered. over_tolerance: how
    much more than ordered may be planned, as a quantity (invariant O1). guarantee_id: what its
    contract guaranteed when it was called off. called_off_on, wanted_on: days at the guarantee's
    zone, on which its customer called it off and for which it wants it. agreed_latest: the last
    instant of an amended window that its customer has accepted instead of the one that was wanted.
    agreed_at, wanted_before: when it did, of what is guaranteed, and which day was wanted_on until
    then. response: what the merchant has said to it last, None where that is nothing or was not
    agreed on. offered_..., answer_by: what an amendment says instead, while it waits for its
    answer, and until when. ..._overridden: whether the order's reason was said for that window.
    replaced_product_id: what was ordered instead of the product, where a
    substitute was agreed on. added: whether it was added to an order that was there, so that no
    import takes it out. costs_whole: whether all of it is to be paid, though it counts as
    cancelled: its order was imported as closed, and no delivery tells yet what had left.
    The counters are sums that the database checks; what was lost or refused is owed again, and
    counts as planned and shipped no more. owed_again: the sum of that over its deliveries, as they
    keep it. given_up: how much was cancelled of what was lost then, which counts again when it
    arrives after all. waived: how much of that has not arrived, and is cancelled.
    """

    __tablename__ = "order_lines"
    __task__ = Task(
        "product_id",
        lambda rows, line: and_(
            line.open_quantity > 0,
            rows.some(
                Order,
                where=lambda it: and_(it.id == line.order_id, is_among(it.state, OPEN_STATES)),
            ),
        ),
    )
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: through("Order", "order_id"),
        Actor.STOREFRONT: through("Order", "order_id"),
        Actor.WAREHOUSE: having("DeliveryLine", "order_line_id"),
    }
    __hidden__: ClassVar[Hidden] = {
        actor: dict.fromkeys(_OF_LINES, NULL) for actor in (Actor.WAREHOUSE, Actor.CARRIER)
    }
    __table_args__ = (
        to("orders", "order_id"),
        to_product(),
        to("contract_lines", "contract_line_id"),
        to("schedule_lines", "schedule_line_id"),
        to("products", "offered_product_id"),
        to("products", "replaced_product_id"),
        to("guarantees", "guarantee_id"),
        unique("line_no", "order_id", "line_no"),
        indexed("order_lines", "product_id"),
        indexed("order_lines", "placed_at", "id"),
        indexed(
            *("order_lines", "placed_at", "id"),
            among="owing",
            postgresql_where=text("ordered - cancelled - shipped > 0"),
        ),
        indexed("order_lines", "contract_line_id"),
        indexed(
            *("order_lines", "contract_line_id", "wanted_on", "called_off_on", "id"),
            postgresql_include=["ordered", "cancelled"],
            postgresql_where=text("guarantee_id IS NOT NULL"),
        ),
        check("guaranteed_days", "num_nulls(guarantee_id, called_off_on, wanted_on) IN (0, 3)"),
        indexed("order_lines", "schedule_line_id"),
        indexed("order_lines", "offered_product_id"),
        indexed("order_lines", "replaced_product_id"),
        # What stops a delivery looks for its lines among the few that wait for an answer.
        indexed("order_lines", "answer_by", postgresql_where=text("answer_by IS NOT NULL")),
        known("response", LineResponse),
        check("agreed_days", "cardinality(agreed_at) = cardinality(wanted_before)"),
        check("offered_positive", "offered_quantity > 0"),
        check(
            "amendment_whole",
            "(answer_by IS NULL) = (num_nonnulls(offered_quantity, offered_product_id,"
            " offered_earliest) = 0) AND (answer_by IS NULL OR response = 'AMENDED')",
        ),
        whole_window("offered"),
        indexed("order_lines", "guarantee_id"),
        not_negative(*COUNTERS, *OWED),
        check("replaced_by_another", "replaced_product_id <> product_id"),
        check("ordered_not_negative", "ordered >= 0"),
        check("price_not_negative", "unit_price >= 0"),
        check("discount_percent_range", "discount_percent BETWEEN 0 AND 100"),
        check("discounts_not_negative", "least(discount_amount, order_discount) >= 0"),
        check("o1_planned", "planned <= ordered - cancelled + over_tolerance"),
        check(
            "o2_progress",
            "shipped <= packed AND packed <= picked AND picked <= planned",
        ),
        check("o3_reserved", "reserved + shipped <= ordered - cancelled + over_tolerance"),
        check("o4_cancelled", "cancelled <= ordered AND (cancelled < ordered OR shipped = 0)"),
        check("d21_waived", "waived <= least(cancelled, owed_again, given_up)"),
        check("o5_returned", "return_requested + return_received <= delivered"),
        check("backordered_open", "backordered <= greatest(ordered - cancelled - planned, 0)"),
        whole_window(),
        whole_window("confirmed"),
        *packaged("order_lines"),
        *packaged("order_lines", "offered_"),
        *packaged("order_lines", "tolerance_"),
    )
    __tally__ = Tally(Order, "order_id", ("ordered", *COUNTERS))

    order_id: Mapped[UUID]
    placed_at: Mapped[datetime]
    line_no: Mapped[int]
    contract_line_id: Mapped[UUID | None]
    schedule_line_id: Mapped[UUID | None]
    guarantee_id: Mapped[UUID | None]
    called_off_on: Mapped[date | None]
    wanted_on: Mapped[date | None]
    currency: Mapped[str]
    unit_price: Mapped[Decimal | None]
    price_stated: Mapped[bool] = mapped_column(default=True, server_default="true")
    discount_percent: Mapped[Decimal] = mapped_column(Numeric(9, 6), default=Decimal(0))
    discount_amount: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    order_discount: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    over_tolerance: Mapped[Counter]
    tolerance_packaging_id: Mapped[UUID | None]
    tolerance_packaging_content: Mapped[Decimal | None]
    substitution_allowed: Mapped[bool] = mapped_column(default=False)
    external_reference: Mapped[str | None]
    window_earliest: Mapped[datetime | None]
    window_latest: Mapped[datetime | None]
    window_zone: Mapped[str | None]
    confirmed_earliest: Mapped[datetime | None]
    confirmed_latest: Mapped[datetime | None]
    confirmed_zone: Mapped[str | None]
    confirmed_overridden: Mapped[bool] = mapped_column(default=False, server_default="false")
    agreed_latest: Mapped[datetime | None]
    agreed_at: Mapped[list[datetime]] = mapped_column(
        ARRAY(DateTime(timezone=True)), default=list, server_default="{}"
    )
    wanted_before: Mapped[list[date]] = mapped_column(
        ARRAY(Date()), default=list, server_default="{}"
    )
    response: Mapped[LineResponse | None] = mapped_column(OneOf(LineResponse))
    response_reason: Mapped[str | None]
    offered_quantity: Mapped[Decimal | None]
    offered_packaging_id: Mapped[UUID | None]
    offered_packaging_content: Mapped[Decimal | None]
    offered_product_id: Mapped[UUID | None]
    offered_earliest: Mapped[datetime | None]
    offered_latest: Mapped[datetime | None]
    offered_zone: Mapped[str | None]
    offered_overridden: Mapped[bool] = mapped_column(default=False, server_default="false")
    answer_by: Mapped[datetime | None]
    replaced_product_id: Mapped[UUID | None]
    added: Mapped[bool] = mapped_column(default=False, server_default="false")
    costs_whole: Mapped[bool] = mapped_column(default=False, server_default="false")
    ordered: Mapped[Decimal]
    cancelled: Mapped[Counter]
    reserved: Mapped[Counter]
    backordered: Mapped[Counter]
    planned: Mapped[Counter]
    picked: Mapped[Counter]
    packed: Mapped[Counter]
    shipped: Mapped[Counter]
    delivered: Mapped[Counter]
    lost: Mapped[Counter]
    refused: Mapped[Counter]
    owed_again: Mapped[Counter]
    given_up: Mapped[Counter]
    waived: Mapped[Counter]
    return_requested: Mapped[Counter]
    return_received: Mapped[Counter]
    written_off: Mapped[Counter]

    packaged_quantity = count_in_packagings("ordered")
    offered_packaged_quantity = count_in_packagings("offered_quantity", "offered_packaging_content")
    tolerance_packaged_quantity = count_in_packagings(
        "over_tolerance", "tolerance_packaging_content"
    )

    @hybrid_property
    def unplanned(self) -> Decimal:
        """What is ordered, not cancelled, and in no delivery yet; none when over-planned."""
        return max(self.ordered - self.cancelled - self.planned, Decimal(0))

    @unplanned.inplace.expression
    @classmethod
    def _unplanned(cls) -> ColumnElement[Decimal]:
        return func.greatest(cls.ordered - cls.cancelled - cls.planned, 0)

    @property
    def open_again(self) -> Decimal:
        """How much of what is in no delivery was lost or came back; the others never left.

        What is planned anew is what never left, as long as some of that is open.
        """
        return min(self.unplanned, self.owed_again - self.waived)

    @property
    def never_left(self) -> Decimal:
        """How much of what is in no delivery has never left: the others were lost or came back."""
        return self.unplanned - self.open_again

    @property
    def room(self) -> Decimal:
        """How much more of it may be planned: what is wanted and the tolerance on it.

        Of a line that is cancelled in full nothing leaves, whatever its tolerance was.
        """
        wanted = self.ordered - self.cancelled
        return wanted + self.over_tolerance - self.planned if wanted else Decimal(0)

    @hybrid_property
    def open_quantity(self) -> Decimal:
        """What is ordered and neither cancelled nor shipped."""
        return max(self.ordered - self.cancelled - self.shipped, Decimal(0))

    @open_quantity.inplace.expression
    @classmethod
    def _open_quantity(cls) -> ColumnElement[Decimal]:
        return func.greatest(cls.ordered - cls.cancelled - cls.shipped, 0)

    @property
    def overridden(self) -> list[tuple[datetime | None, datetime | None]]:
        """The windows, promised or offered, that the order's `window_override` was said for."""
        promised = [(self.confirmed_earliest, self.confirmed_latest)] * self.confirmed_overridden
        return promised + [(self.offered_earliest, self.offered_latest)] * self.offered_overridden

    @property
    def has_left(self) -> bool:
        """Whether something of it ever left, though it was lost or refused since."""
        return bool(self.shipped or self.delivered or self.lost or self.refused)

    @hybrid_property
    def is_owing(self) -> bool:
        """Whether something of it is open, as the index of such lines asks it."""
        return self.ordered - self.cancelled - self.shipped > 0

    @is_owing.inplace.expression
    @classmethod
    def _is_owing(cls) -> ColumnElement[bool]:
        return cls.ordered - cls.cancelled - cls.shipped > fixed(0)

    def is_amended(self, now: datetime) -> bool:
        """Tell whether an amendment of it waits for its answer."""
        return self.answer_by is not None and self.answer_by > now

    @hybrid_method
    def is_unanswered(self, at: datetime) -> bool:
        """Tell whether nobody has answered its amendment in time, and nobody has ended it yet."""
        return self.answer_by is not None and self.answer_by <= at

    @is_unanswered.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _is_unanswered(cls, at: Any) -> ColumnElement[bool]:
        unanswered: ColumnElement[bool] = cls.answer_by <= at
        return unanswered

    @hybrid_property
    def costing(self) -> Decimal:
        """How much of it is to be paid: what is ordered and not cancelled, or all of it."""
        return self.ordered if self.costs_whole else self.ordered - self.cancelled

    @costing.inplace.expression
    @classmethod
    def _costing(cls) -> ColumnElement[Decimal]:
        return case((cls.costs_whole, cls.ordered), else_=cls.ordered - cls.cancelled)

    @hybrid_property
    def own_discount(self) -> Decimal | None:
        """What of its discount, where that is an amount, falls on what is still wanted."""
        return self._on_wanted(self.discount_amount)

    @own_discount.inplace.expression
    @classmethod
    def _own_discount(cls) -> ColumnElement[Decimal]:
        return on_wanted(cls, cls.discount_amount)

    @hybrid_property
    def borne_discount(self) -> Decimal | None:
        """What it bears of the order's discount for what is still wanted; None where unseen."""
        return self._on_wanted(self.order_discount)

    @borne_discount.inplace.expression
    @classmethod
    def _borne_discount(cls) -> ColumnElement[Decimal]:
        return on_wanted(cls, cls.order_discount)

    def _on_wanted(self, amount: Decimal | None) -> Decimal | None:
        if not amount:
            return amount
        return part_of(amount, self.costing, self.ordered, self.currency)

    @hybrid_property
    def net(self) -> Decimal | None:
        """Exact price of what is to be paid of it, after its own discount.

        None where unseen, or where its price is not known; what is cancelled in full needs none.
        """
        wanted = self.costing
        price = self.unit_price if wanted else Decimal(0)
        if price is None or self.discount_percent is None:
            return None
        before: Decimal = net_of(wanted, price, self.discount_percent)
        return before - (self.own_discount or Decimal(0))

    @net.inplace.expression
    @classmethod
    def _net(cls) -> ColumnElement[Decimal]:
        wanted: Any = cls.costing
        price = case((wanted == 0, 0), else_=cls.unit_price)
        before: ColumnElement[Decimal] = net_of(wanted, price, cls.discount_percent)
        return before - cls.own_discount

    @hybrid_property
    def net_amount(self) -> Decimal | None:
        """The net price as it is told: rounded half up to the currency's minor unit."""
        return None if self.net is None else rounded(self.net, self.currency).amount

    @net_amount.inplace.expression
    @classmethod
    def _net_amount(cls) -> ColumnElement[Decimal]:
        return rounded_net(cls.net, cls.currency)
