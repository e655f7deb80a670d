"""Which order is meant by one that is sent again, and what it says beside what is odd of it.

An order is known by its channel, customer and reference. Where it names one of the two wrongly, the
only order of its reference is meant, so that it is told with that what else is wrong. Where it
names another customer than before, it is no new order: the reference is its channel's number.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, select

from commands.trade.orders.references import OrderKey, References, customer, taken
from commands.trade.orders.revisions.again import SAYING_ONE_THING
from commands.trade.orders.states import not_wanted
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Problem, Refused
from models.access.journal import JournalEntry
from models.access.viewers import Actor
from models.base.tables import fixed
from models.master.channels import Channel
from models.trade.orders import acts
from models.trade.orders.tables import Order

ItemT = TypeVar("ItemT", bound=Any)
DATES = {"placed_at", "cancelled_at", "closed_at"}
"""Fields that tell when something was, of which no difference is told."""
_NAMES = {"channel_id", "channel_code", "party_id", "party_number", "guest"}
"""Fields by which an order is known, beside its reference."""
_OF_CURRENCY = {
    *("discount_percent", "discount_amount", "charges", "taxes"),
    *("unit_price", "expected_unit_price"),
}
"""Fields of an order and its lines that mean nothing in another currency."""


async def only_ones(
    writing: Writing, references: References, items: Mapping[int, Any]
) -> dict[int, UUID]:
    """Return the only order that each of some may mean, which name none, by position.

    It is of the channel or customer that they do name.
    """
    if not items:
        return {}
    channels = [it.id for it in await writing.all(writing.seen(Channel))]
    there = await taken(writing, channels, {it.external_reference for it in items.values()})
    by_reference = defaultdict(list)
    for (channel_id, party_id, reference), order_id in there.items():
        by_reference[reference].append((channel_id, party_id, order_id))
    found: dict[int, UUID] = {}
    for place, item in items.items():
        channel = party = None
        with suppress(Refused):
            channel = references.find(Channel, item)
        with suppress(Refused):
            party = customer(writing, references, item)
        fits = [
            order_id
            for channel_id, party_id, order_id in by_reference[item.external_reference]
            if (channel is None or channel.id == channel_id)
            and (party is None or party.id == party_id)
        ]
        if len(fits) == 1:
            found[place] = fits[0]
    return found


async def of_others(
    writing: Writing, there: Mapping[OrderKey, UUID], keys: Mapping[int, OrderKey]
) -> dict[int, str]:
    """Return the numbers of orders that have the references of new ones, by position.

    They are in the same channel, and of other customers. Only what the merchant itself has put in
    counts: what customers place has references of their own.
    """
    having = defaultdict[tuple[UUID, str], list[UUID]](list)
    for (channel_id, _, reference), order_id in there.items():
        having[channel_id, reference].append(order_id)
    rivals = {
        place: having[channel_id, reference]
        for place, (channel_id, _, reference) in keys.items()
        if (channel_id, reference) in having
    }
    if not rivals:
        return {}
    values = {**writing.parameters, "keys": [it for of in rivals.values() for it in of]}
    numbers = {key: str(number) for key, number in await writing.session.rows(_PUT_IN, values)}
    found = ((place, [numbers[it] for it in of if it in numbers]) for place, of in rivals.items())
    return {place: min(of) for place, of in found if of}


@dataclass(frozen=True)
class SentAgain(Generic[ItemT]):
    """An order that is sent again, as one of the channel, customer and currency that it has.

    replaced: fields of what is sent that name others. fixed: columns of the order that never
    change. lapsed: why it is as good as cancelled, None where it is not.
    """

    order: Order
    item: ItemT
    replaced: Collection[str]
    fixed: Collection[str] = ()
    lapsed: str | None = None

    @classmethod
    def of(cls, item: ItemT, order: Order, *, is_named: bool) -> "SentAgain[ItemT]":
        """Return what is known of an order. What it says in another currency is left out.

        is_named: whether its channel and customer are.
        """
        values: dict[str, Any] = {}
        replaced = set[str]()
        if not is_named:
            replaced |= _NAMES if order.party_id else _NAMES - {"guest"}
            values |= {"channel_id": order.channel_id, "party_id": order.party_id}
        if item.currency != order.currency:
            replaced |= {"currency", *_OF_CURRENCY}
            values["currency"] = order.currency
            values["lines"] = [_without(it, _OF_CURRENCY) for it in item.lines]
        left = _without(item, replaced, values) if values else item
        return cls(order, left, replaced)

    def left_of(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return what is odd still of an order as it is known."""
        named = not _NAMES.isdisjoint(self.replaced)
        return [
            it for it in problems if (it.path[0] not in self.replaced if it.path else not named)
        ]


async def read_fixed(writing: Writing, orders: Collection[Order]) -> dict[UUID, Collection[str]]:
    """Return what never changes of orders that guests have placed in a shop, by the order's id.

    Such a guest reads its order by a token of its own: were it to become another one's, who has
    taken the number that the shop gives next would read where that one lives.
    """
    ids = [it.id for it in orders if it.party_id is None]
    if not ids:
        return {}
    first = await writing.session.rows(_PLACED, {**writing.parameters, "keys": ids})
    return {order_id: _OF_GUESTS for (order_id,) in first}


async def read_lapsed(writing: Writing, orders: Iterable[Order]) -> dict[UUID, str]:
    """Return why orders are as good as cancelled, by id: they were wanted by an instant (D10).

    What was recorded after its last instant is history, which its importer completes.
    """
    over = {it.id: it for it in orders if not acts.WANTED.test(writing, it)}
    if not over:
        return {}
    known = await writing.session.rows(_KNOWN_IN_TIME, {**writing.parameters, "keys": [*over]})
    return {key: not_wanted(over[key]) for (key,) in known}


_OF_GUESTS = ("guest", "recipient", "ship_to", "ship_to_id")


def _first(*columns: Any) -> Select[Any]:
    """Build what reads of orders whose first entry is as asked."""
    return select(*columns).where(
        JournalEntry.merchant_id == bindparam("merchant", type_=Uuid()),
        JournalEntry.aggregate_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
        JournalEntry.sequence == fixed(1),
    )


def _first_of(*columns: Any) -> Select[Any]:
    """Build the same, beside the orders."""
    merchant = bindparam("merchant", type_=Uuid())
    return _first(*columns).where(
        Order.id == JournalEntry.aggregate_id, Order.merchant_id == merchant
    )


_PLACED = Statement(
    _first(JournalEntry.aggregate_id).where(JournalEntry.actor == fixed(Actor.STOREFRONT))
)
_PUT_IN = Statement(
    _first_of(Order.id, Order.number).where(JournalEntry.actor == fixed(Actor.STAFF))
)
_KNOWN_IN_TIME = Statement(
    _first_of(Order.id).where(JournalEntry.recorded_at <= Order.cancel_if_not_by)
)


def beside(item: ItemT, problems: Sequence[Problem]) -> tuple[Sequence[int], ItemT | None]:
    """Return an order without what is odd of it, and where its lines were: nowhere else for all.

    None where something is odd of it as a whole, of all of its lines, or of what all orders say.
    """
    fields = type(item).model_fields
    odd = {it.path[1] for it in problems if it.path[:1] == ("lines",) and it.path[1:]}
    names = {str(it.path[0]) for it in problems if it.path and it.path[0] != "lines"} - DATES
    names |= {
        name for of in SAYING_ONE_THING if names.intersection(of) for name in of if name in fields
    }
    numbers = [it for it in range(len(item.lines)) if it not in odd]
    is_whole = any(it.path in {(), ("lines",)} for it in problems)
    if is_whole or not numbers or any(fields[name].is_required() for name in names):
        return (), None
    left = _without(item, names, {"lines": [item.lines[it] for it in numbers]})
    return numbers if odd else (), left


def _without(item: ItemT, names: set[str], values: Mapping[str, Any] | None = None) -> ItemT:
    """Return an input without some of its fields, and with other values."""
    kind: Any = type(item)
    fields, values = kind.model_fields, values or {}
    left = {name: getattr(item, name) for name in fields}
    for name in names.intersection(fields):
        left[name] = fields[name].get_default(call_default_factory=True)
    stated = (item.model_fields_set - names) | values.keys()
    found: ItemT = kind.model_construct(_fields_set=stated, **{**left, **values})
    return found
